//go:build unix

package policy

import (
	"fmt"
	"os"
	"syscall"
)

// rootOnly returns nil if each name, and what a link of that name leads to, is root's and nobody else can write it.
func rootOnly(names ...string) error {
	for _, name := range names {
		for _, stat := range []func(string) (os.FileInfo, error){os.Lstat, os.Stat} {
			info, err := stat(name)
			if err != nil {
				return err
			}
			owner, ok := info.Sys().(*syscall.Stat_t)
			link := info.Mode()&os.ModeSymlink != 0 // its own mode means nothing; its owner does
			if !ok || owner.Uid != 0 || info.Mode().Perm()&0o022 != 0 && !link {
				return fmt.Errorf("%w: %s", ErrOwner, name)
			}
		}
	}
	return nil
}
