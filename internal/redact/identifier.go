package redact

import "slices"

const (
	maxSize   = 40 // letters and digits of an identifier
	maxGroups = 14
)

// identifier is what stands at one place.
type identifier struct {
	value [maxSize]byte
	sizes [maxGroups]int
	seps  [maxGroups]byte
	stops [maxGroups]int
}

// askIdentifier finds the identifier that begins with the word at text[at:] and asks the rules for its size, and for the
// size of each run of its first groups.
//
// An identifier is made of groups of ASCII letters and digits with one separator between them, a space, line break,
// hyphen, dot, slash or colon. Its first group has a digit, or at most three letters before a group with one. A later
// group without a digit is of capitals, or one letter, or the four letters of a bank.
func (s *Stream) askIdentifier(at int) {
	if s.lone(at) {
		return
	}
	text := s.text
	value, sizes, seps, stops := &s.id.value, &s.id.sizes, &s.id.seps, &s.id.stops
	n, groups := 0, 0
	digits := false
	var mixed [maxGroups]bool // letters up to here
	open := false             // the text ended inside
	i := at
	for groups < maxGroups {
		if digits && groups > 0 && seps[groups-1] != '-' && (sizes[0] != 4 || value[0] < 'A') && inProse(text[i:]) {
			break
		}
		size, letters, small := 0, 0, false
		for ; i < len(text) && size < maxSize; i++ {
			b := text[i]
			kind := characters[b]
			if kind == other {
				break
			}
			if kind == digit {
				digits = true
			} else {
				letters++
				small = small || kind == smallLetter
				b &^= 0x20
			}
			if n+size < maxSize {
				value[n+size] = b
			}
			size++
		}
		if i < len(text) && text[i] >= 0x80 && startsWord(text[i]) || n+size > maxSize || size == 0 {
			break // a word with other letters, or too long
		}
		if groups > 0 && letters == size && size > 1 {
			bank := size == 4 && sizes[0] == 4 && value[0] >= 'A'
			early := !digits && groups == 1 && size <= 3
			partial := i == len(text) && s.more // a digit may follow
			if !partial && (small && !bank && !early && seps[groups-1] != '-' || size > 6) {
				break // prose
			}
		}
		if i == len(text) && s.more {
			open = true
		}
		sizes[groups], stops[groups] = size, i
		mixed[groups] = letters > 0 || groups > 0 && mixed[groups-1]
		groups++
		n += size
		if !digits && (groups > 2 || letters > 3) {
			break
		}
		if i >= len(text) {
			break
		}
		sep := text[i]
		if i+1 == len(text) && (sep == '_' || isSeparator(sep)) {
			open = open || s.more
			break
		}
		if !isSeparator(sep) {
			break
		}
		if next := text[i+1]; !isDigit(next) && !isLetter(next) || !digits && groups == 2 && !isDigit(next) {
			break
		}
		seps[groups-1] = sep
		i++
	}
	if open && i-at < 64 {
		s.doubt(at, doubtIdentifier, at)
	}
	if !digits {
		return
	}
	if open {
		groups-- // the last may go on
	}
	total, sum := 0, uint64(0)
	for g := range groups {
		total += sizes[g]
		sum = sum<<4 | uint64(min(sizes[g], 15))
		class := 0
		switch {
		case isLetter(value[0]):
			class = 2
		case mixed[g]:
			class = 1
		}
		for _, k := range s.r.bySize[class][total].rules(sum) {
			s.point(at)
			s.c.Value, s.c.Stop, s.c.Sizes, s.c.Seps = value[:total], stops[g]-s.from, sizes[:g+1], seps[:g]
			s.judge(k, at, doubtIdentifier)
		}
	}
}

// lone reports whether digits stand at text[at:] that no rule is asked about and no other group follows.
func (s *Stream) lone(at int) bool {
	i := at
	for i < len(s.text) && isDigit(s.text[i]) && i-at < maxSize {
		i++
	}
	if i+1 >= len(s.text) || i == at || characters[s.text[i]] != other || s.text[i] >= 0x80 || len(s.r.bySize[0][i-at].rules(uint64(min(i-at, 15)))) > 0 {
		return false
	}
	return !isSeparator(s.text[i]) || characters[s.text[i+1]] == other && s.text[i+1] < 0x80 || s.text[i] != '-' && inProse(s.text[i+1:])
}

// inProse reports whether text begins with a word of two letters or more, one of them small, and no digit right after it.
func inProse(text []byte) bool {
	small := false
	for i, b := range text {
		switch kind := characters[b]; kind {
		case smallLetter:
			small = true
		case largeLetter:
		default:
			return small && i > 1 && kind == other && b < 0x80
		}
	}
	return false
}

