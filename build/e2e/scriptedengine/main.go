// Command scriptedengine stands in for subrosa-engine and answers every prompt with a file, so that a test decides what the
// model says. It speaks internal/engine/proto and is started as the engine is; answer.md lies beside it. It answers at once,
// or, where a file pace lies there too, as many tokens a second as that says, of about four letters each.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"subrosa/internal/engine/proto"
	"subrosa/internal/lockdown"
	"subrosa/internal/sandbox"
)

func main() {
	if lockdown.ChildMain() || sandbox.ChildMain() {
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
	text, err := os.ReadFile(filepath.Join(filepath.Dir(self), "answer.md"))
	if err != nil {
		return err
	}
	script, err := scriptOf(string(text), filepath.Join(filepath.Dir(self), "pace"))
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
			err = handle(conn, f, script)
		}
		if err != nil {
			return err
		}
	}
}

// script is what is said, in pieces.
type script struct {
	pieces []string
	every  time.Duration // from one to the next
}

func scriptOf(text, pace string) (script, error) {
	said, err := os.ReadFile(pace)
	if errors.Is(err, fs.ErrNotExist) {
		return script{pieces: regexp.MustCompile(`(?s).{1,17}`).FindAllString(text, -1)}, nil // attacks arrive in parts, as a model would write them
	}
	if err != nil {
		return script{}, err
	}
	perSecond, err := strconv.Atoi(strings.TrimSpace(string(said)))
	if err != nil || perSecond < 1 {
		return script{}, fmt.Errorf("%s: no number of tokens a second", pace)
	}
	return script{regexp.MustCompile(`(?s)\s?\S{1,4}|\s`).FindAllString(text, -1), time.Second / time.Duration(perSecond)}, nil
}

func handle(conn io.Writer, f proto.Frame, s script) error {
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
		began := time.Now()
		for i, piece := range s.pieces {
			time.Sleep(time.Until(began.Add(time.Duration(i) * s.every)))
			if err := proto.Write(conn, proto.Delta, proto.DeltaBody{ID: b.ID, Text: piece}); err != nil {
				return err
			}
		}
		return proto.Write(conn, proto.Done, proto.DoneBody{ID: b.ID, Reason: "eos", PromptTokens: 9, OutputTokens: len(s.pieces)})
	}
	return nil // the key, a stop: there is nothing to do
}
