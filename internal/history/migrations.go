package history

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// migration brings the schema to a version, counted from 1 without gaps. A migration that was released is never changed.
type migration struct {
	version  int
	what     string
	sql      string
	rebuilds bool                                                 // replaces a table that others refer to
	fill     func(ctx context.Context, s *Store, t *sql.Tx) error // after sql, what SQL cannot do; may be nil
}

var migrations = []migration{
	{version: 1, what: "conversations, messages, settings", sql: `
		CREATE TABLE conversation (
			seq        INTEGER PRIMARY KEY,
			id         TEXT NOT NULL UNIQUE,
			title      TEXT NOT NULL,
			created_at INTEGER NOT NULL, -- microseconds since 1970, UTC
			updated_at INTEGER NOT NULL
		) STRICT;
		CREATE TABLE message (
			seq           INTEGER PRIMARY KEY, -- a message is stored after its parent
			id            TEXT NOT NULL UNIQUE,
			conversation  TEXT NOT NULL REFERENCES conversation (id),
			parent        TEXT,
			turn          TEXT NOT NULL,
			role          TEXT NOT NULL CHECK (role IN ('system', 'user', 'assistant')),
			status        TEXT NOT NULL CHECK (status IN ('pending', 'complete', 'stopped', 'failed')),
			text          TEXT NOT NULL,
			model         TEXT NOT NULL,
			prompt_tokens INTEGER NOT NULL,
			output_tokens INTEGER NOT NULL,
			salt          BLOB NOT NULL CHECK (length(salt) = 32),
			audit_seq     INTEGER NOT NULL,
			created_at    INTEGER NOT NULL,
			UNIQUE (conversation, id),
			UNIQUE (turn, role),
			FOREIGN KEY (conversation, parent) REFERENCES message (conversation, id) DEFERRABLE INITIALLY DEFERRED
		) STRICT;
		CREATE INDEX message_order ON message (conversation, seq);
		CREATE INDEX message_parent ON message (conversation, parent);
		CREATE INDEX message_pending ON message (seq) WHERE status = 'pending';
		CREATE TABLE setting (
			key   TEXT PRIMARY KEY,
			value TEXT NOT NULL
		) STRICT, WITHOUT ROWID;`},
	{version: 2, what: "keys for matters and conversations, branches, attachments, holds", sql: `
		DROP INDEX message_order;
		DROP INDEX message_parent;
		DROP INDEX message_pending;
		ALTER TABLE message RENAME TO old_message;
		ALTER TABLE conversation RENAME TO old_conversation;
		CREATE TABLE state (
			one         INTEGER PRIMARY KEY CHECK (one = 1),
			history     TEXT NOT NULL,    -- names this history to its search index
			epoch       INTEGER NOT NULL, -- the epoch key that wraps the matters' and the desk's
			generation  INTEGER NOT NULL, -- raised by every change
			desk_key    BLOB NOT NULL,
			record_size INTEGER NOT NULL, -- the record's head, as last noted
			record_root TEXT NOT NULL
		) STRICT;
		CREATE TABLE matter (
			seq        INTEGER PRIMARY KEY,
			id         TEXT NOT NULL UNIQUE,
			key        BLOB NOT NULL,    -- wrapped by the epoch key
			name       BLOB NOT NULL,    -- sealed by the matter's
			retention  INTEGER NOT NULL, -- days, 0: as the policy says
			created_at INTEGER NOT NULL
		) STRICT;
		CREATE TABLE conversation (
			seq        INTEGER PRIMARY KEY,
			id         TEXT NOT NULL UNIQUE,
			matter     INTEGER NOT NULL REFERENCES matter (seq),
			key        BLOB NOT NULL,    -- wrapped by the matter's
			title      BLOB NOT NULL,    -- sealed by the conversation's, as all content is
			named      INTEGER NOT NULL, -- 1: the user chose the title
			pinned     INTEGER NOT NULL,
			leaf       INTEGER,          -- where the chosen branch ends; NULL: at the newest message
			changed    INTEGER NOT NULL, -- the generation that gave it its title
			created_at INTEGER NOT NULL, -- microseconds since 1970, UTC
			updated_at INTEGER NOT NULL
		) STRICT;
		CREATE INDEX conversation_matter ON conversation (matter);
		CREATE INDEX conversation_updated ON conversation (updated_at);
		CREATE INDEX conversation_changed ON conversation (changed);
		CREATE TABLE message (
			seq           INTEGER PRIMARY KEY, -- a message is stored after its parent
			id            TEXT NOT NULL UNIQUE,
			conversation  INTEGER NOT NULL REFERENCES conversation (seq),
			parent        INTEGER,
			turn          TEXT NOT NULL,
			role          TEXT NOT NULL CHECK (role IN ('system', 'user', 'assistant')),
			status        TEXT NOT NULL CHECK (status IN ('pending', 'complete', 'stopped', 'failed', 'erased')),
			content       BLOB NOT NULL,    -- salt and text; empty when erased
			model         TEXT NOT NULL,
			prompt_tokens INTEGER NOT NULL,
			output_tokens INTEGER NOT NULL,
			audit_seq     INTEGER NOT NULL,
			changed       INTEGER NOT NULL, -- the generation that gave it its final text, 0 before
			created_at    INTEGER NOT NULL,
			UNIQUE (conversation, seq),
			UNIQUE (turn, role),
			FOREIGN KEY (conversation, parent) REFERENCES message (conversation, seq) DEFERRABLE INITIALLY DEFERRED
		) STRICT;
		CREATE INDEX message_parent ON message (conversation, parent);
		CREATE INDEX message_changed ON message (changed);
		CREATE INDEX message_pending ON message (seq) WHERE status = 'pending';
		CREATE TABLE value ( -- what is kept with a conversation
			seq          INTEGER PRIMARY KEY,
			conversation INTEGER NOT NULL REFERENCES conversation (seq),
			kind         TEXT NOT NULL,
			value        BLOB NOT NULL,
			UNIQUE (conversation, kind)
		) STRICT;
		CREATE TABLE desk ( -- what belongs to no conversation, sealed by the desk's key
			seq        INTEGER PRIMARY KEY,
			kind       TEXT NOT NULL,
			id         TEXT NOT NULL,
			value      BLOB NOT NULL,
			updated_at INTEGER NOT NULL,
			UNIQUE (kind, id)
		) STRICT;
		CREATE TABLE attachment (
			seq          INTEGER PRIMARY KEY,
			id           TEXT NOT NULL UNIQUE,
			conversation INTEGER NOT NULL REFERENCES conversation (seq),
			message      INTEGER REFERENCES message (seq), -- NULL: waits with the draft
			key          BLOB NOT NULL, -- wrapped by the conversation's
			about        BLOB NOT NULL, -- name, media type, size: sealed by its own, as its chunks are
			created_at   INTEGER NOT NULL
		) STRICT;
		CREATE INDEX attachment_conversation ON attachment (conversation);
		CREATE INDEX attachment_message ON attachment (message);
		CREATE TABLE attachment_chunk (
			attachment INTEGER NOT NULL REFERENCES attachment (seq),
			number     INTEGER NOT NULL,
			data       BLOB NOT NULL,
			PRIMARY KEY (attachment, number)
		) STRICT;
		CREATE TABLE lineage ( -- an older copy may hold the conversation's key under the matter's present one
			conversation INTEGER NOT NULL REFERENCES conversation (seq),
			matter       INTEGER NOT NULL REFERENCES matter (seq),
			PRIMARY KEY (conversation, matter)
		) STRICT, WITHOUT ROWID;
		CREATE INDEX lineage_matter ON lineage (matter);
		CREATE TABLE hold (
			seq          INTEGER PRIMARY KEY,
			id           TEXT NOT NULL UNIQUE,
			matter       INTEGER REFERENCES matter (seq),
			conversation INTEGER REFERENCES conversation (seq),
			reason       TEXT NOT NULL,
			added_by     TEXT NOT NULL,
			added_at     INTEGER NOT NULL,
			CHECK ((matter IS NULL) <> (conversation IS NULL))
		) STRICT;
		CREATE INDEX hold_matter ON hold (matter);
		CREATE INDEX hold_conversation ON hold (conversation);`, fill: fillKeys},
	{version: 3, what: "reasoning beside answers, in what is sealed: nothing to change, but older programs would not know it"},
	{version: 4, what: "three indexes fewer to write for a message", rebuilds: true, sql: `
		CREATE TABLE new_message (
			seq           INTEGER PRIMARY KEY, -- a message is stored after its parent
			id            TEXT NOT NULL UNIQUE,
			conversation  INTEGER NOT NULL REFERENCES conversation (seq),
			parent        INTEGER,         -- seq of a message of this conversation: message_has_parent
			turn          TEXT NOT NULL,
			role          TEXT NOT NULL CHECK (role IN ('system', 'user', 'assistant')),
			status        TEXT NOT NULL CHECK (status IN ('pending', 'complete', 'stopped', 'failed', 'erased')),
			content       BLOB NOT NULL,    -- salt, reasoning and text; empty when erased
			model         TEXT NOT NULL,
			prompt_tokens INTEGER NOT NULL,
			output_tokens INTEGER NOT NULL,
			audit_seq     INTEGER NOT NULL,
			changed       INTEGER NOT NULL, -- the generation that gave it its final text, 0 before
			created_at    INTEGER NOT NULL
		) STRICT;
		INSERT INTO new_message SELECT seq, id, conversation, parent, turn, role, status, content, model, prompt_tokens, output_tokens,
			audit_seq, changed, created_at FROM message;
		DROP TABLE message; -- with its indexes
		ALTER TABLE new_message RENAME TO message;
		CREATE INDEX message_parent ON message (conversation, parent);
		CREATE UNIQUE INDEX message_pending ON message (turn) WHERE status = 'pending'; -- a turn's name is random: only open ones are held apart
		-- A foreign key would need an index on (conversation, seq). Messages are never moved, and deleted with their conversation.
		CREATE TRIGGER message_has_parent BEFORE INSERT ON message WHEN NEW.parent IS NOT NULL
			AND NOT EXISTS (SELECT 1 FROM message WHERE seq = NEW.parent AND conversation = NEW.conversation)
			BEGIN SELECT RAISE(ABORT, 'the parent is no message of this conversation'); END;`},
	{version: 5, what: "documents, their pages, and the sources of answers", sql: `
		CREATE TABLE document (
			seq          INTEGER PRIMARY KEY,
			id           TEXT NOT NULL UNIQUE,
			conversation INTEGER REFERENCES conversation (seq),
			matter       INTEGER REFERENCES matter (seq),
			key          BLOB NOT NULL, -- wrapped by the conversation's or the matter's
			about        BLOB NOT NULL, -- name, size, hash, kind: sealed by its own, as its chunks and pages are
			reading      TEXT NOT NULL CHECK (reading IN ('reading', 'read', 'cancelled', 'failed')),
			created_at   INTEGER NOT NULL,
			CHECK ((conversation IS NULL) <> (matter IS NULL))
		) STRICT;
		CREATE INDEX document_conversation ON document (conversation);
		CREATE INDEX document_matter ON document (matter);
		CREATE TABLE document_chunk (
			document INTEGER NOT NULL REFERENCES document (seq),
			number   INTEGER NOT NULL,
			data     BLOB NOT NULL,
			PRIMARY KEY (document, number)
		) STRICT;
		CREATE TABLE document_page (
			seq      INTEGER PRIMARY KEY,
			document INTEGER NOT NULL REFERENCES document (seq),
			number   INTEGER NOT NULL, -- from 1
			content  BLOB NOT NULL,    -- text, and where its passages are
			changed  INTEGER NOT NULL, -- the generation that added it
			UNIQUE (document, number)
		) STRICT;
		CREATE TABLE source ( -- what an answer's model was given of a document
			seq      INTEGER PRIMARY KEY,
			message  INTEGER NOT NULL REFERENCES message (seq),
			document TEXT NOT NULL,    -- its id: it may be erased
			content  BLOB NOT NULL,    -- under the conversation's key
			UNIQUE (message, document)
		) STRICT;
		CREATE INDEX source_document ON source (document);`},
	{version: 6, what: "vectors of passages", sql: `
		CREATE TABLE document_vector (
			page    INTEGER PRIMARY KEY REFERENCES document_page (seq),
			model   TEXT NOT NULL, -- SHA-256 of what made them
			content BLOB NOT NULL  -- of the page's passages: under the document's key
		) STRICT;`},
}

