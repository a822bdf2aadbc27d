// Package engine starts subrosa-engine, has it load a sealed model, and asks it for answers.
//
// The child inherits a socket to this process and the sealed model's file, gets the model's file key over the socket,
// and nothing else: no identity, no other file, an environment of a few fixed words. The conversation between the two
// is internal/engine/proto.
//
// Guarantee: whatever happens inside llama.cpp ends the child alone. A call that was waiting then returns an
// *ExitError (errors.Is ErrCrashed), after all text that had arrived was handed to emit. A child that does not answer
// a stop within StopGrace is killed, and so is one from which nothing was heard for MaxSilence. The child dies with this process on Linux (PR_SET_PDEATHSIG) and, everywhere, when
// the socket closes. No error and no diagnostic carries text of a conversation.
//
// It does not restart anything: start a new Engine. On Windows Start returns ErrUnsupported so far: there is no
// socketpair there, and a pipe has to take its place.
package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"subrosa/internal/engine/proto"
	"subrosa/internal/secret"
)

// StopGrace is how long a child may take to answer a stop, or to end when its socket is closed, before it is killed.
const StopGrace = 5 * time.Second

// MaxSilence is how long a child may be silent before it is killed. It beats every second, whatever it is doing; a
// process that was stopped, or that waits for a disk that is gone, does not.
const MaxSilence = 10 * proto.BeatEvery

// StartTimeout is how long a child may take to open its libraries.
const StartTimeout = 30 * time.Second

var (
	// ErrCrashed means that the child ended by itself or was killed; see *ExitError.
	ErrCrashed = errors.New("engine ended")
	// ErrClosed means that Close was called.
	ErrClosed = errors.New("engine is closed")
	// ErrBusy means that another Load or Generate is running.
	ErrBusy = errors.New("engine is busy")
	// ErrMissing means that the engine's program or llama.cpp's libraries cannot be started or opened.
	ErrMissing = errors.New("engine or its libraries are missing")
	// ErrUnsupported means that this operating system has no engine yet.
	ErrUnsupported = errors.New("no engine on this operating system")
	// ErrProtocol means that the child is not of this build, or talks nonsense.
	ErrProtocol = errors.New("engine speaks another protocol")

	// ErrModelNotGGUF means that what was sealed is not a GGUF file.
	ErrModelNotGGUF = errors.New("not a GGUF model")
	// ErrModelDamaged means that the sealed file is cut short or does not authenticate.
	ErrModelDamaged = errors.New("sealed model is damaged")
	// ErrModelWrongKey means that the file key is not this file's.
	ErrModelWrongKey = errors.New("wrong key for this model")
	// ErrModelUnsupported means that llama.cpp cannot run this model here.
	ErrModelUnsupported = errors.New("model cannot be run")
	// ErrTemplate means that the model's chat template cannot render the conversation.
	ErrTemplate = errors.New("model's chat template cannot render this conversation")
	// ErrContextFull means that the conversation leaves no room for an answer; nothing was generated.
	ErrContextFull = errors.New("conversation does not fit into the context")
)

// ExitError says how the child ended. It unwraps to ErrCrashed.
type ExitError struct {
	Status string // such as "signal: killed" or "exit status 1"
	Hung   bool   // it did not answer in time and was killed for it
	Detail string // the last line on its stderr, 300 bytes at most: an assertion of llama.cpp's, or ""
}

func (e *ExitError) Error() string {
	s := "engine ended: " + e.Status
	if e.Hung {
		s += ", after it did not answer"
	}
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}

// Unwrap makes errors.Is(err, ErrCrashed) hold.
func (e *ExitError) Unwrap() error { return ErrCrashed }

// Config says what to start. Model is inherited by the child; the caller may close it after Start.
type Config struct {
	Path   string   // of the program subrosa-engine
	LibDir string   // of llama.cpp's libraries
	Model  *os.File // the sealed model, open for reading
}

