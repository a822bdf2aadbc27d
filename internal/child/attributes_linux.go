package child

import "syscall"

// attributes puts the child into a process group of its own, so that Ctrl+C in a terminal is the parent's to handle,
// and ties its life to the parent's.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
