package redact

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Prompts that try to switch redaction off or draw out what is hidden, a line each.
func TestPromptsThatWorkAroundProtectionAreFlagged(t *testing.T) {
	for text := range strings.Lines(testdata(t, "guard/overrides.txt")) {
		text = strings.TrimSuffix(text, "\n")
		flags := Flags(text)
		if len(flags) == 0 || flags[0].Action != Warn || flags[0].Reason == "" || flags[0].End > len(text) {
			t.Errorf("%q: %v", text, flags)
		}
	}
}

// What clinicians and lawyers write with the same words.
func TestClinicalAndLegalSentencesStayQuiet(t *testing.T) {
	for text := range strings.Lines(testdata(t, "guard/quiet.txt")) {
		if flags := Flags(text); len(flags) > 0 {
			t.Errorf("%q: %v", text, flags)
		}
	}
}

func testdata(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// Whatever a text is made of and however it is cut, the guardrails see the same in it.
func TestGuardrailsSeeTheSameInPieces(t *testing.T) {
	g, err := NewGuard()
	if err != nil {
		t.Fatal(err)
	}
	words := overrides(0).Words
	for _, text := range builtinGuards()[0].Words {
		words = append(words, strings.Fields(text)...)
	}
	words = append(words, strings.Fields("everything above your system prompt instructions original names values behind the placeholders [PERSON_1] really real redaction re de you no longer apply was told given back hidden under hide systemprompt in clear text is off exist unredacted masking filter without privacy before tus deine nicht nichts anything to be not do please letter by letter digits one at a time backwards in words base64 reverse order al revés dots between the letters ssn surname phone number pretend no rules note first letter hidden name that was masked you replaced in test mode are so test drill without filter let untouched through blanks where brackets letters der verborgene namen nombre oculto stop replacing labels wieder back vuelve a poner forget keep secret administrator configured")...)
	separator := rapid.SampledFrom([]string{" ", " ", " ", " ", ", ", ". ", "\n", "\n\n", "! ", "'", "-", "7 "})
	rapid.Check(t, func(t *rapid.T) {
		var text string
		for range rapid.IntRange(1, 14).Draw(t, "words") {
			text += rapid.SampledFrom(words).Draw(t, "word") + separator.Draw(t, "separator")
		}
		_, _, whole := findings(t, g.finder, text, []int{len(text)})
		size := rapid.IntRange(1, 9).Draw(t, "size")
		if _, _, cut := findings(t, g.finder, text, []int{size}); !maps.Equal(cut, whole) {
			t.Fatalf("%q in pieces of %d: %v, whole %v", text, size, cut, whole)
		}
	})
}

func TestASitesGuardrailsSpeakUpWithTheirReason(t *testing.T) {
	g, err := NewGuard(
		GuardSpec{Name: "minors", Words: []string{"school report", "juvenile"}, Action: Block, Reason: "Nothing about minors.", Finds: []string{"a juvenile"}, Leaves: []string{"rejuvenile"}},
		GuardSpec{Name: "project", Pattern: `PX-\d{4}`, Action: Warn, Reason: "Ask first."},
		GuardSpec{Name: "numbers", Types: []Type{USSSN}, Action: Block, Reason: "No social security numbers."},
		GuardSpec{Name: "fine", Words: []string{"juvenile arthritis"}, Action: Allow, Reason: "A disease."},
	)
	if err != nil {
		t.Fatal(err)
	}
	text := "A juvenile with juvenile arthritis, PX-1234, SSN 536-22-1234"
	flags := g.Check(text)
	if len(flags) != 3 || text[flags[0].Start:flags[0].End] != "juvenile" || flags[0].Start != 2 || flags[0].Action != Block || flags[0].Reason != "Nothing about minors." ||
		flags[1].Name != "project" || flags[2].Name != "numbers" || text[flags[2].Start:flags[2].End] != "536-22-1234" {
		t.Errorf("%v", flags)
	}
	for _, bad := range []GuardSpec{
		{Name: "x", Action: Mask, Words: []string{"ab"}, Reason: "r"},
		{Name: "x", Action: Warn, Reason: "r"},
		{Name: "x", Action: Warn, Pattern: "a*", Reason: "r"},
		{Name: "x", Action: Warn, Words: []string{"abc"}, Finds: []string{"abd"}, Reason: "r"},
		{Name: "x", Action: Warn, Words: []string{"abc"}, Leaves: []string{"an abc"}, Reason: "r"},
	} {
		_, err := NewGuard(bad)
		var p *PatternError
		if err == nil || !errors.As(err, &p) && !errors.Is(err, errGuard) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
