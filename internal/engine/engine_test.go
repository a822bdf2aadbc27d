//go:build unix

package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"subrosa/internal/gguf"
	"subrosa/internal/secret"
)

// The real engine on the real libraries: built here, and made by `make build`.
var program, libraries string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		root, err := os.Getwd()
		for err == nil {
			if _, e := os.Stat(filepath.Join(root, "go.mod")); e == nil {
				break
			}
			if root == filepath.Dir(root) {
				err = errors.New("no go.mod above")
			}
			root = filepath.Dir(root)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		libraries = filepath.Join(root, "build", "native", "lib")
		if _, err := os.Stat(filepath.Join(libraries, "libllama.so")); err != nil {
			fmt.Fprintln(os.Stderr, "llama.cpp's libraries are missing: run make build.", err)
			return 1
		}
		dir, err := os.MkdirTemp("", "engine")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		program = filepath.Join(dir, "subrosa-engine")
		build := exec.Command("go", "build", "-o", program, "./app/subrosa-engine")
		build.Dir = root
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build the engine: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// sealed is a model encrypted to a key of its own.
type sealed struct {
	path  string
	size  int64
	key   []byte
	plain []byte
}

func seal(t testing.TB, plain []byte) *sealed {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := age.Encrypt(&b, identity.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s := &sealed{path: filepath.Join(t.TempDir(), "model.age"), size: int64(b.Len()), plain: plain}
	header, err := age.ExtractHeader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if s.key, err = age.DecryptHeader(header, identity); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func synthetic(t testing.TB, s gguf.Synthetic) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := s.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func start(t testing.TB, path string) *Engine {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	e, err := Start(context.Background(), Config{Path: program, LibDir: libraries, Model: f})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func (s *sealed) request() LoadRequest {
	// One thread: these models are small, and waiting for another core costs more than it gives.
	return LoadRequest{FileKey: secret.New(bytes.Clone(s.key)), Size: s.size, Threads: 1}
}

func load(t testing.TB, s *sealed) *Engine {
	t.Helper()
	e := start(t, s.path)
	if _, err := e.Load(context.Background(), s.request(), nil); err != nil {
		t.Fatal(err)
	}
	return e
}

// answer is a greedy answer to one question.
func answer(t testing.TB, e *Engine, question string, maxTokens int) (string, Result) {
	t.Helper()
	var text strings.Builder
	r, err := e.Generate(context.Background(), ask(question, maxTokens), func(s string) error {
		text.WriteString(s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return text.String(), r
}

func ask(question string, maxTokens int) Request {
	return Request{Messages: []Message{{"user", question}}, MaxTokens: maxTokens}
}

func TestAnAnswerComesFromASealedModel(t *testing.T) {
	s := seal(t, synthetic(t, gguf.Tiny()))
	e := start(t, s.path)
	var parts []float64
	info, err := e.Load(context.Background(), s.request(), func(part float64) { parts = append(parts, part) })
	if err != nil {
		t.Fatal(err)
	}
	if info.Name != "Synthetic tiny" || info.Architecture != "llama" || info.Context != 512 || info.Device != "CPU" ||
		info.Quantisation != "Q8_0" || info.Parameters == 0 || info.Threads < 1 {
		t.Errorf("%+v", info)
	}
	if len(parts) < 2 || parts[len(parts)-1] != 1 {
		t.Errorf("progress %v", parts)
	}
	text, r := answer(t, e, "What is a retainer?", 20)
	if r.Reason != Length || r.OutputTokens != 20 || r.PromptTokens == 0 || text == "" || r.FirstToken <= 0 {
		t.Errorf("%+v %q", r, text)
	}
	again, _ := answer(t, e, "What is a retainer?", 20)
	if again != text {
		t.Errorf("greedy, and yet %q, then %q", text, again)
	}
	if !e.Alive() || e.PID() <= 0 {
		t.Error("not alive")
	}
	if err := errors.Join(e.Close(), e.Close()); err != nil {
		t.Error(err)
	}
	if e.Alive() {
		t.Error("alive after Close")
	}
	if _, err := e.Generate(context.Background(), ask("Again?", 1), nil); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestAScriptedModelSaysItsScriptAndStops(t *testing.T) {
	const script = "Yes, 😀é!"
	e := load(t, seal(t, synthetic(t, gguf.Scripted(script))))
	var pieces []string
	r, err := e.Generate(context.Background(), ask("Is it?", 0), func(s string) error {
		pieces = append(pieces, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(pieces, ""); got != script || r.Reason != EOS || r.OutputTokens != len(script) {
		t.Errorf("%q %+v", got, r)
	}
	// Every byte is a token of its own, and still no piece holds half a character.
	for _, p := range pieces {
		if strings.ContainsRune(p, '�') {
			t.Errorf("half a character: %q", pieces)
		}
	}
}

func TestKillingTheEngineInAnAnswerLeavesTheTextAndANewOneAnswers(t *testing.T) {
	s := seal(t, synthetic(t, gguf.Tiny()))
	e := load(t, s)
	var text strings.Builder
	_, err := e.Generate(context.Background(), ask("Go on for long.", 0), func(p string) error {
		text.WriteString(p)
		if text.Len() > 30 {
			return syscall.Kill(e.PID(), syscall.SIGKILL)
		}
		return nil
	})
	var exit *ExitError
	if !errors.Is(err, ErrCrashed) || !errors.As(err, &exit) || exit.Status != "signal: killed" || text.Len() <= 30 {
		t.Fatalf("%v, %d bytes of text", err, text.Len())
	}
	if e.Alive() {
		t.Error("alive")
	}
	if _, err := e.Generate(context.Background(), ask("And now?", 1), nil); !errors.Is(err, ErrCrashed) {
		t.Errorf("after the crash: %v", err)
	}
	if got, _ := answer(t, load(t, s), "And now?", 5); got == "" {
		t.Error("a new engine does not answer")
	}
}

func TestStopEndsAnAnswerAndTheNextIsGiven(t *testing.T) {
	e := load(t, seal(t, synthetic(t, gguf.Tiny())))
	ctx, cancel := context.WithCancel(context.Background())
	n := 0
	r, err := e.Generate(ctx, ask("Go on for long.", 0), func(string) error {
		if n++; n == 10 {
			cancel()
		}
		return nil
	})
	if err != nil || r.Reason != Stopped || r.OutputTokens < 10 {
		t.Fatalf("%+v %v", r, err)
	}
	if _, r := answer(t, e, "And now?", 5); r.OutputTokens != 5 {
		t.Errorf("%+v", r)
	}
	_ = time.Now
}
