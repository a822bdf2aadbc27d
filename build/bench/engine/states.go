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

// reopened is the first token of an answer in a conversation that another engine had before, from the moment it is sent: by
// one that reads the conversation, by one that is given its state, which lies sealed in the history's directory, and by one
// that has read ahead while the question was typed.
type reopened struct {
	Tokens     int     `json:"tokens"` // of the conversation
	StateMiB   float64 `json:"stateMiB"`
	Save       float64 `json:"saveSeconds"` // out of the engine, sealed and on the disk
	Read       float64 `json:"readSeconds"`
	Back       float64 `json:"reopenedSeconds"`
	Ratio      float64 `json:"ratio"` // times sooner
	Ahead      float64 `json:"readAheadSeconds"`
	AheadNew   int     `json:"readAheadTokens"` // that were left to read
	AheadRatio float64 `json:"readAheadRatio"`  // to Read
}

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
	var reads, backs, ratio, saves, aheads, aheadRatio []float64
	for range o.few() {
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

		var seconds [3]float64
		for i, how := range []string{"read", "given back", "read ahead"} {
			if e, err = start(); err != nil {
				return nil, err
			}
			if how == "read ahead" {
				_, err = e.ReadAhead(ctx, engine.Request{Conversation: string(c.ID), Messages: conversation[:len(conversation)-1]})
			}
			begun := time.Now()
			if how == "given back" {
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
			if r.Tokens = a.PromptTokens; (how != "read") != (a.CachedTokens > a.PromptTokens/2) {
				return nil, fmt.Errorf("%s, and yet %+v", how, a.Result)
			}
			r.AheadNew = a.PromptTokens - a.CachedTokens
			fmt.Fprintf(os.Stderr, "reopened, %s: the first of an answer to %d tokens after %.2f s, %d of them read then\n", how, r.Tokens, seconds[i], r.AheadNew)
		}
		reads, backs, ratio = append(reads, seconds[0]), append(backs, seconds[1]), append(ratio, seconds[0]/seconds[1])
		aheads, aheadRatio = append(aheads, seconds[2]), append(aheadRatio, seconds[2]/seconds[0])
	}
	r.StateMiB /= float64(o.few())
	r.Save, r.Read, r.Back, r.Ratio = median(saves), median(reads), median(backs), median(ratio)
	r.Ahead, r.AheadRatio = median(aheads), median(aheadRatio)
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

// longOne has a conversation of about 2,000 tokens with the model, and returns it with its next question.
func (l loaded) longOne(id string) ([]engine.Message, error) {
	a, err := l.ask([]engine.Message{{Role: "user", Text: l.document()}}, 1)
	if err != nil {
		return nil, err
	}
	times := (l.size(2000, 400) - 120) * len(l.document()) / a.PromptTokens / len(sentence)
	conversation := []engine.Message{{Role: "user", Text: strings.TrimSpace(strings.Repeat(sentence, times))}}
	if a, err = l.askIn(id, conversation, shortAnswer); err != nil {
		return nil, err
	}
	return append(conversation, engine.Message{Role: "assistant", Text: a.text}, engine.Message{Role: "user", Text: secondQuestion}), nil
}
