package llama

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/hybridgroup/yzma/pkg/llama"
)

const (
	leastKept = 64 // tokens of a conversation that are worth keeping
	leastGain = 16 // tokens that must be saved by bringing a state back
)

// ErrState means bytes that are no conversation's state of this model.
var ErrState = errors.New("state of a conversation")

// kept is a conversation that gave up the KV cache to another: the tokens that had been computed, and what llama.cpp
// made of them.
type kept struct {
	conversation string
	tokens       []llama.Token
	owed         []llama.Token // as Model's
	state        []byte
}

func (k *kept) bytes() int64 { return int64(len(k.state) + 4*len(k.tokens) + 4*len(k.owed)) }

// wipe overwrites what is kept.
func (k *kept) wipe() {
	clear(k.tokens)
	clear(k.owed)
	clear(k.state)
	k.tokens, k.owed, k.state = nil, nil, nil
}

// shelf keeps conversations within a budget of bytes. The one that was used longest ago goes first.
type shelf struct {
	budget, used int64
	list         []*kept // the one used longest ago first
}

// make room for n bytes; false where the budget is smaller than that.
func (s *shelf) room(n int64) bool {
	if n > s.budget {
		return false
	}
	freed := false
	for s.used+n > s.budget {
		s.take(s.list[0]).wipe()
		freed = true
	}
	if freed {
		debug.FreeOSMemory() // the budget is one of memory, not of what is in use
	}
	return true
}

// put keeps k in place of what was kept of its conversation.
func (s *shelf) put(k *kept) {
	s.drop(k.conversation)
	if s.room(k.bytes()) {
		s.list = append(s.list, k)
		s.used += k.bytes()
		return
	}
	k.wipe()
}

// take takes k off the shelf.
func (s *shelf) take(k *kept) *kept {
	s.list = slices.DeleteFunc(s.list, func(other *kept) bool { return other == k })
	s.used -= k.bytes()
	return k
}

// of returns what is kept of a conversation, or nil.
func (s *shelf) of(conversation string) *kept {
	for _, k := range s.list {
		if k.conversation == conversation {
			return k
		}
	}
	return nil
}

func (s *shelf) drop(conversation string) {
	if k := s.of(conversation); k != nil {
		s.take(k).wipe()
	}
}

func (s *shelf) clear() {
	for _, k := range s.list {
		k.wipe()
	}
	s.list, s.used = nil, 0
	debug.FreeOSMemory()
}

// best returns what is kept that has most in common with a prompt, the conversation's own where others have as much, and
// how many tokens that is.
func (s *shelf) best(conversation string, common func([]llama.Token) int) (best *kept, n int) {
	for _, k := range s.list {
		if m := common(k.tokens); m > n || m == n && m > 0 && k.conversation == conversation {
			best, n = k, m
		}
	}
	return best, n
}

// tokens are a rendering's: those that are kept of its beginning, of whichever conversation has most of it, and for the rest
// the tokenizer's.
func (m *Model) tokens(r rendering) []llama.Token {
	best, rest := m.prompter.kept(r, slices.Concat(m.cached, m.owed))
	for _, k := range m.shelf.list {
		if t, left := m.prompter.kept(r, slices.Concat(k.tokens, k.owed)); len(left) < len(rest) {
			best, rest = t, left
		}
	}
	return append(best, m.prompter.tokens(rest)...)
}

// reuse has the KV cache hold as much of a conversation's prompt as was computed before, but for the prompt's last token,
// whose logits are needed, and returns how much that is. Another conversation that was in the cache goes to the shelf.
func (m *Model) reuse(conversation string, prompt []llama.Token) int {
	common := func(tokens []llama.Token) int { return m.common(tokens, prompt[:max(0, len(prompt)-1)]) }
	n := common(m.cached)
	back, more := m.shelf.best(conversation, common)
	if more < n+leastGain {
		back = nil
	}
	if back != nil {
		m.shelf.take(back) // what is put there now does not push it off
	}
	if conversation != m.conversation {
		m.putAside()
	}
	if back != nil {
		n = 0
		if m.bringBack(back) {
			n = more
		}
		if back.conversation != conversation {
			m.shelf.put(back)
		} else {
			back.wipe()
		}
	}
	m.conversation = conversation
	clear(m.owed)
	m.owed = m.owed[:0]
	m.shelf.drop(conversation) // it is in the cache from here on
	m.keep(n)
	return len(m.cached)
}

