// Command slowmodel writes a GGUF with random weights that is large enough to answer slowly: a test that stops or kills
// it in the middle of an answer then has the time to.
package main

import (
	"fmt"
	"os"

	"subrosa/internal/gguf"
)

func main() {
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "slowmodel:", err)
		os.Exit(1)
	}
}

func write(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	model := gguf.Synthetic{
		Name: "Slow test model", Layers: 12, Width: 1024, Hidden: 2816, Heads: 16, KVHeads: 4, Vocabulary: 2048, Context: 4096,
		Type: gguf.F16, Seed: 11, Letters: true,
	}
	if _, err := model.WriteTo(f); err != nil {
		return err
	}
	return f.Close()
}
