package history

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
)

var benchText = strings.Repeat("Nach dem Befund ist der Verlauf unauffällig. ", 20)

// BenchmarkCommitMessage commits one message of 900 bytes at a time, encrypted and plain, with the same schema and settings in
// one run, and reports the ratio.
func BenchmarkCommitMessage(b *testing.B) {
	fill := func(b *testing.B, db *sql.DB) {
		s := &Store{db: db}
		c := newConversation(b, s, "x")
		b.ResetTimer()
		for b.Loop() {
			err := s.inTx(b.Context(), "bench", func(tx *sql.Tx) error {
				return insert(b.Context(), tx, Message{ID: MessageID(newID()), Conversation: c, Turn: NewTurnID(), Role: User, Status: Complete, Text: benchText})
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	var plainTime float64
	b.Run("plain", func(b *testing.B) {
		db, err := sql.Open("sqlite3", "file:"+filepath.Join(b.TempDir(), "plain.db")+
			"?_journal_mode=WAL&_synchronous=FULL&_secure_delete=on&_foreign_keys=on&_busy_timeout=5000&_txlock=immediate")
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		db.SetMaxOpenConns(1)
		if err := migrate(b.Context(), db, migrations); err != nil {
			b.Fatal(err)
		}
		fill(b, db)
		plainTime = float64(b.Elapsed()) / float64(b.N)
	})
	b.Run("encrypted", func(b *testing.B) {
		fill(b, mustOpen(b, filepath.Join(b.TempDir(), "history.db")).db)
		if plainTime > 0 {
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/plainTime, "x-plain")
		}
	})
}

// BenchmarkOpen shows what a check of the whole file at each start would cost.
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "history.db")
	s := mustOpen(b, path)
	c := newConversation(b, s, "x")
	err := s.inTx(b.Context(), "bench", func(tx *sql.Tx) error {
		for range 50_000 {
			if err := insert(b.Context(), tx, Message{ID: MessageID(newID()), Conversation: c, Turn: NewTurnID(), Role: User, Status: Complete, Text: benchText}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("check", func(b *testing.B) {
		for b.Loop() {
			if err := s.Check(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			s, err := Open(b.Context(), path, testKey())
			if err != nil {
				b.Fatal(err)
			}
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
