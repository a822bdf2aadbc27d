//go:build !linux

package socket

import (
	"context"
	"errors"

	"subrosa/internal/secret"
)

// Server answers for one data directory.
type Server struct{}

// Serve returns errors.ErrUnsupported.
func Serve(string, Handler) (*Server, error) { return nil, errors.ErrUnsupported }

// Close does nothing.
func (s *Server) Close() error { return nil }

// Ask returns errors.ErrUnsupported.
func Ask(context.Context, string, []byte, *secret.Bytes) ([]byte, error) {
	return nil, errors.ErrUnsupported
}
