//go:build linux && (amd64 || arm64)

package lockdown

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"golang.org/x/sys/unix"
)

// controlArgument makes a program run as the control; ChildMain looks for it. It does no harm if typed by hand.
const controlArgument = "__lockdown-control"

// controlLimit is how long a control may take before it is killed and its rows have no control.
const controlLimit = 10 * time.Second

// ChildMain must be the first line of main. In the control child it does the child's work and does not return; anywhere
// else it returns false.
func ChildMain() bool {
	if len(os.Args) != 2 || os.Args[1] != controlArgument {
		return false
	}
	if err := controlMain(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
	return true
}

// controlMain writes "ports TCP UDP", a line "INDEX ERRNO" for each probe, waits for end of input, and writes
// "arrived TCP UDP", the connections and datagrams that reached its listeners and were not its own.
func controlMain(in io.Reader, out io.Writer) error {
	l, at := listen()
	if _, err := fmt.Fprintln(out, "ports", at.tcp, at.udp); err != nil {
		return err
	}
	for i, p := range probes {
		err := p.run(at)
		if tcp, udp := drain(l); err == nil && p.needs == itsListener && tcp+udp != 1 {
			err = unix.ENOMSG // sent, and not seen
		}
		var errno unix.Errno
		if err != nil && !errors.As(err, &errno) {
			errno = unix.EIO
		}
		if _, err := fmt.Fprintln(out, i, int(errno)); err != nil {
			return err
		}
	}
	if _, err := io.Copy(io.Discard, in); err != nil {
		return err
	}
	tcp, udp := drain(l)
	_, err := fmt.Fprintln(out, "arrived", tcp, udp)
	return err
}

// listeners are the descriptors behind ports, -1 where there is none.
type listeners struct{ tcp, udp int }

// listen opens what it can. Without IPv4 or a loopback device the two probes that need it fail, and the others run.
func listen() (l listeners, at ports) {
	var err error
	if l.tcp, at.tcp, err = bind(unix.SOCK_STREAM); err == nil {
		err = unix.Listen(l.tcp, 8)
	}
	if err != nil {
		return listeners{-1, -1}, ports{}
	}
	if l.udp, at.udp, err = bind(unix.SOCK_DGRAM); err != nil {
		l.udp, at.udp = -1, 0
	}
	return l, at
}

func bind(kind int) (fd, port int, err error) {
	if fd, err = unix.Socket(unix.AF_INET, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0); err != nil {
		return -1, 0, err
	}
	if err = unix.Bind(fd, loopback(0)); err != nil {
		return fd, 0, err
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return fd, 0, err
	}
	in4, ok := name.(*unix.SockaddrInet4)
	if !ok {
		return fd, 0, unix.EAFNOSUPPORT
	}
	return fd, in4.Port, nil
}

// drain takes what has arrived at the listeners and counts it. On loopback a send that returned has arrived.
func drain(l listeners) (tcp, udp int) {
	for {
		fd, _, err := unix.Accept4(l.tcp, unix.SOCK_CLOEXEC)
		if err != nil {
			break
		}
		_ = unix.Close(fd)
		tcp++
	}
	var datagram [512]byte
	for {
		if _, _, err := unix.Recvfrom(l.udp, datagram[:], 0); err != nil {
			break
		}
		udp++
	}
	return tcp, udp
}

// control is the parent's end of the child.
type control struct {
	cmd    *exec.Cmd
	cancel context.CancelFunc
	in     io.WriteCloser
	out    *bufio.Reader
	err    error // the first thing that went wrong
}

// answer is what the control said about one probe: nil if the way is open to it, and, for probes of its listeners, how
// much of this process's traffic reached them.
type answer struct {
	err     error
	arrived int
}

func startControl(program string) *control {
	ctx, cancel := context.WithTimeout(context.Background(), controlLimit)
	c := &control{cancel: cancel}
	c.cmd = exec.CommandContext(ctx, program, controlArgument)
	c.cmd.Args[0] = "subrosa-lockdown-control"
	// No Pdeathsig: it follows the thread that started the child, and that thread may end. End of input ends the child.
	if err := c.start(); err != nil {
		c.err = fmt.Errorf("start control: %w", err)
	}
	return c
}

func (c *control) start() (err error) {
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	c.out = bufio.NewReader(out)
	return c.cmd.Start()
}

func (c *control) pid() int {
	if c.cmd.Process == nil {
		return 0
	}
	return c.cmd.Process.Pid
}

// results reads what the control found, probe by probe. If it ends early, the answers that are missing are its error.
func (c *control) results() (ports, []answer) {
	var at ports
	answers := make([]answer, len(probes))
	c.scan("ports %d %d\n", &at.tcp, &at.udp)
	for i := range answers {
		var index, errno int
		if c.scan("%d %d\n", &index, &errno); c.err == nil && index != i {
			c.err = fmt.Errorf("read control: probe %d where %d was due", index, i)
		}
		switch {
		case c.err != nil:
			answers[i].err = c.err
		case errno != 0:
			answers[i].err = unix.Errno(errno)
		}
	}
	return at, answers
}

// finish lets the control end and adds to the answers what reached its listeners. A listener that does not say what it
// saw is no control.
func (c *control) finish(answers []answer) error {
	defer c.cancel()
	started := c.cmd.Process != nil
	if started {
		_ = c.in.Close()
	}
	var tcp, udp int
	c.scan("arrived %d %d\n", &tcp, &udp)
	for i, p := range probes {
		if p.needs != itsListener {
			continue
		}
		if c.err != nil {
			answers[i].err = c.err
		}
		answers[i].arrived = tcp + udp
	}
	if !started {
		return c.err
	}
	if err := c.cmd.Wait(); err != nil && c.err == nil {
		c.err = fmt.Errorf("control: %w", err)
	}
	return c.err
}

// scan reads one line, unless something went wrong before.
func (c *control) scan(format string, into ...any) {
	if c.err != nil {
		return
	}
	if _, err := fmt.Fscanf(c.out, format, into...); err != nil {
		c.err = fmt.Errorf("read control: %w", err)
	}
}
