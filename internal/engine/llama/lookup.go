package llama

import (
	"slices"
	"time"

	"github.com/hybridgroup/yzma/pkg/llama"
)

const (
	maxDraft = 16 // tokens guessed at once
	minDraft = 4
	gram     = 3  // tokens that must have been seen before
	maxNeed  = 64 // of them, after guesses that did not pay
)

// lookup guesses how a text goes on: where its last tokens occurred before, it takes what followed them there (prompt
// lookup decoding, Saxena 2023). Answers that quote a document, repeat a form or write code are guessed well.
//
// Whether guessing pays depends on the machine as much as on the text. So it is measured: a batch with a draft is compared
// with the time that as many tokens take one by one. After guesses that lose time, twice as many tokens must have been seen
// before, all of them since then: a quotation soon has them, and chance seldom.
type lookup struct {
	tokens []llama.Token
	after  map[[gram]llama.Token]int // where the newest occurrence ends, but for the one at the very end
	length int                       // of the next draft
	single time.Duration             // what one token takes, a running mean; 0: not measured
	need   int                       // tokens that must be those of the occurrence
	lost   int                       // tokens that there were when a guess last lost time
}

func newLookup(prompt []llama.Token) *lookup {
	l := &lookup{after: map[[gram]llama.Token]int{}, length: minDraft, need: gram}
	for _, t := range prompt {
		l.add(t)
	}
	return l
}

func (l *lookup) add(t llama.Token) {
	if n := len(l.tokens); n >= gram {
		l.after[[gram]llama.Token(l.tokens[n-gram:])] = n
	}
	l.tokens = append(l.tokens, t)
}

// draft returns at most the given number of tokens that may come next.
func (l *lookup) draft(most int) []llama.Token {
	n := len(l.tokens)
	if l.single == 0 || n < gram || most < 1 {
		return nil
	}
	from, ok := l.after[[gram]llama.Token(l.tokens[n-gram:])]
	if !ok || !l.alike(from) {
		return nil
	}
	return l.tokens[from:min(n, from+min(l.length, most)):n]
}

// alike returns whether as many tokens as are needed are the same before from as at the end.
func (l *lookup) alike(from int) bool {
	n := len(l.tokens)
	return n-l.lost >= l.need && from >= l.need && slices.Equal(l.tokens[n-l.need:], l.tokens[from-l.need:from])
}

// learn is told how a step went: how many tokens were guessed, how many of them were right, and what it took.
func (l *lookup) learn(drafted, right int, took time.Duration) {
	switch {
	case drafted == 0 && l.single == 0:
		l.single = took
	case drafted == 0:
		l.single += (took - l.single) / 8
	case took > time.Duration(right+1)*l.single: // one by one would have been faster
		l.lost, l.need = len(l.tokens), min(2*l.need, maxNeed)
		l.length = max(minDraft, l.length/2)
	case right == drafted:
		l.need = max(gram, l.need/2)
		l.length = min(2*l.length, maxDraft)
	}
}
