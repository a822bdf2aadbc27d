//go:build !linux

package export

import (
	"io/fs"
	"os"
	"path/filepath"
)

// syncAll flushes file by file where a file system cannot be flushed as a whole.
func syncAll(_ *os.File, dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		return f.Sync()
	})
}

func dropCache(*os.File, int64, int64) {}

func newFile(f *os.File) file { return f }
