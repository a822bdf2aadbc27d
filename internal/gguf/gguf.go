// Package gguf reads the header of a GGUF file and writes small or large ones with made-up weights.
//
// Format: GGUF versions 2 and 3, little-endian (ggml's docs/gguf.md): magic, version, counts, key-value pairs, tensor
// descriptions, padding, tensor data.
//
// Guarantee: Read takes any bytes whatever and returns a Header or an error; it never reads past the header, never
// allocates more than a small multiple of what it has read, and holds the limits below. It does not look at tensor
// data, does not keep the contents of arrays (a vocabulary can be large) and does not judge whether an engine can run
// the model.
package gguf

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
)

// Limits of a header. llama.cpp's largest models stay below a tenth of each.
const (
	maxKeys      = 1 << 16
	maxTensors   = 1 << 18
	maxKey       = 1 << 16 // bytes of a key or a tensor name
	maxString    = 16 << 20
	maxElements  = 64 << 20 // of one array
	maxHeader    = 1 << 30  // bytes in all
	maxAlignment = 1 << 20
	maxDims      = 4
)

var (
	// ErrNotGGUF means that the bytes do not begin as a GGUF file does.
	ErrNotGGUF = errors.New("not a GGUF file")
	// ErrTruncated means that the file ends before its header or its tensor data does.
	ErrTruncated = errors.New("GGUF file is cut short")
)

// MalformedError says what in the header contradicts the format. It unwraps to ErrNotGGUF.
type MalformedError struct{ Reason string }

func (e *MalformedError) Error() string { return "malformed GGUF header: " + e.Reason }

// Unwrap makes errors.Is(err, ErrNotGGUF) hold.
func (e *MalformedError) Unwrap() error { return ErrNotGGUF }

func malformed(format string, args ...any) error {
	return &MalformedError{Reason: fmt.Sprintf(format, args...)}
}

// Tensor describes one tensor. Offset is in bytes from Header.DataOffset.
type Tensor struct {
	Name   string
	Shape  []uint64
	Type   Type
	Offset uint64
}

