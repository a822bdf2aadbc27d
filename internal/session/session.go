// Package session is the unlocked workstation: what is open between a passphrase and a lock.
//
// A Session owns the data directory: keys, history, record, sealed models and the engine. One process at a time has
// it (a lock file says so). Locking stops a running answer, ends the engine, closes every store and wipes the keys;
// after that nothing in this process opens the data without the passphrase and the desktop keyring. Strings that Go
// already handed out are not wiped.
package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"sync"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/keys"
	"subrosa/internal/lockdown"
	"subrosa/internal/presence"
	"subrosa/internal/secret"
	"subrosa/internal/socket"
)

// Phase is where a session stands.
type Phase string

// The phases. They cross to the window and to scripts by these words.
const (
	PhaseSetup  Phase = "setup"  // no keys yet: choose a passphrase
	PhaseLocked Phase = "locked" // keys exist: enter the passphrase
	PhaseReady  Phase = "ready"  // unlocked
	PhaseFailed Phase = "failed" // the data directory cannot be used; State's fault says why
)

// Options says where things are. Home, EnginePath and EngineLib are absolute paths.
type Options struct {
	Home       string                  // data directory, created on first use
	Version    string                  // of the program: what leaves the workstation says so
	Ring       keys.Ring               // the desktop keyring
	Cost       keys.Cost               // of the passphrase
	Plugins    *keys.Plugins           // how a hardware token asks for a PIN or a touch; nil: it cannot
	EnginePath string                  // the subrosa-engine program
	EngineLib  string                  // the directory with libllama
	Builtin    Builtin                 // sealed at setup
	ModelID    string                  // use this model; empty: the one last chosen
	ModelIdle  time.Duration           // unload it when it was not used for so long; 0: ModelIdle
	StateAfter time.Duration           // save what it computed of a conversation when it has had nothing to do for so long; 0: StateAfter
	Network    func() *lockdown.Report // this start's proof that no network is reachable, for the record; may wait for it
	Files      *lockdown.Confinement   // what restricts this process to its files; nil: it is a command, which nothing does
	PolicyDir  string                  // where IT installs the machine's policy; empty: policy.MachineDir
	Inherited  *int                    // the data directory's lock, from a predecessor that became this process (HandOver)
	Drafts     func(context.Context)   // called before a lock closes anything: save what is being written; may be nil
	Now        func() time.Time        // what time it is, for the record; nil: the system's
	OnDocument func(history.Document)  // called, without locks held, when more of a document has been read, or its reading has ended; may be nil
	OnChange   func()                  // called, without locks held, when State or Model may have changed; may be nil
}

// Session is safe for concurrent use.
type Session struct {
	opts     Options
	keys     *keys.Store     // nil when unusable
	home     *homeLock       // likewise
	timer    *presence.Timer // likewise
	unusable *fault.Fault    // why the data directory cannot be taken

	life sync.Mutex // held over the whole of Setup, Unlock, Lock and Close: one at a time

	mu      sync.Mutex
	open    *open             // nil unless ready
	locking bool              // Lock has begun: nothing new is started
	turn    *running          // nil unless an answer is being written
	watcher *presence.Watcher // nil unless watched
	server  *socket.Server    // nil unless commands may ask
}

// running is a turn in flight.
type running struct {
	stop context.CancelFunc
	done chan struct{}
}

// New takes the data directory. It fails with fault.InUse when another process has it.
func New(opts Options) (*Session, error) {
	if err := os.MkdirAll(opts.Home, 0o700); err != nil {
		return nil, directoryFault(err)
	}
	inherited := -1
	if opts.Inherited != nil {
		inherited = *opts.Inherited
	}
	home, err := takeHome(filepath.Join(opts.Home, "in-use"), inherited)
	if err != nil {
		return nil, directoryFault(err)
	}
	if home == nil {
		return nil, fault.New(fault.InUse, nil)
	}
	return &Session{opts: opts, home: home, keys: keysOf(opts), timer: presence.NewTimer(presence.SystemClock)}, nil
}

func keysOf(opts Options) *keys.Store {
	store := keys.Open(filepath.Join(opts.Home, "keys"), opts.Ring, opts.Cost)
	if opts.Plugins != nil {
		store.UsePlugins(opts.Plugins)
	}
	return store
}

// Unusable is a session of a data directory that cannot be taken: its phase is PhaseFailed, for reason, for good.
func Unusable(reason *fault.Fault) *Session { return &Session{unusable: reason} }

// Home returns the data directory.
func (s *Session) Home() string { return s.opts.Home }

