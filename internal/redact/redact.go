// Package redact finds sensitive values and puts labels in their place: in a whole text, and in a stream of pieces.
//
// A Rule names what its candidates are noticed by: single bytes, whole words, prefixes of words, or the size of an
// identifier. The scan finds the words of a text once and looks each up in one table; prose costs that look-up, and a
// rule runs at its own triggers only. Finds that overlap become one span, their union, so that no byte of any find is
// shown; it carries the type of a secret if one is among them, else of the longest, between equals that of the better
// score, then of the rule that comes first.
//
// Guarantee: a Stream releases nothing that a rule could still claim, whatever comes next, and however the text is cut
// into pieces, the released pieces put together are what Text returns. Whole text is a stream of one piece: there is
// one implementation.
//
// How much is held: the current word (64 bytes at most), an identifier that may go on (its groups, 48 characters at
// most), an e-mail address at most 64 bytes before its @ and 255 after, and whatever a rule calls Live. A longer run
// before an @ has its last 64 bytes masked, since no mailbox name is longer; a longer run after it has the longest host
// name in its first 255 bytes masked. Addresses that overlap in a chain are held until the chain ends: shown late rather
// than in part.
//
// Of a private key or a web token, which are long, the label goes out as soon as there is no doubt about it; if their end
// does not come within a bound, nothing of the text is shown any more.
//
// It is no proof that a text holds nothing sensitive.
package redact

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Type is the kind of a sensitive value, by the name that Presidio uses for it where Presidio has one.
type Type string

// The types that the first rules find.
const (
	EmailAddress Type = "EMAIL_ADDRESS"
	USSSN        Type = "US_SSN"
	CreditCard   Type = "CREDIT_CARD"
	IBANCode     Type = "IBAN_CODE"
)

// Label returns what stands in a value's place, such as "[EMAIL]". For a type that no built-in rule finds it is the type
// in brackets.
func Label(t Type) string {
	for _, k := range Kinds() {
		if k.Type == t {
			return k.Label
		}
	}
	return "[" + string(t) + "]"
}

// Span is a run of text to mask: bytes Start up to, not including, End.
type Span struct {
	Start, End int
	Type       Type
	Rule       string  // name of the rule that found it
	Score      float64 // 0 to 1: how sure the rule is
	Action     Action  // what was done: Mask, unless a policy says otherwise
}

// Context is how many bytes before an anchor a rule can see.
const Context = 96

// maxWord is how many bytes the scan takes for one word. What is longer is no word: it is cut there, and only its first
// bytes are a trigger.
const maxWord = 64

// Verdict is a rule's answer about a candidate.
type Verdict int

// The verdicts.
const (
	None  Verdict = iota // no value here, whatever follows
	Live                 // more text decides
	Found                // a value here, whatever follows
)

// Candidate is a place at which a rule is asked, and the rule's answer.
type Candidate struct {
	Text []byte // begins at most Context bytes before At, ends where the known text ends
	At   int    // the trigger: the anchor, or the first byte of the word, prefix or identifier
	More bool   // whether anything can follow Text

	// For a rule with Sizes: the identifier's letters, in capitals, and digits, without separators; where it ends in
	// Text; the sizes of its groups and the separators between them.
	Value []byte
	Stop  int
	Sizes []int
	Seps  []byte

	// The answer. Score is 0.5 and Type the rule's own unless Match says otherwise.
	Start, End int
	Score      float64
	Type       Type

	// For a rule that Swallows. Certain, with Live: there is a value from Start on, whatever follows, and only its end is
	// open. Endless, with Found: its end was not seen in time, and all that follows is taken for it.
	Certain, Endless bool

	// For a rule with Phrases: those that begin with the word at At.
	Phrases []string

	rule   int
	near   *surroundings
	stream *Stream
	first  int  // bytes of the word at At
	next   byte // the first letter or digit after it, 0 if it is not known or not of ASCII
}

// Is answers that Text[start:end] is a value.
func (c *Candidate) Is(start, end int, score float64) Verdict {
	c.Start, c.End, c.Score = start, end, score
	return Found
}

// Undecided answers that more text decides about a value that begins at start or later; at the end of all text it is
// None.
func (c *Candidate) Undecided(start int) Verdict {
	if !c.More {
		return None
	}
	c.Start = start
	return Live
}

