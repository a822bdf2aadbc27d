package gguf

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
	ofHead := key("embedding_length") / heads
	keys, values := ofHead, ofHead
	if n := key("attention.key_length"); n > 0 {
		keys = n
	}
	if n := key("attention.value_length"); n > 0 {
		values = n
	}
	return int64(2 * key("block_count") * cached * (keys + values) * uint64(tokens))
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
