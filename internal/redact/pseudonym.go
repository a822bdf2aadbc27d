package redact

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Pseudonyms gives values tokens such as "[PERSON_1]" in place of them, and turns tokens back. The same value of the same
// type gets the same token for as long as the table lives: keep one for each conversation, and keep it as secret as the
// conversation. It may be used by many goroutines.
//
// Turning back is exact: a text that went through a Redactor For a prompt comes back byte for byte, even if it held
// something that looks like a token.
type Pseudonyms struct {
	mu      sync.Mutex
	tokens  map[pseudonymKey]string
	values  map[string]pseudonymKey // by token
	numbers map[string]int          // the last one of each stem
}

type pseudonymKey struct {
	kind  Type
	value string
}

// ErrPseudonyms is returned for bytes that hold no table of pseudonyms.
var ErrPseudonyms = errors.New("no table of pseudonyms")

// maxPseudonym is the longest token.
const maxPseudonym = 48

// NewPseudonyms returns an empty table.
func NewPseudonyms() *Pseudonyms {
	return &Pseudonyms{tokens: map[pseudonymKey]string{}, values: map[string]pseudonymKey{}, numbers: map[string]int{}}
}

// people are the last names of the persons in the table. The table may be nil.
func (p *Pseudonyms) people() (known people) {
	if p == nil {
		return known
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for key := range p.tokens {
		if key.kind == Person {
			known.note([]byte(key.value), -1)
		}
	}
	return known
}

// String keeps the table out of logs and messages.
func (p *Pseudonyms) String() string { return "[pseudonyms]" }

// GoString is String, for %#v.
func (p *Pseudonyms) GoString() string { return "[pseudonyms]" }

// Format writes String, whatever the verb.
func (p *Pseudonyms) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[pseudonyms]")) }

// Len returns how many values have a token.
func (p *Pseudonyms) Len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.tokens)
}

// Token returns the value's token, a new one if it has none. The token's word is the type's label's ("[SSN]" gives
// "[SSN_1]").
func (p *Pseudonyms) Token(t Type, label, value string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := pseudonymKey{t, value}
	if token, ok := p.tokens[key]; ok {
		return token
	}
	stem := stemOf(label)
	for {
		p.numbers[stem]++
		token := "[" + stem + "_" + strconv.Itoa(p.numbers[stem]) + "]"
		if _, taken := p.values[token]; !taken {
			p.tokens[key], p.values[token] = token, key
			return token
		}
	}
}

// find returns the value's token, if it has one.
func (p *Pseudonyms) find(t Type, value string) (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	token, ok := p.tokens[pseudonymKey{t, value}]
	return token, ok
}

func (p *Pseudonyms) known(token string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ok := p.values[token]
	return ok
}

// Reserve keeps what looks like a token in text, and is none, from ever becoming one: it would then be turned back.
func (p *Pseudonyms) Reserve(text string) {
	eachToken(text, func(token string) string {
		if !p.known(token) {
			p.reserve(token)
		}
		return token
	})
}

func (p *Pseudonyms) reserve(token string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := pseudonymKey{literalType, token}
	p.tokens[key], p.values[token] = token, key
}

// escape returns text in such a form that Rehydrate gives text.
func (p *Pseudonyms) escape(text string) string {
	return eachToken(text, func(literal string) string {
		if token, ok := p.find(literalType, literal); ok {
			return token
		}
		if p.known(literal) {
			return p.Token(literalType, Label(literalType), literal)
		}
		p.reserve(literal)
		return literal
	})
}

