package history

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

const (
	fewMatches  = 1000 // up to here matches are ranked; of more, the newest are shown
	mostTitles  = 5    // titles that are shown before the messages
	defaultHits = 30
)

// Query is what to look for.
type Query struct {
	// Text is words as the user types them. All must occur; the last one may be the beginning of a word, and words in
	// double quotes must stand together. Nothing else in it has a meaning.
	Text   string
	Matter MatterID  // empty: everywhere
	From   time.Time // written at or after this; zero: ever
	Until  time.Time // written before this; zero: ever
	Limit  int       // most hits; 0: 30
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

// Search looks for words in every title and message, as their reader sees them. ErrIndexDamaged: once, then the index is built anew.
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
		if f.bulk.Load() {
			break
		}
		n, err := x.catchUp(ctx, f, batch)
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
	titles, err := indexed(ctx, f, `SELECT rowid FROM titles WHERE titles `+where+` ORDER BY rank LIMIT 50`, args...)
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
	matches := func(order string, offset, limit int) ([]int64, error) {
		return matched(ctx, f, fmt.Sprintf(`SELECT words.rowid FROM %s WHERE words %s ORDER BY %s LIMIT %d OFFSET %d`, from, where, order, limit, offset), args...)
	}
	newest, err := matches(`words.rowid DESC`, 0, fewMatches+1)
	if err != nil {
		return err
	}
	next := func(offset, limit int) ([]int64, error) {
		switch {
		case len(newest) == 0:
			return nil, nil
		case len(newest) <= fewMatches:
			return matches(`words.rank, words.rowid DESC`, offset, limit)
		case offset+limit <= len(newest):
			return newest[offset : offset+limit], nil
		}
		return matches(`words.rowid DESC`, offset, limit)
	}
	return s.read("search", func(q querier) error {
		hits, err := s.titleHits(ctx, q, titles, query)
		if err != nil {
			return err
		}
		// What was erased is in no result, though an index that is just being replaced may still know it.
		for offset := 0; len(hits) <= query.Limit; {
			n := query.Limit + 1 - len(hits)
			seqs, err := next(offset, n)
			if err != nil {
				return err
			}
			more, err := s.messageHits(ctx, q, seqs)
			if err != nil {
				return err
			}
			hits = append(hits, more...)
			if offset += n; len(seqs) < n || offset > fewMatches {
				break
			}
		}
		if len(hits) > query.Limit {
			hits, found.More = hits[:query.Limit], true
		}
		found.Hits = hits
		phrases := phrasesOf(match)
		for i := range hits {
			hits[i].Snippet = snippet(hits[i].Snippet[0].Text, phrases)
		}
		return nil
	})
}

func indexed(ctx context.Context, f *indexFile, query string, args ...any) ([]int64, error) {
	seqs, err := queryAll(ctx, f.db, "", scanInt, query, args...)
	return seqs, indexError(err)
}

