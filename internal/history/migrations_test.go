package history

import (
	"errors"
	"strings"
	"testing"
)

// schema returns what is in the database, in a form to compare.
func schema(t *testing.T, s *Store) string {
	t.Helper()
	names, err := queryAll(t.Context(), s.db, "schema", func(row scanner) (string, error) {
		var name string
		return name, row.Scan(&name)
	}, `SELECT m.type || ' ' || m.name || coalesce(': ' || (SELECT group_concat(c.name, ' ') FROM pragma_table_info(m.name) c), '')
		FROM sqlite_schema m WHERE m.name NOT LIKE 'sqlite_%' ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, "\n")
}

func TestMigration1MakesTheSpine(t *testing.T) {
	path := dbPath(t)
	s := mustOpen(t, path)
	want := `index message_order
index message_parent
index message_pending
table conversation: seq id title created_at updated_at
table message: seq id conversation parent turn role status text model prompt_tokens output_tokens salt audit_seq created_at
table setting: key value`
	got := schema(t, s)
	if got != want {
		t.Errorf("schema:\n%s", got)
	}
	var version int
	if err := s.db.QueryRowContext(t.Context(), `PRAGMA user_version`).Scan(&version); err != nil || version != 1 {
		t.Error(version, err)
	}
	c := newConversation(t, s, "kept")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, path) // not applied again
	if _, err := s.Conversation(t.Context(), c); err != nil || schema(t, s) != got {
		t.Error(err)
	}
	for name, q := range map[string]string{
		"role":   `INSERT INTO message SELECT 1, 'i', id, NULL, 't', 'robot', 'complete', '', '', 0, 0, zeroblob(32), 0, 0 FROM conversation`,
		"status": `INSERT INTO message SELECT 1, 'i', id, NULL, 't', 'user', 'odd', '', '', 0, 0, zeroblob(32), 0, 0 FROM conversation`,
		"salt":   `INSERT INTO message SELECT 1, 'i', id, NULL, 't', 'user', 'complete', '', '', 0, 0, zeroblob(31), 0, 0 FROM conversation`,
		"parent": `INSERT INTO message SELECT 1, 'i', id, 'x', 't', 'user', 'complete', '', '', 0, 0, zeroblob(32), 0, 0 FROM conversation`,
		"owner":  `INSERT INTO message VALUES (1, 'i', 'x', NULL, 't', 'user', 'complete', '', '', 0, 0, zeroblob(32), 0, 0)`,
	} {
		if _, err := s.db.ExecContext(t.Context(), q); err == nil {
			t.Errorf("the schema accepts a bad %s", name)
		}
	}
}

func TestMigrationsAreNumberedWithoutGaps(t *testing.T) {
	for i, m := range migrations {
		if m.version != i+1 {
			t.Errorf("migration %d has version %d", i, m.version)
		}
	}
}

func TestAFailedMigrationChangesNothing(t *testing.T) {
	s := mustOpen(t, dbPath(t))
	before := schema(t, s)
	list := append(migrations[:1:1], migration{2, "breaks half way", `CREATE TABLE two (x); INSERT INTO nowhere VALUES (1)`})
	if err := migrate(t.Context(), s.db, list); err == nil {
		t.Fatal("no error")
	}
	var version int
	if err := s.db.QueryRowContext(t.Context(), `PRAGMA user_version`).Scan(&version); err != nil || version != 1 || schema(t, s) != before {
		t.Fatalf("version %d, %v\n%s", version, err, schema(t, s))
	}
	list[1].sql = `CREATE TABLE two (x)`
	if err := migrate(t.Context(), s.db, list); err != nil {
		t.Fatal(err)
	}
	if schema(t, s) == before {
		t.Fatal("positive control")
	}
}

func TestANewerFileIsRefusedUnchanged(t *testing.T) {
	path := dbPath(t)
	s := mustOpen(t, path)
	if _, err := s.db.ExecContext(t.Context(), `PRAGMA user_version = 7`); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before := raw(t, path)
	_, err := Open(t.Context(), path, testKey())
	if n, ok := errors.AsType[*NewerError](err); !ok || n.Have != 7 || n.Know != len(migrations) {
		t.Fatal(err)
	}
	if string(raw(t, path)) != string(before) {
		t.Fatal("the file was changed")
	}
}
