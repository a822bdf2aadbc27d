// Package secret holds key material that can be wiped and cannot be printed.
//
// Bytes formats, logs and marshals as "[secret]". Wipe overwrites the memory in place. The package does not
// protect against a debugger or a kernel that swaps: callers turn core dumps off and lock what they can.
package secret

import (
	"crypto/rand"
	"fmt"
	"io"
)

const redacted = "[secret]"

// Bytes is a wipeable run of secret bytes. The zero value is empty. It must not be copied after first use.
type Bytes struct {
	b []byte
}

// New takes ownership of b: the caller must not keep or reuse the slice.
func New(b []byte) *Bytes { return &Bytes{b: b} }

// Random returns n bytes from the operating system's generator.
func Random(n int) *Bytes {
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand aborts the program instead
	return &Bytes{b: b}
}

// Expose returns the bytes themselves, not a copy. The slice is valid until Wipe.
func (s *Bytes) Expose() []byte {
	if s == nil {
		return nil
	}
	return s.b
}

// Len returns the number of bytes, 0 after Wipe.
func (s *Bytes) Len() int { return len(s.Expose()) }

// Wipe overwrites the bytes with zeros and drops them. It may be called more than once and on nil.
func (s *Bytes) Wipe() {
	if s == nil {
		return
	}
	clear(s.b)
	s.b = nil
}

// Format writes "[secret]" for every verb, so that no fmt call can print the bytes.
func (s *Bytes) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText makes JSON, YAML and slog print "[secret]".
func (s *Bytes) MarshalText() ([]byte, error) { return []byte(redacted), nil }
