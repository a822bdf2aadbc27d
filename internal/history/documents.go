package history

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"time"
)

// DocumentID names a document.
type DocumentID string

// Reading says how far a document has been read.
type Reading string

// The states of reading. They are stored by these words.
const (
	ReadingOn        Reading = "reading" // or cut short: then it is gone on with
	ReadingDone      Reading = "read"
	ReadingCancelled Reading = "cancelled" // by the user; the pages so far stay
	ReadingFailed    Reading = "failed"
)

// Document is a file whose text is searched and given to the model. It belongs to a conversation or to a matter, and is
// sealed under a key of its own, which is wrapped by that one's.
type Document struct {
	ID           DocumentID     `json:"-"`
	Conversation ConversationID `json:"-"` // or
	Matter       MatterID       `json:"-"` // one of the two
	Reading      Reading        `json:"-"`
	Pages        int            `json:"-"` // that were read so far
	CreatedAt    time.Time      `json:"-"`
	Name         string         `json:"name"`
	Size         int64          `json:"size"`              // bytes of the file
	SHA256       string         `json:"sha256"`            // of the file, hex
	Kind         string         `json:"kind,omitempty"`    // what it was found to be
	Of           int            `json:"of,omitempty"`      // pages that there are; 0: not known yet
	Blank        int            `json:"blank,omitempty"`   // pages without text
	Problem      string         `json:"problem,omitempty"` // why reading failed: a word of the caller's
}

// DocumentPage is the text of a page, and where its passages are.
type DocumentPage struct {
	Number   int       `json:"-"` // from 1
	Text     string    `json:"text"`
	Passages []Stretch `json:"passages"`
}

// Stretch is a part of a page's text: bytes, half-open.
type Stretch struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// NewDocumentID is for a caller that records what it is about to do.
func NewDocumentID() DocumentID { return DocumentID(newID()) }

// AddDocument keeps a file with d.Conversation or d.Matter, to be read. Of d it takes these, ID and Name. ErrNotFound
// where there is no such place; ErrTooLarge for more than limit bytes.
func (s *Store) AddDocument(ctx context.Context, d Document, r io.Reader, limit int64) (Document, error) {
	d.Reading, d.CreatedAt = ReadingOn, time.Now().UTC().Truncate(time.Microsecond)
	err := s.change(ctx, "add document", func(t tx) error {
		var conversation, matter any
		var above []byte
		if d.Matter != "" {
			seq, key, err := s.openMatterKey(ctx, t, d.Matter)
			if err != nil {
				return err
			}
			matter, above = seq, key
		} else {
			k, err := s.keyOf(ctx, t, d.Conversation)
			if err != nil {
				return err
			}
			conversation, above = k.seq, k.key
		}
		defer clear(above)
		key := newKey()
		defer clear(key)
		var seq int64
		err := t.QueryRowContext(ctx, `INSERT INTO document (id, conversation, matter, key, about, reading, created_at)
			VALUES (?, ?, ?, ?, x'', ?, ?) RETURNING seq`,
			d.ID, conversation, matter, seal(above, key, "document key", string(d.ID)), d.Reading, d.CreatedAt.UnixMicro()).Scan(&seq)
		if err != nil {
			return err
		}
		hash := sha256.New()
		chunks := chunks{"document", string(d.ID), seq, key}
		if d.Size, err = chunks.store(ctx, t, io.TeeReader(io.LimitReader(r, limit+1), hash)); err != nil {
			return err
		}
		if d.Size > limit {
			return ErrTooLarge
		}
		d.SHA256 = hex.EncodeToString(hash.Sum(nil))
		return storeDocument(ctx, t, documentRow{Document: d, seq: seq}, key)
	})
	if err != nil {
		return Document{}, err
	}
	return d, nil
}

// storeDocument replaces what is said about a document.
func storeDocument(ctx context.Context, t tx, d documentRow, key []byte) error {
	about, err := json.Marshal(d.Document)
	if err != nil {
		return err
	}
	return execOne(ctx, t, "", `UPDATE document SET about = ?, reading = ? WHERE seq = ?`,
		seal(key, about, "document", string(d.ID)), d.Reading, d.seq)
}

type documentRow struct {
	Document
	seq                            int64
	key, about                     []byte
	conversationKey, above, matter []byte // wrapped: the conversation's, its matter's; the matter's
	aboveID                        MatterID
}

