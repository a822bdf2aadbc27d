package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"subrosa/internal/lockdown"
	"subrosa/internal/sandbox"
)

// A lock replaces this process by a fresh one (ADR 22): Go cannot wipe its strings, GTK and the web view keep what they
// drew, and a process that has ended keeps nothing.

// takeoverFlag names the descriptor that a successor reads its handover from.
const takeoverFlag = "taken-over"

// handover is what the successor is told. Nothing in it is secret.
type handover struct {
	Home   int             `json:"home"`   // the data directory's lock
	Proof  json.RawMessage `json:"proof"`  // that the network was shown to be blocked
	Window geometry        `json:"window"` // where the window was
	Reason string          `json:"reason"` // why it locked
}

// replace ends every child, and then becomes a fresh process of the same program. It returns only if that fails; the
// caller must then end the process.
func replace(h handover, box *sandbox.Sandbox) error {
	told, err := memfile(h)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if _, err := os.Stat(self); err != nil {
		self = "/proc/self/exe" // the file was replaced or removed meanwhile
	}
	if err := errors.Join(endChildren(box.Helper), box.Renew()); err != nil {
		return err
	}
	keep := []int{h.Home, told}
	if box.Socket >= 0 {
		keep = append(keep, box.Socket) // or the helper would end
	}
	if err := closeOnExec(keep...); err != nil {
		return err
	}
	args := slices.DeleteFunc(slices.Clone(os.Args), func(a string) bool { return strings.HasPrefix(a, "-"+takeoverFlag+"=") })
	args = slices.Insert(args, 1, fmt.Sprintf("-%s=%d", takeoverFlag, told))
	return unix.Exec(self, args, os.Environ())
}

// memfile writes the handover where a successor finds it and nobody can change it.
func memfile(h handover) (int, error) {
	b, err := json.Marshal(h)
	if err != nil {
		return -1, err
	}
	fd, err := unix.MemfdCreate("subrosa-handover", unix.MFD_ALLOW_SEALING)
	if err != nil {
		return -1, fmt.Errorf("hand over: %w", err)
	}
	if _, err := unix.Pwrite(fd, b, 0); err != nil {
		return -1, fmt.Errorf("hand over: %w", err)
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_WRITE|unix.F_SEAL_GROW|unix.F_SEAL_SHRINK|unix.F_SEAL_SEAL); err != nil {
		return -1, fmt.Errorf("hand over: %w", err)
	}
	return fd, nil
}

// takenOver reads what a predecessor handed over, and closes it.
func takenOver(fd int) (handover, error) {
	var h handover
	f := os.NewFile(uintptr(fd), "handover")
	if f == nil {
		return h, errors.New("no handover")
	}
	defer func() { _ = f.Close() }()
	const most = 64 << 10
	b := make([]byte, most)
	n, err := f.ReadAt(b, 0)
	if n == 0 || n == most {
		return h, fmt.Errorf("read the handover: %w", err)
	}
	if err := json.Unmarshal(b[:n], &h); err != nil {
		return h, fmt.Errorf("read the handover: %w", err)
	}
	unix.CloseOnExec(h.Home)
	return h, nil
}

// endChildren kills the web view's processes and whatever else this process started, their children too, and waits until
// they are gone. The sandbox's helper is left: it has no keys, and the successor has no other.
func endChildren(helper int) error {
	const patience = 3 * time.Second
	for deadline := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		children := descendants(os.Getpid(), helper)
		if len(children) == 0 {
			return nil
		}
		for _, pid := range children {
			_ = unix.Kill(pid, unix.SIGKILL)
			_, _ = unix.Wait4(pid, nil, unix.WNOHANG, nil) // GLib or os/exec may be first
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("processes %v do not end", children)
		}
	}
}

// descendants lists the processes below pid, also those that have ended and that nobody waited for, but not what is below and at but.
func descendants(pid, but int) []int {
	parents := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		b, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		// "PID (NAME) STATE PPID ...", and the name may hold anything.
		rest := string(b[strings.LastIndexByte(string(b), ')')+1:])
		fields := strings.Fields(rest)
		child, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if err != nil || len(fields) < 2 {
			continue
		}
		parent, err := strconv.Atoi(fields[1])
		if err == nil && child != but {
			parents[parent] = append(parents[parent], child)
		}
	}
	var list []int
	for todo := parents[pid]; len(todo) > 0; todo = todo[1:] {
		list = append(list, todo[0])
		todo = append(todo, parents[todo[0]]...)
	}
	return list
}

// closeOnExec marks every descriptor but the standard ones and keep.
func closeOnExec(keep ...int) error {
	dir, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return fmt.Errorf("list descriptors: %w", err)
	}
	for _, e := range dir {
		fd, err := strconv.Atoi(e.Name())
		if err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
	for _, fd := range keep {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, 0); err != nil {
			return fmt.Errorf("keep descriptor %d: %w", fd, err)
		}
	}
	return nil
}

// harden makes the process undumpable as well: no other program of the user can read its memory.
func harden() error { return lockdown.HardenProcess() }
