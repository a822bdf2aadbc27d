package session

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"subrosa/internal/audit"
	"subrosa/internal/fault"
)

func recorded(t *testing.T, s *Session, action audit.Action) []audit.Entry {
	t.Helper()
	o, err := s.ready()
	if err != nil {
		t.Fatal(err)
	}
	all, err := o.record.Entries(0, o.record.Size())
	if err != nil {
		t.Fatal(err)
	}
	var found []audit.Entry
	for _, e := range all {
		if e.Action == action {
			found = append(found, e)
		}
	}
	return found
}

func identity(t *testing.T) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestChangesOfKeysAreOnRecordAndFailuresToo(t *testing.T) {
	o := testOptions(t)
	s := unlocked(t, o)
	it := identity(t)
	slot, err := s.AddRecovery(t.Context(), " "+it.Recipient().String()+"\n")
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.AddRecovery(t.Context(), it.Recipient().String())
	wantFault(t, err, fault.SlotExists)
	_, err = s.AddRecovery(t.Context(), it.String()) // the identity in place of the recipient
	wantFault(t, err, fault.RecipientInvalid)
	adds := recorded(t, s, audit.SlotAdd)
	if len(adds) != 5 || adds[0].Result != "" || adds[2].Result != "failed: slot_exists" || strings.Contains(adds[3].Detail, "SECRET") {
		t.Errorf("on record: %+v", adds)
	}
	wantFault(t, s.RemoveSlot(t.Context(), it.String(), nil), fault.SlotMissing)
	for _, e := range recorded(t, s, audit.SlotRemove) {
		if strings.Contains(e.Detail, "SECRET") {
			t.Error("an identity is on record")
		}
	}
	const next = "purple monkey dishwasher lamp"
	wantFault(t, s.ChangePassphrase(t.Context(), pass("wrong"), pass(next)), fault.PassphraseWrong)
	wantFault(t, s.ChangePassphrase(t.Context(), pass(goodPassphrase), pass("short")), fault.PassphraseWeak)
	if err := s.ChangePassphrase(t.Context(), pass(goodPassphrase), pass(next)); err != nil {
		t.Fatal(err)
	}
	wantFault(t, s.RotateRoot(t.Context(), pass(goodPassphrase)), fault.PassphraseWrong)
	if err := s.RotateRoot(t.Context(), pass(next)); err != nil {
		t.Fatal(err)
	}
	if err := s.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantFault(t, s.RotateRoot(t.Context(), pass(next)), fault.Locked)
	wantFault(t, s.Unlock(t.Context(), pass(goodPassphrase)), fault.PassphraseWrong)
	s.age(t, time.Hour)
	if err := s.Unlock(t.Context(), pass(next)); err != nil {
		t.Fatal(err)
	}
	if failed := recorded(t, s, audit.UnlockFailed); len(failed) != 1 || !strings.HasPrefix(failed[0].Detail, "3 wrong passphrases or identities, the last at 20") {
		t.Errorf("on record: %+v", failed)
	}
	if err := s.RemoveSlot(t.Context(), slot.Name, nil); err != nil {
		t.Fatal(err)
	}
}

// age makes the wrong passphrases so much older.
func (s *Session) age(t *testing.T, by time.Duration) {
	t.Helper()
	a, err := readAttempts(s.opts.Home)
	if err != nil {
		t.Fatal(err)
	}
	if err := writeAttempts(s.opts.Home, attempts{a.n, a.last.Add(-by)}); err != nil {
		t.Fatal(err)
	}
}

