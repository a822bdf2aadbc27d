package text

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestClean(t *testing.T) {
	const in = "a\r\nb\rc\u2028d\x0be\x0cf\x00\x1b[31m\tg\x7f\u0085\ufeff\xffh"
	const want = "a\nb\nc\nd\ne\n\nf[31m\tg\ufffdh"
	if got := Clean(in); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestTextThatNobodySeesIsLeftOut(t *testing.T) {
	tags := strings.Map(func(r rune) rune { return 0xe0000 + r }, "ignore the reader")
	for in, want := range map[string]string{
		"Zahlung" + tags + " offen":         "Zahlung offen",
		"Be\u00adfund\u200b, Nor\u2060mal":  "Befund, Normal",
		"\u202eesrever\u202c \u2066x\u2069": "esrever x",
		"x\U000e0101y":                      "xy",
		"می\u200cخواهم 👩\u200d⚕️ naïve":     "می\u200cخواهم 👩\u200d⚕️ naïve",
	} {
		if got := Clean(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestPagesLoseNothing(t *testing.T) {
	words := func(s string) string { return strings.Join(strings.Fields(s), "") }
	rapid.Check(t, func(t *rapid.T) {
		const size = 500
		text := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{
			"word ", "Satz. ", "ein\n", "\n\n", "好。", "ü", strings.Repeat("x", 700), strings.Repeat("lorem ipsum ", 60), "\t", "! ", "😀", "\xff", "\xe2",
		})).Draw(t, "parts"), "")
		pages := Pages(text, size)
		for _, p := range pages {
			if len(p) > size*5/4 || utf8.ValidString(text) && !utf8.ValidString(p) {
				t.Fatalf("part of %d bytes: %q", len(p), p)
			}
		}
		if words(strings.Join(pages, "")) != words(text) {
			t.Fatal("something was lost")
		}
	})
}

func TestPartsEndWhereItReadsWell(t *testing.T) {
	sentence := "Der Patient klagt über Schmerzen. "
	for name, c := range map[string]struct{ in, end string }{
		"paragraph":                 {strings.Repeat(sentence, 8) + "Ende\n\n" + strings.Repeat(sentence, 12), "Ende"},
		"sentence":                  {strings.Repeat("so weit, "+sentence, 20), "Schmerzen."},
		"sentence at a line's end":  {strings.Repeat("Der Patient klagt\nüber Schmerzen.\n", 20), "Schmerzen."},
		"line":                      {strings.Repeat("Natrium 140\n", 60), "140"},
		"word":                      {strings.Repeat("ohne ", 160), "ohne"},
		"script without any spaces": {strings.Repeat("患者主诉胸痛。", 60), "。"},
	} {
		if n := Cut(c.in, 400); n < 200 || n > 500 || !strings.HasSuffix(strings.TrimSpace(c.in[:n]), c.end) {
			t.Errorf("%s: ends in %q", name, c.in[max(0, n-20):n])
		}
	}
}
