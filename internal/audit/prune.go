package audit

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"subrosa/internal/atomicfile"
)

// pruneFile is entries while it is being rewritten.
const pruneFile = "entries.prune.tmp"

// keepForever tells an action that no retention removes: what the rest of the record is checked with.
func keepForever(a Action) bool {
	switch a {
	case Setup, AuditKeyRotate, AuditPrune, Witness, HoldAdd, HoldLift:
		return true
	default:
		return false
	}
}

// Prune leaves nothing but the hash of entries that are older than before, unless keep holds them: an entry under a
// legal hold. What they were is gone; that they were there, and where, is still proved. e says who asked. It first puts
// on record exactly which entries go, and then rewrites the file; a crash in between leaves all of them, and another
// Prune removes them. It returns a Count of 0, and records nothing, where nothing is to be removed.
func (l *Log) Prune(e Entry, before time.Time, keep func(Entry) bool) (PrunedSet, error) {
	l.rotateMu.Lock() // nor a rotation, nor another one
	defer l.rotateMu.Unlock()
	set, err := l.prune(e, before, keep)
	if err != nil {
		return PrunedSet{}, fmt.Errorf("prune record: %w", err)
	}
	return set, nil
}

func (l *Log) prune(e Entry, before time.Time, keep func(Entry) bool) (PrunedSet, error) {
	if err := l.Checkpoint(); err != nil {
		return PrunedSet{}, err
	}
	stubs, until, fresh, err := l.prunable(before, keep)
	if err != nil || fresh == 0 {
		return PrunedSet{}, err
	}
	set := setOf(stubs, until)
	e.Action, e.Pruned = AuditPrune, &set
	e.Detail = fmt.Sprintf("%d entries before %s, %d of them now", set.Count, before.UTC().Format(time.DateOnly), fresh)
	if _, err := l.Append(e); err != nil {
		return PrunedSet{}, err
	}
	if err := l.Checkpoint(); err != nil {
		return PrunedSet{}, err
	}
	set.Count = fresh
	return set, l.rewrite(stubs)
}

// prunable lists the entries that will be hashes alone, older ones among them; until is above all of them.
func (l *Log) prunable(before time.Time, keep func(Entry) bool) (stubs []span, until, fresh int64, err error) {
	v, err := l.view()
	if err != nil {
		return nil, 0, 0, err
	}
	defer v.close()
	add := func(i int64) {
		if n := len(stubs); n > 0 && stubs[n-1].to == i {
			stubs[n-1].to++
		} else {
			stubs = append(stubs, span{i, i + 1})
		}
		until = i + 1
	}
	err = v.lines(0, v.size, func(first int64, lines [][]byte) error {
		for i, raw := range lines {
			seq := first + int64(i)
			entry, err := Decode(raw)
			switch {
			case errors.Is(err, ErrPruned):
				add(seq)
			case err != nil:
				return &BrokenError{seq, entriesFile, err.Error()}
			case !entry.Time.Before(before):
				return errFound
			case keepForever(entry.Action) || keep != nil && keep(entry):
			default:
				add(seq)
				fresh++
			}
		}
		return nil
	})
	if errors.Is(err, errFound) {
		err = nil
	}
	return stubs, until, fresh, err
}

// rewrite puts a new entries file in the old one's place. Appending waits meanwhile.
func (l *Log) rewrite(stubs []span) error {
	release, err := l.own()
	if err != nil {
		return err
	}
	defer release()
	name := filepath.Join(l.dir, pruneFile)
	index, size, err := l.writePruned(name, stubs)
	if err != nil {
		return errors.Join(full(err), os.Remove(name))
	}
	path := filepath.Join(l.dir, entriesFile)
	if err := os.Rename(name, path); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0o600)
	if err = errors.Join(err, atomicfile.SyncDir(l.dir)); err != nil {
		return l.poisonLocked(err)
	}
	_ = l.entries.Close()
	l.entries, l.end, l.index = f, size, index
	if err := l.writeIndex(); err != nil {
		l.lagging = true
	}
	return nil
}

func (l *Log) writePruned(name string, stubs []span) (index []int64, size int64, err error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	out := bufio.NewWriterSize(f, 1<<20)
	end, err := scan(l.entries, 0, l.end, func(e *line, _ int64) error {
		if e.seq%indexEvery == 0 {
			index = append(index, size)
		}
		for len(stubs) > 0 && stubs[0].to <= e.seq {
			stubs = stubs[1:]
		}
		raw := e.raw
		if len(stubs) > 0 && stubs[0].from <= e.seq && !e.stub {
			if raw, err = json.Marshal(stub{e.seq, e.leaf[:]}); err != nil {
				return err
			}
		}
		size += int64(len(raw)) + 1
		_, _ = out.Write(raw) // Flush says what went wrong
		return out.WriteByte('\n')
	})
	if err == nil && end != l.end {
		err = &BrokenError{-1, entriesFile, "changed while the record is open"}
	}
	if err != nil {
		return nil, 0, err
	}
	if err := out.Flush(); err != nil {
		return nil, 0, err
	}
	return index, size, f.Sync()
}
