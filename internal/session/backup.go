package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"filippo.io/age"

	"subrosa/internal/audit"
	"subrosa/internal/backup"
	"subrosa/internal/fault"
	"subrosa/internal/keys"
	"subrosa/internal/policy"
	"subrosa/internal/secret"
)

const backupTemp = "backup.part" // below the home, while a backup is made

// Backup is one that was made.
type Backup struct {
	Path       string `json:"path"`
	Bytes      int64  `json:"bytes"`
	SHA256     string `json:"sha256"`
	Generation uint64 `json:"generation"` // of the history in it
	Entries    int64  `json:"entries"`    // bytes of the record in it
}

// Backup packs keys, history, record and policy, as they are at one moment, into one archive in dir, sealed to recipients
// of whom each has a recovery slot: that is what opens it on another machine. Models are not in it. It reads the archive
// back before it appears under its name. Turns go on meanwhile; Lock cuts it short, and nothing is left.
func (s *Session) Backup(ctx context.Context, dir string, recipients ...string) (made Backup, err error) {
	o, err := s.ready()
	if err != nil {
		return made, err
	}
	if err := o.require(policy.MakeBackup, "", nil); err != nil {
		return made, err
	}
	if len(recipients) == 0 {
		return made, fault.New(fault.RecipientInvalid, errors.New("a backup needs a recipient"))
	}
	for _, r := range recipients {
		if !o.root.HasRecovery(r) {
			return made, fault.New(fault.RecipientNoSlot, errors.New(shorten(r)))
		}
	}
	if !o.backing.TryLock() {
		return made, fault.New(fault.Busy, errors.New("another backup"))
	}
	defer o.backing.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(o.life, cancel)()

	entry := audit.Entry{Action: audit.Backup, Detail: fmt.Sprintf("to %d recipients", len(recipients))}
	if err := o.note(entry); err != nil {
		return made, err
	}
	if made, err = s.writeBackup(ctx, o, dir, recipients); err != nil {
		entry.Result = "failed"
		if o.life.Err() == nil {
			err = errors.Join(err, o.note(entry))
		}
		return Backup{}, err
	}
	entry.Result, entry.Detail, entry.History = "ok", "archive "+made.SHA256, made.Generation
	return made, o.note(entry)
}

func (s *Session) writeBackup(ctx context.Context, o *open, dir string, recipients []string) (made Backup, err error) {
	temp := filepath.Join(s.opts.Home, backupTemp)
	if err := errors.Join(os.RemoveAll(temp), os.Mkdir(temp, 0o700)); err != nil {
		return made, directoryFault(err)
	}
	defer func() { _ = os.RemoveAll(temp) }()
	copied := filepath.Join(temp, "history.db")
	var sources []backup.Source
	var files []io.Closer
	defer func() {
		for _, f := range files {
			_ = f.Close()
		}
	}()
	err = o.history.Snapshot(ctx, copied, func(generation uint64) error {
		if !s.life.TryLock() { // keys are being changed, or it is being locked
			return fault.New(fault.Busy, nil)
		}
		defer s.life.Unlock()
		made.Generation = generation
		var err error
		sources, files, made.Entries, err = frozenFiles(s.opts.Home)
		return err
	})
	if err != nil {
		return made, historyFault(err)
	}
	info, err := os.Stat(copied)
	if err != nil {
		return made, directoryFault(err)
	}
	sources = append(sources, backup.Source{
		Name: "history.db", Size: info.Size(), Open: func() (io.ReadCloser, error) { return os.Open(copied) },
	})
	now := time.Now().UTC()
	name := "subrosa-" + now.Format("20060102-150405") + ".backup.age"
	m := backup.Manifest{Time: now.Truncate(time.Second), Origin: o.origin(), Generation: made.Generation}
	if made.SHA256, err = backup.Write(ctx, dir, name, m, sources, recipients...); err != nil {
		return made, backupFault(err)
	}
	made.Path = filepath.Join(dir, name)
	if info, err := os.Stat(made.Path); err == nil {
		made.Bytes = info.Size()
	}
	return made, nil
}

