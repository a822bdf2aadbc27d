// Package keys opens the root key of one data directory: for its user by passphrase and desktop keyring together (and a
// hardware token, where one was added), for IT by an age identity.
//
// The files in the directory (0700; files 0600) are canonical JSON: a file whose bytes differ from what this package would
// write for the same values is damaged.
//
//	user.json        the user's slot: Argon2id parameters and salt, the keyring account, a check value for the
//	                 keyring's secret, the token's part if any, the sealed root key, and a SHA-256 against accidents
//	recovery-*.json  one slot for each of IT's age recipients: the root key and the deletion-epoch key, each an age
//	                 file, under a MAC of the root
//	bundle.json      the history key, the models' age identity, the record's seeds and the manifest key: each
//	                 random, each sealed under its own key derived from the root
//	*.next.json      a slot for the next root, during a rotation
//
// The keyring holds 32 random bytes under an account that is random per slot. The passphrase is NFKC-normalised. It also
// holds the deletion-epoch key (see Epoch) and small items of this home (see Item), sealed under a key from the bundle.
//
//	KEK  = HKDF-SHA256(Argon2id(passphrase, salt) || keyring secret [|| token's secret], salt, "subrosa keys v1 kek")
//	KEK  = HKDF-SHA256(keyring secret [|| token's secret], salt, "subrosa keys v1 kek without passphrase"), where it has none
//	root = 32 random bytes, sealed with XChaCha20-Poly1305 under KEK, slot header as associated data
//	leaf = sealed with XChaCha20-Poly1305 under HKDF-SHA256(root, "subrosa keys v1 wrap " + label)
//
// Argon2id: RFC 9106. HKDF: RFC 5869. XChaCha20-Poly1305: draft-irtf-cfrg-xchacha-03. age: C2SP age v1.
//
// Guarantee: neither the files nor the keyring alone help to open anything, and without a passphrase both together do.
// Whether there may be a slot without one is the caller's to decide. Each change has one write that counts, an
// atomic replacement of one file; before it the old state opens, after it the new one, and a process that is killed
// anywhere leaves one of the two. Create never touches a directory that has a slot, and nothing makes a new key in
// place of one that is lost. Damage is a *DamagedError, a keyring fault is a typed error within 5 s, and neither
// changes a byte.
//
// It does not judge passphrases, keep a record, lock the directory against a second process (the session does all three),
// or protect key material from a debugger. A recovery slot that somebody deletes is not missed here. Who kept a copy of
// a slot and of the bundle of its time, and can open the slot, has the bundle's keys for good: rotating the root shuts
// the slot out of later bundles and does not change those keys. Key bytes are wiped where Go allows it: the age
// identities are held by their own package, which has no wipe, and a keyring client's copy of the secret is a Go string.
package keys

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/subtle"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"filippo.io/age"

	"subrosa/internal/atomicfile"
	"subrosa/internal/secret"
)

const (
	slotFile   = "user.json"
	bundleFile = "bundle.json"

	fileVersion  = 1
	fileVersion2 = 2 // a file with one of the fields that version 1 did not have
	fileVersion3 = 3 // a user's slot without a passphrase
	keySize      = 32
	saltSize     = 16 // RFC 9106 section 3.1 recommends 16 bytes
	idSize       = 16
	maxFileSize  = 64 << 10
	maxSigners   = 200

	kdfPassphrase = "argon2id"
	kdfNone       = "none"

	kekInfo   = "subrosa keys v1 kek"
	checkInfo = "subrosa keys v1 ring check"
	wrapInfo  = "subrosa keys v1 wrap "
	itemInfo  = "subrosa keys v1 ring items"

	kekBareInfo = "subrosa keys v1 kek without passphrase"

	labelHistory  = "history"
	labelIdentity = "model identity"
	labelAudit    = "audit seed"
	labelManifest = "manifest"
)

// What Store answers. A caller branches on them with errors.Is.
var (
	// ErrExists: Create found a slot.
	ErrExists = errors.New("keys exist already")
	// ErrNotSetUp: Unlock found no slot.
	ErrNotSetUp = errors.New("no keys here")
	// ErrWrongPassphrase: the keyring's half is right, the passphrase is not.
	ErrWrongPassphrase = errors.New("wrong passphrase")
	// ErrRingSecretLost: the keyring answers, but holds no secret for this slot, or another one.
	ErrRingSecretLost = errors.New("the keyring does not hold this slot's secret")
	// ErrEmptyPassphrase: no passphrase, where one is wanted.
	ErrEmptyPassphrase = errors.New("empty passphrase")
	// ErrCost: Create was given Argon2id parameters outside the accepted bounds.
	ErrCost = errors.New("argon2id parameters out of bounds")
)

// DamagedError says which of the two files cannot be used.
type DamagedError struct {
	File   string // base name
	Reason string // never a file's content
}

func (e *DamagedError) Error() string { return "damaged key file " + e.File + ": " + e.Reason }

