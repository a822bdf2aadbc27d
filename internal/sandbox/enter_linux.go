//go:build linux && (amd64 || arm64)

package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
	"kernel.org/pub/linux/libs/security/libcap/psx"

	"subrosa/internal/lockdown"
)

// Enter leaves this process what is in reach, the filtered buses and the display, and no other file or socket, for good. Where it has no
// namespaces only the environment changes. A successor is inside already.
func (s *Sandbox) Enter(reach lockdown.Reach) error {
	if os.Getenv(stateVariable) != "" || s.Socket < 0 {
		return nil
	}
	if s.Why == "" {
		err := newNetwork()
		if err == nil {
			err = s.build(reach)
		}
		if err != nil {
			s.Why = "no root of its own can be made: " + err.Error() // AppArmor keeps some from mounting
		} else if err := leave(); err != nil {
			return fmt.Errorf("sandbox: %w", err)
		}
		if err := dropCapabilities(); err != nil {
			return fmt.Errorf("sandbox: %w", err)
		}
	}
	return s.setenv()
}

// setenv tells libraries, children and a successor what there is.
func (s *Sandbox) setenv() error {
	state, err := json.Marshal(s)
	if err != nil {
		return err
	}
	set := map[string]string{
		stateVariable:              string(state),
		"DBUS_SESSION_BUS_ADDRESS": "unix:path=" + orNone(s.Facts.Session),
		"DBUS_SYSTEM_BUS_ADDRESS":  "unix:path=" + orNone(s.Facts.System),
		"GIO_USE_VFS":              "local", // GLib's own, and no daemon's
		"GIO_USE_VOLUME_MONITOR":   "unix",
		"GTK_USE_PORTAL":           "0",
	}
	if s.Facts.Accessibility != "" {
		set["AT_SPI_BUS_ADDRESS"] = "unix:path=" + s.Facts.Accessibility
	} else {
		set["NO_AT_BRIDGE"] = "1"
	}
	for name, value := range set {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}

// orNone is a socket that is not there, which no library takes as leave to look for a bus.
func orNone(path string) string {
	if path == "" {
		return "/nonexistent"
	}
	return path
}

// newNetwork gives every thread a network without devices, where no abstract socket of others is. It comes after the control has started, which
// needs one that works.
func newNetwork() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("network: %w", err)
	}
	mine, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("network: %w", err)
	}
	defer unix.Close(mine)
	if _, _, errno := psx.Syscall3(unix.SYS_SETNS, uintptr(mine), unix.CLONE_NEWNET, 0); errno != 0 {
		return fmt.Errorf("network: %w", errno)
	}
	return nil
}

// build makes a root of what is given, and is in it then, with the old one over it. Each place is taken as a mount of its own before
// anything is covered. An error leaves all as it was.
func (s *Sandbox) build(reach lockdown.Reach) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil { // a stick that is mounted later is still seen
		return fmt.Errorf("mounts: %w", err)
	}
	if err := closeDirectories(); err != nil {
		return err
	}
	w := walls{}
	defer w.close()
	read := slices.Concat(reach.Read, reach.Start, display(), []string{s.Facts.Dir})
	if err := errors.Join(w.take(reach.Write, false), w.take(read, true)); err != nil {
		return err
	}
	const root = "/tmp" // any directory
	if err := unix.Mount(rootSource, root, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0755,size=1m"); err != nil {
		return fmt.Errorf("root: %w", err)
	}
	err := w.put(root)
	if err == nil {
		err = unix.Chdir(root)
	}
	if err == nil {
		err = unix.PivotRoot(".", ".")
	}
	if err != nil {
		return errors.Join(fmt.Errorf("root: %w", err), unix.Unmount(root, unix.MNT_DETACH), unix.Chdir("/"))
	}
	return nil
}

// rootSource is what the mounts of a root that build made name as its source.
const rootSource = "subrosa"

// ownRoot reports whether the root is one that build made.
func ownRoot() bool {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(mounts)) { // proc_pid_mountinfo(5): the mount point is the fifth; behind a dash type and source
		before, after, _ := strings.Cut(line, " - ")
		at, kind := strings.Fields(before), strings.Fields(after)
		if len(at) > 4 && at[4] == "/" && len(kind) > 1 {
			return kind[0] == "tmpfs" && kind[1] == rootSource
		}
	}
	return false
}

// leave takes the old root away.
func leave() error {
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("leave the old root: %w", err)
	}
	if err := unix.Chdir("/"); err != nil {
		return err
	}
	return unix.MountSetattr(unix.AT_FDCWD, "/", 0, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY})
}

