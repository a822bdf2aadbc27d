package document

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// passageSize is about how long a passage is, bytes: some 150 words.
const passageSize = 900

// Passage is a part of a page's text, from byte Start up to End.
type Passage struct {
	Page, Start, End int
}

// Passages cuts a page into passages for finding: each of about 150 words, ending with a paragraph where one ends in
// time, else with a line, a sentence or a word. Between them they hold every character that is no white space.
func Passages(p Page) []Passage {
	var all []Passage
	for at := 0; at < len(p.Text); {
		n := cut(p.Text[at:], passageSize)
		part := p.Text[at : at+n]
		if text := strings.TrimSpace(part); text != "" {
			start := at + strings.Index(part, text)
			all = append(all, Passage{Page: p.Number, Start: start, End: start + len(text)})
		}
		at += n
	}
	return all
}

// cut returns where the first part of text ends, when each is to be of about size bytes: at most a quarter more, and
// between half of it and that at the best end that there is.
func cut(text string, size int) int {
	most := size + size/4
	if len(text) <= most {
		return len(text)
	}
	window := text[:most]
	for _, end := range []func(string) int{lastParagraph, lastLine, lastSentence, lastWord} {
		if n := end(window); n >= size/2 {
			return n
		}
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return most
}

func lastParagraph(s string) int { return after(s, strings.LastIndex(s, "\n\n"), 2) }

func lastLine(s string) int { return after(s, strings.LastIndexByte(s, '\n'), 1) }

func lastWord(s string) int { return after(s, strings.LastIndexFunc(s, unicode.IsSpace), 1) }

// lastSentence looks for an end mark with a space behind it, or one of the scripts that write none.
func lastSentence(s string) int {
	return after(s, max(strings.LastIndex(s, ". "), strings.LastIndex(s, "? "), strings.LastIndex(s, "! "), strings.LastIndex(s, "。")), 1)
}

func after(s string, at, n int) int {
	if at < 0 {
		return -1
	}
	_, first := utf8.DecodeRuneInString(s[at:])
	return at + max(n, first)
}
