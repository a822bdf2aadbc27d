package llama

import (
	"io"
	"math"
	"sync"

	"subrosa/internal/gguf"
)

const (
	block = 4 * chunk // what is decrypted in one go, in bytes
	ahead = 64        // blocks decrypted before they are asked for: 16 MiB, a tensor or two of most models

	// stdioBuffer is stdio's buffer in bytes. All that is read goes through it; after a seek it is filled from the border
	// before the place that was asked for, and at its end from what follows.
	stdioBuffer = 64 << 10
)

// stream reads a source from wherever it is put, for one reader. It decrypts what will be read next, on several cores,
// while the reader is busy with what it has: llama.cpp repacks one tensor while the next one is decrypted.
type stream struct {
	src      *source
	pos      int64
	sought   bool  // whether the last thing done was to seek
	err      error // the first failure to read or authenticate
	done     int64 // bytes handed out, the header's more than once
	progress func(done, total int64)

	forecast *forecast
	looked   int64            // the block that was read when it was last looked ahead
	held     map[int64]*piece // by block
	spare    [][]byte         // of blocks no longer held
	jobs     chan *piece
	workers  sync.WaitGroup
}

// piece is one block, decrypted or waiting for it.
type piece struct {
	block int64
	data  []byte
	err   error
	ready chan struct{} // closed when data or err is there
}

// stream is to be closed.
func (s *source) stream(h *gguf.Header, workers int, progress func(done, total int64)) *stream {
	r := &stream{
		src: s, progress: progress, forecast: newForecast(h), looked: -1,
		held: map[int64]*piece{}, jobs: make(chan *piece, 2*ahead),
	}
	for range max(1, workers) {
		r.workers.Go(func() {
			var scratch []byte
			for p := range r.jobs {
				scratch, p.err = s.payload.open(p.data, scratch, p.block*block)
				close(p.ready)
			}
		})
	}
	return r
}

// read fills p, up to the end of the file, and returns how much that was, or -1.
func (r *stream) read(p []byte) int {
	// After a seek, what is read may begin with the end of another tensor (stdioBuffer).
	if !r.sought {
		r.forecast.reading(r.pos)
	}
	r.sought = false
	p = p[:min(int64(len(p)), max(0, r.src.size-r.pos))]
	for rest := p; len(rest) > 0; {
		i := r.pos / block
		now := r.piece(i)
		if i != r.looked {
			r.lookAhead(i)
		}
		if <-now.ready; now.err != nil {
			r.err = now.err
			return -1
		}
		n := copy(rest, now.data[r.pos-i*block:])
		rest = rest[n:]
		r.pos += int64(n)
	}
	if r.progress != nil {
		r.done = min(r.done+int64(len(p)), r.src.size)
		r.progress(r.done, r.src.size)
	}
	return len(p)
}

// seek moves as lseek(2) does; ok is false where that cannot be.
func (r *stream) seek(offset int64, whence int) (_ int64, ok bool) {
	var from int64
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		from = r.pos
	case io.SeekEnd:
		from = r.src.size
	default:
		return 0, false
	}
	if offset > 0 && from > math.MaxInt64-offset || from+offset < 0 {
		return 0, false
	}
	r.sought = r.sought || from+offset != r.pos
	r.pos = from + offset
	return r.pos, true
}

// lookAhead has decrypted what will be read after block i, and lets go of what won't be.
func (r *stream) lookAhead(i int64) {
	r.looked = i
	wanted := map[int64]bool{i: true}
	for from, to := range r.forecast.from(r.pos, stdioBuffer) {
		for b := from / block; b*block < to && len(wanted) < ahead; b++ {
			r.piece(b)
			wanted[b] = true
		}
		if len(wanted) >= ahead {
			break
		}
	}
	for b, p := range r.held {
		if wanted[b] {
			continue
		}
		select {
		case <-p.ready:
			r.spare = append(r.spare, p.data)
			delete(r.held, b)
		default: // a worker has it
		}
	}
}

// piece returns block i, and has it decrypted where it isn't held.
func (r *stream) piece(i int64) *piece {
	if p := r.held[i]; p != nil {
		return p
	}
	p := &piece{block: i, ready: make(chan struct{})}
	if n := len(r.spare); n > 0 {
		p.data, r.spare = r.spare[n-1][:block], r.spare[:n-1]
	} else {
		p.data = make([]byte, block)
	}
	p.data = p.data[:min(block, r.src.size-i*block)]
	r.held[i] = p
	r.jobs <- p
	return p
}

// close ends the decryption and wipes what it made.
func (r *stream) close() {
	close(r.jobs)
	r.workers.Wait()
	for _, p := range r.held {
		r.spare = append(r.spare, p.data)
	}
	for _, data := range r.spare {
		clear(data[:block])
	}
}
