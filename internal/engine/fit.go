package engine

import (
	"errors"
	"fmt"

	"github.com/shirou/gopsutil/v4/mem"

	"subrosa/internal/gguf"
)

// ErrTooBig means that the model does not fit into the memory that is free.
var ErrTooBig = errors.New("model does not fit into memory")

const (
	// leastContext is the context in tokens below which a model is of no use.
	leastContext = 512
	batch        = 512       // tokens that are processed at once
	programs     = 200 << 20 // bytes for the engine itself, its libraries and what it decrypts ahead
)

// Fit is how a model is loaded into the memory there is. All but Context and Wanted are bytes.
type Fit struct {
	Context int   `json:"context"` // tokens
	Wanted  int   `json:"wanted"`  // tokens, had there been memory enough
	Needs   int64 `json:"needs"`
	Weights int64 `json:"weights"`
	Cache   int64 `json:"cache"` // keys and values of the whole context
	Free    int64 `json:"free"`  // 0: not known, and nothing was refused
}

// FitModel chooses the context: wanted tokens, or for 0 the model's default and as much less as free bytes of memory
// (FreeMemory) ask for. Error: ErrTooBig, with the Fit that was tried last.
func FitModel(h *gguf.Header, wanted int, free int64) (Fit, error) {
	f := Fit{Wanted: wanted, Weights: h.Size(), Free: free}
	least := wanted
	if wanted <= 0 {
		f.Wanted = h.DefaultContext()
		least = min(f.Wanted, leastContext)
	}
	for f.Context = f.Wanted; ; f.Context = max(least, f.Context/2) {
		f.Cache = h.CacheBytes(f.Context)
		f.Needs = f.Weights + f.Cache + h.WorkBytes(min(batch, f.Context)) + h.LargestTensor() + programs
		switch {
		case free <= 0 || f.Needs <= free:
			return f, nil
		case f.Context <= least:
			return f, fmt.Errorf("%w: %s of %s, with a context of %d tokens", ErrTooBig, gigabytes(f.Needs), gigabytes(free), f.Context)
		}
	}
}

// String says it in a sentence.
func (f Fit) String() string {
	s := fmt.Sprintf("It needs %s with a context of %d tokens", gigabytes(f.Needs), f.Context)
	if f.Free > 0 {
		s += fmt.Sprintf("; %s are free", gigabytes(f.Free))
	}
	if f.Context < f.Wanted {
		s += fmt.Sprintf(", too little for one of %d tokens", f.Wanted)
	}
	return s + "."
}

// gigabytes writes a size for people.
func gigabytes(n int64) string { return fmt.Sprintf("%.1f GB", float64(n)/1e9) }

// FreeMemory returns how many bytes of memory a new process may take before the system would have to swap or kill one,
// 0 where that cannot be found out.
func FreeMemory() int64 {
	free, _ := memory()
	return free
}

func memory() (free, total int64) {
	v, err := mem.VirtualMemory()
	if err != nil {
		return 0, 0
	}
	return max(int64(v.Available), 1), int64(v.Total) // if none is free, that is known
}
