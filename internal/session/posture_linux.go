package session

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// diskEncryption follows the data directory's block device down to an encrypted layer (dm-crypt).
func diskEncryption(home string) (Result, string) {
	var st unix.Stat_t
	if err := unix.Stat(home, &st); err != nil {
		return Fail, err.Error()
	}
	major, minor := unix.Major(st.Dev), unix.Minor(st.Dev)
	if major == 0 {
		return NotApplicable, "the data directory is on a file system without a block device of its own: it cannot be told from here"
	}
	return encryptedDevice(fmt.Sprintf("/sys/dev/block/%d:%d", major, minor))
}

func encryptedDevice(sys string) (Result, string) {
	real, err := filepath.EvalSymlinks(sys)
	if err != nil {
		return NotApplicable, "its block device cannot be looked at from here"
	}
	if uuid, err := os.ReadFile(filepath.Join(real, "dm", "uuid")); err == nil && strings.HasPrefix(string(uuid), "CRYPT-") {
		return Pass, filepath.Base(real) + " is encrypted (dm-crypt)"
	}
	lower, err := filepath.Glob(filepath.Join(real, "slaves", "*"))
	if err == nil && len(lower) > 0 {
		for _, l := range lower {
			if r, evidence := encryptedDevice(l); r != Pass {
				return r, evidence
			}
		}
		return Pass, "every device below " + filepath.Base(real) + " is encrypted (dm-crypt)"
	}
	return Fail, filepath.Base(real) + " is not encrypted by this system; encryption in the drive itself cannot be seen from here"
}

func swapEncryption() (Result, string) {
	text, err := os.ReadFile("/proc/swaps")
	if err != nil {
		return NotApplicable, "it cannot be told from here"
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) < 2 {
		return Pass, "there is no swap"
	}
	for _, line := range lines[1:] {
		name := strings.Fields(line)[0]
		var st unix.Stat_t
		if err := unix.Stat(name, &st); err != nil {
			return Fail, err.Error()
		}
		device := st.Rdev
		if st.Mode&unix.S_IFMT == unix.S_IFREG {
			device = st.Dev
		}
		if strings.HasPrefix(filepath.Base(name), "zram") {
			continue // it is memory
		}
		if r, evidence := encryptedDevice(fmt.Sprintf("/sys/dev/block/%d:%d", unix.Major(device), unix.Minor(device))); r != Pass {
			return r, evidence
		}
	}
	return Pass, fmt.Sprintf("%d swap devices, all encrypted or in memory", len(lines)-1)
}

func coreDumps() (Result, string) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &limit); err != nil {
		return Fail, err.Error()
	}
	dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	evidence := fmt.Sprintf("this process: limit %d bytes, dumpable %d", limit.Max, dumpable)
	if err != nil || limit.Max != 0 || dumpable != 0 {
		return Fail, evidence
	}
	return Pass, evidence
}
