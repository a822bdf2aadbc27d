package history

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const ofThisModel = "model abc, engine 1"

func saveState(t testing.TB, s *Store, id ConversationID, state []byte) {
	t.Helper()
	if err := s.SaveState(t.Context(), id, ofThisModel, func(w io.Writer) error { _, err := w.Write(state); return err }); err != nil {
		t.Fatal(err)
	}
}

func readState(t testing.TB, s *Store, id ConversationID) ([]byte, error) {
	t.Helper()
	r, err := s.OpenState(t.Context(), id, ofThisModel)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if err == nil && int64(len(got)) != r.Size {
		t.Errorf("%d bytes, and the size is %d", len(got), r.Size)
	}
	return got, err
}

func noise(n int) []byte {
	out := make([]byte, n)
	r := rand.New(rand.NewPCG(1, uint64(n)))
	for i := range out {
		out[i] = byte(r.Uint32())
	}
	return out
}

func TestAStateComesBackAsItWas(t *testing.T) {
	path := dbPath(t)
	s := mustOpen(t, path)
	id := newConversation(t, s, "t")
	if _, err := readState(t, s, id); !errors.Is(err, ErrNotFound) {
		t.Errorf("none yet: %v", err)
	}
	for _, n := range []int{0, 1, stateChunk - 1, stateChunk, stateChunk + 1, 2 * stateChunk, 3*stateChunk + 7} {
		want := noise(n)
		saveState(t, s, id, want)
		if got, err := readState(t, s, id); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %d came back, %v", n, len(got), err)
		}
	}
	want := noise(3*stateChunk + 7)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "history-states", "1.part"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "history-states", "nobody.state"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, path)
	if got, err := readState(t, s, id); err != nil || !bytes.Equal(got, want) {
		t.Errorf("after reopening: %d, %v", len(got), err)
	}
	if names := stateNames(t, path); len(names) != 1 {
		t.Errorf("what nobody needs is still there: %v", names)
	}
	info, err := os.Stat(s.stateFile(id))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}

	if _, err := s.OpenState(t.Context(), id, "another model"); !errors.Is(err, ErrStale) {
		t.Errorf("of another model: %v", err)
	}
	broken := errors.New("broken")
	if err := s.SaveState(t.Context(), id, ofThisModel, func(w io.Writer) error { _, _ = w.Write(noise(9)); return broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	if got, err := readState(t, s, id); err != nil || !bytes.Equal(got, want) {
		t.Errorf("after one that failed: %d, %v", len(got), err)
	}
	if err := s.DropState(id); err != nil {
		t.Error(err)
	}
	if _, err := readState(t, s, id); !errors.Is(err, ErrNotFound) || len(stateNames(t, path)) != 0 {
		t.Errorf("dropped: %v", err)
	}
	if err := s.SaveState(t.Context(), "none", ofThisModel, func(io.Writer) error { return nil }); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

func stateNames(t *testing.T, path string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(filepath.Dir(path), "history-states"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// Whatever is done to the file, it opens as it was or not at all.
func TestAStateThatWasTamperedWithDoesNotOpen(t *testing.T) {
	s := mustOpen(t, dbPath(t))
	id, other := newConversation(t, s, "a"), newConversation(t, s, "b")
	want := noise(2*stateChunk + 100)
	saveState(t, s, id, want)
	whole, err := os.ReadFile(s.stateFile(id))
	if err != nil {
		t.Fatal(err)
	}
	saveState(t, s, id, noise(2*stateChunk+100))
	second, err := os.ReadFile(s.stateFile(id))
	if err != nil || len(second) != len(whole) {
		t.Fatal(len(second), err)
	}
	head := len(whole) - 3*sealedExtra - len(want)
	const chunk = stateChunk + sealedExtra
	cut := func(n int) []byte { return append([]byte(nil), whole[:n]...) }
	changes := map[string][]byte{
		"empty": {}, "half a length": cut(2), "no pieces": cut(head), "cut in a piece": cut(head + chunk/2), "a piece less": cut(head + 2*chunk),
		"one byte less": cut(len(whole) - 1), "one byte more": append(cut(len(whole)), 0), "not ours": noise(4000),
		"a piece of another of its states": append(cut(head+chunk), second[head+chunk:]...),
		"pieces in another order":          append(append(cut(head), whole[head+chunk:head+2*chunk]...), append(cut(head + chunk)[head:], whole[head+2*chunk:]...)...),
	}
	for at := range 40 {
		b := cut(len(whole))
		b[len(b)*at/40] ^= 1
		changes[fmt.Sprintf("bit at %d", len(b)*at/40)] = b
	}
	for name, b := range changes {
		if err := os.WriteFile(s.stateFile(id), b, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := readState(t, s, id); !errors.Is(err, ErrWrongKeyOrDamaged) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	if err := os.WriteFile(s.stateFile(other), whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readState(t, s, other); !errors.Is(err, ErrWrongKeyOrDamaged) {
		t.Errorf("in another conversation's place: %v", err)
	}
	if err := os.WriteFile(s.stateFile(id), whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := readState(t, s, id); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the control: %v", err)
	}
}

func TestStatesAreBounded(t *testing.T) {
	path := dbPath(t)
	s := mustOpen(t, path)
	var ids []ConversationID
	for i := range mostStates + 3 {
		id := newConversation(t, s, fmt.Sprint(i))
		ids = append(ids, id)
		saveState(t, s, id, noise(100))
		at := time.Now().Add(time.Duration(i-100) * time.Second) // all in the past, the first longest ago
		if err := os.Chtimes(s.stateFile(id), at, at); err != nil {
			t.Fatal(err)
		}
		if i == 3 { // used again: it stays
			if _, err := readState(t, s, ids[0]); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := len(stateNames(t, path)); n != mostStates {
		t.Errorf("%d states", n)
	}
	for i, id := range ids {
		_, err := readState(t, s, id)
		if want := i == 0 || i > 3; want != (err == nil) {
			t.Errorf("%d: %v", i, err)
		}
	}
	err := s.SaveState(t.Context(), ids[0], ofThisModel, func(w io.Writer) error {
		return w.(*stateWriter).within(mostStateBytes + 1)
	})
	if !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	if _, err := readState(t, s, ids[0]); err != nil {
		t.Errorf("the one before: %v", err)
	}
}

func TestAnErasureTakesTheStateAlong(t *testing.T) {
	path := dbPath(t)
	s := mustOpen(t, path)
	matter := newMatter(t, s, "m")
	a, b, c := newIn(t, s, matter, "a"), newIn(t, s, matter, "b"), newIn(t, s, General, "c")
	answer := say(t, s, a, "", "hello", "there")
	for _, id := range []ConversationID{a, b, c} {
		saveState(t, s, id, []byte("state"))
	}
	// One that is written while something of its conversation is erased is not taken.
	err := s.SaveState(t.Context(), a, ofThisModel, func(w io.Writer) error {
		return s.Erase(t.Context(), Erasure{Messages: []MessageID{answer.ID}})
	})
	if !errors.Is(err, ErrNotFound) {
		t.Errorf("saved over an erasure: %v", err)
	}
	if _, err := readState(t, s, a); !errors.Is(err, ErrNotFound) {
		t.Errorf("after a message went: %v", err)
	}
	if _, err := readState(t, s, b); err != nil {
		t.Errorf("of another conversation: %v", err)
	}
	if err := s.Erase(t.Context(), Erasure{Matters: []MatterID{matter}}); err != nil {
		t.Fatal(err)
	}
	if names := stateNames(t, path); len(names) != 1 || !strings.HasPrefix(names[0], string(c)) {
		t.Errorf("left: %v", names)
	}
}
