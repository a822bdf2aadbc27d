// Package audit is the record: an append-only Merkle log that tells whether it was changed.
//
// Four files lie in the directory (0700; files 0600):
//
//	entries     the record itself, one canonical JSON object and a newline per entry. Each entry carries its sequence
//	            number and a hash of what the entry before it says, and the last one of each write an Ed25519 signature
//	            over all of it, which so covers those before it.
//	hashes      the tree's stored hashes in the order of golang.org/x/mod/sumdb/tlog, 32 bytes each, for inclusion
//	            proofs. Derived: Open compares it with the entries and rewrites what differs.
//	checkpoint  origin, size and root hash (C2SP tlog-checkpoint) in a signed note (C2SP signed-note, Ed25519)
//	key         the note's verifier key, one line
//
// The leaves are the lines of entries without their newline, hashed as RFC 6962 says, so any tlog tool can check
// the tree.
//
// What is fsynced when. Append writes one line, or those of several goroutines, in one write, fsyncs entries, and returns. A
// checkpoint is made durable (temporary file, fsync, rename, fsync of the directory) by Open, Checkpoint and Close, and
// by Append before it would leave more than 256 entries unsigned: callers call Checkpoint at the end of a turn, where
// its two fsyncs delay nobody. It is always written after the entries it signs are durable. hashes is never fsynced.
// New files' names are made durable before the first entry.
//
// Why an acknowledged entry is never lost, and a healthy log never called broken. Entries are durable before Append
// returns, so a crash can damage at most the one write that was being made: it lacks its end, and with it its signature, or
// shows the zeros of blocks that were never written, lies beyond the checkpoint, and is cut off by the next Open, which
// reports it (Repaired). A write that is complete stays, acknowledged or not. A checkpoint on disk never names more
// entries than are durable. A failed write or fsync poisons the log: what the disk holds is then unknown, the kernel
// may have dropped the pages, and no retry can tell, so only a new Open, which reads everything back, goes on.
//
// What is found out. Open and Verify recompute the tree of everything up to the checkpoint and check the chain and
// the signatures of all entries after it. Changed, dropped, swapped, repeated or forged entries, and a log shorter than its
// checkpoint, are a *BrokenError.
//
// What is not: whoever can put back an older copy of the whole directory, or cut off entries younger than an older
// checkpoint that they kept, leaves a log that verifies. Only a head kept elsewhere tells (a witness, the keyring).
// Verify trusts the file key; Open compares it with the signing key. The caller keeps a second process out.
package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
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

	indexFile = "index"

	maxUnsigned = 256       // entries beyond the checkpoint before Append makes a new one
	indexEvery  = 256       // entries per remembered offset
	maxBatch    = 256 << 10 // bytes of one write
	readAllTo   = 4 << 20   // bytes of entries that Open reads whole
)

// What a Log answers, beside *BrokenError. A caller branches on them with errors.Is.
var (
	// ErrPoisoned: a write or an fsync was refused before; nothing is written any more.
	ErrPoisoned = errors.New("the record cannot be written any more")
	// ErrDiskFull: no space left, or no quota. Alone, it has changed nothing, and a later Append may succeed.
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
	TornBytes     int64 // cut off the end of entries: lines that were never acknowledged
	HashesRebuilt bool  // hashes did not match entries
	HeadMissing   bool  // the log has entries, and its head was not remembered
}

// file is what a Log needs of its entries file. Tests put faults in.
type file interface {
	io.Writer
	io.ReaderAt
	io.Closer
	Sync() error
	Stat() (fs.FileInfo, error)
	Truncate(size int64) error
}

// Log is an open record. It is safe for concurrent use.
type Log struct {
	dir      string
	signers  []ed25519.PrivateKey // copies, wiped by Close: the first one, and those that took over from it
	origin   string
	head     HeadStore // may be nil
	clock    clock
	repaired Repair
	quick    bool // Open did not read all of it

	headMu     sync.Mutex // held while the head is stored
	headStored Head
	headErr    error       // why the newest one is not stored
	soon       atomic.Bool // a checkpoint is due
	rotateMu   sync.Mutex

	mu      sync.Mutex
	idle    *sync.Cond // signalled when writing ends
	keys    keychain
	entries file
	hashes  *os.File
	offsets *os.File
	lagging bool // hashes or index missed a write and waits for the next Open
	reserve bool // space is set aside

	// What is durable.
	tree   tree
	last   tlog.Hash // what the newest entry's signature covers, hashed; the newest one always has a signature
	end    int64     // bytes in entries
	signed int64     // size of the checkpoint on disk
	index  []int64   // offset of every indexEvery-th entry

	// What is on its way: batches in the order in which they will be written.
	queue    []*batch
	writing  bool
	together int           // entries of the batch that was written last
	took     time.Duration // until it was durable

	witness witnessed
	failed  error // poisoned by
	closed  bool
}

