package child

import (
	"os"
	"sync/atomic"
	"time"
)

// Child is not there on Windows so far: it has no socketpair, and os/exec passes no ExtraFiles.
type Child struct {
	Conn *os.File
	PID  int
	Hung atomic.Bool
}

// Start returns ErrUnsupported.
func Start(Command) (*Child, error) { return nil, ErrUnsupported }

// Kill does nothing.
func (c *Child) Kill() {}

// HangUp does nothing.
func (c *Child) HangUp() {}

// Reap does nothing.
func (c *Child) Reap(time.Duration) (status, detail string) { return "", "" }
