package history

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
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

func TestMigrationsMakeTheSchema(t *testing.T) {
	path := dbPath(t)
	s := mustOpen(t, path)
	want := `index attachment_conversation
index attachment_message
index conversation_changed
index conversation_matter
index conversation_updated
index document_conversation
index document_matter
index hold_conversation
index hold_matter
index lineage_matter
index message_parent
index message_pending
index source_document
table attachment: seq id conversation message key about created_at
table attachment_chunk: attachment number data
table conversation: seq id matter key title named pinned leaf changed created_at updated_at
table desk: seq kind id value updated_at
table document: seq id conversation matter key about reading created_at
table document_chunk: document number data
table document_page: seq document number content changed
table document_vector: page model content
table hold: seq id matter conversation reason added_by added_at
table lineage: conversation matter
table matter: seq id key name retention created_at
table message: seq id conversation parent turn role status content model prompt_tokens output_tokens audit_seq changed created_at
table setting: key value
table source: seq message document content
table state: one history epoch generation desk_key record_size record_root
table value: seq conversation kind value
trigger message_has_parent`
	got := schema(t, s)
	if got != want {
		t.Errorf("schema:\n%s", got)
	}
	var version int
	if err := s.db.QueryRowContext(t.Context(), `PRAGMA user_version`).Scan(&version); err != nil || version != len(migrations) {
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
		"role":   `INSERT INTO message SELECT 1, 'i', seq, NULL, 't', 'robot', 'complete', x'', '', 0, 0, 0, 0, 0 FROM conversation`,
		"status": `INSERT INTO message SELECT 1, 'i', seq, NULL, 't', 'user', 'odd', x'', '', 0, 0, 0, 0, 0 FROM conversation`,
		"parent": `INSERT INTO message SELECT 1, 'i', seq, 77, 't', 'user', 'complete', x'', '', 0, 0, 0, 0, 0 FROM conversation`,
		"other parent": `INSERT INTO conversation SELECT 99, 'other', matter, key, title, 0, 0, NULL, 0, 0, 0 FROM conversation LIMIT 1;
			INSERT INTO message VALUES (5, 'first', 99, NULL, 't', 'user', 'complete', x'', '', 0, 0, 0, 0, 0);
			INSERT INTO message SELECT 6, 'i', seq, 5, 't', 'user', 'complete', x'', '', 0, 0, 0, 0, 0 FROM conversation WHERE seq <> 99`,
		"owner":            `INSERT INTO message VALUES (1, 'i', 77, NULL, 't', 'user', 'complete', x'', '', 0, 0, 0, 0, 0)`,
		"document's place": `INSERT INTO document VALUES (1, 'i', 1, 1, x'', x'', 'read', 0)`,
		"state of reading": `INSERT INTO document VALUES (1, 'i', 1, NULL, x'', x'', 'odd', 0)`,
		"hold":             `INSERT INTO hold VALUES (1, 'i', 1, 1, '', '', 0)`,
	} {
		if _, err := s.db.ExecContext(t.Context(), q); err == nil {
			t.Errorf("the schema accepts a bad %s", name)
		}
	}
}

// testdata/v1.db was written by version 1, with testKey: two conversations with branches and a cut-short answer, and an
// empty one.
func TestAVersion1FileIsBroughtUpToDate(t *testing.T) {
	path := dbPath(t)
	old, err := os.ReadFile("testdata/v1.db")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, old, 0o600)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(decrypted(t, path), []byte("first answer")) {
		t.Fatal("positive control: version 1 kept text under the file's key alone")
	}
	for range 2 { // the second time nothing is left to do
		s := mustOpen(t, path)
		list, err := s.Conversations(t.Context())
		if err != nil || len(list) != 3 {
			t.Fatal(list, err)
		}
		byTitle := map[string]Conversation{}
		for _, c := range list {
			byTitle[c.Title] = c
			if c.Matter != General {
				t.Errorf("%+v", c)
			}
		}
		texts := func(title string) string {
			messages, err := s.Messages(t.Context(), byTitle[title].ID)
			if err != nil {
				t.Fatal(err)
			}
			var all []string
			for _, m := range messages {
				all = append(all, m.Text)
			}
			return strings.Join(all, "|")
		}
		if got := texts("Branches"); got != "first prompt|first answer|second prompt, edited|second answer to the edit" {
			t.Errorf("%q", got)
		}
		if got := texts("Pending"); got != "cut short|half an ans" {
			t.Errorf("%q", got)
		}
		if n := byTitle["Branches"].Messages; n != 6 {
			t.Errorf("%d messages", n)
		}
		open, err := s.OpenTurns(t.Context())
		if err != nil || len(open) != 1 || open[0].Text != "half an ans" || open[0].Salt != [32]byte{2} {
			t.Errorf("%+v, %v", open, err)
		}
		if theme, err := s.Setting(t.Context(), "theme"); err != nil || theme != "dark" {
			t.Error(theme, err)
		}
		if err := s.Check(t.Context()); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		plain := decrypted(t, path)
		for _, text := range []string{"first answer", "Branches", "half an ans"} {
			if bytes.Contains(plain, []byte(text)) {
				t.Errorf("%q is still under the file's key alone", text)
			}
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
	know := len(migrations)
	list := append(migrations[:know:know], migration{version: know + 1, what: "breaks half way", sql: `CREATE TABLE two (x); INSERT INTO nowhere VALUES (1)`})
	if err := s.migrate(t.Context(), list); err == nil {
		t.Fatal("no error")
	}
	var version int
	if err := s.db.QueryRowContext(t.Context(), `PRAGMA user_version`).Scan(&version); err != nil || version != know || schema(t, s) != before {
		t.Fatalf("version %d, %v\n%s", version, err, schema(t, s))
	}
	list[know].sql = `CREATE TABLE two (x)`
	if err := s.migrate(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	if schema(t, s) == before {
		t.Fatal("positive control")
	}
}

func TestANewerFileIsRefusedUnchanged(t *testing.T) {
	path := dbPath(t)
	s := mustOpen(t, path)
	if _, err := s.db.ExecContext(t.Context(), `PRAGMA user_version = 99`); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before := raw(t, path)
	_, err := Open(t.Context(), path, testKey(), epochsOf(path))
	if n, ok := errors.AsType[*NewerError](err); !ok || n.Have != 99 || n.Know != len(migrations) {
		t.Fatal(err)
	}
	if string(raw(t, path)) != string(before) {
		t.Fatal("the file was changed")
	}
}
