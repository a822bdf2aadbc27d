// Package audit is the record: an append-only Merkle log that tells whether it was changed.
//
// Four files lie in the directory (0700; files 0600):
//
//	entries     the record itself, one canonical JSON object and a newline per entry. Each entry carries its sequence
//	            number, the RFC 6962 leaf hash of the entry before it, and an Ed25519 signature over all of it.
//	hashes      the tree's stored hashes in the order of golang.org/x/mod/sumdb/tlog, 32 bytes each, for inclusion
//	            proofs. Derived: Open compares it with the entries and rewrites what differs.
//	checkpoint  origin, size and root hash (C2SP tlog-checkpoint) in a signed note (C2SP signed-note, Ed25519)
//	key         the note's verifier key, one line
//
// The leaves are the lines of entries without their newline, hashed as RFC 6962 says, so any tlog tool can check
// the tree.
//
// What is fsynced when. Append writes one line in one write, fsyncs entries, and returns: one fsync per entry. A
// checkpoint is made durable (temporary file, fsync, rename, fsync of the directory) by Open, Checkpoint and Close, and
// by Append before it would leave more than 256 entries unsigned: callers call Checkpoint at the end of a turn, where
// its two fsyncs delay nobody. It is always written after the entries it signs are durable. hashes is never fsynced.
// New files' names are made durable before the first entry.
//
// Why an acknowledged entry is never lost, and a healthy log never called broken. Entries are durable before Append
// returns, so a crash can damage at most the one line that was being written: it lacks its newline or shows the
// zeros of blocks that were never written, lies beyond the checkpoint, and is cut off by the next Open, which reports
// it (Repaired). A line that is complete stays, acknowledged or not. A checkpoint on disk never names more
// entries than are durable. A failed write or fsync poisons the log: what the disk holds is then unknown, the kernel
// may have dropped the pages, and no retry can tell, so only a new Open, which reads everything back, goes on.
//
// What is found out. Open and Verify recompute the tree of everything up to the checkpoint and check the chain and
// signature of every entry after it. Changed, dropped, swapped, repeated or forged entries, and a log shorter than its
// checkpoint, are a *BrokenError.
//
// What is not: whoever can put back an older copy of the whole directory, or cut off entries younger than an older
// checkpoint that they kept, leaves a log that verifies. Only a head kept elsewhere tells (a witness, the keyring).
// Verify trusts the file key; Open compares it with the signing key. The caller keeps a second process out.
package audit

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"subrosa/internal/atomicfile"
)

const (
	entriesFile    = "entries"
	hashesFile     = "hashes"
	checkpointFile = "checkpoint"
	keyFile        = "key"

	maxUnsigned = 256 // entries beyond the checkpoint before Append makes a new one
	indexEvery  = 256 // entries per remembered offset
)

// What a Log answers, beside *BrokenError. A caller branches on them with errors.Is.
var (
	// ErrPoisoned: a write or an fsync was refused before; nothing is written any more.
	ErrPoisoned = errors.New("the record cannot be written any more")
	// ErrDiskFull: no space left, or no quota.
	ErrDiskFull = errors.New("no space left for the record")
	// ErrEntry: the entry cannot be recorded: larger than 64 KiB, or a number that JSON does not have.
	ErrEntry = errors.New("the entry cannot be recorded")
	// ErrClosed: the log was closed.
	ErrClosed = errors.New("the record is closed")
)

// BrokenError says where the record stops being what was written.
type BrokenError struct {
	Index  int64  // the first bad entry, counted from 0; -1 where the fault is not in an entry
	File   string // base name: entries, checkpoint or key
	Reason string // never an entry's content
}

func (e *BrokenError) Error() string {
	if e.Index < 0 {
		return fmt.Sprintf("broken record, file %s: %s", e.File, e.Reason)
	}
	return fmt.Sprintf("broken record, entry %d: %s", e.Index, e.Reason)
}

// Commitment is a SHA-256 in lower-case hex, or empty.
type Commitment string

// Commit returns SHA-256(salt || content). Without the salt, which is kept with the content, it cannot be guessed.
func Commit(salt [32]byte, content string) Commitment {
	h := sha256.New()
	h.Write(salt[:])
	io.WriteString(h, content) //nolint:errcheck // a hash never fails
	return Commitment(hex.EncodeToString(h.Sum(nil)))
}

// Repair says what Open put right.
type Repair struct {
	TornBytes     int64 // cut off the end of entries: a line that was never acknowledged
	HashesRebuilt bool  // hashes did not match entries
}

// file is what a Log needs of its entries file. Tests put faults in.
type file interface {
	io.Writer
	io.ReaderAt
	io.Closer
	Sync() error
	Stat() (fs.FileInfo, error)
}

