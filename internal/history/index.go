package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"subrosa/internal/secret"
)

// The search index holds every word of the history, so it must not outlive what was erased. It lies in an encrypted file
// of its own, NAME-search-EPOCH.db, under a key derived from the epoch key: with that key gone, an older copy of it does
// not open. It holds words and places, no text. It can be made again from the history, so it is not fsynced at each
// change; a mark in it says how far it has come, and catching up from an empty index is how it is made.

const (
	batch     = 100     // messages indexed in one transaction: some 15 ms of work
	bulk      = 2000    // likewise where there is a lot to do: larger transactions leave an index that is made and read faster
	mostBytes = 8 << 20 // of texts in one transaction, about

	passagesOfPage = 4 // about: a page is as much work
)

const indexSchema = `
	CREATE VIRTUAL TABLE words USING fts5 (text, content='', contentless_delete=1, prefix='1 2', tokenize='unicode61 remove_diacritics 2');
	CREATE VIRTUAL TABLE titles USING fts5 (text, content='', contentless_delete=1, prefix='1 2', tokenize='unicode61 remove_diacritics 2');
	CREATE TABLE doc (seq INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, at INTEGER NOT NULL) STRICT;
	CREATE VIRTUAL TABLE passages USING fts5 (text, stems, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2');
	CREATE TABLE passage (seq INTEGER PRIMARY KEY, document TEXT NOT NULL, page INTEGER NOT NULL, start INTEGER NOT NULL, finish INTEGER NOT NULL) STRICT;
	CREATE TABLE mark (
		one             INTEGER PRIMARY KEY CHECK (one = 1),
		history         TEXT NOT NULL,
		message_seq     INTEGER NOT NULL, -- all up to here are in
		message_changed INTEGER NOT NULL, -- the newest generation among them
		title_changed   INTEGER NOT NULL, -- all up to here are in
		title_seq       INTEGER NOT NULL,
		page_seq        INTEGER NOT NULL, -- as of messages
		page_changed    INTEGER NOT NULL
	) STRICT;
	PRAGMA user_version = 3;`

const indexVersion = 3 // one of another version is begun anew

// ErrIndexDamaged means that the search index was damaged. It is being built anew.
var ErrIndexDamaged = errors.New("search index was damaged and is built anew")

// errIndex marks errors of the index, as opposed to the history's.
var errIndex = errors.New("search index")

func indexError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", errIndex, strip(err))
}

func brokenIndex(err error) bool {
	return errors.Is(err, errIndex) && errors.Is(err, ErrWrongKeyOrDamaged)
}

// index keeps the search index up with the history.
type index struct {
	store *Store
	base  string // path of the history without its extension
	id    string // of the history

	mu      sync.RWMutex // held for reading by a search; never while waiting for the store's, but by a search
	current *indexFile   // what is searched; after an erasure the one before, until the new one is complete
	next    *indexFile   // being built; nil when current is of this epoch
	failed  error        // why there is no index
	damaged bool         // one was found damaged since Open

	changes atomic.Int64 // of texts, since Open, and 1
	wake    chan struct{}
	cancel  context.CancelFunc
	done    chan struct{}
}

// indexFile is one file of the index.
type indexFile struct {
	db    *sql.DB
	con   *connector
	path  string
	catch sync.Mutex   // one catches up at a time
	upTo  atomic.Int64 // the value of index.changes when it last had everything; 0: never
	bulk  atomic.Bool  // the background has a lot to do: a search does not wait for it
}