// fillKeys makes the keys of version 2 and seals under them what version 1 kept under the file's key alone. An older
// copy of the file still opens with that: erasing reaches back to this point.
func fillKeys(ctx context.Context, s *Store, t *sql.Tx) error {
	epoch, desk := s.currentEpoch(), newKey()
	if _, err := t.ExecContext(ctx, `INSERT INTO state (one, history, epoch, generation, desk_key, record_size, record_root) VALUES (1, ?, ?, 1, ?, 0, '')`,
		newID(), int64(epoch.Number), wrapDeskKey(epoch, desk)); err != nil {
		return err
	}
	if err := insertMatter(ctx, t, epoch, Matter{ID: General, CreatedAt: time.UnixMicro(0)}); err != nil {
		return err
	}
	matter, matterKey, err := s.openMatterKey(ctx, t, General)
	if err != nil {
		return err
	}
	type oldConversation struct {
		seq, created, updated int64
		id                    ConversationID
		title                 string
	}
	conversations, err := queryAll(ctx, t, "", func(row scanner) (c oldConversation, err error) {
		return c, row.Scan(&c.seq, &c.id, &c.title, &c.created, &c.updated)
	}, `SELECT seq, id, title, created_at, updated_at FROM old_conversation ORDER BY seq`)
	if err != nil {
		return err
	}
	for _, c := range conversations {
		k := conversationKey{seq: c.seq, matter: matter, id: c.id, key: newKey()}
		// Whether a person chose the title is not known: it goes with its first prompt.
		if _, err := t.ExecContext(ctx, `INSERT INTO conversation (seq, id, matter, key, title, named, pinned, changed, created_at, updated_at)
			VALUES (?, ?, ?, ?, ?, 0, 0, 1, ?, ?)`, c.seq, c.id, matter, wrapConversationKey(matterKey, c.id, k.key), sealTitle(k.key, c.id, c.title),
			c.created, c.updated); err != nil {
			return err
		}
		if err := fillMessages(ctx, t, k); err != nil {
			return err
		}
	}
	_, err = t.ExecContext(ctx, `DROP TABLE old_message; DROP TABLE old_conversation`)
	return err
}

