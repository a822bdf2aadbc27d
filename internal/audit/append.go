package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// batch is a run of entries that are written and fsynced together.
type batch struct {
	entries []*pending
	signing sync.WaitGroup // those of them whose signature is being made
	size    int            // bytes of their lines
	last    tlog.Hash      // what the signature of the last one covers, hashed
	closing bool           // one of its entries ends something: it may use the reserve
	lead    chan struct{}  // holds a token: who takes it writes the batch
	done    chan struct{}  // closed when err is set
	err     error

	rotation *pending // the entry among them that names the next key
}

// needsRoom tells an action that begins something: on a full disk it is refused, where one that ends something, or that
// frees space, may use the space that was set aside.
func needsRoom(a Action) bool {
	switch a {
	case Prompt, Summary, Attachment, DocumentAdd, DocumentUse, ModelImport, Restore:
		return true
	default:
		return false
	}
}

// Append records e and returns its sequence number once it is durable. Entries of several goroutines share a write and
// an fsync. It sets Version, Seq, Prev and Sig, and Time where it is zero. Errors: ErrPoisoned after any failed write or
// fsync, for ever; ErrDiskFull alone, ErrEntry and ErrClosed, which change nothing.
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
	if err := l.settle(p); err != nil {
		return 0, err
	}
	return p.seq, nil
}

// settle signs the entry and returns when it is durable. One of those who wait for a batch writes it.
func (l *Log) settle(p *pending) error {
	p.sign()
	b := p.in
	b.signing.Done()
	select {
	case <-b.done:
	case <-b.lead:
		l.write(b)
	}
	return b.err
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
		d.Time = now
		if jump != "" {
			jumped, err := Entry{Time: now, Actor: d.Actor, Action: ClockJump, Policy: d.Policy, Detail: jump}.draft()
			if err != nil {
				return nil, err
			}
			p, err := l.addLocked(jumped)
			if err != nil {
				return nil, err
			}
			p.sign()
			p.in.signing.Done()
		}
	}
	return l.addLocked(d)
}

// addLocked puts d into the last batch, or into a new one. Its signature is still to be made.
func (l *Log) addLocked(d draft) (*pending, error) {
	d.Seq, d.Prev = l.nextSeq, l.nextLast[:]
	p, err := d.place(l.key, l.origin)
	if err != nil {
		return nil, err
	}
	if n := len(l.queue); n == 0 || l.queue[n-1].size+p.size() > maxBatch {
		l.queue = append(l.queue, &batch{lead: make(chan struct{}, 1), done: make(chan struct{})})
	}
	b := l.queue[len(l.queue)-1]
	l.nextSeq, l.nextLast = l.nextSeq+1, sha256.Sum256(p.message)
	b.entries, b.size, b.last = append(b.entries, p), b.size+p.size(), l.nextLast
	p.in = b
	b.signing.Add(1)
	b.closing = b.closing || !needsRoom(d.Action)
	if !l.writing {
		l.writing = true
		b.lead <- struct{}{}
	}
	return p, nil
}

// gather lets those join b whom the batch before it has just let go: else the first of them would write alone, and the
// others wait for an fsync more. It waits for as many as that batch had, and at most half as long as that took to become
// durable: on a quick drive the rest is better signed while b is on its way. A writer that is alone does not wait.
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
	l.mu.Unlock()
	buf := b.lines()
	l.mu.Lock()
	alone := len(l.queue) == 0 && !b.closing
	err := l.failed
	if err == nil {
		err = l.untouchedLocked()
	}
	l.mu.Unlock()
	start := time.Now()
	if err == nil {
		err = l.store(buf, alone)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.took = time.Since(start)
	switch {
	case err == nil:
		l.commitLocked(b)
		if b.rotation == nil {
			break
		}
		if err = l.rotatedLocked(b.rotation.line); err != nil {
			err = l.poisonLocked(err) // the next Open makes the file key good
		}
	case errors.Is(err, errRefused): // nothing of it is there, so what came to stand behind it goes too
		l.nextSeq, l.nextLast, l.key = l.tree.size, l.last, l.signer()
		err = fmt.Errorf("append: %w", ErrDiskFull)
		l.dropQueueLocked(err)
	default:
		err = l.poisonLocked(err)
	}
	b.err = err
	close(b.done)
	if l.failed != nil {
		l.dropQueueLocked(l.failed)
	}
	l.handOnLocked()
}

// lines waits for the signatures.
func (b *batch) lines() []byte {
	b.signing.Wait()
	buf := make([]byte, 0, b.size)
	for _, p := range b.entries {
		buf = append(append(buf, p.line...), '\n')
	}
	return buf
}

func (l *Log) dropQueueLocked(err error) {
	for _, waiting := range l.queue {
		waiting.signing.Wait() // Close wipes the key
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
		mayRefuse = mayRefuse && len(l.queue) == 0
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

// commitLocked takes a durable batch into the tree.
func (l *Log) commitLocked(b *batch) {
	at := tlog.StoredHashCount(l.tree.size) * tlog.HashSize
	var stored []byte
	for _, p := range b.entries {
		if l.tree.size%indexEvery == 0 {
			l.index = append(l.index, l.end)
			l.keepLocked(l.offsets, binary.BigEndian.AppendUint64(nil, uint64(l.end)), 8*int64(len(l.index)-1))
		}
		stored = l.tree.push(p.leaf, stored)
		l.end += int64(p.size())
	}
	l.last = b.last
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
