package history

import (
	"context"
	"database/sql"
	"encoding/binary"
	"strconv"
	"strings"

	"subrosa/internal/secret"
)

// The tree of keys: the epoch key wraps each matter's and the desk's, a matter's key wraps its conversations', and a
// conversation's wraps its attachments'. All but the epoch key are random and lie here, wrapped. To destroy a key in
// every older copy of the file too, each key above it is replaced, and the epoch key with them: see erase.go.

// Epoch is one generation of the deletion-epoch key, 32 bytes.
type Epoch struct {
	Number uint64
	Key    *secret.Bytes
}

// Epochs keeps the deletion-epoch key outside of every file. The desktop keyring does.
type Epochs interface {
	// Epoch returns the key with this number.
	Epoch(number uint64) (*secret.Bytes, error)
	// Begin makes the key after inUse, 0 for the first, and keeps both. Called again, it returns the same.
	Begin(ctx context.Context, inUse uint64) (Epoch, error)
	// Commit forgets every key but keep, for good.
	Commit(ctx context.Context, keep uint64) error
}

func wrapMatterKey(epoch Epoch, id MatterID, key []byte) []byte {
	return seal(epoch.Key.Expose(), key, "matter key", string(id), number(epoch.Number))
}

func unwrapMatterKey(epoch Epoch, id MatterID, wrapped []byte) ([]byte, error) {
	return unseal(epoch.Key.Expose(), wrapped, "matter key", string(id), number(epoch.Number))
}

func wrapDeskKey(epoch Epoch, key []byte) []byte {
	return seal(epoch.Key.Expose(), key, "desk key", number(epoch.Number))
}

func unwrapDeskKey(epoch Epoch, wrapped []byte) ([]byte, error) {
	return unseal(epoch.Key.Expose(), wrapped, "desk key", number(epoch.Number))
}

func wrapConversationKey(matterKey []byte, id ConversationID, key []byte) []byte {
	return seal(matterKey, key, "conversation key", string(id))
}

func unwrapConversationKey(matterKey []byte, id ConversationID, wrapped []byte) ([]byte, error) {
	return unseal(matterKey, wrapped, "conversation key", string(id))
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

func sealTitle(key []byte, id ConversationID, title string) []byte {
	return seal(key, []byte(title), "title", string(id))
}

func unsealTitle(key []byte, id ConversationID, sealed []byte) (string, error) {
	title, err := unseal(key, sealed, "title", string(id))
	return string(title), err
}

// sealMessage keeps the text and the salt of its commitment together: they live and go together.
func sealMessage(key []byte, m Message) []byte {
	plain := append(m.Salt[:], m.Whole()...)
	return seal(key, plain, "message", string(m.Conversation), string(m.ID), string(m.Role))
}

// unsealMessage fills in m's Salt, Text and Reasoning.
func unsealMessage(key []byte, m *Message, sealed []byte) error {
	if m.Status == Erased {
		return nil
	}
	plain, err := unseal(key, sealed, "message", string(m.Conversation), string(m.ID), string(m.Role))
	if err != nil {
		return err
	}
	n := copy(m.Salt[:], plain)
	m.Text = string(plain[n:])
	if m.Role == Assistant {
		m.Text, m.Reasoning, _ = strings.Cut(m.Text, beforeReasoning)
	}
	return nil
}

// matterKeys unwraps matters' keys, each once.
type matterKeys struct {
	epoch Epoch
	open  map[MatterID][]byte
}

func (s *Store) matterKeys() *matterKeys {
	return &matterKeys{epoch: s.currentEpoch(), open: map[MatterID][]byte{}}
}

func (k *matterKeys) key(id MatterID, wrapped []byte) ([]byte, error) {
	if key, ok := k.open[id]; ok {
		return key, nil
	}
	key, err := unwrapMatterKey(k.epoch, id, wrapped)
	if err == nil {
		k.open[id] = key
	}
	return key, err
}

// conversationKey is a conversation's key, and where it stands.
type conversationKey struct {
	seq    int64
	matter int64
	id     ConversationID
	key    []byte
}

// keyOf unwraps a conversation's key. ErrNotFound where there is no such conversation.
func (s *Store) keyOf(ctx context.Context, q querier, id ConversationID) (conversationKey, error) {
	return s.keyWhere(ctx, q, `c.id = ?`, id)
}

func (s *Store) keyWhere(ctx context.Context, q querier, where string, arg any) (conversationKey, error) {
	var c conversationKey
	var matter MatterID
	var matterKey, key []byte
	err := q.QueryRowContext(ctx, `SELECT c.seq, c.id, c.key, m.seq, m.id, m.key FROM conversation c JOIN matter m ON m.seq = c.matter WHERE `+where, arg).
		Scan(&c.seq, &c.id, &key, &c.matter, &matter, &matterKey)
	if err != nil {
		return c, err
	}
	above, err := unwrapMatterKey(s.currentEpoch(), matter, matterKey)
	if err != nil {
		return c, err
	}
	defer clear(above)
	c.key, err = unwrapConversationKey(above, c.id, key)
	return c, err
}

// openMatterKey unwraps a matter's key.
func (s *Store) openMatterKey(ctx context.Context, q querier, id MatterID) (seq int64, key []byte, err error) {
	var wrapped []byte
	if err := q.QueryRowContext(ctx, `SELECT seq, key FROM matter WHERE id = ?`, id).Scan(&seq, &wrapped); err != nil {
		return 0, nil, err
	}
	key, err = unwrapMatterKey(s.currentEpoch(), id, wrapped)
	return seq, key, err
}

func (s *Store) deskKey(ctx context.Context, q querier) ([]byte, error) {
	var wrapped []byte
	if err := q.QueryRowContext(ctx, `SELECT desk_key FROM state`).Scan(&wrapped); err != nil {
		return nil, err
	}
	return unwrapDeskKey(s.currentEpoch(), wrapped)
}

// currentEpoch returns the epoch key in use. Callers hold s.mu: Erase replaces the key.
func (s *Store) currentEpoch() Epoch { return s.epoch }

// setEpoch takes a copy of e's key and wipes the one before. Callers hold s.mu for writing, or are alone.
func (s *Store) setEpoch(e Epoch) {
	own := Epoch{Number: e.Number, Key: secret.New(append([]byte(nil), e.Key.Expose()...))}
	s.epoch.Key.Wipe()
	s.epoch = own
}

// tx is a change of the history under way.
type tx = *sql.Tx

// change runs f in a transaction that raises the generation: all of it is durable when change returns nil, or nothing.
func (s *Store) change(ctx context.Context, what string, f func(tx) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.changeLocked(ctx, what, f)
}

func (s *Store) changeLocked(ctx context.Context, what string, f func(tx) error) error {
	return s.inTx(ctx, what, func(t tx) error {
		if err := execOne(ctx, t, "", `UPDATE state SET generation = generation + 1`); err != nil {
			return err
		}
		return f(t)
	})
}

// read runs f while no erasure replaces the keys.
func (s *Store) read(what string, f func(querier) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return wrap(what, f(s.db))
}

func chunkPlace(name, id string, number int, last bool) []string {
	var n [5]byte
	binary.BigEndian.PutUint32(n[:], uint32(number))
	if last {
		n[4] = 1
	}
	return []string{name + " chunk", id, string(n[:])}
}
