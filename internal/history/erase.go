package history

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Erasure says what to erase.
type Erasure struct {
	Messages      []MessageID
	Attachments   []AttachmentID
	Documents     []DocumentID
	Conversations []ConversationID
	Matters       []MatterID // with all their conversations and documents; not General
}

// Erase destroys content for good, in every older copy of the files too.
//
// In one transaction it removes the rows, and replaces each key that opened what is gone or wrapped such a key: a
// message's conversation gets a new key, summaries made of the message go, everything else is sealed anew, and values for
// which no token is left go; the matters of the conversations that
// changed get new keys, present and past ones; the desk, which holds drafts, too; and all matters' keys are wrapped under
// the next epoch key. Then the write-ahead log is emptied and the old epoch key forgotten. From there on what an older
// copy holds of this is sealed under keys that exist nowhere. A message's place in its conversation stays, as Erased.
//
// A cut before the transaction's commit leaves everything as it was, a cut after it is made good by the next Open.
// Errors: ErrNotFound, ErrHeld and ErrBuiltIn, nothing is changed; *EpochError: it is erased here, and the old epoch
// key is still kept.
func (s *Store) Erase(ctx context.Context, e Erasure) error {
	s.erasing.Lock() // one at a time, and not under a backup
	defer s.erasing.Unlock()
	if err := s.MayErase(ctx, e); err != nil { // before the keyring is touched
		return err
	}
	next, err := s.epochs.Begin(ctx, s.currentEpoch().Number)
	if err != nil {
		return fmt.Errorf("erase: next epoch key: %w", err)
	}
	s.reached("epoch begun")
	if err := s.eraseRows(ctx, e, next); err != nil {
		return err
	}
	s.reached("rows erased")
	// It is erased; a caller who gives up now must not keep its text in the log.
	ctx = context.WithoutCancel(ctx)
	err = s.emptyLog(ctx)
	s.reached("log emptied")
	if commitErr := s.epochs.Commit(ctx, next.Number); commitErr != nil {
		err = errors.Join(err, &EpochError{commitErr})
	}
	s.reached("epoch committed")
	s.index.restart(ctx, s.epoch) // which nobody else replaces now
	return wrap("erase", err)
}

// EpochError means that an erasure is done in this file, and the key that opens older copies could not be forgotten.
// The next Open tries again.
type EpochError struct{ Err error }

func (e *EpochError) Error() string { return "the old epoch key is still kept: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *EpochError) Unwrap() error { return e.Err }

// Delete erases one conversation.
func (s *Store) Delete(ctx context.Context, id ConversationID) error {
	return s.Erase(ctx, Erasure{Conversations: []ConversationID{id}})
}

// emptyLog moves the write-ahead log into the file and cuts it to nothing.
func (s *Store) emptyLog(ctx context.Context) error {
	var busy, frames, moved int
	err := s.db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &frames, &moved)
	if err == nil && busy != 0 {
		err = errors.New("write-ahead log is in use")
	}
	return err
}

// MayErase checks that everything is there and that no hold is on it. ErrNotFound, ErrHeld, ErrBuiltIn.
func (s *Store) MayErase(ctx context.Context, e Erasure) error {
	return s.read("erase", func(q querier) error { return mayErase(ctx, q, e) })
}

const heldConversation = `EXISTS (SELECT 1 FROM hold WHERE conversation = c.seq OR matter = c.matter)`

