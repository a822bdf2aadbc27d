package llama

import (
	"fmt"
	"slices"
	"sort"

	"github.com/hybridgroup/yzma/pkg/llama"
)

// leastAnswer is how many tokens must be left for an answer: a conversation that leaves less does not fit.
const leastAnswer = 64

// fitted is a conversation that fits into the context.
type fitted struct {
	prompt  []llama.Token
	lead    string // what the template itself puts before what the model will say
	leftOut int    // messages
}

// fit renders a conversation, without its oldest turns where it does not fit and the request lets it. They are left out
// until a quarter of the context is free, and the same ones in the turns that follow: then the beginning stays what it was
// and is not computed again. Errors: ErrTemplate, ErrContextFull, ErrPurpose.
func (m *Model) fit(q Request) (fitted, error) {
	if m.info.Dimensions > 0 {
		return fitted{}, ErrPurpose
	}
	room := leastAnswer
	if q.MaxTokens > 0 {
		room = min(room, q.MaxTokens)
	}
	all, err := m.without(q, 0)
	switch {
	case err != nil:
		return fitted{}, err
	case len(all.prompt) == 0:
		return fitted{}, fmt.Errorf("%w: it renders nothing", ErrTemplate)
	case len(all.prompt) <= m.info.Context-room:
		return all, nil
	}
	full := fmt.Errorf("%w: %d tokens of %d", ErrContextFull, len(all.prompt), m.info.Context)
	starts := turns(q.Messages)
	if !q.LeaveOut || len(starts) < 2 {
		return all, full
	}
	last := len(starts) - 1
	if out := m.leftOut[q.Conversation]; out > 0 && out <= last {
		if f, err := m.without(q, starts[out]); err == nil && len(f.prompt) <= m.info.Context-room {
			return f, nil
		}
	}
	out := 1 + sort.Search(last-1, func(i int) bool {
		f, err := m.without(q, starts[1+i])
		return err == nil && len(f.prompt) <= m.info.Context*3/4
	})
	m.leftOut[q.Conversation] = out
	f, err := m.without(q, starts[out])
	if err == nil && len(f.prompt) > m.info.Context-room {
		err = full
	}
	return f, err
}

// without renders a conversation from one of its messages on. What the system says is never left out.
func (m *Model) without(q Request, from int) (f fitted, err error) {
	messages := q.Messages
	if from > 0 && messages[0].Role == "system" {
		messages = slices.Concat(messages[:1], messages[from:])
		from--
	} else {
		messages = messages[from:]
	}
	f.leftOut = from
	r, err := m.prompter.thinking(q.Think).render(messages)
	if err != nil {
		return f, err
	}
	f.prompt, f.lead = m.tokens(r), r.lead
	return f, nil
}

// turns returns where the turns of a conversation begin.
func turns(messages []Message) (starts []int) {
	for i, m := range messages {
		if m.Role == "user" {
			starts = append(starts, i)
		}
	}
	return starts
}
