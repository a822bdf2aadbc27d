//go:build !linux

package app

import (
	"encoding/json"
	"errors"

	"subrosa/internal/lockdown"
	"subrosa/internal/sandbox"
)

const takeoverFlag = "taken-over"

type handover struct {
	Home   int
	Proof  json.RawMessage
	Window geometry
	Reason string
}

// replace is not there yet: the session is locked, and the process keeps what Go and the web view cannot wipe.
func replace(handover, *sandbox.Sandbox) error { return errors.ErrUnsupported }

func takenOver(int) (handover, error) { return handover{}, errors.ErrUnsupported }

func harden() error { return lockdown.NoCoreDumps() }
