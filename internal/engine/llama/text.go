package llama

import (
	"strings"
	"unicode/utf8"

	"github.com/hybridgroup/yzma/pkg/llama"
)

// spelling is what a token stands for in plain text. Control tokens have none.
func spelling(vocab llama.Vocab, token llama.Token) []byte {
	buf := make([]byte, 64)
	n := llama.TokenToPiece(vocab, token, buf, 0, false)
	if n < 0 {
		buf = make([]byte, -n)
		n = llama.TokenToPiece(vocab, token, buf, 0, false)
	}
	return buf[:max(n, 0)]
}

// runes joins the bytes of tokens into whole characters: a token may hold a part of one.
type runes struct {
	held []byte // the beginning of a character, 3 bytes at most
}

// add returns the characters that are complete now. Bytes that cannot become one are replaced by U+FFFD.
func (r *runes) add(b []byte) string {
	b = append(r.held, b...)
	var out strings.Builder
	for len(b) > 0 {
		if !utf8.FullRune(b) {
			break
		}
		c, n := utf8.DecodeRune(b)
		out.WriteRune(c)
		b = b[n:]
	}
	r.held = append([]byte(nil), b...)
	return out.String()
}

// rest returns what is left at the end: nothing, or one U+FFFD for a character that was never finished.
func (r *runes) rest() string {
	if len(r.held) == 0 {
		return ""
	}
	r.held = nil
	return string(utf8.RuneError)
}
