//go:build !linux || !(amd64 || arm64) || bindings

// Package first does nothing on this system, nor in what generates the page's bindings, which stays outside, where they lie.
package first
