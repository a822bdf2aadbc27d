package keys

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"subrosa/internal/secret"
)

// memRing is a keyring in memory.
type memRing struct {
	m       map[string][]byte
	err     error               // what every call answers, if set
	onSet   func()              // runs inside Set
	replace func([]byte) []byte // what Set stores instead
}

func newRing() *memRing { return &memRing{m: map[string][]byte{}} }

func (r *memRing) Get(_ context.Context, account string) ([]byte, error) {
	if r.err != nil {
		return nil, r.err
	}
	s, ok := r.m[account]
	if !ok {
		return nil, ErrNotFound
	}
	return bytes.Clone(s), nil
}

func (r *memRing) Set(_ context.Context, account string, s []byte) error {
	if r.err != nil {
		return r.err
	}
	if r.onSet != nil {
		r.onSet()
	}
	if r.replace != nil {
		s = r.replace(s)
	}
	r.m[account] = bytes.Clone(s)
	return nil
}

func (r *memRing) Delete(_ context.Context, account string) error {
	if r.err != nil {
		return r.err
	}
	if _, ok := r.m[account]; !ok {
		return ErrNotFound
	}
	delete(r.m, account)
	return nil
}

func phrase(s string) *secret.Bytes { return secret.New([]byte(s)) }

func home(t *testing.T, ring Ring, pass string) (*Store, *Root) {
	t.Helper()
	s := Open(filepath.Join(t.TempDir(), "keys"), ring, TestCost)
	r, err := s.Create(t.Context(), phrase(pass))
	if err != nil {
		t.Fatal(err)
	}
	return s, r
}

func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(p)
		b.WriteString(p + "\n" + string(data))
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return b.String()
}

func same(a, b *Root) bool {
	return bytes.Equal(a.History().Expose(), b.History().Expose()) &&
		bytes.Equal(a.ManifestKey().Expose(), b.ManifestKey().Expose()) &&
		a.AuditSigner().Equal(b.AuditSigner()) && a.ModelIdentity().String() == b.ModelIdentity().String()
}

func TestUnlockGivesTheKeysThatCreateMade(t *testing.T) {
	ring := newRing()
	s, made := home(t, ring, "korrekt pferd")
	if made.History().Len() != 32 || made.ManifestKey().Len() != 32 || len(made.AuditSigner()) != 64 {
		t.Fatal("a key has a wrong length")
	}
	pass := phrase("korrekt pferd")
	got, err := s.Unlock(t.Context(), pass)
	if err != nil || !same(got, made) {
		t.Fatalf("unlock: %v, same keys: %v", err, err == nil && same(got, made))
	}
	if string(pass.Expose()) != "korrekt pferd" {
		t.Fatal("the caller's passphrase was changed")
	}
	_, other := home(t, newRing(), "korrekt pferd")
	if same(other, made) {
		t.Fatal("two homes share keys")
	}
	if exists, err := s.Exists(); !exists || err != nil {
		t.Fatalf("Exists = %v, %v", exists, err)
	}
}

