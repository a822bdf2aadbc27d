//go:build linux && (amd64 || arm64)

package lockdown

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"

	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// confinedVariable marks the second start of a process that confines itself. It grants nothing: only the kernel does.
const confinedVariable = "SUBROSA_CONFINED"

// Confine leaves this process the files named and what it inherited, for good. Landlock restricts a thread and what it
// starts, and a Go program has threads before its main runs: so it restricts this one and executes the program again, in
// its place, with the same arguments and descriptors. The first call does not return unless it fails; in the second
// start Confine loads a filter that refuses execve, ptrace and reading other processes' memory, makes the process
// undumpable, and returns what is in force. Read may hold files and directories; those that are missing are left out.
// Where the kernel has no Landlock the rest holds, and the Confinement says so.
func Confine(read, write []string) (Confinement, error) {
	abi, err := ll.LandlockGetABIVersion()
	if err != nil {
		abi = 0
	}
	if abi > 0 && os.Getenv(confinedVariable) == "" {
		return Confinement{}, restrictAndExec(abi, read, write)
	}
	if err := os.Unsetenv(confinedVariable); err != nil {
		return Confinement{}, err
	}
	// The variable is only a mark. Whether the kernel restricts this process, the kernel says.
	if abi > 0 && !filesRestricted() {
		return Confinement{}, errors.New("confine: started again, and files are not restricted")
	}
	if err := errors.Join(load(alone(hostABI)), HardenProcess()); err != nil {
		return Confinement{}, err
	}
	return Confinement{Landlock: abi}, nil
}

// filesRestricted asks the kernel: nothing that restricts itself here keeps the right to list the root directory.
func filesRestricted() bool {
	fd, err := unix.Open("/", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err == nil {
		_ = unix.Close(fd)
	}
	return errors.Is(err, unix.EACCES)
}

// rights are the file rights that an ABI knows.
func rights(abi int) uint64 {
	last := uint64(ll.AccessFSMakeSym)
	switch {
	case abi >= 5:
		last = ll.AccessFSIoctlDev
	case abi >= 3:
		last = ll.AccessFSTruncate
	case abi >= 2:
		last = ll.AccessFSRefer
	}
	return last<<1 - 1
}

func restrictAndExec(abi int, read, write []string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("confine: %w", err)
	}
	if self, err = filepath.EvalSymlinks(self); err != nil {
		return fmt.Errorf("confine: %w", err)
	}
	scoped := uint64(ll.ScopeAbstractUnixSocket | ll.ScopeSignal)
	rules, err := ruleset(abi, scoped, Reach{Read: read, Write: write, Start: append(Interpreters(), self)}, writeFiles)
	if err != nil {
		return fmt.Errorf("confine: %w", err)
	}
	defer unix.Close(rules)
	runtime.LockOSThread() // for good: what follows is this thread's alone until it is the only one
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("confine: set no_new_privs: %w", err)
	}
	if err := ll.LandlockRestrictSelf(rules, 0); err != nil {
		return fmt.Errorf("confine: restrict: %w", err)
	}
	return fmt.Errorf("confine: execute again: %w", syscall.Exec(self, os.Args, append(os.Environ(), confinedVariable+"=1")))
}

// Interpreters are the dynamic loaders that may have to be executed with the program. Afterwards nothing can be.
func Interpreters() []string {
	return []string{"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-x86_64.so.1"}
}

// Rights by what somebody may do with a place.
const (
	readFiles  = ll.AccessFSReadFile | ll.AccessFSReadDir
	writeFiles = readFiles | ll.AccessFSWriteFile | ll.AccessFSIoctlDev
	startFiles = ll.AccessFSReadFile | ll.AccessFSExecute
	anyFiles   = writeFiles | ll.AccessFSTruncate | ll.AccessFSRefer | ll.AccessFSRemoveDir | ll.AccessFSRemoveFile |
		ll.AccessFSMakeDir | ll.AccessFSMakeReg | ll.AccessFSMakeSock | ll.AccessFSMakeFifo | ll.AccessFSMakeSym
	// ofFiles are the rights that mean something for what is no directory.
	ofFiles = ll.AccessFSExecute | ll.AccessFSWriteFile | ll.AccessFSReadFile | ll.AccessFSTruncate | ll.AccessFSIoctlDev
)

