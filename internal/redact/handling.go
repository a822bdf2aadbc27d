package redact

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
)

// Action is what happens to a find.
type Action string

// The actions, from the mildest to the strictest. Finds that share bytes get the strictest of their actions.
const (
	Allow        Action = "allow"        // it is not looked for
	Warn         Action = "warn"         // it is shown, and reported
	Pseudonymise Action = "pseudonymise" // a token takes its place, which Pseudonyms turns back
	Mask         Action = "mask"         // its type's label takes its place
	Block        Action = "block"        // masked, and the text must not be used: see Stream.Blocked
)

// Actions says what happens to each type of find. A type that is missing is masked.
type Actions map[Type]Action

// Of returns the action for a type. What it does not know is masked.
func (a Actions) Of(t Type) Action {
	switch v := a[t]; v {
	case Allow, Warn, Pseudonymise, Mask, Block:
		return v
	}
	return Mask
}

// DefaultActions masks the types of Kinds that are InChat, and allows the others.
func DefaultActions() Actions {
	a := Actions{}
	for _, k := range Kinds() {
		a[k.Type] = Allow
		if k.InChat {
			a[k.Type] = Mask
		}
	}
	return a
}

// Handling says what a Redactor does with what it finds, by policy.
type Handling struct {
	Actions  Actions
	Keep     []string        // texts that are let through when a find is exactly one of them
	Patterns []Rule          // the site's own, from NewPattern
	Labels   map[Type]string // labels of the site's own types
}

// Under returns a Redactor with r's rules and the site's, that handles finds as h says. Rules of allowed types do not run.
func (r *Redactor) Under(h Handling) *Redactor {
	rules := slices.Concat(h.Patterns, r.rules)
	rules = slices.DeleteFunc(rules, func(rule Rule) bool { return h.Actions.Of(rule.Type) == Allow })
	n := New(append(rules, literals())...)
	maps.Copy(n.labels, h.Labels)
	n.actions = Actions{}
	maps.Copy(n.actions, h.Actions)
	n.keep = map[string]bool{}
	for _, k := range h.Keep {
		n.keep[k] = true
	}
	hash := sha256.New()
	hash.Write([]byte(n.ruleset))
	for _, t := range slices.Sorted(maps.Keys(n.actions)) {
		hash.Write([]byte("\x00" + string(t) + "\x00" + string(n.actions[t])))
	}
	for _, k := range slices.Sorted(maps.Keys(n.keep)) {
		hash.Write([]byte("\x01" + k))
	}
	n.ruleset = "policy-1:" + hex.EncodeToString(hash.Sum(nil)[:6])
	return n
}

// Pseudonymises tells whether some type of find gets a token.
func (r *Redactor) Pseudonymises() bool {
	return slices.ContainsFunc(r.rules, func(rule Rule) bool { return r.actions != nil && r.actions.Of(rule.Type) == Pseudonymise })
}

// Direction is the way that a text goes.
type Direction int

// The directions.
const (
	Prompt Direction = 1 // to the model
	Answer Direction = 2 // from it
	Title  Direction = 3 // to the conversation's name: what has a token keeps it, and no new one is given
)

// For returns r with a conversation's pseudonyms: values that are pseudonymised get their tokens there. It is cheap.
// Without pseudonyms such values are masked.
//
// Text that looks like a token and is none stays what it is. In a prompt, one that is some value's token gets a token of
// its own; any other is taken out of those to be given, in answers too. A token in an answer is the model's copy.
func (r *Redactor) For(p *Pseudonyms, d Direction) *Redactor {
	n := *r
	n.pseudonyms, n.direction = p, d
	return &n
}

// Instead returns r with the other way of hiding a value: Mask masks what would be pseudonymised, Pseudonymise the other
// way round. What is blocked, shown or allowed stays so.
func (r *Redactor) Instead(a Action) *Redactor {
	n := *r
	n.instead = a
	return &n
}

// strictness orders the actions.
func (r *Redactor) strictness(t Type) int {
	if r.actions == nil {
		return 4
	}
	if t == literalType {
		return 0
	}
	switch r.actions.Of(t) {
	case Allow:
		return 0
	case Warn:
		return 1
	case Pseudonymise:
		if r.pseudonyms == nil || r.instead == Mask {
			return 3
		}
		return 2
	case Block:
		return 4
	}
	if r.pseudonyms != nil && r.instead == Pseudonymise {
		return 2
	}
	return 3
}

// put appends what stands in a find's place, and says which action was taken.
func (s *Stream) put(out []byte, f found, value []byte) ([]byte, Action) {
	if s.r.actions == nil {
		return append(out, s.r.label(f.kind)...), Mask
	}
	if s.r.keep[string(value)] || f.strict == 0 || f.kind == literalType && s.copied(value) {
		return append(out, s.plain(value)...), Allow
	}
	switch f.strict {
	case 1:
		return append(out, s.plain(value)...), Warn
	case 2:
		if token, ok := s.token(f.kind, string(value)); ok {
			return append(out, token...), Pseudonymise
		}
		return append(out, s.r.label(f.kind)...), Mask
	case 3:
		return append(out, s.r.label(f.kind)...), Mask
	}
	s.blocked = append(s.blocked, f.kind)
	return append(out, s.r.label(f.kind)...), Block
}

// copied tells whether value is a token that an answer repeats: no rule has a say in it.
func (s *Stream) copied(value []byte) bool {
	return s.r.pseudonyms != nil && s.r.direction != Prompt && s.r.pseudonyms.known(string(value))
}

// plain is a value that is shown, so that turning tokens back leaves it as it is.
func (s *Stream) plain(value []byte) []byte {
	if s.r.pseudonyms == nil {
		return value
	}
	switch s.r.direction {
	case Prompt:
		return []byte(s.r.pseudonyms.escape(string(value)))
	case Answer:
		s.r.pseudonyms.Reserve(string(value))
	}
	return value
}

// token returns what stands for a value, or false if it has no token and none is to be given.
func (s *Stream) token(kind Type, value string) (string, bool) {
	p := s.r.pseudonyms
	if s.r.direction == Prompt {
		return p.Token(kind, s.r.label(kind), value), true
	}
	value = p.Rehydrate(value) // a find may begin or end in a token: it stands for what the reader would see
	if s.r.direction == Title {
		return p.find(kind, value)
	}
	return p.Token(kind, s.r.label(kind), value), true
}

// Blocked returns the types of the values found so far that the policy blocks. If there are any the text must not go on.
func (s *Stream) Blocked() []Type { return slices.Clone(s.blocked) }
