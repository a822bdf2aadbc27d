package audit

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Tree is the tree of a log that was taken elsewhere: every leaf hash, proved against the signed checkpoint.
type Tree struct {
	TreeHead
	Origin     string
	Key        string // the log's first verifier key
	Epochs     int    // how many keys have signed it
	Checkpoint []byte

	keys   keychain
	root   tlog.Hash
	stored []byte // all hashes, in tlog's order
}

// OpenTree reads the directory of a bundle's tree: key, checkpoint and tile/ (C2SP tlog-tiles), nothing else. It needs no
// keys. A file that is missing, too much, or not what the checkpoint signs is a *BrokenError.
func OpenTree(fsys fs.FS) (*Tree, error) {
	t, err := openTree(fsys)
	if err != nil {
		return nil, fmt.Errorf("open tree: %w", err)
	}
	return t, nil
}

func openTree(fsys fs.FS) (*Tree, error) {
	t := &Tree{}
	data, err := readPart(fsys, keyFile, 1<<20)
	if err != nil {
		return nil, err
	}
	if t.keys, err = parseKeychain(data); err != nil {
		return nil, err
	}
	if t.Checkpoint, err = readPart(fsys, checkpointFile, 1<<16); err != nil {
		return nil, err
	}
	cp, err := t.keys.checkpoint(t.Checkpoint)
	if err != nil {
		return nil, err
	}
	if cp.size > 1<<32 {
		return nil, &BrokenError{-1, checkpointFile, "more entries than can be checked here"}
	}
	tiles := tlog.NewTiles(tileHeight, 0, cp.size)
	if err := nothingElse(fsys, tiles); err != nil {
		return nil, err
	}
	if err := t.readTiles(fsys, tiles, cp); err != nil {
		return nil, err
	}
	t.TreeHead, t.Origin, t.root = TreeHead{cp.size, cp.root.String()}, t.keys.origin(), cp.root
	t.Key, t.Epochs = t.keys.epochs[0].vkey, len(t.keys.epochs)
	for _, e := range t.keys.epochs[1:] {
		if e.from > cp.size || t.Leaf(e.from-1) != tlog.RecordHash(e.line) {
			return nil, &BrokenError{e.from - 1, keyFile, "an entry that the tree does not hold"}
		}
	}
	return t, nil
}

// readTiles builds the tree from the leaves and compares every tile above them with it.
func (t *Tree) readTiles(fsys fs.FS, tiles []tlog.Tile, cp checkpoint) error {
	t.stored = make([]byte, 0, tlog.StoredHashCount(cp.size)*tlog.HashSize)
	var built tree
	for _, tile := range tiles {
		path := tilePath(tile)
		data, err := readPart(fsys, path, tile.W*tlog.HashSize)
		if err != nil {
			return err
		}
		if len(data) != tile.W*tlog.HashSize {
			return &BrokenError{-1, path, "not as long as it must be"}
		}
		if tile.L > 0 {
			want, err := tlog.ReadTileData(tile, t.Reader())
			if err != nil || string(want) != string(data) {
				return &BrokenError{-1, path, "not the hashes of the tiles below it"}
			}
			continue
		}
		for ; len(data) > 0; data = data[tlog.HashSize:] {
			t.stored = built.push(tlog.Hash(data), t.stored)
		}
	}
	if built.root() != cp.root {
		return &BrokenError{-1, "tile", "the hashes are not those that the checkpoint signs"}
	}
	return nil
}

// nothingElse refuses files that the tree does not need: nothing would vouch for them.
func nothingElse(fsys fs.FS, tiles []tlog.Tile) error {
	known := map[string]bool{keyFile: true, checkpointFile: true}
	for _, t := range tiles {
		known[tilePath(t)] = true
	}
	return fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() && !known[path] {
			return &BrokenError{-1, path, "does not belong there"}
		}
		return nil
	})
}

