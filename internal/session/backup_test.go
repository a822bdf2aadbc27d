package session

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/fault"
	"subrosa/internal/history"
)

func TestABackupOpensOnAnotherMachineWithTheRecoveryIdentity(t *testing.T) {
	classic, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	recipient := classic.Recipient().String()
	o, to := testOptions(t), t.TempDir()
	s := unlocked(t, o)
	out, err := s.Send(t.Context(), chat.Prompt{Text: "hello"}, &listener{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Backup(t.Context(), to, recipient)
	wantFault(t, err, fault.RecipientNoSlot)
	if _, err := s.AddRecovery(t.Context(), recipient); err != nil {
		t.Fatal(err)
	}
	if err := s.Erase(t.Context(), history.Erasure{Messages: []history.MessageID{out.User.ID}}); err != nil { // epoch 2
		t.Fatal(err)
	}
	made, err := s.Backup(t.Context(), to, recipient)
	if err != nil {
		t.Fatal(err)
	}
	// What comes later is not in it.
	later, err := s.Send(t.Context(), chat.Prompt{Text: "Who are you?"}, &listener{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Erase(t.Context(), history.Erasure{Messages: []history.MessageID{later.User.ID}}); err != nil { // epoch 3
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(o.Home, "*.part")); len(left) != 0 {
		t.Error(left)
	}
	// Another home and another keyring; then one on this keyring, beside the first one, which goes on as if nothing were.
	other := testOptions(t)
	beside := testOptions(t)
	beside.Ring = o.Ring
	twin, err := Restore(t.Context(), beside, made.Path, pass("third horse battery staple"), false, classic)
	if err != nil {
		t.Fatal(err)
	}
	if list, err := twin.Conversations(t.Context()); err != nil || len(list) != 1 || twin.open.readOnly() {
		t.Error(list, err, twin.open.stopped)
	}
	if err := errors.Join(say(t, twin, "hello twin"), twin.Close()); err != nil {
		t.Error(err)
	}
	if s, err := New(o); err != nil {
		t.Error(err)
	} else if err := errors.Join(s.Unlock(t.Context(), pass(goodPassphrase)), say(t, s, "hello first"), s.Close()); err != nil {
		t.Error("the first home no longer opens: ", err)
	}
	if s, err := New(beside); err != nil {
		t.Error(err)
	} else if err := errors.Join(s.Unlock(t.Context(), pass("third horse battery staple")), say(t, s, "hello again"), s.Close()); err != nil {
		t.Error("the second home no longer opens: ", err)
	}
	stranger, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	_, err = Restore(t.Context(), other, made.Path, pass("short"), false, classic)
	wantFault(t, err, fault.PassphraseWeak)
	_, err = Restore(t.Context(), other, made.Path, pass(goodPassphrase), false, stranger)
	wantFault(t, err, fault.BackupIdentity)
	if _, err := os.Stat(other.Home); !errors.Is(err, os.ErrNotExist) {
		t.Error("something was left: ", err)
	}
	restored, err := Restore(t.Context(), other, made.Path, pass("another horse battery staple"), false, classic)
	if err != nil {
		t.Fatal(err)
	}
	wantPhase(t, restored, PhaseReady)
	list, err := restored.Conversations(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	messages, err := restored.open.history.Messages(t.Context(), out.Conversation.ID)
	if err != nil || messages[0].Status != history.Erased || messages[1].Text != out.Assistant.Text {
		t.Error(messages, err)
	}
	if _, err := restored.Send(t.Context(), chat.Prompt{Text: "hello again"}, &listener{}); err != nil {
		t.Error("it does not go on: ", err)
	}
	if err := restored.Close(); err != nil {
		t.Fatal(err)
	}
	again := start(t, other)
	if err := again.Unlock(t.Context(), pass("another horse battery staple")); err != nil {
		t.Error(err)
	}
	entries, err := again.open.record.Entries(0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, e := range entries {
		actions = append(actions, string(e.Action))
		if e.Action == audit.Anomaly { // the new keyring does not know the record yet
			t.Log(e.Detail)
		}
	}
	if got := strings.Join(actions, " "); !strings.Contains(got, "backup anomaly recover") || !strings.Contains(got, "restore") {
		t.Error("on record: ", got)
	}
	if again.open.readOnly() {
		t.Error(again.open.stopped)
	}
}

func TestLockCutsABackupShortAndLeavesNothing(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	o, to := testOptions(t), t.TempDir()
	s := unlocked(t, o)
	if _, err := s.AddRecovery(t.Context(), id.Recipient().String()); err != nil {
		t.Fatal(err)
	}
	open := s.open
	open.end() // as closing does, at once
	_, err = s.Backup(t.Context(), to, id.Recipient().String())
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	left, _ := os.ReadDir(to)
	temp, _ := filepath.Glob(filepath.Join(o.Home, "*.part"))
	if len(left)+len(temp) != 0 {
		t.Error(left, temp)
	}
}

func TestErasureHoldsAndSearchAreOnRecord(t *testing.T) {
	o := testOptions(t)
	s := unlocked(t, o)
	m, err := s.CreateMatter(t.Context(), "Akte 219-09-9999")
	if err != nil || m.Name != "Akte [SSN]" {
		t.Fatal(m, err)
	}
	out, err := s.Send(t.Context(), chat.Prompt{Text: "hello", Matter: m.ID}, &listener{})
	if err != nil || out.Conversation.Matter != m.ID {
		t.Fatal(out.Conversation, err)
	}
	again, err := s.Send(t.Context(), chat.Prompt{Conversation: out.Conversation.ID, Again: out.Assistant.ID}, &listener{})
	if err != nil || again.User.ID != out.User.ID || again.Assistant.ID == out.Assistant.ID || again.Assistant.Text == "" {
		t.Fatal(again, err)
	}
	on, err := s.Send(t.Context(), chat.Prompt{Conversation: out.Conversation.ID, Continue: again.Assistant.ID}, &listener{})
	if err != nil || !strings.HasPrefix(on.Assistant.Text, again.Assistant.Text) {
		t.Fatal(on, err)
	}
	for range 2 {
		if found, err := s.Search(t.Context(), history.Query{Text: "hel"}); err != nil || len(found.Hits) != 5 { // title, prompt, three answers
			t.Errorf("%+v, %v", found, err)
		}
	}
	h, err := s.AddHold(t.Context(), history.Hold{Matter: m.ID, Reason: "case 1"})
	if err != nil {
		t.Fatal(err)
	}
	wantFault(t, s.Erase(t.Context(), history.Erasure{Matters: []history.MatterID{m.ID}}), fault.Held)
	wantFault(t, s.LiftHold(t.Context(), h.ID, nil), fault.RoleDenied)
	wantFault(t, s.LiftHold(t.Context(), h.ID, []byte("forged")), fault.RoleDenied)
	wantFault(t, s.LiftHold(t.Context(), "no", nil), fault.BadInput)
	wantFault(t, s.Erase(t.Context(), history.Erasure{Matters: []history.MatterID{"no"}}), fault.MatterMissing)
	wantFault(t, s.Erase(t.Context(), history.Erasure{Matters: []history.MatterID{history.General}}), fault.MatterBuiltIn)
	if err := s.open.history.LiftHold(t.Context(), h.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.Erase(t.Context(), history.Erasure{Matters: []history.MatterID{m.ID}}); err != nil {
		t.Fatal(err)
	}
	entries, err := s.open.record.Entries(0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	count := map[audit.Action]int{}
	for _, e := range entries {
		count[e.Action]++
	}
	for action, want := range map[audit.Action]int{
		audit.MatterCreate: 1, audit.Search: 1, audit.HoldAdd: 1, audit.RoleDenied: 2, audit.MatterDelete: 1, audit.ConversationDelete: 1, audit.HoldLift: 0,
	} {
		if count[action] != want {
			t.Errorf("%d entries of %s, want %d", count[action], action, want)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if report, err := audit.Verify(t.Context(), filepath.Join(o.Home, "audit"), nil); err != nil || report.Size < 10 {
		t.Error("the record: ", report, err)
	}
}

func TestADamagedSearchIndexIsOnRecordAndMadeAnew(t *testing.T) {
	o := testOptions(t)
	s := unlocked(t, o)
	if _, err := s.Send(t.Context(), chat.Prompt{Text: "hello"}, &listener{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Search(t.Context(), history.Query{Text: "hello"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	index, _ := filepath.Glob(filepath.Join(o.Home, "history-search-*.db"))
	if len(index) != 1 {
		t.Fatal(index)
	}
	b, err := os.ReadFile(index[0])
	if err != nil {
		t.Fatal(err)
	}
	b[100] ^= 1
	if err := os.WriteFile(index[0], b, 0o600); err != nil {
		t.Fatal(err)
	}
	s = unlocked(t, o)
	if found, err := s.Search(t.Context(), history.Query{Text: "hello"}); err != nil || len(found.Hits) == 0 {
		t.Error(found, err)
	}
	entries, err := s.open.record.Entries(0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Action == audit.Anomaly && strings.Contains(e.Detail, "search index") {
			return
		}
	}
	t.Error("it is not on record")
}
