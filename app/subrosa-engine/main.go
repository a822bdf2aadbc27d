// Command subrosa-engine runs a sealed model with llama.cpp for the process that started it, or reads a document for it.
//
// Its world is two inherited descriptors and a directory of libraries: 3 is a socket to the parent (internal/engine/proto),
// 4 the sealed model. It ends when the socket does. It is started by internal/engine, not by hand. As a reader (-read) its
// world is the socket alone (internal/document/proto), and it is started by internal/document.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"subrosa/internal/document"
	"subrosa/internal/engine/llama"
	"subrosa/internal/engine/proto"
	"subrosa/internal/lockdown"
	"subrosa/internal/sandbox"
)

func main() {
	if lockdown.ChildMain() || sandbox.ChildMain() {
		return
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "subrosa-engine:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if err := errors.Join(lockdown.Enforce(), lockdown.HardenProcess()); err != nil && !errors.Is(err, lockdown.ErrUnsupported) {
		return err
	}
	if len(args) == 2 && args[0] == probeArgument {
		return probe(args[1])
	}
	if len(args) == 2 && args[0] == sealProbeArgument {
		return sealProbe(args[1])
	}
	if len(args) == 2 && args[0] == document.ReadArgument {
		return read(args[1])
	}
	if len(args) != 1 {
		return errors.New("it is started by Subrosa, with the libraries' directory")
	}
	if _, err := lockdown.Confine(lockdown.EngineFiles(args[0])); err != nil && !errors.Is(err, lockdown.ErrUnsupported) {
		return err
	}
	socket, model := os.NewFile(3, "parent"), os.NewFile(4, "model")
	if socket == nil || model == nil {
		return errors.New("it is started by Subrosa, with a socket and a model")
	}
	debug.SetGCPercent(50) // weights are not on this heap; what is there is short-lived
	lib, err := llama.Open(args[0])
	if err != nil {
		return errors.Join(err, proto.Write(socket, proto.Failed, proto.FailedBody{Code: proto.Libraries, Detail: err.Error()}))
	}
	return serve(socket, model, lib)
}
