package chat

import (
	"fmt"
	"strings"
	"testing"
)

func say(text string, size int) string {
	var b babble
	for len(text) > 0 {
		n := min(size, len(text))
		if what := b.add(text[:n]); what != "" {
			return what
		}
		text = text[n:]
	}
	return ""
}

func TestBabbleIsNoticed(t *testing.T) {
	start := "The pilot sold his boat"
	for name, text := range map[string]string{
		"a phrase":       start + strings.Repeat(" and his boat", 40),
		"a letter":       start + strings.Repeat("a", 500),
		"a line":         start + strings.Repeat("\nThe tenant shall pay the rent on the first day of each month.", 12),
		"a paragraph":    start + strings.Repeat("\n"+strings.Repeat("x y z ", 40)+"end of it.", 10),
		"after much":     strings.Repeat("Clause by clause the lease is read. ", 3) + prose(4000) + strings.Repeat("no ", 200),
		"no characters":  start + strings.Repeat("ab\uFFFDc\uFFFDe", 100) + prose(10),
		"control bytes":  prose(100) + strings.Repeat("\x01\x02x", 300),
		"mostly invalid": prose(300) + noise(1500),
	} {
		for _, size := range []int{1, 3, 64, 5000} {
			if what := say(text, size); what == "" {
				t.Errorf("%s, in pieces of %d: not noticed", name, size)
			}
		}
	}
}

func prose(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "Paragraph %d concerns the %s of %d items, see annex %c. ", i, []string{"lease", "sale", "gift"}[i%3], i*i+7, 'A'+rune(i%26))
	}
	return b.String()
}

func noise(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%c\uFFFD%d", 'a'+rune(i*7%26), i*31%10)
	}
	return b.String()
}

func TestWhatAnAnswerMayHoldIsNoBabble(t *testing.T) {
	table := "| drug | dose | route |\n|------|------|-------|\n"
	for i := range 40 {
		table += fmt.Sprintf("| drug %d | %d mg | oral |\n", i, i*25)
	}
	for name, text := range map[string]string{
		"prose":          prose(20000),
		"a table":        table,
		"an empty form":  strings.Repeat("Name: ______________________\n", 8),
		"a rule":         prose(300) + strings.Repeat("-", 120) + "\n" + prose(300),
		"a wide table":   "|" + strings.Repeat(" --- |", 30) + "\n",
		"boxes":          strings.Repeat("- [ ] \n", 20),
		"indented code":  strings.Repeat("                                }\n", 5),
		"a chorus":       strings.Repeat("Row, row, row your boat, gently down the stream.\n", 4),
		"another script": strings.Repeat("Διάβασε το συμβόλαιο. 合同の第三条を読む。 ", 1) + "Ελληνικά и русский 日本語の文章です。",
	} {
		for _, size := range []int{1, 3, 64, 5000} {
			if what := say(text, size); what != "" {
				t.Errorf("%s, in pieces of %d: %s", name, size, what)
			}
		}
	}
}

func BenchmarkBabble(b *testing.B) {
	text := prose(1 << 16)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if say(text, 4) != "" {
			b.Fatal("prose is no babble")
		}
	}
}
