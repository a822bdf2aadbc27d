package export

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/mod/sumdb/tlog"

	"subrosa/internal/audit"
	"subrosa/internal/export/bundle"
)

// The formats of a part, in the order of their files.
const (
	asEntries = iota
	asOCSF
	asFHIR
	asCSV
	formats
)

func (w *writer) partName(format int, number int64) string {
	packed := ""
	if w.Compress {
		packed = bundle.Compressed
	}
	switch format {
	case asEntries:
		return fmt.Sprintf("%s%06d.jsonl", bundle.EntriesPrefix, number)
	case asOCSF:
		return fmt.Sprintf("ocsf-%06d.jsonl%s", number, packed)
	case asFHIR:
		return fmt.Sprintf("fhir-%06d.ndjson%s", number, packed)
	default:
		return fmt.Sprintf("entries-%06d.csv", number)
	}
}

func (w *writer) number(first int64) int64 { return first/w.per + 1 }

// job is a batch of the record's lines on its way through the converters.
type job struct {
	lines   []byte // each with its newline
	ends    []int
	out     [formats][]byte
	leaves  []tlog.Hash // of the lines
	entries []audit.Entry
	pruned  int64
	err     error
	done    chan struct{}
	holders atomic.Int32 // who still reads it
}

// release gives a job back that nobody reads any more.
func (w *writer) release(j *job) {
	if j.holders.Add(-1) == 0 {
		w.jobs <- j
	}
}

// batchSize is how many bytes of lines are converted at a time: what they become, eight times as much, stays in the
// processor's cache until it is hashed, encrypted and written.
const batchSize = 32 << 10

// part writes the entries first to first+partEntries-1 in each format, or keeps what an earlier try finished.
func (w *writer) part(ctx context.Context, first int64) error {
	kept := w.finished(first)
	log, outs, err := w.pass(ctx, first, kept == nil)
	if err != nil {
		return err
	}
	if kept != nil && !kept.same(log) { // the record's lines are others: it has grown, or was pruned
		w.forget(first)
		if log, outs, err = w.pass(ctx, first, true); err != nil {
			return err
		}
		kept = nil
	}
	w.figures.addAll(log.figures)
	for _, leaf := range log.leaves {
		w.leaves.Add(leaf)
	}
	log.leaves = nil
	w.manifest.Entries += log.Entries
	w.manifest.Pruned += log.Pruned
	if err := w.settle(); err != nil {
		outs.abandon()
		return err
	}
	if kept != nil {
		w.manifest.Files = append(w.manifest.Files, kept.Files...)
		w.resumed++
		return nil
	}
	w.closing = w.closeInBackground(log, outs)
	return nil
}

// closing is a part that is being made durable while the next one is converted: a drive is slow where a processor is not.
type closing struct {
	log  partLog
	err  error
	done chan struct{}
}

func (w *writer) closeInBackground(log partLog, outs *outputs) *closing {
	c := &closing{log: log, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		if c.log.Files, c.err = outs.finish(); c.err == nil {
			c.err = targetError(w.target.Sync(w.dir, false))
		}
	}()
	return c
}

// settle waits until the last part is durable, and only then counts it as finished.
func (w *writer) settle() error {
	c := w.closing
	if c == nil {
		return nil
	}
	w.closing = nil
	<-c.done
	if c.err != nil {
		return c.err
	}
	w.manifest.Files = append(w.manifest.Files, c.log.Files...)
	w.journal.Parts = append(w.journal.Parts, c.log)
	w.writeJournal()
	return nil
}

// finished returns what the journal says of a part, if it is still so on the target. It removes what is not finished.
func (w *writer) finished(first int64) *partLog {
	for i := range w.journal.Parts {
		p := &w.journal.Parts[i]
		if p.First != first {
			continue
		}
		for _, f := range p.Files {
			if w.disk.uncached(filepath.Join(w.dir, f.Name)); !matches(filepath.Join(w.dir, f.Name), f) {
				w.forget(first)
				return nil
			}
		}
		return p
	}
	return nil
}

func matches(path string, want bundle.File) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return err == nil && n == want.Size && hex.EncodeToString(h.Sum(nil)) == want.SHA256
}

