package llama

import (
	"cmp"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"unsafe"

	"github.com/hybridgroup/yzma/pkg/llama"
)

// batch is how many prompt tokens are processed between two looks at the stop flag (llama.cpp looks at every node).
const batch = 512

// smallModel is the number of weights below which one thread is enough. llama.cpp's threads wait for each other after
// every node by spinning: on a small model, and a machine that has other work to do, that costs more than it gives.
const smallModel = 30_000_000

// repeatWindow is how many of the last tokens a repeat penalty looks at.
const repeatWindow = 64

// Q8 is a type of keys and values that takes 17/32 of the memory of 16-bit floats.
const Q8 = "q8_0"

// Options says how a model is loaded.
type Options struct {
	Context   int    // tokens; 0: what the model was trained for, at most 4096 (gguf.Header.DefaultContext)
	Device    string // of Library.Devices; "" or CPU: the processor
	Cache     string // Q8: keys and values in 8 bits; else as 16-bit floats
	Flash     string // flash attention: "on", "off"; else where the device can
	GPULayers int    // that are put on the device, from the last one on, the output counted as one; -1: all
	Threads   int    // 0: Threads(), or 1 for a small model
	NoRepack  bool   // keep weights in the file's layout: slower on CPU, for comparison
	NoDrafts  bool   // one token at a time, for comparison
	Keep      int64  // bytes of memory for conversations beside the one in the KV cache; 0: none are kept
	Progress  func(done, total int64)
}

// Info describes a loaded model.
type Info struct {
	Name, Architecture, Quantisation string
	Context, TrainedFor              int // tokens
	Parameters                       uint64
	Device                           string
	Threads                          int
	Dimensions                       int    // numbers of a vector; 0: it makes none, it answers
	Thinks                           bool   // its template lets one choose whether it thinks before it answers
	States                           string // what a saved state depends on beside the model
}

// Model is a loaded model with its context. Its methods are for one goroutine at a time, Stop excepted.
type Model struct {
	info     Info
	model    llama.Model
	ctx      llama.Context
	memory   llama.Memory
	vocab    llama.Vocab
	prompter *prompter
	stop     *stopFlag
	drafts   *llama.Batch // for one token and a draft after it; nil: no drafts
	cuts     bool         // the KV cache can be cut; a recurrent state cannot

	conversation string         // whose tokens the KV cache holds
	cached       []llama.Token  // these, from position 0
	owed         []llama.Token  // what was said after them and not computed any more: one token, or none
	shelf        shelf          // other conversations
	leftOut      map[string]int // by conversation, the turns that were left out where it did not fit
}

// Load loads a sealed model: size bytes of an age file whose file key is fileKey (16 bytes, not kept). Errors:
// ErrDamaged, ErrWrongKey, ErrNotGGUF, ErrTruncated, ErrUnsupported, ErrLibraries.
func (l *Library) Load(sealed io.ReaderAt, size int64, fileKey []byte, o Options) (*Model, error) {
	on, err := devices(o.Device)
	if err != nil {
		return nil, err
	}
	defer runtime.KeepAlive(on)
	src, err := openSource(sealed, size, fileKey)
	if err != nil {
		return nil, err
	}
	header, err := src.header()
	if err != nil {
		return nil, err
	}
	threads := o.Threads
	switch {
	case threads > 0:
	case header.Parameters() < smallModel:
		threads = 1
	default:
		threads = Threads()
	}
	l.log.listen(true)
	defer l.log.listen(false)
	stream := src.stream(header, runtime.NumCPU(), o.Progress)
	defer stream.close()
	model, err := loadStream(stream, modelParams(o, on))
	if err != nil {
		return nil, err
	}
	if stream.err != nil {
		if model != 0 {
			_ = llama.ModelFree(model)
		}
		return nil, stream.err
	}
	if model == 0 {
		return nil, fmt.Errorf("%w: %s", ErrUnsupported, l.log.last())
	}
	if o.Context <= 0 {
		o.Context = header.DefaultContext()
	}
	var m *Model
	if pool, embeds := header.Embeds(); embeds {
		m, err = newEmbedder(model, o, threads, pool)
	} else {
		m, err = newModel(model, o, threads)
	}
	if err != nil {
		return nil, fmt.Errorf("%w %s", err, l.log.last())
	}
	m.info.Name = header.String("general.name")
	m.info.Architecture = header.Architecture()
	m.info.Quantisation = header.Quantisation()
	m.info.Parameters = header.Parameters()
	m.info.Device = on.description()
	return m, nil
}

// modelParams is what o asks for. The list of devices must stay until the model is loaded.
func modelParams(o Options, on deviceList) llama.ModelParams {
	p := llama.ModelDefaultParams()
	p.Devices = uintptr(unsafe.Pointer(unsafe.SliceData(on)))
	p.NGpuLayers = int32(o.GPULayers)
	p.LoadMode = llama.LoadModeNone // mmap wants a file
	p.LazyMode = llama.LazyModeOff
	p.UseExtraBufts = 1
	if o.NoRepack {
		p.UseExtraBufts = 0
	}
	return p
}

