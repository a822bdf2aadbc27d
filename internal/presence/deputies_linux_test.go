package presence

import (
	"slices"
	"testing"

	"github.com/godbus/dbus/v5"
)

func TestDeputiesOnTheBusAreNamed(t *testing.T) {
	address, _ := startBus(t)
	b := Buses{Session: address}
	if found, err := b.Deputies(t.Context()); err != nil || len(found) != 0 {
		t.Errorf("on an empty bus: %v, %v", found, err)
	}
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.RequestName("org.freedesktop.systemd1", 0); err != nil {
		t.Fatal(err)
	}
	found, err := b.Deputies(t.Context())
	if err != nil || !slices.Equal(found, []string{"org.freedesktop.systemd1 starts programs"}) {
		t.Errorf("%v, %v", found, err)
	}
	if _, err := (Buses{Session: "unix:path=/nonexistent"}).Deputies(t.Context()); err == nil {
		t.Error("no bus, and no error")
	}
}
