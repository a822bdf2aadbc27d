// Package history keeps conversations in one encrypted SQLite file.
//
// On disk: SQLCipher 4's format (AES-256 in CBC mode, a random IV and HMAC-SHA512 for each page), written by SQLite3
// Multiple Ciphers under mattn/go-sqlite3, with a raw 32-byte key. The write-ahead log beside it, NAME-wal, is
// encrypted too. Both are 0600. PRAGMA user_version is the schema's version; migrations.go has the schema.
//
// Guarantee: a change is durable when its method returns (WAL, synchronous=FULL), and a method changes all it says or
// nothing. Open refuses a file, or a SQLite library, that is not really encrypting: a library without the cipher would
// ignore the key and write plaintext. Deleted text is overwritten (secure_delete) and the write-ahead log emptied,
// so it is in neither after decryption. A new file appears under its name only when it is complete: an empty file is
// a damaged one.
//
// Damage. Every page read is checked by its HMAC, so a changed or foreign page is an error when it is read, never wrong
// text. Open therefore reads the schema alone and does not run integrity_check, whose time grows with the file; Check
// does. Not noticed: an old page put back at its own place, an older copy of the whole file, and a damaged
// write-ahead log, which loses its newest transactions. The record tells about those.
//
// It does not judge what it stores: callers store redacted text. It does not lock out a second process (the session
// does). While the file is open SQLite holds the key in its own memory, and opening leaves a copy of it in a Go string.
package history

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// What a Store answers, beside *NewerError. A caller branches on them with errors.Is.
var (
	// ErrNotEncrypted: the file, or the SQLite library in this program, is not encrypted.
	ErrNotEncrypted = errors.New("history is not encrypted")
	// ErrWrongKeyOrDamaged: the file does not open with this key, or a page of it is damaged: the two look alike.
	ErrWrongKeyOrDamaged = errors.New("wrong key or damaged history")
	// ErrNotFound: the row is missing.
	ErrNotFound = errors.New("not in history")
	// ErrDiskFull: no space left; nothing was changed.
	ErrDiskFull = errors.New("no space left for history")
	// ErrKey: the key is not 32 bytes long. SQLite would take it for a passphrase.
	ErrKey = errors.New("history key must be 32 bytes")
)

// NewerError says that a newer version of the program wrote the file.
type NewerError struct{ Have, Know int } // schema versions

func (e *NewerError) Error() string {
	return fmt.Sprintf("history has schema %d, newer than %d", e.Have, e.Know)
}

// Identifiers: 128 random bits in lower-case hex.
type (
	// ConversationID names a conversation.
	ConversationID string
	// MessageID names a message.
	MessageID string
	// TurnID names a prompt and its answer; the record carries it too.
	TurnID string
)

// NewTurnID draws a TurnID.
func NewTurnID() TurnID { return TurnID(newID()) }

func newID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: crypto/rand aborts the program instead
	return hex.EncodeToString(b[:])
}

// Status says how far a message has come.
type Status string

// The statuses. Pending becomes one of the others, once.
const (
	Pending  Status = "pending"
	Complete Status = "complete"
	Stopped  Status = "stopped"
	Failed   Status = "failed"
)

// Role says who wrote a message.
type Role string

// The roles.
const (
	User      Role = "user"
	Assistant Role = "assistant"
)

// Conversation is one row of the list.
type Conversation struct {
	ID        ConversationID
	Title     string
	CreatedAt time.Time // UTC, to the microsecond
	UpdatedAt time.Time // the newest turn's
	Messages  int       // in all branches
}

// Message is one prompt or answer.
type Message struct {
	ID           MessageID
	Conversation ConversationID
	Parent       MessageID // empty for a conversation's first
	Turn         TurnID
	Role         Role
	Status       Status
	Text         string
	Model        string
	PromptTokens int
	OutputTokens int
	Salt         [32]byte // of the commitment in the record
	AuditSeq     int64    // the record's entry for the intent, 0 while pending
	CreatedAt    time.Time
}

// Turn is what BeginTurn stores.
type Turn struct {
	ID           TurnID
	Conversation ConversationID // empty for a new one
	Title        string         // of the new one
	Parent       MessageID      // the message it follows, empty for the first
	Prompt       string
	PromptSalt   [32]byte
	AnswerSalt   [32]byte
	Model        string
}

// Begun is what BeginTurn stored.
type Begun struct {
	Conversation    Conversation
	User, Assistant Message
}

// Outcome is what FinishTurn stores.
type Outcome struct {
	Status       Status // Complete, Stopped or Failed
	Text         string
	PromptTokens int
	OutputTokens int
	AuditSeq     int64
}

const messageColumns = `id, conversation, coalesce(parent, ''), turn, role, status, text, model, prompt_tokens, output_tokens,
	salt, audit_seq, created_at`

// Conversations returns the list, the one with the newest turn first.
func (s *Store) Conversations(ctx context.Context) ([]Conversation, error) {
	return queryAll(ctx, s.db, "list conversations", scanConversation, `SELECT id, title, created_at, updated_at,
		(SELECT count(*) FROM message WHERE conversation = c.id) FROM conversation c ORDER BY updated_at DESC, seq DESC`)
}