// LoadRequest says how to load the model.
type LoadRequest struct {
	FileKey   *secret.Bytes // age's file key, 16 bytes; not wiped
	Size      int64         // bytes of ciphertext
	Context   int           // tokens; 0: what the model was trained for, at most 4096
	Device    string        // of Engine.Devices, by its name; "": the processor
	GPULayers int           // that the device computes, from the last one on, the output counted as one; -1: all
	Cache     CacheType     // of keys and values; "": F16
	Flash     string        // flash attention: "on", "off"; else where the device can
	Threads   int           // 0: one for each physical core, or one in all for a model of less than 30 million weights
	NoRepack  bool          // keep the file's weight layout: slower on CPU, for comparison
	NoDrafts  bool          // one token at a time, for comparison
	Keep      int64         // bytes of memory for conversations beside the current one; 0: none are kept
}

// CPU is the processor, where a device is named.
const CPU = "CPU"

// Device is what layers can be put on, besides the processor.
type Device struct {
	Name        string `json:"name"`        // as llama.cpp calls it: "Vulkan0"
	Description string `json:"description"` // as its maker calls it
	Shared      bool   `json:"shared"`      // its memory is the processor's
	Free        int64  `json:"free"`        // bytes
	Total       int64  `json:"total"`
}

// ModelInfo describes a loaded model.
type ModelInfo struct {
	Name         string
	Architecture string
	Context      int // tokens that a conversation may have
	TrainedFor   int // tokens
	Parameters   uint64
	Quantisation string
	Device       string
	Threads      int
	Dimensions   int    // numbers of a vector; 0: it makes none, it answers
	Thinks       bool   // one may choose whether it thinks before it answers
	States       string // what a saved state depends on beside the model: another engine's is of no use where it differs
}

// Message is one message of a conversation. Role is "system", "user" or "assistant".
type Message struct{ Role, Text string }

// Sampling is how the next token is chosen. Temperature 0 always takes the likeliest; TopK 0, TopP 0 or 1, MinP 0 and
// RepeatPenalty 0 or 1 are off; Seed 0 takes a random one.
type Sampling struct {
	Temperature   float32
	TopK          int
	TopP          float32
	MinP          float32
	RepeatPenalty float32 // over the last 64 tokens
	Seed          uint32
}

// Request asks for an answer of at most MaxTokens tokens; 0 means up to the end of the context.
type Request struct {
	Conversation string // names it: its computed state is kept when another one comes in between; empty: it is not
	Messages     []Message
	Sampling     Sampling
	MaxTokens    int
	Think        bool                    // before it answers, where ModelInfo.Thinks
	LeaveOut     bool                    // the oldest messages, where not all fit into the context
	Reasoning    func(text string) error // takes what the model says to itself before it answers; nil: it is dropped
}

// Reason says why an answer ended.
type Reason string

// The reasons. The values are stored.
const (
	EOS     Reason = "eos"     // the model ended it
	Length  Reason = "length"  // MaxTokens or the context is used up
	Stopped Reason = "stopped" // the context was cancelled
)

// Result says how an answer went. PromptTokens includes CachedTokens, those that an earlier call had left in the KV
// cache. Drafted tokens were guessed from the text so far, and Accepted of them were what the model then chose. PromptTime and FirstToken count from the engine's start on the request, GenerateTime from the first token.
type Result struct {
	Reason       Reason
	PromptTokens int
	CachedTokens int
	OutputTokens int
	Drafted      int
	Accepted     int
	LeftOut      int // messages that the model did not read
	PromptTime   time.Duration
	FirstToken   time.Duration
	GenerateTime time.Duration
}

// Engine is a running child. Its methods may be called from any goroutine.
type Engine struct {
	child     *process
	devices   []Device
	hello     chan proto.Frame
	listening atomic.Bool  // receive waits for a frame, rather than for the frame's reader
	silence   atomic.Int32 // beats that did not come

	exited chan struct{} // closed when the child is gone; exit is set then
	exit   *ExitError

	mu     sync.Mutex // guards what follows
	closed bool
	next   uint64
	call   *call // the one that is waiting for frames
}

