package engine

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"subrosa/internal/gguf"
)

// needles are 64-byte pieces of a model's weights, at its beginning, middle and end, where no two bytes repeat others.
func needles(t *testing.T, plain []byte) [][]byte {
	t.Helper()
	h, err := gguf.Read(bytes.NewReader(plain))
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for _, tensor := range h.Tensors {
		if tensor.Type == gguf.F32 {
			continue // ones
		}
		n, _ := tensor.Bytes()
		for _, at := range []uint64{0, n / 2, n - 64} {
			from := uint64(h.DataOffset) + tensor.Offset + at
			if piece := plain[from : from+64]; bytes.Count(piece, piece[:1]) < 8 {
				out = append(out, piece)
			}
		}
	}
	if len(out) < 20 {
		t.Fatalf("only %d needles", len(out))
	}
	return out
}

// holds reports whether what r gives contains a needle.
func holds(r io.Reader, needles [][]byte) bool {
	buf := make([]byte, 0, 4<<20)
	for {
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if len(buf) == cap(buf) || err != nil {
			for _, needle := range needles {
				if bytes.Contains(buf, needle) {
					return true
				}
			}
			if err != nil {
				return false
			}
			kept := copy(buf, buf[len(buf)-63:])
			buf = buf[:kept]
		}
	}
}

// searchFiles returns the files below the roots, changed since then, that hold a needle.
func searchFiles(since time.Time, needles [][]byte, roots ...string) (found []string) {
	for _, root := range roots {
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return nil // what cannot be listed is another user's
			}
			info, err := d.Info()
			if err != nil {
				return nil
			}
			changed := info.ModTime()
			if st, ok := info.Sys().(*syscall.Stat_t); ok {
				if c := time.Unix(st.Ctim.Unix()); c.After(changed) {
					changed = c
				}
			}
			if changed.Before(since) {
				return nil
			}
			f, err := os.Open(path)
			if err != nil {
				return nil
			}
			defer f.Close()
			if holds(f, needles) {
				found = append(found, path)
			}
			return nil
		})
	}
	return found
}

// searchProcess returns the descriptors of a process, deleted files and memfds included, that hold a needle, and how
// many it read.
func searchProcess(t *testing.T, pid int, needles [][]byte) (found []string, read int) {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Logf("%v: nobody of this user may look", err)
		return nil, 0
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		if holds(f, needles) {
			target, _ := os.Readlink(path)
			found = append(found, target)
		}
		_ = f.Close()
		read++
	}
	// Files that are mapped, and not open any more.
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err == nil {
		for line := range strings.Lines(string(maps)) {
			if strings.Contains(line, "memfd:") || strings.Contains(line, "/dev/shm/") || strings.Contains(line, ".gguf") {
				found = append(found, strings.TrimSpace(line))
			}
		}
	}
	return found, read
}

// passState has a conversation's state saved, another conversation come in between, and the state brought back, and
// returns pieces of it.
func passState(t *testing.T, e *Engine) (pieces [][]byte) {
	t.Helper()
	ctx := context.Background()
	var saved []byte
	say := func(conversation, text string) Result {
		r, err := e.Generate(ctx, Request{Conversation: conversation, Messages: []Message{{"user", text}}, MaxTokens: 4}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	text := strings.Repeat("Is this secret? ", 20)
	say("a", text)
	n, err := e.SaveState(ctx, "a", func(p []byte) error { saved = append(saved, p...); return nil })
	if err != nil || n < 100 {
		t.Fatal(n, err)
	}
	say("b", strings.Repeat("Another one. ", 20))
	if err := e.RestoreState(ctx, "a", int64(len(saved)), bytes.NewReader(saved)); err != nil {
		t.Fatal(err)
	}
	if r := say("a", text); r.CachedTokens != r.PromptTokens-1 {
		t.Errorf("nothing was brought back: %+v", r)
	}
	for at := range 8 {
		from := len(saved) / 8 * at
		if piece := saved[from:min(from+64, len(saved))]; bytes.Count(piece, piece[:1]) < 8 {
			pieces = append(pieces, piece)
		}
	}
	if len(pieces) < 4 {
		t.Fatalf("only %d pieces of a state", len(pieces))
	}
	return pieces
}

func TestNoPlaintextOfWeightsOrStatesIsOnAnyDisk(t *testing.T) {
	since := time.Now().Add(-time.Second)
	shape := gguf.Tiny()
	shape.Type, shape.Layers, shape.Width, shape.Hidden, shape.Vocabulary = gguf.Q4_0, 4, 1024, 2816, 4096 // 32 MB
	s := seal(t, synthetic(t, shape))
	needles := needles(t, s.plain)
	dirs := []string{filepath.Dir(s.path), os.TempDir(), "/tmp", "/dev/shm"}

	e := start(t, s.path)
	request := s.request()
	request.Keep = 64 << 20
	stop, looked := make(chan struct{}), make(chan struct{})
	var during []string
	reads := 0
	go func() { // while it loads
		defer close(looked)
		for {
			found, n := searchProcess(t, e.PID(), needles)
			during = append(during, found...)
			reads += n
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	if _, err := e.Load(context.Background(), request, nil); err != nil {
		t.Fatal(err)
	}
	close(stop)
	<-looked
	if len(during) > 0 {
		t.Errorf("while loading: %v", during)
	}
	if reads == 0 && os.Geteuid() == 0 {
		t.Error("no descriptor was read while loading: this shows nothing")
	}
	answer(t, e, "Is it secret?", 4)
	needles = append(needles, passState(t, e)...)
	after, _ := searchProcess(t, e.PID(), needles)
	if found := append(after, searchFiles(since, needles, dirs...)...); len(found) > 0 {
		t.Errorf("after loading: %v", found)
	}

	// The control: the search finds what it looks for, in a file and in a memfd.
	copied := filepath.Join(filepath.Dir(s.path), "copy")
	if err := os.WriteFile(copied, s.plain[len(s.plain)/3:], 0o600); err != nil {
		t.Fatal(err)
	}
	if found := searchFiles(since, needles, filepath.Dir(s.path)); len(found) != 1 || found[0] != copied {
		t.Errorf("a plaintext copy was not found: %v", found)
	}
	fd, err := unix.MemfdCreate("weights", unix.MFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	memory := os.NewFile(uintptr(fd), "weights")
	defer memory.Close()
	if _, err := memory.Write(s.plain[:len(s.plain)/3]); err != nil {
		t.Fatal(err)
	}
	if found, _ := searchProcess(t, os.Getpid(), needles); len(found) == 0 {
		t.Error("a plaintext memfd was not found")
	}
}
