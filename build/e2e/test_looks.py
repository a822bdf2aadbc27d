"""Every view as it is laid out and drawn in the real window, examined by axe: names, roles, order, and contrast in both themes."""

import json
import pathlib
import shutil
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))
from test_documents import pdf  # noqa: E402
from window import ROOT, Atspi, Story, Window, stick, wait  # noqa: E402

EXAMINED = ROOT / "build" / "out" / "examined" / "subrosa"
VIEWS = {"settings": "Theme", "record": "tokens in the last 30 days", "models": "Import a model", "policy": "What it says", "posture": r"holds: \d+"}
DIALOGS = {"ctrl+k": "Commands", "ctrl+shift+e": "File name", "ctrl+slash": "Keyboard shortcuts"}
TEXT = "Please write to Mr. Ansgar Leiva (SSN 219-09-9999) about the visit on 3 May."


class Looks(Story):
    """The first run, a conversation, every view and the dialogs, twice."""

    @classmethod
    def setUpClass(cls):
        cls.home, cls.stick = pathlib.Path(tempfile.mkdtemp(prefix="subrosa-home-", dir="/var/tmp")), stick()
        (cls.stick / "letter.pdf").write_text(pdf(["Dear colleague,", "", "the wound was closed with six stitches."]))
        cls.w = Window(cls.home, None, EXAMINED)

    @classmethod
    def tearDownClass(cls):
        cls.w.kill()
        for d in cls.home, cls.stick:
            shutil.rmtree(d)

    def title(self):
        """What axe told last."""
        page = next((n for n in self.w.nodes() if n.get_role_name() == "document web"), None)
        return page and (page.get_name() or "-")

    def look(self, key):
        before = wait("the page", self.title)
        self.w.key(key)
        told = wait("axe", lambda: (t := self.title()) and t != before and t.startswith("axe ") and t)
        return json.loads(told.removeprefix("axe "))

    def clean(self, key="F9"):
        told = self.look(key)
        self.assertEqual(told["found"], [])
        self.assertGreater(told["measured"], 1, "no contrast was measured")

    def views(self, key):
        w = self.w
        for name, shown in VIEWS.items():
            with self.subTest(name):
                w.view(name, shown)
                self.clean(key)
        w.key("ctrl+n")
        w.find("field", "Message")

    def conversation(self, key):
        w = self.w
        w.press("Please write to.*")
        w.shows("tokens/s")
        self.clean(key)
        w.type_into("Message", TEXT)
        w.shows("the model will see")
        self.clean(key)
        w.key("ctrl+a", "BackSpace")
        for keys, shown in DIALOGS.items():
            with self.subTest(shown):
                w.key(keys)
                w.shows(shown)
                self.clean(key)
                w.key("Escape")
                w.find("field", "Message")

    def theme(self, name):
        w = self.w
        w.view("settings", "Theme")
        Atspi.Action.do_action(w.find("choice", name), 0)
        wait("the theme", lambda: w.find_now("choice", name).get_state_set().contains(Atspi.StateType.CHECKED))

    def test_1_axe_finds_what_is_wrong(self):
        self.w.find("field", "Passphrase")
        found = {rule for rule, *_ in self.look("ctrl+F9")["found"]}
        self.assertLessEqual({"button-name", "color-contrast"}, found)

    def test_2_the_first_run(self):
        self.clean()
        self.w.begin()
        self.clean()

    def test_3_a_conversation_and_dialogs(self):
        self.w.answered(TEXT)
        self.conversation("F9")

    def test_4_every_view(self):
        self.views("F9")

    def test_5_the_other_theme(self):
        for name in "Light", "Dark":
            self.theme(name)
            self.conversation("shift+F9")
            self.views("shift+F9")

    def test_6_a_document_in_the_dark(self):
        w = self.w
        w.key("ctrl+n")
        self.add(self.stick / "letter.pdf")
        w.shows(r"letter\.pdf.*1 page")
        w.answered("Repeat: [1]")
        self.tab_to("button", "Show source 1")
        w.key("Return")
        w.shows("Page 1 of 1")
        w.shows("The page as it looks")
        w.picture("70-dark-page")
        self.clean()
        w.key("Escape")
        w.view("models", "Import a model")
        w.picture("71-dark-models")

    def test_7_locked(self):
        self.w.key("ctrl+l")
        self.w.find("button", "Unlock")
        self.clean()
        self.w.unlock()
