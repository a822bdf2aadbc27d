// Package frame cuts a stream between two processes into messages.
//
// Format: a big-endian uint32 length of what follows, one byte of kind, and a body. The kinds are numbered from 1.
//
// Guarantee: Read takes any bytes whatever, allocates no more than what has arrived plus 64 KiB, and returns a whole
// frame of a known kind or an error.
package frame

import (
	"encoding/binary"
	"errors"
	"io"
)

var (
	// ErrTooLarge means a body that is larger than the two have agreed.
	ErrTooLarge = errors.New("frame is too large")
	// ErrUnknownKind means a frame of no known kind, or an empty one.
	ErrUnknownKind = errors.New("frame of unknown kind")
)

// Write writes one frame in a single call of w. Its copy of the body is wiped. Errors: ErrTooLarge for more than most
// bytes, w's.
func Write(w io.Writer, kind byte, body []byte, most int) error {
	if len(body) > most {
		return ErrTooLarge
	}
	b := make([]byte, 0, 5+len(body))
	b = binary.BigEndian.AppendUint32(b, uint32(len(body)+1))
	b = append(b, kind)
	b = append(b, body...)
	_, err := w.Write(b)
	clear(b)
	return err
}

// Read reads one frame of a kind up to last, with a body of at most so many bytes. Errors: io.EOF between frames,
// io.ErrUnexpectedEOF inside one, ErrTooLarge, ErrUnknownKind.
func Read(r io.Reader, last byte, most int) (kind byte, body []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:4]); err != nil {
		return 0, nil, err
	}
	n := int64(binary.BigEndian.Uint32(head[:]))
	if n > int64(most)+1 {
		return 0, nil, ErrTooLarge
	}
	if n == 0 {
		return 0, nil, ErrUnknownKind
	}
	if _, err := io.ReadFull(r, head[4:]); err != nil {
		return 0, nil, unexpected(err)
	}
	if kind = head[4]; kind == 0 || kind > last {
		return 0, nil, ErrUnknownKind
	}
	for left := int(n) - 1; left > 0; {
		k := min(left, 64<<10)
		at := len(body)
		body = append(body, make([]byte, k)...)
		if _, err := io.ReadFull(r, body[at:]); err != nil {
			return 0, nil, unexpected(err)
		}
		left -= k
	}
	return kind, body, nil
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