// readPart reads a file of at most the given size.
func readPart(fsys fs.FS, name string, most int) ([]byte, error) {
	f, err := fsys.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &BrokenError{-1, name, "the file is missing"}
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, &BrokenError{-1, name, "not a regular file"})
	}
	data, err := io.ReadAll(io.LimitReader(f, int64(most)+1))
	if err != nil {
		return nil, err
	}
	if len(data) > most {
		return nil, &BrokenError{-1, name, "too large"}
	}
	return data, nil
}

// Leaf returns the leaf hash of entry i.
func (t *Tree) Leaf(i int64) tlog.Hash {
	return tlog.Hash(t.stored[tlog.StoredHashIndex(0, i)*tlog.HashSize:])
}

// Reader gives the tree's hashes to package tlog.
func (t *Tree) Reader() tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			if x < 0 || (x+1)*tlog.HashSize > int64(len(t.stored)) {
				return nil, errors.New("hash outside of the tree")
			}
			out[i] = tlog.Hash(t.stored[x*tlog.HashSize:])
		}
		return out, nil
	})
}

// Continues tells whether this log begins with the entries of an older head.
func (t *Tree) Continues(old TreeHead) bool {
	root, err := tlog.ParseHash(old.Root)
	switch {
	case err != nil || old.Size < 0 || old.Size > t.Size:
		return false
	case old.Size == 0:
		return true
	}
	return provesPrefix(t.Reader(), t.Size, t.root, old.Size, root)
}

// OpenNote returns the text of a note that Snapshot.Sign made with the key that signs the checkpoint.
func (t *Tree) OpenNote(msg []byte) ([]byte, error) {
	text, by, err := t.keys.note(msg)
	if err != nil {
		return nil, err
	}
	if by.vkey != t.keys.newest().vkey || !strings.HasPrefix(text, BundleHeader+"\n") {
		return nil, &BrokenError{-1, "manifest", "signed for something else"}
	}
	again, err := canonicalNote(text, msg, by.verifier)
	if err != nil || string(again) != string(msg) {
		return nil, &BrokenError{-1, "manifest", "spelled in another way than this program does"}
	}
	return []byte(text), nil
}

// EntryCheck compares entries with the tree.
type EntryCheck struct {
	tree   *Tree
	next   int64
	seen   int64
	pruned prunings
	survey survey
}

// Entries begins a check of entries that came with the tree: all of them or some, in order.
func (t *Tree) Entries() *EntryCheck { return &EntryCheck{tree: t} }

// Line judges the next line, without its newline. A *BrokenError names the entry.
func (c *EntryCheck) Line(raw []byte) error {
	l := glance(raw)
	switch {
	case !l.ok:
		return &BrokenError{c.next, entriesFile, errMalformed.Error()}
	case l.seq < c.next:
		return &BrokenError{l.seq, entriesFile, "out of order, or there twice"}
	case l.seq >= c.tree.Size:
		return &BrokenError{l.seq, entriesFile, "has a number beyond the checkpoint"}
	case l.leaf != c.tree.Leaf(l.seq):
		return &BrokenError{l.seq, entriesFile, "not the entry that the tree holds"}
	}
	if c.next != l.seq {
		c.survey.prev = line{} // some are left out: nothing to say about the time between
	}
	if err := c.pruned.see(&l, c.tree.keys); err != nil {
		return err
	}
	c.next, c.seen = l.seq+1, c.seen+1
	c.survey.see(&l)
	return nil
}

// Done returns what the entries tell about themselves. Where all of them came, it makes sure that no more was left out
// than the prunings on record name; a *BrokenError names the first one too many.
func (c *EntryCheck) Done() (Findings, error) {
	if c.seen == c.tree.Size {
		if err := c.pruned.check(); err != nil {
			return Findings{}, err
		}
	}
	return c.survey.done(), nil
}

// All reports whether every entry of the tree came.
func (c *EntryCheck) All() bool { return c.seen == c.tree.Size }
