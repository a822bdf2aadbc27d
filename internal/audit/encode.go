package audit

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Lines are written and read here without reflection: a long record is millions of them. The bytes are those of
// json.Marshal, which stays the definition of what is canonical; a test and a fuzz target compare the two.

// appendJSON appends the entry as json.Marshal writes it, and fails where that does.
func (e *Entry) appendJSON(b []byte) ([]byte, error) {
	b, err := e.appendHead(b)
	if err != nil {
		return nil, err
	}
	if b, err = e.appendBody(b); err != nil {
		return nil, err
	}
	if e.More {
		b = appendMore(b)
	}
	if len(e.Sig) > 0 {
		b = appendSig(b, e.Sig)
	}
	return append(b, '}'), nil
}

// appendHead appends the fields that an entry's place in the log decides.
func (e *Entry) appendHead(b []byte) ([]byte, error) {
	b = append(b, `{"v":`...)
	b = strconv.AppendInt(b, int64(e.Version), 10)
	b = append(b, `,"seq":`...)
	b = strconv.AppendInt(b, e.Seq, 10)
	b = append(b, `,"prev":`...)
	if e.Prev == nil {
		b = append(b, "null"...)
	} else {
		b = appendBase64(b, e.Prev)
	}
	b = append(b, `,"time":"`...)
	b, err := e.Time.AppendText(b)
	if err != nil {
		return nil, err
	}
	return append(b, '"'), nil
}

// appendBody appends what stands between the head and what says who signs the entry.
func (e *Entry) appendBody(b []byte) ([]byte, error) {
	var err error
	b = appendText(append(b, `,"actor":`...), e.Actor)
	b = appendText(append(b, `,"action":`...), string(e.Action))
	b = appendField(b, `,"matter":`, e.Matter)
	b = appendField(b, `,"conversation":`, e.Conversation)
	b = appendField(b, `,"turn":`, e.Turn)
	b = appendField(b, `,"message":`, e.Message)
	b = appendField(b, `,"model":`, e.Model)
	b = appendField(b, `,"policy":`, e.Policy)
	b = appendField(b, `,"ruleset":`, e.Ruleset)
	if e.History != 0 {
		b = strconv.AppendUint(append(b, `,"history":`...), e.History, 10)
	}
	if e.Sampling != (Sampling{}) {
		if b, err = e.Sampling.appendJSON(append(b, `,"sampling":`...)); err != nil {
			return nil, err
		}
	}
	b = appendField(b, `,"prompt":`, string(e.Prompt))
	b = appendField(b, `,"response":`, string(e.Response))
	if len(e.Redactions) > 0 {
		b = appendCounts(append(b, `,"redactions":`...), e.Redactions)
	}
	b = appendNumber(b, `,"promptTokens":`, e.PromptTokens)
	b = appendNumber(b, `,"outputTokens":`, e.OutputTokens)
	b = appendField(b, `,"key":`, e.Key)
	if e.Tree != nil {
		b = strconv.AppendInt(append(b, `,"tree":{"size":`...), e.Tree.Size, 10)
		b = append(appendText(append(b, `,"root":`...), e.Tree.Root), '}')
	}
	if p := e.Pruned; p != nil {
		b = strconv.AppendInt(append(b, `,"pruned":{"before":`...), p.Before, 10)
		b = strconv.AppendInt(append(b, `,"count":`...), p.Count, 10)
		b = append(appendText(append(b, `,"set":`...), p.Set), '}')
	}
	b = appendField(b, `,"result":`, e.Result)
	return appendField(b, `,"detail":`, e.Detail), nil
}

func appendMore(b []byte) []byte { return append(b, `,"more":true`...) }

func appendSig(b, sig []byte) []byte { return appendBase64(append(b, `,"sig":`...), sig) }

