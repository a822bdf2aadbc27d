package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Report says what Verify found in a record that is whole.
type Report struct {
	Origin       string   // the log's name
	Key          string   // its first verifier key: compare it with a copy kept elsewhere
	Epochs       int      // how many keys have signed it, one after the other
	Size         int64    // complete entries
	Root         string   // base64 root hash over all of them
	Checkpointed int64    // how many of them the signed checkpoint covers
	TornBytes    int64    // an unfinished write at the end, which the next Open cuts off
	StaleHashes  bool     // hashes differs from entries, which the next Open puts right; the record is not touched by it
	Findings     Findings // what a reader should look at
}

// Verify recomputes the record in dir from its entries and needs no keys. It answers *BrokenError with the first bad
// entry, or an error that is fs.ErrNotExist where there is no record. A log that is being appended to may be verified.
// progress, which may be nil, is given bytes. A cancelled ctx ends it with ctx's error and says nothing about the record.
func Verify(ctx context.Context, dir string, progress func(done, total int64)) (Report, error) {
	r, err := verify(ctx, dir, progress)
	if err != nil {
		return Report{}, fmt.Errorf("verify record: %w", err)
	}
	return r, nil
}

func verify(ctx context.Context, dir string, progress func(done, total int64)) (Report, error) {
	if _, err := os.Lstat(dir); err != nil {
		return Report{}, err
	}
	if !started(dir) {
		return Report{}, fs.ErrNotExist
	}
	keys, cp, err := readHead(dir) // before entries, which may be growing
	if err != nil {
		return Report{}, err
	}
	report := Report{Origin: keys.origin(), Key: keys.epochs[0].vkey, Epochs: len(keys.epochs), Checkpointed: cp.size}
	path := filepath.Join(dir, entriesFile)
	if err := regular(path); errors.Is(err, fs.ErrNotExist) {
		if cp.size > 0 || exists(dir, hashesFile) {
			return Report{}, &BrokenError{0, entriesFile, "the file is missing"}
		}
		report.Root = cp.root.String() // a crash just after the log was started
		return report, nil
	} else if err != nil {
		return Report{}, err
	}
	f, err := os.Open(path)
	if err != nil {
		return Report{}, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return Report{}, err
	}

	sink := &hashSink{in: bytes.NewReader(nil)}
	if hashes, err := os.Open(filepath.Join(dir, hashesFile)); err == nil {
		defer func() { _ = hashes.Close() }()
		sink.in = hashes
	}
	c := checker{keys: keys, cp: cp, stored: sink.add, progress: progress, survey: &survey{}}
	if err := c.run(until{ctx, f}, info.Size()); err != nil {
		return Report{}, err
	}
	if err := sink.finish(); err != nil {
		return Report{}, err
	}
	report.Size, report.Root = c.tree.size, c.tree.root().String()
	report.TornBytes, report.StaleHashes, report.Findings = c.torn, sink.differs, c.survey.done()
	report.Epochs = len(c.keys.epochs)
	return report, nil
}

// until reads until ctx is cancelled.
type until struct {
	ctx context.Context
	io.ReaderAt
}

func (u until) ReadAt(b []byte, at int64) (int, error) {
	n, err := u.ReaderAt.ReadAt(b, at)
	if cancelled := u.ctx.Err(); cancelled != nil {
		return 0, cancelled
	}
	return n, err
}

// readHead reads the checkpoint and, after it, the keys: those are written first, so they hold the one that signed it.
func readHead(dir string) (keychain, checkpoint, error) {
	msg, noCheckpoint := readSmall(dir, checkpointFile)
	keys, err := readKeys(dir)
	if err != nil {
		return keychain{}, checkpoint{}, err
	}
	if noCheckpoint != nil {
		return keychain{}, checkpoint{}, noCheckpoint
	}
	cp, err := keys.checkpoint(msg)
	return keys, cp, err
}

// started reports whether anything but the key is there: a log begins with its checkpoint.
func started(dir string) bool {
	return exists(dir, checkpointFile) || exists(dir, entriesFile) || exists(dir, hashesFile)
}

func exists(dir, name string) bool {
	_, err := os.Lstat(filepath.Join(dir, name))
	return !errors.Is(err, fs.ErrNotExist)
}

// checker reads entries once, in memory that does not depend on their number. What the checkpoint covers is proved by
// the root; what lies beyond is checked entry by entry.
type checker struct {
	keys     keychain // grows where entries name a key that the file key does not have yet
	cp       checkpoint
	stored   func(hashes []byte) error // the tree's stored hashes, in order
	entry    func(index, offset int64) // may be nil
	progress func(done, total int64)   // may be nil
	survey   *survey                   // may be nil

	// Where the reading begins and, after run, ended. The tree of a start that is not 0 was read from hashes: reaching
	// the signed root proves it.
	tree   tree
	last   tlog.Hash // leaf hash of the newest entry
	signed tlog.Hash // what its signature covers, hashed; known of the last that the checkpoint covers, and from there on
	end    int64     // bytes in complete entries
	torn   int64     // bytes after them

	lastTime time.Time // of the newest entry that was not pruned
	pruned   prunings
	buf      []byte

	// What was read and has no signature of its own: it waits for the entry that has one, and is no part of the log before.
	held  []heldLine
	bytes int // of their lines
}