const selectDocument = `SELECT d.seq, d.id, coalesce(c.id, ''), coalesce(m.id, ''), d.key, d.about, d.reading, d.created_at,
	(SELECT count(*) FROM document_page WHERE document = d.seq), c.key, a.key, coalesce(a.id, ''), m.key
	FROM document d LEFT JOIN conversation c ON c.seq = d.conversation LEFT JOIN matter a ON a.seq = c.matter
	LEFT JOIN matter m ON m.seq = d.matter `

func scanDocument(row scanner) (documentRow, error) {
	var d documentRow
	var created int64
	err := row.Scan(&d.seq, &d.ID, &d.Conversation, &d.Matter, &d.key, &d.about, &d.Reading, &created, &d.Pages,
		&d.conversationKey, &d.above, &d.aboveID, &d.matter)
	d.CreatedAt = time.UnixMicro(created).UTC()
	return d, err
}

// open fills in what is sealed, and returns the document's key.
func (d *documentRow) open(keys *matterKeys) ([]byte, error) {
	id, wrapped := d.Matter, d.matter
	if d.Conversation != "" {
		id, wrapped = d.aboveID, d.above
	}
	above, err := keys.key(id, wrapped)
	if err == nil && d.Conversation != "" {
		above, err = unwrapConversationKey(above, d.Conversation, d.conversationKey)
	}
	if err != nil {
		return nil, err
	}
	key, err := unseal(above, d.key, "document key", string(d.ID))
	if err != nil {
		return nil, err
	}
	about, err := unseal(key, d.about, "document", string(d.ID))
	if err != nil {
		return nil, err
	}
	if json.Unmarshal(about, &d.Document) != nil {
		return nil, ErrWrongKeyOrDamaged
	}
	return key, nil
}

// openDocument returns a document and its key. ErrNotFound.
func (s *Store) openDocument(ctx context.Context, q querier, id DocumentID) (documentRow, []byte, error) {
	d, err := queryOne(ctx, q, "", scanDocument, selectDocument+`WHERE d.id = ?`, id)
	if err != nil {
		return d, nil, err
	}
	key, err := d.open(s.matterKeys())
	return d, key, err
}

// Document returns one.
func (s *Store) Document(ctx context.Context, id DocumentID) (Document, error) {
	list, err := s.documents(ctx, `WHERE d.id = ?`, id)
	if err == nil && len(list) != 1 {
		err = wrap("read document", ErrNotFound)
	}
	if err != nil {
		return Document{}, err
	}
	return list[0], nil
}

// Documents returns all, in the order in which they were added.
func (s *Store) Documents(ctx context.Context) ([]Document, error) { return s.documents(ctx, ``) }

// DocumentsAt returns those of a conversation and, with its matter's, those of a matter: either may be empty.
func (s *Store) DocumentsAt(ctx context.Context, conversation ConversationID, matter MatterID) ([]Document, error) {
	return s.documents(ctx, `WHERE c.id = nullif(?, '') OR m.id = nullif(?, '')`, conversation, matter)
}

// UnreadDocuments returns those that are being read, or whose reading was cut short.
func (s *Store) UnreadDocuments(ctx context.Context) ([]Document, error) {
	return s.documents(ctx, `WHERE d.reading = 'reading'`)
}

func (s *Store) documents(ctx context.Context, where string, args ...any) ([]Document, error) {
	out := []Document{}
	err := s.read("list documents", func(q querier) error {
		rows, err := queryAll(ctx, q, "", scanDocument, selectDocument+where+` ORDER BY d.seq`, args...)
		if err != nil {
			return err
		}
		keys := s.matterKeys()
		for _, row := range rows {
			key, err := row.open(keys)
			if err != nil {
				return err
			}
			clear(key)
			out = append(out, row.Document)
		}
		return nil
	})
	return out, err
}

// ReadDocument writes a document's file to w. What was written before an error is not the whole.
func (s *Store) ReadDocument(ctx context.Context, id DocumentID, w io.Writer) error {
	var d documentRow
	var key []byte
	defer func() { clear(key) }()
	err := s.read("read document", func(q querier) (err error) {
		d, key, err = s.openDocument(ctx, q, id)
		return err
	})
	if err != nil {
		return err
	}
	return wrap("read document", chunks{"document", string(id), d.seq, key}.read(ctx, s.db, d.Size, w))
}

