//go:build unix

package engine

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"subrosa/internal/gguf"
)

// TestAHostileModelGivesATypedError seals models whose headers say what they should not, as somebody could who has the
// right to import, and loads them in a real engine. Whatever llama.cpp makes of one, this process goes on and the error
// is one that the window has words for.
func TestAHostileModelGivesATypedError(t *testing.T) {
	plain := synthetic(t, gguf.Tiny())
	header, err := gguf.Read(bytes.NewReader(plain))
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) int {
		i := bytes.Index(plain, []byte(name))
		if i < 0 {
			t.Fatalf("the model has no %s", name)
		}
		return i + len(name)
	}
	number := func(name string, value uint32) func([]byte) {
		return func(b []byte) { binary.LittleEndian.PutUint32(b[at(name)+4:], value) } // after the value's type
	}
	tensor := func(name string, field int, value uint64) func([]byte) {
		return func(b []byte) { binary.LittleEndian.PutUint64(b[at(name)+field:], value) }
	}
	const shape, second, kind, offset = 4, 12, 20, 24 // of a matrix, after its name
	mutants := map[string]func([]byte){
		"no layers":             number("llama.block_count", 0),
		"a billion layers":      number("llama.block_count", 1e9),
		"layers without end":    number("llama.block_count", 0xffffffff),
		"no width":              number("llama.embedding_length", 0),
		"a width without end":   number("llama.embedding_length", 0xffffffe0),
		"no heads":              number("llama.attention.head_count", 0),
		"too many heads":        number("llama.attention.head_count", 1<<20),
		"more heads than width": number("llama.attention.head_count_kv", 77),
		"no context":            number("llama.context_length", 0),
		"a vast context":        number("llama.context_length", 0xffffffff),
		"no vocabulary":         number("llama.vocab_size", 0),
		"a vast vocabulary":     number("llama.vocab_size", 0x7fffffff),
		"an end out of range":   number("tokenizer.ggml.eos_token_id", 0x7fffffff),
		"a start out of range":  number("tokenizer.ggml.bos_token_id", 0xfffffffe),
		"a missing tensor":      func(b []byte) { copy(b[at("blk.0.attn_q")-1:], "X") },
		"a renamed embedding":   func(b []byte) { copy(b[at("token_embd")-4:], "none") },
		"a narrow matrix":       tensor("blk.0.attn_q.weight", shape, 32),
		"an empty matrix":       tensor("blk.0.attn_k.weight", second, 0),
		"an absurd matrix":      tensor("blk.0.ffn_up.weight", second, 1<<60),
		"an unknown encoding":   func(b []byte) { binary.LittleEndian.PutUint32(b[at("blk.0.attn_v.weight")+kind:], 250) },
		"another encoding":      func(b []byte) { binary.LittleEndian.PutUint32(b[at("blk.0.attn_v.weight")+kind:], uint32(gguf.F32)) },
		"data past the end":     tensor("blk.1.ffn_down.weight", offset, 1<<40),
		"data that overlap":     tensor("blk.1.ffn_down.weight", offset, 0),
		"another architecture":  func(b []byte) { copy(b[at("general.architecture")+12:], "mamba") },
		"a strange tokenizer":   func(b []byte) { copy(b[at("tokenizer.ggml.model")+12:], "xxxx") },
		"a template that spins": nil,
	}
	random := rand.New(rand.NewPCG(7, 11))
	for range 24 {
		i, v := 8+random.IntN(int(header.DataOffset)-8), byte(random.Uint32())
		mutants[fmt.Sprintf("byte %d is %d", i, v)] = func(b []byte) { b[i] = v }
	}
	crashed, refused, loaded := 0, 0, 0
	for name, harm := range mutants {
		b := bytes.Clone(plain)
		if harm != nil {
			harm(b)
		} else {
			s := gguf.Tiny()
			s.ChatTemplate = "{% for i in range(2000000000) %}{% endfor %}x"
			b = synthetic(t, s)
		}
		patience := 60 * time.Second
		if harm == nil {
			patience = 5 * time.Second
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		s := seal(t, b)
		e := start(t, s.path)
		_, err := e.Load(ctx, s.request(), nil)
		if err == nil {
			loaded++
			_, err = e.Generate(ctx, ask("Say something.", 3), func(string) error { return nil })
		} else {
			refused++
		}
		cancel()
		if errors.Is(err, ErrCrashed) {
			crashed++
		}
		known := err == nil
		for _, want := range []error{
			ErrModelUnsupported, ErrModelNotGGUF, ErrModelDamaged, ErrCrashed, ErrTemplate, ErrContextFull, context.DeadlineExceeded,
		} {
			known = known || errors.Is(err, want)
		}
		if !known {
			t.Errorf("%s: %v is no error that has words", name, err)
		}
		if errors.Is(err, context.DeadlineExceeded) && harm != nil {
			t.Errorf("%s: hung", name)
		}
		_ = e.Close()
	}
	t.Logf("%d of %d were loaded, %d refused; %d ended the engine", loaded, len(mutants), refused, crashed)
	if refused < 15 {
		t.Error("hardly any was refused: the changes do not reach the header")
	}
	// The engine's program is none the worse.
	if _, err := load(t, seal(t, plain)).Generate(t.Context(), ask("Say something.", 3), func(string) error { return nil }); err != nil {
		t.Error(err)
	}
}
