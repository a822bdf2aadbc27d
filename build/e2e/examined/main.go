// Command examined is the window with axe in its page: a key has it look at all that is on the screen, as it is laid out and
// drawn, and the document's title says what it found (examine.js).
package main

import (
	_ "embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing/fstest"

	"subrosa/app"
	"subrosa/frontend"
	_ "subrosa/internal/sandbox/first" // enters the namespaces
)

//go:embed examine.js
var examine []byte

func init() { runtime.LockOSThread() }

func main() {
	page, err := withAxe()
	if err != nil {
		fmt.Fprintln(os.Stderr, "examined:", err)
		os.Exit(1)
	}
	os.Exit(app.Run(page))
}

// withAxe is the built page with two scripts more in it.
func withAxe() (fs.FS, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	axe, err := os.ReadFile(filepath.Join(filepath.Dir(program), "axe.min.js")) // build/e2e/run.sh puts it there
	if err != nil {
		return nil, err
	}
	const index = "dist/index.html"
	html, err := fs.ReadFile(frontend.Assets, index)
	if err != nil {
		return nil, err
	}
	scripts := `<head><script src="./axe.min.js"></script><script src="./examine.js"></script>`
	return laid{frontend.Assets, fstest.MapFS{
		index:             {Data: []byte(strings.Replace(string(html), "<head>", scripts, 1))},
		"dist/axe.min.js": {Data: axe},
		"dist/examine.js": {Data: examine},
	}}, nil
}

// laid is one file system over another.
type laid struct {
	under fs.FS
	over  fstest.MapFS
}

func (l laid) Open(name string) (fs.File, error) {
	if _, ok := l.over[name]; ok {
		return l.over.Open(name)
	}
	return l.under.Open(name)
}
