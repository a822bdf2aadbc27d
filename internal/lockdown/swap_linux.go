package lockdown

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// PlainSwap lists the swap areas in use that may write memory to a disk unencrypted: everything but zram and block
// devices of dm-crypt. A swap file counts as plain, whatever its file system lies on.
func PlainSwap() ([]string, error) { return plainSwap("/proc/swaps", "/sys") }

func plainSwap(swaps, sys string) ([]string, error) {
	f, err := os.Open(swaps)
	if os.IsNotExist(err) {
		return nil, nil // a kernel without swap
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var plain []string
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 || !strings.HasPrefix(fields[0], "/") {
			continue // the heading
		}
		if fields[1] != "partition" || !encrypted(fields[0], sys) {
			plain = append(plain, fields[0])
		}
	}
	return plain, lines.Err()
}

// encrypted asks the kernel what kind of block device it is.
func encrypted(device, sys string) bool {
	if real, err := filepath.EvalSymlinks(device); err == nil {
		device = real
	}
	name := filepath.Base(device)
	if strings.HasPrefix(name, "zram") {
		// A zram that writes back goes to a disk after all.
		b, err := os.ReadFile(filepath.Join(sys, "block", name, "backing_dev"))
		return err != nil || strings.TrimSpace(string(b)) == "none"
	}
	uuid, err := os.ReadFile(filepath.Join(sys, "block", name, "dm", "uuid"))
	return err == nil && strings.HasPrefix(string(uuid), "CRYPT-")
}

// CoreDumpsOff reports whether this process cannot leave a core file and cannot be read by others of its user.
func CoreDumpsOff() bool {
	var limit unix.Rlimit
	dumpable, _, errno := unix.Syscall(unix.SYS_PRCTL, unix.PR_GET_DUMPABLE, 0, 0)
	return unix.Getrlimit(unix.RLIMIT_CORE, &limit) == nil && limit.Cur == 0 && limit.Max == 0 && errno == 0 && dumpable == 0
}
