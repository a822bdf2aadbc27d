package presence

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
)

// deputies are services of the session that act for whoever asks, outside of what confines the one who asks.
var deputies = []struct{ name, does string }{
	{"org.freedesktop.systemd1", "starts programs"},
	{"org.freedesktop.portal.Desktop", "opens addresses"},
	{"org.freedesktop.Flatpak", "starts programs"},
	{"org.gnome.Shell", "starts programs"},
	{"org.gtk.vfs.Daemon", "reaches network shares"},
}

// Deputies says which services of the session's bus could act for this process. Nothing is asked of them.
func (b Buses) Deputies(ctx context.Context) (found []string, err error) {
	conn, _, err := connect(ctx, b.Session, "DBUS_SESSION_BUS_ADDRESS", usualSessionBus())
	if err != nil {
		return nil, fmt.Errorf("ask the session's bus: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	var names []string
	for _, list := range []string{"ListNames", "ListActivatableNames"} {
		var some []string
		if err := conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus."+list, 0).Store(&some); err != nil {
			return nil, fmt.Errorf("ask the session's bus: %w", err)
		}
		names = append(names, some...)
	}
	for _, d := range deputies {
		if slices.Contains(names, d.name) {
			found = append(found, d.name+" "+d.does)
		}
	}
	return found, nil
}

// usualSessionBus is where a session's bus is when the environment names none.
func usualSessionBus() string {
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		return "unix:path=" + dir + "/bus"
	}
	return ""
}
