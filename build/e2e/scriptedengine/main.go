// Command scriptedengine stands in for subrosa-engine and answers every prompt with a file, so that a test decides what the
// model says. It speaks internal/engine/proto and is started as the engine is; answer.md lies beside it.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"subrosa/internal/engine/proto"
	"subrosa/internal/lockdown"
)

func main() {
	if lockdown.ChildMain() {
		return
	}
	if err := serve(os.NewFile(3, "parent")); err != nil {
		fmt.Fprintln(os.Stderr, "scriptedengine:", err)
		os.Exit(1)
	}
}

func serve(conn *os.File) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	answer, err := os.ReadFile(filepath.Join(filepath.Dir(self), "answer.md"))
	if err != nil {
		return err
	}
	if err := proto.Write(conn, proto.Hello, proto.HelloBody{Version: proto.Version}); err != nil {
		return err
	}
	for {
		f, err := proto.Read(conn)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = handle(conn, f, string(answer))
		}
		if err != nil {
			return err
		}
	}
}

func handle(conn io.Writer, f proto.Frame, answer string) error {
	switch f.Kind {
	case proto.Load:
		var b proto.LoadBody
		if err := f.Decode(&b); err != nil {
			return err
		}
		return proto.Write(conn, proto.Loaded, proto.LoadedBody{ID: b.ID, Name: "script", Context: 4096, TrainedFor: 4096})
	case proto.Generate:
		var b proto.GenerateBody
		if err := f.Decode(&b); err != nil {
			return err
		}
		const piece = 17 // bytes: attacks arrive in parts, as a model would write them
		for text := []rune(answer); len(text) > 0; {
			n := min(piece, len(text))
			if err := proto.Write(conn, proto.Delta, proto.DeltaBody{ID: b.ID, Text: string(text[:n])}); err != nil {
				return err
			}
			text = text[n:]
		}
		return proto.Write(conn, proto.Done, proto.DoneBody{ID: b.ID, Reason: "eos", PromptTokens: 9, OutputTokens: 99})
	}
	return nil // the key, a stop: there is nothing to do
}
