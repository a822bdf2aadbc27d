//go:build unix

package engine

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"subrosa/internal/gguf"
)

// roomy loads a model with room for several conversations, in its context and beside it.
func roomy(t *testing.T, s *sealed, keep int64) *Engine {
	t.Helper()
	e := start(t, s.path)
	r := s.request()
	r.Keep = keep
	if info, err := e.Load(context.Background(), r, nil); err != nil || !strings.Contains(info.States, "llama.cpp") {
		t.Fatal(info.States, err)
	}
	return e
}

func roomyModel(t *testing.T) *sealed {
	shape := gguf.Tiny()
	shape.Context = 2048
	return seal(t, synthetic(t, shape))
}

func about(conversation, what string) Request {
	return Request{Conversation: conversation, Messages: []Message{{"user", strings.Repeat("About "+what+". ", 20)}}, MaxTokens: 4}
}

func say(t *testing.T, e *Engine, r Request) (string, Result) {
	t.Helper()
	var text strings.Builder
	result, err := e.Generate(context.Background(), r, func(s string) error { text.WriteString(s); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return text.String(), result
}

func TestAStateIsSavedAndRestoredInAnotherEngine(t *testing.T) {
	ctx := context.Background()
	s := roomyModel(t)
	first, second := roomy(t, s, 64<<20), roomy(t, s, 64<<20)
	want, _ := say(t, first, about("a", "wills"))
	say(t, first, about("b", "leases"))
	if _, r := say(t, first, about("a", "wills")); r.CachedTokens != r.PromptTokens-1 {
		t.Errorf("gone back to, and read again: %+v", r)
	}
	var saved []byte
	n, err := first.SaveState(ctx, "a", func(p []byte) error { saved = append(saved, p...); return nil })
	if err != nil || n < 100 {
		t.Fatal(n, err)
	}
	if n, err := first.SaveState(ctx, "nobody's", func([]byte) error { return nil }); n != 0 || err != nil {
		t.Error(n, err)
	}
	if err := second.RestoreState(ctx, "a", int64(len(saved)), bytes.NewReader(saved)); err != nil {
		t.Fatal(err)
	}
	got, r := say(t, second, about("a", "wills"))
	if got != want || r.CachedTokens != r.PromptTokens-1 {
		t.Errorf("%q, not %q: %+v", got, want, r)
	}

	// What is refused, given up or forgotten leaves an engine that answers.
	broken := errors.New("broken")
	if err := second.RestoreState(ctx, "b", 1000, io.MultiReader(bytes.NewReader(saved[:10]), failing{broken})); !errors.Is(err, broken) {
		t.Error(err)
	}
	if err := second.RestoreState(ctx, "b", 1000, bytes.NewReader(make([]byte, 1000))); !errors.Is(err, ErrProtocol) {
		t.Error(err)
	}
	if err := second.RestoreState(ctx, "b", 65<<20, bytes.NewReader(make([]byte, 65<<20))); err != nil {
		t.Errorf("more than is kept: %v", err)
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if err := second.RestoreState(gone, "b", int64(len(saved)), bytes.NewReader(saved)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := second.SaveState(gone, "a", func([]byte) error { return nil }); err != nil {
		t.Error(err)
	}
	if _, err := second.SaveState(ctx, "a", func([]byte) error { return broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	if err := second.Forget(ctx); err != nil {
		t.Fatal(err)
	}
	if got, r := say(t, second, about("a", "wills")); got != want || r.CachedTokens != 0 {
		t.Errorf("forgotten: %q %+v", got, r)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestReadingAheadGivesWayAndSaysNothing(t *testing.T) {
	ctx := context.Background()
	e := roomy(t, roomyModel(t), 0)
	before := append(about("a", "wills").Messages, Message{"assistant", "It depends."})
	r, err := e.ReadAhead(ctx, Request{Conversation: "a", Messages: before})
	if err != nil || r.PromptTokens < 100 || r.OutputTokens != 0 {
		t.Fatalf("%+v %v", r, err)
	}
	_, after := say(t, e, Request{Conversation: "a", Messages: append(before, Message{"user", "On what?"}), MaxTokens: 2})
	if after.CachedTokens < r.PromptTokens-1 {
		t.Errorf("%+v after %+v", after, r)
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := e.ReadAhead(gone, about("b", "bail")); err != nil {
		t.Errorf("stopped: %v", err)
	}
	say(t, e, about("b", "bail"))
}

func TestConversationsTakeAShareOfWhatIsLeft(t *testing.T) {
	for _, c := range []struct {
		fit  Fit
		want int64
	}{
		{Fit{Free: 10 << 30, Needs: 6 << 30}, 1 << 30},
		{Fit{Free: 100 << 30, Needs: 6 << 30}, mostKept},
		{Fit{Free: 5 << 30, Needs: 6 << 30}, 0},
		{Fit{Needs: 6 << 30}, mostKept / 8},
	} {
		if got := c.fit.ForConversations(); got != c.want {
			t.Errorf("%+v: %d, not %d", c.fit, got, c.want)
		}
	}
}
