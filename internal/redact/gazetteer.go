package redact

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed names.txt
var nameList string

// What a word is in the gazetteer.
const (
	firstName  = 1 << iota // of weight alone
	pairedName             // a first name, of weight only beside another
	lastName
	plain // a word of the language too, or only that
	place
)

// gazetteer looks words up in names.txt, which build/names/generate.mjs writes. It is a table with open addressing; an entry
// has, from the low bits up, the word's offset in names.txt, its flags, and bits of its hash, so that most words that are
// not there are told by one look.
type gazetteer [1 << 17]uint32 // twice what the list holds, and more

const (
	offsetBits = 20
	flagBits   = 5
	tagBits    = 32 - offsetBits - flagBits
)

// names is the gazetteer, made when it is first asked for; it does not change.
var names = sync.OnceValue(newGazetteer)

func newGazetteer() *gazetteer {
	if len(nameList) >= 1<<offsetBits {
		panic("names.txt is too long for the table's entries")
	}
	g := new(gazetteer)
	flags := uint32(0)
	offset := 0
	for line := range strings.Lines(nameList) {
		from := offset
		offset += len(line)
		switch line[0] {
		case '#':
			continue
		case '[':
			flags = 0
			for _, c := range line {
				switch c {
				case 'f':
					flags |= firstName
				case 'g':
					flags |= pairedName
				case 'l':
					flags |= lastName
				case 'w':
					flags |= plain
				case 'p':
					flags |= place
				}
			}
			continue
		}
		h, start := uint32(hashStart), from
		for i := range len(line) {
			if b := line[i]; b != ' ' && b != '\n' {
				h = (h ^ uint32(b)) * hashPrime
				continue
			}
			k := slot(h, len(g))
			for g[k] != 0 {
				k = (k + 1) & (len(g) - 1)
			}
			g[k] = h>>(32-tagBits)<<(offsetBits+flagBits) | flags<<offsetBits | uint32(start)
			h, start = hashStart, from+i+1
		}
	}
	return g
}

// look returns what a word in small letters is, 0 if it is not in the list.
func (g *gazetteer) look(word []byte) uint8 {
	h := uint32(hashStart)
	for _, b := range word {
		h = (h ^ uint32(b)) * hashPrime
	}
	return g.find(word, h)
}

// lookHashed is look for a word as it is written, whose hash by lower is h.
func (g *gazetteer) lookHashed(word []byte, h uint32) uint8 {
	for _, b := range word {
		if b >= 0xC4 { // folds otherwise
			var buf [maxWord]byte
			return g.look(fold(buf[:0], word))
		}
	}
	return g.find(word, h)
}

// find returns the flags of a word of this hash.
func (g *gazetteer) find(word []byte, h uint32) uint8 {
	for k := slot(h, len(g)); g[k] != 0; k = (k + 1) & (len(g) - 1) {
		if e := g[k]; e>>(offsetBits+flagBits) == h>>(32-tagBits) {
			at := int(e & (1<<offsetBits - 1))
			if end := at + len(word); end < len(nameList) && (nameList[end] == ' ' || nameList[end] == '\n') && sameWord(word, nameList[at:end]) {
				return uint8(e >> offsetBits & (1<<flagBits - 1))
			}
		}
	}
	return 0
}

// fold writes a word in small letters into buf: ASCII, and Latin letters to U+017F, which fold by one byte.
func fold(buf, word []byte) []byte {
	for i, b := range word {
		if b >= 0x80 {
			return foldLatin(buf, word[i:])
		}
		buf = append(buf, lowered[b])
	}
	return buf
}

// foldLatin is fold for a word with letters that are not of ASCII.
func foldLatin(buf, word []byte) []byte {
	var last byte
	for _, b := range word {
		c := lower(last, b)
		switch {
		case last == 0xC4 && b >= 0x80 && b <= 0xB6 && b&1 == 0 && b != 0xB0: // Ā to Ķ
			c = b | 1
		case last == 0xC4 && b >= 0xB9 && b&1 == 1: // Ĺ, Ļ, Ľ: with the next even
			c = b + 1
		case last == 0xC5 && b >= 0x81 && b <= 0x87 && b&1 == 1: // Ł, Ń, Ņ, Ň
			c = b + 1
		case last == 0xC5 && b >= 0x8A && b <= 0xB6 && b&1 == 0: // Ŋ to Ŷ
			c = b | 1
		case last == 0xC5 && b >= 0xB9 && b <= 0xBD && b&1 == 1: // Ź, Ż, Ž
			c = b + 1
		}
		buf = append(buf, c)
		last = b
	}
	return buf
}

// capital reports whether a capital letter stands at text[i:], of ASCII, of Latin to U+017F, Greek or Cyrillic.
func capital(text []byte, i int) bool {
	if i >= len(text) {
		return false
	}
	b := text[i]
	if b < 0x80 {
		return 'A' <= b && b <= 'Z'
	}
	if i+1 >= len(text) {
		return false
	}
	n := text[i+1]
	if n < 0x80 || n >= 0xC0 {
		return false
	}
	switch b {
	case 0xC3:
		return n <= 0x9E && n != 0x97
	case 0xC4:
		return n <= 0xB6 && n&1 == 0 || n >= 0xB9 && n&1 == 1
	case 0xC5:
		return n >= 0x81 && n <= 0x87 && n&1 == 1 || n >= 0x8A && n <= 0xB6 && n&1 == 0 || n >= 0xB9 && n <= 0xBD && n&1 == 1 || n == 0xB8
	case 0xCE: // Greek
		return n >= 0x91 && n <= 0xA9
	case 0xD0: // Cyrillic
		return n <= 0xAF
	}
	return false
}
