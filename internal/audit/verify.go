package audit

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Report says what Verify found in a record that is whole.
type Report struct {
	Origin       string // the log's name
	Key          string // the verifier key in the file key: compare it with a copy kept elsewhere
	Size         int64  // complete entries
	Root         string // base64 root hash over all of them
	Checkpointed int64  // how many of them the signed checkpoint covers
	TornBytes    int64  // an unfinished last line, which the next Open cuts off
	StaleHashes  bool   // hashes differs from entries, which the next Open puts right; the record is not touched by it
}

// Verify recomputes the record in dir from its entries and needs no keys. It answers *BrokenError with the first bad
// entry, or an error that is fs.ErrNotExist where there is no record. A log that is being appended to may be verified.
// progress, which may be nil, is given bytes.
func Verify(dir string, progress func(done, total int64)) (Report, error) {
	r, err := verify(dir, progress)
	if err != nil {
		return Report{}, fmt.Errorf("verify record: %w", err)
	}
	return r, nil
}

func verify(dir string, progress func(done, total int64)) (Report, error) {
	if _, err := os.Lstat(dir); err != nil {
		return Report{}, err
	}
	if !started(dir) {
		return Report{}, fs.ErrNotExist
	}
	vkey, err := readKey(dir)
	if err != nil {
		return Report{}, err
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return Report{}, err
	}
	cp, err := readCheckpoint(dir, verifier) // before entries, which may be growing
	if err != nil {
		return Report{}, err
	}
	path := filepath.Join(dir, entriesFile)
	if err := regular(path); errors.Is(err, fs.ErrNotExist) {
		if cp.size > 0 || exists(dir, hashesFile) {
			return Report{}, &BrokenError{0, entriesFile, "the file is missing"}
		}
		root := cp.root.String() // a crash just after the log was started
		return Report{Origin: cp.origin, Key: vkey, Root: root}, nil
	} else if err != nil {
		return Report{}, err
	}
	f, err := os.Open(path)
	if err != nil {
		return Report{}, err
	}
	defer func() { _ = f.Close() }()

	sink := &hashSink{in: bufio.NewReader(bytes.NewReader(nil))}
	if hashes, err := os.Open(filepath.Join(dir, hashesFile)); err == nil {
		defer func() { _ = hashes.Close() }()
		sink.in = bufio.NewReaderSize(hashes, 1<<16)
	}
	c := checker{verifier: verifier, origin: cp.origin, cp: cp, stored: sink.add, progress: progress}
	if err := c.run(f); err != nil {
		return Report{}, err
	}
	if err := sink.finish(); err != nil {
		return Report{}, err
	}
	root := c.tree.root()
	return Report{
		Origin: cp.origin, Key: vkey, Size: c.tree.size, Root: root.String(), Checkpointed: cp.size,
		TornBytes: c.torn, StaleHashes: sink.differs,
	}, nil
}

// started reports whether anything but the key is there: a log begins with its checkpoint.
func started(dir string) bool {
	return exists(dir, checkpointFile) || exists(dir, entriesFile) || exists(dir, hashesFile)
}

func exists(dir, name string) bool {
	_, err := os.Lstat(filepath.Join(dir, name))
	return !errors.Is(err, fs.ErrNotExist)
}

// checker reads all entries once, in memory that does not depend on their number. What the checkpoint covers is
// proved by the root; what lies beyond is checked entry by entry.
type checker struct {
	verifier note.Verifier
	origin   string
	cp       checkpoint
	stored   func(hashes []byte) error // the tree's stored hashes, in order
	entry    func(index, offset int64) // may be nil
	progress func(done, total int64)   // may be nil

	tree tree
	last tlog.Hash
	end  int64 // bytes in complete entries
	torn int64 // bytes after them
}

func (c *checker) run(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	total := info.Size()
	if c.cp.size == 0 && c.tree.root() != c.cp.root {
		return &BrokenError{-1, checkpointFile, "not the root of an empty log"}
	}
	lines := newLineReader(io.NewSectionReader(f, 0, total))
	for {
		line, err := lines.next()
		if errors.Is(err, io.EOF) || errors.Is(err, errLongLine) {
			if err := c.tail(lines.tail, total); err != nil {
				return err
			}
			break
		}
		if err != nil {
			return err
		}
		if err := c.check(line); err != nil {
			if c.tree.size >= c.cp.size && c.end+int64(len(line))+1 == total && unwritten(line, c.end) {
				// The last line, and a block of it never reached the disk: not acknowledged.
				c.torn = total - c.end
				break
			}
			return err
		}
		if err := c.add(line); errors.Is(err, errRoot) {
			return c.locate(f, total)
		} else if err != nil {
			return err
		}
		if c.progress != nil && c.tree.size%1024 == 0 {
			c.progress(c.end, total)
		}
	}
	if c.tree.size < c.cp.size {
		return c.locate(f, total)
	}
	if c.progress != nil {
		c.progress(total, total)
	}
	return nil
}

// tail judges what follows the last newline: an unfinished write, unless the checkpoint covers it.
func (c *checker) tail(tail []byte, total int64) error {
	if len(tail) == 0 || c.tree.size < c.cp.size {
		return nil
	}
	if len(tail) > maxEntry+1 {
		return &BrokenError{c.tree.size, entriesFile, "longer than an entry can be"}
	}
	c.torn = total - c.end
	return nil
}

