package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"subrosa/internal/engine"
	"subrosa/internal/history"
	"subrosa/internal/secret"
)

// keep is the engine's memory for conversations, bytes.
const keep = 256 << 20

// reopened is the first token of an answer in a conversation that another engine had before: by one that reads the
// conversation, and by one that is given its state, which lies sealed in the history's directory.
type reopened struct {
	Tokens   int     `json:"tokens"` // of the conversation
	StateMiB float64 `json:"stateMiB"`
	Save     float64 `json:"saveSeconds"` // out of the engine, sealed and on the disk
	Read     float64 `json:"readSeconds"`
	Back     float64 `json:"reopenedSeconds"`
	Ratio    float64 `json:"ratio"` // times sooner
}

const longConversation = 2000 // tokens

// oneEpoch is a keyring with one key.
type oneEpoch struct{ key *secret.Bytes }

func (e oneEpoch) Epoch(uint64) (*secret.Bytes, error) {
	return secret.New(append([]byte(nil), e.key.Expose()...)), nil
}

func (e oneEpoch) Begin(context.Context, uint64) (history.Epoch, error) {
	key, err := e.Epoch(1)
	return history.Epoch{Number: 1, Key: key}, err
}

func (e oneEpoch) Commit(context.Context, uint64) error { return nil }

func reopen(o options) (*reopened, error) {
	ctx := context.Background()
	s, err := seal(measuredModels()[0], o)
	defer s.remove()
	if err != nil {
		return nil, err
	}
	store, err := history.Open(ctx, filepath.Join(s.dir, "history.db"), secret.Random(32), oneEpoch{secret.Random(32)})
	if err != nil {
		return nil, err
	}
	defer store.Close()
	c, err := store.CreateConversation(ctx, history.General, "a long one")
	if err != nil {
		return nil, err
	}
	const of = "this model"
	start := func() (loaded, error) { return load(s.store, s.id, s.identity, o, engine.LoadRequest{Keep: keep}) }
	r := &reopened{}
	var reads, backs, ratio, saves []float64
	for range o.Rounds {
		e, err := start()
		if err != nil {
			return nil, err
		}
		conversation, err := e.longOne(string(c.ID))
		if err != nil {
			return nil, errors.Join(err, e.Close())
		}
		begun := time.Now()
		err = store.SaveState(ctx, c.ID, of, func(w io.Writer) error {
			_, err := e.SaveState(ctx, string(c.ID), func(p []byte) error { r.StateMiB += float64(len(p)) / (1 << 20); _, err := w.Write(p); return err })
			return err
		})
		saves = append(saves, time.Since(begun).Seconds())
		if err := errors.Join(err, e.Close()); err != nil {
			return nil, err
		}

		var seconds [2]float64
		for i, restored := range []bool{false, true} {
			if e, err = start(); err != nil {
				return nil, err
			}
			begun := time.Now()
			if restored {
				err = giveBack(ctx, e, store, c.ID, of)
			}
			var a answer
			if err == nil {
				a, err = e.askIn(string(c.ID), conversation, 1)
			}
			seconds[i] = time.Since(begun).Seconds()
			if err := errors.Join(err, e.Close()); err != nil {
				return nil, err
			}
			if r.Tokens = a.PromptTokens; restored != (a.CachedTokens > a.PromptTokens/2) {
				return nil, fmt.Errorf("restored %v, and yet %+v", restored, a.Result)
			}
		}
		reads, backs, ratio = append(reads, seconds[0]), append(backs, seconds[1]), append(ratio, seconds[0]/seconds[1])
		fmt.Fprintf(os.Stderr, "reopened: %d tokens read in %.2f s, given back in %.2f s\n", r.Tokens, seconds[0], seconds[1])
	}
	r.StateMiB /= float64(o.Rounds)
	r.Save, r.Read, r.Back, r.Ratio = median(saves), median(reads), median(backs), median(ratio)
	return r, nil
}

func giveBack(ctx context.Context, e loaded, store *history.Store, id history.ConversationID, of string) error {
	state, err := store.OpenState(ctx, id, of)
	if err != nil {
		return err
	}
	defer state.Close()
	return e.RestoreState(ctx, string(id), state.Size, state)
}

// longOne has a conversation of about 2,000 tokens, and returns it with its next question.
func (l loaded) longOne(id string) ([]engine.Message, error) {
	a, err := l.ask([]engine.Message{{Role: "user", Text: document}}, 1)
	if err != nil {
		return nil, err
	}
	times := (longConversation - 120) * len(document) / a.PromptTokens / len(sentence)
	conversation := []engine.Message{{Role: "user", Text: strings.TrimSpace(strings.Repeat(sentence, times))}}
	if a, err = l.askIn(id, conversation, shortAnswer); err != nil {
		return nil, err
	}
	return append(conversation, engine.Message{Role: "assistant", Text: a.text}, engine.Message{Role: "user", Text: secondQuestion}), nil
}
