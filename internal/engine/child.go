package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"subrosa/internal/child"
	"subrosa/internal/engine/proto"
)

// process is the engine's child; frames are written to it whole.
type process struct {
	*child.Child
	writing sync.Mutex
}

// environment is all that the child gets: no backtrace by a debugger on an abort, no cache of compiled shaders (it could
// not write one anyway), and the choice of a device.
func environment() []string {
	env := []string{"GGML_NO_BACKTRACE=1", "MESA_SHADER_CACHE_DISABLE=true", "__GL_SHADER_DISK_CACHE=0", "CUDA_CACHE_DISABLE=1"}
	for _, name := range []string{"GGML_VK_VISIBLE_DEVICES", "VK_ICD_FILENAMES", "CUDA_VISIBLE_DEVICES"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

func startProcess(c Config) (*process, error) {
	lib, err := filepath.Abs(c.LibDir) // the child's working directory is another
	if err != nil {
		return nil, err
	}
	ch, err := child.Start(child.Command{Path: c.Path, Args: []string{lib}, Env: environment(), Files: []*os.File{c.Model}})
	switch {
	case errors.Is(err, child.ErrMissing):
		return nil, fmt.Errorf("%w: %w", ErrMissing, err)
	case errors.Is(err, child.ErrUnsupported):
		return nil, ErrUnsupported
	case err != nil:
		return nil, err
	}
	return &process{Child: ch}, nil
}

func (p *process) send(kind proto.Kind, body any) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	return proto.Write(p.Conn, kind, body)
}

func (p *process) sendRaw(kind proto.Kind, body []byte) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	return proto.WriteRaw(p.Conn, kind, body)
}

func (p *process) sendState(id uint64, piece []byte) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	return proto.WriteState(p.Conn, id, piece)
}
