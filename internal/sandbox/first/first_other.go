//go:build !linux || !(amd64 || arm64)

// Package first does nothing on this system.
package first