// Cost holds the parameters of Argon2id.
type Cost struct {
	Time      uint32 // passes, 1 to 16
	MemoryKiB uint32 // 8 per thread, to 1 GiB
	Threads   uint8  // lanes, 1 to 16
}

// DefaultCost is RFC 9106 section 4's second recommended option (3 passes, 4 lanes) with 256 MiB in place of 64:
// about 0.8 s on two cores.
var DefaultCost = Cost{Time: 3, MemoryKiB: 256 << 10, Threads: 4}

// TestCost is worthless against guessing: for tests alone.
var TestCost = Cost{Time: 1, MemoryKiB: 64, Threads: 1}

// The upper bounds keep a hostile slot file from claiming memory or hours.
func (c Cost) valid() bool {
	return c.Time >= 1 && c.Time <= 16 && c.Threads >= 1 && c.Threads <= 16 &&
		c.MemoryKiB >= 8*uint32(c.Threads) && c.MemoryKiB <= 1<<20
}

// Ring is a keyring: what the operating system keeps for a logged-in user. Get and Delete answer ErrNotFound for
// an account that is not there; Set overwrites.
type Ring interface {
	Get(ctx context.Context, account string) ([]byte, error)
	Set(ctx context.Context, account string, secret []byte) error
	Delete(ctx context.Context, account string) error
}

// Store is the keys directory. It holds no key material.
type Store struct {
	dir     string
	ring    Ring
	cost    Cost
	plugins *Plugins
}

// Open names the directory; it reads and creates nothing. cost is what new slots use; Unlock uses the slot's own.
func Open(dir string, ring Ring, cost Cost) *Store {
	return &Store{dir: dir, ring: ring, cost: cost, plugins: new(Plugins)}
}

// Root is what an unlock opens. Its methods return the key material itself, not copies: valid until Wipe. It is safe for
// concurrent use.
type Root struct {
	store *Store
	id    []byte // of the home

	history, manifest *secret.Bytes
	signers           []ed25519.PrivateKey
	identity          *age.X25519Identity
	itemKey           *secret.Bytes // seals keyring items

	mu       sync.Mutex // over what follows, and over every change of the files and the keyring
	root     *secret.Bytes
	epochs   []Epoch
	unstored []uint64 // generations that came from a recovery slot and are not in the keyring yet
	faults   []error  // recovery slots that are damaged
	token    bool     // the user's slot needs one
	bare     bool     // the user's slot needs no passphrase
}

// History returns the 32-byte key of the history database.
func (r *Root) History() *secret.Bytes { return r.history }

// ManifestKey returns the 32-byte HMAC key of model manifests.
func (r *Root) ManifestKey() *secret.Bytes { return r.manifest }

// AuditSigner returns the first key that signed the record: the record's name comes from it, and stays.
func (r *Root) AuditSigner() ed25519.PrivateKey { return r.signers[0] }

// AuditSigners returns every key of the record, the first one first. The last may be one that AddAuditSigner made and
// that the record has not come to use.
func (r *Root) AuditSigners() []ed25519.PrivateKey {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.signers)
}

// ModelIdentity returns the identity that models are sealed to.
func (r *Root) ModelIdentity() *age.X25519Identity { return r.identity }

// HasToken tells whether the user's slot needs a hardware token.
func (r *Root) HasToken() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.token
}

// HasPassphrase tells whether the user's slot needs a passphrase; without one the keyring (and the token) opens it.
func (r *Root) HasPassphrase() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.bare
}

// Locked tells whether the keys cannot be swapped out: those that open what is stored. The record's signing keys and the
// models' identity are in memory that the kernel may swap.
func (r *Root) Locked() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.root.Locked() && r.history.Locked() && r.manifest.Locked() && r.itemKey.Locked()
	for _, e := range r.epochs {
		all = all && e.Key.Locked()
	}
	return all
}

// Wipe overwrites the keys. It may be called more than once and on nil.
func (r *Root) Wipe() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.history.Wipe()
	r.manifest.Wipe()
	r.root.Wipe()
	r.itemKey.Wipe()
	for _, signer := range r.signers {
		clear(signer)
	}
	r.keepEpochs(func(Epoch) bool { return false })
	r.signers, r.identity = []ed25519.PrivateKey{nil}, nil
}

