package llama

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"

	"golang.org/x/crypto/chacha20poly1305"
)

// payload is the content of an age file (C2SP age, "Payload"): chunks of 64 KiB, each sealed with ChaCha20-Poly1305 under a
// key that HKDF-SHA-256 makes of the file key and a nonce. age's own reader opens one chunk at a time in a buffer that it
// makes anew and copies it from there, which takes as long as the decryption; here a chunk is opened to where it is wanted.
type payload struct {
	r      io.ReaderAt
	from   int64 // where the chunks begin
	chunks int64
	size   int64 // bytes of plaintext
	aead   cipher.AEAD
}

const sealedChunk = chunk + chacha20poly1305.Overhead

// openPayload is told where the nonce lies, what the size of the whole file and that of the plaintext is.
func openPayload(r io.ReaderAt, at, whole, size int64, fileKey []byte) (*payload, error) {
	nonce := make([]byte, 16)
	if _, err := r.ReadAt(nonce, at); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	key, err := hkdf.Key(sha256.New, fileKey, nonce, "payload", chacha20poly1305.KeySize)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	p := &payload{r: r, from: at + int64(len(nonce)), size: size}
	p.chunks = (whole - p.from + sealedChunk - 1) / sealedChunk
	p.aead, err = chacha20poly1305.New(key)
	return p, err
}

// open decrypts and authenticates what begins at off, a multiple of a chunk, and fills dst, whole chunks or up to the end.
// scratch is for what is read, and may be larger afterwards. Error: ErrDamaged.
func (p *payload) open(dst, scratch []byte, off int64) ([]byte, error) {
	first, n := off/chunk, (len(dst)+chunk-1)/chunk
	need := len(dst) + n*chacha20poly1305.Overhead
	if cap(scratch) < need {
		scratch = make([]byte, need)
	}
	sealed := scratch[:need]
	if got, err := p.r.ReadAt(sealed, p.from+first*sealedChunk); got < need {
		return scratch, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	var nonce [chacha20poly1305.NonceSize]byte
	for i := range n {
		at := first + int64(i)
		binary.BigEndian.PutUint64(nonce[3:11], uint64(at))
		if at == p.chunks-1 {
			nonce[11] = 1 // the last one
		}
		from := sealed[i*sealedChunk : min((i+1)*sealedChunk, need)]
		if _, err := p.aead.Open(dst[i*chunk:i*chunk], nonce[:], from, nil); err != nil {
			return scratch, fmt.Errorf("%w: chunk %d does not authenticate", ErrDamaged, at)
		}
	}
	return scratch, nil
}
