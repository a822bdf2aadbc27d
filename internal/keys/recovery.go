package keys

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"subrosa/internal/atomicfile"
	"subrosa/internal/secret"
)

const (
	recoveryPrefix = "recovery-"
	slotSuffix     = ".json"
	nextSuffix     = ".next.json"
	macInfo        = "subrosa keys v1 slot mac"
)

// What the recovery slots' methods answer. A caller branches on them with errors.Is.
var (
	// ErrRecipient: not an age recipient, classic ("age1...") or post-quantum hybrid ("age1pq1...").
	ErrRecipient = errors.New("not an age recipient")
	// ErrSlotExists: that recipient has a slot already.
	ErrSlotExists = errors.New("this recipient has a slot already")
	// ErrNoSlot: there is no slot of that name.
	ErrNoSlot = errors.New("no such slot")
	// ErrSlotNeeded: the user's own slot cannot be removed, only replaced.
	ErrSlotNeeded = errors.New("the user's slot cannot be removed")
	// ErrNoIdentityFits: none of the identities opens a recovery slot of this home.
	ErrNoIdentityFits = errors.New("no recovery slot opens with this identity")
)

// recovery is recovery-*.json: the root key and the deletion-epoch key, each an age file to one recipient. age refuses
// to mix classic and post-quantum recipients in one file, so each recipient has its own.
type recovery struct {
	Version    int    `json:"version"`
	ID         []byte `json:"id"`   // of the home
	Slot       string `json:"slot"` // the file's own name
	Recipient  string `json:"recipient"`
	Added      string `json:"added"` // RFC 3339, UTC
	RootNumber uint64 `json:"rootNumber,omitempty"`
	Root       []byte `json:"root"`
	Epochs     []byte `json:"epochs"`
	MAC        []byte `json:"mac,omitempty"` // HMAC-SHA256 under a key from the root: whoever cannot open the root cannot name another recipient
	Sum        []byte `json:"sum,omitempty"` // against accidents, for who has no root yet
}

func (rec *recovery) mac(root []byte) []byte {
	h := *rec
	h.MAC, h.Sum = nil, nil
	key := derive(root, nil, macInfo)
	defer clear(key)
	m := hmac.New(sha256.New, key)
	m.Write(encode(&h))
	return m.Sum(nil)
}

func (rec *recovery) sum() []byte {
	h := *rec
	h.Sum = nil
	sum := sha256.Sum256(encode(&h))
	return sum[:]
}

// sealTo fills the slot anew.
func (rec *recovery) sealTo(number uint64, root []byte, epochs []Epoch) error {
	to, err := parseRecipient(rec.Recipient)
	if err != nil {
		return err
	}
	rec.RootNumber = number
	if rec.Root, err = sealAge(to, root); err != nil {
		return err
	}
	return rec.sealEpochs(to, root, epochs)
}

func (rec *recovery) sealEpochs(to age.Recipient, root []byte, epochs []Epoch) error {
	var plain []byte
	for _, e := range epochs {
		plain = slices.Concat(plain, packEpoch(e))
	}
	defer clear(plain)
	var err error
	if rec.Epochs, err = sealAge(to, plain); err != nil {
		return err
	}
	rec.MAC = rec.mac(root)
	rec.Sum = rec.sum()
	return nil
}

func parseRecipient(s string) (age.Recipient, error) {
	if to, err := age.ParseX25519Recipient(s); err == nil {
		return to, nil
	}
	if to, err := age.ParseHybridRecipient(s); err == nil {
		return to, nil
	}
	return nil, ErrRecipient
}

func sealAge(to age.Recipient, plain []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	return out.Bytes(), err
}

func openAge(box []byte, identities ...age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(box), identities...)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, maxFileSize))
}

// SlotInfo describes one way into the home.
type SlotInfo struct {
	Name        string    // "user" or "recovery-" and eight hex digits
	Recipient   string    // of a recovery slot
	PostQuantum bool      // its recipient is a hybrid one
	Added       time.Time // a recovery slot; UTC
	Hardware    string    // the plugin's name, where the user's slot needs a token too
	Passphrase  bool      // the user's slot needs one
	Damaged     error     // *DamagedError, and then nothing else but Name is known
}