// State returns the phase and, for PhaseFailed, the reason.
func (s *Session) State() (Phase, *fault.Fault) {
	if s.unusable != nil {
		return PhaseFailed, s.unusable
	}
	s.mu.Lock()
	ready := s.open != nil
	s.mu.Unlock()
	if ready {
		return PhaseReady, nil
	}
	exists, err := s.keys.Exists()
	switch {
	case err != nil:
		return PhaseFailed, fault.New(fault.KeysDamaged, err)
	case exists:
		return PhaseLocked, nil
	case s.hasData():
		return PhaseFailed, fault.New(fault.KeysMissing, nil)
	}
	return PhaseSetup, nil
}

// hasData tells whether there is anything that only existing keys can open.
func (s *Session) hasData() bool {
	for _, name := range []string{"history.db", "audit"} {
		if _, err := os.Lstat(filepath.Join(s.opts.Home, name)); err == nil {
			return true
		}
	}
	return false
}

// Setup makes the keys, seals the built-in model and opens the session. It wipes passphrase; nil makes keys that the
// desktop's keyring alone opens, where policy allows that. It never replaces keys and never makes new ones over existing data.
func (s *Session) Setup(ctx context.Context, passphrase *secret.Bytes) error {
	defer s.changed()
	defer passphrase.Wipe()
	s.life.Lock()
	defer s.life.Unlock()
	phase, failed := s.State()
	switch {
	case failed != nil:
		return failed
	case phase != PhaseSetup:
		return fault.New(fault.AlreadySetUp, nil)
	case passphrase == nil && s.Passphrase() != PassphraseOptional:
		return fault.New(fault.PassphraseNeeded, nil)
	case passphrase != nil && !Strength(string(passphrase.Expose())).Acceptable:
		return fault.New(fault.PassphraseWeak, nil)
	}
	var root *keys.Root
	var err error
	if passphrase == nil {
		root, err = s.keys.CreateKeyringOnly(ctx)
	} else {
		root, err = s.keys.Create(ctx, passphrase)
	}
	if err != nil {
		return keysFault(err)
	}
	return s.openWith(ctx, root, audit.Setup)
}

// Unlock opens the session. It wipes passphrase, and does not look at it where there is none (Passphrase). It does nothing when the session is open.
func (s *Session) Unlock(ctx context.Context, passphrase *secret.Bytes) error {
	defer s.changed()
	defer passphrase.Wipe()
	s.life.Lock()
	defer s.life.Unlock()
	phase, failed := s.State()
	switch {
	case failed != nil:
		return failed
	case phase == PhaseReady:
		return nil
	case phase == PhaseSetup:
		return fault.New(fault.NotSetUp, nil)
	}
	if err := mayTry(s.opts.Home, time.Now()); err != nil {
		return err
	}
	root, err := s.keys.Unlock(ctx, passphrase)
	if errors.Is(err, keys.ErrWrongPassphrase) {
		err = errors.Join(err, countFailedUnlock(s.opts.Home, time.Now()))
	}
	if err != nil {
		return keysFault(err)
	}
	return s.openWith(ctx, root, audit.Unlock)
}

// openWith opens the stores. Where it cannot, the session stays locked and a later Unlock tries again.
func (s *Session) openWith(ctx context.Context, root *keys.Root, action audit.Action) error {
	o, err := openStores(ctx, s.opts, root, action)
	if err != nil {
		return err
	}
	o.model.onChange = s.changed
	o.checkRecord(s.changed)
	s.mu.Lock()
	s.open, s.locking = o, false
	s.mu.Unlock()
	s.timer.Touch()
	return nil
}

// Lock stops a running answer, ends the engine, closes the stores and wipes the keys. It does nothing when locked. When
// it returns, and not before, the phase is PhaseLocked.
func (s *Session) Lock(ctx context.Context) error {
	s.life.Lock()
	defer s.life.Unlock()
	s.mu.Lock()
	o, turn := s.open, s.turn
	s.locking = true
	s.mu.Unlock()
	if o == nil {
		return nil
	}
	if turn != nil {
		turn.stop()
		select {
		case <-turn.done:
		case <-ctx.Done():
			o.model.Kill() // it did not stop in time: the turn then ends as failed
			<-turn.done
		}
	}
	err := o.close()
	s.mu.Lock()
	s.open = nil
	s.mu.Unlock()
	s.changed()
	return err
}

// Close locks and gives the data directory back.
func (s *Session) Close() error {
	if s.unusable != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err := s.LockFor(ctx, LockedByClose) // which cuts short what a command asked for
	s.mu.Lock()
	server := s.server
	s.server = nil
	s.mu.Unlock()
	return errors.Join(err, server.Close(), s.home.release())
}

// ready returns what is open, or fault.Locked.
func (s *Session) ready() (*open, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil || s.locking {
		return nil, fault.New(fault.Locked, nil)
	}
	return s.open, nil
}

func (s *Session) changed() {
	if s.opts.OnChange != nil {
		s.opts.OnChange()
	}
}

// actor is who the record names: the operating system's user.
func actor() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return fmt.Sprintf("uid %d", os.Getuid())
}
