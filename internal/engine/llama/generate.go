package llama

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hybridgroup/yzma/pkg/llama"
)

// Result says how an answer went. Reason is "eos", "length" or "stopped". PromptTime and FirstToken count from the
// start, GenerateTime from the first token. Drafted tokens were guessed, and Accepted of them were right.
type Result struct {
	Reason                                   string
	PromptTokens, CachedTokens, OutputTokens int
	Drafted, Accepted                        int
	LeftOut                                  int // messages that the model did not read
	PromptTime, FirstToken, GenerateTime     time.Duration
}

// The reasons.
const (
	EOS     = "eos"
	Length  = "length"
	Stopped = "stopped"
)

// ErrStopped means that Stop came first.
var ErrStopped = errors.New("stopped")

// Emit takes a piece of an answer, a run of whole characters. reasoning: the model says it to itself, before it answers.
type Emit func(text string, reasoning bool) error

// Request is a conversation to be answered.
type Request struct {
	Conversation string // names it, so that it is kept when another one comes in between; empty: it is not
	Messages     []Message
	Sampling     Sampling
	MaxTokens    int  // 0: up to the end of the context
	LeaveOut     bool // the oldest messages, where not all fit into the context
	Think        bool // before it answers, where the template lets one choose
}

// Generate answers a conversation and calls emit with pieces of the answer. Errors: ErrTemplate, ErrContextFull before
// anything is computed; emit's.
func (m *Model) Generate(q Request, emit Emit) (Result, error) {
	start := time.Now()
	f, err := m.fit(q)
	prompt := f.prompt
	r := Result{PromptTokens: len(prompt), LeftOut: f.leftOut}
	if err != nil {
		return r, err
	}
	maxTokens := m.info.Context - len(prompt)
	if q.MaxTokens > 0 {
		maxTokens = min(maxTokens, q.MaxTokens)
	}
	chain := m.sampler(q.Sampling)
	defer llama.SamplerFree(chain)
	for _, t := range prompt[max(0, len(prompt)-repeatWindow):] {
		llama.SamplerAccept(chain, t)
	}

	r.CachedTokens = m.reuse(q.Conversation, prompt)
	err = m.process(prompt[r.CachedTokens:])
	r.PromptTime = time.Since(start)
	if errors.Is(err, ErrStopped) {
		r.Reason = Stopped
		return r, nil
	}
	if err != nil {
		return r, err
	}
	token := llama.SamplerSample(chain, m.ctx, -1) // and accepts it
	r.FirstToken = time.Since(start)
	out := output{model: m, most: maxTokens, parts: newSplitter(f.lead, func(k kind, text string) error { return emit(text, k == thought) })}
	err = m.continuation(chain, prompt, token, &out, &r)
	r.OutputTokens = out.tokens
	if err == nil && len(prompt)+out.tokens == len(m.cached)+1 {
		m.owed = append(m.owed, out.last)
	}
	r.GenerateTime = time.Since(start) - r.FirstToken
	return r, errors.Join(err, out.rest())
}

// Read computes what will stand before the conversation's next prompt, whatever that says, so that its answer begins
// sooner. Result.Reason is Stopped where Stop came first; what was computed by then serves all the same. Errors as
// Generate's.
func (m *Model) Read(q Request) (Result, error) {
	start := time.Now()
	prompt, err := m.before(q)
	r := Result{Reason: EOS, PromptTokens: len(prompt)}
	if err != nil || len(prompt) == 0 {
		return r, err
	}
	r.CachedTokens = m.reuse(q.Conversation, prompt)
	err = m.process(prompt[r.CachedTokens:])
	r.PromptTime = time.Since(start)
	if errors.Is(err, ErrStopped) {
		r.Reason, err = Stopped, nil
	}
	return r, err
}

// before renders a conversation up to its next prompt: what it has in common whatever that prompt begins with.
func (m *Model) before(q Request) ([]llama.Token, error) {
	var either [2][]llama.Token
	for i, next := range []string{"A", "7"} {
		q.Messages = append(slices.Clip(q.Messages), Message{"user", next})
		f, err := m.fit(q)
		if err != nil {
			return nil, err
		}
		either[i] = f.prompt
		q.Messages = q.Messages[:len(q.Messages)-1]
	}
	n := 0
	for n < len(either[0]) && n < len(either[1]) && either[0][n] == either[1][n] {
		n++
	}
	return either[0][:n], nil
}