// Rule finds one kind of value. Its functions must depend on their arguments alone. It is asked at every trigger that
// any of the first five fields names.
type Rule struct {
	Name string // "email/1"; the number goes up with every change of what is found
	Type Type

	Anchors  string   // single bytes; a letter or digit counts only where a word begins
	If       If       // for Anchors: whether to ask; nil for always
	Words    []string // whole words in small letters, matched in any case; a word is letters (to U+07FF) and digits
	Phrases  []string // phrases in small letters, asked at the first word where the next letter fits too: Match finds those in Candidate.Phrases
	Prefixes []string // literals, in the case given; one that begins with a letter or digit counts only where a word begins
	Sizes    []int    // identifiers of so many letters and digits, at least one a digit: one word, or groups with one separator between them

	// For Sizes: what the scan can tell without asking. Groups are the sizes of groups, nil for any; Letters says whether the
	// identifier has any.
	Groups  [][]int
	Letters Letters

	// Words and phrases, in small letters, of which one before the value makes it likelier: see Context. A phrase's words
	// stand one to three bytes of space or punctuation apart. A plural s is understood.
	Context []string

	// Match judges the candidate. For Found it sets the value's bounds, for Live the earliest start that the value could
	// have (Is and Undecided do). Found and None must hold for every continuation of the text if More is true, and Live is
	// not an answer if it is false. It is asked again at a Live candidate when more is known.
	Match func(c *Candidate) Verdict

	// Swallows says that the finds are long ones of which no other find changes the type: once one is Certain its label
	// goes out, and the rest of it nowhere.
	Swallows bool

	// Tail returns how many of the last bytes of text a value could claim whose trigger is yet to come. Text begins at
	// most Context bytes before its end. Nil means: none but the current word, which is always held.
	Tail func(text []byte) int
}

func (r *Redactor) label(t Type) string {
	if l, ok := r.labels[t]; ok {
		return l
	}
	return "[" + string(t) + "]"
}

// If tells from a word, or another byte that is an anchor, and what stands next to it whether a rule must be asked there. It is false only where the
// rule's Match would be None whatever else stands around: it saves time and decides nothing.
type If func(w *Word) bool

// Word is a word at whose first byte a rule has its anchor, or an anchor that is no letter or digit.
type Word struct {
	Text            []byte // at most maxWord bytes
	Earlier, Before byte   // what stands before it; 0 where the text begins
	After, Next     byte   // what follows it; 0 where nothing is known to
	Digits          int    // how many it begins with
	Value           int    // of those digits, if they are at most nine

	hash    uint32 // in small letters
	gazette uint8
	looked  bool
	stream  *Stream
	at      int // where it begins in the stream's text
}

// joined reports whether a separator other than a space joins it to a digit before.
func (w *Word) joined() bool {
	switch w.Before {
	case '.', ',', '/', '-', ':':
		return isDigit(w.Earlier)
	}
	return false
}

// known returns what the gazetteer says about the word.
func (w *Word) known() uint8 {
	if !w.looked {
		w.gazette, w.looked = w.stream.r.names.lookHashed(w.Text, w.hash), true
	}
	return w.gazette
}

// Letters is what an identifier is made of.
type Letters int

// What a rule with Sizes takes.
const (
	AnyLetters  Letters = iota // with letters or without
	NoLetters                  // digits alone
	WithLetters                // one letter at least
	LetterFirst                // and that at the beginning
	DigitFirst                 // one letter at least, after a digit
)

// anchored is a rule at one of its anchors.
type anchored struct {
	rule int
	when If
}

// sized are the rules that are asked about identifiers of a size.
type sized struct {
	any   []int  // indices into rules: those for any groups
	forms []form // for each signature that some rule names
}

// form are the rules for groups of certain sizes, with those for any.
type form struct {
	signature uint64
	rules     []int
}

// add adds a rule for these groups, nil for any. Rules are added in order.
func (s *sized) add(rule int, groups [][]int) {
	if groups == nil {
		s.any = append(s.any, rule)
		for i := range s.forms {
			s.forms[i].rules = append(s.forms[i].rules, rule)
		}
	}
	for _, g := range groups {
		sig := signature(g)
		i := slices.IndexFunc(s.forms, func(f form) bool { return f.signature == sig })
		if i < 0 {
			i = len(s.forms)
			s.forms = append(s.forms, form{sig, slices.Clone(s.any)})
		}
		s.forms[i].rules = append(s.forms[i].rules, rule)
	}
}

// rules returns those for groups of this signature.
func (s *sized) rules(signature uint64) []int {
	for i := range s.forms {
		if s.forms[i].signature == signature {
			return s.forms[i].rules
		}
	}
	return s.any
}

