// Package fault is the one catalogue of what can go wrong, in words for the person in front of the screen.
//
// Leaf packages return sentinel or typed errors; chat, session and export attach a Code. A Fault never carries a
// prompt, a key or a file's content: Message and Hint come from the catalogue alone.
package fault

import (
	"errors"
	"maps"
	"slices"
)

// Code names a kind of failure. Codes are stable: scripts and the window branch on them.
type Code string

// Fault is an error with a public code, a sentence for the user and a next step.
type Fault struct {
	Code    Code
	Message string // one sentence, what happened
	Hint    string // one sentence, what to do now
	cause   error
}

// New returns the catalogue's Fault for code, wrapping cause, which may be nil.
func New(code Code, cause error) *Fault {
	text, ok := catalogue[code]
	if !ok {
		text = catalogue[Internal]
	}
	return &Fault{Code: code, Message: text.message, Hint: text.hint, cause: cause}
}

// All returns a Fault of every code, in the order of the codes.
func All() []*Fault {
	var all []*Fault
	for _, code := range slices.Sorted(maps.Keys(catalogue)) {
		all = append(all, New(code, nil))
	}
	return all
}

// From finds the Fault in err's chain, or wraps err as Internal. It returns nil for nil.
func From(err error) *Fault {
	if err == nil {
		return nil
	}
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return New(Internal, err)
}

// Error returns the message and the cause: for logs and terminals, never parsed.
func (f *Fault) Error() string {
	if f.cause == nil {
		return f.Message
	}
	return f.Message + " (" + f.cause.Error() + ")"
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.cause }

// Cause pairs an error that a leaf package returns with the code that it means to the user.
type Cause struct {
	Err  error
	Code Code
}

// Of returns nil for nil, the Fault that err already carries, the Fault of the first cause that err is, or otherwise's.
// The result is an error, not a *Fault, so that a nil result is a nil error.
func Of(err error, otherwise Code, causes ...Cause) error {
	if err == nil {
		return nil
	}
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	for _, c := range causes {
		if errors.Is(err, c.Err) {
			return New(c.Code, err)
		}
	}
	return New(otherwise, err)
}
