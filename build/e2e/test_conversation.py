"""What is done with a conversation besides talking, in the real window, by keyboard."""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import canary  # noqa: E402
from window import ROOT, Story, Window, nothing_left, stick, wait  # noqa: E402



class Conversation(Story):
    """From an answer to the file on a stick."""

    @classmethod
    def setUpClass(cls):
        cls.home, cls.stick = pathlib.Path(tempfile.mkdtemp(prefix="subrosa-home-", dir="/var/tmp")), stick()
        cls.canary = canary.Canary() if canary.ALONE else None
        w = cls.w = Window(cls.home, cls.home.with_suffix(".trace"))
        w.begin()
        w.answered("Who are you? My SSN is 219-09-9999.")

    @classmethod
    def tearDownClass(cls):
        cls.w.kill()
        for d in cls.home, cls.stick:
            shutil.rmtree(d)
        cls.home.with_suffix(".trace").unlink()

    def take(self, step, ending):
        """Exports the conversation in the format that is step presses of Down away, and returns the file."""
        w = self.w
        w.key("ctrl+shift+e")
        self.tab_to("choice", "PDF")
        for _ in range(step):
            w.key("Down")
        self.fill("Folder", str(self.stick), clear=True)
        self.fill("File name", f"note{step}", clear=True)
        w.picture(f"30-export-{ending}")
        w.key("Return")
        w.shows(rf"note{step}\.{ending}, .* was written, read back and is on record as entry \d+")
        w.picture(f"31-exported-{ending}")
        w.key("Escape")
        w.find("field", "Message")
        return self.stick / f"note{step}.{ending}"

    def test_1_it_is_taken_along_in_every_format(self):
        page = subprocess.check_output(["pdftotext", "-layout", self.take(0, "pdf"), "-"], text=True)
        self.assertRegex(page, r"(?s)My SSN is \[SSN\].*Model SHA-256: [0-9a-f]{64}.*Export on record: entry \d+")
        with zipfile.ZipFile(self.take(1, "docx")) as z:
            self.assertIn(b"My SSN is [SSN]", z.read("word/document.xml"))
        text = self.take(2, "md").read_text()
        self.assertRegex(text, r"(?s)My SSN is \[SSN\].*\| Model SHA-256 \| [0-9a-f]{64} \|.*\| Export on record \| entry \d+ \|")
        self.assertEqual(len(json.loads(self.take(3, "json").read_text())["messages"]), 2)
        self.assertEqual(sorted(f.name for f in self.stick.iterdir()), ["note0.pdf", "note1.docx", "note2.md", "note3.json"])
        for f in self.stick.iterdir():
            self.assertNotIn(b"219-09-9999", f.read_bytes())

    def test_2_a_temporary_chat_is_kept_nowhere(self):
        w = self.w
        w.key("ctrl+shift+n")
        w.shows("when you leave it or lock, it is gone")
        w.picture("32-temporary")
        w.answered("Passing words, who are you?")
        w.picture("33-temporary-answered")
        self.assertIsNone(w.find_now("button", "Passing words.*"))
        self.assertIsNone(w.find_now("button", "Export conversation"))
        w.type_into("Message", "half a passing thought")
        time.sleep(1)  # a draft is kept half a second after the last key
        w.key("ctrl+n")
        w.find("button", "Temporary chat")
        self.assertNotIn("assing", w.text())
        w.key("ctrl+l")
        w.unlock()
        w.find("field", "Message")
        w.find("button", "Who are you.*")
        self.assertNotIn("assing", w.text())


    def test_3_every_message_has_its_sentence_on_a_page_of_help(self):
        w = self.w
        w.key("ctrl+slash")
        self.tab_to("button", "What messages mean")
        w.key("Return")
        w.shows("The disk is full, so nothing was sent to the model")
        text = w.text()
        source = (ROOT / "internal" / "fault" / "catalogue.go").read_text()
        codes = re.findall(r' Code = "(\w+)"', source)
        self.assertGreater(len(codes), 50)
        for code in codes:
            self.assertRegex(text, rf"\n{code}\n")
        w.picture("34-messages")
        self.fill("Search the messages", "keyring")
        wait("fewer messages", lambda: "disk_full" not in w.text())
        w.picture("35-messages-found")

    def test_4_one_thing_is_done_to_several(self):
        w = self.w
        for text in "First of two.", "Second of two.":
            w.key("ctrl+n")
            w.send(text)
            w.shows(r"tokens/s")
            w.find("button", "Send")
        self.tab_to("button", "Select several")
        w.key("Return")
        for title in r"Select Second of two\.", r"Select First of two\.":
            self.tab_to("check", title)
            w.key("space")
        w.shows("2 selected")
        w.picture("36-selected")
        self.tab_to("button", "Delete")
        w.key("Return")
        w.shows("2 conversations and all messages in them")
        self.tab_to("button", "Delete")
        w.key("Return")
        w.shows("0 selected")
        self.assertNotIn("of two", w.text())
        self.tab_to("button", "Done")
        w.key("Return")
        w.find("button", "Who are you.*")

    def test_5_charts(self):
        w = self.w
        for name, seen in ("record", r"tokens in the last 30 days"), ("posture", r"holds: \d+"):
            w.view(name, seen)
            w.picture(f"37-{name}")
        w.key("Escape")

    def test_6_the_window_speaks_german(self):
        w = self.w
        w.key("ctrl+comma")
        self.tab_to("choice", "Same as the system")
        self.tab_to("choice", "Same as the system")
        w.key("Down", "Down")
        w.find("button", "Passphrase ändern")
        w.picture("38-german-settings")
        w.look_for("meldungen", "Befehle Was Meldungen bedeuten.*")
        w.key("Return")
        w.shows("Die Festplatte ist voll")
        w.picture("39-german-messages")
        w.look_for("nachweise", "Befehle Nachweise.*")
        w.key("Return")
        w.shows(r"Einträge eben nachgerechnet")
        w.picture("39-german-posture")
        self.assertNotRegex(w.text(), "recomputed|ways out|attempts from inside")
        w.key("ctrl+l")
        w.unlock()
        w.find("field", "Nachricht")
        w.picture("40-german-chat")

    def test_9_nothing_left_the_machine(self):
        self.assertEqual(self.w.close(), 0)
        nothing_left(self, [self.w], self.canary)


if __name__ == "__main__":
    unittest.main()
