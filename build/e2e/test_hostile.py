"""Every way out that a page has, from inside the real window; and the same page in a web view without walls, which shows
that each of them leads somewhere."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))
import canary  # noqa: E402
from window import ROOT, WALLS, Window  # noqa: E402

HOSTILE = ROOT / "build" / "out" / "hostile" / "subrosa"
SCRIPTED = ROOT / "build" / "out" / "scripted"
BROWSER = ["/usr/bin/python3", str(HERE / "browser.py")]
PAGE = (ROOT / "frontend" / "src" / "lockdown" / "ways.js").read_text()
WAYS = set(re.findall(r"url\('([a-z-]+)'\)", PAGE))  # each asks for a path with its name
MAY_LACK = {"window-open"}
DEPUTIES = {
    "org.freedesktop.portal.Desktop": ("/org/freedesktop/portal/desktop", "org.freedesktop.portal.OpenURI.OpenURI", "", "http://x/", "{}"),
    "org.freedesktop.systemd1": ("/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager.StartTransientUnit", "x.service", "fail", "[]", "[]"),
}
STARTS = ("xdg-open", "x-www-browser", "www-browser", "sensible-browser", "firefox")


def browsers(into, address):
    """Programs that a page's BrowserOpenURL would start, each of which tells the canary."""
    for name in STARTS:
        program = into / name
        program.write_text(f"#!/bin/bash\nexec 3<>/dev/tcp/{address.replace(':', '/')}\nprintf 'GET /started-{name} \\r\\n\\r\\n' >&3\ncat <&3 >/dev/null\n")
        program.chmod(0o755)


class Watched(unittest.TestCase):
    """A test with a canary, which hears of every program and service that could act for the page as well."""

    def setUp(self):
        self.canary = canary.Canary()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="subrosa-hostile-", dir="/var/tmp"))
        self.addCleanup(shutil.rmtree, self.dir)
        browsers(self.dir, self.canary.address)
        self.addCleanup(os.environ.__setitem__, "PATH", os.environ["PATH"])
        os.environ["PATH"] = f"{self.dir}:{os.environ['PATH']}"
        os.environ["SUBROSA_E2E_CANARY"] = self.canary.address
        deputies = subprocess.Popen(["/usr/bin/python3", HERE / "deputies.py", self.canary.address])
        self.addCleanup(deputies.wait)
        self.addCleanup(deputies.kill)
        for service, call in DEPUTIES.items():
            subprocess.run(["gdbus", "wait", "--session", "--timeout", "60", service], check=True)
            self.assertEqual(self.ask(service, *call), 0, "the control asks, and nobody acts")
        self.assertLessEqual({"asked-OpenURI", "asked-StartTransientUnit"}, self.canary.seen)
        self.canary.forget()

    @staticmethod
    def ask(service, path, method, *arguments):
        command = ["gdbus", "call", "--session", "--dest", service, "--object-path", path, "--method", method, *arguments]
        return subprocess.run(command, stdout=subprocess.DEVNULL).returncode


class Hostile(Watched):
    def test_1_without_walls_each_way_leads_out(self):
        subprocess.run(BROWSER + [self.canary.address], check=True, stderr=subprocess.DEVNULL)
        subprocess.run(["xdg-open", "http://192.0.2.7/"], check=True)
        seen = self.canary.seen
        print("\nwithout walls:", sorted(seen))
        shown = {w for w in WAYS if w in seen}
        print("not shown by this web view:", sorted(WAYS - shown))
        self.assertEqual(WAYS - shown - MAY_LACK, set(), "the control did not get out either, so the next tests prove nothing")
        self.assertIn("started-xdg-open", seen)
        if canary.ALONE:
            self.assertIn("dns dns.example", seen)

    def test_2_under_the_filter_alone_nothing_arrives(self):
        """A plain web view, without a policy for content, as the child of a process that has the filter."""
        alone = {**os.environ, "SUBROSA_SANDBOX": "none"}
        subprocess.run([HOSTILE, "--", *BROWSER, self.canary.address], check=True, stderr=subprocess.DEVNULL, env=alone)
        self.assertEqual(self.canary.seen, set())

    def test_3_in_the_window_nothing_arrives_and_the_page_stays(self):
        w = Window(self.dir / "home", None, HOSTILE)
        self.addCleanup(w.kill)
        w.shows("Trying every way out")
        try:
            w.shows("Every way was tried, and this page is still here")
        finally:
            w.picture("hostile")
        self.assertEqual(self.canary.seen, set())
        self.assertEqual(w.close(), 0)