// ruleset hands reach to the kernel, where writing means the rights in writing. Places that are missing are left out.
func ruleset(abi int, scoped uint64, reach Reach, writing uint64) (int, error) {
	attr := ll.RulesetAttr{HandledAccessFS: rights(abi)}
	if abi >= 4 {
		attr.HandledAccessNet = ll.AccessNetBindTCP | ll.AccessNetConnectTCP
	}
	if abi >= 6 {
		attr.Scoped = scoped
	}
	rules, err := ll.LandlockCreateRuleset(&attr, 0)
	if err != nil {
		return -1, fmt.Errorf("create ruleset: %w", err)
	}
	for access, names := range map[uint64][]string{readFiles: reach.Read, writing: reach.Write, startFiles: reach.Start} {
		for _, name := range names {
			if err := allow(rules, name, access&rights(abi)); err != nil {
				return -1, errors.Join(fmt.Errorf("%s: %w", name, err), unix.Close(rules))
			}
		}
	}
	return rules, nil
}

func allow(rules int, name string, access uint64) error {
	fd, err := unix.Open(name, unix.O_PATH|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return err
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		access &= ofFiles
	}
	return ll.LandlockAddPathBeneathRule(rules, &ll.PathBeneathAttr{AllowedAccess: access, ParentFd: fd}, 0)
}

// alone is the filter of a process that starts nothing, looks into nothing, and talks to nobody but by the descriptors that it has.
func alone(a abi) []bpf.Instruction {
	p := []bpf.Instruction{
		bpf.LoadAbsolute{Off: offArch, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: a.audit, SkipTrue: 1},
		bpf.RetConstant{Val: retErrno | errPerm},
		bpf.LoadAbsolute{Off: offNumber, Size: 4},
	}
	for _, call := range []uint32{
		unix.SYS_EXECVE, unix.SYS_EXECVEAT, unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV,
		unix.SYS_KCMP, unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_MOUNT, unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_BPF,
		unix.SYS_CONNECT, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD, unix.SYS_ADD_KEY, unix.SYS_KEYCTL, unix.SYS_REQUEST_KEY,
	} {
		p = append(p, bpf.JumpIf{Cond: bpf.JumpEqual, Val: call, SkipFalse: 1}, bpf.RetConstant{Val: retErrno | errPerm})
	}
	return append(p, bpf.RetConstant{Val: retAllow})
}

// ConfinementProbe tries from inside what a confined process must not do. Victim is a process to trace: the parent. It
// does no harm where something succeeds: the program that it would start does not exist, which an unconfined process is
// told instead of EPERM.
func ConfinementProbe(victim int) []Attempt {
	open := func(name string, flags int) error {
		fd, err := unix.Open(name, flags|unix.O_CLOEXEC, 0o600)
		if err == nil {
			_ = unix.Close(fd)
		}
		return err
	}
	dropping := filepath.Join(os.TempDir(), "subrosa-probe-"+strconv.Itoa(os.Getpid()))
	created := open(dropping, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL)
	if created == nil {
		_ = unix.Unlink(dropping)
	}
	_, _, ptrace := unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_SEIZE, uintptr(victim), 0, 0, 0, 0)
	if ptrace == 0 {
		_, _, _ = unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_DETACH, uintptr(victim), 0, 0, 0, 0)
	}
	_, _, memory := unix.RawSyscall6(unix.SYS_PROCESS_VM_READV, uintptr(victim), 0, 0, 0, 0, 0)
	inet, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err == nil {
		_ = unix.Close(inet)
	}
	dumpable, _ := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	undumpable := errors.New("undumpable")
	if dumpable != 0 {
		undumpable = nil
	}
	return []Attempt{
		tried("read a file", open("/etc/passwd", unix.O_RDONLY), unix.EACCES),
		tried("list the home directories", open("/home", unix.O_RDONLY|unix.O_DIRECTORY), outOfReach...),
		tried("write a file", created, outOfReach...),
		tried("start a program", unix.Exec("/nonexistent", []string{"nonexistent"}, nil), unix.EPERM),
		tried("trace its parent", errnoOrNil(ptrace), unix.EPERM),
		tried("read its parent's memory", errnoOrNil(memory), unix.EPERM),
		tried("signal its parent", unix.Kill(victim, 0), unix.EPERM),
		tried("open a socket", err, unix.EAFNOSUPPORT),
		tried("connect to another program", connectNowhere(), unix.EPERM),
		tried("be dumped", undumpable, undumpable),
	}
}