// call is one request on its way. frames is closed when the child is gone.
type call struct {
	id     uint64
	frames chan proto.Frame
	gone   chan struct{} // closed when nobody listens any more
}

// Start starts the child and waits until it has opened its libraries. Errors: ErrMissing, ErrUnsupported, ErrProtocol,
// *ExitError, ctx's.
func Start(ctx context.Context, c Config) (*Engine, error) {
	child, err := startProcess(c)
	if err != nil {
		return nil, fmt.Errorf("start engine: %w", err)
	}
	e := &Engine{child: child, hello: make(chan proto.Frame, 1), exited: make(chan struct{})}
	go e.receive()
	go e.watch()
	if err := e.greet(ctx); err != nil {
		e.child.Kill()
		<-e.exited
		return nil, fmt.Errorf("start engine: %w", err)
	}
	return e, nil
}

func (e *Engine) greet(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, StartTimeout)
	defer cancel()
	select {
	case f := <-e.hello:
		var hello proto.HelloBody
		var failed proto.FailedBody
		switch {
		case f.Kind == proto.Failed && f.Decode(&failed) == nil:
			return fmt.Errorf("%w: %s", ErrMissing, failed.Detail)
		case f.Kind != proto.Hello || f.Decode(&hello) != nil || hello.Version != proto.Version:
			return ErrProtocol
		}
		for _, d := range hello.Devices {
			e.devices = append(e.devices, Device(d))
		}
		return nil
	case <-e.exited:
		return e.exit
	case <-ctx.Done():
		return ctx.Err()
	}
}

// receive reads the child's frames until the socket ends, then waits for the child.
func (e *Engine) receive() {
	for {
		e.listening.Store(true)
		f, err := proto.Read(e.child.Conn)
		e.listening.Store(false)
		e.silence.Store(0)
		if err != nil {
			break
		}
		if !e.deliver(f) {
			break
		}
	}
	// Either it is gone, or it talks nonsense.
	status, detail := e.child.Reap(StopGrace)
	e.mu.Lock()
	e.exit = &ExitError{Status: status, Detail: detail, Hung: e.child.Hung.Load()}
	call := e.call
	e.mu.Unlock()
	close(e.exited)
	if call != nil {
		close(call.frames)
	}
}

// watch kills a silent child. It counts ticks rather than time: while this process itself is stopped, or the machine
// sleeps, none pass.
func (e *Engine) watch() {
	tick := time.NewTicker(proto.BeatEvery)
	defer tick.Stop()
	for {
		select {
		case <-e.exited:
			return
		case <-tick.C:
			if e.listening.Load() && e.silence.Add(1) > int32(MaxSilence/proto.BeatEvery) {
				e.child.Hung.Store(true)
				e.child.Kill()
				return
			}
		}
	}
}

func (e *Engine) deliver(f proto.Frame) bool {
	if f.Kind == proto.Beat {
		return true
	}
	if f.Kind == proto.Hello || f.Kind == proto.Failed {
		var b proto.FailedBody
		if f.Kind == proto.Hello || f.Decode(&b) == nil && b.ID == 0 {
			select {
			case e.hello <- f:
				return true
			default:
				return false
			}
		}
	}
	id, err := f.Request()
	if err != nil {
		return false
	}
	e.mu.Lock()
	c := e.call
	e.mu.Unlock()
	if c == nil || c.id != id {
		return true // an answer to a request that was given up
	}
	select {
	case c.frames <- f:
	case <-c.gone:
	}
	return true
}

// begin claims the engine for one request.
func (e *Engine) begin() (*call, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed:
		return nil, ErrClosed
	case e.exit != nil:
		return nil, e.exit
	case e.call != nil:
		return nil, ErrBusy
	}
	e.next++
	e.call = &call{id: e.next, frames: make(chan proto.Frame, 64), gone: make(chan struct{})}
	return e.call, nil
}