func newModel(model llama.Model, o Options, threads int) (*Model, error) {
	m := &Model{
		model: model, vocab: llama.ModelGetVocab(model), stop: newStopFlag(),
		cuts:  !llama.ModelIsRecurrent(model) && !llama.ModelIsHybrid(model),
		shelf: shelf{budget: o.Keep}, leftOut: map[string]int{},
	}
	m.info.Threads = threads
	m.info.TrainedFor = int(llama.ModelNCtxTrain(model))
	p := contextParams(m, o, threads)
	ctx, err := llama.InitFromModel(model, p)
	if err != nil {
		_ = llama.ModelFree(model)
		return nil, fmt.Errorf("%w: no context of %d tokens", ErrUnsupported, o.Context)
	}
	m.ctx = ctx
	// Not on the length of the context: a state may come back into a longer or a shorter one, if it fits.
	m.info.States = fmt.Sprintf("%s, device %s, keys %d, values %d, flash attention %d, whole window %d", version, cmp.Or(o.Device, CPU), p.TypeK, p.TypeV, p.FlashAttentionType, p.SwaFull)
	m.info.Context = int(llama.NCtx(ctx))
	if m.memory, err = llama.GetMemory(ctx); err != nil {
		m.Close()
		return nil, fmt.Errorf("%w: no memory", ErrUnsupported)
	}
	m.prompter = newPrompter(m.vocab, llama.ModelChatTemplate(model, ""))
	m.info.Thinks = m.prompter.thinks
	// A draft that was wrong is cut off the cache again.
	if !o.NoDrafts && m.cuts {
		b := llama.BatchInit(1+maxDraft, 0, 1)
		m.drafts = &b
	}
	return m, nil
}

// contextParams is what o asks for; the model's stop flag ends a computation.
func contextParams(m *Model, o Options, threads int) llama.ContextParams {
	p := llama.ContextDefaultParams()
	p.NCtx = uint32(o.Context)
	p.NBatch, p.NUbatch = batch, batch
	p.NThreads, p.NThreadsBatch = int32(threads), int32(threads)
	p.AbortCallback, p.AbortCallbackData = m.stop.function, uintptr(unsafe.Pointer(m.stop.text))
	p.NoPerf = 1
	if o.Cache == Q8 {
		p.TypeK, p.TypeV = llama.GGMLTypeQ8_0, llama.GGMLTypeQ8_0
	}
	switch o.Flash {
	case "on":
		p.FlashAttentionType = llama.FlashAttentionTypeEnabled
	case "off":
		p.FlashAttentionType = llama.FlashAttentionTypeDisabled
	}
	return p
}

// Info describes the model.
func (m *Model) Info() Info { return m.info }

// Close frees the model.
func (m *Model) Close() {
	if m.ctx != 0 {
		_ = llama.Free(m.ctx)
		m.ctx = 0
	}
	if m.drafts != nil {
		_ = llama.BatchFree(*m.drafts)
		m.drafts = nil
	}
	_ = llama.ModelFree(m.model)
}

// stopFlag is looked at by llama.cpp before every node of its graph, hundreds of times a token. A callback into Go
// would cost a share of the speed, so the callback is C's own strlen, and its argument is this text: "" means go on,
// "!" means stop. (ggml_abort_callback takes a pointer and returns a bool.)
type stopFlag struct {
	function uintptr
	text     *uint32 // four bytes, so that they can be written atomically
}

func newStopFlag() *stopFlag {
	return &stopFlag{text: new(uint32), function: strlen()}
}

func (f *stopFlag) set(on bool) {
	v := uint32(0)
	if on {
		v = '!' // little-endian: the byte and three zeros
	}
	atomic.StoreUint32(f.text, v)
}

func (f *stopFlag) isSet() bool { return atomic.LoadUint32(f.text) != 0 }

// Stop ends a running Generate at the next token, or within prompt processing. It may be called from any goroutine,
// and holds until Ready.
func (m *Model) Stop() { m.stop.set(true) }

// Ready takes back Stop.
func (m *Model) Ready() { m.stop.set(false) }

// Sampling is how the next token is chosen. Temperature 0 always takes the likeliest. TopK 0, TopP 0 or 1, MinP 0 and
// RepeatPenalty 0 or 1 are off. Seed 0 takes a random one.
type Sampling struct {
	Temperature, TopP, MinP, RepeatPenalty float32
	TopK                                   int
	Seed                                   uint32
}

func (m *Model) sampler(s Sampling) llama.Sampler {
	p := llama.SamplerChainDefaultParams()
	p.NoPerf = 1
	chain := llama.SamplerChainInit(p)
	if s.RepeatPenalty > 0 && s.RepeatPenalty != 1 {
		llama.SamplerChainAdd(chain, llama.SamplerInitPenalties(llama.VocabNTokens(m.vocab), repeatWindow, s.RepeatPenalty, 0, 0))
	}
	if s.Temperature <= 0 {
		llama.SamplerChainAdd(chain, llama.SamplerInitGreedy())
		return chain
	}
	if s.TopK > 0 {
		llama.SamplerChainAdd(chain, llama.SamplerInitTopK(int32(s.TopK)))
	}
	if s.TopP > 0 && s.TopP < 1 {
		llama.SamplerChainAdd(chain, llama.SamplerInitTopP(s.TopP, 1))
	}
	if s.MinP > 0 {
		llama.SamplerChainAdd(chain, llama.SamplerInitMinP(s.MinP, 1))
	}
	llama.SamplerChainAdd(chain, llama.SamplerInitTemp(s.Temperature))
	seed := s.Seed
	if seed == 0 {
		seed = rand.Uint32()
	}
	llama.SamplerChainAdd(chain, llama.SamplerInitDist(seed))
	return chain
}
