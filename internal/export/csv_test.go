package export

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"subrosa/internal/audit"
)

func TestCSVHasARowPerEntryAndNoFormula(t *testing.T) {
	var out bytes.Buffer
	if err := writeHeader(&out); err != nil {
		t.Fatal(err)
	}
	table := newRows(&out)
	entries := variants(t)
	for i, text := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"} {
		entries = append(entries, audit.Entry{Version: 1, Seq: int64(5000 + i), Action: audit.Unlock, Actor: text, Detail: text, Result: text, Policy: text})
	}
	for i, e := range entries {
		if err := table.add(&e, tlog.Hash{byte(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := table.flush(); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
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
