"""What a person does in the window on the first day, in the real window, from the first passphrase to the next morning."""

import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import canary  # noqa: E402
import memory  # noqa: E402
from window import BIN, PASSPHRASE, ROOT, WALLS, Atspi, Story, Window, nothing_left, wait  # noqa: E402

LONG = "Write a long story"


class FirstDay(Story):
    """The first day, on one data directory."""

    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp(prefix="subrosa-home-", dir="/var/tmp"))
        cls.traces = pathlib.Path(tempfile.mkdtemp(prefix="subrosa-trace-", dir="/var/tmp"))
        cls.windows = []
        cls.canary = canary.Canary() if canary.ALONE else None
        cls.start()

    @classmethod
    def start(cls):
        cls.w = Window(cls.home, cls.traces / f"{len(cls.windows)}.log")
        cls.windows.append(cls.w)

    @classmethod
    def tearDownClass(cls):
        cls.w.kill()
        shutil.rmtree(cls.home)
        shutil.rmtree(cls.traces)

    def ctl(self, *args):
        """Runs subrosactl on the same data directory while the window is closed, and returns its JSON."""
        read, write = os.pipe()
        os.write(write, PASSPHRASE.encode() + b"\n")
        os.close(write)
        command = [BIN / "subrosactl", "--home", self.home, "--json", "--passphrase-fd", str(read), *args]
        out = subprocess.run(command, pass_fds=[read], stdout=subprocess.PIPE, check=True).stdout
        os.close(read)
        return json.loads(out) if out else None

    def unlock(self):
        self.w.type_into("Passphrase", PASSPHRASE)
        self.w.key("Return")
        self.w.find("field", "Message")

    def test_01_first_run_asks_for_a_passphrase(self):
        w = self.w
        w.find("field", "Passphrase")
        w.picture("01-first-run")
        w.type_into("Passphrase", PASSPHRASE)
        w.type_into("Repeat passphrase", PASSPHRASE)
        w.picture("02-passphrase-chosen")
        w.press("Create")
        w.find("field", "Message")
        w.picture("03-ready")

    def test_02_the_strip_shows_what_holds(self):
        text = self.w.shows("Subrosa Demo").string
        for word in ("Offline", "Record", "Redaction"):
            self.assertIn(word, text)
        self.assertRegex(text, "demo model")
        self.w.press("Offline: proven")
        self.w.shows("What the window’s page tried")
        evidence = self.w.text()
        for way in ("websocket", "dns-prefetch", "browser", "location", "refresh"):
            self.assertIn(way, evidence)
        self.assertIn("WebKitNetworkPr", evidence)
        self.assertNotIn("Not blocked", evidence)
        self.w.picture("03b-evidence")
        self.w.key("Escape")

    def test_03_a_message_is_answered_and_identifiers_are_masked(self):
        self.w.send("Who are you? My SSN is 219-09-9999.")
        self.w.shows(r"My SSN is.{0,40}SSN")
        self.w.find("button", "Send")
        self.w.shows(r"tokens/s|tok/s")
        self.assertNotIn("219-09-9999", self.w.text())
        self.w.picture("04-answered")
        self.assertEqual(memory.written_and_executed(self.w.pid()), {})
        if not pathlib.Path("/dev/dri").exists():  # OpenGL's renderer in software: tens of megabytes that the window does not need
            self.assertNotIn("libEGL_mesa", pathlib.Path(f"/proc/{self.w.pid()}/maps").read_text())
            self.assertNotIn("libGLX_mesa", pathlib.Path(f"/proc/{self.w.pid()}/maps").read_text())

    def test_04_a_second_model_is_imported(self):
        """It has random weights and is large enough to be stopped, and killed, in the middle of an answer."""
        self.assertEqual(self.w.close(), 0)
        model = self.traces / "slow.gguf"
        subprocess.run([ROOT / "build" / "out" / "slowmodel", model], check=True)
        before = hashlib.sha256(model.read_bytes()).digest()
        told = self.ctl("model", "import", model)
        self.assertEqual(hashlib.sha256(model.read_bytes()).digest(), before, "import changed its source")
        self.ctl("model", "use", told["id"])
        self.start()
        self.unlock()

    def answer(self):
        """The text of the last answer in the window, once there is some."""
        def text():
            articles = [n for n in self.w.nodes() if n.get_role_name() == "article" and n.get_name() == "Subrosa"]
            return articles and "".join(
                t
                for n in self.w.nodes(articles[-1])
                if n.get_role_name() == "paragraph"
                and not (t := Atspi.Text.get_text(n, 0, -1)).startswith(("Reading your message", "Loading the model"))
            ).strip()
        return wait("text of an answer", text)

    def test_05_stop_keeps_the_partial_answer(self):
        self.w.send(LONG)
        stop = self.w.find("button", "Stop")  # now: a walk through a long answer takes long, and the answer ends meanwhile
        begun = self.answer()
        Atspi.Action.do_action(stop, 0)
        self.w.shows("You stopped this answer")
        self.w.find("button", "Send")
        self.assertIn(begun[:3], self.answer())
        self.w.picture("05-stopped")

    def test_06_a_killed_engine_leaves_the_window_and_the_next_message_is_answered(self):
        self.w.key("ctrl+n")
        self.w.send(LONG)
        begun = self.answer()
        os.kill(wait("the engine", self.w.engine), signal.SIGKILL)
        self.w.shows("engine stopped in the middle")
        self.assertIn(begun[:3], self.answer())
        self.w.picture("06-engine-killed")
        self.w.send("Are you back?")
        wait("the engine to be back", self.w.engine)
        self.assertNotEqual(self.answer(), begun)
        self.w.key("Escape")
        self.w.find("button", "Send")

    def test_07_lock_asks_for_the_passphrase_again(self):
        self.w.press("Lock")
        self.w.find("button", "Unlock")
        self.assertNotIn("Who are you", self.w.text())
        self.assertIsNone(self.w.engine())
        self.w.picture("07-locked")
        self.w.type_into("Passphrase", "wrong horse battery staple")
        self.w.key("Return")
        self.w.shows("does not open")
        self.w.picture("08-wrong-passphrase")
        self.unlock()

    def test_08_ctrl_l_locks(self):
        self.w.key("ctrl+l")
        self.w.find("button", "Unlock")
        self.w.type_into("Passphrase", PASSPHRASE)
        self.w.press("Unlock")
        self.w.find("field", "Message")

    def test_09_conversations_are_there_after_a_restart(self):
        self.assertEqual(self.w.close(), 0)
        self.start()
        self.unlock()
        self.w.press(r"Who are you\?.*")
        self.w.shows(r"My SSN is")
        self.w.picture("09-reopened")

    def test_10_dark_is_kept(self):
        self.w.key("ctrl+comma")
        self.w.shows("Change passphrase")
        self.w.picture("10-settings")
        Atspi.Action.do_action(self.w.find("choice", "Dark"), 0)
        self.w.press("Back to chat")
        self.w.shows("My SSN is")
        self.w.picture("11-dark")
        self.assertEqual(self.w.close(), 0)
        self.start()
        self.unlock()
        self.w.key("ctrl+comma")
        dark = self.w.find("choice", "Dark")
        wait("Dark to be chosen still", lambda: dark.get_state_set().contains(Atspi.StateType.CHECKED))

    def test_11_nothing_left_the_machine(self):
        self.assertEqual(self.w.close(), 0)
        nothing_left(self, self.windows, self.canary)

    def test_12_no_file_holds_what_was_written(self):
        needles = ["Who are you", "My SSN is", "219-09-9999", LONG, "Are you back", PASSPHRASE]
        for c in self.ctl("history", "list"):
            for m in self.ctl("history", "show", c["id"])["content"]:
                line = m["text"].split("\n")[0][:40]
                if m["role"] == "assistant" and len(line) >= 12 and line.isprintable():
                    needles.append(line)
        self.assertGreater(len(needles), 6, "no answer to search for")
        places = [self.home, pathlib.Path(os.environ["SUBROSA_TEST_ROOT"])]

        def holders(needle):
            command = ["grep", "-rlaF", "--devices=skip", "-e", needle, *map(str, places)]
            r = subprocess.run(command, capture_output=True, text=True)
            self.assertLess(r.returncode, 2, r.stderr)
            return set(r.stdout.split())

        for needle in needles:
            self.assertEqual(holders(needle), set(), f"{needle!r} is in the clear")
        for place in places:
            control = place / "control"
            control.write_text(needles[-1])
            self.assertEqual(holders(needles[-1]), {str(control)}, "the search does not find what is there")
            control.unlink()

    def test_13_the_record_is_whole(self):
        subprocess.run([BIN / "subrosactl", "--home", self.home, "audit", "verify"], check=True)
        lines = (self.home / "audit" / "entries").read_text().splitlines()
        proofs = [line for line in lines if '"action":"self_test"' in line and "the page" in line]
        self.assertGreaterEqual(len(proofs), 4, "each start and each fresh process after a lock tries the ways out")
        for proof in proofs:
            if WALLS:
                self.assertRegex(proof, r"the desktop: [1-9]\d* services and sockets refused, 0 open, \d+ not there; ")
            self.assertRegex(proof, r"the page: \d\d refused, 0 open, [0-4] without a sign; [3-9] processes under the filter\"")


if __name__ == "__main__":
    unittest.main()
