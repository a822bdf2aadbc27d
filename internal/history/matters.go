package history

import (
	"context"
	"time"
)

// General is the matter of conversations that were put into none. It has no name and is never deleted.
const General MatterID = "general"

// Matter is a folder of conversations with a key of its own.
type Matter struct {
	ID            MatterID
	Name          string // empty for General
	CreatedAt     time.Time
	RetentionDays int // conversations are erased so long after their last turn; 0: as the policy says
	Conversations int
	Held          bool
}

type matterRow struct {
	Matter
	key, name []byte
}

const matterColumns = `m.id, m.key, m.name, m.created_at, m.retention, (SELECT count(*) FROM conversation WHERE matter = m.seq),
	EXISTS (SELECT 1 FROM hold WHERE matter = m.seq)`

func scanMatter(row scanner) (matterRow, error) {
	var m matterRow
	var created int64
	err := row.Scan(&m.ID, &m.key, &m.name, &created, &m.RetentionDays, &m.Conversations, &m.Held)
	m.CreatedAt = time.UnixMicro(created).UTC()
	return m, err
}

func (m matterRow) open(keys *matterKeys) (Matter, error) {
	key, err := keys.key(m.ID, m.key)
	if err != nil {
		return Matter{}, err
	}
	name, err := unseal(key, m.name, "matter name", string(m.ID))
	m.Name = string(name)
	return m.Matter, err
}

func sealMatterName(key []byte, id MatterID, name string) []byte {
	return seal(key, []byte(name), "matter name", string(id))
}

// Matters returns them, General first, then in the order in which they were made.
func (s *Store) Matters(ctx context.Context) ([]Matter, error) {
	out := []Matter{}
	err := s.read("list matters", func(q querier) error {
		rows, err := queryAll(ctx, q, "", scanMatter, `SELECT `+matterColumns+` FROM matter m ORDER BY m.seq`)
		if err != nil {
			return err
		}
		keys := s.matterKeys()
		for _, row := range rows {
			m, err := row.open(keys)
			if err != nil {
				return err
			}
			out = append(out, m)
		}
		return nil
	})
	return out, err
}

// Matter returns one.
func (s *Store) Matter(ctx context.Context, id MatterID) (m Matter, err error) {
	err = s.read("read matter", func(q querier) error {
		row, err := queryOne(ctx, q, "", scanMatter, `SELECT `+matterColumns+` FROM matter m WHERE m.id = ?`, id)
		if err != nil {
			return err
		}
		m, err = row.open(s.matterKeys())
		return err
	})
	return m, err
}

// CreateMatter adds one.
func (s *Store) CreateMatter(ctx context.Context, name string) (Matter, error) {
	return s.AddMatter(ctx, NewMatterID(), name)
}

// NewMatterID is for a caller that records what it is about to do.
func NewMatterID() MatterID { return MatterID(newID()) }

// AddMatter is CreateMatter with an ID from NewMatterID.
func (s *Store) AddMatter(ctx context.Context, id MatterID, name string) (Matter, error) {
	m := Matter{ID: id, Name: name, CreatedAt: time.Now().UTC().Truncate(time.Microsecond)}
	err := s.change(ctx, "create matter", func(t tx) error { return insertMatter(ctx, t, s.currentEpoch(), m) })
	if err != nil {
		return Matter{}, err
	}
	return m, nil
}

func insertMatter(ctx context.Context, q querier, epoch Epoch, m Matter) error {
	key := newKey()
	defer clear(key)
	_, err := q.ExecContext(ctx, `INSERT INTO matter (id, key, name, retention, created_at) VALUES (?, ?, ?, ?, ?)`,
		m.ID, wrapMatterKey(epoch, m.ID, key), sealMatterName(key, m.ID, m.Name), m.RetentionDays, m.CreatedAt.UnixMicro())
	return err
}

// RenameMatter changes the name. ErrBuiltIn for General.
func (s *Store) RenameMatter(ctx context.Context, id MatterID, name string) error {
	if id == General {
		return wrap("rename matter", ErrBuiltIn)
	}
	return s.change(ctx, "rename matter", func(t tx) error {
		seq, key, err := s.openMatterKey(ctx, t, id)
		if err != nil {
			return err
		}
		defer clear(key)
		return execOne(ctx, t, "", `UPDATE matter SET name = ? WHERE seq = ?`, sealMatterName(key, id, name), seq)
	})
}

// SetRetention says after how many days without a turn a matter's conversations are erased; 0: as the policy says.
func (s *Store) SetRetention(ctx context.Context, id MatterID, days int) error {
	return s.change(ctx, "set retention", func(t tx) error {
		return execOne(ctx, t, "", `UPDATE matter SET retention = ? WHERE id = ?`, days, id)
	})
}

// Move puts conversations into another matter. Older copies of the file hold their keys under the matter that they leave:
// this is noted, and erasing one of them destroys that matter's older key too.
func (s *Store) Move(ctx context.Context, to MatterID, ids ...ConversationID) error {
	return s.change(ctx, "move conversation", func(t tx) error {
		matter, matterKey, err := s.openMatterKey(ctx, t, to)
		if err != nil {
			return err
		}
		defer clear(matterKey)
		for _, id := range ids {
			k, err := s.keyOf(ctx, t, id)
			if err != nil {
				return err
			}
			wrapped := wrapConversationKey(matterKey, id, k.key)
			clear(k.key)
			if k.matter == matter {
				continue
			}
			if _, err := t.ExecContext(ctx, `INSERT INTO lineage (conversation, matter) VALUES (?, ?) ON CONFLICT DO NOTHING`, k.seq, k.matter); err != nil {
				return err
			}
			if err := execOne(ctx, t, "", `UPDATE conversation SET matter = ?, key = ? WHERE seq = ?`, matter, wrapped, k.seq); err != nil {
				return err
			}
		}
		return nil
	})
}
