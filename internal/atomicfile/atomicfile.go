// Package atomicfile replaces files durably.
//
// Guarantee: after Write returns nil the new content survives a power cut, and whatever happens before that, the
// name holds either the whole old content or the whole new one. The temporary file lies in the same directory; it
// is removed on error and may stay behind after a crash under a name that ends in ".tmp".
package atomicfile

import (
	"fmt"
	"os"
	"path/filepath"
)

// Write replaces name with data, mode 0600: write to a temporary file, fsync it, rename it, fsync the directory.
func Write(name string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*.tmp")
	if err != nil {
		return fmt.Errorf("replace %s: %w", name, err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
			err = fmt.Errorf("replace %s: %w", name, err)
		}
	}()
	if _, err = f.Write(data); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), name); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(name))
}

// SyncDir makes the directory's own entries (creations, renames, removals) durable. It does nothing on Windows,
// where directories cannot be fsynced and NTFS journals its metadata.
func SyncDir(dir string) error { return syncDir(dir) }
