"""What the policy says of the clipboard, in the real window, on the real one: what is copied goes off it again, and where
nothing may be copied, nothing is."""

import pathlib
import shutil
import sys
import tempfile
import time
import unittest

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from window import Window, wait  # noqa: E402

SAID = "a quiet word"


def board(selection):
    """What another program would paste, or None."""
    context = GLib.MainContext.default()
    while context.pending():
        context.iteration(False)
    return Gtk.Clipboard.get(selection).wait_for_text() or None


class Copying(unittest.TestCase):
    def window(self, clipboard):
        home = pathlib.Path(tempfile.mkdtemp(prefix="subrosa-home-", dir="/var/tmp"))
        self.addCleanup(shutil.rmtree, home)
        (home / "policy").mkdir(mode=0o700)
        (home / "policy" / "policy.yaml").write_text(f"schema: 1\nversion: 1\nexpires: 2099-01-01\nclipboard: {clipboard}\n")
        w = Window(home, None)
        self.addCleanup(w.kill)
        w.begin()
        return w

    def select_what_was_typed(self, w):
        w.type_into("Message", SAID)
        w.key("ctrl+a")
        time.sleep(0.5)

    def test_1_what_is_copied_is_cleared(self):
        w = self.window("{clear_seconds: 4}")
        self.select_what_was_typed(w)
        w.key("ctrl+c")
        wait("the text on the clipboard", lambda: board(Gdk.SELECTION_CLIPBOARD) == SAID)
        wait("the clipboard to be cleared", lambda: board(Gdk.SELECTION_CLIPBOARD) is None, 30)
        w.key("ctrl+a", "ctrl+x")
        wait("what was cut on the clipboard", lambda: board(Gdk.SELECTION_CLIPBOARD) == SAID)
        wait("the field to be empty", lambda: SAID not in w.text())
        self.assertEqual(w.close(), 0)

    def test_2_where_nothing_may_be_copied_nothing_is(self):
        before = "another program's"
        for selection in (Gdk.SELECTION_CLIPBOARD, Gdk.SELECTION_PRIMARY):
            Gtk.Clipboard.get(selection).set_text(before, -1)
        w = self.window("{copy: false}")
        w.answered("Who are you?")
        self.assertIsNone(w.find_now("button", "Copy answer"))
        w.key("ctrl+shift+c")
        w.shows("policy on this workstation does not allow")
        self.select_what_was_typed(w)
        w.key("ctrl+c")
        w.key("ctrl+x")
        time.sleep(2)
        w.picture("copying-forbidden")
        self.assertEqual(board(Gdk.SELECTION_CLIPBOARD), before)
        self.assertIn(SAID, w.text(), "it was cut, and so lost")


if __name__ == "__main__":
    unittest.main()
