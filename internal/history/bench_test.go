package history

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The same work is done by this package and by plain SQLite under mattn/go-sqlite3, in turn, in one run: no encryption, no
// keys, the same schema, settings and queries. What is reported is the ratio of the medians, or of the 95th percentiles.

// plainMessage is the present table with its indexes, in the clear.
const plainMessage = `
	CREATE TABLE message (
		seq           INTEGER PRIMARY KEY,
		id            TEXT NOT NULL UNIQUE,
		conversation  INTEGER NOT NULL REFERENCES conversation (seq),
		parent        INTEGER,
		turn          TEXT NOT NULL,
		role          TEXT NOT NULL,
		status        TEXT NOT NULL,
		text          TEXT NOT NULL,
		model         TEXT NOT NULL,
		prompt_tokens INTEGER NOT NULL,
		output_tokens INTEGER NOT NULL,
		salt          BLOB NOT NULL,
		audit_seq     INTEGER NOT NULL,
		changed       INTEGER NOT NULL,
		created_at    INTEGER NOT NULL
	) STRICT;
	CREATE INDEX message_parent ON message (conversation, parent);
	CREATE UNIQUE INDEX message_pending ON message (turn) WHERE status = 'pending'`

// plainStore is what a chat history without any of it would be.
type plainStore struct{ db *sql.DB }