// closeDirectories closes the directories that whoever started this process left open: behind each is the old root.
func closeDirectories() error {
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	for _, e := range open {
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		var stat unix.Stat_t
		if err == nil && flags&unix.FD_CLOEXEC == 0 && unix.Fstat(fd, &stat) == nil && stat.Mode&unix.S_IFMT == unix.S_IFDIR {
			_ = unix.Close(fd)
		}
	}
	return nil
}

// walls are the places of a new root.
type walls struct {
	places []place
	links  map[string]string // what each symbolic link on the way to a place says
}

type place struct {
	path  string // without symbolic links
	mount int    // a mount that is nowhere yet
	dir   bool
	read  bool // nothing can be written there
}

// take adds places; those that are missing are left out, and those that lie in one that is there already.
func (w *walls) take(names []string, read bool) error {
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !filepath.IsAbs(n) })
	slices.SortFunc(names, func(a, b string) int { return len(a) - len(b) }) // a directory before what is in it
	for _, name := range names {
		path, err := w.resolve(filepath.Clean(name), 0)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) || errors.Is(err, unix.ENOTDIR) {
			continue
		}
		if err != nil {
			return err
		}
		if w.covered(path, read) {
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			continue
		}
		mount, err := unix.OpenTree(unix.AT_FDCWD, path, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		w.places = append(w.places, place{path, mount, info.IsDir(), read})
		if !read {
			continue
		}
		if err := unix.MountSetattr(mount, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

func (w *walls) covered(path string, read bool) bool {
	return slices.ContainsFunc(w.places, func(p place) bool {
		return (p.path == path || strings.HasPrefix(path, p.path+"/")) && (read || !p.read)
	})
}

// resolve follows the symbolic links of an absolute path, and keeps what each says.
func (w *walls) resolve(path string, followed int) (string, error) {
	if followed > 40 { // as many as the kernel follows
		return "", unix.ELOOP
	}
	at := "/"
	for rest := path[1:]; rest != ""; {
		var name string
		name, rest, _ = strings.Cut(rest, "/")
		at = filepath.Join(at, name)
		info, err := os.Lstat(at)
		if err != nil {
			return "", err
		}
		if info.Mode()&os.ModeSymlink == 0 {
			continue
		}
		says, err := os.Readlink(at)
		if err != nil {
			return "", err
		}
		if w.links == nil {
			w.links = map[string]string{}
		}
		w.links[at] = says
		if !filepath.IsAbs(says) {
			says = filepath.Join(filepath.Dir(at), says)
		}
		return w.resolve(filepath.Join(says, rest), followed+1)
	}
	return at, nil
}

// put mounts the places below root, outer ones first, and makes the links that lie in none of them.
func (w *walls) put(root string) error {
	slices.SortStableFunc(w.places, func(a, b place) int { return len(a.path) - len(b.path) })
	for _, p := range w.places {
		at := root + p.path
		if err := makePlace(at, p.dir); err != nil {
			return err
		}
		if err := unix.MoveMount(p.mount, "", unix.AT_FDCWD, at, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
			return fmt.Errorf("%s: %w", p.path, err)
		}
	}
	for at, says := range w.links {
		if w.covered(at, true) {
			continue
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(root+at), 0o755), os.Symlink(says, root+at)); err != nil {
			return err
		}
	}
	return nil
}

// makePlace makes something to mount upon, if it is not there: it may lie in a place that is mounted already.
func makePlace(at string, dir bool) error {
	if _, err := os.Lstat(at); err == nil {
		return nil
	}
	if dir {
		return os.MkdirAll(at, 0o755)
	}
	return errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.WriteFile(at, nil, 0o644))
}

func (w *walls) close() {
	for _, p := range w.places {
		_ = unix.Close(p.mount)
	}
}

// display are the sockets of the display servers that the environment names.
func display() (sockets []string) {
	if number, ok := strings.CutPrefix(strings.TrimPrefix(os.Getenv("DISPLAY"), "unix"), ":"); ok {
		number, _, _ = strings.Cut(number, ".")
		sockets = append(sockets, "/tmp/.X11-unix/X"+number)
	}
	if wayland := os.Getenv("WAYLAND_DISPLAY"); wayland != "" {
		if !filepath.IsAbs(wayland) {
			wayland = filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), wayland)
		}
		sockets = append(sockets, wayland)
	}
	return sockets
}

// dropCapabilities gives up, on every thread, what the namespace's first process has in it.
func dropCapabilities() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	_, _, errno := psx.Syscall3(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&none[0])), 0)
	runtime.KeepAlive(&none)
	if errno != 0 {
		return fmt.Errorf("drop capabilities: %w", errno)
	}
	return nil
}