// forget drops a part from the journal and removes its files.
func (w *writer) forget(first int64) {
	w.journal.Parts = slices.DeleteFunc(w.journal.Parts, func(p partLog) bool { return p.First == first })
	for format := range formats {
		_ = os.Remove(filepath.Join(w.dir, w.fileName(w.partName(format, w.number(first))))) // if it stays, creating it fails
	}
}

// pass reads a part's lines and counts, and with write writes them into files that are not yet durable.
func (w *writer) pass(ctx context.Context, first int64, write bool) (log partLog, outs *outputs, err error) {
	outs = &outputs{}
	to := min(first+w.per, w.snap.Size)
	log = partLog{First: first, figures: newFigures()}
	if write {
		if outs, err = w.openOutputs(first); err != nil {
			return log, outs, err
		}
	}
	sum, done, told := sha256.New(), first, first
	err = w.convert(ctx, first, to, write, func(j *job) error {
		for _, leaf := range j.leaves {
			sum.Write(leaf[:])
		}
		log.leaves = append(log.leaves, j.leaves...)
		log.Pruned += j.pruned
		log.Entries += int64(len(j.entries)) + j.pruned
		for i := range j.entries {
			log.figures.add(&j.entries[i])
		}
		if done += int64(len(j.ends)); done-told >= 1024 || done == to {
			told = done
			w.Progress(Writing, done, w.snap.Size)
		}
		return outs.write(j)
	})
	if failed := outs.drain(); failed != nil {
		err = failed
	}
	if err != nil {
		outs.abandon()
		return log, outs, recordError(ctx, err)
	}
	log.Lines = hex.EncodeToString(sum.Sum(nil))
	return log, outs, nil
}

// convert gives the lines of [first, to) to each, converted, in order. Batches are converted side by side.
func (w *writer) convert(ctx context.Context, first, to int64, write bool, each func(*job) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	todo, ordered := make(chan *job), make(chan *job, cap(w.jobs))
	var group sync.WaitGroup
	for range max(2, runtime.GOMAXPROCS(0)) {
		group.Go(func() {
			for j := range todo {
				w.fill(j, write)
				close(j.done)
			}
		})
	}
	var reading error
	group.Go(func() {
		defer close(ordered)
		defer close(todo)
		reading = w.snap.Lines(ctx, first, to, func(_ int64, lines [][]byte) error {
			for len(lines) > 0 {
				var j *job
				select {
				case j = <-w.jobs:
				case <-ctx.Done():
					return ctx.Err()
				}
				lines = j.take(lines)
				todo <- j
				ordered <- j
			}
			return nil
		})
	})
	var failed error
	for j := range ordered {
		<-j.done
		if failed == nil {
			if failed = errors.Join(j.err, ctx.Err()); failed == nil {
				failed = each(j)
			}
			if failed != nil {
				stop()
			}
		}
		w.release(j)
	}
	group.Wait()
	if failed != nil {
		return failed
	}
	return reading
}

// take copies as many of the lines as make a batch, and returns the others.
func (j *job) take(lines [][]byte) [][]byte {
	j.lines, j.ends, j.done, j.err = j.lines[:0], j.ends[:0], make(chan struct{}), nil
	j.holders.Store(1)
	for len(lines) > 0 && len(j.lines) < batchSize {
		j.lines = append(append(j.lines, lines[0]...), '\n')
		j.ends = append(j.ends, len(j.lines))
		lines = lines[1:]
	}
	return lines
}