// continuation puts out token and what follows it, until something ends the answer. Where the text so far suggests how it goes
// on, the guess is computed in one batch with the token, and is kept as far as sampling chooses the same: every token
// is sampled from the model's own distribution, so the answer is what it would be one token at a time.
func (m *Model) continuation(chain llama.Sampler, prompt []llama.Token, token llama.Token, out *output, r *Result) error {
	done, err := out.put(token)
	for guess := newLookup(prompt); done == "" && err == nil; {
		guess.add(token)
		var draft []llama.Token
		if m.drafts != nil {
			draft = guess.draft(min(out.most-out.tokens, m.info.Context-len(m.cached)) - 1)
		}
		before := time.Now()
		if err := m.decode(token, draft); errors.Is(err, ErrStopped) {
			r.Reason = Stopped
			return nil
		} else if err != nil {
			return err
		}
		right := 0
		for {
			// Without a draft there is one row of logits, the last.
			row := int32(right)
			if len(draft) == 0 {
				row = -1
			}
			token = llama.SamplerSample(chain, m.ctx, row)
			if right == len(draft) || token != draft[right] {
				break
			}
			if done, err = out.put(token); done != "" || err != nil {
				break
			}
			guess.add(token)
			right++
		}
		r.Drafted += len(draft)
		r.Accepted += right
		guess.learn(len(draft), right, time.Since(before))
		m.keep(len(m.cached) - len(draft) + right)
		if done == "" && err == nil {
			done, err = out.put(token)
		}
	}
	r.Reason = done
	return err
}

// output turns tokens into text.
type output struct {
	model  *Model
	most   int
	tokens int
	parts  *splitter
	last   llama.Token // that was put out
	text   runes
}

// put puts out one token. It returns why the answer ends with or before it, or "".
func (o *output) put(token llama.Token) (done string, err error) {
	switch {
	case o.model.stop.isSet():
		return Stopped, nil
	case llama.VocabIsEOG(o.model.vocab, token):
		return EOS, nil
	}
	o.tokens++
	o.last = token
	if err := o.say(token); err != nil {
		return "", err
	}
	if o.tokens >= o.most {
		return Length, nil
	}
	return "", nil
}

// say puts out the text of a token. Control tokens have none.
func (o *output) say(token llama.Token) error {
	attr := llama.VocabGetAttr(o.model.vocab, token)
	if attr&(llama.TokenAttrControl|llama.TokenAttrUserDef) != 0 {
		if known, err := o.parts.word(llama.VocabGetText(o.model.vocab, token)); known || err != nil {
			return err
		}
	}
	return o.parts.text(o.text.add(spelling(o.model.vocab, token)))
}

// rest puts out what is left of an unfinished character, and what was held back.
func (o *output) rest() error {
	return errors.Join(o.parts.text(o.text.rest()), o.parts.rest())
}

// keep cuts the KV cache to its first n tokens, or empties it where it cannot be cut.
func (m *Model) keep(n int) {
	if n == len(m.cached) {
		return
	}
	if ok, err := llama.MemorySeqRm(m.memory, 0, llama.Pos(n), -1); err != nil || !ok { // a recurrent state
		_ = llama.MemoryClear(m.memory, true)
		n = 0
	}
	m.cached = m.cached[:n]
}

// process computes a prompt's tokens at the end of the sequence.
func (m *Model) process(tokens []llama.Token) error {
	for len(tokens) > 0 {
		if m.stop.isSet() { // a device does not look at it within a batch
			return ErrStopped
		}
		n := min(batch, len(tokens))
		if err := m.compute(llama.BatchGetOne(tokens[:n]), tokens[:n]); err != nil {
			return err
		}
		tokens = tokens[n:]
	}
	return nil
}

// decode computes a token and a draft that may follow it, with logits after each.
func (m *Model) decode(token llama.Token, draft []llama.Token) error {
	tokens := append([]llama.Token{token}, draft...)
	if len(draft) == 0 {
		return m.compute(llama.BatchGetOne(tokens), tokens)
	}
	_ = m.drafts.Clear()
	for i, t := range tokens {
		if err := m.drafts.Add(t, llama.Pos(len(m.cached)+i), []llama.SeqId{0}, true); err != nil {
			return err
		}
	}
	return m.compute(*m.drafts, tokens)
}

func (m *Model) compute(b llama.Batch, tokens []llama.Token) error {
	status, err := llama.Decode(m.ctx, b)
	switch {
	case err != nil:
		return err
	case status == 0:
		m.cached = append(m.cached, tokens...)
		return nil
	}
	// Whatever it did get into the cache is cut off again.
	if ok, err := llama.MemorySeqRm(m.memory, 0, llama.Pos(len(m.cached)), -1); err != nil || !ok {
		_ = llama.MemoryClear(m.memory, true)
		m.cached = nil
	}
	if status == 2 {
		return ErrStopped
	}
	return fmt.Errorf("llama_decode returned %d", status)
}