@unittest.skipUnless(WALLS, "this machine makes no user namespaces")
class Services(Watched):
    """Services of the desktop, asked by a program that has the window's sandbox around it and no other wall: code that has taken over
    a process of the window."""

    def walled(self, *command):
        return subprocess.run([HOSTILE, "walled", *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def gdbus(self, service, path, method, *arguments, bus="--session"):
        bus = bus.split(maxsplit=1)
        return self.walled("/usr/bin/gdbus", "call", *bus, "--dest", service, "--object-path", path, "--method", method, *arguments).returncode

    def test_1_nobody_can_be_asked(self):
        self.assertEqual(self.gdbus("org.freedesktop.secrets", "/", "org.freedesktop.DBus.Peer.Ping"), 0, "the keyring must be there, or the rest shows nothing")
        real = os.environ["DBUS_SESSION_BUS_ADDRESS"]
        for service, call in DEPUTIES.items():
            self.assertNotEqual(self.gdbus(service, *call), 0, service)
            self.assertNotEqual(self.gdbus(service, *call, bus="--address " + real), 0, service + " on the real bus")
        self.assertNotEqual(self.walled("/usr/bin/systemd-run", "--user", "/bin/true").returncode, 0)
        self.assertEqual(self.canary.seen, set())

    def test_2_no_socket_and_no_other_root_is_there(self):
        # A place's own type is what find reads of a directory, and a mount upon it another: each is asked.
        system = ["(", "-path", "/proc", "-o", "-path", "/usr", "-o", "-path", "/etc", ")", "-prune", "-o"]
        sockets = self.walled("/usr/bin/find", "/", *system, "-exec", "test", "-S", "{}", ";", "-print").stdout.split()
        given = {"session", "accessibility"} | self.system()
        self.assertEqual({pathlib.Path(s).name for s in sockets if ".X11-unix/X" not in s}, given)
        roots = self.walled("/bin/sh", "-c", "stat -c %d:%i /. /proc/[0-9]*/root/.").stdout.split()
        self.assertEqual(len(set(roots)), 1, "another process's root can be entered")
        self.assertGreater(len(roots), 1, "not even its own, so this shows nothing")
        outside = subprocess.run(["find", "/tmp", "-type", "s"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.split()
        self.assertGreater(len(set(outside) - set(sockets)), 1, "there is no more outside, so this shows nothing")

    @staticmethod
    def system():
        return {"system"} if pathlib.Path("/run/dbus/system_bus_socket").exists() else set()

    def test_3_each_start_shows_it(self):
        w = Window(self.dir / "home", None)
        self.addCleanup(w.kill)
        w.begin()
        w.press("Offline: proven")
        w.shows("What the window’s page tried")
        evidence = w.text()
        for asked in "session bus: org.freedesktop.portal.Desktop", "session bus: org.freedesktop.systemd1", "session bus: a stranger", "socket: the session's bus":
            self.assertRegex(evidence, re.escape(asked) + r"[^\n]*\n(?s:.{0,300}?)outside: there(?s:.{0,60}?)Blocked", asked)
        self.assertNotIn("Not blocked", evidence)
        w.picture("services")
        w.key("Escape")
        w.key("ctrl+l")
        w.unlock()
        w.find("field", "Message")
        self.assertEqual(w.close(), 0)
        self.assertEqual(self.canary.seen, set())
        proofs = [line for line in (self.dir / "home" / "audit" / "entries").read_text().splitlines() if '"action":"self_test"' in line]
        self.assertEqual(len(proofs), 2, "each start, and each fresh process after a lock")
        for proof in proofs:
            self.assertRegex(proof, r"the desktop: [1-9]\d* services and sockets refused, 0 open")


class Attacks(Watched):
    """Text that attacks, as a prompt and as what the model says, in the real window."""

    def test_1_what_is_said_acts_on_nothing(self):
        attacks = (HERE / "hostile" / "attacks.md").read_text().replace("CANARY", self.canary.named)
        raw = self.dir / "attacks.html"
        raw.write_text(attacks)
        titles = subprocess.run(BROWSER + [self.canary.named, raw], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.split()
        print("\nas a page:", titles, sorted(self.canary.seen))
        self.assertIn("owned", titles, "the control: as a page these are attacks")
        self.assertLessEqual({"a-script", "a-image", "a-svg", "a-import", "a-link", "a-iframe", "a-video", "a-refresh"}, self.canary.seen)
        self.canary.forget()
        (SCRIPTED / "answer.md").write_text(attacks)
        w = Window(self.dir / "home", None, SCRIPTED / "subrosa")
        self.addCleanup(w.kill)
        w.begin()
        before = self.controls(w)
        w.send(f"<img src=http://{self.canary.named}/a-prompt onerror=document.title='owned'> <script>document.title='owned'</script>")
        w.shows("The end of the attacks")
        w.find("button", "Send")
        time.sleep(3)  # for what loads late
        w.picture("attacks")
        text = w.text()
        self.assertIn(f"http://{self.canary.named}/a-markdown-image", text, "it was masked, and so no attack any more")
        for shown in ("<script>document.title = 'owned'", "onload=\"document.title='owned'\"", "javascript:document.title='owned'", "[ref]: http"):
            self.assertIn(shown, text, "an attack is not shown as the text that it is")
        self.assertEqual(self.canary.seen, set())
        after = self.controls(w)
        self.assertEqual({c for c in after - before if c[0] in ("link", "frame", "document web", "entry", "password text")}, set())
        self.assertIn(("document web", "Subrosa"), after)
        self.assertNotIn("owned", {name for role, name in after if role in ("frame", "document web")})
        self.assertIsNone(w.find_now("button", "Unlock"), "an attack made a button")
        w.key("ctrl+l")
        w.find("button", "Unlock")
        self.assertEqual(w.close(), 0)
        self.assertEqual(self.canary.seen, set())

    @staticmethod
    def controls(w):
        return {(n.get_role_name(), n.get_name() or "") for n in w.nodes()}


if __name__ == "__main__":
    unittest.main()
