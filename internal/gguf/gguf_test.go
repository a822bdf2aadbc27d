package gguf

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

func tiny(t testing.TB, s Synthetic) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := s.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAWrittenModelReadsBack(t *testing.T) {
	s := Tiny()
	file := tiny(t, s)
	h, err := Read(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if h.Architecture() != "llama" || h.String("general.name") != s.Name || h.ContextLength() != 512 || h.Quantisation() != "Q8_0" {
		t.Errorf("read %q %q %d %q", h.Architecture(), h.String("general.name"), h.ContextLength(), h.Quantisation())
	}
	if h.String("tokenizer.chat_template") != ChatML || h.ArrayLen("tokenizer.ggml.tokens") != 320 {
		t.Errorf("template %q, %d tokens", h.String("tokenizer.chat_template"), h.ArrayLen("tokenizer.ggml.tokens"))
	}
	if len(h.Tensors) != 3+9*s.Layers {
		t.Errorf("%d tensors", len(h.Tensors))
	}
	if h.Size() != int64(len(file)) {
		t.Errorf("the header says %d bytes, the file has %d", h.Size(), len(file))
	}
	if err := h.Check(int64(len(file)) - 1); !errors.Is(err, ErrTruncated) {
		t.Errorf("one byte short: %v", err)
	}
}

func TestEveryCutIsAnError(t *testing.T) {
	file := tiny(t, Tiny())
	h, err := Read(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for n := range int(h.DataOffset) - int(h.Alignment) {
		_, err := Read(bytes.NewReader(file[:n]))
		if want := ErrTruncated; n >= 4 && !errors.Is(err, want) || n < 4 && !errors.Is(err, ErrNotGGUF) {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
}

func TestWhatIsNoGGUFIsSaidToBeNone(t *testing.T) {
	for name, file := range map[string]string{
		"empty":        "",
		"text":         "This is a letter to a client, not a model.",
		"zip":          "PK\x03\x04 and so on",
		"old ggml":     "lmgg\x01\x00\x00\x00",
		"version 99":   "GGUF\x63\x00\x00\x00" + string(make([]byte, 16)),
		"many keys":    "GGUF\x03\x00\x00\x00" + string(make([]byte, 8)) + "\xff\xff\xff\xff\xff\xff\xff\x7f",
		"many tensors": "GGUF\x03\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\x7f" + string(make([]byte, 8)),
		"long key":     "GGUF\x03\x00\x00\x00" + string(make([]byte, 8)) + "\x01\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff",
	} {
		if _, err := Read(bytes.NewReader([]byte(file))); !errors.Is(err, ErrNotGGUF) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type brokenReader struct{}

var errBroken = errors.New("broken")

func (brokenReader) Read([]byte) (int, error) { return 0, errBroken }

func TestAReadErrorIsNotTakenForATruncation(t *testing.T) {
	file := tiny(t, Tiny())
	for _, n := range []int{0, 3, 4, 30, 1000} {
		_, err := Read(io.MultiReader(bytes.NewReader(file[:n]), brokenReader{}))
		if !errors.Is(err, errBroken) {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
}

func TestTheSameDescriptionGivesTheSameFile(t *testing.T) {
	a, b := tiny(t, Tiny()), tiny(t, Tiny())
	if !bytes.Equal(a, b) {
		t.Error("two files differ")
	}
	other := Tiny()
	other.Seed++
	if bytes.Equal(a, tiny(t, other)) {
		t.Error("another seed gives the same file")
	}
}

func TestHalfIsBinary16(t *testing.T) {
	for v, want := range map[float64]uint16{0: 0, 1: 0x3C00, -2: 0xC000, 0.5: 0x3800, 0.000060975551605224609375: 0x03FF, 0.01: 0x211E} {
		if got := half(v); got != want {
			t.Errorf("half(%g) = %#04x, want %#04x", v, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	s := Tiny()
	s.Layers, s.Width, s.Hidden, s.Vocabulary, s.Heads, s.KVHeads = 1, 32, 32, 259, 1, 1
	file := tiny(f, s)
	h, err := Read(bytes.NewReader(file))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file[:h.DataOffset])
	f.Add([]byte("GGUF"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		if h.Size() < h.DataOffset || h.DataOffset <= 0 {
			t.Fatalf("size %d, data at %d", h.Size(), h.DataOffset)
		}
		_ = h.Quantisation()
		_ = h.Parameters()
	})
}
