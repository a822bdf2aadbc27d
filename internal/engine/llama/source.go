package llama

import (
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"subrosa/internal/gguf"
)

// chunk is the unit of age's payload, in bytes of plaintext.
const chunk = 64 << 10

// source is a sealed model seen as a plain file: it decrypts and authenticates what is asked for.
type source struct {
	r       io.ReaderAt // age's reader, for the header
	payload *payload    // for the weights
	size    int64       // bytes of plaintext
}

// openSource opens size bytes of ciphertext with its file key. Errors: ErrDamaged, ErrWrongKey.
func openSource(sealed io.ReaderAt, size int64, fileKey []byte) (*source, error) {
	header, err := age.ExtractHeader(io.NewSectionReader(sealed, 0, size))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	identity := age.NewInjectedFileKeyIdentity(fileKey)
	// The header's MAC is keyed by the file key.
	if _, err := age.DecryptHeader(header, identity); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWrongKey, err)
	}
	r, plain, err := age.DecryptReaderAt(sealed, size, identity)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	content, err := openPayload(sealed, int64(len(header)), size, plain, fileKey)
	if err != nil {
		return nil, err
	}
	return &source{r: r, payload: content, size: plain}, nil
}

// header parses the GGUF header and compares it with the size. Errors: ErrNotGGUF, ErrTruncated, ErrDamaged.
func (s *source) header() (*gguf.Header, error) {
	h, err := gguf.Read(io.NewSectionReader(s.r, 0, s.size))
	if err == nil {
		err = h.Check(s.size)
	}
	switch {
	case err == nil && (len(h.Tensors) == 0 || h.Architecture() == ""):
		return nil, fmt.Errorf("%w: it holds no model", ErrNotGGUF)
	case err == nil:
		return h, nil
	case errors.Is(err, gguf.ErrTruncated):
		return nil, fmt.Errorf("%w: %w", ErrTruncated, err)
	case errors.Is(err, gguf.ErrNotGGUF):
		return nil, fmt.Errorf("%w: %w", ErrNotGGUF, err)
	}
	return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
}
