package lockdown

import (
	"runtime/debug"

	"golang.org/x/sys/unix"
)

var hostABI = amd64

// socketInt80 calls i386's socket (359) through int $0x80 and returns a descriptor or a negative errno. On a kernel
// without 32-bit emulation it faults: the control tries it first.
func socketInt80(family, kind, proto uint32) int32

// archProbes are the other ways into this kernel. They come last: the i386 one may fault.
func archProbes() []probe {
	return []probe{
		{name: "x32 entry", call: "socket(AF_INET) with the x32 bit", want: unix.ENOSYS, run: func(ports) error {
			return opened(unix.RawSyscall(x32Bit|unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0))
		}},
		{name: "i386 entry", call: "socket(AF_INET) through int $0x80", want: unix.EPERM, needs: itsControl, run: i386},
	}
}

// i386 turns the fault of a kernel without 32-bit emulation into EFAULT.
func i386(ports) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			err = unix.EFAULT
		}
	}()
	fd := socketInt80(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if fd < 0 {
		return unix.Errno(-fd)
	}
	return unix.Close(int(fd))
}
