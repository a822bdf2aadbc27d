//go:build linux && (amd64 || arm64)

package sandbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"

	"subrosa/internal/lockdown"
)

// helperArgument makes the engine's program the helper. Package first says it too, in C.
const helperArgument = "__sandbox-helper"

// proxyProgram is Flatpak's filter for D-Bus, which Debian's WebKitGTK depends on.
const proxyProgram = "/usr/bin/xdg-dbus-proxy"

// request is what the helper is told.
type request struct {
	Window bool `json:"window"` // a window needs the system's bus, and maybe the bus of accessibility
}

// What can be said through the proxy. All else is refused by it.
var (
	screensavers = []string{
		"org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver", "org.cinnamon.ScreenSaver", "org.mate.ScreenSaver", "org.xfce.ScreenSaver",
	}
	ofSession = func() []string {
		rules := []string{"--filter", "--talk=org.freedesktop.secrets"}
		for _, name := range screensavers {
			rules = append(rules, fmt.Sprintf("--broadcast=%s=%s.ActiveChanged", name, name))
		}
		return rules
	}()
	ofSystem = []string{
		"--filter",
		"--call=org.freedesktop.login1=org.freedesktop.login1.Manager.GetSessionByPID@/org/freedesktop/login1",
		"--call=org.freedesktop.login1=org.freedesktop.login1.Manager.GetSession@/org/freedesktop/login1",
		"--call=org.freedesktop.login1=org.freedesktop.login1.Manager.Inhibit@/org/freedesktop/login1",
		"--broadcast=org.freedesktop.login1=*",
	}
)

// ChildMain must be near the first line of the engine's main. In the helper it does the helper's work and does not return; anywhere
// else it returns false.
func ChildMain() bool {
	if len(os.Args) != 2 || os.Args[1] != helperArgument {
		return false
	}
	if err := helperMain(os.NewFile(3, "program")); err != nil {
		fmt.Fprintln(os.Stderr, "subrosa-helper:", err)
		os.Exit(1)
	}
	os.Exit(0)
	return true
}

// helperMain answers the program, and returns when that is gone. What it is told after its request is to start the proxy afresh.
func helperMain(program *os.File) error {
	unix.CloseOnExec(int(program.Fd()))
	if err := errors.Join(lockdown.Enforce(), lockdown.NoCoreDumps()); err != nil {
		return err
	}
	b := make([]byte, 4096)
	n, err := program.Read(b)
	if errors.Is(err, io.EOF) || n == 0 {
		return nil
	}
	var r request
	if err := json.Unmarshal(b[:n], &r); err != nil {
		return err
	}
	facts, again, end := serve(r)
	defer func() { end() }()
	for {
		answer, err := json.Marshal(facts)
		if err != nil {
			return err
		}
		if _, err := program.Write(answer); err != nil {
			return err
		}
		if n, err := program.Read(b); n == 0 || err != nil {
			return nil
		}
		if again == nil {
			continue
		}
		if err := again(); err != nil {
			facts.Error = err.Error()
		}
	}
}

// serve finds out what there is, and starts the proxy, which again starts afresh. The caller calls end.
func serve(r request) (facts Facts, again func() error, end func()) {
	var undo []func()
	end = func() {
		for _, f := range slices.Backward(undo) {
			f()
		}
	}
	fail := func(err error) (Facts, func() error, func()) {
		facts.Error = err.Error()
		return facts, nil, end
	}
	base, err := ownDir()
	if err != nil {
		return fail(err)
	}
	if facts.Dir, err = os.MkdirTemp(base, "bus-"); err != nil {
		return fail(err)
	}
	undo = append(undo, func() { _ = os.RemoveAll(facts.Dir) })

	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	facts.Names = map[string]bool{}
	facts.Sockets = listeners()
	var arguments []string
	if bus, err := dial(sessionBus()); err == nil {
		undo = append(undo, func() { _ = bus.Close() })
		facts.Session = filepath.Join(facts.Dir, session)
		arguments = append(append(arguments, sessionBus(), facts.Session), ofSession...)
		facts.note(ctx, session, bus)
		facts.Witness = witnessed(ctx, bus)
		if socket := pathOf(sessionBus()); socket != "" {
			facts.Sockets = append(facts.Sockets, Listener{"the session's bus", socket})
		}
		if r.Window && wantsAccessibility(ctx, bus) {
			var address string
			if bus.Object("org.a11y.Bus", "/org/a11y/bus").CallWithContext(ctx, "org.a11y.Bus.GetAddress", 0).Store(&address) == nil && address != "" {
				facts.Accessibility = filepath.Join(facts.Dir, "accessibility")
				arguments = append(arguments, address, facts.Accessibility)
			}
		}
	}
	if r.Window {
		if bus, err := dial(systemBus()); err == nil {
			facts.System = filepath.Join(facts.Dir, system)
			arguments = append(append(arguments, systemBus(), facts.System), ofSystem...)
			facts.note(ctx, system, bus)
			_ = bus.Close()
		}
	}
	if err := lockdown.RestrictThread(lockdown.Reach{
		Read:  []string{"/usr", "/lib", "/lib64", "/etc", "/proc/self"},
		Write: []string{base, "/dev/null"},
		Start: append(lockdown.Interpreters(), proxyProgram),
	}); err != nil && !errors.Is(err, lockdown.ErrUnsupported) {
		return fail(err)
	}
	if len(arguments) == 0 {
		return facts, nil, end
	}
	stop := func() {}
	undo = append(undo, func() { stop() })
	again = func() (err error) {
		stop()
		stop, err = startProxy(arguments)
		return err
	}
	if err := again(); err != nil {
		return fail(err)
	}
	return facts, again, end
}

