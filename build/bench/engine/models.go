package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"subrosa/internal/gguf"
	"subrosa/models"
)

// model is one that is measured. Its file is made up where it is not there.
type model struct {
	name  string
	write func(io.Writer) (int64, error)
}

func measuredModels() []model {
	whole := gguf.Bench()
	whole.Letters = true // what it says is text, which comes back as it was in the next turn
	half := whole
	half.Name, half.Layers, half.Type = "Synthetic 0.4B", 5, gguf.F16
	k := whole
	k.Type = gguf.Q4_K
	return []model{
		{"q4_0", whole.WriteTo},
		{"q4_k", k.WriteTo},
		{"f16", half.WriteTo},
		{"built-in", func(w io.Writer) (int64, error) { n, err := w.Write(models.Builtin); return int64(n), err }},
	}
}

func names() (all []string) {
	for _, m := range measuredModels() {
		all = append(all, m.name)
	}
	return all
}

// words are what the quoting model can say. It says them in this order, for what follows a token depends on that alone.
func words() (all []string) {
	for i := range 400 {
		all = append(all, fmt.Sprintf(" paragraph%03d", i))
	}
	return all
}

// quoting is a Q4_0 model that answers by quoting the document of words: its layers are computed like any other's, and add
// nothing.
func quoting() model {
	s := gguf.Bench()
	s.Name, s.Script, s.Words = "Synthetic 1.1B that quotes", strings.Join(words(), ""), words()
	s.Vocabulary = 2048
	return model{"quoting", s.WriteTo}
}

// ensure returns the model's file.
func (m model) ensure(dir string) (string, error) {
	file := filepath.Join(dir, "text-"+m.name+".gguf")
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	fmt.Fprintln(os.Stderr, "making up a model:", file)
	f, err := os.Create(file + ".part")
	if err != nil {
		return "", err
	}
	if _, err := m.write(f); err != nil {
		return "", errors.Join(err, f.Close(), os.Remove(file+".part"))
	}
	return file, errors.Join(f.Sync(), f.Close(), os.Rename(file+".part", file))
}
