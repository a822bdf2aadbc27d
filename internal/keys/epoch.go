package keys

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"subrosa/internal/secret"
)

// What the deletion-epoch key's methods answer. A caller branches on them with errors.Is.
var (
	// ErrEpochLost: the keyring does not hold the generation that the data needs. Nothing makes a new one in its place.
	ErrEpochLost = errors.New("the keyring does not hold this generation of the deletion-epoch key")
	// ErrEpochAhead: the keyring holds a younger generation than the data could have led to: the data is an older copy.
	ErrEpochAhead = errors.New("the keyring is ahead of the data's generation of the deletion-epoch key")
)

// Epoch is one generation of the deletion-epoch key: 32 random bytes in the desktop keyring, that nothing else derives. No
// file has them but the recovery slots, which are written anew at every rotation: an older copy of such a slot gives a
// destroyed generation back to whoever has IT's identity, and to nobody else. Keys that must be destroyed for good are wrapped under it; whoever rotates it and wraps
// anew what shall live has destroyed the rest, in every older copy of the files too.
type Epoch struct {
	Generation uint64        // from 1
	Key        *secret.Bytes // valid until Wipe, or until CommitEpochRotation drops it
}

// Epochs returns the generations that the keyring held at unlock, the older first: none before the first rotation, one
// as a rule, two after a rotation that was cut short.
func (r *Root) Epochs() []Epoch {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.epochs)
}

// Epoch returns the key of one generation, or ErrEpochLost.
func (r *Root) Epoch(generation uint64) (*secret.Bytes, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.epoch(generation)
}

func (r *Root) epoch(generation uint64) (*secret.Bytes, error) {
	for _, e := range r.epochs {
		if e.Generation == generation {
			return e.Key, nil
		}
	}
	return nil, fmt.Errorf("%w: generation %d", ErrEpochLost, generation)
}

// BeginEpochRotation puts the generation after inUse into the keyring, beside the one in use, and returns it. inUse is
// what the data says it is wrapped under: 0 if it was never wrapped. The caller then wraps anew, notes the new
// generation in the same transaction, and calls CommitEpochRotation. A generation that an earlier rotation left behind
// before its transaction is returned again. It answers ErrEpochLost where the one in use is not there, ErrEpochAhead
// where a younger one is, or one of OSRing's errors; the one in use is never touched.
func (r *Root) BeginEpochRotation(ctx context.Context, inUse uint64) (Epoch, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if inUse > 0 {
		if _, err := r.epoch(inUse); err != nil {
			return Epoch{}, err
		}
	}
	next := Epoch{Generation: inUse + 1}
	for _, e := range r.epochs {
		switch {
		case e.Generation > next.Generation:
			return Epoch{}, fmt.Errorf("%w: generation %d, the data is at %d", ErrEpochAhead, e.Generation, inUse)
		case e.Generation == next.Generation:
			next.Key = e.Key
		}
	}
	if next.Key == nil {
		next.Key = secret.Random(keySize)
		if err := r.storeEpochs(ctx); err != nil {
			return Epoch{}, fmt.Errorf("begin epoch rotation: %w", err)
		}
		if err := r.epochItem(next.Generation).Set(ctx, packEpoch(next)); err != nil {
			next.Key.Wipe()
			return Epoch{}, fmt.Errorf("begin epoch rotation: %w", err)
		}
		// The new item took the place of the generation before the one in use, if a commit was cut short.
		r.keepEpochs(func(e Epoch) bool { return e.Generation == inUse })
		r.epochs = append(r.epochs, next)
	}
	// The keyring may be lost the moment after the data is wrapped anew: the recovery slots have the key before.
	if err := r.sealEpochs(r.epochs); err != nil {
		return Epoch{}, fmt.Errorf("begin epoch rotation: %w", err)
	}
	return next, nil
}

// CommitEpochRotation ends a rotation, or tidies up after one that was cut short: it deletes every generation but keep
// from the recovery slots and from the keyring, and makes sure that they are gone there. keep is what the data is wrapped under now. It does nothing when
// keep is alone.
func (r *Root) CommitEpochRotation(ctx context.Context, keep uint64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := r.epoch(keep); err != nil {
		return err
	}
	kept := slices.DeleteFunc(slices.Clone(r.epochs), func(e Epoch) bool { return e.Generation != keep })
	if len(kept) < len(r.epochs) {
		if err := r.sealEpochs(kept); err != nil {
			return fmt.Errorf("commit epoch rotation: %w", err)
		}
	}
	for _, e := range r.epochs {
		if e.Generation == keep {
			continue
		}
		if err := r.epochItem(e.Generation).Delete(ctx); err != nil {
			return fmt.Errorf("commit epoch rotation: %w", err)
		}
	}
	r.keepEpochs(func(e Epoch) bool { return e.Generation == keep })
	return nil
}

func (r *Root) keepEpochs(keep func(Epoch) bool) {
	r.epochs = slices.DeleteFunc(r.epochs, func(e Epoch) bool {
		if keep(e) {
			return false
		}
		e.Key.Wipe()
		return true
	})
}

// epochItem is where a generation lies. Two places take turns, so a new generation never overwrites the one in use.
func (r *Root) epochItem(generation uint64) *Item {
	return r.item(fmt.Sprintf("epoch-%d", generation%2))
}

// readEpochs looks into both places. What is there and does not open counts as lost.
func (r *Root) readEpochs(ctx context.Context) error {
	for place := range uint64(2) {
		plain, err := r.epochItem(place).Get(ctx)
		switch {
		case errors.Is(err, ErrNotFound), errors.Is(err, ErrItemForeign):
			continue
		case err != nil:
			return err
		}
		if e, ok := unpackEpoch(plain); ok && e.Generation%2 == place {
			r.epochs = append(r.epochs, e)
		}
		clear(plain)
	}
	sortEpochs(r.epochs)
	return nil
}

func sortEpochs(list []Epoch) {
	slices.SortFunc(list, func(a, b Epoch) int { return cmp.Compare(a.Generation, b.Generation) })
}

func packEpoch(e Epoch) []byte {
	return append(binary.BigEndian.AppendUint64(make([]byte, 0, 8+keySize), e.Generation), e.Key.Expose()...)
}

func unpackEpoch(b []byte) (Epoch, bool) {
	if len(b) != 8+keySize {
		return Epoch{}, false
	}
	e := Epoch{Generation: binary.BigEndian.Uint64(b), Key: secret.New(slices.Clone(b[8:]))}
	return e, e.Generation > 0
}
