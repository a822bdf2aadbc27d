// Package proto is the conversation between the engine's parent and its child.
//
// Format: frames (internal/frame) over a stream socket, of a Kind and a body: JSON, or raw bytes for Key and State. Every
// request carries a number of its own that its answers repeat.
//
//	parent -> child   Load, then Key; Generate; Save; Restore, then State up to an empty one; Forget; Embed; Stop
//	child -> parent   Hello once; Progress, then Loaded or Failed; Delta, State or Vector, then Done or Failed; Beat every BeatEvery
//
// Guarantee: Read takes any bytes whatever, allocates no more than what has arrived plus 64 KiB, and returns a whole
// frame of a known kind or an error. It does not check that frames come in a sensible order.
package proto

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"subrosa/internal/frame"
)

// Version is compared at Hello: parent and child come from one build.
const Version = 6

// MaxFrame is the largest body in bytes: a conversation of some millions of words.
const MaxFrame = 64 << 20

// Kind says what a frame is.
type Kind byte

// The kinds. The values are on the wire.
const (
	Hello    Kind = 1
	Load     Kind = 2
	Key      Kind = 3 // the file key, raw
	Progress Kind = 4
	Loaded   Kind = 5
	Generate Kind = 6
	Stop     Kind = 7
	Delta    Kind = 8
	Done     Kind = 9
	Failed   Kind = 10
	Beat     Kind = 11 // no body: the child is not stopped
	State    Kind = 12 // a piece of a conversation's state: the request's number (8 bytes, big-endian), then bytes
	Save     Kind = 13
	Restore  Kind = 14
	Forget   Kind = 15
	Embed    Kind = 16
	Vector   Kind = 17

	last = Vector
)

// BeatEvery is the time between two Beats.
const BeatEvery = time.Second

// Code says why a request failed.
type Code string

// The codes. The values are on the wire.
const (
	NotGGUF     Code = "not_gguf"
	Truncated   Code = "truncated"
	Damaged     Code = "damaged"
	WrongKey    Code = "wrong_key"
	Unsupported Code = "unsupported" // the model, by these libraries or in this memory
	Template    Code = "template"    // the model's chat template cannot render this conversation
	ContextFull Code = "context_full"
	Libraries   Code = "libraries"
	BadRequest  Code = "bad_request"
	Internal    Code = "internal"
)

var (
	// ErrTooLarge means a frame beyond MaxFrame.
	ErrTooLarge = frame.ErrTooLarge
	// ErrUnknownKind means a frame of no known kind, or an empty one.
	ErrUnknownKind = frame.ErrUnknownKind
	// ErrBody means that a frame's body is not what its kind says.
	ErrBody = errors.New("frame's body does not parse")
)

// HelloBody is the child's first word.
type HelloBody struct {
	Version int      `json:"version"`
	Devices []Device `json:"devices"`
}

// Device is what layers can be put on, besides the processor.
type Device struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Shared      bool   `json:"shared"` // its memory is the processor's
	Free        int64  `json:"free"`   // bytes
	Total       int64  `json:"total"`
}

// LoadBody asks for the model in the inherited file. A Key frame follows.
type LoadBody struct {
	ID        uint64 `json:"id"`
	Size      int64  `json:"size"`      // bytes of ciphertext
	Context   int    `json:"context"`   // tokens; 0: what the model was trained for, at most 4096
	Device    string `json:"device"`    // by its name; "": the processor
	GPULayers int    `json:"gpuLayers"` // on the device; -1: all
	Cache     string `json:"cache"`     // "q8_0": keys and values in 8 bits
	Flash     string `json:"flash"`     // flash attention: "on", "off", else where the device can
	Threads   int    `json:"threads"`   // 0: one for each physical core
	NoRepack  bool   `json:"noRepack,omitempty"`
	NoDrafts  bool   `json:"noDrafts,omitempty"`
	Keep      int64  `json:"keep,omitempty"` // bytes for conversations beside the current one
}

// ProgressBody is how much of the load is done, from 0 to 1.
type ProgressBody struct {
	ID   uint64  `json:"id"`
	Part float64 `json:"part"`
}

// LoadedBody describes the loaded model.
type LoadedBody struct {
	ID           uint64 `json:"id"`
	Name         string `json:"name"`
	Architecture string `json:"architecture"`
	Context      int    `json:"context"`
	TrainedFor   int    `json:"trainedFor"`
	Parameters   uint64 `json:"parameters"`
	Quantisation string `json:"quantisation"`
	Device       string `json:"device"`
	Threads      int    `json:"threads"`
	Dimensions   int    `json:"dimensions,omitempty"` // numbers of a vector; 0: it answers
	Thinks       bool   `json:"thinks"`               // one may choose whether it does
	States       string `json:"states"`               // what a saved state depends on beside the model
}

// Message is one message of a conversation.
type Message struct {
	Role string `json:"role"`
	Text string `json:"text"`
}

