package audit

import (
	"bytes"
	"io"
	"runtime"
	"strconv"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// line is a line of entries with what can be told from it without decoding all of it.
type line struct {
	raw    []byte
	leaf   tlog.Hash
	seq    int64
	ok     bool // seq, leaf, action and time could be read
	stub   bool // the entry was pruned: leaf is what was kept of it
	action Action
	time   time.Time
	more   bool // it has no signature of its own; said by the checker of what the checkpoint does not cover
}

// glance reads the head of a line, which always has the same order: v, seq, prev, time, actor, action.
func glance(raw []byte) line {
	if s, ok := decodeStub(raw); ok {
		return line{raw: raw, leaf: tlog.Hash(s.Pruned), seq: s.Seq, ok: true, stub: true}
	}
	l := line{raw: raw, leaf: tlog.RecordHash(raw)}
	rest, ok := bytes.CutPrefix(raw, []byte(`{"v":`))
	if !ok {
		return l
	}
	version, rest, ok1 := bytes.Cut(rest, []byte(`,"seq":`))
	seq, rest, ok2 := bytes.Cut(rest, []byte(`,"prev":"`))
	_, rest, ok3 := bytes.Cut(rest, []byte(`","time":"`))
	at, rest, ok4 := bytes.Cut(rest, []byte(`","actor":"`))
	if !ok1 || !ok2 || !ok3 || !ok4 || len(version) > 2 || len(at) > 40 {
		return l
	}
	n, err := strconv.ParseInt(string(seq), 10, 64)
	if err != nil || n < 0 {
		return l
	}
	for i := 0; i < len(rest); i++ { // the actor may hold escaped quotes
		switch rest[i] {
		case '\\':
			i++
		case '"':
			action, ok := bytes.CutPrefix(rest[i:], []byte(`","action":"`))
			end := bytes.IndexByte(action, '"')
			if !ok || end < 0 || l.time.UnmarshalText(at) != nil {
				return l
			}
			l.seq, l.action, l.ok = n, Action(action[:end]), true
			return l
		}
	}
	return l
}

// scanBlock is how much of the file is read and hashed at a time.
const scanBlock = 1 << 20

// block is a run of whole lines.
type block struct {
	data  []byte
	lines []line
	done  chan struct{}
	err   error
}

func (b *block) glance() {
	b.lines = b.lines[:0]
	for rest := b.data; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n')
		b.lines = append(b.lines, glance(rest[:end]))
		rest = rest[end+1:]
	}
}

// scan hands the lines of r between from and to to each, in order, with the offset of each line. Lines are hashed on
// every core, and memory does not depend on their number. It returns where it ended: at to, or at a last line that has no
// newline or is longer than scanBlock. A line is valid until each returns.
func scan(r io.ReaderAt, from, to int64, each func(l *line, offset int64) error) (int64, error) {
	end := from
	hand := func(b *block) error {
		for i := range b.lines {
			if err := each(&b.lines[i], end); err != nil {
				return err
			}
			end += int64(len(b.lines[i].raw)) + 1
		}
		return nil
	}
	if to-from <= scanBlock { // not worth a second goroutine
		b := &block{}
		for b.read(r, end, to) {
			b.glance()
			if err := hand(b); err != nil {
				return end, err
			}
		}
		return end, b.err
	}
	workers := min(runtime.GOMAXPROCS(0), 4)
	jobs, order, stop := make(chan *block, workers), make(chan *block, workers), make(chan struct{})
	free := make(chan *block, 2*workers+2)
	for range cap(free) {
		free <- &block{}
	}
	var running sync.WaitGroup
	defer running.Wait()
	defer close(stop)
	running.Go(func() {
		defer close(order)
		defer close(jobs)
		readBlocks(r, from, to, free, func(b *block) bool {
			b.done = make(chan struct{})
			select {
			case order <- b:
			case <-stop:
				return false
			}
			jobs <- b // the workers take it whatever happens
			return true
		}, stop)
	})
	for range workers {
		running.Go(func() {
			for b := range jobs {
				b.glance()
				close(b.done)
			}
		})
	}
	for b := range order {
		<-b.done
		if b.err != nil {
			return end, b.err
		}
		if err := hand(b); err != nil {
			return end, err
		}
		free <- b
	}
	return end, nil
}

func readBlocks(r io.ReaderAt, from, to int64, free <-chan *block, give func(*block) bool, stop <-chan struct{}) {
	for at := from; at < to; {
		var b *block
		select {
		case b = <-free:
		case <-stop:
			return
		}
		whole := b.read(r, at, to)
		at += int64(len(b.data))
		if !whole && b.err == nil || !give(b) || !whole {
			return
		}
	}
}

// read reads the whole lines at at, and reports whether there are any.
func (b *block) read(r io.ReaderAt, at, to int64) bool {
	n := int(min(scanBlock, to-at))
	if cap(b.data) < n {
		b.data = make([]byte, n)
	}
	read, err := r.ReadAt(b.data[:n], at)
	b.data = b.data[:read]
	if err != nil && err != io.EOF {
		b.data, b.err = b.data[:0], err
		return false
	}
	b.data = b.data[:bytes.LastIndexByte(b.data, '\n')+1]
	return len(b.data) > 0
}
