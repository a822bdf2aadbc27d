"""Services on the session's bus that would act for whoever asks: the portal that opens addresses and the manager that starts
programs. Each call is told to the canary. Argument: the canary's host and port."""

import socket
import sys

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

SERVICES = {
    "org.freedesktop.portal.Desktop": (
        "/org/freedesktop/portal/desktop",
        '<node><interface name="org.freedesktop.portal.OpenURI"><method name="OpenURI"><arg type="s" direction="in"/>'
        '<arg type="s" direction="in"/><arg type="a{sv}" direction="in"/><arg type="o" direction="out"/></method></interface></node>',
    ),
    "org.freedesktop.systemd1": (
        "/org/freedesktop/systemd1",
        '<node><interface name="org.freedesktop.systemd1.Manager"><method name="StartTransientUnit"><arg type="s" direction="in"/>'
        '<arg type="s" direction="in"/><arg type="a(sv)" direction="in"/><arg type="a(sa(sv))" direction="in"/>'
        '<arg type="o" direction="out"/></method></interface></node>',
    ),
}


def main(canary):
    host, port = canary.split(":")

    def asked(_bus, _sender, path, _interface, method, _arguments, call):
        with socket.create_connection((host, int(port))) as s:
            s.sendall(f"GET /asked-{method} HTTP/1.0\r\n\r\n".encode())
            s.recv(1)
        call.return_value(GLib.Variant("(o)", (path,)))

    def own(bus, name):
        path, description = SERVICES[name]
        bus.register_object(path, Gio.DBusNodeInfo.new_for_xml(description).interfaces[0], asked)

    for name in SERVICES:
        Gio.bus_own_name(Gio.BusType.SESSION, name, Gio.BusNameOwnerFlags.NONE, own, None, None)
    GLib.MainLoop().run()


main(sys.argv[1])
