package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"filippo.io/age"

	"subrosa/internal/audit"
	"subrosa/internal/backup"
	"subrosa/internal/chat"
	"subrosa/internal/fault"
	"subrosa/internal/history"
)

// quiet lists the files in which a flipped byte may go without a word, with the reason: what is kept must then read as
// before. In every other file it must be named.
var quiet = []struct{ file, why string }{
	{`^in-use$`, "a lock: empty"},
	{`^failed-unlocks$`, "its number is put on record with the next unlock, and any other content counts as one"},
	{`^history\.db$`, "a page of which the log beside it has a younger one; without that log it is named, below"},
	{`-shm$`, "SQLite's shared memory: made anew by the first to open"},
	{`-wal$`, "a frame that does not verify ends the log: what it held must not have been acknowledged, or the record knows a younger generation"},
	{`^history-search-\d+\.db$`, "derived: words and places, made anew from the history"},
	{`^history-states/`, "derived: read when its conversation goes on, which puts damage on record (TestAConversationThatIsReopenedIsNotReadAgain)"},
	{`^audit/(hashes|index|reserve)$`, "derived from the entries, compared with them and rewritten"},
}

func mayBeQuiet(file string) bool {
	return slices.ContainsFunc(quiet, func(q struct{ file, why string }) bool { return regexp.MustCompile(q.file).MatchString(file) })
}

// flipped is a data directory as a crash leaves it, with everything in it that a data directory can have, and as it is
// closed after that.
func flipped(t *testing.T) (crashed, closed Options, image, want string) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	o := testOptions(t)
	install(t, filepath.Join(o.Home, "policy"), itKey(t), 3, "")
	s := unlocked(t, o)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err = s.AddRecovery(t.Context(), id.Recipient().String())
	must(err)
	must(s.RotateRecordKey())
	m, err := s.CreateMatter(t.Context(), "Akte")
	must(err)
	out, err := s.Send(t.Context(), chat.Prompt{Text: "hello", Matter: m.ID}, &listener{})
	must(err)
	_, err = s.Attach(t.Context(), out.Conversation.ID, "a.txt", "text/plain", strings.NewReader("attached"))
	must(err)
	must(s.SetDraft(t.Context(), "", "a draft"))
	must(s.SetTemplate(t.Context(), "name", "a template"))
	_, err = s.AddHold(t.Context(), history.Hold{Matter: m.ID, Reason: "case 1"})
	must(err)
	second, err := s.Send(t.Context(), chat.Prompt{Text: "Who are you?"}, &listener{})
	must(err)
	must(s.Erase(t.Context(), history.Erasure{Messages: []history.MessageID{second.User.ID}}))
	_, err = s.Search(t.Context(), history.Query{Text: "hello"})
	must(err)
	must(s.Close())
	must(writeAttempts(o.Home, attempts{n: 2}))
	s = unlocked(t, o) // a log of the history and one of the index lie there now
	must(writeAttempts(o.Home, attempts{n: 2}))
	_, err = s.Send(t.Context(), chat.Prompt{Text: "hello again"}, &listener{})
	must(err)
	must(s.open.history.SaveState(t.Context(), out.Conversation.ID, "a model", func(w io.Writer) error { _, err := w.Write(make([]byte, 300)); return err }))
	want = everything(t, s)
	image = filepath.Join(t.TempDir(), "image")
	must(os.CopyFS(image, os.DirFS(o.Home)))
	then := &mapRing{m: maps.Clone(o.Ring.(*mapRing).m)} // later the keyring knows a younger head
	must(s.Close())
	crashed, closed = o, o
	crashed.Ring = then
	return crashed, closed, image, want
}

