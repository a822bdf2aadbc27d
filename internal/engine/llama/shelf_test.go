package llama

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"subrosa/internal/gguf"
)

// roomy is a model with a context that holds several conversations' worth of text.
func roomy() gguf.Synthetic {
	s := gguf.Tiny()
	s.Context = 2048
	return s
}

func about(what string) []Message {
	return user(strings.Repeat("A question about "+what+". ", 12))
}

// say answers greedily, as a conversation.
func (m *Model) say(t *testing.T, conversation string, messages []Message) (string, Result) {
	t.Helper()
	var text strings.Builder
	q := Request{Conversation: conversation, Messages: messages, MaxTokens: 12}
	r, err := m.Generate(q, func(s string, _ bool) error { text.WriteString(s); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return text.String(), r
}

func TestAConversationThatIsGoneBackToIsNotReadAgain(t *testing.T) {
	plain := synthetic(t, roomy())
	m := load(t, plain, Options{Keep: 64 << 20})
	next, read := map[string][]Message{}, map[string]int{}
	for _, id := range []string{"wills", "leases", "bail"} {
		text, r := m.say(t, id, about(id))
		next[id], read[id] = append(about(id), Message{"assistant", text}, Message{"user", "And then?"}), r.PromptTokens
		if r.CachedTokens > 20 {
			t.Errorf("%s: %+v", id, r)
		}
	}
	for _, id := range []string{"wills", "bail", "leases", "wills"} {
		got, r := m.say(t, id, next[id])
		if r.CachedTokens < read[id]-1 || read[id] < 200 {
			t.Errorf("%s was read again: %+v", id, r)
		}
		if want, _ := load(t, plain, Options{}).say(t, id, next[id]); got != want {
			t.Errorf("%s: %q, afresh %q", id, got, want)
		}
	}
	if len(m.shelf.list) != 2 {
		t.Errorf("%d are kept", len(m.shelf.list))
	}

	// One without a name is not kept, and one whose beginning another has in common keeps it.
	if _, r := m.say(t, "", next["wills"]); r.CachedTokens < read["wills"]-1 {
		t.Errorf("what it has in common with another was read again: %+v", r)
	}
	m.say(t, "", about("torts"))
	m.say(t, "wills", next["wills"])
	if slices.ContainsFunc(m.shelf.list, func(k *kept) bool { return k.conversation == "" }) {
		t.Error("a conversation without a name is kept")
	}
	m.Forget()
	if _, r := m.say(t, "wills", next["wills"]); r.CachedTokens != 0 || m.shelf.used != 0 || len(m.shelf.list) != 0 {
		t.Errorf("forgotten, and yet %+v, %d bytes", r, m.shelf.used)
	}
}

func TestTheBudgetHoldsAndTheOldestGoesFirst(t *testing.T) {
	m := load(t, synthetic(t, roomy()), Options{Keep: 300 << 10})
	for i := range 12 {
		m.say(t, fmt.Sprint(i), about(fmt.Sprint("matter ", i)))
		sum := int64(0)
		for _, k := range m.shelf.list {
			sum += k.bytes()
		}
		if sum != m.shelf.used || sum > m.shelf.budget {
			t.Fatalf("%d bytes are kept, %d are counted, of %d", sum, m.shelf.used, m.shelf.budget)
		}
	}
	n := len(m.shelf.list)
	if n < 2 || n > 8 {
		t.Fatalf("%d are kept: this shows nothing", n)
	}
	for i, k := range m.shelf.list {
		if want := fmt.Sprint(11 - n + i); k.conversation != want {
			t.Errorf("%s is kept, not %s", k.conversation, want)
		}
	}
	none := load(t, synthetic(t, roomy()), Options{})
	none.say(t, "a", about("a"))
	none.say(t, "b", about("b"))
	if _, r := none.say(t, "a", about("a")); r.CachedTokens > 20 {
		t.Errorf("without a budget: %+v", r)
	}
}

func TestASavedStateGoesOnInAnotherEngine(t *testing.T) {
	plain := synthetic(t, roomy())
	first := load(t, plain, Options{Keep: 64 << 20})
	text, turn := first.say(t, "wills", about("wills"))
	next := append(about("wills"), Message{"assistant", text}, Message{"user", "And then?"})
	save := func(m *Model) (saved []byte, n int) {
		t.Helper()
		n, err := m.Save("wills", func(p []byte) error { saved = append(saved, p...); return nil })
		if err != nil {
			t.Fatal(err)
		}
		return saved, n
	}
	inCache, n := save(first)
	first.say(t, "bail", about("bail"))
	onShelf, _ := save(first)
	if n < 200 || !slices.Equal(inCache, onShelf) {
		t.Errorf("%d tokens, %d and %d bytes", n, len(inCache), len(onShelf))
	}
	if _, n := save(load(t, plain, Options{})); n != 0 {
		t.Errorf("%d tokens of nothing", n)
	}

	second := load(t, plain, Options{Keep: 64 << 20})
	if err := second.Restore("wills", slices.Clone(inCache)); err != nil {
		t.Fatal(err)
	}
	got, r := second.say(t, "wills", next)
	want, _ := load(t, plain, Options{}).say(t, "wills", next)
	if got != want || r.CachedTokens < turn.PromptTokens-1 {
		t.Errorf("%q, afresh %q: %+v", got, want, r)
	}

	// What is no state of this model is refused, or read again.
	for name, bad := range map[string][]byte{
		"nothing": {}, "no tokens": make([]byte, 100), "more tokens than bytes": {200, 0, 0, 0, 1, 2}, "tokens alone": inCache[:4+4*n],
	} {
		if err := second.Restore("other", slices.Clone(bad)); !errors.Is(err, ErrState) {
			t.Errorf("%s: %v", name, err)
		}
	}
	cut := load(t, plain, Options{Keep: 64 << 20})
	if err := cut.Restore("wills", slices.Clone(inCache[:len(inCache)/2])); err != nil {
		t.Fatal(err)
	}
	if got, r := cut.say(t, "wills", next); got != want || r.CachedTokens != 0 {
		t.Errorf("half a state: %q, %+v", got, r)
	}
	first.Stop()
	if _, err := first.Save("wills", func([]byte) error { return nil }); !errors.Is(err, ErrStopped) {
		t.Errorf("stopped: %v", err)
	}
}

func TestReadingAheadLeavesOnlyTheNewPromptToRead(t *testing.T) {
	plain := synthetic(t, roomy())
	for name, before := range map[string][]Message{
		"a conversation": append(about("wills"), Message{"assistant", "That depends."}),
		"a document":     {{"system", strings.Repeat("A clause of the document. ", 10)}},
	} {
		m := load(t, plain, Options{Keep: 64 << 20})
		ahead, err := m.Read(Request{Conversation: "a", Messages: before})
		if err != nil || ahead.Reason != EOS || ahead.PromptTokens < 100 {
			t.Fatalf("%s: %+v %v", name, ahead, err)
		}
		if again, err := m.Read(Request{Conversation: "a", Messages: before}); err != nil || again.PromptTokens-again.CachedTokens > 1 {
			t.Errorf("%s, once more: %+v %v", name, again, err)
		}
		prompt := append(slices.Clone(before), Message{"user", "Who signs?"})
		got, r := m.say(t, "a", prompt)
		if r.CachedTokens < ahead.PromptTokens-1 {
			t.Errorf("%s: %+v after %+v", name, r, ahead)
		}
		if want, _ := load(t, plain, Options{}).say(t, "a", prompt); got != want {
			t.Errorf("%s: %q, afresh %q", name, got, want)
		}
	}
	m := load(t, plain, Options{})
	m.Stop()
	if r, err := m.Read(Request{Messages: about("a")}); err != nil || r.Reason != Stopped {
		t.Errorf("stopped: %+v %v", r, err)
	}
}
