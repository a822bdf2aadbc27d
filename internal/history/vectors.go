package history

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"slices"
)

// A passage may have a vector: what a model makes of its meaning. A page's are kept beside it, sealed by its document's key
// and bound to the model's hash. Vectors of different models say nothing of each other, so those of one model are asked for,
// and those of another replaced.

// Vector is a direction: of its length nothing is kept. Each number is a byte, as scalar quantisation has it, which keeps
// the order of what is near but for ties and takes a quarter of the room.
type Vector []int8

// NewVector returns the direction of v: empty where it has none.
func NewVector(v []float32) Vector {
	most := 0.0
	for _, x := range v {
		most = max(most, math.Abs(float64(x)))
	}
	if most == 0 || math.IsInf(most, 0) || math.IsNaN(most) {
		return nil
	}
	out := make(Vector, len(v))
	for i, x := range v {
		out[i] = int8(math.Round(float64(x) / most * math.MaxInt8))
	}
	return out
}

// cosine returns how near two vectors of one model are, from -1 to 1; 0 where one is empty, or they are not of one length.
func (v Vector) cosine(w Vector) float64 {
	if len(v) == 0 || len(v) != len(w) {
		return 0
	}
	var both, one, other int64 // 127 * 127 * a million numbers are far from overflow
	for i := range v {
		a, b := int64(v[i]), int64(w[i])
		both, one, other = both+a*b, one+a*a, other+b*b
	}
	return float64(both) / math.Sqrt(float64(one)*float64(other))
}

// PageOf is a page of a document.
type PageOf struct {
	Document DocumentID
	DocumentPage
}

// WithoutVectors returns pages, at most so many, that have no vectors of a model, in the order in which they were added.
func (s *Store) WithoutVectors(ctx context.Context, model string, most int) (pages []PageOf, err error) {
	err = s.read("read pages without vectors", func(q querier) error {
		list, err := s.openPages(ctx, q, `SELECT p.changed, p.seq, d.id, p.number, p.content
			FROM document_page p JOIN document d ON d.seq = p.document LEFT JOIN document_vector v ON v.page = p.seq AND v.model = ?
			WHERE v.page IS NULL ORDER BY p.seq LIMIT ?`, model, most)
		for _, p := range list {
			pages = append(pages, PageOf{p.document, p.DocumentPage})
		}
		return err
	})
	return pages, err
}

// SetVectors keeps the vectors of a page's passages, in their order; an empty one says that the model makes nothing of a
// passage. Those of another model are replaced. ErrNotFound where the page is gone.
func (s *Store) SetVectors(ctx context.Context, p PageOf, model string, vectors []Vector) error {
	return s.change(ctx, "store vectors", func(t tx) error {
		d, key, err := s.openDocument(ctx, t, p.Document)
		if err != nil {
			return err
		}
		defer clear(key)
		seq, err := queryOne(ctx, t, "", scanInt, `SELECT seq FROM document_page WHERE document = ? AND number = ?`, d.seq, p.Number)
		if err != nil {
			return err
		}
		content := packVectors(p.Passages, vectors)
		defer clear(content)
		return execOne(ctx, t, "", `INSERT OR REPLACE INTO document_vector (page, model, content) VALUES (?, ?, ?)`,
			seq, model, seal(key, content, vectorPlace(p.Document, p.Number, model)...))
	})
}

func vectorPlace(id DocumentID, page int, model string) []string {
	return []string{"document vectors", string(id), number(uint64(page)), model}
}

// packVectors writes, for each passage that has a vector: where it begins and ends in its page, how long the vector is (4
// bytes each, big-endian), and the vector's numbers (a byte each).
func packVectors(passages []Stretch, vectors []Vector) (content []byte) {
	for i, at := range passages[:min(len(passages), len(vectors))] {
		if len(vectors[i]) == 0 {
			continue
		}
		for _, n := range []int{at.Start, at.End, len(vectors[i])} {
			content = binary.BigEndian.AppendUint32(content, uint32(n))
		}
		for _, x := range vectors[i] {
			content = append(content, byte(x))
		}
	}
	return content
}

