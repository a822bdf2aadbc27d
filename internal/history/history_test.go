package history

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha512"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"

	"subrosa/internal/secret"
)

const needle = "Patientin Ngaire Tuhiwai, Befund vom Dienstag"

func testKey() *secret.Bytes { return secret.New(bytes.Repeat([]byte{9}, 32)) }

func mustOpen(t testing.TB, path string) *Store {
	t.Helper()
	return mustOpenWith(t, path, epochsOf(path))
}

func mustOpenWith(t testing.TB, path string, e Epochs) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, testKey(), e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// ring keeps epoch keys as the keyring does, in memory.
type ring struct {
	mu        sync.Mutex
	keys      map[uint64][]byte
	commitErr error
}

func (r *ring) Epoch(number uint64) (*secret.Bytes, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if k, ok := r.keys[number]; ok {
		return secret.New(bytes.Clone(k)), nil
	}
	return nil, errEpochLost
}

func (r *ring) Begin(_ context.Context, inUse uint64) (Epoch, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for n := range r.keys {
		if n > inUse+1 {
			return Epoch{}, errEpochLost
		}
	}
	if r.keys[inUse+1] == nil {
		r.keys[inUse+1] = newKey()
	}
	return Epoch{inUse + 1, secret.New(bytes.Clone(r.keys[inUse+1]))}, nil
}

func (r *ring) Commit(_ context.Context, keep uint64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.commitErr != nil {
		return r.commitErr
	}
	for n := range r.keys {
		if n != keep {
			delete(r.keys, n)
		}
	}
	return nil
}

// copy is what someone has who copied the keyring too.
func (r *ring) copy() *ring {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := newRing()
	for n, k := range r.keys {
		c.keys[n] = bytes.Clone(k)
	}
	return c
}

func newRing() *ring { return &ring{keys: map[uint64][]byte{}} }

var errEpochLost = errors.New("no such epoch")

// rings are the keyrings of the files that a test opens by path alone.
var rings sync.Map

func epochsOf(path string) *ring {
	r, _ := rings.LoadOrStore(path, newRing())
	return r.(*ring)
}

func dbPath(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "a b?c#%41", "history.db") // characters that mean something in a URI
}

