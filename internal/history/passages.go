package history

import (
	"context"
	"encoding/json"
	"errors"
)

// Found passages are ranked by FTS5's bm25, over their words and their stems, in the index's encrypted file. As of
// messages, the index knows words and places of them, and no text.

// PassageAt is where a passage is.
type PassageAt struct {
	Document DocumentID
	Page     int
	Stretch
}

// PassageHit is a passage in which words occur.
type PassageHit struct {
	PassageAt
	Name    string  // the document's
	Snippet []Piece // the words and what stands around them
}

// DocumentQuery is what to look for in documents.
type DocumentQuery struct {
	Text      string       // as of Query
	Documents []DocumentID // in which
	Limit     int          // most hits; 0: 30
}

// Rank returns, of the passages of documents as far as they were read, at most so many that have something to do with
// text, the best first: those that hold words of it, or words of their stems. ErrIndexDamaged as of Search.
func (s *Store) Rank(ctx context.Context, text string, documents []DocumentID, most int) ([]PassageAt, error) {
	question := newStemmer().question(text)
	if question == "" || len(documents) == 0 {
		return nil, nil
	}
	return s.passages(ctx, question, documents, most)
}

// SearchDocuments looks for words in documents, the best passages first. ErrIndexDamaged as of Search.
func (s *Store) SearchDocuments(ctx context.Context, query DocumentQuery) ([]PassageHit, error) {
	hits := []PassageHit{}
	match := matchOf(query.Text)
	if match == "" || len(query.Documents) == 0 {
		return hits, nil
	}
	if query.Limit <= 0 {
		query.Limit = defaultHits
	}
	found, err := s.passages(ctx, `text : (`+match+`)`, query.Documents, query.Limit)
	if err != nil {
		return hits, err
	}
	phrases := phrasesOf(match)
	err = s.read("search documents", func(q querier) error {
		for _, at := range found {
			d, text, err := s.passage(ctx, q, at)
			if errors.Is(err, ErrNotFound) {
				continue // erased a moment ago
			}
			if err != nil {
				return err
			}
			hits = append(hits, PassageHit{PassageAt: at, Name: d.Name, Snippet: snippet(text, phrases)})
		}
		return nil
	})
	return hits, err
}

// passage opens one.
func (s *Store) passage(ctx context.Context, q querier, at PassageAt) (Document, string, error) {
	d, key, err := s.openDocument(ctx, q, at.Document)
	if err != nil {
		return Document{}, "", err
	}
	defer clear(key)
	sealed, err := queryOne(ctx, q, "", scanBytes, `SELECT content FROM document_page WHERE document = ? AND number = ?`, d.seq, at.Page)
	if err != nil {
		return Document{}, "", err
	}
	page, err := openPage(key, at.Document, at.Page, sealed)
	if err == nil && (at.Start < 0 || at.Start > at.End || at.End > len(page.Text)) {
		err = ErrWrongKeyOrDamaged
	}
	if err != nil {
		return Document{}, "", err
	}
	return d.Document, page.Text[at.Start:at.End], nil
}

// passages brings the index up to the history, and asks it.
func (s *Store) passages(ctx context.Context, match string, documents []DocumentID, most int) (found []PassageAt, err error) {
	in, err := json.Marshal(documents)
	if err != nil {
		return nil, err
	}
	x := s.index
	x.mu.RLock()
	f, failed := x.current, x.failed
	if f == nil {
		x.mu.RUnlock()
		return nil, indexError(failed)
	}
	for n := 1; n > 0 && err == nil; { // what was read is found, also right after a document was added
		n, err = x.catchUp(ctx, f, bulk)
	}
	if err == nil {
		found, err = queryAll(ctx, f.db, "", func(row scanner) (p PassageAt, err error) {
			return p, row.Scan(&p.Document, &p.Page, &p.Start, &p.End)
		}, `SELECT p.document, p.page, p.start, p.finish FROM passages JOIN passage p ON p.seq = passages.rowid
			WHERE passages MATCH ? AND p.document IN (SELECT value FROM json_each(?)) ORDER BY passages.rank, p.seq LIMIT ?`, match, string(in), most)
		err = indexError(err)
	}
	x.mu.RUnlock()
	if brokenIndex(err) && ctx.Err() == nil {
		x.rebuild(ctx, f)
		return nil, ErrIndexDamaged
	}
	return found, wrap("search documents", err)
}

// pageToIndex is a page on its way into the index.
type pageToIndex struct {
	changed, seq int64
	document     DocumentID
	DocumentPage
}

// unindexedPages returns the next pages that were added after the mark.
func (s *Store) unindexedPages(ctx context.Context, q querier, most int, after int64) ([]pageToIndex, error) {
	return s.openPages(ctx, q, `SELECT p.changed, p.seq, d.id, p.number, p.content FROM document_page p JOIN document d ON d.seq = p.document
		WHERE p.seq > ? ORDER BY p.seq LIMIT ?`, after, most)
}

// openPages opens the pages that a query like unindexedPages' returns.
func (s *Store) openPages(ctx context.Context, q querier, query string, args ...any) (list []pageToIndex, err error) {
	type sealedPage struct {
		pageToIndex
		content []byte
	}
	rows, err := queryAll(ctx, q, "", func(row scanner) (p sealedPage, err error) {
		return p, row.Scan(&p.changed, &p.seq, &p.document, &p.Number, &p.content)
	}, query, args...)
	if err != nil {
		return nil, err
	}
	keys := map[DocumentID][]byte{}
	for _, p := range rows {
		key := keys[p.document]
		if key == nil {
			if _, key, err = s.openDocument(ctx, q, p.document); err != nil {
				return nil, err
			}
			defer clear(key)
			keys[p.document] = key
		}
		if p.DocumentPage, err = openPage(key, p.document, p.Number, p.content); err != nil {
			return nil, err
		}
		list = append(list, p.pageToIndex)
	}
	return list, nil
}

// insertPage puts a page's passages into an index.
func insertPage(ctx context.Context, t querier, p pageToIndex, stems *stemmer) error {
	for _, at := range p.Passages {
		if at.Start < 0 || at.Start > at.End || at.End > len(p.Text) {
			return ErrWrongKeyOrDamaged
		}
		text := p.Text[at.Start:at.End]
		var seq int64
		err := t.QueryRowContext(ctx, `INSERT INTO passage (document, page, start, finish) VALUES (?, ?, ?, ?) RETURNING seq`,
			p.document, p.Number, at.Start, at.End).Scan(&seq)
		if err == nil {
			_, err = t.ExecContext(ctx, `INSERT INTO passages (rowid, text, stems) VALUES (?, ?, ?)`, seq, text, stems.stems(text))
		}
		if err != nil {
			return indexError(err)
		}
	}
	return nil
}
