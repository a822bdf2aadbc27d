package history

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"subrosa/internal/atomicfile"
	"subrosa/internal/secret"
)

// After a crash the write-ahead log holds what was done last. A byte changed in it takes transactions away from the end;
// the generation, which the record knows, tells.
func TestADamagedLogShowsInTheGeneration(t *testing.T) {
	path, keyring := dbPath(t), newRing()
	s := mustOpenWith(t, path, keyring)
	c := newConversation(t, s, "x")
	var parent MessageID
	for i := range 5 {
		parent = say(t, s, c, parent, fmt.Sprint("p", i), fmt.Sprint("a", i)).ID
	}
	want, err := s.Generation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	crashed := copyOf(t, path)
	log, err := os.ReadFile(crashed + "-wal")
	if err != nil || len(log) < 10*4096 {
		t.Fatal(len(log), err)
	}
	file, err := os.ReadFile(crashed)
	if err != nil {
		t.Fatal(err)
	}
	lost := 0
	for at := 0; at < len(log); at += 1 + len(log)/60 {
		bad := bytes.Clone(log)
		bad[at] ^= 1
		_ = os.Remove(crashed + "-shm")
		if err := errors.Join(os.WriteFile(crashed, file, 0o600), os.WriteFile(crashed+"-wal", bad, 0o600)); err != nil {
			t.Fatal(err)
		}
		s, err := Open(t.Context(), crashed, testKey(), keyring.copy())
		if err != nil {
			if !errors.Is(err, ErrWrongKeyOrDamaged) && !errors.Is(err, errEpochLost) {
				t.Errorf("byte %d: %v", at, err)
			}
			lost++
			continue
		}
		got, err := s.Generation(t.Context())
		if err != nil {
			t.Errorf("byte %d: %v", at, err)
		}
		messages, err := s.Messages(t.Context(), c)
		whole := err == nil && len(messages) == 10
		if !whole && got >= want {
			t.Errorf("byte %d: generation %d, and %d messages, %v", at, got, len(messages), err)
		}
		if got < want {
			lost++
		}
		_ = s.Close()
	}
	if lost == 0 {
		t.Error("no byte mattered")
	}
}

// An older file does not open under a keyring that has seen an erasure since, and one without an erasure in between has
// a lower generation: the record compares it.
func TestAnOlderFileIsFoundOut(t *testing.T) {
	path, keyring := dbPath(t), newRing()
	s := mustOpenWith(t, path, keyring)
	first, second := newConversation(t, s, "x"), newConversation(t, s, "y")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	older := copyOf(t, path)
	s = mustOpenWith(t, path, keyring)
	say(t, s, first, "", "p", "a")
	now, err := s.Generation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	back := mustOpenWith(t, copyOf(t, older), keyring.copy())
	if then, err := back.Generation(t.Context()); err != nil || then >= now {
		t.Error(then, now, err)
	}
	for _, c := range []ConversationID{first, second} {
		if err := s.Delete(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), older, testKey(), keyring); !errors.Is(err, errEpochLost) {
			t.Error(err)
		}
	}
}

// dirRing keeps epoch keys in files, so that they outlive a killed process.
type dirRing string

func (d dirRing) path(n uint64) string { return filepath.Join(string(d), fmt.Sprint("epoch-", n)) }

func (d dirRing) Epoch(n uint64) (*secret.Bytes, error) {
	b, err := os.ReadFile(d.path(n))
	if err != nil {
		return nil, errEpochLost
	}
	return secret.New(b), nil
}

func (d dirRing) Begin(_ context.Context, inUse uint64) (Epoch, error) {
	if key, err := d.Epoch(inUse + 1); err == nil {
		return Epoch{inUse + 1, key}, nil
	}
	if err := atomicfile.Write(d.path(inUse+1), newKey()); err != nil {
		return Epoch{}, err
	}
	key, err := d.Epoch(inUse + 1)
	return Epoch{inUse + 1, key}, err
}

func (d dirRing) Commit(_ context.Context, keep uint64) error {
	names, err := filepath.Glob(filepath.Join(string(d), "epoch-*"))
	for _, name := range names {
		if name != d.path(keep) {
			err = errors.Join(err, os.Remove(name))
		}
	}
	return err
}

const killDir = "SUBROSA_TEST_KILL_DIR"

// TestKilledErasures kills a process that erases one conversation after the other, again and again.
func TestKilledErasures(t *testing.T) {
	if dir := os.Getenv(killDir); dir != "" {
		eraseForever(t, dir)
		return
	}
	dir := t.TempDir()
	for round := range 12 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledErasures$")
		cmd.Env = append(os.Environ(), killDir+"="+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for before := epochOf(dir); epochOf(dir) < before+2; { // it has got going
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(7*round) * time.Millisecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		s, err := Open(t.Context(), filepath.Join(dir, "history.db"), testKey(), dirRing(dir))
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		list, err := s.Conversations(t.Context())
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		for _, c := range list {
			if _, err := s.Messages(t.Context(), c.ID); err != nil {
				t.Errorf("round %d: %v", round, err)
			}
		}
		if err := errors.Join(s.Check(t.Context()), s.Close()); err != nil {
			t.Errorf("round %d: %v", round, err)
		}
		if keys, _ := filepath.Glob(filepath.Join(dir, "epoch-*")); len(keys) != 1 {
			t.Errorf("round %d: %d epoch keys after opening", round, len(keys))
		}
	}
}

// epochOf returns the youngest epoch in dir.
func epochOf(dir string) (youngest int) {
	names, _ := filepath.Glob(filepath.Join(dir, "epoch-*"))
	for _, name := range names {
		var n int
		if _, err := fmt.Sscanf(filepath.Base(name), "epoch-%d", &n); err == nil {
			youngest = max(youngest, n)
		}
	}
	return youngest
}

func eraseForever(t *testing.T, dir string) {
	s, err := Open(t.Context(), filepath.Join(dir, "history.db"), testKey(), dirRing(dir))
	if err != nil {
		t.Fatal(err)
	}
	for {
		c := newConversation(t, s, "x")
		say(t, s, c, "", needle, needle)
		say(t, s, newConversation(t, s, "y"), "", "kept", "kept")
		if err := s.Delete(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
}
