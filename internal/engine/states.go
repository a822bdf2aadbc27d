package engine

import (
	"context"
	"errors"
	"fmt"
	"io"

	"subrosa/internal/engine/proto"
)

// pieceOfState is how many bytes of a state are sent at once.
const pieceOfState = 256 << 10

// mostKept is the most memory that conversations beside the current one take, bytes.
const mostKept = 2 << 30

// ForConversations is how many bytes of what a model leaves free are for conversations beside the current one.
func (f Fit) ForConversations() int64 {
	if f.embeds {
		return 0
	}
	if f.Free <= 0 { // not known
		return mostKept / 8
	}
	return max(0, min((f.Free-f.Needs)/4, mostKept))
}

// ReadAhead has the model read what will stand before a conversation's next prompt, so that the answer to it begins
// sooner. Cancelling ctx stops it, within a batch of tokens: the result then says Stopped. Errors: as Generate's.
func (e *Engine) ReadAhead(ctx context.Context, r Request) (Result, error) {
	result, err := e.exchange(ctx, func(c *call) error {
		body := bodyOf(c, r)
		body.Ahead = true
		return e.child.send(proto.Generate, body)
	}, nil)
	return result, wrapped("read ahead", err)
}

// SaveState hands the state of a conversation to take, piece by piece; take must not keep them. It returns how many tokens
// have been computed in it, 0 where there is nothing to be saved, or where ctx ended first: what take was given is then
// no state. Errors: take's, *ExitError, ErrBusy, ErrClosed.
func (e *Engine) SaveState(ctx context.Context, conversation string, take func(piece []byte) error) (tokens int, err error) {
	result, err := e.exchange(ctx, func(c *call) error {
		return e.child.send(proto.Save, proto.StateBody{ID: c.id, Conversation: conversation})
	}, func(f proto.Frame) error {
		_, piece, err := f.Piece()
		if err != nil {
			return err
		}
		return take(piece)
	})
	if err != nil || result.Reason == Stopped {
		return 0, wrapped("save state", err)
	}
	return result.PromptTokens, nil
}

// RestoreState gives the engine what SaveState gave: size bytes from r, which is an engine's of the same model and
// ModelInfo.States. A state that is larger than what the engine may keep is dropped. Where ctx ends or r fails first
// nothing is restored. Errors: ctx's, r's, *ExitError, ErrBusy, ErrClosed.
func (e *Engine) RestoreState(ctx context.Context, conversation string, size int64, r io.Reader) error {
	var failed error
	_, err := e.exchange(context.WithoutCancel(ctx), func(c *call) error {
		if err := e.child.send(proto.Restore, proto.StateBody{ID: c.id, Conversation: conversation, Size: size}); err != nil {
			return err
		}
		buf := make([]byte, min(pieceOfState, size))
		defer clear(buf)
		for left := size; left > 0 && failed == nil; {
			if failed = ctx.Err(); failed != nil {
				break
			}
			var n int
			n, failed = io.ReadFull(r, buf[:min(int64(len(buf)), left)])
			if failed == nil {
				if err := e.child.sendState(c.id, buf[:n]); err != nil {
					return err
				}
			}
			left -= int64(n)
		}
		return e.child.sendState(c.id, nil)
	}, nil)
	return wrapped("restore state", errors.Join(failed, err))
}

// Forget has the engine overwrite all conversations that it keeps.
func (e *Engine) Forget(ctx context.Context) error {
	_, err := e.exchange(context.WithoutCancel(ctx), func(c *call) error {
		return e.child.send(proto.Forget, proto.StateBody{ID: c.id})
	}, nil)
	return wrapped("forget", err)
}

// exchange sends one request and waits for its end.
func (e *Engine) exchange(ctx context.Context, send func(*call) error, take func(proto.Frame) error) (Result, error) {
	c, err := e.begin()
	if err != nil {
		return Result{}, err
	}
	defer e.end(c)
	if err := send(c); err != nil {
		return Result{}, e.unsent(err)
	}
	return e.await(ctx, c, take)
}

func wrapped(what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