func (s *Sampling) appendJSON(b []byte) ([]byte, error) {
	var err error
	for _, f := range []struct {
		key   string
		value float64
	}{{`{"temperature":`, s.Temperature}, {`,"topP":`, s.TopP}, {`,"minP":`, s.MinP}, {`,"repeatPenalty":`, s.RepeatPenalty}} {
		if b, err = appendFloat(append(b, f.key...), f.value); err != nil {
			return nil, err
		}
		if f.key == `{"temperature":` {
			b = strconv.AppendInt(append(b, `,"topK":`...), int64(s.TopK), 10)
		}
	}
	b = strconv.AppendUint(append(b, `,"seed":`...), uint64(s.Seed), 10)
	b = strconv.AppendInt(append(b, `,"maxTokens":`...), int64(s.MaxTokens), 10)
	return append(b, '}'), nil
}

// appendField writes what omitempty leaves of a text.
func appendField(b []byte, key, value string) []byte {
	if value == "" {
		return b
	}
	return appendText(append(b, key...), value)
}

func appendNumber(b []byte, key string, value int) []byte {
	if value == 0 {
		return b
	}
	return strconv.AppendInt(append(b, key...), int64(value), 10)
}

// appendText quotes s. What needs an escape, or might, is json's own affair.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ', c >= utf8.RuneSelf, c == '"', c == '\\', c == '<', c == '>', c == '&', c == 0x7f:
			quoted, _ := json.Marshal(s) // a string always marshals
			return append(b, quoted...)
		}
	}
	b = append(append(b, '"'), s...)
	return append(b, '"')
}

func appendBase64(b, data []byte) []byte {
	b = base64.StdEncoding.AppendEncode(append(b, '"'), data)
	return append(b, '"')
}

// appendFloat writes the numbers that samplers are set to; those that want an exponent, or do not exist, are json's.
func appendFloat(b []byte, f float64) ([]byte, error) {
	if size := math.Abs(f); f == 0 && !math.Signbit(f) || size >= 1e-6 && size < 1e21 {
		return strconv.AppendFloat(b, f, 'f', -1, 64), nil
	}
	written, err := json.Marshal(f)
	return append(b, written...), err
}

func appendCounts(b []byte, counts map[string]int) []byte {
	var few [8]string
	names := few[:0]
	for name := range counts {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		b = append(b, `{,`[min(i, 1)])
		b = strconv.AppendInt(append(appendText(b, name), ':'), int64(counts[name]), 10)
	}
	return append(b, '}')
}

// parse reads a line that appendJSON wrote. It answers false for any other, and for some that it did write: those with an
// escape. What it answers is as good as json.Unmarshal's only if encoding it again gives the same line: decode makes sure.
// The entry's texts are parts of one copy of the line.
func parse(line []byte) (Entry, bool) {
	p := parser{rest: string(line), ok: true}
	return p.entry(), p.ok
}

func (p *parser) entry() (e Entry) {
	e.Version = p.number(`{"v":`)
	e.Seq = p.int(`,"seq":`)
	e.Prev = p.base64(`,"prev":"`)
	p.time(`,"time":"`, &e.Time)
	e.Actor = p.text(`,"actor":"`)
	e.Action = Action(p.text(`,"action":"`))
	e.Matter = p.field(`,"matter":"`)
	e.Conversation = p.field(`,"conversation":"`)
	e.Turn = p.field(`,"turn":"`)
	e.Message = p.field(`,"message":"`)
	e.Model = p.field(`,"model":"`)
	e.Policy = p.field(`,"policy":"`)
	e.Ruleset = p.field(`,"ruleset":"`)
	if p.at(`,"history":`) {
		e.History = p.uint(`,"history":`)
	}
	if p.at(`,"sampling":`) {
		p.sampling(&e.Sampling)
	}
	e.Prompt = Commitment(p.field(`,"prompt":"`))
	e.Response = Commitment(p.field(`,"response":"`))
	if p.at(`,"redactions":{`) {
		e.Redactions = p.counts(`,"redactions":{`)
	}
	if p.at(`,"promptTokens":`) {
		e.PromptTokens = p.number(`,"promptTokens":`)
	}
	if p.at(`,"outputTokens":`) {
		e.OutputTokens = p.number(`,"outputTokens":`)
	}
	e.Key = p.field(`,"key":"`)
	if p.at(`,"tree":{`) {
		e.Tree = &TreeHead{Size: p.int(`,"tree":{"size":`), Root: p.text(`,"root":"`)}
		p.cut(`}`)
	}
	if p.at(`,"pruned":{`) {
		e.Pruned = &PrunedSet{Before: p.int(`,"pruned":{"before":`), Count: p.int(`,"count":`), Set: p.text(`,"set":"`)}
		p.cut(`}`)
	}
	e.Result = p.field(`,"result":"`)
	e.Detail = p.field(`,"detail":"`)
	if e.More = p.at(`,"more":true`); e.More {
		p.cut(`,"more":true`)
	}
	if p.at(`,"sig":"`) {
		e.Sig = p.base64(`,"sig":"`)
	}
	p.cut(`}`)
	p.ok = p.ok && p.rest == ""
	return e
}