func openPlain(b *testing.B, path string) plainStore {
	b.Helper()
	db, err := sql.Open("sqlite3", "file:"+path+"?"+strings.TrimPrefix(settings, "&"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	for _, q := range []string{
		migrations[0].sql, `CREATE TABLE state (generation INTEGER); INSERT INTO state VALUES (1)`, `CREATE INDEX conversation_updated ON conversation (updated_at)`,
		`DROP TABLE message`, plainMessage,
		`CREATE VIRTUAL TABLE words USING fts5 (text, content='message', content_rowid='seq', prefix='1 2', tokenize='unicode61 remove_diacritics 2')`,
		`CREATE VIRTUAL TABLE titles USING fts5 (text, prefix='1 2', tokenize='unicode61 remove_diacritics 2')`,
		`INSERT INTO conversation VALUES (1, 'c', 'title', 0, 0)`,
	} {
		if _, err := db.ExecContext(b.Context(), q); err != nil {
			b.Fatal(err)
		}
	}
	return plainStore{db}
}

func (p plainStore) insert(b *testing.B, t *sql.Tx, parent, text string) string {
	id := newID()
	_, err := t.ExecContext(context.Background(), `INSERT INTO message (id, conversation, parent, turn, role, status, text, model, prompt_tokens,
		output_tokens, salt, audit_seq, changed, created_at) VALUES (?, 1, (SELECT seq FROM message WHERE id = nullif(?, '')), ?, 'user', 'complete',
		?, '', 0, 0, zeroblob(32), 0, (SELECT generation FROM state), 0)`, id, parent, newID(), text)
	if err != nil {
		b.Fatal(err)
	}
	return id
}

func (p plainStore) inTx(b *testing.B, f func(*sql.Tx)) {
	t, err := p.db.BeginTx(context.Background(), nil)
	if err != nil {
		b.Fatal(err)
	}
	f(t)
	if err := t.Commit(); err != nil {
		b.Fatal(err)
	}
}

func quantile(times []time.Duration, q float64) time.Duration {
	slices.Sort(times)
	return times[min(len(times)-1, int(float64(len(times))*q))]
}

// verdict prints a measure beside its target. It passes no judgement by exit code: a busy machine misses any.
func verdict(what string, got float64, unit string, most float64) {
	word := "met"
	if got > most {
		word = "MISSED"
	}
	fmt.Printf("%-52s %8.2f %-14s target: at most %g, %s\n", what, got, unit, most, word)
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// report returns the ratio.
func report(b *testing.B, unit string, q float64, ours, plain []time.Duration) float64 {
	b.Helper()
	a, p := quantile(ours, q), quantile(plain, q)
	b.ReportMetric(milliseconds(a), unit+"-ms")
	b.ReportMetric(milliseconds(p), unit+"-plain-ms")
	b.ReportMetric(float64(a)/float64(p), unit+"-x-plain")
	b.ReportMetric(0, "ns/op")
	return float64(a) / float64(p)
}

// BenchmarkCommitMessage commits one message of 500 bytes at a time, fsynced.
func BenchmarkCommitMessage(b *testing.B) {
	dir := b.TempDir()
	s, plain := mustOpen(b, filepath.Join(dir, "history.db")), openPlain(b, filepath.Join(dir, "plain.db"))
	c := newConversation(b, s, "x")
	words := newWords(1)
	var ours, theirs []time.Duration
	var parent MessageID
	var plainParent string
	for b.Loop() {
		text := words.text(500)
		start := time.Now()
		plain.inTx(b, func(t *sql.Tx) {
			plainParent = plain.insert(b, t, plainParent, text)
			for _, q := range []string{`UPDATE state SET generation = generation + 1`, `UPDATE conversation SET updated_at = updated_at + 1 WHERE id = 'c'`} {
				if _, err := t.ExecContext(context.Background(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
		theirs = append(theirs, time.Since(start))
		start = time.Now()
		err := s.change(context.Background(), "bench", func(t tx) error {
			k, err := s.keyOf(context.Background(), t, c)
			if err != nil {
				return err
			}
			m := Message{ID: MessageID(newID()), Conversation: c, Parent: parent, Turn: NewTurnID(), Role: User, Status: Complete, Text: text}
			parent = m.ID
			seq, err := insert(context.Background(), t, k, m)
			if err != nil {
				return err
			}
			return execOne(context.Background(), t, "", `UPDATE conversation SET leaf = ?, updated_at = updated_at + 1 WHERE seq = ?`, seq, k.seq)
		})
		if err != nil {
			b.Fatal(err)
		}
		ours = append(ours, time.Since(start))
	}
	verdict("commit of one message, fsynced, median", report(b, "commit", 0.5, ours, theirs), "times plain", 1.5)
}

// words writes text of a natural vocabulary: few words are frequent.
type words struct {
	random *rand.Rand
	all    []string
	zipf   *rand.Zipf
}

func newWords(seed uint64) *words {
	w := &words{random: rand.New(rand.NewPCG(seed, 2))}
	const letters = "etaoinshrdlucmfwypvbgkjqxz"
	for range 40_000 {
		word := make([]byte, 2+w.random.IntN(10))
		for i := range word {
			word[i] = letters[min(len(letters)-1, int(w.random.ExpFloat64()*7))]
		}
		w.all = append(w.all, string(word))
	}
	w.zipf = rand.NewZipf(w.random, 1.15, 4, uint64(len(w.all)-1))
	return w
}

func (w *words) word() string { return w.all[w.zipf.Uint64()] }

func (w *words) text(size int) string {
	var b strings.Builder
	for b.Len() < size {
		b.WriteString(w.word())
		b.WriteByte(' ')
	}
	return b.String()
}

// typed returns what a search field sees while a person types one or two words.
func (w *words) typed(n int) []string {
	var out []string
	for range n {
		word, before := w.all[w.random.IntN(4000)], ""
		if w.random.IntN(2) == 0 {
			before = w.word() + " "
		}
		for i := range word {
			out = append(out, before+word[:i+1])
		}
	}
	return out
}

// stock fills a history with n messages of about 500 bytes in conversations of 200, and one of 10,000, and indexes them.
func stock(b *testing.B, s *Store, n int, each func(text string)) ConversationID {
	b.Helper()
	w := newWords(7)
	text := func() string {
		t := w.text(500)
		if each != nil {
			each(t)
		}
		return t
	}
	long := newConversation(b, s, "long")
	load(b, s, long, min(n, 10_000), text)
	for left := n - 10_000; left > 0; left -= 200 {
		load(b, s, newConversation(b, s, w.text(30)), min(left, 200), text)
	}
	complete(b, s)
	return long
}

// load stores n messages of one branch in one transaction, each sealed as ever.
func load(b *testing.B, s *Store, c ConversationID, n int, text func() string) {
	b.Helper()
	err := s.change(b.Context(), "load", func(t tx) error {
		k, err := s.keyOf(b.Context(), t, c)
		if err != nil {
			return err
		}
		insert, err := t.PrepareContext(b.Context(), `INSERT INTO message (id, conversation, parent, turn, role, status, content, model,
			prompt_tokens, output_tokens, audit_seq, changed, created_at) VALUES (?, ?, nullif(?, 0), ?, ?, 'complete', ?, '', 0, 0, 0, ?, ?)`)
		if err != nil {
			return err
		}
		defer func() { _ = insert.Close() }()
		var last int64
		for i := range n {
			m := Message{ID: MessageID(newID()), Conversation: c, Role: []Role{User, Assistant}[i%2], Text: text()}
			done, err := insert.ExecContext(b.Context(), m.ID, k.seq, last, NewTurnID(), m.Role, sealMessage(k.key, m), int64(1), time.Now().UnixMicro())
			if err != nil {
				return err
			}
			if last, err = done.LastInsertId(); err != nil {
				return err
			}
		}
		return execOne(b.Context(), t, "", `UPDATE conversation SET leaf = ? WHERE seq = ?`, last, k.seq)
	})
	if err != nil {
		b.Fatal(err)
	}
}

// complete waits until everything is indexed, and lends a hand.
func complete(b *testing.B, s *Store) {
	b.Helper()
	s.index.poke()
	for s.index.step(b.Context()) {
	}
	if st, err := s.IndexState(b.Context()); err != nil || st.Err != nil || !st.Complete {
		b.Fatal(st, err)
	}
}

// load stores and indexes texts in one transaction, as many as the index takes at once.
func (p plainStore) load(b *testing.B, texts []string) {
	b.Helper()
	p.inTx(b, func(t *sql.Tx) {
		message, err := t.PrepareContext(b.Context(), `INSERT INTO message (id, conversation, turn, role, status, text, model, prompt_tokens,
			output_tokens, salt, audit_seq, changed, created_at) VALUES (?, 1, ?, 'user', 'complete', ?, '', 0, 0, zeroblob(32), 0, 1, 0)`)
		if err != nil {
			b.Fatal(err)
		}
		word, err := t.PrepareContext(b.Context(), `INSERT INTO words (rowid, text) VALUES (?, ?)`)
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _, _ = message.Close(), word.Close() }()
		for i, text := range texts {
			done, err := message.ExecContext(b.Context(), newID(), newID(), text)
			if err != nil {
				b.Fatal(err)
			}
			seq, err := done.LastInsertId()
			if err != nil {
				b.Fatal(err)
			}
			if _, err := word.ExecContext(b.Context(), seq, text); err != nil {
				b.Fatal(err)
			}
			if i%200 == 0 {
				if _, err := t.ExecContext(b.Context(), `INSERT INTO titles (text) VALUES (?)`, text[:30]); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

// taken is how long something took on the clock, and of this thread's processor time.
type taken struct{ clock, cpu time.Duration }

func timed(f func()) taken {
	start, used := time.Now(), threadTime()
	f()
	return taken{time.Since(start), threadTime() - used}
}

// compared is what one side took, one median for each query.
type compared struct{ clock, cpu []time.Duration }

func (c *compared) add(rounds []taken) {
	var clock, cpu []time.Duration
	for _, r := range rounds {
		clock, cpu = append(clock, r.clock), append(cpu, r.cpu)
	}
	c.clock, c.cpu = append(c.clock, quantile(clock, 0.5)), append(c.cpu, quantile(cpu, 0.5))
}

// BenchmarkHundredThousand: search as you type, opening, and the first page of a conversation of 10,000 messages. Each
// search is run in turn on both sides, over and over; what counts is its median on each, so that what else the machine does
// meets both alike. Processor time is that of the one thread that does all the work.
func BenchmarkHundredThousand(b *testing.B) {
	dir := b.TempDir()
	path := filepath.Join(dir, "history.db")
	s, plain := mustOpen(b, path), openPlain(b, filepath.Join(dir, "plain.db"))
	var texts []string
	size := 100_000
	if n, err := strconv.Atoi(os.Getenv("SUBROSA_BENCH_MESSAGES")); err == nil {
		size = n
	}
	long := stock(b, s, size, func(text string) {
		if texts = append(texts, text); len(texts) == bulk {
			plain.load(b, texts)
			texts = texts[:0]
		}
	})
	plain.load(b, texts)
	b.Run("search", func(b *testing.B) { benchSearch(b, s, plain) })
	b.Run("page", func(b *testing.B) {
		for b.Loop() {
			if p, err := s.Page(b.Context(), long, "", 100); err != nil || len(p.Messages) != 100 {
				b.Fatal(len(p.Messages), err)
			}
		}
		verdict("first page of a 10,000-message conversation, mean", milliseconds(b.Elapsed())/float64(b.N), "ms", 20)
	})
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			s, err := Open(b.Context(), path, testKey(), epochsOf(path))
			if err == nil { // what unlocking asks besides
				_, err = s.Due(b.Context(), time.Now(), 365)
			}
			if err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
		verdict("opening the history, mean", milliseconds(b.Elapsed())/float64(b.N), "ms", 50)
	})
}

func benchSearch(b *testing.B, s *Store, plain plainStore) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ctx := context.WithoutCancel(b.Context()) // with one that can end, each row is read on another thread
	var ours, theirs compared
	for b.Loop() {
		ours, theirs = compared{}, compared{}
		for _, q := range newWords(7).typed(60) {
			var hits, rows int
			var a, p []taken
			for round := range 8 {
				var one, other taken
				us := func() {
					one = timed(func() {
						found, err := s.Search(ctx, Query{Text: q})
						if err != nil {
							b.Fatal(err)
						}
						hits = len(found.Hits)
					})
				}
				if round%2 == 0 {
					us()
				}
				other = timed(func() { rows = plain.search(ctx, b, matchOf(q)) })
				if round%2 == 1 {
					us()
				}
				if round > 0 { // the first warms both
					a, p = append(a, one), append(p, other)
				}
			}
			if rows > 0 != (hits > 0) {
				b.Fatalf("%q: %d and %d hits", q, rows, hits)
			}
			ours.add(a)
			theirs.add(p)
		}
	}
	ratio := report(b, "p95", 0.95, ours.clock, theirs.clock)
	verdict("search as one types, warm, p95", milliseconds(quantile(ours.clock, 0.95)), "ms", 30)
	verdict("search as one types, warm, p95", ratio, "times plain", 1.2)
	report(b, "p50", 0.5, ours.clock, theirs.clock)
	report(b, "cpu-p95", 0.95, ours.cpu, theirs.cpu)
	report(b, "cpu-p50", 0.5, ours.cpu, theirs.cpu)
	b.ReportMetric(float64(sum(ours.cpu))/float64(sum(theirs.cpu)), "cpu-all-x-plain")
}

func sum(times []time.Duration) (all time.Duration) {
	for _, t := range times {
		all += t
	}
	return all
}

// search gives the same for plain SQLite: titles, and messages with their conversations and snippets.
func (p plainStore) search(ctx context.Context, b *testing.B, match string) (n int) {
	b.Helper()
	count := func(query string) int {
		rows, err := p.db.QueryContext(ctx, query, match)
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		n := 0
		var id, role, conversation, title, snippet string
		var at int64
		for rows.Next() {
			if err := rows.Scan(&id, &role, &at, &conversation, &title, &snippet); err != nil {
				b.Fatal(err)
			}
			n++
		}
		return n
	}
	const hits = `SELECT m.id, m.role, m.created_at, c.id, c.title, snippet(words, 0, '<', '>', '…', 24)
		FROM words JOIN message m ON m.seq = words.rowid JOIN conversation c ON c.seq = m.conversation WHERE words MATCH ? `
	titles := count(`SELECT '', '', 0, '', text, '' FROM titles WHERE titles MATCH ? ORDER BY rank LIMIT 5`)
	var few int
	if err := p.db.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT 1001)`, match).Scan(&few); err != nil {
		b.Fatal(err)
	}
	if few > fewMatches {
		return titles + count(hits+`ORDER BY words.rowid DESC LIMIT 30`)
	}
	return titles + count(hits+`ORDER BY words.rank LIMIT 30`)
}

// BenchmarkGrowth prints a table; SUBROSA_BENCH_SIZES names the numbers of messages, "10000 100000" where it is not set.
func BenchmarkGrowth(b *testing.B) {
	sizes := os.Getenv("SUBROSA_BENCH_SIZES")
	if sizes == "" {
		sizes = "10000 100000"
	}
	fmt.Println("| messages | history MB | index MB | indexed in s | open ms | first page ms | list ms | search p50 / p95 ms | commit ms | erase one s |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|")
	for _, field := range strings.Fields(sizes) {
		n, err := strconv.Atoi(field)
		if err != nil {
			b.Fatal(err)
		}
		fmt.Println(growth(b, n))
	}
	b.ReportMetric(0, "ns/op")
}

func growth(b *testing.B, n int) string {
	path := filepath.Join(b.TempDir(), "history.db")
	s := mustOpen(b, path)
	began := time.Now()
	long := stock(b, s, n, nil)
	indexed := time.Since(began)
	since := func(f func() error) float64 {
		start := time.Now()
		if err := f(); err != nil {
			b.Fatal(err)
		}
		return float64(time.Since(start).Microseconds()) / 1000
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	open := since(func() (err error) { s, err = Open(b.Context(), path, testKey(), epochsOf(path)); return err })
	defer func() { _ = s.Close() }()
	page := since(func() error { _, err := s.Page(b.Context(), long, "", 100); return err })
	list := since(func() error { _, err := s.List(b.Context(), Filter{Limit: 100}); return err })
	var times, commits []time.Duration
	for range 2 {
		times = nil
		for _, q := range newWords(7).typed(40) {
			start := time.Now()
			if _, err := s.Search(b.Context(), Query{Text: q}); err != nil {
				b.Fatal(err)
			}
			times = append(times, time.Since(start))
		}
	}
	var last Begun
	for range 50 {
		start := time.Now()
		var err error
		if last, err = s.BeginTurn(b.Context(), Turn{ID: NewTurnID(), Place: Place{Conversation: long}, Prompt: "p"}); err != nil {
			b.Fatal(err)
		}
		commits = append(commits, time.Since(start))
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	size := func(name string) float64 {
		names, _ := filepath.Glob(name)
		info, err := os.Stat(names[0])
		if err != nil {
			b.Fatal(err)
		}
		return float64(info.Size()) / 1e6
	}
	bytes, index := size(path), size(strings.TrimSuffix(path, ".db")+"-search-?.db")
	erase := since(func() error { return s.Erase(b.Context(), Erasure{Messages: []MessageID{last.User.ID}}) })
	return fmt.Sprintf("| %d | %.0f | %.0f | %.1f | %.1f | %.1f | %.1f | %.1f / %.1f | %.2f | %.2f |", n, bytes, index, indexed.Seconds(),
		open, page, list, ms(quantile(times, 0.5)), ms(quantile(times, 0.95)), ms(quantile(commits, 0.5)), erase/1000)
}
