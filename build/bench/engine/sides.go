package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/hybridgroup/yzma/pkg/llama"

	"subrosa/internal/engine"
	"subrosa/internal/vault"
)

// run is what one run of one side measures.
type run struct {
	Load      float64 `json:"loadSeconds"`
	First     float64 `json:"firstTokenSeconds"`
	Decode    float64 `json:"decodeTokensPerSecond"`
	Read      float64 `json:"promptTokensPerSecond"` // the document's, up to the first token of an answer
	Second    float64 `json:"secondTurnSeconds"`     // from the second question to the first token of its answer
	NewTokens int     `json:"secondTurnTokens"`      // computed for it
	Prompt    int     `json:"promptTokens"`
	Output    int     `json:"outputTokens"`
	PeakRSS   float64 `json:"peakRSSMiB"`
	Stop      float64 `json:"stopSeconds"` // the engine: from a stop to the answer's end, the longer of one while it reads and one while it writes
}

// child runs a side in a process of its own that prints a run.
func child(name string, args ...string) (r run, err error) {
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return r, fmt.Errorf("%s: %w", name, err)
	}
	return r, json.Unmarshal(out, &r)
}

func bareProcess(file string, o options) (run, error) {
	return child(os.Args[0], "-bare", file, "-lib", o.Lib, "-threads", strconv.Itoa(o.Threads), "-quick="+strconv.FormatBool(o.Quick))
}

// peerProcess runs node-llama-cpp. With justLoad it measures that alone.
func peerProcess(file string, o options, justLoad bool) (run, error) {
	job, err := json.Marshal(map[string]any{
		"file": file, "threads": o.Threads, "context": contextLength, "batch": batch, "tokens": o.answerTokens(),
		"prompt": turn(question), "document": turn(o.document()), "next": after + turn(secondQuestion), "justLoad": justLoad,
	})
	if err != nil {
		return run{}, err
	}
	return child("node", filepath.Join(o.Peer, "bench.mjs"), string(job))
}

// turn is a question as the models' template has it, and after what stands behind an answer.
func turn(text string) string {
	return "<|im_start|>user\n" + text + "<|im_end|>\n<|im_start|>assistant\n"
}

const after = "<|im_end|>\n"

// bareLoop is the least that one can do with llama.cpp.
func bareLoop(file string, o options) (r run, err error) {
	if err := llama.Load(o.Lib); err != nil {
		return r, err
	}
	llama.LogSet(llama.LogSilent())
	llama.Init()
	start := time.Now()
	mp := llama.ModelDefaultParams()
	mp.NGpuLayers = 0
	model, err := llama.ModelLoadFromFile(file, mp)
	if err != nil {
		return r, err
	}
	cp := llama.ContextDefaultParams()
	cp.NCtx, cp.NBatch, cp.NUbatch = contextLength, batch, batch
	cp.NThreads, cp.NThreadsBatch = int32(o.Threads), int32(o.Threads)
	ctx, err := llama.InitFromModel(model, cp)
	if err != nil {
		return r, err
	}
	r.Load = time.Since(start).Seconds()

	vocab := llama.ModelGetVocab(model)
	memory, err := llama.GetMemory(ctx)
	if err != nil {
		return r, err
	}
	chain := llama.SamplerChainInit(llama.SamplerChainDefaultParams())
	llama.SamplerChainAdd(chain, llama.SamplerInitGreedy())
	buf := make([]byte, 256)
	// answer computes a prompt and as many tokens of an answer, and returns when the first of them was there. The last one is
	// not computed.
	answer := func(prompt []llama.Token, most int) (first time.Time, last llama.Token, n int, err error) {
		for next := prompt; n < most; {
			for len(next) > 0 {
				part := next[:min(batch, len(next))]
				if status, err := llama.Decode(ctx, llama.BatchGetOne(part)); err != nil || status != 0 {
					return first, last, n, fmt.Errorf("decode: %d %w", status, err)
				}
				next = next[len(part):]
			}
			last = llama.SamplerSample(chain, ctx, -1)
			if first.IsZero() {
				first = time.Now()
			}
			if llama.VocabIsEOG(vocab, last) {
				break
			}
			llama.TokenToPiece(vocab, last, buf, 0, false)
			n++
			next = []llama.Token{last}
		}
		return first, last, n, nil
	}

	start = time.Now()
	prompt := llama.Tokenize(vocab, turn(question), true, true)
	r.Prompt = len(prompt)
	first, _, n, err := answer(prompt, o.answerTokens())
	if err != nil {
		return r, err
	}
	r.First, r.Output = first.Sub(start).Seconds(), n
	r.Decode = float64(n-1) / time.Since(first).Seconds()

	if err := llama.MemoryClear(memory, true); err != nil {
		return r, err
	}
	start = time.Now()
	prompt = llama.Tokenize(vocab, turn(o.document()), true, true)
	first, last, _, err := answer(prompt, shortAnswer)
	if err != nil {
		return r, err
	}
	r.Read = float64(len(prompt)) / first.Sub(start).Seconds()

	start = time.Now()
	prompt = llama.Tokenize(vocab, after+turn(secondQuestion), false, true)
	if !llama.VocabIsEOG(vocab, last) {
		prompt = append([]llama.Token{last}, prompt...)
	}
	if first, _, _, err = answer(prompt, 1); err != nil {
		return r, err
	}
	r.Second, r.NewTokens = first.Sub(start).Seconds(), len(prompt)
	r.PeakRSS, err = peak(os.Getpid())
	return r, err
}

// loaded is the engine with a model.
type loaded struct {
	*engine.Engine
	options
	seconds float64
}

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

func engineRun(store *vault.Store, id vault.ModelID, identity age.Identity, o options) (r run, err error) {
	e, err := load(store, id, identity, o, engine.LoadRequest{})
	if err != nil {
		return r, err
	}
	defer e.Close()
	r.Load = e.seconds
	a, err := e.ask([]engine.Message{{Role: "user", Text: question}}, o.answerTokens())
	if err != nil {
		return r, err
	}
	r.First, r.Decode = a.first.Seconds(), a.speed()
	r.Prompt, r.Output = a.PromptTokens, a.OutputTokens

	conversation := []engine.Message{{Role: "user", Text: o.document()}}
	if a, err = e.ask(conversation, shortAnswer); err != nil {
		return r, err
	}
	r.Read = float64(a.PromptTokens) / a.first.Seconds()
	conversation = append(conversation, engine.Message{Role: "assistant", Text: a.text}, engine.Message{Role: "user", Text: secondQuestion})
	if a, err = e.ask(conversation, 1); err != nil {
		return r, err
	}
	r.Second, r.NewTokens = a.first.Seconds(), a.PromptTokens-a.CachedTokens
	if r.PeakRSS, err = peak(e.PID()); err != nil {
		return r, err
	}
	r.Stop, err = e.stops()
	return r, err
}

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

// peak is the most memory that a process has had, in MiB.
func peak(pid int) (float64, error) { return status(pid, "VmHWM") }

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