// signature packs the sizes of groups: four bits each, at most 14 of at most 15, or the one group's size above them.
func signature(sizes []int) uint64 {
	var s uint64
	for _, n := range sizes {
		s = s<<4 | uint64(min(n, 15))
	}
	return s
}

// Redactor holds a set of rules. It does not change and may be used by many goroutines.
type Redactor struct {
	rules    []Rule
	match    []func(*Candidate) Verdict // the rules' own, close together
	byAnchor [256][]anchored
	flags    [256]uint8
	words    *lexicon
	names    *gazetteer
	prefixes [][]literal           // those that begin with the same two bytes
	pairs    [1 << 16]uint16       // by two bytes: 1 + index into prefixes, 0 for none
	bySize   [3][maxSize + 1]sized // without letters, with letters after a digit, with letters from the first on
	tails    []int
	labels   map[Type]string
	actions  Actions // nil: everything is masked
	keep     map[string]bool

	pseudonyms *Pseudonyms
	direction  Direction
	instead    Action
	ruleset    string
}

type literal struct {
	text string
	rule int
}

// New returns a Redactor with these rules.
func New(rules ...Rule) *Redactor {
	r := &Redactor{rules: slices.Clone(rules), words: newLexicon(), names: names(), labels: map[Type]string{}}
	for _, k := range Kinds() {
		r.labels[k.Type] = k.Label
	}
	hash := sha256.New()
	for b := range 256 {
		if startsWord(byte(b)) {
			r.flags[b] |= isStart
		}
	}
	for i, rule := range r.rules {
		r.match = append(r.match, rule.Match)
		for _, b := range []byte(rule.Anchors) {
			r.byAnchor[b] = append(r.byAnchor[b], anchored{i, rule.If})
			r.flags[b] |= isAnchor
		}
		for _, w := range rule.Words {
			r.words.trigger(w, i)
		}
		for w, phrases := range byFirst(rule.Phrases) {
			r.words.trigger(w, i, phrases...)
		}
		for _, p := range rule.Prefixes {
			pair := uint16(p[0])<<8 | uint16(p[1])
			if r.pairs[pair] == 0 {
				r.prefixes = append(r.prefixes, nil)
				r.pairs[pair] = uint16(len(r.prefixes))
			}
			r.prefixes[r.pairs[pair]-1] = append(r.prefixes[r.pairs[pair]-1], literal{p, i})
			r.flags[p[0]] |= isPrefix
		}
		for _, n := range rule.Sizes {
			for class, takes := range [3][]Letters{{AnyLetters, NoLetters}, {AnyLetters, WithLetters, DigitFirst}, {AnyLetters, WithLetters, LetterFirst}} {
				if slices.Contains(takes, rule.Letters) {
					r.bySize[class][n].add(i, rule.Groups)
				}
			}
		}
		for _, p := range rule.Context {
			r.words.phrase(p, i)
		}
		if rule.Tail != nil {
			r.tails = append(r.tails, i)
		}
		hash.Write([]byte(rule.Name + "\x00" + string(rule.Type) + "\n"))
	}
	for w := range strings.FieldsSeq(linking) {
		r.words.entry(w).links = true
	}
	r.words.build()
	r.ruleset = "builtin-1:" + hex.EncodeToString(hash.Sum(nil)[:6])
	return r
}

// pair returns 1 + the index of the prefixes that begin with these two bytes, 0 for none.
func (r *Redactor) pair(a, b byte) uint16 { return r.pairs[uint16(a)<<8|uint16(b)] }

// Ruleset identifies the rules, their versions and their order: "builtin-1:" and twelve hexadecimal digits.
func (r *Redactor) Ruleset() string { return r.ruleset }

// Types returns what the rules look for, in their order.
func (r *Redactor) Types() []Type {
	var types []Type
	for _, rule := range r.rules {
		if rule.Type != literalType && !slices.Contains(types, rule.Type) {
			types = append(types, rule.Type)
		}
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
	s.in.raw = []byte(text)
	s.in.text = make([]byte, 0, len(text))
	s.near.firsts = make([]first, 0, 8+len(text)/64)
	s.pending, s.spans = make([]found, 0, 4+len(text)/128), make([]Span, 0, 4+len(text)/128) // a guess
	out := s.advance(make([]byte, 0, len(text)+16), true)
	return string(s.advance(out, false)), s.spans
}
