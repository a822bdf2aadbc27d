package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"subrosa/internal/fault"
	"subrosa/internal/keys"
	"subrosa/models"
)

// ringService is the name under which the desktop keyring lists this program's secrets.
const ringService = "subrosa"

// Installed returns the options of an installed program: the engine beside it, its libraries in lib/ beside it or in
// /usr/lib/subrosa, the real keyring, and the given data directory or the desktop's own.
func Installed(home string) (Options, error) {
	home, err := dataDirectory(home)
	if err != nil {
		return Options{}, fault.New(fault.BadInput, err)
	}
	engine := EnginePath()
	lib := filepath.Join(filepath.Dir(engine), "lib")
	if _, err := os.Stat(lib); err != nil {
		lib = "/usr/lib/subrosa"
	}
	return Options{
		Home: home, Ring: keys.OSRing(ringService), Cost: keys.DefaultCost,
		EnginePath: engine, EngineLib: lib,
		Builtin: Builtin{Name: models.BuiltinName, GGUF: models.Builtin, SHA256: models.BuiltinSHA256()},
	}, nil
}

// EnginePath returns where the engine's program should be: beside this one.
func EnginePath() string {
	self, err := os.Executable()
	if err == nil {
		if real, err := filepath.EvalSymlinks(self); err == nil {
			self = real
		}
	}
	return filepath.Join(filepath.Dir(self), engineName)
}

// KeyringAnswers asks the keyring for a secret that is not there. It returns nil when the keyring says so.
func KeyringAnswers(ctx context.Context, ring keys.Ring) error {
	_, err := ring.Get(ctx, "doctor")
	if errors.Is(err, keys.ErrNotFound) {
		return nil
	}
	return keysFault(err)
}

// dataDirectory is XDG_DATA_HOME/subrosa on Linux, and the platform's own place elsewhere.
func dataDirectory(home string) (string, error) {
	if home != "" {
		return filepath.Abs(home)
	}
	base, err := userDataDir()
	if err != nil {
		return "", fmt.Errorf("find the data directory: %w", err)
	}
	return filepath.Join(base, "subrosa"), nil
}
