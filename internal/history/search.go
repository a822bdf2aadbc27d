package history

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
)

const (
	fewMatches   = 1000 // up to here matches are ranked; of more, the newest are shown
	mostTitles   = 5    // titles that are shown before the messages
	defaultHits  = 50
	snippetWords = "24"
	openMark     = "\x02"
	closeMark    = "\x03"
)

// Query is what to look for.
type Query struct {
	// Text is words as the user types them. All must occur; the last one may be the beginning of a word, and words in
	// double quotes must stand together. Nothing else in it has a meaning.
	Text   string
	Matter MatterID  // empty: everywhere
	From   time.Time // written at or after this; zero: ever
	Until  time.Time // written before this; zero: ever
	Limit  int       // most hits; 0: 50
}

// Hit is a message, or a conversation's title, in which the words occur.
type Hit struct {
	Conversation ConversationID
	Title        string
	Matter       MatterID
	Message      MessageID // empty: the title is meant
	Role         Role
	At           time.Time
	Snippet      []Piece // the words and what stands around them
}

// Piece is a stretch of a snippet.
type Piece struct {
	Text  string
	Match bool
}

// Found is the answer to a Query. Titles come first, then messages: the best first where there are few, and where there
// are more than a thousand, so that the words say little, the newest first.
type Found struct {
	Hits     []Hit
	More     bool // there are more than the hits
	Complete bool // the index is: else there may be more, look at IndexState
}

// Search looks for words in every title and message. ErrIndexDamaged: once, then the index is built anew.
func (s *Store) Search(ctx context.Context, query Query) (Found, error) {
	found := Found{Hits: []Hit{}, Complete: true}
	match := matchOf(query.Text)
	if match == "" {
		return found, nil
	}
	if query.Limit <= 0 {
		query.Limit = defaultHits
	}
	x := s.index
	x.mu.RLock()
	f, failed := x.current, x.failed
	if f == nil {
		x.mu.RUnlock()
		return found, indexError(failed)
	}
	err := x.settle(ctx, f, &found)
	if err == nil {
		err = s.search(ctx, f, match, query, &found)
	}
	x.mu.RUnlock()
	if brokenIndex(err) && ctx.Err() == nil {
		x.rebuild(ctx, f)
		return Found{Hits: []Hit{}}, ErrIndexDamaged
	}
	return found, wrap("search", err)
}

// settle brings the index up to the history, if that is soon done.
func (x *index) settle(ctx context.Context, f *indexFile, found *Found) error {
	for range 2 { // the second finds nothing, unless there is a lot to do: then the background does it
		n, err := x.catchUp(ctx, f)
		if err != nil || n == 0 {
			return err
		}
	}
	found.Complete = false
	return nil
}

// matchOf writes the user's words as an FTS5 query: each a quoted string, so that nothing in them is syntax. It returns
// "" where there is no word.
func matchOf(text string) string {
	var out []string
	prefix := false
	for i, part := range strings.Split(strings.ReplaceAll(text, "\x00", " "), `"`) {
		words := []string{part} // in quotes, even if they are not closed yet
		if i%2 == 0 {
			words = strings.Fields(part)
		}
		for _, w := range words {
			// What the tokenizer would find no word in matches nothing.
			if !strings.ContainsFunc(w, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
				continue
			}
			out = append(out, `"`+w+`"`)
			prefix = i%2 == 0
		}
	}
	if len(out) == 0 {
		return ""
	}
	if prefix && strings.TrimRightFunc(text, unicode.IsSpace) == text {
		out[len(out)-1] += "*"
	}
	return strings.Join(out, " ")
}

