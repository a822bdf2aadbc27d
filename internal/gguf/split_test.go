package gguf

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func split(t *testing.T, parts int) (first string, whole []byte) {
	t.Helper()
	whole = tiny(t, Tiny())
	first, err := Split(whole, t.TempDir(), "small", parts)
	if err != nil {
		t.Fatal(err)
	}
	return first, whole
}

func TestAModelInPartsReadsAsTheWhole(t *testing.T) {
	for _, parts := range []int{2, 3, 7} {
		first, whole := split(t, parts)
		for _, path := range []string{first, strings.Replace(first, "-00001-", "-00002-", 1)} {
			f, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			got, err := io.ReadAll(f)
			if err != nil {
				t.Fatal(err)
			}
			if int64(len(got)) != f.Size || len(f.Parts) != parts {
				t.Errorf("%d bytes of %d, %d parts of %d", len(got), f.Size, len(f.Parts), parts)
			}
			same(t, got, whole)
		}
	}
}

// same holds a joined file against the one it was cut from.
func same(t *testing.T, got, want []byte) {
	t.Helper()
	g, err := Read(bytes.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	w, err := Read(bytes.NewReader(want))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got[countsEnd:][:w.pairsEnd-countsEnd], want[countsEnd:w.pairsEnd]) {
		t.Error("the keys differ")
	}
	if n, ok := g.Uint(splitCount); n != 0 || !ok {
		t.Errorf("split.count is %d: llama.cpp would look for the other parts", n)
	}
	if len(g.Tensors) != len(w.Tensors) {
		t.Fatalf("%d tensors, want %d", len(g.Tensors), len(w.Tensors))
	}
	for i, a := range g.Tensors {
		b := w.Tensors[i]
		n, _ := b.Bytes()
		if a.Name != b.Name || a.Type != b.Type ||
			!bytes.Equal(got[g.DataOffset+int64(a.Offset):][:n], want[w.DataOffset+int64(b.Offset):][:n]) {
			t.Errorf("tensor %s is %s, or its data differ", b.Name, a.Name)
		}
	}
	if err := g.Check(int64(len(got))); err != nil {
		t.Error(err)
	}
}

func TestAPartThatDoesNotBelongIsNamed(t *testing.T) {
	second := func(first string) string { return strings.Replace(first, "-00001-", "-00002-", 1) }
	third := func(first string) string { return strings.Replace(first, "-00001-", "-00003-", 1) }
	write := func(t *testing.T, path string, b []byte) {
		t.Helper()
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read := func(t *testing.T, path string) []byte {
		t.Helper()
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for name, c := range map[string]struct {
		harm func(t *testing.T, first string, whole []byte)
		says string
	}{
		"missing":        {func(t *testing.T, f string, _ []byte) { _ = os.Remove(second(f)) }, "-00002-of-00003.gguf: this part of the model is missing"},
		"twice":          {func(t *testing.T, f string, _ []byte) { write(t, third(f), read(t, second(f))) }, "it says that it is part 2 of 3"},
		"first again":    {func(t *testing.T, f string, _ []byte) { write(t, second(f), read(t, f)) }, "it says that it is part 1 of 3"},
		"a whole model":  {func(t *testing.T, f string, whole []byte) { write(t, second(f), whole) }, "it is no part of a split model"},
		"a letter":       {func(t *testing.T, f string, _ []byte) { write(t, third(f), []byte("Dear client")) }, "not a GGUF file"},
		"cut short":      {func(t *testing.T, f string, _ []byte) { b := read(t, third(f)); write(t, third(f), b[:len(b)-40]) }, "cut short"},
		"other tensors":  {func(t *testing.T, f string, _ []byte) { renamed(t, f) }, "promises"},
		"a tensor twice": {func(t *testing.T, f string, _ []byte) { doubled(t, f) }, "is in an earlier part too"},
		"a directory": {func(t *testing.T, f string, _ []byte) {
			_ = os.Remove(second(f))
			_ = os.Mkdir(second(f), 0o700)
		}, "not a GGUF file"},
	} {
		t.Run(name, func(t *testing.T) {
			first, whole := split(t, 3)
			c.harm(t, first, whole)
			_, err := Open(first)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
			var p *PartError
			if !errors.As(err, &p) && !errors.Is(err, ErrNotGGUF) && !errors.Is(err, ErrTruncated) {
				t.Errorf("%T is none of the errors that Open names", err)
			}
		})
	}
}

// renamed puts a part of a model with fewer layers in the third place.
func renamed(t *testing.T, first string) {
	t.Helper()
	s := Tiny()
	s.Layers = 1
	other, err := Split(tiny(t, s), t.TempDir(), "other", 3)
	if err != nil {
		t.Fatal(err)
	}
	move(t, other, first, "-00003-")
	move(t, other, first, "-00002-")
}

// doubled puts a second part whose tensors occur in the third as well.
func doubled(t *testing.T, first string) {
	t.Helper()
	s := Tiny()
	s.Layers = 3
	other, err := Split(tiny(t, s), t.TempDir(), "other", 3)
	if err != nil {
		t.Fatal(err)
	}
	move(t, other, first, "-00002-")
}

func move(t *testing.T, from, to, part string) {
	t.Helper()
	if err := os.Rename(strings.Replace(from, "-00001-", part, 1), strings.Replace(to, "-00001-", part, 1)); err != nil {
		t.Fatal(err)
	}
}

func TestAnUnsplitFileIsReadAsItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.gguf")
	whole := tiny(t, Tiny())
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := io.ReadAll(f)
	if err != nil || !bytes.Equal(got, whole) || f.Size != int64(len(whole)) {
		t.Errorf("%d bytes of %d, %v", len(got), f.Size, err)
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, ErrNotGGUF) {
		t.Errorf("a directory: %v", err)
	}
}
