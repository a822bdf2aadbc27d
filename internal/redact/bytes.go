package redact

const digits = "0123456789"

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isWord(c byte) bool { return isDigit(c) || isLetter(c) || c == '_' }

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

// startsNumber reports whether a number can start at text[at]: not inside a word, after a decimal point, or as the next
// part of a number with hyphens or dots.
func startsNumber(text []byte, at int) bool {
	if at == 0 {
		return true
	}
	switch c := text[at-1]; c {
	case '.', '-':
		return at < 2 || !isDigit(text[at-2])
	default:
		return !isWord(c)
	}
}
