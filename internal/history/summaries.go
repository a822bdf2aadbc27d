package history

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
)

// Summary is what a model is told in place of the messages of a branch up to and with one of them, which it wrote itself.
type Summary struct {
	After    MessageID `json:"-"` // the last message that it stands for; those before it in its branch are the others
	Text     string    `json:"text"`
	Messages int       `json:"messages"` // that it stands for
	Model    string    `json:"model"`
	Salt     [32]byte  `json:"salt"` // of the commitment in the record
	AuditSeq int64     `json:"auditSeq"`
}

// A summary is a value of its conversation, of the kind "summary/" and the ID of the message that it ends with.
const summaryPrefix = "summary/"

func summaryKind(after MessageID) Kind { return Kind(summaryPrefix + string(after)) }

// Summaries returns a conversation's, those of all branches. ErrNotFound: no such conversation.
func (s *Store) Summaries(ctx context.Context, id ConversationID) (out []Summary, err error) {
	err = s.read("read summaries", func(q querier) error {
		k, err := s.keyOf(ctx, q, id)
		if err != nil {
			return err
		}
		defer clear(k.key)
		out, err = summaries(ctx, q, k)
		return err
	})
	return out, err
}

func summaries(ctx context.Context, q querier, k conversationKey) ([]Summary, error) {
	type sealed struct {
		kind  string
		value []byte
	}
	rows, err := queryAll(ctx, q, "", func(row scanner) (v sealed, err error) { return v, row.Scan(&v.kind, &v.value) },
		`SELECT kind, value FROM value WHERE conversation = ? AND kind GLOB '`+summaryPrefix+`*' ORDER BY seq`, k.seq)
	if err != nil {
		return nil, err
	}
	out := make([]Summary, len(rows))
	for i, row := range rows {
		plain, err := unseal(k.key, row.value, "value", string(k.id), row.kind)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(plain, &out[i]); err != nil {
			return nil, errors.Join(ErrWrongKeyOrDamaged, err)
		}
		out[i].After = MessageID(strings.TrimPrefix(row.kind, summaryPrefix))
	}
	return out, nil
}

// SaveSummary keeps a summary with the conversation of a pending turn and, unless pseudonyms is nil, the conversation's
// Pseudonyms. of are the messages that it was made of: ErrNotFound where one of them was erased meanwhile, or where the turn is
// not pending.
func (s *Store) SaveSummary(ctx context.Context, turn TurnID, sum Summary, of []MessageID, pseudonyms []byte) error {
	value, err := json.Marshal(sum)
	if err != nil {
		return err
	}
	list, err := json.Marshal(of)
	if err != nil {
		return err
	}
	return s.change(ctx, "save summary", func(t tx) error {
		_, k, err := s.pending(ctx, t, turn)
		if err != nil {
			return err
		}
		defer clear(k.key)
		left, err := queryOne(ctx, t, "", scanInt, `SELECT count(*) FROM message WHERE conversation = ? AND status <> 'erased'
			AND id IN (SELECT value FROM json_each(?))`, k.seq, string(list))
		if err != nil {
			return err
		}
		if int(left) != len(of) {
			return ErrNotFound
		}
		if pseudonyms != nil {
			if err := setValue(ctx, t, k, Pseudonyms, pseudonyms); err != nil {
				return err
			}
		}
		return setValue(ctx, t, k, summaryKind(sum.After), value)
	})
}

// summariesOf erases the summaries that were made of a message: those that end with it, or after it in a branch of its.
func (c *eraser) summariesOf(ctx context.Context, conversation int64, id MessageID) error {
	return c.exec(ctx, `DELETE FROM value WHERE conversation = ?1 AND kind IN (
		WITH RECURSIVE below (seq, id) AS (
			SELECT seq, id FROM message WHERE conversation = ?1 AND id = ?2
			UNION ALL SELECT m.seq, m.id FROM below b JOIN message m ON m.conversation = ?1 AND m.parent = b.seq)
		SELECT '`+summaryPrefix+`' || id FROM below)`, conversation, id)
}
