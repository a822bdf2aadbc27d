"""The record in the real window, by keyboard: filtered, an entry with its proof, verified, taken away on a stick, and
checked there by a program that knows nothing of the window."""

import gzip
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from window import BIN, WALLS, Story, Window, stick, wait  # noqa: E402



class Record(Story):
    """From the filter to the stick."""

    @classmethod
    def setUpClass(cls):
        cls.home, cls.auditor = (pathlib.Path(tempfile.mkdtemp(prefix=f"subrosa-{n}-", dir="/var/tmp")) for n in ("home", "auditor"))
        cls.stick = stick()
        cls.identity = cls.auditor / "auditor.key"
        subprocess.run(["age-keygen", "-o", cls.identity], check=True, stderr=subprocess.DEVNULL)
        cls.recipient = subprocess.check_output(["age-keygen", "-y", cls.identity], text=True).strip()
        w = cls.w = Window(cls.home, None)
        w.begin()
        w.send("Who are you? My SSN is 219-09-9999.")
        w.shows(r"tokens/s|tok/s")
        w.find("button", "Send")

    @classmethod
    def tearDownClass(cls):
        cls.w.kill()
        for d in cls.home, cls.stick, cls.auditor:
            shutil.rmtree(d)

    def verify(self, bundle, *flags):
        command = [BIN / "subrosa-verify", "--json", *flags, bundle]
        r = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        return r.returncode, json.loads(r.stdout)

    def test_1_it_is_opened_and_filtered(self):
        w = self.w
        w.view("record", r"\d+ entries, intact")
        w.find("button", "Entry 0")
        w.picture("20-record")
        self.tab_to("list", "Action")
        w.type("Prompt")
        w.gone("button", "Entry 0")
        self.assertEqual(len(list(w.all_now("button", r"Entry \d+"))), 1)
        w.picture("21-record-filtered")
        self.tab_to("button", "Show all")
        w.key("Return")
        w.find("button", "Entry 0")

    def test_2_an_entry_is_shown_with_its_proof(self):
        w = self.w
        self.tab_to("button", "Entry 3")
        w.key("Return")
        w.shows(r"Proved: entry 3 stands in the tree of \d+ entries whose root is signed")
        self.assertRegex(w.text(), r'"seq": 3,')
        w.picture("22-record-entry")
        w.key("Return")

    def test_3_it_is_verified(self):
        w = self.w
        self.tab_to("button", "Verify now")
        w.key("space")
        w.shows(r"\d+ entries verified in [\d.]+ m?s: nothing is changed, missing or out of order")
        w.picture("23-record-verified")

    def test_4_a_verification_is_stopped(self):
        w = self.w
        entries = self.home / "audit" / "entries"
        slow = ["strace", "-qq", "-f", "-p", str(w.process.pid), "-P", str(entries), "-o", os.devnull]
        slow += ["-e", "trace=pread64", "-e", "inject=pread64:delay_exit=12000000"]  # as a long record on a slow disk
        tracer = subprocess.Popen(slow)
        wait("strace", lambda: f"TracerPid:\t{tracer.pid}" in pathlib.Path(f"/proc/{w.process.pid}/status").read_text())
        self.tab_to("button", "Verify now")
        w.key("space")
        self.tab_to("button", "Cancel")
        w.key("space")
        w.shows(r"The record was not verified: it was stopped on the way\.")
        w.picture("23-record-verification-stopped")
        tracer.kill()
        tracer.wait()
        self.tab_to("button", "Verify now")
        w.key("space")
        w.shows(r"\d+ entries verified in")

    def test_5_it_is_taken_away_and_checked_outside(self):
        w = self.w
        self.tab_to("button", "Export to a stick")
        w.key("Return")
        self.tab_to("check", "Compress OCSF and FHIR files.*")
        w.key("space")
        w.shows(r"They end in \.gz")
        self.fill("Folder", str(self.stick))
        self.fill("Sealed to.*", self.recipient)
        w.picture("24-record-export")
        w.key("Return")
        w.shows(r"\d+ entries, .* lie in .*, read back and verified")
        w.picture("25-record-exported")
        (bundle,) = self.stick.iterdir()

        code, told = self.verify(bundle)
        self.assertEqual((code, told["ok"], told["content_checked"]), (0, True, False), told)
        code, told = self.verify(bundle, "--identity", self.identity)
        self.assertEqual((code, told["ok"], told["content_checked"]), (0, True, True), told)
        files = [f for f in bundle.rglob("*") if f.is_file()]
        self.assertGreater(len(files), 7)
        for f in files:
            with self.subTest(file=f.name):
                whole = f.read_bytes()
                middle = len(whole) // 2
                f.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
                code, told = self.verify(bundle)
                self.assertEqual((code, told["ok"]), (1, False))
                f.write_bytes(whole)
        self.assertEqual(self.verify(bundle)[0], 0)

        def opened(name):
            return subprocess.check_output(["age", "-d", "-i", self.identity, bundle / name])

        actions = [json.loads(line)["action"] for line in opened("entries-000001.jsonl.age").splitlines()]
        self.assertEqual((actions[0], actions[-1]), ("setup", "audit_export"))
        self.assertEqual({"prompt", "response", "self_test"} - set(actions), set())
        for name in ("ocsf-000001.jsonl.gz.age", "fhir-000001.ndjson.gz.age"):
            self.assertEqual(len(gzip.decompress(opened(name)).splitlines()), len(actions), name)

    def test_5_the_window_itself_tried_what_it_must_not(self):
        w = self.w
        w.view("posture", "Window confined to its files")
        for part in ("Window confined to its files", "Engine confined"):
            w.shows(part + r".{0,40}Landlock ABI \d+; all \d+ attempts from inside were denied")
        if WALLS:
            w.shows(r"Desktop's services refused.{0,40}[1-9]\d* services and sockets refused, 0 open")
        w.picture("26-posture")


if __name__ == "__main__":
    unittest.main()
