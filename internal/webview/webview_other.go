//go:build !linux

package webview

import "errors"

// Harden is not available here.
func Harden() error { return errors.ErrUnsupported }

// Refused returns nothing.
func Refused() []string { return nil }
