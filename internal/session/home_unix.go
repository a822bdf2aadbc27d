//go:build unix

package session

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// homeLock is a data directory taken: flock on a file in it, which belongs to the open descriptor and so passes through
// execve with it.
type homeLock struct{ file *os.File }

// takeHome returns nil without an error when another process has it. inherited is a predecessor's descriptor, -1 for none.
func takeHome(name string, inherited int) (*homeLock, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if inherited >= 0 && sameFile(file, inherited) {
		_ = file.Close()
		unix.CloseOnExec(inherited)
		file = os.NewFile(uintptr(inherited), name)
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return &homeLock{file}, nil
	}
	_ = file.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, nil
	}
	return nil, fmt.Errorf("lock %s: %w", name, err)
}

func sameFile(file *os.File, fd int) bool {
	var a, b unix.Stat_t
	return unix.Fstat(int(file.Fd()), &a) == nil && unix.Fstat(fd, &b) == nil && a.Dev == b.Dev && a.Ino == b.Ino
}

// release gives the directory back.
func (l *homeLock) release() error { return l.file.Close() }

// inherit lets the descriptor pass through execve.
func (l *homeLock) inherit() (int, error) {
	fd := int(l.file.Fd())
	_, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, 0)
	return fd, err
}
