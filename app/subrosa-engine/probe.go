package main

import (
	"encoding/json"
	"errors"
	"os"

	"subrosa/internal/engine/llama"
	"subrosa/internal/lockdown"
)

// probeArgument makes the engine confine itself as it does for work, open its libraries, try from inside what it must
// not be able to do, and print what came of it. `subrosactl doctor --posture` asks it.
const probeArgument = "__confinement-probe"

func probe(lib string) error {
	in, err := lockdown.Confine(lockdown.EngineFiles(lib))
	if err != nil {
		return err
	}
	if _, err := llama.Open(lib); err != nil {
		return errors.Join(errors.New("its own libraries are out of reach"), err)
	}
	return printProbe(in, lockdown.ConfinementProbe(os.Getppid()))
}

func printProbe(in lockdown.Confinement, attempts []lockdown.Attempt) error {
	return json.NewEncoder(os.Stdout).Encode(struct {
		lockdown.Confinement
		Attempts []lockdown.Attempt `json:"attempts"`
	}{in, attempts})
}
