"""Reads back what export.py wrote: the vocabulary and the weights of an earlier model."""

import struct

import numpy as np
import torch

SIZE = {4: "<I", 5: "<i", 6: "<f", 7: "<?"}


def read(path):
    """(metadata, tensors as float32), of a GGUF file with F16 and F32 tensors."""
    data, at = path.read_bytes(), 4

    def take(form):
        nonlocal at
        values = struct.unpack_from(form, data, at)
        at += struct.calcsize(form)
        return values if len(values) > 1 else values[0]

    def string():
        nonlocal at
        n = take("<Q")
        at += n
        return data[at - n : at].decode()

    def value(kind):
        if kind == 8:
            return string()
        if kind == 9:
            inner, n = take("<IQ")
            return [value(inner) for _ in range(n)]
        return take(SIZE[kind])

    _, tensors, pairs = take("<IQQ")
    meta = {}
    for _ in range(pairs):
        key = string()
        meta[key] = value(take("<I"))
    infos = []
    for _ in range(tensors):
        name = string()
        dims = [take("<Q") for _ in range(take("<I"))]
        infos.append((name, dims, *take("<IQ")))
    base = -(-at // 32) * 32
    out = {}
    for name, dims, kind, offset in infos:
        n = int(np.prod(dims))
        raw = np.frombuffer(data, np.float16 if kind == 1 else np.float32, n, base + offset)
        out[name] = torch.tensor(raw.astype(np.float32)).view(*reversed(dims))
    return meta, out