// Keep drops the tokens that stand in none of the texts: their values are to be forgotten.
func (p *Pseudonyms) Keep(texts ...string) {
	stay := map[string]bool{}
	for _, text := range texts {
		eachToken(text, func(token string) string {
			stay[token] = true
			return token
		})
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for token, key := range p.values {
		if !stay[token] {
			delete(p.values, token)
			delete(p.tokens, key)
		}
	}
}

// StandIn is a value and the token in its place.
type StandIn struct {
	Token string
	Type  Type
	Value string
}

// StandIns lists the values that have a token, by token.
func (p *Pseudonyms) StandIns() []StandIn {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []StandIn
	for token, key := range p.values {
		if key.kind != literalType {
			out = append(out, StandIn{token, key.kind, key.value})
		}
	}
	slices.SortFunc(out, func(a, b StandIn) int { return strings.Compare(a.Token, b.Token) })
	return out
}

// HasToken tells whether something in text looks like a token.
func HasToken(text string) bool {
	has := false
	eachToken(text, func(token string) string {
		has = true
		return token
	})
	return has
}

// eachToken returns text with everything that looks like a token replaced.
func eachToken(text string, replace func(token string) string) string {
	var out strings.Builder
	for {
		at := strings.IndexByte(text, '[')
		if at < 0 {
			out.WriteString(text)
			return out.String()
		}
		out.WriteString(text[:at])
		text = text[at:]
		if end, _ := shape(text); end > 0 {
			out.WriteString(replace(text[:end]))
			text = text[end:]
			continue
		}
		out.WriteByte('[')
		text = text[1:]
	}
}

// stemOf makes a token's word of a label: capitals, digits and _.
func stemOf(label string) string {
	var b strings.Builder
	for _, c := range []byte(strings.ToUpper(label)) {
		switch {
		case 'A' <= c && c <= 'Z', '0' <= c && c <= '9' && b.Len() > 0:
			b.WriteByte(c)
		case (c == '_' || c == ' ' || c == '-') && b.Len() > 0:
			b.WriteByte('_')
		}
		if b.Len() == 32 {
			break
		}
	}
	if s := strings.TrimRight(b.String(), "_"); s != "" {
		return s
	}
	return "VALUE"
}

// Rehydrate returns text with every token of the table turned back into its value.
func (p *Pseudonyms) Rehydrate(text string) string {
	s := p.Stream()
	return s.Write(text) + s.Close()
}

// Rehydrator turns tokens back in a text that arrives in pieces, which may be cut anywhere. It is for one goroutine.
type Rehydrator struct {
	p    *Pseudonyms
	held string
}

// Stream returns a Rehydrator for one text.
func (p *Pseudonyms) Stream() *Rehydrator { return &Rehydrator{p: p} }

// Write takes the next piece and returns what can be shown now. At most the beginning of a token is held.
func (s *Rehydrator) Write(piece string) string {
	text := s.held + piece
	s.held = ""
	at := strings.IndexByte(text, '[')
	if at < 0 {
		return text
	}
	var out strings.Builder
	for {
		out.WriteString(text[:at])
		text = text[at:]
		end, open := shape(text)
		switch {
		case open:
			s.held = text
			return out.String()
		case end > 0:
			s.p.mu.Lock()
			key, known := s.p.values[text[:end]]
			s.p.mu.Unlock()
			if known {
				out.WriteString(key.value)
				text = text[end:]
				break
			}
			fallthrough
		default:
			out.WriteByte('[')
			text = text[1:]
		}
		if at = strings.IndexByte(text, '['); at < 0 {
			out.WriteString(text)
			return out.String()
		}
	}
}

// Close takes the text as ended and returns the rest of it.
func (s *Rehydrator) Close() string {
	rest := s.held
	s.held = ""
	return rest
}

// Held returns how many bytes are held back.
func (s *Rehydrator) Held() int { return len(s.held) }

// shape returns the end of what looks like a token at the start of text, 0 if nothing does, or that the text ends inside
// what may.
func shape(text string) (end int, open bool) {
	i := 1
	for ; i < len(text) && i < maxPseudonym; i++ {
		c := text[i]
		if 'A' <= c && c <= 'Z' || i > 1 && (c == '_' || isDigit(c)) {
			continue
		}
		if c == ']' && i > 3 {
			k := i
			for isDigit(text[k-1]) {
				k--
			}
			if k < i && k > 2 && text[k-1] == '_' {
				return i + 1, false
			}
		}
		return 0, false
	}
	return 0, i == len(text) && i < maxPseudonym
}

// literalType is for text that looks like a token and is none. No policy can name a type in small letters.
const literalType Type = "text"

// literals finds what looks like a token.
func literals() Rule {
	return Rule{Name: "literal/1", Type: literalType, Anchors: "[", Match: func(c *Candidate) Verdict {
		end, open := shape(string(c.Text[c.At:min(len(c.Text), c.At+maxPseudonym)]))
		switch {
		case open:
			return c.Undecided(c.At)
		case end > 0:
			return c.Is(c.At, c.At+end, 1)
		}
		return None
	}}
}

// storedPseudonyms is the table's stored form.
type storedPseudonyms struct {
	Version int               `json:"version"`
	Tokens  []storedPseudonym `json:"tokens"`
}

type storedPseudonym struct {
	Token string `json:"token"`
	Type  Type   `json:"type"`
	Value []byte `json:"value"` // base64: a value need not be valid UTF-8
}

// MarshalBinary returns the table in clear: seal it before it is stored.
func (p *Pseudonyms) MarshalBinary() ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	stored := storedPseudonyms{Version: 1, Tokens: []storedPseudonym{}}
	for token, key := range p.values {
		stored.Tokens = append(stored.Tokens, storedPseudonym{token, key.kind, []byte(key.value)})
	}
	return json.Marshal(stored)
}

// UnmarshalBinary replaces the table by a stored one. ErrPseudonyms says that b holds none.
func (p *Pseudonyms) UnmarshalBinary(b []byte) error {
	var stored storedPseudonyms
	if err := json.Unmarshal(b, &stored); err != nil || stored.Version != 1 {
		return ErrPseudonyms // the cause would show what stands in the table
	}
	n := NewPseudonyms()
	for _, t := range stored.Tokens {
		key := pseudonymKey{t.Type, string(t.Value)}
		end, _ := shape(t.Token)
		if _, twice := n.values[t.Token]; twice || end != len(t.Token) || end < 4 {
			return ErrPseudonyms
		}
		n.tokens[key], n.values[t.Token] = t.Token, key
		if key.value == t.Token { // reserved: its number may be any
			continue
		}
		cut := strings.LastIndexByte(t.Token, '_')
		number, err := strconv.Atoi(t.Token[cut+1 : len(t.Token)-1])
		if err != nil {
			return ErrPseudonyms
		}
		stem := t.Token[1:cut]
		n.numbers[stem] = max(n.numbers[stem], number)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tokens, p.values, p.numbers = n.tokens, n.values, n.numbers
	return nil
}
