package app

import (
	"strings"
	"testing"
	"unicode/utf16"

	"subrosa/internal/redact"
)

func TestSpansCountAsThePageCounts(t *testing.T) {
	text := "😀 Grüße an ann@example.org und bob@example.org"
	masked, found := redact.Default().Text(text)
	v := checkView(text, masked, found)
	if len(v.Spans) != 2 {
		t.Fatalf("%d spans in %+v", len(v.Spans), v)
	}
	units := utf16.Encode([]rune(text))
	for i, want := range []string{"ann@example.org", "bob@example.org"} {
		s := v.Spans[i]
		if got := string(utf16.Decode(units[s.Start:s.End])); got != want || s.Label != "[EMAIL]" || s.Reason == "" || s.Action == "" {
			t.Errorf("span %d is %q: %+v", i, got, s)
		}
	}
	if v.Masked != "😀 Grüße an [EMAIL] und [EMAIL]" {
		t.Errorf("the model would see %q", v.Masked)
	}
}

// BenchmarkCheck10KB is what a paste of 10 KB costs: under 5 ms is asked for.
func BenchmarkCheck10KB(b *testing.B) {
	line := "Pt. seen 03/04, BP 142/88, LDL 3.9 mmol/l; write to ann@example.org or call 020 7946 0958, SSN 219-09-9999. "
	text := strings.Repeat(line, 10*1024/len(line))
	r := redact.Default()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		masked, found := r.Text(text)
		checkView(text, masked, found)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/paste")
}
