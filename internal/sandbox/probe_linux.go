//go:build linux && (amd64 || arm64)

package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/godbus/dbus/v5"

	"subrosa/internal/lockdown"
)

// Probe asks for what must not be there: each socket that took a connection outside, each service that would act, and a stranger on
// the session's bus, which is there whenever the bus is. Nothing that is asked acts. What is not there outside either is no control.
func (s *Sandbox) Probe() (rows []lockdown.Row) {
	for _, l := range s.Facts.Sockets {
		rows = append(rows, refusedRow("socket: "+l.Name, "connect to "+l.Path, reach(l.Path), true, nil))
	}
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	buses := map[string]*dbus.Conn{}
	for kind, path := range map[string]string{session: s.Facts.Session, system: s.Facts.System} {
		if path == "" {
			continue
		}
		bus, err := dbus.Connect("unix:path=" + path)
		if err == nil {
			err = bus.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.GetId", 0).Err
			defer func() { _ = bus.Close() }()
			buses[kind] = bus
		}
		rows = append(rows, worksRow("bus: "+kind, "GetId on the filtered bus", err))
	}
	if bus := buses[session]; bus != nil {
		if s.Facts.Keyring {
			rows = append(rows, worksRow("session bus: keyring", "ask for the owner of "+keyring, seen(ctx, bus, keyring)))
		}
		if s.Facts.Witness != "" {
			rows = append(rows, pingRow(ctx, bus, "session bus: a stranger", s.Facts.Witness, true))
		}
	}
	for _, r := range refused {
		if bus := buses[r.bus]; bus != nil {
			rows = append(rows, pingRow(ctx, bus, r.bus+" bus: "+r.name, r.name, s.Facts.Names[r.bus+" "+r.name]))
		}
	}
	return rows
}

// seen asks whether a name is there, owned or to be started.
func seen(ctx context.Context, bus *dbus.Conn, name string) error {
	for _, list := range []string{"ListNames", "ListActivatableNames"} {
		var names []string
		if err := bus.BusObject().CallWithContext(ctx, "org.freedesktop.DBus."+list, 0).Store(&names); err != nil {
			return err
		}
		if slices.Contains(names, name) {
			return nil
		}
	}
	return os.ErrNotExist
}

// The proxy's answers to who may not talk: the name is hidden, or it is seen and the call is refused.
var refusals = []string{
	"org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner", "org.freedesktop.DBus.Error.AccessDenied",
}

func pingRow(ctx context.Context, bus *dbus.Conn, row, name string, outside bool) lockdown.Row {
	return refusedRow(row, "Ping to "+name, ping(ctx, bus, name), outside, func(err error) bool {
		refusal, ok := errors.AsType[dbus.Error](err)
		return ok && slices.Contains(refusals, refusal.Name)
	})
}

// refusedRow compares the two sides. Where refusal is given, only what it takes for one is a refusal.
func refusedRow(name, tried string, inside error, outside bool, refusal func(error) bool) lockdown.Row {
	r := lockdown.Row{Name: name, ControlWorks: outside}
	r.Detail = fmt.Sprintf("%s: %s; outside: %s", tried, said(inside), map[bool]string{true: "there", false: "not there"}[outside])
	switch {
	case inside == nil:
		r.Verdict = lockdown.NotBlocked
	case !outside:
		r.Verdict = lockdown.NoControl
	case refusal != nil && !refusal(inside):
		r.Verdict = lockdown.NotBlocked
	default:
		r.Verdict, r.Blocked = lockdown.Blocked, true
	}
	return r
}

func worksRow(name, tried string, err error) lockdown.Row {
	r := lockdown.Row{Name: name, ControlWorks: true, Detail: tried + ": " + said(err), Verdict: lockdown.Works}
	if err != nil {
		r.Verdict = lockdown.Broken
	}
	return r
}

func said(err error) string {
	if err == nil {
		return "answers"
	}
	return err.Error()
}