// openIndex opens the index of this epoch, or begins a new one, and removes those of other epochs. Trouble with the
// index keeps nothing else from working.
func openIndex(ctx context.Context, s *Store, path string) *index {
	x := &index{
		store: s, base: strings.TrimSuffix(path, filepath.Ext(path)), wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	life, cancel := context.WithCancel(context.Background())
	x.cancel = cancel
	x.failed = s.db.QueryRowContext(ctx, `SELECT history FROM state`).Scan(&x.id)
	if x.failed == nil {
		x.current, x.failed = x.open(ctx, s.epoch)
		x.removeOthers()
	}
	go x.run(life)
	x.poke()
	return x
}

func (x *index) close() {
	x.cancel()
	<-x.done
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.next != nil { // an unfinished one is gone on with at the next Open
		x.next.close()
		x.current.remove()
	} else {
		x.current.close()
	}
	x.current, x.next = nil, nil
}

func (x *index) path(epoch uint64) string { return fmt.Sprintf("%s-search-%d.db", x.base, epoch) }

func (x *index) removeOthers() {
	names, err := filepath.Glob(escapeGlob(x.base) + "-search-*")
	if err != nil {
		return
	}
	for _, name := range names {
		if !strings.HasPrefix(name, x.current.prefix()) {
			_ = os.Remove(name)
		}
	}
}

func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// open opens an epoch's index. One that is damaged, or of another history, is begun anew.
func (x *index) open(ctx context.Context, epoch Epoch) (*indexFile, error) {
	f := &indexFile{path: x.path(epoch.Number)}
	fresh := func() error {
		f.discard()
		if err := os.WriteFile(f.path, nil, 0o600); err != nil {
			return err
		}
		f.con = &connector{path: f.path, key: secret.New(derive(epoch.Key.Expose(), "search index")), settings: indexSettings}
		f.db = sql.OpenDB(f.con)
		if _, err := f.db.ExecContext(ctx, indexSchema); err != nil {
			return err
		}
		_, err := f.db.ExecContext(ctx, `INSERT INTO mark VALUES (1, ?, 0, 0, 0, 0, 0, 0)`, x.id)
		return err
	}
	_, err := os.Lstat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return f, wrap("begin search index", fresh())
	}
	f.con = &connector{path: f.path, key: secret.New(derive(epoch.Key.Expose(), "search index")), settings: indexSettings}
	f.db = sql.OpenDB(f.con)
	var history string
	var version int
	var ahead bool
	err = f.db.QueryRowContext(ctx, `SELECT history, user_version FROM mark, pragma_user_version`).Scan(&history, &version)
	if err == nil {
		var generation, seen int64
		err = x.store.db.QueryRowContext(ctx, `SELECT generation FROM state`).Scan(&generation)
		if err == nil {
			err = f.db.QueryRowContext(ctx, `SELECT max(message_changed, title_changed, page_changed) FROM mark`).Scan(&seen)
		}
		ahead = seen > generation // the history is an older copy
	}
	if err == nil && version == indexVersion && history == x.id && !ahead {
		return f, nil
	}
	if ctx.Err() != nil {
		return f, ctx.Err()
	}
	x.damaged = x.damaged || err != nil
	return f, wrap("begin search index", fresh())
}

func (f *indexFile) prefix() string {
	if f == nil {
		return "\x00"
	}
	return f.path
}

func (f *indexFile) close() {
	if f != nil && f.db != nil {
		_ = closeDB(f.db)
		f.con.key.Wipe()
	}
}

// discard closes and removes the file.
func (f *indexFile) discard() {
	f.close()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(f.path + suffix)
	}
}

func (f *indexFile) remove() {
	if f != nil {
		f.discard()
	}
}

// restart begins the index of a new epoch. Until it is complete, the one before is searched: its file opens with a key
// that is in this process's memory alone.
func (x *index) restart(ctx context.Context, epoch Epoch) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.next.remove()
	if x.next, x.failed = x.open(ctx, epoch); x.failed != nil {
		x.next.remove()
		x.next = nil
	}
	x.poke()
}

// rebuild begins the index of this epoch anew, after damage.
func (x *index) rebuild(ctx context.Context, broken *indexFile) {
	x.store.mu.RLock()
	now := x.store.currentEpoch()
	epoch := Epoch{now.Number, secret.New(append([]byte(nil), now.Key.Expose()...))}
	x.store.mu.RUnlock()
	defer epoch.Key.Wipe()
	x.mu.Lock()
	defer x.mu.Unlock()
	switch broken {
	case x.current:
		x.damaged = true
		x.current.remove()
		if x.current, x.next = x.next, nil; x.current == nil {
			x.current, x.failed = x.open(ctx, epoch)
		}
	case x.next:
		x.damaged = true
		x.next.remove()
		x.next, x.failed = x.open(ctx, epoch)
	}
	x.poke()
}