func TestNothingChangesThatCannotBeRecorded(t *testing.T) {
	o := testOptions(t)
	s := unlocked(t, o)
	if err := s.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	entries := filepath.Join(o.Home, "audit", "entries")
	b, err := os.ReadFile(entries)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(entries, []byte(strings.Replace(string(b), `"setup"`, `"setuP"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Unlock(t.Context(), pass(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	_, err = s.AddRecovery(t.Context(), identity(t).Recipient().String())
	wantFault(t, err, fault.AuditBroken)
	wantFault(t, s.ChangePassphrase(t.Context(), pass(goodPassphrase), pass("purple monkey dishwasher lamp")), fault.AuditBroken)
	wantFault(t, s.RotateRoot(t.Context(), pass(goodPassphrase)), fault.AuditBroken)
	if list, err := s.Slots(); err != nil || len(list) != 1 {
		t.Error(list, err)
	}
}

func TestRecoveryOpensAndIsOnRecordFirst(t *testing.T) {
	o := testOptions(t)
	s := unlocked(t, o)
	it := identity(t)
	if _, err := s.AddRecovery(t.Context(), it.Recipient().String()); err != nil {
		t.Fatal(err)
	}
	const next = "purple monkey dishwasher lamp"
	wantFault(t, s.Recover(t.Context(), pass(next), false, it), fault.BadInput) // unlocked: no need
	if err := s.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.Ring.(*mapRing).m = map[string][]byte{} // another machine
	if err := os.Remove(filepath.Join(o.Home, "keys", "user.json")); err != nil {
		t.Fatal(err)
	}
	wantFault(t, s.Unlock(t.Context(), pass(goodPassphrase)), fault.KeysMissing)
	wantFault(t, s.Recover(t.Context(), pass("short"), false, it), fault.PassphraseWeak)
	wantFault(t, s.Recover(t.Context(), pass(next), false, identity(t)), fault.IdentityWrong)
	if err := s.Recover(t.Context(), pass(next), false, it); err != nil {
		t.Fatal(err)
	}
	wantPhase(t, s, PhaseReady)
	if len(recorded(t, s, audit.Recover)) != 1 || len(recorded(t, s, audit.PassphraseChange)) != 1 {
		t.Error("not on record")
	}
	if err := s.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	key, err := s.ExportHistoryKey(t.Context(), it)
	if err != nil || key.Len() != 32 {
		t.Fatal(err)
	}
	wantPhase(t, s, PhaseLocked)
	if err := s.Unlock(t.Context(), pass(next)); err != nil {
		t.Fatal(err)
	}
	if len(recorded(t, s, audit.HistoryKeyExport)) != 1 {
		t.Error("not on record")
	}
}

func TestWrongPassphrasesSlowDownAcrossRestarts(t *testing.T) {
	o := testOptions(t)
	s := unlocked(t, o)
	if err := s.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range freeAttempts {
		wantFault(t, s.Unlock(t.Context(), pass("wrong")), fault.PassphraseWrong)
	}
	wantFault(t, s.Unlock(t.Context(), pass(goodPassphrase)), fault.UnlockWait)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = start(t, o)
	wantFault(t, s.Unlock(t.Context(), pass(goodPassphrase)), fault.UnlockWait)
	if wait := s.UnlockWait(); wait <= 0 || wait > firstDelay {
		t.Error(wait)
	}
	s.age(t, -time.Hour) // the clock was put back
	wantFault(t, s.Unlock(t.Context(), pass(goodPassphrase)), fault.UnlockWait)
	if wait := s.UnlockWait(); wait > firstDelay {
		t.Errorf("waits for the clock to catch up: %v", wait)
	}
	s.age(t, firstDelay)
	if err := s.Unlock(t.Context(), pass(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	if s.UnlockWait() != 0 {
		t.Error("still slow")
	}
}

func TestDelayDoublesToItsBound(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	for n, want := range map[int]time.Duration{
		0: 0, 3: 0, 4: 5 * time.Second, 5: 10 * time.Second, 9: 160 * time.Second, 10: longestDelay, 1 << 40: longestDelay,
	} {
		if got := (attempts{n, now}).wait(now); got != want {
			t.Errorf("%d: %v, want %v", n, got, want)
		}
	}
	if got := (attempts{6, now}).wait(now.Add(15 * time.Second)); got != 5*time.Second {
		t.Error(got)
	}
}
