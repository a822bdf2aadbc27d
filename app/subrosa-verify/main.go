// Command subrosa-verify recomputes an audit log and says what that proves. It needs no keys and no C library.
//
//	subrosa-verify [--json] DIRECTORY
//
// It exits with 0 when the log is whole, 1 when it is not, and 2 when it was called wrongly.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"subrosa/internal/audit"
	"subrosa/internal/lockdown"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, out, errOut io.Writer) int {
	if err := lockdown.Enforce(); err != nil && !errors.Is(err, lockdown.ErrUnsupported) {
		fmt.Fprintln(errOut, "subrosa-verify:", err)
		return 2
	}
	flags := flag.NewFlagSet("subrosa-verify", flag.ContinueOnError)
	flags.SetOutput(errOut)
	asJSON := flags.Bool("json", false, "print JSON")
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 {
		fmt.Fprintln(errOut, "usage: subrosa-verify [--json] DIRECTORY")
		return 2
	}
	report, err := audit.Verify(flags.Arg(0), nil)
	var broken *audit.BrokenError
	switch {
	case errors.As(err, &broken):
		return say(out, *asJSON, 1, map[string]any{"ok": false, "first_bad_entry": broken.Index, "reason": broken.Reason},
			fmt.Sprintf("NOT whole: the first bad entry is %d: %s", broken.Index, broken.Reason))
	case err != nil:
		fmt.Fprintln(errOut, "subrosa-verify:", err)
		return 2
	}
	return say(out, *asJSON, 0,
		map[string]any{"ok": true, "entries": report.Size, "signed": report.Checkpointed, "root": report.Root, "origin": report.Origin},
		fmt.Sprintf("Whole: %d entries in order, each as it was written; the first %d are under the workstation's signed checkpoint.\n"+
			"Root %s, origin %s.\n"+
			"Not proved: that this is the newest copy (compare the size with one you saw before), and that the key in it is the workstation's.",
			report.Size, report.Checkpointed, report.Root, report.Origin))
}

func say(out io.Writer, asJSON bool, code int, v map[string]any, sentence string) int {
	if !asJSON {
		fmt.Fprintln(out, sentence)
		return code
	}
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return 2
	}
	return code
}
