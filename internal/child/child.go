// Package child starts a program of ours as a child with a socket to it, and ends it.
//
// The child gets an AF_UNIX socket as descriptor 3, the files that it is given from 4 on, the environment that it is
// given, "/" as its working directory, and nothing else. It is in a process group of its own, so that Ctrl+C in a
// terminal is the parent's to handle. It dies with this process on Linux (PR_SET_PDEATHSIG), and can see everywhere that
// the socket has closed. The end of what it writes to stderr is kept.
//
// On Windows Start returns ErrUnsupported so far: there is no socketpair there, and a pipe has to take its place.
package child

import (
	"errors"
	"os"
	"strings"
	"sync"
)

var (
	// ErrMissing means that the program cannot be started.
	ErrMissing = errors.New("program is missing")
	// ErrUnsupported means that no child can be started on this operating system yet.
	ErrUnsupported = errors.New("no children on this operating system")
)

// Command says what to start. The caller may close Files after Start.
type Command struct {
	Path  string
	Args  []string
	Env   []string
	Files []*os.File
}

// tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const (
	maxTail   = 4 << 10 // bytes
	maxDetail = 300
)

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - maxTail; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return len(p), nil
}

func (t *tail) lastLine() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(t.buf)), "\n")
	last := strings.ToValidUTF8(strings.TrimSpace(lines[len(lines)-1]), "?")
	return last[:min(len(last), maxDetail)]
}
