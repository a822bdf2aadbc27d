//go:build !linux

package lockdown

// PlainSwap returns ErrUnsupported.
func PlainSwap() ([]string, error) { return nil, ErrUnsupported }

// CoreDumpsOff returns false: nothing is known.
func CoreDumpsOff() bool { return false }
