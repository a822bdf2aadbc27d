package keys

import (
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"

	"filippo.io/age"
)

// dirRing is a keyring that outlives its process: one file for each account. Its writes are kill points like any other.
type dirRing string

func (r dirRing) name(account string) string {
	return filepath.Join(string(r), hex.EncodeToString([]byte(account)))
}

func (r dirRing) Get(_ context.Context, account string) ([]byte, error) {
	b, err := os.ReadFile(r.name(account))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	return b, err
}

func (r dirRing) Set(_ context.Context, account string, b []byte) error {
	temp := r.name(account) + ".new"
	if err := os.WriteFile(temp, b, 0o600); err != nil {
		return err
	}
	return os.Rename(temp, r.name(account))
}

func (r dirRing) Delete(_ context.Context, account string) error {
	err := os.Remove(r.name(account))
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNotFound
	}
	return err
}

const (
	killEnv  = "SUBROSA_TEST_KEYS_KILL"
	killHome = "SUBROSA_TEST_KEYS_HOME"
	killOld  = "old passphrase"
	killNew  = "new passphrase"
)

// changes are what must survive a kill at every write. Each says what it does and which passphrases may open the home
// afterwards.
var changes = map[string]func(context.Context, *Store, *Root, []age.Identity) error{
	"change passphrase": func(ctx context.Context, _ *Store, r *Root, _ []age.Identity) error {
		return r.SetPassphrase(ctx, phrase(killNew))
	},
	"remove passphrase": func(ctx context.Context, _ *Store, r *Root, _ []age.Identity) error {
		return r.RemovePassphrase(ctx, phrase(killOld))
	},
	"rotate": func(ctx context.Context, _ *Store, r *Root, _ []age.Identity) error {
		return r.RotateRoot(ctx, phrase(killOld))
	},
	"add recovery": func(_ context.Context, _ *Store, r *Root, ids []age.Identity) error {
		_, err := r.AddRecovery(ids[1].(*age.X25519Identity).Recipient().String())
		return err
	},
	"remove": func(_ context.Context, s *Store, r *Root, _ []age.Identity) error {
		names, err := s.recoveryNames()
		if err != nil {
			return err
		}
		if len(names) == 0 {
			return ErrNoSlot
		}
		return r.RemoveRecovery(names[0])
	},
	"recover": func(ctx context.Context, s *Store, _ *Root, ids []age.Identity) error {
		r, err := s.Recover(ctx, ids...)
		if err != nil {
			return err
		}
		return r.SetPassphrase(ctx, phrase(killNew))
	},
	"epoch": func(ctx context.Context, _ *Store, r *Root, _ []age.Identity) error {
		if _, err := r.BeginEpochRotation(ctx, 1); err != nil {
			return err
		}
		return r.CommitEpochRotation(ctx, 2)
	},
	"audit signer": func(_ context.Context, _ *Store, r *Root, _ []age.Identity) error {
		_, err := r.AddAuditSigner()
		return err
	},
}

