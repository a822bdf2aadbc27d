package gguf

// Pooling says how the vectors of a text's tokens become one. The values are those of ARCHITECTURE.pooling_type
// (llama.cpp's enum llama_pooling_type).
type Pooling uint64

// The ways.
const (
	PoolNone Pooling = 0
	PoolMean Pooling = 1
	PoolCLS  Pooling = 2 // the first token's
	PoolLast Pooling = 3
)

// encoders are the architectures of llama.cpp that read a text and write none.
var encoders = map[string]bool{
	"bert": true, "nomic-bert": true, "nomic-bert-moe": true, "jina-bert-v2": true, "jina-bert-v3": true,
	"modern-bert": true, "neo-bert": true, "eurobert": true, "gemma-embedding": true,
}

// Embeds tells whether the model makes a vector of a text rather than an answer, and how: its header names a pooling, or
// its architecture can do nothing else, which is pooled by the mean where the header is silent. A reranker, whose pooling
// is another, does neither.
func (h *Header) Embeds() (Pooling, bool) {
	n, named := h.Uint(h.Architecture() + ".pooling_type")
	switch p := Pooling(n); {
	case named && p >= PoolMean && p <= PoolLast:
		return p, true
	case named && p != PoolNone:
		return PoolNone, false
	}
	return PoolMean, encoders[h.Architecture()]
}