// everything is what a user reads: titles, texts, drafts, templates, attachments, matters and holds.
func everything(t *testing.T, s *Session) string {
	t.Helper()
	var out strings.Builder
	read := func(v any, err error) {
		fmt.Fprintf(&out, "%v %v\n", v, err)
	}
	ctx := context.Background()
	list, err := s.List(ctx, history.Filter{})
	for _, c := range list {
		c.UpdatedAt, c.CreatedAt = c.UpdatedAt.UTC(), c.CreatedAt.UTC()
		p, err := s.Page(ctx, c.ID, "", 0)
		for _, m := range p.Messages {
			read(string(m.Role)+string(m.Status)+m.Text, nil)
		}
		read(c.Title, err)
		files, err := s.Attachments(ctx, c.ID)
		for _, a := range files {
			var content strings.Builder
			_, err := s.ReadAttachment(ctx, a.ID, &content)
			read(a.Name+content.String(), err)
		}
		read(len(files), err)
	}
	read(len(list), err)
	read(s.Draft(ctx, ""))
	read(s.Templates(ctx))
	matters, err := s.Matters(ctx)
	for _, m := range matters {
		read(m.Name, nil)
	}
	read(len(matters), err)
	holds, err := s.Holds(ctx)
	read(len(holds), err)
	return out.String()
}

