package gguf

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// ChatML is the chat template of Synthetic models that name none.
const ChatML = "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}" +
	"{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"

// Synthetic describes a llama model with made-up weights: for tests of loading, memory and speed. Its tokenizer is a
// real one (byte-level BPE or SentencePiece's; every byte has a token, then pairs of letters, then three control tokens), so
// any text goes in and comes out, but what it answers means nothing unless Script is set.
//
// The same Synthetic always gives the same file.
type Synthetic struct {
	Name         string
	Layers       int
	Width        int // embedding length; a multiple of 32, of 256 for Q4_K
	Hidden       int // feed-forward length; likewise
	Heads        int
	KVHeads      int
	Vocabulary   int // tokens, at least 259
	Context      int // tokens
	Type         Type
	Seed         uint64
	SPM          bool   // SentencePiece's tokenizer, as Llama 2, Mistral and Gemma have it; not with Script
	Tied         bool   // no output.weight: the embedding serves twice
	AddBOS       bool   // the tokenizer puts <|endoftext|> in front
	ChatTemplate string // "" means ChatML, "-" none
	EOS          int    // token that ends an answer; 0 means <|im_end|>
	Letters      bool   // writes letters and spaces alone, where tokens are drawn from the likeliest few hundred; not with Tied
	// Script makes the model answer with exactly these tokens after a newline, whatever was asked, and then stop: its
	// Words, and single bytes. None may occur twice, nor be a newline. Width must be Vocabulary at least. The layers are of
	// Type and add nothing; what speaks is F16.
	Script string
	Words  []string // user-defined tokens, such as <think>; with Script

	Pooling Pooling // makes it a model of vectors
}

// Tiny returns a model of about a hundred thousand weights that loads in milliseconds.
func Tiny() Synthetic {
	return Synthetic{
		Name: "Synthetic tiny", Layers: 2, Width: 64, Hidden: 128, Heads: 4, KVHeads: 2, Vocabulary: 320, Context: 512,
		Type: Q8_0, Seed: 1,
	}
}

// Scripted returns a model that answers every prompt with script (see Synthetic.Script).
func Scripted(script string) Synthetic {
	return Synthetic{
		Name: "Synthetic scripted", Layers: 1, Width: 320, Hidden: 64, Heads: 5, KVHeads: 5, Vocabulary: 320, Context: 512,
		Type: F16, Seed: 1, Script: script,
	}
}

// Bench returns a Q4_0 model of about 620 MB, shaped like a 1.1-billion-parameter llama.
func Bench() Synthetic {
	return Synthetic{
		Name: "Synthetic 1.1B", Layers: 22, Width: 2048, Hidden: 5632, Heads: 32, KVHeads: 4, Vocabulary: 32000, Context: 2048,
		Type: Q4_0, Seed: 7,
	}
}

// Token IDs of the control tokens: the last three of the vocabulary.
func (s Synthetic) endOfText() int { return s.Vocabulary - 3 }
func (s Synthetic) imEnd() int     { return s.Vocabulary - 1 }

type weights struct {
	name  string
	shape []uint64
	typ   Type
	fill  func(w *source, row []byte, i int) // writes row i of the tensor
}

// WriteTo writes the file. It needs little memory whatever the size.
func (s Synthetic) WriteTo(dst io.Writer) (int64, error) {
	if s.Vocabulary < 259 || s.Width%32 != 0 || s.Hidden%32 != 0 || s.Heads == 0 || s.KVHeads == 0 {
		return 0, errors.New("write synthetic model: impossible shape")
	}
	if s.SPM && (s.Vocabulary < 512 || s.Script != "") {
		return 0, errors.New("write synthetic model: SPM needs a vocabulary of 512, and no script")
	}
	if s.Type == Q4_K && (s.Width%256 != 0 || s.Hidden%256 != 0) {
		return 0, errors.New("write synthetic model: impossible shape")
	}
	if s.Script != "" && s.Width < s.Vocabulary {
		return 0, errors.New("write synthetic model: a script needs Width >= Vocabulary")
	}
	seen := map[int]bool{'\n': true}
	for _, t := range s.script() {
		if seen[t] {
			return 0, fmt.Errorf("write synthetic model: a script that repeats its token %d", t)
		}
		seen[t] = true
	}
	return writeModel(dst, s.Seed, s.tensors(), s.pairs())
}

