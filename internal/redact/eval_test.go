package redact

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// labelledCase is a line of the development cases, which are not part of this repository.
type labelledCase struct {
	ID       string
	Text     string
	Entity   string
	Strength string
	Spans    json.RawMessage
	BSpans   [][2]int
	Source   string
}

// developmentCases looks for shared/redaction/dev beside the repository, then further up.
func developmentCases() string {
	dir, err := os.Getwd()
	for err == nil && dir != filepath.Dir(dir) {
		dev := filepath.Join(dir, "shared", "redaction", "dev")
		if info, err := os.Stat(dev); err == nil && info.IsDir() {
			return dev
		}
		dir = filepath.Dir(dir)
	}
	return ""
}

func readCases(t *testing.T, file string) (all []labelledCase, spans [][]Span) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c labelledCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		var want []Span
		for _, b := range c.BSpans {
			want = append(want, Span{Start: b[0], End: b[1], Type: Type(c.Entity)})
		}
		if c.Entity == "" {
			var typed []struct {
				BStart, BEnd int
				Type         Type
			}
			if err := json.Unmarshal(c.Spans, &typed); err != nil {
				t.Fatalf("%s: %s: %v", file, c.ID, err)
			}
			for _, s := range typed {
				want = append(want, Span{Start: s.BStart, End: s.BEnd, Type: s.Type})
			}
		}
		all, spans = append(all, c), append(spans, want)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all, spans
}

// This measures and prints. It fails only far below what the rules are worth, where something is broken.
func TestMeasureOnLabelledCases(t *testing.T) {
	dev := developmentCases()
	if dev == "" {
		t.Skip("the labelled cases (shared/redaction/dev) are not on this machine")
	}
	r := Everything()
	for _, file := range []string{"presidio_cases.jsonl", "synth_pii.jsonl"} {
		type score struct{ right, missed, wrong int }
		scores := map[Type]*score{}
		for _, kind := range files {
			scores[kind] = &score{}
		}
		cases, want := readCases(t, filepath.Join(dev, file))
		for i, c := range cases {
			if c.Strength == "weak" {
				continue
			}
			got := r.Find(c.Text)
			hit := make([]bool, len(got))
			for _, w := range want[i] {
				s := scores[w.Type]
				if s == nil {
					continue
				}
				found := false
				for k, g := range got {
					if g.Type == w.Type && g.Start < w.End && w.Start < g.End {
						found, hit[k] = true, true
					}
				}
				if found {
					s.right++
				} else {
					s.missed++
					if testing.Verbose() {
						t.Logf("%s %s: missed %q in %.80q", file, c.ID, c.Text[w.Start:w.End], c.Text)
					}
				}
			}
			// Presidio's cases label one entity each: another's find says nothing.
			for k, g := range got {
				if !hit[k] && scores[g.Type] != nil && (c.Entity == "" || Type(c.Entity) == g.Type) {
					scores[g.Type].wrong++
					if testing.Verbose() {
						t.Logf("%s %s: found %q as %s in %.80q", file, c.ID, c.Text[g.Start:g.End], g.Type, c.Text)
					}
				}
			}
		}
		var sum score
		for kind, s := range scores {
			t.Logf("%-22s %-14s found %d of %d, precision %.3f", file, kind, s.right, s.right+s.missed, float64(s.right)/float64(max(1, s.right+s.wrong)))
			sum.right, sum.missed, sum.wrong = sum.right+s.right, sum.missed+s.missed, sum.wrong+s.wrong
		}
		if sum.right < sum.missed || sum.right < sum.wrong {
			t.Errorf("%s: %+v", file, sum)
		}
	}
}
