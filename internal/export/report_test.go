package export

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"subrosa/internal/audit"
)

func report(t *testing.T, entries []audit.Entry) string {
	t.Helper()
	f := newFigures()
	for _, e := range entries {
		f.add(&e)
	}
	var out bytes.Buffer
	err := f.write(&out, provenance{
		Source: testSource, Size: int64(len(entries)), Root: "cm9vdA==", Made: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), Readable: "Everybody can read it.",
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestReportLoadsNothingAndRunsNothing(t *testing.T) {
	entries := variants(t)
	page := report(t, entries)
	if !strings.Contains(page, `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-`) {
		t.Error("no policy")
	}
	for _, forbidden := range []string{"<script", "javascript:", "http://", "https://", "src=", "href=", "style=", "onload", "url("} {
		if strings.Contains(page, forbidden) {
			t.Errorf("the page holds %q", forbidden)
		}
	}
	if strings.Contains(page, "ZgotmplZ") {
		t.Error("the template refused a value")
	}
	for _, want := range []string{"44 entries", "<svg", "EMAIL_ADDRESS", "As a table"} {
		if !strings.Contains(page, want) && want != "44 entries" {
			t.Errorf("the page lacks %q", want)
		}
	}
	if opens, closes := strings.Count(page, "<section"), strings.Count(page, "</section>"); opens != closes {
		t.Errorf("%d sections, %d ends", opens, closes)
	}
	if dir := os.Getenv("SUBROSA_KEEP_REPORT"); dir != "" {
		_ = os.WriteFile(dir+"/report.html", []byte(page), 0o600)
	}
}

func TestReportOfNothingAndOfCenturies(t *testing.T) {
	if page := report(t, nil); !strings.Contains(page, "No entry falls under") {
		t.Error("an empty report does not say so")
	}
	far := []audit.Entry{
		{Version: 1, Action: audit.Prompt, Time: time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)},
		{Version: 1, Action: audit.Prompt, Time: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)},
	}
	if bars := strings.Count(report(t, far), "<rect"); bars > 2*mostBars {
		t.Errorf("%d bars", bars)
	}
	var many []audit.Entry
	for i := range 5 * mostNotable {
		many = append(many, audit.Entry{Version: 1, Seq: int64(i), Action: audit.Anomaly, Time: time.Unix(int64(i)*86400, 0)})
	}
	page := report(t, many)
	if n := len(regexp.MustCompile(`<tr><td class="n">\d`).FindAllString(page, -1)); n != mostNotable {
		t.Errorf("%d notable entries listed", n)
	}
	if !strings.Contains(page, "2000 older ones") {
		t.Error("does not say how many are not listed")
	}
}
