//go:build linux && (amd64 || arm64) && !bindings

package first

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"

	"subrosa/internal/lockdown"
	"subrosa/internal/sandbox"
)

const sceneVariable = "SANDBOX_TEST_SCENE" // "walled", "open": without walls, as a control, or "pretended"

// TestMain is the helper of the scene, the scene itself, or the tests.
func TestMain(m *testing.M) {
	if sandbox.ChildMain() {
		return
	}
	if scene := os.Getenv(sceneVariable); scene != "" {
		if err := json.NewEncoder(os.Stdout).Encode(play(scene)); err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

// seen is what the scene saw.
type seen struct {
	Err   string
	Why   string
	Rows  []lockdown.Row
	Calls map[string]string // what became of asking to act
	Mount string            // of an attempt to mount something
	Seen  []string          // what is in the root
}

func play(scene string) (s seen) {
	s.Calls = map[string]string{}
	real := os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	self, err := os.Executable()
	if err != nil {
		return seen{Err: err.Error()}
	}
	if scene == "pretended" {
		walls := new(sandbox.Sandbox).Walls()
		return seen{Why: walls.Why, Rows: walls.Rows}
	}
	if scene == "walled" {
		box, err := sandbox.Open(self, true)
		if err == nil {
			err = box.Enter(lockdown.Reach{Read: []string{"/usr", "/lib", "/lib64", "/etc", "/proc"}})
		}
		if err != nil {
			return seen{Err: err.Error()}
		}
		walls := box.Walls()
		s.Why, s.Rows = walls.Why, walls.Rows
	}
	for name, address := range map[string]string{"the bus": os.Getenv("DBUS_SESSION_BUS_ADDRESS"), "the real bus": real} {
		bus, err := dbus.Connect(address)
		if err == nil {
			err = bus.Object(systemd, "/org/freedesktop/systemd1").Call(systemd+".Manager.StartTransientUnit", 0).Err
		}
		s.Calls[name] = fmt.Sprint(err)
	}
	s.Mount = fmt.Sprint(unix.Mount("x", "/usr", "tmpfs", 0, ""))
	if entries, err := os.ReadDir("/"); err == nil {
		for _, e := range entries {
			s.Seen = append(s.Seen, e.Name())
		}
	}
	return s
}

const systemd = "org.freedesktop.systemd1"

// manager counts who asks it to start something.
type manager struct{ asked atomic.Int32 }

func (m *manager) StartTransientUnit() *dbus.Error { m.asked.Add(1); return nil }

// missing skips a test for want of what the proof needs; where everything is to be real that is a failure.
func missing(t testing.TB, why ...any) {
	t.Helper()
	if os.Getenv("SUBROSA_REQUIRE_REAL") != "" {
		t.Fatal(why...)
	}
	t.Skip(why...)
}

// startBus starts a bus on which somebody starts programs for whoever asks.
func startBus(t testing.TB) *manager {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", dir)
	daemon := exec.CommandContext(t.Context(), "dbus-daemon", "--session", "--nofork", "--print-address", "--address=unix:path="+filepath.Join(dir, "bus"))
	out, err := daemon.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := daemon.Start(); err != nil {
		missing(t, "no dbus-daemon: ", err)
	}
	t.Cleanup(func() { _ = daemon.Process.Kill(); _ = daemon.Wait() })
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", strings.TrimSpace(address))
	bus, err := dbus.Connect(strings.TrimSpace(address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close() })
	m := &manager{}
	if err := bus.Export(m, "/org/freedesktop/systemd1", systemd+".Manager"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{systemd, "org.freedesktop.portal.Desktop", "org.freedesktop.secrets"} {
		if _, err := bus.RequestName(name, 0); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func run(t testing.TB, scene string) (s seen) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	self := exec.CommandContext(ctx, "/proc/self/exe")
	self.Env = append(os.Environ(), sceneVariable+"="+scene)
	self.Stderr = os.Stderr
	out, err := self.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &s); err != nil || s.Err != "" {
		t.Fatal(err, s.Err)
	}
	return s
}

// A program with the sandbox around it reaches the keyring, and no service that would act for it, on the bus or beside it.
func TestServicesOfTheDesktopAreRefused(t *testing.T) {
	m := startBus(t)
	private := filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "systemd")
	if err := os.Mkdir(private, 0o700); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", filepath.Join(private, "private")) // the manager's own, beside the bus
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()

	if open := run(t, "open"); open.Calls["the bus"] != "<nil>" || m.asked.Load() != 2 {
		t.Fatalf("the control is refused too, so this shows nothing: %+v", open)
	}
	m.asked.Store(0)
	s := run(t, "walled")
	if strings.HasPrefix(s.Why, "no user namespace") {
		missing(t, s.Why)
	}
	if s.Why != "" || m.asked.Load() != 0 || s.Calls["the bus"] == "<nil>" || s.Calls["the real bus"] == "<nil>" || s.Mount == "<nil>" {
		t.Errorf("asked %d times: %+v", m.asked.Load(), s)
	}
	if len(s.Seen) > 7 { // usr, lib, lib64, etc, proc, and what leads to the buses' sockets
		t.Errorf("more is there than was given: %v", s.Seen)
	}
	got := map[string]lockdown.Verdict{}
	for _, row := range s.Rows {
		got[row.Name] = row.Verdict
	}
	for name, want := range map[string]lockdown.Verdict{
		"bus: session": lockdown.Works, "session bus: keyring": lockdown.Works,
		"session bus: a stranger": lockdown.Blocked, "session bus: " + systemd: lockdown.Blocked, "session bus: org.freedesktop.portal.Desktop": lockdown.Blocked,
		"socket: the session's bus": lockdown.Blocked, "socket: the user's systemd": lockdown.Blocked,
		"session bus: org.freedesktop.Flatpak": lockdown.NoControl, // nobody has that name
	} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
}

// Who says that there are walls, as the environment can, is not believed.
func TestWallsAreLookedAt(t *testing.T) {
	if s := run(t, "pretended"); s.Why == "" {
		t.Error("a root that is everybody's is taken for one of its own")
	}
}

// The helper and the proxy end with the program, and take their sockets with them.
func TestTheHelperEndsWithTheProgram(t *testing.T) {
	startBus(t)
	run(t, "walled")
	sockets := filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "subrosa")
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		left, err := os.ReadDir(sockets)
		if err != nil {
			t.Fatal(err)
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatal("still there: ", left)
		}
	}
}

