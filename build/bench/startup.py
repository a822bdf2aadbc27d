"""Times the start of the real window: from exec to a passphrase field that a screen reader finds. Writes JSON to a file."""

import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from window import BIN, Window  # noqa: E402


def start_once():
    home = tempfile.mkdtemp(prefix="subrosa-bench-")
    began = time.monotonic()
    w = Window(home, trace=None)
    w.find("field", "Passphrase")
    took = 1000 * (time.monotonic() - began)
    w.kill()
    shutil.rmtree(home)
    return took


RUNS = 7
start_once()  # warm caches
times = [start_once() for _ in range(RUNS)]
result = {"runs": RUNS, "median_ms": round(statistics.median(times)), "min_ms": round(min(times)), "max_ms": round(max(times))}
pathlib.Path(sys.argv[1]).write_text(json.dumps(result))
