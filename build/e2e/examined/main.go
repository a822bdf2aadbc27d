// Command examined is the window with axe in its page: a key has it look at all that is on the screen, as it is laid out and
// drawn, and the document's title says what it found (examine.js).
package main

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"subrosa/app"
	"subrosa/build/probe"
	_ "subrosa/internal/sandbox/first" // enters the namespaces
)

//go:embed examine.js
var examine []byte

func init() { runtime.LockOSThread() }

func main() {
	program, err := os.Executable()
	axe, readErr := os.ReadFile(filepath.Join(filepath.Dir(program), "axe.min.js")) // build/e2e/run.sh puts it there
	page, pageErr := probe.Page(probe.Script{Name: "axe.min.js", Data: axe}, probe.Script{Name: "examine.js", Data: examine})
	if err := errors.Join(err, readErr, pageErr); err != nil {
		fmt.Fprintln(os.Stderr, "examined:", err)
		os.Exit(1)
	}
	os.Exit(app.Run(page))
}
