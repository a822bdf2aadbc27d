//go:build linux && (amd64 || arm64)

package lockdown

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Seal leaves this process what it has: its memory, its threads, and the descriptors that are open, to read from and to
// write to. From here on it opens no file and no socket of any kind, starts no process, signals nobody, and makes no
// memory executable. It is for a process that is about to read what somebody hostile may have written, once all that it
// needs is loaded; Confine and Enforce come first. It cannot be undone.
func Seal() error {
	if err := load(sealed(hostABI, uint32(os.Getpid()))); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	return nil
}

// sealed is a list of what is allowed: what Go's runtime calls, and reading and writing. All else is EPERM.
func sealed(a abi, pid uint32) []bpf.Instruction {
	load := func(off uint32) bpf.Instruction { return bpf.LoadAbsolute{Off: off, Size: 4} }
	allow, refuse := bpf.RetConstant{Val: retAllow}, bpf.RetConstant{Val: retErrno | errPerm}
	argument := func(n uint32) uint32 { return offArgs + 8*n } // the low half
	p := []bpf.Instruction{
		load(offArch),
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: a.audit, SkipTrue: 1},
		refuse,
		load(offNumber),
	}
	for _, call := range []uint32{
		unix.SYS_READ, unix.SYS_WRITE, unix.SYS_READV, unix.SYS_WRITEV, unix.SYS_CLOSE, unix.SYS_LSEEK, unix.SYS_FCNTL,
		unix.SYS_EPOLL_CREATE1, unix.SYS_EPOLL_CTL, unix.SYS_EPOLL_PWAIT, unix.SYS_EVENTFD2,
		unix.SYS_MUNMAP, unix.SYS_MADVISE, unix.SYS_BRK, unix.SYS_MINCORE,
		unix.SYS_FUTEX, unix.SYS_SCHED_YIELD, unix.SYS_SCHED_GETAFFINITY, unix.SYS_SET_ROBUST_LIST, unix.SYS_RSEQ,
		unix.SYS_RT_SIGACTION, unix.SYS_RT_SIGPROCMASK, unix.SYS_RT_SIGRETURN, unix.SYS_SIGALTSTACK, unix.SYS_RESTART_SYSCALL,
		unix.SYS_NANOSLEEP, unix.SYS_CLOCK_NANOSLEEP, unix.SYS_CLOCK_GETTIME, unix.SYS_GETTIMEOFDAY,
		unix.SYS_GETPID, unix.SYS_GETTID, unix.SYS_GETRANDOM, unix.SYS_EXIT, unix.SYS_EXIT_GROUP,
	} {
		p = append(p, bpf.JumpIf{Cond: bpf.JumpEqual, Val: call, SkipFalse: 1}, allow)
	}
	for _, call := range []uint32{unix.SYS_MMAP, unix.SYS_MPROTECT} { // the third argument is the protection of both
		p = append(p, bpf.JumpIf{Cond: bpf.JumpEqual, Val: call, SkipFalse: 4},
			load(argument(2)), bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: unix.PROT_EXEC, SkipFalse: 1}, refuse, allow)
	}
	return append(p,
		// A thread, and no process. clone3 hides its flags behind a pointer: who is told that there is none uses clone.
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SYS_CLONE3, SkipFalse: 1}, bpf.RetConstant{Val: retErrno | errNoSys},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SYS_CLONE, SkipFalse: 4},
		load(argument(0)), bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: unix.CLONE_THREAD, SkipTrue: 1}, refuse, allow,
		// Go's scheduler interrupts its own threads.
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SYS_TGKILL, SkipFalse: 4},
		load(argument(0)), bpf.JumpIf{Cond: bpf.JumpEqual, Val: pid, SkipTrue: 1}, refuse, allow,
		refuse,
	)
}

// Limit bounds what this process may take, for good: bytes of memory that it can write to, and seconds of processor
// time over all threads, after which the kernel kills it.
func Limit(memory, seconds uint64) error {
	for what, limit := range map[int]uint64{unix.RLIMIT_DATA: memory, unix.RLIMIT_CPU: seconds, unix.RLIMIT_FSIZE: 0} {
		if err := unix.Setrlimit(what, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
			return fmt.Errorf("limit: %w", err)
		}
	}
	return nil
}

// SealProbe tries from inside what a sealed process must not do. Victim is a process to signal: the parent. It does no
// harm where something succeeds.
func SealProbe(victim int) []Attempt {
	opened := func(fd int, err error) error {
		if err == nil {
			_ = unix.Close(fd)
		}
		return err
	}
	open := func(name string, flags int) error { return opened(unix.Open(name, flags|unix.O_CLOEXEC, 0)) }
	socket := func(family, kind int) error { return opened(unix.Socket(family, kind|unix.SOCK_CLOEXEC, 0)) }
	pair, pairErr := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if pairErr == nil {
		_, _ = unix.Close(pair[0]), unix.Close(pair[1])
	}
	// An unconfined one ends at once.
	pid, _, fork := unix.RawSyscall6(unix.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
	if fork == 0 && pid == 0 {
		_, _, _ = unix.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
	}
	if fork == 0 {
		_, _ = unix.Wait4(int(pid), nil, 0, nil)
	}
	code, codeErr := unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_ANON)
	if codeErr == nil {
		_ = unix.Munmap(code)
	}
	data, err := unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err == nil {
		err = unix.Mprotect(data, unix.PROT_READ|unix.PROT_EXEC)
		_ = unix.Munmap(data)
	}
	// Of one that it does not trace: an unconfined process is told that there is none such.
	_, _, ptrace := unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_DETACH, uintptr(victim), 0, 0, 0, 0)
	_, _, memory := unix.RawSyscall6(unix.SYS_PROCESS_VM_READV, uintptr(victim), 0, 0, 0, 0, 0)
	return []Attempt{
		tried("open its own program", open("/proc/self/exe", unix.O_RDONLY), unix.EPERM),
		tried("open the null device", open("/dev/null", unix.O_RDONLY), unix.EPERM),
		tried("list a directory", open("/", unix.O_RDONLY|unix.O_DIRECTORY), unix.EPERM),
		tried("look at a file", unix.Stat("/", &unix.Stat_t{}), unix.EPERM),
		tried("make a file in memory", opened(unix.MemfdCreate("probe", unix.MFD_CLOEXEC)), unix.EPERM),
		tried("open a socket", socket(unix.AF_INET, unix.SOCK_STREAM), unix.EPERM),
		tried("open a socket of this machine", socket(unix.AF_UNIX, unix.SOCK_STREAM), unix.EPERM),
		tried("make a pair of sockets", pairErr, unix.EPERM),
		tried("start a program", unix.Exec("/nonexistent", []string{"nonexistent"}, nil), unix.EPERM),
		tried("start a process", errnoOrNil(fork), unix.EPERM),
		tried("signal its parent", unix.Kill(victim, 0), unix.EPERM),
		tried("signal its parent's thread", unix.Tgkill(victim, victim, 0), unix.EPERM),
		tried("trace its parent", errnoOrNil(ptrace), unix.EPERM),
		tried("read its parent's memory", errnoOrNil(memory), unix.EPERM),
		tried("map memory to execute", codeErr, unix.EPERM),
		tried("make memory executable", err, unix.EPERM),
		// An unconfined process is told that this is no limit.
		tried("change its limits", unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 2, Max: 1}), unix.EPERM),
	}
}
