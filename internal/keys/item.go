package keys

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// MaxItem is how many bytes an Item holds: sealed and in base64 it must stay below the 2,560 bytes of Windows.
const MaxItem = 1800

// What an Item answers beside OSRing's errors.
var (
	// ErrItemForeign: what lies in the keyring was not written with this home's keys, or was changed.
	ErrItemForeign = errors.New("the keyring's item does not open with these keys")
	// ErrItemTooLarge: more than MaxItem bytes.
	ErrItemTooLarge = fmt.Errorf("more than %d bytes for a keyring item", MaxItem)
)

// Item is a small value of this home in the desktop keyring, sealed under a key from the bundle: who has the keyring
// alone can delete it or put an older one back, but neither read nor forge it. It survives a change of passphrase and a
// rotation of the root. It does not survive the loss of the keyring: then Get answers ErrNotFound, as before the first
// Set. Every call returns within 10 s.
type Item struct {
	ring    Ring
	account string
	key     []byte
}

// Item names one. The name is lower case, and the same name is the same item at every unlock.
func (r *Root) Item(name string) *Item { return r.item("item-" + name) }

func (r *Root) item(name string) *Item {
	return &Item{ring: r.store.ring, account: fmt.Sprintf("%s-%x", name, r.id), key: r.itemKey.Expose()}
}

// Get returns the value; ErrNotFound, ErrItemForeign, or one of OSRing's errors.
func (i *Item) Get(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, ringTimeout, ErrKeyringTimeout)
	defer cancel()
	box, err := i.ring.Get(ctx, i.account)
	if err != nil {
		return nil, err
	}
	plain, err := open(i.key, box, []byte(i.account))
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrItemForeign, i.account)
	}
	return plain, nil
}

// Set stores the value and reads it back: a keyring that forgets is found out here. It takes ownership of nothing.
func (i *Item) Set(ctx context.Context, value []byte) error {
	if len(value) > MaxItem {
		return ErrItemTooLarge
	}
	timed, cancel := context.WithTimeoutCause(ctx, ringTimeout, ErrKeyringTimeout)
	defer cancel()
	if err := i.ring.Set(timed, i.account, seal(i.key, value, []byte(i.account))); err != nil {
		return err
	}
	back, err := i.Get(ctx)
	defer clear(back)
	if errors.Is(err, ErrNotFound) || err == nil && !bytes.Equal(back, value) {
		return fmt.Errorf("%w: it forgot %s", ErrRingSecretLost, i.account)
	}
	return err
}

// Delete removes the value and makes sure that it is gone. It does nothing where there is none.
func (i *Item) Delete(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, ringTimeout, ErrKeyringTimeout)
	defer cancel()
	if err := i.ring.Delete(ctx, i.account); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	switch _, err := i.ring.Get(ctx, i.account); {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("the keyring kept %s", i.account)
}