type counter struct {
	w   *bufio.Writer
	n   int64
	err error
}

func (c *counter) Write(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.w.Write(p)
	c.n += int64(n)
	c.err = err
	return n, err
}

func (c *counter) uint32(v uint32) { _, _ = c.Write(binary.LittleEndian.AppendUint32(nil, v)) }
func (c *counter) uint64(v uint64) { _, _ = c.Write(binary.LittleEndian.AppendUint64(nil, v)) }
func (c *counter) string(s string) { c.uint64(uint64(len(s))); _, _ = c.Write([]byte(s)) }

type pair struct {
	key   string
	write func(c *counter)
}

func str(key, v string) pair {
	return pair{key, func(c *counter) { c.uint32(kindString); c.string(v) }}
}

func num(key string, v int) pair {
	return pair{key, func(c *counter) { c.uint32(kindUint32); c.uint32(uint32(v)) }}
}

func float(key string, v float32) pair {
	return pair{key, func(c *counter) { c.uint32(kindFloat32); c.uint32(math.Float32bits(v)) }}
}

func boolean(key string, v bool) pair {
	return pair{key, func(c *counter) {
		c.uint32(kindBool)
		b := byte(0)
		if v {
			b = 1
		}
		_, _ = c.Write([]byte{b})
	}}
}

func stringArray(key string, v []string) pair {
	return pair{key, func(c *counter) {
		c.uint32(kindArray)
		c.uint32(kindString)
		c.uint64(uint64(len(v)))
		for _, s := range v {
			c.string(s)
		}
	}}
}

func intArray(key string, v []uint32) pair { return array(key, kindInt32, v) }

func floatArray(key string, v []float32) pair {
	bits := make([]uint32, len(v))
	for i, n := range v {
		bits[i] = math.Float32bits(n)
	}
	return array(key, kindFloat32, bits)
}

// array is one of numbers of 32 bits.
func array(key string, kind uint32, v []uint32) pair {
	return pair{key, func(c *counter) {
		c.uint32(kindArray)
		c.uint32(kind)
		c.uint64(uint64(len(v)))
		for _, n := range v {
			c.uint32(n)
		}
	}}
}

func (s Synthetic) pairs() []pair {
	eos := s.EOS
	if eos == 0 {
		eos = s.imEnd()
	}
	p := []pair{
		str("general.architecture", "llama"),
		str("general.name", s.Name),
		str("general.license", "CC0-1.0"),
		num("llama.block_count", s.Layers),
		num("llama.context_length", s.Context),
		num("llama.embedding_length", s.Width),
		num("llama.feed_forward_length", s.Hidden),
		num("llama.attention.head_count", s.Heads),
		num("llama.attention.head_count_kv", s.KVHeads),
		num("llama.rope.dimension_count", s.Width/s.Heads),
		num("llama.vocab_size", s.Vocabulary),
		float("llama.attention.layer_norm_rms_epsilon", 1e-5),
		num("tokenizer.ggml.bos_token_id", s.endOfText()),
		num("tokenizer.ggml.eos_token_id", eos),
		boolean("tokenizer.ggml.add_bos_token", s.AddBOS),
	}
	if s.SPM {
		tokens, types, scores := s.sentencePieces()
		p = append(
			p,
			str("tokenizer.ggml.model", "llama"),
			stringArray("tokenizer.ggml.tokens", tokens),
			intArray("tokenizer.ggml.token_type", types),
			floatArray("tokenizer.ggml.scores", scores),
			num("tokenizer.ggml.unknown_token_id", 0),
		)
	} else {
		tokens, types, merges := s.tokenizer()
		p = append(
			p,
			str("tokenizer.ggml.model", "gpt2"),
			str("tokenizer.ggml.pre", "gpt-2"),
			stringArray("tokenizer.ggml.tokens", tokens),
			intArray("tokenizer.ggml.token_type", types),
			stringArray("tokenizer.ggml.merges", merges),
		)
	}
	if s.Pooling != PoolNone {
		p = append(p, num("llama.pooling_type", int(s.Pooling)))
	}
	switch s.ChatTemplate {
	case "-":
	case "":
		p = append(p, str("tokenizer.chat_template", ChatML))
	default:
		p = append(p, str("tokenizer.chat_template", s.ChatTemplate))
	}
	return p
}

