"""Prints the engine's targets beside what was measured, as the table of docs/performance.md.

table.py DIR: reads engine.json and decrypt.txt there, and startup.json where there is one.
"""

import json
import pathlib
import re
import sys

directory = pathlib.Path(sys.argv[1])
report = json.loads((directory / "engine.json").read_text())
decrypt = {unit: float(value) for value, unit in re.findall(r"([\d.]+) (\S+)", (directory / "decrypt.txt").read_text())}
models = {m["model"]: m for m in report["models"]}


def rows():
    """(what, measured, target, whether it is met; None: no target)"""
    for name, m in models.items():
        bare, peer, e, p = m["engineToBare"], m["engineToPeer"], m["engine"], m["peer"]
        speeds = f"{e['decodeTokensPerSecond']:.4g} tokens/s; {m['bare']['decodeTokensPerSecond']:.4g}, {p['decodeTokensPerSecond']:.4g}"
        yield f"{name}: decode to the bare loop", bare["decode"], ">= 0.99", bare["decode"] >= 0.99, speeds
        yield f"{name}: decode to the peer", peer["decode"], ">= 1.2", peer["decode"] >= 1.2, ""
        yield (f"{name}: prompt to the peer", peer["prompt"], ">= 1.0", peer["prompt"] >= 1,
               f"{e['promptTokensPerSecond']:.4g} tokens/s; {m['bare']['promptTokensPerSecond']:.4g}, {p['promptTokensPerSecond']:.4g}")
        yield (f"{name}: second turn to a peer that reads all again", peer["secondTurn"], "<= 0.25", peer["secondTurn"] <= 0.25,
               f"{e['secondTurnSeconds']:.3g} s for {e['secondTurnTokens']} tokens; {p['secondTurnSeconds']:.3g} s for {p['secondTurnTokens']}")
        yield (f"{name}: second turn to the new tokens alone", bare["secondTurn"], "<= 1.1", bare["secondTurn"] <= 1.1,
               f"{m['bare']['secondTurnSeconds']:.3g} s for {m['bare']['secondTurnTokens']} tokens")
        most = {"q4_0": 0.6, "f16": 1.0}.get(name)
        yield (f"{name}: peak memory to the peer's", peer["peakRSS"], f"<= {most}" if most else "", peer["peakRSS"] <= most if most else None,
               f"{e['peakRSSMiB']:.0f} MiB; {m['bare']['peakRSSMiB']:.0f}, {p['peakRSSMiB']:.0f}")
        warm = 1.6 if name != "built-in" else None
        yield (f"{name}: sealed load to the peer's plain, warm", peer["load"], f"<= {warm}" if warm else "", peer["load"] <= warm if warm else None,
               f"{e['loadSeconds']:.3g} s; {m['bare']['loadSeconds']:.3g}, {p['loadSeconds']:.3g}")
        if stop := m["stopSeconds"]:
            yield f"{name}: stop, longest, ms", stop * 1000, "<= 100", stop <= 0.1, "while it reads, while it writes, in each round"
        if c := m.get("cold"):
            yield (f"{name}: the same, cold", c["ratio"], "<= 1.0", c["ratio"] <= 1, f"{c['engineSeconds']:.3g} s; {c['peerSeconds']:.3g}")
    if q := report["quoting"]:
        yield ("quoting a document, with guesses to without", q["ratio"], ">= 1.5", q["ratio"] >= 1.5,
               f"{q['draftsTokensPerSecond']:.4g} tokens/s; {q['noDraftsTokensPerSecond']:.4g}")
    if c := report["memory"]:
        curve = ", ".join(f"{rss:.0f}" for rss in c["rssMiB"])
        share = c["growthMiB"] / c["rssMiB"][2]
        yield ("memory after 1,000 turns to after 200", 1 + share, "<= 1.05", share <= 0.05, f"{curve} MiB, after 1, 100, 200 ... turns")
    if r := report["reopened"]:
        yield ("a conversation reopened, to reading it again: times sooner", r["ratio"], ">= 5", r["ratio"] >= 5,
               f"{r['tokens']} tokens: {r['reopenedSeconds']:.3g} s, {r['readSeconds']:.3g} read; {r['stateMiB']:.0f} MiB saved in {r['saveSeconds']:.2g} s")
        yield ("first token with reading ahead, to without", r["readAheadRatio"], "", None,
               f"{r['readAheadSeconds']:.3g} s from sending, {r['readAheadTokens']} tokens left to read; {r['readSeconds']:.3g} s")
    yield ("decryption to ChaCha20-Poly1305 alone", decrypt["x-decrypted"], ">= 0.8", decrypt["x-decrypted"] >= 0.8,
           f"{decrypt['MB/s-decrypted']:.0f} MB/s; {decrypt['MB/s-chacha20poly1305']:.0f}")


print(f"\n{report['threads']} threads, medians of {report['rounds']} rounds; in figures: the engine; the bare loop, the peer\n")
print("| | ratio | target | | in figures |\n|---|---|---|---|---|")
for what, ratio, target, met, figures in rows():
    verdict = {None: "", True: "met", False: "**missed**"}[met]
    print(f"| {what} | {ratio:.2f} | {target} | {verdict} | {figures} |")
if (file := directory / "startup.json").exists():
    s = json.loads(file.read_text())
    print(f"\nstart of the window {s['median_ms']} ms ({s['min_ms']} to {s['max_ms']})")
