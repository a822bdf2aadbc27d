package export

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestVerbatimIsAsciiWithoutWhatJSONEscapes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[ -~]{0,40}`).Draw(t, "plain")
		if rapid.Bool().Draw(t, "odd") {
			at := rapid.IntRange(0, len(s)).Draw(t, "at")
			odd := rapid.SampledFrom([]byte{0, 1, 31, '"', '\\', 127, 128, 160, 162, 220, 255}).Draw(t, "byte")
			s = s[:at] + string([]byte{odd}) + s[at:]
		}
		want := !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r >= utf8.RuneSelf })
		if got := verbatim(s); got != want {
			t.Fatalf("%q: %v", s, got)
		}
	})
}