// matched is indexed for a long list: as one value it takes half the time that it takes row by row.
func matched(ctx context.Context, f *indexFile, query string, args ...any) (seqs []int64, err error) {
	var list string
	if err := f.db.QueryRowContext(ctx, `SELECT json_group_array(rowid) FROM (`+query+`)`, args...).Scan(&list); err != nil {
		return nil, indexError(err)
	}
	return seqs, json.Unmarshal([]byte(list), &seqs)
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

const titleColumns = `c.seq, c.id, m.id, m.key, c.key, c.title, c.updated_at, ` + sealedPseudonyms

// titleHits opens titles, in this order, until there are enough.
func (s *Store) titleHits(ctx context.Context, q querier, seqs []int64, query Query) ([]Hit, error) {
	var hits []Hit
	keys := s.matterKeys()
	for some := range slices.Chunk(seqs, mostTitles) { // as a rule the first are good
		list, err := json.Marshal(some)
		if err != nil {
			return nil, err
		}
		rows, err := queryAll(ctx, q, "", scanTitle, `SELECT `+titleColumns+fromConversation+`WHERE c.seq IN (SELECT value FROM json_each(?))`, string(list))
		if err != nil {
			return nil, err
		}
		slices.SortFunc(rows, func(a, b titleRow) int { return slices.Index(some, a.seq) - slices.Index(some, b.seq) })
		for _, row := range rows {
			c := row.Conversation
			if c.Title, err = s.readTitle(row.conversationRow, keys, row.pseudonyms); err != nil {
				return nil, err
			}
			outside := query.Matter != "" && c.Matter != query.Matter || !query.From.IsZero() && c.UpdatedAt.Before(query.From) ||
				!query.Until.IsZero() && !c.UpdatedAt.Before(query.Until)
			if c.Title == "" || outside {
				continue
			}
			hits = append(hits, Hit{Conversation: c.ID, Title: c.Title, Matter: c.Matter, At: c.UpdatedAt, Snippet: []Piece{{Text: c.Title}}})
			if len(hits) == mostTitles {
				return hits, nil
			}
		}
	}
	return hits, nil
}

// titleRow is a conversation's title with its place in the index.
type titleRow struct {
	seq int64
	conversationRow
	pseudonyms []byte // sealed
}

func scanTitle(row scanner) (t titleRow, err error) {
	var updated int64
	err = row.Scan(&t.seq, &t.ID, &t.Matter, &t.matterKey, &t.key, &t.title, &updated, &t.pseudonyms)
	t.UpdatedAt = time.UnixMicro(updated).UTC()
	return t, err
}

// hitRow is a message with its conversation.
type hitRow struct {
	messageRow
	c          conversationRow
	pseudonyms []byte // sealed
}

func scanHit(row scanner) (hitRow, error) {
	var h hitRow
	var created int64
	err := row.Scan(&h.seq, &h.ID, &h.Role, &h.Status, &h.content, &created, &h.conversation, &h.c.ID, &h.c.Matter, &h.c.matterKey, &h.c.key, &h.c.title, &h.pseudonyms)
	h.CreatedAt, h.Conversation = time.UnixMicro(created).UTC(), h.c.ID
	return h, err
}

// messageHits opens messages, in this order. Those that are not there any more are left out.
func (s *Store) messageHits(ctx context.Context, q querier, seqs []int64) ([]Hit, error) {
	list, err := json.Marshal(seqs)
	if err != nil {
		return nil, err
	}
	rows, err := queryAll(ctx, q, "", scanHit, `SELECT m.seq, m.id, m.role, m.status, m.content, m.created_at, c.seq, c.id, t.id, t.key, c.key, c.title, `+sealedPseudonyms+`
		FROM message m JOIN conversation c ON c.seq = m.conversation JOIN matter t ON t.seq = c.matter
		WHERE m.seq IN (SELECT value FROM json_each(?)) AND m.status NOT IN ('erased', 'pending')`, string(list))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(a, b hitRow) int { return slices.Index(seqs, a.seq) - slices.Index(seqs, b.seq) })
	type opened struct {
		key   []byte
		title string
		read  func(string) string
	}
	conversations := map[ConversationID]opened{}
	keys := s.matterKeys()
	hits := make([]Hit, 0, len(rows))
	for _, h := range rows {
		c, ok := conversations[h.c.ID]
		if !ok {
			above, err := keys.key(h.c.Matter, h.c.matterKey)
			if err != nil {
				return nil, err
			}
			if c.key, err = unwrapConversationKey(above, h.c.ID, h.c.key); err != nil {
				return nil, err
			}
			if c.title, err = unsealTitle(c.key, h.c.ID, h.c.title); err != nil {
				return nil, err
			}
			if c.read, err = s.reading(c.key, h.c.ID, h.pseudonyms); err != nil {
				return nil, err
			}
			c.title = c.read(c.title)
			conversations[h.c.ID] = c
		}
		if err := unsealMessage(c.key, &h.Message, h.content); err != nil {
			return nil, err
		}
		hits = append(hits, Hit{
			Conversation: h.c.ID, Title: c.title, Matter: h.c.Matter, Message: h.ID, Role: h.Role, At: h.CreatedAt,
			Snippet: []Piece{{Text: c.read(h.Text)}},
		})
	}
	return hits, nil
}
