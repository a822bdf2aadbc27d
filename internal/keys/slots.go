package keys

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"subrosa/internal/atomicfile"
	"subrosa/internal/secret"
)

const (
	userSlotName  = "user"
	accountPrefix = "slot-"
	tempSuffix    = ".tmp" // what atomicfile leaves behind after a crash
)

// newSlot makes the user's slot around a root and puts its new half into the keyring; nil makes one without a passphrase.
// Nothing is written to a file: the slot exists once the caller has written it.
func (s *Store) newSlot(ctx context.Context, id []byte, number uint64, root []byte, passphrase *secret.Bytes, token *token) (*slot, error) {
	if !s.cost.valid() {
		return nil, ErrCost
	}
	sl := &slot{
		Version: fileVersion, ID: id, KDF: kdfPassphrase, Time: s.cost.Time, Memory: s.cost.MemoryKiB,
		Threads: s.cost.Threads, Salt: random(saltSize), Account: accountPrefix + rand.Text(), RootNumber: number,
	}
	var third []byte
	if token != nil {
		sealed, hardware, err := token.newPart(ctx, s.plugins)
		if err != nil {
			return nil, err
		}
		third, sl.Hardware = sealed, hardware
	}
	switch {
	case passphrase == nil:
		sl.Version, sl.KDF, sl.Time, sl.Memory, sl.Threads = fileVersion3, kdfNone, 0, 0, 0
	case number > 0 || token != nil:
		sl.Version = fileVersion2
	}
	defer clear(third)
	half := random(keySize)
	defer clear(half)
	if err := s.putHalf(ctx, sl.Account, half); err != nil {
		return nil, err
	}
	sl.Check = ringCheck(half, sl.Salt)
	kek := sl.kek(passphrase, half, third)
	defer clear(kek)
	sl.Root = seal(kek, root, sl.header())
	sl.Sum = sl.sum()
	return sl, nil
}

// openSlot returns the root that a slot seals.
func (s *Store) openSlot(ctx context.Context, sl *slot, passphrase *secret.Bytes) ([]byte, error) {
	half, err := s.getHalf(ctx, sl)
	if err != nil {
		return nil, err
	}
	defer clear(half)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var third []byte
	if sl.Hardware != nil {
		if third, err = sl.Hardware.open(ctx, s.plugins); err != nil {
			return nil, err
		}
		defer clear(third)
	}
	kek := sl.kek(passphrase, half, third)
	defer clear(kek)
	root, err := open(kek, sl.Root, sl.header())
	switch {
	case err != nil && sl.hasPassphrase():
		return nil, ErrWrongPassphrase
	case err != nil:
		return nil, &DamagedError{slotFile, "the sealed root key does not open"}
	}
	return root, nil
}

// userSlot returns the slot that belongs to the bundle's root: user.json or, after a rotation that was cut short past
// its commit, the next one beside it.
func (s *Store) userSlot(b *bundle) (*slot, error) {
	sl, err := s.readSlot(slotFile)
	if err == nil && (sl.RootNumber == b.RootNumber || !bytes.Equal(sl.ID, b.ID)) {
		return sl, nil
	}
	next, nextErr := s.readSlot(userSlotName + nextSuffix)
	switch {
	case nextErr == nil && next.RootNumber == b.RootNumber:
		return next, nil
	case err != nil:
		return nil, err
	case !errors.Is(nextErr, ErrNotSetUp):
		return nil, nextErr
	}
	return nil, &DamagedError{slotFile, "sealed for another root key"}
}

// SetPassphrase replaces the user's slot: a new passphrase and a new half in the keyring, around the same root. A token
// that the slot needs stays needed. After Recover it is what gives the user a way in again, and it puts the
// deletion-epoch key back into the keyring. Before the one write that counts the old slot opens, after it the new one.
func (r *Root) SetPassphrase(ctx context.Context, passphrase *secret.Bytes) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if passphrase.Len() == 0 {
		return ErrEmptyPassphrase
	}
	var keep *token
	if b, err := r.store.readBundle(r.id); err != nil {
		return err
	} else if sl, err := r.store.userSlot(b); err == nil && bytes.Equal(sl.ID, r.id) {
		keep = sl.token()
	}
	return r.replaceUser(ctx, passphrase, keep)
}

// DropHardware makes SetPassphrase forget the token, for a recovery whose reason is that it was lost.
func (r *Root) DropHardware(ctx context.Context, passphrase *secret.Bytes) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if passphrase.Len() == 0 {
		return ErrEmptyPassphrase
	}
	return r.replaceUser(ctx, passphrase, nil)
}

// RemovePassphrase takes the passphrase, which must be the one in use, off the user's slot: from then on the keyring alone
// opens it, or the keyring and the token. Whether that may be is the caller's to know. SetPassphrase gives it one again.
func (r *Root) RemovePassphrase(ctx context.Context, passphrase *secret.Bytes) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	sl, err := r.checkPassphrase(ctx, passphrase)
	if err != nil {
		return err
	}
	return r.replaceUser(ctx, nil, sl.token())
}