// fill converts a batch.
func (w *writer) fill(j *job, write bool) {
	j.entries, j.leaves, j.pruned = j.entries[:0], j.leaves[:0], 0
	for i := range j.out {
		j.out[i] = j.out[i][:0]
	}
	all := write && !w.Filtered()
	if all {
		j.out[asEntries] = j.lines
	}
	start := 0
	for _, end := range j.ends {
		line := j.lines[start:end]
		start = end
		e, leaf, err := audit.DecodeLeaf(line[:len(line)-1])
		j.leaves = append(j.leaves, leaf)
		switch stub := errors.Is(err, audit.ErrPruned); {
		case err != nil && !stub:
			j.err = fmt.Errorf("%w: %w", ErrRecord, err)
			return
		case stub && w.Filtered():
			continue // nothing is left that tells whether it was asked for
		case stub:
			j.pruned++
			continue
		case !w.asksFor(&e):
			continue
		}
		j.entries = append(j.entries, e)
		if !write {
			continue
		}
		if !all {
			j.out[asEntries] = append(j.out[asEntries], line...)
		}
		j.out[asOCSF] = w.appendOCSF(j.out[asOCSF], &e)
		j.out[asFHIR] = w.fhir.append(j.out[asFHIR], &e)
		j.out[asCSV] = appendCSV(j.out[asCSV], &e, leaf)
	}
}

// Filtered tells whether entries are left out on purpose.
func (b Bundle) Filtered() bool { return !b.Since.IsZero() || !b.Until.IsZero() || b.Matter != "" }

func (b Bundle) asksFor(e *audit.Entry) bool {
	switch {
	case !b.Since.IsZero() && e.Time.Before(b.Since), !b.Until.IsZero() && !e.Time.Before(b.Until):
		return false
	case b.Matter == "" || e.Matter == b.Matter:
		return true
	}
	return e.Matter == "" && e.Conversation != "" && b.InMatter != nil && b.InMatter(e.Conversation)
}

// outputs are the files of a part, written side by side: encrypting and hashing are most of the work, and a file that waits
// for the drive keeps no other from its share.
type outputs struct {
	files  []*output
	feed   []chan *job
	errs   []error // of each file, by its writer
	failed atomic.Bool
	group  sync.WaitGroup
}

func (w *writer) openOutputs(first int64) (*outputs, error) {
	o := &outputs{errs: make([]error, formats)}
	for format := range formats {
		w.discard(w.fileName(w.partName(format, w.number(first)))) // unfinished, of an earlier try
		f, err := w.create(w.partName(format, w.number(first)))
		if err != nil {
			o.abandon()
			return o, err
		}
		o.files = append(o.files, f)
	}
	if _, err := o.files[asCSV].Write(csvHeader()); err != nil {
		o.abandon()
		return o, targetError(err)
	}
	for format := range o.files {
		feed := make(chan *job, cap(w.jobs)) // all that there are: nobody waits to put one in
		o.feed = append(o.feed, feed)
		o.group.Go(func() { o.take(w, format, feed) })
	}
	return o, nil
}

// take writes a file's shares. After an error it only gives them back.
func (o *outputs) take(w *writer, format int, feed <-chan *job) {
	for j := range feed {
		if o.errs[format] == nil {
			if _, err := o.files[format].Write(j.out[format]); err != nil {
				o.errs[format] = err
				o.failed.Store(true)
			}
		}
		w.release(j)
	}
}

func (w *writer) discard(name string) { _ = os.Remove(filepath.Join(w.dir, name)) }

// write has each file take its share. An error comes with a later one, or from drain.
func (o *outputs) write(j *job) error {
	if o.failed.Load() {
		return o.drain()
	}
	j.holders.Add(int32(len(o.feed)))
	for _, feed := range o.feed {
		feed <- j
	}
	return nil
}

// drain waits until all is written.
func (o *outputs) drain() error {
	for _, feed := range o.feed {
		close(feed)
	}
	o.feed = nil
	o.group.Wait()
	return targetError(errors.Join(o.errs...))
}

func (o *outputs) abandon() {
	for _, f := range o.files {
		f.abandon()
	}
}

func (o *outputs) finish() ([]bundle.File, error) {
	listed := make([]bundle.File, len(o.files))
	errs := make([]error, len(o.files))
	var group sync.WaitGroup
	for i, f := range o.files {
		group.Go(func() { listed[i], errs[i] = f.finish() })
	}
	group.Wait()
	return listed, errors.Join(errs...)
}

// hashWriter hashes and counts what passes.
type hashWriter struct {
	to  io.Writer
	h   hash.Hash
	n   int64
	err error
}

func (w *hashWriter) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	if err != nil {
		w.err = err
	}
	w.h.Write(p[:n])
	w.n += int64(n)
	return n, err
}
