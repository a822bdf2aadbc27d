package redact

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// developmentCases returns the directory that REDACTION_CASES names, with labelled cases that are not part of this repository.
func developmentCases() string { return os.Getenv("REDACTION_CASES") }

// TestLabelledCases measures on the labelled cases in the developmentCases and holds what is reached.
func TestLabelledCases(t *testing.T) {
	dir := developmentCases()
	if dir == "" {
		t.Skip("REDACTION_CASES names no directory with labelled cases")
	}
	r := Everything()
	for _, name := range []string{"presidio_cases.jsonl", "synth_pii.jsonl"} {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		var e Evaluation
		err = e.Evaluate(r, f)
		f.Close()
		if err != nil {
			t.Fatal(name, err)
		}
		if e.Positives > 0 {
			t.Logf("%s: %d of %d right, %d found as something; %d of %d negatives hit", name, e.PositivesRight, e.Positives, e.PositivesAny, e.NegativesHit, e.Negatives)
			if part(e.PositivesRight, e.Positives) < 0.97 || part(e.NegativesHit, e.Negatives) > 0.09 {
				t.Errorf("%s: below the target", name)
			}
		}
		for source, s := range e.BySource {
			t.Logf("%s: %-40s precision %.3f, recall %.3f, F1 %.3f of %d", name, source, s.Precision(), s.Recall(), s.F1(), s.Want)
		}
		types := make([]Type, 0, len(e.ByType))
		for k := range e.ByType {
			types = append(types, k)
		}
		slices.Sort(types)
		for _, k := range types {
			s := e.ByType[k]
			t.Logf("%s: %-28s want %3d, found %3d, exact %3d, false %3d", name, k, s.Want, s.Found, s.Exact, s.False)
		}
		if show := os.Getenv("REDACTION_SHOW"); show != "" {
			for _, m := range e.Misses {
				if strings.Contains(show, "all") || m.Type != "PERSON" && e.structured(m.Type) {
					t.Logf("%s false=%v %s %q in %q", m.Type, m.False, m.Rule, m.Value, m.Text)
				}
			}
		}
	}
}