// parser cuts a line up from the left. Once it is not ok it stays so.
type parser struct {
	rest  string
	ok    bool
	brief bool // leaves out what is base64
}

func (p *parser) at(key string) bool { return strings.HasPrefix(p.rest, key) }

func (p *parser) cut(key string) {
	rest, ok := strings.CutPrefix(p.rest, key)
	p.rest, p.ok = rest, p.ok && ok
}

// text reads up to the next quote, and the quote.
func (p *parser) text(key string) string {
	p.cut(key)
	end := strings.IndexByte(p.rest, '"')
	if !p.ok || end < 0 || strings.IndexByte(p.rest[:end], '\\') >= 0 {
		p.ok = false
		return ""
	}
	s := p.rest[:end]
	p.rest = p.rest[end+1:]
	return s
}

func (p *parser) field(key string) string {
	if !p.at(key) {
		return ""
	}
	return p.text(key)
}

func (p *parser) base64(key string) []byte {
	s := p.text(key)
	if p.brief {
		return nil
	}
	b, err := base64.StdEncoding.DecodeString(s)
	p.ok = p.ok && err == nil
	return b
}

func (p *parser) time(key string, t *time.Time) {
	s := p.text(key)
	var buf [40]byte
	if !p.ok || len(s) > len(buf) || !strings.HasSuffix(s, "Z") || t.UnmarshalText(buf[:copy(buf[:], s)]) != nil {
		p.ok = false
	}
}

// digits cuts off what a number can consist of.
func (p *parser) digits(key string) string {
	p.cut(key)
	end := 0
	for end < len(p.rest) && strings.IndexByte("0123456789+-.eE", p.rest[end]) >= 0 {
		end++
	}
	s := p.rest[:end]
	p.rest = p.rest[end:]
	return s
}

func (p *parser) int(key string) int64 {
	n, err := strconv.ParseInt(p.digits(key), 10, 64)
	p.ok = p.ok && err == nil
	return n
}

func (p *parser) uint(key string) uint64 {
	n, err := strconv.ParseUint(p.digits(key), 10, 64)
	p.ok = p.ok && err == nil
	return n
}

func (p *parser) number(key string) int {
	n, err := strconv.Atoi(p.digits(key))
	p.ok = p.ok && err == nil
	return n
}

func (p *parser) float(key string) float64 {
	f, err := strconv.ParseFloat(p.digits(key), 64)
	p.ok = p.ok && err == nil
	return f
}

func (p *parser) sampling(s *Sampling) {
	s.Temperature = p.float(`,"sampling":{"temperature":`)
	s.TopK = p.number(`,"topK":`)
	s.TopP = p.float(`,"topP":`)
	s.MinP = p.float(`,"minP":`)
	s.RepeatPenalty = p.float(`,"repeatPenalty":`)
	seed := p.uint(`,"seed":`)
	s.Seed = uint32(seed)
	p.ok = p.ok && seed <= math.MaxUint32
	s.MaxTokens = p.number(`,"maxTokens":`)
	p.cut(`}`)
}

func (p *parser) counts(key string) map[string]int {
	p.cut(key)
	counts := map[string]int{}
	for first := true; p.ok && !p.at(`}`); first = false {
		name := p.text(map[bool]string{true: `"`, false: `,"`}[first])
		counts[name] = p.number(`:`)
	}
	p.cut(`}`)
	return counts
}

// canonical reports whether the entry is written as line.
func (e *Entry) canonical(line []byte) bool {
	var buf [1024]byte
	again, err := e.appendJSON(buf[:0])
	return err == nil && bytes.Equal(again, line)
}
