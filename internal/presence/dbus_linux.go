package presence

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/godbus/dbus/v5"
)

// Buses are D-Bus addresses; empty ones are the environment's.
type Buses struct{ Session, System string }

// screensavers send ActiveChanged(true) when the screen is locked or about to be.
var screensavers = []string{
	"org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver", "org.cinnamon.ScreenSaver", "org.mate.ScreenSaver", "org.xfce.ScreenSaver",
}

const (
	login        = "org.freedesktop.login1"
	loginPath    = "/org/freedesktop/login1"
	loginManager = login + ".Manager"
	loginSession = login + ".Session"

	again = 5 * time.Second // between attempts to reach a bus
)

// Watch calls left for every sign that the user left, from one goroutine per bus, until ctx ends. Sleep waits until left
// has returned.
func (b Buses) Watch(ctx context.Context, left func(Reason)) *Watcher {
	w := &Watcher{sources: map[string]Source{}}
	w.report(sourceLogind, false, "not reached yet")
	w.report(sourceScreensaver, false, "not reached yet")
	go w.keep(ctx, sourceScreensaver, func() error { return w.screensaver(ctx, b.Session, left) })
	go w.keep(ctx, sourceLogind, func() error { return w.logind(ctx, b.System, left) })
	return w
}

// keep runs listen again and again.
func (w *Watcher) keep(ctx context.Context, name string, listen func() error) {
	for ctx.Err() == nil {
		err := listen()
		if ctx.Err() != nil {
			return
		}
		w.report(name, false, err.Error())
		select {
		case <-ctx.Done():
		case <-time.After(again):
		}
	}
}

var errBusGone = errors.New("the bus closed the connection")

// connect opens a private connection whose signals come through the channel, which closes with the connection. godbus
// would start a bus of its own where the session has none.
func connect(ctx context.Context, address, variable, usual string) (*dbus.Conn, chan *dbus.Signal, error) {
	if address == "" {
		address = os.Getenv(variable)
	}
	if address == "" {
		address = usual
	}
	if address == "" || address == "autolaunch:" {
		return nil, nil, fmt.Errorf("%s names no bus", variable)
	}
	conn, err := dbus.Connect(address, dbus.WithContext(ctx))
	if err != nil {
		return nil, nil, err
	}
	signals := make(chan *dbus.Signal, 64)
	conn.Signal(signals)
	return conn, signals, nil
}

func (w *Watcher) screensaver(ctx context.Context, address string, left func(Reason)) error {
	conn, signals, err := connect(ctx, address, "DBUS_SESSION_BUS_ADDRESS", usualSessionBus())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	for _, name := range screensavers {
		if err := conn.AddMatchSignalContext(ctx, dbus.WithMatchInterface(name), dbus.WithMatchMember("ActiveChanged")); err != nil {
			return err
		}
	}
	w.report(sourceScreensaver, true, "the screen's lock, where the desktop has one that says so")
	for s := range signals {
		if active, ok := first[bool](s); ok && active && len(s.Name) > len(".ActiveChanged") && s.Name[len(s.Name)-len(".ActiveChanged"):] == ".ActiveChanged" {
			left(ScreenLock)
		}
	}
	return errBusGone
}

func (w *Watcher) logind(ctx context.Context, address string, left func(Reason)) error {
	conn, signals, err := connect(ctx, address, "DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/run/dbus/system_bus_socket")
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	manager := conn.Object(login, loginPath)
	session, err := ownSession(ctx, manager)
	if err != nil {
		return err
	}
	for _, match := range [][]dbus.MatchOption{
		{dbus.WithMatchSender(login), dbus.WithMatchInterface(loginManager), dbus.WithMatchMember("PrepareForSleep")},
		{dbus.WithMatchSender(login), dbus.WithMatchObjectPath(session), dbus.WithMatchInterface(loginSession), dbus.WithMatchMember("Lock")},
		{
			dbus.WithMatchSender(login), dbus.WithMatchObjectPath(session),
			dbus.WithMatchInterface("org.freedesktop.DBus.Properties"), dbus.WithMatchMember("PropertiesChanged"),
		},
	} {
		if err := conn.AddMatchSignalContext(ctx, match...); err != nil {
			return err
		}
	}
	hold := inhibit(ctx, manager)
	defer func() { hold.release() }()
	w.report(sourceLogind, true, "the session's lock, a switch of users, and sleep"+hold.note())
	for s := range signals {
		switch s.Name {
		case loginManager + ".PrepareForSleep":
			if sleeping, _ := first[bool](s); sleeping {
				left(Suspend)
				hold.release() // now it may sleep
			} else {
				hold.release()
				hold = inhibit(ctx, manager)
			}
		case loginSession + ".Lock":
			left(ScreenLock)
		case "org.freedesktop.DBus.Properties.PropertiesChanged":
			if s.Path == session && switchedAway(s) {
				left(UserSwitch)
			}
		}
	}
	return errBusGone
}

// ownSession finds the logind session that this process belongs to, or the user's own where it belongs to none, as a
// program that the desktop starts as a service does.
func ownSession(ctx context.Context, manager dbus.BusObject) (dbus.ObjectPath, error) {
	var path dbus.ObjectPath
	err := manager.CallWithContext(ctx, loginManager+".GetSessionByPID", 0, uint32(os.Getpid())).Store(&path)
	if err == nil {
		return path, nil
	}
	for _, id := range []string{os.Getenv("XDG_SESSION_ID"), "auto"} {
		if id == "" {
			continue
		}
		if manager.CallWithContext(ctx, loginManager+".GetSession", 0, id).Store(&path) == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("find the login session: %w", err)
}

// inhibitor keeps the machine from sleeping until it is released; the kernel does it when the process ends, too.
type inhibitor struct {
	file *os.File
	err  error
}

func inhibit(ctx context.Context, manager dbus.BusObject) *inhibitor {
	var fd dbus.UnixFD
	err := manager.CallWithContext(ctx, loginManager+".Inhibit", 0, "sleep", "Subrosa", "wiping keys before sleep", "delay").Store(&fd)
	if err != nil {
		return &inhibitor{err: err}
	}
	return &inhibitor{file: os.NewFile(uintptr(fd), "inhibitor")}
}

func (i *inhibitor) release() {
	if i.file != nil {
		_ = i.file.Close()
		i.file = nil
	}
}

func (i *inhibitor) note() string {
	if i.err != nil {
		return " (which does not wait: " + i.err.Error() + ")"
	}
	return ""
}

func first[T any](s *dbus.Signal) (v T, ok bool) {
	if len(s.Body) > 0 {
		v, ok = s.Body[0].(T)
	}
	return v, ok
}

func switchedAway(s *dbus.Signal) bool {
	name, _ := first[string](s)
	if name != loginSession || len(s.Body) < 2 {
		return false
	}
	changed, _ := s.Body[1].(map[string]dbus.Variant)
	active, ok := changed["Active"].Value().(bool)
	return ok && !active
}
