package gguf

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strings"
)

// Thesaurus describes a BERT whose weights are made from groups of words: the vector of a text says how often a word of
// each group stands in it, and nothing else, so that texts are near whose words mean the same. It is for tests of finding
// by meaning: what it does is known, and llama.cpp runs it as it runs any BERT. Words are of small letters; others count
// for nothing.
//
// The same Thesaurus always gives the same file.
type Thesaurus struct {
	Name   string
	Groups [][]string // at most 64
}

const thesaurusWidth = 64 // numbers of a vector

// WriteTo writes the file.
func (t Thesaurus) WriteTo(dst io.Writer) (int64, error) {
	if len(t.Groups) == 0 || len(t.Groups) > thesaurusWidth {
		return 0, errors.New("write thesaurus: impossible shape")
	}
	return writeModel(dst, 0, t.tensors(), t.pairs())
}

// special are the tokens that BERT's tokenizer needs, before the words.
var special = []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}

// vocabulary returns the tokens, and the group of each: -1 for none.
func (t Thesaurus) vocabulary() (tokens []string, group []int) {
	for _, s := range special {
		tokens, group = append(tokens, s), append(group, -1)
	}
	for g, words := range t.Groups {
		for _, w := range words {
			tokens, group = append(tokens, "\u2581"+w), append(group, g) // as llama.cpp's converter marks a word's beginning
		}
	}
	return tokens, group
}

func (t Thesaurus) pairs() []pair {
	const control, normal = 3, 1
	tokens, _ := t.vocabulary()
	types := make([]uint32, len(tokens))
	for i, token := range tokens {
		if types[i] = normal; strings.HasPrefix(token, "[") {
			types[i] = control
		}
	}
	return []pair{
		str("general.architecture", "bert"),
		str("general.name", t.Name),
		str("general.license", "CC0-1.0"),
		num("bert.block_count", 1),
		num("bert.context_length", 512),
		num("bert.embedding_length", thesaurusWidth),
		num("bert.feed_forward_length", thesaurusWidth),
		num("bert.attention.head_count", 2),
		float("bert.attention.layer_norm_epsilon", 1e-12),
		boolean("bert.attention.causal", false),
		num("bert.pooling_type", int(PoolMean)),
		str("tokenizer.ggml.model", "bert"),
		num("tokenizer.ggml.token_type_count", 2),
		stringArray("tokenizer.ggml.tokens", tokens),
		intArray("tokenizer.ggml.token_type", types),
		num("tokenizer.ggml.padding_token_id", 0),
		num("tokenizer.ggml.unknown_token_id", 1),
		num("tokenizer.ggml.bos_token_id", 2),
		num("tokenizer.ggml.cls_token_id", 2),
		num("tokenizer.ggml.seperator_token_id", 3), // so spelt in the format
		num("tokenizer.ggml.mask_token_id", 4),
	}
}

// tensors: each word is its group's direction, and the layer adds nothing to it.
func (t Thesaurus) tensors() []weights {
	const w = thesaurusWidth
	tokens, group := t.vocabulary()
	square := []uint64{w, w}
	out := []weights{
		{"token_embd.weight", []uint64{w, uint64(len(tokens))}, F32, func(_ *source, row []byte, i int) {
			clear(row)
			if group[i] >= 0 {
				binary.LittleEndian.PutUint32(row[4*group[i]:], math.Float32bits(1))
			}
		}},
		{"token_types.weight", []uint64{w, 2}, F32, zero},
		{"position_embd.weight", []uint64{w, 512}, F32, zero},
		{"token_embd_norm.weight", []uint64{w}, F32, ones},
		{"token_embd_norm.bias", []uint64{w}, F32, zero},
	}
	for _, part := range []string{"attn_q", "attn_k", "attn_v", "attn_output", "ffn_up", "ffn_down"} {
		out = append(out, weights{"blk.0." + part + ".weight", square, F32, zero}, weights{"blk.0." + part + ".bias", []uint64{w}, F32, zero})
	}
	for _, part := range []string{"attn_output_norm", "layer_output_norm"} {
		out = append(out, weights{"blk.0." + part + ".weight", []uint64{w}, F32, ones}, weights{"blk.0." + part + ".bias", []uint64{w}, F32, zero})
	}
	return out
}
