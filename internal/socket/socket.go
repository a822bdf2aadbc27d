// Package socket lets a command reach the program that has a data directory open, when that is not itself.
//
// A socket "socket" lies in the data directory (0700; the socket 0600), for as long as the program has the directory. One
// connection is one question: a length (4 bytes, big-endian) and so much JSON, a length (2 bytes) and so much passphrase;
// the answer is a length and JSON. Who asks, and who answers, must be the same user of the operating system, which the
// kernel says (SO_PEERCRED). The package carries what it is given: whoever answers checks the passphrase.
//
// It works on Linux. Elsewhere Serve and Ask answer errors.ErrUnsupported.
package socket

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"time"

	"subrosa/internal/secret"
)

const (
	socketName   = "socket"
	mostQuestion = 64 << 10
	mostAnswer   = 1 << 20
	mostPhrase   = 4096
	questionTime = 10 * time.Second // for a question to arrive
)

var (
	// ErrNobody means that no program that answers has the data directory open.
	ErrNobody = errors.New("no program answers for this data directory")
	// ErrStranger means that the other side belongs to another user.
	ErrStranger = errors.New("the other side is another user's")
	// ErrMalformed means that the other side does not speak this protocol.
	ErrMalformed = errors.New("malformed message")
)

// Handler answers one question. ctx ends when whoever asked goes away, or when the server is closed. It wipes passphrase.
type Handler func(ctx context.Context, question []byte, passphrase *secret.Bytes) (answer []byte)

func writeQuestion(w io.Writer, question []byte, passphrase *secret.Bytes) error {
	if len(question) > mostQuestion || passphrase.Len() > mostPhrase {
		return ErrMalformed
	}
	head := binary.BigEndian.AppendUint32(nil, uint32(len(question)))
	size := binary.BigEndian.AppendUint16(nil, uint16(passphrase.Len()))
	for _, b := range [][]byte{head, question, size, passphrase.Expose()} {
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

func readQuestion(r io.Reader) (question []byte, passphrase *secret.Bytes, err error) {
	if question, err = readPart(r, mostQuestion); err != nil {
		return nil, nil, err
	}
	var size [2]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, nil, err
	}
	n := binary.BigEndian.Uint16(size[:])
	if n > mostPhrase {
		return nil, nil, ErrMalformed
	}
	phrase := make([]byte, n)
	if _, err := io.ReadFull(r, phrase); err != nil {
		clear(phrase)
		return nil, nil, err
	}
	return question, secret.New(phrase), nil
}

func writePart(w io.Writer, b []byte) error {
	if _, err := w.Write(binary.BigEndian.AppendUint32(nil, uint32(len(b)))); err != nil {
		return err
	}
	_, err := w.Write(b)
	return err
}

func readPart(r io.Reader, most uint32) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > most {
		return nil, ErrMalformed
	}
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return b, err
}
