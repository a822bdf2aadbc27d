package proto

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestFramesComeThroughWhole(t *testing.T) {
	var b bytes.Buffer
	long := strings.Repeat("Ärztin 😀 ", 50_000)
	want := GenerateBody{ID: 7, Messages: []Message{{"user", long}}, Sampling: Sampling{Temperature: 0.5, Seed: 3}, MaxTokens: 9}
	if err := errors.Join(Write(&b, Generate, want), WriteRaw(&b, Key, []byte{0, 1, 255}), WriteRaw(&b, Hello, nil)); err != nil {
		t.Fatal(err)
	}
	f, err := Read(&b)
	if err != nil || f.Kind != Generate {
		t.Fatal(f.Kind, err)
	}
	var got GenerateBody
	if err := f.Decode(&got); err != nil || got.Messages[0].Text != long || got.Sampling != want.Sampling {
		t.Fatal("changed on the way", err)
	}
	if f, err := Read(&b); err != nil || f.Kind != Key || !bytes.Equal(f.Body, []byte{0, 1, 255}) {
		t.Fatal(f, err)
	}
	if f, err := Read(&b); err != nil || f.Kind != Hello || len(f.Body) != 0 {
		t.Fatal(f, err)
	}
	if _, err := Read(&b); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
}

func TestAPieceOfAStateHasItsRequest(t *testing.T) {
	var b bytes.Buffer
	if err := errors.Join(WriteState(&b, 9, []byte("state")), WriteState(&b, 10, nil), Write(&b, Done, DoneBody{ID: 11})); err != nil {
		t.Fatal(err)
	}
	for want, piece := range []string{9: "state", 10: "", 11: ""} {
		if want < 9 {
			continue
		}
		f, err := Read(&b)
		if err != nil {
			t.Fatal(err)
		}
		if id, err := f.Request(); err != nil || id != uint64(want) {
			t.Errorf("request %d, not %d: %v", id, want, err)
		}
		if _, got, err := f.Piece(); (err == nil) != (f.Kind == State) || string(got) != piece {
			t.Errorf("%q %v", got, err)
		}
	}
	for _, f := range []Frame{{State, []byte("short")}, {Done, []byte("{")}} {
		if _, err := f.Request(); !errors.Is(err, ErrBody) {
			t.Errorf("%v: %v", f.Kind, err)
		}
	}
}

func TestBadFramesHaveTheirOwnErrors(t *testing.T) {
	for name, c := range map[string]struct {
		bytes string
		want  error
	}{
		"empty frame":    {"\x00\x00\x00\x00", ErrUnknownKind},
		"kind 0":         {"\x00\x00\x00\x01\x00", ErrUnknownKind},
		"kind 18":        {"\x00\x00\x00\x01\x12", ErrUnknownKind},
		"kind 255":       {"\x00\x00\x00\x01\xff", ErrUnknownKind},
		"4 GiB":          {"\xff\xff\xff\xff\x01", ErrTooLarge},
		"just too large": {"\x04\x00\x00\x02\x01", ErrTooLarge},
		"cut in length":  {"\x00\x00", io.ErrUnexpectedEOF},
		"cut in kind":    {"\x00\x00\x00\x02", io.ErrUnexpectedEOF},
		"cut in body":    {"\x00\x00\x00\x05\x01{", io.ErrUnexpectedEOF},
	} {
		if _, err := Read(strings.NewReader(c.bytes)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if err := WriteRaw(io.Discard, Delta, make([]byte, MaxFrame+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("writing too much: %v", err)
	}
}

func TestADecodingErrorDoesNotRepeatTheText(t *testing.T) {
	err := Frame{Kind: Delta, Body: []byte(`{"id":1,"text":5,"secret diagnosis"`)}.Decode(&DeltaBody{})
	if !errors.Is(err, ErrBody) || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	if err := Write(&b, Generate, GenerateBody{ID: 1, Messages: []Message{{"user", "hello"}}}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte{0, 0, 0, 1, 1})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		for {
			frame, err := Read(r)
			if err != nil {
				return
			}
			if len(frame.Body) > len(data) || frame.Kind < Hello || frame.Kind > Failed {
				t.Fatalf("kind %d, %d bytes out of %d", frame.Kind, len(frame.Body), len(data))
			}
			_ = frame.Decode(&LoadBody{})
			_ = frame.Decode(&GenerateBody{})
			_ = frame.Decode(&DoneBody{})
		}
	})
}
