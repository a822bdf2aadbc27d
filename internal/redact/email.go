package redact

import (
	"unicode"
	"unicode/utf8"
)

// RFC 5321, section 4.5.3.1: octets in a mailbox name and in a domain.
const (
	maxLocal  = 64
	maxDomain = 255
)

// Email finds e-mail addresses: a mailbox name of letters, digits and the punctuation in use, @, and a host name of two
// labels or more whose last is letters (or punycode). Letters of every alphabet count, ideographs do not: they run on
// into the sentence. Quoted names, address literals and hosts without a dot are not looked for.
func Email() Rule {
	return Rule{Name: "email/1", Type: EmailAddress, Anchors: "@", Match: matchEmail, Tail: func(text []byte) int {
		return len(text) - localStart(text, len(text))
	}}
}

func matchEmail(c *Candidate) Verdict {
	start := localStart(c.Text, c.At)
	if start == c.At {
		return None
	}
	end, open := domainEnd(c.Text, c.At+1)
	if open && c.More {
		return c.Undecided(start)
	}
	if end == 0 {
		return None
	}
	return c.Is(start, end, 1)
}

// localStart returns where the mailbox name that ends at end begins: end if there is none.
func localStart(text []byte, end int) int {
	start := end // of the longest run that begins with a letter, a digit, _ or +
	for i := end; i > 0 && end-i < maxLocal; {
		c := text[i-1]
		if c < utf8.RuneSelf {
			i--
			switch {
			case isWord(c), c == '+':
				start = i
			case c != '.' && c != '-' && c != '%' && c != '\'' && c != '&' && c != '~' && c != '#' && c != '!' && c != '$' && c != '*' && c != '^':
				return start
			}
			continue
		}
		r, size := utf8.DecodeLastRune(text[:i])
		if !isAddressRune(r, size) || end-i+size > maxLocal {
			return start
		}
		i -= size
		start = i
	}
	return start
}

// domainEnd returns the end of the longest host name at text[at:], 0 if there is none, and whether the run of host name
// characters reached the end of the text.
func domainEnd(text []byte, at int) (end int, open bool) {
	label := at                          // start of the current label
	letters := at                        // end of the letters that it starts with
	labels := 0                          // labels before it
	settle := func(i int) (valid bool) { // the current label ends at i
		size := i - label
		if size == 0 || text[label] == '-' {
			return false
		}
		punycode := size > 4 && string(text[label:label+4]) == "xn--" && text[i-1] != '-'
		switch {
		case labels == 0:
		case punycode, letters == i && size >= 2:
			end = i
		case letters-label >= 2 && text[letters] == '-':
			end = letters // "a@b.com-" and "a@b.com-or-so"
		}
		labels++
		return text[i-1] != '-'
	}
	i := at
	for i < len(text) && i-at < maxDomain {
		c := text[i]
		switch {
		case isLetter(c):
			if letters == i {
				letters++
			}
			i++
		case isDigit(c), c == '-':
			i++
		case c == '.':
			if !settle(i) {
				return end, false
			}
			i++
			label, letters = i, i
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRune(text[i:])
			if !isAddressRune(r, size) {
				settle(i)
				return end, false
			}
			if letters == i {
				letters += size
			}
			i += size
		default:
			settle(i)
			return end, false
		}
	}
	settle(i)
	return end, i == len(text) && i-at < maxDomain
}

func isAddressRune(r rune, size int) bool {
	if r == utf8.RuneError && size <= 1 {
		return false
	}
	return (unicode.IsLetter(r) || unicode.IsMark(r)) && !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai)
}
