package engine

import (
	"os"
	"sync/atomic"
	"time"

	"subrosa/internal/engine/proto"
)

// child is not there on Windows so far: it has no socketpair, and os/exec passes no ExtraFiles.
type child struct {
	conn *os.File
	pid  int
	hung atomic.Bool
}

func startChild(Config) (*child, error) { return nil, ErrUnsupported }

func (c *child) send(proto.Kind, any) error       { return ErrUnsupported }
func (c *child) sendRaw(proto.Kind, []byte) error { return ErrUnsupported }
func (c *child) kill()                            {}
func (c *child) hangUp()                          {}

func (c *child) reap(time.Duration) (status, detail string) { return "", "" }
