"""Writes the trained model as GGUF (version 3), with a writer of its own.

    export.py FOLDER FILE.gguf

Matrices are F16, norms are F32. FILE.gguf.sha256 is written beside it.
"""

import hashlib
import json
import pathlib
import struct
import sys

import numpy as np
import torch

import bpe
import net

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
UINT32, FLOAT32, BOOL, STRING, ARRAY, INT32 = 4, 6, 7, 8, 9, 5
F32, F16, ALIGN = 0, 1, 32
NORMAL, CONTROL = 1, 3  # token types


def string(s):
    b = s.encode()
    return struct.pack("<Q", len(b)) + b


def value(kind, v):
    if kind == STRING:
        return string(v)
    return struct.pack({UINT32: "<I", INT32: "<i", FLOAT32: "<f", BOOL: "<?"}[kind], v)


def pair(key, kind, v):
    if isinstance(v, list):
        head = struct.pack("<IIQ", ARRAY, kind, len(v))
        return string(key) + head + b"".join(value(kind, x) for x in v)
    return string(key) + struct.pack("<I", kind) + value(kind, v)


def metadata(tok):
    specials = {s: tok.id[s] for s in bpe.SPECIALS}
    end, pad = specials["<|im_end|>"], specials["<|endoftext|>"]
    arch = "llama."
    return [
        ("general.architecture", STRING, "llama"),
        ("general.type", STRING, "model"),
        ("general.name", STRING, "Subrosa Demo"),
        ("general.basename", STRING, "subrosa-demo"),
        ("general.version", STRING, "1"),
        ("general.size_label", STRING, "2M"),
        ("general.author", STRING, "The Subrosa project"),
        (
            "general.description",
            STRING,
            "The small built-in demo model of Subrosa. It answers questions about Subrosa, repeats "
            "and shortens sentences and writes made-up examples. Not for medical or legal work.",
        ),
        ("general.license", STRING, "other"),
        ("general.license.name", STRING, "the licence of the Subrosa project"),
        ("general.languages", STRING, ["en"]),
        ("general.file_type", UINT32, 1),  # mostly F16
        ("general.quantization_version", UINT32, 2),
        (arch + "block_count", UINT32, net.LAYERS),
        (arch + "context_length", UINT32, net.CONTEXT),
        (arch + "embedding_length", UINT32, net.WIDTH),
        (arch + "feed_forward_length", UINT32, net.FFN),
        (arch + "attention.head_count", UINT32, net.HEADS),
        (arch + "attention.head_count_kv", UINT32, net.HEADS),
        (arch + "attention.key_length", UINT32, net.HEAD),
        (arch + "attention.value_length", UINT32, net.HEAD),
        (arch + "attention.layer_norm_rms_epsilon", FLOAT32, net.EPS),
        (arch + "rope.dimension_count", UINT32, net.HEAD),
        (arch + "rope.freq_base", FLOAT32, net.ROPE_BASE),
        (arch + "vocab_size", UINT32, net.VOCAB),
        ("tokenizer.ggml.model", STRING, "gpt2"),
        ("tokenizer.ggml.pre", STRING, "gpt-2"),
        ("tokenizer.ggml.tokens", STRING, tok.tokens),
        (
            "tokenizer.ggml.token_type",
            INT32,
            [CONTROL if t in specials else NORMAL for t in tok.tokens],
        ),
        ("tokenizer.ggml.merges", STRING, [f"{a} {b}" for a, b in tok.merges]),
        ("tokenizer.ggml.bos_token_id", UINT32, pad),
        ("tokenizer.ggml.eos_token_id", UINT32, end),
        ("tokenizer.ggml.eot_token_id", UINT32, end),
        ("tokenizer.ggml.padding_token_id", UINT32, pad),
        ("tokenizer.ggml.add_bos_token", BOOL, False),
        ("tokenizer.ggml.add_eos_token", BOOL, False),
        ("tokenizer.chat_template", STRING, TEMPLATE),
    ]


def pairs_adjacent(w):
    """Rows of a query or key matrix, from rotated halves to llama.cpp's adjacent pairs."""
    w = w.reshape(net.HEADS, 2, net.HEAD // 2, net.WIDTH)
    return w.transpose(1, 2).reshape(net.INNER, net.WIDTH)


def tensors(weights):
    yield "token_embd.weight", weights["embed"]
    yield "output_norm.weight", weights["norm"][-1]
    for i in range(net.LAYERS):
        q, k, v = weights["qkv"][i]
        gate, up = weights["gate_up"][i]
        block = {
            "attn_norm": weights["norm"][2 * i],
            "attn_q": pairs_adjacent(q),
            "attn_k": pairs_adjacent(k),
            "attn_v": v,
            "attn_output": weights["out"][i],
            "ffn_norm": weights["norm"][2 * i + 1],
            "ffn_gate": gate,
            "ffn_up": up,
            "ffn_down": weights["down"][i],
        }
        for name, w in block.items():
            yield f"blk.{i}.{name}.weight", w


def main():
    folder, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    tok = bpe.Tokenizer(json.loads((folder / "vocab.json").read_text()))
    weights = torch.load(folder / "model.pt")
    meta = metadata(tok)
    infos, blobs, offset = [], [], 0
    for name, w in tensors(weights):
        kind = F16 if w.dim() == 2 else F32
        blob = w.numpy().astype(np.float16 if kind == F16 else np.float32).tobytes()
        dims = list(reversed(w.shape))
        infos.append(
            string(name)
            + struct.pack(f"<I{len(dims)}Q", len(dims), *dims)
            + struct.pack("<IQ", kind, offset)
        )
        blob += b"\0" * (-len(blob) % ALIGN)
        blobs.append(blob)
        offset += len(blob)
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(infos), len(meta))
    head += b"".join(pair(*m) for m in meta) + b"".join(infos)
    head += b"\0" * (-len(head) % ALIGN)
    data = head + b"".join(blobs)
    if len(data) > 8_000_000:
        sys.exit(f"{len(data)} bytes: the built-in model must stay under 8 MB")
    target.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    target.with_name(target.name + ".sha256").write_text(f"{digest}  {target.name}\n")
    print(f"{target}: {len(data)} bytes, sha256 {digest}")


if __name__ == "__main__":
    main()
