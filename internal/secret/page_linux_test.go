package secret

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// flagsOf returns the kernel's flags of the memory that b lies in.
func flagsOf(t *testing.T, b []byte) []string {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	at := uint64(uintptr(unsafe.Pointer(&b[0])))
	inside := false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var from, to uint64
		if n := scanRange(lines.Text(), &from, &to); n {
			inside = from <= at && at < to
		} else if flags, ok := strings.CutPrefix(lines.Text(), "VmFlags:"); ok && inside {
			return strings.Fields(flags)
		}
	}
	t.Fatal("not mapped")
	return nil
}

func TestSecretsAreLockedNotDumpedAndNotInherited(t *testing.T) {
	s := New([]byte("correct horse"))
	defer s.Wipe()
	flags := flagsOf(t, s.Expose())
	for _, want := range []string{"lo", "dd", "wf"} { // locked, not dumped, wiped on fork
		if !slices.Contains(flags, want) {
			t.Errorf("flag %s is missing from %v", want, flags)
		}
	}
	if !s.Locked() {
		t.Error("not locked")
	}
	heap := make([]byte, 4096)
	if flags := flagsOf(t, heap); slices.Contains(flags, "lo") || slices.Contains(flags, "wf") {
		t.Errorf("control: Go's heap has %v", flags)
	}
	held := s.Expose()
	s.Wipe()
	if flags := flagsOf(t, held); slices.Contains(flags, "lo") {
		t.Errorf("after wipe it is still locked: %v", flags)
	}
}

// Without the right to lock memory, secrets work all the same, and say that they are not locked.
func TestNoRightToLockIsSaidAndNotFatal(t *testing.T) {
	if os.Getenv("SUBROSA_TEST_NO_LOCK") == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNoRightToLockIsSaidAndNotFatal$", "-test.v")
		cmd.Env = append(os.Environ(), "SUBROSA_TEST_NO_LOCK=1")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	// The right to lock without a limit goes with the effective capabilities of this thread: Go starts no other here.
	dropIPCLock(t)
	if err := unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{}); err != nil {
		t.Fatal(err)
	}
	s := New([]byte("correct horse"))
	if s.Locked() || string(s.Expose()) != "correct horse" {
		t.Errorf("locked %v, %d bytes", s.Locked(), s.Len())
	}
	s.Wipe()
}

// scanRange reads the first line of a mapping.
func scanRange(line string, from, to *uint64) bool {
	n, err := fmt.Sscanf(line, "%x-%x ", from, to)
	return n == 2 && err == nil
}

func dropIPCLock(t *testing.T) {
	t.Helper()
	runtime.LockOSThread()
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		t.Fatal(err)
	}
	data[0].Effective &^= 1 << unix.CAP_IPC_LOCK
	data[0].Permitted &^= 1 << unix.CAP_IPC_LOCK
	if err := unix.Capset(&header, &data[0]); err != nil {
		t.Fatal(err)
	}
}