// TestAFlippedByteInAnyFileIsNamed goes through every file of a data directory, and through a backup of it. Keys and record
// have tests of their own that flip every byte; here it is a few in each file, or every one with SUBROSA_FLIP_ALL.
func TestAFlippedByteInAnyFileIsNamed(t *testing.T) {
	o, closed, image, want := flipped(t)
	if said, got := visit(t, o, image, "", 0); len(said) != 0 || got != want {
		t.Fatalf("control: without a flip it says %v and reads\n%s\nnot\n%s", said, got, want)
	}
	info, err := os.Stat(filepath.Join(closed.Home, "history.db"))
	if err != nil {
		t.Fatal(err)
	}
	_, now := visit(t, closed, closed.Home, "", 0)
	named, all := 0, places(info.Size(), 12)
	for _, at := range all {
		// visit reads every page that is in use and checks its MAC. What is left are free pages, which hold nothing.
		said, got := visit(t, closed, closed.Home, "history.db", at)
		if len(said) == 0 && got != now || slices.Contains(said, string(fault.Internal)) {
			t.Errorf("history.db alone, byte %d of %d: %v, and it reads\n%s", at, info.Size(), said, got)
		}
		if len(said) > 0 {
			named++
		}
	}
	if named < len(all)*2/3 {
		t.Errorf("history.db alone: %d of %d named", named, len(all))
	}
	seen := map[string]bool{}
	err = filepath.WalkDir(image, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		file, _ := filepath.Rel(image, path)
		info, err := d.Info()
		if err != nil {
			return err
		}
		seen[kindOf(file)] = true
		for _, at := range places(info.Size(), 4) {
			said, got := visit(t, o, image, file, at)
			switch {
			case len(said) == 0 && !mayBeQuiet(file):
				t.Errorf("%s, byte %d of %d: not a word", file, at, info.Size())
			case len(said) == 0 && got != want:
				t.Errorf("%s, byte %d of %d: not a word, and it reads\n%s", file, at, info.Size(), got)
			case slices.Contains(said, string(fault.Internal)):
				t.Errorf("%s, byte %d of %d: a fault without a name: %v", file, at, info.Size(), said)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{
		"in-use", "failed-unlocks", "keys/user.json", "keys/bundle.json", "keys/recovery-#.json", "audit/entries", "audit/checkpoint", "audit/key",
		"history.db", "history.db-wal", "history-search-#.db", "history-states/#.state", "models/#/manifest.json", "models/#/manifest.mac", "models/#/model.age", "policy/accepted-home-#-#.yaml", "policy/policy.yaml", "policy/policy.yaml.minisig", "policy/policy.pub",
	} {
		if !seen[kind] {
			t.Errorf("no %s among %v", kind, slices.Sorted(maps.Keys(seen)))
		}
	}
}

// kindOf takes what differs from one directory to the next out of a name.
func kindOf(file string) string {
	return regexp.MustCompile(`[0-9a-f]{8,}|\b\d+\b`).ReplaceAllString(filepath.ToSlash(file), "#")
}

// places are the bytes to flip: the first and last, and some between.
func places(size, few int64) []int64 {
	if n, err := strconv.ParseInt(os.Getenv("SUBROSA_FLIP_ALL"), 10, 64); err == nil && n > 0 {
		few = n
	}
	var list []int64
	for i := range min(few, size) {
		list = append(list, i*max(0, size-1)/max(1, min(few, size)-1))
	}
	return list
}

// visit opens a copy of the image with one byte flipped, and returns everything that it says about damage, and what it
// reads.
func visit(t *testing.T, o Options, image, file string, at int64) (said []string, got string) {
	t.Helper()
	dir, err := os.MkdirTemp(t.TempDir(), "flip")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	copied := o
	copied.Home, copied.Ring = filepath.Join(dir, "home"), &mapRing{m: maps.Clone(o.Ring.(*mapRing).m)}
	if err := os.CopyFS(copied.Home, os.DirFS(image)); err != nil {
		t.Fatal(err)
	}
	if file != "" {
		flip(t, filepath.Join(copied.Home, file), at)
	}
	say := func(err error) {
		var f *fault.Fault
		if err != nil && !errors.As(err, &f) {
			t.Errorf("%s, byte %d: an error that is no fault: %v", file, at, err)
		}
		if f != nil {
			said = append(said, string(f.Code))
		}
	}
	s, err := New(copied)
	if err != nil {
		say(err)
		return said, ""
	}
	defer func() { _ = s.Close() }()
	if _, f := s.State(); f != nil {
		say(f)
		return said, ""
	}
	if err := s.Unlock(t.Context(), pass(goodPassphrase)); err != nil {
		say(err)
		return said, ""
	}
	if s.open.stopped != nil {
		say(s.open.stopped)
	}
	_, err = s.VerifyRecord(t.Context(), nil)
	say(err)
	say(s.VerifyHistory(t.Context()))
	_, err = s.Search(t.Context(), history.Query{Text: "hello"})
	say(err)
	faults, err := s.SlotFaults()
	say(err)
	for _, f := range faults {
		say(f)
	}
	list, err := s.Models()
	say(err)
	for _, m := range list {
		say(s.VerifyModel(t.Context(), m.ID, nil))
	}
	if v, err := s.Policy(); err != nil {
		say(err)
	} else if v.Refused != "" {
		said = append(said, v.Refused)
	}
	if o := s.open; o.record != nil {
		entries, err := o.record.Entries(0, o.record.Size())
		if err != nil {
			said = append(said, "entries")
		}
		for _, e := range entries {
			if e.Action == audit.Anomaly || e.Action == audit.RecordRepaired {
				said = append(said, string(e.Action)+" "+e.Detail)
			}
		}
	}
	return said, everything(t, s)
}

func flip(t *testing.T, name string, at int64) {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	b[at] ^= 1
	if err := os.WriteFile(name, b, info.Mode().Perm()); err != nil {
		t.Fatal(err)
	}
}

// A backup with a flipped byte is damaged, and nothing comes of it: TestADamagedBackupIsNamedAndLeavesNothing. That it is
// named here is the session's word for it.
func TestAFlippedByteInABackupIsNamed(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := backup.Write(t.Context(), dir, "b.age", backup.Manifest{}, []backup.Source{backup.Bytes("history.db", make([]byte, 5000))}, id.Recipient().String()); err != nil {
		t.Fatal(err)
	}
	flip(t, filepath.Join(dir, "b.age"), 3000)
	_, err = Restore(t.Context(), testOptions(t), filepath.Join(dir, "b.age"), pass(goodPassphrase), false, id)
	wantFault(t, err, fault.BackupDamaged)
}
