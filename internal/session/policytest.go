package session

import (
	"fmt"
	"time"

	"subrosa/internal/policy"
)

// TestFailure is a test of a policy's own that does not hold.
type TestFailure struct {
	Path string
	Text string
}

// TestPolicy runs the tests that a policy brings with its patterns and guardrails, through the detectors that would be
// in force. It returns those that fail, and how many there are.
func TestPolicy(d policy.Document) (failures []TestFailure, tests int) {
	check := func(path string, finds, leaves []string, hit func(string) bool) {
		for i, text := range finds {
			tests++
			if !hit(text) {
				failures = append(failures, TestFailure{fmt.Sprintf("%s.finds[%d]", path, i), "nothing is found in it"})
			}
		}
		for i, text := range leaves {
			tests++
			if hit(text) {
				failures = append(failures, TestFailure{fmt.Sprintf("%s.leaves[%d]", path, i), "something is found in it"})
			}
		}
	}
	for i, p := range d.Redaction.Patterns {
		check(fmt.Sprintf("redaction.patterns[%d]", i), p.Finds, p.Leaves, patternHits(p))
	}
	for i, g := range d.Guardrails {
		check(fmt.Sprintf("guardrails[%d]", i), g.Finds, g.Leaves, guardrailHits(d, g))
	}
	return failures, tests
}

// InstalledPolicy returns the policy whose files are installed here, without asking what was in force before: the
// built-in one where they are bad.
func InstalledPolicy(opts Options, now time.Time) policy.Policy {
	return policyPlaces(opts).Load(policy.Mark{}, now).Policy
}
