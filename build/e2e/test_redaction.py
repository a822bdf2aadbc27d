"""What redaction shows in the real window: while a prompt is typed, before it is sent, in what was sent, and in sum."""

import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from window import Story, Window, wait  # noqa: E402

POLICY = """\
schema: 1
version: 1
expires: 2099-01-01
redaction:
  user_pseudonyms: true
  types:
    - {type: PERSON, prompt: pseudonymise, answer: pseudonymise}
"""


class Redaction(Story):
    """A prompt with a name and a number, from the first key to the summary."""

    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp(prefix="subrosa-home-", dir="/var/tmp"))
        (cls.home / "policy").mkdir(mode=0o700)
        (cls.home / "policy" / "policy.yaml").write_text(POLICY)
        cls.w = Window(cls.home, None)
        cls.w.begin()

    @classmethod
    def tearDownClass(cls):
        cls.w.kill()
        shutil.rmtree(cls.home)

    def test_1_a_find_is_underlined_with_its_reason_and_previewed(self):
        w = self.w
        w.type_into("Message", "Write to Mr. Ansgar Leiva, SSN 536-22-1234")
        w.shows("2 values found|social security number: the model will see")
        w.key("Left")  # the caret is in the number
        w.shows(r"US social security number: the model will see \[SSN\]")
        w.picture("redaction-1-reason")
        w.key("Home")
        w.shows("2 values found")
        w.press("What the model will see")
        w.shows(r"Write to Mr\. .{0,3}\[PERSON_1\].{0,3}, SSN .{0,3}\[SSN\]")
        w.picture("redaction-2-preview")

    def test_2_a_name_may_be_masked_for_one_message(self):
        w = self.w
        w.press("Mask instead")
        w.shows(r"Mr\. .{0,3}\[PERSON\]")
        w.picture("redaction-3-mask-instead")
        w.press("As the policy says")
        w.shows(r"Mr\. .{0,3}\[PERSON_1\]")

    def test_3_the_reader_sees_the_name_and_a_label_for_the_number(self):
        w = self.w
        w.type_into("Message", "")
        w.key("Return")
        w.find("button", "2 values hidden")
        w.find("button", "Send")
        text = w.shows("Mr. Ansgar Leiva|Ansgar Leiva").string
        self.assertNotIn("536-22-1234", text)
        w.picture("redaction-4-sent")

    def test_4_the_conversations_sum_says_what_was_hidden(self):
        w = self.w
        w.press("2 values hidden")
        w.shows("Hidden in this conversation")
        w.shows("Person's name, shown to you alone")
        w.shows("US social security number")
        w.picture("redaction-5-summary")
        w.key("Escape")
        w.gone("button", "Close")

    def test_5_a_number_may_have_a_stand_in_where_policy_lets_the_user_choose(self):
        w = self.w
        w.type_into("Message", "Compare SSN 219-09-9999 with it.")
        w.press("Use stand-ins instead")
        w.shows(r"SSN .{0,3}\[SSN_1\]")
        w.picture("redaction-6-stand-in")
        w.key("Return")
        w.find("button", "3 values hidden")
        wait("the number for its reader", lambda: "219-09-9999" in w.text())
        w.find("button", "Send")
        w.picture("redaction-7-stand-in-sent")


if __name__ == "__main__":
    unittest.main()
