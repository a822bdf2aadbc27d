//go:build !linux && !windows

package export

import "syscall"

func drives() ([]Drive, error) { return nil, ErrNoDrives }

func space(path string) (size, free int64) {
	var s syscall.Statfs_t
	if syscall.Statfs(path, &s) != nil {
		return 0, 0
	}
	return int64(s.Blocks) * int64(s.Bsize), int64(s.Bavail) * int64(s.Bsize)
}