func mayErase(ctx context.Context, q querier, e Erasure) error {
	held := func(query string, id any) error {
		var on bool
		if err := q.QueryRowContext(ctx, query, id).Scan(&on); err != nil {
			return err
		}
		if on {
			return ErrHeld
		}
		return nil
	}
	for _, id := range e.Messages {
		if err := held(`SELECT `+heldConversation+` FROM message m JOIN conversation c ON c.seq = m.conversation
			WHERE m.id = ? AND m.status NOT IN ('pending', 'erased')`, id); err != nil {
			return err
		}
	}
	for _, id := range e.Attachments {
		if err := held(`SELECT `+heldConversation+` FROM attachment a JOIN conversation c ON c.seq = a.conversation WHERE a.id = ?`, id); err != nil {
			return err
		}
	}
	for _, id := range e.Documents {
		if err := held(`SELECT `+heldDocument+` FROM document d WHERE d.id = ?`, id); err != nil {
			return err
		}
	}
	for _, id := range e.Conversations {
		if err := held(`SELECT `+heldConversation+` FROM conversation c WHERE c.id = ?`, id); err != nil {
			return err
		}
	}
	for _, id := range e.Matters {
		if id == General {
			return ErrBuiltIn
		}
		if err := held(`SELECT EXISTS (SELECT 1 FROM hold h WHERE h.matter = m.seq
			OR h.conversation IN (SELECT seq FROM conversation WHERE matter = m.seq))
			OR EXISTS (SELECT 1 FROM document d WHERE d.matter = m.seq AND `+heldDocument+`) FROM matter m WHERE m.id = ?`, id); err != nil {
			return err
		}
	}
	return nil
}

// eraseRows is the transaction of Erase.
func (s *Store) eraseRows(ctx context.Context, e Erasure, next Epoch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.changeLocked(ctx, "erase", func(t tx) error {
		if err := mayErase(ctx, t, e); err != nil { // a hold may have come in between
			return err
		}
		c := eraser{s: s, t: t, next: next, conversations: map[int64]bool{}, matters: map[int64]bool{}}
		for _, id := range e.Matters {
			if err := c.matter(ctx, id); err != nil {
				return err
			}
		}
		for _, id := range e.Conversations {
			if err := c.conversation(ctx, id); err != nil {
				return err
			}
		}
		for _, id := range e.Attachments {
			if err := c.attachment(ctx, id); err != nil {
				return err
			}
		}
		for _, id := range e.Documents {
			if err := c.document(ctx, id); err != nil {
				return err
			}
		}
		for _, id := range e.Messages {
			if err := c.message(ctx, id); err != nil {
				return err
			}
		}
		return c.replaceKeys(ctx)
	})
	if err == nil {
		s.setEpoch(next)
	}
	return err
}

// eraser removes rows and collects whose keys must go with them.
type eraser struct {
	s             *Store
	t             tx
	next          Epoch
	conversations map[int64]bool // that live on under a new key
	matters       map[int64]bool
}

func (c *eraser) matter(ctx context.Context, id MatterID) error {
	seq, err := queryOne(ctx, c.t, "", scanInt, `SELECT seq FROM matter WHERE id = ?`, id)
	if err != nil {
		return err
	}
	inside, err := queryAll(ctx, c.t, "", func(row scanner) (id ConversationID, err error) { return id, row.Scan(&id) },
		`SELECT id FROM conversation WHERE matter = ?`, seq)
	if err != nil {
		return err
	}
	for _, id := range inside {
		if err := c.conversation(ctx, id); err != nil {
			return err
		}
	}
	if err := c.documents(ctx, `matter = ?`, seq); err != nil {
		return err
	}
	// Conversations that moved out of it keep nothing of its key.
	if err := c.exec(ctx, `DELETE FROM lineage WHERE matter = ?`, seq); err != nil {
		return err
	}
	delete(c.matters, seq)
	return c.exec(ctx, `DELETE FROM matter WHERE seq = ?`, seq)
}

