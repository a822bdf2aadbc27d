package keys

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/plugin"
)

// The test binary is also the fake token's plugin: age starts it as age-plugin-fake. It seals to a classic identity that
// lies in a file, which is not what a token does, and all that the code under test can see of one.
const fakePlugin = "age-plugin-fake"

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == fakePlugin {
		os.Exit(pluginMain())
	}
	os.Exit(m.Run())
}

func pluginMain() int {
	p, err := plugin.New("fake")
	if err != nil {
		return 2
	}
	p.HandleRecipient(func(data []byte) (age.Recipient, error) { return age.ParseX25519Recipient(string(data)) })
	p.HandleIdentity(func(data []byte) (age.Identity, error) {
		if os.Getenv("FAKE_TOKEN_UNPLUGGED") != "" {
			return nil, errors.New("no token")
		}
		if pin, err := p.RequestValue("pin", true); err != nil || pin != "0000" {
			return nil, errors.New("wrong pin")
		}
		return age.ParseX25519Identity(string(data))
	})
	return p.Main()
}

// token is a new fake token, its plugin found in PATH.
func fakeToken(t *testing.T, s *Store) (recipient, identity string) {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(dir, fakePlugin)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	s.UsePlugins(&Plugins{RequestValue: func(string, string, bool) (string, error) { return "0000", nil }})
	id := classic(t)
	return plugin.EncodeRecipient("fake", []byte(id.Recipient().String())), plugin.EncodeIdentity("fake", []byte(id.String()))
}

