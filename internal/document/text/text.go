// Package text makes text from elsewhere safe to show, and cuts it into parts of a size at ends that read well.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\x0b", "\n", "\x0c", "\n\n")

// Clean returns s as valid UTF-8 with "\n" as its only line end, no other control character than "\t", and none of the
// characters that nobody sees and a program reads.
func Clean(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\ufffd")
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || unseen(r) {
			return -1
		}
		return r
	}, lineEnds.Replace(s))
}

// unseen tells which characters are left out: those by which text can be hidden in text (tags, selectors of variants), or
// shown in another order than it is read in, and those that keep a word from being found. Joiners are part of how some
// scripts are written, and stay.
func unseen(r rune) bool {
	switch {
	case r == '\u00ad', // soft hyphen
		r == '\u200b', r == '\u2060', r == '\ufeff', // spaces without width
		r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', // embeddings and overrides of direction
		r >= '\ufff9' && r <= '\ufffb', // annotations between lines
		r == '\ufffe', r == '\uffff',
		r >= 0xe0000 && r <= 0xe0fff: // tags, and variants that no font needs
		return true
	}
	return false
}

// Pages cuts text into parts of about size bytes, without what is empty.
func Pages(s string, size int) []string {
	var pages []string
	for len(s) > 0 {
		n := Cut(s, size)
		if p := strings.Trim(s[:n], "\n"); strings.TrimSpace(p) != "" {
			pages = append(pages, p)
		}
		s = s[n:]
	}
	return pages
}

// Cut returns where the first part of s ends, when each is to be of about size bytes: at most a quarter more, and
// between half of it and that at the best end that there is: a paragraph's, a sentence's, a line's, a word's.
func Cut(s string, size int) int {
	most := size + size/4
	if len(s) <= most {
		return len(s)
	}
	for _, end := range []func(string) int{lastParagraph, lastSentence, lastLine, lastWord} {
		if n := end(s[:most]); n >= size/2 {
			return n
		}
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return most
}

func lastParagraph(s string) int { return behind(s, strings.LastIndex(s, "\n\n")) }

func lastLine(s string) int { return behind(s, strings.LastIndexByte(s, '\n')) }

func lastWord(s string) int { return behind(s, strings.LastIndexFunc(s, unicode.IsSpace)) }

// lastSentence looks for an end mark with white space behind it, or one of a script that writes none.
func lastSentence(s string) int {
	at := -1
	for _, end := range []string{". ", ".\n", "? ", "?\n", "! ", "!\n", "。", "！", "？"} {
		at = max(at, strings.LastIndex(s, end))
	}
	return behind(s, at)
}

// behind returns the offset behind the character at offset at, and -1 for -1.
func behind(s string, at int) int {
	if at < 0 {
		return -1
	}
	_, n := utf8.DecodeRuneInString(s[at:])
	return at + n
}