func (c *eraser) conversation(ctx context.Context, id ConversationID) error {
	seq, err := c.touch(ctx, `SELECT seq FROM conversation WHERE id = ?`, id)
	if err != nil {
		return err
	}
	delete(c.conversations, seq)
	if err := c.s.DropState(id); err != nil {
		return err
	}
	if err := c.exec(ctx, `DELETE FROM source WHERE message IN (SELECT seq FROM message WHERE conversation = ?)`, seq); err != nil {
		return err
	}
	if err := c.documents(ctx, `conversation = ?`, seq); err != nil {
		return err
	}
	for _, q := range []string{
		`DELETE FROM attachment_chunk WHERE attachment IN (SELECT seq FROM attachment WHERE conversation = ?)`,
		`DELETE FROM attachment WHERE conversation = ?`,
		`DELETE FROM value WHERE conversation = ?`,
		`DELETE FROM lineage WHERE conversation = ?`,
		`UPDATE conversation SET leaf = NULL WHERE seq = ?`,
		// Not by ON DELETE CASCADE: along a chain of parents SQLite would stop after 1,000 levels.
		`DELETE FROM message WHERE conversation = ?`,
		`DELETE FROM conversation WHERE seq = ?`,
	} {
		if err := c.exec(ctx, q, seq); err != nil {
			return err
		}
	}
	return nil
}

func (c *eraser) message(ctx context.Context, id MessageID) error {
	conversation, err := c.touch(ctx, `SELECT conversation FROM message WHERE id = ?`, id)
	if err != nil {
		return err
	}
	c.conversations[conversation] = true
	attached, err := queryAll(ctx, c.t, "", func(row scanner) (id AttachmentID, err error) { return id, row.Scan(&id) },
		`SELECT a.id FROM attachment a JOIN message m ON m.seq = a.message WHERE m.id = ?`, id)
	if err != nil {
		return err
	}
	for _, a := range attached {
		if err := c.attachment(ctx, a); err != nil {
			return err
		}
	}
	if err := c.exec(ctx, `DELETE FROM source WHERE message = (SELECT seq FROM message WHERE id = ?)`, id); err != nil {
		return err
	}
	if err := c.summariesOf(ctx, conversation, id); err != nil {
		return err
	}
	if err := c.exec(ctx, `UPDATE message SET content = x'', status = 'erased' WHERE id = ?`, id); err != nil {
		return err
	}
	// A title that nobody chose is the first prompt's beginning.
	k, err := c.s.keyWhere(ctx, c.t, `c.seq = ?`, conversation)
	if err != nil {
		return err
	}
	defer clear(k.key)
	return c.exec(ctx, `UPDATE conversation SET title = ? WHERE seq = ? AND named = 0
		AND EXISTS (SELECT 1 FROM message WHERE id = ? AND parent IS NULL)`, sealTitle(k.key, k.id, ""), conversation, id)
}

func (c *eraser) attachment(ctx context.Context, id AttachmentID) error {
	conversation, err := c.touch(ctx, `SELECT conversation FROM attachment WHERE id = ?`, id)
	if err != nil {
		return err
	}
	c.conversations[conversation] = true
	if err := c.exec(ctx, `DELETE FROM attachment_chunk WHERE attachment = (SELECT seq FROM attachment WHERE id = ?)`, id); err != nil {
		return err
	}
	return c.exec(ctx, `DELETE FROM attachment WHERE id = ?`, id)
}

// document erases one. The sources of answers stay: they name it by its number alone.
func (c *eraser) document(ctx context.Context, id DocumentID) error {
	var seq int64
	var conversation, matter sql.NullInt64
	err := c.t.QueryRowContext(ctx, `SELECT seq, conversation, matter FROM document WHERE id = ?`, id).Scan(&seq, &conversation, &matter)
	if err != nil {
		return err
	}
	if matter.Valid {
		c.matters[matter.Int64] = true
	} else {
		if _, err := c.touch(ctx, `SELECT seq FROM conversation WHERE seq = ?`, conversation.Int64); err != nil {
			return err
		}
		c.conversations[conversation.Int64] = true
	}
	return c.documents(ctx, `seq = ?`, seq)
}

