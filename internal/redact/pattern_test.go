package redact

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestASitesPatternIsFoundInWholeTextAndInStreams(t *testing.T) {
	for _, c := range []struct {
		spec PatternSpec
		text string
		want string
	}{
		{PatternSpec{Name: "mrn", Type: "MRN", Pattern: `H\d{7}`, Finds: []string{"H1234567"}, Leaves: []string{"H12345678", "AH1234567"}}, "see H1234567, not H12345678, xH1234567 or H123456", "see [MRN], not H12345678, xH1234567 or H123456"},
		{PatternSpec{Name: "matter", Type: "MATTER", Pattern: `(?i)matter-(19|20)\d\d/\d{1,5}[a-z]?`, Finds: []string{"Matter-2024/12b"}}, "Matter-2024/12b and MATTER-1999/12345 and matter-1899/1", "[MATTER] and [MATTER] and matter-1899/1"},
		{PatternSpec{Name: "ward", Type: "WARD", Pattern: `\d{1,2}[A-C]`, Context: []string{"ward", "Station"}, Finds: []string{"ward 12A"}, Leaves: []string{"vitamin 12B", "12A"}}, "dose 12B on ward 12A; later: Station 3C", "dose 12B on ward [WARD]; later: Station [WARD]"},
		{PatternSpec{Name: "projects", Type: "PROJECT", Words: []string{"Blue Heron", "Blue Heron Two", "Óscar-Ñandú"}, Finds: []string{"blue heron"}, Leaves: []string{"blue herons", "bluer heron"}}, "BLUE HERON two, blue  heron, óscar ñandú, Blue heronry", "[PROJECT], [PROJECT], [PROJECT], Blue heronry"},
		{PatternSpec{Name: "sign", Type: "SIGN", Pattern: `§§[A-Z]{2,4}§§`, Finds: []string{"§§AB§§"}}, "a§§ABC§§b §§A§§", "a[SIGN]b §§A§§"},
	} {
		rule, err := NewPattern(c.spec)
		if err != nil {
			t.Fatal(err)
		}
		r := New(rule)
		if got, _ := r.Text(c.text); got != c.want {
			t.Errorf("%s: %q", c.spec.Name, got)
		}
		for size := 1; size < 9; size++ {
			if got, most, _ := stream(r, c.text, func() int { return size }); got != c.want {
				t.Errorf("%s in pieces of %d: %q", c.spec.Name, size, got)
			} else if most > MaxPattern {
				t.Errorf("%s holds %d", c.spec.Name, most)
			}
		}
	}
}

func TestABadPatternIsRefusedByNameAndExample(t *testing.T) {
	ok := []string{"x"}
	for _, c := range []struct {
		spec PatternSpec
		says string
	}{
		{PatternSpec{Name: "p", Type: "T", Pattern: `a(`, Finds: ok}, "no regular expression"},
		{PatternSpec{Name: "p", Type: "T", Pattern: `(?=a)a`, Finds: ok}, "no regular expression"},
		{PatternSpec{Name: "p", Type: "T", Pattern: `a*`, Finds: ok}, "can match nothing"},
		{PatternSpec{Name: "p", Type: "T", Pattern: `a?|b`, Finds: ok}, "can match nothing"},
		{PatternSpec{Name: "p", Type: "T", Pattern: `a+`, Finds: ok}, "more than 128 bytes"},
		{PatternSpec{Name: "p", Type: "T", Pattern: `a.{0,40}b`, Finds: ok}, "more than 128 bytes"},
		{PatternSpec{Name: "p", Type: "T", Pattern: `[ab]{129}`, Finds: ok}, "more than 128 bytes"},
		{PatternSpec{Name: "p", Type: "T", Pattern: `((a{1,100}){1,100}){1,100}`, Finds: ok}, ""},
		{PatternSpec{Name: "p", Type: "T", Pattern: strings.Repeat("a", 1001), Finds: ok}, "longer than 1000"},
		{PatternSpec{Name: "p", Type: "T", Pattern: `H\d{7}`}, "needs a test"},
		{PatternSpec{Name: "p", Type: "T", Finds: ok}, "either"},
		{PatternSpec{Name: "p", Pattern: `H\d`, Finds: ok}, "needs a name and a type"},
		{PatternSpec{Name: "p", Type: "T", Words: []string{"-"}, Finds: ok}, "has a word of"},
		{PatternSpec{Name: "p", Type: "T", Pattern: `H\d{7}`, Finds: []string{"H1234567", "h1234567"}}, `"h1234567"`},
		{PatternSpec{Name: "p", Type: "T", Pattern: `H\d{7}`, Finds: []string{"H1234567"}, Leaves: []string{"in H7654321"}}, `"in H7654321"`},
	} {
		_, err := NewPattern(c.spec)
		var bad *PatternError
		if !errors.As(err, &bad) || bad.Name == "" && c.spec.Name != "" || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v", c.spec, err)
		}
	}
}

// Whatever the pattern, the beginning of each match is recognised as one, and streams equal whole text.
func TestAnyPatternInPiecesEqualsWholeText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.SampledFrom([]string{"a", "b{1,3}", "[a-c]", "(?:ab|c)", "-", " ?", "(?:a-?){1,2}", "é", "(?i)x", ".", `\d`, `\b`})
		source := "a" + strings.Join(rapid.SliceOfN(part, 1, 5).Draw(t, "parts"), "")
		rule := Rule{Name: "p/1", Type: "T"}
		if err := rule.expression(PatternSpec{Name: "p", Type: "T", Pattern: source}); err != nil {
			t.Skip(err)
		}
		r := New(rule)
		text := rapid.StringOfN(rapid.RuneFrom([]rune("aabbc-- éxX1\n")), 0, 40, -1).Draw(t, "text")
		want, _ := r.Text(text)
		size := rapid.IntRange(1, 7).Draw(t, "size")
		if got, _, _ := stream(r, text, func() int { return size }); got != want {
			t.Fatalf("%s on %q in pieces of %d: %q, whole %q", source, text, size, got, want)
		}
	})
}