// Exists reports whether a slot is there. A bundle alone is what a crash during Create leaves: it opens nothing.
func (s *Store) Exists() (bool, error) {
	_, err := os.Lstat(filepath.Join(s.dir, slotFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for keys: %w", err)
	}
	return true, nil
}

// NeedsPassphrase tells whether Unlock will look at one: not where the user's slot can be read and has none.
func (s *Store) NeedsPassphrase() bool {
	sl, err := s.readSlot(slotFile)
	return err != nil || sl.hasPassphrase()
}

// Create makes new keys and leaves them open. The caller has made sure that no data exists that older keys
// protect. It answers ErrExists, and changes nothing, where a slot is there; a bundle without a slot is replaced.
// Keyring errors are those of OSRing. An error leaves no slot, unless the directory's fsync was what failed.
func (s *Store) Create(ctx context.Context, passphrase *secret.Bytes) (*Root, error) {
	if passphrase.Len() == 0 {
		return nil, ErrEmptyPassphrase
	}
	return s.create(ctx, passphrase)
}

// CreateKeyringOnly is Create for keys that need no passphrase: whoever has this desktop's keyring and the files has them.
func (s *Store) CreateKeyringOnly(ctx context.Context) (*Root, error) { return s.create(ctx, nil) }

func (s *Store) create(ctx context.Context, passphrase *secret.Bytes) (*Root, error) {
	switch exists, err := s.Exists(); {
	case err != nil:
		return nil, err
	case exists:
		return nil, ErrExists
	case !s.cost.valid():
		return nil, ErrCost
	}
	if err := s.makeDir(); err != nil {
		return nil, fmt.Errorf("create keys: %w", err)
	}
	id, root := random(idSize), random(keySize)
	sl, err := s.newSlot(ctx, id, 0, root, passphrase, nil)
	if err != nil {
		clear(root)
		return nil, fmt.Errorf("create keys: %w", err)
	}
	opened, err := s.writeFiles(sl, root)
	if err != nil {
		// With a slot on disk, however it came there, the keyring's half must stay.
		if exists, lookErr := s.Exists(); lookErr == nil && !exists {
			s.dropHalf(ctx, sl.Account)
		}
		return nil, fmt.Errorf("create keys: %w", err)
	}
	return opened, nil
}

// Unlock opens the keys. passphrase is not looked at where the slot has none. It answers ErrNotSetUp, *DamagedError, ErrRingSecretLost, ErrWrongPassphrase, ErrToken or one of
// OSRing's errors, and then has changed nothing. When it succeeds it finishes what a change that was cut short left.
func (s *Store) Unlock(ctx context.Context, passphrase *secret.Bytes) (*Root, error) {
	if exists, err := s.Exists(); err != nil || !exists {
		return nil, errors.Join(err, ErrNotSetUp)
	}
	b, err := s.readBundle(nil)
	if err != nil {
		return nil, err
	}
	sl, err := s.userSlot(b)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(sl.ID, b.ID) {
		return nil, &DamagedError{bundleFile, "belongs to another slot"}
	}
	root, err := s.openSlot(ctx, sl, passphrase)
	if err != nil {
		return nil, err
	}
	r, err := s.openBundle(b, root)
	if err != nil {
		return nil, err
	}
	r.token, r.bare = sl.Hardware != nil, !sl.hasPassphrase()
	if err := r.readEpochs(ctx); err != nil {
		r.Wipe()
		return nil, err
	}
	_ = s.tidy(ctx, b) // a disk that is full or read-only must not keep anybody out
	return r, r.checkSlots(b)
}

func (s *Store) makeDir() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	if err := os.Chmod(s.dir, 0o700); err != nil {
		return err
	}
	return atomicfile.SyncDir(filepath.Dir(s.dir))
}

// putHalf stores the ring's half and reads it back: a keyring that forgets must be found out before a slot exists.
func (s *Store) putHalf(ctx context.Context, account string, half []byte) error {
	ctx, cancel := context.WithTimeoutCause(ctx, ringTimeout, ErrKeyringTimeout)
	defer cancel()
	if err := s.ring.Set(ctx, account, half); err != nil {
		return err
	}
	back, err := s.ring.Get(ctx, account)
	defer clear(back)
	switch {
	case errors.Is(err, ErrNotFound), err == nil && !bytes.Equal(back, half):
		return ErrRingSecretLost
	default:
		return err
	}
}

// dropHalf tidies up after a Create that left no slot. What stays behind in the keyring opens nothing.
func (s *Store) dropHalf(ctx context.Context, account string) {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), ringTimeout, ErrKeyringTimeout)
	defer cancel()
	_ = s.ring.Delete(ctx, account)
}

func (s *Store) getHalf(ctx context.Context, sl *slot) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, ringTimeout, ErrKeyringTimeout)
	defer cancel()
	half, err := s.ring.Get(ctx, sl.Account)
	if errors.Is(err, ErrNotFound) {
		return nil, ErrRingSecretLost
	}
	if err != nil {
		return nil, err
	}
	if len(half) != keySize || subtle.ConstantTimeCompare(ringCheck(half, sl.Salt), sl.Check) != 1 {
		clear(half)
		return nil, ErrRingSecretLost
	}
	return half, nil
}

// writeFiles takes ownership of root.
func (s *Store) writeFiles(sl *slot, root []byte) (*Root, error) {
	b, err := newBundle(sl.ID, root)
	if err != nil {
		clear(root)
		return nil, err
	}
	opened, err := s.openBundle(b, root)
	if err != nil {
		return nil, err
	}
	for _, f := range []struct {
		name    string
		content any
	}{{bundleFile, b}, {slotFile, sl}} {
		if err := s.write(f.name, f.content); err != nil {
			opened.Wipe()
			return nil, err
		}
	}
	opened.bare = !sl.hasPassphrase()
	return opened, nil
}
