//go:build unix

package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"subrosa/internal/engine/proto"
	"subrosa/internal/gguf"
	"subrosa/internal/secret"
)

func TestAModelThatIsNotAsSealedGivesItsErrorAndNoToken(t *testing.T) {
	good := seal(t, synthetic(t, gguf.Tiny()))
	content, err := os.ReadFile(good.path)
	if err != nil {
		t.Fatal(err)
	}
	flipped := func(at int) []byte {
		b := bytes.Clone(content)
		b[at] ^= 1 << rand.IntN(8)
		return b
	}
	wrong := bytes.Clone(good.key)
	wrong[15] ^= 1
	for name, c := range map[string]struct {
		content, key []byte
		want         error
	}{
		"flipped in the first chunk": {flipped(1000), good.key, ErrModelDamaged},
		"flipped in the weights":     {flipped(len(content)*2/3 + rand.IntN(1000)), good.key, ErrModelDamaged},
		"flipped at the end":         {flipped(len(content) - 1), good.key, ErrModelDamaged},
		"cut in half":                {content[:len(content)/2], good.key, ErrModelDamaged},
		"one byte short":             {content[:len(content)-1], good.key, ErrModelDamaged},
		"a chunk short":              {content[:200+65536+16], good.key, ErrModelDamaged},
		"empty":                      {nil, good.key, ErrModelDamaged},
		"not sealed at all":          {good.plain, good.key, ErrModelDamaged},
		"another key":                {content, wrong, ErrModelWrongKey},
		"a short key":                {content, good.key[:8], ErrModelWrongKey},
	} {
		path := filepath.Join(t.TempDir(), "model.age")
		if err := os.WriteFile(path, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		e := start(t, path)
		r := LoadRequest{FileKey: secret.New(bytes.Clone(c.key)), Size: int64(len(c.content)), Threads: 1}
		if _, err := e.Load(context.Background(), r, nil); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		_, err := e.Generate(context.Background(), ask("Say something.", 5), func(string) error {
			t.Errorf("%s: a token", name)
			return nil
		})
		if err == nil {
			t.Errorf("%s: an answer", name)
		}
		_ = e.Close()
	}
	for name, plain := range map[string][]byte{"text": []byte("Dear client"), "empty": nil, "noise": bytes.Repeat([]byte{1, 2, 99}, 9999)} {
		s := seal(t, plain)
		if _, err := start(t, s.path).Load(context.Background(), s.request(), nil); !errors.Is(err, ErrModelNotGGUF) {
			t.Errorf("%s, sealed: %v", name, err)
		}
	}
}

func TestWhatIsMissingIsSaidAtStart(t *testing.T) {
	s := seal(t, synthetic(t, gguf.Tiny()))
	model, err := os.Open(s.path)
	if err != nil {
		t.Fatal(err)
	}
	defer model.Close()
	for name, c := range map[string]Config{
		"no program":   {Path: filepath.Join(t.TempDir(), "none"), LibDir: libraries, Model: model},
		"no libraries": {Path: program, LibDir: t.TempDir(), Model: model},
		"a text file":  {Path: "/etc/passwd", LibDir: libraries, Model: model},
	} {
		if _, err := Start(context.Background(), c); !errors.Is(err, ErrMissing) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A program that ends at once, and one that says nothing.
	if _, err := Start(context.Background(), Config{Path: "/bin/false", LibDir: libraries, Model: model}); !errors.Is(err, ErrCrashed) {
		t.Errorf("/bin/false: %v", err)
	}
	sleeper := filepath.Join(t.TempDir(), "sleeper")
	if err := os.WriteFile(sleeper, []byte("#!/bin/sh\nexec sleep 60\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if _, err := Start(ctx, Config{Path: sleeper, LibDir: libraries, Model: model}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a program that says nothing: %v", err)
	}
	if _, err := Start(context.Background(), Config{Path: "/bin/cat", LibDir: "/proc/self/environ", Model: model}); !errors.Is(err, ErrCrashed) {
		t.Errorf("/bin/cat: %v", err)
	}
}

func TestAHungEngineIsKilledAfterTheGrace(t *testing.T) {
	e := load(t, seal(t, synthetic(t, gguf.Tiny())))
	ctx, cancel := context.WithCancel(context.Background())
	n := 0
	_, err := e.Generate(ctx, ask("Go on for long.", 0), func(string) error {
		if n++; n == 5 {
			cancel()
			return syscall.Kill(e.PID(), syscall.SIGSTOP)
		}
		return nil
	})
	var exit *ExitError
	if !errors.As(err, &exit) || !exit.Hung {
		// It may have answered the stop just before it was halted: then the next request is the one that hangs.
		if err != nil {
			t.Fatal(err)
		}
		done, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err = e.Generate(done, ask("And now?", 5), func(string) error { return nil }); !errors.As(err, &exit) || !exit.Hung {
			t.Fatal(err)
		}
	}
	if e.Alive() {
		t.Error("alive")
	}
}

func TestAnEngineThatFallsSilentIsEnded(t *testing.T) {
	t.Parallel() // it waits for MaxSilence
	e := load(t, seal(t, synthetic(t, gguf.Tiny())))
	n := 0
	_, err := e.Generate(context.Background(), ask("Go on for long.", 0), func(string) error {
		if n++; n == 5 {
			return syscall.Kill(e.PID(), syscall.SIGSTOP)
		}
		return nil
	})
	var exit *ExitError
	if !errors.As(err, &exit) || !exit.Hung || e.Alive() {
		t.Fatalf("nobody stopped it by hand: %v, alive %v", err, e.Alive())
	}
}

func TestAReaderThatTakesItsTimeIsNoSilence(t *testing.T) {
	t.Parallel()
	e := load(t, seal(t, synthetic(t, gguf.Tiny())))
	n := 0
	_, err := e.Generate(context.Background(), ask("Go on for long.", 100), func(string) error {
		if n++; n == 5 {
			time.Sleep(MaxSilence + 2*proto.BeatEvery)
		}
		return nil
	})
	if err != nil || !e.Alive() {
		t.Fatal(err)
	}
}

func TestACancelledLoadEndsTheEngine(t *testing.T) {
	s := seal(t, synthetic(t, gguf.Tiny()))
	e := start(t, s.path)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := e.Load(ctx, s.request(), nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if e.Alive() {
		t.Error("alive")
	}
}

func TestOneRequestAtATime(t *testing.T) {
	s := seal(t, synthetic(t, gguf.Tiny()))
	e := load(t, s)
	if _, err := e.Load(context.Background(), s.request(), nil); !errors.Is(err, ErrProtocol) {
		t.Errorf("loading twice: %v", err)
	}
	var second error
	_, err := e.Generate(context.Background(), ask("Go on.", 5), func(string) error {
		_, second = e.Generate(context.Background(), ask("Me too!", 5), nil)
		return nil
	})
	if err != nil || !errors.Is(second, ErrBusy) {
		t.Errorf("%v %v", err, second)
	}
	failed := errors.New("the window is gone")
	n := 0
	if _, err := e.Generate(context.Background(), ask("Go on.", 400), func(string) error { n++; return failed }); !errors.Is(err, failed) || n != 1 {
		t.Errorf("%v after %d pieces", err, n)
	}
	if _, err := start(t, s.path).Generate(context.Background(), ask("Before any model", 1), nil); !errors.Is(err, ErrProtocol) {
		t.Errorf("before Load: %v", err)
	}
}

func TestCloseEndsARunningAnswer(t *testing.T) {
	e := load(t, seal(t, synthetic(t, gguf.Tiny())))
	_, err := e.Generate(context.Background(), ask("Go on for long.", 0), func(string) error { return e.Close() })
	if !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

func TestAPromptBeyondTheContextIsRefused(t *testing.T) {
	e := load(t, seal(t, synthetic(t, gguf.Tiny())))
	_, err := e.Generate(context.Background(), ask(strings.Repeat("long ", 900), 5), func(string) error {
		t.Error("a token")
		return nil
	})
	if !errors.Is(err, ErrContextFull) || strings.Contains(err.Error(), "long") {
		t.Error(err)
	}
	if _, r := answer(t, e, "Short", 3); r.OutputTokens != 3 {
		t.Errorf("%+v", r)
	}
}

func TestTheConversationIsKeptBetweenCalls(t *testing.T) {
	e := load(t, seal(t, synthetic(t, gguf.Tiny())))
	text, first := answer(t, e, "Who may sign?", 6)
	r, err := e.Generate(context.Background(), Request{
		Messages:  []Message{{"user", "Who may sign?"}, {"assistant", text}, {"user", "And else?"}},
		MaxTokens: 3,
	}, func(string) error { return nil })
	if err != nil || r.CachedTokens < first.PromptTokens-1 {
		t.Errorf("%+v %v", r, err)
	}
}

// TestMain's process plays the parent: this one starts an engine, tells its number and waits to be killed.
const orphanVariable = "ENGINE_TEST_ORPHAN"

func TestTheEngineDiesWithItsParent(t *testing.T) {
	if path := os.Getenv(orphanVariable); path != "" {
		fmt.Printf("pid %d\n", start(t, path).PID())
		time.Sleep(time.Minute)
		return
	}
	s := seal(t, synthetic(t, gguf.Tiny()))
	parent := exec.Command(os.Args[0], "-test.run", "^TestTheEngineDiesWithItsParent$", "-test.v")
	parent.Env = append(os.Environ(), orphanVariable+"="+s.path)
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	var seen strings.Builder
	pid := 0
	for buf := make([]byte, 512); pid == 0; {
		n, err := out.Read(buf)
		seen.Write(buf[:n])
		if _, rest, ok := strings.Cut(seen.String(), "pid "); ok && strings.Contains(rest, "\n") {
			number, _, _ := strings.Cut(rest, "\n")
			pid, _ = strconv.Atoi(number)
		}
		if err != nil && pid == 0 {
			t.Fatal(err, seen.String())
		}
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	for range 200 {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	t.Error("the engine outlives its parent")
}

func TestTheEngineInheritsNothingElse(t *testing.T) {
	t.Setenv("SECRET_OF_THE_PARENT", "1")
	e := start(t, seal(t, synthetic(t, gguf.Tiny())).path)
	env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", e.PID()))
	if err != nil {
		t.Skip(err)
	}
	// The last is the mark that it has confined itself.
	const words = "GGML_NO_BACKTRACE=1\x00MESA_SHADER_CACHE_DISABLE=true\x00__GL_SHADER_DISK_CACHE=0\x00CUDA_CACHE_DISABLE=1\x00"
	if got := strings.TrimSuffix(string(env), "SUBROSA_CONFINED=1\x00"); got != words {
		t.Errorf("environment %q", got)
	}
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", e.PID()))
	if err != nil {
		t.Skip(err)
	}
	for _, entry := range entries {
		target, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", e.PID(), entry.Name()))
		if err != nil {
			continue
		}
		n, _ := strconv.Atoi(entry.Name())
		known := n == 4 || target == "/dev/null" || strings.HasPrefix(target, "socket:") || strings.HasPrefix(target, "pipe:") ||
			strings.HasPrefix(target, "anon_inode:") || strings.HasPrefix(target, "/sys/fs/cgroup/") // Go's runtime reads its quota
		if !known {
			t.Errorf("descriptor %d is %s", n, target)
		}
	}
}
