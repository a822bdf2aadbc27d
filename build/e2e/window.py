"""The real window, driven through AT-SPI (what a screen reader uses), xdotool (a keyboard) and screenshots."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / "build" / "bin"
OUT = ROOT / "build" / "out" / "window"
PASSPHRASE = "correct horse battery staple"
PATIENCE = float(os.environ.get("SUBROSA_E2E_PATIENCE", "90"))  # seconds to wait for what should come; machines are slow at times

# Without these the window has no walls, says so, and has nothing to show behind them.
WALLS = subprocess.run(["unshare", "--user", "--mount", "--net", "true"], stderr=subprocess.DEVNULL).returncode == 0

Atspi.set_timeout(30_000, 30_000)  # ms a call may take; a busy machine needs more than the 800 it has else


class Window:
    """One run of build/bin/subrosa on a data directory, under strace if trace names a file for it."""

    def __init__(self, home, trace, program=BIN / "subrosa"):
        self.trace = trace
        command = [str(program), "--home", str(home)]
        if trace:
            calls = "trace=socket,socketpair,connect,io_uring_setup,execve,clone,clone3,fork,vfork"
            command = ["strace", "-f", "-qq", "--seccomp-bpf", "-o", str(trace), "-e", calls] + command
        self.process = subprocess.Popen(command)
        self.app = wait("the window", lambda: self._application())

    def _application(self):
        desktop = Atspi.get_desktop(0)
        for i in range(desktop.get_child_count()):
            app = desktop.get_child_at_index(i)
            if app and app.get_name() == "subrosa" and app.get_child_count():
                return app
        return None

    def current(self):
        """The window's root, found anew after a lock: the program is a fresh process then, under the same ID."""
        try:
            if self.app and self.app.get_child_count() > 0 and self.app.get_name() == "subrosa":
                return self.app
        except GLib.Error:
            pass
        self.app = self._application()
        return self.app

    # Finding

    def nodes(self, node=None):
        """Every accessible node, depth first."""
        node = node or self.current()
        if not node:
            return  # a lock replaces the program: for a moment there is no window
        yield node
        for i in range(node.get_child_count()):
            child = node.get_child_at_index(i)
            if child:
                yield from self.nodes(child)

    @staticmethod
    def is_(node, role, name):
        return node.get_role_name() in ROLES[role] and re.fullmatch(name, node.get_name() or "")

    def all_now(self, role, name):
        for n in self.nodes():
            try:
                if self.is_(n, role, name):
                    yield n
            except GLib.Error:
                continue  # it went away while we looked

    def find_now(self, role, name):
        return next(self.all_now(role, name), None)

    def focused(self):
        """The innermost node that has the focus, or None."""
        found = None
        for n in self.nodes():
            try:
                if n.get_state_set().contains(Atspi.StateType.FOCUSED):
                    found = n
            except GLib.Error:
                continue
        return found

    def find(self, role, name):
        return wait(f"{role} {name!r}", lambda: self.find_now(role, name))

    def gone(self, role, name):
        wait(f"{role} {name!r} to go", lambda: not self.find_now(role, name))

    def text(self):
        """All text in the window."""
        parts = []
        for n in self.nodes():
            try:
                parts.append(n.get_name() or "")
                if "Text" in n.get_interfaces():
                    parts.append(Atspi.Text.get_text(n, 0, -1))
            except GLib.Error:
                continue
        return "\n".join(parts)

    def shows(self, pattern):
        """Waits until the window shows text that matches pattern, and returns the match."""
        return wait(f"text {pattern!r}", lambda: re.search(pattern, self.text(), re.S))

    # Doing

    def press(self, name):
        """Presses a button, whatever kind it is."""
        node = self.find("button", name)
        wait(f"{name!r} to be enabled", lambda: node.get_state_set().contains(Atspi.StateType.SENSITIVE))
        Atspi.Action.do_action(node, 0)

    def type_into(self, name, text):
        node = self.find("field", name)
        Atspi.Component.grab_focus(node)
        wait(f"focus on {name!r}", lambda: node.get_state_set().contains(Atspi.StateType.FOCUSED))
        before = Atspi.Text.get_character_count(node)
        self.type(text)
        # Keys arrive when they arrive: do not move the focus away from under them.
        wait(f"the text in {name!r}", lambda: Atspi.Text.get_character_count(node) >= before + len(text))

    def type(self, text, delay=4):
        subprocess.run(["xdotool", "type", "--delay", str(delay), "--", text], check=True)

    def key(self, *keys):
        subprocess.run(["xdotool", "key", "--clearmodifiers", *keys], check=True)

    def send(self, text):
        self.type_into("Message", text)
        self.key("Return")

    def begin(self):
        """Goes through the first run."""
        self.type_into("Passphrase", PASSPHRASE)
        self.type_into("Repeat passphrase", PASSPHRASE)
        self.press("Create")
        self.find("field", "Message")

    def unlock(self, passphrase=PASSPHRASE):
        self.find("button", "Unlock")
        self.type_into("Passphrase", passphrase)
        self.key("Return")

    def answered(self, text):
        """Sends a message and waits for the end of its answer."""
        self.send(text)
        self.shows("tokens/s")
        self.find("button", "Send")

    def look_for(self, text, option):
        """Types into the search of Ctrl+K and waits for what it is to offer."""
        self.key("ctrl+k")
        self.find("list", "(Search conversations|Gespräche).*")
        self.type(text, 12)
        self.find("option", option)

    def view(self, name, shown):
        """Opens a view from the search."""
        self.look_for(name, f"(?i)Commands {name}.*")
        self.gone("option", "Commands Lock.*")  # every key has arrived
        self.key("Return")
        self.shows(shown)

    def picture(self, name):
        time.sleep(0.4)  # let the last frame be drawn
        subprocess.run(["import", "-window", "root", str(OUT / f"{name}.png")], check=True)

    # Processes

    def pid(self):
        if not self.trace:
            return self.process.pid
        return int(subprocess.check_output(["pgrep", "-P", str(self.process.pid)], text=True).split()[0])

    def engine(self):
        """The engine's process ID, or None."""
        r = subprocess.run(["pgrep", "-P", str(self.pid()), "-f", "subrosa-engine"], capture_output=True, text=True)
        return int(r.stdout.split()[0]) if r.stdout else None

    def close(self):
        """Closes the window as its user would, and returns the program's exit code."""
        self.key("alt+F4")
        try:
            return self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("the window did not close within 15 s")

    def kill(self):
        if self.process.poll() is None:
            try:
                os.kill(self.pid(), signal.SIGKILL)
            except (IndexError, subprocess.CalledProcessError, ProcessLookupError):
                pass
            self.process.wait(15)

    def sockets(self):
        """The socket calls of the process tree as (successful and not AF_UNIX, all, the probe's control's).

        The control is the one process that runs without the filter, to show that the probes can succeed. Its threads
        have IDs of their own.
        """
        calls = list(whole_calls(self.trace.read_text(errors="replace")))
        control = set()
        for thread, call in calls:
            if "execve(" in call and "__lockdown-control" in call:
                control.add(thread)
            started = re.match(r"(?:clone3?|v?fork)\(.*\)\s+= (\d+)$", call)
            if started and thread in control:
                control.add(started[1])
        sockets = [(t, c) for t, c in calls if re.match(r"(socket|socketpair|io_uring_setup)\(", c)]
        ours = [c for t, c in sockets if t not in control]
        out = [c for c in ours if "AF_UNIX" not in c and "= -1 E" not in c]
        return out, ours, [c for t, c in sockets if t in control]