// unpackVectors reads what packVectors wrote. Error: ErrWrongKeyOrDamaged.
func unpackVectors(content []byte, each func(at Stretch, v Vector)) error {
	const head = 12
	for len(content) > 0 {
		if len(content) < head {
			return ErrWrongKeyOrDamaged
		}
		at := Stretch{int(binary.BigEndian.Uint32(content)), int(binary.BigEndian.Uint32(content[4:]))}
		n := int(binary.BigEndian.Uint32(content[8:]))
		if content = content[head:]; n > len(content) {
			return ErrWrongKeyOrDamaged
		}
		v := make(Vector, n)
		for i := range v {
			v[i] = int8(content[i])
		}
		each(at, v)
		content = content[n:]
	}
	return nil
}

// Nearest returns the passages of documents, at most so many, whose vectors of a model are nearest to one of the same
// model, the nearest first. Passages without one are not among them, nor those that point away.
func (s *Store) Nearest(ctx context.Context, model string, to Vector, documents []DocumentID, most int) (found []PassageAt, err error) {
	in, err := json.Marshal(documents)
	if err != nil {
		return nil, err
	}
	type scored struct {
		PassageAt
		cosine float64
	}
	var all []scored
	err = s.read("compare vectors", func(q querier) error {
		keys := map[DocumentID][]byte{}
		defer func() {
			for _, key := range keys {
				clear(key)
			}
		}()
		for _, id := range documents {
			_, key, err := s.openDocument(ctx, q, id)
			if errors.Is(err, ErrNotFound) {
				continue // erased a moment ago
			}
			if err != nil {
				return err
			}
			keys[id] = key
		}
		_, err := queryAll(ctx, q, "", func(row scanner) (none struct{}, err error) {
			var at PassageAt
			var sealed []byte
			if err := row.Scan(&at.Document, &at.Page, &sealed); err != nil {
				return none, err
			}
			content, err := unseal(keys[at.Document], sealed, vectorPlace(at.Document, at.Page, model)...)
			if err != nil {
				return none, err
			}
			defer clear(content)
			return none, unpackVectors(content, func(stretch Stretch, v Vector) {
				if c := to.cosine(v); c > 0 {
					at.Stretch = stretch
					all = append(all, scored{at, c})
				}
			})
		}, `SELECT d.id, p.number, v.content FROM document_vector v JOIN document_page p ON p.seq = v.page JOIN document d ON d.seq = p.document
			WHERE v.model = ? AND d.id IN (SELECT value FROM json_each(?)) ORDER BY p.seq`, model, string(in))
		return err
	})
	slices.SortStableFunc(all, func(a, b scored) int { return cmp.Compare(b.cosine, a.cosine) })
	for _, p := range all[:min(most, len(all))] {
		found = append(found, p.PassageAt)
	}
	return found, err
}

// HasVectors tells whether there is a page with vectors of a model in any of the documents.
func (s *Store) HasVectors(ctx context.Context, model string, documents []DocumentID) (has bool, err error) {
	in, err := json.Marshal(documents)
	if err != nil {
		return false, err
	}
	err = s.read("look for vectors", func(q querier) error {
		return q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM document d JOIN document_page p ON p.document = d.seq
			JOIN document_vector v ON v.page = p.seq WHERE v.model = ? AND d.id IN (SELECT value FROM json_each(?)))`, model, string(in)).Scan(&has)
	})
	return has, err
}

// Vectors counts the pages that there are, and those that have vectors of a model.
func (s *Store) Vectors(ctx context.Context, model string) (have, of int, err error) {
	err = s.read("count vectors", func(q querier) error {
		return q.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM document_vector WHERE model = ?), (SELECT count(*) FROM document_page)`,
			model).Scan(&have, &of)
	})
	return have, of, err
}
