package history

import (
	"context"
	"strings"
	"time"
)

// conversationColumns is what openConversation reads. The count comes from an index alone.
const conversationColumns = `c.id, m.id, m.key, c.key, c.title, c.created_at, c.updated_at,
	(SELECT count(*) FROM message WHERE conversation = c.seq), c.pinned,
	EXISTS (SELECT 1 FROM hold WHERE conversation = c.seq OR matter = c.matter),
	EXISTS (SELECT 1 FROM value WHERE conversation = c.seq AND kind = 'draft'),
	EXISTS (SELECT 1 FROM value WHERE conversation = c.seq AND kind = 'thinking')`

const fromConversation = ` FROM conversation c JOIN matter m ON m.seq = c.matter `

// conversationRow is a conversation before its title is opened.
type conversationRow struct {
	Conversation
	matterKey, key, title []byte
}

func scanConversation(row scanner) (conversationRow, error) {
	var c conversationRow
	var created, updated int64
	err := row.Scan(&c.ID, &c.Matter, &c.matterKey, &c.key, &c.title, &created, &updated, &c.Messages, &c.Pinned, &c.Held, &c.Draft, &c.Thinking)
	c.CreatedAt, c.UpdatedAt = time.UnixMicro(created).UTC(), time.UnixMicro(updated).UTC()
	return c, err
}

func (c conversationRow) open(keys *matterKeys) (Conversation, error) {
	above, err := keys.key(c.Matter, c.matterKey)
	if err != nil {
		return Conversation{}, err
	}
	key, err := unwrapConversationKey(above, c.ID, c.key)
	if err != nil {
		return Conversation{}, err
	}
	defer clear(key)
	c.Title, err = unsealTitle(key, c.ID, c.title)
	return c.Conversation, err
}

// readTitle opens a title, and turns the tokens in it back.
func (s *Store) readTitle(c conversationRow, keys *matterKeys, pseudonyms []byte) (string, error) {
	above, err := keys.key(c.Matter, c.matterKey)
	if err != nil {
		return "", err
	}
	key, err := unwrapConversationKey(above, c.ID, c.key)
	if err != nil {
		return "", err
	}
	defer clear(key)
	title, err := unsealTitle(key, c.ID, c.title)
	if err != nil {
		return "", err
	}
	read, err := s.reading(key, c.ID, pseudonyms)
	if err != nil {
		return "", err
	}
	return read(title), nil
}

// Conversations returns the list: the pinned first, then the one with the newest turn first.
func (s *Store) Conversations(ctx context.Context) ([]Conversation, error) {
	return s.List(ctx, Filter{})
}

// Filter narrows List.
type Filter struct {
	Matter MatterID  // empty: all
	Before time.Time // last used before this; zero: all. With Limit it pages through the list, the pinned left out
	Limit  int       // 0: all
}

// List returns conversations as Conversations does, narrowed.
func (s *Store) List(ctx context.Context, f Filter) ([]Conversation, error) {
	where, args := []string{"1"}, []any{}
	if f.Matter != "" {
		where, args = append(where, `m.id = ?`), append(args, f.Matter)
	}
	if !f.Before.IsZero() {
		where, args = append(where, `c.updated_at < ? AND c.pinned = 0`), append(args, f.Before.UnixMicro())
	}
	limit := -1
	if f.Limit > 0 {
		limit = f.Limit
	}
	return s.conversations(ctx, `WHERE `+strings.Join(where, " AND ")+` ORDER BY c.pinned DESC, c.updated_at DESC, c.seq DESC LIMIT ?`,
		append(args, limit)...)
}

func (s *Store) conversations(ctx context.Context, rest string, args ...any) ([]Conversation, error) {
	out := []Conversation{}
	err := s.read("list conversations", func(q querier) error {
		rows, err := queryAll(ctx, q, "", scanConversation, `SELECT `+conversationColumns+fromConversation+rest, args...)
		if err != nil {
			return err
		}
		keys := s.matterKeys()
		for _, row := range rows {
			c, err := row.open(keys)
			if err != nil {
				return err
			}
			out = append(out, c)
		}
		return nil
	})
	return out, err
}

// Conversation returns one row of the list.
func (s *Store) Conversation(ctx context.Context, id ConversationID) (c Conversation, err error) {
	err = s.read("read conversation", func(q querier) error {
		c, err = s.readConversation(ctx, q, id)
		return err
	})
	return c, err
}

func (s *Store) readConversation(ctx context.Context, q querier, id ConversationID) (Conversation, error) {
	row, err := queryOne(ctx, q, "", scanConversation, `SELECT `+conversationColumns+fromConversation+`WHERE c.id = ?`, id)
	if err != nil {
		return Conversation{}, err
	}
	return row.open(s.matterKeys())
}

// CreateConversation adds an empty conversation to a matter, General if none is named.
func (s *Store) CreateConversation(ctx context.Context, matter MatterID, title string) (Conversation, error) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	c := Conversation{ID: ConversationID(newID()), Matter: matter, Title: title, CreatedAt: now, UpdatedAt: now}
	if c.Matter == "" {
		c.Matter = General
	}
	err := s.change(ctx, "create conversation", func(t tx) error {
		_, err := s.insertConversation(ctx, t, c)
		return err
	})
	if err != nil {
		return Conversation{}, err
	}
	return c, nil
}

// insertConversation gives a new conversation its key.
func (s *Store) insertConversation(ctx context.Context, t tx, c Conversation) (conversationKey, error) {
	matter, matterKey, err := s.openMatterKey(ctx, t, c.Matter)
	if err != nil {
		return conversationKey{}, err
	}
	defer clear(matterKey)
	k := conversationKey{id: c.ID, matter: matter, key: newKey()}
	err = t.QueryRowContext(ctx, `INSERT INTO conversation (id, matter, key, title, named, pinned, changed, created_at, updated_at)
		VALUES (?, ?, ?, ?, 0, 0, (SELECT generation FROM state), ?, ?) RETURNING seq`, c.ID, matter, wrapConversationKey(matterKey, c.ID, k.key),
		sealTitle(k.key, c.ID, c.Title), c.CreatedAt.UnixMicro(), c.UpdatedAt.UnixMicro()).Scan(&k.seq)
	return k, err
}

// Rename changes the title; the conversation keeps its place in the list.
func (s *Store) Rename(ctx context.Context, id ConversationID, title string) error {
	err := s.change(ctx, "rename conversation", func(t tx) error {
		k, err := s.keyOf(ctx, t, id)
		if err != nil {
			return err
		}
		defer clear(k.key)
		return execOne(ctx, t, "", `UPDATE conversation SET title = ?, named = 1, changed = (SELECT generation FROM state) WHERE seq = ?`,
			sealTitle(k.key, id, title), k.seq)
	})
	if err == nil {
		s.index.poke()
	}
	return err
}

// Pin puts a conversation at the top of the list, or back.
func (s *Store) Pin(ctx context.Context, id ConversationID, pinned bool) error {
	return s.change(ctx, "pin conversation", func(t tx) error {
		return execOne(ctx, t, "", `UPDATE conversation SET pinned = ? WHERE id = ?`, pinned, id)
	})
}
