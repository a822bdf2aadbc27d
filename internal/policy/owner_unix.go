//go:build unix

package policy

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// rootOnly returns nil if each name, and what a link of that name leads to, is root's and nobody else can write it.
func rootOnly(names ...string) error {
	root := rootHere()
	for _, name := range names {
		for _, stat := range []func(string) (os.FileInfo, error){os.Lstat, os.Stat} {
			info, err := stat(name)
			if err != nil {
				return err
			}
			owner, ok := info.Sys().(*syscall.Stat_t)
			link := info.Mode()&os.ModeSymlink != 0 // its own mode means nothing; its owner does
			if !ok || owner.Uid != root || info.Mode().Perm()&0o022 != 0 && !link {
				return fmt.Errorf("%w: %s", ErrOwner, name)
			}
		}
	}
	return nil
}

// rootHere is the number that root's files have here. The window's user namespace holds its user alone (user_namespaces(7)): root's
// files show the overflow number there, as those of other users do, which root alone could have put into a directory of root's. A user's own never
// do.
func rootHere() uint32 {
	mapped, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		return 0 // a system without
	}
	for line := range strings.Lines(string(mapped)) {
		if from, _, _ := strings.Cut(strings.TrimSpace(line), " "); from == "0" {
			return 0
		}
	}
	text, err := os.ReadFile("/proc/sys/kernel/overflowuid")
	if err != nil {
		return 0
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}
