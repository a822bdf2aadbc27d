"""Trains the demo model. Writes model.pt and vocab.json to the folder given.

    train.py OUT [MINUTES [START.gguf]]

Run through train.sh, which sets what makes this fast on a processor. The same seed gives the
same vocabulary and the same conversations in the same order. The schedule follows the clock,
so a faster machine sees more of them: weights are repeatable in kind, not bit for bit.

The circuit for copying (net.py) is put in after a while: then the network knows the questions
and answers, and learns when to copy. START.gguf is an earlier model that knows them already; its
vocabulary and weights are taken over.
"""

import itertools
import json
import os
import pathlib
import random
import sys
import time

import torch
import torch.nn.functional as F

import bpe
import corpus
import gguf
from net import CONTEXT, VOCAB, Net

SEED, MINUTES, RATE, WARMUP, BATCH = 2026, 60, 0.0006, 30, 2048
WIRE = 0.4  # share of the time before the circuit for copying is put in


def encode(tok, system, turns):
    """Token ids and the weight of each as a target: answers count, and nothing else."""
    ids, weights = [], []

    def add(text, weight):
        new = tok.encode(text)
        ids.extend(new)
        weights.extend([weight] * len(new))

    if system:
        add(f"<|im_start|>system\n{system}<|im_end|>\n", 0)
    for user, assistant in turns:
        add(f"<|im_start|>user\n{user}<|im_end|>\n<|im_start|>assistant\n", 0)
        begin = len(ids)
        add(f"{assistant}<|im_end|>", 1)
        # Which answer it will be is decided in its first tokens, and what a sentence will say
        # in its first; long texts must not drown them.
        for i in range(begin, len(ids)):
            decides = i < begin + 3 or ids[i - 1] in (tok.id["."], tok.id["Ċ"])
            weights[i] = 6 if decides else 1 if i < begin + 120 else 0.5
        add("\n", 0)
    return ids[: CONTEXT + 1], weights[: CONTEXT + 1]


def batches(tok, stream):
    """Conversations of similar length side by side, about BATCH tokens at a time."""
    rng = random.Random(SEED)
    while True:
        pool = sorted(
            (encode(tok, *stream.conversation()) for _ in range(300)), key=lambda x: len(x[0])
        )
        groups, group = [], []
        for one in pool:
            if group and len(one[0]) * (len(group) + 1) > BATCH * 1.15:
                groups.append(group)
                group = []
            group.append(one)
        groups.append(group)
        rng.shuffle(groups)
        for group in groups:
            n = max(len(i) for i, _ in group)
            ids = torch.zeros(len(group), n, dtype=torch.long)
            weights = torch.zeros(len(group), n)
            for row, (i, w) in enumerate(group):
                ids[row, : len(i)] = torch.tensor(i)
                weights[row, : len(i)] = torch.tensor(w)
            yield ids[:, :-1], ids[:, 1:].reshape(-1), weights[:, 1:].reshape(-1)


def main():
    out = pathlib.Path(sys.argv[1])
    seconds = 60 * float(sys.argv[2] if len(sys.argv) > 2 else MINUTES)
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    torch.set_num_threads(os.cpu_count())
    corpus.check()
    net = Net()
    if len(sys.argv) > 3:
        meta, tensors = gguf.read(pathlib.Path(sys.argv[3]))
        merges = [pair.split(" ") for pair in meta["tokenizer.ggml.merges"]]
        net.load(tensors)
    else:
        sample = corpus.Corpus(SEED + 1)
        merges = bpe.learn((corpus.render(*sample.conversation()) for _ in range(4000)), VOCAB)
    tok = bpe.Tokenizer(merges)
    (out / "vocab.json").write_text(json.dumps(merges))
    print(f"{sum(p.numel() for p in net.parameters())} parameters", flush=True)
    start, seen, losses = time.time(), 0, []

    def progress():
        return (time.time() - start) / seconds

    talk = corpus.Corpus(SEED, corpus.held_out())
    pieces = (tok.decode([i]) for i in range(VOCAB))
    talk.pieces = [p for p in pieces if p and p.isascii() and p.isprintable()]
    stream = batches(tok, talk)
    adam, begun = None, 0
    for step in itertools.count():
        done = progress()
        if not net.wired and (done >= WIRE or len(sys.argv) > 3):
            samples = (encode(tok, *talk.conversation())[0] for _ in range(12))
            net.wire([torch.tensor([ids[:CONTEXT]]) for ids in samples])
            adam = None
        if not adam:
            adam, begun = torch.optim.Adam(net.parameters(), betas=(0.9, 0.98)), step
            average = [p.detach().clone() for p in net.parameters()]
        rate = min(1, (step + 1 - begun) / WARMUP) * max(0, 1 - done)
        ids, targets, weights = next(stream)
        picked = weights > 0
        each = F.cross_entropy(net(ids, picked), targets[picked], reduction="none")
        w = weights[picked]
        loss = (each * w).sum() / w.sum()
        for p in net.parameters():
            p.grad = None
        loss.backward()
        net.keep_wiring()
        adam.param_groups[0]["lr"] = RATE * rate
        adam.step()
        with torch.no_grad():
            for a, p in zip(average, net.parameters()):
                a.lerp_(p, 0.02)
        seen += ids.numel()
        losses.append(each.mean().item())
        if step % 10 == 9:
            print(
                f"step {step + 1} loss {sum(losses) / len(losses):.4f} tokens {seen} "
                f"{seen / (time.time() - start):.0f} tok/s",
                flush=True,
            )
            losses = []
        if step % 50 == 49 or done >= 1:
            saved = dict(zip((n for n, _ in net.named_parameters()), average))
            torch.save({k: v.clone() for k, v in saved.items()}, out / "part.pt")
            (out / "part.pt").rename(out / "model.pt")
        if done >= 1:
            break


if __name__ == "__main__":
    main()
