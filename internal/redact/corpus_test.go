package redact

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// The project's own labelled sentences, made up for it: clinical and legal text, identifiers in the words around them, and
// hard negatives (doses, laboratory values, codes, citations, UUIDs, timestamps, sums like telephone numbers). The floors
// are a little below what the rules reach, so that a change that costs either precision or recall shows.
func TestOwnCorpusFloors(t *testing.T) {
	type floor struct{ precision, recall float64 }
	floors := map[string]floor{
		"clinical en":    {0.98, 0.965},
		"clinical es":    {0.98, 0.98},
		"clinical de":    {0.98, 0.94},
		"identifiers en": {0.98, 0.98},
		"identifiers es": {0.98, 0.98},
		"identifiers de": {0.98, 0.98},
		"legal en":       {0.98, 0.975},
		"legal es":       {0.98, 0.98},
		"legal de":       {0.98, 0.87},
	}
	groups := ownCorpus(t)
	r := Everything()
	for _, file := range []string{"clinical", "identifiers", "legal", "negatives"} {
		for _, lang := range []string{"en", "es", "de"} {
			name := file + " " + lang
			var e Evaluation
			if err := e.Evaluate(r, bytes.NewReader(groups[name])); err != nil {
				t.Fatal(err)
			}
			var sum Score
			for _, s := range e.ByType {
				sum.Want, sum.Found, sum.False = sum.Want+s.Want, sum.Found+s.Found, sum.False+s.False
			}
			t.Logf("%s: %d sentences, %d values, %d false, precision %.3f, recall %.3f", name, e.Cases, sum.Want, sum.False, sum.Precision(), sum.Recall())
			low := sum.Precision() < floors[name].precision || sum.Recall() < floors[name].recall
			if file == "negatives" {
				low = sum.False > e.Cases/50
			}
			if low {
				t.Errorf("%s is below its floor %v", name, floors[name])
				for _, m := range e.Misses {
					t.Logf("%+v", m)
				}
			}
			if least := 10; e.Cases < least {
				t.Errorf("%s: %d sentences", name, e.Cases)
			}
		}
	}
}

// ownCorpus returns the corpus's lines by file and language.
func ownCorpus(t *testing.T) map[string][]byte {
	t.Helper()
	groups, ids := map[string][]byte{}, map[string]bool{}
	for _, file := range []string{"clinical", "identifiers", "legal", "negatives"} {
		content, err := os.ReadFile(filepath.Join("testdata", "corpus", file+".jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(content) {
			var c struct{ ID, Lang string }
			if err := json.Unmarshal(line, &c); err != nil || ids[c.ID] {
				t.Fatal(file, c.ID, err)
			}
			ids[c.ID] = true
			name := file + " " + c.Lang
			groups[name] = slices.Concat(groups[name], line)
		}
	}
	return groups
}
