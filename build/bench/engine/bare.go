package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/hybridgroup/yzma/pkg/llama"
)

// bareLoop is the least that one can do with llama.cpp: a side in a process of its own.
func bareLoop(file string, o options) error {
	l, err := newLoop(file, o)
	if err != nil {
		return err
	}
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	if err := out.Encode(l.seconds); err != nil {
		return err
	}
	for {
		var q asked
		if err := in.Decode(&q); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		s, err := l.say(q)
		if err == nil {
			err = out.Encode(s)
		}
		if err != nil {
			return err
		}
	}
}

type loop struct {
	ctx     llama.Context
	memory  llama.Memory
	vocab   llama.Vocab
	chain   llama.Sampler
	seconds float64
	length  int         // of the conversation, tokens that are computed
	last    llama.Token // of the last answer: it is not
}

func newLoop(file string, o options) (*loop, error) {
	if err := llama.Load(o.Lib); err != nil {
		return nil, err
	}
	llama.LogSet(llama.LogSilent())
	llama.Init()
	start := time.Now()
	mp := llama.ModelDefaultParams()
	mp.NGpuLayers = 0
	model, err := llama.ModelLoadFromFile(file, mp)
	if err != nil {
		return nil, err
	}
	cp := llama.ContextDefaultParams()
	cp.NCtx, cp.NBatch, cp.NUbatch = contextLength, batch, batch
	cp.NThreads, cp.NThreadsBatch = int32(o.Threads), int32(o.Threads)
	l := &loop{vocab: llama.ModelGetVocab(model), chain: llama.SamplerChainInit(llama.SamplerChainDefaultParams())}
	if l.ctx, err = llama.InitFromModel(model, cp); err != nil {
		return nil, err
	}
	l.seconds = time.Since(start).Seconds()
	if l.memory, err = llama.GetMemory(l.ctx); err != nil {
		return nil, err
	}
	llama.SamplerChainAdd(l.chain, llama.SamplerInitGreedy())
	return l, nil
}

func (l *loop) say(q asked) (s said, err error) {
	start := time.Now()
	var prompt []llama.Token
	if q.Anew {
		if err := llama.MemoryClear(l.memory, true); err != nil {
			return s, err
		}
		l.length = 0
		prompt = llama.Tokenize(l.vocab, turn(q.Question), true, true)
	} else {
		prompt = llama.Tokenize(l.vocab, after+turn(q.Question), false, true)
		if !llama.VocabIsEOG(l.vocab, l.last) {
			prompt = append([]llama.Token{l.last}, prompt...)
		}
	}
	s.New, s.Prompt = len(prompt), l.length+len(prompt)
	buf := make([]byte, 256)
	for next := prompt; s.Output < q.Most; next = []llama.Token{l.last} {
		for len(next) > 0 {
			part := next[:min(batch, len(next))]
			if status, err := llama.Decode(l.ctx, llama.BatchGetOne(part)); err != nil || status != 0 {
				return s, fmt.Errorf("decode: %d %w", status, err)
			}
			l.length += len(part)
			next = next[len(part):]
		}
		l.last = llama.SamplerSample(l.chain, l.ctx, -1)
		if s.First == 0 {
			s.First = time.Since(start).Seconds()
		}
		if llama.VocabIsEOG(l.vocab, l.last) {
			break
		}
		llama.TokenToPiece(l.vocab, l.last, buf, 0, false)
		s.Output++
	}
	s.All = time.Since(start).Seconds()
	return s, nil
}

// turn is a question as the models' template has it, and after what stands behind an answer.
func turn(text string) string {
	return "<|im_start|>user\n" + text + "<|im_end|>\n<|im_start|>assistant\n"
}

const after = "<|im_end|>\n"
