package session

import (
	"errors"
	"fmt"

	"subrosa/internal/policy"
	"subrosa/internal/redact"
)

// detectors are what a policy makes of the rules: one redactor for each direction, since actions differ, and one set of
// guardrails for each.
type detectors struct {
	prompt, answer           *redact.Redactor
	promptGuard, answerGuard *redact.Guard
}

// detectorsOf builds them. A pattern or guardrail that is not sound, or fails its own tests, is an error: such a policy
// is refused.
func detectorsOf(d policy.Document) (detectors, error) {
	var out detectors
	rules, labels, err := siteRules(d.Redaction.Patterns)
	if err != nil {
		return out, err
	}
	out.prompt = redact.Everything().Under(handling(d.Redaction, rules, labels, false))
	out.answer = redact.Everything().Under(handling(d.Redaction, rules, labels, true))
	var prompts, answers []redact.GuardSpec
	for _, g := range d.Guardrails {
		if g.On.Prompt() {
			prompts = append(prompts, guardSpec(g))
		}
		if g.On.Answer() {
			answers = append(answers, guardSpec(g))
		}
	}
	out.promptGuard, err = redact.NewGuard(prompts...)
	if err != nil {
		return out, err
	}
	if len(answers) > 0 { // the built-in guardrails are about prompts
		out.answerGuard, err = redact.NewGuard(answers...)
	}
	return out, err
}

func siteRules(patterns []policy.Pattern) (rules []redact.Rule, labels map[redact.Type]string, err error) {
	labels = map[redact.Type]string{}
	for _, p := range patterns {
		rule, err := redact.NewPattern(patternSpec(p))
		if err != nil {
			return nil, nil, err
		}
		rules = append(rules, rule)
		if p.Label != "" {
			labels[redact.Type(p.Type)] = p.Label
		}
	}
	return rules, labels, nil
}

func patternSpec(p policy.Pattern) redact.PatternSpec {
	return redact.PatternSpec{
		Name: p.Name, Type: redact.Type(p.Type), Pattern: p.Pattern, Words: p.Words, Context: p.Context, Finds: p.Finds, Leaves: p.Leaves,
	}
}

func guardSpec(g policy.Guardrail) redact.GuardSpec {
	spec := redact.GuardSpec{
		Name: g.Name, Words: g.Words, Pattern: g.Pattern, Action: redact.Action(g.Action), Reason: g.Reason, Finds: g.Finds, Leaves: g.Leaves,
	}
	for _, t := range g.Types {
		spec.Types = append(spec.Types, redact.Type(t))
	}
	return spec
}

// handling gives every type its action: as the policy says, else as it says by default, else as built in.
func handling(r policy.Redaction, rules []redact.Rule, labels map[redact.Type]string, answer bool) redact.Handling {
	actions := redact.DefaultActions()
	for _, rule := range rules {
		actions[rule.Type] = redact.Mask
	}
	for t := range actions {
		if a := r.ActionOn(string(t), answer); a != "" {
			actions[t] = redact.Action(a)
		}
	}
	return redact.Handling{Actions: actions, Keep: r.Keep, Patterns: rules, Labels: labels}
}

// soundPolicy returns nil if a document's patterns and guardrails can be built and pass their tests.
func soundPolicy(d policy.Document) error {
	failures, _ := TestPolicy(d)
	if len(failures) == 0 {
		return nil
	}
	e := &policy.ParseError{}
	for _, f := range failures {
		e.Problems = append(e.Problems, policy.Problem{Path: f.Path, Text: f.Text})
	}
	return e
}

// TestFailure is a pattern or guardrail of a policy that cannot be built, or a test of its own that does not hold.
type TestFailure struct {
	Path string
	Text string
}

// TestPolicy builds a policy's patterns and guardrails one by one and runs the tests that they bring, through the
// detectors that would be in force. It returns what fails, and how many tests there are.
func TestPolicy(d policy.Document) (failures []TestFailure, tests int) {
	fail := func(path string, err error) {
		text := err.Error()
		var p *redact.PatternError
		if errors.As(err, &p) {
			text = p.Problem
			if p.Example != "" {
				text = fmt.Sprintf("%s: %q", p.Problem, p.Example)
			}
		}
		failures = append(failures, TestFailure{path, text})
	}
	for i, p := range d.Redaction.Patterns {
		tests += len(p.Finds) + len(p.Leaves)
		if _, err := redact.NewPattern(patternSpec(p)); err != nil {
			fail(fmt.Sprintf("redaction.patterns[%d]", i), err)
		}
	}
	for i, g := range d.Guardrails {
		tests += len(g.Finds) + len(g.Leaves)
		if _, err := redact.NewGuard(guardSpec(g)); err != nil {
			fail(fmt.Sprintf("guardrails[%d]", i), err)
		}
	}
	return failures, tests
}
