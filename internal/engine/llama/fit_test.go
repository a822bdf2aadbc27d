package llama

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"subrosa/internal/gguf"
)

// talk is a conversation of n turns and a last question.
func talk(n int) (messages []Message) {
	for i := range n {
		messages = append(messages, Message{"user", fmt.Sprintf("Question %d, which is not very long.", i)}, Message{"assistant", fmt.Sprintf("Answer %d.", i)})
	}
	return append(messages, Message{"user", "And now?"})
}

func TestTheOldestMessagesAreLeftOutOnlyWhereAskedFor(t *testing.T) {
	m := load(t, synthetic(t, gguf.Tiny()), Options{Context: 512})
	q := Request{Messages: talk(40)}
	if _, err := m.fit(q); !errors.Is(err, ErrContextFull) {
		t.Fatalf("not asked for: %v", err)
	}
	q.LeaveOut = true
	f, err := m.fit(q)
	if err != nil {
		t.Fatal(err)
	}
	kept := q.Messages[f.leftOut:]
	if f.leftOut == 0 || kept[0].Role != "user" || kept[len(kept)-1].Text != "And now?" {
		t.Errorf("%d left out, the first is now %v", f.leftOut, kept[0])
	}
	if n := len(f.prompt); n > 512*3/4 || n < 512/2 {
		t.Errorf("%d tokens are kept of a context of 512", n)
	}
	if !slices.Equal(f.prompt, m.afresh(t, kept)) {
		t.Error("the prompt is not that of the messages that are kept")
	}

	// The next turn begins with the same message, so that what was computed for it serves again.
	next := Request{Messages: append(slices.Clone(q.Messages), Message{"assistant", "Now."}, Message{"user", "Good."}), LeaveOut: true}
	g, err := m.fit(next)
	if err != nil || g.leftOut != f.leftOut {
		t.Errorf("%d are left out of the next turn, before %d: %v", g.leftOut, f.leftOut, err)
	}
	r, err := m.Generate(next, func(string, bool) error { return nil })
	if err != nil || r.LeftOut != f.leftOut || r.OutputTokens < leastAnswer {
		t.Errorf("%+v, %v", r, err)
	}

	// A conversation that fits is whole, whatever was left out of another.
	if f, err := m.fit(Request{Messages: talk(3), LeaveOut: true}); err != nil || f.leftOut != 0 {
		t.Errorf("%d left out of what fits: %v", f.leftOut, err)
	}
	// What the system says stays.
	spoken := append([]Message{{"system", "Be brief."}}, talk(40)...)
	if f, err = m.fit(Request{Messages: spoken, LeaveOut: true}); err != nil || f.leftOut == 0 {
		t.Fatal(f.leftOut, err)
	}
	if !slices.Equal(f.prompt, m.afresh(t, append([]Message{spoken[0]}, spoken[1+f.leftOut:]...))) {
		t.Error("with a system message")
	}
	// A last question that is too long by itself is refused.
	long := append(talk(3), Message{"assistant", "Now."}, Message{"user", strings.Repeat("long ", 600)})
	if _, err := m.fit(Request{Messages: long, LeaveOut: true}); !errors.Is(err, ErrContextFull) {
		t.Errorf("a question that does not fit: %v", err)
	}
}
