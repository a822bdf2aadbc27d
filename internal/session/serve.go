package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"subrosa/internal/fault"
	"subrosa/internal/secret"
	"subrosa/internal/socket"
)

// A command that finds the data directory taken can ask the program that has it, while that one is unlocked: for a backup,
// and for nothing else. It brings the passphrase, as it would without that program.

// question is what a command asks.
type question struct {
	Do         string   `json:"do"`
	Dir        string   `json:"dir"`
	Recipients []string `json:"recipients"`
}

const doBackup = "backup"

// answer is what it is told.
type answer struct {
	Backup Backup     `json:"backup"`
	Fault  fault.Code `json:"fault,omitempty"`
	Detail string     `json:"detail,omitempty"`
}

// Serve lets commands in other processes ask for a backup, until Close. A program that keeps the data directory for long
// calls it; what it cannot offer here it does without.
func (s *Session) Serve() error {
	if s.unusable != nil {
		return s.unusable
	}
	server, err := socket.Serve(s.opts.Home, s.answer)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	if err != nil {
		return fault.New(fault.Internal, err)
	}
	s.mu.Lock()
	s.server = server
	s.mu.Unlock()
	return nil
}

func (s *Session) answer(ctx context.Context, asked []byte, passphrase *secret.Bytes) []byte {
	made, err := s.backupFor(ctx, asked, passphrase)
	a := answer{Backup: made}
	if err != nil {
		f := fault.From(err)
		a.Fault, a.Detail = f.Code, f.Error()
	}
	b, err := json.Marshal(a)
	if err != nil {
		return nil
	}
	return b
}

func (s *Session) backupFor(ctx context.Context, asked []byte, passphrase *secret.Bytes) (Backup, error) {
	defer passphrase.Wipe()
	var q question
	if err := json.Unmarshal(asked, &q); err != nil || q.Do != doBackup {
		return Backup{}, fault.New(fault.BadInput, fmt.Errorf("asked for %q", q.Do))
	}
	if err := s.isUser(ctx, passphrase); err != nil {
		return Backup{}, err
	}
	return s.Backup(ctx, q.Dir, q.Recipients...)
}

// isUser checks the passphrase of whoever asks, as a change of it would.
func (s *Session) isUser(ctx context.Context, passphrase *secret.Bytes) error {
	s.life.Lock()
	defer s.life.Unlock()
	o, err := s.ready()
	if err != nil {
		return err
	}
	return s.checkPassphrase(ctx, o, passphrase)
}

// AskForBackup asks the program that has the data directory open for what Backup does: dir is an absolute path. It wipes
// passphrase. fault.InUse: no program answers; fault.Locked: it is locked.
func AskForBackup(ctx context.Context, home string, passphrase *secret.Bytes, dir string, recipients ...string) (Backup, error) {
	defer passphrase.Wipe()
	q, err := json.Marshal(question{doBackup, dir, recipients})
	if err != nil {
		return Backup{}, fault.New(fault.BadInput, err)
	}
	b, err := socket.Ask(ctx, home, q, passphrase)
	if errors.Is(err, socket.ErrNobody) || errors.Is(err, errors.ErrUnsupported) {
		return Backup{}, fault.New(fault.InUse, err)
	}
	var a answer
	if err == nil {
		err = json.Unmarshal(b, &a)
	}
	if err != nil {
		return Backup{}, fault.New(fault.BackupFailed, err)
	}
	if a.Fault != "" {
		return Backup{}, fault.New(a.Fault, errors.New(a.Detail))
	}
	return a.Backup, nil
}
