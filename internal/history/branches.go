package history

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
)

// A conversation is a tree of messages; a branch is the way from the first message to a leaf. The conversation remembers
// the leaf that was chosen last.

// Messages returns the chosen branch, in order: empty for an empty conversation.
func (s *Store) Messages(ctx context.Context, id ConversationID) (out []Message, err error) {
	p, err := s.Page(ctx, id, "", 0)
	return p.Messages, err
}

// Page is a stretch of a branch.
type Page struct {
	Messages []Message // in order
	Earlier  bool      // there are messages before these
	// Versions holds, for each message that stands beside others (an edited prompt, a second answer), all of them in
	// the order in which they were written. Choose takes one.
	Versions map[MessageID][]MessageID
}

// Page returns the last messages of the chosen branch, at most limit (0: all), or those before a message of it. Its time
// does not grow with the conversation.
func (s *Store) Page(ctx context.Context, id ConversationID, before MessageID, limit int) (Page, error) {
	page := Page{Messages: []Message{}}
	err := s.read("read messages", func(q querier) error {
		k, err := s.keyOf(ctx, q, id)
		if err != nil {
			return err
		}
		defer clear(k.key)
		end, err := leaf(ctx, q, k)
		if before != "" {
			end, err = parentOf(ctx, q, k, before)
		}
		if err != nil {
			return err
		}
		rows, err := branch(ctx, q, end, limit)
		if err != nil || len(rows) == 0 {
			return err
		}
		page.Earlier = rows[0].Parent != ""
		if page.Versions, err = versions(ctx, q, k, rows); err != nil {
			return err
		}
		page.Messages, err = openAll(k.key, rows)
		return err
	})
	return page, err
}

// branch returns the messages that lead to end and end itself, at most limit of them (0: all), in order.
func branch(ctx context.Context, q querier, end int64, limit int) ([]messageRow, error) {
	if limit <= 0 {
		limit = -1
	}
	// A message is stored after its parent, so seq orders a branch.
	return queryAll(ctx, q, "", scanMessage, `WITH RECURSIVE branch (seq, parent) AS (
			SELECT seq, parent FROM message WHERE seq = ?
			UNION ALL SELECT m.seq, m.parent FROM branch b JOIN message m ON m.seq = b.parent LIMIT ?)
		SELECT `+messageColumns+fromMessage+`WHERE m.seq IN (SELECT seq FROM branch) ORDER BY m.seq`, end, limit)
}

// leaf returns where the chosen branch ends: 0 in an empty conversation.
func leaf(ctx context.Context, q querier, k conversationKey) (int64, error) {
	return queryOne(ctx, q, "", scanInt, `SELECT coalesce(leaf, (SELECT max(seq) FROM message WHERE conversation = c.seq), 0)
		FROM conversation c WHERE seq = ?`, k.seq)
}

func parentOf(ctx context.Context, q querier, k conversationKey, id MessageID) (int64, error) {
	return queryOne(ctx, q, "", scanInt, `SELECT coalesce(parent, 0) FROM message WHERE conversation = ? AND id = ?`, k.seq, id)
}

func scanInt(row scanner) (int64, error) {
	var n int64
	err := row.Scan(&n)
	return n, err
}

func versions(ctx context.Context, q querier, k conversationKey, rows []messageRow) (map[MessageID][]MessageID, error) {
	seqs := make([]int64, len(rows))
	for i, r := range rows {
		seqs[i] = r.seq
	}
	list, err := json.Marshal(seqs)
	if err != nil {
		return nil, err
	}
	type pair struct{ of, is MessageID }
	pairs, err := queryAll(ctx, q, "", func(row scanner) (p pair, err error) { return p, row.Scan(&p.of, &p.is) },
		`SELECT m.id, o.id FROM message m JOIN message o ON o.conversation = ?1 AND o.parent IS m.parent
		WHERE m.seq IN (SELECT value FROM json_each(?2)) ORDER BY m.seq, o.seq`, k.seq, string(list))
	if err != nil {
		return nil, err
	}
	all := map[MessageID][]MessageID{}
	for _, p := range pairs {
		all[p.of] = append(all[p.of], p.is)
	}
	for id, beside := range all {
		if len(beside) < 2 {
			delete(all, id)
		}
	}
	return all, nil
}

