// Package sandbox keeps a program from the services of the desktop, which would act for whoever asks: the portal that opens
// addresses, the manager that starts programs, name services, shares, agents.
//
// On Linux the program enters user and mount namespaces before it has threads (package first), and a network namespace later. What is
// mounted there is what the program was given, with the sockets of the display, and no other socket: Landlock and seccomp cannot tell
// one UNIX socket from another. A helper that stays outside runs xdg-dbus-proxy, Flatpak's filter for D-Bus, so that of the
// session's bus the keyring can be talked to and the screen's lock heard, and of the system's bus logind. The helper and the
// proxy are under the network's filter and Landlock, and end with the program.
//
// Probe asks, from inside, for what must not be there, and compares with what the helper found outside.
//
// What it does not do. The display is whole: on X11 whoever draws can press keys in other programs. Where assistive technology is
// in use, the bus of accessibility is whole too. Of the keyring every secret of the user can be asked for. Where this system
// lets no program make a user namespace, the buses' addresses are the filtered ones and nothing more holds: Walls says so.
package sandbox

import (
	"time"

	"subrosa/internal/lockdown"
)

// wait is how long the helper may take.
const wait = 10 * time.Second

// Sandbox is what this process has around it.
type Sandbox struct {
	Why    string `json:"why,omitempty"` // why it has no namespaces; "" where it has
	Socket int    `json:"socket"`        // to the helper, which ends when this process has closed it
	Helper int    `json:"helper"`        // its process
	Facts  Facts  `json:"facts"`
}

// Facts are what the helper found outside. Nothing in them is secret.
type Facts struct {
	Error         string          `json:"error,omitempty"`         // why there are no buses
	Dir           string          `json:"dir"`                     // where the proxy's sockets are
	Session       string          `json:"session,omitempty"`       // the filtered bus's socket, "" for none
	System        string          `json:"system,omitempty"`        // likewise
	Accessibility string          `json:"accessibility,omitempty"` // the socket of the bus of accessibility, "" where nobody uses it
	Sockets       []Listener      `json:"sockets"`
	Names         map[string]bool `json:"names"`   // those of the refused that somebody owns, or a call would start
	Keyring       bool            `json:"keyring"` // whether the keyring is there
	Witness       string          `json:"witness"` // a name on the session's bus, which answers
}

// Listener is a socket that took a connection outside.
type Listener struct {
	Name string `json:"name"`
	Path string `json:"path"` // as unix(7) has it: with a leading @ it is abstract
}

// refused are services that act for whoever asks, by their bus.
var refused = []struct {
	name, bus, does string
}{
	{"org.freedesktop.systemd1", session, "starts programs"},
	{"org.freedesktop.portal.Desktop", session, "opens addresses"},
	{"org.freedesktop.portal.Documents", session, "hands out files"},
	{"org.freedesktop.Flatpak", session, "starts programs"},
	{"org.gnome.Shell", session, "starts programs"},
	{"org.freedesktop.Notifications", session, "shows text elsewhere"},
	{"org.gtk.vfs.Daemon", session, "reaches network shares"},
	{"org.freedesktop.systemd1", system, "starts programs"},
	{"org.freedesktop.login1", system, "ends sessions"},
	{"org.freedesktop.NetworkManager", system, "reaches networks"},
	{"org.freedesktop.resolve1", system, "looks names up"},
	{"org.freedesktop.UDisks2", system, "mounts disks"},
}

const (
	session = "session"
	system  = "system"
)

// Walls returns the rows of Probe for a report. That the root is this program's own is looked at, whatever a predecessor, or
// whoever set the environment, says.
func (s *Sandbox) Walls() *lockdown.Walls {
	why := s.Why
	if why == "" && !ownRoot() {
		why = "the root is not one of this program's own"
	}
	return &lockdown.Walls{Whole: why == "", Why: why, Rows: s.Probe()}
}
