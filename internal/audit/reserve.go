package audit

import (
	"os"
	"path/filepath"
)

// reserveFile holds space for the entries, and for what else must still be written, when the disk is full.
const (
	reserveFile = "reserve"
	reserveSize = 4 << 20
)

// setAside makes the reserve, where it is not there. It answers ErrDiskFull where there is no room for it.
func (l *Log) setAside() error {
	if l.reserve {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(l.dir, reserveFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return full(err)
	}
	err = allocate(f, reserveSize)
	if err != nil {
		_ = f.Truncate(0)
	}
	_ = f.Close()
	l.reserve = err == nil
	return full(err)
}

// useReserve gives the reserved space back to the disk, and reports whether there was any.
func (l *Log) useReserve() bool {
	if !l.reserve {
		return false
	}
	l.reserve = false
	return os.Truncate(filepath.Join(l.dir, reserveFile), 0) == nil
}

// UseReserve frees the space that was set aside, for another store on the same disk that must end something. It reports
// whether there was any. The next action that begins something waits until there is room for a new reserve.
func (l *Log) UseReserve() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.useReserve()
}

// fill is for file systems that cannot reserve.
func fill(f *os.File, size int64) error {
	info, err := f.Stat()
	if err != nil || info.Size() >= size {
		return err
	}
	zeros := make([]byte, 1<<20)
	for at := int64(0); at < size; at += int64(len(zeros)) {
		if _, err := f.WriteAt(zeros, at); err != nil {
			return err
		}
	}
	return f.Sync()
}
