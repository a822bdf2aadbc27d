package llama

import (
	"time"

	"github.com/hybridgroup/yzma/pkg/llama"
)

const (
	maxDraft  = 16 // tokens guessed at once
	minDraft  = 4
	gram      = 3  // tokens that must have been seen before
	maxPauses = 64 // tokens without a guess after guesses that did not pay
)

// lookup guesses how a text goes on: where its last tokens occurred before, it takes what followed them there (prompt
// lookup decoding, Saxena 2023). Answers that quote a document, repeat a form or write code are guessed well.
//
// Whether guessing pays depends on the machine as much as on the text. So it is measured: a batch with a draft is compared
// with the time that as many tokens take one by one, and guesses that lose time are followed by a pause, each
// twice as long as the one before.
type lookup struct {
	tokens []llama.Token
	after  map[[gram]llama.Token]int // where the newest occurrence ends, but for the one at the very end
	length int                       // of the next draft
	single time.Duration             // what one token takes, a running mean; 0: not measured
	pause  int                       // tokens to go without a guess
	pauses int                       // length of the pause after the next loss
}

func newLookup(prompt []llama.Token) *lookup {
	l := &lookup{after: map[[gram]llama.Token]int{}, length: 2 * minDraft, pauses: minDraft}
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
	if l.pause > 0 {
		l.pause--
		return nil
	}
	n := len(l.tokens)
	if l.single == 0 || n < gram || most < 1 {
		return nil
	}
	from, ok := l.after[[gram]llama.Token(l.tokens[n-gram:])]
	if !ok {
		return nil
	}
	return l.tokens[from:min(n, from+min(l.length, most)):n]
}

// learn is told how a step went: how many tokens were guessed, how many of them were right, and what it took.
func (l *lookup) learn(drafted, right int, took time.Duration) {
	switch {
	case drafted == 0 && l.single == 0:
		l.single = took
	case drafted == 0:
		l.single += (took - l.single) / 8
	case took > time.Duration(right+1)*l.single: // one by one would have been faster
		l.pause, l.pauses = l.pauses, min(2*l.pauses, maxPauses)
		l.length = max(minDraft, l.length/2)
	case right == drafted:
		l.pauses = minDraft
		l.length = min(2*l.length, maxDraft)
	}
}
