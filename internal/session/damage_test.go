package session

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/fault"
)

// Whichever page in use of the history is damaged, and whether an unlock or a verification comes upon it first: it is named, and
// it is on record.
func TestEveryDamagedPageIsOnRecord(t *testing.T) {
	const page = 4096
	o := testOptions(t)
	s := unlocked(t, o)
	if _, err := s.Send(t.Context(), chat.Prompt{Text: "hello"}, &listener{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(o.Home, "history.db"))
	if err != nil || len(file) < 10*page {
		t.Fatal(len(file), err)
	}
	ring := o.Ring.(*mapRing)
	refused, stopped, free := 0, 0, 0
	for at := page / 2; at < len(file); at += page {
		damaged := o
		damaged.Home = filepath.Join(t.TempDir(), "home")
		damaged.Ring = &mapRing{m: maps.Clone(ring.m)}
		if err := os.CopyFS(damaged.Home, os.DirFS(o.Home)); err != nil {
			t.Fatal(err)
		}
		bad := bytes.Clone(file)
		bad[at] ^= 1
		if err := os.WriteFile(filepath.Join(damaged.Home, "history.db"), bad, 0o600); err != nil {
			t.Fatal(err)
		}
		s := start(t, damaged)
		if err := s.Unlock(t.Context(), pass(goodPassphrase)); err != nil {
			wantFault(t, err, fault.HistoryDamaged)
			refused++
			continue
		}
		if s.open.readOnly() {
			stopped++
		}
		err := s.VerifyHistory(t.Context())
		if err == nil && !s.open.readOnly() { // a free page: it holds nothing, and nothing reads it
			free++
			continue
		}
		wantFault(t, err, fault.HistoryDamaged)
		entries, err := s.RecordEntries(0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if last := entries[len(entries)-1]; last.Action != audit.Anomaly || last.Result != "damaged" {
			t.Errorf("page %d: the record ends in %s %s", at/page, last.Action, last.Result)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	found := len(file)/page - refused - stopped - free // by the verification alone
	if refused == 0 || stopped == 0 || found < len(file)/page/3 {
		t.Errorf("of %d pages, %d keep the history closed, %d open it for reading alone, %d are found later, %d are free", len(file)/page, refused, stopped, found, free)
	}
}
