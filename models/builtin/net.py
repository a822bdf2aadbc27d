"""The network: a plain llama (RMSNorm, rotary positions, SwiGLU, tied embeddings).

Its residual stream has two parts. The first CONTENT components are learned. The others hold a
circuit for copying, which a network this small would need most of its training to find. It is
put in by `wire`, when the rest has been trained for a while:

    code   of the token at hand: fixed vectors, far apart
    prev   a shorter code of the token before, written by head 2 of layer 0
    prev2  the same of the token before that, written by head 3
    one    is the same everywhere: by it these two heads find the place to look at
    sink   marks <|im_start|>, which the copying heads look at when nothing matches

In the last layer heads 2 and 3 look for the place after an earlier occurrence of the last two
tokens, and pass on the code of what stands there: an induction head (Olsson et al., 2022) that
matches two tokens, so that it does not jump when a word, a space or a digit comes twice.
"""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

CONTENT, CODE, SLOT = 128, 40, 27
WIDTH, LAYERS, HEADS, HEAD, FFN, VOCAB = CONTENT + CODE + 2 * SLOT + 2, 4, 4, 64, 384, 1536
CONTEXT, ROPE_BASE, EPS = 2048, 10000.0, 1e-5
INNER = HEADS * HEAD
code = slice(CONTENT, CONTENT + CODE)
prev = slice(code.stop, code.stop + SLOT)
prev2 = slice(prev.stop, prev.stop + SLOT)
ONE, SINK = prev2.stop, prev2.stop + 1
SIZE = 4.0  # length of a code in the residual stream
SHARP = math.sqrt(8 * 14)  # by which a match is compared: two tokens alike add about 14 to a score
OWN, GAIN = 0.5, 6.0  # what its own code and a copied code add to the logit of a token, at first
START = VOCAB - 2  # <|im_start|>


