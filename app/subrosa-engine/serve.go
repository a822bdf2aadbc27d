package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"time"

	"subrosa/internal/engine/llama"
	"subrosa/internal/engine/proto"
)

// server answers one parent. Requests are worked off one after another; Stop is seen while one runs.
type server struct {
	conn  io.ReadWriter
	file  io.ReaderAt
	lib   *llama.Library
	model *llama.Model

	mu      sync.Mutex // guards writing and what follows
	running uint64     // the request being answered, 0 if none
	target  *llama.Model
	stopped uint64 // a Stop that came before its request began
}

func serve(conn io.ReadWriter, file io.ReaderAt, lib *llama.Library) error {
	s := &server{conn: conn, file: file, lib: lib}
	hello := proto.HelloBody{Version: proto.Version}
	for _, d := range lib.Devices() {
		hello.Devices = append(hello.Devices, proto.Device(d))
	}
	if err := s.send(proto.Hello, hello); err != nil {
		return err
	}
	frames := make(chan proto.Frame)
	go s.receive(frames)
	go s.beat()
	runtime.LockOSThread() // llama.cpp's work stays on one thread
	for f := range frames {
		if err := s.handle(f, frames); err != nil {
			return err
		}
	}
	return nil
}

// beat tells the parent that this process runs, whatever llama.cpp is busy with.
func (s *server) beat() {
	for range time.Tick(proto.BeatEvery) {
		s.mu.Lock()
		_ = proto.WriteRaw(s.conn, proto.Beat, nil) // if the parent is gone, receive sees it
		s.mu.Unlock()
	}
}

// receive hands requests on and acts on Stop at once. When the parent is gone, or talks nonsense, the process ends:
// there is nobody to answer, and llama.cpp may be busy for a while.
func (s *server) receive(frames chan<- proto.Frame) {
	for {
		f, err := proto.Read(s.conn)
		if errors.Is(err, io.EOF) {
			os.Exit(0)
		}
		if err == nil && f.Kind == proto.Stop {
			var b proto.StopBody
			if err = f.Decode(&b); err == nil {
				s.stop(b.ID)
				continue
			}
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "subrosa-engine:", err)
			os.Exit(1)
		}
		frames <- f
	}
}

func (s *server) stop(id uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == id && s.target != nil {
		s.target.Stop()
		return
	}
	s.stopped = max(s.stopped, id)
}

// begin notes that request id runs, and stops it if its Stop has come already.
func (s *server) begin(id uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.model.Ready()
	s.running, s.target = id, s.model
	if s.stopped >= id {
		s.model.Stop()
	}
}

func (s *server) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running, s.target = 0, nil
}

func (s *server) send(kind proto.Kind, body any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return proto.Write(s.conn, kind, body)
}

func (s *server) handle(f proto.Frame, frames <-chan proto.Frame) error {
	switch f.Kind {
	case proto.Load:
		var b proto.LoadBody
		if err := f.Decode(&b); err != nil {
			return err
		}
		key := <-frames
		if key.Kind != proto.Key {
			return fmt.Errorf("%w: no key after load", proto.ErrUnknownKind)
		}
		defer clear(key.Body)
		return s.load(b, key.Body)
	case proto.Generate:
		var b proto.GenerateBody
		if err := f.Decode(&b); err != nil {
			return err
		}
		return s.generate(b)
	case proto.Embed:
		var b proto.EmbedBody
		if err := f.Decode(&b); err != nil {
			return err
		}
		return s.embed(b)
	case proto.Save, proto.Restore, proto.Forget:
		var b proto.StateBody
		if err := f.Decode(&b); err != nil {
			return err
		}
		return s.state(f.Kind, b, frames)
	}
	return fmt.Errorf("%w: %d", proto.ErrUnknownKind, f.Kind)
}

func (s *server) load(b proto.LoadBody, key []byte) error {
	if s.model != nil {
		return s.send(proto.Failed, proto.FailedBody{ID: b.ID, Code: proto.BadRequest, Detail: "a model is loaded"})
	}
	told := 0.0
	model, err := s.lib.Load(s.file, b.Size, key, llama.Options{
		Context:   b.Context,
		Device:    b.Device,
		GPULayers: b.GPULayers,
		Cache:     b.Cache,
		Flash:     b.Flash,
		Threads:   b.Threads,
		NoRepack:  b.NoRepack,
		NoDrafts:  b.NoDrafts,
		Keep:      b.Keep,
		Progress: func(done, total int64) {
			if part := float64(done) / float64(total); part-told >= 0.01 {
				told = part
				_ = s.send(proto.Progress, proto.ProgressBody{ID: b.ID, Part: part}) // if the parent is gone, receive sees it
			}
		},
	})
	if err != nil {
		return s.fail(b.ID, err)
	}
	s.model = model
	i := model.Info()
	return s.send(proto.Loaded, proto.LoadedBody{
		ID: b.ID, Name: i.Name, Architecture: i.Architecture, Context: i.Context, TrainedFor: i.TrainedFor,
		Parameters: i.Parameters, Quantisation: i.Quantisation, Device: i.Device, Threads: i.Threads,
		Dimensions: i.Dimensions, Thinks: i.Thinks, States: i.States,
	})
}