// Elements returns the number of weights.
func (t Tensor) Elements() uint64 {
	n := uint64(1)
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Bytes returns the size of the tensor's data, and false if the type is not known here.
func (t Tensor) Bytes() (uint64, bool) {
	b, ok := blocks[t.Type]
	if !ok {
		return 0, false
	}
	return t.Elements() / b.elements * b.bytes, true
}

// Header is what comes before the tensor data.
type Header struct {
	Version    uint32
	Alignment  uint64
	Tensors    []Tensor
	DataOffset int64 // bytes from the start of the file to the tensor data

	strings map[string]string
	numbers map[string]uint64
	arrays  map[string]uint64

	pairsEnd     int64 // where the key-value pairs end, in bytes from the start of the file
	splitCountAt int64 // where the value of split.count lies; 0 without one
}

// String returns the string value of key, or "".
func (h *Header) String(key string) string { return h.strings[key] }

// Uint returns the unsigned value of an integer or boolean key, and whether it is there and not negative.
func (h *Header) Uint(key string) (uint64, bool) {
	v, ok := h.numbers[key]
	return v, ok
}

// ArrayLen returns the number of elements of an array key, 0 if it is not there.
func (h *Header) ArrayLen(key string) uint64 { return h.arrays[key] }

// Architecture returns general.architecture, such as "llama".
func (h *Header) Architecture() string { return h.String("general.architecture") }

// ContextLength returns the number of tokens the model was trained for, 0 if the file does not say.
func (h *Header) ContextLength() uint64 {
	n, _ := h.Uint(h.Architecture() + ".context_length")
	return n
}

// DefaultContext returns the context in tokens for when nobody chose one: DefaultContext of what the model was trained for.
func (h *Header) DefaultContext() int { return DefaultContext(h.ContextLength()) }

// DefaultContext returns what a model was trained for, in tokens, 0 for not known, and at most 4096, as a larger context
// takes memory that most conversations never use.
func DefaultContext(trained uint64) int {
	const most = 4096
	if trained > 0 && trained < most {
		return int(trained)
	}
	return most
}

// Part reports whether the file is one part of a split model, which Open puts together, and not a whole.
func (h *Header) Part() bool {
	n, _ := h.Uint(splitCount)
	return n > 1
}

// Parameters returns the number of weights in all tensors.
func (h *Header) Parameters() uint64 {
	var n uint64
	for _, t := range h.Tensors {
		n += t.Elements()
	}
	return n
}

// Quantisation names the type that holds most weights, such as "Q4_0".
func (h *Header) Quantisation() string {
	count := map[Type]uint64{}
	var best Type
	var most uint64
	for _, t := range h.Tensors {
		count[t.Type] += t.Elements()
		if count[t.Type] > most {
			best, most = t.Type, count[t.Type]
		}
	}
	return best.String()
}

// Size returns the least number of bytes that a file with this header has, tensor data included.
func (h *Header) Size() int64 {
	end := uint64(0)
	for _, t := range h.Tensors {
		n, _ := t.Bytes()
		end = max(end, t.Offset+n)
	}
	return h.DataOffset + int64(end)
}

// Check returns ErrTruncated if size bytes are too few for this header and its tensors.
func (h *Header) Check(size int64) error {
	if size < h.Size() {
		return fmt.Errorf("%w: %d bytes of %d", ErrTruncated, size, h.Size())
	}
	return nil
}

// Read parses a header from r. It buffers, so r may have been read beyond the header. Errors: ErrNotGGUF (also as
// *MalformedError), ErrTruncated, or r's own.
func Read(r io.Reader) (*Header, error) {
	d := &decoder{r: bufio.NewReaderSize(r, 64<<10)}
	h := d.header()
	if d.err != nil {
		return nil, d.err
	}
	return h, nil
}

type decoder struct {
	r   *bufio.Reader
	n   int64 // bytes consumed
	err error
	buf [8]byte
}

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

func (d *decoder) bytes(p []byte) {
	if d.err != nil {
		clear(p)
		return
	}
	n, err := io.ReadFull(d.r, p)
	d.n += int64(n)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		d.fail(fmt.Errorf("%w: header ends at byte %d", ErrTruncated, d.n))
	case err != nil:
		d.fail(err)
	case d.n > maxHeader:
		d.fail(malformed("header is larger than %d bytes", maxHeader))
	}
}

func (d *decoder) skip(n uint64) {
	if d.err != nil {
		return
	}
	if n > maxHeader {
		d.fail(malformed("header is larger than %d bytes", maxHeader))
		return
	}
	k, err := io.CopyN(io.Discard, d.r, int64(n))
	d.n += k
	switch {
	case errors.Is(err, io.EOF):
		d.fail(fmt.Errorf("%w: header ends at byte %d", ErrTruncated, d.n))
	case err != nil:
		d.fail(err)
	case d.n > maxHeader:
		d.fail(malformed("header is larger than %d bytes", maxHeader))
	}
}

func (d *decoder) uint(size int) uint64 {
	clear(d.buf[:])
	d.bytes(d.buf[:size])
	return binary.LittleEndian.Uint64(d.buf[:])
}

func (d *decoder) string(limit uint64) string {
	n := d.uint(8)
	if d.err != nil {
		return ""
	}
	if n > limit {
		d.fail(malformed("a string of %d bytes", n))
		return ""
	}
	// Grow with what is really there: a length is only a claim until its bytes have been read.
	var out []byte
	for n > 0 && d.err == nil {
		k := min(n, 64<<10)
		at := len(out)
		out = append(out, make([]byte, k)...)
		d.bytes(out[at:])
		n -= k
	}
	return string(out)
}

// Value types of the format.
const (
	kindUint8   = 0
	kindInt8    = 1
	kindUint16  = 2
	kindInt16   = 3
	kindUint32  = 4
	kindInt32   = 5
	kindFloat32 = 6
	kindBool    = 7
	kindString  = 8
	kindArray   = 9
	kindUint64  = 10
	kindInt64   = 11
	kindFloat64 = 12
)

func kindSize(kind uint64) int {
	switch kind {
	case kindUint8, kindInt8, kindBool:
		return 1
	case kindUint16, kindInt16:
		return 2
	case kindUint32, kindInt32, kindFloat32:
		return 4
	case kindUint64, kindInt64, kindFloat64:
		return 8
	}
	return 0
}

