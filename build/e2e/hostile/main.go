// Command hostile is the window with a page that tries every way out: the same filter, file rules, policy for content and
// bridge, and another page. With arguments after "--" it becomes that program, under the network's filter alone.
package main

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing/fstest"

	"golang.org/x/sys/unix"

	"subrosa/app"
	"subrosa/internal/lockdown"
)

//go:embed page
var page embed.FS

func init() { runtime.LockOSThread() }

func main() {
	if len(os.Args) > 2 && os.Args[1] == "--" {
		if err := lockdown.Enforce(); err == nil {
			err = unix.Exec(os.Args[2], os.Args[2:], os.Environ())
			fmt.Fprintln(os.Stderr, "hostile:", err)
		}
		os.Exit(1)
	}
	os.Exit(app.Run(pageFor(os.Getenv("SUBROSA_E2E_CANARY"))))
}

func pageFor(canary string) fs.FS {
	served := fstest.MapFS{"canary.js": {Data: fmt.Appendf(nil, "const canary = %q, leave = '';", canary)}}
	for _, name := range []string{"index.html", "probe.js"} {
		b, err := page.ReadFile("page/" + name)
		if err != nil {
			panic(err) // it is embedded
		}
		served[name] = &fstest.MapFile{Data: b}
	}
	program, err := os.Executable()
	if err != nil {
		panic(err)
	}
	ways, err := os.ReadFile(filepath.Join(filepath.Dir(program), "ways.js")) // build/e2e/run.sh puts the window's own there
	if err != nil {
		panic(err)
	}
	served["ways.js"] = &fstest.MapFile{Data: ways}
	return served
}