func (s *Store) search(ctx context.Context, f *indexFile, match string, query Query, found *Found) error {
	where, args := `MATCH ?1`, []any{match}
	titles, err := indexed(ctx, f, `SELECT rowid FROM titles WHERE titles `+where+` ORDER BY rank LIMIT 200`, args...)
	if err != nil {
		return err
	}
	from := `words`
	if query.Matter != "" || !query.From.IsZero() || !query.Until.IsZero() {
		inside, err := s.insideOf(ctx, query.Matter)
		if err != nil {
			return err
		}
		from = `words JOIN doc d ON d.seq = words.rowid`
		where += ` AND d.at >= ?2 AND d.at < ?3`
		until := int64(1) << 62
		if !query.Until.IsZero() {
			until = query.Until.UnixMicro()
		}
		since := -until
		if !query.From.IsZero() {
			since = query.From.UnixMicro()
		}
		args = append(args, since, until)
		if query.Matter != "" {
			where += ` AND d.conversation IN (SELECT value FROM json_each(?4))`
			args = append(args, inside)
		}
	}
	// In order of age the index can stop early, and only so: ranking visits every match.
	seqs, err := indexed(ctx, f, `SELECT words.rowid FROM `+from+` WHERE words `+where+` ORDER BY words.rowid DESC LIMIT 1001`, args...)
	if err != nil {
		return err
	}
	if len(seqs) <= fewMatches && len(seqs) > 1 {
		seqs, err = indexed(ctx, f, `SELECT words.rowid FROM `+from+` WHERE words `+where+` ORDER BY words.rank, words.rowid DESC LIMIT 1001`, args...)
		if err != nil {
			return err
		}
	}
	return s.read("search", func(q querier) error {
		hits, err := s.titleHits(ctx, q, titles, query)
		if err != nil {
			return err
		}
		// What was erased is in no result, though an index that is just being replaced may still know it.
		for len(seqs) > 0 && len(hits) <= query.Limit {
			n := min(len(seqs), query.Limit+1-len(hits))
			more, err := s.messageHits(ctx, q, seqs[:n])
			if err != nil {
				return err
			}
			hits, seqs = append(hits, more...), seqs[n:]
		}
		if len(hits) > query.Limit {
			hits, found.More = hits[:query.Limit], true
		}
		found.Hits = hits
		return s.index.mark(ctx, match, hits)
	})
}

func indexed(ctx context.Context, f *indexFile, query string, args ...any) ([]int64, error) {
	seqs, err := queryAll(ctx, f.db, "", scanInt, query, args...)
	return seqs, indexError(err)
}

// insideOf returns the conversations of a matter, as a JSON array; "" for no matter.
func (s *Store) insideOf(ctx context.Context, matter MatterID) (list string, err error) {
	if matter == "" {
		return "", nil
	}
	err = s.read("search", func(q querier) error {
		return q.QueryRowContext(ctx, `SELECT json_group_array(c.seq)`+fromConversation+`WHERE m.id = ?`, matter).Scan(&list)
	})
	return list, err
}

func (s *Store) titleHits(ctx context.Context, q querier, seqs []int64, query Query) ([]Hit, error) {
	var hits []Hit
	keys := s.matterKeys()
	for _, seq := range seqs {
		if len(hits) == mostTitles {
			break
		}
		row, err := queryOne(ctx, q, "", scanConversation, `SELECT `+conversationColumns+fromConversation+`WHERE c.seq = ?`, seq)
		if errors.Is(err, sql.ErrNoRows) || errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		c, err := row.open(keys)
		if err != nil {
			return nil, err
		}
		outside := query.Matter != "" && c.Matter != query.Matter || !query.From.IsZero() && c.UpdatedAt.Before(query.From) ||
			!query.Until.IsZero() && !c.UpdatedAt.Before(query.Until)
		if c.Title == "" || outside {
			continue
		}
		hits = append(hits, Hit{Conversation: c.ID, Title: c.Title, Matter: c.Matter, At: c.UpdatedAt, Snippet: []Piece{{Text: c.Title}}})
	}
	return hits, nil
}

