//go:build !linux || (!amd64 && !arm64)

package lockdown

// Confine is not available here.
func Confine([]string, []string) (Confinement, error) { return Confinement{}, ErrUnsupported }

// RestrictFiles is not available here.
func RestrictFiles(Reach, bool) (Confinement, error) { return Confinement{}, ErrUnsupported }

// WindowFiles names nothing here.
func WindowFiles(home, engine, lib string) Reach { return Reach{} }

// Folders names nothing here.
func Folders() []string { return nil }

// FilesProbe has nothing to try here.
func FilesProbe() []Attempt { return nil }

// ConfinementProbe has nothing to try here.
func ConfinementProbe(int) []Attempt { return nil }

// EngineFiles names nothing here.
func EngineFiles(string) (read, write []string) { return nil, nil }

// ReaderFiles names nothing here.
func ReaderFiles(string) (read, write []string) { return nil, nil }

// Seal is not available here.
func Seal() error { return ErrUnsupported }

// Limit is not available here.
func Limit(memory, seconds uint64) error { return ErrUnsupported }

// SealProbe has nothing to try here.
func SealProbe(int) []Attempt { return nil }
