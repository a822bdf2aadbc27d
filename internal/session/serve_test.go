package session

import (
	"path/filepath"
	"testing"

	"filippo.io/age"

	"subrosa/internal/audit"
	"subrosa/internal/backup"
	"subrosa/internal/chat"
	"subrosa/internal/fault"
)

// Another process has the directory open and chats. Here it is this one, and the command's side is AskForBackup.
func TestABackupIsMadeByWhoeverHasTheDirectoryOpen(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	recipient, to := id.Recipient().String(), t.TempDir()
	o := testOptions(t)
	s := unlocked(t, o)
	ask := func(passphrase string) (Backup, error) {
		return AskForBackup(t.Context(), o.Home, pass(passphrase), to, recipient)
	}
	_, err = ask(goodPassphrase)
	wantFault(t, err, fault.InUse) // nobody answers yet
	if err := s.Serve(); err != nil {
		t.Fatal(err)
	}
	_, err = ask(goodPassphrase)
	wantFault(t, err, fault.RecipientNoSlot)
	if _, err := s.AddRecovery(t.Context(), recipient); err != nil {
		t.Fatal(err)
	}
	_, err = ask("wrong horse battery staple")
	wantFault(t, err, fault.PassphraseWrong)
	turn := make(chan error, 1)
	go func() {
		_, err := s.Send(t.Context(), chat.Prompt{Text: "hello"}, &listener{})
		turn <- err
	}()
	made, err := ask(goodPassphrase)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-turn; err != nil {
		t.Error("the turn beside it: ", err)
	}
	if m, err := backup.Restore(t.Context(), made.Path, filepath.Join(to, "restored"), nil, id); err != nil || m.Generation != made.Generation {
		t.Error(m, err)
	}
	if n := count(t, s, audit.Backup); n != 2 {
		t.Errorf("%d entries", n)
	}
	if err := s.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = ask(goodPassphrase)
	wantFault(t, err, fault.Locked)
	if err := s.Unlock(t.Context(), pass(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	if count(t, s, audit.UnlockFailed) != 1 {
		t.Error("the wrong passphrase is not on record")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = ask(goodPassphrase)
	wantFault(t, err, fault.InUse)
}

func count(t *testing.T, s *Session, action audit.Action) (n int) {
	t.Helper()
	entries, err := s.open.record.Entries(0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Action == action {
			n++
		}
	}
	return n
}
