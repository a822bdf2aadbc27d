package document

import (
	"strings"

	"subrosa/internal/document/text"
)

// passageSize is about how long a passage is, bytes: some 150 words.
const passageSize = 900

// Passage is a part of a page's text, from byte Start up to End.
type Passage struct {
	Page, Start, End int
}

// Passages cuts a page into passages for finding: each of about 150 words, ending with a paragraph where one ends in
// time, else with a sentence, a line or a word. Between them they hold every character that is no white space.
func Passages(p Page) []Passage {
	var all []Passage
	for at := 0; at < len(p.Text); {
		n := text.Cut(p.Text[at:], passageSize)
		part := p.Text[at : at+n]
		if words := strings.TrimSpace(part); words != "" {
			start := at + strings.Index(part, words)
			all = append(all, Passage{Page: p.Number, Start: start, End: start + len(words)})
		}
		at += n
	}
	return all
}
