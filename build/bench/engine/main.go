// Command engine measures the engine against a bare loop over the same libraries and against node-llama-cpp, on the same
// models, in one run.
//
// The bare loop is yzma on the plaintext file, loaded as llama.cpp does by default (mmap); the engine loads the same model
// sealed. All three have fresh processes in each round, do the same work, and take the likeliest token each time: a short
// question answered, a document read, a second question about it, and more. What one side does the others do right after, one
// at a time, and they take turns in going first: a machine that others share is never as fast as it was a minute ago. What is
// printed is one JSON object with medians, and medians of the ratios within a round.
//
//	go run ./build/bench/engine -dir build/out/bench -model q4_0 -rounds 3
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/hybridgroup/yzma/pkg/llama"
)

const (
	contextLength = 2048
	batch         = 512
	shortAnswer   = 16 // to the document
	question      = "Summarise the duties of an executor under a will, in the order in which they arise, and name for each of them " +
		"the deadline, the document that proves it, and who may demand to see it. Answer for an estate with a house, two bank " +
		"accounts, a car, and a daughter who lives abroad."
	secondQuestion = "Which of these duties remains when the daughter renounces her share?"
)

const sentence = "The executor collects the estate, pays what is owed, and gives the heirs what is left. "

// options are the command line.
type options struct {
	Dir, Lib, Program, Peer string
	Rounds, Threads         int
	Quick                   bool // little is asked for, to see that everything runs
}

// document is read in front of two questions. The made-up models take two letters to a token.
func (o options) document() string {
	return strings.TrimSpace(strings.Repeat(sentence, o.size(14, 2)))
}

func (o options) answerTokens() int { return o.size(128, 8) }

// few is how often is measured what takes long and varies little.
func (o options) few() int { return max(1, o.Rounds/2) }

// size is what is measured, or what is enough to see that it runs.
func (o options) size(whole, quick int) int {
	if o.Quick {
		return quick
	}
	return whole
}

func main() {
	var o options
	flag.StringVar(&o.Dir, "dir", "build/out/bench", "where the models are made up, once")
	flag.StringVar(&o.Lib, "lib", "build/native/lib", "directory of llama.cpp's libraries")
	flag.StringVar(&o.Program, "engine", "build/bin/subrosa-engine", "the engine")
	flag.StringVar(&o.Peer, "peer", "build/bench/peer", "directory of the peer's program, its packages installed")
	flag.IntVar(&o.Rounds, "rounds", 5, "rounds of each model")
	flag.IntVar(&o.Threads, "threads", int(llama.Threads()), "threads; by default one for each physical core")
	flag.BoolVar(&o.Quick, "quick", false, "ask for little, to see that everything runs: its figures mean nothing")
	which := flag.String("model", strings.Join(append(names(), "quoting", "memory", "reopened"), ","), "what to measure: models, the one that quotes, memory over a thousand turns, a conversation reopened")
	bare := flag.String("bare", "", "be the bare loop on this file, which answers questions from standard input")
	flag.Parse()
	var err error
	if *bare != "" {
		err = bareLoop(*bare, o)
	} else {
		err = printed(strings.Split(*which, ","), o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func printed(which []string, o options) error {
	r, err := compareAll(which, o)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	return out.Encode(r)
}