// documents removes documents' rows. A conversation whose answers were given one of them gets a new key: its state, which
// was computed of that too, may lie in an older copy of the files.
func (c *eraser) documents(ctx context.Context, where string, arg int64) error {
	given, err := queryAll(ctx, c.t, "", scanInt, `SELECT DISTINCT m.conversation FROM source s JOIN message m ON m.seq = s.message
		WHERE s.document IN (SELECT id FROM document WHERE `+where+`)`, arg)
	if err != nil {
		return err
	}
	for _, seq := range given {
		if _, err := c.touch(ctx, `SELECT seq FROM conversation WHERE seq = ?`, seq); err != nil {
			return err
		}
		c.conversations[seq] = true
	}
	for _, q := range []string{
		`DELETE FROM document_chunk WHERE document IN (SELECT seq FROM document WHERE ` + where + `)`,
		`DELETE FROM document_vector WHERE page IN (SELECT seq FROM document_page WHERE document IN (SELECT seq FROM document WHERE ` + where + `))`,
		`DELETE FROM document_page WHERE document IN (SELECT seq FROM document WHERE ` + where + `)`,
		`DELETE FROM document WHERE ` + where,
	} {
		if err := c.exec(ctx, q, arg); err != nil {
			return err
		}
	}
	return nil
}

// touch finds a conversation's seq, and marks the matters under whose keys an older copy may hold the conversation's.
func (c *eraser) touch(ctx context.Context, query string, id any) (int64, error) {
	seq, err := queryOne(ctx, c.t, "", scanInt, query, id)
	if err != nil {
		return 0, err
	}
	above, err := queryAll(ctx, c.t, "", scanInt, `SELECT matter FROM conversation WHERE seq = ?1 UNION SELECT matter FROM lineage WHERE conversation = ?1`, seq)
	for _, m := range above {
		c.matters[m] = true
	}
	return seq, err
}

// replaceKeys gives what was touched new keys, from the bottom up, and wraps the top anew.
func (c *eraser) replaceKeys(ctx context.Context) error {
	for seq := range c.conversations {
		if err := c.forgetPseudonyms(ctx, seq); err != nil {
			return err
		}
		if err := c.replaceConversationKey(ctx, seq); err != nil {
			return err
		}
	}
	rows, err := queryAll(ctx, c.t, "", func(row scanner) (m struct {
		seq       int64
		id        MatterID
		key, name []byte
	}, err error,
	) {
		return m, row.Scan(&m.seq, &m.id, &m.key, &m.name)
	}, `SELECT seq, id, key, name FROM matter`)
	if err != nil {
		return err
	}
	for _, m := range rows {
		key, err := unwrapMatterKey(c.s.currentEpoch(), m.id, m.key)
		if err != nil {
			return err
		}
		if c.matters[m.seq] {
			if key, err = c.replaceMatterKey(ctx, m.seq, m.id, key, m.name); err != nil {
				return err
			}
		}
		wrapped := wrapMatterKey(c.next, m.id, key)
		clear(key)
		if err := c.exec(ctx, `UPDATE matter SET key = ? WHERE seq = ?`, wrapped, m.seq); err != nil {
			return err
		}
	}
	if err := c.replaceDeskKey(ctx); err != nil {
		return err
	}
	return c.exec(ctx, `UPDATE state SET epoch = ?`, int64(c.next.Number))
}

// reseal opens every sealed column that query returns with its row's number, and seals it under another key.
func (c *eraser) reseal(ctx context.Context, old, key []byte, query, update string, arg any, place func(id string) []string) error {
	rows, err := queryAll(ctx, c.t, "", func(row scanner) (r struct {
		seq    int64
		id     string
		sealed []byte
	}, err error,
	) {
		return r, row.Scan(&r.seq, &r.id, &r.sealed)
	}, query, arg)
	if err != nil {
		return err
	}
	for _, r := range rows {
		plain, err := unseal(old, r.sealed, place(r.id)...)
		if err != nil {
			return err
		}
		if err := c.exec(ctx, update, seal(key, plain, place(r.id)...), r.seq); err != nil {
			return err
		}
		clear(plain)
	}
	return nil
}

