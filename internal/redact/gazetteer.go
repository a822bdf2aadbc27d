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

// gazetteer looks words up in names.txt, which build/names/generate.mjs writes.
type gazetteer struct {
	at    []uint32 // open addressing: offset in nameList, 0 for none
	flags []uint8
}

// names is the gazetteer, made when it is first asked for; it does not change.
var names = sync.OnceValue(newGazetteer)

func newGazetteer() *gazetteer {
	const size = 1 << 16 // twice what the list holds, and more
	g := &gazetteer{at: make([]uint32, size), flags: make([]uint8, size)}
	flags := uint8(0)
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
			k := slot(h, size)
			for g.flags[k] != 0 {
				k = (k + 1) & (size - 1)
			}
			g.at[k], g.flags[k] = uint32(start), flags
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
	for k := slot(h, len(g.at)); g.flags[k] != 0; k = (k + 1) & (len(g.at) - 1) {
		if at := int(g.at[k]); at+len(word) < len(nameList) && nameList[at:at+len(word)] == string(word) && (nameList[at+len(word)] == ' ' || nameList[at+len(word)] == '\n') {
			return g.flags[k]
		}
	}
	return 0
}

// fold writes a word in small letters into buf: ASCII, and Latin letters to U+017F, which fold by one byte.
func fold(buf, word []byte) []byte {
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

// capital reports whether a word begins with a capital letter, of ASCII or of Latin to U+017F.
func capital(text []byte, i int) bool {
	b := text[i]
	if b < 0x80 {
		return 'A' <= b && b <= 'Z'
	}
	if i+1 >= len(text) {
		return false
	}
	n := text[i+1]
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