// connectNowhere tries to connect to a UNIX socket that is not there.
func connectNowhere() error {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Connect(fd, &unix.SockaddrUnix{Name: "/nonexistent"})
}

// outOfReach are the answers about a place that Landlock keeps from this process, or that is not in its root.
var outOfReach = []error{unix.EACCES, unix.EROFS, unix.ENOENT}

// tried is an attempt that was denied if err is one of denied.
func tried(name string, err error, denied ...error) Attempt {
	a := Attempt{Name: name, Answer: "succeeded"}
	if err != nil {
		a.Answer = err.Error()
	}
	for _, d := range denied {
		a.Denied = a.Denied || errors.Is(err, d)
	}
	return a
}

func errnoOrNil(e syscall.Errno) error {
	if e == 0 {
		return nil
	}
	return e
}

// systemLibraries are where the dynamic loader looks.
func systemLibraries() []string {
	return []string{"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache"}
}

// ReaderFiles are what a program that reads documents must read before it seals itself: the directory of PDFium's code,
// "" for none, and the system's libraries, since it is the engine's program.
func ReaderFiles(code string) (read, write []string) {
	read = append(systemLibraries(), "/dev/null")
	if code != "" {
		read = append(read, code)
	}
	return read, nil
}

// EngineFiles are what a program that runs llama.cpp must read beside its own libraries: the system's libraries, and how
// many cores and how much memory there are; and, only where lib has a graphics backend, the devices and their drivers.
func EngineFiles(lib string) (read, write []string) {
	if real, err := filepath.EvalSymlinks(lib); err == nil {
		lib = real
	}
	read = append(systemLibraries(), lib,
		"/proc/cpuinfo", "/proc/meminfo", "/proc/self", "/sys/devices/system", "/sys/fs/cgroup", "/sys/kernel/mm/transparent_hugepage", "/dev/null", "/dev/urandom",
	)
	// What is a link leads elsewhere: libraries, and the compiled PDFium of a variant.
	if names, err := filepath.Glob(filepath.Join(lib, "*")); err == nil {
		for _, name := range names {
			if real, err := filepath.EvalSymlinks(name); err == nil && filepath.Dir(real) != lib {
				read = append(read, filepath.Dir(real))
			}
		}
	}
	for backend, files := range backendFiles {
		if _, err := os.Stat(filepath.Join(lib, backend)); err == nil {
			read, write = append(read, files.Read...), append(write, files.Write...)
			nodes, _ := filepath.Glob("/dev/nvidia*")
			write = append(write, nodes...)
		}
	}
	return read, write
}

// backendFiles are what the drivers below a library of llama.cpp's read, and the devices that they speak to. The lists are
// theirs: tests have seen Mesa's software device alone.
var backendFiles = map[string]Reach{
	"libggml-vulkan.so": {
		Read: []string{
			"/usr/share/vulkan", "/etc/vulkan", "/usr/share/drirc.d", "/usr/share/libdrm", "/usr/share/nvidia", "/proc/driver/nvidia",
			"/sys/class/drm", "/sys/bus/pci", "/sys/devices", "/sys/dev",
		},
		Write: []string{"/dev/dri"},
	},
	"libggml-cuda.so": {
		Read: []string{"/usr/local/cuda/lib64", "/usr/local/cuda/targets", "/usr/share/nvidia", "/proc/driver/nvidia", "/sys/bus/pci", "/sys/devices"},
	},
}
