package history

import (
	"context"
	"database/sql"
	"fmt"
)

// migration brings the schema to a version, counted from 1 without gaps. A migration that was released is never changed.
type migration struct {
	version int
	what    string
	sql     string
}

var migrations = []migration{
	{1, "conversations, messages, settings", `
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
}

// migrate applies what is missing, each migration in a transaction of its own.
func migrate(ctx context.Context, db *sql.DB, list []migration) error {
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
		if err := apply(ctx, db, m); err != nil {
			return fmt.Errorf("migrate to schema %d (%s): %w", m.version, m.what, strip(err))
		}
	}
	return nil
}

func apply(ctx context.Context, db *sql.DB, m migration) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if _, err := tx.ExecContext(ctx, m.sql); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, m.version)); err != nil {
		return err
	}
	return tx.Commit()
}