// heldLine is an entry that another one signs for.
type heldLine struct {
	line
	offset int64
	signed tlog.Hash // what the entry after it holds of it
}

func (c *checker) run(f io.ReaderAt, total int64) error {
	if c.cp.size == 0 && c.tree.root() != c.cp.root {
		return &BrokenError{-1, checkpointFile, "not the root of an empty log"}
	}
	start := c.tree.size
	end, err := scan(f, c.end, total, func(l *line, offset int64) error {
		if err := c.take(l, offset); err != nil {
			return err
		}
		if c.progress != nil && c.tree.size%4096 == 0 {
			c.progress(offset, total)
		}
		return nil
	})
	var broken *BrokenError
	switch {
	case err == nil && end == total && len(c.held) == 0:
	case c.tree.size < c.cp.size || errors.Is(err, errRoot):
		if err != nil && !errors.As(err, &broken) && !errors.Is(err, errRoot) {
			return err
		}
		return c.locate(f, total, start, broken)
	case err == nil || errors.As(err, &broken):
		// Beyond the checkpoint: what a crash left of the last write, or damage.
		torn, readErr := c.unfinished(f, total)
		if readErr != nil {
			return readErr
		}
		if !torn {
			return cmpBroken(broken, c.next())
		}
		c.torn = total - c.end
	default:
		return err
	}
	if c.tree.size < c.cp.size {
		return c.locate(f, total, start, nil)
	}
	if err := c.rotations(start); err != nil {
		return err
	}
	if start == 0 {
		if err := c.pruned.check(); err != nil {
			return err
		}
	}
	if c.progress != nil {
		c.progress(total, total)
	}
	return nil
}

func cmpBroken(b *BrokenError, index int64) error {
	if b != nil {
		return b
	}
	return &BrokenError{index, entriesFile, "longer than an entry can be"}
}

