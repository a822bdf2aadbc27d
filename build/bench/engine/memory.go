package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"subrosa/internal/engine"
)

// curve is the engine's memory over many turns.
type curve struct {
	Turns  []int     `json:"turns"`
	RSS    []float64 `json:"rssMiB"`
	Growth float64   `json:"growthMiB"` // from the 200th turn to the last: by then all that is kept once is there
}

// memoryOverTurns asks one engine a thousand times, in fifty conversations that grow and begin anew, on the built-in model,
// with room for some of them to be kept.
func memoryOverTurns(o options) (*curve, error) {
	var builtIn model
	for _, m := range measuredModels() {
		if m.name == "built-in" {
			builtIn = m
		}
	}
	s, err := seal(builtIn, o)
	defer s.remove()
	if err != nil {
		return nil, err
	}
	e, err := load(s.store, s.id, s.identity, o, engine.LoadRequest{Keep: 8 << 20})
	if err != nil {
		return nil, err
	}
	defer e.Close()
	var c curve
	conversations := make([][]engine.Message, 50)
	for turn := 1; turn <= o.size(1000, 200); turn++ {
		i := turn * 7 % len(conversations)
		if len(conversations[i]) >= 8 {
			conversations[i] = nil
		}
		conversations[i] = append(conversations[i], engine.Message{Role: "user", Text: fmt.Sprintf("Who are you, in turn %d?", turn)})
		var text strings.Builder
		_, err := e.Generate(context.Background(), engine.Request{Conversation: fmt.Sprint(i), Messages: conversations[i], MaxTokens: 40}, func(piece string) error {
			text.WriteString(piece)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("turn %d: %w", turn, err)
		}
		conversations[i] = append(conversations[i], engine.Message{Role: "assistant", Text: text.String()})
		if turn == 1 || turn%100 == 0 {
			rss, err := status(e.PID(), "VmRSS")
			if err != nil {
				return nil, err
			}
			c.Turns, c.RSS = append(c.Turns, turn), append(c.RSS, rss)
			fmt.Fprintf(os.Stderr, "turn %d: %.1f MiB\n", turn, rss)
		}
	}
	c.Growth = c.RSS[len(c.RSS)-1] - c.RSS[2]
	return &c, nil
}
