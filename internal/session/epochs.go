package session

import (
	"context"
	"errors"

	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/keys"
	"subrosa/internal/secret"
)

// epochs lets the history use the deletion-epoch key that the desktop keyring holds.
type epochs struct{ root *keys.Root }

// Epoch returns the key with this number. Where a younger one is there instead, the history is an older copy.
func (e epochs) Epoch(number uint64) (*secret.Bytes, error) {
	key, err := e.root.Epoch(number)
	if errors.Is(err, keys.ErrEpochLost) {
		for _, other := range e.root.Epochs() {
			if other.Generation > number {
				return nil, errors.Join(keys.ErrEpochAhead, err)
			}
		}
	}
	return key, err
}

func (e epochs) Begin(ctx context.Context, inUse uint64) (history.Epoch, error) {
	next, err := e.root.BeginEpochRotation(ctx, inUse)
	return history.Epoch{Number: next.Generation, Key: next.Key}, err
}

func (e epochs) Commit(ctx context.Context, keep uint64) error {
	return e.root.CommitEpochRotation(ctx, keep)
}

// openFault is about opening the history, or erasing from it, which both need the keyring.
func openFault(err error) error {
	var unfinished *history.EpochError
	if errors.As(err, &unfinished) {
		return fault.New(fault.ErasureUnfinished, err)
	}
	for _, c := range []fault.Cause{
		{Err: keys.ErrEpochAhead, Code: fault.HistoryOlder},
		{Err: keys.ErrEpochLost, Code: fault.KeyringSecretLost},
		{Err: keys.ErrKeyringLocked, Code: fault.KeyringLocked},
		{Err: keys.ErrKeyringTimeout, Code: fault.KeyringTimeout},
		{Err: keys.ErrNoKeyring, Code: fault.KeyringMissing},
	} {
		if errors.Is(err, c.Err) {
			return fault.New(c.Code, err)
		}
	}
	return historyFault(err)
}
