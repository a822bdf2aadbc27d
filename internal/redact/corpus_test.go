package redact

import (
	"os"
	"path/filepath"
	"testing"
)

// The project's own labelled sentences. The floors are a little below what the rules reach, so that a change that costs
// either precision or recall shows.
func TestOwnCorpusFloors(t *testing.T) {
	for file, floor := range map[string]struct{ precision, recall float64 }{
		"clinical.jsonl": {0.97, 0.95},
		"legal.jsonl":    {0.96, 0.94},
	} {
		f, err := os.Open(filepath.Join("testdata", "corpus", file))
		if err != nil {
			t.Fatal(err)
		}
		var e Evaluation
		err = e.Evaluate(Everything(), f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		var sum Score
		for _, s := range e.ByType {
			sum.Want, sum.Found, sum.False = sum.Want+s.Want, sum.Found+s.Found, sum.False+s.False
		}
		t.Logf("%s: %d sentences, %d values, precision %.3f, recall %.3f", file, e.Cases, sum.Want, sum.Precision(), sum.Recall())
		if sum.Precision() < floor.precision || sum.Recall() < floor.recall {
			t.Errorf("%s is below its floors %v", file, floor)
			for _, m := range e.Misses {
				t.Logf("%+v", m)
			}
		}
		if e.Cases < 120 {
			t.Errorf("%s: %d sentences", file, e.Cases)
		}
	}
}
