package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Head is the newest state of a log, as it is remembered outside of its directory.
type Head struct {
	TreeHead
	Epoch int // how often the signing key was changed
}

// HeadStore remembers a head where whoever puts back an older copy of the directory does not reach: the desktop keyring.
type HeadStore interface {
	// LoadHead returns false where none was stored.
	LoadHead(ctx context.Context) (Head, bool, error)
	StoreHead(ctx context.Context, h Head) error
}

// RollbackError means that the log is older than it was, or another one.
type RollbackError struct {
	Have int64  // entries in it
	Seen int64  // entries that it had when By last saw it
	By   string // keyring, witness, history
}

func (e *RollbackError) Error() string {
	if e.Have < e.Seen {
		return fmt.Sprintf("the record has %d entries, and had %d when the %s last saw it", e.Have, e.Seen, e.By)
	}
	return fmt.Sprintf("the first %d entries of the record are not those that the %s saw", e.Seen, e.By)
}

// ErrHead means that the head could not be read or stored.
var ErrHead = errors.New("the record's newest head cannot be kept")

const headTimeout = 5 * time.Second

// checkHead compares the log with the head that was remembered. A log that is ahead of it was not closed in order; one
// that is behind, or beside it, is read but no longer written.
func (l *Log) checkHead(ctx context.Context) error {
	if l.head == nil {
		return nil
	}
	head, found, err := l.head.LoadHead(ctx)
	if err != nil { // nobody can say whether this is the newest copy: it is read, and no longer written
		l.failed = fmt.Errorf("%w: %w", ErrHead, err)
		return nil
	}
	if !found {
		l.repaired.HeadMissing = l.tree.size > 0
		return nil
	}
	return l.Compare(head.TreeHead, "keyring")
}

// Compare stops the log, but for reading, where it does not continue the head that by remembers: *RollbackError from
// then on. It returns an error only where that cannot be found out.
func (l *Log) Compare(seen TreeHead, by string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.continuesLocked(seen, by)
	rollback, ok := errors.AsType[*RollbackError](err)
	if ok && l.failed == nil {
		l.failed = rollback
	}
	if ok {
		return nil
	}
	return err
}

// continuesLocked tells whether the log begins with the entries of seen.
func (l *Log) continuesLocked(seen TreeHead, by string) error {
	root, err := tlog.ParseHash(seen.Root)
	if err != nil || seen.Size < 0 {
		return fmt.Errorf("%w: not a head", ErrHead)
	}
	rollback := &RollbackError{Have: l.tree.size, Seen: seen.Size, By: by}
	switch {
	case seen.Size > l.tree.size:
		return rollback
	case seen.Size == 0:
		return nil
	}
	if provesPrefix(storedHashes{l.hashes}, l.tree.size, l.tree.root(), seen.Size, root) {
		return nil
	}
	// The stored hashes may be at fault.
	if err := l.rebuildLocked(); err != nil {
		return err
	}
	if provesPrefix(storedHashes{l.hashes}, l.tree.size, l.tree.root(), seen.Size, root) {
		return nil
	}
	return rollback
}

// provesPrefix tells whether a tree continues an older one. The hashes need not be trusted: they prove both roots.
func provesPrefix(hashes tlog.HashReader, size int64, root tlog.Hash, oldSize int64, oldRoot tlog.Hash) bool {
	if oldSize == size {
		return root == oldRoot
	}
	proof, err := tlog.ProveTree(size, oldSize, hashes)
	return err == nil && tlog.CheckTree(proof, size, root, oldSize, oldRoot) == nil
}

// rebuildLocked reads all entries again and makes the derived files good.
func (l *Log) rebuildLocked() error {
	if !l.quick && !l.lagging {
		return nil
	}
	for l.writing {
		l.idle.Wait()
	}
	signed := checkpoint{l.origin, l.tree.size, l.tree.root()}
	c, sink := l.fromTheStart(signed)
	if err := c.run(l.entries, l.end); err != nil {
		return l.poisonLocked(err)
	}
	if err := errors.Join(sink.finish(), l.writeIndex()); err != nil {
		return full(err)
	}
	l.quick, l.lagging = false, false
	return nil
}

// storeHead remembers the newest head. Only its own caller waits for the keyring.
func (l *Log) storeHead() error {
	if l.head == nil {
		return nil
	}
	l.headMu.Lock()
	defer l.headMu.Unlock()
	l.mu.Lock()
	head, closed := Head{l.tree.head(), len(l.keys.epochs) - 1}, l.closed
	l.mu.Unlock()
	if closed || head == l.headStored {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), headTimeout)
	defer cancel()
	err := l.head.StoreHead(ctx, head)
	if err == nil {
		l.headStored = head
	} else {
		err = fmt.Errorf("%w: %w", ErrHead, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.headErr = err
	return err
}

// HeadError returns why the newest head could not be remembered, or nil. Until it is, an older copy of the log may not be
// found out; the log goes on.
func (l *Log) HeadError() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.headErr
}

// Adopt goes on with a log that was put back from a backup, after a *RollbackError. e says who wants that; it is put on
// record with the head that was lost, as an anomaly.
func (l *Log) Adopt(e Entry) error {
	l.mu.Lock()
	rollback, ok := errors.AsType[*RollbackError](l.failed)
	if !ok {
		l.mu.Unlock()
		return errors.New("adopt record: it was not rolled back")
	}
	l.failed = nil
	l.mu.Unlock()
	e.Action, e.Result = Anomaly, "rollback_accepted"
	e.Detail = fmt.Sprintf("%v; it goes on from %d", rollback, rollback.Have)
	if _, err := l.Append(e); err != nil {
		return err
	}
	return l.Checkpoint()
}
