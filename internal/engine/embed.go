package engine

import (
	"context"
	"fmt"

	"subrosa/internal/engine/proto"
)

// Embed returns a vector for each text, of length one each, where the model makes them (ModelInfo.Dimensions). query: the
// texts are asked, and not searched: some models were trained to tell one from the other. What is longer than the context is
// cut. Cancelling ctx stops it, and its error is returned. Errors: *ExitError, ErrProtocol, ErrBusy, ErrClosed, ctx's.
func (e *Engine) Embed(ctx context.Context, texts []string, query bool) ([][]float32, error) {
	var vectors [][]float32
	result, err := e.exchange(ctx, func(c *call) error {
		return e.child.send(proto.Embed, proto.EmbedBody{ID: c.id, Texts: texts, Query: query})
	}, func(f proto.Frame) error {
		var b proto.VectorBody
		err := f.Decode(&b)
		vectors = append(vectors, b.Vector)
		return err
	})
	switch {
	case err != nil:
	case result.Reason == Stopped:
		err = ctx.Err()
	case len(vectors) != len(texts):
		err = fmt.Errorf("%w: %d vectors of %d texts", ErrProtocol, len(vectors), len(texts))
	}
	if err != nil {
		return nil, wrapped("embed", err)
	}
	return vectors, nil
}