func (c *eraser) replaceConversationKey(ctx context.Context, seq int64) error {
	k, err := c.s.keyWhere(ctx, c.t, `c.seq = ?`, seq)
	if err != nil {
		return err
	}
	defer clear(k.key)
	if err := c.s.DropState(k.id); err != nil {
		return err
	}
	key := newKey()
	defer clear(key)
	id := string(k.id)
	for _, r := range []struct {
		query, update string
		place         func(string) []string
	}{
		{
			`SELECT seq, id, title FROM conversation WHERE seq = ?`, `UPDATE conversation SET title = ? WHERE seq = ?`,
			func(string) []string { return []string{"title", id} },
		},
		{
			`SELECT rowid, kind, value FROM value WHERE conversation = ?`, `UPDATE value SET value = ? WHERE rowid = ?`,
			func(kind string) []string { return []string{"value", id, kind} },
		},
		{
			`SELECT seq, id, key FROM attachment WHERE conversation = ?`, `UPDATE attachment SET key = ? WHERE seq = ?`,
			func(attachment string) []string { return []string{"attachment key", attachment} },
		},
		{
			`SELECT seq, id, key FROM document WHERE conversation = ?`, `UPDATE document SET key = ? WHERE seq = ?`,
			func(document string) []string { return []string{"document key", document} },
		},
		{
			`SELECT s.seq, m.id || '/' || s.document, s.content FROM source s JOIN message m ON m.seq = s.message WHERE m.conversation = ?`,
			`UPDATE source SET content = ? WHERE seq = ?`,
			func(of string) []string {
				message, document, _ := strings.Cut(of, "/")
				return sourcePlace(MessageID(message), DocumentID(document))
			},
		},
	} {
		if err := c.reseal(ctx, k.key, key, r.query, r.update, seq, r.place); err != nil {
			return err
		}
	}
	if err := c.resealMessages(ctx, k, key); err != nil {
		return err
	}
	var matter MatterID
	var wrapped []byte
	if err := c.t.QueryRowContext(ctx, `SELECT id, key FROM matter WHERE seq = ?`, k.matter).Scan(&matter, &wrapped); err != nil {
		return err
	}
	matterKey, err := unwrapMatterKey(c.s.currentEpoch(), matter, wrapped)
	if err != nil {
		return err
	}
	defer clear(matterKey)
	return c.exec(ctx, `UPDATE conversation SET key = ? WHERE seq = ?`, wrapConversationKey(matterKey, k.id, key), seq)
}

// forgetPseudonyms drops the values whose tokens stood in what was erased alone.
func (c *eraser) forgetPseudonyms(ctx context.Context, seq int64) error {
	if c.s.tokens == nil {
		return nil
	}
	var sealed []byte
	err := c.t.QueryRowContext(ctx, `SELECT value FROM value WHERE conversation = ? AND kind = ?`, seq, Pseudonyms).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	k, err := c.s.keyWhere(ctx, c.t, `c.seq = ?`, seq)
	if err != nil {
		return err
	}
	defer clear(k.key)
	table, err := unseal(k.key, sealed, "value", string(k.id), string(Pseudonyms))
	if err != nil {
		return err
	}
	defer clear(table)
	conversation, err := c.s.readConversation(ctx, c.t, k.id)
	if err != nil {
		return err
	}
	messages, err := c.s.readMessages(ctx, c.t, `WHERE m.conversation = ? AND m.status <> 'erased'`, seq)
	if err != nil {
		return err
	}
	texts := []string{conversation.Title}
	for _, m := range messages {
		texts = append(texts, m.Text, m.Reasoning)
	}
	made, err := summaries(ctx, c.t, k)
	if err != nil {
		return err
	}
	for _, m := range made {
		texts = append(texts, m.Text)
	}
	kept, err := c.s.tokens.Keep(table, texts)
	if err != nil {
		return err
	}
	return setValue(ctx, c.t, k, Pseudonyms, kept)
}

