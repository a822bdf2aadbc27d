//go:build !linux || !(amd64 || arm64)

package lockdown

import (
	"runtime"
	"time"
)

// Check is a proof under way.
type Check struct{ started time.Time }

// Begin returns ErrUnsupported, and a Check whose report says that nothing is enforced.
func Begin(string) (*Check, error) { return &Check{started: time.Now()}, ErrUnsupported }

// Wait returns the report.
func (c *Check) Wait() *Report {
	return &Report{
		OS:      runtime.GOOS + "/" + runtime.GOARCH,
		Control: ErrUnsupported.Error(),
		Time:    time.Now(),
		Took:    time.Since(c.started),
	}
}

// Enforce returns ErrUnsupported.
func Enforce() error { return ErrUnsupported }

// Enforced returns false.
func Enforced() bool { return false }

// ChildMain does nothing here: there is no control child.
func ChildMain() bool { return false }

// NoCoreDumps returns ErrUnsupported.
func NoCoreDumps() error { return ErrUnsupported }

// HardenProcess returns ErrUnsupported.
func HardenProcess() error { return ErrUnsupported }

// testimony is what a control would have said.
type testimony struct{}

// Carry returns ErrUnsupported.
func (r *Report) Carry() ([]byte, error) { return nil, ErrUnsupported }

// Resume returns ErrUnsupported.
func Resume([]byte) (*Report, error) { return nil, ErrUnsupported }