func (s *server) generate(b proto.GenerateBody) error {
	if s.model == nil {
		return s.send(proto.Failed, proto.FailedBody{ID: b.ID, Code: proto.BadRequest, Detail: "no model is loaded"})
	}
	messages := make([]llama.Message, len(b.Messages))
	for i, m := range b.Messages {
		messages[i] = llama.Message{Role: m.Role, Text: m.Text}
	}
	sampling := llama.Sampling{
		Temperature: b.Sampling.Temperature, TopK: b.Sampling.TopK, TopP: b.Sampling.TopP, MinP: b.Sampling.MinP,
		RepeatPenalty: b.Sampling.RepeatPenalty, Seed: b.Sampling.Seed,
	}
	request := llama.Request{Conversation: b.Conversation, Messages: messages, Sampling: sampling, MaxTokens: b.MaxTokens, LeaveOut: b.LeaveOut, Think: b.Think}
	var r llama.Result
	var err error
	s.begin(b.ID)
	if b.Ahead {
		r, err = s.model.Read(request)
	} else {
		answer := pieces{send: func(text string, reasoning bool) error {
			return s.send(proto.Delta, proto.DeltaBody{ID: b.ID, Text: text, Reasoning: reasoning})
		}}
		r, err = s.model.Generate(request, answer.add)
		err = errors.Join(err, answer.flush())
	}
	s.end()
	if err != nil {
		return s.fail(b.ID, err)
	}
	return s.send(proto.Done, proto.DoneBody{
		ID: b.ID, Reason: r.Reason, PromptTokens: r.PromptTokens, CachedTokens: r.CachedTokens, OutputTokens: r.OutputTokens,
		Drafted: r.Drafted, Accepted: r.Accepted, LeftOut: r.LeftOut,
		PromptTime: int64(r.PromptTime), FirstToken: int64(r.FirstToken), GenerateTime: int64(r.GenerateTime),
	})
}

// embed sends the vector of each text.
func (s *server) embed(b proto.EmbedBody) error {
	if s.model == nil {
		return s.send(proto.Failed, proto.FailedBody{ID: b.ID, Code: proto.BadRequest, Detail: "no model is loaded"})
	}
	done := proto.DoneBody{ID: b.ID, Reason: llama.EOS}
	s.begin(b.ID)
	defer s.end()
	for _, text := range b.Texts {
		v, err := s.model.Embed(text, b.Query)
		if errors.Is(err, llama.ErrStopped) {
			done.Reason = llama.Stopped
			break
		}
		if err != nil {
			return s.fail(b.ID, err)
		}
		if err := s.send(proto.Vector, proto.VectorBody{ID: b.ID, Vector: v}); err != nil {
			return err
		}
	}
	return s.send(proto.Done, done)
}

// state saves, restores or forgets the state of conversations.
func (s *server) state(kind proto.Kind, b proto.StateBody, frames <-chan proto.Frame) error {
	var saved []byte
	if kind == proto.Restore {
		var err error
		if saved, err = s.receiveState(b, frames); err != nil {
			return err
		}
	}
	if s.model == nil {
		return s.send(proto.Failed, proto.FailedBody{ID: b.ID, Code: proto.BadRequest, Detail: "no model is loaded"})
	}
	done := proto.DoneBody{ID: b.ID, Reason: llama.EOS}
	var err error
	s.begin(b.ID)
	switch kind {
	case proto.Forget:
		s.model.Forget()
	case proto.Restore:
		if saved != nil {
			err = s.model.Restore(b.Conversation, saved)
		}
	default:
		done.PromptTokens, err = s.model.Save(b.Conversation, func(piece []byte) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			return proto.WriteState(s.conn, b.ID, piece)
		})
	}
	s.end()
	if errors.Is(err, llama.ErrStopped) {
		done.Reason, err = llama.Stopped, nil
	}
	if err != nil {
		return s.fail(b.ID, err)
	}
	return s.send(proto.Done, done)
}

// receiveState takes the pieces of a state up to the empty one: nil where they are not as many bytes as announced, which
// means that the parent gave up, or more than are kept.
func (s *server) receiveState(b proto.StateBody, frames <-chan proto.Frame) ([]byte, error) {
	var saved []byte
	if s.model != nil && b.Size > 0 && b.Size <= s.model.Room() {
		saved = make([]byte, 0, b.Size)
	}
	for f := range frames {
		id, piece, err := f.Piece()
		switch {
		case err != nil || id != b.ID:
			return nil, fmt.Errorf("%w: no piece of a state", proto.ErrUnknownKind)
		case len(piece) == 0 && int64(len(saved)) == b.Size:
			return saved, nil
		case len(piece) == 0:
			clear(saved)
			return nil, nil
		case len(piece) <= cap(saved)-len(saved):
			saved = append(saved, piece...)
		}
		clear(piece)
	}
	return nil, io.ErrUnexpectedEOF
}

// codes are the errors that have a code of their own.
var codes = []struct {
	err  error
	code proto.Code
}{
	{llama.ErrDamaged, proto.Damaged},
	{llama.ErrWrongKey, proto.WrongKey},
	{llama.ErrNotGGUF, proto.NotGGUF},
	{llama.ErrTruncated, proto.Truncated},
	{llama.ErrUnsupported, proto.Unsupported},
	{llama.ErrTemplate, proto.Template},
	{llama.ErrContextFull, proto.ContextFull},
	{llama.ErrState, proto.BadRequest},
	{llama.ErrPurpose, proto.BadRequest},
	{llama.ErrLibraries, proto.Libraries},
}

func (s *server) fail(id uint64, err error) error {
	b := proto.FailedBody{ID: id, Code: proto.Internal, Detail: err.Error()}
	for _, c := range codes {
		if errors.Is(err, c.err) {
			b.Code = c.code
			break
		}
	}
	return s.send(proto.Failed, b)
}
