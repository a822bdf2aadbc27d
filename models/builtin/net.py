"""The network: a plain llama (RMSNorm, rotary positions, SwiGLU, tied embeddings)."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

WIDTH, LAYERS, HEADS, FFN, VOCAB = 128, 4, 2, 384, 1536
CONTEXT, ROPE_BASE, EPS = 2048, 10000.0, 1e-5
HEAD = WIDTH // HEADS


class Net(nn.Module):
    """Matrices of one kind are one stacked tensor: the optimiser then works on batches."""

    def __init__(self):
        super().__init__()

        def matrix(*shape):
            return nn.Parameter(torch.randn(shape) / math.sqrt(shape[-1]))

        self.embed = nn.Parameter(torch.randn(VOCAB, WIDTH) * 0.05)
        self.qkv = matrix(LAYERS, 3, WIDTH, WIDTH)
        self.out = nn.Parameter(torch.zeros(LAYERS, WIDTH, WIDTH))
        self.gate_up = matrix(LAYERS, 2, FFN, WIDTH)
        self.down = nn.Parameter(torch.zeros(LAYERS, WIDTH, FFN))
        self.norm = nn.Parameter(torch.ones(2 * LAYERS + 1, WIDTH))
        # Halves are rotated here; export reorders rows to the adjacent pairs llama.cpp rotates.
        freq = ROPE_BASE ** (-torch.arange(0, HEAD, 2).float() / HEAD)
        angle = torch.outer(torch.arange(CONTEXT).float(), freq)
        self.register_buffer("cos", torch.cat([angle.cos()] * 2, 1), persistent=False)
        self.register_buffer("sin", torch.cat([-angle.sin(), angle.sin()], 1), persistent=False)
        self.masks = {}
        self.wire(freq)

    @torch.no_grad()
    def wire(self, freq):
        """Starts with the circuit for copying in place: training would need long to find it.

        In layer 0 a head looks at the token before, through a component that all embeddings
        share. In layer 1 both heads look for a place whose token before is the token at hand
        (Olsson et al., 2022, "induction heads"), and pass on the token found there. Matching
        uses the slow rotations only, which hardly depend on the distance.
        """
        half, fast, slow = HEAD // 2, 8, 18
        self.embed[:, 0] = 0.15
        q, k, v = self.qkv[0, :, :HEAD]
        q.zero_(), k.zero_()
        q[:fast, 0], q[half : half + fast, 0] = 4 * freq[:fast].cos(), -4 * freq[:fast].sin()
        k[:fast, 0] = 4
        read = torch.linalg.qr(torch.randn(WIDTH, HEAD))[0]
        read[0] = 0
        write = torch.linalg.qr(torch.randn(WIDTH, HEAD))[0]
        v.copy_(read.t())
        self.out[0, :, :HEAD] = 0.06 * write
        for head in range(HEADS):
            rows = slice(head * HEAD, (head + 1) * HEAD)
            pick = torch.linalg.qr(torch.randn(HEAD, HEAD))[0]
            pick[:slow], pick[half : half + slow] = 0, 0
            self.qkv[1, 0, rows] = 2.8 * pick @ read.t()
            self.qkv[1, 1, rows] = 2.8 * pick @ write.t()
            self.qkv[1, 2, rows] = torch.eye(WIDTH)[rows]
            self.out[1, :, rows] = 0.3 * torch.eye(WIDTH)[:, rows]

    def keep_wiring(self):
        """Drops the gradients that would loosen the head that looks at the token before."""
        self.embed.grad[:, 0] = 0
        self.qkv.grad[0, :2, :HEAD] = 0

    def mask(self, n):
        if n not in self.masks:
            self.masks[n] = torch.full((1, n, n), float("-inf")).triu(1)
        return self.masks[n]

    def forward(self, ids):
        b, n = ids.shape
        x = self.embed[ids].view(b * n, WIDTH)
        cos, sin = self.cos[:n, None], self.sin[:n, None]
        for i in range(LAYERS):
            h = norm(x, self.norm[2 * i])
            h = F.linear(h, self.qkv[i].view(3 * WIDTH, WIDTH))
            h = h.view(b, n, 3 * HEADS, HEAD)
            qk, v = h[:, :, : 2 * HEADS], h[:, :, 2 * HEADS :]
            turned = torch.cat([qk[..., HEAD // 2 :], qk[..., : HEAD // 2]], -1)
            qk = (qk * cos + turned * sin).transpose(1, 2)
            q = qk[:, :HEADS].reshape(b * HEADS, n, HEAD)
            k = qk[:, HEADS:].reshape(b * HEADS, n, HEAD)
            v = v.transpose(1, 2).reshape(b * HEADS, n, HEAD)
            a = torch.baddbmm(self.mask(n), q, k.transpose(1, 2), alpha=1 / math.sqrt(HEAD))
            h = torch.bmm(a.softmax(-1), v).view(b, HEADS, n, HEAD)
            h = h.transpose(1, 2).reshape(b * n, WIDTH)
            x = x + F.linear(h, self.out[i])
            h = norm(x, self.norm[2 * i + 1])
            h = F.linear(h, self.gate_up[i].view(2 * FFN, WIDTH))
            h = F.silu(h[:, :FFN]) * h[:, FFN:]
            x = x + F.linear(h, self.down[i])
        return norm(x, self.norm[-1]) @ self.embed.t()


def norm(x, weight):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPS) * weight