// Options are the parts of a Log that its owner may leave out.
type Options struct {
	Head HeadStore        // remembers the newest head elsewhere; without it an older copy of the log is not found out
	Now  func() time.Time // what time it is; nil: the system's
}

// Open is OpenWith without options.
func Open(dir string, signer ed25519.PrivateKey, origin string) (*Log, error) {
	return OpenWith(context.Background(), dir, []ed25519.PrivateKey{signer}, origin, Options{})
}

// OpenWith opens the record in dir, or starts one where none of its files is there. It cuts off a torn tail, and answers
// *BrokenError where the record is not what signer's key signed. A log of more than 4 MiB is not read whole: what lies
// beyond the checkpoint is, and the tree's edge is compared with the signed root; Check does the rest. signers are the key
// that the log began with and those that Rotate was given, in order; one more that was never used does no harm. origin
// names the log in its checkpoints: not empty, no spaces, no plus sign. Memory does not grow with the number of entries but by 8
// bytes for 256 of them. A log that is older than the head that was remembered opens for reading: Healthy says
// *RollbackError.
func OpenWith(ctx context.Context, dir string, signers []ed25519.PrivateKey, origin string, o Options) (*Log, error) {
	l := &Log{dir: dir, origin: origin, head: o.Head, clock: systemClock()}
	if o.Now != nil {
		l.clock.wall = o.Now
	}
	for _, key := range signers {
		l.signers = append(l.signers, bytes.Clone(key))
	}
	if len(signers) == 0 || slices.ContainsFunc(signers, func(k ed25519.PrivateKey) bool { return len(k) != ed25519.PrivateKeySize }) {
		return nil, errors.New("open record: no signing key")
	}
	l.idle = sync.NewCond(&l.mu)
	if err := l.open(ctx); err != nil {
		_ = l.release()
		return nil, fmt.Errorf("open record: %w", err)
	}
	return l, nil
}

func (l *Log) open(ctx context.Context) error {
	first, err := l.verifierKey(l.signers[0])
	if err != nil {
		return err
	}
	if l.keys, err = newKeychain(first); err != nil {
		return err
	}
	if err := l.start(); err != nil {
		return err
	}
	keys, cp, err := readHead(l.dir)
	if err != nil {
		return err
	}
	if err := l.take(keys); err != nil {
		return err
	}
	l.signed = cp.size
	if err := l.openFiles(cp.size); err != nil {
		return err
	}
	if err := l.load(cp); err != nil {
		return err
	}
	if err := l.setAside(); err != nil && !errors.Is(err, ErrDiskFull) {
		return err
	}
	l.readWitness()
	return l.checkHead(ctx)
}

// take makes the keychain that of the log, after making sure that all of its keys are ours.
func (l *Log) take(keys keychain) error {
	for i, e := range keys.epochs {
		if i >= len(l.signers) {
			return &BrokenError{-1, keyFile, "names a key that is not here"}
		}
		if vkey, err := l.verifierKey(l.signers[i]); err != nil || vkey != e.vkey {
			return &BrokenError{-1, keyFile, "not the key of this signer and origin"}
		}
	}
	l.keys = keys
	return nil
}

func (l *Log) verifierKey(key ed25519.PrivateKey) (string, error) {
	return note.NewEd25519VerifierKey(l.origin, key.Public().(ed25519.PublicKey))
}

