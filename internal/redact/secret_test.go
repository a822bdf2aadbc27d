package redact

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The targets of docs/redaction.md on the scanner's cases, which are not part of this repository.
func TestSecretsOnLabelledCases(t *testing.T) {
	dev := developmentCases()
	if dev == "" {
		t.Skip("REDACTION_CASES names no directory with labelled cases")
	}
	content, err := os.ReadFile(filepath.Join(dev, "gitleaks_cases.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	r := New(textRules()...)
	found, spans, exact, clean, hit := 0, 0, 0, 0, 0
	for line := range strings.Lines(string(content)) {
		var c struct {
			ID, Text, Rule string
			BSpans         [][2]int
			Scope          string `json:"negative_scope"`
		}
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		got := r.Find(c.Text)
		if len(c.BSpans) == 0 {
			if c.Scope == "clean" {
				clean++
				if len(got) > 0 {
					hit++
					t.Logf("%s %s: found %q (%s) in %.80q", c.ID, c.Rule, c.Text[got[0].Start:got[0].End], got[0].Rule, c.Text)
				}
			}
			continue
		}
		for _, w := range c.BSpans {
			spans++
			over, same := false, false
			for _, g := range got {
				over = over || g.Start < w[1] && w[0] < g.End
				same = same || g.Start == w[0] && g.End == w[1]
			}
			if over {
				found++
			} else {
				t.Logf("%s %s: missed %q in %.120q", c.ID, c.Rule, c.Text[w[0]:w[1]], c.Text)
			}
			if same {
				exact++
			} else if over {
				t.Logf("%s %s: not exactly %.60q: %v %.100q", c.ID, c.Rule, c.Text[w[0]:w[1]], got, c.Text)
			}
		}
	}
	t.Logf("found %d of %d spans (%d exactly); hit %d of %d clean negatives", found, spans, exact, hit, clean)
	if float64(found) < 0.98*float64(spans) || float64(hit) > 0.02*float64(clean) {
		t.Error("below the target")
	}
}

func TestPrivateKeysAreMaskedToTheirEndOrToTheCap(t *testing.T) {
	key := "-----BEGIN RSA PRIVATE KEY-----\n" + strings.Repeat("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDAC4AWkdwKYSd8\n", 12) + "-----END RSA PRIVATE KEY-----"
	for text, want := range map[string]string{
		"before\n" + key + "\nafter": "before\n[SECRET]\nafter",
		"x " + key[:600]:             "x [SECRET]", // cut off
	} {
		if got, _ := Default().Text(text); got != want {
			t.Errorf("got %.80q", got)
		}
		for _, size := range []int{1, 5, 64} {
			if got, _, _ := stream(Default(), text, func() int { return size }); got != want {
				t.Errorf("in pieces of %d: got %.80q", size, got)
			}
		}
	}
	if got, _ := Default().Text(key[:32] + strings.Repeat("QUJDRA==\n", maxPEM)); strings.HasPrefix(got, "-----") || len(got) > 9*maxPEM-maxPEM+100 {
		t.Errorf("past the cap: %d bytes, %.40q", len(got), got)
	}
}
