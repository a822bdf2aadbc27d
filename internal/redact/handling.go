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
	if slices.ContainsFunc(rules, func(rule Rule) bool { return h.Actions.Of(rule.Type) == Pseudonymise }) {
		rules = append(rules, literals())
	}
	n := New(rules...)
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

// Direction is the way that a text goes.
type Direction int

// The directions.
const (
	Prompt Direction = 1 // to the model
	Answer Direction = 2 // from it
)

// For returns r with a conversation's pseudonyms: values that are pseudonymised get their tokens there. It is cheap. In a
// prompt, what looks like a token already is given a token of its own, so that turning back gives the prompt again.
// Without pseudonyms such values are masked.
func (r *Redactor) For(p *Pseudonyms, d Direction) *Redactor {
	n := *r
	n.pseudonyms, n.direction = p, d
	return &n
}

// strictness orders the actions.
func (r *Redactor) strictness(t Type) int {
	if r.actions == nil {
		return 4
	}
	if t == literalType {
		if r.direction != Prompt || r.pseudonyms == nil {
			return 0
		}
		return 2
	}
	switch r.actions.Of(t) {
	case Allow:
		return 0
	case Warn:
		return 1
	case Pseudonymise:
		if r.pseudonyms == nil {
			return 3
		}
		return 2
	case Block:
		return 4
	}
	return 3
}

// put appends what stands in a find's place, and says which action was taken.
func (s *Stream) put(out []byte, f found, value []byte) ([]byte, Action) {
	if s.r.actions == nil {
		return append(out, s.r.label(f.kind)...), Mask
	}
	if s.r.keep[string(value)] {
		return append(out, value...), Allow
	}
	switch f.strict {
	case 0:
		return append(out, value...), Allow
	case 1:
		return append(out, value...), Warn
	case 2:
		return append(out, s.r.pseudonyms.Token(f.kind, s.r.label(f.kind), string(value))...), Pseudonymise
	case 3:
		return append(out, s.r.label(f.kind)...), Mask
	}
	s.blocked = append(s.blocked, f.kind)
	return append(out, s.r.label(f.kind)...), Block
}

// Blocked returns the types of the values found so far that the policy blocks. If there are any the text must not go on.
func (s *Stream) Blocked() []Type { return slices.Clone(s.blocked) }
