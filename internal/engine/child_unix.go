//go:build unix

package engine

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"subrosa/internal/engine/proto"
)

// child is the process and the parent's end of the socket.
type child struct {
	conn   *os.File
	pid    int
	hung   atomic.Bool
	stderr *tail

	writing sync.Mutex
	done    chan struct{} // closed when the process is reaped; status is set then
	status  string
	signal  func(os.Signal) error
}

// environment is all that the child gets: no backtrace by a debugger on an abort, and the choice of a Vulkan device.
func environment() []string {
	env := []string{"GGML_NO_BACKTRACE=1"}
	for _, name := range []string{"GGML_VK_VISIBLE_DEVICES", "VK_ICD_FILENAMES", "CUDA_VISIBLE_DEVICES"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

func startChild(c Config) (*child, error) {
	// The child's working directory is another.
	path, err := filepath.Abs(c.Path)
	if err != nil {
		return nil, err
	}
	lib, err := filepath.Abs(c.LibDir)
	if err != nil {
		return nil, err
	}
	ours, theirs, err := socketpair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	ch := &child{conn: ours, stderr: &tail{}, done: make(chan struct{})}
	cmd := exec.Command(path, lib)
	cmd.Env = environment()
	cmd.Dir = "/"
	cmd.ExtraFiles = []*os.File{theirs, c.Model} // descriptors 3 and 4
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
	ch.pid = cmd.Process.Pid
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
	return os.NewFile(uintptr(fds[0]), "engine"), os.NewFile(uintptr(fds[1]), "parent"), nil
}

func (c *child) send(kind proto.Kind, body any) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	return proto.Write(c.conn, kind, body)
}

func (c *child) sendRaw(kind proto.Kind, body []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	return proto.WriteRaw(c.conn, kind, body)
}

// kill ends the child; os.Process knows when it is gone already, and leaves its number alone then.
func (c *child) kill() { _ = c.signal(os.Kill) }

// hangUp closes the socket for both directions, which ends the child, and with it receive.
func (c *child) hangUp() {
	raw, err := c.conn.SyscallConn()
	if err == nil {
		_ = raw.Control(func(fd uintptr) { _ = unix.Shutdown(int(fd), unix.SHUT_RDWR) })
	}
}

// reap waits for the end of a child whose socket has ended, and kills it when it takes longer than grace.
func (c *child) reap(grace time.Duration) (status, detail string) {
	c.hangUp()
	select {
	case <-c.done:
	case <-time.After(grace):
		c.hung.Store(true)
		c.kill()
		<-c.done
	}
	_ = c.conn.Close()
	return c.status, c.stderr.lastLine()
}

// tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const (
	maxTail   = 4 << 10 // bytes
	maxDetail = 300
)

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - maxTail; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return len(p), nil
}

func (t *tail) lastLine() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(t.buf)), "\n")
	last := strings.ToValidUTF8(strings.TrimSpace(lines[len(lines)-1]), "?")
	return last[:min(len(last), maxDetail)]
}

var _ io.Writer = (*tail)(nil)