func fillMessages(ctx context.Context, t *sql.Tx, k conversationKey) error {
	const stretch = 500
	type oldMessage struct {
		Message
		seq, created int64
		parent       sql.NullInt64
		salt         []byte
	}
	for after := int64(0); ; {
		list, err := queryAll(ctx, t, "", func(row scanner) (m oldMessage, err error) {
			return m, row.Scan(&m.seq, &m.ID, &m.parent, &m.Turn, &m.Role, &m.Status, &m.Text, &m.Model, &m.PromptTokens, &m.OutputTokens,
				&m.salt, &m.AuditSeq, &m.created)
		}, `SELECT m.seq, m.id, p.seq, m.turn, m.role, m.status, m.text, m.model, m.prompt_tokens, m.output_tokens, m.salt, m.audit_seq, m.created_at
			FROM old_message m LEFT JOIN old_message p ON p.id = m.parent WHERE m.conversation = ? AND m.seq > ? ORDER BY m.seq LIMIT ?`,
			k.id, after, stretch)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, m := range list {
			after = m.seq
			m.Conversation = k.id
			copy(m.Salt[:], m.salt)
			if _, err := t.ExecContext(ctx, `INSERT INTO message (seq, id, conversation, parent, turn, role, status, content, model, prompt_tokens,
				output_tokens, audit_seq, changed, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				m.seq, m.ID, k.seq, m.parent, m.Turn, m.Role, m.Status, sealMessage(k.key, m.Message), m.Model, m.PromptTokens, m.OutputTokens,
				m.AuditSeq, m.Status != Pending, m.created); err != nil {
				return err
			}
		}
	}
}

// migrate applies what is missing, each migration in a transaction of its own.
func (s *Store) migrate(ctx context.Context, list []migration) error {
	db := s.db
	var have int
	if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&have); err != nil {
		return err
	}
	if know := list[len(list)-1].version; have > know {
		return &NewerError{have, know}
	}
	// Version 0 is a file that create made a moment ago. Reading the schema proves the key on an older one too.
	var tables int
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables); err != nil {
		return err
	}
	for _, m := range list {
		if m.version <= have {
			continue
		}
		if err := s.apply(ctx, m); err != nil {
			return fmt.Errorf("migrate to schema %d (%s): %w", m.version, m.what, strip(err))
		}
	}
	return nil
}

func (s *Store) apply(ctx context.Context, m migration) (err error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // back to the pool
	if m.rebuilds {                     // as SQLite's documentation of ALTER TABLE has it, section 7
		if _, err := conn.ExecContext(ctx, `PRAGMA foreign_keys = OFF`); err != nil {
			return err
		}
		defer func() {
			if _, on := conn.ExecContext(context.WithoutCancel(ctx), `PRAGMA foreign_keys = ON`); err == nil {
				err = on
			}
		}()
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if _, err := tx.ExecContext(ctx, m.sql); err != nil {
		return err
	}
	if m.fill != nil {
		if err := m.fill(ctx, s, tx); err != nil {
			return err
		}
	}
	if m.rebuilds {
		var broken int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM pragma_foreign_key_check`).Scan(&broken); err != nil {
			return err
		}
		if broken > 0 {
			return fmt.Errorf("%d references lead nowhere", broken)
		}
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, m.version)); err != nil {
		return err
	}
	return tx.Commit()
}