// ownDir is where the proxies' directories are made: the user's alone.
func ownDir() (string, error) {
	run := os.Getenv("XDG_RUNTIME_DIR")
	if !filepath.IsAbs(run) {
		return os.MkdirTemp("", "subrosa-")
	}
	dir := filepath.Join(run, "subrosa")
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	return dir, nil
}

// startProxy returns when the proxy listens. It ends when stop is called, or when this process ends.
func startProxy(arguments []string) (stop func(), err error) {
	stop = func() {}
	ready, theirs, err := os.Pipe()
	if err != nil {
		return stop, err
	}
	// The proxy writes to its end when it listens, and stops when nobody has the other end any more.
	cmd := exec.Command(proxyProgram, append([]string{"--fd=3"}, arguments...)...)
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.Stderr = os.Stderr
	err = cmd.Start()
	_ = theirs.Close()
	if err != nil {
		_ = ready.Close()
		if errors.Is(err, os.ErrNotExist) {
			err = fmt.Errorf("%w: install the package xdg-dbus-proxy", err)
		}
		return stop, err
	}
	stop = func() {
		_ = ready.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	if err := ready.SetReadDeadline(time.Now().Add(wait)); err != nil {
		return stop, err
	}
	if _, err := ready.Read(make([]byte, 1)); err != nil {
		return stop, fmt.Errorf("%s did not start: %w", proxyProgram, err)
	}
	return stop, nil
}

// note writes down which of the refused are there.
func (f *Facts) note(ctx context.Context, kind string, bus *dbus.Conn) {
	var names []string
	for _, list := range []string{"ListNames", "ListActivatableNames"} {
		var some []string
		if bus.BusObject().CallWithContext(ctx, "org.freedesktop.DBus."+list, 0).Store(&some) == nil {
			names = append(names, some...)
		}
	}
	for _, r := range refused {
		if r.bus == kind && slices.Contains(names, r.name) {
			f.Names[kind+" "+r.name] = true
		}
	}
	if kind == session {
		f.Keyring = slices.Contains(names, keyring)
	}
}

const keyring = "org.freedesktop.secrets"

// witnessed returns the unique name of bus if a stranger on the same bus gets an answer from it.
func witnessed(ctx context.Context, bus *dbus.Conn) string {
	stranger, err := dial(sessionBus())
	if err != nil {
		return ""
	}
	defer func() { _ = stranger.Close() }()
	name := bus.Names()[0]
	if ping(ctx, stranger, name) != nil {
		return ""
	}
	return name
}

// ping asks nothing but whether name is there, and starts nothing.
func ping(ctx context.Context, bus *dbus.Conn, name string) error {
	return bus.Object(name, "/").CallWithContext(ctx, "org.freedesktop.DBus.Peer.Ping", dbus.FlagNoAutoStart).Err
}

// wantsAccessibility asks whether assistive technology is in use, as the desktop says (org.a11y.Status) or the user's environment. It starts
// nothing to find out.
func wantsAccessibility(ctx context.Context, bus *dbus.Conn) bool {
	if os.Getenv("GTK_A11Y") == "atspi" {
		return true
	}
	for _, property := range []string{"IsEnabled", "ScreenReaderEnabled"} {
		var on dbus.Variant
		err := bus.Object("org.a11y.Bus", "/org/a11y/bus").CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", dbus.FlagNoAutoStart, "org.a11y.Status", property).Store(&on)
		if is, ok := on.Value().(bool); err == nil && ok && is {
			return true
		}
	}
	return false
}

// dial opens a private connection. It starts no bus where there is none.
func dial(address string) (*dbus.Conn, error) {
	if address == "" || address == "autolaunch:" {
		return nil, errors.New("no bus")
	}
	return dbus.Connect(address)
}

func sessionBus() string {
	if a := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); a != "" {
		return a
	}
	if run := os.Getenv("XDG_RUNTIME_DIR"); run != "" {
		return "unix:path=" + run + "/bus"
	}
	return ""
}

