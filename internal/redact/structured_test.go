package redact

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// structuredFiles are the vectors of structuredRules: one file a type, named like it. Their numbers have check digits from
// another implementation.
func structuredFiles() map[string]Type {
	all := map[string]Type{}
	for _, k := range structuredTypes() {
		name := strings.ToLower(string(k.Type)) + ".txt"
		if _, err := os.Stat(filepath.Join("testdata", name)); err == nil {
			all[name] = k.Type
		}
	}
	all["email.txt"], all["iban.txt"] = EmailAddress, IBANCode
	return all
}

func TestEveryStructuredTypeHasPositivesAndNegatives(t *testing.T) {
	have := map[Type]bool{}
	for file, kind := range structuredFiles() {
		texts, want := vectors(t, file)
		positive, negative := 0, 0
		for i := range texts {
			if len(want[i]) > 0 {
				positive++
			} else {
				negative++
			}
		}
		have[kind] = positive > 0 && negative > 0
	}
	for _, k := range structuredTypes() {
		if !have[k.Type] {
			t.Errorf("%s: no vectors", k.Type)
		}
	}
}
