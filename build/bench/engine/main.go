// Command engine measures the engine against a bare loop over the same libraries and against node-llama-cpp, on the same
// model.
//
// The bare loop is yzma on the plaintext file, loaded as llama.cpp does by default (mmap), in a fresh process each time;
// the engine loads the same model sealed. Both run the same prompt and take the likeliest token each time. Runs are
// interleaved; what is printed is one JSON object with medians and the median of the ratios of neighbouring runs.
//
//	go run ./build/bench/engine -lib build/native/lib -engine build/bin/subrosa-engine -gguf /tmp/bench.gguf
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/hybridgroup/yzma/pkg/llama"

	"subrosa/internal/engine"
	"subrosa/internal/gguf"
	"subrosa/internal/secret"
	"subrosa/internal/vault"
)

const (
	contextLength = 2048
	batch         = 512
	question      = "Summarise the duties of an executor under a will, in the order in which they arise, and name for each of them " +
		"the deadline, the document that proves it, and who may demand to see it. Answer for an estate with a house, two bank " +
		"accounts, a car, and a daughter who lives abroad."
)

// run is what one run of either side measures.
type run struct {
	Load    float64 `json:"loadSeconds"`
	First   float64 `json:"firstTokenSeconds"`
	Decode  float64 `json:"decodeTokensPerSecond"`
	PeakRSS float64 `json:"peakRSSMiB"`
	Prompt  int     `json:"promptTokens"`
	Output  int     `json:"outputTokens"`
}

type report struct {
	Model    string  `json:"model"`
	FileMiB  float64 `json:"fileMiB"`
	Rounds   int     `json:"rounds"`
	Threads  int     `json:"threads"`
	Engine   run     `json:"engine"`
	Bare     run     `json:"bare"`
	Peer     run     `json:"peer"`
	ToBare   ratios  `json:"engineToBare"`
	ToPeer   ratios  `json:"engineToPeer"`
	Runs     []round `json:"runs"`
	SealedIn float64 `json:"importSeconds"`
}

// ratios are medians over the rounds.
type ratios struct {
	Decode  float64 `json:"decode"`
	First   float64 `json:"firstToken"`
	Load    float64 `json:"load"`
	PeakRSS float64 `json:"peakRSS"`
}

// round is one run of each side, one right after the other.
type round struct {
	Engine run `json:"engine"`
	Bare   run `json:"bare"`
	Peer   run `json:"peer"`
}

