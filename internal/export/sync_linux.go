package export

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// syncAll flushes the file system that mounted is on: one call for the thousands of small files of a tree.
func syncAll(mounted *os.File, _ string) error { return unix.Syncfs(int(mounted.Fd())) }

// dropCache makes the system forget what it remembers of a file, from one place to another, 0 being the end.
func dropCache(f *os.File, from, to int64) {
	_ = unix.Fadvise(int(f.Fd()), from, max(to-from, 0), unix.FADV_DONTNEED)
}

// behind is a file that is written once, from its beginning to its end, and whose content nobody here reads from memory. It
// asks for what was written to be put on the drive right away and makes the system forget what is there: so writing goes on
// while the drive works, memory is not filled with the bundle at the cost of everything else, and there is little left to
// wait for in the end. Sync makes it durable as ever.
type behind struct {
	*os.File
	at      int64 // written
	asked   int64 // of that, on its way
	settled int64 // of that, there
}

const behindBy = 4 << 20

func newFile(f *os.File) file { return &behind{File: f} }

func (b *behind) Write(p []byte) (int, error) {
	n, err := b.File.Write(p)
	b.at += int64(n)
	if err == nil && b.at-b.asked >= behindBy {
		err = b.push()
	}
	return n, err
}

func (b *behind) push() error {
	const ask, wait = unix.SYNC_FILE_RANGE_WRITE, unix.SYNC_FILE_RANGE_WAIT_BEFORE | unix.SYNC_FILE_RANGE_WRITE | unix.SYNC_FILE_RANGE_WAIT_AFTER
	fd := int(b.Fd())
	err := unix.SyncFileRange(fd, b.asked, b.at-b.asked, ask)
	if err == nil && b.asked > b.settled {
		if err = unix.SyncFileRange(fd, b.settled, b.asked-b.settled, wait); err == nil {
			dropCache(b.File, b.settled, b.asked)
		}
	}
	b.settled, b.asked = b.asked, b.at
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ESPIPE) {
		return nil // a file system that knows nothing of it: Sync does all of it
	}
	return err
}