func (d *decoder) header() *Header {
	var magic [4]byte
	n, err := io.ReadFull(d.r, magic[:])
	d.n = int64(n)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		d.fail(err)
		return nil
	}
	if string(magic[:]) != "GGUF" {
		d.fail(ErrNotGGUF)
		return nil
	}
	h := &Header{
		Alignment: 32,
		strings:   map[string]string{},
		numbers:   map[string]uint64{},
		arrays:    map[string]uint64{},
	}
	h.Version = uint32(d.uint(4))
	if d.err == nil && h.Version != 2 && h.Version != 3 {
		d.fail(malformed("version %d", h.Version))
	}
	tensors, keys := d.uint(8), d.uint(8)
	if d.err == nil && (tensors > maxTensors || keys > maxKeys) {
		d.fail(malformed("%d tensors and %d keys", tensors, keys))
	}
	for i := uint64(0); i < keys && d.err == nil; i++ {
		d.pair(h)
	}
	h.pairsEnd = d.n
	if a, ok := h.numbers["general.alignment"]; ok && d.err == nil {
		if a == 0 || a > maxAlignment || bits.OnesCount64(a) != 1 {
			d.fail(malformed("alignment %d", a))
			return nil
		}
		h.Alignment = a
	}
	for i := uint64(0); i < tensors && d.err == nil; i++ {
		d.tensor(h)
	}
	a := int64(h.Alignment)
	h.DataOffset = (d.n + a - 1) / a * a
	return h
}

func (d *decoder) pair(h *Header) {
	key := d.string(maxKey)
	kind := d.uint(4)
	switch {
	case d.err != nil:
	case kind == kindString:
		s := d.string(maxString)
		h.strings[key] = s
	case kind == kindArray:
		elem, n := d.uint(4), d.uint(8)
		if d.err == nil && n > maxElements {
			d.fail(malformed("an array of %d elements", n))
		}
		if elem == kindString {
			for i := uint64(0); i < n && d.err == nil; i++ {
				length := d.uint(8)
				if d.err == nil && length > maxString {
					d.fail(malformed("a string of %d bytes", length))
				}
				d.skip(length)
			}
		} else {
			size := kindSize(elem)
			if size == 0 && d.err == nil {
				d.fail(malformed("an array of type %d", elem))
			}
			d.skip(n * uint64(size))
		}
		h.arrays[key] = n
	case kindSize(kind) == 0:
		d.fail(malformed("a value of type %d", kind))
	default:
		size := kindSize(kind)
		if key == splitCount && kind == kindUint16 {
			h.splitCountAt = d.n
		}
		v := d.uint(size)
		switch kind {
		case kindFloat32, kindFloat64:
		case kindInt8, kindInt16, kindInt32, kindInt64:
			if v>>(8*size-1) == 0 { // not negative
				h.numbers[key] = v
			}
		default:
			h.numbers[key] = v
		}
	}
}

func (d *decoder) tensor(h *Header) {
	t := Tensor{Name: d.string(maxKey)}
	dims := d.uint(4)
	if d.err == nil && (dims == 0 || dims > maxDims) {
		d.fail(malformed("a tensor of %d dimensions", dims))
		return
	}
	elements := uint64(1)
	for i := uint64(0); i < dims && d.err == nil; i++ {
		n := d.uint(8)
		hi, lo := bits.Mul64(elements, n)
		if d.err == nil && (n == 0 || hi != 0 || lo > math.MaxInt64/16) {
			d.fail(malformed("a tensor's shape"))
			return
		}
		elements = lo
		t.Shape = append(t.Shape, n)
	}
	t.Type = Type(d.uint(4))
	t.Offset = d.uint(8)
	if d.err != nil {
		return
	}
	if t.Offset > math.MaxInt64/4 || t.Offset%h.Alignment != 0 {
		d.fail(malformed("a tensor at offset %d", t.Offset))
		return
	}
	if b, ok := blocks[t.Type]; ok && t.Shape[0]%b.elements != 0 {
		d.fail(malformed("a row of %d elements in type %s", t.Shape[0], t.Type))
		return
	}
	h.Tensors = append(h.Tensors, t)
}