// say stores a finished turn and returns its answer.
func say(t testing.TB, s *Store, c ConversationID, parent MessageID, prompt, answer string) Message {
	t.Helper()
	id := NewTurnID()
	if parent != "" {
		if _, err := s.db.ExecContext(t.Context(), `UPDATE conversation SET leaf = (SELECT seq FROM message WHERE id = ?) WHERE id = ?`, parent, c); err != nil {
			t.Fatal(err)
		}
	}
	begun, err := s.BeginTurn(t.Context(), Turn{ID: id, Place: Place{Conversation: c}, Prompt: prompt, Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.FinishTurn(t.Context(), id, Outcome{Status: Complete, Text: answer, PromptTokens: 3, OutputTokens: 4, AuditSeq: 5}); err != nil {
		t.Fatal(err)
	}
	return begun.Assistant
}

func openWith(con *connector) *sql.DB {
	db := sql.OpenDB(con)
	db.SetMaxOpenConns(1)
	return db
}

func newSecret(b []byte) *secret.Bytes { return secret.New(b) }

func newConversation(t testing.TB, s *Store, title string) ConversationID {
	t.Helper()
	c, err := s.CreateConversation(t.Context(), "", title)
	if err != nil {
		t.Fatal(err)
	}
	return c.ID
}

func TestATurnComesBackAfterReopening(t *testing.T) {
	path := dbPath(t)
	s := mustOpen(t, path)
	c := newConversation(t, s, "Titel")
	turn := Turn{ID: NewTurnID(), Place: Place{Conversation: c}, Prompt: "hello\x00 \xff ü", PromptSalt: [32]byte{1}, AnswerSalt: [32]byte{2, 31: 3}, Model: "m"}
	begun, err := s.BeginTurn(t.Context(), turn)
	if err != nil {
		t.Fatal(err)
	}
	user, assistant := begun.User, begun.Assistant
	if user.Status != Complete || assistant.Status != Pending || assistant.Parent != user.ID || user.Parent != "" {
		t.Fatalf("%+v\n%+v", user, assistant)
	}
	if err := s.SavePartial(t.Context(), turn.ID, "half", "", nil); err != nil {
		t.Fatal(err)
	}
	open, err := s.OpenTurns(t.Context())
	if err != nil || len(open) != 1 || open[0].Text != "half" || open[0].Turn != turn.ID {
		t.Fatalf("%+v, %v", open, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = mustOpen(t, path)
	if err := s.FinishTurn(t.Context(), turn.ID, Outcome{Status: Stopped, Text: "whole", PromptTokens: 11, OutputTokens: 12, AuditSeq: 13}); err != nil {
		t.Fatal(err)
	}
	assistant.Status, assistant.Text, assistant.PromptTokens, assistant.OutputTokens, assistant.AuditSeq = Stopped, "whole", 11, 12, 13
	got, err := s.Messages(t.Context(), c)
	if err != nil || len(got) != 2 || got[0] != user || got[1] != assistant {
		t.Fatalf("%+v, %v\nwant %+v\n%+v", got, err, user, assistant)
	}
	u, a, err := s.Turn(t.Context(), c, turn.ID)
	if err != nil || u != user || a != assistant {
		t.Fatalf("%+v %+v %v", u, a, err)
	}
	if open, err := s.OpenTurns(t.Context()); err != nil || len(open) != 0 {
		t.Fatal(open, err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestMessagesFollowTheBranchToTheNewest(t *testing.T) {
	s := mustOpen(t, dbPath(t))
	c, other := newConversation(t, s, "c"), newConversation(t, s, "other")
	a1 := say(t, s, c, "", "p1", "a1")
	a2 := say(t, s, c, a1.ID, "p2", "a2")
	say(t, s, c, a2.ID, "p3", "a3")
	say(t, s, c, a1.ID, "p2 edited", "a2 edited")
	say(t, s, other, "", "q", "r")
	want := "p1 a1 p2 edited a2 edited"
	texts := func() string {
		all, err := s.Messages(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, m := range all {
			out = append(out, m.Text)
		}
		return strings.Join(out, " ")
	}
	if got := texts(); got != want {
		t.Fatalf("%q, want %q", got, want)
	}
	say(t, s, c, a2.ID, "p4", "a4")
	if got := texts(); got != "p1 a1 p2 a2 p4 a4" {
		t.Fatalf("%q", got)
	}
	list, err := s.Conversations(t.Context())
	if err != nil || len(list) != 2 || list[0].ID != c || list[0].Messages != 10 || list[1].Messages != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	if empty, err := s.Messages(t.Context(), newConversation(t, s, "empty")); err != nil || empty == nil || len(empty) != 0 {
		t.Fatal(empty, err)
	}
}

func TestListIsNewestFirstEvenIfTheClockWasSetBack(t *testing.T) {
	s := mustOpen(t, dbPath(t))
	old, young := newConversation(t, s, "old"), newConversation(t, s, "young")
	if _, err := s.db.ExecContext(t.Context(), `UPDATE conversation SET updated_at = ? WHERE id = ?`, time.Now().AddDate(1, 0, 0).UnixMicro(), young); err != nil {
		t.Fatal(err)
	}
	say(t, s, old, "", "p", "a")
	if err := s.Rename(t.Context(), young, "renamed"); err != nil {
		t.Fatal(err)
	}
	list, err := s.Conversations(t.Context())
	if err != nil || list[0].ID != old || list[1].Title != "renamed" {
		t.Fatalf("%+v, %v", list, err)
	}
}

func TestMissingRowsAreErrNotFound(t *testing.T) {
	ctx := t.Context()
	s := mustOpen(t, dbPath(t))
	c, other := newConversation(t, s, "c"), newConversation(t, s, "other")
	a := say(t, s, other, "", "p", "a")
	begin := func(turn Turn) error { _, err := s.BeginTurn(ctx, turn); return err }
	open := NewTurnID()
	if err := begin(Turn{ID: open, Place: Place{Conversation: other}}); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"rename":                      s.Rename(ctx, "no", "x"),
		"delete":                      s.Delete(ctx, "no"),
		"messages":                    func() error { _, err := s.Messages(ctx, "no"); return err }(),
		"conversation":                func() error { _, err := s.Conversation(ctx, "no"); return err }(),
		"turn":                        func() error { _, _, err := s.Turn(ctx, other, "no"); return err }(),
		"turn of another":             func() error { _, _, err := s.Turn(ctx, c, a.Turn); return err }(),
		"setting":                     func() error { _, err := s.Setting(ctx, "no"); return err }(),
		"partial":                     s.SavePartial(ctx, "no", "x", "", nil),
		"finish":                      s.FinishTurn(ctx, "no", Outcome{Status: Complete}),
		"partial of a finished turn":  s.SavePartial(ctx, a.Turn, "x", "", nil),
		"finish of a finished turn":   s.FinishTurn(ctx, a.Turn, Outcome{Status: Failed}),
		"turn in no conversation":     begin(Turn{ID: NewTurnID(), Place: Place{Conversation: "no"}}),
		"turn in no matter":           begin(Turn{ID: NewTurnID(), Matter: "no"}),
		"turn in place of no message": begin(Turn{ID: NewTurnID(), Place: Place{Conversation: c, Edit: "no"}}),
		"turn in place of another's":  begin(Turn{ID: NewTurnID(), Place: Place{Conversation: c, Again: a.ID}}),
		"edit of an answer":           begin(Turn{ID: NewTurnID(), Place: Place{Conversation: other, Edit: a.ID}}),
		"again of a prompt":           begin(Turn{ID: NewTurnID(), Place: Place{Conversation: other, Again: a.Parent}}),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, err := range map[string]error{
		"no turn id":     begin(Turn{Place: Place{Conversation: c}}),
		"two places":     begin(Turn{ID: NewTurnID(), Place: Place{Conversation: other, Again: a.ID, Continue: a.ID}}),
		"two others":     begin(Turn{ID: NewTurnID(), Place: Place{Conversation: other, Again: a.ID, Edit: a.Parent}}),
		"turn id twice":  begin(Turn{ID: open, Place: Place{Conversation: c}}),
		"finish pending": s.FinishTurn(ctx, a.Turn, Outcome{Status: Pending}),
	} {
		if err == nil || errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list, err := s.Conversations(ctx); err != nil || list[0].ID != other || list[1].Messages != 0 {
		t.Fatalf("a refused turn left something: %+v, %v", list, err)
	}
}

func TestATurnWithoutAConversationStartsOne(t *testing.T) {
	s := mustOpen(t, dbPath(t))
	begun, err := s.BeginTurn(t.Context(), Turn{ID: NewTurnID(), Title: "new", Prompt: "p"})
	if err != nil {
		t.Fatal(err)
	}
	if c := begun.Conversation; c.ID == "" || c.Title != "new" || c.Messages != 2 || begun.User.Conversation != c.ID {
		t.Errorf("%+v", begun)
	}
	list, err := s.Conversations(t.Context())
	if err != nil || len(list) != 1 || list[0] != begun.Conversation {
		t.Errorf("%+v, %v", list, err)
	}
	// A turn that cannot begin leaves no conversation behind.
	if _, err := s.BeginTurn(t.Context(), Turn{ID: NewTurnID(), Place: Place{Edit: "none"}, Title: "lost"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown parent: %v", err)
	}
	if list, err := s.Conversations(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("%d conversations, %v", len(list), err)
	}
}

func TestSettings(t *testing.T) {
	s := mustOpen(t, dbPath(t))
	for _, v := range []string{"dark", "light", ""} {
		if err := s.SetSetting(t.Context(), "theme", v); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Setting(t.Context(), "theme"); err != nil || got != v {
			t.Fatal(got, err)
		}
	}
}

func TestFilesAreForTheOwnerAlone(t *testing.T) {
	path := dbPath(t)
	s := mustOpen(t, path)
	newConversation(t, s, "x")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("history.db%s: %v %v", suffix, info, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, path)
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Error("an open file kept its mode")
	}
}

// raw returns the bytes of the database and its log.
func raw(t *testing.T, path string) []byte {
	t.Helper()
	var all []byte
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + suffix)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return all
}

func TestTextIsNotInTheFiles(t *testing.T) {
	path := dbPath(t)
	s := mustOpen(t, path)
	say(t, s, newConversation(t, s, needle), "", needle, strings.Repeat(needle, 100))
	if bytes.Contains(raw(t, path), []byte(needle)) {
		t.Error("text lies in the log")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if all := raw(t, path); bytes.Contains(all, []byte(needle)) || bytes.HasPrefix(all, []byte("SQLite")) || bytes.Contains(all, []byte("CREATE TABLE")) {
		t.Error("text lies in the file")
	}
	// The search works: a plain database shows all of it.
	plain := filepath.Join(t.TempDir(), "plain.db")
	db, err := sql.Open("sqlite3", plain)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), `CREATE TABLE x (t); INSERT INTO x VALUES (?)`, needle); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(raw(t, plain), []byte(needle)) {
		t.Error("positive control")
	}
}

// decrypted opens every page of the file and its log by hand, free pages too, as SQLCipher 4's design document
// describes them: https://www.zetetic.net/sqlcipher/design/. No SQLite is involved.
func decrypted(t *testing.T, path string) []byte {
	t.Helper()
	const pageSize, reserve = 4096, 80 // IV of 16 bytes, HMAC-SHA512 of 64
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	key, salt := testKey().Expose(), bytes.Clone(file[:16])
	macSalt := bytes.Clone(salt)
	for i := range macSalt {
		macSalt[i] ^= 0x3a
	}
	macKey, err := pbkdf2.Key(sha512.New, string(key), macSalt, 2, 32)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	open := func(number uint32, page []byte) {
		start := 0
		if number == 1 {
			start = len(salt)
		}
		body, iv, sum := page[start:pageSize-reserve], page[pageSize-reserve:pageSize-64], page[pageSize-64:]
		mac := hmac.New(sha512.New, macKey)
		mac.Write(body)
		mac.Write(iv)
		mac.Write(binary.LittleEndian.AppendUint32(nil, number))
		if !hmac.Equal(mac.Sum(nil), sum) {
			t.Fatalf("page %d is not SQLCipher 4's", number)
		}
		plain := make([]byte, len(body))
		cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, body)
		all = append(all, plain...)
	}
	for i := 0; i < len(file); i += pageSize {
		open(uint32(i/pageSize)+1, file[i:i+pageSize])
	}
	log, err := os.ReadFile(path + "-wal")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for i := 32; i < len(log); i += 24 + pageSize {
		open(binary.BigEndian.Uint32(log[i:]), log[i+24:i+24+pageSize])
	}
	return all
}

// A query's cancellation that comes late interrupts what SQLite does next.
func TestClosingWritesTheLogIntoTheFileWhateverWasCanceledBefore(t *testing.T) {
	path := dbPath(t)
	for range 100 {
		s := mustOpen(t, path)
		newConversation(t, s, "kept")
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		for ctx.Err() == nil {
			_, _ = s.Conversations(ctx)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Lstat(path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
			t.Fatal("the log is still there", err)
		}
	}
}

func TestDeleteOfALongConversation(t *testing.T) {
	s := mustOpen(t, dbPath(t))
	c := newConversation(t, s, "long")
	err := s.change(t.Context(), "fill", func(tx tx) error {
		k, err := s.keyOf(t.Context(), tx, c)
		if err != nil {
			return err
		}
		var parent MessageID
		for range 2500 {
			m := Message{ID: MessageID(newID()), Conversation: c, Parent: parent, Turn: NewTurnID(), Role: User, Status: Complete}
			if _, err := insert(t.Context(), tx, k, m); err != nil {
				return err
			}
			parent = m.ID
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if all, err := s.Messages(t.Context(), c); err != nil || len(all) != 2500 {
		t.Fatal(len(all), err)
	}
	if err := s.Delete(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

func TestPlainFilesAndPlainLibrariesAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), `CREATE TABLE x (t)`); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	if _, err := Open(t.Context(), path, testKey(), epochsOf(path)); !errors.Is(err, ErrNotEncrypted) {
		t.Fatal(err)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Fatal("a plain file was changed")
	}
	// A connection whose key was ignored, as with a library that has no ciphers.
	conn, err := (&sqlite3.SQLiteDriver{}).Open("file::memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := encrypting(t.Context(), conn); !errors.Is(err, ErrNotEncrypted) {
		t.Fatal(err)
	}
}

func TestTheFileIsSQLCipher4(t *testing.T) {
	s := mustOpen(t, dbPath(t))
	for pragma, want := range map[string]string{
		"cipher": "sqlcipher", "legacy": "4", "kdf_iter": "256000", "hmac_algorithm": "2", "page_size": "4096", "journal_mode": "wal",
		"synchronous": "2", "secure_delete": "1", "foreign_keys": "1",
	} {
		var got string
		if err := s.db.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s = %q, want %q, %v", pragma, got, want, err)
		}
	}
}

func TestWrongKeysAreRefusedAndNotShown(t *testing.T) {
	path := dbPath(t)
	s := mustOpen(t, path)
	newConversation(t, s, "x")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before := raw(t, path)
	for name, c := range map[string]struct {
		key  []byte
		want error
	}{
		"other": {bytes.Repeat([]byte{0xab}, 32), ErrWrongKeyOrDamaged}, "short": {bytes.Repeat([]byte{0xab}, 31), ErrKey},
		"long": {bytes.Repeat([]byte{0xab}, 33), ErrKey}, "none": {nil, ErrKey},
	} {
		_, err := Open(t.Context(), path, secret.New(c.key), epochsOf(path))
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, "abab") || strings.Contains(text, "key=") || strings.Contains(text, "171, 171") {
			t.Errorf("%s: the key or the DSN is in the error", name)
		}
	}
	if !bytes.Equal(raw(t, path), before) {
		t.Error("a wrong key changed the file")
	}
	// Nor where there is no place for the file.
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), filepath.Join(filepath.Dir(path), "file", "history.db"), testKey(), newRing())
	if err == nil || strings.Contains(err.Error(), "0909") || strings.Contains(err.Error(), "key=") {
		t.Error(err)
	}
}

func TestDamageIsATypedError(t *testing.T) {
	path := dbPath(t)
	s := mustOpen(t, path)
	c := newConversation(t, s, "x")
	var parent MessageID
	for range 30 {
		parent = say(t, s, c, parent, strings.Repeat("p", 500), strings.Repeat("a", 3000)).ID
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// readAll opens the file and reads every page of it.
	readAll := func() error {
		s, err := Open(t.Context(), path, testKey(), epochsOf(path))
		if err != nil {
			return err
		}
		defer func() { _ = s.Close() }()
		if _, err := s.Messages(t.Context(), c); err != nil {
			return err
		}
		return s.Check(t.Context())
	}
	attempt := func(what string, bad []byte) {
		t.Helper()
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := readAll(); !errors.Is(err, ErrWrongKeyOrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
		for _, suffix := range []string{"-wal", "-shm"} {
			_ = os.Remove(path + suffix)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 120 {
		bad := bytes.Clone(good)
		at := random.IntN(len(bad))
		bad[at] ^= 1 << random.IntN(8)
		attempt(fmt.Sprintf("bit flipped in byte %d, page %d", at, at/4096), bad)
	}
	for _, size := range []int{0, 1, 16, 100, 4095, 4096, 8192, 8193, len(good) / 2, len(good) - 4096, len(good) - 1} {
		attempt(fmt.Sprintf("cut to %d of %d", size, len(good)), good[:size])
	}
	swapped := bytes.Clone(good)
	copy(swapped[4096:8192], good[8192:12288])
	copy(swapped[8192:12288], good[4096:8192])
	attempt("two pages swapped", swapped)
	attempt("zeros", make([]byte, len(good)))

	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := readAll(); err != nil {
		t.Error("positive control: ", err)
	}
	// A log without its file is no place for a new history.
	if err := errors.Join(os.Remove(path), os.WriteFile(path+"-wal", []byte("x"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, testKey(), epochsOf(path)); !errors.Is(err, ErrWrongKeyOrDamaged) {
		t.Error(err)
	}
	if err := errors.Join(os.Remove(path+"-wal"), os.Mkdir(path, 0o700)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, testKey(), epochsOf(path)); !errors.Is(err, ErrWrongKeyOrDamaged) {
		t.Error(err)
	}
}

func TestCreationThatWasCutShortStartsAgain(t *testing.T) {
	path := dbPath(t)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{".new", ".new-wal"} {
		if err := os.WriteFile(path+suffix, []byte("rest"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := mustOpen(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 2 { // it and its search index
		t.Fatalf("%v", entries)
	}
}

func TestContextIsHonoured(t *testing.T) {
	path := dbPath(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, path, testKey(), epochsOf(path)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	s := mustOpen(t, path)
	c := newConversation(t, s, "x")
	if _, err := s.Conversations(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := s.BeginTurn(ctx, Turn{ID: NewTurnID(), Place: Place{Conversation: c}}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if list, err := s.Conversations(t.Context()); err != nil || list[0].Messages != 0 {
		t.Error(list, err)
	}
}

func TestManyCallersAtOnce(t *testing.T) {
	s := mustOpen(t, dbPath(t))
	c := newConversation(t, s, "x")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 5 {
				id := NewTurnID()
				if _, err := s.BeginTurn(t.Context(), Turn{ID: id, Place: Place{Conversation: c}, Prompt: "p"}); err != nil {
					t.Error(err)
				}
				if err := s.SavePartial(t.Context(), id, "a", "", nil); err != nil {
					t.Error(err)
				}
				if _, err := s.Messages(t.Context(), c); err != nil {
					t.Error(err)
				}
				if err := s.FinishTurn(t.Context(), id, Outcome{Status: Complete, Text: "ab"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got, err := s.Conversation(t.Context(), c); err != nil || got.Messages != 80 {
		t.Fatal(got, err)
	}
}