// What a byte is to an identifier.
const (
	other = iota
	digit
	largeLetter
	smallLetter
)

var characters = func() (t [256]uint8) {
	for b := range t {
		switch {
		case isDigit(byte(b)):
			t[b] = digit
		case 'A' <= b && b <= 'Z':
			t[b] = largeLetter
		case 'a' <= b && b <= 'z':
			t[b] = smallLetter
		}
	}
	return t
}()

// leadsOn reports whether a group with a digit may follow text[:at], the end of up to three letters, with at most as many
// letters between.
func (s *Stream) leadsOn(at int) bool {
	text := s.text
	if at+1 >= len(text) {
		return s.more
	}
	if !isSeparator(text[at]) {
		return false
	}
	i := at + 1
	for i < len(text) && isLetter(text[i]) {
		i++
	}
	switch {
	case i == len(text):
		return s.more
	case isDigit(text[i]), text[i] >= 0x80:
		return true
	case i-at > 4 || i == at+1 || !isSeparator(text[i]):
		return false
	case i+1 == len(text):
		return s.more
	}
	return isDigit(text[i+1])
}

// isSeparator reports whether b may stand between an identifier's groups.
func isSeparator(b byte) bool {
	return b == ' ' || b == '-' || b == '.' || b == '/' || b == ':' || b == '\n'
}

// clean reports whether the identifier stands for itself: it is no later part of a number with hyphens or dots, of a sum
// of money or of a UUID, and does not go on after it.
func (c *Candidate) clean() bool { return cleanStart(c.Text, c.At) && !c.goesOn() }

// goesOn reports whether a separator other than a space joins the identifier to a digit.
func (c *Candidate) goesOn() bool {
	if c.Stop+1 >= len(c.Text) || !isDigit(c.Text[c.Stop+1]) {
		return false
	}
	switch c.Text[c.Stop] {
	case '-', '.', '/', ':', '_':
		return true
	}
	return false
}

func cleanStart(text []byte, at int) bool {
	if at == 0 {
		return true
	}
	switch text[at-1] {
	case '$', '+', '%':
		return false
	case '.', '/', ':', '_':
		return at < 2 || !isDigit(text[at-2])
	case '-':
		if at < 2 {
			return true
		}
		hex := 0
		for hex < 9 && at-2-hex >= 0 && isHex(text[at-2-hex]) {
			hex++
		}
		before := at - 2 - hex
		return !isDigit(text[at-2]) && (hex != 4 && hex != 8 || before >= 0 && isWord(text[before]))
	}
	return true
}

// part reports whether the identifier stands among other groups of one space between them: a digit before or after, or what
// an IBAN begins with before.
func (c *Candidate) part() bool {
	if c.Stop+1 < len(c.Text) && c.Text[c.Stop] == ' ' && isDigit(c.Text[c.Stop+1]) {
		return true
	}
	return afterDigit(c.Text, c.At) || inIBAN(c.Text, c.At)
}

// afterDigit reports whether a digit stands one space before text[at].
func afterDigit(text []byte, at int) bool { return at > 1 && text[at-1] == ' ' && isDigit(text[at-2]) }

// inIBAN reports whether an IBAN's beginning is among the groups of four, one space apart, before text[at].
func inIBAN(text []byte, at int) bool {
	for at > 4 && text[at-1] == ' ' {
		at -= 5
		for _, b := range text[at : at+4] {
			if !isDigit(b) && !isLetter(b) {
				return false
			}
		}
		if isLetter(text[at]) && isLetter(text[at+1]) && isDigit(text[at+2]) && isDigit(text[at+3]) {
			return true
		}
	}
	return false
}

// digits reports whether the identifier is of digits alone.
func (c *Candidate) digits() bool {
	for _, b := range c.Value {
		if !isDigit(b) {
			return false
		}
	}
	return true
}

// oneSep returns the separator that stands between all groups, 0 if there is one group, and false if there are several.
// A line break counts as a space.
func (c *Candidate) oneSep() (sep byte, ok bool) {
	for i, b := range c.Seps {
		if b == '\n' {
			b = ' '
		}
		if i == 0 {
			sep = b
		}
		if b != sep {
			return 0, false
		}
	}
	return sep, true
}

// grouped reports whether the groups have these sizes.
func (c *Candidate) grouped(sizes ...int) bool { return slices.Equal(c.Sizes, sizes) }

// whole answers that the identifier is a value.
func (c *Candidate) whole(score float64) Verdict { return c.Is(c.At, c.Stop, score) }
