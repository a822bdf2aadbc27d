package history

import (
	"context"
	"time"
)

// Kind names what a value is. Kinds are stored by these words.
type Kind string

// The kinds of values.
const (
	Draft      Kind = "draft"      // a conversation's unsent text, or the new conversation's
	Pseudonyms Kind = "pseudonyms" // a conversation's map of pseudonyms
	Template   Kind = "template"   // the user's own, on the desk
	Thinking   Kind = "thinking"   // there where the model is to think in a conversation before it answers
)

// Tokens knows what the tokens in a conversation's texts stand for, by its Pseudonyms value. It must not fail for a value
// that it made.
type Tokens interface {
	// Reading returns what turns the tokens in a text back into values.
	Reading(table []byte) (func(text string) string, error)
	// Keep returns the table without the tokens that stand in none of the texts.
	Keep(table []byte, texts []string) ([]byte, error)
}

// reading opens a conversation's sealed Pseudonyms value, which may be none.
func (s *Store) reading(key []byte, id ConversationID, sealed []byte) (func(string) string, error) {
	if s.tokens == nil || sealed == nil {
		return func(text string) string { return text }, nil
	}
	table, err := unseal(key, sealed, "value", string(id), string(Pseudonyms))
	if err != nil {
		return nil, err
	}
	return s.tokens.Reading(table)
}

const sealedPseudonyms = `(SELECT value FROM value WHERE conversation = c.seq AND kind = 'pseudonyms')`

// setValue is SetValue in a change under way.
func setValue(ctx context.Context, t tx, k conversationKey, kind Kind, value []byte) error {
	if len(value) == 0 {
		_, err := t.ExecContext(ctx, `DELETE FROM value WHERE conversation = ? AND kind = ?`, k.seq, kind)
		return err
	}
	_, err := t.ExecContext(ctx, `INSERT INTO value (conversation, kind, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value`,
		k.seq, kind, seal(k.key, value, "value", string(k.id), string(kind)))
	return err
}

// Value returns what is kept with a conversation under its key, or ErrNotFound.
func (s *Store) Value(ctx context.Context, id ConversationID, kind Kind) (value []byte, err error) {
	err = s.read("read value", func(q querier) error {
		k, err := s.keyOf(ctx, q, id)
		if err != nil {
			return err
		}
		defer clear(k.key)
		sealed, err := queryOne(ctx, q, "", scanBytes, `SELECT value FROM value WHERE conversation = ? AND kind = ?`, k.seq, kind)
		if err != nil {
			return err
		}
		value, err = unseal(k.key, sealed, "value", string(id), string(kind))
		return err
	})
	return value, err
}

// SetValue keeps something with a conversation, under its key. An empty value is removed.
func (s *Store) SetValue(ctx context.Context, id ConversationID, kind Kind, value []byte) error {
	return s.change(ctx, "store value", func(t tx) error {
		k, err := s.keyOf(ctx, t, id)
		if err != nil {
			return err
		}
		defer clear(k.key)
		return setValue(ctx, t, k, kind, value)
	})
}

// DeskItem is something of the user's that belongs to no conversation.
type DeskItem struct {
	ID        string
	Value     []byte
	UpdatedAt time.Time
}

// Desk returns the items of a kind, in the order in which they were made.
func (s *Store) Desk(ctx context.Context, kind Kind) (items []DeskItem, err error) {
	err = s.read("read desk", func(q querier) error {
		key, err := s.deskKey(ctx, q)
		if err != nil {
			return err
		}
		defer clear(key)
		items, err = queryAll(ctx, q, "", func(row scanner) (DeskItem, error) {
			var i DeskItem
			var sealed []byte
			var updated int64
			if err := row.Scan(&i.ID, &sealed, &updated); err != nil {
				return i, err
			}
			i.UpdatedAt = time.UnixMicro(updated).UTC()
			var err error
			i.Value, err = unseal(key, sealed, "desk", string(kind), i.ID)
			return i, err
		}, `SELECT id, value, updated_at FROM desk WHERE kind = ? ORDER BY seq`, kind)
		return err
	})
	return items, err
}

// SetDesk stores an item. An empty value is removed.
func (s *Store) SetDesk(ctx context.Context, kind Kind, id string, value []byte) error {
	return s.change(ctx, "store on desk", func(t tx) error {
		if len(value) == 0 {
			_, err := t.ExecContext(ctx, `DELETE FROM desk WHERE kind = ? AND id = ?`, kind, id)
			return err
		}
		key, err := s.deskKey(ctx, t)
		if err != nil {
			return err
		}
		defer clear(key)
		_, err = t.ExecContext(ctx, `INSERT INTO desk (kind, id, value, updated_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (kind, id) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
			kind, id, seal(key, value, "desk", string(kind), id), time.Now().UnixMicro())
		return err
	})
}

func scanBytes(row scanner) ([]byte, error) {
	var b []byte
	err := row.Scan(&b)
	return b, err
}
