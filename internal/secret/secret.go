// Package secret holds key material that can be wiped and cannot be printed.
//
// Bytes formats, logs and marshals as "[secret]". Wipe overwrites the memory in place. On Linux the bytes lie outside of
// Go's heap, in pages that are locked into memory as far as the process's limit allows (Locked tells), left out of core
// dumps and not handed to children. The package does not protect against a debugger, nor for what Expose's callers copy.
package secret

import (
	"crypto/rand"
	"fmt"
	"io"
)

const redacted = "[secret]"

// Bytes is a wipeable run of secret bytes. The zero value is empty. It must not be copied after first use.
type Bytes struct {
	b      []byte
	page   []byte // where b lies; nil: on Go's heap
	locked bool
}

// New takes ownership of b, which it may overwrite: the caller must not keep or reuse the slice.
func New(b []byte) *Bytes {
	s := hold(len(b))
	copy(s.b, b)
	clear(b)
	return s
}

// Random returns n bytes from the operating system's generator.
func Random(n int) *Bytes {
	s := hold(n)
	rand.Read(s.b) // never fails: crypto/rand aborts the program instead
	return s
}

func hold(n int) *Bytes {
	if page, locked, err := mapped(n); err == nil && n > 0 {
		return &Bytes{b: page[:n:n], page: page, locked: locked}
	}
	return &Bytes{b: make([]byte, n)} // no memory of its own is no reason to keep anybody out
}

// Expose returns the bytes themselves, not a copy. The slice is valid until Wipe; after it, it reads as zeros.
func (s *Bytes) Expose() []byte {
	if s == nil {
		return nil
	}
	return s.b
}

// Len returns the number of bytes, 0 after Wipe.
func (s *Bytes) Len() int { return len(s.Expose()) }

// Locked tells whether the bytes cannot be swapped out.
func (s *Bytes) Locked() bool { return s != nil && s.locked }

// Wipe overwrites the bytes with zeros and drops them. It may be called more than once and on nil.
func (s *Bytes) Wipe() {
	if s == nil {
		return
	}
	clear(s.b)
	if s.page != nil {
		release(s.page)
	}
	s.b, s.page, s.locked = nil, nil, false
}

// Format writes "[secret]" for every verb, so that no fmt call can print the bytes.
func (s *Bytes) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText makes JSON, YAML and slog print "[secret]".
func (s *Bytes) MarshalText() ([]byte, error) { return []byte(redacted), nil }
