package export

import (
	"bufio"
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

func drives() ([]Drive, error) { return drivesUnder("/", space) }

// space returns the size and the free bytes (for this user) of the file system at path.
func space(path string) (size, free int64) {
	var s unix.Statfs_t
	if unix.Statfs(path, &s) != nil {
		return 0, 0
	}
	return int64(s.Blocks) * s.Bsize, int64(s.Bavail) * s.Bsize
}

// drivesUnder reads sys, proc and dev below root.
func drivesUnder(root string, space func(path string) (size, free int64)) ([]Drive, error) {
	mounts, err := mountsByDevice(filepath.Join(root, "proc/self/mountinfo"))
	if err != nil {
		return nil, err
	}
	labels := labelsByDevice(filepath.Join(root, "dev/disk/by-label"))
	disks, err := os.ReadDir(filepath.Join(root, "sys/block"))
	if err != nil {
		return nil, err
	}
	var found []Drive
	for _, disk := range disks {
		dir := filepath.Join(root, "sys/block", disk.Name())
		if !portable(dir) {
			continue
		}
		for _, name := range volumes(dir) {
			d := Drive{Device: "/dev/" + name, Label: labels[name]}
			number, err := os.ReadFile(volumeFile(dir, disk.Name(), name, "dev"))
			if err != nil {
				continue
			}
			mounted := mounts[strings.TrimSpace(string(number))]
			if len(mounted) == 0 {
				found = append(found, d)
			}
			for _, m := range mounted {
				d.Path, d.FileSystem, d.ReadOnly = m.path, m.fileSystem, m.readOnly
				d.Size, d.Free = space(m.path)
				found = append(found, d)
			}
		}
	}
	slices.SortFunc(found, func(a, b Drive) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Device, b.Device)) })
	return found, nil
}

// portable tells whether a disk can be carried away: its medium comes out, or it hangs on USB (large USB disks say that they
// are not removable).
func portable(dir string) bool {
	if b, err := os.ReadFile(filepath.Join(dir, "removable")); err == nil && strings.TrimSpace(string(b)) == "1" {
		return hasMedium(dir)
	}
	device, err := os.Readlink(dir)
	return err == nil && strings.Contains(device, "/usb") && hasMedium(dir)
}

// hasMedium leaves out card readers without a card.
func hasMedium(dir string) bool {
	b, err := os.ReadFile(filepath.Join(dir, "size"))
	return err == nil && strings.TrimSpace(string(b)) != "0"
}

// volumes are a disk's partitions, or itself where it has none.
func volumes(dir string) []string {
	entries, _ := os.ReadDir(dir)
	var parts []string
	for _, e := range entries {
		if _, err := os.Stat(filepath.Join(dir, e.Name(), "partition")); err == nil {
			parts = append(parts, e.Name())
		}
	}
	if len(parts) == 0 {
		return []string{filepath.Base(dir)}
	}
	return parts
}

func volumeFile(dir, disk, volume, name string) string {
	if disk == volume {
		return filepath.Join(dir, name)
	}
	return filepath.Join(dir, volume, name)
}

type mount struct {
	path, fileSystem string
	readOnly         bool
}

// mountsByDevice reads mountinfo (proc_pid_mountinfo(5)): "ID PARENT MAJOR:MINOR ROOT PATH OPTIONS ... - TYPE SOURCE SUPER".
func mountsByDevice(file string) (map[string][]mount, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	found := map[string][]mount{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		before, after, ok := strings.Cut(lines.Text(), " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if !ok || len(left) < 6 || len(right) < 1 || left[3] != "/" { // a bind mount of a part is no drive
			continue
		}
		m := mount{path: unescape(left[4]), fileSystem: right[0]}
		options := strings.Split(left[5], ",")
		if len(right) > 2 {
			options = append(options, strings.Split(right[2], ",")...)
		}
		m.readOnly = slices.Contains(options, "ro")
		found[left[2]] = append(found[left[2]], m)
	}
	return found, lines.Err()
}

// unescape turns \040 into what it stands for.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// labelsByDevice reads the links that udev makes: NAME -> ../../sdb1, with bytes of NAME written as \x20.
func labelsByDevice(dir string) map[string]string {
	found := map[string]string{}
	links, _ := os.ReadDir(dir)
	for _, l := range links {
		to, err := os.Readlink(filepath.Join(dir, l.Name()))
		if err != nil {
			continue
		}
		name := l.Name()
		var b strings.Builder
		for i := 0; i < len(name); i++ {
			if strings.HasPrefix(name[i:], `\x`) && i+3 < len(name) {
				if n, err := strconv.ParseUint(name[i+2:i+4], 16, 8); err == nil {
					b.WriteByte(byte(n))
					i += 3
					continue
				}
			}
			b.WriteByte(name[i])
		}
		found[filepath.Base(to)] = strings.ToValidUTF8(b.String(), "?")
	}
	return found
}