// Log is an open record. It is safe for concurrent use.
type Log struct {
	dir      string
	key      ed25519.PrivateKey // a copy, wiped by Close
	verifier note.Verifier
	origin   string
	repaired Repair

	mu      sync.Mutex
	entries file
	hashes  *os.File
	lagging bool // hashes missed a write and waits for the next Open
	tree    tree
	last    tlog.Hash // leaf hash of the newest entry
	end     int64     // bytes in entries
	signed  int64     // size of the checkpoint on disk
	index   []int64   // offset of every indexEvery-th entry
	failed  error     // poisoned by
	closed  bool
}

// Open opens the record in dir, or starts one where none of its files is there. It reads all of it, cuts off a torn
// tail, and answers *BrokenError where the record is not what signer's key signed. origin names the log in its
// checkpoints: not empty, no spaces, no plus sign. Memory does not grow with the number of entries but by 8
// bytes for 256 of them.
func Open(dir string, signer ed25519.PrivateKey, origin string) (*Log, error) {
	if len(signer) != ed25519.PrivateKeySize {
		return nil, errors.New("open record: no signing key")
	}
	l := &Log{dir: dir, key: bytes.Clone(signer), origin: origin}
	if err := l.open(); err != nil {
		_ = l.release()
		return nil, fmt.Errorf("open record: %w", err)
	}
	return l, nil
}

func (l *Log) open() error {
	vkey, err := note.NewEd25519VerifierKey(l.origin, l.key.Public().(ed25519.PublicKey))
	if err != nil {
		return err
	}
	if l.verifier, err = note.NewVerifier(vkey); err != nil {
		return err
	}
	if err := l.start(vkey); err != nil {
		return err
	}
	onDisk, err := readKey(l.dir)
	if err != nil {
		return err
	}
	if onDisk != vkey {
		return &BrokenError{-1, keyFile, "not the key of this signer and origin"}
	}
	cp, err := readCheckpoint(l.dir, l.verifier)
	if err != nil {
		return err
	}
	l.signed = cp.size
	if err := l.openFiles(cp.size); err != nil {
		return err
	}
	return l.load(cp)
}

// start makes the files of a new log, entries last: where entries is, the others must be.
func (l *Log) start(vkey string) error {
	if started(l.dir) {
		return nil
	}
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return err
	}
	if err := os.Chmod(l.dir, 0o700); err != nil {
		return err
	}
	if err := atomicfile.SyncDir(filepath.Dir(l.dir)); err != nil {
		return err
	}
	if !exists(l.dir, keyFile) {
		if err := atomicfile.Write(filepath.Join(l.dir, keyFile), []byte(vkey+"\n")); err != nil {
			return full(err)
		}
	}
	return l.writeCheckpoint()
}

func (l *Log) openFiles(signed int64) error {
	path := filepath.Join(l.dir, entriesFile)
	flags := os.O_RDWR | os.O_APPEND
	if err := regular(path); errors.Is(err, fs.ErrNotExist) {
		if signed > 0 || exists(l.dir, hashesFile) {
			return &BrokenError{0, entriesFile, "the file is missing"}
		}
		flags |= os.O_CREATE | os.O_EXCL
	} else if err != nil {
		return err
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return full(err)
	}
	l.entries = f
	if l.hashes, err = os.OpenFile(filepath.Join(l.dir, hashesFile), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return full(err)
	}
	return atomicfile.SyncDir(l.dir)
}

// load reads everything, checks it against cp, and repairs the tail.
func (l *Log) load(cp checkpoint) error {
	f := l.entries.(*os.File)
	sink := &hashSink{f: l.hashes, in: bufio.NewReaderSize(l.hashes, 1<<16), repair: true}
	c := checker{verifier: l.verifier, origin: l.origin, cp: cp, stored: sink.add, entry: func(i, offset int64) {
		if i%indexEvery == 0 {
			l.index = append(l.index, offset)
		}
	}}
	if err := c.run(f); err != nil {
		return err
	}
	l.tree, l.last, l.end = c.tree, c.last, c.end
	if c.torn > 0 {
		if err := f.Truncate(c.end); err != nil {
			return err
		}
		l.repaired.TornBytes = c.torn
	}
	// Also where nothing was torn: what was read may lie in the page cache alone, after a crash of the program.
	if err := f.Sync(); err != nil {
		return full(err)
	}
	if err := sink.finish(); err != nil {
		return full(err)
	}
	l.repaired.HashesRebuilt = sink.differs
	if l.tree.size > l.signed {
		return l.writeCheckpoint()
	}
	return nil
}

// Repaired says what Open put right.
func (l *Log) Repaired() Repair { return l.repaired }

// Size returns the number of entries.
func (l *Log) Size() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tree.size
}

// Healthy returns nil while the log can be appended to.
func (l *Log) Healthy() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.usableLocked()
}