// Slots lists the ways in, the user's first. It needs no key, and so shows what the files say: Unlock is what checks
// that nobody else wrote them.
func (s *Store) Slots() ([]SlotInfo, error) {
	user := SlotInfo{Name: userSlotName}
	sl, err := s.readSlot(slotFile)
	if errors.Is(err, ErrNotSetUp) {
		return nil, err
	}
	if user.Damaged = err; err == nil {
		user.Passphrase = sl.hasPassphrase()
	}
	if err == nil && sl.Hardware != nil {
		user.Hardware = sl.Hardware.plugin()
	}
	list := []SlotInfo{user}
	names, err := s.recoveryNames()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		info := SlotInfo{Name: name}
		rec, err := s.readRecovery(name + slotSuffix)
		if info.Damaged = err; err == nil {
			info.Recipient, info.PostQuantum = rec.Recipient, strings.HasPrefix(rec.Recipient, "age1pq1")
			info.Added, _ = time.Parse(time.RFC3339, rec.Added) // checked by readRecovery
		}
		list = append(list, info)
	}
	return list, nil
}

func (s *Store) recoveryNames() ([]string, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, fmt.Errorf("list slots: %w", err)
	}
	var names []string
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), slotSuffix)
		if ok && strings.HasPrefix(name, recoveryPrefix) && !strings.HasSuffix(e.Name(), nextSuffix) {
			names = append(names, name)
		}
	}
	return names, nil
}

// readRecovery reads one file and checks what can be checked without the root.
func (s *Store) readRecovery(file string) (*recovery, error) {
	rec := new(recovery)
	if err := s.read(file, rec); err != nil {
		return nil, err
	}
	_, when := time.Parse(time.RFC3339, rec.Added)
	_, to := parseRecipient(rec.Recipient)
	name := strings.TrimSuffix(strings.TrimSuffix(file, nextSuffix), slotSuffix)
	switch {
	case !bytes.Equal(rec.Sum, rec.sum()):
		return nil, &DamagedError{file, "checksum does not match"}
	case rec.Version != fileVersion:
		return nil, &DamagedError{file, "unknown version"}
	case rec.Slot != name, when != nil, to != nil, len(rec.ID) != idSize:
		return nil, &DamagedError{file, "a field is wrong"}
	}
	return rec, nil
}

// recoveryOf returns the file of a slot that belongs to the bundle's root.
func (s *Store) recoveryOf(name string, b *bundle) (*recovery, error) {
	rec, err := s.readRecovery(name + slotSuffix)
	if err == nil && rec.RootNumber == b.RootNumber {
		return rec, nil
	}
	next, nextErr := s.readRecovery(name + nextSuffix)
	switch {
	case nextErr == nil && next.RootNumber == b.RootNumber:
		return next, nil
	case err != nil:
		return nil, err
	case !errors.Is(nextErr, fs.ErrNotExist):
		return nil, nextErr
	}
	return nil, &DamagedError{name + slotSuffix, "sealed for another root key"}
}

// recoveries returns every recovery slot, checked under the root. What is wrong with some comes beside the good ones.
func (r *Root) recoveries(b *bundle) (good []*recovery, bad []error, err error) {
	names, err := r.store.recoveryNames()
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		rec, err := r.store.recoveryOf(name, b)
		if err == nil && (!bytes.Equal(rec.ID, r.id) || !hmac.Equal(rec.MAC, rec.mac(r.root.Expose()))) {
			err = &DamagedError{name + slotSuffix, "not written by this home"}
		}
		var damaged *DamagedError
		switch {
		case errors.As(err, &damaged):
			bad = append(bad, err)
		case err != nil:
			return nil, nil, err
		default:
			good = append(good, rec)
		}
	}
	return good, bad, nil
}

// allRecoveries is for changes that must reach every slot: one that is damaged has to be removed first.
func (r *Root) allRecoveries(b *bundle) ([]*recovery, error) {
	good, bad, err := r.recoveries(b)
	return good, errors.Join(append(bad, err)...)
}

// AddRecovery makes a slot for one of IT's age recipients: its identity then opens the home without passphrase and
// keyring. It answers ErrRecipient, ErrSlotExists, or what a write answers; an error leaves no slot.
func (r *Root) AddRecovery(recipient string) (SlotInfo, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := parseRecipient(recipient); err != nil {
		return SlotInfo{}, err
	}
	b, err := r.store.readBundle(r.id)
	if err != nil {
		return SlotInfo{}, err
	}
	now := time.Now().UTC().Truncate(time.Second)
	rec := &recovery{
		Version: fileVersion, ID: r.id, Slot: recoveryName(recipient),
		Recipient: recipient, Added: now.Format(time.RFC3339),
	}
	if r.HasRecovery(recipient) {
		return SlotInfo{}, fmt.Errorf("%w: %s", ErrSlotExists, rec.Slot)
	}
	if err := rec.sealTo(b.RootNumber, r.root.Expose(), r.epochs); err != nil {
		return SlotInfo{}, err
	}
	if err := r.store.write(rec.Slot+slotSuffix, rec); err != nil {
		return SlotInfo{}, err
	}
	return SlotInfo{Name: rec.Slot, Recipient: recipient, PostQuantum: strings.HasPrefix(recipient, "age1pq1"), Added: now}, nil
}

