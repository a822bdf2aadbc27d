package export

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fakeRoot lays out what the kernel and udev show: files, and links where the content begins with "-> ".
func fakeRoot(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		var err error
		if to, ok := strings.CutPrefix(content, "-> "); ok {
			err = os.Symlink(to, path)
		} else {
			err = os.WriteFile(path, []byte(content), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestDrivesAreFoundInWhatTheKernelShows(t *testing.T) {
	const usb = "sys/devices/pci0000:00/usb1/1-1/host2/block/"
	root := fakeRoot(t, map[string]string{
		"proc/self/mountinfo": strings.Join([]string{
			`22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw`,
			`40 22 8:17 / /media/ana/My\040Stick rw,nosuid,nodev shared:9 - vfat /dev/sdb1 rw,uid=1000`,
			`41 22 8:33 / /media/ana/ro ro,nosuid - iso9660 /dev/sdc1 ro`,
			`42 22 8:17 /sub /var/bound rw - vfat /dev/sdb1 rw`,
			`43 22 0:25 / /proc rw - proc proc rw`,
			`broken line`,
		}, "\n"),
		"dev/disk/by-label/AUDIT\\x202026": "-> ../../sdb1",
		"dev/disk/by-label/BIG":            "-> ../../sdd1",
		// the built-in disk
		"sys/block/sda/removable": "0", "sys/block/sda/size": "1000", "sys/block/sda/sda1/partition": "1", "sys/block/sda/sda1/dev": "8:1\n",
		// a stick with a partition, mounted twice, once of them a part
		"sys/block/sdb/removable": "1\n", "sys/block/sdb/size": "1000\n", "sys/block/sdb/sdb1/partition": "1", "sys/block/sdb/sdb1/dev": "8:17\n",
		// write-protected
		"sys/block/sdc/removable": "1\n", "sys/block/sdc/size": "1000\n", "sys/block/sdc/sdc1/partition": "1", "sys/block/sdc/sdc1/dev": "8:33\n",
		// a large USB disk that says it is not removable, not mounted
		"sys/block/sdd":       "-> ../devices/pci0000:00/usb1/1-1/host2/block/sdd",
		usb + "sdd/removable": "0\n", usb + "sdd/size": "1000\n", usb + "sdd/sdd1/partition": "1", usb + "sdd/sdd1/dev": "8:49\n",
		// a stick without a partition table
		"sys/block/sde/removable": "1\n", "sys/block/sde/size": "1000\n", "sys/block/sde/dev": "8:64\n",
		// a card reader without a card
		"sys/block/sdf/removable": "1\n", "sys/block/sdf/size": "0\n", "sys/block/sdf/dev": "8:80\n",
	})
	got, err := drivesUnder(root, func(path string) (int64, int64) { return 1 << 30, int64(len(path)) })
	if err != nil {
		t.Fatal(err)
	}
	want := []Drive{
		{Device: "/dev/sdd1", Label: "BIG"},
		{Device: "/dev/sde"},
		{Path: "/media/ana/My Stick", Device: "/dev/sdb1", Label: "AUDIT 2026", FileSystem: "vfat", Size: 1 << 30, Free: 19},
		{Path: "/media/ana/ro", Device: "/dev/sdc1", FileSystem: "iso9660", Size: 1 << 30, Free: 13, ReadOnly: true},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if _, err := drivesUnder(t.TempDir(), space); err == nil {
		t.Error("a system without mountinfo has drives")
	}
	if _, err := Drives(); err != nil {
		t.Errorf("this machine: %v", err)
	}
}
