//go:build linux && (amd64 || arm64)

package lockdown

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// sceneWindow restricts itself as the window does, in the home that the test made, and says what it still reaches there:
// "r" or "rw" by file, and a file that can be made by directory.
func sceneWindow() result {
	res := result{Notes: map[string]string{}}
	home := os.Getenv("HOME")
	other := make(chan string)
	ask := make(chan bool)
	go func() { // a thread from before
		runtime.LockOSThread()
		<-ask
		_, err := os.ReadFile(filepath.Join(home, ".ssh/id_ed25519"))
		other <- fmt.Sprint(err)
	}()
	if os.Getenv("LOCKDOWN_TEST_OPEN") == "" {
		if err := Enforce(); err != nil {
			return result{Err: err.Error()}
		}
		in, err := RestrictFiles(WindowFiles(filepath.Join(home, ".local/share/subrosa"), "/proc/self/exe", filepath.Join(home, "lib")), false)
		if err != nil || in.Landlock < 1 {
			return result{Err: fmt.Sprint("restricted: ", err)}
		}
		if _, err := RestrictFiles(Reach{}, true); err != nil { // as its successor asks
			return result{Err: err.Error()}
		}
	}
	close(ask)
	res.Notes["another thread"] = <-other
	for _, name := range strings.Split(os.Getenv("LOCKDOWN_TEST_FILES"), ":") {
		reached := ""
		if _, err := os.ReadFile(filepath.Join(home, name)); err == nil {
			reached = "r"
		}
		if f, err := os.OpenFile(filepath.Join(home, name), os.O_WRONLY, 0); err == nil {
			reached += "w"
			_ = f.Close()
		}
		if f, err := os.CreateTemp(filepath.Dir(filepath.Join(home, name)), "new-*"); err == nil {
			reached += "+"
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
		res.Notes[name] = reached
	}
	for _, a := range FilesProbe() {
		if !a.Denied {
			res.Leaks = append(res.Leaks, a.Name+": "+a.Answer)
		}
	}
	return res
}

// What the window reaches of a user's files, listed.
func TestWindowReachesItsFilesAndNothingElse(t *testing.T) {
	if abi, err := ll.LandlockGetABIVersion(); err != nil || abi < 1 {
		t.Skip("this kernel has no Landlock: nothing to show, and RestrictFiles reports it")
	}
	want := map[string]string{
		".local/share/subrosa/history.db": "rw+", // its data
		"Dokumente/letter.pdf":            "rw+", // chosen, in the folder that the desktop calls XDG_DOCUMENTS_DIR
		"Downloads/scan.pdf":              "rw+", // by its usual name
		".local/share/fonts/a.ttf":        "r",
		".config/gtk-3.0/settings.ini":    "r",
		".Xauthority":                     "r",
		".cache/fontconfig/x":             "rw+",

		".ssh/id_ed25519":                        "",
		".gnupg/private":                         "",
		".mozilla/firefox/logins.json":           "",
		".local/share/keyrings/login.keyring":    "",
		".local/share/other/data":                "",
		".config/autostart/x.desktop":            "",
		".config/systemd/user/x.service":         "",
		".local/share/applications/mime.desktop": "",
		".bashrc":                                "",
		"Pictures/x.png":                         "",
		"notes.txt":                              "",
		"Documents/an-older-name.pdf":            "",
		".local/share/dbus-1/services/x.service": "",
	}
	home := t.TempDir()
	for name := range want {
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dirs := "# by xdg-user-dirs\nXDG_DOCUMENTS_DIR=\"$HOME/Dokumente\"\nXDG_DESKTOP_DIR=\"$HOME/\"\n"
	if err := os.WriteFile(filepath.Join(home, ".config/user-dirs.dirs"), []byte(dirs), 0o600); err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(want))
	for name := range want {
		names = append(names, name)
	}
	asked := func(cmd *exec.Cmd) {
		cmd.Env = slices.DeleteFunc(cmd.Env, func(v string) bool { return strings.HasPrefix(v, "XDG_") })
		cmd.Env = append(cmd.Env, "HOME="+home, "LOCKDOWN_TEST_FILES="+strings.Join(names, ":"))
	}
	r := play(t, "window", asked)
	if r.Err != "" || len(r.Leaks) > 0 || !strings.Contains(r.Notes["another thread"], fs.ErrPermission.Error()) {
		t.Errorf("%s, leaks %v, a thread from before: %s", r.Err, r.Leaks, r.Notes["another thread"])
	}
	for name, reached := range want {
		if r.Notes[name] != reached {
			t.Errorf("%s: %q, want %q", name, r.Notes[name], reached)
		}
	}
	// The control: without the rules all of it is reached, and all that the probe tries succeeds.
	open := play(t, "window", asked, func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, "LOCKDOWN_TEST_OPEN=1") })
	for name := range want {
		if open.Notes[name] != "rw+" {
			t.Errorf("%s: unrestricted it is %q", name, open.Notes[name])
		}
	}
	if len(open.Leaks) != len(FilesProbe()) {
		t.Errorf("an unrestricted process was denied something too: it could only %v", open.Leaks)
	}
}
