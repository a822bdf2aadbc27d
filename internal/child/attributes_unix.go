//go:build unix && !linux

package child

import "syscall"

// attributes puts the child into a process group of its own. There is no PR_SET_PDEATHSIG here: the child ends when
// its socket does.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