def whole_calls(trace):
    """Yields (thread, call) of a trace by strace -f, with interrupted lines put together again."""
    begun = {}
    for line in trace.splitlines():
        thread, call = line.split(maxsplit=1)
        if call.endswith(" <unfinished ...>"):
            begun[thread] = call.removesuffix(" <unfinished ...>")
            continue
        resumed = re.match(r"<\.\.\. \w+ resumed>", call)
        if resumed:
            call = begun.pop(thread, "?") + call[resumed.end():]
        yield thread, call


ROLES = {
    "button": {"push button", "button", "toggle button", "menu item"},
    "choice": {"radio button"},
    "check": {"check box"},
    "list": {"combo box"},
    "option": {"list item"},
    "image": {"image"},
    "field": {"entry", "password text", "text"},
}


def stick():
    """A fresh directory where the window may write, as on a removable drive; there must be one before the window starts."""
    documents = pathlib.Path.home() / "Documents"
    documents.mkdir(exist_ok=True)
    return pathlib.Path(tempfile.mkdtemp(prefix="subrosa-stick-", dir=documents))


def wait(what, condition, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while True:
        try:
            got = condition()
        except GLib.Error:
            got = None
        if got:
            return got
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.05)


def nothing_left(case, windows, canary):
    """That these windows, closed and traced, opened no socket but AF_UNIX, and that nothing arrived at any address. Both can
    fail: the control's sockets are in the trace, and the canary sees what is sent."""
    for w in windows:
        out, ours, control = w.sockets()
        case.assertEqual(out, [], "sockets that are not AF_UNIX")
        case.assertGreater(len(ours), 3, "the trace saw no sockets at all, so it proves nothing")
        case.assertTrue(any("AF_INET" in l and "= -1" not in l for l in control), "the unconfined control got no socket")
    if not canary:
        print("no network namespace can be made without root, so no address was watched")
        return
    case.assertEqual(canary.seen, set())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(b"x", ("198.51.100.1", 9))  # RFC 5737: nobody's
    wait("the canary to see what is sent", lambda: "udp 9" in canary.seen)


