//go:build linux && (amd64 || arm64)

package lockdown

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// RestrictFiles leaves this process, and all that it starts, the files of reach, for good. It must come after Enforce, which
// sets no_new_privs, and before any library starts threads of its own. A successor by execve is restricted already, and only
// asks the kernel whether that is so. ErrUnsupported: this kernel has no Landlock.
func RestrictFiles(reach Reach, successor bool) (Confinement, error) {
	abi, err := ll.LandlockGetABIVersion()
	if err != nil || abi < 1 {
		return Confinement{}, fmt.Errorf("restrict files: no Landlock: %w", ErrUnsupported)
	}
	if !successor {
		rules, err := ruleset(abi, 0, reach, anyFiles)
		if err != nil {
			return Confinement{}, fmt.Errorf("restrict files: %w", err)
		}
		defer unix.Close(rules)
		if err := ll.AllThreadsLandlockRestrictSelf(rules, 0); err != nil {
			return Confinement{}, fmt.Errorf("restrict files: %w", err)
		}
	}
	if !filesRestricted() {
		return Confinement{}, errors.New("restrict files: the kernel took the rules and does not hold to them")
	}
	return Confinement{Landlock: abi}, nil
}

// RestrictThread leaves the calling goroutine's thread, which it locks, and the processes that it starts from there, the files of reach,
// for good. It is for a program in which RestrictFiles cannot reach the other threads. ErrUnsupported: this kernel has no Landlock.
func RestrictThread(reach Reach) error {
	abi, err := ll.LandlockGetABIVersion()
	if err != nil || abi < 1 {
		return fmt.Errorf("restrict files: no Landlock: %w", ErrUnsupported)
	}
	rules, err := ruleset(abi, ll.ScopeSignal, reach, anyFiles)
	if err != nil {
		return fmt.Errorf("restrict files: %w", err)
	}
	defer unix.Close(rules)
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("restrict files: set no_new_privs: %w", err)
	}
	if err := ll.LandlockRestrictSelf(rules, 0); err != nil {
		return fmt.Errorf("restrict files: %w", err)
	}
	return nil
}

// WindowFiles is what the window and the web view's processes need: their data, the system's libraries, fonts and settings,
// devices, and the folders where people keep what they choose in a dialog. Of the rest of the user's files they reach nothing.
func WindowFiles(home, engine, lib string) Reach {
	user, _ := os.UserHomeDir() // without one there are no files of a user's
	config := xdg("XDG_CONFIG_HOME", user, ".config")
	data := xdg("XDG_DATA_HOME", user, ".local/share")
	cache := xdg("XDG_CACHE_HOME", user, ".cache")
	run := os.Getenv("XDG_RUNTIME_DIR")
	r := Reach{
		Read: []string{
			"/usr", "/lib", "/lib64", "/etc", "/proc", "/sys", "/opt/subrosa", "/var/cache/fontconfig", "/var/lib/dbus",
			"/run/udev", "/run/mount", "/run/systemd/seats", "/run/systemd/sessions", "/run/systemd/users", filepath.Dir(engine),
		},
		Write: append([]string{home, "/dev", "/media", "/run/media", "/mnt"}, Folders()...),
		Start: append(Interpreters(), engine),
	}
	for _, dirs := range []string{os.Getenv("XDG_DATA_DIRS"), os.Getenv("XDG_CONFIG_DIRS"), os.Getenv("GTK_PATH"), os.Getenv("GIO_EXTRA_MODULES")} {
		r.Read = append(r.Read, absolute(filepath.SplitList(dirs)...)...)
	}
	r.Read = append(r.Read, absolute(
		os.Getenv("XAUTHORITY"), os.Getenv("ICEAUTHORITY"), below(user, ".Xauthority"), below(user, ".ICEauthority"), below(user, ".drirc"),
		below(user, ".fonts"), below(user, ".icons"), below(user, ".themes"),
		below(config, "gtk-3.0"), below(config, "fontconfig"), below(config, "dconf"), below(config, "ibus"), below(config, "user-dirs.dirs"),
		below(data, "fonts"), below(data, "icons"), below(data, "themes"), below(data, "mime"),
	)...)
	// What GTK, the drivers and the web view's media libraries keep for themselves. They make these where they are missing.
	for _, own := range absolute(below(cache, "fontconfig"), below(cache, "mesa_shader_cache"), below(cache, "gstreamer-1.0"), below(cache, "subrosa"), below(run, "dconf")) {
		_ = os.MkdirAll(own, 0o700)
		r.Write = append(r.Write, own)
	}
	read, write := EngineFiles(lib)
	r.Read, r.Write = append(r.Read, read...), append(r.Write, write...)
	if self, err := os.Executable(); err == nil {
		r.Start = append(r.Start, self) // a lock starts it again
	}
	for _, pattern := range []string{"/usr/lib/webkit2gtk-*", "/usr/lib/*/webkit2gtk-*", "/usr/lib64/webkit2gtk-*", "/usr/libexec/webkit2gtk-*"} {
		found, _ := filepath.Glob(pattern)
		r.Start = append(r.Start, found...)
	}
	return r
}

// Folders are the user's folders for what a dialog chooses, documents first, as the desktop names them (xdg-user-dirs) or
// else by their usual names. Those that are missing are left out.
func Folders() (folders []string) {
	user, _ := os.UserHomeDir()
	text, _ := os.ReadFile(below(xdg("XDG_CONFIG_HOME", user, ".config"), "user-dirs.dirs"))
	named := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		named[name] = os.Expand(strings.Trim(value, `"`), func(string) string { return user })
	}
	for _, kind := range []struct{ name, usual string }{
		{"XDG_DOCUMENTS_DIR", "Documents"}, {"XDG_DOWNLOAD_DIR", "Downloads"}, {"XDG_DESKTOP_DIR", "Desktop"},
	} {
		folder, ok := named[kind.name]
		if !ok {
			folder = below(user, kind.usual)
		}
		folder = filepath.Clean(folder)
		if folder == user || strings.HasPrefix(user, folder+"/") || !filepath.IsAbs(folder) {
			continue // "$HOME/" is how the desktop says that there is none
		}
		if info, err := os.Stat(folder); err == nil && info.IsDir() {
			folders = append(folders, folder)
		}
	}
	return folders
}

// xdg is a base directory (XDG Base Directory Specification).
func xdg(variable, user, usual string) string {
	if dir := os.Getenv(variable); filepath.IsAbs(dir) {
		return dir
	}
	return below(user, usual)
}

// below returns nothing below nothing.
func below(dir, name string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, name)
}

func absolute(names ...string) (out []string) {
	for _, name := range names {
		if filepath.IsAbs(name) && filepath.Clean(name) != "/" {
			out = append(out, name)
		}
	}
	return out
}

// FilesProbe tries from inside what a window must not be able to do with files. What succeeds does no harm.
func FilesProbe() []Attempt {
	user, _ := os.UserHomeDir()
	list := func(name string) error {
		_, err := os.ReadDir(name)
		return err
	}
	create := func(dir string) error {
		f, err := os.CreateTemp(dir, "subrosa-probe-*")
		if err == nil {
			err = errors.Join(f.Close(), os.Remove(f.Name()))
		}
		return err
	}
	return []Attempt{
		tried("list the root directory", list("/"), unix.EACCES),
		tried("list the home directories", list("/home"), outOfReach...),
		tried("list the user's own", list(user), outOfReach...),
		tried("write a file there", create(user), outOfReach...),
		tried("write a temporary file", create("/tmp"), outOfReach...),
		tried("start a program", exec.Command("/bin/sh", "-c", ":").Run(), outOfReach...),
	}
}
