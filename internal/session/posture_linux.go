package session

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// diskEncryption follows the data directory's block device down to an encrypted layer (dm-crypt).
func diskEncryption(home string) (Result, Said) {
	var st unix.Stat_t
	if err := unix.Stat(home, &st); err != nil {
		return Fail, sentence("error", err)
	}
	major, minor := unix.Major(st.Dev), unix.Minor(st.Dev)
	if major == 0 {
		return NotApplicable, sentence("disk-no-device")
	}
	return encryptedDevice(fmt.Sprintf("/sys/dev/block/%d:%d", major, minor))
}

func encryptedDevice(sys string) (Result, Said) {
	real, err := filepath.EvalSymlinks(sys)
	if err != nil {
		return NotApplicable, sentence("device-unseen")
	}
	if uuid, err := os.ReadFile(filepath.Join(real, "dm", "uuid")); err == nil && strings.HasPrefix(string(uuid), "CRYPT-") {
		return Pass, sentence("device-encrypted", filepath.Base(real))
	}
	lower, err := filepath.Glob(filepath.Join(real, "slaves", "*"))
	if err == nil && len(lower) > 0 {
		for _, l := range lower {
			if r, said := encryptedDevice(l); r != Pass {
				return r, said
			}
		}
		return Pass, sentence("devices-below", filepath.Base(real))
	}
	return Fail, sentence("device-plain", filepath.Base(real))
}

func swapEncryption() (Result, Said) {
	text, err := os.ReadFile("/proc/swaps")
	if err != nil {
		return NotApplicable, sentence("swap-untold")
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) < 2 {
		return Pass, sentence("swap-none")
	}
	for _, line := range lines[1:] {
		name := strings.Fields(line)[0]
		var st unix.Stat_t
		if err := unix.Stat(name, &st); err != nil {
			return Fail, sentence("error", err)
		}
		device := st.Rdev
		if st.Mode&unix.S_IFMT == unix.S_IFREG {
			device = st.Dev
		}
		if strings.HasPrefix(filepath.Base(name), "zram") {
			continue // it is memory
		}
		if r, said := encryptedDevice(fmt.Sprintf("/sys/dev/block/%d:%d", unix.Major(device), unix.Minor(device))); r != Pass {
			return r, said
		}
	}
	return Pass, sentence("swap", len(lines)-1)
}

func coreDumps() (Result, Said) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &limit); err != nil {
		return Fail, sentence("error", err)
	}
	dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	said := sentence("core-dumps", limit.Max, dumpable)
	if err != nil || limit.Max != 0 || dumpable != 0 {
		return Fail, said
	}
	return Pass, said
}
