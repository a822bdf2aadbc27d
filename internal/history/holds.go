package history

import (
	"context"
	"time"
)

// Hold forbids erasing a conversation, or a matter and everything in it. Its reason is not sealed under their keys: it
// must not quote them.
type Hold struct {
	ID           HoldID
	Matter       MatterID       // or
	Conversation ConversationID // one of the two
	Reason       string
	AddedBy      string
	AddedAt      time.Time
}

// AddHold puts a hold on h.Matter or h.Conversation. ErrNotFound where it is not there.
func (s *Store) AddHold(ctx context.Context, h Hold) (Hold, error) {
	h.ID, h.AddedAt = HoldID(newID()), time.Now().UTC().Truncate(time.Microsecond)
	err := s.change(ctx, "add hold", func(t tx) error {
		table, id := "conversation", string(h.Conversation)
		if h.Matter != "" {
			table, id = "matter", string(h.Matter)
		}
		return execOne(ctx, t, "", `INSERT INTO hold (id, `+table+`, reason, added_by, added_at) SELECT ?, seq, ?, ?, ? FROM `+table+` WHERE id = ?`,
			h.ID, h.Reason, h.AddedBy, h.AddedAt.UnixMicro(), id)
	})
	if err != nil {
		return Hold{}, err
	}
	return h, nil
}

const selectHold = `SELECT h.id, coalesce(m.id, ''), coalesce(c.id, ''), h.reason, h.added_by, h.added_at
	FROM hold h LEFT JOIN matter m ON m.seq = h.matter LEFT JOIN conversation c ON c.seq = h.conversation `

func scanHold(row scanner) (Hold, error) {
	var h Hold
	var added int64
	err := row.Scan(&h.ID, &h.Matter, &h.Conversation, &h.Reason, &h.AddedBy, &added)
	h.AddedAt = time.UnixMicro(added).UTC()
	return h, err
}

// Holds returns them, oldest first.
func (s *Store) Holds(ctx context.Context) (holds []Hold, err error) {
	err = s.read("list holds", func(q querier) error {
		holds, err = queryAll(ctx, q, "", scanHold, selectHold+`ORDER BY h.seq`)
		return err
	})
	return holds, err
}

// Hold returns one.
func (s *Store) Hold(ctx context.Context, id HoldID) (h Hold, err error) {
	err = s.read("read hold", func(q querier) error {
		h, err = queryOne(ctx, q, "", scanHold, selectHold+`WHERE h.id = ?`, id)
		return err
	})
	return h, err
}

// LiftHold ends a hold. Who may do that is the caller's to check.
func (s *Store) LiftHold(ctx context.Context, id HoldID) error {
	return s.change(ctx, "lift hold", func(t tx) error {
		return execOne(ctx, t, "", `DELETE FROM hold WHERE id = ?`, id)
	})
}
