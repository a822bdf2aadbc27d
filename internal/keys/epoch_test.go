package keys

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func unlockHome(t *testing.T, s *Store, pass string) *Root {
	t.Helper()
	r, err := s.Unlock(t.Context(), phrase(pass))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func generations(r *Root) (list []uint64) {
	for _, e := range r.Epochs() {
		list = append(list, e.Generation)
	}
	return list
}

func TestEpochRotationCutShortAnywhereKeepsTheKeyInUse(t *testing.T) {
	ring := newRing()
	s, r := home(t, ring, "p")
	if len(r.Epochs()) != 0 {
		t.Fatal("a generation before the first rotation")
	}
	first, err := r.BeginEpochRotation(t.Context(), 0)
	if err != nil || first.Generation != 1 || first.Key.Len() != 32 {
		t.Fatal(first.Generation, err)
	}
	// Killed before the data's transaction: the data says 0, and gets the same key again.
	r = unlockHome(t, s, "p")
	again, err := r.BeginEpochRotation(t.Context(), 0)
	if err != nil || again.Generation != 1 || !bytes.Equal(again.Key.Expose(), first.Key.Expose()) {
		t.Fatal("the generation of a rotation that was cut short is gone: ", err)
	}
	for inUse := uint64(1); inUse < 6; inUse++ {
		r = unlockHome(t, s, "p")
		old, err := r.Epoch(inUse)
		if err != nil {
			t.Fatal(err)
		}
		before := bytes.Clone(old.Expose())
		next, err := r.BeginEpochRotation(t.Context(), inUse)
		if err != nil || next.Generation != inUse+1 || bytes.Equal(next.Key.Expose(), before) {
			t.Fatal(err)
		}
		// Killed here, on either side of the data's transaction: both open.
		r = unlockHome(t, s, "p")
		for generation, want := range map[uint64][]byte{inUse: before, inUse + 1: next.Key.Expose()} {
			if got, err := r.Epoch(generation); err != nil || !bytes.Equal(got.Expose(), want) {
				t.Fatalf("generation %d after a cut: %v", generation, err)
			}
		}
		if inUse%2 == 0 {
			continue // the commit never comes: the next Begin takes the old one's place
		}
		if err := r.CommitEpochRotation(t.Context(), inUse+1); err != nil {
			t.Fatal(err)
		}
		if _, err := unlockHome(t, s, "p").Epoch(inUse); !errors.Is(err, ErrEpochLost) || len(r.Epochs()) != 1 {
			t.Fatalf("the old generation is still there: %v", err)
		}
	}
}

func TestEpochRotationNeverReplacesWhatTheDataNeeds(t *testing.T) {
	ring := newRing()
	s, r := home(t, ring, "p")
	for inUse := range uint64(3) {
		if _, err := r.BeginEpochRotation(t.Context(), inUse); err != nil {
			t.Fatal(err)
		}
	}
	before := unlockHome(t, s, "p").Epochs()
	if _, err := r.BeginEpochRotation(t.Context(), 1); !errors.Is(err, ErrEpochLost) {
		t.Error("an older copy of the data, its key gone: ", err)
	}
	if _, err := r.BeginEpochRotation(t.Context(), 0); !errors.Is(err, ErrEpochAhead) {
		t.Error("data that was never wrapped, under a keyring that is ahead: ", err)
	}
	if err := r.CommitEpochRotation(t.Context(), 9); !errors.Is(err, ErrEpochLost) {
		t.Error("commit of a generation that is not there: ", err)
	}
	for _, fault := range []error{ErrNoKeyring, ErrKeyringLocked, ErrKeyringTimeout} {
		ring.err = fault
		if _, err := r.BeginEpochRotation(t.Context(), 3); !errors.Is(err, fault) {
			t.Error(err)
		}
		if err := r.CommitEpochRotation(t.Context(), 3); !errors.Is(err, fault) {
			t.Error(err)
		}
		ring.err = nil
	}
	after := unlockHome(t, s, "p").Epochs()
	if len(before) != 2 || len(after) != 2 || !bytes.Equal(before[1].Key.Expose(), after[1].Key.Expose()) {
		t.Error("a refused rotation changed the keyring")
	}
	for account := range ring.m {
		if strings.HasPrefix(account, "epoch-1") {
			ring.m[account][30] ^= 1
		}
	}
	if _, err := unlockHome(t, s, "p").Epoch(3); !errors.Is(err, ErrEpochLost) {
		t.Error("a changed item: ", err)
	}
}

func TestEpochKeyIsInNoFileAndNotReadableFromTheKeyring(t *testing.T) {
	ring := newRing()
	s, r := home(t, ring, "p")
	e, err := r.BeginEpochRotation(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	all := snapshot(t, s.dir)
	for _, v := range ring.m {
		all += string(v)
	}
	if strings.Contains(all, string(e.Key.Expose())) || strings.Contains(all, string(encode(e.Key.Expose())[1:40])) {
		t.Error("the key lies in the clear")
	}
	key := e.Key.Expose()
	r.Wipe()
	if !bytes.Equal(key, make([]byte, 32)) {
		t.Error("Wipe left it")
	}
}

func TestItemIsThisHomesOwn(t *testing.T) {
	ring := newRing()
	s, r := home(t, ring, "p")
	if _, err := r.Item("head").Get(t.Context()); !errors.Is(err, ErrNotFound) {
		t.Fatal(err)
	}
	for _, v := range []string{"", "one", strings.Repeat("x", MaxItem)} {
		if err := r.Item("head").Set(t.Context(), []byte(v)); err != nil {
			t.Fatal(err)
		}
		got, err := unlockHome(t, s, "p").Item("head").Get(t.Context())
		if err != nil || string(got) != v {
			t.Fatalf("%d bytes came back as %d, %v", len(v), len(got), err)
		}
	}
	if err := r.Item("head").Set(t.Context(), make([]byte, MaxItem+1)); !errors.Is(err, ErrItemTooLarge) {
		t.Error(err)
	}
	if _, err := r.Item("other").Get(t.Context()); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	_, stranger := home(t, ring, "p")
	stranger.id = r.id
	if _, err := stranger.Item("head").Get(t.Context()); !errors.Is(err, ErrItemForeign) {
		t.Error("another home reads it: ", err)
	}
	ring.replace = func(b []byte) []byte { return nil }
	if err := r.Item("head").Set(t.Context(), []byte("v")); err == nil {
		t.Error("a keyring that forgets was not found out")
	}
	ring.replace = nil
	for range 2 {
		if err := r.Item("head").Delete(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFurtherAuditSignersSurviveAndTheFirstStays(t *testing.T) {
	s, r := home(t, newRing(), "p")
	first := r.AuditSigner()
	for n := 2; n < 5; n++ {
		if got, err := r.AddAuditSigner(); err != nil || got != n {
			t.Fatal(got, err)
		}
		again := unlockHome(t, s, "p")
		list := again.AuditSigners()
		if len(list) != n || !again.AuditSigner().Equal(first) || !list[n-1].Equal(r.AuditSigners()[n-1]) || list[n-1].Equal(list[n-2]) {
			t.Fatal("after a restart: other signers")
		}
	}
	if !same(unlockHome(t, s, "p"), r) {
		t.Error("another key changed")
	}
}