// common returns how many tokens two texts begin with alike; all or none where a state cannot be cut.
func (m *Model) common(tokens, prompt []llama.Token) int {
	n := 0
	for n < len(tokens) && n < len(prompt) && tokens[n] == prompt[n] {
		n++
	}
	if !m.cuts && n < len(tokens) {
		return 0
	}
	return n
}

// putAside copies the conversation in the KV cache to the shelf. One without a name is not kept.
func (m *Model) putAside() {
	if k := m.copied(); k != nil {
		m.shelf.put(k)
	}
}

// copied is the conversation in the KV cache, or nil where it is not to be kept or does not fit into the budget.
func (m *Model) copied() *kept {
	if m.conversation == "" || len(m.cached) < leastKept {
		return nil
	}
	k := &kept{conversation: m.conversation}
	size := int64(llama.StateSeqGetSize(m.ctx, 0))
	if size == 0 || !m.shelf.room(size+4*int64(len(m.cached))) {
		return nil
	}
	k.tokens, k.owed, k.state = slices.Clone(m.cached), slices.Clone(m.owed), make([]byte, size)
	if n := llama.StateSeqGetData(m.ctx, k.state, 0); n != uint64(size) {
		return nil
	}
	return k
}

// bringBack puts what is kept into the KV cache. Where llama.cpp refuses it the cache is empty.
func (m *Model) bringBack(k *kept) bool {
	_ = llama.MemoryClear(m.memory, false)
	m.cached = nil
	if llama.StateSeqSetData(m.ctx, k.state, 0) == 0 {
		_ = llama.MemoryClear(m.memory, false)
		return false
	}
	m.cached = slices.Clone(k.tokens)
	return true
}

// Forget overwrites every conversation, the one in the KV cache too.
func (m *Model) Forget() {
	m.shelf.clear()
	_ = llama.MemoryClear(m.memory, true)
	clear(m.cached[:cap(m.cached)])
	clear(m.owed)
	m.cached, m.owed, m.conversation = nil, nil, ""
	clear(m.leftOut)
}

// Save hands the state of a conversation to write, in pieces, and returns how many tokens it has: 0 where there is none.
// Stop ends it, with ErrStopped. Format: the number of tokens (4 bytes, little-endian), each token (4), llama.cpp's own.
func (m *Model) Save(conversation string, write func(piece []byte) error) (tokens int, err error) {
	k := m.shelf.of(conversation)
	if conversation == m.conversation {
		if k = m.copied(); k == nil {
			return 0, nil
		}
		defer debug.FreeOSMemory()
		defer k.wipe()
	}
	if k == nil {
		return 0, nil
	}
	head := binary.LittleEndian.AppendUint32(nil, uint32(len(k.tokens)))
	for _, t := range k.tokens {
		head = binary.LittleEndian.AppendUint32(head, uint32(t))
	}
	defer clear(head)
	for _, part := range [][]byte{head, k.state} {
		for piece := range slices.Chunk(part, pieceOfState) {
			if m.stop.isSet() {
				return 0, ErrStopped
			}
			if err := write(piece); err != nil {
				return 0, err
			}
		}
	}
	return len(k.tokens), nil
}

// pieceOfState is how many bytes of a state are handed on at once.
const pieceOfState = 256 << 10

// Restore keeps what Save gave of a conversation, until that goes on. It takes the bytes over. What is in the KV cache is
// newer and stays. Error: ErrState.
func (m *Model) Restore(conversation string, saved []byte) error {
	n := 0
	if len(saved) >= 4 {
		n = int(binary.LittleEndian.Uint32(saved))
	}
	if conversation == "" || n < 1 || n > m.info.Context || len(saved) <= 4+4*n {
		return fmt.Errorf("%w: %d tokens in %d bytes", ErrState, n, len(saved))
	}
	k := &kept{conversation: conversation, tokens: make([]llama.Token, n), state: saved[4+4*n:]}
	for i := range k.tokens {
		k.tokens[i] = llama.Token(binary.LittleEndian.Uint32(saved[4+4*i:]))
	}
	clear(saved[:4+4*n])
	if conversation == m.conversation && len(m.cached) > 0 {
		k.wipe()
		return nil
	}
	m.shelf.put(k)
	return nil
}

// Room returns how many bytes a state may have that is restored.
func (m *Model) Room() int64 { return m.shelf.budget }
