package session

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/fault"
	"subrosa/internal/policy"
)

// copyOf copies a directory, or puts a copy back in its place.
func copyOf(t *testing.T, from, to string) {
	t.Helper()
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

func say(t *testing.T, s *Session, text string) error {
	t.Helper()
	_, err := s.Send(t.Context(), chat.Prompt{Text: text, MaxTokens: 4}, &listener{})
	return err
}

func actions(t *testing.T, s *Session) []string {
	t.Helper()
	entries, err := s.RecordEntries(0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, strings.TrimSuffix(string(e.Action)+" "+e.Result, " "))
	}
	return list
}

func TestAnOlderRecordPutBackIsNamedAndReadAndStopsTheChat(t *testing.T) {
	o := testOptions(t)
	s := unlocked(t, o)
	record, older := filepath.Join(o.Home, "audit"), filepath.Join(t.TempDir(), "older")
	if err := say(t, s, "hello"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	copyOf(t, record, older)
	s = unlocked(t, o)
	if err := say(t, s, "again"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	copyOf(t, older, record)

	s = unlocked(t, o)
	wantFault(t, say(t, s, "more"), fault.RecordRolledBack)
	if list, err := s.Conversations(t.Context()); err != nil || len(list) != 2 {
		t.Fatalf("reading: %d, %v", len(list), err)
	}
	if st, err := s.RecordStatus(); err != nil || !st.RolledBack || st.Fault != string(fault.RecordRolledBack) {
		t.Fatalf("%+v, %v", st, err)
	}
	if _, err := s.VerifyRecord(t.Context(), nil); err != nil { // by itself it is whole
		t.Fatal(err)
	}
	if err := s.AcceptOlder(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = unlocked(t, o)
	if err := say(t, s, "more"); err != nil {
		t.Fatal(err)
	}
	wantFault(t, s.AcceptOlder(t.Context(), nil), fault.BadInput)
	if !slices.Contains(actions(t, s), "anomaly rollback_accepted") {
		t.Error("it is not on record: ", actions(t, s))
	}
}

// A try that is denied while nothing can be recorded is on record once something can: after compliance's grant, and after
// the newer record was put back.
func TestADeniedTryToGoOnWithAnOlderRecordIsOnRecordAfterwards(t *testing.T) {
	key, o := itKey(t), testOptions(t)
	o.PolicyDir = t.TempDir()
	install(t, o.PolicyDir, key, 1, fmt.Sprintf("roles: {compliance_key: %q}\n", key.Public()))
	s := unlocked(t, o)
	grant := policy.Grant{
		Right: policy.AcceptOlder, Subject: "record", Record: s.open.origin(), Reason: "restored",
		Expires: policy.Date{Time: time.Now().AddDate(0, 0, 7).Truncate(24 * time.Hour).UTC()},
	}.Sign(key)
	record, older, newest := filepath.Join(o.Home, "audit"), filepath.Join(t.TempDir(), "older"), filepath.Join(t.TempDir(), "newest")
	for tries, after := range []func(*Session) error{
		func(*Session) error { copyOf(t, newest, record); return nil },
		func(s *Session) error { return s.AcceptOlder(t.Context(), grant) },
	} {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		copyOf(t, record, older)
		if err := unlocked(t, o).Close(); err != nil {
			t.Fatal(err)
		}
		copyOf(t, record, newest)
		copyOf(t, older, record)
		s = unlocked(t, o)
		for range tries {
			wantFault(t, s.AcceptOlder(t.Context(), []byte("no grant")), fault.RoleDenied)
		}
		s = again(t, s, o) // which can record nothing either
		wantFault(t, s.AcceptOlder(t.Context(), nil), fault.RoleDenied)
		if err := after(s); err != nil {
			t.Fatal(err)
		}
		s = again(t, again(t, s, o), o)
		e, n := lastEntry(t, s, audit.RoleDenied)
		if n != tries+1 || e.Conversation != "record" || !strings.Contains(e.Detail, fmt.Sprintf("accept_older: %d tries", tries+1)) {
			t.Errorf("%d entries, the last is %+v", n, e)
		}
	}
}

func TestAnOlderHistoryPutBackIsNamedAndReadAndStopsTheChat(t *testing.T) {
	o := testOptions(t)
	s := unlocked(t, o)
	if err := say(t, s, "hello"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(o.Home, "history.db")
	older, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s = unlocked(t, o)
	if err := say(t, s, "again"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, older, 0o600); err != nil {
		t.Fatal(err)
	}
	s = unlocked(t, o)
	wantFault(t, say(t, s, "more"), fault.HistoryRolledBack)
	if list, err := s.Conversations(t.Context()); err != nil || len(list) != 1 {
		t.Fatalf("reading: %d, %v", len(list), err)
	}
	if err := s.AcceptOlder(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := say(t, unlocked(t, o), "more"); err != nil {
		t.Fatal(err)
	}
}

// The record knows nothing of it, the keyring is put back with it: the history remembers.
func TestAnOlderRecordAndKeyringPutBackAreFoundOutByTheHistory(t *testing.T) {
	o := testOptions(t)
	ring := o.Ring.(*mapRing)
	s := unlocked(t, o)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	record, older, olderRing := filepath.Join(o.Home, "audit"), filepath.Join(t.TempDir(), "older"), maps.Clone(ring.m)
	copyOf(t, record, older)
	s = unlocked(t, o)
	if err := say(t, s, "hello"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	copyOf(t, older, record)
	ring.m = olderRing
	wantFault(t, say(t, unlocked(t, o), "more"), fault.RecordRolledBack)
}

// Record and history agree with each other, and not with the keyring.
func TestAnOlderPairPutBackIsFoundOutByTheKeyring(t *testing.T) {
	o := testOptions(t)
	s := unlocked(t, o)
	if err := say(t, s, "hello"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	older := filepath.Join(t.TempDir(), "older")
	copyOf(t, o.Home, older)
	s = unlocked(t, o)
	if err := say(t, s, "again"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	copyOf(t, older, o.Home)
	s = unlocked(t, o)
	wantFault(t, say(t, s, "more"), fault.RecordRolledBack)
	if list, err := s.Conversations(t.Context()); err != nil || len(list) != 1 {
		t.Error("reading: ", list, err)
	}
}

func TestARecordWithoutItsHeadInTheKeyringSaysSo(t *testing.T) {
	o := testOptions(t)
	s := unlocked(t, o)
	if err := s.open.root.Item("record-head").Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	ring := o.Ring.(*mapRing)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for account := range maps.Keys(ring.m) {
		if strings.Contains(account, "record-head") {
			delete(ring.m, account)
		}
	}
	s = unlocked(t, o)
	if !slices.Contains(actions(t, s), "anomaly no_head") {
		t.Error(actions(t, s))
	}
}

// bundleTree writes what an export holds of the tree.
func bundleTree(t *testing.T, s *Session) *audit.Tree {
	t.Helper()
	snap, err := s.open.record.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	dir := t.TempDir()
	put := func(name string, data []byte) error {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return err
		}
		return os.WriteFile(name, data, 0o600)
	}
	if err := put("checkpoint", snap.Checkpoint); err != nil {
		t.Fatal(err)
	}
	if err := put("key", snap.Keys); err != nil {
		t.Fatal(err)
	}
	if err := snap.Tiles(context.Background(), put); err != nil {
		t.Fatal(err)
	}
	tree, err := audit.OpenTree(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// Whoever puts back the database, the record and the keyring together is found out by the witness alone.
func TestEverythingPutBackTogetherIsFoundOutByTheWitnessAlone(t *testing.T) {
	o := testOptions(t)
	ring := o.Ring.(*mapRing)
	s := unlocked(t, o)
	if err := say(t, s, "hello"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	older, olderRing := filepath.Join(t.TempDir(), "older"), maps.Clone(ring.m)
	copyOf(t, o.Home, older)

	s = unlocked(t, o)
	if err := say(t, s, "what must be forgotten"); err != nil {
		t.Fatal(err)
	}
	signer, verifier, err := audit.NewWitnessKey("compliance.test/witness")
	if err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(t.TempDir(), "state")
	seen, err := audit.Cosign(state, signer, bundleTree(t, s))
	if err != nil || !seen.First {
		t.Fatalf("%+v, %v", seen, err)
	}
	if _, err := s.TakeWitness(seen.Note, ""); err == nil {
		t.Fatal("a witness that nobody knows")
	}
	w, err := s.TakeWitness(seen.Note, verifier)
	if err != nil || w.Size == 0 {
		t.Fatalf("%+v, %v", w, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	copyOf(t, older, o.Home)
	ring.m = olderRing
	s = unlocked(t, o)
	if err := say(t, s, "hello"); err != nil {
		t.Fatal("this workstation alone cannot tell, and says so in docs/threat-model.md: ", err)
	}
	for i := range 8 { // and longer than what the witness saw
		if err := say(t, s, strings.Repeat("more ", i+1)); err != nil {
			t.Fatal(err)
		}
	}
	tree := bundleTree(t, s)
	if tree.Size <= w.Size {
		t.Fatal("the test shows less than it should")
	}
	if _, err := audit.Cosign(state, signer, tree); err == nil {
		t.Fatal("the witness did not find out")
	}
	// Nor does the workstation take back what the witness had signed of the other one.
	_, err = s.TakeWitness(seen.Note, verifier)
	wantFault(t, err, fault.RecordRolledBack)
	wantFault(t, say(t, s, "hello"), fault.RecordRolledBack)
}

func TestPolicyStopsNewChatsAfterDaysWithoutAWitness(t *testing.T) {
	o := testOptions(t)
	s := unlocked(t, o)
	s.open.policy.Record.MaxUnwitnessedDays = 30
	if err := say(t, s, "hello"); err != nil {
		t.Fatal(err)
	}
	late := audit.Entry{Action: audit.SelfTest, Actor: "test", Time: time.Now().AddDate(0, 0, 31)}
	if _, err := s.open.record.Append(late); err != nil {
		t.Fatal(err)
	}
	wantFault(t, say(t, s, "hello"), fault.RecordUnwitnessed)
	if st, err := s.RecordStatus(); err != nil || st.MayBe != 30 || !st.WitnessedAt.IsZero() {
		t.Fatalf("%+v, %v", st, err)
	}
	s.open.policy.Record.MaxUnwitnessedDays = 40
	if err := say(t, s, "hello"); err != nil {
		t.Fatal(err)
	}
}

func TestTheRecordsKeyChangesAndTheRecordOpensAgain(t *testing.T) {
	o := testOptions(t)
	s := unlocked(t, o)
	for range 2 {
		if err := s.RotateRecordKey(); err != nil {
			t.Fatal(err)
		}
	}
	if err := say(t, s, "hello"); err != nil {
		t.Fatal(err)
	}
	if p, err := s.ProveEntry(1); err != nil || p.Check() != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = unlocked(t, o)
	if err := say(t, s, "again"); err != nil {
		t.Fatal(err)
	}
	if st, err := s.RecordStatus(); err != nil || st.Epochs != 3 {
		t.Fatalf("%+v, %v", st, err)
	}
	if r, err := s.VerifyRecord(t.Context(), nil); err != nil || r.Epochs != 3 {
		t.Fatalf("%+v, %v", r, err)
	}
}

func TestAVerificationThatWasCancelledSaysSoAndStopsNothing(t *testing.T) {
	s := unlocked(t, testOptions(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.VerifyRecord(ctx, nil)
	wantFault(t, err, fault.VerifyCancelled)
	if err := say(t, s, "hello"); err != nil {
		t.Fatal(err)
	}
}
