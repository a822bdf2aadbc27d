package engine

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"subrosa/internal/gguf"
	"subrosa/models"
)

func builtin(t *testing.T) *gguf.Header {
	t.Helper()
	h, err := gguf.Read(bytes.NewReader(models.Builtin))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestFitModelShortensTheContextThenRefuses(t *testing.T) {
	h := builtin(t)
	all, err := FitModel(h, 0, 0)
	if err != nil || all.Context != int(h.ContextLength()) || all.Needs <= all.Weights+all.Cache {
		t.Fatalf("%+v, %v", all, err)
	}
	// As long as it goes, then half of it.
	if f, err := FitModel(h, 0, all.Needs); err != nil || f.Context != all.Context {
		t.Errorf("%+v, %v", f, err)
	}
	less, err := FitModel(h, 0, all.Needs-1)
	if err != nil || less.Context != all.Context/2 || !strings.Contains(less.String(), "too little for one of") {
		t.Errorf("%+v, %v: %s", less, err, less)
	}
	// What was asked for is not shortened.
	if f, err := FitModel(h, all.Context, all.Needs-1); !errors.Is(err, ErrTooBig) || f.Context != all.Context {
		t.Errorf("%+v, %v", f, err)
	}
	f, err := FitModel(h, 0, 1)
	if !errors.Is(err, ErrTooBig) || f.Context != leastContext || f.Needs == 0 || !strings.Contains(err.Error(), "0.2 GB of 0.0 GB, with a context of 512 tokens") {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestFreeMemoryIsKnown(t *testing.T) {
	free := FreeMemory()
	if free < 100<<20 || free > 1<<46 {
		t.Errorf("%d bytes are free", free)
	}
}
