//go:build unix

package child

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Child is the process and the parent's end of the socket.
type Child struct {
	Conn *os.File
	PID  int
	Hung atomic.Bool // it did not answer in time and was killed for it

	stderr *tail
	done   chan struct{} // closed when the process is reaped; status is set then
	status string
	signal func(os.Signal) error
}

// Start starts the child. Errors: ErrMissing, ErrUnsupported, the system's.
func Start(c Command) (*Child, error) {
	path, err := filepath.Abs(c.Path) // the child's working directory is another
	if err != nil {
		return nil, err
	}
	ours, theirs, err := socketpair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	ch := &Child{Conn: ours, stderr: &tail{}, done: make(chan struct{})}
	cmd := exec.Command(path, c.Args...)
	cmd.Env = c.Env
	cmd.Dir = "/"
	cmd.ExtraFiles = append([]*os.File{theirs}, c.Files...) // from descriptor 3 on
	cmd.Stderr = ch.stderr
	cmd.WaitDelay = time.Second // for stderr, if something else holds it
	cmd.SysProcAttr = attributes()

	started := make(chan error)
	go func() {
		// PR_SET_PDEATHSIG counts the death of the thread that forked, not of the process: this thread stays until the
		// child is gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		_ = cmd.Wait() // the state says all there is to say
		ch.status = cmd.ProcessState.String()
		close(ch.done)
	}()
	if err := <-started; err != nil {
		_ = ours.Close()
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) || errors.Is(err, syscall.ENOEXEC) {
			return nil, fmt.Errorf("%w: %w", ErrMissing, err)
		}
		return nil, err
	}
	ch.PID = cmd.Process.Pid
	ch.signal = cmd.Process.Signal
	return ch, nil
}

// socketpair returns two connected sockets; neither passes to other children.
func socketpair() (ours, theirs *os.File, err error) {
	syscall.ForkLock.RLock()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fds[0])
		unix.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, fmt.Errorf("socketpair: %w", err)
	}
	if err := unix.SetNonblock(fds[0], true); err != nil {
		_, _ = unix.Close(fds[0]), unix.Close(fds[1])
		return nil, nil, fmt.Errorf("socketpair: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "child"), os.NewFile(uintptr(fds[1]), "parent"), nil
}

// Kill ends the child; os.Process knows when it is gone already, and leaves its number alone then.
func (c *Child) Kill() { _ = c.signal(os.Kill) }

// HangUp closes the socket for both directions: the child sees its end, and so does whoever reads from it here.
func (c *Child) HangUp() {
	raw, err := c.Conn.SyscallConn()
	if err == nil {
		_ = raw.Control(func(fd uintptr) { _ = unix.Shutdown(int(fd), unix.SHUT_RDWR) })
	}
}

// Reap hangs up, waits for the end of the child, and kills it when it takes longer than grace. Status says how it ended,
// such as "signal: killed", and detail is the last line on its stderr, 300 bytes at most. It is called once.
func (c *Child) Reap(grace time.Duration) (status, detail string) {
	c.HangUp()
	select {
	case <-c.done:
	case <-time.After(grace):
		c.Hung.Store(true)
		c.Kill()
		<-c.done
	}
	_ = c.Conn.Close()
	return c.status, c.stderr.lastLine()
}
