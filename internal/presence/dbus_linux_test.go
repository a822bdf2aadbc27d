package presence

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// A real dbus-daemon, private to the test, with a mock logind and a mock screensaver on it.

const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>`

// startBus returns a new bus's address and a way to end it.
func startBus(t *testing.T) (address string, stop func()) {
	t.Helper()
	if _, err := exec.LookPath("dbus-daemon"); err != nil {
		if os.Getenv("CI") == "true" || os.Getenv("SUBROSA_REQUIRE_REAL") == "1" {
			t.Fatal("dbus-daemon is missing: apt-get install -y dbus")
		}
		t.Skip("dbus-daemon is missing: apt-get install -y dbus")
	}
	conf := filepath.Join(t.TempDir(), "bus.conf")
	if err := os.WriteFile(conf, []byte(busConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("dbus-daemon", "--config-file="+conf, "--print-address=1", "--nofork")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	stop = func() {
		once.Do(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
	}
	t.Cleanup(stop)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line), stop
}

// mockLogin is org.freedesktop.login1.Manager for one session. It knows whether the inhibitor is held by its pipe's other end.
type mockLogin struct {
	conn *dbus.Conn

	mu    sync.Mutex
	holds []*os.File
}

const mockSession = dbus.ObjectPath("/org/freedesktop/login1/session/_31")

func (m *mockLogin) GetSessionByPID(uint32) (dbus.ObjectPath, *dbus.Error) { return mockSession, nil }

func (m *mockLogin) Inhibit(what, _, _, mode string) (dbus.UnixFD, *dbus.Error) {
	if what != "sleep" || mode != "delay" {
		return 0, dbus.MakeFailedError(os.ErrInvalid)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return 0, dbus.MakeFailedError(err)
	}
	m.mu.Lock()
	m.holds = append(m.holds, r)
	m.mu.Unlock()
	go func() { // the library has sent the descriptor by then
		time.Sleep(200 * time.Millisecond)
		_ = w.Close()
	}()
	return dbus.UnixFD(w.Fd()), nil
}

// released returns when the nth inhibitor was let go.
func (m *mockLogin) released(t *testing.T, n int) {
	t.Helper()
	m.mu.Lock()
	r := m.holds[n]
	m.mu.Unlock()
	if err := r.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
		t.Fatal("the inhibitor is still held: ", err)
	}
}

func startMock(t *testing.T, address string) *mockLogin {
	t.Helper()
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	m := &mockLogin{conn: conn}
	if err := conn.Export(m, loginPath, loginManager); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.RequestName(login, 0); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *mockLogin) emit(t *testing.T, path dbus.ObjectPath, name string, values ...any) {
	t.Helper()
	if err := m.conn.Emit(path, name, values...); err != nil {
		t.Fatal(err)
	}
}

// watch starts a watcher on one bus that plays both parts, and waits until it listens.
func watch(t *testing.T, address string, left func(Reason)) *Watcher {
	t.Helper()
	w := Buses{Session: address, System: address}.Watch(t.Context(), left)
	listening(t, w)
	return w
}

func listening(t *testing.T, w *Watcher) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		sources, all := w.Sources(), true
		for _, s := range sources {
			all = all && s.Listening
		}
		if all && len(sources) == 2 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("does not listen: %+v", sources)
		}
	}
}

func TestEverySignThatTheUserLeftIsHandedOn(t *testing.T) {
	address, _ := startBus(t)
	m := startMock(t, address)
	got := make(chan Reason, 10)
	watch(t, address, func(r Reason) { got <- r })
	properties := func(iface string, active bool) []any {
		return []any{iface, map[string]dbus.Variant{"Active": dbus.MakeVariant(active)}, []string{}}
	}
	const changed = "org.freedesktop.DBus.Properties.PropertiesChanged"
	quiet := func(path dbus.ObjectPath, name string, values ...any) { m.emit(t, path, name, values...) }
	for _, c := range []struct {
		path   dbus.ObjectPath
		name   string
		values []any
		want   Reason
	}{
		{"/org/freedesktop/ScreenSaver", "org.freedesktop.ScreenSaver.ActiveChanged", []any{true}, ScreenLock},
		{"/org/gnome/ScreenSaver", "org.gnome.ScreenSaver.ActiveChanged", []any{true}, ScreenLock},
		{"/org/cinnamon/ScreenSaver", "org.cinnamon.ScreenSaver.ActiveChanged", []any{true}, ScreenLock},
		{mockSession, loginSession + ".Lock", nil, ScreenLock},
		{mockSession, changed, properties(loginSession, false), UserSwitch},
		{loginPath, loginManager + ".PrepareForSleep", []any{true}, Suspend},
	} {
		// What must not count goes first: then it would be seen in place of what is waited for.
		quiet("/org/gnome/ScreenSaver", "org.gnome.ScreenSaver.ActiveChanged", false)
		quiet("/org/gnome/ScreenSaver", "org.gnome.ScreenSaver.ActiveChanged", "true")
		quiet("/org/gnome/ScreenSaver", "org.gnome.ScreenSaver.ActiveChanged")
		quiet(mockSession, changed, properties(loginSession, true)...)
		quiet(mockSession, changed, properties("org.other", false)...)
		quiet("/org/freedesktop/login1/session/_32", changed, properties(loginSession, false)...)
		quiet("/org/freedesktop/login1/session/_32", loginSession+".Lock")
		quiet(loginPath, loginManager+".PrepareForSleep", false)
		m.emit(t, c.path, c.name, c.values...)
		if r := <-got; r != c.want {
			t.Errorf("%s: %s, want %s", c.name, r, c.want)
		}
	}
	select {
	case r := <-got:
		t.Errorf("one too many: %s", r)
	default:
	}
}

func TestSleepWaitsForWhatHasToHappenFirst(t *testing.T) {
	address, _ := startBus(t)
	m := startMock(t, address)
	asked, locked := make(chan Reason), make(chan struct{})
	watch(t, address, func(r Reason) {
		asked <- r
		<-locked
	})
	m.emit(t, loginPath, loginManager+".PrepareForSleep", true)
	if r := <-asked; r != Suspend {
		t.Fatal(r)
	}
	m.mu.Lock()
	held := m.holds[0]
	m.mu.Unlock()
	// The watcher's own copy is what is left of the pipe after a moment: it must still be held.
	if err := held.SetReadDeadline(time.Now().Add(500 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := held.Read(make([]byte, 1)); !os.IsTimeout(err) {
		t.Fatal("let go before it was done: ", err)
	}
	close(locked)
	m.released(t, 0)
	m.emit(t, loginPath, loginManager+".PrepareForSleep", false) // awake again: the next sleep waits too
	m.emit(t, loginPath, loginManager+".PrepareForSleep", true)
	<-asked
	m.released(t, 1)
}

func TestABusThatGoesAwayIsReachedAgainAndSaidSo(t *testing.T) {
	address, stop := startBus(t)
	startMock(t, address)
	w := watch(t, address, func(Reason) {})
	stop()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if s := w.Sources(); !s[0].Listening && !s[1].Listening && s[0].Detail != "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still said to listen: %+v", w.Sources())
		}
	}
}

func TestWithoutABusItSaysSoAndStartsNone(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "autolaunch:")
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent")
	t.Setenv("XDG_RUNTIME_DIR", "")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := Buses{}.Watch(ctx, func(Reason) { t.Error("somebody left") })
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		s := w.Sources()
		if s[0].Detail != "not reached yet" && s[1].Detail != "not reached yet" {
			if s[0].Listening || s[1].Listening {
				t.Error(s)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(s)
		}
	}
}
