package redact

import (
	"encoding/binary"
	"slices"
	"sort"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// normaliser turns text as it arrives into the text that rules see, and knows which bytes came from which.
//
// What is written in other ways than plain ASCII becomes that: full-width forms, digits of other scripts, mathematical and
// enclosed letters and digits, ligatures (by NFKC), spaces, dashes and line ends of all kinds. What cannot be seen goes:
// zero-width characters, soft hyphens, marks of direction, variation selectors; and so does Markdown: pairs of asterisks,
// one asterisk, underscore or backtick at the edge of a number, the backslash that escapes a sign. Cyrillic and Greek
// letters that look like Latin ones become those if all of their word's do. Superscripts stay: the 2 of m² is no digit.
//
// It waits for at most what decides: one byte after a sign, the end of a word (64 bytes at most) with lookalikes.
type normaliser struct {
	raw   []byte // what arrived
	taken int    // bytes of raw that are in text
	text  []byte // what rules see
	moves []move // where the two part, in order
}

// move is a piece of raw that is something else in text: it ends at raw and text.
type move struct{ text, raw, textLen, rawLen int }

// What is done with a byte.
const (
	plainByte   = iota
	accentByte  // first of two that stay
	specialByte // looked at
)

var byteKinds = func() (t [256]uint8) {
	for i := range t {
		switch {
		case i >= 0xC3 && i < 0xCD: // Latin, and marks but the last few
			t[i] = accentByte
		case i >= 0x80, i == '*', i == '_', i == '`', i == '\\', i == '\r':
			t[i] = specialByte
		}
	}
	return t
}()

// plainEight reports whether eight bytes are plain: of ASCII, and none of * _ ` \ and carriage return. It may be
// false for other bytes behind one of those.
func plainEight(x uint64) bool {
	const low, high = 0x0101010101010101, 0x8080808080808080
	zero := func(x uint64) uint64 { return (x - low) &^ x } // the high bit of a byte that is 0, and maybe of those above it
	return (x|zero(x^'*'*low)|zero(x^'\r'*low)|zero(x^'_'*low)|zero(x^'`'*low)|zero(x^'\\'*low))&high == 0
}

// feed normalises what can be decided.
func (n *normaliser) feed(more bool) {
	raw := n.raw
	i := n.taken
	for i < len(raw) {
		j := i
		for j < len(raw) {
			for j+8 <= len(raw) && plainEight(binary.LittleEndian.Uint64(raw[j:])) {
				j += 8
			}
			if j == len(raw) {
				break
			}
			if k := byteKinds[raw[j]]; k == plainByte {
				j++
			} else if k == accentByte && j+1 < len(raw) && raw[j+1]&0xC0 == 0x80 {
				j += 2
			} else {
				break
			}
		}
		n.text = append(n.text, raw[i:j]...)
		if i = j; i == len(raw) {
			break
		}
		size, wait := n.one(i, more)
		if wait {
			break
		}
		i += size
	}
	n.taken = i
}

// one takes the character at raw[i:] and returns its size, or that it has to wait.
func (n *normaliser) one(i int, more bool) (size int, wait bool) {
	raw := n.raw
	b := raw[i]
	if b < utf8.RuneSelf {
		if i+1 == len(raw) && more {
			return 0, true
		}
		if n.markup(i) {
			n.put(i, 1)
		} else {
			n.text = append(n.text, b)
		}
		return 1, false
	}
	if !utf8.FullRune(raw[i:]) && more {
		return 0, true
	}
	r, size := utf8.DecodeRune(raw[i:])
	keep := func() (int, bool) {
		n.text = append(n.text, raw[i:i+size]...)
		return size, false
	}
	switch {
	case r == utf8.RuneError:
		return keep()
	case r < 0x0370:
		switch r {
		case 0xA0:
			n.put(i, size, ' ')
		case 0x85:
			n.put(i, size, '\n')
		case 0xAD, 0x34F:
			n.put(i, size)
		default:
			return keep()
		}
		return size, false
	case r < 0x0530:
		latin := lookalike(r)
		if latin == 0 {
			return keep()
		}
		same, wait := n.looksLatin(i, more)
		if wait {
			return 0, true
		}
		if !same {
			return keep()
		}
		n.put(i, size, latin)
		return size, false
	}
	switch {
	case r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x2069, r == 0xFEFF, r == 0x180E, r >= 0xFE00 && r <= 0xFE0F, r >= 0xE0000 && r <= 0xE01EF:
		n.put(i, size)
	case r >= 0x2000 && r <= 0x200A, r == 0x202F, r == 0x205F, r == 0x3000, r == 0x1680:
		n.put(i, size, ' ')
	case r == 0x2028, r == 0x2029:
		n.put(i, size, '\n')
	case r >= 0x2010 && r <= 0x2015, r == 0x2212, r == 0xFE58, r == 0xFE63, r == 0x2043:
		n.put(i, size, '-')
	case r >= 0xFF01 && r <= 0xFF5E:
		n.put(i, size, byte(r-0xFF01+'!'))
	case r >= 0x1D400 && r <= 0x1D7FF, r >= 0x2460 && r <= 0x24FF, r >= 0xFB00 && r <= 0xFB06, r >= 0x1F100 && r <= 0x1F189, r >= 0x2100 && r <= 0x214F:
		plain := norm.NFKC.Bytes(raw[i : i+size])
		for _, b := range plain {
			if b >= utf8.RuneSelf {
				return keep()
			}
		}
		n.put(i, size, plain...)
	default:
		if r < 0x2000 && unicode.Is(unicode.Nd, r) || r > 0xA000 && unicode.Is(unicode.Nd, r) {
			n.put(i, size, digitOf(r))
			return size, false
		}
		return keep()
	}
	return size, false
}

// put appends what raw[i:i+size] becomes.
func (n *normaliser) put(i, size int, text ...byte) {
	n.text = append(n.text, text...)
	n.moves = append(n.moves, move{text: len(n.text), raw: i + size, textLen: len(text), rawLen: size})
}

// digitOf returns the value of a decimal digit: those of a script follow each other from 0.
func digitOf(r rune) byte {
	zero := r
	for unicode.Is(unicode.Nd, zero-1) && r-zero < 9 {
		zero--
	}
	if r-zero == 9 && unicode.Is(unicode.Nd, zero-1) { // several scripts' without a gap: they begin at multiples of 10 or 16
		return byte('0' + (r-zero)%10)
	}
	return byte('0' + (r - zero))
}

// markup reports whether the sign at raw[i] is Markdown to leave out.
func (n *normaliser) markup(i int) bool {
	raw := n.raw
	var before, after byte
	if i > 0 {
		before = raw[i-1]
	}
	if i+1 < len(raw) {
		after = raw[i+1]
	}
	word := func(b byte) bool { return isDigit(b) || isLetter(b) }
	switch raw[i] {
	case '\r':
		return after == '\n'
	case '*':
		return before == '*' || after == '*' || isDigit(before) && !word(after) || isDigit(after) && !word(before)
	case '_', '`':
		return isDigit(before) && !word(after) || isDigit(after) && !word(before)
	case '\\':
		return word(before) && contains("-.()+#/", after)
	}
	return false
}

// looksLatin reports whether the word around raw[i] has no letters but Latin ones and such as look like them.
func (n *normaliser) looksLatin(i int, more bool) (same, wait bool) {
	raw := n.raw
	for k := i; k > 0 && i-k < maxWord; {
		r, size := utf8.DecodeLastRune(raw[:k])
		if r >= utf8.RuneSelf && !(unicode.IsLetter(r) || unicode.IsMark(r)) || r < utf8.RuneSelf && !isWord(byte(r)) {
			break
		}
		if r >= utf8.RuneSelf && lookalike(r) == 0 {
			return false, false
		}
		k -= size
	}
	k := i
	for k-i < maxWord {
		if k == len(raw) || !utf8.FullRune(raw[k:]) {
			return !more, more
		}
		r, size := utf8.DecodeRune(raw[k:])
		if r >= utf8.RuneSelf && !(unicode.IsLetter(r) || unicode.IsMark(r)) || r < utf8.RuneSelf && !isWord(byte(r)) {
			return true, false
		}
		if r >= utf8.RuneSelf && lookalike(r) == 0 {
			return false, false
		}
		k += size
	}
	return false, false
}

// lookalike returns the ASCII letter that a Greek or Cyrillic one looks like, or 0.
func lookalike(r rune) byte {
	switch r {
	case 'Α', 'А':
		return 'A'
	case 'Β', 'В':
		return 'B'
	case 'С', 'Ϲ':
		return 'C'
	case 'Ε', 'Е':
		return 'E'
	case 'Η', 'Н':
		return 'H'
	case 'Ι', 'І', 'Ӏ':
		return 'I'
	case 'Ј':
		return 'J'
	case 'Κ', 'К':
		return 'K'
	case 'Μ', 'М':
		return 'M'
	case 'Ν':
		return 'N'
	case 'Ο', 'О':
		return 'O'
	case 'Ρ', 'Р':
		return 'P'
	case 'Ѕ':
		return 'S'
	case 'Τ', 'Т':
		return 'T'
	case 'Χ', 'Х':
		return 'X'
	case 'Υ', 'У', 'Ү':
		return 'Y'
	case 'Ζ':
		return 'Z'
	case 'а':
		return 'a'
	case 'с', 'ϲ':
		return 'c'
	case 'ԁ':
		return 'd'
	case 'е':
		return 'e'
	case 'һ':
		return 'h'
	case 'і':
		return 'i'
	case 'ј', 'ϳ':
		return 'j'
	case 'о', 'ο':
		return 'o'
	case 'р':
		return 'p'
	case 'ѕ':
		return 's'
	case 'ν':
		return 'v'
	case 'х':
		return 'x'
	case 'у':
		return 'y'
	}
	return 0
}

// piece returns the last move that begins at text[:at+1], or nil.
func (n *normaliser) piece(at int) *move {
	k := len(n.moves)
	if k == 0 {
		return nil
	}
	k = sort.Search(k, func(i int) bool { return n.moves[i].text-n.moves[i].textLen > at })
	if k == 0 {
		return nil
	}
	return &n.moves[k-1]
}

// rawStart returns where what is text[at:] begins in raw.
func (n *normaliser) rawStart(at int) int {
	m := n.piece(at)
	switch {
	case m == nil:
		return at
	case at < m.text:
		return m.raw - m.rawLen
	}
	return m.raw + at - m.text
}

// rawEnd returns where what is text[:at] ends in raw: before what cannot be seen and follows it.
func (n *normaliser) rawEnd(at int) int {
	if at == 0 {
		return 0
	}
	m := n.piece(at - 1)
	switch {
	case m == nil:
		return at
	case at <= m.text:
		return m.raw
	}
	return m.raw + at - m.text
}

// drop forgets text[:at] or a few bytes less, and returns how many bytes of text and of raw went.
func (n *normaliser) drop(at int) (text, raw int) {
	if m := n.piece(at); m != nil && at < m.text {
		at = m.text - m.textLen
	}
	raw = n.rawStart(at)
	if m := n.piece(at); m != nil && m.textLen == 0 && m.text == at {
		raw = n.rawEnd(at) // what is left out here goes with what follows
	}
	k := 0
	for k < len(n.moves) && n.moves[k].raw <= raw {
		k++
	}
	n.moves = slices.Delete(n.moves, 0, k)
	n.text = append(n.text[:0], n.text[at:]...)
	n.raw = append(n.raw[:0], n.raw[raw:]...)
	n.taken -= raw
	for i := range n.moves {
		n.moves[i].text -= at
		n.moves[i].raw -= raw
	}
	return at, raw
}

func (n *normaliser) reset() {
	n.raw, n.text, n.moves, n.taken = n.raw[:0], n.text[:0], n.moves[:0], 0
}