class Net(nn.Module):
    """Matrices of one kind are one stacked tensor: the optimiser then works on batches."""

    def __init__(self):
        super().__init__()

        def matrix(*shape):
            return nn.Parameter(torch.randn(shape) / math.sqrt(shape[-1]))

        self.embed = nn.Parameter(torch.randn(VOCAB, WIDTH) * 0.1)
        self.qkv = matrix(LAYERS, 3, INNER, WIDTH)
        self.out = nn.Parameter(torch.zeros(LAYERS, WIDTH, INNER))
        self.gate_up = matrix(LAYERS, 2, FFN, WIDTH)
        self.down = nn.Parameter(torch.zeros(LAYERS, WIDTH, FFN))
        self.norm = nn.Parameter(torch.ones(2 * LAYERS + 1, WIDTH))
        # Halves are rotated here; export reorders rows to the adjacent pairs llama.cpp rotates.
        freq = ROPE_BASE ** (-torch.arange(0, HEAD, 2).float() / HEAD)
        angle = torch.outer(torch.arange(CONTEXT).float(), freq)
        self.register_buffer("cos", torch.cat([angle.cos()] * 2, 1), persistent=False)
        self.register_buffer("sin", torch.cat([-angle.sin(), angle.sin()], 1), persistent=False)
        self.freq, self.masks, self.wired = freq, {}, False
        with torch.no_grad():
            self.embed[:, CONTENT:] = 0
            self.qkv[..., CONTENT:] = 0
            self.gate_up[..., CONTENT:] = 0

    @torch.no_grad()
    def load(self, tensors):
        """Takes over the weights of a GGUF file, of this shape or without the part for copying."""
        width = tensors["token_embd.weight"].shape[1]
        self.wired = width == WIDTH
        rows = slice(tensors["blk.0.attn_q.weight"].shape[0])
        self.embed[:, :width] = tensors["token_embd.weight"]
        self.norm[-1, :width] = tensors["output_norm.weight"]
        for i in range(LAYERS):
            block = {k.split(".")[2]: v for k, v in tensors.items() if k.startswith(f"blk.{i}.")}
            for j, kind in enumerate(("attn_q", "attn_k", "attn_v")):
                w = block[kind]
                if kind != "attn_v":
                    w = w.view(-1, HEAD // 2, 2, width).transpose(1, 2).reshape(-1, width)
                self.qkv[i, j, rows, :width] = w
            self.out[i, :width, rows] = block["attn_output"]
            self.gate_up[i, :, :, :width] = torch.stack([block["ffn_gate"], block["ffn_up"]])
            self.down[i, :width] = block["ffn_down"]
            self.norm[2 * i, :width] = block["attn_norm"]
            self.norm[2 * i + 1, :width] = block["ffn_norm"]
        self.norm[:, :width] *= math.sqrt(width / WIDTH)  # as the mean is over more components

    @torch.no_grad()
    def wire(self, samples):
        """Adds the circuit for copying. `samples` are token ids, by which it learns the size of
        the residual stream at each norm, so that what was learned before changes little."""
        sizes = [[] for _ in self.norm]
        for ids in samples:
            self.forward(ids, sizes=sizes)
        sizes = torch.stack([torch.cat(s).median() for s in sizes])
        added = torch.full_like(sizes, 4 * SIZE**2 / WIDTH)
        added[0] /= 2
        after = (sizes**2 + added).sqrt()
        self.norm[:, :CONTENT] *= (after / sizes)[:, None]
        self.norm[:, CONTENT:] = after[:, None] / SIZE  # a code comes out of a norm with length 1
        self.norm[-3, CONTENT:ONE] *= SHARP
        self.norm[-1, CONTENT:] *= OWN / SIZE
        self.norm[-1, ONE:] = 0

        half, fast, first, last = HEAD // 2, 8, 10, HEAD // 2 - 1
        heads = [slice(h * HEAD, (h + 1) * HEAD) for h in range(HEADS)]
        self.embed[:, code] = SIZE * codes()
        self.embed[START, code] = 0
        self.embed[:, ONE], self.embed[START, SINK] = SIZE, SIZE
        shorter = torch.linalg.qr(torch.randn(CODE, SLOT))[0].t() * math.sqrt(CODE / SLOT)
        for back, head, slot in ((1, 2, prev), (2, 3, prev2)):
            q, k, v = self.qkv[0, :, heads[head]]
            q.zero_(), k.zero_(), v.zero_()
            q[:fast, ONE] = 9.6 * (back * self.freq[:fast]).cos()
            q[half : half + fast, ONE] = -9.6 * (back * self.freq[:fast]).sin()
            k[:fast, ONE] = 9.6
            v[:SLOT, code] = shorter
            self.out[0, :, heads[head]] = 0
            self.out[0, slot, heads[head]][:, :SLOT] = SIZE * torch.eye(SLOT)

        for head, far in ((2, 12), (3, 28)):
            # The pairs of components from `first` on turn slowly enough to compare codes, best
            # of all when the distance is near `far`. The slowest of them finds the sink.
            pick = torch.linalg.qr(torch.randn(2 * SLOT, 2 * (last - first)))[0].t()
            a, b = pick.chunk(2)
            angle = far * self.freq[first:last, None]
            cos, sin = angle.cos(), angle.sin()
            q, k, v = self.qkv[-1, :, heads[head]]
            q.zero_(), k.zero_(), v.zero_()
            k[first:last, prev.start : prev2.stop] = a
            k[half + first : half + last, prev.start : prev2.stop] = b
            for row, m in ((first, a * cos + b * sin), (half + first, b * cos - a * sin)):
                q[row : row + last - first, code] = m[:, :SLOT] @ shorter
                q[row : row + last - first, prev] = m[:, SLOT:]
            q[last, ONE] = k[last, SINK] = SHARP * math.sqrt(0.75)
            v[:CODE, code] = torch.eye(CODE)
            self.out[-1, :, heads[head]] = 0
            out = self.out[-1, code, heads[head]][:, :CODE]
            out.copy_(GAIN / OWN * SIZE / SHARP / 2 * torch.eye(CODE))
        self.wired = True

    def keep_wiring(self):
        """Drops the gradients that would loosen the fixed part of the circuit."""
        self.embed.grad[:, CONTENT:] = 0
        self.out.grad[:-1, CONTENT:] = 0
        self.down.grad[:, CONTENT:] = 0
        self.qkv.grad[0, :, 2 * HEAD :] = 0
        self.out.grad[0, :, 2 * HEAD :] = 0
        if not self.wired:
            self.qkv.grad[-1, :, 2 * HEAD :] = 0
            self.out.grad[-1, :, 2 * HEAD :] = 0

    def mask(self, n):
        if n not in self.masks:
            self.masks[n] = torch.full((1, n, n), float("-inf")).triu(1)
        return self.masks[n]

    def forward(self, ids, picked=None, sizes=None):
        """Logits of all positions, or of those picked (a mask over all).

        Adds to `sizes`, lists for each norm, how large its input is.
        """

        def normed(x, i):
            if sizes:
                sizes[i].append(x.pow(2).mean(-1).sqrt())
            return norm(x, self.norm[i])

        b, n = ids.shape
        x = self.embed[ids].view(b * n, WIDTH)
        cos, sin = self.cos[:n, None], self.sin[:n, None]
        for i in range(LAYERS):
            h = normed(x, 2 * i)
            h = F.linear(h, self.qkv[i].view(3 * INNER, WIDTH))
            h = h.view(b, n, 3 * HEADS, HEAD)
            qk, v = h[:, :, : 2 * HEADS], h[:, :, 2 * HEADS :]
            turned = torch.cat([qk[..., HEAD // 2 :], qk[..., : HEAD // 2]], -1)
            qk = (qk * cos + turned * sin).transpose(1, 2)
            q = qk[:, :HEADS].reshape(b * HEADS, n, HEAD)
            k = qk[:, HEADS:].reshape(b * HEADS, n, HEAD)
            v = v.transpose(1, 2).reshape(b * HEADS, n, HEAD)
            a = torch.baddbmm(self.mask(n), q, k.transpose(1, 2), alpha=1 / math.sqrt(HEAD))
            h = torch.bmm(a.softmax(-1), v).view(b, HEADS, n, HEAD)
            h = h.transpose(1, 2).reshape(b * n, INNER)
            if picked is not None and i == LAYERS - 1:
                h, x = h[picked], x[picked]
            x = x + F.linear(h, self.out[i])
            h = normed(x, 2 * i + 1)
            h = F.linear(h, self.gate_up[i].view(2 * FFN, WIDTH))
            h = F.silu(h[:, :FFN]) * h[:, FFN:]
            x = x + F.linear(h, self.down[i])
        return normed(x, 2 * LAYERS) @ self.embed.t()


def codes():
    """Unit vectors, one for each token, pushed apart."""
    x = torch.randn(VOCAB, CODE)
    for _ in range(60):
        x = F.normalize(x, dim=1)
        near = (x @ x.t()).fill_diagonal_(-1)
        x = x - 0.3 * (8 * near).exp() @ x / (8 * near).exp().sum(1, keepdim=True)
    return F.normalize(x, dim=1)


def norm(x, weight):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPS) * weight
