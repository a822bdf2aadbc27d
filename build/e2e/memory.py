"""Looks for secrets in the memory of a process and of all its children."""

import os
import pathlib
import re


def tree(pid):
    """The process and everything below it."""
    parents = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    todo, found = [pid], []
    while todo:
        found.append(todo.pop())
        todo += parents.get(found[-1], [])
    return found


def held(pid):
    """Megabytes that the processes below pid hold, each page counted once (PSS), without the engine's; and of each."""
    out = {}
    for p in tree(pid):
        try:
            name = pathlib.Path(f"/proc/{p}/comm").read_text().strip()
            rollup = pathlib.Path(f"/proc/{p}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if not name.startswith("subrosa-engine"):
            out[f"{name} {p}"] = sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024
    return round(sum(out.values())), {k: round(v) for k, v in out.items()}


def written_and_executed(pid):
    """The programs below pid that have memory which is both, with the lines of /proc/PID/maps that say so."""
    out = {}
    for p in tree(pid):
        try:
            name = pathlib.Path(f"/proc/{p}/comm").read_text().strip()
            lines = pathlib.Path(f"/proc/{p}/maps").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if both := [line for line in lines if {"w", "x"} <= set(line.split()[1])]:
            out[f"{name} {p}"] = both
    return out


PAGE = os.sysconf("SC_PAGE_SIZE")


def resident(pagemap, start, end):
    """The runs of pages between two addresses that are in memory or in swap. Reading others would make them: a web view
    reserves tens of gigabytes that it never touches."""
    page, last = start // PAGE, end // PAGE
    while page < last:
        pagemap.seek(page * 8)
        entries = pagemap.read(min(last - page, 1 << 20) * 8)
        if not entries:
            return
        # The top bits of each entry's last byte: present, swapped.
        for run in re.finditer(b"[\x40-\xff]+", entries[7::8]):
            yield (page + run.start()) * PAGE, (page + run.end()) * PAGE
        page += len(entries) // 8


def regions(pid):
    """Every readable byte that is there, in runs. Needs the right to read /proc/PID/mem: root, or CAP_SYS_PTRACE."""
    piece = 16 << 20
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem, open(f"/proc/{pid}/pagemap", "rb", buffering=0) as pagemap:
        for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, access, *rest = line.split(maxsplit=5)
            if "r" not in access or rest[-1].startswith("[v"):  # the kernel's own
                continue
            for start, end in resident(pagemap, *(int(x, 16) for x in span.split("-"))):
                tail = b""
                while start < end:  # in pieces that overlap, so that nothing is cut in two
                    mem.seek(start)
                    try:
                        more = mem.read(min(end - start, piece))
                    except OSError:
                        break  # a device, or freed meanwhile
                    if not more:
                        break
                    start += len(more)
                    yield tail + more
                    tail = more[-4096:]


def found(pid, secrets):
    """Which of the secrets (name -> list of byte strings) lie in the memory of pid's tree, and in which programs."""
    hits = {}
    for p in tree(pid):
        try:
            name = pathlib.Path(f"/proc/{p}/comm").read_text().strip()
            for data in regions(p):
                for secret, forms in secrets.items():
                    if any(form in data for form in forms):
                        hits.setdefault(secret, set()).add(name)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return hits


def text_forms(text):
    """How Go and a web view may hold a text."""
    return [text.encode(), text.encode("utf-16-le")]


def key_forms(hexadecimal):
    return [bytes.fromhex(hexadecimal), hexadecimal.encode(), hexadecimal.upper().encode()]