// token returns what the slot needs of one, nil for none.
func (sl *slot) token() *token {
	if sl.Hardware == nil {
		return nil
	}
	return &token{sl.Hardware.Recipient, sl.Hardware.Identity}
}

// SetHardware makes a token of an age plugin a third thing that the user's slot needs: recipient is what the plugin's
// secret is sealed to, identity the plugin's name for the token, which is no secret. The passphrase must be the one in
// use (ErrWrongPassphrase), and the token must answer now: a slot that would not open is never written.
func (r *Root) SetHardware(ctx context.Context, passphrase *secret.Bytes, recipient, identity string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	sl, err := r.checkPassphrase(ctx, passphrase)
	if err != nil {
		return err
	}
	return r.replaceUser(ctx, sl.kept(passphrase), &token{recipient, identity})
}

// kept is nil where the slot has no passphrase: a change of something else does not give it one.
func (sl *slot) kept(passphrase *secret.Bytes) *secret.Bytes {
	if !sl.hasPassphrase() {
		return nil
	}
	return passphrase
}

// RemoveHardware takes the token off the user's slot again. It needs the passphrase and the token once more.
func (r *Root) RemoveHardware(ctx context.Context, passphrase *secret.Bytes) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	sl, err := r.checkPassphrase(ctx, passphrase)
	if err != nil {
		return err
	}
	return r.replaceUser(ctx, sl.kept(passphrase), nil)
}

// CheckPassphrase answers nil, ErrWrongPassphrase, or what Unlock answers: nil for anything where the slot has no
// passphrase. It takes as long as an unlock.
func (r *Root) CheckPassphrase(ctx context.Context, passphrase *secret.Bytes) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, err := r.checkPassphrase(ctx, passphrase)
	return err
}

// checkPassphrase returns the slot that it opens.
func (r *Root) checkPassphrase(ctx context.Context, passphrase *secret.Bytes) (*slot, error) {
	b, err := r.store.readBundle(r.id)
	if err != nil {
		return nil, err
	}
	sl, err := r.store.userSlot(b)
	if err != nil {
		return nil, err
	}
	root, err := r.store.openSlot(ctx, sl, passphrase)
	if err != nil {
		return nil, err
	}
	defer clear(root)
	if subtle.ConstantTimeCompare(root, r.root.Expose()) != 1 {
		return nil, &DamagedError{slotFile, "seals another root key"}
	}
	return sl, nil
}

func (r *Root) replaceUser(ctx context.Context, passphrase *secret.Bytes, token *token) error {
	b, err := r.store.readBundle(r.id)
	if err != nil {
		return err
	}
	if err := r.storeEpochs(ctx); err != nil {
		return fmt.Errorf("replace the user's slot: %w", err)
	}
	sl, err := r.store.newSlot(ctx, r.id, b.RootNumber, r.root.Expose(), passphrase, token)
	if err != nil {
		return fmt.Errorf("replace the user's slot: %w", err)
	}
	sl.Stale = r.store.accounts()
	sl.Sum = sl.sum()
	if err := r.store.write(slotFile, sl); err != nil {
		// Whether the new file is the one on disk is open: its half stays, and opens nothing alone.
		return fmt.Errorf("replace the user's slot: %w", err)
	}
	r.token, r.bare = token != nil, passphrase == nil
	_ = r.store.tidy(ctx, b) // the change is through; Unlock tries the rest again
	return nil
}

