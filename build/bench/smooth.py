"""Measures the real window, with the page that is built and the real history, driven by keys: how frames follow each other while
an answer streams, what a long conversation takes to open and to scroll, what a key takes to be seen, what the passphrase takes to
lead to a chat, and what memory it all holds. Prints each beside its target. Arguments: the directory of the program, with
its engine; a file for the figures as JSON. No accessibility client looks on: it would cost the page time of its own. The
data directory lies in memory: other programs' writes are not what is measured.
"""

import json
import os
import pathlib
import queue
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import memory  # noqa: E402

PASSPHRASE = "correct horse battery staple"
TITLE = "Ten thousand messages"
TOKENS, A_SECOND = 4000, 200
STARTS = 5


class Window:
    """The measured window: what its page tells is taken in order."""

    def __init__(self, program, home):
        silent = os.environ | {"NO_AT_BRIDGE": "1", "GTK_A11Y": "none"}
        self.process = subprocess.Popen([program, "--home", home], stdout=subprocess.PIPE, text=True, env=silent)
        self.told = queue.Queue()
        threading.Thread(target=self.listen, daemon=True).start()
        self.until("locked")
        time.sleep(0.7)  # for the focus

    def listen(self):
        for line in self.process.stdout:
            self.told.put(json.loads(line))

    def until(self, what, seconds=120):
        """What the page tells next of this."""
        end = time.monotonic() + seconds
        while True:
            try:
                told = self.told.get(timeout=max(0.1, end - time.monotonic()))
            except queue.Empty:
                raise SystemExit(f"the page did not tell of {what!r} within {seconds} s") from None
            if what in told:
                return told

    @staticmethod
    def key(*keys):
        subprocess.run(["xdotool", "key", "--clearmodifiers", *keys], check=True)

    @staticmethod
    def type(text, delay=8):
        subprocess.run(["xdotool", "type", "--delay", str(delay), "--", text], check=True)

    def unlock(self):
        self.type(PASSPHRASE)
        self.key("Return")
        return self.until("ready")["ready"]

    def open(self, title):
        """Opens a conversation from the palette; it was not in view."""
        self.key("ctrl+k")
        time.sleep(0.5)
        self.type(title, 30)
        time.sleep(1.5)
        self.key("Return")
        return self.until("opened")

    def wheel(self, button, clicks):
        """Turns the wheel over the messages as a quick hand does: 4 is up, 5 down."""
        while not self.told.empty():
            self.told.get()  # of how the list scrolled when it opened
        subprocess.run(["xdotool", "mousemove", "750", "400", "click", "--repeat", str(clicks), "--delay", "15", str(button)], check=True)
        return self.until("scrolled")["scrolled"]

    def end(self):
        self.process.kill()
        self.process.wait()


def markdown(tokens):
    """An answer with everything that answers have."""
    pick = random.Random(7)
    words = "knee joint pain stable patient review clause tenant notice week swelling medial lateral agreed exercise period".split()
    sentence = lambda n: " ".join(pick.choice(words) for _ in range(n)).capitalize() + ". "  # noqa: E731
    parts, letters, n = [], 0, 0
    while letters < 4.4 * tokens:
        n += 1
        parts.append([
            f"## Part {n}\n\n" + "".join(sentence(14) for _ in range(4)),
            "\n".join(f"- **{pick.choice(words)}**: {sentence(9)}" for _ in range(6)),
            "| finding | left | right |\n|---|---|---|\n" + "\n".join(f"| {pick.choice(words)} | {i} | {i + 1} |" for i in range(8)),
            "```python\n" + "\n".join(f"def part_{i}(x):\n    return x * {i}  # {pick.choice(words)}" for i in range(9)) + "\n```",
            "".join(sentence(11) for _ in range(9)) + "*" + sentence(5).strip() + "*",
        ][n % 5])
        letters += len(parts[-1])
    return "\n\n".join(parts)


def measure(program):
    """Figures by name."""
    out = {"load": os.getloadavg()[0]}
    home = tempfile.mkdtemp(prefix="subrosa-bench-", dir="/dev/shm")
    try:
        w = Window(program, home)
        w.type(PASSPHRASE)
        w.key("Tab", "Tab")
        w.type(PASSPHRASE)
        w.key("Return")
        w.until("ready")
        w.end()
        time.sleep(1)
        fill = subprocess.run([program, "-fill", home, TITLE], input=PASSPHRASE + "\n", text=True)
        fill.check_returncode()

        starts = []
        for _ in range(STARTS):
            w = Window(program, home)
            starts.append(w.unlock())
            time.sleep(3)
            if len(starts) < STARTS:
                w.end()
        out["start"] = starts
        out["memory"], out["memory of"] = memory.held(w.process.pid)

        text = "Please write to Mr. Ansgar Leiva (SSN 219-09-9999), ann@example.org, about the visit on 3 May. "
        w.type(text * 3, 60)  # the first keys, and the first marks, are warm-up
        w.key("F8")
        w.until("typed")
        w.type(text * 4, 60)
        time.sleep(1)
        w.key("F8")
        out["typing"] = w.until("typed")["typed"]
        w.key("ctrl+a", "BackSpace")

        out["opens"] = []
        for _ in range(5):
            w.key("ctrl+n")
            time.sleep(0.5)
            out["opens"].append(w.open(TITLE)["opened"])
            time.sleep(1)
        out["up"], out["down"] = w.wheel(4, 300), w.wheel(5, 300)
        out["memory, long"], out["memory of, long"] = memory.held(w.process.pid)
        w.key("ctrl+n")
        time.sleep(1)

        w.type("Tell me everything", 30)
        w.key("Return")
        out["stream"] = w.until("streamed")["streamed"]
        out["memory, streamed"], out["memory of, streamed"] = memory.held(w.process.pid)
        w.type(text, 60)
        w.key("F8")
        out["typing after"] = w.until("typed")["typed"]
        w.end()
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return out


def row(name, got, most, unit="ms"):
    print(f"{name:66} {got:7.1f} {unit:4} target: {most} {unit}, {'met' if got <= most else 'MISSED'}")


def table(f):
    middle = lambda times: sorted(times)[len(times) // 2]  # noqa: E731
    print(f"\nthe window, at a load of {f['load']:.1f} before it began")
    s = f["stream"]
    row(f"longest gap of {s['n']} frames, {A_SECOND} tokens/s for {s['seconds']} s", s["max"], 50)
    row("  99th percentile", s["p99"], 50)
    row("10,000 messages: from Enter to the newest on the screen, median", middle(f["opens"]), 150)
    row(f"  slowest of {len(f['opens'])}, the first of them cold", max(f["opens"]), 150)
    for way in "up", "down":
        row(f"  scrolled {way} by the wheel, 99th percentile of {f[way]['n']} frames' gaps", f[way]["p99"], 50)
    row("a key, to the frame that shows it, 95th percentile", f["typing"]["latency"]["p95"], 16)
    row("  of that the page was at work", f["typing"]["work"]["p95"], 16)
    row("passphrase to a chat that takes keys, median", middle(f["start"]), 1000)
    row("memory of all processes but the engine, PSS", f["memory"], 250, "MB")
    print(f"  {f['memory of']}\n  with the long conversation open {f['memory, long']} MB, after the long answer {f['memory, streamed']} MB")


def main():
    directory, file = map(pathlib.Path, sys.argv[1:])
    (directory / "answer.md").write_text(markdown(TOKENS))
    (directory / "pace").write_text(str(A_SECOND))
    figures = measure(str(directory / "subrosa"))
    file.write_text(json.dumps(figures, indent=1))
    table(figures)


if __name__ == "__main__":
    main()
