// Package proto is the conversation between whoever wants a document read and the child that reads it.
//
// Format: frames (internal/frame) over a stream socket, of a Kind and a body: JSON, or raw bytes for Content. A child
// answers one question and ends.
//
//	parent -> child   Ask; Content, as often as it takes; an empty Content
//	child -> parent   Page, as often as there are; Done or Failed
//	                  for a picture: Picture; Pixels, as often as it takes; Done or Failed
package proto

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"subrosa/internal/frame"
)

// MaxFrame is the largest body in bytes. JSON takes up to six bytes for one of a page's text.
const MaxFrame = 8 << 20

// Kind says what a frame is.
type Kind byte

// The kinds. The values are on the wire.
const (
	Ask     Kind = 1
	Content Kind = 2 // a part of the file, raw; empty: that was all
	Page    Kind = 3
	Done    Kind = 4
	Failed  Kind = 5
	Picture Kind = 6
	Pixels  Kind = 7 // raw: red, green, blue, opacity; from the top left, row by row
)

// ErrBody means that a frame's body is not what its kind says.
var ErrBody = errors.New("frame's body does not parse")

// AskBody says what is to be read.
type AskBody struct {
	Name    string `json:"name"`
	Pages   int    `json:"pages"`   // at most
	Text    int64  `json:"text"`    // bytes of it, at most
	Seconds uint64 `json:"seconds"` // of processor time, at most

	Picture *PictureOf `json:"picture,omitempty"` // a picture of a page rather than text
}

// PictureOf says of what a picture is asked for.
type PictureOf struct {
	Page  int `json:"page"`  // from 1
	Width int `json:"width"` // pixels
	Start int `json:"start"` // of the text to mark, bytes of the page's text
	End   int `json:"end"`
}

// PictureBody says what picture comes. A box is left, top, right and bottom of a piece of the text that was asked for, in
// parts of the page's width and height.
type PictureBody struct {
	Width  int          `json:"width"`
	Height int          `json:"height"`
	Boxes  [][4]float64 `json:"boxes"`
}

// PageBody is one page.
type PageBody struct {
	Number int    `json:"number"`
	Of     int    `json:"of"`
	Text   string `json:"text"`
}

// DoneBody says what was read.
type DoneBody struct {
	Kind        string   `json:"kind"`
	Title       string   `json:"title"`
	Attachments []string `json:"attachments"`
}

// FailedBody says why it was not, and what is known of it all the same. Detail is for logs: it never carries text of a
// document.
type FailedBody struct {
	DoneBody
	Code   Code   `json:"code"`
	Detail string `json:"detail"`
}

// Code says why a document could not be read.
type Code string

// The codes. The values are on the wire.
const (
	UnknownKind Code = "unknown_kind"
	Broken      Code = "broken"
	Encrypted   Code = "encrypted"
	TooLarge    Code = "too_large"
	NoText      Code = "no_text"
	Internal    Code = "internal"
)

// Write writes one frame with v as JSON, in a single call of w.
func Write(w io.Writer, kind Kind, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("kind %d: %w", kind, err)
	}
	return frame.Write(w, byte(kind), body, MaxFrame)
}

// WriteRaw writes one frame of Content or Pixels.
func WriteRaw(w io.Writer, kind Kind, part []byte) error {
	return frame.Write(w, byte(kind), part, MaxFrame)
}

// Read reads one frame. Errors: those of frame.Read.
func Read(r io.Reader) (Kind, []byte, error) {
	kind, body, err := frame.Read(r, byte(Pixels), MaxFrame)
	return Kind(kind), body, err
}

// Decode parses a frame's JSON into v. Error: ErrBody, which does not repeat the body.
func Decode(body []byte, v any) error {
	if json.Unmarshal(body, v) != nil {
		return ErrBody
	}
	return nil
}
