package history

import "context"

// Generation counts the changes of this history. It grows with every committed change and never goes back within one
// file: the record notes it, and an older copy of the file shows by it.
func (s *Store) Generation(ctx context.Context) (generation uint64, err error) {
	err = s.read("read generation", func(q querier) error {
		return q.QueryRowContext(ctx, `SELECT generation FROM state`).Scan(&generation)
	})
	return generation, err
}

// RecordHead returns the record's size and root as they were last noted: 0 and "" where none was.
func (s *Store) RecordHead(ctx context.Context) (size int64, root string, err error) {
	err = s.read("read record head", func(q querier) error {
		return q.QueryRowContext(ctx, `SELECT record_size, record_root FROM state`).Scan(&size, &root)
	})
	return size, root, err
}

// SetRecordHead notes the record's head. The generation stays as it is.
func (s *Store) SetRecordHead(ctx context.Context, size int64, root string) error {
	return s.read("note record head", func(q querier) error {
		return execOne(ctx, q, "", `UPDATE state SET record_size = ?, record_root = ?`, size, root)
	})
}
