//go:build !unix

package session

import (
	"errors"

	"github.com/gofrs/flock"
)

type homeLock struct{ lock *flock.Flock }

func takeHome(name string, _ int) (*homeLock, error) {
	lock := flock.New(name, flock.SetPermissions(0o600))
	got, err := lock.TryLock()
	if err != nil || !got {
		return nil, err
	}
	return &homeLock{lock}, nil
}

func (l *homeLock) release() error { return l.lock.Unlock() }

func (l *homeLock) inherit() (int, error) { return -1, errors.ErrUnsupported }
