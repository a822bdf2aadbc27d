package llama

import (
	"errors"
	"fmt"
	"math"

	"github.com/hybridgroup/yzma/pkg/llama"

	"subrosa/internal/gguf"
)

// ErrPurpose means that a model is asked for what it is not made for: a vector, or an answer.
var ErrPurpose = errors.New("not what this model is for")

// newEmbedder makes the context of a model that makes vectors. A text is computed at once, as an encoder must: so the
// context is a batch at most.
func newEmbedder(model llama.Model, o Options, threads int, pool gguf.Pooling) (*Model, error) {
	m := &Model{model: model, vocab: llama.ModelGetVocab(model), stop: newStopFlag()}
	m.info.Threads = threads
	m.info.TrainedFor = int(llama.ModelNCtxTrain(model))
	m.info.Dimensions = int(llama.ModelNEmbdOut(model))
	p := contextParams(m, o, threads)
	p.NCtx = uint32(min(o.Context, batch))
	p.Embeddings, p.PoolingType = 1, llama.PoolingType(pool)
	ctx, err := llama.InitFromModel(model, p)
	if err != nil {
		_ = llama.ModelFree(model)
		return nil, fmt.Errorf("%w: no context of %d tokens", ErrUnsupported, p.NCtx)
	}
	m.ctx = ctx
	m.info.Context = min(int(llama.NCtx(ctx)), int(p.NCtx))
	m.memory, _ = llama.GetMemory(ctx) // an encoder has none
	return m, nil
}

// prefixes are what a text begins with for models that were trained so, by architecture: what is asked, and what is
// searched. (Nomic's model cards; a GGUF has no key for it.) Others take texts as they are.
var prefixes = map[string][2]string{
	"nomic-bert":      {"search_query: ", "search_document: "},
	"nomic-bert-moe":  {"search_query: ", "search_document: "},
	"gemma-embedding": {"task: search result | query: ", "title: none | text: "},
}

// Embed returns the vector of a text, of length one; of zeros where the model makes nothing of it. query: the text is
// asked, and not searched. What is beyond the context is left out. Errors: ErrPurpose, ErrStopped.
func (m *Model) Embed(text string, query bool) ([]float32, error) {
	if m.info.Dimensions == 0 {
		return nil, ErrPurpose
	}
	if m.stop.isSet() {
		return nil, ErrStopped
	}
	prefix := prefixes[m.info.Architecture][1]
	if query {
		prefix = prefixes[m.info.Architecture][0]
	}
	tokens := llama.Tokenize(m.vocab, prefix+text, true, false)
	if len(tokens) == 0 {
		return make([]float32, m.info.Dimensions), nil
	}
	if most := m.info.Context; len(tokens) > most {
		tokens = append(tokens[:most-1], tokens[len(tokens)-1]) // the last one says that the text ends
	}
	compute := llama.Encode
	if m.memory != 0 {
		defer func() { _ = llama.MemoryClear(m.memory, true) }() // the next text has nothing to do with this one
		compute = llama.Decode
	}
	status, err := compute(m.ctx, llama.BatchGetOne(tokens))
	switch {
	case err != nil:
		return nil, err
	case m.stop.isSet():
		return nil, ErrStopped
	case status != 0:
		return nil, fmt.Errorf("llama.cpp returned %d", status)
	}
	out, err := llama.GetEmbeddingsSeq(m.ctx, 0, int32(m.info.Dimensions))
	if err != nil || out == nil {
		return nil, errors.Join(errors.New("llama.cpp made no vector"), err)
	}
	return unit(out), nil
}

// unit returns a vector's direction, of length one, and zeros for what has none.
func unit(v []float32) []float32 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	out := make([]float32, len(v))
	if norm := math.Sqrt(sum); norm > 0 && !math.IsInf(norm, 0) && !math.IsNaN(norm) {
		for i, x := range v {
			out[i] = float32(float64(x) / norm)
		}
	}
	return out
}
