package export

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestAFileIsThereWholeOrNotAtAll(t *testing.T) {
	content := func(w io.Writer) error {
		for range 4 {
			if _, err := io.WriteString(w, strings.Repeat("x", 1000)); err != nil {
				return err
			}
		}
		return nil
	}
	for ops := 0; ; ops++ {
		dir := drive(t)
		d, err := openDisk(dir)
		if err != nil {
			t.Fatal(err)
		}
		f := File{Path: filepath.Join(dir, "a.pdf"), target: pulledAfter(d, ops, syscall.EIO, true)}
		out, err := f.Write(t.Context(), content)
		_ = d.Close()
		if err == nil {
			if data, err := os.ReadFile(f.Path); err != nil || out.Size != 4000 || len(data) != 4000 || ops < 5 {
				t.Fatalf("%d operations: %+v, %v", ops, out, err)
			}
			break
		}
		if !errors.Is(err, ErrTarget) {
			t.Fatalf("after %d operations: %v", ops, err)
		}
		names, _ := os.ReadDir(dir)
		for _, n := range names {
			data, _ := os.ReadFile(filepath.Join(dir, n.Name()))
			if n.Name() != "a.pdf" || len(data) != 4000 { // renamed, and the fsync after it failed
				t.Fatalf("after %d operations: %s, %d bytes", ops, n.Name(), len(data))
			}
		}
	}
	dir := drive(t)
	f := File{Path: filepath.Join(dir, "a.pdf")}
	own := errors.New("the content's own")
	if _, err := f.Write(t.Context(), func(io.Writer) error { return own }); !errors.Is(err, own) || errors.Is(err, ErrTarget) {
		t.Error(err)
	}
	if _, err := f.Write(t.Context(), content); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(t.Context(), content); !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
}