func TestWrongPassphraseIsToldFromALostRingSecret(t *testing.T) {
	ring := newRing()
	s, _ := home(t, ring, "right")
	before := snapshot(t, s.dir)
	for _, wrong := range []string{"wrong", "", "right "} {
		if _, err := s.Unlock(t.Context(), phrase(wrong)); !errors.Is(err, ErrWrongPassphrase) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	for account := range ring.m {
		for name, bad := range map[string][]byte{"other": make([]byte, 32), "short": {1}, "empty": {}, "long": make([]byte, 1<<16)} {
			good := ring.m[account]
			ring.m[account] = bad
			if _, err := s.Unlock(t.Context(), phrase("right")); !errors.Is(err, ErrRingSecretLost) {
				t.Errorf("%s secret: %v", name, err)
			}
			ring.m[account] = good
		}
		delete(ring.m, account)
	}
	if _, err := s.Unlock(t.Context(), phrase("right")); !errors.Is(err, ErrRingSecretLost) {
		t.Errorf("missing secret: %v", err)
	}
	if len(ring.m) != 0 || snapshot(t, s.dir) != before {
		t.Error("a failed unlock wrote something")
	}
}

func TestPassphraseIsNormalised(t *testing.T) {
	s, _ := home(t, newRing(), "Zu\u0308rich ﬁve")
	if _, err := s.Unlock(t.Context(), phrase("Z\u00fcrich five")); err != nil {
		t.Fatal(err)
	}
	long := phrase(strings.Repeat("\ufdfa", 50))
	sl := slot{Salt: make([]byte, 16), Time: 1, Memory: 64, Threads: 1}
	if len(sl.kek(long, make([]byte, 32), nil)) != 32 {
		t.Fatal("no key")
	}
}

func TestRingFaultsPassThroughAndChangeNothing(t *testing.T) {
	for _, fault := range []error{ErrNoKeyring, ErrKeyringLocked, ErrKeyringTimeout} {
		ring := newRing()
		s, _ := home(t, ring, "p")
		before := snapshot(t, s.dir)
		ring.err = fault
		if _, err := s.Unlock(t.Context(), phrase("p")); !errors.Is(err, fault) {
			t.Errorf("unlock with %v: %v", fault, err)
		}
		fresh := Open(filepath.Join(t.TempDir(), "keys"), ring, TestCost)
		if _, err := fresh.Create(t.Context(), phrase("p")); !errors.Is(err, fault) {
			t.Errorf("create with %v: %v", fault, err)
		}
		if exists, _ := fresh.Exists(); exists || snapshot(t, s.dir) != before {
			t.Errorf("%v: something was written", fault)
		}
	}
}

func TestCreateFindsOutAKeyringThatForgets(t *testing.T) {
	ring := newRing()
	ring.replace = func(s []byte) []byte { return s[:16] }
	s := Open(t.TempDir(), ring, TestCost)
	if _, err := s.Create(t.Context(), phrase("p")); !errors.Is(err, ErrRingSecretLost) {
		t.Fatal(err)
	}
	if exists, _ := s.Exists(); exists {
		t.Fatal("a slot was written")
	}
}

func TestCreateRefusesASlotAndReplacesALeftoverBundle(t *testing.T) {
	ring := newRing()
	s, first := home(t, ring, "p")
	before := snapshot(t, s.dir)
	if _, err := s.Create(t.Context(), phrase("q")); !errors.Is(err, ErrExists) || snapshot(t, s.dir) != before || len(ring.m) != 1 {
		t.Fatalf("second create: %v", err)
	}
	if err := os.Truncate(filepath.Join(s.dir, slotFile), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(t.Context(), phrase("q")); !errors.Is(err, ErrExists) {
		t.Fatalf("create over an empty slot: %v", err)
	}
	if err := os.Remove(filepath.Join(s.dir, slotFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Unlock(t.Context(), phrase("p")); !errors.Is(err, ErrNotSetUp) {
		t.Fatalf("unlock without a slot: %v", err)
	}
	second, err := s.Create(t.Context(), phrase("q"))
	if err != nil || same(first, second) {
		t.Fatalf("create over a leftover bundle: %v", err)
	}
	if got, err := s.Unlock(t.Context(), phrase("q")); err != nil || !same(got, second) {
		t.Fatal(err)
	}
}

func TestCreateRefusesBadInput(t *testing.T) {
	for _, c := range []Cost{{}, {1, 64, 0}, {17, 64, 1}, {1, 1<<20 + 1, 1}, {1, 31, 4}, {1, 1 << 20, 17}} {
		s := Open(filepath.Join(t.TempDir(), "k"), newRing(), c)
		if _, err := s.Create(t.Context(), phrase("p")); !errors.Is(err, ErrCost) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if _, err := Open(t.TempDir(), newRing(), TestCost).Create(t.Context(), nil); !errors.Is(err, ErrEmptyPassphrase) {
		t.Error(err)
	}
	if !DefaultCost.valid() || DefaultCost.MemoryKiB != 256<<10 {
		t.Error("DefaultCost")
	}
}

func TestFilesAreForTheOwnerAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, newRing(), TestCost).Create(t.Context(), phrase("p")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{".": 0o700, slotFile: 0o600, bundleFile: 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 2 {
		t.Errorf("%d files", len(entries))
	}
}

func TestNoKeyIsInAFileInTheClear(t *testing.T) {
	ring := newRing()
	s, r := home(t, ring, "p")
	all := snapshot(t, s.dir)
	for _, k := range [][]byte{
		r.History().Expose(), r.ManifestKey().Expose(), r.AuditSigner().Seed(), []byte(r.ModelIdentity().String()),
	} {
		if strings.Contains(all, string(k)) || strings.Contains(all, string(encode(k)[1:40])) {
			t.Error("a key lies in a file")
		}
	}
	for _, half := range ring.m {
		if strings.Contains(all, string(encode(half)[1:40])) {
			t.Error("the ring's half lies in a file")
		}
	}
}

// damage runs f over every damaged version of the two files.
func TestEveryFlippedByteIsATypedError(t *testing.T) {
	s, _ := home(t, newRing(), "p")
	for _, name := range []string{slotFile, bundleFile} {
		path := filepath.Join(s.dir, name)
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		cases := map[string][]byte{
			"empty": {}, "null": []byte("null\n"), "array": []byte("[]"), "twice": append(bytes.Clone(good), good...),
			"space": append(bytes.Clone(good), ' '), "huge": bytes.Repeat([]byte(" "), 1<<20),
			"deep": bytes.Repeat([]byte("["), 60000), "no newline": good[:len(good)-1],
		}
		for i := range good {
			for _, mask := range []byte{0x01, 0x20, 0xff} {
				bad := bytes.Clone(good)
				bad[i] ^= mask
				cases["byte "+strconv.Itoa(i)+" ^ "+strconv.Itoa(int(mask))] = bad
			}
			cases["cut at "+strconv.Itoa(i)] = good[:i]
		}
		for what, bad := range cases {
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := s.Unlock(t.Context(), phrase("p"))
			if d, ok := errors.AsType[*DamagedError](err); !ok || (d.File != name && !(name == slotFile && d.File == bundleFile)) {
				t.Fatalf("%s, %s: %v", name, what, err)
			}
			if now, _ := os.ReadFile(path); !bytes.Equal(now, bad) {
				t.Fatalf("%s, %s: the file was changed", name, what)
			}
		}
		if err := os.WriteFile(path, good, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Unlock(t.Context(), phrase("p")); err != nil {
			t.Fatalf("positive control: %v", err)
		}
	}
}

func TestAFileThatIsNoRegularFileIsDamaged(t *testing.T) {
	for _, name := range []string{slotFile, bundleFile} {
		s, _ := home(t, newRing(), "p")
		path := filepath.Join(s.dir, name)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("/dev/zero", path); err != nil {
			t.Fatal(err)
		}
		_, err := s.Unlock(t.Context(), phrase("p"))
		if d, ok := errors.AsType[*DamagedError](err); !ok || d.File != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, _ := home(t, newRing(), "p")
	if err := os.Remove(filepath.Join(s.dir, bundleFile)); err != nil {
		t.Fatal(err)
	}
	_, err := s.Unlock(t.Context(), phrase("p"))
	if d, ok := errors.AsType[*DamagedError](err); !ok || d.File != bundleFile {
		t.Errorf("missing bundle: %v", err)
	}
}

// An attacker recomputes the checksum; a hostile slot must still be refused before Argon2id runs.
func TestHostileSlotParametersAreRefused(t *testing.T) {
	s, _ := home(t, newRing(), "p")
	good, err := s.readSlot(slotFile)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*slot){
		"1 TiB":        func(sl *slot) { sl.Memory = 1 << 30 },
		"zero threads": func(sl *slot) { sl.Threads = 0 },
		"zero time":    func(sl *slot) { sl.Time = 0 },
		"hours":        func(sl *slot) { sl.Time = 1 << 31 },
		"other kdf":    func(sl *slot) { sl.KDF = "none" },
		"version":      func(sl *slot) { sl.Version = 4 },
		"version 3":    func(sl *slot) { sl.Version = 3 },
		"no kdf":       func(sl *slot) { sl.Version, sl.KDF = 3, "none" }, // but its parameters
		"version 0":    func(sl *slot) { sl.Version = 0 },
		"short salt":   func(sl *slot) { sl.Salt = nil },
		"no account":   func(sl *slot) { sl.Account = "" },
		"short check":  func(sl *slot) { sl.Check = nil },
		"short id":     func(sl *slot) { sl.ID = nil },
	} {
		sl := *good
		change(&sl)
		sl.Sum = sl.sum()
		if err := os.WriteFile(filepath.Join(s.dir, slotFile), encode(&sl), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := s.Unlock(t.Context(), phrase("p"))
		if d, ok := errors.AsType[*DamagedError](err); !ok || d.File != slotFile {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Within bounds the header is still bound to the sealed root.
	for _, change := range []func(*slot){func(sl *slot) { sl.Time = 2 }, func(sl *slot) { sl.Root = sl.Root[:10] }, func(sl *slot) { sl.Root = nil }} {
		sl := *good
		change(&sl)
		sl.Sum = sl.sum()
		if err := os.WriteFile(filepath.Join(s.dir, slotFile), encode(&sl), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Unlock(t.Context(), phrase("p")); !errors.Is(err, ErrWrongPassphrase) {
			t.Errorf("forged slot: %v", err)
		}
	}
}

func TestFilesSwappedBetweenHomesDoNotOpen(t *testing.T) {
	ring := newRing() // one desktop session, two data directories
	a, _ := home(t, ring, "a")
	b, _ := home(t, ring, "b")
	copyFile := func(name string) {
		data, err := os.ReadFile(filepath.Join(b.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(a.dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	copyFile(bundleFile)
	_, err := a.Unlock(t.Context(), phrase("a"))
	if d, ok := errors.AsType[*DamagedError](err); !ok || d.File != bundleFile {
		t.Errorf("other bundle: %v", err)
	}
	// With the identifier forged to match, the seal still says no.
	bb, err := b.readBundle(mustSlot(t, b).ID)
	if err != nil {
		t.Fatal(err)
	}
	bb.ID = mustSlot(t, a).ID
	if err := os.WriteFile(filepath.Join(a.dir, bundleFile), encode(bb), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = a.Unlock(t.Context(), phrase("a"))
	if d, ok := errors.AsType[*DamagedError](err); !ok || d.File != bundleFile {
		t.Errorf("forged bundle: %v", err)
	}
	copyFile(bundleFile)
	copyFile(slotFile)
	if _, err := a.Unlock(t.Context(), phrase("a")); !errors.Is(err, ErrWrongPassphrase) {
		t.Errorf("other home, this passphrase: %v", err)
	}
}

func mustSlot(t *testing.T, s *Store) *slot {
	t.Helper()
	sl, err := s.readSlot(slotFile)
	if err != nil {
		t.Fatal(err)
	}
	return sl
}

func TestWipeOverwritesTheKeys(t *testing.T) {
	_, r := home(t, newRing(), "p")
	h, m, a := r.History().Expose(), r.ManifestKey().Expose(), r.AuditSigner()
	r.Wipe()
	for _, b := range [][]byte{h, m, a} {
		if !bytes.Equal(b, make([]byte, len(b))) {
			t.Error("a key is still there")
		}
	}
	r.Wipe()
	(*Root)(nil).Wipe()
}

func TestCancelledUnlockStops(t *testing.T) {
	s, _ := home(t, newRing(), "p")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Unlock(ctx, phrase("p")); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestTheRingComesBeforeAnyFile(t *testing.T) {
	ring := newRing()
	dir := filepath.Join(t.TempDir(), "keys")
	called := false
	ring.onSet = func() {
		called = true
		if entries, _ := os.ReadDir(dir); len(entries) != 0 {
			t.Errorf("%d files before the ring has its half", len(entries))
		}
	}
	if _, err := Open(dir, ring, TestCost).Create(t.Context(), phrase("p")); err != nil || !called {
		t.Fatal(err, called)
	}
}

const createEnv = "SUBROSA_TEST_KEYS_CREATE"

// The child of the test below: it is killed on the way.
func TestCreateChild(t *testing.T) {
	dir := os.Getenv(createEnv)
	if dir == "" {
		t.Skip("runs as a child of TestCreateKilledAtEachRename")
	}
	runtime.LockOSThread() // strace counts the calls of each thread apart
	if _, err := Open(dir, newRing(), TestCost).Create(t.Context(), phrase("p")); err != nil {
		t.Fatal(err)
	}
}

func TestCreateKilledAtEachRename(t *testing.T) {
	need(t, "strace")
	for n, bundleThere := range map[int]bool{1: false, 2: true} {
		dir := filepath.Join(t.TempDir(), "keys")
		cmd := exec.CommandContext(t.Context(), "strace", "-f", "-qq", "-o", "/dev/null",
			"-e", "trace=renameat,renameat2,rename",
			"-e", "inject=renameat,renameat2,rename:error=EINTR:signal=SIGKILL:when="+strconv.Itoa(n),
			os.Args[0], "-test.run=^TestCreateChild$")
		cmd.Env = append(os.Environ(), createEnv+"="+dir)
		if out, err := cmd.CombinedOutput(); err == nil {
			t.Fatalf("rename %d: the child was not killed\n%s", n, out)
		}
		if _, err := os.Stat(filepath.Join(dir, bundleFile)); (err == nil) != bundleThere {
			t.Fatalf("rename %d: bundle there: %v, want %v", n, err == nil, bundleThere)
		}
		s := Open(dir, newRing(), TestCost)
		if exists, err := s.Exists(); exists || err != nil {
			t.Fatalf("rename %d: Exists = %v, %v", n, exists, err)
		}
		made, err := s.Create(t.Context(), phrase("p"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Unlock(t.Context(), phrase("p")); err != nil || !same(got, made) {
			t.Fatalf("rename %d: after the second create: %v", n, err)
		}
	}
}

// need skips without a tool, and fails where real parts are required.
func need(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err == nil {
			continue
		}
		msg := tool + " is missing: apt-get install -y dbus dbus-x11 gnome-keyring strace"
		if os.Getenv("CI") == "true" || os.Getenv("SUBROSA_REQUIRE_REAL") == "1" {
			t.Fatal(msg)
		}
		t.Skip(msg)
	}
}

func BenchmarkUnlockDefaultCost(b *testing.B) {
	s := Open(b.TempDir(), newRing(), DefaultCost)
	if _, err := s.Create(b.Context(), phrase("p")); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Unlock(b.Context(), phrase("p")); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzReadSlot(f *testing.F) {
	s := Open(f.TempDir(), newRing(), TestCost)
	if _, err := s.Create(f.Context(), phrase("p")); err != nil {
		f.Fatal(err)
	}
	for _, name := range []string{slotFile, bundleFile} {
		data, err := os.ReadFile(filepath.Join(s.dir, name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	path := filepath.Join(s.dir, slotFile)
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := s.readSlot(slotFile)
		if _, ok := errors.AsType[*DamagedError](err); !ok && !bytes.Equal(data, good) && err != nil {
			t.Fatal(err)
		}
	})
}

func contextSoon(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), 50*time.Millisecond)
}
