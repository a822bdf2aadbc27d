package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

const messageColumns = `m.id, c.id, coalesce(p.id, ''), m.turn, m.role, m.status, m.content, m.model, m.prompt_tokens, m.output_tokens,
	m.audit_seq, m.created_at, m.seq, c.seq`

const fromMessage = ` FROM message m JOIN conversation c ON c.seq = m.conversation LEFT JOIN message p ON p.seq = m.parent `

// messageRow is a message before its text is opened.
type messageRow struct {
	Message
	content           []byte
	seq, conversation int64
}

func scanMessage(row scanner) (messageRow, error) {
	var m messageRow
	var created int64
	err := row.Scan(&m.ID, &m.Conversation, &m.Parent, &m.Turn, &m.Role, &m.Status, &m.content, &m.Model, &m.PromptTokens,
		&m.OutputTokens, &m.AuditSeq, &created, &m.seq, &m.conversation)
	m.CreatedAt = time.UnixMicro(created).UTC()
	return m, err
}

// openAll opens messages of one conversation.
func openAll(key []byte, rows []messageRow) ([]Message, error) {
	out := make([]Message, len(rows))
	for i, row := range rows {
		out[i] = row.Message
		if err := unsealMessage(key, &out[i], row.content); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// readMessages returns messages of any conversations, opened.
func (s *Store) readMessages(ctx context.Context, q querier, rest string, args ...any) ([]Message, error) {
	rows, err := queryAll(ctx, q, "", scanMessage, `SELECT `+messageColumns+fromMessage+rest, args...)
	if err != nil {
		return nil, err
	}
	keys := map[int64][]byte{}
	out := make([]Message, len(rows))
	for i, row := range rows {
		key, ok := keys[row.conversation]
		if !ok {
			k, err := s.keyWhere(ctx, q, `c.seq = ?`, row.conversation)
			if err != nil {
				return nil, err
			}
			key, keys[row.conversation] = k.key, k.key
		}
		out[i] = row.Message
		if err := unsealMessage(key, &out[i], row.content); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Message returns one.
func (s *Store) Message(ctx context.Context, id MessageID) (m Message, err error) {
	err = s.read("read message", func(q querier) error {
		found, err := s.readMessages(ctx, q, `WHERE m.id = ?`, id)
		if err == nil && len(found) != 1 {
			err = ErrNotFound
		}
		if err == nil {
			m = found[0]
		}
		return err
	})
	return m, err
}

// Turn returns the prompt and the answer of a conversation's turn. It reads all messages of the conversation.
func (s *Store) Turn(ctx context.Context, conversation ConversationID, id TurnID) (user, assistant Message, err error) {
	err = s.read("read turn", func(q querier) error {
		answers, err := s.readMessages(ctx, q, `WHERE c.id = ? AND m.turn = ? AND m.role = 'assistant'`, conversation, id)
		if err != nil {
			return err
		}
		if len(answers) != 1 {
			return ErrNotFound
		}
		prompts, err := s.readMessages(ctx, q, `WHERE m.id = ?`, answers[0].Parent)
		if err != nil {
			return err
		}
		if len(prompts) != 1 {
			return ErrNotFound
		}
		user, assistant = prompts[0], answers[0]
		return nil
	})
	return user, assistant, err
}

// BeginTurn stores a prompt, complete, and its answer, empty and pending, in a new conversation if none is named. The
// branch that ends in the answer becomes the chosen one. ErrNotFound: no such conversation or matter, or no such
// message in it.
func (s *Store) BeginTurn(ctx context.Context, turn Turn) (Begun, error) {
	if turn.ID == "" {
		return Begun{}, errors.New("begin turn: no turn id")
	}
	b := Begun{Sources: turn.Sources}
	err := s.change(ctx, "begin turn", func(t tx) error {
		now := time.Now().UTC().Truncate(time.Microsecond)
		k, err := s.conversationFor(ctx, t, turn, now)
		if err != nil {
			return err
		}
		defer clear(k.key)
		spot, err := s.find(ctx, t, k, turn.Place)
		if err != nil {
			return err
		}
		if b.User, err = s.prompt(ctx, t, k, turn, spot, now); err != nil {
			return err
		}
		b.Assistant = Message{
			ID: MessageID(newID()), Conversation: k.id, Parent: b.User.ID, Turn: turn.ID, Role: Assistant, Status: Pending,
			Text: spot.begun.Text, Reasoning: spot.begun.Reasoning, Model: turn.Model, Salt: turn.AnswerSalt, CreatedAt: now,
		}
		answer, err := insert(ctx, t, k, b.Assistant)
		if err != nil {
			return err
		}
		if turn.Pseudonyms != nil {
			if err := setValue(ctx, t, k, Pseudonyms, turn.Pseudonyms); err != nil {
				return err
			}
		}
		if err := storeSources(ctx, t, k, answer, b.Assistant.ID, turn.Sources); err != nil {
			return err
		}
		// A clock that was set back must not hide the conversation at the end of the list.
		if err := execOne(ctx, t, "", `UPDATE conversation SET leaf = ?, updated_at = max(?, (SELECT max(updated_at) + 1 FROM conversation))
			WHERE seq = ?`, answer, now.UnixMicro(), k.seq); err != nil {
			return err
		}
		b.Conversation, err = s.readConversation(ctx, t, k.id)
		return err
	})
	if err != nil {
		return Begun{}, err
	}
	return b, nil
}

// conversationFor returns the turn's conversation, a new one if it names none.
func (s *Store) conversationFor(ctx context.Context, t tx, turn Turn, now time.Time) (conversationKey, error) {
	if turn.Place.Conversation != "" {
		return s.keyOf(ctx, t, turn.Place.Conversation)
	}
	c := Conversation{ID: ConversationID(newID()), Matter: turn.Matter, Title: turn.Title, CreatedAt: now, UpdatedAt: now}
	if c.Matter == "" {
		c.Matter = General
	}
	return s.insertConversation(ctx, t, c)
}

// prompt returns the turn's prompt: stored before, or stored now.
func (s *Store) prompt(ctx context.Context, t tx, k conversationKey, turn Turn, spot spot, now time.Time) (Message, error) {
	if spot.prompt != 0 {
		stored, err := s.readMessages(ctx, t, `WHERE m.seq = ?`, spot.prompt)
		if err != nil {
			return Message{}, err
		}
		return stored[0], nil
	}
	m := Message{
		ID: MessageID(newID()), Conversation: k.id, Turn: turn.ID, Role: User, Status: Complete,
		Text: turn.Prompt, Salt: turn.PromptSalt, CreatedAt: now,
	}
	err := t.QueryRowContext(ctx, `SELECT id FROM message WHERE seq = ?`, spot.after).Scan(&m.Parent)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return m, err
	}
	_, err = insert(ctx, t, k, m)
	return m, err
}

// insert stores a message and returns its seq.
func insert(ctx context.Context, t tx, k conversationKey, m Message) (seq int64, err error) {
	result, err := t.ExecContext(ctx, `INSERT INTO message (id, conversation, parent, turn, role, status, content, model, prompt_tokens,
		output_tokens, audit_seq, changed, created_at)
		VALUES (?, ?, (SELECT seq FROM message WHERE id = nullif(?, '')), ?, ?, ?, ?, ?, ?, ?, ?, iif(?, 0, (SELECT generation FROM state)), ?)`,
		m.ID, k.seq, m.Parent, m.Turn, m.Role, m.Status, sealMessage(k.key, m), m.Model, m.PromptTokens, m.OutputTokens,
		m.AuditSeq, m.Status == Pending, m.CreatedAt.UnixMicro())
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

// pending returns a turn's answer while it is pending, without its text, and its conversation's key.
func (s *Store) pending(ctx context.Context, t tx, id TurnID) (Message, conversationKey, error) {
	row, err := queryOne(ctx, t, "", scanMessage, `SELECT `+messageColumns+fromMessage+`WHERE m.turn = ? AND m.status = 'pending'`, id)
	if err != nil {
		return Message{}, conversationKey{}, err
	}
	k, err := s.keyWhere(ctx, t, `c.seq = ?`, row.conversation)
	if err != nil {
		return Message{}, k, err
	}
	return row.Message, k, unsealMessage(k.key, &row.Message, row.content)
}

// SavePartial replaces the text and the reasoning of a pending answer and, unless pseudonyms is nil, the conversation's
// Pseudonyms. ErrNotFound where the turn is not pending.
func (s *Store) SavePartial(ctx context.Context, id TurnID, text, reasoning string, pseudonyms []byte) error {
	return s.change(ctx, "save partial answer", func(t tx) error {
		m, k, err := s.pending(ctx, t, id)
		if err != nil {
			return err
		}
		defer clear(k.key)
		m.Text, m.Reasoning = text, reasoning
		if pseudonyms != nil {
			if err := setValue(ctx, t, k, Pseudonyms, pseudonyms); err != nil {
				return err
			}
		}
		return execOne(ctx, t, "", `UPDATE message SET content = ? WHERE id = ?`, sealMessage(k.key, m), m.ID)
	})
}

// FinishTurn closes a pending answer, once. ErrNotFound where the turn is not pending.
func (s *Store) FinishTurn(ctx context.Context, id TurnID, o Outcome) error {
	if o.Status != Complete && o.Status != Stopped && o.Status != Failed {
		return fmt.Errorf("finish turn: not a final status")
	}
	err := s.change(ctx, "finish turn", func(t tx) error {
		m, k, err := s.pending(ctx, t, id)
		if err != nil {
			return err
		}
		defer clear(k.key)
		m.Text, m.Reasoning = o.Text, o.Reasoning
		if o.Pseudonyms != nil {
			if err := setValue(ctx, t, k, Pseudonyms, o.Pseudonyms); err != nil {
				return err
			}
		}
		return execOne(ctx, t, "", `UPDATE message SET status = ?, content = ?, prompt_tokens = ?, output_tokens = ?, audit_seq = ?,
			changed = (SELECT generation FROM state) WHERE id = ?`, o.Status, sealMessage(k.key, m), o.PromptTokens, o.OutputTokens, o.AuditSeq, m.ID)
	})
	if err == nil {
		s.index.poke()
	}
	return err
}

// OpenTurns returns the pending answers, oldest first: what a crash left, for reconciliation with the record.
func (s *Store) OpenTurns(ctx context.Context) (open []Message, err error) {
	err = s.read("read open turns", func(q querier) error {
		open, err = s.readMessages(ctx, q, `WHERE m.status = 'pending' ORDER BY m.seq`)
		return err
	})
	return open, err
}
