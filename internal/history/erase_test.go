package history

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sealedOf returns what the file holds of a conversation: every sealed text and wrapped key.
func sealedOf(t *testing.T, s *Store, c ConversationID) [][]byte {
	t.Helper()
	all, err := queryAll(t.Context(), s.db, "", scanBytes, `SELECT m.content FROM message m JOIN conversation c ON c.seq = m.conversation WHERE c.id = ?1
		UNION ALL SELECT title FROM conversation WHERE id = ?1 UNION ALL SELECT key FROM conversation WHERE id = ?1
		UNION ALL SELECT value FROM value v JOIN conversation c ON c.seq = v.conversation WHERE c.id = ?1
		UNION ALL SELECT k.data FROM attachment_chunk k JOIN attachment a ON a.seq = k.attachment JOIN conversation c ON c.seq = a.conversation WHERE c.id = ?1`, c)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// holdsAny tells whether pages hold a piece of one of the blobs. A long blob is spread over pages.
func holdsAny(pages []byte, blobs [][]byte) bool {
	for _, b := range blobs {
		for at := 0; at+24 <= len(b); at += 512 {
			if bytes.Contains(pages, b[at:at+24]) {
				return true
			}
		}
	}
	return false
}

func TestNoRemnantOfWhatIsErased(t *testing.T) {
	for _, secure := range []bool{true, false} {
		path := dbPath(t)
		s := mustOpen(t, path)
		if !secure { // the positive control
			if _, err := s.db.ExecContext(t.Context(), `PRAGMA secure_delete = OFF`); err != nil {
				t.Fatal(err)
			}
		}
		keep, gone := newConversation(t, s, "keep"), newConversation(t, s, needle)
		say(t, s, keep, "", "bleibt", "bleibt")
		var parent MessageID
		for i := range 20 {
			parent = say(t, s, gone, parent, needle, strings.Repeat(needle, 1+i*40)).ID // small ones, and overflow pages
		}
		if _, err := s.AddAttachment(t.Context(), gone, "a", "b", strings.NewReader(strings.Repeat(needle, 20_000)), 1<<30); err != nil {
			t.Fatal(err)
		}
		sealed := sealedOf(t, s, gone)
		if len(sealed) < 44 || !holdsAny(decrypted(t, path), sealed) {
			t.Fatal("it was never there")
		}
		if err := s.Delete(t.Context(), gone); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path + "-wal"); err != nil || info.Size() != 0 {
			t.Fatalf("the log holds %d bytes, %v", info.Size(), err)
		}
		if found := holdsAny(decrypted(t, path), sealed); found == secure {
			t.Errorf("secure %v: a remnant was found: %v", secure, found)
		}
		if _, err := s.Messages(t.Context(), gone); !errors.Is(err, ErrNotFound) {
			t.Error(err)
		}
		if left, err := s.Messages(t.Context(), keep); err != nil || len(left) != 2 || left[1].Text != "bleibt" {
			t.Error(left, err)
		}
	}
}

