package redact

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestDisguisedValuesAreFoundWhereTheyStand(t *testing.T) {
	r := Everything()
	for text, want := range map[string]string{
		"card ４１１１ １１１１ １１１１ １１１１.":                  "card [CARD].",
		"card 4111\u200d1111\u200d1111\u200d1111 is": "card [CARD] is",
		"SSN 536\u201122\u20111234":                  "SSN [SSN]",
		"SSN 536\u00a022\u20091234,":                 "SSN [SSN],",
		"SSN **536**-22-*1234*":                      "SSN **[SSN]*",
		"SSN 536\\-22\\-1234 ok":                     "SSN [SSN] ok",
		"SSN `536-22-1234`":                          "SSN `[SSN]`",
		"IBAN GB82 WEST 1234\r\n5698 7654 32":        "IBAN [IBAN]",
		"IBAN GB82\nWEST\n1234 5698 7654 32":         "IBAN [IBAN]",
		"card 4111 1111\n1111 1111":                  "card [CARD]",
		"card 4111\u00ad1111\u00ad1111\u00ad1111":    "card [CARD]",
		"NINO АВ 12 34 56 С":                         "NINO [NINO]", // Cyrillic
		"NINO ΑΒ123456C":                             "NINO [NINO]", // Greek and Latin
		"аnna@exаmple.org":                           "[EMAIL]",     // Cyrillic a
		"SSN ٥٣٦-٢٢-١٢٣٤":                            "SSN [SSN]",
		"SSN \U0001D7D3\U0001D7D1\U0001D7D4-22-1234": "SSN [SSN]",
		"\ufeff4111 1111 1111 1111\u200b":            "\ufeff[CARD]\u200b", // what cannot be seen around it stays
		"5*3 is 15, x_1, m² and 10⁹":                 "5*3 is 15, x_1, m² and 10⁹",
		"**bold** `code` \\* Привет, ОН и она":       "**bold** `code` \\* Привет, ОН и она",
	} {
		if got, _ := r.Text(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		for _, size := range []int{1, 2, 3, 7} {
			if got, _, _ := stream(r, text, func() int { return size }); got != want {
				t.Errorf("%q in pieces of %d: %q, want %q", text, size, got, want)
			}
		}
	}
}

// Whatever is written into a value that a reader does not see, it is found, and all of it is masked.
func TestValuesAreFoundThroughDisguise(t *testing.T) {
	r := Everything()
	values := []string{"4111 1111 1111 1111", "536-22-1234", "GB82 WEST 1234 5698 7654 32", "44051401458", "943-476-5919", "AB 12 34 56 C", "1EG4-TE5-MK73"}
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.SampledFrom(values).Draw(t, "value")
		var b strings.Builder
		for i, c := range value {
			if i > 0 {
				b.WriteString(rapid.SampledFrom([]string{"", "", "", "\u200b", "\u2060", "\u00ad", "\ufe0f"}).Draw(t, "between"))
			}
			switch {
			case rapid.IntRange(0, 3).Draw(t, "plain") > 0:
			case c == ' ':
				c = rapid.SampledFrom([]rune{0xA0, 0x2009, 0x202F, 0x3000, '\n'}).Draw(t, "space")
			case c == '-':
				c = rapid.SampledFrom([]rune{0x2010, 0x2011, 0x2013, 0x2212, 0xFF0D}).Draw(t, "dash")
			default:
				c += 0xFF01 - '!'
			}
			b.WriteRune(c)
		}
		text := "SSN, NHS: " + b.String() + " end"
		got, spans := r.Text(text)
		if len(spans) != 1 || text[spans[0].Start:spans[0].End] != b.String() {
			t.Fatalf("%q: %q", text, got)
		}
		check(t, r, text, []int{1 + rapid.IntRange(0, 9).Draw(t, "size")})
	})
}
