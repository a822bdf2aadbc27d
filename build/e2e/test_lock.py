"""What a lock leaves in memory, in the real window: nothing. And what the desktop says locks it."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from gi.repository import Gio, GLib

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import memory  # noqa: E402
from window import OUT, PASSPHRASE, ROOT, Window, wait  # noqa: E402

SAID = "Zanzibar wombat quorum"  # what nothing else in memory says


class Lock(unittest.TestCase):
    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="subrosa-home-", dir="/var/tmp"))
        self.w = Window(self.home, None)
        self.w.begin()

    def tearDown(self):
        self.w.kill()
        shutil.rmtree(self.home)

    def close_window(self):
        self.w.key("alt+F4")

    def end_session(self):
        os.kill(self.w.pid(), signal.SIGTERM)

    def unlock(self):
        self.w.type_into("Passphrase", PASSPHRASE)
        self.w.key("Return")
        self.w.find("field", "Message")

    def secrets(self):
        command = [ROOT / "build" / "out" / "openkeys", self.home]
        out = subprocess.run(command, input=PASSPHRASE + "\n", stdout=subprocess.PIPE, text=True, check=True).stdout
        root, history = out.split()
        return {
            "root key": memory.key_forms(root),
            "history key": memory.key_forms(history),
            "message": memory.text_forms(SAID),
            "passphrase": memory.text_forms(PASSPHRASE),
        }

    def test_1_a_lock_leaves_no_key_and_no_text_in_memory(self):
        if os.geteuid() != 0:
            self.skipTest("reading another process's memory needs root")
        self.w.send(SAID)
        self.w.shows(r"tokens/s|tok/s")
        secrets = self.secrets()
        before = memory.found(self.w.pid(), secrets)
        print("\nunlocked:", {k: sorted(v) for k, v in before.items()})
        self.assertEqual(set(before), set(secrets), "the search does not find what is there")
        processes = {p for p in memory.tree(self.w.pid()) if "subrosa-helper" not in pathlib.Path(f"/proc/{p}/cmdline").read_text()}
        self.assertTrue(any("xdg-dbus-proxy" in pathlib.Path(f"/proc/{p}/cmdline").read_text() for p in processes))

        self.w.press("Lock")
        began = time.monotonic()
        wait("the old processes to end", lambda: not (processes - {self.w.pid()}) & set(memory.tree(self.w.pid())))
        ended = time.monotonic() - began
        self.w.find("button", "Unlock")
        print(f"locked: old processes gone after {ended:.2f} s, asked for the passphrase after {time.monotonic() - began:.2f} s")
        after = memory.found(self.w.pid(), secrets)
        print("locked:", {k: sorted(v) for k, v in after.items()})
        self.assertEqual(after, {})
        for p in processes - {self.w.pid()}:
            self.assertFalse(pathlib.Path(f"/proc/{p}").exists(), f"process {p} outlived the lock")

        self.unlock()
        self.w.shows("Offline")
        self.assertEqual(set(memory.found(self.w.pid(), {k: secrets[k] for k in ("root key", "history key")})), {"root key", "history key"})
        self.w.picture("lock-and-back")
        megabytes, of = memory.held(self.w.pid())
        print("unlocked again:", megabytes, "MB", of)
        self.assertLess(megabytes, 400, "what the passphrase was stretched with was not given back")  # that alone is 256; the figure is make bench's
        self.assertEqual(self.w.close(), 0)

    def test_2_the_screens_lock_locks(self):
        bus = Gio.bus_get_sync(Gio.BusType.SESSION)
        name = GLib.Variant("(su)", ("org.gnome.ScreenSaver", 0))
        bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName", name, None, 0, -1, None)
        bus.emit_signal(None, "/org/gnome/ScreenSaver", "org.gnome.ScreenSaver", "ActiveChanged", GLib.Variant("(b)", (True,)))
        bus.flush_sync()
        self.w.find("button", "Unlock")
        self.unlock()
        self.assertEqual(self.w.close(), 0)
        record = (self.home / "audit" / "entries").read_text()
        self.assertRegex(record, r'"action":"lock"[^\n]*"detail":"screen_lock"')
        self.assertRegex(record, r'"action":"lock"[^\n]*"detail":"close"')

    def test_3_what_is_being_written_outlives_the_window(self):
        """However it ends: closed by its user, or told to end by the desktop, as soon as the last key is on the screen."""
        written = ""
        for text, end in ("Write to Dr. Weber", self.close_window), (" tomorrow", self.end_session):
            self.w.key("End")
            self.w.type_into("Message", text)
            end()
            written += text
            self.assertEqual(self.w.process.wait(15), 0)
            self.w = Window(self.home, None)
            self.unlock()
            self.w.shows(written)
        self.w.picture("draft-after-close")
        self.assertEqual(self.w.close(), 0)
        self.assertEqual((self.home / "audit" / "entries").read_text().count('"detail":"close"'), 3)


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    unittest.main()
