package llama

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"subrosa/internal/gguf"
)

// layered is a sealed file whose tensors lie in another order than they are read in, and how much of it was read.
type layered struct {
	plain, sealed, key []byte
	header             *gguf.Header
	read               atomic.Int64 // bytes of ciphertext
}

const layers, tensorBytes = 8, 6*block + 12_345

// The order of a layer's tensors in the file, and the order in which they are read.
var inFile, asRead = []string{"attn_k", "attn_q", "ffn_up", "attn_v"}, []string{"attn_q", "attn_k", "attn_v", "ffn_up"}

func newLayered(t *testing.T) *layered {
	t.Helper()
	l := &layered{header: &gguf.Header{DataOffset: 1000}}
	l.plain = make([]byte, l.header.DataOffset+layers*int64(len(inFile))*tensorBytes)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(l.plain)
	for layer := range layers {
		for i, name := range inFile {
			l.header.Tensors = append(l.header.Tensors, gguf.Tensor{
				Name: fmt.Sprintf("blk.%d.%s.weight", layer, name), Shape: []uint64{tensorBytes}, Type: gguf.I8,
				Offset: uint64((layer*len(inFile) + i) * tensorBytes),
			})
		}
	}
	l.sealed, l.key = seal(t, l.plain)
	return l
}

func (l *layered) ReadAt(p []byte, off int64) (int, error) {
	l.read.Add(int64(len(p)))
	return bytes.NewReader(l.sealed).ReadAt(p, off)
}

func (l *layered) stream(t *testing.T) *stream {
	t.Helper()
	src, err := openSource(l, int64(len(l.sealed)), l.key)
	if err != nil {
		t.Fatal(err)
	}
	s := src.stream(l.header, 2, nil)
	t.Cleanup(s.close)
	return s
}

// tensor reads one as stdio does.
func (l *layered) tensor(s *stream, name string) error {
	i := slices.IndexFunc(l.header.Tensors, func(t gguf.Tensor) bool { return t.Name == name })
	from := l.header.DataOffset + int64(l.header.Tensors[i].Offset)
	to := from + tensorBytes
	if _, ok := s.seek(from/stdioBuffer*stdioBuffer, io.SeekStart); !ok {
		return errors.New("seek")
	}
	buf := make([]byte, stdioBuffer)
	for s.pos < to {
		at := s.pos
		n := s.read(buf)
		if n <= 0 {
			return fmt.Errorf("%d: %w", n, s.err)
		}
		if !bytes.Equal(buf[:n], l.plain[at:at+int64(n)]) {
			return fmt.Errorf("%s: other bytes at %d", name, at)
		}
	}
	return nil
}

func TestStreamReadsAheadInTheReadersOrder(t *testing.T) {
	l := newLayered(t)
	s := l.stream(t)
	l.read.Store(0)
	for layer := range layers {
		for i, name := range asRead {
			if err := l.tensor(s, fmt.Sprintf("blk.%d.%s.weight", layer, name)); err != nil {
				t.Fatal(err)
			}
			if layer == 0 || layer == layers-1 && i == len(asRead)-1 {
				continue // nothing is known yet, or there is nothing more
			}
			next := fmt.Sprintf("blk.%d.%s.weight", layer+(i+1)/len(asRead), asRead[(i+1)%len(asRead)])
			if layer > 1 && s.held[s.forecast.tensors[s.forecast.index[next]].from/block+1] == nil {
				t.Errorf("after %s of layer %d, %s was not being decrypted", name, layer, next)
			}
		}
	}
	// Each block once, but for those that two tensors share.
	if ratio := float64(l.read.Load()) / float64(len(l.sealed)); ratio > 1.4 {
		t.Errorf("%.2f times the file was decrypted", ratio)
	}
}

func TestStreamReadsAnywhere(t *testing.T) {
	l := newLayered(t)
	s := l.stream(t)
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		at, _ := s.seek(r.Int64N(int64(len(l.plain))+block), io.SeekStart)
		for range r.IntN(4) {
			buf := make([]byte, r.IntN(3*block))
			n := s.read(buf)
			want := l.plain[min(at, int64(len(l.plain))):]
			want = want[:min(len(want), len(buf))]
			if n != len(want) || !bytes.Equal(buf[:n], want) {
				t.Fatalf("%d bytes at %d, want %d", n, at, len(want))
			}
			at += int64(n)
		}
	}
}

func TestStreamFailsWhereTheFileIsDamaged(t *testing.T) {
	l := newLayered(t)
	l.sealed[len(l.sealed)/2] ^= 1
	s := l.stream(t)
	var err error
	for layer := range layers {
		for _, name := range asRead {
			err = errors.Join(err, l.tensor(s, fmt.Sprintf("blk.%d.%s.weight", layer, name)))
		}
	}
	if !errors.Is(err, ErrDamaged) || !errors.Is(s.err, ErrDamaged) {
		t.Fatalf("err %v, of the stream %v", err, s.err)
	}
}