// AddPages keeps the next pages of a document that is being read; of is how many there will be, 0 for not known.
// ErrNotFound where the document is not there, or is not being read any more.
func (s *Store) AddPages(ctx context.Context, id DocumentID, of int, pages ...DocumentPage) error {
	err := s.change(ctx, "store pages", func(t tx) error {
		d, key, err := s.openDocument(ctx, t, id)
		if err != nil {
			return err
		}
		defer clear(key)
		if d.Reading != ReadingOn {
			return ErrNotFound
		}
		for _, p := range pages {
			text, err := json.Marshal(p)
			if err != nil {
				return err
			}
			if _, err := t.ExecContext(ctx, `INSERT INTO document_page (document, number, content, changed) VALUES (?, ?, ?, (SELECT generation FROM state))`,
				d.seq, p.Number, seal(key, text, "document page", string(id), number(uint64(p.Number)))); err != nil {
				return err
			}
		}
		d.Of = of
		return storeDocument(ctx, t, d, key)
	})
	if err == nil {
		s.index.poke()
	}
	return err
}

// EndReading closes the reading of a document: of d it takes ID, Reading, Kind, Of, Blank and Problem. ErrNotFound where
// the document is not there, or is not being read any more.
func (s *Store) EndReading(ctx context.Context, d Document) error {
	return s.change(ctx, "end reading", func(t tx) error {
		row, key, err := s.openDocument(ctx, t, d.ID)
		if err != nil {
			return err
		}
		defer clear(key)
		if row.Reading != ReadingOn || d.Reading == ReadingOn {
			return ErrNotFound
		}
		row.Reading, row.Kind, row.Of, row.Blank, row.Problem = d.Reading, d.Kind, d.Of, d.Blank, d.Problem
		return storeDocument(ctx, t, row, key)
	})
}

// DocumentPages returns a document's pages from a number on, at most so many (0: all), as far as they were read.
func (s *Store) DocumentPages(ctx context.Context, id DocumentID, from, most int) (pages []DocumentPage, err error) {
	if most <= 0 {
		most = -1
	}
	err = s.read("read pages", func(q querier) error {
		d, key, err := s.openDocument(ctx, q, id)
		if err != nil {
			return err
		}
		defer clear(key)
		pages, err = queryAll(ctx, q, "", func(row scanner) (p DocumentPage, err error) {
			var sealed []byte
			if err := row.Scan(&p.Number, &sealed); err != nil {
				return p, err
			}
			return openPage(key, id, p.Number, sealed)
		}, `SELECT number, content FROM document_page WHERE document = ? AND number >= ? ORDER BY number LIMIT ?`, d.seq, from, most)
		return err
	})
	return pages, err
}

func openPage(key []byte, id DocumentID, at int, sealed []byte) (DocumentPage, error) {
	p := DocumentPage{Number: at}
	plain, err := unseal(key, sealed, "document page", string(id), number(uint64(at)))
	if err == nil && json.Unmarshal(plain, &p) != nil {
		err = ErrWrongKeyOrDamaged
	}
	clear(plain)
	return p, err
}

// Source is what a turn's model was given of one document. It quotes nothing, so that what is erased of a document is
// nowhere else.
type Source struct {
	Document DocumentID     `json:"document"`
	SHA256   string         `json:"sha256"` // of its file
	Whole    bool           `json:"whole"`  // everything that had been read
	Pages    int            `json:"pages"`  // that had been read by then
	Of       int            `json:"of"`     // pages; 0: not known by then
	Passages []CitedPassage `json:"passages"`
}

// CitedPassage is a passage that an answer cites as [Number].
type CitedPassage struct {
	Number int `json:"number"`
	Page   int `json:"page"`
	Stretch
}

// storeSources keeps what an answer's model was given.
func storeSources(ctx context.Context, t tx, k conversationKey, answer int64, id MessageID, sources []Source) error {
	for _, source := range sources {
		content, err := json.Marshal(source)
		if err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, `INSERT INTO source (message, document, content) VALUES (?, ?, ?)`,
			answer, source.Document, seal(k.key, content, sourcePlace(id, source.Document)...)); err != nil {
			return err
		}
	}
	return nil
}

func sourcePlace(message MessageID, document DocumentID) []string {
	return []string{"source", string(message), string(document)}
}

