package audit

import (
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// batch is a run of entries that are written and fsynced together, and signed by its last one.
type batch struct {
	entries []*pending
	size    int           // bytes of their lines, at most
	closing bool          // one of its entries ends something: it may use the reserve
	lead    chan struct{} // holds a token: who takes it writes the batch
	done    chan struct{} // closed when err is set
	err     error

	next ed25519.PrivateKey // named by its last entry, which nothing joins: signs the batches after it
}

// needsRoom tells an action that begins something: on a full disk it is refused, where one that ends something, or that
// frees space, may use the space that was set aside.
func needsRoom(a Action) bool {
	switch a {
	case Prompt, Summary, Attachment, DocumentAdd, DocumentVectors, DocumentUse, ModelImport, Restore:
		return true
	default:
		return false
	}
}

// Append records e and returns its sequence number once it is durable. Entries of several goroutines share a write, a
// signature and an fsync. It sets Version, Seq, Prev, More and Sig, and Time where it is zero. Errors: ErrPoisoned after any
// failed write or fsync, for ever; ErrDiskFull alone, ErrEntry and ErrClosed, which change nothing.
func (l *Log) Append(e Entry) (int64, error) {
	d, err := e.draft()
	if err != nil {
		return 0, err
	}
	l.mu.Lock()
	p, err := l.enqueueLocked(d)
	l.mu.Unlock()
	if err != nil {
		return 0, err
	}
	return l.settle(p)
}

// settle returns when the entry is durable, with its number. One of those who wait for a batch writes it.
func (l *Log) settle(p *pending) (int64, error) {
	b := p.in
	select {
	case <-b.done:
	case <-b.lead:
		l.write(b)
	}
	if b.err != nil {
		return 0, b.err
	}
	return p.Seq, nil
}

func (l *Log) enqueueLocked(d draft) (*pending, error) {
	if err := l.usableLocked(); err != nil {
		return nil, err
	}
	if l.tree.size-l.signed >= maxUnsigned {
		if err := l.writeCheckpoint(); err != nil {
			return nil, fmt.Errorf("append: %w", err)
		}
	}
	if needsRoom(d.Action) {
		if err := l.setAside(); err != nil {
			return nil, fmt.Errorf("append: %w", err)
		}
	}
	if d.Time.IsZero() {
		now, jump := l.clock.now()
		if d.Time = now; now.Year() < 0 || now.Year() > 9999 {
			return nil, fmt.Errorf("%w: the clock says the year %d", ErrEntry, now.Year())
		}
		if jump != "" {
			jumped, err := Entry{Time: now, Actor: d.Actor, Action: ClockJump, Policy: d.Policy, Detail: jump}.draft()
			if err != nil {
				return nil, err
			}
			l.addLocked(jumped)
		}
	}
	return l.addLocked(d), nil
}

// addLocked puts d into the last batch, or into a new one.
func (l *Log) addLocked(d draft) *pending {
	n := len(l.queue)
	if n == 0 || l.queue[n-1].size+d.atMost() > maxBatch || l.queue[n-1].next != nil {
		l.queue = append(l.queue, &batch{lead: make(chan struct{}, 1), done: make(chan struct{})})
		n++
	}
	b := l.queue[n-1]
	p := &pending{draft: d, in: b}
	b.entries, b.size = append(b.entries, p), b.size+d.atMost()
	b.closing = b.closing || !needsRoom(d.Action)
	if !l.writing {
		l.writing = true
		b.lead <- struct{}{}
	}
	return p
}

// gather lets those join b whom the batch before it has just let go: else the first of them would write alone, and the
// others wait for an fsync more. It waits for as many as that batch had, and at most half as long as that took to become
// durable. A writer that is alone does not wait.
func (l *Log) gather(b *batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for start := time.Now(); len(b.entries) < l.together && time.Since(start) < l.took/2; {
		l.mu.Unlock()
		runtime.Gosched()
		l.mu.Lock()
	}
}

// write makes the first batch durable, and hands on to the one after it.
func (l *Log) write(b *batch) {
	l.gather(b)
	l.mu.Lock()
	l.queue = l.queue[1:] // b: nothing joins it any more
	l.together = len(b.entries)
	err := l.failed
	if err == nil {
		err = l.untouchedLocked()
	}
	key, seq, last := l.signer(), l.tree.size, l.last // nobody but the one who writes changes them
	l.mu.Unlock()
	start := time.Now()
	if err == nil {
		var buf []byte
		if buf, last, err = b.lines(key, l.origin, seq, last); err == nil {
			err = l.store(buf, !b.closing)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.took = time.Since(start)
	switch {
	case err == nil:
		l.commitLocked(b, last)
		if b.next == nil {
			break
		}
		if err = l.rotatedLocked(b); err != nil {
			err = l.poisonLocked(err) // the next Open makes the file key good
		}
	case errors.Is(err, errRefused):
		clear(b.next)
		err = fmt.Errorf("append: %w", ErrDiskFull)
	default:
		clear(b.next)
		err = l.poisonLocked(err)
	}
	b.err = err
	close(b.done)
	if l.failed != nil {
		l.dropQueueLocked(l.failed)
	}
	l.handOnLocked()
}

// lines gives the entries their places from seq on and returns what is to be written, and the SHA-256 of what the signature
// covers, which the entry after them holds. last is what the first of them does.
func (b *batch) lines(key ed25519.PrivateKey, origin string, seq int64, last tlog.Hash) ([]byte, tlog.Hash, error) {
	buf := make([]byte, 0, b.size)
	for i, p := range b.entries {
		prev := last
		p.Seq, p.Prev = seq+int64(i), prev[:]
		signer := ed25519.PrivateKey(nil)
		if i == len(b.entries)-1 {
			signer = key
		}
		var err error
		if last, err = p.place(signer, origin); err != nil {
			return nil, last, err
		}
		buf = append(append(buf, p.line...), '\n')
	}
	return buf, last, nil
}

func (l *Log) dropQueueLocked(err error) {
	for _, waiting := range l.queue {
		clear(waiting.next)
		waiting.err = err
		close(waiting.done)
	}
	l.queue = nil
}

// handOnLocked lets the next batch be written.
func (l *Log) handOnLocked() {
	if len(l.queue) > 0 {
		l.queue[0].lead <- struct{}{}
		return
	}
	l.writing = false
	l.idle.Broadcast()
}

// errRefused: the disk is full, and what the write left was cut off again.
var errRefused = errors.New("refused for want of space")

// store writes and fsyncs. The caller has the file to itself, between l.end and what comes. On a full disk it takes the
// space that was set aside, but not for what only begins something.
func (l *Log) store(buf []byte, mayRefuse bool) error {
	err := l.writeWhole(buf)
	if err != nil && diskFull(err) {
		if cutErr := l.entries.Truncate(l.end); cutErr != nil {
			return errors.Join(err, cutErr)
		}
		l.mu.Lock()
		freed := !mayRefuse && l.useReserve()
		l.mu.Unlock()
		switch {
		case mayRefuse:
			return errRefused
		case freed:
			err = l.writeWhole(buf)
		}
	}
	if err != nil {
		return err
	}
	return l.entries.Sync()
}

func (l *Log) writeWhole(buf []byte) error {
	n, err := l.entries.Write(buf)
	if err == nil && n != len(buf) {
		err = io.ErrShortWrite
	}
	return err
}

// commitLocked takes a durable batch into the tree. last is the SHA-256 of what its signature covers.
func (l *Log) commitLocked(b *batch, last tlog.Hash) {
	at := tlog.StoredHashCount(l.tree.size) * tlog.HashSize
	var stored []byte
	for _, p := range b.entries {
		if l.tree.size%indexEvery == 0 {
			l.index = append(l.index, l.end)
			l.keepLocked(l.offsets, binary.BigEndian.AppendUint64(nil, uint64(l.end)), 8*int64(len(l.index)-1))
		}
		stored = l.tree.push(p.leaf, stored)
		l.end += int64(len(p.line)) + 1
	}
	l.last = last
	l.keepLocked(l.hashes, stored, at)
}

// keepLocked writes to a derived file: without it the entry is recorded all the same, and the next Open makes it good.
func (l *Log) keepLocked(f io.WriterAt, b []byte, at int64) {
	if l.lagging {
		return
	}
	if _, err := f.WriteAt(b, at); err != nil {
		l.lagging = true
	}
}
