package history

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	"github.com/mattn/go-sqlite3"

	"subrosa/internal/atomicfile"
	"subrosa/internal/secret"
)

const plainMagic = "SQLite format 3\x00"

// Store is an open history file. It is safe for concurrent use.
type Store struct {
	db     *sql.DB
	con    *connector
	epochs Epochs
	tokens Tokens // nil: texts are read as they are stored
	index  *index

	erasing sync.Mutex   // held over the whole of Erase and Backup: one at a time
	mu      sync.RWMutex // held for writing while Erase replaces the keys
	epoch   Epoch        // the one in use

	reached func(step string) // tests cut an erasure short here
}

// Open opens the history at path with a 32-byte key, or makes a new one where there is none, and brings its schema up to
// date. It asks epochs for the epoch key in use, and ends what an erasure that was cut short left there. It keeps its own
// copies of the keys until Close. Errors: ErrKey, ErrNotEncrypted, ErrWrongKeyOrDamaged, *NewerError, ErrDiskFull, and
// those of epochs. Only a migration changes an existing file.
func Open(ctx context.Context, path string, key *secret.Bytes, epochs Epochs) (*Store, error) {
	return OpenWith(ctx, path, key, epochs, nil)
}

// OpenWith is Open for texts in which tokens stand: what is searched, and shown of what is found, is what their reader
// sees.
func OpenWith(ctx context.Context, path string, key *secret.Bytes, epochs Epochs, tokens Tokens) (*Store, error) {
	if key.Len() != 32 {
		return nil, ErrKey
	}
	switch err := present(path); {
	case errors.Is(err, fs.ErrNotExist):
		if err := create(ctx, path, key, epochs); err != nil {
			return nil, wrap("create history", err)
		}
	case err != nil:
		return nil, wrap("open history", err)
	}
	s, err := open(ctx, path, key, epochs)
	if err != nil {
		return nil, wrap("open history", err)
	}
	s.tokens = tokens
	if err := s.sweepStates(ctx); err != nil {
		return nil, errors.Join(wrap("open history", err), s.Close())
	}
	s.index = openIndex(ctx, s, path)
	if err := present(path); err != nil { // once more: what lies there now is encrypted
		return nil, errors.Join(wrap("open history", err), s.Close())
	}
	return s, nil
}

// Close writes the log back into the file and wipes the keys.
func (s *Store) Close() error {
	s.erasing.Lock()
	defer s.erasing.Unlock()
	if s.index != nil {
		s.index.close()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	err := closeDB(s.db)
	s.con.key.Wipe()
	s.epoch.Key.Wipe()
	return wrap("close history", err)
}

// closeDB closes a database of one connection so that its log is written into the file and removed. It waits for whoever
// has the connection: database/sql takes that of a canceled query back a moment later, and DB.Close does not wait for it.
// And it runs a statement: a cancellation that came after its query's end would interrupt the writing instead, since
// SQLite forgets it only where the next statement begins (isInterrupted).
func closeDB(db *sql.DB) error {
	ctx := context.Background()
	if last, err := db.Conn(ctx); err == nil {
		_, _ = last.ExecContext(ctx, `SELECT 1`)
		_ = last.Close()
	}
	return db.Close()
}

// Check reads the whole file on a connection of its own and reports ErrWrongKeyOrDamaged where a page does not verify or
// SQLite's structure is broken. Its time grows with the file.
func (s *Store) Check(ctx context.Context) error {
	fresh := sql.OpenDB(s.con) // the open connection may answer from its cache
	defer func() { _ = fresh.Close() }()
	var result string
	if err := fresh.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&result); err != nil {
		return wrap("check history", err)
	}
	if result != "ok" {
		return wrap("check history", ErrWrongKeyOrDamaged)
	}
	return nil
}

// present judges the file without opening it in SQLite.
func present(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, walErr := os.Lstat(path + "-wal"); walErr == nil {
			return ErrWrongKeyOrDamaged // a log whose file is gone: not a place for a new one
		}
		return err
	}
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return ErrWrongKeyOrDamaged
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, len(plainMagic))
	if _, err := io.ReadFull(f, head); err != nil {
		return ErrWrongKeyOrDamaged // shorter than a page
	}
	if string(head) == plainMagic {
		return ErrNotEncrypted
	}
	return nil
}

// create makes the file beside its name, and renames it when it is whole.
func create(ctx context.Context, path string, key *secret.Bytes, epochs Epochs) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	fresh := path + ".new"
	remove := func() {
		for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
			_ = os.Remove(fresh + suffix)
		}
	}
	remove()
	f, err := os.OpenFile(fresh, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	s, err := open(ctx, fresh, key, epochs)
	if err == nil {
		err = s.Close()
	}
	if err == nil {
		err = present(fresh)
	}
	if err == nil {
		err = os.Rename(fresh, path)
	}
	if err != nil {
		remove()
		return err
	}
	return atomicfile.SyncDir(filepath.Dir(path))
}