func (e *Engine) end(c *call) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.call == c {
		e.call = nil
	}
	close(c.gone)
}

// crashed waits for the exit error of a child that is known to be gone, or kills it.
func (e *Engine) crashed() error {
	select {
	case <-e.exited:
	case <-time.After(StopGrace):
		e.child.Kill()
		<-e.exited
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return ErrClosed
	}
	return e.exit
}

// Load loads the model. progress, which may be nil, is told how much is done, from 0 to 1. Cancelling ctx ends the
// child. Errors: the ErrModel*, *ExitError, ErrBusy, ErrClosed, ctx's.
func (e *Engine) Load(ctx context.Context, r LoadRequest, progress func(float64)) (ModelInfo, error) {
	info, err := e.load(ctx, r, progress)
	if err != nil {
		return ModelInfo{}, fmt.Errorf("load model: %w", err)
	}
	return info, nil
}

func (e *Engine) load(ctx context.Context, r LoadRequest, progress func(float64)) (ModelInfo, error) {
	c, err := e.begin()
	if err != nil {
		return ModelInfo{}, err
	}
	defer e.end(c)
	body := proto.LoadBody{
		ID: c.id, Size: r.Size, Context: r.Context, Device: r.Device, GPULayers: r.GPULayers, Cache: string(r.Cache), Flash: r.Flash, Threads: r.Threads, NoRepack: r.NoRepack, NoDrafts: r.NoDrafts, Keep: r.Keep,
	}
	if err := e.child.send(proto.Load, body); err != nil {
		return ModelInfo{}, e.crashed()
	}
	if err := e.child.sendRaw(proto.Key, r.FileKey.Expose()); err != nil {
		return ModelInfo{}, e.crashed()
	}
	for {
		select {
		case <-ctx.Done():
			e.child.Kill()
			for range c.frames { // to its end: a receiver that waits with a frame would never see the child's
			}
			return ModelInfo{}, ctx.Err()
		case f, ok := <-c.frames:
			if !ok {
				return ModelInfo{}, e.crashed()
			}
			switch f.Kind {
			case proto.Progress:
				var b proto.ProgressBody
				if f.Decode(&b) == nil && progress != nil {
					progress(b.Part)
				}
			case proto.Loaded:
				var b proto.LoadedBody
				if err := f.Decode(&b); err != nil {
					return ModelInfo{}, err
				}
				if progress != nil {
					progress(1)
				}
				return ModelInfo{
					Name: b.Name, Architecture: b.Architecture, Context: b.Context, TrainedFor: b.TrainedFor,
					Parameters: b.Parameters, Quantisation: b.Quantisation, Device: b.Device, Threads: b.Threads, Dimensions: b.Dimensions, Thinks: b.Thinks, States: b.States,
				}, nil
			case proto.Failed:
				return ModelInfo{}, failure(f)
			}
		}
	}
}

// Generate answers a conversation and hands pieces of the answer to emit, whole characters each. Cancelling ctx stops
// it: the result then says Stopped, and err is nil. An error of emit stops it too and is returned. Errors: *ExitError
// (ErrCrashed), ErrContextFull, ErrTemplate, ErrBusy, ErrClosed.
func (e *Engine) Generate(ctx context.Context, r Request, emit func(text string) error) (Result, error) {
	result, err := e.generate(ctx, r, emit)
	if err != nil {
		return result, fmt.Errorf("generate: %w", err)
	}
	return result, nil
}

func (e *Engine) generate(ctx context.Context, r Request, emit func(text string) error) (Result, error) {
	send := func(c *call) error { return e.child.send(proto.Generate, bodyOf(c, r)) }
	return e.exchange(ctx, send, func(f proto.Frame) error {
		var b proto.DeltaBody
		if err := f.Decode(&b); err != nil {
			return err
		}
		take := emit
		if b.Reasoning {
			take = r.Reasoning
		}
		if take == nil {
			return nil
		}
		return take(b.Text)
	})
}

