package session

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/export"
	"subrosa/internal/export/bundle"
	"subrosa/internal/fault"
	"subrosa/internal/history"
)

// fillDisk takes all that is free on the file system of dir, and returns what gives it back.
func fillDisk(t *testing.T, dir string) (free func()) {
	t.Helper()
	f, err := os.CreateTemp(dir, "others")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for size := 1 << 20; size > 0; {
		if _, err = f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal("the disk is not full: ", err)
	}
	return func() {
		t.Helper()
		if err := os.Remove(f.Name()); err != nil {
			t.Fatal(err)
		}
	}
}

// On a file system that is really full nothing is sent to the model, and what there is can be read and carried away.
func TestAFullDiskStopsTheChatBeforeInferenceAndNothingElse(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=32m"); err != nil {
		t.Skip("cannot mount a small tmpfs here (root with mounts needed): ", err)
	}
	defer func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) }()
	o := testOptions(t)
	o.Home = filepath.Join(disk, "home")
	s := unlocked(t, o)
	if err := say(t, s, "hello"); err != nil {
		t.Fatal(err)
	}
	free := fillDisk(t, disk)
	before := s.open.record.Size()

	var heard listener
	_, err := s.Send(t.Context(), chat.Prompt{Text: "and now?"}, &heard)
	f := fault.From(err)
	if f == nil || f.Code != fault.DiskFull || !strings.Contains(f.Message+f.Hint, "space") {
		t.Fatalf("on a full disk: %v", err)
	}
	if heard.text.Len() > 0 || heard.begun.Assistant.ID != "" {
		t.Fatalf("the model answered: %q", heard.text.String())
	}
	entries, err := s.RecordEntries(before, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Action == audit.Prompt || e.Action == audit.Response {
			t.Errorf("on record as if it had been asked: %+v", e)
		}
	}

	list, err := s.Conversations(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatalf("reading on a full disk: %d, %v", len(list), err)
	}
	if c, err := s.Page(t.Context(), list[0].ID, "", 10); err != nil || len(c.Messages) != 2 {
		t.Fatalf("reading on a full disk: %+v, %v", c, err)
	}
	if found, err := s.Search(t.Context(), history.Query{Text: "hello"}); err != nil || len(found.Hits) == 0 {
		t.Fatalf("searching on a full disk: %+v, %v", found, err)
	}
	if _, err := s.VerifyRecord(t.Context(), nil); err != nil {
		t.Fatal("verifying on a full disk: ", err)
	}
	stick := t.TempDir()
	out, err := s.ExportAudit(t.Context(), AuditExport{Dir: stick})
	if err != nil {
		t.Fatal("exporting on a full disk: ", err)
	}
	if r, err := bundle.Verify(out.Path, bundle.Options{}); err != nil || !r.EntriesChecked || r.Manifest.Unrecorded != "" {
		t.Fatalf("what was exported: %+v, %v", r.Manifest, err)
	}
	if _, err := s.ExportConversation(t.Context(), ConversationExport{ID: list[0].ID, Format: export.Markdown, Path: filepath.Join(stick, "c.md")}); err != nil {
		t.Fatal("exporting a conversation on a full disk: ", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal("locking on a full disk: ", err)
	}

	s = unlocked(t, o)
	freeToo := fillDisk(t, disk) // locking left some room
	wantFault(t, say(t, s, "still?"), fault.DiskFull)
	free()
	freeToo()
	if err := say(t, s, "and with room again?"); err != nil {
		t.Fatal("with room again: ", err)
	}
	if r, err := s.VerifyRecord(t.Context(), nil); err != nil || r.TornBytes != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
}
