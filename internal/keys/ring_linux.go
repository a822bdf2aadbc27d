package keys

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"github.com/godbus/dbus/v5"
)

var errNoBus = errors.New("no session bus")

// reachable keeps godbus from starting a bus of its own: without an address it runs dbus-launch, and leaves a
// dbus-daemon behind at every call.
func reachable() error {
	switch os.Getenv("DBUS_SESSION_BUS_ADDRESS") {
	case "", "autolaunch:":
	default:
		return nil
	}
	dir := filepath.Join("/run/user", strconv.Itoa(os.Getuid())) // where godbus looks before it launches one
	for _, name := range []string{"bus", "dbus-session"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return nil
		}
	}
	return errNoBus
}

// classifyOS tells a locked keyring from none. go-keyring says "locked" in prose, so the service is asked itself.
func classifyOS(err error) error {
	switch busError(err) {
	case "org.freedesktop.Secret.Error.IsLocked":
		return ErrKeyringLocked
	case "org.freedesktop.DBus.Error.TimedOut", "org.freedesktop.DBus.Error.Timeout":
		return ErrKeyringTimeout
	}
	conn, err := dbus.SessionBus() // go-keyring's own shared connection
	if err != nil {
		return ErrNoKeyring
	}
	const service, collection = "org.freedesktop.secrets", "org.freedesktop.Secret.Collection"
	var running bool
	err = conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, service).Store(&running)
	if err != nil || !running {
		return ErrNoKeyring
	}
	for _, path := range []dbus.ObjectPath{
		"/org/freedesktop/secrets/collection/login", "/org/freedesktop/secrets/aliases/default",
	} {
		locked, err := conn.Object(service, path).GetProperty(collection + ".Locked")
		if err != nil {
			continue
		}
		if is, ok := locked.Value().(bool); ok && !is {
			return ErrNoKeyring // open, and still no use
		}
		break
	}
	return ErrKeyringLocked
}

func busError(err error) string {
	if e, ok := errors.AsType[dbus.Error](err); ok {
		return e.Name
	}
	if e, ok := errors.AsType[*dbus.Error](err); ok {
		return e.Name
	}
	return ""
}