// Sampling is how the next token is chosen.
type Sampling struct {
	Temperature   float32 `json:"temperature"`
	TopK          int     `json:"topK"`
	TopP          float32 `json:"topP"`
	MinP          float32 `json:"minP"`
	RepeatPenalty float32 `json:"repeatPenalty"`
	Seed          uint32  `json:"seed"`
}

// GenerateBody asks for an answer.
type GenerateBody struct {
	ID           uint64    `json:"id"`
	Conversation string    `json:"conversation,omitempty"` // names it, so that it is kept
	Messages     []Message `json:"messages"`
	Sampling     Sampling  `json:"sampling"`
	MaxTokens    int       `json:"maxTokens"`
	LeaveOut     bool      `json:"leaveOut,omitempty"` // the oldest messages, where not all fit
	Think        bool      `json:"think,omitempty"`    // before it answers
	Ahead        bool      `json:"ahead,omitempty"`    // no answer: only read what will stand before the next prompt
}

// StateBody asks for a conversation's state (Save), announces one of so many bytes (Restore), or has all forgotten (Forget).
type StateBody struct {
	ID           uint64 `json:"id"`
	Conversation string `json:"conversation,omitempty"`
	Size         int64  `json:"size,omitempty"`
}

// EmbedBody asks for the vector of each text. Query: the texts are asked, and not searched.
type EmbedBody struct {
	ID    uint64   `json:"id"`
	Texts []string `json:"texts"`
	Query bool     `json:"query,omitempty"`
}

// VectorBody is the vector of the next text.
type VectorBody struct {
	ID     uint64    `json:"id"`
	Vector []float32 `json:"vector"`
}

// StopBody ends the request with this number, if it is still running.
type StopBody struct {
	ID uint64 `json:"id"`
}

// DeltaBody is a piece of the answer, of one token or several: whole characters.
type DeltaBody struct {
	ID        uint64 `json:"id"`
	Text      string `json:"text"`
	Reasoning bool   `json:"reasoning,omitempty"` // what the model says to itself before it answers
}

// DoneBody ends a request. Times are in nanoseconds; of a state that was saved there are only its tokens (PromptTokens).
type DoneBody struct {
	ID           uint64 `json:"id"`
	Reason       string `json:"reason"`
	PromptTokens int    `json:"promptTokens"`
	CachedTokens int    `json:"cachedTokens"`
	OutputTokens int    `json:"outputTokens"`
	Drafted      int    `json:"drafted"`
	Accepted     int    `json:"accepted"`
	LeftOut      int    `json:"leftOut,omitempty"` // messages
	PromptTime   int64  `json:"promptTime"`
	FirstToken   int64  `json:"firstToken"`
	GenerateTime int64  `json:"generateTime"`
}

// FailedBody ends a request in error. Detail is for logs: it never carries text of a conversation.
type FailedBody struct {
	ID     uint64 `json:"id"`
	Code   Code   `json:"code"`
	Detail string `json:"detail"`
}

// WriteState writes a piece of a state.
func WriteState(w io.Writer, id uint64, piece []byte) error {
	body := append(binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(piece)), id), piece...)
	defer clear(body)
	return WriteRaw(w, State, body)
}

// Piece takes a State frame apart. Error: ErrBody.
func (f Frame) Piece() (id uint64, piece []byte, err error) {
	if f.Kind != State || len(f.Body) < 8 {
		return 0, nil, fmt.Errorf("kind %d: %w", f.Kind, ErrBody)
	}
	return binary.BigEndian.Uint64(f.Body), f.Body[8:], nil
}

// Request returns the number of the request that a frame is about.
func (f Frame) Request() (uint64, error) {
	if f.Kind == State {
		id, _, err := f.Piece()
		return id, err
	}
	var b struct {
		ID uint64 `json:"id"`
	}
	err := f.Decode(&b)
	return b.ID, err
}

// Frame is one message on the wire.
type Frame struct {
	Kind Kind
	Body []byte
}

// Decode parses a frame's JSON into v. Error: ErrBody, which does not repeat the body.
func (f Frame) Decode(v any) error {
	if json.Unmarshal(f.Body, v) != nil {
		return fmt.Errorf("kind %d: %w", f.Kind, ErrBody)
	}
	return nil
}

// Write writes one frame with v as JSON, in a single call of w.
func Write(w io.Writer, kind Kind, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("kind %d: %w", kind, err)
	}
	return WriteRaw(w, kind, body)
}

// WriteRaw writes one frame with the given body, in a single call of w. Its copy of the body is wiped.
func WriteRaw(w io.Writer, kind Kind, body []byte) error {
	return frame.Write(w, byte(kind), body, MaxFrame)
}

// Read reads one frame. Errors: io.EOF between frames, io.ErrUnexpectedEOF inside one, ErrTooLarge, ErrUnknownKind.
func Read(r io.Reader) (Frame, error) {
	kind, body, err := frame.Read(r, byte(last), MaxFrame)
	return Frame{Kind: Kind(kind), Body: body}, err
}
