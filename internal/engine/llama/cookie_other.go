//go:build !linux

package llama

import (
	"fmt"

	"github.com/hybridgroup/yzma/pkg/llama"
)

// loadStream needs a FILE* made of functions: glibc's fopencookie. The BSDs and macOS have funopen for it; Windows has
// nothing of the kind, and llama_model_init_from_user would serve there for models whose every tensor is in the file.
func loadStream(*stream, llama.ModelParams) (llama.Model, error) {
	return 0, fmt.Errorf("%w: sealed models load on Linux only so far", ErrUnsupported)
}
