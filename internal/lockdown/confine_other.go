//go:build !linux || (!amd64 && !arm64)

package lockdown

// Confine is not available here.
func Confine([]string, []string) (Confinement, error) { return Confinement{}, ErrUnsupported }

// ConfinementProbe has nothing to try here.
func ConfinementProbe(int) []Attempt { return nil }

// EngineFiles names nothing here.
func EngineFiles(string) (read, write []string) { return nil, nil }
