// Package history keeps conversations in one encrypted SQLite file, and what was erased from it out of every older copy.
//
// On disk: SQLCipher 4's format (AES-256 in CBC mode, a random IV and HMAC-SHA512 for each page), written by SQLite3
// Multiple Ciphers under mattn/go-sqlite3, with a raw 32-byte key. The write-ahead log beside it, NAME-wal, is
// encrypted too. Both are 0600. PRAGMA user_version is the schema's version; migrations.go has the schema. Everything that
// a person or a model wrote is sealed once more (seal.go), under a tree of keys that hangs from the deletion-epoch key,
// which is in no file (keytree.go). The search index is a file of its own, keyed from the epoch key, and can be made anew
// (index.go).
//
// Guarantee: a change is durable when its method returns (WAL, synchronous=FULL), and a method changes all it says or
// nothing. Open refuses a file, or a SQLite library, that is not really encrypting: a library without the cipher would
// ignore the key and write plaintext. After Erase no copy of the files that was made before it yields what was erased,
// with this file's key, the epoch key and every key in the file as they are then (erase.go); removed rows are overwritten
// (secure_delete) and the write-ahead log emptied. A new file appears under its name only when it is complete: an empty
// file is a damaged one.
//
// Damage. Every page read is checked by its HMAC, and everything sealed by its tag and place, so a changed or foreign
// page is an error when it is read, never wrong text. Open therefore reads the schema alone and does not run
// integrity_check, whose time grows with the file; Check does. Not noticed here: an old page put back at its own place, an
// older copy of the whole file under the same epoch, and a damaged write-ahead log, which loses its newest transactions:
// Generation is then less than the record says.
//
// What it does not do: reach copies that were made together with the keyring, or what schema 1 wrote under the file's key
// alone. Times, roles, sizes and the shape of the tree are under the file's key alone. It does not judge what it stores:
// callers store redacted text. It does not lock out a second process (the session does). While the file is open SQLite
// holds the key in its own memory, and opening leaves a copy of it in a Go string.
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
	// ErrHeld: a legal hold forbids erasing this.
	ErrHeld = errors.New("under a legal hold")
	// ErrBuiltIn: General can be neither renamed nor erased.
	ErrBuiltIn = errors.New("the built-in matter stays")
	// ErrTooLarge: an attachment or a document is larger than the limit.
	ErrTooLarge = errors.New("attachment is too large")
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
	// MatterID names a matter.
	MatterID string
	// AttachmentID names an attachment.
	AttachmentID string
	// HoldID names a legal hold.
	HoldID string
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
	Erased   Status = "erased" // its text and salt are gone for good
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
	Matter    MatterID
	Title     string    // empty where the first prompt, which it came from, was erased
	CreatedAt time.Time // UTC, to the microsecond
	UpdatedAt time.Time // the newest turn's
	Messages  int       // in all branches
	Pinned    bool
	Held      bool // by a legal hold on it or on its matter
	Draft     bool // a draft waits in it
	Thinking  bool // the model is to think before it answers
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
	Reasoning    string // what the model said to itself before it answered
	Model        string
	PromptTokens int
	OutputTokens int
	Salt         [32]byte // of the commitment in the record
	AuditSeq     int64    // the record's entry for the intent, 0 while pending
	CreatedAt    time.Time
}

// Whole is what the record commits to: the text and, where there is reasoning, a byte 0xFF, which no text has, and that.
func (m Message) Whole() string {
	if m.Reasoning == "" {
		return m.Text
	}
	return m.Text + beforeReasoning + m.Reasoning
}

const beforeReasoning = "\xff"

// Place says where in a conversation a turn goes. Without more, it follows the last message of the chosen branch. At
// most one of the three messages is set.
type Place struct {
	Conversation ConversationID // empty for a new one
	Edit         MessageID      // beside this prompt, as another version of it
	Again        MessageID      // a second answer, beside this one
	Continue     MessageID      // beside this answer, beginning with its text
}

// Turn is what BeginTurn stores.
type Turn struct {
	ID         TurnID
	Place      Place
	Matter     MatterID // of a new conversation; empty: General
	Title      string   // of a new conversation
	Prompt     string   // not stored for Again and Continue: the prompt is there
	PromptSalt [32]byte // likewise
	AnswerSalt [32]byte
	Model      string
	Pseudonyms []byte // the conversation's, with the prompt's; nil: as they are
	Sources    []Source
}

// Begun is what BeginTurn stored.
type Begun struct {
	Conversation    Conversation
	User, Assistant Message
	Sources         []Source // what the answer's model is given of documents
}

// Outcome is what FinishTurn stores.
type Outcome struct {
	Status       Status // Complete, Stopped or Failed
	Text         string
	Reasoning    string
	PromptTokens int
	OutputTokens int
	AuditSeq     int64
	Pseudonyms   []byte // the conversation's, with the answer's; nil: as they are
}

// Setting returns a stored value, or ErrNotFound.
func (s *Store) Setting(ctx context.Context, key string) (string, error) {
	return queryOne(ctx, s.db, "read setting", func(row scanner) (string, error) {
		var v string
		err := row.Scan(&v)
		return v, err
	}, `SELECT value FROM setting WHERE key = ?`, key)
}

// SetSetting stores a value. Settings are not sealed: no content belongs into one.
func (s *Store) SetSetting(ctx context.Context, key, value string) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
	return wrap("store setting", err)
}

type scanner interface{ Scan(dest ...any) error }

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
