package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// view reads a log as it was at one moment, while others append to it.
type view struct {
	f     *os.File
	size  int64
	end   int64
	index []int64
}

func (l *Log) view() (*view, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, ErrClosed
	}
	f, err := os.Open(filepath.Join(l.dir, entriesFile))
	if err != nil {
		return nil, fmt.Errorf("read record: %w", err)
	}
	return &view{f, l.tree.size, l.end, l.index[:len(l.index):len(l.index)]}, nil
}

func (v *view) close() { _ = v.f.Close() }

// lines hands the lines from up to to on in batches. They are valid until each returns.
func (v *view) lines(from, to int64, each func(first int64, lines [][]byte) error) error {
	to = min(to, v.size)
	if from >= to {
		return nil
	}
	changed := &BrokenError{from, entriesFile, "changed while the record is open"}
	at, next, end := v.index[from/indexEvery], from-from%indexEvery, v.end
	if i := (to + indexEvery - 1) / indexEvery; i < int64(len(v.index)) { // a short piece costs a short reading
		end = v.index[i]
	}
	var buf []byte
	var batch [][]byte
	for next < to {
		n := min(scanBlock, end-at)
		if int64(cap(buf)) < n {
			buf = make([]byte, n)
		}
		buf = buf[:n]
		if _, err := v.f.ReadAt(buf, at); err != nil && err != io.EOF {
			return fmt.Errorf("read record: %w", err)
		}
		whole := bytes.LastIndexByte(buf, '\n') + 1
		if whole == 0 {
			return changed
		}
		batch = batch[:0]
		first := max(next, from)
		for rest := buf[:whole]; len(rest) > 0 && next < to; next++ {
			end := bytes.IndexByte(rest, '\n')
			if next >= from {
				batch = append(batch, rest[:end])
			}
			rest = rest[end+1:]
		}
		at += int64(whole)
		if len(batch) == 0 {
			continue
		}
		if l := glance(batch[0]); !l.ok || l.seq != first {
			return changed
		}
		if err := each(first, batch); err != nil {
			return err
		}
	}
	return nil
}

// Snapshot is a log as it was at one moment, under its signed checkpoint: what an export is made of. Close it.
type Snapshot struct {
	TreeHead
	Origin     string
	Checkpoint []byte // C2SP checkpoint in a signed note
	Keys       []byte // the log's first verifier key and the entries that named its successors

	log    *Log
	view   *view
	hashes *os.File
}

// Snapshot signs the log as it is and freezes it for reading. It works on a log that can no longer be written too, as far
// as its last checkpoint reaches.
func (l *Log) Snapshot() (*Snapshot, error) {
	s, err := l.snapshot()
	if err != nil {
		return nil, fmt.Errorf("snapshot of record: %w", err)
	}
	return s, nil
}

func (l *Log) snapshot() (*Snapshot, error) {
	if err := l.Checkpoint(); errors.Is(err, ErrClosed) {
		return nil, err
	} // else the last one stands, and says how far it reaches
	msg, err := readSmall(l.dir, checkpointFile)
	if err != nil {
		return nil, err
	}
	v, err := l.view()
	if err != nil {
		return nil, err
	}
	s := &Snapshot{Origin: l.origin, Checkpoint: msg, log: l, view: v}
	if s.hashes, err = os.Open(filepath.Join(l.dir, hashesFile)); err != nil {
		v.close()
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s.Keys = l.keys.marshal()
	cp, err := l.keys.checkpoint(msg)
	if err == nil && cp.size > v.size { // more was appended and signed in between
		v.size, v.end, v.index = l.tree.size, l.end, slices.Clone(l.index)
	}
	if err == nil {
		s.TreeHead = TreeHead{cp.size, cp.root.String()}
		if s.root() != cp.root { // the stored hashes are at fault
			err = l.rebuildLocked()
		}
	}
	if err == nil && s.root() != cp.root {
		err = &BrokenError{-1, hashesFile, "not the hashes of the signed root"}
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Snapshot) root() tlog.Hash {
	t, err := treeAt(s.Size, storedHashes{s.hashes})
	if err != nil {
		return tlog.Hash{}
	}
	return t.root()
}

// Close ends the reading.
func (s *Snapshot) Close() {
	s.view.close()
	_ = s.hashes.Close()
}

// Lines hands on the raw lines of the entries from up to to, in batches of about a megabyte and in order. They have no
// newline and are valid until each returns.
func (s *Snapshot) Lines(ctx context.Context, from, to int64, each func(first int64, lines [][]byte) error) error {
	return s.view.lines(max(from, 0), min(to, s.Size), func(first int64, lines [][]byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return each(first, lines)
	})
}

// Leaves takes the leaf hashes of entries, all of them and in order.
type Leaves struct {
	tree tree
	buf  []byte
}

// Add takes the next leaf hash.
func (p *Leaves) Add(leaf tlog.Hash) { p.buf = p.tree.push(leaf, p.buf[:0]) }

// Proves makes sure that the checkpoint signs exactly these entries. *BrokenError: the lines were changed since the log was
// opened.
func (s *Snapshot) Proves(p *Leaves) error {
	if p.tree.head() != s.TreeHead {
		return &BrokenError{-1, entriesFile, "changed while the record is open"}
	}
	return nil
}

// tileHeight is C2SP tlog-tiles': 256 hashes in a tile.
const tileHeight = 8

// tilePath is the tile's path by C2SP tlog-tiles, which leaves out the height.
func tilePath(t tlog.Tile) string {
	return "tile/" + strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", tileHeight))
}

// Tiles hands on the tree's tiles (C2SP tlog-tiles) with their paths below the directory of the bundle's tree. data is
// valid until each returns.
func (s *Snapshot) Tiles(ctx context.Context, each func(path string, data []byte) error) error {
	for _, t := range tlog.NewTiles(tileHeight, 0, s.Size) {
		if err := ctx.Err(); err != nil {
			return err
		}
		data, err := tlog.ReadTileData(t, storedHashes{s.hashes})
		if err != nil {
			return fmt.Errorf("tiles of record: %w", err)
		}
		if err := each(tilePath(t), data); err != nil {
			return err
		}
	}
	return nil
}

// BundleHeader is the first line of every text that Sign signs: it keeps them apart from checkpoints.
const BundleHeader = "subrosa-bundle/1"

// Sign returns a note around text, which begins with BundleHeader and ends in a newline, signed with the log's key.
func (s *Snapshot) Sign(text []byte) ([]byte, error) {
	if !bytes.HasPrefix(text, []byte(BundleHeader+"\n")) {
		return nil, errors.New("sign: the text does not begin with " + BundleHeader)
	}
	l := s.log
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, ErrClosed
	}
	msg, err := note.Sign(&note.Note{Text: string(text)}, noteSigner{l.keys.newest().verifier, l.signer()})
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return msg, nil
}
