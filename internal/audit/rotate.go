package audit

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
)

// Rotate makes next sign from here on. An entry that the old key signs names the new one. The caller has made next
// durable before, and gives it to every OpenWith from then on. e says who asked.
func (l *Log) Rotate(e Entry, next ed25519.PrivateKey) (int64, error) {
	l.rotateMu.Lock()
	defer l.rotateMu.Unlock()
	seq, err := l.rotate(e, next)
	if err == nil {
		err = l.Checkpoint()
	}
	if err != nil {
		return 0, fmt.Errorf("rotate key: %w", err)
	}
	return seq, nil
}

// Epochs returns how many keys have signed the log, one after the other.
func (l *Log) Epochs() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.keys.epochs)
}

func (l *Log) rotate(e Entry, next ed25519.PrivateKey) (int64, error) {
	if len(next) != ed25519.PrivateKeySize {
		return 0, errors.New("no signing key")
	}
	vkey, err := l.verifierKey(next)
	if err != nil {
		return 0, err
	}
	e.Action, e.Key = AuditKeyRotate, vkey
	d, err := e.draft()
	if err != nil {
		return 0, err
	}
	l.mu.Lock()
	if l.keys.holds(vkey) {
		l.mu.Unlock()
		return 0, errors.New("the key has been in force before")
	}
	p, err := l.enqueueLocked(d)
	if err != nil {
		l.mu.Unlock()
		return 0, err
	}
	p.in.next = bytes.Clone(next)
	l.mu.Unlock()
	return l.settle(p)
}

// rotatedLocked takes the key that the last entry of a durable batch names: first into the file key, where a checkpoint must
// find it.
func (l *Log) rotatedLocked(b *batch) error {
	l.signers = append(l.signers[:len(l.keys.epochs)], b.next)
	if err := l.keys.rotate(b.entries[len(b.entries)-1].line); err != nil {
		return err
	}
	return l.writeKeys()
}

// own takes the part of the one who writes, when nobody does. The others queue up until release.
func (l *Log) own() (release func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.writing {
		l.idle.Wait()
	}
	if err := l.usableLocked(); err != nil {
		return nil, err
	}
	l.writing = true
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.failed != nil {
			l.dropQueueLocked(l.failed)
		}
		l.handOnLocked()
	}, nil
}