class Story(unittest.TestCase):
    """Numbered steps in one window, w: a step needs the ones before it. A failure leaves a picture and the window's text."""

    failed = False

    def setUp(self):
        if self.failed:
            self.skipTest("an earlier step failed")

    def run(self, result=None):
        bad = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > bad:
            type(self).failed = True
            self.w.picture("failed-" + self._testMethodName)
            (OUT / "failed.txt").write_text(self.w.text())
        return result

    def tab_to(self, role, name):
        """Presses Tab until the control has the focus: it can be reached without a mouse."""
        self.w.find(role, name)
        was = self.w.focused()  # a key that comes late must not be taken for the next one
        for _ in range(80):
            self.w.key("Tab")
            # Nothing has it between the last control of the page and the first.
            node = wait("Tab to move the focus", lambda: (n := self.w.focused()) != was and (n,))[0]
            if node and self.w.is_(node, role, name):
                return
            was = node
        raise AssertionError(f"Tab does not reach {role} {name!r}")

    def fill(self, name, text, clear=False):
        """Types into a field, in place of what is there if clear. A busy machine loses or repeats a key now and then, and one wrong character makes another recipient."""
        self.tab_to("field", name)
        node = self.w.find("field", name)
        if clear:
            self.w.key("ctrl+a", "BackSpace")
        for delay in 12, 60, 120:
            self.w.type(text, delay)
            try:
                return wait(f"{text!r} in {name!r}", lambda: Atspi.Text.get_text(node, 0, -1) == text, 10)
            except AssertionError:
                self.w.key("ctrl+a", "BackSpace")
        raise AssertionError(f"{text!r} cannot be typed into {name!r}")

    def add(self, file):
        """Adds a document by its path, as one types it into the dialog of the desktop."""
        w = self.w
        self.tab_to("button", "Add documents")
        w.key("Return")
        wait("the file dialog", lambda: subprocess.run(["xdotool", "search", "--name", "Documents to answer from"], capture_output=True).stdout)
        time.sleep(1)  # it takes keys a moment after it is there
        w.type(str(file), 30)
        time.sleep(1)
        w.picture(f"50-dialog-{file.name}")
        w.key("Return")
