"""What the other stories leave out of the tour (docs/tour.md): a user's editing, filing and finding, compliance's holds, retention
and policy, IT's models and keys, in the real window, by keyboard. And that each flow of the tour names a step that drives it."""

import importlib
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
from window import PASSPHRASE, ROOT, Atspi, Story, Window, wait  # noqa: E402

NEXT = "violet anchor seldom thunder"


class Tour(Story):
    """One conversation, and what three people do with it."""

    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp(prefix="subrosa-home-", dir="/var/tmp"))
        w = cls.w = Window(cls.home, None)
        w.begin()

    @classmethod
    def tearDownClass(cls):
        cls.w.kill()
        shutil.rmtree(cls.home)

    def focus(self, role, name):
        """Goes to a control with parts of its own, on which the focus is not told to be."""
        Atspi.Component.grab_focus(self.w.find(role, name))
        time.sleep(0.5)

    def organise(self, title):
        self.w.press(f"Organise {title}")
        self.w.shows("Organise conversation")

    def test_01_a_message_is_edited_and_both_versions_stay(self):
        w = self.w
        w.answered("Who are you?")
        w.find("field", "Message")
        w.key("Up")
        w.type_into("Edited message", " And who made the lantern?")
        w.key("Return")
        w.shows("2/2")
        w.find("button", "Send")
        w.picture("60-versions")
        w.press("Earlier version")
        w.shows("1/2")
        w.press("Later version")
        w.shows("And who made the lantern")

    def test_02_a_template_is_put_into_the_message(self):
        w = self.w
        w.type_into("Message", "/soap")
        w.find("option", "SOAP note.*")
        w.picture("61-templates")
        w.key("Return")
        field = w.find("field", "Message")
        wait("the template", lambda: "Write a SOAP note" in Atspi.Text.get_text(field, 0, -1))
        w.key("ctrl+a", "BackSpace")

    def test_03_a_matter_is_made_with_its_own_retention(self):
        w = self.w
        w.press("Matters…")
        self.fill("Name of the matter", "Leiva and Miller")
        w.key("Return")
        w.find("button", "Delete Leiva and Miller")
        self.focus("field", "Leiva and Miller: erase after so many days.*")
        w.key("ctrl+a")
        w.type("90", 60)
        w.key("Tab")
        wait("the retention on record", lambda: self.record().count('"action":"matter_rename"') == 1)
        w.picture("62-matters")
        w.key("Escape")

    def test_04_the_conversation_is_filed_and_pinned(self):
        w = self.w
        self.organise("Who are you.*")
        Atspi.Action.do_action(w.find("check", "Pin to the top of the list"), 0)
        self.focus("list", "Matter")
        w.type("Leiva", 30)
        wait("the move on record", lambda: '"action":"conversation_move"' in self.record())
        w.picture("63-organised")
        w.key("Escape")
        w.shows("Pinned")

    def test_05_what_was_said_is_found(self):
        w = self.w
        w.key("ctrl+n")
        w.look_for("lantern", "In messages.*lantern.*")
        w.picture("64-found")
        w.key("Return")
        w.shows("2/2")

    def test_06_compliance_holds_it_and_nobody_deletes_it(self):
        w = self.w
        self.organise("Who are you.*")
        self.fill("(Put a legal hold on it|Reason, such as).*", "case 4711")
        w.key("Return")
        w.shows("A legal hold is on it")
        w.picture("65-held")
        w.key("Escape")
        w.press("Delete Who are you.*")
        w.shows("Delete this conversation")
        w.press("Delete")
        w.shows("A legal hold forbids deleting this")
        w.find("button", "Who are you.*")
        self.assertIn('"action":"hold_add"', self.record())

    def test_07_compliance_reads_the_policy(self):
        w = self.w
        w.view("policy", "What it says")
        w.shows("Subrosa itself")
        w.picture("66-policy")
        self.tab_to("check", "Only what differs")
        w.key("space")
        w.shows("Nothing differs from what is built in")

    def test_08_it_verifies_a_model_and_sees_where_it_is_from(self):
        w = self.w
        w.view("models", "Import a model")
        self.tab_to("button", "Verify")
        w.key("Return")
        w.shows("every byte was read and compared")
        self.tab_to("button", "Lineage")
        w.key("Return")
        w.shows("On record: imported 1")
        w.picture("67-models")

    def test_09_it_adds_and_removes_a_way_in(self):
        w = self.w
        identity = self.home / "it.key"
        subprocess.run(["age-keygen", "-o", identity], check=True, stderr=subprocess.DEVNULL)
        recipient = subprocess.check_output(["age-keygen", "-y", identity], text=True).strip()
        w.key("ctrl+comma")
        w.find("button", "Change passphrase")
        self.assertNotIn("every byte was read", w.text(), "what was done in another view is told here")
        self.fill("Add a way in for IT.*", recipient)
        w.key("Return")
        w.shows("The way in was added")
        w.picture("68-way-in")
        w.press("Remove")
        w.shows("The way in was removed")
        w.press("Change passphrase")

    def test_10_the_passphrase_is_changed(self):
        w = self.w
        w.type_into("Present passphrase", PASSPHRASE)
        w.type_into("New passphrase", NEXT)
        w.type_into("Repeat passphrase", NEXT)
        w.key("Return")
        w.shows("The passphrase was changed")
        w.key("ctrl+l")
        w.unlock(NEXT)
        w.find("field", "Message")
        self.assertEqual(w.close(), 0)

    def record(self):
        return (self.home / "audit" / "entries").read_text()


class Flows(unittest.TestCase):
    """docs/tour.md promises thirty flows; each names the step of a story here, or the script, that drives it."""

    def test_each_flow_of_the_tour_has_a_step_that_drives_it(self):
        tour = (ROOT / "docs" / "tour.md").read_text()
        parts = re.split(r"^## ", tour, flags=re.M)[1:]
        people = {part.split("\n")[0]: re.findall(r"^\d+\. .*\(`([\w./]+)`\)$", part, re.M) for part in parts}
        self.assertEqual({name: len(steps) for name, steps in people.items()}, {"A user": 10, "Compliance": 10, "IT": 10})
        for step in (s for steps in people.values() for s in steps):
            with self.subTest(step=step):
                if step.endswith(".txtar"):
                    self.assertTrue((ROOT / "app" / "subrosactl" / "testdata" / "script" / step).exists())
                    continue
                file, case, method = step.split(".")
                self.assertTrue(callable(getattr(getattr(importlib.import_module(file), case), method)))
        for picture in re.findall(r"\]\((pictures/[^)]+)\)", tour):
            self.assertTrue(os.path.getsize(ROOT / "docs" / picture) <= 80 << 10, picture)


if __name__ == "__main__":
    unittest.main()