// frozenFiles takes what belongs to one moment of the history: the small files now, and how far the record reaches. The
// record is append-only, so its beginning can be read later.
func frozenFiles(home string) (sources []backup.Source, open []io.Closer, entries int64, err error) {
	for _, dir := range []string{"keys", "audit", "policy"} {
		list, err := os.ReadDir(filepath.Join(home, dir))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, open, 0, err
		}
		for _, e := range list {
			derived := dir == "audit" && (e.Name() == "entries" || e.Name() == "hashes" || e.Name() == "index" || e.Name() == "reserve")
			if !e.Type().IsRegular() || derived || strings.HasSuffix(e.Name(), ".tmp") {
				continue
			}
			b, err := os.ReadFile(filepath.Join(home, dir, e.Name()))
			if err != nil {
				return nil, open, 0, err
			}
			sources = append(sources, backup.Bytes(dir+"/"+e.Name(), b))
		}
	}
	// After its checkpoint, which may then name no entry that is not here.
	f, err := os.Open(filepath.Join(home, "audit", "entries"))
	if err != nil {
		return nil, open, 0, err
	}
	open = append(open, f)
	if entries, err = wholeLines(f); err != nil {
		return nil, open, 0, err
	}
	sources = append(sources, backup.Source{Name: "audit/entries", Size: entries, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(io.NewSectionReader(f, 0, entries)), nil
	}})
	return sources, open, entries, nil
}

// wholeLines returns where the last whole line of f ends: an entry may be on its way.
func wholeLines(f *os.File) (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	const stretch = 64 << 10
	tail := make([]byte, stretch)
	for end := info.Size(); end > 0; {
		from := max(0, end-stretch)
		n, err := f.ReadAt(tail[:end-from], from)
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if i := bytes.LastIndexByte(tail[:n], '\n'); i >= 0 {
			return from + int64(i) + 1, nil
		}
		end = from
	}
	return 0, nil
}

// Restore unpacks a backup as the new data directory opts.Home, gives it the passphrase next and a new half in this
// desktop's keyring, and returns it unlocked. It wipes next. Where it is cut short there is nothing, or the whole
// directory, which Recover opens. It is a new home to the keyring, so that nothing of a directory that the backup was made
// of, and that may still be in use here, is replaced there. That it was restored is on record, and a witness, who
// remembers the record's size, sees the step back.
func Restore(ctx context.Context, opts Options, archive string, next *secret.Bytes, dropToken bool, identities ...age.Identity) (*Session, error) {
	defer next.Wipe()
	if !Strength(string(next.Expose())).Acceptable { // before there is anything
		return nil, fault.New(fault.PassphraseWeak, nil)
	}
	rehome := func(dir string) error { return keysFault(keys.Rehome(filepath.Join(dir, "keys"), identities...)) }
	m, err := backup.Restore(ctx, archive, opts.Home, rehome, identities...)
	if err != nil {
		return nil, backupFault(err)
	}
	s, err := New(opts)
	if err != nil {
		return nil, err
	}
	err = s.Recover(ctx, next, dropToken, identities...)
	if err == nil {
		o, readyErr := s.ready()
		if err = readyErr; err == nil {
			err = o.note(audit.Entry{Action: audit.Restore, Result: "ok", Detail: "backup of " + m.Time.Format(time.RFC3339), History: m.Generation})
		}
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func backupFault(err error) error {
	return fault.Of(
		err, fault.BackupFailed,
		fault.Cause{Err: backup.ErrRecipient, Code: fault.RecipientInvalid},
		fault.Cause{Err: backup.ErrDamaged, Code: fault.BackupDamaged},
		fault.Cause{Err: backup.ErrNewer, Code: fault.HistoryNewer},
		fault.Cause{Err: backup.ErrIdentity, Code: fault.BackupIdentity},
		fault.Cause{Err: backup.ErrExists, Code: fault.ExportExists},
		fault.Cause{Err: syscall.ENOSPC, Code: fault.DiskFull},
		fault.Cause{Err: fs.ErrPermission, Code: fault.OutOfReach},
	)
}
