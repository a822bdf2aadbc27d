package redact

import (
	"errors"
	"fmt"
	"slices"
)

// Flag is a place in a text that a guardrail speaks up about. Nothing is taken out of the text for it.
type Flag struct {
	Start, End int // bytes, half-open
	Name       string
	Action     Action // Allow, Warn or Block
	Reason     string // one sentence for the user
}

// GuardSpec is a guardrail: words, a pattern, or types of values, and what happens when a text holds one.
type GuardSpec struct {
	Name    string
	Words   []string // whole words or phrases, in any case
	Pattern string   // RE2, bounded as NewPattern wants it
	Types   []Type   // types that a Redactor finds
	Action  Action   // Allow (it lifts the others' word for the bytes that it covers), Warn or Block
	Reason  string
	Finds   []string // tests: it must speak up in each of these texts
	Leaves  []string // tests: in none of these
}

// Guard looks for what guardrails speak up about. It does not change and may be used by many goroutines.
type Guard struct {
	specs  []GuardSpec
	finder *Redactor // rules by index of spec, in their type
	typed  *Redactor // for specs with types, nil without
}

// errGuard is wrapped by the errors that are not a PatternError.
var errGuard = errors.New("guardrail")

// NewGuard returns a Guard with the built-in guardrails and these. The error names the one that is wrong, and its failing
// example.
func NewGuard(specs ...GuardSpec) (*Guard, error) {
	g := &Guard{specs: slices.Concat(builtinGuards(), specs)}
	var rules, typed []Rule
	types := map[Type]bool{}
	for i, spec := range g.specs {
		if spec.Action != Allow && spec.Action != Warn && spec.Action != Block {
			return nil, fmt.Errorf("%w %q: its action must be allow, warn or block", errGuard, spec.Name)
		}
		for _, t := range spec.Types {
			types[t] = true
		}
		for _, source := range []PatternSpec{{Words: spec.Words}, {Pattern: spec.Pattern}} {
			if source.Pattern == "" && len(source.Words) == 0 {
				continue
			}
			source.Name, source.Type = spec.Name, guardType(i)
			rule := Rule{Name: "guard_" + spec.Name + "/1", Type: source.Type}
			var err error
			if source.Pattern != "" {
				err = rule.expression(source)
			} else {
				err = rule.phrases(source)
			}
			if err != nil {
				return nil, err
			}
			rules = append(rules, rule)
		}
		if spec.Pattern == "" && len(spec.Words) == 0 && len(spec.Types) == 0 {
			return nil, fmt.Errorf("%w %q: it needs words, a pattern or types", errGuard, spec.Name)
		}
	}
	rules = append(rules, overrides(0)) // the first built-in one
	g.finder = New(rules...)
	if len(types) > 0 {
		typed = slices.DeleteFunc(builtin(), func(r Rule) bool { return !types[r.Type] })
		g.typed = New(typed...)
	}
	for _, spec := range g.specs {
		for _, example := range spec.Finds {
			if !slices.ContainsFunc(g.find(example), func(f Flag) bool { return f.Name == spec.Name }) {
				return nil, &PatternError{Name: spec.Name, Problem: "must speak up in its example", Example: example}
			}
		}
		for _, example := range spec.Leaves {
			if slices.ContainsFunc(g.find(example), func(f Flag) bool { return f.Name == spec.Name }) {
				return nil, &PatternError{Name: spec.Name, Problem: "must not speak up in its example", Example: example}
			}
		}
	}
	return g, nil
}

func guardType(i int) Type { return Type(fmt.Sprintf("GUARD_%d", i)) }

// Check returns what the guardrails say about text, in order. Where a guardrail that allows covers a flag, that flag is
// left out.
func (g *Guard) Check(text string) []Flag {
	flags := g.find(text)
	allowed := slices.DeleteFunc(slices.Clone(flags), func(f Flag) bool { return f.Action != Allow })
	return slices.DeleteFunc(flags, func(f Flag) bool {
		return f.Action == Allow || slices.ContainsFunc(allowed, func(a Flag) bool { return a.Start <= f.Start && f.End <= a.End })
	})
}

func (g *Guard) find(text string) []Flag {
	var flags []Flag
	s := g.finder.Stream()
	s.every = func(start, end int, kind Type) {
		var i int
		if _, err := fmt.Sscanf(string(kind), "GUARD_%d", &i); err == nil {
			spec := g.specs[i]
			f := Flag{Start: start, End: end, Name: spec.Name, Action: spec.Action, Reason: spec.Reason}
			if !slices.Contains(flags, f) {
				flags = append(flags, f)
			}
		}
	}
	s.Write(text)
	s.Close()
	if g.typed != nil {
		for _, span := range g.typed.Find(text) {
			for _, spec := range g.specs {
				if slices.Contains(spec.Types, span.Type) {
					flags = append(flags, Flag{Start: span.Start, End: span.End, Name: spec.Name, Action: spec.Action, Reason: spec.Reason})
				}
			}
		}
	}
	slices.SortStableFunc(flags, func(a, b Flag) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return b.End - a.End
	})
	return flags
}

// Flags returns what the built-in guardrails say about a prompt: that it tries to switch redaction off, to draw out the
// system's text, to have masked values shown, or to have its instructions forgotten.
func Flags(text string) []Flag {
	g, err := NewGuard()
	if err != nil {
		panic(err) // the built-in ones are tested
	}
	return g.Check(text)
}

// builtinGuards are found by overrides; the first of them is its type.
func builtinGuards() []GuardSpec {
	return []GuardSpec{{
		Name: "override", Action: Warn,
		Words: []string{
			"jailbreak mode", "developer mode enabled", "do anything now", "prompt injection payload", "you are now dan", "act as dan", "unrestricted assistant", "unrestricted ai", "unrestricted mode", "pretend there are no rules", "pretend you have no rules", "redaction off", "masking off",
			"without restrictions or filters", "get around the filter", "get around the redaction", "get around the masking", "evade the filter", "evade redaction", "so the filter misses", "so that the filter misses", "so it is not masked", "so that it is not masked", "so that it is not redacted",
			"enable developer mode", "enter developer mode", "developer mode on", "enable debug mode", "enter debug mode", "dan mode", "god mode",
			"you are free of all", "you are free from all", "you are not bound by", "you are no longer bound", "you have no restrictions", "you have no rules", "you have no limits",
			"so it isn't masked", "so it isn't redacted", "so it won't be masked", "so it won't be redacted", "so that it isn't masked", "so that it isn't redacted", "so the filter does not catch", "so the filter doesn't catch", "so the filter won't catch", "so it is not redacted",
			"to avoid redaction", "to avoid the redaction", "to avoid masking", "to avoid the masking", "to evade masking", "no redaction please", "no redactions please", "no masking please", "no anonymization please", "no anonymisation please",
			"how you were instructed", "how you were programmed", "get past the redaction", "get past the filter", "get past the masking", "slip past the filter", "so it passes the filter", "my first message", "vor dieser nachricht", "vor meiner nachricht",
			"your context window", "first message in this conversation", "before this message", "above this message", "before my message", "above my message",
			"keine schwärzung", "keine maskierung", "keine anonymisierung", "ohne jede schwärzung", "keine platzhalter verwenden", "sin restricciones ni filtros", "para evitar el enmascaramiento", "para evitar la censura", "damit der filter", "um den filter zu umgehen",
		},
		Reason: "The prompt seems to ask for the assistant's instructions, or to work around the protection of private data. It is sent all the same, and noted on record.",
	}}
}