func bodyOf(c *call, r Request) proto.GenerateBody {
	body := proto.GenerateBody{
		ID: c.id, Conversation: r.Conversation, Sampling: proto.Sampling(r.Sampling), MaxTokens: r.MaxTokens, LeaveOut: r.LeaveOut, Think: r.Think,
	}
	for _, m := range r.Messages {
		body.Messages = append(body.Messages, proto.Message(m))
	}
	return body
}

// unsent is the error of a request that could not be sent: a child that is gone, but for a conversation beyond all limits.
func (e *Engine) unsent(err error) error {
	if errors.Is(err, proto.ErrTooLarge) {
		return ErrContextFull
	}
	return e.crashed()
}

// await hands what comes before a request's end to take. Cancelling ctx, or an error of take's, which is returned, stops
// the request.
func (e *Engine) await(ctx context.Context, c *call, take func(proto.Frame) error) (Result, error) {
	var failed error
	var grace <-chan time.Time
	cancelled := ctx.Done()
	stop := func() {
		if grace == nil {
			_ = e.child.send(proto.Stop, proto.StopBody{ID: c.id}) // a child that is gone is noticed below
			grace = time.After(StopGrace)
		}
	}
	for {
		select {
		case <-cancelled:
			cancelled = nil
			stop()
		case <-grace:
			e.child.Hung.Store(true)
			e.child.Kill()
			grace = nil
		case f, ok := <-c.frames:
			if !ok {
				return Result{}, e.crashed()
			}
			switch f.Kind {
			case proto.Delta, proto.State, proto.Vector:
				if failed == nil && take != nil {
					if failed = take(f); failed != nil {
						stop()
					}
				}
				clear(f.Body)
			case proto.Done:
				var b proto.DoneBody
				if err := f.Decode(&b); err != nil {
					return Result{}, err
				}
				return Result{
					Reason: Reason(b.Reason), PromptTokens: b.PromptTokens, CachedTokens: b.CachedTokens, OutputTokens: b.OutputTokens,
					Drafted: b.Drafted, Accepted: b.Accepted, LeftOut: b.LeftOut,
					PromptTime: time.Duration(b.PromptTime), FirstToken: time.Duration(b.FirstToken),
					GenerateTime: time.Duration(b.GenerateTime),
				}, failed
			case proto.Failed:
				return Result{}, failure(f)
			}
		}
	}
}

func failure(f proto.Frame) error {
	var b proto.FailedBody
	if err := f.Decode(&b); err != nil {
		return err
	}
	for code, err := range map[proto.Code]error{
		proto.NotGGUF:     ErrModelNotGGUF,
		proto.Truncated:   ErrModelDamaged,
		proto.Damaged:     ErrModelDamaged,
		proto.WrongKey:    ErrModelWrongKey,
		proto.Unsupported: ErrModelUnsupported,
		proto.Template:    ErrTemplate,
		proto.ContextFull: ErrContextFull,
		proto.Libraries:   ErrMissing,
		proto.BadRequest:  ErrProtocol,
	} {
		if b.Code == code {
			return fmt.Errorf("%w (%s)", err, b.Detail)
		}
	}
	return fmt.Errorf("engine: %s", b.Detail)
}

// Alive reports whether the child is running.
func (e *Engine) Alive() bool {
	select {
	case <-e.exited:
		return false
	default:
		return true
	}
}

// Devices lists what layers can be put on besides the processor, with the memory that was free when the child started.
func (e *Engine) Devices() []Device { return e.devices }

// PID returns the child's process ID.
func (e *Engine) PID() int { return e.child.PID }

// Close ends the child and waits for its end, StopGrace at most before it is killed. A running call returns ErrClosed.
// It may be called more than once.
func (e *Engine) Close() error {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.child.HangUp()
	select {
	case <-e.exited:
	case <-time.After(StopGrace):
		e.child.Kill()
		<-e.exited
	}
	return nil
}
