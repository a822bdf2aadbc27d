"""Byte-level BPE, small enough to read, equal to llama.cpp's "gpt-2" pre-tokenizer.

Digits never merge, so numbers are spelled one digit per token: that is what makes
copying an identifier easy for a very small model.
"""

import collections
import re

SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]

# llama.cpp's LLAMA_VOCAB_PRE_TYPE_GPT2. Python's re has no \p{L}; [^\W\d_] is the same for
# the text used here. Underscore is punctuation, as it is for llama.cpp.
SPLIT = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")
SPECIAL = re.compile("(" + "|".join(re.escape(s) for s in SPECIALS) + ")")


def byte_alphabet():
    """GPT-2's printable stand-in for each of the 256 bytes."""
    keep = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table, spare = {}, 256
    for b in range(256):
        if b in keep:
            table[b] = chr(b)
        else:
            table[b] = chr(spare)
            spare += 1
    return table


BYTE = byte_alphabet()
UNBYTE = {c: b for b, c in BYTE.items()}


def learn(texts, size):
    """Learn merges until the vocabulary, special tokens included, has `size` entries."""
    words = collections.Counter()
    for text in texts:
        for part in SPECIAL.split(text):
            if part not in SPECIALS:
                words.update(SPLIT.findall(part))
    split = [([BYTE[b] for b in w.encode()], n) for w, n in words.items()]
    pairs, where = collections.Counter(), collections.defaultdict(set)
    for i, (w, n) in enumerate(split):
        for p in zip(w, w[1:]):
            pairs[p] += n
            where[p].add(i)
    merges = []
    while len(merges) < size - 256 - len(SPECIALS):
        best, n = max(pairs.items(), key=lambda x: (x[1], x[0]))
        if n < 2:
            raise ValueError("the corpus is too small for this vocabulary")
        a, b = best
        if re.search(r"\d", a + b):
            del pairs[best]
            continue
        merges.append(best)
        for i in where.pop(best):
            w, n = split[i]
            for p in zip(w, w[1:]):
                if p in pairs:
                    pairs[p] -= n
            new, j = [], 0
            while j < len(w):
                if w[j : j + 2] == [a, b]:
                    new.append(a + b)
                    j += 2
                else:
                    new.append(w[j])
                    j += 1
            split[i] = (new, n)
            for p in zip(new, new[1:]):
                if not re.search(r"\d", p[0] + p[1]):
                    pairs[p] += n
                    where[p].add(i)
        pairs.pop(best, None)
    return merges


class Tokenizer:
    def __init__(self, merges):
        self.merges = [tuple(m) for m in merges]
        self.rank = {m: i for i, m in enumerate(self.merges)}
        self.tokens = [BYTE[b] for b in range(256)]
        self.tokens += [a + b for a, b in self.merges] + SPECIALS
        self.id = {t: i for i, t in enumerate(self.tokens)}
        self.cache = {}

    def _word(self, word):
        if word not in self.cache:
            w = [BYTE[b] for b in word.encode()]
            while len(w) > 1:
                none = len(self.rank)
                r, i = min((self.rank.get(p, none), i) for i, p in enumerate(zip(w, w[1:])))
                if r == none:
                    break
                w[i : i + 2] = [w[i] + w[i + 1]]
            self.cache[word] = [self.id[t] for t in w]
        return self.cache[word]

    def encode(self, text):
        out = []
        for part in SPECIAL.split(text):
            if part in SPECIALS:
                out.append(self.id[part])
            else:
                for word in SPLIT.findall(part):
                    out += self._word(word)
        return out

    def decode(self, ids):
        text = "".join(self.tokens[i] for i in ids if self.tokens[i] not in SPECIALS)
        return bytes(UNBYTE[c] for c in text).decode(errors="replace")
