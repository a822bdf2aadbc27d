package audit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/tlog"
)

// ErrNotCovered means that there is no such entry below the signed checkpoint.
var ErrNotCovered = errors.New("no such entry below the signed checkpoint")

// Proof shows that an entry stands at its place in the tree that a checkpoint signs.
type Proof struct {
	Seq        int64
	Line       []byte // the entry as it is on record; nil where it was pruned
	Leaf       tlog.Hash
	Size       int64 // entries below the checkpoint
	Root       tlog.Hash
	Path       tlog.RecordProof // RFC 6962 audit path, from the leaf up
	Checkpoint []byte
	Keys       []byte // as the file key holds them
}

// Prove proves entry seq of the log in dir. It needs no keys. The proof is checked before it is returned.
func Prove(dir string, seq int64) (Proof, error) {
	p, err := prove(dir, seq)
	if err != nil {
		return Proof{}, fmt.Errorf("prove entry %d: %w", seq, err)
	}
	return p, nil
}

// Prove proves an entry below the log's checkpoint.
func (l *Log) Prove(seq int64) (Proof, error) {
	l.mu.Lock()
	err := error(nil)
	if l.lagging {
		err = l.rebuildLocked()
	}
	l.mu.Unlock()
	if err != nil {
		return Proof{}, err
	}
	return Prove(l.dir, seq)
}

func prove(dir string, seq int64) (Proof, error) {
	keys, cp, err := readHead(dir)
	if err != nil {
		return Proof{}, err
	}
	if seq < 0 || seq >= cp.size {
		return Proof{}, ErrNotCovered
	}
	p := Proof{Seq: seq, Size: cp.size, Root: cp.root, Keys: keys.marshal()}
	if p.Checkpoint, err = readSmall(dir, checkpointFile); err != nil {
		return Proof{}, err
	}
	if now, err := keys.checkpoint(p.Checkpoint); err != nil || now != cp {
		return Proof{}, errors.New("the record is being written: try again")
	}
	l, err := findLine(dir, seq)
	if err != nil {
		return Proof{}, err
	}
	p.Leaf = l.leaf
	if !l.stub {
		p.Line = l.raw
	}
	hashes, err := os.Open(filepath.Join(dir, hashesFile))
	if err != nil {
		return Proof{}, err
	}
	defer func() { _ = hashes.Close() }()
	if p.Path, err = tlog.ProveRecord(cp.size, seq, storedHashes{hashes}); err != nil {
		return Proof{}, err
	}
	return p, p.Check()
}

// Check recomputes the root from the entry and its path. It does not look at the checkpoint's signature.
func (p Proof) Check() error {
	if p.Line != nil && tlog.RecordHash(p.Line) != p.Leaf {
		return &BrokenError{p.Seq, entriesFile, "not the entry of this proof"}
	}
	if err := tlog.CheckRecord(p.Path, p.Size, p.Root, p.Seq, p.Leaf); err != nil {
		return &BrokenError{p.Seq, entriesFile, "its hash does not lead to the signed root"}
	}
	return nil
}

// C2SP returns the proof in the format of c2sp.org/tlog-proof.
func (p Proof) C2SP() []byte {
	out := proof.TLogProof{Index: uint64(p.Seq), Checkpoint: p.Checkpoint}
	for _, h := range p.Path {
		out.Hashes = append(out.Hashes, h)
	}
	return out.Marshal()
}

// findLine reads entry seq: from the place that the file index names, or, where that is of no use, from the start.
func findLine(dir string, seq int64) (line, error) {
	f, err := os.Open(filepath.Join(dir, entriesFile))
	if err != nil {
		return line{}, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return line{}, err
	}
	if offset := indexedOffset(dir, seq); offset > 0 {
		if l, err := nextWithNumber(f, offset, info.Size(), seq, indexEvery); err == nil {
			return l, nil
		}
	}
	return nextWithNumber(f, 0, info.Size(), seq, seq+1)
}

var errFound = errors.New("found")

func nextWithNumber(f *os.File, from, to, seq, within int64) (line, error) {
	var found line
	_, err := scan(f, from, to, func(l *line, _ int64) error {
		within--
		if l.ok && l.seq == seq {
			found = *l
			found.raw = append([]byte(nil), l.raw...)
			return errFound
		}
		if within <= 0 {
			return ErrNotCovered
		}
		return nil
	})
	if errors.Is(err, errFound) {
		return found, nil
	}
	return line{}, errors.Join(err, ErrNotCovered)
}

// indexedOffset returns 0 where the file index does not say.
func indexedOffset(dir string, seq int64) int64 {
	f, err := os.Open(filepath.Join(dir, indexFile))
	if err != nil {
		return 0
	}
	defer func() { _ = f.Close() }()
	return offsetAt(f, seq/indexEvery)
}
