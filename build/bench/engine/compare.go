package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filippo.io/age"
	"golang.org/x/sys/unix"

	"subrosa/internal/engine"
	"subrosa/internal/gguf"
	"subrosa/internal/secret"
	"subrosa/internal/vault"
)

// coldModel is the model whose loading is measured from a cold page cache too.
const coldModel = "q4_0"

type report struct {
	Rounds   int        `json:"rounds"`
	Threads  int        `json:"threads"`
	Models   []*figures `json:"models"`
	Quoting  *quotes    `json:"quoting"`
	Memory   *curve     `json:"memory"`
	Reopened *reopened  `json:"reopened"`
}

// figures are one model's.
type figures struct {
	Model   string  `json:"model"`
	Name    string  `json:"name"`
	FileMiB float64 `json:"fileMiB"`
	Engine  run     `json:"engine"`
	Bare    run     `json:"bare"`
	Peer    run     `json:"peer"`
	ToBare  ratios  `json:"engineToBare"`
	ToPeer  ratios  `json:"engineToPeer"`
	Stop    float64 `json:"stopSeconds"` // the longest of all rounds
	Cold    *cold   `json:"cold,omitempty"`
	Runs    []round `json:"runs"`
}

// run is what one side measures in a round.
type run struct {
	Load      float64 `json:"loadSeconds"`
	First     float64 `json:"firstTokenSeconds"`
	Decode    float64 `json:"decodeTokensPerSecond"`
	Read      float64 `json:"promptTokensPerSecond"` // the question's and the document's, up to the first token of an answer
	Second    float64 `json:"secondTurnSeconds"`     // from a further question to the first token of its answer, the median of several
	NewTokens int     `json:"secondTurnTokens"`      // computed for the second
	Prompt    int     `json:"promptTokens"`
	Output    int     `json:"outputTokens"`
	PeakRSS   float64 `json:"peakRSSMiB"`
	Stop      float64 `json:"stopSeconds"` // the engine: from a stop to the answer's end, the longer of one while it reads and one while it writes
}

// ratios are medians over the rounds.
type ratios struct {
	Load    float64 `json:"load"`
	First   float64 `json:"firstToken"`
	Decode  float64 `json:"decode"`
	Read    float64 `json:"prompt"`
	Second  float64 `json:"secondTurn"`
	PeakRSS float64 `json:"peakRSS"`
}

// round is what each side did in turn with the others.
type round struct {
	Engine run `json:"engine"`
	Bare   run `json:"bare"`
	Peer   run `json:"peer"`
}

// cold are seconds to load a file that is not in the page cache.
type cold struct {
	Engine float64 `json:"engineSeconds"`
	Peer   float64 `json:"peerSeconds"`
	Ratio  float64 `json:"ratio"`
}

// quotes are tokens a second of an answer that quotes its document, with guesses from the text and without.
type quotes struct {
	Drafts   float64 `json:"draftsTokensPerSecond"`
	NoDrafts float64 `json:"noDraftsTokensPerSecond"`
	Ratio    float64 `json:"ratio"`
	Accepted float64 `json:"accepted"` // of those guessed
}

// sealed is a model in a vault, beside its plaintext file.
type sealed struct {
	file     string
	store    *vault.Store
	id       vault.ModelID
	identity age.Identity
	name     string
	dir      string
}

func seal(m model, o options) (s sealed, err error) {
	if s.file, err = m.ensure(o.Dir); err != nil {
		return s, err
	}
	if s.dir, err = os.MkdirTemp(o.Dir, "bench-vault-"); err != nil {
		return s, err
	}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return s, err
	}
	s.identity, s.store = identity, vault.Open(s.dir, secret.Random(32))
	weights, err := gguf.Open(s.file)
	if err != nil {
		return s, err
	}
	defer weights.Close()
	found, err := s.store.Import(context.Background(), weights, vault.Source{File: s.file, Size: weights.Size}, identity.Recipient(), nil)
	s.id, s.name = found.ID, found.Name+", "+found.Quantisation
	return s, err
}

func (s sealed) sealedFile() string { return filepath.Join(s.dir, string(s.id), "model.age") }

func (s sealed) remove() { _ = os.RemoveAll(s.dir) }

