// Package llama runs llama.cpp in this process: the engine's child imports it, and nothing else does.
//
// The libraries are llama.cpp v0.5.0's shared objects, reached without cgo through yzma v1.28.0, which is made for
// that version; what yzma does not wrap is in cookie_linux.go. An assertion inside llama.cpp aborts the process; that is
// why this package lives in a child.
//
// Guarantee: a model loads only if every chunk of its sealed file authenticates, and its weights go from the
// decryption straight into llama.cpp's own memory. Text that a message brings never becomes a control token. Pieces
// of an answer are whole characters.
//
// It does not keep conversations, does not open files but its libraries, and does not log: of llama.cpp's own messages
// only the last error while loading is kept, for the error that Load returns.
package llama

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"github.com/ebitengine/purego"
	"github.com/hybridgroup/yzma/pkg/llama"
)

var (
	// ErrLibraries means that llama.cpp's libraries cannot be opened or are of another version.
	ErrLibraries = errors.New("llama.cpp libraries")
	// ErrNotGGUF means that what was sealed is not a GGUF file.
	ErrNotGGUF = errors.New("not a GGUF model")
	// ErrTruncated means that the model ends too early.
	ErrTruncated = errors.New("model is cut short")
	// ErrDamaged means that a chunk of the sealed file does not authenticate.
	ErrDamaged = errors.New("sealed model is damaged")
	// ErrWrongKey means that the file key is not this file's.
	ErrWrongKey = errors.New("wrong file key")
	// ErrUnsupported means that llama.cpp cannot run this model here: unknown architecture, too little memory.
	ErrUnsupported = errors.New("model cannot be run")
	// ErrTemplate means that the model's chat template cannot render the conversation.
	ErrTemplate = errors.New("chat template")
	// ErrContextFull means that the conversation leaves no room for an answer.
	ErrContextFull = errors.New("conversation does not fit into the context")
)

// version is that of the libraries.
const version = "llama.cpp v0.5.0"

// Library is llama.cpp, opened. There is one per process.
type Library struct {
	dir string
	log *lastError
}

// Open opens the libraries in dir: libllama.so, libggml.so, libggml-base.so and the backends beside them.
func Open(dir string) (*Library, error) {
	if err := llama.Load(dir); err != nil {
		return nil, fmt.Errorf("%w in %s: %w", ErrLibraries, dir, err)
	}
	l := &Library{dir: dir, log: &lastError{}}
	// Never the default: it writes to stderr, tokens and all.
	llama.LogSet(purego.NewCallback(func(level int32, text *byte, _ uintptr) uintptr {
		l.log.add(llama.LogLevel(level), text)
		return 0
	}))
	llama.Init()
	return l, nil
}

// Threads is the number of threads used when a caller does not say: one for each physical core it may run on.
func Threads() int { return max(1, min(int(llama.Threads()), runtime.NumCPU())) }

// lastError keeps the last error that llama.cpp logged while it is listening. Loading only: what is logged later may
// hold text of a conversation.
type lastError struct {
	mu        sync.Mutex
	listening bool
	text      string
}

const maxLogLine = 300 // bytes

func (l *lastError) add(level llama.LogLevel, text *byte) {
	if level != llama.LogLevelError || text == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.listening {
		if s := strings.TrimSpace(goString(text, maxLogLine)); s != "" {
			l.text = s
		}
	}
}

func (l *lastError) listen(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.listening = on
	if on {
		l.text = ""
	}
}

func (l *lastError) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text
}
