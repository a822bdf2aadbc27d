package keys

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// The tests in this file need a session bus of their own. Each re-executes the test binary inside dbus-run-session, with
// a bus that starts no service by itself.
const childEnv = "SUBROSA_TEST_KEYRING_CHILD"

const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>`

// onPrivateBus reports whether this process is the child. In the parent it runs the child and hands on its verdict.
func onPrivateBus(t *testing.T) bool {
	t.Helper()
	if os.Getenv(childEnv) == t.Name() {
		return true
	}
	need(t, "dbus-run-session", "dbus-daemon", "gnome-keyring-daemon")
	conf := filepath.Join(t.TempDir(), "bus.conf")
	if err := os.WriteFile(conf, []byte(busConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "dbus-run-session", "--config-file="+conf, "--",
		os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=60s")
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "DISPLAY=") && !strings.HasPrefix(kv, "WAYLAND_DISPLAY=") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	data := t.TempDir()
	cmd.Env = append(cmd.Env, childEnv+"="+t.Name(), "XDG_DATA_HOME="+data, "XDG_RUNTIME_DIR="+data, "HOME="+data)
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
		t.Fatalf("on a private bus: %v\n%s", err, out)
	}
	return false
}

// startKeyring starts a real, unlocked gnome-keyring and waits until it owns its name.
func startKeyring(t *testing.T) *dbus.Conn {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets")
	cmd.Stdin = strings.NewReader("login password")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	conn, err := dbus.ConnectSessionBus()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		locked, err := conn.Object("org.freedesktop.secrets", "/org/freedesktop/secrets/collection/login").
			GetProperty("org.freedesktop.Secret.Collection.Locked")
		if err == nil && locked.Value() == false {
			return conn
		}
		if time.Now().After(deadline) {
			t.Fatal("gnome-keyring did not come up: ", err)
		}
	}
}

// inTime runs f and fails if it took more than 5 s.
func inTime(t *testing.T, f func() error) error {
	t.Helper()
	start := time.Now()
	err := f()
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	return err
}

// faultOn expects every way into the keyring to answer want in time, and nothing to be written.
func faultOn(t *testing.T, s *Store, want error) {
	t.Helper()
	before := snapshot(t, s.dir)
	err := inTime(t, func() error { _, err := s.Unlock(t.Context(), phrase("p")); return err })
	if !errors.Is(err, want) {
		t.Errorf("unlock: %v, want %v", err, want)
	}
	fresh := Open(filepath.Join(t.TempDir(), "keys"), s.ring, TestCost)
	err = inTime(t, func() error { _, err := fresh.Create(t.Context(), phrase("p")); return err })
	if !errors.Is(err, want) {
		t.Errorf("create: %v, want %v", err, want)
	}
	if exists, _ := fresh.Exists(); exists || snapshot(t, s.dir) != before {
		t.Error("something was written")
	}
}

// elsewhere is a home whose ring half is not in the keyring under test.
func elsewhere(t *testing.T) *Store {
	t.Helper()
	s, _ := home(t, newRing(), "p")
	return Open(s.dir, OSRing("subrosa test"), TestCost)
}

func TestRealKeyring(t *testing.T) {
	if !onPrivateBus(t) {
		return
	}
	startKeyring(t)
	ring := OSRing("subrosa test")
	for _, b := range [][]byte{{0}, {}, []byte("text"), bytes.Repeat([]byte{0, 0xff, '\n'}, 20)} {
		if err := ring.Set(t.Context(), "a", b); err != nil {
			t.Fatal(err)
		}
		if got, err := ring.Get(t.Context(), "a"); err != nil || !bytes.Equal(got, b) {
			t.Fatalf("%x came back as %x, %v", b, got, err)
		}
	}
	if err := ring.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if _, err := ring.Get(t.Context(), "a"); !errors.Is(err, ErrNotFound) {
		t.Fatal(err)
	}
	if err := ring.Delete(t.Context(), "a"); !errors.Is(err, ErrNotFound) {
		t.Fatal(err)
	}

	bare := Open(filepath.Join(t.TempDir(), "keys"), ring, TestCost)
	if _, err := bare.CreateKeyringOnly(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r, err := bare.Unlock(t.Context(), nil); err != nil || r.HasPassphrase() {
		t.Fatal("the keyring alone: ", err)
	}
	if err := ring.Delete(t.Context(), mustSlot(t, bare).Account); err != nil {
		t.Fatal(err)
	}
	if _, err := bare.Unlock(t.Context(), nil); !errors.Is(err, ErrRingSecretLost) {
		t.Fatal("no passphrase and no secret: ", err)
	}

	s, made := home(t, ring, "p")
	got, err := s.Unlock(t.Context(), phrase("p"))
	if err != nil || !same(got, made) {
		t.Fatal(err)
	}
	if _, err := s.Unlock(t.Context(), phrase("q")); !errors.Is(err, ErrWrongPassphrase) {
		t.Fatal(err)
	}
	account := mustSlot(t, s).Account
	if err := ring.Set(t.Context(), account, make([]byte, 32)); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, s.dir)
	if _, err := s.Unlock(t.Context(), phrase("p")); !errors.Is(err, ErrRingSecretLost) {
		t.Fatal("wrong secret: ", err)
	}
	if err := ring.Delete(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Unlock(t.Context(), phrase("p")); !errors.Is(err, ErrRingSecretLost) {
		t.Fatal("missing secret: ", err)
	}
	if _, err := ring.Get(t.Context(), account); !errors.Is(err, ErrNotFound) || snapshot(t, s.dir) != before {
		t.Fatal("a failed unlock wrote something: ", err)
	}
}

func TestRealKeyringLocked(t *testing.T) {
	if !onPrivateBus(t) {
		return
	}
	conn := startKeyring(t)
	s, _ := home(t, OSRing("subrosa test"), "p")
	var locked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	err := conn.Object("org.freedesktop.secrets", "/org/freedesktop/secrets").Call("org.freedesktop.Secret.Service.Lock", 0,
		[]dbus.ObjectPath{"/org/freedesktop/secrets/collection/login"}).Store(&locked, &prompt)
	if err != nil || len(locked) != 1 {
		t.Fatal(err, locked)
	}
	faultOn(t, s, ErrKeyringLocked)
}

func TestRealKeyringNeverUnlocked(t *testing.T) {
	if !onPrivateBus(t) {
		return
	}
	cmd := exec.CommandContext(t.Context(), "gnome-keyring-daemon", "--foreground", "--components=secrets")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	conn, err := dbus.ConnectSessionBus()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for running := false; !running; time.Sleep(20 * time.Millisecond) {
		if err := conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, "org.freedesktop.secrets").Store(&running); err != nil {
			t.Fatal(err)
		}
	}
	faultOn(t, elsewhere(t), ErrKeyringLocked)
}

func TestBusWithoutKeyring(t *testing.T) {
	if !onPrivateBus(t) {
		return
	}
	faultOn(t, elsewhere(t), ErrNoKeyring)
}

func TestKeyringThatNeverAnswers(t *testing.T) {
	if !onPrivateBus(t) {
		return
	}
	conn, err := dbus.ConnectSessionBus()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.RequestName("org.freedesktop.secrets", 0); err != nil {
		t.Fatal(err)
	}
	calls := make(chan *dbus.Message, 100)
	conn.Eavesdrop(calls) // takes every call and answers none
	s := elsewhere(t)
	faultOn(t, s, ErrKeyringTimeout)
	if len(calls) == 0 {
		t.Fatal("the keyring was never asked")
	}
	for range 2 * maxStuck { // more than may hang at once: still in time, still typed
		ctx, cancel := contextSoon(t)
		if _, err := s.Unlock(ctx, phrase("p")); err == nil {
			t.Fatal("unlocked")
		}
		cancel()
	}
}

func TestNoBusIsAnErrorAndLeavesNoDaemon(t *testing.T) {
	s := elsewhere(t)
	for _, address := range []string{"", "autolaunch:", "unix:path=/nonexistent/bus", "nonsense"} {
		if found, _ := filepath.Glob("/run/user/" + strconv.Itoa(os.Getuid()) + "/*bus*"); len(found) > 0 && !strings.Contains(address, ":") {
			continue // godbus would find this session's bus there
		}
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
		faultOn(t, s, ErrNoKeyring)
		if now := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); now != address {
			t.Errorf("a bus was launched: %s", now)
		}
	}
}