func main() {
	file := flag.String("gguf", "", "plaintext model; made up (620 MB) where it does not exist")
	lib := flag.String("lib", "build/native/lib", "directory of llama.cpp's libraries")
	program := flag.String("engine", "build/bin/subrosa-engine", "the engine")
	peer := flag.String("peer", "build/bench/peer", "directory of the peer's program, its packages installed")
	rounds := flag.Int("rounds", 5, "runs of each side")
	tokens := flag.Int("tokens", 128, "tokens to generate")
	threads := flag.Int("threads", 0, "0: one for each physical core")
	bare := flag.Bool("bare", false, "be the bare loop, once")
	mmap := flag.Bool("mmap", true, "the bare loop maps the file, as llama.cpp does by default; false: it reads it, as the engine must")
	flag.Parse()
	if *threads == 0 {
		*threads = cores()
	}
	var result any
	var err error
	if *bare {
		result, err = bareLoop(*file, *lib, *tokens, *threads, *mmap)
	} else {
		result, err = compare(*file, *lib, *program, *peer, *rounds, *tokens, *threads, *mmap)
	}
	if err == nil {
		out := json.NewEncoder(os.Stdout)
		out.SetIndent("", "  ")
		err = out.Encode(result)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func compare(file, lib, program, peer string, rounds, tokens, threads int, mmap bool) (*report, error) {
	if file == "" {
		return nil, errors.New("-gguf is missing")
	}
	if err := ensure(file); err != nil {
		return nil, err
	}
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(filepath.Dir(file), "bench-vault-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	store := vault.Open(dir, secret.Random(32))
	start := time.Now()
	weights, err := gguf.Open(file)
	if err != nil {
		return nil, err
	}
	defer weights.Close()
	m, err := store.Import(context.Background(), weights, vault.Source{File: file, Size: weights.Size}, identity.Recipient(), nil)
	if err != nil {
		return nil, err
	}
	r := &report{
		Model: m.Name + ", " + m.Quantisation, FileMiB: float64(info.Size()) / (1 << 20), Rounds: rounds, Threads: threads,
		SealedIn: time.Since(start).Seconds(),
	}
	for i := range rounds {
		// Each side goes first in turn, with its file in the page cache.
		var p round
		sides := []func() error{
			func() (err error) {
				if err = warm(file); err == nil {
					p.Bare, err = bareProcess(file, lib, tokens, threads, mmap)
				}
				return err
			},
			func() (err error) {
				if err = warm(filepath.Join(dir, string(m.ID), "model.age")); err == nil {
					p.Engine, err = engineRun(store, m.ID, identity, lib, program, tokens, threads)
				}
				return err
			},
			func() (err error) {
				if err = warm(file); err == nil {
					p.Peer, err = peerProcess(file, peer, tokens, threads)
				}
				return err
			},
		}
		for n := range sides {
			if err := sides[(n+i)%len(sides)](); err != nil {
				return nil, err
			}
		}
		if p.Bare.Prompt != p.Engine.Prompt || p.Bare.Output != p.Engine.Output {
			return nil, fmt.Errorf("the two sides did not do the same: %+v", p)
		}
		fmt.Fprintf(os.Stderr, "round %d: decode %.1f / %.1f / %.1f tokens/s, load %.2f / %.2f / %.2f s, peak %.0f / %.0f / %.0f MiB (engine / bare / peer)\n",
			i+1, p.Engine.Decode, p.Bare.Decode, p.Peer.Decode, p.Engine.Load, p.Bare.Load, p.Peer.Load, p.Engine.PeakRSS, p.Bare.PeakRSS, p.Peer.PeakRSS)
		r.Runs = append(r.Runs, p)
	}
	bareSide := func(p round) run { return p.Bare }
	peerSide := func(p round) run { return p.Peer }
	r.Engine = medians(r.Runs, func(p round) run { return p.Engine })
	r.Bare, r.ToBare = medians(r.Runs, bareSide), ratiosTo(r.Runs, bareSide)
	r.Peer, r.ToPeer = medians(r.Runs, peerSide), ratiosTo(r.Runs, peerSide)
	return r, nil
}

// ratiosTo compares the engine with another side, round by round.
func ratiosTo(runs []round, side func(round) run) ratios {
	ratio := func(f func(run) float64) float64 {
		return median(runs, func(p round) float64 { return f(p.Engine) / f(side(p)) })
	}
	return ratios{
		Decode:  ratio(func(r run) float64 { return r.Decode }),
		First:   ratio(func(r run) float64 { return r.First }),
		Load:    ratio(func(r run) float64 { return r.Load }),
		PeakRSS: ratio(func(r run) float64 { return r.PeakRSS }),
	}
}

// ensure makes up the model if it is not there.
func ensure(file string) error {
	if _, err := os.Stat(file); err == nil {
		return nil
	}
	fmt.Fprintln(os.Stderr, "making up a model of 620 MB:", file)
	f, err := os.Create(file + ".part")
	if err != nil {
		return err
	}
	if _, err := gguf.Bench().WriteTo(f); err != nil {
		return errors.Join(err, f.Close(), os.Remove(file+".part"))
	}
	return errors.Join(f.Close(), os.Rename(file+".part", file))
}

func warm(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{f}, make([]byte, 1<<20))
	return err
}

func bareProcess(file, lib string, tokens, threads int, mmap bool) (r run, err error) {
	cmd := exec.Command(os.Args[0], "-bare", "-gguf", file, "-lib", lib, "-tokens", strconv.Itoa(tokens), "-threads", strconv.Itoa(threads),
		"-mmap="+strconv.FormatBool(mmap))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return r, fmt.Errorf("bare loop: %w", err)
	}
	return r, json.Unmarshal(out, &r)
}

func peerProcess(file, dir string, tokens, threads int) (r run, err error) {
	cmd := exec.Command("node", filepath.Join(dir, "bench.mjs"), file, strconv.Itoa(tokens), strconv.Itoa(threads))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return r, fmt.Errorf("peer: %w", err)
	}
	return r, json.Unmarshal(out, &r)
}