func compareAll(which []string, o options) (*report, error) {
	r := &report{Rounds: o.Rounds, Threads: o.Threads}
	for _, m := range measuredModels() {
		if !slices.Contains(which, m.name) {
			continue
		}
		f, err := compare(m, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		r.Models = append(r.Models, f)
	}
	var err error
	if slices.Contains(which, "quoting") {
		if r.Quoting, err = quote(o); err != nil {
			return nil, err
		}
	}
	if slices.Contains(which, "memory") {
		r.Memory, err = memoryOverTurns(o)
	}
	if err == nil && slices.Contains(which, "reopened") {
		r.Reopened, err = reopen(o)
	}
	return r, err
}

func compare(m model, o options) (*figures, error) {
	s, err := seal(m, o)
	defer s.remove()
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(s.file)
	if err != nil {
		return nil, err
	}
	f := &figures{Model: m.name, Name: s.name, FileMiB: float64(info.Size()) / (1 << 20)}
	for i := range o.Rounds {
		p, err := s.round(i, o)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(os.Stderr, "%s, round %d: %s\n", m.name, i+1, p)
		f.Runs = append(f.Runs, p)
	}
	bare := func(p round) run { return p.Bare }
	peer := func(p round) run { return p.Peer }
	f.Engine = medians(f.Runs, func(p round) run { return p.Engine })
	for _, p := range f.Runs {
		f.Stop = max(f.Stop, p.Engine.Stop)
	}
	f.Bare, f.ToBare = medians(f.Runs, bare), ratiosTo(f.Runs, bare)
	f.Peer, f.ToPeer = medians(f.Runs, peer), ratiosTo(f.Runs, peer)
	if m.name == coldModel {
		f.Cold, err = s.loadCold(o)
	}
	return f, err
}

func (p round) String() string {
	three := func(what, format string, f func(run) float64) string {
		return fmt.Sprintf("%s "+format+" / "+format+" / "+format, what, f(p.Engine), f(p.Bare), f(p.Peer))
	}
	return three("load", "%.2f", func(r run) float64 { return r.Load }) + three(" s, decode", "%.1f", func(r run) float64 { return r.Decode }) +
		three(", prompt", "%.0f", func(r run) float64 { return r.Read }) + three(" tokens/s, second turn", "%.3g", func(r run) float64 { return r.Second }) +
		three(" s, peak", "%.0f", func(r run) float64 { return r.PeakRSS }) + " MiB (engine / bare / peer)"
}

// loadCold loads with neither file in the page cache.
func (s sealed) loadCold(o options) (*cold, error) {
	var engines, peers, ratio []float64
	for range o.Rounds {
		if err := chill(s.sealedFile()); err != nil {
			return nil, err
		}
		e, err := load(s.store, s.id, s.identity, o, engine.LoadRequest{})
		if err != nil {
			return nil, err
		}
		if err := e.Close(); err != nil {
			return nil, err
		}
		if err := chill(s.file); err != nil {
			return nil, err
		}
		p, err := startPeer(s.file, o)
		if err != nil {
			return nil, err
		}
		if err := p.Close(); err != nil {
			return nil, err
		}
		engines, peers, ratio = append(engines, e.seconds), append(peers, p.seconds), append(ratio, e.seconds/p.seconds)
		fmt.Fprintf(os.Stderr, "%s, cold: load %.2f / %.2f s (engine / peer)\n", coldModel, e.seconds, p.seconds)
	}
	return &cold{median(engines), median(peers), median(ratio)}, nil
}

// quote has a model quote a document, with guesses from the text so far and without.
func quote(o options) (*quotes, error) {
	m := quoting()
	s, err := seal(m, o)
	defer s.remove()
	if err != nil {
		return nil, err
	}
	text := ""
	for _, w := range words() {
		text += w
	}
	var with, without, ratio, accepted []float64
	for range o.few() {
		var speed [2]float64
		for i, noDrafts := range []bool{false, true} {
			e, err := load(s.store, s.id, s.identity, o, engine.LoadRequest{NoDrafts: noDrafts})
			if err != nil {
				return nil, err
			}
			a, err := e.ask([]engine.Message{{Role: "user", Text: "Quote this." + text}}, o.size(0, 12))
			if err := errors.Join(err, e.Close()); err != nil {
				return nil, err
			}
			if !strings.HasPrefix(text, a.text) || !o.Quick && a.text != text {
				return nil, fmt.Errorf("the quoting model did not quote: %.60q", a.text)
			}
			if speed[i] = a.speed(); !noDrafts {
				accepted = append(accepted, float64(a.Accepted)/float64(max(1, a.Drafted)))
			}
		}
		with, without, ratio = append(with, speed[0]), append(without, speed[1]), append(ratio, speed[0]/speed[1])
		fmt.Fprintf(os.Stderr, "quoting: %.1f tokens/s with guesses, %.1f without\n", speed[0], speed[1])
	}
	return &quotes{median(with), median(without), median(ratio), median(accepted)}, nil
}

// warm brings a file into the page cache, and chill drops it from there.
func warm(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{f}, make([]byte, 1<<20))
	return err
}

func chill(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	return errors.Join(f.Sync(), unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED))
}

// ratiosTo compares the engine with another side, round by round.
func ratiosTo(runs []round, side func(round) run) ratios {
	ratio := func(f func(run) float64) float64 {
		return over(runs, func(p round) float64 { return f(p.Engine) / f(side(p)) })
	}
	return ratios{
		Load:    ratio(func(r run) float64 { return r.Load }),
		First:   ratio(func(r run) float64 { return r.First }),
		Decode:  ratio(func(r run) float64 { return r.Decode }),
		Read:    ratio(func(r run) float64 { return r.Read }),
		Second:  ratio(func(r run) float64 { return r.Second }),
		PeakRSS: ratio(func(r run) float64 { return r.PeakRSS }),
	}
}

func medians(runs []round, side func(round) run) run {
	m := func(f func(run) float64) float64 {
		return over(runs, func(p round) float64 { return f(side(p)) })
	}
	r := side(runs[0])
	r.Load = m(func(r run) float64 { return r.Load })
	r.First = m(func(r run) float64 { return r.First })
	r.Decode = m(func(r run) float64 { return r.Decode })
	r.Read = m(func(r run) float64 { return r.Read })
	r.Second = m(func(r run) float64 { return r.Second })
	r.PeakRSS = m(func(r run) float64 { return r.PeakRSS })
	return r
}

// over is the median over the rounds.
func over(runs []round, f func(round) float64) float64 {
	values := make([]float64, len(runs))
	for i, p := range runs {
		values[i] = f(p)
	}
	return median(values)
}

func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	if n := len(values); n%2 == 0 {
		return (values[n/2-1] + values[n/2]) / 2
	}
	return values[len(values)/2]
}
