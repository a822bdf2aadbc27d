"""The network: a plain llama (RMSNorm, rotary positions, SwiGLU, tied embeddings)."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

WIDTH, LAYERS, HEADS, FFN, VOCAB = 192, 6, 3, 512, 1536
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
        self.register_buffer(
            "sin", torch.cat([-angle.sin(), angle.sin()], 1), persistent=False
        )
        self.masks = {}

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
            a = torch.baddbmm(
                self.mask(n), q, k.transpose(1, 2), alpha=1 / math.sqrt(HEAD)
            )
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