// copyOf copies the history's files to another place, and returns the path there. The search index is made in the
// background, so that a file of it may go between being listed and being opened: then it is not copied.
func copyOf(t testing.TB, path string) string {
	t.Helper()
	from, to := filepath.Dir(path), filepath.Join(t.TempDir(), "copy")
	entries, err := os.ReadDir(from)
	if err = errors.Join(err, os.Mkdir(to, 0o700)); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := os.CopyFS(filepath.Join(to, e.Name()), os.DirFS(filepath.Join(from, e.Name()))); err != nil {
				t.Fatal(err)
			}
			continue
		}
		b, err := os.ReadFile(filepath.Join(from, e.Name()))
		if errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(e.Name(), "history-search-") {
			continue
		}
		if err = errors.Join(err, os.WriteFile(filepath.Join(to, e.Name()), b, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(to, filepath.Base(path))
}

// everything returns all that someone with the passphrase (the history key) and these epoch keys can read in a copy of the
// files. It goes around Open: it tries each key it finds on each thing it finds.
func everything(t *testing.T, path string, keys ...[]byte) string {
	t.Helper()
	con := &connector{path: path, key: testKey(), settings: settings}
	db := openWith(con)
	defer func() { _ = db.Close() }()
	var blobs [][]byte
	places := [][]string{}
	row := func(query string, place func(a, b, c string) []string) {
		rows, err := db.QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var blob []byte
			var a, b, c string
			if err := rows.Scan(&blob, &a, &b, &c); err != nil {
				t.Fatal(err)
			}
			blobs, places = append(blobs, blob), append(places, place(a, b, c))
		}
	}
	row(`SELECT m.key, m.id, s.epoch, '' FROM matter m, state s`, func(a, b, _ string) []string { return []string{"matter key", a, b} })
	row(`SELECT desk_key, epoch, '', '' FROM state`, func(a, _, _ string) []string { return []string{"desk key", a} })
	row(`SELECT key, id, '', '' FROM conversation`, func(a, _, _ string) []string { return []string{"conversation key", a} })
	row(`SELECT key, id, '', '' FROM attachment`, func(a, _, _ string) []string { return []string{"attachment key", a} })
	row(`SELECT key, id, '', '' FROM document`, func(a, _, _ string) []string { return []string{"document key", a} })
	row(`SELECT about, id, '', '' FROM document`, func(a, _, _ string) []string { return []string{"document", a} })
	row(`SELECT p.content, d.id, p.number, '' FROM document_page p JOIN document d ON d.seq = p.document`, func(a, b, _ string) []string { return []string{"document page", a, b} })
	row(`SELECT v.content, d.id, p.number, v.model FROM document_vector v JOIN document_page p ON p.seq = v.page JOIN document d ON d.seq = p.document`,
		func(a, b, c string) []string { return []string{"document vectors", a, b, c} })
	row(`SELECT data, d.id, char(0,0,0,0,0), '' FROM document_chunk k JOIN document d ON d.seq = k.document`, func(a, b, _ string) []string { return []string{"document chunk", a, b[:4] + "\x01"} })
	row(`SELECT title, id, '', '' FROM conversation`, func(a, _, _ string) []string { return []string{"title", a} })
	row(`SELECT content, c.id, m.id, role FROM message m JOIN conversation c ON c.seq = m.conversation`, func(a, b, c string) []string { return []string{"message", a, b, c} })
	row(`SELECT value, c.id, kind, '' FROM value v JOIN conversation c ON c.seq = v.conversation`, func(a, b, _ string) []string { return []string{"value", a, b} })
	row(`SELECT value, kind, id, '' FROM desk`, func(a, b, _ string) []string { return []string{"desk", a, b} })
	row(`SELECT data, a.id, char(0,0,0,0,0), '' FROM attachment_chunk k JOIN attachment a ON a.seq = k.attachment`, func(a, b, _ string) []string { return []string{"attachment chunk", a, b[:4] + "\x01"} })
	states, err := filepath.Glob(strings.TrimSuffix(path, ".db") + "-states/*.state")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, file := range states {
		id, _ := strings.CutSuffix(filepath.Base(file), ".state")
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		head := 4 + int(binary.BigEndian.Uint32(b))
		blobs, places = append(blobs, b[4:head]), append(places, []string{"state", id})
		blobs, places = append(blobs, b[head:]), append(places, []string{"state chunk"})
	}
	for found := true; found; {
		found = false
		for i, b := range blobs {
			for _, k := range keys {
				plain, err := unseal(k, b, places[i]...)
				if err != nil {
					continue
				}
				if places[i][0] == "state" { // its head tells the place of the only piece
					var head stateHead
					if err := json.Unmarshal(plain, &head); err != nil {
						t.Fatal(err)
					}
					places[i+1] = chunkPlace("state", head.File, 0, true)
				}
				if strings.HasSuffix(places[i][0], " key") {
					keys = append(keys, plain)
				} else {
					out.Write(plain)
					out.WriteByte('\n')
				}
				blobs[i], found = nil, true
				break
			}
		}
	}
	return out.String()
}

