// Package policy says what a workstation allows: so far, how long a prompt and an answer may be.
//
// A Policy is a value; nothing here reads a file yet. Default is the policy of a workstation without a signed one. The
// limits hold for the text as the user typed it, before redaction. The package decides; it does not record and does not
// speak to the user.
package policy

import (
	"strings"
	"unicode/utf8"
)

// Rule names what denied a prompt. The names are stable: they stand in the record.
type Rule string

// The rules of CheckPrompt.
const (
	RulePromptEmpty   Rule = "prompt.empty"
	RulePromptTooLong Rule = "prompt.too_long"
	RulePromptUTF8    Rule = "prompt.utf8"
)

// DeniedError means that the policy does not allow it. It holds no part of the prompt.
type DeniedError struct {
	Rule  Rule
	Limit int // bytes allowed, for RulePromptTooLong
	Have  int // bytes seen, for RulePromptTooLong
}

func (e *DeniedError) Error() string { return "denied by policy rule " + string(e.Rule) }

// Source says where a policy comes from.
type Source string

// SourceBuiltin is the policy of this package.
const SourceBuiltin Source = "builtin"

// Policy is a set of decisions.
type Policy struct {
	Version         string // recorded with each turn
	Source          Source
	MaxPromptBytes  int
	MaxAnswerTokens int
}

// Default returns the built-in policy.
func Default() Policy {
	return Policy{
		Version:         "builtin-1",
		Source:          SourceBuiltin,
		MaxPromptBytes:  256 << 10,
		MaxAnswerTokens: 4096,
	}
}

// CheckPrompt returns nil for a prompt that may be sent, else a *DeniedError.
func (p Policy) CheckPrompt(text string) error {
	switch {
	case len(text) > p.MaxPromptBytes:
		return &DeniedError{Rule: RulePromptTooLong, Limit: p.MaxPromptBytes, Have: len(text)}
	case !utf8.ValidString(text):
		return &DeniedError{Rule: RulePromptUTF8}
	case strings.TrimSpace(text) == "":
		return &DeniedError{Rule: RulePromptEmpty}
	}
	return nil
}