// Conversation returns one row of the list.
func (s *Store) Conversation(ctx context.Context, id ConversationID) (Conversation, error) {
	return readConversation(ctx, s.db, id)
}

func readConversation(ctx context.Context, q querier, id ConversationID) (Conversation, error) {
	return queryOne(ctx, q, "read conversation", scanConversation, `SELECT id, title, created_at, updated_at,
		(SELECT count(*) FROM message WHERE conversation = c.id) FROM conversation c WHERE id = ?`, id)
}

// CreateConversation adds an empty conversation.
func (s *Store) CreateConversation(ctx context.Context, title string) (Conversation, error) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	c := Conversation{ID: ConversationID(newID()), Title: title, CreatedAt: now, UpdatedAt: now}
	if err := insertConversation(ctx, s.db, c); err != nil {
		return Conversation{}, wrap("create conversation", err)
	}
	return c, nil
}

func insertConversation(ctx context.Context, q querier, c Conversation) error {
	_, err := q.ExecContext(ctx, `INSERT INTO conversation (id, title, created_at, updated_at) VALUES (?, ?, ?, ?)`,
		c.ID, c.Title, c.CreatedAt.UnixMicro(), c.UpdatedAt.UnixMicro())
	return err
}

// Rename changes the title; the conversation keeps its place in the list.
func (s *Store) Rename(ctx context.Context, id ConversationID, title string) error {
	return execOne(ctx, s.db, "rename conversation", `UPDATE conversation SET title = ? WHERE id = ?`, title, id)
}

