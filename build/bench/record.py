"""Prints the record's targets beside what its benchmarks measured. It reads what `go test -bench` printed."""

import re
import sys

# What is measured, in which benchmark and unit, and the most (<=) or the least (>=) that it should be.
TARGETS = [
    ("an fsynced entry to a bare fsync, p99", "Append", "x-bare-p99", "<=", 3),
    ("an fsynced entry to a bare fsync, median", "Append", "x-bare-p50", "", None),
    ("sixteen writers to one", "GroupCommit", "x-1-writer", ">=", 5),
    ("subrosactl audit verify, s", "Million/verify/subrosactl-audit-verify", "s", "<=", 3),
    ("subrosactl audit verify, MB", "Million/verify/subrosactl-audit-verify", "MB-peak", "<=", 200),
    ("subrosa-verify of the log, s", "Million/verify/subrosa-verify-log", "s", "<=", 3),
    ("subrosa-verify of the log, MB", "Million/verify/subrosa-verify-log", "MB-peak", "<=", 200),
    ("subrosa-verify of a bundle, s", "Million/export/subrosa-verify-tree-and-files", "s", "", None),
    ("subrosa-verify of a bundle, MB", "Million/export/subrosa-verify-tree-and-files", "MB-peak", "<=", 200),
    ("the same with its entries, s", "Million/export/subrosa-verify-and-entries", "s", "", None),
    ("the same with its entries, MB", "Million/export/subrosa-verify-and-entries", "MB-peak", "<=", 200),
    ("added to an unlock, ms", "Million/unlock", "ms-added", "<=", 100),
    ("export of it to this disk, sealed, entries/s", "Million/export/write", "entries/s", ">=", 50_000),
    ("the same, compressed, entries/s", "Million/export-compressed/write", "entries/s", ">=", 50_000),
    ("export of 40,000, to memory, sealed", "Export/memory/sealed", "entries/s", ">=", 50_000),
    ("export of 40,000, to memory, clear", "Export/memory/clear", "entries/s", ">=", 50_000),
    ("export of 40,000, to this disk, sealed", "Export/disk/sealed", "entries/s", ">=", 50_000),
    ("the same, clear", "Export/disk/clear", "entries/s", ">=", 50_000),
    ("what this disk alone would allow", "Export/disk/sealed", "entries/s-bare", "", None),
    ("the same, sealed and compressed", "Export/disk/sealed/gzip", "entries/s", ">=", 50_000),
    ("the same, clear and compressed", "Export/disk/clear/gzip", "entries/s", ">=", 50_000),
    ("bytes for an entry", "Export/disk/sealed", "bytes/entry", "", None),
    ("bytes for an entry, compressed", "Export/disk/sealed/gzip", "bytes/entry", "", None),
]


def measured(text):
    """(benchmark, unit) -> value, of lines such as 'BenchmarkX/y-2  5  1.3 ms-p50  7 MB'."""
    values = {}
    for name, rest in re.findall(r"^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+(.*)$", text, re.M):
        fields = rest.split()
        values.update({(name, unit): float(value) for value, unit in zip(fields[::2], fields[1::2])})
    return values


values = measured(open(sys.argv[1]).read())
print(f"\n{'the record':44} {'measured':>10}  target")
for what, benchmark, unit, way, target in TARGETS:
    value = values.get((benchmark, unit))
    if value is None:
        print(f"{what:44} {'-':>10}  not measured")
        continue
    met = target is None or (value <= target if way == "<=" else value >= target)
    print(f"{what:44} {value:10,.2f}  " + ("" if target is None else f"{way} {target:<8,} {'met' if met else 'MISSED'}"))