func systemBus() string {
	return cmp.Or(os.Getenv("DBUS_SYSTEM_BUS_ADDRESS"), "unix:path=/run/dbus/system_bus_socket")
}

// pathOf returns a D-Bus address's socket, "" if it is no UNIX socket.
func pathOf(address string) string {
	first, _, _ := strings.Cut(address, ";")
	for field := range strings.SplitSeq(strings.TrimPrefix(first, "unix:"), ",") {
		key, value, _ := strings.Cut(field, "=")
		switch key {
		case "path":
			return value
		case "abstract":
			return "@" + value
		}
	}
	return ""
}

// listeners are well-known sockets of services that act for whoever connects, if they take a connection here.
func listeners() (found []Listener) {
	run := os.Getenv("XDG_RUNTIME_DIR")
	agent := os.Getenv("SSH_AUTH_SOCK")
	display := strings.TrimPrefix(os.Getenv("DISPLAY"), ":")
	for _, l := range []Listener{
		{"the user's systemd", filepath.Join(run, "systemd/private")},
		{"the user's bus", filepath.Join(run, "bus")},
		{"the system's bus", pathOf(systemBus())},
		{"systemd-resolved", "/run/systemd/resolve/io.systemd.Resolve"},
		{"nscd", "/run/nscd/socket"},
		{"Avahi", "/run/avahi-daemon/socket"},
		{"CUPS", "/run/cups/cups.sock"},
		{"Docker", "/run/docker.sock"},
		{"PipeWire", filepath.Join(run, "pipewire-0")},
		{"the agent of SSH", agent},
		{"X11's abstract socket", "@/tmp/.X11-unix/X" + strings.TrimSuffix(display, ".0")},
	} {
		if filepath.IsAbs(strings.TrimPrefix(l.Path, "@")) && reach(l.Path) == nil {
			found = append(found, l)
		}
	}
	return found
}

// reach connects, and hangs up.
func reach(path string) error {
	conn, err := net.DialTimeout("unix", path, time.Second)
	if err != nil {
		return err
	}
	return conn.Close()
}

// Began is package first's, before main: the socket to the helper, its process, and why there are no namespaces, as an errno.
func Began(socket, helper, errno int) {
	begun = Sandbox{Socket: socket, Helper: helper}
	if errno != 0 {
		begun.Why = "no user namespace can be made: " + unix.Errno(errno).Error()
	}
}

var begun = Sandbox{Socket: -1, Why: "this program does not enter one"}

// stateVariable hands a Sandbox to a successor by execve, which is inside already.
const stateVariable = "SUBROSA_SANDBOX"

// Open asks the helper, which program runs (the engine's), for the buses. A successor gets what its predecessor had. It must come
// before Enter. An error means that there are no filtered buses, and that the program must not go on.
func Open(program string, window bool) (*Sandbox, error) {
	if state := os.Getenv(stateVariable); state != "" {
		var s Sandbox
		if err := json.Unmarshal([]byte(state), &s); err != nil {
			return nil, fmt.Errorf("sandbox: %w", err)
		}
		unix.CloseOnExec(s.Socket)
		if err := s.answer(); err != nil {
			return nil, fmt.Errorf("sandbox: ask the helper: %w", err)
		}
		return &s, nil
	}
	s := begun
	if s.Socket < 0 {
		return &s, nil // a test
	}
	if err := s.ask(program, window); err != nil {
		return nil, fmt.Errorf("sandbox: ask the helper, %s: %w", program, err)
	}
	return &s, nil
}

// Renew has the proxy, through which the keyring's secrets came, ended and started afresh, for a successor: its Open waits for that.
func (s *Sandbox) Renew() error {
	if s.Socket < 0 {
		return nil
	}
	return unix.Sendto(s.Socket, []byte("again"), unix.MSG_NOSIGNAL, nil)
}

func (s *Sandbox) ask(program string, window bool) error {
	question, err := json.Marshal(request{Window: window})
	if err != nil {
		return err
	}
	for _, packet := range [][]byte{[]byte(program), question} {
		if err := unix.Sendto(s.Socket, packet, unix.MSG_NOSIGNAL, nil); err != nil {
			return err
		}
	}
	return s.answer()
}

// answer waits for what the helper says.
func (s *Sandbox) answer() error {
	limit := unix.NsecToTimeval((2 * wait).Nanoseconds())
	if err := unix.SetsockoptTimeval(s.Socket, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit); err != nil {
		return err
	}
	b := make([]byte, 64<<10)
	n, err := unix.Read(s.Socket, b)
	if err != nil {
		return err
	}
	if n == 0 {
		return errors.New("it ended")
	}
	s.Facts = Facts{}
	if err := json.Unmarshal(b[:n], &s.Facts); err != nil {
		return err
	}
	if s.Facts.Error != "" {
		return errors.New(s.Facts.Error)
	}
	return nil
}