func (s *Store) messageHits(ctx context.Context, q querier, seqs []int64) ([]Hit, error) {
	list, err := json.Marshal(seqs)
	if err != nil {
		return nil, err
	}
	rows, err := queryAll(ctx, q, "", scanMessage, `SELECT `+messageColumns+fromMessage+
		`WHERE m.seq IN (SELECT value FROM json_each(?)) AND m.status NOT IN ('erased', 'pending')`, string(list))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(a, b messageRow) int { return slices.Index(seqs, a.seq) - slices.Index(seqs, b.seq) })
	conversations := map[int64]Conversation{}
	opened := map[int64][]byte{}
	keys := s.matterKeys()
	hits := make([]Hit, 0, len(rows))
	for _, m := range rows {
		c, ok := conversations[m.conversation]
		if !ok {
			row, err := queryOne(ctx, q, "", scanConversation, `SELECT `+hitColumns+fromConversation+`WHERE c.seq = ?`, m.conversation)
			if err != nil {
				return nil, err
			}
			if c, err = row.open(keys); err != nil {
				return nil, err
			}
			conversations[m.conversation] = c
			if opened[m.conversation], err = unwrapConversationKey(keys.open[c.Matter], c.ID, row.key); err != nil {
				return nil, err
			}
		}
		if err := unsealMessage(opened[m.conversation], &m.Message, m.content); err != nil {
			return nil, err
		}
		hits = append(hits, Hit{
			Conversation: c.ID, Title: c.Title, Matter: c.Matter, Message: m.ID, Role: m.Role, At: m.CreatedAt,
			Snippet: []Piece{{Text: m.Text}},
		})
	}
	return hits, nil
}

// hitColumns are conversationColumns without those that cost something.
const hitColumns = `c.id, m.id, m.key, c.key, c.title, c.created_at, c.updated_at, 0, c.pinned, 0, 0`

// openSnippets opens a database in memory that cuts snippets with the index's own tokenizer: the index has no text.
func openSnippets(ctx context.Context) (*sql.DB, error) {
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	_, err = db.ExecContext(ctx, `CREATE VIRTUAL TABLE cut USING fts5 (text, tokenize='unicode61 remove_diacritics 2')`)
	return db, wrap("open snippets", err)
}

// mark replaces the text of each hit by a snippet.
func (x *index) mark(ctx context.Context, match string, hits []Hit) error {
	if len(hits) == 0 {
		return nil
	}
	t, err := x.snippets.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = t.Rollback() }() // nothing stays
	clean := strings.NewReplacer(openMark, "", closeMark, "", "\x00", "")
	for i, h := range hits {
		if _, err := t.ExecContext(ctx, `INSERT INTO cut (rowid, text) VALUES (?, ?)`, i+1, clean.Replace(h.Snippet[0].Text)); err != nil {
			return err
		}
	}
	type snippet struct {
		at   int
		text string
	}
	all, err := queryAll(ctx, t, "", func(row scanner) (s snippet, err error) { return s, row.Scan(&s.at, &s.text) },
		`SELECT rowid - 1, snippet(cut, 0, '`+openMark+`', '`+closeMark+`', '…', `+snippetWords+`) FROM cut WHERE cut MATCH ?`, match)
	if err != nil {
		return err
	}
	for i := range hits { // one that does not match, which cannot be, is cut short
		hits[i].Snippet = []Piece{{Text: cutTo(hits[i].Snippet[0].Text, 200)}}
	}
	for _, s := range all {
		hits[s.at].Snippet = pieces(s.text)
	}
	return nil
}

func cutTo(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// pieces takes a snippet apart at its marks.
func pieces(text string) []Piece {
	var out []Piece
	for text != "" {
		before, rest, found := strings.Cut(text, openMark)
		if before != "" {
			out = append(out, Piece{Text: before})
		}
		if !found {
			break
		}
		inside, after, _ := strings.Cut(rest, closeMark)
		out = append(out, Piece{inside, true})
		text = after
	}
	return out
}
