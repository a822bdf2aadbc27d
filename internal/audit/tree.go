package audit

import (
	"bytes"
	"io"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// tree computes RFC 6962 hashes in memory that grows with the logarithm of the size.
type tree struct {
	size int64
	edge []tlog.Hash // roots of the complete subtrees, largest first
}

// push adds a leaf and returns the stored hashes that it completes, in the order of tlog.StoredHashes. They are appended
// to buf.
func (t *tree) push(h tlog.Hash, buf []byte) []byte {
	buf = append(buf, h[:]...)
	for i := t.size; i&1 == 1; i >>= 1 {
		h = tlog.NodeHash(t.edge[len(t.edge)-1], h)
		t.edge = t.edge[:len(t.edge)-1]
		buf = append(buf, h[:]...)
	}
	t.edge = append(t.edge, h)
	t.size++
	return buf
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

func (t *tree) head() TreeHead { return TreeHead{t.size, t.root().String()} }

// treeAt reads the right edge of the tree of the first size leaves. Nothing vouches for it yet.
func treeAt(size int64, hashes tlog.HashReader) (tree, error) {
	var indexes []int64
	for done, left := int64(0), size; left > 0; {
		level := bits.Len64(uint64(left)) - 1
		indexes = append(indexes, tlog.StoredHashIndex(level, done>>level))
		done += 1 << level
		left -= 1 << level
	}
	edge, err := hashes.ReadHashes(indexes)
	return tree{size, edge}, err
}

// storedHashes reads hashes, the file of a log: 32 bytes each, in tlog's order.
type storedHashes struct{ r io.ReaderAt }

// ReadHashes reads neighbours at one go: a tile's hashes lie close together.
func (s storedHashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	const most = 2048
	for i := 0; i < len(indexes); {
		first, j := indexes[i], i+1
		for j < len(indexes) && indexes[j] > indexes[j-1] && indexes[j]-first < most {
			j++
		}
		buf := make([]byte, (indexes[j-1]-first+1)*tlog.HashSize)
		if _, err := s.r.ReadAt(buf, first*tlog.HashSize); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		for ; i < j; i++ {
			out[i] = tlog.Hash(buf[(indexes[i]-first)*tlog.HashSize:])
		}
	}
	return out, nil
}

// hashSink compares stored hashes with those on disk and, with repair, rewrites the file from the first difference.
type hashSink struct {
	file    writerAt // nil: only compare
	in      io.ReaderAt
	at      int64 // in the file
	differs bool

	have  []byte // read from in, at at
	out   []byte // to be written, at outAt
	outAt int64
}

type writerAt interface {
	io.WriterAt
	Truncate(size int64) error
}

const sinkBlock = 1 << 16

func (s *hashSink) add(stored []byte) error {
	if !s.differs && len(s.have) < len(stored) {
		buf := make([]byte, sinkBlock)
		n, err := s.in.ReadAt(buf, s.at)
		if err != nil && err != io.EOF {
			return err
		}
		s.have = buf[:n]
	}
	if !s.differs && bytes.HasPrefix(s.have, stored) {
		s.have = s.have[len(stored):]
		s.at += int64(len(stored))
		return nil
	}
	if !s.differs {
		s.differs, s.outAt = true, s.at
	}
	s.at += int64(len(stored))
	if s.file == nil {
		return nil
	}
	s.out = append(s.out, stored...)
	if len(s.out) < sinkBlock {
		return nil
	}
	return s.flush()
}

func (s *hashSink) flush() error {
	if len(s.out) == 0 {
		return nil
	}
	_, err := s.file.WriteAt(s.out, s.outAt)
	s.outAt += int64(len(s.out))
	s.out = s.out[:0]
	return err
}

// finish finds out, and cuts off, what is there too much.
func (s *hashSink) finish() error {
	if !s.differs {
		if n, _ := s.in.ReadAt(make([]byte, 1), s.at); n > 0 {
			s.differs = true
		}
	}
	if s.file == nil || !s.differs {
		return nil
	}
	if err := s.flush(); err != nil {
		return err
	}
	return s.file.Truncate(s.at)
}
