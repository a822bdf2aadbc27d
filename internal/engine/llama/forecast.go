package llama

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"subrosa/internal/gguf"
)

// forecast tells which tensors llama.cpp will read next. It reads them in the order in which an architecture's code
// names them, which is seldom the file's, but much the same in every layer: what followed a tensor in one layer will
// follow it in the next. A wrong forecast costs time and nothing else.
type forecast struct {
	tensors []extent           // by place
	index   map[string]int     // by name
	follows map[role]successor // by the role of the tensor before
	current int                // in tensors; -1 before the first
}

// extent is where a tensor lies in the file, in bytes from its start.
type extent struct {
	name     string
	from, to int64
}

// role is a tensor's name without its layer: "blk.7.attn_q.weight" has layer 7 between "blk." and ".attn_q.weight".
type role struct{ before, after string }

// successor is the role of the tensor that came next, and how many layers further.
type successor struct {
	role   role
	layers int
}

func newForecast(h *gguf.Header) *forecast {
	f := &forecast{index: map[string]int{}, follows: map[role]successor{}, current: -1}
	for _, t := range h.Tensors {
		bytes, _ := t.Bytes()
		from := h.DataOffset + int64(t.Offset)
		f.tensors = append(f.tensors, extent{t.Name, from, from + int64(bytes)})
	}
	slices.SortFunc(f.tensors, func(a, b extent) int { return int(a.from - b.from) })
	for i, t := range f.tensors {
		f.index[t.name] = i
	}
	return f
}

// reading notes that the byte at off is being read.
func (f *forecast) reading(off int64) {
	i, found := slices.BinarySearchFunc(f.tensors, off, func(t extent, off int64) int { return int(t.from - off) })
	if !found {
		i--
	}
	if i < 0 || i == f.current || off >= f.tensors[i].to {
		return
	}
	if f.current >= 0 {
		before, layer := roleOf(f.tensors[f.current].name)
		after, next := roleOf(f.tensors[i].name)
		f.follows[before] = successor{after, next - layer}
	}
	f.current = i
}

// next returns the tensor that is expected after tensor i, or -1.
func (f *forecast) next(i int) int {
	if i < 0 {
		return -1
	}
	before, layer := roleOf(f.tensors[i].name)
	s, ok := f.follows[before]
	if !ok {
		return -1
	}
	name := s.role.before
	if s.role.after != "" {
		name += strconv.Itoa(layer+s.layers) + s.role.after
	}
	if i, ok := f.index[name]; ok {
		return i
	}
	return -1
}

// from yields the stretches of the file that will be read after near bytes from off on, the next one first.
func (f *forecast) from(off, near int64) iter.Seq2[int64, int64] {
	return func(yield func(from, to int64) bool) {
		in := func(i int) bool { return i >= 0 && f.tensors[i].from < off+near && off < f.tensors[i].to }
		i := f.current
		if !in(i) {
			i = f.next(i)
		}
		if !in(i) {
			return
		}
		// What was learnt can go round in circles.
		for range ahead {
			if i < 0 || !yield(max(off, f.tensors[i].from), f.tensors[i].to) {
				return
			}
			i, off = f.next(i), 0
		}
	}
}

// roleOf returns a tensor's role and its layer. A name without a layer is a role of its own, in layer 0.
func roleOf(name string) (role, int) {
	if parts := strings.SplitN(name, ".", 3); len(parts) == 3 {
		if layer, err := strconv.Atoi(parts[1]); err == nil {
			return role{parts[0] + ".", "." + parts[2]}, layer
		}
	}
	return role{before: name}, 0
}