// start makes the files of a new log, entries last: where entries is, the others must be.
func (l *Log) start() error {
	if started(l.dir) {
		return nil
	}
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return full(err)
	}
	if err := os.Chmod(l.dir, 0o700); err != nil {
		return err
	}
	if err := atomicfile.SyncDir(filepath.Dir(l.dir)); err != nil {
		return err
	}
	if !exists(l.dir, keyFile) {
		if err := atomicfile.Write(filepath.Join(l.dir, keyFile), l.keys.marshal()); err != nil {
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
	for name, derived := range map[string]**os.File{hashesFile: &l.hashes, indexFile: &l.offsets} {
		if *derived, err = os.OpenFile(filepath.Join(l.dir, name), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
			return full(err)
		}
	}
	return atomicfile.SyncDir(l.dir)
}

// load checks the record against cp and repairs the tail. A long one is read from a place shortly before the end of what
// cp covers, if the derived files name one; whatever is amiss there, reading all of it says what.
func (l *Log) load(cp checkpoint) error {
	f := l.entries.(*os.File)
	info, err := f.Stat()
	if err != nil {
		return err
	}
	c, sink := l.nearTheEnd(cp, info.Size())
	if c != nil {
		err = c.run(f, info.Size())
		l.quick = err == nil
	}
	if !l.quick {
		c, sink = l.fromTheStart(cp)
		if err := c.run(f, info.Size()); err != nil {
			return err
		}
	}
	if len(c.keys.epochs) > len(l.keys.epochs) { // a rotation was cut short
		if err := l.take(c.keys); err != nil {
			return err
		}
		if err := l.writeKeys(); err != nil {
			return err
		}
	}
	l.tree, l.last, l.end = c.tree, c.signed, c.end
	l.clock.seen(c.lastTime)
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
	if err := l.writeIndex(); err != nil {
		return full(err)
	}
	if l.tree.size > l.signed {
		return l.writeCheckpoint()
	}
	return nil
}

func (l *Log) fromTheStart(cp checkpoint) (*checker, *hashSink) {
	sink := &hashSink{file: l.hashes, in: l.hashes}
	l.index = nil
	return &checker{keys: l.keys.clone(), cp: cp, stored: sink.add, entry: l.indexEntry}, sink
}

// nearTheEnd returns nil where the log is short, or where the derived files cannot be what they should be.
func (l *Log) nearTheEnd(cp checkpoint, total int64) (*checker, *hashSink) {
	if total <= readAllTo || cp.size <= indexEvery {
		return nil, nil
	}
	at := (cp.size - 1) / indexEvery
	stored := make([]byte, 8*(at+1))
	if _, err := l.offsets.ReadAt(stored, 0); err != nil {
		return nil, nil
	}
	l.index = make([]int64, at, at+1)
	for i := range l.index {
		l.index[i] = int64(binary.BigEndian.Uint64(stored[8*i:]))
		if l.index[i] < 0 || l.index[i] >= total || i > 0 && l.index[i] <= l.index[i-1] {
			return nil, nil
		}
	}
	offset := int64(binary.BigEndian.Uint64(stored[8*at:]))
	size := at * indexEvery
	start, err := treeAt(size, storedHashes{l.hashes})
	if err != nil || offset <= 0 || offset >= total {
		return nil, nil
	}
	last, err := storedHashes{l.hashes}.ReadHashes([]int64{tlog.StoredHashIndex(0, size-1)})
	if err != nil {
		return nil, nil
	}
	sink := &hashSink{file: l.hashes, in: l.hashes, at: tlog.StoredHashCount(size) * tlog.HashSize}
	return &checker{
		keys: l.keys.clone(), cp: cp, stored: sink.add, entry: l.indexEntry, tree: start, last: last[0], end: offset,
	}, sink
}

// offsetAt reads the file index. It returns 0 where that does not say.
func offsetAt(f io.ReaderAt, i int64) int64 {
	var b [8]byte
	if _, err := f.ReadAt(b[:], 8*i); err != nil {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b[:]))
}

func (l *Log) indexEntry(i, offset int64) {
	if i%indexEvery == 0 {
		l.index = append(l.index, offset)
	}
}

// writeIndex writes what differs in the file index. It is derived and not made durable.
func (l *Log) writeIndex() error {
	want := make([]byte, 0, 8*len(l.index))
	for _, offset := range l.index {
		want = binary.BigEndian.AppendUint64(want, uint64(offset))
	}
	have := make([]byte, len(want)+1)
	if n, _ := l.offsets.ReadAt(have, 0); bytes.Equal(have[:n], want) {
		return nil
	}
	if _, err := l.offsets.WriteAt(want, 0); err != nil {
		return err
	}
	return l.offsets.Truncate(int64(len(want)))
}

// Repaired says what Open put right.
func (l *Log) Repaired() Repair { return l.repaired }

// ReadWhole reports whether Open read all of the log. Where it did not, Check does.
func (l *Log) ReadWhole() bool { return !l.quick }

// Check is Verify of the log while it is open, and poisons it where it is broken.
func (l *Log) Check(ctx context.Context, progress func(done, total int64)) (Report, error) {
	r, err := Verify(ctx, l.dir, progress)
	if broken, ok := errors.AsType[*BrokenError](err); ok {
		l.mu.Lock()
		defer l.mu.Unlock()
		_ = l.poisonLocked(broken)
	}
	return r, err
}

