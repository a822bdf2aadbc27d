// Package policy says what a workstation allows.
//
// A policy is one file, YAML or JSON: Document is its format, docs/policy.schema.json the same as a JSON Schema. IT signs
// it with minisign (Ed25519) and installs three files in /etc/subrosa: policy.yaml, policy.yaml.minisig, and policy.pub,
// the trusted keys, which root alone may write. Without them the data directory's policy/ is asked for files of the same names, where the
// signature is needed only if policy.pub is there; without those, Default is in force.
//
// Guarantee: a file that is malformed, badly signed, unsigned where a key is installed, expired, or lower in number than the
// one last in force is refused, and the copy of that one stays in force. Which one that was, the caller knows from the audit
// record, whose every entry names it; so putting an old file back is noticed for as long as the record is.
//
// It decides; it does not record, does not speak to the user, and holds no part of a prompt. It does not keep root from
// changing the trusted key, and it does not find or mask anything: package redact does, as a Document says.
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

// Policy is a Document and where it came from.
type Policy struct {
	Version string // recorded with each entry: Mark().String()
	Source  Source
	Signer  string // ID of the key that signed it, "" if none did
	SHA256  string // of the file, "" for the built-in one
	Document

	file, signature []byte
}

const builtinVersion = "builtin-1"

// Default returns the built-in policy.
func Default() Policy {
	return Policy{Version: builtinVersion, Source: SourceBuiltin, Document: defaults()}
}

// File returns the policy's file as it was read; nil for the built-in one.
func (p Policy) File() []byte { return p.file }

// CheckPrompt returns nil for a prompt that may be sent, else a *DeniedError.
func (p Policy) CheckPrompt(text string) error {
	switch {
	case len(text) > p.Limits.PromptBytes:
		return &DeniedError{Rule: RulePromptTooLong, Limit: p.Limits.PromptBytes, Have: len(text)}
	case !utf8.ValidString(text):
		return &DeniedError{Rule: RulePromptUTF8}
	case strings.TrimSpace(text) == "":
		return &DeniedError{Rule: RulePromptEmpty}
	}
	return nil
}