// letters are what Synthetic.Letters writes; the last two are the space, as either tokenizer spells it.
const letters = "abcdefghijklmnopqrstuvwxyz\u0120\u2581"

// byteRune is GPT-2's mapping of bytes to printable characters.
func byteRune(b int) rune {
	printable := func(b int) bool { return b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE }
	if printable(b) {
		return rune(b)
	}
	n := 0
	for i := range b {
		if !printable(i) {
			n++
		}
	}
	return rune(256 + n)
}

func (s Synthetic) tokenizer() (tokens []string, types []uint32, merges []string) {
	const normal, control, userDefined = 1, 3, 4
	for b := range 256 {
		tokens = append(tokens, string(byteRune(b)))
	}
	if s.Script == "" { // a script needs every byte to stay a token of its own
		// Pairs: letters with letters first, then whatever.
		order := []int{}
		for _, b := range []byte("etaoinshrdlucmfwypvbgkjqxz") {
			order = append(order, int(b))
		}
		for b := range 256 {
			if b < 'a' || b > 'z' {
				order = append(order, b)
			}
		}
		for sum := 0; sum < 2*len(order) && len(tokens) < s.Vocabulary-3; sum++ {
			for i := max(0, sum-len(order)+1); i <= min(sum, len(order)-1) && len(tokens) < s.Vocabulary-3; i++ {
				a, b := string(byteRune(order[i])), string(byteRune(order[sum-i]))
				tokens = append(tokens, a+b)
				merges = append(merges, a+" "+b)
			}
		}
	} else {
		merges = []string{tokens[0] + " " + tokens[1]} // the format wants one; these two bytes never meet in text
		tokens = append(tokens, tokens[0]+tokens[1])
		for len(tokens) < s.Vocabulary-3 {
			tokens = append(tokens, fmt.Sprintf("\u2400unused%d", len(tokens)))
		}
	}
	for range tokens {
		types = append(types, normal)
	}
	if s.Script != "" {
		for i, word := range s.Words {
			tokens[firstWord+i], types[firstWord+i] = word, userDefined
		}
	}
	tokens = append(tokens, "<|endoftext|>", "<|im_start|>", "<|im_end|>")
	types = append(types, control, control, control)
	return tokens, types, merges
}

// sentencePieces is the vocabulary with SPM: three words of its own, every byte, letters and the space, pairs of those, and
// the control tokens in the same place as without.
func (s Synthetic) sentencePieces() (tokens []string, types []uint32, scores []float32) {
	const normal, unknown, control, single = 1, 2, 3, 6
	add := func(token string, kind uint32) {
		tokens, types = append(tokens, token), append(types, kind)
		scores = append(scores, -float32(len(scores))) // what comes first is put together first
	}
	add("<unk>", unknown)
	add("<s>", control)
	add("</s>", control)
	for b := range 256 {
		add(fmt.Sprintf("<0x%02X>", b), single)
	}
	const space = "\u2581"
	pieces := strings.Split(space+"etaoinshrdlucmfwypvbgkjqxzETAOINSHRDLUCMFWYPVBGKJQXZ.,:?", "")
	for _, a := range pieces {
		add(a, normal)
	}
	for sum := 0; len(tokens) < s.Vocabulary-3; sum++ {
		for i := range sum + 1 {
			if a, b := i, sum-i; a < len(pieces) && b < len(pieces) && len(tokens) < s.Vocabulary-3 && pieces[b] != space {
				add(pieces[a]+pieces[b], normal)
			}
		}
		if sum > 2*len(pieces) {
			add(fmt.Sprintf("\u2400unused%d", len(tokens)), normal)
		}
	}
	add("<|endoftext|>", control)
	add("<|im_start|>", control)
	add("<|im_end|>", control)
	return tokens, types, scores
}

