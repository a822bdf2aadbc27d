// Command hostile is the window with a page that tries every way out: the same filter, file rules, policy for content and
// bridge, and another page. With arguments after "--" it becomes that program, under the network's filter alone, and with
// arguments after "walled" in the window's sandbox, which keeps nobody from programs: Landlock does, elsewhere.
package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing/fstest"

	"golang.org/x/sys/unix"

	"subrosa/app"
	"subrosa/internal/lockdown"
	"subrosa/internal/sandbox"
	_ "subrosa/internal/sandbox/first" // enters the namespaces
	"subrosa/internal/session"
)

//go:embed page
var page embed.FS

func init() { runtime.LockOSThread() }

func main() {
	if len(os.Args) > 2 && (os.Args[1] == "--" || os.Args[1] == "walled") {
		fmt.Fprintln(os.Stderr, "hostile:", become(os.Args[1] == "walled", os.Args[2:]))
		os.Exit(1)
	}
	os.Exit(app.Run(pageFor(os.Getenv("SUBROSA_E2E_CANARY"))))
}

// become returns only if it fails.
func become(walled bool, program []string) error {
	if err := lockdown.Enforce(); err != nil {
		return err
	}
	if walled {
		box, err := sandbox.Open(session.EnginePath(), true)
		if err != nil {
			return err
		}
		if err := box.Enter(lockdown.Reach{Read: []string{"/usr", "/lib", "/lib64", "/bin", "/etc", "/proc"}}); err != nil {
			return err
		}
		if !box.Walls().Whole {
			return errors.New(box.Why)
		}
		if _, err := unix.FcntlInt(uintptr(box.Socket), unix.F_SETFD, 0); err != nil { // or the helper would end
			return err
		}
	}
	return unix.Exec(program[0], program, os.Environ())
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
