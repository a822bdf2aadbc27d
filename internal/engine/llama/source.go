package llama

import (
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"sync/atomic"

	"filippo.io/age"

	"subrosa/internal/gguf"
)

// chunk is the unit of age's payload, in bytes of plaintext.
const chunk = 64 << 10

// source is a sealed model seen as a plain file: it decrypts and authenticates what is asked for, on several cores.
type source struct {
	r       io.ReaderAt
	size    int64 // bytes of plaintext
	workers int

	done     atomic.Int64 // bytes handed out, the header's more than once
	progress func(done, total int64)

	mu  sync.Mutex
	err error // the first failure to authenticate or read
}

// openSource opens size bytes of ciphertext with its file key. Errors: ErrDamaged, ErrWrongKey.
func openSource(sealed io.ReaderAt, size int64, fileKey []byte, workers int, progress func(done, total int64)) (*source, error) {
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
	return &source{r: r, size: plain, workers: max(1, workers), progress: progress}, nil
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

// failure returns what went wrong while llama.cpp was reading, if anything did.
func (s *source) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *source) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
}

// readAt fills p from off, up to the end of the file, and returns how much that was, or -1.
func (s *source) readAt(p []byte, off int64) int {
	if off < 0 || off >= s.size {
		return 0
	}
	p = p[:min(int64(len(p)), s.size-off)]
	// Pieces end at chunk borders, so that no chunk is decrypted twice.
	const piece = 4 * chunk
	pieces := int((off%piece + int64(len(p)) + piece - 1) / piece)
	var next atomic.Int64
	work := func() {
		for {
			i := next.Add(1) - 1
			if i >= int64(pieces) || s.failure() != nil {
				return
			}
			from := max(0, i*piece-off%piece)
			to := min(int64(len(p)), (i+1)*piece-off%piece)
			n, err := s.r.ReadAt(p[from:to], off+from)
			if n < int(to-from) {
				s.fail(fmt.Errorf("%w: %w", ErrDamaged, err))
				return
			}
		}
	}
	var wg sync.WaitGroup
	for range min(s.workers, pieces) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
	if s.failure() != nil {
		return -1
	}
	if s.progress != nil {
		s.progress(min(s.done.Add(int64(len(p))), s.size), s.size)
	}
	return len(p)
}

// seek moves pos as lseek(2) does; ok is false where that cannot be.
func (s *source) seek(pos, offset int64, whence int) (_ int64, ok bool) {
	switch whence {
	case io.SeekStart:
		pos = 0
	case io.SeekCurrent:
	case io.SeekEnd:
		pos = s.size
	default:
		return 0, false
	}
	if offset > 0 && pos > math.MaxInt64-offset || pos+offset < 0 {
		return 0, false
	}
	return pos + offset, true
}
