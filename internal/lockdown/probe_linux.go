//go:build linux && (amd64 || arm64)

package lockdown

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// need is what a probe waits for when it runs under the filter.
type need int

const (
	nothing     need = iota
	itsControl       // only if the control survived the same probe
	itsListener      // the control's listener, which must then have seen nothing
)

// ports are the control's loopback listeners.
type ports struct{ tcp, udp int }

// probe is one way out. run returns nil if the way is open.
type probe struct {
	name, call string
	want       unix.Errno // the filter's answer; 0 if the way must stay open
	essential  bool
	needs      need
	run        func(ports) error
}

// probes is the matrix, in the order in which it is shown and run.
var probes = append([]probe{
	{name: "unix sockets", call: "socket(AF_UNIX)", essential: true, run: socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)},
	{name: "ipv4 tcp", call: "socket(AF_INET, SOCK_STREAM)", want: unix.EAFNOSUPPORT, essential: true, run: socket(unix.AF_INET, unix.SOCK_STREAM, 0)},
	{name: "ipv4 udp", call: "socket(AF_INET, SOCK_DGRAM)", want: unix.EAFNOSUPPORT, essential: true, run: socket(unix.AF_INET, unix.SOCK_DGRAM, 0)},
	{name: "ipv6 tcp", call: "socket(AF_INET6, SOCK_STREAM)", want: unix.EAFNOSUPPORT, run: socket(unix.AF_INET6, unix.SOCK_STREAM, 0)},
	{name: "ipv6 udp", call: "socket(AF_INET6, SOCK_DGRAM)", want: unix.EAFNOSUPPORT, run: socket(unix.AF_INET6, unix.SOCK_DGRAM, 0)},
	{name: "mptcp", call: "socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP)", want: unix.EAFNOSUPPORT, run: socket(unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_MPTCP)},
	{name: "raw ip", call: "socket(AF_INET, SOCK_RAW)", want: unix.EAFNOSUPPORT, run: socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)},
	{name: "packet", call: "socket(AF_PACKET)", want: unix.EAFNOSUPPORT, run: socket(unix.AF_PACKET, unix.SOCK_DGRAM, 0)},
	{name: "netlink", call: "socket(AF_NETLINK)", want: unix.EAFNOSUPPORT, run: socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE)},
	{name: "vsock", call: "socket(AF_VSOCK)", want: unix.EAFNOSUPPORT, run: socket(unix.AF_VSOCK, unix.SOCK_STREAM, 0)},
	{name: "io_uring", call: "io_uring_setup", want: unix.ENOSYS, run: ioUring},
	{name: "pidfd_getfd", call: "pidfd_getfd", want: unix.EPERM, run: copyDescriptor},
	{name: "loopback connection", call: "connect to a listener on 127.0.0.1", want: unix.EAFNOSUPPORT, needs: itsListener, run: connectTCP},
	{name: "name lookup", call: "DNS query to a listener on 127.0.0.1", want: unix.EAFNOSUPPORT, needs: itsListener, run: queryDNS},
}, archProbes()...)

// errNotTried is a probe's answer before it has run.
var errNotTried = errors.New("not tried")

// row compares the two sides. Anything but the filter's own answer is not a block, and open is open, with or without a
// control.
func (p probe) row(inside error, control answer) Row {
	r := Row{Name: p.name, ControlWorks: control.err == nil, essential: p.essential}
	r.Detail = fmt.Sprintf("%s here: %s; control: %s", p.call, say(inside), say(control.err))
	if p.needs == itsListener {
		r.Detail += fmt.Sprintf("; arrived from here: %d", control.arrived)
	}
	switch {
	case p.want == 0 && inside == nil:
		r.Verdict = Works
	case p.want == 0:
		r.Verdict = Broken
	case inside == nil || control.arrived > 0:
		r.Verdict = NotBlocked
	case !r.ControlWorks:
		r.Verdict = NoControl
	case errors.Is(inside, p.want):
		r.Verdict, r.Blocked = Blocked, true
	default:
		r.Verdict = NotBlocked
	}
	return r
}

func say(err error) string {
	if err == nil {
		return "open"
	}
	return err.Error()
}

func socket(family, kind, proto int) func(ports) error {
	return func(ports) error {
		fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, proto)
		if err != nil {
			return err
		}
		return unix.Close(fd)
	}
}

// opened closes what a raw call opened.
func opened(fd, _ uintptr, errno unix.Errno) error {
	if errno != 0 {
		return errno
	}
	return unix.Close(int(fd))
}

func ioUring(ports) error {
	var params [120]byte // struct io_uring_params
	return opened(unix.Syscall(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(&params)), 0))
}

func copyDescriptor(ports) error {
	self, err := unix.PidfdOpen(unix.Getpid(), 0)
	if err != nil {
		return err
	}
	defer unix.Close(self)
	fd, err := unix.PidfdGetfd(self, self, 0)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

func connectTCP(to ports) error { return reach(unix.SOCK_STREAM, to.tcp, []byte("subrosa")) }

// queryDNS sends a standard query for the A record of subrosa.invalid (RFC 1035, section 4).
func queryDNS(to ports) error {
	return reach(unix.SOCK_DGRAM, to.udp, []byte("\x53\x52\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"+
		"\x07subrosa\x07invalid\x00\x00\x01\x00\x01"))
}

func reach(kind, port int, payload []byte) error {
	fd, err := unix.Socket(unix.AF_INET, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.Connect(fd, loopback(port)); err != nil {
		return err
	}
	_, err = unix.Write(fd, payload)
	return err
}

func loopback(port int) *unix.SockaddrInet4 {
	return &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}
}

// deputies lists name services that take a connection over AF_UNIX: the filter does not stop them from asking a server.
func deputies() []string {
	var found []string
	for _, path := range []string{"/run/systemd/resolve/io.systemd.Resolve", "/run/nscd/socket", "/var/run/nscd/socket"} {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			return found
		}
		if unix.Connect(fd, &unix.SockaddrUnix{Name: path}) == nil {
			found = append(found, path+" looks names up")
		}
		_ = unix.Close(fd)
	}
	return found
}
