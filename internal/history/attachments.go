package history

import (
	"context"
	"encoding/json"
	"io"
	"time"
)

// chunkSize is how much of an attachment is sealed at a time, bytes.
const chunkSize = 256 << 10

// Attachment describes one. Its content is read with OpenAttachment.
type Attachment struct {
	ID           AttachmentID   `json:"-"`
	Conversation ConversationID `json:"-"`
	Message      MessageID      `json:"-"` // empty while it waits with the draft
	Name         string         `json:"name"`
	MediaType    string         `json:"mediaType"`
	Size         int64          `json:"size"` // bytes
	CreatedAt    time.Time      `json:"-"`
}

// AddAttachment stores what r holds, to wait with the conversation's draft. ErrTooLarge for more than limit bytes.
func (s *Store) AddAttachment(ctx context.Context, id ConversationID, name, mediaType string, r io.Reader, limit int64) (Attachment, error) {
	a := Attachment{
		ID: AttachmentID(newID()), Conversation: id, Name: name, MediaType: mediaType,
		CreatedAt: time.Now().UTC().Truncate(time.Microsecond),
	}
	err := s.change(ctx, "add attachment", func(t tx) error {
		k, err := s.keyOf(ctx, t, id)
		if err != nil {
			return err
		}
		defer clear(k.key)
		key := newKey()
		defer clear(key)
		var seq int64
		err = t.QueryRowContext(ctx, `INSERT INTO attachment (id, conversation, key, about, created_at) VALUES (?, ?, ?, x'', ?) RETURNING seq`,
			a.ID, k.seq, seal(k.key, key, "attachment key", string(a.ID)), a.CreatedAt.UnixMicro()).Scan(&seq)
		if err != nil {
			return err
		}
		if a.Size, err = (chunks{"attachment", string(a.ID), seq, key}).store(ctx, t, io.LimitReader(r, limit+1)); err != nil {
			return err
		}
		if a.Size > limit {
			return ErrTooLarge
		}
		about, err := json.Marshal(a)
		if err != nil {
			return err
		}
		return execOne(ctx, t, "", `UPDATE attachment SET about = ? WHERE seq = ?`, seal(key, about, "attachment", string(a.ID)), seq)
	})
	if err != nil {
		return Attachment{}, err
	}
	return a, nil
}

type attachmentRow struct {
	Attachment
	seq        int64
	key, about []byte
}

func scanAttachment(row scanner) (attachmentRow, error) {
	var a attachmentRow
	var created int64
	err := row.Scan(&a.seq, &a.ID, &a.Conversation, &a.Message, &a.key, &a.about, &created)
	a.CreatedAt = time.UnixMicro(created).UTC()
	return a, err
}

const selectAttachment = `SELECT a.seq, a.id, c.id, coalesce(m.id, ''), a.key, a.about, a.created_at FROM attachment a
	JOIN conversation c ON c.seq = a.conversation LEFT JOIN message m ON m.seq = a.message `

// open returns the attachment and its key.
func (a attachmentRow) open(conversationKey []byte) (Attachment, []byte, error) {
	key, err := unseal(conversationKey, a.key, "attachment key", string(a.ID))
	if err != nil {
		return a.Attachment, nil, err
	}
	about, err := unseal(key, a.about, "attachment", string(a.ID))
	if err != nil {
		return a.Attachment, nil, err
	}
	if err := json.Unmarshal(about, &a.Attachment); err != nil {
		return a.Attachment, nil, ErrWrongKeyOrDamaged
	}
	return a.Attachment, key, nil
}

// Attachments returns a conversation's, in the order in which they were added.
func (s *Store) Attachments(ctx context.Context, id ConversationID) ([]Attachment, error) {
	out := []Attachment{}
	err := s.read("list attachments", func(q querier) error {
		k, err := s.keyOf(ctx, q, id)
		if err != nil {
			return err
		}
		defer clear(k.key)
		rows, err := queryAll(ctx, q, "", scanAttachment, selectAttachment+`WHERE a.conversation = ? ORDER BY a.seq`, k.seq)
		if err != nil {
			return err
		}
		for _, row := range rows {
			a, key, err := row.open(k.key)
			if err != nil {
				return err
			}
			clear(key)
			out = append(out, a)
		}
		return nil
	})
	return out, err
}

// Attach gives the attachments that wait with a conversation's draft to a message of it.
func (s *Store) Attach(ctx context.Context, message MessageID, ids ...AttachmentID) error {
	return s.change(ctx, "attach", func(t tx) error {
		for _, id := range ids {
			if err := execOne(ctx, t, "", `UPDATE attachment SET message = m.seq FROM message m
				WHERE m.id = ? AND m.conversation = attachment.conversation AND attachment.id = ?`, message, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// ReadAttachment writes an attachment's content to w. What was written before an error is not the whole.
func (s *Store) ReadAttachment(ctx context.Context, id AttachmentID, w io.Writer) (a Attachment, err error) {
	var key []byte
	defer func() { clear(key) }()
	var seq int64
	err = s.read("read attachment", func(q querier) error {
		row, err := queryOne(ctx, q, "", scanAttachment, selectAttachment+`WHERE a.id = ?`, id)
		if err != nil {
			return err
		}
		k, err := s.keyOf(ctx, q, row.Conversation)
		if err != nil {
			return err
		}
		defer clear(k.key)
		seq = row.seq
		a, key, err = row.open(k.key)
		return err
	})
	if err != nil {
		return a, err
	}
	return a, wrap("read attachment", chunks{"attachment", string(id), seq, key}.read(ctx, s.db, a.Size, w))
}
