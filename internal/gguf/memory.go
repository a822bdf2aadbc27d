package gguf

import (
	"strconv"
	"strings"
)

// CacheBytes returns what the keys and values of so many tokens take as 16-bit floats, in bytes: at most, as some
// architectures keep less for some of their layers. It is 0 for one without attention.
func (h *Header) CacheBytes(tokens int) int64 {
	key := func(name string) uint64 {
		n, _ := h.Uint(h.Architecture() + "." + name)
		return n
	}
	heads := key("attention.head_count")
	if heads == 0 {
		return 0
	}
	// A size for each layer is an array here, which is not read: then as many heads as there are queries.
	cached := heads
	if n := key("attention.head_count_kv"); n > 0 {
		cached = n
	}
	keys, values := h.ofHead()
	return int64(2 * key("block_count") * cached * (keys + values) * uint64(tokens))
}

// ofHead returns how many numbers a head's key and its value have; 0 without attention.
func (h *Header) ofHead() (keys, values uint64) {
	key := func(name string) uint64 {
		n, _ := h.Uint(h.Architecture() + "." + name)
		return n
	}
	heads := key("attention.head_count")
	if heads == 0 {
		return 0, 0
	}
	keys = key("embedding_length") / heads
	values = keys
	if n := key("attention.key_length"); n > 0 {
		keys = n
	}
	if n := key("attention.value_length"); n > 0 {
		values = n
	}
	return keys, values
}

// WorkBytes returns about what the intermediate results of so many tokens at once take, in bytes.
func (h *Header) WorkBytes(tokens int) int64 {
	width, _ := h.Uint(h.Architecture() + ".embedding_length")
	inner, _ := h.Uint(h.Architecture() + ".feed_forward_length")
	return int64(4 * uint64(tokens) * (h.ArrayLen("tokenizer.ggml.tokens") + 4*width + 2*inner))
}

// LargestTensor returns the size of the largest tensor in bytes.
func (h *Header) LargestTensor() int64 {
	var most uint64
	for _, t := range h.Tensors {
		n, _ := t.Bytes()
		most = max(most, n)
	}
	return int64(most)
}

// Blocks returns what the weights of each of the model's layers take, in bytes.
func (h *Header) Blocks() []int64 {
	var of []int64
	for _, t := range h.Tensors {
		number, _, _ := strings.Cut(strings.TrimPrefix(t.Name, "blk."), ".")
		i, err := strconv.Atoi(number)
		if err != nil || i < 0 || i >= len(h.Tensors) || !strings.HasPrefix(t.Name, "blk.") {
			continue
		}
		for len(of) <= i {
			of = append(of, 0)
		}
		n, _ := t.Bytes()
		of[i] += int64(n)
	}
	return of
}

// OutputBytes returns what the weights after the last layer take, in bytes.
func (h *Header) OutputBytes() (total int64) {
	for _, t := range h.Tensors {
		if strings.HasPrefix(t.Name, "output") || h.Tied() && t.Name == tokenTable {
			n, _ := t.Bytes()
			total += int64(n)
		}
	}
	return total
}

const tokenTable = "token_embd.weight"

// Tied tells whether the table of tokens is the output's weights too.
func (h *Header) Tied() bool {
	for _, t := range h.Tensors {
		if t.Name == "output.weight" {
			return false
		}
	}
	return true
}

// CacheInBlocks tells whether keys and values may be kept in types that take 32 numbers together.
func (h *Header) CacheInBlocks() bool {
	keys, values := h.ofHead()
	return keys > 0 && keys%32 == 0 && values%32 == 0
}