// unfinished tells whether the bytes after the last good entry are what a crash can leave of the last write, which was
// not acknowledged: no more than one write, and, after good entries that lack the one that signs for them, either no whole
// line or a line with a disk block that was never written.
func (c *checker) unfinished(f io.ReaderAt, total int64) (bool, error) {
	if total-c.end > maxBatch {
		return false, nil
	}
	rest := make([]byte, total-c.end)
	if _, err := f.ReadAt(rest, c.end); err != nil && err != io.EOF {
		return false, err
	}
	rest = rest[c.bytes:]
	first := bytes.IndexByte(rest, '\n')
	return first < 0 || unwritten(rest[:first], c.end+int64(c.bytes)), nil
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

// next is the number of the next line.
func (c *checker) next() int64 { return c.tree.size + int64(len(c.held)) }

// take judges the next line and puts it into the tree, as soon as there is a signature for it.
func (c *checker) take(l *line, offset int64) error {
	if err := c.check(l); err != nil {
		return err
	}
	if l.more {
		return c.hold(l, offset)
	}
	for i := range c.held {
		if err := c.add(&c.held[i].line, c.held[i].offset); err != nil {
			return err
		}
	}
	c.held, c.bytes = c.held[:0], 0
	return c.add(l, offset)
}

func (c *checker) hold(l *line, offset int64) error {
	signed, err := c.signedHash(l)
	if err != nil {
		return err
	}
	if c.bytes += len(l.raw) + 1; c.bytes > maxBatch {
		return &BrokenError{c.next(), entriesFile, "one of too many entries without a signature"}
	}
	h := heldLine{*l, offset, signed}
	h.raw = bytes.Clone(l.raw) // l is valid until the next one
	c.held = append(c.held, h)
	return nil
}

// before answers what the next entry has to hold: the leaf hash of the entry before it, and what its signature covers, hashed.
func (c *checker) before() (leaf, signed tlog.Hash) {
	if n := len(c.held); n > 0 {
		return c.held[n-1].leaf, c.held[n-1].signed
	}
	return c.last, c.signed
}

// check judges the next line.
func (c *checker) check(l *line) error {
	i := c.next()
	switch {
	case !l.ok:
		if _, err := decode(l.raw); err == nil {
			return &BrokenError{i, entriesFile, "an entry whose fields are in another order"}
		}
		return &BrokenError{i, entriesFile, errMalformed.Error()}
	case l.seq != i:
		return &BrokenError{i, entriesFile, fmt.Sprintf("carries the number %d", l.seq)}
	case i >= c.cp.size:
		return c.checkSigned(l)
	case l.action == AuditKeyRotate && !bytes.Equal(c.keys.named(i), l.raw) && i+1 < c.cp.size:
		return &BrokenError{-1, keyFile, fmt.Sprintf("lacks the key that entry %d names", i)}
	}
	return nil
}

// checkSigned judges an entry that the checkpoint does not cover.
func (c *checker) checkSigned(l *line) error {
	i := c.next()
	e, err := decode(l.raw)
	switch follows := e.follows(c.before()); {
	case err != nil:
		return &BrokenError{i, entriesFile, err.Error()}
	case !follows && len(c.held) > 0:
		return &BrokenError{i - 1, entriesFile, changedOrNext}
	case !follows:
		return &BrokenError{i, entriesFile, "does not follow the entry before it"}
	case e.signedByNext():
		l.more = true
	case e.More || !e.signedBy(c.keys.signerOf(i), c.keys.origin()):
		return &BrokenError{i, entriesFile, badSignature}
	case e.Action == AuditKeyRotate && c.keys.named(i) == nil:
		if c.keys.rotate(l.raw) != nil {
			return &BrokenError{i, entriesFile, "names no key"}
		}
	}
	return nil
}

// rotations makes sure that the entries that the file key holds are those of the log.
func (c *checker) rotations(start int64) error {
	for _, e := range c.keys.epochs[1:] {
		switch seq := e.from - 1; {
		case seq >= c.tree.size:
			return &BrokenError{c.tree.size, entriesFile, fmt.Sprintf("missing: the file %s holds entry %d", keyFile, seq)}
		case seq >= start && !c.pruned.rotated[seq]:
			return &BrokenError{seq, entriesFile, "not the entry that the file " + keyFile + " holds"}
		}
	}
	return nil
}

var errRoot = errors.New("the signed root does not match")

// add puts the line into the tree. It answers errRoot where the checkpoint says otherwise.
func (c *checker) add(l *line, offset int64) error {
	i := c.tree.size
	if c.entry != nil {
		c.entry(i, offset)
	}
	if err := c.pruned.see(l, c.keys); err != nil {
		return err
	}
	if c.survey != nil {
		c.survey.see(l)
	}
	if !l.stub {
		c.lastTime = l.time
	}
	c.last = l.leaf
	if i+1 >= c.cp.size {
		var err error
		if c.signed, err = c.signedHash(l); err != nil {
			return err
		}
	}
	c.buf = c.tree.push(l.leaf, c.buf[:0])
	c.end = offset + int64(len(l.raw)) + 1
	if c.tree.size == c.cp.size && c.tree.root() != c.cp.root {
		return errRoot
	}
	return c.stored(c.buf)
}

// signedHash is what the entry after l holds of it. An entry that retention left out is never the last that a checkpoint
// covers: the pruning that names it stands behind it.
func (c *checker) signedHash(l *line) (tlog.Hash, error) {
	if l.stub {
		return tlog.Hash{}, &BrokenError{l.seq, entriesFile, "left out, and no pruning stands behind it"}
	}
	e, err := decode(l.raw)
	if err != nil {
		return tlog.Hash{}, &BrokenError{l.seq, entriesFile, err.Error()}
	}
	return e.signedHash(c.keys.origin())
}

// locate names the first bad entry of a log whose covered part does not match its checkpoint. found is what was seen
// first on the way. It does so from the beginning or not at all.
func (c *checker) locate(f io.ReaderAt, total, start int64, found *BrokenError) error {
	if start > 0 {
		return errNotFromStart
	}
	var before *Entry // the entry before; nil where it was pruned
	var leaf, signed tlog.Hash
	var i int64
	end, err := scan(f, 0, total, func(l *line, _ int64) error {
		if i >= c.cp.size {
			return errRoot
		}
		if l.stub && l.seq == i {
			before, leaf = nil, l.leaf
			i++
			return nil
		}
		e, err := decode(l.raw)
		switch follows := e.follows(leaf, signed); {
		case err != nil:
			return &BrokenError{i, entriesFile, err.Error()}
		case e.Seq != i:
			return &BrokenError{i, entriesFile, fmt.Sprintf("carries the number %d", e.Seq)}
		case before == nil && i > 0 && e.Version >= 3: // nobody can tell what it should hold
		case !follows && before != nil && before.signedByNext():
			return &BrokenError{i - 1, entriesFile, changedOrNext}
		case !follows && before != nil && !before.signedBy(c.keys.signerOf(i-1), c.keys.origin()):
			return changed(i - 1)
		case !follows && before == nil && i > 0:
			return &BrokenError{i - 1, entriesFile, "its hash was changed, or the entry after it"}
		case !follows:
			return &BrokenError{i, entriesFile, "does not follow the entry before it"}
		}
		before, leaf = &e, l.leaf
		i++
		signed, err = e.signedHash(c.keys.origin())
		return err
	})
	switch {
	case err != nil && !errors.Is(err, errRoot):
		return err
	case i < c.cp.size && end < total && total-end <= scanBlock:
		return &BrokenError{i, entriesFile, "cut off"}
	case i < c.cp.size && end < total:
		return &BrokenError{i, entriesFile, errMalformed.Error()}
	case i < c.cp.size:
		return &BrokenError{i, entriesFile, fmt.Sprintf("missing: the checkpoint covers %d entries", c.cp.size)}
	case found != nil:
		return found
	}
	if err := c.signatures(f, total); err != nil {
		return err
	}
	return &BrokenError{-1, checkpointFile, "the signed root is not that of these entries"}
}

// changedOrNext: of two entries that do not go together the first has no signature that would tell which of them it is.
const changedOrNext = "changed, or the entry after it"

func changed(seq int64) error { return &BrokenError{seq, entriesFile, "changed: " + badSignature} }

// signatures checks those of all entries that the checkpoint covers, on every core: in a long log a minute and more. They
// follow each other, but since version 3 that shows nothing of their signatures.
func (c *checker) signatures(f io.ReaderAt, total int64) error {
	var some []Entry
	check := func() error {
		good, workers := make([]bool, len(some)), runtime.GOMAXPROCS(0)
		var group sync.WaitGroup
		for w := range workers {
			group.Go(func() {
				for i := w; i < len(some); i += workers {
					good[i] = some[i].signedBy(c.keys.signerOf(some[i].Seq), c.keys.origin())
				}
			})
		}
		group.Wait()
		if i := slices.Index(good, false); i >= 0 {
			return changed(some[i].Seq)
		}
		some = some[:0]
		return nil
	}
	_, err := scan(f, 0, total, func(l *line, _ int64) error {
		switch e, err := decode(l.raw); {
		case l.seq >= c.cp.size:
			return errFound
		case l.stub, err == nil && e.signedByNext():
			return nil
		case err != nil:
			return &BrokenError{l.seq, entriesFile, err.Error()}
		default:
			some = append(some, e)
		}
		if len(some) < 1024 {
			return nil
		}
		return check()
	})
	if err != nil && !errors.Is(err, errFound) {
		return err
	}
	return check()
}

// errNotFromStart: a reading that began in the middle found something, and only one from the beginning can say what.
var errNotFromStart = errors.New("to be read from the beginning")

// prunings follows what retention left out, and the entries that allow it.
type prunings struct {
	stubs   []span // of pruned entries
	allowed []PrunedSet
	rotated map[int64]bool // entries that named a key, as the file key holds them
}

// span is a run of entry numbers, to excluded.
type span struct{ from, to int64 }

func (p *prunings) see(l *line, keys keychain) error {
	switch {
	case l.stub:
		if n := len(p.stubs); n > 0 && p.stubs[n-1].to == l.seq {
			p.stubs[n-1].to++
		} else {
			p.stubs = append(p.stubs, span{l.seq, l.seq + 1})
		}
	case l.action == AuditPrune:
		e, err := decode(l.raw)
		if err != nil || e.Pruned == nil || e.Pruned.Before > l.seq {
			return &BrokenError{l.seq, entriesFile, "a pruning that does not say what it pruned"}
		}
		p.allowed = append(p.allowed, *e.Pruned)
	case l.action == AuditKeyRotate && bytes.Equal(keys.named(l.seq), l.raw):
		if p.rotated == nil {
			p.rotated = map[int64]bool{}
		}
		p.rotated[l.seq] = true
	}
	return nil
}

// check makes sure that exactly those entries are left out that the newest pruning named, or the one before it: the
// entry is written first, so a crash in between leaves it without effect.
func (p *prunings) check() error {
	if len(p.stubs) == 0 {
		return nil
	}
	for i := len(p.allowed) - 1; i >= max(0, len(p.allowed)-2); i-- {
		if setOf(p.stubs, p.allowed[i].Before) == p.allowed[i] {
			return nil
		}
	}
	return &BrokenError{p.stubs[0].from, entriesFile, "left out, and no pruning on record names exactly what is left out"}
}

// setOf describes the pruned entries. It describes none where one of them is not before the given number.
func setOf(stubs []span, before int64) PrunedSet {
	h, count := sha256.New(), int64(0)
	var number [8]byte
	for _, s := range stubs {
		if s.to > before {
			return PrunedSet{}
		}
		for i := s.from; i < s.to; i++ {
			binary.BigEndian.PutUint64(number[:], uint64(i))
			h.Write(number[:])
		}
		count += s.to - s.from
	}
	return PrunedSet{Before: before, Count: count, Set: hex.EncodeToString(h.Sum(nil))}
}
