package backup

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"filippo.io/age"
)

const (
	killEnv = "SUBROSA_TEST_BACKUP_KILL"
	killDir = "SUBROSA_TEST_BACKUP_DIR"
)

func few() []Source {
	return []Source{Bytes("keys/bundle.json", []byte("{}")), Bytes("audit/entries", []byte("entry\n")), Bytes("history.db", make([]byte, 70_000))}
}

func killIdentity(t *testing.T, dir string) *age.X25519Identity {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "identity"))
	if err != nil {
		t.Fatal(err)
	}
	id, err := age.ParseX25519Identity(string(b))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// changes are what is killed on the way, in dir.
var changes = map[string]func(t *testing.T, dir string) error{
	"backup": func(t *testing.T, dir string) error {
		_, err := Write(t.Context(), filepath.Join(dir, "stick"), "b.age", Manifest{Origin: "o", Generation: 9}, few(), killIdentity(t, dir).Recipient().String())
		return err
	},
	"restore": func(t *testing.T, dir string) error {
		_, err := Restore(t.Context(), filepath.Join(dir, "good", "b.age"), filepath.Join(dir, "place", "home"), nil, killIdentity(t, dir))
		return err
	},
}

// The child: it is killed on the way.
func TestKilledChild(t *testing.T) {
	change := os.Getenv(killEnv)
	if change == "" {
		t.Skip("runs as a child of TestKilledAtEveryWriteItLeavesNothingOrTheWhole")
	}
	runtime.LockOSThread() // strace counts the calls of each thread apart
	if err := changes[change](t, os.Getenv(killDir)); err != nil {
		t.Fatal(err)
	}
}

// TestKilledAtEveryWriteItLeavesNothingOrTheWhole kills a backup and a restore before the first write, the second, and so
// on until it gets through; then before each directory made, fsync, rename and removal. What then lies under the final name
// is whole, and what does not is named ".part"; the same again succeeds, and leaves the whole alone.
func TestKilledAtEveryWriteItLeavesNothingOrTheWhole(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Fatal("apt-get install strace: ", err)
	}
	for change := range changes {
		t.Run(change, func(t *testing.T) {
			t.Parallel()
			points := 0
			for _, calls := range []string{"write,pwrite64", "mkdir,mkdirat", "fsync", "rename,renameat,renameat2", "unlink,unlinkat,rmdir"} {
				for n := 1; killedBefore(t, change, calls, n); n++ {
					points++
				}
			}
			if points < 8 {
				t.Errorf("%d kill points", points)
			}
			t.Logf("%d kill points", points)
		})
	}
}

// killedBefore returns false if the change got through, for want of so many calls.
func killedBefore(t *testing.T, change, calls string, n int) bool {
	t.Helper()
	dir := t.TempDir()
	for _, sub := range []string{"stick", "good", "place"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	id := identity(t)
	if err := os.WriteFile(filepath.Join(dir, "identity"), []byte(id.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(t.Context(), filepath.Join(dir, "good"), "b.age", Manifest{Origin: "o", Generation: 9}, few(), id.Recipient().String()); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace="+calls,
		"-e", "inject="+calls+":error=EINTR:signal=SIGKILL:when="+strconv.Itoa(n),
		os.Args[0], "-test.run=^TestKilledChild$", "-test.count=1")
	cmd.Env = append(os.Environ(), killEnv+"="+change, killDir+"="+dir)
	out, err := cmd.CombinedOutput()
	if err == nil {
		return false
	}
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGKILL {
		t.Fatalf("%s %s %d: %v\n%s", change, calls, n, err, out)
	}
	at := change + " " + calls + " " + strconv.Itoa(n)
	check := func(again bool) {
		for _, name := range names(t, filepath.Join(dir, "stick")) {
			if !again && strings.HasSuffix(name, partSuffix) {
				continue
			}
			home := filepath.Join(t.TempDir(), "home")
			if m, err := Restore(t.Context(), filepath.Join(dir, "stick", name), home, nil, id); err != nil || m.Generation != 9 {
				t.Fatalf("%s: %s: %v", at, name, err)
			}
			holdsAll(t, at, home)
		}
		for _, name := range names(t, filepath.Join(dir, "place")) {
			if !again && strings.HasSuffix(name, partSuffix) {
				continue
			}
			if name != "home" {
				t.Fatalf("%s: %s", at, name)
			}
			holdsAll(t, at, filepath.Join(dir, "place", name))
		}
	}
	check(false)
	if err := changes[change](t, dir); err != nil && !errors.Is(err, ErrExists) {
		t.Fatalf("%s: again: %v", at, err)
	}
	check(true)
	if made := len(names(t, filepath.Join(dir, "stick"))) + len(names(t, filepath.Join(dir, "place"))); made != 1 {
		t.Fatalf("%s: %d files", at, made)
	}
	return true
}

func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func holdsAll(t *testing.T, at, home string) {
	t.Helper()
	for _, s := range few() {
		info, err := os.Stat(filepath.Join(home, filepath.FromSlash(s.Name)))
		if err != nil || info.Size() != s.Size {
			t.Fatalf("%s: %s: %v", at, s.Name, err)
		}
	}
}
