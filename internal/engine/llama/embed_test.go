package llama

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"subrosa/internal/gguf"
)

func thesaurus(t testing.TB, groups ...string) []byte {
	t.Helper()
	words := gguf.Thesaurus{Name: "Thesaurus"}
	for _, g := range groups {
		words.Groups = append(words.Groups, strings.Fields(g))
	}
	var b bytes.Buffer
	if _, err := words.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func embedded(t testing.TB, m *Model, text string) []float32 {
	t.Helper()
	v, err := m.Embed(text, false)
	if err != nil || len(v) != m.Info().Dimensions {
		t.Fatal(len(v), err)
	}
	return v
}

func cosine(a, b []float32) (sum float64) {
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

func TestTextsAreNearWhoseWordsMeanTheSame(t *testing.T) {
	m := load(t, thesaurus(t, "heart cardiac", "attack infarction", "rent lease tenancy", "court judge"), Options{})
	if i := m.Info(); i.Dimensions != 64 || i.Context != 512 || i.Architecture != "bert" {
		t.Errorf("%+v", i)
	}
	asked := embedded(t, m, "heart attack")
	if same := cosine(asked, embedded(t, m, "The patient suffered a cardiac infarction.")); same < 0.99 {
		t.Error(same)
	}
	if other := cosine(asked, embedded(t, m, "The tenancy ends before the court.")); other > 0.1 {
		t.Error(other)
	}
	if half := cosine(asked, embedded(t, m, "an attack on the lease")); half < 0.4 || half > 0.6 {
		t.Error(half)
	}
	if norm := cosine(asked, asked); math.Abs(norm-1) > 1e-5 {
		t.Error(norm)
	}
	for _, nothing := range []string{"", "xyzzy"} {
		if v := embedded(t, m, nothing); cosine(v, v) > 1e-6 {
			t.Errorf("%q: %v", nothing, v)
		}
	}
	long := embedded(t, m, strings.Repeat("lease ", 2000)) // more than the context
	if same := cosine(long, embedded(t, m, "rent")); same < 0.99 {
		t.Error(same)
	}
}

// Models that read from left to right make vectors too, where their header names a pooling.
func TestADecoderWithPoolingMakesVectors(t *testing.T) {
	tiny := gguf.Tiny()
	tiny.Pooling = gguf.PoolLast
	m := load(t, synthetic(t, tiny), Options{Context: 64})
	a, other := embedded(t, m, "one text"), embedded(t, m, "another, quite different text")
	if again := cosine(a, embedded(t, m, "one text")); again < 0.9999 || cosine(a, other) > 0.999 {
		t.Error("a text has one vector, and another has another:", again, cosine(a, other))
	}
	if norm := cosine(a, a); math.Abs(norm-1) > 1e-5 {
		t.Error(norm)
	}
	if _, err := m.Embed(strings.Repeat("long ", 500), true); err != nil {
		t.Error(err)
	}
}

func TestAModelDoesWhatItIsFor(t *testing.T) {
	vectors, chat := load(t, thesaurus(t, "a b"), Options{}), load(t, synthetic(t, gguf.Tiny()), Options{})
	if _, err := chat.Embed("text", false); !errors.Is(err, ErrPurpose) {
		t.Error(err)
	}
	if _, err := vectors.Generate(Request{Messages: []Message{{"user", "text"}}}, nil); !errors.Is(err, ErrPurpose) {
		t.Error(err)
	}
	if _, err := vectors.Read(Request{Messages: []Message{{"user", "text"}}}); !errors.Is(err, ErrPurpose) {
		t.Error(err)
	}
	vectors.Stop()
	if _, err := vectors.Embed("text", false); !errors.Is(err, ErrStopped) {
		t.Error(err)
	}
	vectors.Ready()
	embedded(t, vectors, "text")
}