func (s Synthetic) tensors() []weights {
	w, h, v := uint64(s.Width), uint64(s.Hidden), uint64(s.Vocabulary)
	kv := w / uint64(s.Heads) * uint64(s.KVHeads)
	matrix := random
	embedding, output := random, s.quiet()
	if s.Script != "" {
		matrix = zero
		embedding = oneHot
		next := s.chain()
		output = func(_ *source, row []byte, i int) {
			clear(row)
			for from, to := range next {
				if to == i {
					setF16(row, from, 1)
				}
			}
		}
	}
	embeddingType, outputType := s.Type, s.Type
	switch {
	case s.Script != "":
		embeddingType, outputType = F16, F16
	case s.Type == Q4_0, s.Type == Q4_K:
		embeddingType = Q8_0 // as quantisers do
	}
	out := []weights{
		{"token_embd.weight", []uint64{w, v}, embeddingType, embedding},
		{"output_norm.weight", []uint64{w}, F32, ones},
	}
	if !s.Tied {
		out = append(out, weights{"output.weight", []uint64{w, v}, outputType, output})
	}
	for i := range s.Layers {
		name := func(part string) string { return fmt.Sprintf("blk.%d.%s.weight", i, part) }
		out = append(
			out,
			weights{name("attn_norm"), []uint64{w}, F32, ones},
			weights{name("attn_q"), []uint64{w, w}, s.Type, matrix},
			weights{name("attn_k"), []uint64{w, kv}, s.Type, matrix},
			weights{name("attn_v"), []uint64{w, kv}, s.Type, matrix},
			weights{name("attn_output"), []uint64{w, w}, s.Type, matrix},
			weights{name("ffn_norm"), []uint64{w}, F32, ones},
			weights{name("ffn_gate"), []uint64{w, h}, s.Type, matrix},
			weights{name("ffn_up"), []uint64{w, h}, s.Type, matrix},
			weights{name("ffn_down"), []uint64{h, w}, s.Type, matrix},
		)
	}
	return out
}

// writeModel writes a file of these key-value pairs and tensors; seed is what random weights are drawn from.
func writeModel(dst io.Writer, seed uint64, tensors []weights, pairs []pair) (int64, error) {
	w := &counter{w: bufio.NewWriterSize(dst, 1<<20)}
	w.model(seed, tensors, pairs)
	if w.err == nil {
		w.err = w.w.Flush()
	}
	if w.err != nil {
		return w.n, fmt.Errorf("write synthetic model: %w", w.err)
	}
	return w.n, nil
}

func (c *counter) model(seed uint64, tensors []weights, pairs []pair) {
	_, _ = c.Write([]byte("GGUF"))
	c.uint32(3)
	c.uint64(uint64(len(tensors)))
	c.uint64(uint64(len(pairs)))
	for _, p := range pairs {
		c.string(p.key)
		p.write(c)
	}
	const align = 32
	offset := uint64(0)
	for _, t := range tensors {
		c.string(t.name)
		c.uint32(uint32(len(t.shape)))
		for _, n := range t.shape {
			c.uint64(n)
		}
		c.uint32(uint32(t.typ))
		c.uint64(offset)
		size, _ := Tensor{Shape: t.shape, Type: t.typ}.Bytes()
		offset += (size + align - 1) / align * align
	}
	pad := func() {
		for c.n%align != 0 && c.err == nil {
			_, _ = c.Write([]byte{0})
		}
	}
	pad()
	src := &source{state: seed*0x9E3779B97F4A7C15 + 1}
	for _, t := range tensors {
		b := blocks[t.typ]
		src.typ, src.width = t.typ, int(t.shape[0])
		row := make([]byte, t.shape[0]/b.elements*b.bytes)
		rows := uint64(1)
		for _, n := range t.shape[1:] {
			rows *= n
		}
		for i := uint64(0); i < rows && c.err == nil; i++ {
			t.fill(src, row, int(i))
			_, _ = c.Write(row)
		}
		pad()
	}
}

// chain maps each token to the one that follows it in a scripted answer.
func (s Synthetic) chain() map[int]int {
	next := map[int]int{}
	at := int('\n')
	for _, t := range s.script() {
		next[at] = t
		at = t
	}
	next[at] = s.imEnd()
	return next
}

// firstWord is the token of Words' first: the bytes come before, and their one pair.
const firstWord = 257

// script returns the script's tokens.
func (s Synthetic) script() (tokens []int) {
	for rest := s.Script; rest != ""; {
		token, n := int(rest[0]), 1
		for i, word := range s.Words {
			if strings.HasPrefix(rest, word) {
				token, n = firstWord+i, len(word)
			}
		}
		tokens, rest = append(tokens, token), rest[n:]
	}
	return tokens
}

