package export

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"subrosa/internal/audit"
)

func TestCSVHasARowPerEntryAndNoFormula(t *testing.T) {
	out := bytes.NewBuffer(csvHeader())
	entries := variants(t)
	for i, text := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"} {
		entries = append(entries, audit.Entry{Version: 1, Seq: int64(5000 + i), Action: audit.Unlock, Actor: text, Detail: text, Result: text, Policy: text})
	}
	for i, e := range entries {
		out.Write(appendCSV(nil, &e, tlog.Hash{byte(i)}))
	}
	rows, err := csv.NewReader(out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(entries)+1 || rows[0][0] != "sequence" {
		t.Fatalf("%d rows for %d entries", len(rows), len(entries))
	}
	for _, row := range rows {
		for i, c := range row {
			if c != "" && strings.ContainsRune("=+-@\t\r\n", rune(c[0])) {
				t.Errorf("a formula in column %s: %q", rows[0][i], c)
			}
		}
	}
}

func TestLinesAreThoseOfEncodingCSV(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.StringMatching(`[ -~]{0,20}`), rapid.String(), rapid.SampledFrom([]string{"", " x", `\.`, "a,b", "\r", "\n", `"`, "\u00a0x", "\xff"}))
		fields := rapid.SliceOfN(text, 2, 6).Draw(t, "fields")
		var want bytes.Buffer
		w := csv.NewWriter(&want)
		w.UseCRLF = true
		if err := w.Write(fields); err != nil {
			t.Fatal(err)
		}
		w.Flush()
		if got := string(appendFields([]byte("before"), fields)); got != "before"+want.String() {
			t.Fatalf("got  %q\nwant %q", got, "before"+want.String())
		}
	})
}
