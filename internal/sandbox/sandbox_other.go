//go:build !linux || !(amd64 || arm64)

package sandbox

import "subrosa/internal/lockdown"

// ChildMain does nothing here: there is no helper.
func ChildMain() bool { return false }

// Open returns a Sandbox of no walls.
func Open(string, bool) (*Sandbox, error) {
	return &Sandbox{Why: "not done on this system", Socket: -1}, nil
}

// Enter does nothing.
func (s *Sandbox) Enter(lockdown.Reach) error { return nil }

// Renew does nothing.
func (s *Sandbox) Renew() error { return nil }

// Probe returns nothing.
func (s *Sandbox) Probe() []lockdown.Row { return nil }

func ownRoot() bool { return false }
