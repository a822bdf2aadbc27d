// Package redact finds sensitive values and puts labels in their place: in a whole text, and in a stream of pieces.
//
// A Rule names the bytes at which its candidates are noticed (its anchors). The scan looks each byte up in a table and
// asks a rule only at its anchors; prose costs a table look-up a byte. Finds that overlap become one span, their union,
// so that no byte of any find is shown; it carries the type of the longest, and between equals of the rule that comes
// first.
//
// Guarantee: a Stream releases nothing that a rule could still claim, whatever comes next, and however the text is cut
// into pieces, the released pieces put together are what Text returns. Whole text is a stream of one piece: there is
// one implementation.
//
// How much is held: an e-mail address at most 64 bytes before its @ and 255 after, a card 37 bytes and what ends it, an
// IBAN 42, in prose the current word. A longer run before an @ has its last 64 bytes masked, since no mailbox name is
// longer; a longer run after it has the longest host name in its first 255 bytes masked. Addresses that overlap in a chain are
// held until the chain ends: shown late rather than in part.
//
// What it does not do yet: it takes the text as it is (no full-width digits, zero-width characters or homoglyphs), and
// it knows four types. It is no proof that a text holds nothing sensitive.
package redact

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// Type is the kind of a sensitive value, by the name that Presidio uses for it.
type Type string

// The types that the built-in rules find.
const (
	EmailAddress Type = "EMAIL_ADDRESS"
	USSSN        Type = "US_SSN"
	CreditCard   Type = "CREDIT_CARD"
	IBANCode     Type = "IBAN_CODE"
)

// Label returns what stands in a value's place, such as "[EMAIL]". For a type without a label of its own it is the type
// in brackets.
func Label(t Type) string {
	switch t {
	case EmailAddress:
		return "[EMAIL]"
	case USSSN:
		return "[SSN]"
	case CreditCard:
		return "[CARD]"
	case IBANCode:
		return "[IBAN]"
	}
	return "[" + string(t) + "]"
}

// Span is a run of text to mask: bytes Start up to, not including, End.
type Span struct {
	Start, End int
	Type       Type
	Rule       string // name of the rule that found it
}

// Context is how many bytes before an anchor a rule can see.
const Context = 64

// Verdict is a rule's answer at an anchor.
type Verdict int

// The verdicts.
const (
	None  Verdict = iota // no value here, whatever follows
	Live                 // more text decides
	Found                // a value here, whatever follows
)

// Rule finds one kind of value. Its functions must depend on their arguments alone.
type Rule struct {
	Name    string // "email/1"; the number goes up with every change of what is found
	Type    Type
	Anchors string // the bytes at which Match is asked

	// Match judges the candidate at text[at], an anchor. The text begins at most Context bytes before it and ends
	// where the known text ends; more says whether any can follow. For Found it returns the value's bounds, for Live the
	// earliest start that the value could have. Found and None must hold for every continuation of the text if more is
	// true, and Live is not an answer if it is false.
	Match func(text []byte, at int, more bool) (start, end int, v Verdict)

	// Tail returns how many of the last bytes of text a value could claim whose anchor is yet to come. Text begins at
	// most Context bytes before its end. Nil means none: values start at their anchors.
	Tail func(text []byte) int
}

// Redactor holds a set of rules. It does not change and may be used by many goroutines.
type Redactor struct {
	rules    []Rule
	byAnchor [256][]int // indices into rules
	ruleset  string
}

// New returns a Redactor with these rules; between finds of the same length the earlier rule gives the type.
func New(rules ...Rule) *Redactor {
	r := &Redactor{rules: slices.Clone(rules)}
	hash := sha256.New()
	for i, rule := range r.rules {
		for _, b := range []byte(rule.Anchors) {
			r.byAnchor[b] = append(r.byAnchor[b], i)
		}
		hash.Write([]byte(rule.Name + "\x00" + string(rule.Type) + "\n"))
	}
	r.ruleset = "builtin-1:" + hex.EncodeToString(hash.Sum(nil)[:6])
	return r
}

// Default returns a Redactor with all built-in rules.
func Default() *Redactor { return New(IBAN(), Card(), SSN(), Email()) }

// Ruleset identifies the rules, their versions and their order: "builtin-1:" and twelve hexadecimal digits.
func (r *Redactor) Ruleset() string { return r.ruleset }

// Types returns what the rules look for, in their order.
func (r *Redactor) Types() []Type {
	types := make([]Type, len(r.rules))
	for i, rule := range r.rules {
		types[i] = rule.Type
	}
	return types
}

// Find returns the spans to mask, in order and without overlap.
func (r *Redactor) Find(text string) []Span {
	_, spans := r.Text(text)
	return spans
}

// Text returns text with every find replaced by its label, and the finds' places in the original.
func (r *Redactor) Text(text string) (masked string, spans []Span) {
	s := r.Stream()
	s.record = true
	s.buf = []byte(text)
	out := s.advance(make([]byte, 0, len(text)+16), true)
	return string(s.advance(out, false)), s.spans
}