// Sources returns what the model was given of documents, for each answer of a conversation that was given anything.
func (s *Store) Sources(ctx context.Context, id ConversationID) (map[MessageID][]Source, error) {
	out := map[MessageID][]Source{}
	err := s.read("read sources", func(q querier) error {
		k, err := s.keyOf(ctx, q, id)
		if err != nil {
			return err
		}
		defer clear(k.key)
		_, err = queryAll(ctx, q, "", func(row scanner) (none struct{}, err error) {
			var message MessageID
			var document DocumentID
			var sealed []byte
			if err := row.Scan(&message, &document, &sealed); err != nil {
				return none, err
			}
			plain, err := unseal(k.key, sealed, sourcePlace(message, document)...)
			var source Source
			if err == nil && json.Unmarshal(plain, &source) != nil {
				err = ErrWrongKeyOrDamaged
			}
			out[message] = append(out[message], source)
			return none, err
		}, `SELECT m.id, s.document, s.content FROM message m JOIN source s ON s.message = m.seq WHERE m.conversation = ? ORDER BY s.seq`, k.seq)
		return err
	})
	return out, err
}

// DueDocuments returns the documents of matters that were neither added nor used in a turn for so long as the matter keeps
// its conversations, or else days, 0 for ever; except for those under a hold.
func (s *Store) DueDocuments(ctx context.Context, now time.Time, days int) (due []DocumentID, err error) {
	err = s.read("read what is due", func(q querier) error {
		due, err = queryAll(ctx, q, "", func(row scanner) (id DocumentID, err error) { return id, row.Scan(&id) },
			`SELECT d.id FROM document d JOIN matter m ON m.seq = d.matter WHERE NOT `+heldDocument+`
			AND coalesce(nullif(m.retention, 0), ?1) > 0
			AND max(d.created_at, coalesce((SELECT max(u.created_at) FROM source s JOIN message u ON u.seq = s.message WHERE s.document = d.id), 0))
				< ?2 - coalesce(nullif(m.retention, 0), ?1) * 86400000000 ORDER BY d.seq`, days, now.UnixMicro())
		return err
	})
	return due, err
}

// heldDocument: by a hold on where it belongs, or on a conversation in which it was used.
const heldDocument = `(EXISTS (SELECT 1 FROM hold h WHERE h.matter = d.matter OR h.conversation = d.conversation
		OR h.matter = (SELECT matter FROM conversation WHERE seq = d.conversation))
	OR EXISTS (SELECT 1 FROM source s JOIN message u ON u.seq = s.message JOIN conversation c ON c.seq = u.conversation
		WHERE s.document = d.id AND ` + heldConversation + `))`

// chunks is a content that is sealed piece by piece in NAME_chunk.
type chunks struct {
	name string // attachment or document
	id   string
	seq  int64
	key  []byte
}

// store seals r. The last piece says that it is the last, so that none can be missing.
func (c chunks) store(ctx context.Context, t tx, r io.Reader) (size int64, err error) {
	next := make([]byte, chunkSize)
	n, err := io.ReadFull(r, next)
	for i := 0; ; i++ {
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return 0, err
		}
		last := err != nil
		piece := append([]byte(nil), next[:n]...)
		if !last {
			if n, err = io.ReadFull(r, next); errors.Is(err, io.EOF) {
				last = true
			}
		}
		if _, err := t.ExecContext(ctx, `INSERT INTO `+c.name+`_chunk (`+c.name+`, number, data) VALUES (?, ?, ?)`,
			c.seq, i, seal(c.key, piece, chunkPlace(c.name, c.id, i, last)...)); err != nil {
			return 0, err
		}
		size += int64(len(piece))
		clear(piece)
		if last {
			return size, nil
		}
	}
}

// read writes the content, of so many bytes, to w.
func (c chunks) read(ctx context.Context, q querier, left int64, w io.Writer) error {
	for i := 0; ; i++ {
		sealed, err := queryOne(ctx, q, "", scanBytes, `SELECT data FROM `+c.name+`_chunk WHERE `+c.name+` = ? AND number = ?`, c.seq, i)
		if err != nil {
			return err
		}
		last := left <= chunkSize
		piece, err := unseal(c.key, sealed, chunkPlace(c.name, c.id, i, last)...)
		if err != nil {
			return err
		}
		if _, err := w.Write(piece); err != nil {
			return err
		}
		if left -= int64(len(piece)); last {
			return nil
		}
	}
}