// Size returns the number of entries.
func (l *Log) Size() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tree.size
}

// Head returns the size and the root hash of what is durable.
func (l *Log) Head() TreeHead {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tree.head()
}

// Healthy returns nil while the log can be appended to.
func (l *Log) Healthy() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.usableLocked()
}

// Checkpoint signs the log as it is, makes the checkpoint durable, and stores the head. It does nothing where that has
// been done. An error leaves the older checkpoint and does not poison the log.
func (l *Log) Checkpoint() error {
	l.mu.Lock()
	err := l.usableLocked()
	if err == nil && l.signed < l.tree.size {
		err = l.writeCheckpoint()
	}
	l.mu.Unlock()
	if err != nil {
		return err
	}
	return l.storeHead()
}

// signSoon is long enough for the entries of one action to share a checkpoint.
const signSoon = 200 * time.Millisecond

// CheckpointSoon calls Checkpoint in a moment, for a caller that need not wait: entries are signed and durable already.
func (l *Log) CheckpointSoon() {
	if l.soon.CompareAndSwap(false, true) {
		time.AfterFunc(signSoon, func() {
			l.soon.Store(false)
			_ = l.Checkpoint() // the next one, or Close, makes it good; HeadError tells
		})
	}
}

// Entries returns up to n entries beginning with from, fewer where the log ends. A pruned one has its number alone, and
// the action Pruned.
func (l *Log) Entries(from, n int64) ([]Entry, error) {
	if from < 0 || n < 0 {
		return nil, errors.New("read record: negative position")
	}
	v, err := l.view()
	if err != nil || from >= v.size {
		return nil, err
	}
	defer v.close()
	n = min(n, v.size-from)
	out := make([]Entry, 0, min(n, 4096))
	err = v.lines(from, from+n, func(first int64, lines [][]byte) error {
		for i, line := range lines {
			e, err := Decode(line)
			if errors.Is(err, ErrPruned) {
				e.Action, err = Pruned, nil
			}
			if err != nil || e.Seq != first+int64(i) {
				return &BrokenError{first + int64(i), entriesFile, "changed while the record is open"}
			}
			out = append(out, e)
		}
		return nil
	})
	return out, err
}

// Close makes a last checkpoint, closes the files and wipes the signing key. It may be called more than once.
func (l *Log) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	for l.writing {
		l.idle.Wait()
	}
	var err error
	usable := l.usableLocked() == nil
	if usable && l.signed < l.tree.size {
		err = l.writeCheckpoint()
	}
	l.mu.Unlock()
	if usable && err == nil {
		err = l.storeHead()
	}
	l.headMu.Lock() // one that is on its way to the keyring needs a key that the caller wipes
	defer l.headMu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	for l.writing {
		l.idle.Wait()
	}
	l.closed = true
	return errors.Join(err, l.release())
}

func (l *Log) release() error {
	for _, key := range l.signers {
		clear(key)
	}
	var errs []error
	if l.entries != nil {
		errs = append(errs, l.entries.Close())
	}
	for _, f := range []*os.File{l.hashes, l.offsets} {
		if f != nil {
			errs = append(errs, f.Close())
		}
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
	if l.writing { // the file is growing, and the writer has looked
		return nil
	}
	return l.untouchedLocked()
}

func (l *Log) untouchedLocked() error {
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
	if l.failed == nil {
		l.failed = fmt.Errorf("%w: %w", ErrPoisoned, full(cause))
	}
	return l.failed
}

func (l *Log) writeCheckpoint() error {
	msg, err := signCheckpoint(l.signer(), l.keys.newest().verifier, checkpoint{l.origin, l.tree.size, l.tree.root()})
	if err != nil {
		return err
	}
	if err := l.replace(checkpointFile, msg); err != nil {
		return err
	}
	l.signed = l.tree.size
	return nil
}

// signer is the newest key of the keychain.
func (l *Log) signer() ed25519.PrivateKey { return l.signers[len(l.keys.epochs)-1] }

func (l *Log) writeKeys() error { return l.replace(keyFile, l.keys.marshal()) }

// replace writes one of the small files. Where the disk is full it takes the space that was set aside.
func (l *Log) replace(name string, data []byte) error {
	err := full(atomicfile.Write(filepath.Join(l.dir, name), data))
	if errors.Is(err, ErrDiskFull) && l.useReserve() {
		err = full(atomicfile.Write(filepath.Join(l.dir, name), data))
	}
	return err
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
