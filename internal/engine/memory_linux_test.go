package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"subrosa/internal/gguf"
)

// large takes more memory than the tests here let an engine have.
func large() gguf.Synthetic {
	s := gguf.Tiny()
	s.Width, s.Hidden, s.Layers, s.Vocabulary = 1024, 4096, 8, 1024
	return s
}

// TestAnEngineWithoutMemoryEndsAlone takes the memory away from an engine that is about to load, by each of the ways in which
// a system does that. What comes of it is an error with a name, and the next engine loads the same model.
func TestAnEngineWithoutMemoryEndsAlone(t *testing.T) {
	file := seal(t, synthetic(t, large()))
	for name, confine := range map[string]func(t *testing.T, pid int){
		"rlimit": func(t *testing.T, pid int) {
			most := virtual(t, pid) + 16<<20
			if err := unix.Prlimit(pid, unix.RLIMIT_AS, &unix.Rlimit{Cur: most, Max: most}, nil); err != nil {
				t.Fatal(err)
			}
		},
		"control group": func(t *testing.T, pid int) { memoryGroup(t, pid, 16<<20) },
	} {
		t.Run(name, func(t *testing.T) {
			e := start(t, file.path)
			confine(t, e.PID())
			_, err := e.Load(context.Background(), file.request(), nil)
			t.Log(err)
			if !errors.Is(err, ErrCrashed) && !errors.Is(err, ErrModelUnsupported) {
				t.Errorf("it loaded, or the error has no name: %v", err)
			}
			if name == "control group" && !strings.Contains(fmt.Sprint(err), "killed") {
				t.Errorf("the system did not end it: %v", err)
			}
			if _, err := start(t, file.path).Load(context.Background(), file.request(), nil); err != nil {
				t.Errorf("the next one: %v", err)
			}
		})
	}
}

// virtual is a process's address space in bytes.
func virtual(t *testing.T, pid int) uint64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.ParseUint(strings.Fields(string(text))[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * uint64(os.Getpagesize())
}

// memoryGroup puts a process into a control group of its own that may take so many bytes more.
func memoryGroup(t *testing.T, pid int, most int64) {
	t.Helper()
	for root, limit := range map[string]string{"/sys/fs/cgroup": "memory.max", "/sys/fs/cgroup/memory": "memory.limit_in_bytes"} {
		dir := filepath.Join(root, fmt.Sprintf("subrosa-test-%d", pid))
		if os.Mkdir(dir, 0o755) != nil {
			continue
		}
		t.Cleanup(func() { _ = os.Remove(dir) })
		if put(dir, limit, most) == nil && put(dir, "cgroup.procs", int64(pid)) == nil {
			return
		}
	}
	t.Skip("no control group for memory can be made here: that takes root and the memory controller")
}

// put writes to a control file, which the system has made.
func put(dir, name string, value int64) error {
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(strconv.FormatInt(value, 10))
	return errors.Join(err, f.Close())
}