// Append records e and returns its sequence number once it is durable. It sets Version, Seq, Prev and Sig, and Time
// where it is zero. Errors: ErrPoisoned after any failed write or fsync, for ever; with it, or on the way to a due
// checkpoint, ErrDiskFull where that is the cause; ErrEntry and ErrClosed, which change nothing.
func (l *Log) Append(e Entry) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usableLocked(); err != nil {
		return 0, err
	}
	if l.tree.size-l.signed >= maxUnsigned {
		if err := l.writeCheckpoint(); err != nil {
			return 0, fmt.Errorf("append: %w", err)
		}
	}
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	e.Seq, e.Prev = l.tree.size, l.last[:]
	line, err := e.sign(l.key, l.origin)
	if err != nil {
		return 0, err
	}
	if n, err := l.entries.Write(append(line, '\n')); err != nil || n != len(line)+1 {
		return 0, l.poisonLocked(errors.Join(err, shortWrite(n, len(line)+1)))
	}
	if err := l.entries.Sync(); err != nil {
		return 0, l.poisonLocked(err)
	}

	if e.Seq%indexEvery == 0 {
		l.index = append(l.index, l.end)
	}
	l.end += int64(len(line)) + 1
	l.last = tlog.RecordHash(line)
	at := tlog.StoredHashCount(l.tree.size) * tlog.HashSize
	stored := l.tree.push(l.last)
	if !l.lagging {
		if _, err := l.hashes.WriteAt(stored, at); err != nil {
			l.lagging = true // derived: the entry is recorded all the same
		}
	}
	return e.Seq, nil
}

func shortWrite(n, want int) error {
	if n != want {
		return io.ErrShortWrite
	}
	return nil
}

// Checkpoint signs the log as it is and makes the checkpoint durable. It does nothing where that has been done.
// An error leaves the older checkpoint and does not poison the log.
func (l *Log) Checkpoint() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usableLocked(); err != nil {
		return err
	}
	if l.signed == l.tree.size {
		return nil
	}
	return l.writeCheckpoint()
}

// Entries returns up to n entries beginning with from, fewer where the log ends.
func (l *Log) Entries(from, n int64) ([]Entry, error) {
	l.mu.Lock()
	size, end, closed := l.tree.size, l.end, l.closed
	var start int64
	if from >= 0 && from < size {
		start = l.index[from/indexEvery]
	}
	l.mu.Unlock()
	switch {
	case closed:
		return nil, ErrClosed
	case from < 0 || n < 0:
		return nil, errors.New("read record: negative position")
	case from >= size:
		return nil, nil
	}
	n = min(n, size-from)
	out := make([]Entry, 0, min(n, 4096))
	lines := newLineReader(io.NewSectionReader(l.entries, start, end-start))
	for i := from - from%indexEvery; int64(len(out)) < n; i++ {
		line, err := lines.next()
		if err != nil {
			return nil, &BrokenError{i, entriesFile, "changed while the record is open"}
		}
		if i < from {
			continue
		}
		e, err := decode(line)
		if err != nil || e.Seq != i {
			return nil, &BrokenError{i, entriesFile, "changed while the record is open"}
		}
		out = append(out, e)
	}
	return out, nil
}

// Close makes a last checkpoint, closes the files and wipes the signing key. It may be called more than once.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	var err error
	if l.usableLocked() == nil && l.signed < l.tree.size {
		err = l.writeCheckpoint()
	}
	l.closed = true
	return errors.Join(err, l.release())
}

func (l *Log) release() error {
	clear(l.key)
	var errs []error
	if l.entries != nil {
		errs = append(errs, l.entries.Close())
	}
	if l.hashes != nil {
		errs = append(errs, l.hashes.Close())
	}
	return errors.Join(errs...)
}

// usableLocked finds out a poisoned log, and one whose file was cut, replaced or removed while it is open.
func (l *Log) usableLocked() error {
	if l.closed {
		return ErrClosed
	}
	if l.failed != nil {
		return l.failed
	}
	held, err := l.entries.Stat()
	if err != nil {
		return l.poisonLocked(err)
	}
	named, err := os.Lstat(filepath.Join(l.dir, entriesFile))
	if err != nil || !os.SameFile(held, named) {
		return l.poisonLocked(&BrokenError{0, entriesFile, "removed or replaced while the record is open"})
	}
	if held.Size() != l.end {
		return l.poisonLocked(&BrokenError{l.tree.size, entriesFile, "cut or extended while the record is open"})
	}
	return nil
}

func (l *Log) poisonLocked(cause error) error {
	l.failed = fmt.Errorf("%w: %w", ErrPoisoned, full(cause))
	return l.failed
}

func (l *Log) writeCheckpoint() error {
	msg, err := signCheckpoint(l.key, l.verifier, checkpoint{l.origin, l.tree.size, l.tree.root()})
	if err != nil {
		return err
	}
	if err := atomicfile.Write(filepath.Join(l.dir, checkpointFile), msg); err != nil {
		return full(err)
	}
	l.signed = l.tree.size
	return nil
}

// full marks a full disk.
func full(err error) error {
	if err != nil && diskFull(err) {
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	}
	return err
}

// regular answers fs.ErrNotExist, or *BrokenError for a link, a directory or a device.
func regular(path string) error {
	info, err := os.Lstat(path)
	if err == nil && !info.Mode().IsRegular() {
		return &BrokenError{-1, filepath.Base(path), "not a regular file"}
	}
	return err
}