// bareLoop is the least that one can do with llama.cpp.
func bareLoop(file, lib string, tokens, threads int, mmap bool) (r run, err error) {
	if err := llama.Load(lib); err != nil {
		return r, err
	}
	llama.LogSet(llama.LogSilent())
	llama.Init()
	start := time.Now()
	mp := llama.ModelDefaultParams()
	mp.NGpuLayers = 0
	if !mmap {
		mp.LoadMode = llama.LoadModeNone
	}
	model, err := llama.ModelLoadFromFile(file, mp)
	if err != nil {
		return r, err
	}
	cp := llama.ContextDefaultParams()
	cp.NCtx, cp.NBatch, cp.NUbatch = contextLength, batch, batch
	cp.NThreads, cp.NThreadsBatch = int32(threads), int32(threads)
	ctx, err := llama.InitFromModel(model, cp)
	if err != nil {
		return r, err
	}
	r.Load = time.Since(start).Seconds()

	vocab := llama.ModelGetVocab(model)
	chain := llama.SamplerChainInit(llama.SamplerChainDefaultParams())
	llama.SamplerChainAdd(chain, llama.SamplerInitGreedy())
	start = time.Now()
	prompt := llama.Tokenize(vocab, "<|im_start|>user\n"+question+"<|im_end|>\n<|im_start|>assistant\n", true, true)
	r.Prompt = len(prompt)
	next := prompt
	var first time.Time
	buf := make([]byte, 256)
	for r.Output < tokens {
		if status, err := llama.Decode(ctx, llama.BatchGetOne(next)); err != nil || status != 0 {
			return r, fmt.Errorf("decode: %d %w", status, err)
		}
		token := llama.SamplerSample(chain, ctx, -1)
		if first.IsZero() {
			first = time.Now()
			r.First = first.Sub(start).Seconds()
		}
		if llama.VocabIsEOG(vocab, token) {
			break
		}
		llama.TokenToPiece(vocab, token, buf, 0, false)
		r.Output++
		next = []llama.Token{token}
	}
	r.Decode = float64(r.Output-1) / time.Since(first).Seconds()
	r.PeakRSS, err = peak(os.Getpid())
	return r, err
}

func engineRun(store *vault.Store, id vault.ModelID, identity age.Identity, lib, program string, tokens, threads int) (r run, err error) {
	sealed, err := store.Unseal(id, identity)
	if err != nil {
		return r, err
	}
	defer sealed.Close()
	e, err := engine.Start(context.Background(), engine.Config{Path: program, LibDir: lib, Model: sealed.File})
	if err != nil {
		return r, err
	}
	defer e.Close()
	start := time.Now()
	_, err = e.Load(context.Background(), engine.LoadRequest{
		FileKey: sealed.FileKey, Size: sealed.Size, Context: contextLength, Threads: threads,
	}, nil)
	if err != nil {
		return r, err
	}
	r.Load = time.Since(start).Seconds()
	start = time.Now()
	var first time.Time
	result, err := e.Generate(
		context.Background(),
		engine.Request{Messages: []engine.Message{{Role: "user", Text: question}}, MaxTokens: tokens},
		func(string) error {
			if first.IsZero() {
				first = time.Now()
			}
			return nil
		},
	)
	if err != nil {
		return r, err
	}
	r.First = first.Sub(start).Seconds()
	r.Decode = float64(result.OutputTokens-1) / time.Since(first).Seconds()
	r.Prompt, r.Output = result.PromptTokens, result.OutputTokens
	r.PeakRSS, err = peak(e.PID())
	return r, err
}

// peak returns VmHWM in MiB.
func peak(pid int) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(value)[0], 64)
			return kib / 1024, err
		}
	}
	return 0, errors.New("no VmHWM")
}

// cores counts what the engine would use; the library is not open here.
func cores() int { return int(llama.Threads()) }

func median(runs []round, f func(round) float64) float64 {
	values := make([]float64, len(runs))
	for i, p := range runs {
		values[i] = f(p)
	}
	slices.Sort(values)
	if n := len(values); n%2 == 0 {
		return (values[n/2-1] + values[n/2]) / 2
	}
	return values[len(values)/2]
}

func medians(runs []round, side func(round) run) run {
	m := func(f func(run) float64) float64 {
		return median(runs, func(p round) float64 { return f(side(p)) })
	}
	first := side(runs[0])
	return run{
		Load:    m(func(r run) float64 { return r.Load }),
		First:   m(func(r run) float64 { return r.First }),
		Decode:  m(func(r run) float64 { return r.Decode }),
		PeakRSS: m(func(r run) float64 { return r.PeakRSS }),
		Prompt:  first.Prompt,
		Output:  first.Output,
	}
}