// Where the system makes no user namespaces, the buses are filtered for who keeps to the environment, and it is said that nothing more holds.
func TestWithoutNamespacesItIsSaid(t *testing.T) {
	startBus(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	forbid := `echo 0 >/proc/sys/user/max_user_namespaces && exec "$0"`
	cmd := exec.CommandContext(ctx, "unshare", "--user", "--map-root-user", "sh", "-c", forbid, self)
	cmd.Env = append(os.Environ(), sceneVariable+"=walled")
	out, err := cmd.Output()
	if err != nil {
		missing(t, "no namespace to forbid namespaces in: ", err)
	}
	var s seen
	if err := json.Unmarshal(out, &s); err != nil || s.Err != "" {
		t.Fatal(err, s.Err)
	}
	walls := lockdown.Walls{Whole: s.Why == "", Rows: s.Rows}
	if !strings.HasPrefix(s.Why, "no user namespace") || walls.Refused() || s.Calls["the bus"] == "<nil>" || s.Calls["the real bus"] != "<nil>" {
		t.Errorf("%+v", s)
	}
}

// BenchmarkStart is a program that does nothing but ask twice on the bus, without and with the sandbox around it and its probes.
func BenchmarkStart(b *testing.B) {
	startBus(b)
	for _, scene := range []string{"open", "walled"} {
		b.Run(scene, func(b *testing.B) {
			for b.Loop() {
				self := exec.Command("/proc/self/exe")
				self.Env = append(os.Environ(), sceneVariable+"="+scene)
				if err := self.Run(); err != nil { // whose helper ends after it
					b.Fatal(err)
				}
			}
		})
	}
}