func classic(t *testing.T) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func hybrid(t *testing.T) *age.HybridIdentity {
	t.Helper()
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func addRecovery(t *testing.T, r *Root, recipient fmt.Stringer) string {
	t.Helper()
	info, err := r.AddRecovery(recipient.String())
	if err != nil {
		t.Fatal(err)
	}
	return info.Name
}

func rotateEpoch(t *testing.T, r *Root, inUse uint64) Epoch {
	t.Helper()
	e, err := r.BeginEpochRotation(t.Context(), inUse)
	if err == nil {
		err = r.CommitEpochRotation(t.Context(), e.Generation)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestRecoveryOpensAHomeWhoseKeyringIsGone(t *testing.T) {
	post, pre := hybrid(t), classic(t)
	for kind, c := range map[string]struct {
		recipient fmt.Stringer
		identity  age.Identity
	}{"classic": {pre.Recipient(), pre}, "post-quantum": {post.Recipient(), post}} {
		t.Run(kind, func(t *testing.T) {
			s, made := home(t, newRing(), "forgotten")
			rotateEpoch(t, made, 0)
			name := addRecovery(t, made, c.recipient)
			epoch := rotateEpoch(t, made, 1)

			s = Open(s.dir, newRing(), TestCost) // another desktop: nothing in its keyring
			if _, err := s.Unlock(t.Context(), phrase("forgotten")); !errors.Is(err, ErrRingSecretLost) {
				t.Fatal(err)
			}
			before := snapshot(t, s.dir)
			if _, err := s.Recover(t.Context(), classic(t), hybrid(t)); !errors.Is(err, ErrNoIdentityFits) {
				t.Fatal("a stranger's identity: ", err)
			}
			r, err := s.Recover(t.Context(), classic(t), c.identity)
			if err != nil || !same(r, made) || snapshot(t, s.dir) != before {
				t.Fatal(err)
			}
			if err := r.SetPassphrase(t.Context(), phrase("new one")); err != nil {
				t.Fatal(err)
			}
			got := unlockHome(t, s, "new one")
			key, err := got.Epoch(2)
			if !same(got, made) || err != nil || !bytes.Equal(key.Expose(), epoch.Key.Expose()) || len(got.Epochs()) != 1 {
				t.Fatal("other keys after the recovery: ", err)
			}
			if list, err := s.Slots(); err != nil || len(list) != 2 || list[1].Name != name || list[1].PostQuantum != (kind != "classic") {
				t.Fatal(list, err)
			}
		})
	}
}

func TestRecoveryOpensAHomeWhoseUserSlotIsGone(t *testing.T) {
	id := classic(t)
	for what, damage := range map[string]func(string) error{
		"removed":   os.Remove,
		"truncated": func(p string) error { return os.Truncate(p, 10) },
	} {
		s, made := home(t, newRing(), "p")
		addRecovery(t, made, id.Recipient())
		if err := damage(filepath.Join(s.dir, slotFile)); err != nil {
			t.Fatal(err)
		}
		r, err := s.Recover(t.Context(), id)
		if err != nil {
			t.Fatal(what, err)
		}
		if err := r.SetPassphrase(t.Context(), phrase("q")); err != nil {
			t.Fatal(what, err)
		}
		if !same(unlockHome(t, s, "q"), made) {
			t.Fatal(what)
		}
	}
}

func TestRecoveryKeepsWhatTheKeyringStillHas(t *testing.T) {
	id := classic(t)
	ring := newRing()
	s, made := home(t, ring, "forgotten")
	rotateEpoch(t, made, 0)
	addRecovery(t, made, id.Recipient())
	stale := map[string][]byte{}
	for _, f := range []string{slotFile} {
		stale[f], _ = os.ReadFile(filepath.Join(s.dir, f))
	}
	before := maps.Clone(ring.m)
	r, err := s.Recover(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.SetPassphrase(t.Context(), phrase("new")); err != nil {
		t.Fatal(err)
	}
	for account, v := range before {
		if strings.HasPrefix(account, "epoch") && !bytes.Equal(ring.m[account], v) {
			t.Error("the epoch key was written again")
		}
		if _, there := ring.m[account]; there && strings.HasPrefix(account, accountPrefix) {
			t.Error("the old half is still in the keyring")
		}
	}
	// The old slot file, put back, has lost its half.
	if err := os.WriteFile(filepath.Join(s.dir, slotFile), stale[slotFile], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Unlock(t.Context(), phrase("forgotten")); !errors.Is(err, ErrRingSecretLost) {
		t.Error(err)
	}
}

func TestDestroyedEpochIsInNoRecoverySlot(t *testing.T) {
	id := classic(t)
	s, r := home(t, newRing(), "p")
	addRecovery(t, r, id.Recipient())
	old := rotateEpoch(t, r, 0)
	copied := bytes.Clone(old.Key.Expose())
	rotateEpoch(t, r, 1)
	b, err := s.readBundle(nil)
	if err != nil {
		t.Fatal(err)
	}
	slots, _, err := r.recoveries(b)
	if err != nil || len(slots) != 1 {
		t.Fatal(err)
	}
	plain, err := openAge(slots[0].Epochs, id)
	if err != nil || len(plain) != 40 || bytes.Contains(plain, copied) {
		t.Fatalf("%d bytes, %v", len(plain), err)
	}
}

func TestRecoverySlotsAreListedRefusedAndRemoved(t *testing.T) {
	id := classic(t)
	s, r := home(t, newRing(), "p")
	for _, bad := range []string{"", "age1", "AGE-SECRET-KEY-1", "ssh-ed25519 AAAA", id.String(), id.Recipient().String() + "\n"} {
		if _, err := r.AddRecovery(bad); !errors.Is(err, ErrRecipient) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	name := addRecovery(t, r, id.Recipient())
	if _, err := r.AddRecovery(id.Recipient().String()); !errors.Is(err, ErrSlotExists) {
		t.Error(err)
	}
	list, err := s.Slots()
	if err != nil || len(list) != 2 || list[0].Name != "user" || list[1].Recipient != id.Recipient().String() || list[1].Added.IsZero() {
		t.Fatal(list, err)
	}
	for bad, want := range map[string]error{"user": ErrSlotNeeded, "recovery-00000000": ErrNoSlot, "../user": ErrNoSlot, "": ErrNoSlot} {
		if err := r.RemoveRecovery(bad); !errors.Is(err, want) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if err := r.RemoveRecovery(name); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Recover(t.Context(), id); !errors.Is(err, ErrNoIdentityFits) {
		t.Error(err)
	}
}

func TestChangedPassphraseReplacesTheOldOne(t *testing.T) {
	ring := newRing()
	s, r := home(t, ring, "old")
	if err := r.SetPassphrase(t.Context(), phrase("new")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Unlock(t.Context(), phrase("old")); !errors.Is(err, ErrWrongPassphrase) {
		t.Error(err)
	}
	if !same(unlockHome(t, s, "new"), r) || len(ring.m) != 1 {
		t.Errorf("%d secrets in the keyring", len(ring.m))
	}
	if err := r.SetPassphrase(t.Context(), nil); !errors.Is(err, ErrEmptyPassphrase) {
		t.Error(err)
	}
	for _, fault := range []error{ErrNoKeyring, ErrKeyringLocked, ErrKeyringTimeout} {
		before := snapshot(t, s.dir)
		ring.err = fault
		if err := r.SetPassphrase(t.Context(), phrase("third")); !errors.Is(err, fault) || snapshot(t, s.dir) != before {
			t.Error(err)
		}
		ring.err = nil
	}
	unlockHome(t, s, "new")
}

func TestRotatedRootShutsOutOldSlotFiles(t *testing.T) {
	gone, kept := classic(t), hybrid(t)
	s, r := home(t, newRing(), "p")
	name := addRecovery(t, r, gone.Recipient())
	addRecovery(t, r, kept.Recipient())
	copied := map[string][]byte{}
	for _, f := range []string{slotFile, name + slotSuffix} {
		copied[f], _ = os.ReadFile(filepath.Join(s.dir, f))
	}
	if err := r.RemoveRecovery(name); err != nil {
		t.Fatal(err)
	}
	oldRoot := bytes.Clone(r.RootKey().Expose())
	if err := r.RotateRoot(t.Context(), phrase("q")); !errors.Is(err, ErrWrongPassphrase) {
		t.Fatal(err)
	}
	for range 3 {
		if err := r.RotateRoot(t.Context(), phrase("p")); err != nil {
			t.Fatal(err)
		}
	}
	got := unlockHome(t, s, "p")
	if !same(got, r) || bytes.Equal(got.RootKey().Expose(), oldRoot) || !bytes.Equal(got.RootKey().Expose(), r.RootKey().Expose()) {
		t.Fatal("other keys, or the same root")
	}
	if again, err := s.Recover(t.Context(), kept); err != nil || !same(again, r) {
		t.Fatal(err)
	}
	entries, _ := os.ReadDir(s.dir)
	if len(entries) != 3 {
		t.Error("left over: ", entries)
	}
	for f, data := range copied {
		if err := os.WriteFile(filepath.Join(s.dir, f), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Recover(t.Context(), gone); !errors.Is(err, ErrNoIdentityFits) {
		t.Error("the removed slot's old file: ", err)
	}
	if _, err := s.Unlock(t.Context(), phrase("p")); err == nil {
		t.Error("the old slot file still opens")
	}
}

// A slot that was stripped of its passphrase's traces does not open: what is sealed is sealed with the passphrase.
func TestASlotWithoutAPassphraseIsMadeByNobodyElse(t *testing.T) {
	s, _ := home(t, newRing(), "p")
	sl := mustSlot(t, s)
	sl.Version, sl.KDF, sl.Time, sl.Memory, sl.Threads = fileVersion3, kdfNone, 0, 0, 0
	sl.Sum = sl.sum()
	if err := s.write(slotFile, sl); err != nil {
		t.Fatal(err)
	}
	_, err := s.Unlock(t.Context(), nil)
	if d, ok := errors.AsType[*DamagedError](err); !ok || d.File != slotFile {
		t.Error(err)
	}
}

func TestTheKeyringAloneOpensASlotWithoutAPassphrase(t *testing.T) {
	it := classic(t)
	ring := newRing()
	s, r := home(t, ring, "p")
	addRecovery(t, r, it.Recipient())
	rotateEpoch(t, r, 0)
	if err := r.RemovePassphrase(t.Context(), phrase("q")); !errors.Is(err, ErrWrongPassphrase) || !r.HasPassphrase() {
		t.Fatal(err)
	}
	if err := r.RemovePassphrase(t.Context(), phrase("p")); err != nil {
		t.Fatal(err)
	}
	got, err := s.Unlock(t.Context(), nil)
	if err != nil || !same(got, r) || got.HasPassphrase() || r.HasPassphrase() {
		t.Fatal(err)
	}
	if list, _ := s.Slots(); list[0].Passphrase {
		t.Error(list)
	}
	// The keyring is still needed.
	other := Open(s.dir, newRing(), TestCost)
	if _, err := other.Unlock(t.Context(), nil); !errors.Is(err, ErrRingSecretLost) {
		t.Error(err)
	}
	// Rotating the root, and adding and removing a token, do not give it a passphrase.
	recipient, identity := fakeToken(t, s)
	for name, change := range map[string]func() error{
		"rotate":       func() error { return got.RotateRoot(t.Context(), nil) },
		"add token":    func() error { return got.SetHardware(t.Context(), phrase("typed"), recipient, identity) },
		"remove token": func() error { return got.RemoveHardware(t.Context(), phrase("typed")) },
	} {
		if err := change(); err != nil {
			t.Fatal(name, ": ", err)
		}
		if again, err := s.Unlock(t.Context(), nil); err != nil || !same(again, r) || again.HasPassphrase() {
			t.Fatal(name, ": ", err)
		}
	}
	// Recovery works, and so does a passphrase again.
	again, err := s.Recover(t.Context(), it)
	if err != nil || !same(again, r) {
		t.Fatal(err)
	}
	if err := again.SetPassphrase(t.Context(), phrase("new")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Unlock(t.Context(), nil); !errors.Is(err, ErrWrongPassphrase) {
		t.Error(err)
	}
	if !unlockHome(t, s, "new").HasPassphrase() {
		t.Error("a passphrase that is not needed")
	}
}

// A copy that was made a home of its own shares nothing with the original in a keyring, and has the same keys.
func TestACopyBecomesAHomeOfItsOwn(t *testing.T) {
	it, other := classic(t), hybrid(t)
	ring := newRing()
	s, r := home(t, ring, "p")
	addRecovery(t, r, it.Recipient())
	addRecovery(t, r, other.Recipient())
	rotateEpoch(t, r, 0)
	recipient, identity := fakeToken(t, s)
	if err := r.SetHardware(t.Context(), phrase("p"), recipient, identity); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(dir, os.DirFS(s.dir)); err != nil {
		t.Fatal(err)
	}
	// The original goes on: an erasure, and another passphrase.
	rotateEpoch(t, r, 1)
	if err := r.SetPassphrase(t.Context(), phrase("later")); err != nil {
		t.Fatal(err)
	}
	before := maps.Clone(ring.m)

	if err := Rehome(dir, classic(t)); !errors.Is(err, ErrNoIdentityFits) {
		t.Fatal(err)
	}
	if err := Rehome(dir, it); err != nil {
		t.Fatal(err)
	}
	c := Open(dir, ring, TestCost)
	c.UsePlugins(s.plugins)
	if _, err := c.Unlock(t.Context(), phrase("p")); !errors.Is(err, ErrRingSecretLost) {
		t.Error("before recovery: ", err)
	}
	for _, id := range []age.Identity{it, other} {
		got, err := c.Recover(t.Context(), id)
		if err != nil || !same(got, r) || len(got.Damaged()) != 0 {
			t.Fatal(err)
		}
		if g := generations(got); len(g) != 1 || g[0] != 1 {
			t.Fatal("epochs: ", g)
		}
		if err := got.SetPassphrase(t.Context(), phrase("q")); err != nil {
			t.Fatal(err)
		}
		if again := unlockHome(t, c, "q"); !same(again, r) || !again.HasToken() {
			t.Fatal("other keys, or the token was dropped")
		}
	}
	for account, secret := range before {
		if !bytes.Equal(ring.m[account], secret) {
			t.Errorf("%s was changed in the keyring", account)
		}
	}
	if orig := unlockHome(t, s, "later"); !slices.Equal(generations(orig), []uint64{2}) {
		t.Error("the original: ", generations(orig))
	}
}

// Who can write files, but not open the root, must not get the next root sealed to a recipient of their own.
func TestASlotThatThisHomeDidNotWriteGetsNothing(t *testing.T) {
	mine, theirs := classic(t), classic(t)
	s, r := home(t, newRing(), "p")
	rotateEpoch(t, r, 0)
	name := addRecovery(t, r, mine.Recipient())
	rec, err := s.readRecovery(name + slotSuffix)
	if err != nil {
		t.Fatal(err)
	}
	rec.Recipient = theirs.Recipient().String()
	rec.Sum = rec.sum()
	if err := s.write(name+slotSuffix, rec); err != nil {
		t.Fatal(err)
	}
	var damaged *DamagedError
	if err := r.RotateRoot(t.Context(), phrase("p")); !errors.As(err, &damaged) {
		t.Error("rotate: ", err)
	}
	if _, err := r.BeginEpochRotation(t.Context(), 1); !errors.As(err, &damaged) {
		t.Error("epoch: ", err)
	}
	opened := unlockHome(t, s, "p")
	if len(opened.Damaged()) != 1 {
		t.Fatal("not named: ", opened.Damaged())
	}
	if err := opened.RemoveRecovery(name); err != nil || len(opened.Damaged()) != 0 {
		t.Fatal(err)
	}
	if err := opened.RotateRoot(t.Context(), phrase("p")); err != nil {
		t.Fatal(err)
	}
}

func TestStaleAccountsCannotNameOtherSecrets(t *testing.T) {
	ring := newRing()
	s, r := home(t, ring, "p")
	rotateEpoch(t, r, 0)
	sl := mustSlot(t, s)
	sl.Stale = append(slices.Collect(maps.Keys(ring.m)), "login", "slot-of-nobody")
	sl.Sum = sl.sum()
	if err := s.write(slotFile, sl); err != nil {
		t.Fatal(err)
	}
	ring.m["login"] = []byte("x")
	if got := unlockHome(t, s, "p"); len(got.Epochs()) != 1 || ring.m["login"] == nil || len(mustSlot(t, s).Stale) != 0 {
		t.Error("a secret that is not a slot's was deleted")
	}
	unlockHome(t, s, "p")
}

func TestHardwareTokenIsAThirdPart(t *testing.T) {
	it := classic(t)
	s, r := home(t, newRing(), "p")
	addRecovery(t, r, it.Recipient())
	recipient, identity := fakeToken(t, s)
	if err := r.SetHardware(t.Context(), phrase("q"), recipient, identity); !errors.Is(err, ErrWrongPassphrase) {
		t.Fatal(err)
	}
	for _, bad := range [][2]string{{"age1x", identity}, {recipient, it.String()}, {recipient, plugin.EncodeIdentity("other", []byte("x"))}} {
		if err := r.SetHardware(t.Context(), phrase("p"), bad[0], bad[1]); !errors.Is(err, ErrTokenName) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	_, wrong := fakeToken(t, s)
	before := snapshot(t, s.dir)
	if err := r.SetHardware(t.Context(), phrase("p"), recipient, wrong); !errors.Is(err, ErrToken) || snapshot(t, s.dir) != before {
		t.Error("a token that does not open what is sealed to it: ", err)
	}
	if err := r.SetHardware(t.Context(), phrase("p"), recipient, identity); err != nil {
		t.Fatal(err)
	}
	if list, _ := s.Slots(); list[0].Hardware != "fake" {
		t.Error(list)
	}
	if !same(unlockHome(t, s, "p"), r) {
		t.Fatal("other keys")
	}
	// It stays needed through a change of passphrase and a rotation.
	if err := r.SetPassphrase(t.Context(), phrase("new")); err != nil {
		t.Fatal(err)
	}
	if err := r.RotateRoot(t.Context(), phrase("new")); err != nil {
		t.Fatal(err)
	}
	unlockHome(t, s, "new")
	s.UsePlugins(&Plugins{RequestValue: func(string, string, bool) (string, error) { return "1234", nil }})
	if _, err := s.Unlock(t.Context(), phrase("new")); !errors.Is(err, ErrToken) {
		t.Error("wrong PIN: ", err)
	}
	s.UsePlugins(new(Plugins))
	if _, err := s.Unlock(t.Context(), phrase("new")); !errors.Is(err, ErrToken) {
		t.Error("nobody to ask: ", err)
	}
	t.Setenv("FAKE_TOKEN_UNPLUGGED", "1")
	if _, err := s.Unlock(t.Context(), phrase("new")); !errors.Is(err, ErrToken) {
		t.Error("unplugged: ", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := s.Unlock(t.Context(), phrase("new")); !errors.Is(err, ErrToken) {
		t.Error("no plugin: ", err)
	}
	again, err := s.Recover(t.Context(), it)
	if err != nil || !same(again, r) {
		t.Fatal("recovery needs no token: ", err)
	}
	if err := again.SetPassphrase(t.Context(), phrase("x")); !errors.Is(err, ErrToken) {
		t.Error("a lost token is not dropped silently: ", err)
	}
	if err := again.DropHardware(t.Context(), phrase("x")); err != nil {
		t.Fatal(err)
	}
	unlockHome(t, s, "x")
}

// A home as the first version wrote it: testdata/v1 was made by that version's Create.
func TestHomeOfTheFirstVersionOpensAndLearnsEverything(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	if err := os.CopyFS(dir, os.DirFS("testdata/v1")); err != nil {
		t.Fatal(err)
	}
	ring := newRing()
	s := Open(dir, ring, TestCost)
	half, err := os.ReadFile("testdata/v1-ring")
	if err != nil {
		t.Fatal(err)
	}
	if ring.m[mustSlot(t, s).Account], err = hex.DecodeString(strings.TrimSpace(string(half))); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, dir)
	r := unlockHome(t, s, "correct horse battery staple")
	if snapshot(t, dir) != before || len(r.Epochs()) != 0 {
		t.Fatal("opening it changed it")
	}
	id := hybrid(t)
	rotateEpoch(t, r, 0)
	addRecovery(t, r, id.Recipient())
	if _, err := r.AddAuditSigner(); err != nil {
		t.Fatal(err)
	}
	if err := r.RotateRoot(t.Context(), phrase("correct horse battery staple")); err != nil {
		t.Fatal(err)
	}
	if got := unlockHome(t, s, "correct horse battery staple"); !same(got, r) || len(got.AuditSigners()) != 2 {
		t.Fatal("other keys")
	}
}

// Every byte of every file that a home with all kinds of slots has, in the middle of a rotation too.
func TestEveryFlippedByteOfEveryFileIsNamed(t *testing.T) {
	id := classic(t)
	s, r := home(t, newRing(), "p")
	rotateEpoch(t, r, 0)
	name := addRecovery(t, r, id.Recipient())
	if _, err := r.AddAuditSigner(); err != nil {
		t.Fatal(err)
	}
	if err := r.RotateRoot(t.Context(), phrase("p")); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil || len(entries) != 3 {
		t.Fatal(entries, err)
	}
	for _, e := range entries {
		path := filepath.Join(s.dir, e.Name())
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range good {
			bad := bytes.Clone(good)
			bad[i] ^= 1
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := s.Unlock(t.Context(), phrase("p"))
			if e.Name() == name+slotSuffix {
				if err != nil || len(got.Damaged()) != 1 || !strings.Contains(got.Damaged()[0].Error(), e.Name()) {
					t.Fatalf("%s, byte %d: %v, %v", e.Name(), i, err, got.Damaged())
				}
				_, err = s.Recover(t.Context(), id)
			}
			if d, ok := errors.AsType[*DamagedError](err); !ok || d.File != e.Name() {
				t.Fatalf("%s, byte %d: %v", e.Name(), i, err)
			}
		}
		if err := os.WriteFile(path, good, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := unlockHome(t, s, "p"); len(got.Damaged()) != 0 {
			t.Fatal("positive control: ", got.Damaged())
		}
	}
}

func TestFormatsOfRecoverySlotsAreReadableByAge(t *testing.T) {
	id := hybrid(t)
	s, r := home(t, newRing(), "p")
	name := addRecovery(t, r, id.Recipient())
	rec, err := s.readRecovery(name + slotSuffix)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := age.Decrypt(bytes.NewReader(rec.Root), id)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := io.ReadAll(plain); !bytes.Equal(got, r.RootKey().Expose()) {
		t.Error("not the root")
	}
}