// Choose makes the newest branch through a message the chosen one.
func (s *Store) Choose(ctx context.Context, id ConversationID, message MessageID) error {
	return s.change(ctx, "choose branch", func(t tx) error {
		k, err := s.keyOf(ctx, t, id)
		if err != nil {
			return err
		}
		defer clear(k.key)
		// The newest descendant has no children: they would be newer.
		end, err := queryOne(ctx, t, "", func(row scanner) (n sql.NullInt64, err error) { return n, row.Scan(&n) },
			`WITH RECURSIVE below (seq) AS (
				SELECT seq FROM message WHERE conversation = ?1 AND id = ?2
				UNION ALL SELECT m.seq FROM below b JOIN message m ON m.conversation = ?1 AND m.parent = b.seq)
			SELECT max(seq) FROM below`, k.seq, message)
		if err != nil {
			return err
		}
		if !end.Valid {
			return ErrNotFound
		}
		return execOne(ctx, t, "", `UPDATE conversation SET leaf = ? WHERE seq = ?`, end.Int64, k.seq)
	})
}

// spot is a Place, found: the message that the prompt follows or, where the prompt is there, the prompt.
type spot struct {
	after  int64   // the message before the prompt, 0 for the first
	prompt int64   // the prompt that is answered again, or 0
	begun  Message // the answer that goes on, or none
}

var errTwoPlaces = errors.New("a turn has one place")

// find looks a Place up. ErrNotFound: no such message of that role.
func (s *Store) find(ctx context.Context, q querier, k conversationKey, p Place) (spot, error) {
	at, role := p.Edit, User
	if p.Again != "" || p.Continue != "" {
		at, role = p.Again+p.Continue, Assistant
	}
	if at == "" {
		end, err := leaf(ctx, q, k)
		return spot{after: end}, err
	}
	if at != p.Edit && at != p.Again && at != p.Continue || p.Edit != "" && role == Assistant {
		return spot{}, errTwoPlaces
	}
	row, err := queryOne(ctx, q, "", scanMessage, `SELECT `+messageColumns+fromMessage+`WHERE m.conversation = ? AND m.id = ? AND m.role = ?`, k.seq, at, role)
	if err != nil {
		return spot{}, err
	}
	parent, err := parentOf(ctx, q, k, at)
	switch {
	case err != nil:
		return spot{}, err
	case role == User:
		return spot{after: parent}, nil
	case p.Again != "":
		return spot{prompt: parent}, nil
	}
	err = unsealMessage(k.key, &row.Message, row.content)
	return spot{prompt: parent, begun: row.Message}, err
}

// Earlier returns what the model reads before the text of a turn that goes to p: the messages before its prompt or,
// where the prompt is stored, up to and with it; for Continue, with the answer that goes on.
func (s *Store) Earlier(ctx context.Context, p Place) (out []Message, err error) {
	if p.Conversation == "" {
		return nil, nil
	}
	err = s.read("read messages", func(q querier) error {
		k, err := s.keyOf(ctx, q, p.Conversation)
		if err != nil {
			return err
		}
		defer clear(k.key)
		at, err := s.find(ctx, q, k, p)
		if err != nil {
			return err
		}
		rows, err := branch(ctx, q, max(at.after, at.prompt), 0)
		if err != nil {
			return err
		}
		out, err = openAll(k.key, rows)
		if err == nil && p.Continue != "" {
			out = append(out, Message{Conversation: k.id, Role: Assistant, Text: at.begun.Text})
		}
		return err
	})
	return out, err
}