// quiet returns a filler that is random, with the rows zero of tokens that should hardly ever be drawn: the control
// tokens, so that an answer never ends by chance under greedy sampling, and, with Letters, all that is no letter or space.
func (s Synthetic) quiet() func(*source, []byte, int) {
	tokens, _, _ := s.tokenizer()
	if s.SPM {
		tokens, _, _ = s.sentencePieces()
	}
	return func(w *source, row []byte, i int) {
		random(w, row, i)
		if i >= s.endOfText() || s.SPM && i < 3 || s.Letters && strings.Trim(tokens[i], letters) != "" {
			clear(row)
		}
	}
}

// source is xorshift64*, with the encoding of the tensor being written.
type source struct {
	state uint64
	typ   Type
	width int
}

func (w *source) next() uint64 {
	w.state ^= w.state >> 12
	w.state ^= w.state << 25
	w.state ^= w.state >> 27
	return w.state * 0x2545F4914F6CDD1D
}

func ones(_ *source, row []byte, _ int) {
	for i := 0; i < len(row); i += 4 {
		binary.LittleEndian.PutUint32(row[i:], math.Float32bits(1))
	}
}

func zero(_ *source, row []byte, _ int) { clear(row) }

func oneHot(_ *source, row []byte, i int) {
	clear(row)
	setF16(row, i, 1)
}

func setF16(row []byte, i int, v float64) { binary.LittleEndian.PutUint16(row[2*i:], half(v)) }

// random fills row with weights whose variance is one over the row's length, which keeps activations in range.
func random(w *source, row []byte, _ int) {
	scale := 1 / math.Sqrt(float64(w.width))
	switch w.typ {
	case Q4_0: // 16-bit scale, 32 numbers of four bits around 8
		d := half(scale / 4.6)
		for i := 0; i < len(row); i += 18 {
			binary.LittleEndian.PutUint16(row[i:], d)
			binary.LittleEndian.PutUint64(row[i+2:], w.next())
			binary.LittleEndian.PutUint64(row[i+10:], w.next())
		}
	case Q4_K: // two 16-bit scales, eight pairs of six bits that say how much of each, 256 numbers of four bits
		const share = 32                               // of 63: the same for all eight blocks of 32 numbers, for scale and offset
		d := half(scale / (4.6 * share))               // a number is d * share * (its four bits)
		offset := half(scale / (4.6 * share) * 7.5)    // less offset * share
		const low, high = share, share | (share>>4)<<6 // six bits, and two above them of the block four further on
		for i := 0; i < len(row); i += 144 {
			binary.LittleEndian.PutUint16(row[i:], d)
			binary.LittleEndian.PutUint16(row[i+2:], offset)
			for k := range 8 {
				row[i+4+k] = high
			}
			for k := range 4 {
				row[i+12+k] = low&0xF | low&0xF<<4
			}
			for k := i + 16; k < i+144; k += 8 {
				binary.LittleEndian.PutUint64(row[k:], w.next())
			}
		}
	case Q8_0: // 16-bit scale, 32 signed bytes
		d := half(scale / 74)
		for i := 0; i < len(row); i += 34 {
			binary.LittleEndian.PutUint16(row[i:], d)
			for k := i + 2; k < i+34; k += 8 {
				binary.LittleEndian.PutUint64(row[k:], w.next())
			}
		}
	case F16:
		for i := range len(row) / 2 {
			setF16(row, i, (float64(w.next()>>11)/(1<<52)-1)*scale*math.Sqrt(3))
		}
	default:
		for i := range len(row) / 4 {
			v := (float64(w.next()>>11)/(1<<52) - 1) * scale * math.Sqrt(3)
			binary.LittleEndian.PutUint32(row[4*i:], math.Float32bits(float32(v)))
		}
	}
}

// half converts to IEEE 754 binary16, rounding towards zero; v is small and finite.
func half(v float64) uint16 {
	sign := uint16(0)
	if v < 0 {
		sign, v = 0x8000, -v
	}
	if v < 6.103515625e-05 { // subnormal: multiples of 2^-24
		return sign | uint16(v*(1<<24))
	}
	frac, exp := math.Frexp(v) // v = frac * 2^exp, frac in [0.5, 1)
	return sign | uint16((exp+14)<<10) | uint16((frac*2-1)*1024)
}