// held returns every key that is anywhere in what the user holds now: the ring's, and all in the file that they open.
func held(t *testing.T, path string, r *ring) [][]byte {
	t.Helper()
	var keys [][]byte
	for _, k := range r.copy().keys {
		keys = append(keys, k)
	}
	con := &connector{path: path, key: testKey(), settings: settings}
	db := openWith(con)
	defer func() { _ = db.Close() }()
	var n uint64
	if err := db.QueryRowContext(t.Context(), `SELECT epoch FROM state`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{`SELECT key, id FROM matter`, `SELECT key, id FROM conversation`, `SELECT key, id FROM attachment`, `SELECT key, id FROM document`, `SELECT desk_key, '' FROM state`} {
		rows, err := db.QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var blob []byte
			var id string
			if err := rows.Scan(&blob, &id); err != nil {
				t.Fatal(err)
			}
			for _, k := range keys {
				for _, place := range [][]string{{"matter key", id, number(n)}, {"conversation key", id}, {"attachment key", id}, {"document key", id}, {"desk key", number(n)}} {
					if plain, err := unseal(k, blob, place...); err == nil {
						keys = append(keys, plain)
					}
				}
			}
		}
		_ = rows.Close()
	}
	return keys
}

// An older copy of all files, opened later with the passphrase, the keyring and every key in the files as they are then.
func TestAnOlderCopyDoesNotYieldWhatWasErased(t *testing.T) {
	const secretText, kept = "der gelöschte Befund", "der behaltene Befund"
	type world struct {
		s            *Store
		matter       MatterID
		conversation ConversationID
		answer       Message
		document     DocumentID
		other        ConversationID
	}
	for name, c := range map[string]struct {
		before func(t *testing.T, w *world) // the copy is taken after this
		after  func(t *testing.T, w *world) // and before this
		erase  func(w *world) Erasure
	}{
		"message":      {erase: func(w *world) Erasure { return Erasure{Messages: []MessageID{w.answer.ID, w.answer.Parent}} }},
		"conversation": {erase: func(w *world) Erasure { return Erasure{Conversations: []ConversationID{w.conversation}} }},
		"matter":       {erase: func(w *world) Erasure { return Erasure{Matters: []MatterID{w.matter}} }},
		"conversation that moved since": {
			after: func(t *testing.T, w *world) {
				for _, to := range []MatterID{General, newMatter(t, w.s, "third")} {
					if err := w.s.Move(t.Context(), to, w.conversation); err != nil {
						t.Fatal(err)
					}
				}
			},
			erase: func(w *world) Erasure { return Erasure{Conversations: []ConversationID{w.conversation}} },
		},
		"message in a conversation that moved since": {
			after: func(t *testing.T, w *world) {
				if err := w.s.Move(t.Context(), General, w.conversation); err != nil {
					t.Fatal(err)
				}
			},
			erase: func(w *world) Erasure { return Erasure{Messages: []MessageID{w.answer.ID, w.answer.Parent}} },
		},
		"matter into which it moved since": {
			after: func(t *testing.T, w *world) {
				w.matter = newMatter(t, w.s, "late")
				if err := w.s.Move(t.Context(), w.matter, w.conversation); err != nil {
					t.Fatal(err)
				}
			},
			erase: func(w *world) Erasure { return Erasure{Matters: []MatterID{w.matter}} },
		},
		"the draft that the prompt was": {
			before: func(t *testing.T, w *world) {
				if err := w.s.SetDesk(t.Context(), Draft, "", []byte(secretText)); err != nil {
					t.Fatal(err)
				}
			},
			after: func(t *testing.T, w *world) {
				if err := w.s.SetDesk(t.Context(), Draft, "", nil); err != nil {
					t.Fatal(err)
				}
			},
			erase: func(w *world) Erasure { return Erasure{Conversations: []ConversationID{w.conversation}} },
		},
		"attachment": {
			before: func(t *testing.T, w *world) {
				a, err := w.s.AddAttachment(t.Context(), w.conversation, "n", "t", strings.NewReader(secretText), 1000)
				if err != nil {
					t.Fatal(err)
				}
				if err := w.s.Attach(t.Context(), w.answer.Parent, a.ID); err != nil {
					t.Fatal(err)
				}
			},
			erase: func(w *world) Erasure { return Erasure{Messages: []MessageID{w.answer.ID, w.answer.Parent}} },
		},
		"document of another conversation": { // whose key, and its matter's, are replaced for it alone
			before: func(t *testing.T, w *world) {
				w.document = newDocument(t, w.s, Document{Conversation: newIn(t, w.s, newMatter(t, w.s, "second"), "of documents")}, secretText)
			},
			erase: func(w *world) Erasure {
				return Erasure{Documents: []DocumentID{w.document}, Messages: []MessageID{w.answer.ID, w.answer.Parent}}
			},
		},
		"document of another matter": {
			before: func(t *testing.T, w *world) {
				w.document = newDocument(t, w.s, Document{Matter: newMatter(t, w.s, "second")}, secretText)
			},
			erase: func(w *world) Erasure {
				return Erasure{Documents: []DocumentID{w.document}, Messages: []MessageID{w.answer.ID, w.answer.Parent}}
			},
		},
		"document that another conversation's state was computed of": {
			before: func(t *testing.T, w *world) {
				w.document = newDocument(t, w.s, Document{Matter: w.matter}, "something else")
				turn := Turn{ID: NewTurnID(), Place: Place{Conversation: w.other}, Prompt: "what does it say?", Sources: []Source{{Document: w.document}}}
				if _, err := w.s.BeginTurn(t.Context(), turn); err != nil {
					t.Fatal(err)
				}
				saveState(t, w.s, w.other, []byte(secretText))
			},
			after: func(t *testing.T, w *world) {
				if err := w.s.Move(t.Context(), General, w.other); err != nil {
					t.Fatal(err)
				}
			},
			erase: func(w *world) Erasure {
				return Erasure{Documents: []DocumentID{w.document}, Messages: []MessageID{w.answer.ID, w.answer.Parent}}
			},
		},
		"message of which there is a state": {
			before: func(t *testing.T, w *world) { saveState(t, w.s, w.conversation, []byte(secretText)) },
			erase:  func(w *world) Erasure { return Erasure{Messages: []MessageID{w.answer.ID, w.answer.Parent}} },
		},
		"document with its conversation": {
			before: func(t *testing.T, w *world) {
				w.document = newDocument(t, w.s, Document{Conversation: w.conversation}, secretText)
			},
			erase: func(w *world) Erasure { return Erasure{Conversations: []ConversationID{w.conversation}} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			path, keyring := dbPath(t), newRing()
			w := &world{s: mustOpenWith(t, path, keyring)}
			w.matter = newMatter(t, w.s, "Akte")
			w.conversation, w.other = newIn(t, w.s, w.matter, "Titel"), newIn(t, w.s, w.matter, "other")
			say(t, w.s, w.other, "", kept, kept)
			first := say(t, w.s, w.conversation, "", "hello", "there")
			w.answer = say(t, w.s, w.conversation, first.ID, secretText, secretText)
			if c.before != nil {
				c.before(t, w)
			}
			settle(t, w.s)
			stolen, stolenRing := copyOf(t, path), keyring.copy()
			if c.after != nil {
				c.after(t, w)
			}
			if err := w.s.Erase(t.Context(), c.erase(w)); err != nil {
				t.Fatal(err)
			}
			found, err := w.s.Search(t.Context(), Query{Text: "gelöschte"})
			if err != nil || len(found.Hits) != 0 {
				t.Errorf("search finds %+v, %v", found, err)
			}
			settle(t, w.s)
			if found, err = w.s.Search(t.Context(), Query{Text: "gelöschte"}); err != nil || len(found.Hits) != 0 {
				t.Errorf("search in the new index finds %+v, %v", found, err)
			}
			if err := w.s.Close(); err != nil {
				t.Fatal(err)
			}
			all := held(t, path, keyring)
			if strings.Contains(everything(t, path, all...), secretText) {
				t.Error("the text is still in the file")
			}
			if strings.Contains(everything(t, stolen, all...), secretText) {
				t.Error("the older copy yields the text")
			}
			if _, err := Open(t.Context(), stolen, testKey(), keyring); !errors.Is(err, errEpochLost) {
				t.Errorf("the older copy opens: %v", err)
			}
			// The index of the older copy opens with none of these keys either.
			for _, k := range append(all, testKey().Expose()) {
				if words := indexWords(t, stolen, k, stolenRing); words != "" {
					t.Errorf("the older index opens: %s", words)
				}
			}
			if name != "matter" {
				if got := everything(t, path, all...); strings.Count(got, kept) != 2 {
					t.Errorf("what was kept: %q", got)
				}
			}
			// The positive control, and the limit: whoever copied the keyring too can read it. Only a witness tells.
			var keys [][]byte
			for _, k := range stolenRing.keys {
				keys = append(keys, k)
			}
			if !strings.Contains(everything(t, stolen, keys...), secretText) {
				t.Error("positive control: the copy with its own keyring")
			}
			if words := indexWords(t, stolen, keys[0], stolenRing); !strings.Contains(words, "geloschte") {
				t.Errorf("positive control: the index with its own keyring: %q", words)
			}
		})
	}
}

