package llama

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
)

// TestPayloadIsAges opens what age wrote, at every block, for sizes around the borders of chunks and blocks; and no byte of
// it may be another one, nor any chunk in another's place.
func TestPayloadIsAges(t *testing.T) {
	for _, size := range []int{1, chunk - 1, chunk, chunk + 1, block - 1, block, block + 1, 2*block + 3*chunk, 3 * block} {
		plain := make([]byte, size)
		_, _ = rand.NewChaCha8([32]byte{byte(size)}).Read(plain)
		sealed, key := seal(t, plain)
		open := func(sealed []byte) ([]byte, error) {
			src, err := openSource(bytes.NewReader(sealed), int64(len(sealed)), key)
			if err != nil {
				return nil, err
			}
			got := make([]byte, size)
			var scratch []byte
			for at := 0; at < size; at += block {
				if scratch, err = src.payload.open(got[at:min(at+block, size)], scratch, int64(at)); err != nil {
					return nil, err
				}
			}
			return got, nil
		}
		if got, err := open(sealed); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("%d bytes: not what was sealed: %v", size, err)
		}
		body := len(sealed) - size - (size+chunk-1)/chunk*(sealedChunk-chunk) // header and nonce
		for at := body; at < len(sealed); at += 1 + len(sealed)/40 {
			other := bytes.Clone(sealed)
			other[at] ^= 1
			if _, err := open(other); !errors.Is(err, ErrDamaged) {
				t.Fatalf("%d bytes: byte %d is another one: %v", size, at, err)
			}
		}
		if size < 2*chunk {
			continue
		}
		swapped := bytes.Clone(sealed)
		copy(swapped[body:], sealed[body+sealedChunk:body+2*sealedChunk])
		copy(swapped[body+sealedChunk:], sealed[body:body+sealedChunk])
		if _, err := open(swapped); !errors.Is(err, ErrDamaged) {
			t.Fatalf("%d bytes: two chunks changed places: %v", size, err)
		}
	}
}