// HasRecovery tells whether a recipient has a slot, damaged or not.
func (r *Root) HasRecovery(recipient string) bool {
	_, err := os.Lstat(filepath.Join(r.store.dir, recoveryName(recipient)+slotSuffix))
	return err == nil
}

func recoveryName(recipient string) string {
	sum := sha256.Sum256([]byte(recipient))
	return recoveryPrefix + hex.EncodeToString(sum[:4])
}

// RemoveRecovery removes a recovery slot, a damaged one too. Who kept a copy of its file still opens this root with it:
// RotateRoot shuts that out.
func (r *Root) RemoveRecovery(name string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if name == userSlotName {
		return ErrSlotNeeded
	}
	names, err := r.store.recoveryNames()
	if err != nil {
		return err
	}
	if !slices.Contains(names, name) {
		return fmt.Errorf("%w: %q", ErrNoSlot, name)
	}
	// The next one first: alone it would be found by nobody, but it holds what the other holds.
	for _, file := range []string{name + nextSuffix, name + slotSuffix} {
		if err := os.Remove(filepath.Join(r.store.dir, file)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove slot: %w", err)
		}
	}
	r.faults = slices.DeleteFunc(r.faults, func(err error) bool {
		var d *DamagedError
		return errors.As(err, &d) && strings.HasPrefix(d.File, name+".")
	})
	return atomicfile.SyncDir(r.store.dir)
}

// sealEpochs gives every recovery slot the generations in list.
func (r *Root) sealEpochs(list []Epoch) error {
	b, err := r.store.readBundle(r.id)
	if err != nil {
		return err
	}
	slots, err := r.allRecoveries(b)
	if err != nil {
		return err
	}
	for _, rec := range slots {
		to, err := parseRecipient(rec.Recipient)
		if err != nil {
			return err
		}
		if err := rec.sealEpochs(to, r.root.Expose(), list); err != nil {
			return err
		}
		if err := r.store.write(rec.Slot+slotSuffix, rec); err != nil {
			return err
		}
	}
	return nil
}

// Recover opens the home with IT's identity, without passphrase and keyring. It answers ErrNoIdentityFits, *DamagedError,
// or a keyring fault other than a missing secret, and changes nothing. Where the keyring is not there at all, the
// deletion-epoch key comes from the slot. SetPassphrase then makes a new user's slot.
func (s *Store) Recover(ctx context.Context, identities ...age.Identity) (*Root, error) {
	names, err := s.recoveryNames()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotSetUp
	}
	if err != nil {
		return nil, err
	}
	b, err := s.readBundle(nil)
	if err != nil {
		return nil, err
	}
	rec, root, err := s.openRecovery(names, b, identities)
	if err != nil {
		return nil, err
	}
	r, err := s.openBundle(b, root)
	if err != nil {
		return nil, err
	}
	if err := r.recoverEpochs(ctx, rec, identities); err != nil {
		r.Wipe()
		return nil, err
	}
	return r, r.checkSlots(b)
}

// openRecovery returns the first slot that one of the identities opens, and the root key in it.
func (s *Store) openRecovery(names []string, b *bundle, identities []age.Identity) (*recovery, []byte, error) {
	var faults []error
	for _, name := range names {
		rec, err := s.recoveryOf(name, b)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		root, err := openAge(rec.Root, identities...)
		if err != nil || len(root) != keySize {
			if _, other := errors.AsType[*age.NoIdentityMatchError](err); !other {
				faults = append(faults, &DamagedError{name + slotSuffix, "the sealed root key does not open"})
			}
			continue
		}
		if !hmac.Equal(rec.MAC, rec.mac(root)) || !bytes.Equal(rec.ID, b.ID) {
			clear(root)
			faults = append(faults, &DamagedError{name + slotSuffix, "not written by this home"})
			continue
		}
		return rec, root, nil
	}
	return nil, nil, errors.Join(append(faults, ErrNoIdentityFits)...)
}

