package history

import (
	"context"
	"database/sql"
	"errors"
	"os"

	"github.com/mattn/go-sqlite3"

	"subrosa/internal/secret"
)

// pagesAtATime is how much a snapshot copies before it looks whether it shall go on: 8 MiB.
const pagesAtATime = 2048

// Snapshot copies the history, as it is at one moment, into a new file under the same key, and checks the copy. frozen runs
// at that moment, while nothing can change: what it reads elsewhere belongs to the copy. Turns go on meanwhile; an erasure
// waits. On error there is no file.
func (s *Store) Snapshot(ctx context.Context, to string, frozen func(generation uint64) error) (err error) {
	s.erasing.Lock()
	defer s.erasing.Unlock()
	// A connection of its own, with a read transaction: the write-ahead log keeps that moment for it.
	from := sql.OpenDB(s.con)
	defer func() { _ = from.Close() }()
	reader, err := from.Conn(ctx)
	if err != nil {
		return wrap("snapshot", err)
	}
	defer func() { _ = reader.Close() }()
	if err := s.freeze(ctx, reader, frozen); err != nil {
		return wrap("snapshot", err)
	}
	defer func() { _, _ = reader.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`) }()

	if err := os.WriteFile(to, nil, 0o600); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
				_ = os.Remove(to + suffix)
			}
		}
	}()
	con := &connector{path: to, key: secret.New(append([]byte(nil), s.con.key.Expose()...)), settings: "&_synchronous=FULL"}
	defer con.key.Wipe()
	copied := &Store{db: sql.OpenDB(con), con: con}
	copied.db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, copied.db.Close()) }()
	writer, err := copied.db.Conn(ctx)
	if err != nil {
		return wrap("snapshot", err)
	}
	err = writer.Raw(func(w any) error {
		return reader.Raw(func(r any) error { return copyPages(ctx, w.(*sqlite3.SQLiteConn), r.(*sqlite3.SQLiteConn)) })
	})
	if err := errors.Join(err, writer.Close()); err != nil {
		return wrap("snapshot", err)
	}
	return copied.Check(ctx)
}

func (s *Store) freeze(ctx context.Context, reader *sql.Conn, frozen func(uint64) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := reader.ExecContext(ctx, `BEGIN`); err != nil {
		return err
	}
	var generation uint64
	err := reader.QueryRowContext(ctx, `SELECT generation FROM state`).Scan(&generation) // from here on this moment is kept
	if err == nil {
		err = frozen(generation)
	}
	return err
}

func copyPages(ctx context.Context, to, from *sqlite3.SQLiteConn) error {
	b, err := to.Backup("main", from, "main")
	if err != nil {
		return err
	}
	for done := false; !done; {
		if err = ctx.Err(); err == nil {
			done, err = b.Step(pagesAtATime)
		}
		if err != nil {
			return errors.Join(err, b.Finish())
		}
	}
	return b.Finish()
}