// poke says that there may be something to index.
func (x *index) poke() {
	x.changes.Add(1)
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

// run catches up until it is told to end.
func (x *index) run(ctx context.Context) {
	defer close(x.done)
	for {
		select {
		case <-ctx.Done():
			return
		case <-x.wake:
		}
		for x.step(ctx) {
		}
	}
}

// step indexes one batch. It returns false when there is nothing left to do, or nothing that can be done.
func (x *index) step(ctx context.Context) bool {
	x.mu.RLock()
	f := x.current
	if x.next != nil {
		f = x.next
	}
	x.mu.RUnlock()
	if f == nil || ctx.Err() != nil {
		return false
	}
	most := batch
	if f.bulk.Load() {
		most = bulk
	}
	n, err := x.catchUp(ctx, f, most)
	f.bulk.Store(err == nil && n >= batch)
	switch {
	case ctx.Err() != nil:
		return false
	case brokenIndex(err):
		x.rebuild(ctx, f)
		return true
	case err != nil:
		return false // a full disk, say: the next change tries again
	case n > 0:
		return true
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.next == f {
		x.current.remove()
		x.current, x.next = f, nil
	}
	return false
}

// toIndex is a text on its way into the index.
type toIndex struct {
	changed, seq, conversation, at int64
	text                           string
}

// catchUp indexes, of what is not in f yet, at most so many messages and titles, and returns how many texts that were.
func (x *index) catchUp(ctx context.Context, f *indexFile, most int) (int, error) {
	f.catch.Lock()
	defer f.catch.Unlock()
	changes := x.changes.Load()
	if f.upTo.Load() == changes {
		return 0, nil
	}
	var at indexMarks
	err := f.db.QueryRowContext(ctx, `SELECT message_seq, message_changed, title_changed, title_seq, page_seq, page_changed FROM mark`).
		Scan(&at.messageSeq, &at.messageChanged, &at.titleChanged, &at.titleSeq, &at.pageSeq, &at.pageChanged)
	if err != nil {
		return 0, indexError(err)
	}
	messages, titles, pages, err := x.store.unindexed(ctx, most, at)
	if err != nil {
		return 0, err
	}
	if len(messages)+len(titles)+len(pages) == 0 {
		f.upTo.Store(changes)
		return 0, nil
	}
	t, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return 0, indexError(err)
	}
	defer func() { _ = t.Rollback() }() // does nothing after a commit
	for _, m := range messages {
		if _, err := t.ExecContext(ctx, `INSERT INTO words (rowid, text) VALUES (?, ?)`, m.seq, m.text); err != nil {
			return 0, indexError(err)
		}
		if _, err := t.ExecContext(ctx, `INSERT INTO doc VALUES (?, ?, ?)`, m.seq, m.conversation, m.at); err != nil {
			return 0, indexError(err)
		}
		at.messageSeq, at.messageChanged = m.seq, max(at.messageChanged, m.changed)
	}
	for _, c := range titles {
		if _, err := t.ExecContext(ctx, `INSERT OR REPLACE INTO titles (rowid, text) VALUES (?, ?)`, c.seq, c.text); err != nil {
			return 0, indexError(err)
		}
		at.titleChanged, at.titleSeq = c.changed, c.seq
	}
	stems := newStemmer()
	for _, p := range pages {
		if err := insertPage(ctx, t, p, stems); err != nil {
			return 0, err
		}
		at.pageSeq, at.pageChanged = p.seq, max(at.pageChanged, p.changed)
	}
	if _, err := t.ExecContext(ctx, `UPDATE mark SET message_changed = ?, message_seq = ?, title_changed = ?, title_seq = ?, page_changed = ?, page_seq = ?`,
		at.messageChanged, at.messageSeq, at.titleChanged, at.titleSeq, at.pageChanged, at.pageSeq); err != nil {
		return 0, indexError(err)
	}
	return len(messages) + len(titles) + len(pages), indexError(t.Commit())
}

// indexMarks are how far an index has come: all up to there is in.
type indexMarks struct {
	messageChanged, messageSeq, titleChanged, titleSeq, pageChanged, pageSeq int64
}

// textRow is a row of what is to index.
type textRow struct {
	toIndex
	messageRow
	conversationRow
	pseudonyms []byte // sealed
}

// unindexed returns the next messages and pages, and the titles that changed, after the marks.
func (s *Store) unindexed(ctx context.Context, most int, at indexMarks) (messages, titles []toIndex, pages []pageToIndex, err error) {
	err = s.read("read what to index", func(q querier) error {
		rows, err := unindexedMessages(ctx, q, most, at.messageSeq)
		if err != nil {
			return err
		}
		type opened struct {
			key  []byte
			read func(string) string
		}
		conversations := map[int64]opened{}
		for _, m := range rows {
			c, ok := conversations[m.toIndex.conversation]
			if !ok {
				k, err := s.keyWhere(ctx, q, `c.seq = ?`, m.toIndex.conversation)
				if err != nil {
					return err
				}
				c.key = k.key
				if c.read, err = s.reading(k.key, k.id, m.pseudonyms); err != nil {
					return err
				}
				conversations[m.toIndex.conversation] = c
			}
			if err := unsealMessage(c.key, &m.Message, m.content); err != nil {
				return err
			}
			m.text = c.read(m.Text)
			messages = append(messages, m.toIndex)
		}
		named, err := queryAll(ctx, q, "", func(r scanner) (c textRow, err error) {
			err = r.Scan(&c.changed, &c.toIndex.seq, &c.conversationRow.ID, &c.Matter, &c.matterKey, &c.key, &c.title, &c.pseudonyms)
			return c, err
		}, `SELECT c.changed, c.seq, c.id, m.id, m.key, c.key, c.title, `+sealedPseudonyms+fromConversation+
			`WHERE (c.changed, c.seq) > (?, ?) ORDER BY c.changed, c.seq LIMIT ?`, at.titleChanged, at.titleSeq, most)
		if err != nil {
			return err
		}
		above := s.matterKeys()
		for _, c := range named {
			if c.text, err = s.readTitle(c.conversationRow, above, c.pseudonyms); err != nil {
				return err
			}
			titles = append(titles, c.toIndex)
		}
		pages, err = s.unindexedPages(ctx, q, max(1, most/passagesOfPage), at.pageSeq)
		return err
	})
	return messages, titles, pages, err
}

// unindexedMessages stops at an answer that is still being written, and before its texts take much memory.
func unindexedMessages(ctx context.Context, q querier, most int, after int64) (list []textRow, err error) {
	rows, err := q.QueryContext(ctx, `SELECT m.changed, m.seq, m.conversation, m.created_at, c.id, m.id, m.role, m.status, m.content, `+sealedPseudonyms+`
		FROM message m JOIN conversation c ON c.seq = m.conversation
		WHERE m.seq > ? AND m.seq < coalesce((SELECT min(seq) FROM message WHERE status = 'pending'), ?) AND m.status <> 'erased'
		ORDER BY m.seq LIMIT ?`, after, math.MaxInt64, most)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for size := 0; size < mostBytes && rows.Next(); {
		var m textRow
		err := rows.Scan(&m.changed, &m.toIndex.seq, &m.toIndex.conversation, &m.at, &m.Message.Conversation, &m.Message.ID, &m.Role, &m.Status, &m.content,
			&m.pseudonyms)
		if err != nil {
			return nil, err
		}
		list = append(list, m)
		size += len(m.content)
	}
	return list, rows.Err()
}

// IndexDamaged tells whether the index was found damaged since Open, and is made anew.
func (s *Store) IndexDamaged() bool {
	s.index.mu.RLock()
	defer s.index.mu.RUnlock()
	return s.index.damaged
}

// IndexState says how far the search index has come.
type IndexState struct {
	Complete bool // every message, title and page of a document is in
	Indexed  int  // messages
	Total    int  // messages
	Damaged  bool // it was found damaged since Open, and made anew
	Err      error
}

// IndexState returns a snapshot. It counts the messages: its time grows with the history.
func (s *Store) IndexState(ctx context.Context) (st IndexState, err error) {
	x := s.index
	x.mu.RLock()
	defer x.mu.RUnlock()
	f := x.current
	if x.next != nil {
		f = x.next
	}
	st.Damaged, st.Err = x.damaged, x.failed
	if f == nil {
		return st, nil
	}
	var message, page int64
	if err := f.db.QueryRowContext(ctx, `SELECT message_seq, page_seq FROM mark`).Scan(&message, &page); err != nil {
		return st, wrap("read search index", err)
	}
	var pages bool
	err = s.read("count messages", func(q querier) error {
		return q.QueryRowContext(ctx, `SELECT count(*), count(*) FILTER (WHERE seq <= ?), EXISTS (SELECT 1 FROM document_page WHERE seq > ?)
			FROM message WHERE status NOT IN ('pending', 'erased')`, message, page).Scan(&st.Total, &st.Indexed, &pages)
	})
	st.Complete = st.Indexed == st.Total && !pages
	return st, err
}
