package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"filippo.io/age"

	"subrosa/internal/engine"
	"subrosa/internal/vault"
)

// side is one of the three that are compared, with the model loaded. It has one conversation at a time.
type side interface {
	loading() float64 // seconds that it took
	// say asks a question, in the conversation or in a new one, and takes so many tokens of the answer, or what there is.
	say(question string, anew bool, most int) (said, error)
	peak() (float64, error) // MiB
	Close() error
}

// said is what came of a question.
type said struct {
	First  float64 `json:"firstSeconds"` // to the first token
	All    float64 `json:"allSeconds"`
	Prompt int     `json:"promptTokens"` // of the conversation up to the answer
	New    int     `json:"newTokens"`    // computed, of these
	Output int     `json:"outputTokens"`
}

// speed is tokens a second after the first one.
func (s said) speed() float64 { return float64(s.Output-1) / (s.All - s.First) }

// process is a side in a process of its own: it loads the model and says in how many seconds, answers a line with a question
// by a line, and ends when there are no more.
type process struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *json.Decoder
	seconds float64
}

func start(name string, args ...string) (*process, error) {
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, in: in, out: json.NewDecoder(bufio.NewReader(out))}
	if err := p.out.Decode(&p.seconds); err != nil {
		return nil, errors.Join(fmt.Errorf("%s loads nothing: %w", name, err), p.Close())
	}
	return p, nil
}

// asked is a question to a side in a process of its own.
type asked struct {
	Question string `json:"question"`
	Anew     bool   `json:"anew"`
	Most     int    `json:"most"`
}

func (p *process) loading() float64 { return p.seconds }

func (p *process) say(question string, anew bool, most int) (s said, err error) {
	if err = json.NewEncoder(p.in).Encode(asked{question, anew, most}); err == nil {
		err = p.out.Decode(&s)
	}
	return s, err
}

func (p *process) peak() (float64, error) { return status(p.cmd.Process.Pid, "VmHWM") }

func (p *process) Close() error { return errors.Join(p.in.Close(), p.cmd.Wait()) }

func startBare(file string, o options) (*process, error) {
	return start(os.Args[0], "-bare", file, "-lib", o.Lib, "-threads", strconv.Itoa(o.Threads))
}

func startPeer(file string, o options) (*process, error) {
	job, err := json.Marshal(map[string]any{"file": file, "threads": o.Threads, "context": contextLength, "batch": batch})
	if err != nil {
		return nil, err
	}
	return start("node", filepath.Join(o.Peer, "bench.mjs"), string(job))
}

// loaded is the engine with a model.
type loaded struct {
	*engine.Engine
	options
	seconds      float64
	conversation []engine.Message
}

func startEngine(s sealed, o options) (*loaded, error) {
	l, err := load(s.store, s.id, s.identity, o, engine.LoadRequest{})
	return &l, err
}

func (l *loaded) loading() float64 { return l.seconds }

func (l *loaded) say(question string, anew bool, most int) (said, error) {
	if anew {
		l.conversation = nil
	}
	l.conversation = append(l.conversation, engine.Message{Role: "user", Text: question})
	a, err := l.ask(l.conversation, most)
	l.conversation = append(l.conversation, engine.Message{Role: "assistant", Text: a.text})
	return said{First: a.first.Seconds(), All: a.all.Seconds(), Prompt: a.PromptTokens, New: a.PromptTokens - a.CachedTokens, Output: a.OutputTokens}, err
}

func (l *loaded) peak() (float64, error) { return status(l.PID(), "VmHWM") }

func load(store *vault.Store, id vault.ModelID, identity age.Identity, o options, r engine.LoadRequest) (l loaded, err error) {
	l.options = o
	sealed, err := store.Unseal(id, identity)
	if err != nil {
		return l, err
	}
	defer sealed.Close()
	if l.Engine, err = engine.Start(context.Background(), engine.Config{Path: o.Program, LibDir: o.Lib, Model: sealed.File}); err != nil {
		return l, err
	}
	start := time.Now()
	r.FileKey, r.Size, r.Context, r.Threads = sealed.FileKey, sealed.Size, contextLength, o.Threads
	if _, err = l.Load(context.Background(), r, nil); err != nil {
		return l, errors.Join(err, l.Close())
	}
	l.seconds = time.Since(start).Seconds()
	return l, nil
}

// answer is what came of one request, with the time of its first token.
type answer struct {
	engine.Result
	text  string
	first time.Duration
	all   time.Duration
}

func (l loaded) ask(messages []engine.Message, most int) (answer, error) {
	return l.askIn("", messages, most)
}

// askIn asks in a conversation that the engine keeps.
func (l loaded) askIn(conversation string, messages []engine.Message, most int) (a answer, err error) {
	var text strings.Builder
	start := time.Now()
	a.Result, err = l.Generate(context.Background(), engine.Request{Conversation: conversation, Messages: messages, MaxTokens: most}, func(piece string) error {
		if a.first == 0 {
			a.first = time.Since(start)
		}
		text.WriteString(piece)
		return nil
	})
	a.all, a.text = time.Since(start), text.String()
	return a, err
}

// speed is tokens a second after the first one.
func (a answer) speed() float64 { return float64(a.OutputTokens-1) / (a.all - a.first).Seconds() }

// stops stops one answer halfway through the reading of its prompt, and one after its fifth token.
func (l loaded) stops() (longest float64, err error) {
	for _, whileReading := range []bool{true, false} {
		if err := l.Forget(context.Background()); err != nil {
			return 0, err
		}
		ctx, cancel := context.WithCancel(context.Background())
		var stopped time.Time
		stop := func() { stopped = time.Now(); cancel() }
		var timer *time.Timer
		text, pieces := question, 0
		if whileReading {
			text = l.document()
			timer = time.AfterFunc(200*time.Millisecond, stop)
		}
		result, err := l.Generate(ctx, engine.Request{Messages: []engine.Message{{Role: "user", Text: text}}}, func(string) error {
			if pieces++; pieces == 5 && !whileReading {
				stop()
			}
			return nil
		})
		took := time.Since(stopped).Seconds()
		if timer != nil {
			timer.Stop()
		}
		cancel()
		switch {
		case err != nil:
			return 0, err
		case result.Reason != engine.Stopped, whileReading && pieces > 0: // a small model had read it by then
		default:
			longest = max(longest, took)
		}
	}
	return longest, nil
}

// status returns a value of /proc/PID/status in MiB.
func status(pid int, name string) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(value)[0], 64)
			return kib / 1024, err
		}
	}
	return 0, errors.New("no " + name)
}
