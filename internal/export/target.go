package export

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"

	"subrosa/internal/atomicfile"
)

// target is where an export is written. Tests put one in that fails, as a drive does that is pulled out.
type target interface {
	Mkdir(name string) error
	Create(name string) (file, error) // fs.ErrExist where the name is taken
	Rename(from, to string) error
	Sync(dir string, deep bool) error // makes the directory's own entries durable, or everything below it
}

type file interface {
	io.WriteCloser
	Sync() error
}

// disk is the operating system's file system, as seen from a directory on it.
type disk struct{ dir *os.File }

func openDisk(dir string) (disk, error) {
	f, err := os.Open(dir) // held open: what the system finds out about writes is told to those who looked before
	return disk{f}, err
}

func (d disk) Close() error { return d.dir.Close() }

func (disk) Mkdir(name string) error { return os.Mkdir(name, 0o700) }

func (disk) Create(name string) (file, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return newFile(f), nil
}

func (disk) Rename(from, to string) error {
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return fs.ErrExist
	}
	return os.Rename(from, to)
}

func (d disk) Sync(dir string, deep bool) error {
	if deep {
		return syncAll(d.dir, dir)
	}
	err := atomicfile.SyncDir(dir)
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return syncAll(d.dir, dir) // some drivers for foreign file systems know no fsync of a directory
	}
	return err
}

// uncached drops what the system remembers of a file that is durable, so that reading it back asks the drive.
func (disk) uncached(name string) {
	if f, err := os.Open(name); err == nil {
		dropCache(f, 0, 0)
		_ = f.Close()
	}
}