// check judges the next complete line by itself, where the checkpoint does not cover it.
func (c *checker) check(line []byte) error {
	i := c.tree.size
	if i < c.cp.size {
		return nil
	}
	e, err := decode(line)
	switch {
	case err != nil:
		return &BrokenError{i, entriesFile, err.Error()}
	case e.Seq != i:
		return &BrokenError{i, entriesFile, fmt.Sprintf("carries the number %d", e.Seq)}
	case !bytes.Equal(e.Prev, c.last[:]):
		return &BrokenError{i, entriesFile, "does not follow the entry before it"}
	case !e.signedBy(c.verifier, c.origin):
		return &BrokenError{i, entriesFile, "the signature does not match"}
	}
	return nil
}

// unwritten reports whether a whole disk block of the line, which begins at offset, is zero: so a file system shows
// a write of several blocks of which a crash let only later ones through.
func unwritten(line []byte, offset int64) bool {
	const block = 512
	for len(line) > 0 {
		n := int(block - offset%block)
		if n > len(line) {
			return false // the newline's own block
		}
		if bytes.Count(line[:n], []byte{0}) == n {
			return true
		}
		line, offset = line[n:], offset+int64(n)
	}
	return false
}

var errRoot = errors.New("the signed root does not match")

// add puts the line into the tree. It answers errRoot where the checkpoint says otherwise.
func (c *checker) add(line []byte) error {
	if c.entry != nil {
		c.entry(c.tree.size, c.end)
	}
	c.last = tlog.RecordHash(line)
	stored := c.tree.push(c.last)
	c.end += int64(len(line)) + 1
	if c.tree.size == c.cp.size && c.tree.root() != c.cp.root {
		return errRoot
	}
	return c.stored(stored)
}

// locate names the first bad entry of a log whose covered part does not match its checkpoint.
func (c *checker) locate(f io.ReaderAt, total int64) error {
	lines := newLineReader(io.NewSectionReader(f, 0, total))
	var before Entry
	var last tlog.Hash
	for i := range c.cp.size {
		line, err := lines.next()
		switch {
		case errors.Is(err, io.EOF) && len(lines.tail) > 0:
			return &BrokenError{i, entriesFile, "cut off"}
		case errors.Is(err, io.EOF):
			return &BrokenError{i, entriesFile, fmt.Sprintf("missing: the checkpoint covers %d entries", c.cp.size)}
		case errors.Is(err, errLongLine):
			return &BrokenError{i, entriesFile, errMalformed.Error()}
		case err != nil:
			return err
		}
		e, err := decode(line)
		switch {
		case err != nil:
			return &BrokenError{i, entriesFile, err.Error()}
		case e.Seq != i:
			return &BrokenError{i, entriesFile, fmt.Sprintf("carries the number %d", e.Seq)}
		case !bytes.Equal(e.Prev, last[:]) && i > 0 && !before.signedBy(c.verifier, c.origin):
			return &BrokenError{i - 1, entriesFile, "changed: the signature does not match"}
		case !bytes.Equal(e.Prev, last[:]):
			return &BrokenError{i, entriesFile, "does not follow the entry before it"}
		}
		before, last = e, tlog.RecordHash(line)
	}
	if c.cp.size > 0 && !before.signedBy(c.verifier, c.origin) {
		return &BrokenError{c.cp.size - 1, entriesFile, "changed: the signature does not match"}
	}
	return &BrokenError{-1, checkpointFile, "the signed root is not that of these entries"}
}

// tree computes RFC 6962 hashes in memory that grows with the logarithm of the size.
type tree struct {
	size int64
	edge []tlog.Hash // roots of the complete subtrees, largest first
}

// push adds a leaf and returns the stored hashes that it completes, in the order of tlog.StoredHashes.
func (t *tree) push(h tlog.Hash) []byte {
	stored := append(make([]byte, 0, 2*tlog.HashSize), h[:]...)
	for i := t.size; i&1 == 1; i >>= 1 {
		h = tlog.NodeHash(t.edge[len(t.edge)-1], h)
		t.edge = t.edge[:len(t.edge)-1]
		stored = append(stored, h[:]...)
	}
	t.edge = append(t.edge, h)
	t.size++
	return stored
}

func (t *tree) root() tlog.Hash {
	if len(t.edge) == 0 {
		h, _ := tlog.TreeHash(0, nil) // the empty tree's hash is a constant
		return h
	}
	h := t.edge[len(t.edge)-1]
	for i := len(t.edge) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.edge[i], h)
	}
	return h
}

// hashSink compares stored hashes with those on disk and, with repair, rewrites the file from the first difference.
type hashSink struct {
	f       *os.File
	in      *bufio.Reader
	repair  bool
	differs bool
	at      int64
	out     *bufio.Writer
	buf     []byte
}

func (s *hashSink) add(stored []byte) error {
	if !s.differs {
		s.buf = append(s.buf[:0], stored...)
		if _, err := io.ReadFull(s.in, s.buf); err == nil && bytes.Equal(s.buf, stored) {
			s.at += int64(len(stored))
			return nil
		}
		s.differs = true
	}
	if !s.repair {
		return nil
	}
	if s.out == nil {
		s.out = bufio.NewWriterSize(io.NewOffsetWriter(s.f, s.at), 1<<16)
	}
	s.at += int64(len(stored))
	_, err := s.out.Write(stored)
	return err
}

func (s *hashSink) finish() error {
	if !s.differs {
		if _, err := s.in.ReadByte(); err == nil {
			s.differs = true
		}
	}
	if !s.repair || !s.differs {
		return nil
	}
	if s.out != nil {
		if err := s.out.Flush(); err != nil {
			return err
		}
	}
	return s.f.Truncate(s.at)
}
