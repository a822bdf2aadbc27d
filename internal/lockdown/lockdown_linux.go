//go:build linux && (amd64 || arm64)

package lockdown

import (
	"fmt"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Enforce loads the filter into all threads of this process, or returns why it could not. It sets no_new_privs, so
// setuid programs started later gain nothing. It is idempotent: where the filter is on already, inherited or loaded
// before, it does nothing and returns nil. There is no partial success: if one thread cannot take it, none has it.
func Enforce() error {
	if Enforced() {
		return nil
	}
	return load(program(hostABI))
}

// Enforced asks the kernel whether this package's filter is on, in this version of it.
func Enforced() bool {
	_, _, errno := unix.RawSyscall(unix.SYS_PIDFD_GETFD, ^uintptr(0), ^uintptr(0), markerFlags)
	return errno == markerErrno
}

func load(filter []bpf.Instruction) error {
	raw, err := bpf.Assemble(filter)
	if err != nil {
		return fmt.Errorf("assemble network filter: %w", err)
	}
	code := make([]unix.SockFilter, len(raw))
	for i, in := range raw {
		code[i] = unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	prog := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}

	// no_new_privs belongs to the thread; TSYNC carries it and the filter over to the others.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("set no_new_privs: %w", err)
	}
	tid, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&prog)))
	runtime.KeepAlive(code)
	if errno != 0 {
		return fmt.Errorf("load network filter: %w", errno)
	}
	if tid != 0 {
		return fmt.Errorf("load network filter: thread %d could not take it: %w", tid, unix.EBUSY)
	}
	return nil
}

// NoCoreDumps turns core dumps off, for children too (RLIMIT_CORE 0).
func NoCoreDumps() error {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("turn core dumps off: %w", err)
	}
	return nil
}

// HardenProcess turns core dumps off and makes the process undumpable: no core, and
// no ptrace or /proc/PID/mem from other processes of the same user. Execve makes children dumpable again.
//
// It is apart from Start because it has a price: /proc/self belongs to root then. A process that is not root can no
// longer open its own /proc/self/environ and /proc/self/mem, and no other process of the user can open its /proc/PID/root,
// which desktop portals do to tell who calls them. The bus, the keyring and AT-SPI go by the socket's credentials.
func HardenProcess() error {
	if err := NoCoreDumps(); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("make process undumpable: %w", err)
	}
	return nil
}

// Check is a proof under way: the filter is on, the control is still running.
type Check struct {
	started time.Time
	control *control
	inside  []error // this process's answers, by probe; nil means that the way is open
}

// Begin starts the control, enforces the filter and returns without waiting for the control, so that a window can go
// on starting. The control is another program whose main begins with ChildMain, or, for "", this program again: a
// program linked to WebKit takes 150 ms to load a second time, the engine takes 10. The error is Enforce's. The Check is
// never nil, and Wait must be called on it once.
func Begin(program string) (*Check, error) { return begin(program, Enforce) }

func begin(program string, enforce func() error) (*Check, error) {
	if program == "" {
		program = "/proc/self/exe"
	}
	c := &Check{started: time.Now(), control: startControl(program), inside: make([]error, len(probes))}
	err := enforce()
	for i, p := range probes {
		c.inside[i] = errNotTried
		if err == nil && p.needs == nothing {
			c.inside[i] = p.run(ports{})
		}
	}
	return c, err
}

// Wait waits for the control (at most ten seconds), runs the probes that need it, and compares.
func (c *Check) Wait() *Report {
	at, answers := c.control.results()
	for i, p := range probes {
		if p.needs != nothing && answers[i].err == nil {
			c.inside[i] = p.run(at)
		}
	}
	control := ""
	if failed := c.control.finish(answers); failed != nil {
		control = failed.Error()
	}
	r := report(c.inside, answers, control, c.control.pid())
	r.testimony = newTestimony(at, answers, control, r.ControlPID)
	r.Time = time.Now()
	r.Took = r.Time.Sub(c.started)
	return r
}

func report(inside []error, answers []answer, control string, pid int) *Report {
	r := &Report{
		Enforced: Enforced(), OS: runtime.GOOS + "/" + runtime.GOARCH, Deputies: deputies(), Control: control, ControlPID: pid,
	}
	for i, p := range probes {
		r.Rows = append(r.Rows, p.row(inside[i], answers[i]))
	}
	return r
}
