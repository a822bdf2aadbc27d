package llama

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hybridgroup/yzma/pkg/llama"

	"subrosa/internal/gguf"
)

func TestDraftsChangeNothingButTheSpeed(t *testing.T) {
	plain := synthetic(t, gguf.Tiny())
	one, many := load(t, plain, Options{NoDrafts: true}), load(t, plain, Options{})
	quoted := strings.Repeat("The lessee shall keep the premises in good repair. ", 4)
	drafted, accepted := 0, 0
	for _, s := range []Sampling{
		{},
		{RepeatPenalty: 1.1},
		{Temperature: 0.05, Seed: 1},
		{Temperature: 0.7, TopK: 40, TopP: 0.95, MinP: 0.05, Seed: 2},
		{Temperature: 1.5, Seed: 3, RepeatPenalty: 1.2},
	} {
		for _, question := range []string{quoted, "Quote it again: " + quoted, "aaaa aaaa aaaa", "Who may sign?"} {
			var want, got strings.Builder
			a, err := one.Generate(Request{Messages: user(question), Sampling: s, MaxTokens: 100}, func(s string, _ bool) error { want.WriteString(s); return nil })
			if err != nil {
				t.Fatal(err)
			}
			b, err := many.Generate(Request{Messages: user(question), Sampling: s, MaxTokens: 100}, func(s string, _ bool) error { got.WriteString(s); return nil })
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != want.String() || a.OutputTokens != b.OutputTokens || a.Reason != b.Reason {
				t.Errorf("%+v %q: with drafts %q (%+v), without %q (%+v)", s, question, got.String(), b, want.String(), a)
			}
			if !slices.Equal(one.cached, many.cached) {
				t.Errorf("%+v %q: the cache differs", s, question)
			}
			if a.Drafted != 0 {
				t.Errorf("drafts that were turned off: %+v", a)
			}
			drafted, accepted = drafted+b.Drafted, accepted+b.Accepted
		}
	}
	if accepted == 0 || accepted == drafted {
		t.Errorf("%d of %d guesses were right: this tests only one of the two", accepted, drafted)
	}
}

func tokens(text string) (out []llama.Token) {
	for _, c := range text {
		out = append(out, llama.Token(c))
	}
	return out
}

func TestADraftIsWhatCameAfterTheSameTokens(t *testing.T) {
	for _, c := range []struct {
		text string
		most int
		want string
	}{
		{"abcdefgh abc", 4, "defg"},
		{"abcdefgh abc", 2, "de"},
		{"abcd abce abc", 8, "e ab"}, // the newest one
		{"abc", 8, ""},
		{"ab", 8, ""},
		{"abcdefgh xyz", 8, ""},
		{"abcdefgh abc", 0, ""},
		{"aaaa", 8, "a"},
	} {
		l := newLookup(tokens(c.text))
		if got := l.draft(c.most); len(got) != 0 {
			t.Errorf("%q: a draft before anything was measured", c.text)
		}
		l.learn(0, 0, time.Millisecond)
		if got := l.draft(c.most); fmt.Sprint(got) != fmt.Sprint(tokens(c.want)) {
			t.Errorf("%q: %v, want %q", c.text, got, c.want)
		}
	}
}

func TestGuessesThatDoNotPayNeedMoreTheNextTime(t *testing.T) {
	var quoted []llama.Token // each three of its tokens occur once
	for i := range llama.Token(1000) {
		quoted = append(quoted, i)
	}
	l := newLookup(append(quoted, quoted[:gram]...))
	l.learn(0, 0, time.Millisecond)
	at := gram // of the quotation
	until := func() (n int) {
		for l.draft(8) == nil {
			l.add(quoted[at])
			at++
			n++
		}
		return n
	}
	if got := until(); got != 0 {
		t.Fatalf("the first guess came after %d more tokens", got)
	}
	for _, want := range []int{6, 12, 24, 48, 64, 64} {
		l.learn(8, 1, 5*time.Millisecond) // two tokens in the time of five
		if got := until(); got != want {
			t.Errorf("guessed again after %d tokens, want %d", got, want)
		}
	}
	l.add(5000)
	if got := l.draft(8); got != nil {
		t.Errorf("%v was guessed after a token that was never seen", got)
	}
	l.learn(4, 4, 2*time.Millisecond) // five tokens in the time of two
	l.learn(8, 0, 2*time.Millisecond)
	if got := until(); got != 64 {
		t.Errorf("after a guess that paid and one that did not, %d", got)
	}
	for range 5 {
		l.learn(4, 4, 2*time.Millisecond)
	}
	l.learn(8, 0, 2*time.Millisecond)
	if got := until(); got != 6 {
		t.Errorf("after guesses that paid, and one that did not, %d", got)
	}
}