func open(ctx context.Context, path string, key *secret.Bytes, epochs Epochs) (*Store, error) {
	if err := os.Chmod(path, 0o600); err != nil { // SQLite gives the log the file's mode
		return nil, err
	}
	con := &connector{path: path, key: secret.New(append([]byte(nil), key.Expose()...)), settings: settings}
	s := &Store{db: sql.OpenDB(con), con: con, epochs: epochs, reached: func(string) {}}
	// One connection: every statement is short, so that waiting for it costs less than a pool, a checkpoint never finds
	// a reader in its way, and a deleted text is in no other connection's cache.
	s.db.SetMaxOpenConns(1)
	err := s.takeEpoch(ctx)
	if err == nil {
		err = s.migrate(ctx, migrations)
	}
	if err == nil {
		err = epochs.Commit(ctx, s.epoch.Number) // what an erasure left, cut short after its transaction or before
	}
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// takeEpoch gets the epoch key that the file names; for one without, which version 1 or create made, the first.
func (s *Store) takeEpoch(ctx context.Context) error {
	var version int
	if err := s.db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return err
	}
	if version < 2 {
		first, err := s.epochs.Begin(ctx, 0)
		if err == nil {
			s.setEpoch(first)
		}
		return err
	}
	if know := migrations[len(migrations)-1].version; version > know {
		return &NewerError{version, know}
	}
	var number uint64
	if err := s.db.QueryRowContext(ctx, `SELECT epoch FROM state`).Scan(&number); err != nil {
		return err
	}
	key, err := s.epochs.Epoch(number)
	if err == nil {
		s.setEpoch(Epoch{number, key})
	}
	return err
}

// connector builds the DSN anew for every connection, so that no string with the key is kept. Its errors carry no DSN.
type connector struct {
	path     string
	key      *secret.Bytes
	settings string // of the connection, for the DSN
}

const (
	settings = "&_journal_mode=WAL&_synchronous=FULL&_secure_delete=on&_foreign_keys=on&_busy_timeout=5000&_txlock=immediate&_cache_size=-65536&_stmt_cache_size=64"
	// The index can be made anew, and what is erased is not deleted from it: it gets another key.
	// A page that is in the cache need not be decrypted again: most of the index fits.
	indexSettings = "&_journal_mode=WAL&_synchronous=NORMAL&_busy_timeout=5000&_txlock=immediate&_cache_size=-65536&_stmt_cache_size=64"
)

func (c *connector) Driver() driver.Driver { return &sqlite3.SQLiteDriver{} }

func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	if c.key.Len() != 32 {
		return nil, ErrKey
	}
	conn, err := c.Driver().Open(c.dsn())
	if err != nil {
		return nil, strip(err)
	}
	if err := encrypting(ctx, conn); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// dsn sets the cipher before the key, and the key in the DSN: SQLite3 Multiple Ciphers needs both before the first read.
func (c *connector) dsn() string {
	path := (&url.URL{Path: filepath.ToSlash(c.path)}).EscapedPath()
	return "file:" + path + "?mode=rw&cipher=sqlcipher&legacy=4&key=x%27" + hex.EncodeToString(c.key.Expose()) + "%27" + c.settings
}

// encrypting refuses a SQLite that ignored the key, and one that would sort in plaintext temporary files.
func encrypting(ctx context.Context, conn driver.Conn) error {
	cipher, err := column(ctx, conn, `PRAGMA cipher`)
	if err != nil {
		return strip(err)
	}
	options, err := column(ctx, conn, `PRAGMA compile_options`)
	if err != nil {
		return strip(err)
	}
	if len(cipher) != 1 || cipher[0] != "sqlcipher" {
		return ErrNotEncrypted
	}
	for _, o := range options {
		if o == "TEMP_STORE=3" {
			return nil
		}
	}
	return ErrNotEncrypted
}

// column runs a query on a bare driver connection and returns its first column.
func column(ctx context.Context, conn driver.Conn, query string) ([]string, error) {
	rows, err := conn.(driver.QueryerContext).QueryContext(ctx, query, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []string
	row := make([]driver.Value, len(rows.Columns()))
	for {
		err := rows.Next(row)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, fmt.Sprint(row[0]))
	}
}

// strip turns the driver's errors into this package's: SQLite's numbers stay, its prose does not.
func strip(err error) error {
	e, ok := errors.AsType[sqlite3.Error](err)
	if !ok {
		return err
	}
	number := fmt.Errorf("sqlite error %d", int(e.ExtendedCode))
	switch e.Code {
	case sqlite3.ErrNotADB, sqlite3.ErrCorrupt, sqlite3.ErrFormat:
		return fmt.Errorf("%w: %w", ErrWrongKeyOrDamaged, number)
	case sqlite3.ErrFull:
		return fmt.Errorf("%w: %w", ErrDiskFull, number)
	case sqlite3.ErrIoErr:
		if e.ExtendedCode == sqlite3.ErrIoErrShortRead {
			return fmt.Errorf("%w: %w", ErrWrongKeyOrDamaged, number)
		}
	}
	if e.SystemErrno != 0 {
		return fmt.Errorf("%w: %w", number, e.SystemErrno)
	}
	return number
}

// wrap says what was being done. It returns nil for nil, and err itself for an empty what.
func wrap(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		err = ErrNotFound
	default:
		err = strip(err)
	}
	if what == "" {
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}
