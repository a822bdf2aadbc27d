//go:build linux && (amd64 || arm64) && !bindings

// Package first enters the sandbox's namespaces before Go, and the libraries of the window, have threads. A program that
// imports it is in them when its main begins; see internal/sandbox.
package first

/*
extern int first_socket, first_helper, first_errno;
*/
import "C"

import "subrosa/internal/sandbox"

func init() { sandbox.Began(int(C.first_socket), int(C.first_helper), int(C.first_errno)) }