// accounts returns the keyring accounts of the slot files that can still be read.
func (s *Store) accounts() []string {
	var list []string
	for _, file := range []string{slotFile, userSlotName + nextSuffix} {
		if sl, err := s.readSlot(file); err == nil {
			list = append(list, sl.Account)
			list = append(list, sl.Stale...)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// RotateRoot makes a new root key, seals it in every slot and wraps the bundle's keys under it. The keys in the bundle
// stay. The passphrase must be the one in use. Whoever kept an older copy of a slot file can open the older bundle with
// it, and not the new one.
//
// Every new slot file is written beside the one in use; then the bundle is replaced, which is the moment that counts;
// then the new files take their names. Unlock takes the file that belongs to the bundle it finds. A damaged recovery
// slot must be removed first.
func (r *Root) RotateRoot(ctx context.Context, passphrase *secret.Bytes) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	user, err := r.checkPassphrase(ctx, passphrase)
	if err != nil {
		return err
	}
	s := r.store
	old, err := s.readBundle(r.id)
	if err != nil {
		return err
	}
	slots, err := r.allRecoveries(old)
	if err != nil {
		return err
	}
	root := random(keySize)
	next, err := old.rewrap(r.root.Expose(), root)
	if err != nil {
		clear(root)
		return err
	}
	if err := r.writeNext(ctx, next, root, user, slots, passphrase); err != nil {
		clear(root)
		return fmt.Errorf("rotate the root key: %w", err)
	}
	if err := s.write(bundleFile, next); err != nil {
		clear(root)
		return fmt.Errorf("rotate the root key: %w", err)
	}
	r.root.Wipe()
	r.root = secret.New(root)
	_ = s.tidy(ctx, next) // the rotation is through; Unlock tries the rest again
	return nil
}

func (r *Root) writeNext(ctx context.Context, next *bundle, root []byte, user *slot, slots []*recovery, passphrase *secret.Bytes) error {
	for _, rec := range slots {
		if err := rec.sealTo(next.RootNumber, root, r.epochs); err != nil {
			return err
		}
		if err := r.store.write(rec.Slot+nextSuffix, rec); err != nil {
			return err
		}
	}
	stale := r.store.accounts()
	sl, err := r.store.newSlot(ctx, r.id, next.RootNumber, root, user.kept(passphrase), user.token())
	if err != nil {
		return err
	}
	sl.Stale = stale
	sl.Sum = sl.sum()
	return r.store.write(userSlotName+nextSuffix, sl)
}

// rewrap seals every key of the bundle under the next root.
func (b *bundle) rewrap(from, to []byte) (*bundle, error) {
	next, err := b.reseal(from, to, b.ID)
	if err != nil {
		return nil, err
	}
	next.RootNumber++
	next.finish()
	return next, nil
}

// reseal seals every key of the bundle anew, under a root and for a home.
func (b *bundle) reseal(from, to, id []byte) (*bundle, error) {
	next := *b
	next.ID = id
	next.Further = slices.Clone(b.Further)
	for i, l := range next.leaves() {
		old := wrapKey(from, l.label)
		plain, err := open(old, *b.leaves()[i].box, b.aad(l.label))
		clear(old)
		if err != nil {
			return nil, &DamagedError{bundleFile, "the sealed " + l.label + " key does not open"}
		}
		wrap := wrapKey(to, l.label)
		*l.box = seal(wrap, plain, next.aad(l.label))
		clear(wrap)
		clear(plain)
	}
	next.finish()
	return &next, nil
}

// tidy finishes what a change left to do, or what one that was cut short left behind: next files take their names or go,
// halves that no slot uses leave the keyring, and temporary files are removed. It may be called at any time; what it
// cannot do stays for the next time, and hurts nothing but that the keyring keeps an old half.
func (s *Store) tidy(ctx context.Context, b *bundle) error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("tidy keys: %w", err)
	}
	changed := false
	for _, e := range entries {
		path := filepath.Join(s.dir, e.Name())
		name, next := strings.CutSuffix(e.Name(), nextSuffix)
		switch {
		case strings.HasSuffix(e.Name(), tempSuffix):
			err = os.Remove(path)
		case next && s.belongs(e.Name(), b):
			err = os.Rename(path, filepath.Join(s.dir, name+slotSuffix))
		case next:
			err = os.Remove(path)
		default:
			continue
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("tidy keys: %w", err)
		}
		changed = true
	}
	if changed {
		if err := atomicfile.SyncDir(s.dir); err != nil {
			return fmt.Errorf("tidy keys: %w", err)
		}
	}
	return s.dropStale(ctx)
}

// belongs tells whether a next file is the one to use: it is for the bundle's root, and the file in its place is not.
func (s *Store) belongs(file string, b *bundle) bool {
	if file == userSlotName+nextSuffix {
		next, err := s.readSlot(file)
		now, nowErr := s.readSlot(slotFile)
		return err == nil && next.RootNumber == b.RootNumber && (nowErr != nil || now.RootNumber != b.RootNumber)
	}
	next, err := s.readRecovery(file)
	now, nowErr := s.readRecovery(strings.TrimSuffix(file, nextSuffix) + slotSuffix)
	return err == nil && next.RootNumber == b.RootNumber && (nowErr != nil || now.RootNumber != b.RootNumber)
}

// dropStale deletes the halves of slots that user.json replaced, and then forgets them.
func (s *Store) dropStale(ctx context.Context) error {
	sl, err := s.readSlot(slotFile)
	if err != nil || len(sl.Stale) == 0 {
		return err
	}
	for _, account := range sl.Stale {
		// The list is not sealed: whoever can write files must not make this delete anything else.
		if account == sl.Account || !strings.HasPrefix(account, accountPrefix) {
			continue
		}
		timed, cancel := context.WithTimeoutCause(ctx, ringTimeout, ErrKeyringTimeout)
		err := s.ring.Delete(timed, account)
		cancel()
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	sl.Stale = nil
	sl.Sum = sl.sum()
	return s.write(slotFile, sl)
}

func (s *Store) write(file string, v any) error {
	return atomicfile.Write(filepath.Join(s.dir, file), encode(v))
}

// finish sets what follows from the rest.
func (b *bundle) finish() {
	if b.RootNumber > 0 || len(b.Further) > 0 {
		b.Version, b.Sum = fileVersion2, nil
		sum := sha256.Sum256(encode(b))
		b.Sum = sum[:]
	}
}

// whole checks what finish set.
func (b *bundle) whole() bool {
	if b.Version == fileVersion {
		return b.RootNumber == 0 && len(b.Further) == 0 && b.Sum == nil
	}
	h := *b
	h.Sum = nil
	sum := sha256.Sum256(encode(&h))
	return bytes.Equal(sum[:], b.Sum)
}
