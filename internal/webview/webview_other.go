//go:build !linux

package webview

import "errors"

// Prepare has nothing to say here.
func Prepare(bool) error { return nil }

// Harden is not available here.
func Harden() error { return errors.ErrUnsupported }

// Refused returns nothing.
func Refused() []string { return nil }
