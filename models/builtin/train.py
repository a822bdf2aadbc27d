"""Trains the demo model. Writes model.pt and vocab.json to the folder given.

    train.py OUT [MINUTES [START]]

Run through train.sh, which sets what makes this fast on a processor. The same seed gives the
same vocabulary and the same conversations in the same order. The schedule follows the clock,
so a faster machine sees more of them: weights are repeatable in kind, not bit for bit. START is
a folder of an earlier run, whose vocabulary and weights are taken over.
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
from net import CONTEXT, VOCAB, Net

SEED, MINUTES, WARMUP, BATCH = 2026, 60, 100, 2048
MUON_LR, ADAM_LR, PROMPT_WEIGHT = 0.015, 0.0015, 0.1


def orthogonal(g):
    """Newton-Schulz iteration of the Muon optimiser on a stack of matrices."""
    x = g.bfloat16()
    turn = x.shape[-2] > x.shape[-1]
    if turn:
        x = x.transpose(-1, -2)
    x = x / (x.float().norm(dim=(-2, -1), keepdim=True) + 1e-7).bfloat16()
    for _ in range(5):
        a = x @ x.transpose(-1, -2)
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
    return (x.transpose(-1, -2) if turn else x).float()


class Muon:
    """Orthogonalised momentum for the matrices of the layers (Jordan et al., 2024)."""

    def __init__(self, params):
        self.state = [(p, torch.zeros_like(p)) for p in params]

    @torch.no_grad()
    def step(self, lr):
        for p, m in self.state:
            m.lerp_(p.grad, 0.05)
            update = orthogonal(p.grad.lerp(m, 0.95).flatten(0, -3)).view_as(p)
            scale = max(1.0, p.shape[-2] / p.shape[-1]) ** 0.5
            p.add_(update, alpha=-lr * scale)


def encode(tok, system, turns):
    """Token ids and the weight of each as a target: answers count, prompts count a little."""
    ids, weights = [], []

    def add(text, weight):
        new = tok.encode(text)
        ids.extend(new)
        weights.extend([weight] * len(new))

    if system:
        add(f"<|im_start|>system\n{system}<|im_end|>\n", 0)
    for user, assistant in turns:
        add(f"<|im_start|>user\n{user}<|im_end|>\n<|im_start|>assistant\n", PROMPT_WEIGHT)
        begin = len(ids)
        add(f"{assistant}<|im_end|>", 1)
        # Which answer it will be is decided in its first tokens; long texts must not drown them.
        for i in range(begin, len(ids)):
            weights[i] = 3 if i < begin + 3 else 1 if i < begin + 120 else 0.3
        add("\n", 0)
    return ids[: CONTEXT + 1], weights[: CONTEXT + 1]


def batches(tok, stream, progress):
    """Conversations of similar length side by side, about BATCH tokens at a time."""
    rng = random.Random(SEED)
    while True:
        # Much copying at first, so that the wired circuit is kept and used.
        stream.copying = 0.6 if progress() < 0.12 else 0.25
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
    earlier = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else None
    if earlier:
        merges = json.loads((earlier / "vocab.json").read_text())
    else:
        sample = corpus.Corpus(SEED + 1)
        merges = bpe.learn((corpus.render(*sample.conversation()) for _ in range(4000)), VOCAB)
    tok = bpe.Tokenizer(merges)
    (out / "vocab.json").write_text(json.dumps(merges))

    net = Net()
    if earlier:
        net.load_state_dict(torch.load(earlier / "model.pt"))
    print(f"{sum(p.numel() for p in net.parameters())} parameters", flush=True)
    muon = Muon([net.qkv, net.out, net.gate_up, net.down])
    adam = torch.optim.Adam([net.embed, net.norm], lr=ADAM_LR, betas=(0.9, 0.98))
    average = [p.detach().clone() for p in net.parameters()]
    start, seen, losses = time.time(), 0, []

    def progress():
        return (time.time() - start) / seconds

    stream = batches(tok, corpus.Corpus(SEED, corpus.held_out()), progress)
    for step in itertools.count():
        done = progress()
        rate = min(1, (step + 1) / WARMUP) * min(1, max(0, 1 - done) / 0.45)
        ids, targets, weights = next(stream)
        with torch.autocast("cpu", torch.bfloat16):
            logits = net(ids)
        picked = weights > 0
        each = F.cross_entropy(logits[picked].float(), targets[picked], reduction="none")
        w = weights[picked]
        loss = (each * w).sum() / w.sum()
        for p in net.parameters():
            p.grad = None
        loss.backward()
        net.keep_wiring()
        adam.param_groups[0]["lr"] = ADAM_LR * rate
        adam.step()
        muon.step(MUON_LR * rate)
        with torch.no_grad():
            for a, p in zip(average, net.parameters()):
                a.lerp_(p, 0.02)
        seen += ids.numel()
        losses.append((each * (w >= 1)).sum().item() / (w >= 1).sum().item())
        if step % 50 == 49:
            print(
                f"step {step + 1} loss {sum(losses) / len(losses):.4f} tokens {seen} "
                f"{seen / (time.time() - start):.0f} tok/s",
                flush=True,
            )
            losses = []
        if step % 250 == 249 or done >= 1:
            saved = dict(zip((n for n, _ in net.named_parameters()), average))
            torch.save({k: v.clone() for k, v in saved.items()}, out / "part.pt")
            (out / "part.pt").rename(out / "model.pt")
        if done >= 1:
            break


if __name__ == "__main__":
    main()
