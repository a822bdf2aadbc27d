//go:build unix && !darwin

package session

import (
	"os"
	"path/filepath"
)

const engineName = "subrosa-engine"

func userDataDir() (string, error) {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".local", "share"), err
}
