package gguf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
)

// Keys of a part of a split model, as llama.cpp's gguf-split writes them.
const (
	splitNumber  = "split.no"            // counts from 0
	splitCount   = "split.count"         // parts in all
	splitTensors = "split.tensors.count" // in all parts together
)

// PartError says what is wrong with a model that comes in parts, and with which file.
type PartError struct {
	File   string // base name
	Reason string
}

func (e *PartError) Error() string { return e.File + ": " + e.Reason }

// File is a model on disk, read from start to end as one GGUF, whether it is one file or was cut into parts by
// gguf-split. The parts are put together while they are read; nothing is written.
type File struct {
	io.Reader
	Size  int64    // bytes that Reader yields
	Parts []string // base names, in order
	files []*os.File
}

// Close closes the files.
func (f *File) Close() error {
	var err error
	for _, file := range f.files {
		err = errors.Join(err, file.Close())
	}
	return err
}

// partName is how gguf-split names parts.
var partName = regexp.MustCompile(`^(.+)-(\d{5})-of-(\d{5})\.gguf$`)

// Open opens the model in the file at path. Of a split model path may name any part; the others lie beside it.
// Errors: *PartError if a part is missing or belongs elsewhere, ErrNotGGUF for what is no regular file, those of Read
// for the header of a part, or the file system's. A whole file is not looked into.
func Open(path string) (_ *File, err error) {
	f := &File{}
	defer func() {
		if err != nil {
			err = fmt.Errorf("open model: %w", errors.Join(err, f.Close()))
		}
	}()
	dir, base := filepath.Split(path)
	name := partName.FindStringSubmatch(base)
	if name == nil {
		if f.Size, err = f.open(path); err != nil {
			return nil, err
		}
		f.Reader = f.files[0]
		return f, nil
	}
	count, _ := strconv.Atoi(name[3])
	var parts []part
	for i := range count {
		p := part{name: fmt.Sprintf("%s-%05d-of-%s.gguf", name[1], i+1, name[3])}
		if p.size, err = f.open(filepath.Join(dir, p.name)); errors.Is(err, os.ErrNotExist) {
			return nil, &PartError{p.name, "this part of the model is missing"}
		} else if err != nil {
			return nil, err
		}
		p.file = f.files[i]
		if p.header, err = Read(io.NewSectionReader(p.file, 0, p.size)); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		if err := p.check(i, count); err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	if len(parts) == 0 {
		return nil, &PartError{base, "a model cannot have no parts"}
	}
	f.Reader, f.Size, err = join(parts)
	return f, err
}

func (f *File) open(path string) (size int64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	f.files = append(f.files, file)
	f.Parts = append(f.Parts, filepath.Base(path))
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: %w", filepath.Base(path), ErrNotGGUF)
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// part is one file of a split model.
type part struct {
	name   string
	file   *os.File
	size   int64
	header *Header
}

// check holds a part against its place. That every part says which it is leaves no room for a part that occurs twice.
func (p part) check(i, count int) error {
	no, okNo := p.header.Uint(splitNumber)
	n, okCount := p.header.Uint(splitCount)
	switch {
	case !okNo || !okCount || i == 0 && p.header.splitCountAt == 0:
		return &PartError{p.name, "it is no part of a split model"}
	case no != uint64(i) || n != uint64(count):
		return &PartError{p.name, fmt.Sprintf("it says that it is part %d of %d", no+1, n)}
	}
	for _, t := range p.header.Tensors {
		if _, ok := t.Bytes(); !ok {
			return &PartError{p.name, fmt.Sprintf("tensor %q has the unknown type %d", t.Name, t.Type)}
		}
	}
	if err := p.header.Check(p.size); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	return nil
}

// join reads the parts as the one file they were cut from: the first part's keys with a split.count of 0, as gguf-split's
// merge writes it, then every part's tensors in order, padded to the alignment.
func join(parts []part) (io.Reader, int64, error) {
	first := parts[0].header
	align := int64(first.Alignment)
	var tensors bytes.Buffer
	var data []io.Reader
	names := map[string]bool{}
	end := int64(0) // of the tensor data, from its start
	for _, p := range parts {
		for _, t := range p.header.Tensors {
			if names[t.Name] {
				return nil, 0, &PartError{p.name, fmt.Sprintf("tensor %q is in an earlier part too", t.Name)}
			}
			names[t.Name] = true
			writeTensor(&tensors, t, uint64(end))
			size, _ := t.Bytes()
			data = append(data, io.NewSectionReader(p.file, p.header.DataOffset+int64(t.Offset), int64(size)), zeros(-int64(size)&(align-1)))
			end = (end + int64(size) + align - 1) / align * align
		}
	}
	if n, _ := first.Uint(splitTensors); n != uint64(len(names)) {
		return nil, 0, &PartError{parts[0].name, fmt.Sprintf("it promises %d tensors, and the parts hold %d", n, len(names))}
	}

	var start bytes.Buffer // magic, version and counts
	file := parts[0].file
	if _, err := io.Copy(&start, io.NewSectionReader(file, 0, countsEnd)); err != nil {
		return nil, 0, err
	}
	binary.LittleEndian.PutUint64(start.Bytes()[8:], uint64(len(names)))
	at := first.splitCountAt
	header := []io.Reader{
		&start,
		io.NewSectionReader(file, countsEnd, at-countsEnd), zeros(2), io.NewSectionReader(file, at+2, first.pairsEnd-at-2),
	}
	dataAt := first.pairsEnd + int64(tensors.Len())
	pad := -dataAt & (align - 1)
	header = append(header, &tensors, zeros(pad))
	return io.MultiReader(append(header, data...)...), dataAt + pad + end, nil
}

const countsEnd = 24 // bytes of magic, version, number of tensors, number of keys

func zeros(n int64) io.Reader { return io.LimitReader(zeroes{}, n) }

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func writeTensor(w *bytes.Buffer, t Tensor, offset uint64) {
	number := func(v uint64, size int) { w.Write(binary.LittleEndian.AppendUint64(nil, v)[:size]) }
	number(uint64(len(t.Name)), 8)
	w.WriteString(t.Name)
	number(uint64(len(t.Shape)), 4)
	for _, n := range t.Shape {
		number(n, 8)
	}
	number(uint64(t.Type), 4)
	number(offset, 8)
}

// Split cuts the GGUF in whole into parts in dir, named and marked as llama.cpp's gguf-split does it, the first without
// tensors. It is for tests and makes no attempt to be quick. The first part's path is returned.
func Split(whole []byte, dir, name string, parts int) (string, error) {
	h, err := Read(bytes.NewReader(whole))
	if err != nil {
		return "", err
	}
	per := (len(h.Tensors) + parts - 2) / max(parts-1, 1)
	path := func(i int) string { return filepath.Join(dir, fmt.Sprintf("%s-%05d-of-%05d.gguf", name, i+1, parts)) }
	for i := range parts {
		var own []Tensor
		keys := whole[countsEnd:h.pairsEnd]
		if i > 0 {
			own = h.Tensors[min((i-1)*per, len(h.Tensors)):min(i*per, len(h.Tensors))]
			keys = nil
		}
		if err := os.WriteFile(path(i), partOf(whole, h, keys, own, i, parts), 0o600); err != nil {
			return "", fmt.Errorf("split model: %w", err)
		}
	}
	return path(0), nil
}

func partOf(whole []byte, h *Header, keys []byte, tensors []Tensor, no, count int) []byte {
	var b, data bytes.Buffer
	number := func(v uint64, size int) { b.Write(binary.LittleEndian.AppendUint64(nil, v)[:size]) }
	key := func(name string, kind, v uint64, size int) {
		number(uint64(len(name)), 8)
		b.WriteString(name)
		number(kind, 4)
		number(v, size)
	}
	b.Write(whole[:8])
	number(uint64(len(tensors)), 8)
	pairs := uint64(3)
	if keys != nil {
		pairs += binary.LittleEndian.Uint64(whole[16:])
	}
	number(pairs, 8)
	b.Write(keys)
	key(splitNumber, kindUint16, uint64(no), 2)
	key(splitCount, kindUint16, uint64(count), 2)
	key(splitTensors, kindInt32, uint64(len(h.Tensors)), 4)
	pad := func(w *bytes.Buffer) { w.Write(make([]byte, -w.Len()&int(h.Alignment-1))) }
	for _, t := range tensors {
		writeTensor(&b, t, uint64(data.Len()))
		size, _ := t.Bytes()
		data.Write(whole[h.DataOffset+int64(t.Offset):][:size])
		pad(&data)
	}
	pad(&b)
	b.Write(data.Bytes())
	return b.Bytes()
}
