//go:build unix

package engine

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"subrosa/internal/gguf"
)

func TestVectorsComeFromASealedModel(t *testing.T) {
	var plain bytes.Buffer
	words := gguf.Thesaurus{Name: "Thesaurus", Groups: [][]string{{"heart", "cardiac"}, {"rent", "lease"}}}
	if _, err := words.WriteTo(&plain); err != nil {
		t.Fatal(err)
	}
	s := seal(t, plain.Bytes())
	e := start(t, s.path)
	header, err := gguf.Read(bytes.NewReader(s.plain))
	if err != nil {
		t.Fatal(err)
	}
	fit, err := FitModel(header, Wish{}, Place{Free: 4 << 30})
	if err != nil || fit.Context != 512 || fit.ForConversations() != 0 || fit.Needs < fit.Weights+programs {
		t.Errorf("%+v, %v", fit, err)
	}
	if _, err := FitModel(header, Wish{}, Place{Free: 1 << 20}); !errors.Is(err, ErrTooBig) {
		t.Error(err)
	}
	r := s.request()
	r.Context = fit.Context
	info, err := e.Load(t.Context(), r, nil)
	if err != nil || info.Dimensions != 64 {
		t.Fatalf("%+v, %v", info, err)
	}
	for _, query := range []bool{false, true} {
		v, err := e.Embed(t.Context(), []string{"the heart", "cardiac", "the lease"}, query)
		if err != nil || len(v) != 3 {
			t.Fatal(v, err)
		}
		dot := func(a, b []float32) (sum float32) {
			for i := range a {
				sum += a[i] * b[i]
			}
			return sum
		}
		if same, other := dot(v[0], v[1]), dot(v[0], v[2]); same < 0.99 || other > 0.1 {
			t.Error(same, other)
		}
	}
	if v, err := e.Embed(t.Context(), nil, false); err != nil || len(v) != 0 {
		t.Error(v, err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Embed(cancelled, []string{strings.Repeat("heart ", 1000)}, false); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err) // it may be done before it is told
	}
	if _, err := e.Generate(t.Context(), ask("heart", 1), nil); !errors.Is(err, ErrProtocol) {
		t.Error(err)
	}
	if _, err := e.Embed(t.Context(), []string{"it goes on"}, false); err != nil {
		t.Error(err)
	}
	chat := load(t, seal(t, synthetic(t, gguf.Tiny())))
	if _, err := chat.Embed(t.Context(), []string{"text"}, false); !errors.Is(err, ErrProtocol) {
		t.Error(err)
	}
}