// indexWords returns the words of a search index, if it opens under this epoch key.
func indexWords(t *testing.T, path string, epochKey []byte, r *ring) string {
	t.Helper()
	var words []string
	for n := range r.keys {
		file := fmt.Sprintf("%s-search-%d.db", strings.TrimSuffix(path, ".db"), n)
		if _, err := os.Stat(file); err != nil {
			t.Fatal(err)
		}
		db := openWith(&connector{path: file, key: newSecret(derive(epochKey, "search index")), settings: indexSettings})
		defer func() { _ = db.Close() }()
		if _, err := db.ExecContext(t.Context(), `CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, words, row)`); err != nil {
			continue
		}
		list, err := queryAll(t.Context(), db, "", func(row scanner) (w string, err error) { return w, row.Scan(&w) }, `SELECT term FROM temp.vocabulary`)
		if err == nil {
			words = append(words, list...)
		}
	}
	return strings.Join(words, " ")
}

func newMatter(t testing.TB, s *Store, name string) MatterID {
	t.Helper()
	m, err := s.CreateMatter(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return m.ID
}

func newIn(t testing.TB, s *Store, m MatterID, title string) ConversationID {
	t.Helper()
	c, err := s.CreateConversation(t.Context(), m, title)
	if err != nil {
		t.Fatal(err)
	}
	return c.ID
}

// settle waits until the index is complete.
func settle(t testing.TB, s *Store) {
	t.Helper()
	for range 1000 {
		st, err := s.IndexState(t.Context())
		if err != nil || st.Err != nil {
			t.Fatal(err, st.Err)
		}
		s.index.mu.RLock()
		done := st.Complete && s.index.next == nil
		s.index.mu.RUnlock()
		if done {
			return
		}
		s.index.poke()
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("the index does not come to an end")
}

// At every step of an erasure the program may end. What is on disk then opens, as it was or erased.
func TestACutErasureIsDoneOrNot(t *testing.T) {
	for _, what := range []string{"message", "conversation", "matter"} {
		path, keyring := dbPath(t), newRing()
		s := mustOpenWith(t, path, keyring)
		matter := newMatter(t, s, "Akte")
		c := newIn(t, s, matter, "Titel")
		answer := say(t, s, c, "", "prompt", needle)
		keep := newIn(t, s, matter, "keep")
		say(t, s, keep, "", "kept prompt", "kept answer")
		type state struct {
			step string
			path string
			ring *ring
		}
		var states []state
		take := func(step string) { states = append(states, state{step, copyOf(t, path), keyring.copy()}) }
		take("before")
		s.reached = take
		e := map[string]Erasure{
			"message": {Messages: []MessageID{answer.ID}}, "conversation": {Conversations: []ConversationID{c}}, "matter": {Matters: []MatterID{matter}},
		}[what]
		if err := s.Erase(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		take("after")
		if len(states) != 6 {
			t.Fatalf("%d steps", len(states))
		}
		for i, st := range states {
			again := mustOpenWith(t, st.path, st.ring)
			messages, err := again.Messages(t.Context(), c)
			gone := errors.Is(err, ErrNotFound) || err == nil && messages[1].Status == Erased
			if err != nil && !gone {
				t.Errorf("%s, %s: %v", what, st.step, err)
			}
			if want := i >= 2; gone != want {
				t.Errorf("%s, %s: erased %v", what, st.step, gone)
			}
			if len(st.ring.keys) != 1 {
				t.Errorf("%s, %s: %d epoch keys are left after opening", what, st.step, len(st.ring.keys))
			}
			if left, err := again.Messages(t.Context(), keep); what != "matter" && (err != nil || left[1].Text != "kept answer") {
				t.Errorf("%s, %s: %v %v", what, st.step, left, err)
			}
			// And the next erasure works from there.
			if err := again.Erase(t.Context(), e); err != nil && !errors.Is(err, ErrNotFound) {
				t.Errorf("%s, %s: again: %v", what, st.step, err)
			}
			if err := again.Check(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestAnEpochKeyThatCannotBeForgottenIsAnErrorAndForgottenLater(t *testing.T) {
	path, keyring := dbPath(t), newRing()
	s := mustOpenWith(t, path, keyring)
	c := newConversation(t, s, "x")
	keyring.commitErr = fs.ErrPermission
	err := s.Delete(t.Context(), c)
	if e, ok := errors.AsType[*EpochError](err); !ok || !errors.Is(e, fs.ErrPermission) {
		t.Fatal(err)
	}
	if _, err := s.Conversation(t.Context(), c); !errors.Is(err, ErrNotFound) || len(keyring.keys) != 2 {
		t.Error(err, len(keyring.keys))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	keyring.commitErr = nil
	mustOpenWith(t, path, keyring)
	if len(keyring.keys) != 1 {
		t.Error("it is still kept")
	}
}

func TestErasingAMessageKeepsTheRest(t *testing.T) {
	s := mustOpen(t, dbPath(t))
	begun, err := s.BeginTurn(t.Context(), Turn{ID: NewTurnID(), Title: "Anna is ill", Prompt: "Anna is ill", PromptSalt: [32]byte{7}})
	if err != nil {
		t.Fatal(err)
	}
	c := begun.Conversation.ID
	if err := s.Erase(t.Context(), Erasure{Messages: []MessageID{begun.Assistant.ID}}); !errors.Is(err, ErrNotFound) {
		t.Error("a pending answer was erased: ", err)
	}
	if err := s.FinishTurn(t.Context(), begun.Assistant.Turn, Outcome{Status: Complete, Text: "yes"}); err != nil {
		t.Fatal(err)
	}
	if err := s.SetValue(t.Context(), c, Draft, []byte("draft")); err != nil {
		t.Fatal(err)
	}
	second := say(t, s, c, begun.Assistant.ID, "p2", "a2")
	attached, err := s.AddAttachment(t.Context(), c, "n", "t", strings.NewReader("content"), 100)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Attach(t.Context(), second.Parent, attached.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.Erase(t.Context(), Erasure{Messages: []MessageID{begun.User.ID}}); err != nil {
		t.Fatal(err)
	}
	messages, err := s.Messages(t.Context(), c)
	if err != nil || len(messages) != 4 {
		t.Fatal(messages, err)
	}
	if m := messages[0]; m.Status != Erased || m.Text != "" || m.Salt != [32]byte{} || m.ID != begun.User.ID {
		t.Errorf("%+v", m)
	}
	if messages[1].Text != "yes" || messages[3].Text != "a2" {
		t.Errorf("%+v", messages)
	}
	if got, err := s.Conversation(t.Context(), c); err != nil || got.Title != "" || !got.Draft {
		t.Errorf("%+v %v: the title came from what was erased", got, err)
	}
	if v, err := s.Value(t.Context(), c, Draft); err != nil || string(v) != "draft" {
		t.Error(v, err)
	}
	var content bytes.Buffer
	if _, err := s.ReadAttachment(t.Context(), attached.ID, &content); err != nil || content.String() != "content" {
		t.Error(content.String(), err)
	}
	if err := s.Rename(t.Context(), c, "chosen"); err != nil {
		t.Fatal(err)
	}
	if err := s.Erase(t.Context(), Erasure{Messages: []MessageID{begun.Assistant.ID, second.ID, second.Parent}}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Conversation(t.Context(), c); err != nil || got.Title != "chosen" {
		t.Errorf("%+v %v", got, err)
	}
	if list, err := s.Attachments(t.Context(), c); err != nil || len(list) != 0 {
		t.Error("an erased message's attachment is left: ", list, err)
	}
	if err := s.Erase(t.Context(), Erasure{Messages: []MessageID{second.ID}}); !errors.Is(err, ErrNotFound) {
		t.Error("erased twice: ", err)
	}
}

func TestAHoldStopsErasureAndRetention(t *testing.T) {
	s := mustOpen(t, dbPath(t))
	matter := newMatter(t, s, "m")
	inside, outside := newIn(t, s, matter, "inside"), newConversation(t, s, "outside")
	answer := say(t, s, inside, "", "p", "a")
	say(t, s, outside, "", "p", "a")
	future := time.Now().AddDate(0, 0, 31)
	due := func(days int) string {
		ids, err := s.Due(t.Context(), future, days)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, id := range ids {
			c, err := s.Conversation(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, c.Title)
		}
		return strings.Join(names, " ")
	}
	if got := due(0) + "," + due(30) + "," + due(32); got != ",inside outside," {
		t.Error(got)
	}
	if err := s.SetRetention(t.Context(), matter, 10); err != nil {
		t.Fatal(err)
	}
	if got := due(0) + "," + due(32); got != "inside,inside" {
		t.Error(got)
	}
	for _, h := range []Hold{{Matter: matter, Reason: "case 1"}, {Conversation: inside, Reason: "case 2", AddedBy: "me"}} {
		h, err := s.AddHold(t.Context(), h)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Hold(t.Context(), h.ID); err != nil || got != h {
			t.Error(got, err)
		}
		for name, e := range map[string]Erasure{
			"message": {Messages: []MessageID{answer.ID}}, "conversation": {Conversations: []ConversationID{inside}}, "matter": {Matters: []MatterID{matter}},
			"both": {Conversations: []ConversationID{outside, inside}},
		} {
			if err := s.Erase(t.Context(), e); !errors.Is(err, ErrHeld) {
				t.Errorf("%s under %+v: %v", name, h, err)
			}
		}
		if got := due(1); got != "outside" {
			t.Error(got)
		}
		if c, err := s.Conversation(t.Context(), inside); err != nil || !c.Held {
			t.Error(c, err)
		}
		if err := s.LiftHold(t.Context(), h.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.AddHold(t.Context(), Hold{Matter: "no"}); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if err := s.Erase(t.Context(), Erasure{Matters: []MatterID{General}}); !errors.Is(err, ErrBuiltIn) {
		t.Error(err)
	}
	if err := s.Erase(t.Context(), Erasure{Matters: []MatterID{matter}, Conversations: []ConversationID{outside}}); err != nil {
		t.Error(err)
	}
	if list, err := s.Conversations(t.Context()); err != nil || len(list) != 0 {
		t.Error(list, err)
	}
}
