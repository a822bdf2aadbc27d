"""Prints the targets beside what was measured."""

import json
import sys

engine, startup = (json.load(open(name)) for name in sys.argv[1:])
bare, peer = engine["engineToBare"], engine["engineToPeer"]
rows = [
    ("decode, engine to bare loop", bare["decode"], ">= 0.97", bare["decode"] >= 0.97),
    ("decode, engine to node-llama-cpp", peer["decode"], "> 1", peer["decode"] > 1),
    ("first token, engine to bare loop", bare["firstToken"], "", None),
    ("first token, engine to node-llama-cpp", peer["firstToken"], "", None),
    ("load, sealed to plain, warm cache", bare["load"], "<= 2.0", bare["load"] <= 2.0),
    ("load, sealed to node-llama-cpp's plain", peer["load"], "", None),
    ("peak memory, engine to bare loop", bare["peakRSS"], "<= 0.65", bare["peakRSS"] <= 0.65),
    ("peak memory, engine to node-llama-cpp", peer["peakRSS"], "", None),
]
print(f"\n{engine['model']}, {engine['fileMiB']:.0f} MiB, {engine['threads']} threads, median of {engine['rounds']} rounds")
for name, ratio, target, met in rows:
    verdict = {None: "", True: "met", False: "MISSED"}[met]
    print(f"{name:42} {ratio:6.2f}  {target:8} {verdict}")
print(f"{'start of the window':42} {startup['median_ms']:4} ms  ({startup['min_ms']} to {startup['max_ms']})")