func killIdentities(t *testing.T, dir string) []age.Identity {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "identities"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	ids, err := age.ParseIdentities(f)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// The child: it is killed on the way.
func TestChangeChild(t *testing.T) {
	change := os.Getenv(killEnv)
	if change == "" {
		t.Skip("runs as a child of TestChangesKilledAtEveryWrite")
	}
	runtime.LockOSThread() // strace counts the calls of each thread apart
	dir := os.Getenv(killHome)
	s := Open(filepath.Join(dir, "keys"), dirRing(filepath.Join(dir, "ring")), TestCost)
	var r *Root
	if change != "recover" {
		r = unlockHome(t, s, killOld)
	}
	if err := changes[change](t.Context(), s, r, killIdentities(t, dir)); err != nil {
		t.Fatal(err)
	}
}

// killedHome makes a home with one recovery slot and generation 1 of the epoch key.
func killedHome(t *testing.T) (dir string, s *Store, r *Root) {
	t.Helper()
	dir = t.TempDir()
	for _, sub := range []string{"keys", "ring"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	first, second := classic(t), classic(t)
	text := first.String() + "\n" + second.String() + "\n"
	if err := os.WriteFile(filepath.Join(dir, "identities"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s = Open(filepath.Join(dir, "keys"), dirRing(filepath.Join(dir, "ring")), TestCost)
	r, err := s.Create(t.Context(), phrase(killOld))
	if err != nil {
		t.Fatal(err)
	}
	rotateEpoch(t, r, 0)
	addRecovery(t, r, first.Recipient())
	return dir, s, r
}

// TestChangesKilledAtEveryWrite kills each change before its first rename, then before its second, and so on until it gets
// through; then before each removal and each fsync. After every kill the home opens, by the old passphrase or by the new
// one; the recovery identity opens it too; the keys are the same ones; and the same change then succeeds.
func TestChangesKilledAtEveryWrite(t *testing.T) {
	need(t, "strace")
	for change := range changes {
		t.Run(change, func(t *testing.T) {
			t.Parallel()
			points := 0
			// strace counts each call of a set apart, so one set at a time, with the names that one call goes by.
			for _, calls := range []string{"rename,renameat,renameat2", "unlink,unlinkat", "fsync"} {
				for n := 1; killedBefore(t, change, calls, n); n++ {
					points++
				}
			}
			if points < 3 {
				t.Errorf("%d kill points", points)
			}
			t.Logf("%d kill points", points)
		})
	}
}

// killedBefore runs a change that is killed before the nth of calls, and checks what is left. It returns false if the
// change got through, for want of so many calls.
func killedBefore(t *testing.T, change, calls string, n int) bool {
	t.Helper()
	dir, s, made := killedHome(t)
	cmd := exec.CommandContext(t.Context(), "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace="+calls,
		"-e", "inject="+calls+":error=EINTR:signal=SIGKILL:when="+strconv.Itoa(n),
		os.Args[0], "-test.run=^TestChangeChild$", "-test.count=1")
	cmd.Env = append(os.Environ(), killEnv+"="+change, killHome+"="+dir)
	out, err := cmd.CombinedOutput()
	if err == nil {
		return false
	}
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGKILL {
		t.Fatalf("%s %d: %v\n%s", calls, n, err, out)
	}
	ids := killIdentities(t, dir)
	checkAfterKill(t, calls+" "+strconv.Itoa(n), s, made, ids)
	again, err := s.Unlock(t.Context(), phrase(killOld))
	if err != nil {
		return true // the change was through
	}
	err = changes[change](t.Context(), s, again, ids)
	through := errors.Is(err, ErrSlotExists) || errors.Is(err, ErrEpochLost) || change == "remove" && len(mustNames(t, s)) == 0
	if err != nil && !through {
		t.Fatalf("%s %d: the change does not succeed afterwards: %v", calls, n, err)
	}
	return true
}

func mustNames(t *testing.T, s *Store) []string {
	t.Helper()
	names, err := s.recoveryNames()
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func checkAfterKill(t *testing.T, n string, s *Store, made *Root, ids []age.Identity) {
	t.Helper()
	if names := mustNames(t, s); len(names) > 0 { // before Unlock tidies up
		if r, err := s.Recover(t.Context(), ids...); err != nil || !same(r, made) || len(r.Epochs()) == 0 || len(r.Damaged()) != 0 {
			t.Fatalf("%s: the recovery slot: %v", n, err)
		}
	}
	got, err := s.Unlock(t.Context(), phrase(killOld))
	if err != nil {
		got, err = s.Unlock(t.Context(), phrase(killNew))
	}
	switch {
	case err != nil:
		t.Fatalf("%s: neither the old nor the new state opens: %v", n, err)
	case !same(got, made):
		t.Fatalf("%s: other keys", n)
	case len(got.Epochs()) == 0 || len(got.Damaged()) != 0:
		t.Fatalf("%s: epochs %v, damaged %v", n, generations(got), got.Damaged())
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".json" || filepath.Ext(e.Name()[:len(e.Name())-5]) == ".next" {
			t.Fatalf("%s: %s was left over", n, e.Name())
		}
	}
}