// Rehome makes the keys directory dir, a copy that no program has open, a home of its own: another ID, so that what it will
// keep in a keyring stands beside what the original keeps there. It needs IT's identity, asks no keyring, and changes no
// key. The user's slot then opens with nothing: Recover and SetPassphrase come next. It is not crash-safe: who calls it
// throws the copy away where it fails.
func Rehome(dir string, identities ...age.Identity) error {
	s := Open(dir, nil, DefaultCost)
	names, err := s.recoveryNames()
	if err != nil {
		return err
	}
	b, err := s.readBundle(nil)
	if err != nil {
		return err
	}
	rec, root, err := s.openRecovery(names, b, identities)
	if err != nil {
		return err
	}
	defer clear(root)
	r, err := s.openBundle(b, bytes.Clone(root))
	if err != nil {
		return err
	}
	defer r.Wipe()
	if err := r.slotEpochs(rec, identities); err != nil {
		return err
	}
	slots, _, err := r.recoveries(b) // a damaged one stays, and stays damaged
	if err != nil {
		return err
	}
	next, err := b.reseal(root, root, random(idSize))
	if err != nil {
		return err
	}
	if err := s.write(bundleFile, next); err != nil {
		return err
	}
	for _, rec := range slots {
		rec.ID = next.ID
		if err := rec.sealTo(b.RootNumber, root, r.epochs); err != nil {
			return err
		}
		if err := s.write(rec.Slot+slotSuffix, rec); err != nil {
			return err
		}
	}
	if sl, err := s.userSlot(b); err == nil { // what it says of a token stays
		sl.ID, sl.Account, sl.Stale = next.ID, accountPrefix+rand.Text(), nil
		sl.Sum = sl.sum()
		if err := s.write(slotFile, sl); err != nil {
			return err
		}
	}
	return s.dropNext()
}

// dropNext removes what a rotation that was cut short left.
func (s *Store) dropNext() error {
	entries, err := os.ReadDir(s.dir)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), nextSuffix) {
			err = errors.Join(err, os.Remove(filepath.Join(s.dir, e.Name())))
		}
	}
	return err
}

// recoverEpochs takes the generations from the keyring, where it has them, and from the slot what the keyring lacks.
func (r *Root) recoverEpochs(ctx context.Context, rec *recovery, identities []age.Identity) error {
	if err := r.readEpochs(ctx); err != nil && !errors.Is(err, ErrNoKeyring) {
		return err
	}
	return r.slotEpochs(rec, identities)
}

// slotEpochs takes the generations from a slot, but those in whose place there is one already.
func (r *Root) slotEpochs(rec *recovery, identities []age.Identity) error {
	plain, err := openAge(rec.Epochs, identities...)
	defer clear(plain)
	if err != nil || len(plain)%(8+keySize) != 0 {
		return &DamagedError{rec.Slot + slotSuffix, "the sealed deletion-epoch key does not open"}
	}
	for part := range slices.Chunk(plain, 8+keySize) {
		e, ok := unpackEpoch(part)
		if !ok {
			return &DamagedError{rec.Slot + slotSuffix, "the sealed deletion-epoch key is malformed"}
		}
		taken := slices.ContainsFunc(r.epochs, func(have Epoch) bool { return have.Generation%2 == e.Generation%2 })
		if taken {
			e.Key.Wipe()
			continue
		}
		r.epochs = append(r.epochs, e)
		r.unstored = append(r.unstored, e.Generation)
	}
	sortEpochs(r.epochs)
	return nil
}

// storeEpochs puts into the keyring what came from a recovery slot.
func (r *Root) storeEpochs(ctx context.Context) error {
	for len(r.unstored) > 0 {
		generation := r.unstored[0]
		if key, err := r.epoch(generation); err == nil {
			if err := r.epochItem(generation).Set(ctx, packEpoch(Epoch{generation, key})); err != nil {
				return err
			}
		}
		r.unstored = r.unstored[1:]
	}
	return nil
}

// Damaged returns what Unlock or Recover found wrong with recovery slots, each a *DamagedError. The home opens all the
// same: such a slot would not help the day it is needed, and is to be removed and added again.
func (r *Root) Damaged() []error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.faults)
}

// checkSlots looks at the recovery slots and tidies up what a change that was cut short left.
func (r *Root) checkSlots(b *bundle) error {
	_, bad, err := r.recoveries(b)
	if err != nil {
		r.Wipe()
		return err
	}
	r.faults = bad
	return nil
}

// RootKey returns the 32-byte root itself: nothing but a proof that it is gone from memory needs it.
func (r *Root) RootKey() *secret.Bytes { return r.root }