// resealMessages goes through a conversation in stretches, so that its memory does not grow with its text.
func (c *eraser) resealMessages(ctx context.Context, k conversationKey, key []byte) error {
	const stretch = 500
	seqs, err := queryAll(ctx, c.t, "", scanInt, `SELECT seq FROM message WHERE conversation = ? AND status <> 'erased'`, k.seq)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(seqs, stretch) {
		list, err := json.Marshal(some)
		if err != nil {
			return err
		}
		rows, err := queryAll(ctx, c.t, "", scanMessage, `SELECT `+messageColumns+fromMessage+
			`WHERE m.seq IN (SELECT value FROM json_each(?))`, string(list))
		if err != nil {
			return err
		}
		messages, err := openAll(k.key, rows)
		if err != nil {
			return err
		}
		for i, m := range messages {
			if err := c.exec(ctx, `UPDATE message SET content = ? WHERE seq = ?`, sealMessage(key, m), rows[i].seq); err != nil {
				return err
			}
		}
	}
	return nil
}

// replaceMatterKey wraps the matter's conversations' keys under a new one, and returns it.
func (c *eraser) replaceMatterKey(ctx context.Context, seq int64, id MatterID, old, name []byte) ([]byte, error) {
	defer clear(old)
	key := newKey()
	plain, err := unseal(old, name, "matter name", string(id))
	if err != nil {
		return nil, err
	}
	if err := c.exec(ctx, `UPDATE matter SET name = ? WHERE seq = ?`, sealMatterName(key, id, string(plain)), seq); err != nil {
		return nil, err
	}
	// No older copy of the file can open anything under the new key: what moved out has nothing to do with it.
	if err := c.exec(ctx, `DELETE FROM lineage WHERE matter = ?`, seq); err != nil {
		return nil, err
	}
	err = c.reseal(ctx, old, key, `SELECT seq, id, key FROM conversation WHERE matter = ?`, `UPDATE conversation SET key = ? WHERE seq = ?`,
		seq, func(id string) []string { return []string{"conversation key", id} })
	if err != nil {
		return nil, err
	}
	err = c.reseal(ctx, old, key, `SELECT seq, id, key FROM document WHERE matter = ?`, `UPDATE document SET key = ? WHERE seq = ?`,
		seq, func(id string) []string { return []string{"document key", id} })
	return key, err
}

func (c *eraser) replaceDeskKey(ctx context.Context) error {
	old, err := c.s.deskKey(ctx, c.t)
	if err != nil {
		return err
	}
	defer clear(old)
	key := newKey()
	defer clear(key)
	for _, kind := range []Kind{Draft, Template} {
		err := c.reseal(ctx, old, key, `SELECT seq, id, value FROM desk WHERE kind = ?`, `UPDATE desk SET value = ? WHERE seq = ?`,
			kind, func(id string) []string { return []string{"desk", string(kind), id} })
		if err != nil {
			return err
		}
	}
	return c.exec(ctx, `UPDATE state SET desk_key = ?`, wrapDeskKey(c.next, key))
}

func (c *eraser) exec(ctx context.Context, query string, args ...any) error {
	_, err := c.t.ExecContext(ctx, query, args...)
	return err
}

// Due returns the conversations whose retention has run out at a time, except for those under a hold. days is the
// policy's, 0 for none; a matter's own goes before it. A conversation with a pending answer is not due.
func (s *Store) Due(ctx context.Context, now time.Time, days int) (due []ConversationID, err error) {
	err = s.read("read what is due", func(q querier) error {
		due, err = queryAll(ctx, q, "", func(row scanner) (id ConversationID, err error) { return id, row.Scan(&id) },
			`SELECT c.id`+fromConversation+`WHERE NOT `+heldConversation+`
			AND coalesce(nullif(m.retention, 0), ?1) > 0
			AND c.updated_at < ?2 - coalesce(nullif(m.retention, 0), ?1) * 86400000000
			AND c.seq NOT IN (SELECT conversation FROM message WHERE status = 'pending') ORDER BY c.seq`, // from an index of the few that are
			days, now.UnixMicro())
		return err
	})
	return due, err
}