// Delete removes a conversation and its messages, overwrites their text, and empties the write-ahead log.
func (s *Store) Delete(ctx context.Context, id ConversationID) error {
	err := s.inTx(ctx, "delete conversation", func(tx *sql.Tx) error {
		// Not by ON DELETE CASCADE: along a chain of parents SQLite would stop after 1,000 levels.
		if _, err := tx.ExecContext(ctx, `DELETE FROM message WHERE conversation = ?`, id); err != nil {
			return err
		}
		return execOne(ctx, tx, "", `DELETE FROM conversation WHERE id = ?`, id)
	})
	if err != nil {
		return err
	}
	// It is deleted; a caller who gives up now must not keep its text in the log.
	var busy, frames, moved int
	err = s.db.QueryRowContext(context.WithoutCancel(ctx), `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &frames, &moved)
	if err == nil && busy != 0 {
		err = errors.New("write-ahead log is in use")
	}
	return wrap("delete conversation", err)
}

// Messages returns the branch that ends in the newest message, in order: empty for an empty conversation.
func (s *Store) Messages(ctx context.Context, id ConversationID) ([]Message, error) {
	if _, err := s.Conversation(ctx, id); err != nil {
		return nil, err
	}
	// A message is stored after its parent, so seq orders a branch.
	return queryAll(ctx, s.db, "read messages", scanMessage, `WITH RECURSIVE branch(seq, parent) AS (
			SELECT seq, parent FROM message WHERE seq = (SELECT max(seq) FROM message WHERE conversation = ?)
			UNION ALL SELECT m.seq, m.parent FROM message m JOIN branch b ON m.id = b.parent)
		SELECT `+messageColumns+` FROM message WHERE seq IN (SELECT seq FROM branch) ORDER BY seq`, id)
}

// Turn returns a turn's prompt and answer.
func (s *Store) Turn(ctx context.Context, id TurnID) (user, assistant Message, err error) {
	both, err := queryAll(ctx, s.db, "read turn", scanMessage, `SELECT `+messageColumns+` FROM message WHERE turn = ? ORDER BY seq`, id)
	if err != nil {
		return Message{}, Message{}, err
	}
	if len(both) != 2 {
		return Message{}, Message{}, wrap("read turn", ErrNotFound)
	}
	return both[0], both[1], nil
}

// BeginTurn stores a prompt, complete, and its answer, empty and pending, in a new conversation if none is named.
// ErrNotFound: no such conversation, or no such parent in it.
func (s *Store) BeginTurn(ctx context.Context, t Turn) (Begun, error) {
	if t.ID == "" {
		return Begun{}, errors.New("begin turn: no turn id")
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	create := t.Conversation == ""
	if create {
		t.Conversation = ConversationID(newID())
	}
	user := Message{
		ID: MessageID(newID()), Conversation: t.Conversation, Parent: t.Parent, Turn: t.ID, Role: User, Status: Complete,
		Text: t.Prompt, Salt: t.PromptSalt, CreatedAt: now,
	}
	assistant := Message{
		ID: MessageID(newID()), Conversation: t.Conversation, Parent: user.ID, Turn: t.ID, Role: Assistant, Status: Pending,
		Model: t.Model, Salt: t.AnswerSalt, CreatedAt: now,
	}
	var c Conversation
	err := s.inTx(ctx, "begin turn", func(tx *sql.Tx) (err error) {
		if create {
			if err := insertConversation(ctx, tx, Conversation{ID: t.Conversation, Title: t.Title, CreatedAt: now, UpdatedAt: now}); err != nil {
				return err
			}
		}
		// A clock that was set back must not hide the conversation at the end of the list.
		if err := execOne(ctx, tx, "", `UPDATE conversation SET updated_at = max(?, (SELECT max(updated_at) + 1 FROM conversation)) WHERE id = ?`,
			now.UnixMicro(), t.Conversation); err != nil {
			return err
		}
		if t.Parent != "" {
			var one int
			if err := tx.QueryRowContext(ctx, `SELECT 1 FROM message WHERE conversation = ? AND id = ?`, t.Conversation, t.Parent).Scan(&one); err != nil {
				return err
			}
		}
		for _, m := range []Message{user, assistant} {
			if err := insert(ctx, tx, m); err != nil {
				return err
			}
		}
		c, err = readConversation(ctx, tx, t.Conversation)
		return err
	})
	if err != nil {
		return Begun{}, err
	}
	return Begun{Conversation: c, User: user, Assistant: assistant}, nil
}

func insert(ctx context.Context, tx *sql.Tx, m Message) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO message (id, conversation, parent, turn, role, status, text, model, prompt_tokens,
		output_tokens, salt, audit_seq, created_at) VALUES (?, ?, nullif(?, ''), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		m.ID, m.Conversation, m.Parent, m.Turn, m.Role, m.Status, m.Text, m.Model, m.PromptTokens, m.OutputTokens,
		m.Salt[:], m.AuditSeq, m.CreatedAt.UnixMicro())
	return err
}

// SavePartial replaces the text of a pending answer. ErrNotFound where the turn is not pending.
func (s *Store) SavePartial(ctx context.Context, id TurnID, text string) error {
	return execOne(ctx, s.db, "save partial answer", `UPDATE message SET text = ? WHERE turn = ? AND status = 'pending'`, text, id)
}

// FinishTurn closes a pending answer, once. ErrNotFound where the turn is not pending.
func (s *Store) FinishTurn(ctx context.Context, id TurnID, o Outcome) error {
	if o.Status != Complete && o.Status != Stopped && o.Status != Failed {
		return fmt.Errorf("finish turn: not a final status")
	}
	return execOne(ctx, s.db, "finish turn", `UPDATE message SET status = ?, text = ?, prompt_tokens = ?, output_tokens = ?, audit_seq = ?
		WHERE turn = ? AND status = 'pending'`, o.Status, o.Text, o.PromptTokens, o.OutputTokens, o.AuditSeq, id)
}

// OpenTurns returns the pending answers, oldest first: what a crash left, for reconciliation with the record.
func (s *Store) OpenTurns(ctx context.Context) ([]Message, error) {
	return queryAll(ctx, s.db, "read open turns", scanMessage, `SELECT `+messageColumns+` FROM message WHERE status = 'pending' ORDER BY seq`)
}

// Setting returns a stored value, or ErrNotFound.
func (s *Store) Setting(ctx context.Context, key string) (string, error) {
	return queryOne(ctx, s.db, "read setting", func(row scanner) (string, error) {
		var v string
		err := row.Scan(&v)
		return v, err
	}, `SELECT value FROM setting WHERE key = ?`, key)
}

// SetSetting stores a value.
func (s *Store) SetSetting(ctx context.Context, key, value string) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
	return wrap("store setting", err)
}

type scanner interface{ Scan(dest ...any) error }

func scanConversation(row scanner) (Conversation, error) {
	var c Conversation
	var created, updated int64
	err := row.Scan(&c.ID, &c.Title, &created, &updated, &c.Messages)
	c.CreatedAt, c.UpdatedAt = time.UnixMicro(created).UTC(), time.UnixMicro(updated).UTC()
	return c, err
}

func scanMessage(row scanner) (Message, error) {
	var m Message
	var created int64
	var salt []byte
	err := row.Scan(&m.ID, &m.Conversation, &m.Parent, &m.Turn, &m.Role, &m.Status, &m.Text, &m.Model, &m.PromptTokens, &m.OutputTokens,
		&salt, &m.AuditSeq, &created)
	copy(m.Salt[:], salt)
	m.CreatedAt = time.UnixMicro(created).UTC()
	return m, err
}

type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func queryAll[T any](ctx context.Context, q querier, what string, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, wrap(what, err)
	}
	defer func() { _ = rows.Close() }()
	out := []T{}
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, wrap(what, err)
		}
		out = append(out, v)
	}
	return out, wrap(what, rows.Err())
}

func queryOne[T any](ctx context.Context, q querier, what string, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	v, err := scan(q.QueryRowContext(ctx, query, args...))
	return v, wrap(what, err)
}

// execOne answers ErrNotFound where no row was changed.
func execOne(ctx context.Context, q querier, what, query string, args ...any) error {
	result, err := q.ExecContext(ctx, query, args...)
	if err != nil {
		return wrap(what, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return wrap(what, errors.Join(err, ErrNotFound))
	}
	return nil
}

func (s *Store) inTx(ctx context.Context, what string, f func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return wrap(what, err)
	}
	if err := f(tx); err != nil {
		_ = tx.Rollback()
		return wrap(what, err)
	}
	return wrap(what, tx.Commit())
}
