package llama

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

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

// BenchmarkDecrypt decrypts a sealed file block by block as the stream's workers do, then through the stream, whose reader
// copies it out, and beside that opens as many chunks with ChaCha20-Poly1305 alone: what the processor would allow. All on as
// many cores, in turn.
func BenchmarkDecrypt(b *testing.B) {
	const size = 512 * chunk * 8
	plain := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(plain)
	ciphertext, key := seal(b, plain)
	clear(plain)
	header := &gguf.Header{Tensors: []gguf.Tensor{{Name: "output.weight", Shape: []uint64{size}, Type: gguf.I8}}}
	cores := runtime.NumCPU()

	aead, err := chacha20poly1305.New(make([]byte, chacha20poly1305.KeySize))
	if err != nil {
		b.Fatal(err)
	}
	chunks := make([]byte, 0, size/chunk*sealedChunk)
	for range size / chunk {
		chunks = aead.Seal(chunks, make([]byte, aead.NonceSize()), plain[:chunk], nil)
	}
	each := func(n int, do func(i int, scratch []byte) []byte) time.Duration {
		var next atomic.Int64
		var group sync.WaitGroup
		start := time.Now()
		for range cores {
			group.Go(func() {
				var scratch []byte
				for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
					scratch = do(i, scratch)
				}
			})
		}
		group.Wait()
		return time.Since(start)
	}
	bare := func() time.Duration {
		return each(size/chunk, func(i int, scratch []byte) []byte {
			out, err := aead.Open(scratch[:0], make([]byte, aead.NonceSize()), chunks[i*sealedChunk:(i+1)*sealedChunk], nil)
			if err != nil {
				b.Error(err)
			}
			return out
		})
	}
	src, err := openSource(bytes.NewReader(ciphertext), int64(len(ciphertext)), key)
	if err != nil {
		b.Fatal(err)
	}
	blocks := make([]byte, ahead*block)
	decrypted := func() time.Duration {
		return each(size/block, func(i int, scratch []byte) []byte {
			at := i % ahead * block
			scratch, err := src.payload.open(blocks[at:at+block], scratch, int64(i)*block)
			if err != nil {
				b.Error(err)
			}
			return scratch
		})
	}
	streamed := func() time.Duration {
		s := src.stream(header, cores, nil)
		defer s.close()
		buf := make([]byte, stdioBuffer)
		start := time.Now()
		for left := size; left > 0; {
			n := s.read(buf)
			if n <= 0 {
				b.Fatal(s.err)
			}
			left -= n
		}
		return time.Since(start)
	}
	var alone, workers, whole []float64 // bytes a second
	var ratio, wholeRatio []float64
	for b.Loop() {
		x, y, z := size/bare().Seconds(), size/decrypted().Seconds(), size/streamed().Seconds()
		alone, workers, whole = append(alone, x), append(workers, y), append(whole, z)
		ratio, wholeRatio = append(ratio, y/x), append(wholeRatio, z/x)
	}
	middle := func(f []float64) float64 { slices.Sort(f); return f[len(f)/2] }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(middle(alone)/1e6, "MB/s-chacha20poly1305")
	b.ReportMetric(middle(workers)/1e6, "MB/s-decrypted")
	b.ReportMetric(middle(ratio), "x-decrypted")
	b.ReportMetric(middle(whole)/1e6, "MB/s-streamed")
	b.ReportMetric(middle(wholeRatio), "x-streamed")
}
