"""Documents in the real window: added with the desktop's file dialog, read, used, cited and shown, by keyboard."""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))
import canary  # noqa: E402
from window import Story, Window, nothing_left, stick, wait  # noqa: E402

LEASE = """The lease begins on 1 May and runs for two years. Questions go to landlord@example.org.

Notice has to be given in writing, three months before the end of a quarter.

The rent is due on the third working day of each month.
"""


def pdf(*pages):
    """A PDF file of these pages, each a list of lines."""
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(len(pages)))
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>",
    ]
    for lines in pages:
        text = "BT /F 13 Tf 18 TL 60 760 Td " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
        objects.append(f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {len(objects) + 2} 0 R/Resources<</Font<</F 3 0 R>>>>>>")
        objects.append(f"<</Length {len(text)}>>stream\n{text}\nendstream")
    out, at = "%PDF-1.7\n", []
    for i, o in enumerate(objects, 1):
        at.append(len(out))
        out += f"{i} 0 obj\n{o}\nendobj\n"
    table = "".join(f"{n:010d} 00000 n \n" for n in at)
    size = len(objects) + 1
    return out + f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF"


class Documents(Story):
    """From a file on a stick to the passage that an answer cites."""

    @classmethod
    def setUpClass(cls):
        cls.home, cls.stick = pathlib.Path(tempfile.mkdtemp(prefix="subrosa-home-", dir="/var/tmp")), stick()
        (cls.stick / "lease.txt").write_text(LEASE)
        pages = "".join(f"Chapter {n} speaks of topic{n}.\n\n" + f"Filling sentence {n} of the book. " * 110 + "\n\n" for n in range(1, 401))
        (cls.stick / "book.txt").write_text(pages)
        (cls.stick / "odd.bin").write_bytes(bytes([0, 1, 2, 255, 0, 3]) * 50)
        letter = ["City Hospital, Department of Surgery", "", "Dear colleague,", "", "the patient was seen on ward seven after a fall from a ladder.",
                  "The wound was cleaned and closed with six stitches.", "", "With kind regards"]
        (cls.stick / "letter.pdf").write_text(pdf(letter, ["Enclosure", "", "The stitches come out on the tenth day."]))
        cls.canary = canary.Canary() if canary.ALONE else None
        attacks = (HERE / "hostile" / "attacks.md").read_text().replace("CANARY", f"{canary.NAME}:80")
        (cls.stick / "attacks.md").write_text(attacks)
        w = cls.w = Window(cls.home, cls.home.with_suffix(".trace"))
        w.begin()

    @classmethod
    def tearDownClass(cls):
        cls.w.kill()
        for d in cls.home, cls.stick:
            shutil.rmtree(d)
        cls.home.with_suffix(".trace").unlink(missing_ok=True)

    def test_1_a_document_is_added_with_the_desktops_dialog(self):
        w = self.w
        self.add(self.stick / "lease.txt")
        w.shows(r"lease\.txt.*1 page")
        w.picture("51-document")
        self.assertIn("lease.txt", w.text())

    def test_2_an_answer_cites_it_and_a_key_shows_the_passage(self):
        w = self.w
        w.answered("Repeat: [1]")
        w.shows(r"lease\.txt.*whole")
        self.tab_to("button", "Show source 1")
        w.key("Return")
        w.shows(r"Page 1 of 1")
        w.shows(r"landlord@example\.org")  # the reader sees the document as it is
        w.picture("52-source")
        w.key("Escape")
        wait("the page to be shut", lambda: "Page 1 of 1" not in w.text())
        wait("the focus to be back", lambda: (n := w.focused()) and n.get_name() == "Show source 1")

    def test_3_a_long_one_is_used_in_passages(self):
        w = self.w
        w.key("ctrl+n")
        self.add(self.stick / "book.txt")
        w.shows(r"book\.txt")
        w.shows(r"4\d\d pages")
        w.answered("What is said of topic333?")
        found = w.shows(r"\[1\] page (\d+), book\.txt: show the passage")
        w.picture("53-passages")
        self.assertGreater(int(found[1]), 1)
        w.press(r"\[1\] page \d+, book\.txt: show the passage")
        w.shows(r"topic333")
        w.picture("54-passage")
        w.key("Escape")

    def test_4_what_cannot_be_read_says_why(self):
        w = self.w
        self.add(self.stick / "odd.bin")
        w.shows(r"not a kind of document")
        w.picture("55-odd")

    def test_5_attacks_in_one_act_on_nothing(self):
        """That they are attacks is shown by test_hostile.py."""
        w = self.w
        w.key("ctrl+n")
        self.add(self.stick / "attacks.md")
        w.shows(r"attacks\.md.*1 page")
        w.send("What is in it?")  # whatever comes of it: the built-in model's context is too small for some
        w.press(r"\[1\] page 1, attacks\.md: show the passage")
        w.shows(r"Page 1 of 1")
        time.sleep(2)  # for what loads late
        w.picture("56-attacks")
        text = w.text()
        for shown in ("<script>document.title = 'owned'", "onload=\"document.title='owned'\"", "javascript:document.title='owned'"):
            self.assertIn(shown, text, "an attack is not shown as the text that it is")
        names = {(n.get_role_name(), n.get_name()) for n in w.nodes()}
        self.assertIn(("document web", "Subrosa"), names)
        self.assertNotIn("owned", {name for role, name in names if role in ("frame", "document web")})
        self.assertIsNone(w.find_now("button", "Unlock"), "an attack made a button")
        w.key("Escape")

    def test_5b_a_page_is_shown_as_it_looks(self):
        w = self.w
        w.key("ctrl+n")
        self.add(self.stick / "letter.pdf")
        w.shows(r"letter\.pdf.*2 pages")
        w.send("Repeat: [1]")
        self.tab_to("button", r"\[1\] page 1, letter\.pdf: show the passage")
        w.key("Return")
        w.shows(r"Page 1 of 2")
        w.find("image", "The page as it looks.*")
        wait("the focus on the text", lambda: (n := w.focused()) and n.get_name() == "page 1")
        w.picture("57-page")
        w.key("Right")
        w.shows(r"Page 2 of 2")
        w.find("image", "The page as it looks.*")
        self.tab_to("button", "Show the page larger")
        w.key("Return")
        w.find("button", "Show the page beside the chat")
        time.sleep(2)  # it is drawn anew
        w.picture("58-page-larger")
        w.key("Escape")
        wait("the page to be shut", lambda: "Page 2 of 2" not in w.text())
        wait("the focus to be back", lambda: (n := w.focused()) and re.match(r"\[1\] page", n.get_name()))

    def test_5c_it_is_found_by_its_words(self):
        w = self.w
        w.key("ctrl+n")
        w.look_for("tenth day", r"In documents.*letter\.pdf, page 2.*tenth day.*")
        w.picture("59-found")
        w.key("Return")
        w.shows(r"Page 2 of 2")
        wait("the focus on the text", lambda: (n := w.focused()) and n.get_name() == "page 2")
        w.find("image", "The page as it looks.*")
        w.key("Escape")
        w.look_for("lease.", r"Documents lease\.txt.*")
        w.key("Down", "Return")  # after the conversation of that name
        w.shows(r"Page 1 of 1")
        w.key("Escape")

    def test_6_the_conversation_is_taken_along_and_the_window_locks(self):
        w = self.w
        w.key("ctrl+shift+e")
        self.tab_to("choice", "PDF")
        self.fill("Folder", str(self.stick), clear=True)
        self.fill("File name", "answer", clear=True)
        w.key("Return")
        w.shows(r"answer\.pdf, .* was written, read back and is on record as entry \d+")
        w.key("Escape")
        w.find("field", "Message")
        w.key("ctrl+l")
        w.unlock()
        w.find("field", "Message")

    def test_6b_several_are_taken_along_together(self):
        w = self.w
        w.press("Select several")
        w.press("Select all")
        w.press("Export")
        self.tab_to("choice", "PDF")
        w.key("Down", "Down")
        self.fill("Folder", str(self.stick), clear=True)
        self.fill("File name", "all", clear=True)
        w.key("Return")
        found = w.shows(r"(\d+) conversations were written and read back")
        w.picture("59b-several")
        self.assertEqual(len(list(self.stick.glob("all-*.md"))), int(found[1]))
        self.assertGreater(int(found[1]), 1)
        w.key("Escape")
        w.press("Done")

    def test_7_the_record_names_them_by_number_alone(self):
        record = (self.home / "audit" / "entries").read_text()
        for action in "document_add", "document_read", "document_use":
            self.assertIn(f'"action":"{action}"', record)
        for word in "lease", "book.txt", "landlord", "quarter":
            self.assertNotIn(word, record)
        for f in self.home.rglob("*"):
            if f.is_file():
                self.assertNotIn(b"landlord", f.read_bytes(), f)

    def test_8_nothing_left_the_machine(self):
        """A whole session was traced: start, unlock, documents, chat, export, lock."""
        self.w.close()
        nothing_left(self, [self.w], self.canary)
