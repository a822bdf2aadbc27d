// Command subrosactl does in a terminal what the window does, through the same code.
//
// It exits with 0 only when all is well. With --json a command prints one JSON value on standard output, on failure
// {"error": {"code", "message", "hint"}}.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"subrosa/internal/fault"
	"subrosa/internal/lockdown"
	"subrosa/internal/session"
)

// version is set by the build.
var version = "dev"

func main() { os.Exit(run()) }

func run() int {
	if lockdown.ChildMain() {
		return 0
	}
	report, err := lockdown.Start()
	if err != nil {
		fmt.Fprintln(os.Stderr, "subrosactl:", fault.New(fault.LockdownFailed, err))
		return 1
	}
	if err := lockdown.HardenProcess(); err != nil {
		fmt.Fprintln(os.Stderr, "subrosactl:", err)
		return 1
	}
	out := &printer{w: os.Stdout}
	c := &command{in: os.Stdin, out: out, err: os.Stderr, lockdown: report, options: session.Installed}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := c.root().ExecuteContext(ctx); err != nil {
		c.fail(err)
		return 1
	}
	if out.err != nil {
		c.fail(out.err)
		return 1
	}
	return 0
}

// printer remembers the first error of writing: what a script reads must be whole, or the exit code says that it is not.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	if p.err == nil {
		p.err = err
	}
	return n, err
}

// command is what every subcommand shares: the streams, the common flags and the probe's report.
type command struct {
	in       *os.File
	out, err io.Writer
	lockdown *lockdown.Report
	options  func(home string) (session.Options, error) // session.Installed, but in tests

	home         string
	json         bool
	passphraseFD int
	keyringOnly  bool // init: no passphrase
	firstRun     bool // this command may choose a passphrase where none is chosen yet
}

func (c *command) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "subrosactl",
		Short:         "Subrosa in a terminal: the same private chat, keys, record and models",
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	flags := root.PersistentFlags()
	flags.StringVar(&c.home, "home", "", "data directory (default: the desktop's data directory for subrosa)")
	flags.BoolVar(&c.json, "json", false, "print JSON")
	flags.IntVar(&c.passphraseFD, "passphrase-fd", -1, "read the passphrase, one line, from this file descriptor")
	root.AddCommand(
		c.initCommand(), c.chatCommand(), c.historyCommand(), c.matterCommand(), c.eraseCommand(), c.holdCommand(), c.backupCommand(), c.restoreCommand(),
		c.modelCommand(), c.auditCommand(), c.doctorCommand(),
		c.redactCommand(), c.policyCommand(), c.drivesCommand(), c.keysCommand(),
		c.templateCommand(), c.attachmentCommand(), c.documentCommand(),
	)
	return root
}

// toldError is a failure that the command's own output already carries: it only sets the exit code.
type toldError struct{ error }

func told(err error) error {
	if err == nil {
		return nil
	}
	return toldError{err}
}

// fail prints an error: for people on standard error, with --json on standard output.
func (c *command) fail(err error) {
	var already toldError
	if errors.As(err, &already) {
		return
	}
	var f *fault.Fault
	if !errors.As(err, &f) {
		f = fault.New(fault.BadInput, err) // the session's errors are all faults: this one is about the command line
	}
	if c.json {
		_ = c.printJSON(map[string]any{"error": failureOf(f)})
		return
	}
	fmt.Fprintf(c.err, "subrosactl: %v\n%s\n", f, f.Hint)
}

// failure is how every error is written in JSON. Detail is for people: its wording may change.
type failure struct {
	Code    fault.Code `json:"code"`
	Message string     `json:"message"`
	Hint    string     `json:"hint"`
	Detail  string     `json:"detail"`
}

func failureOf(err error) *failure {
	if err == nil {
		return nil
	}
	f := fault.From(err)
	return &failure{Code: f.Code, Message: f.Message, Hint: f.Hint, Detail: f.Error()}
}

// done reports a command that has nothing else to say.
func (c *command) done(err error) error {
	if err != nil || !c.json {
		return err
	}
	return c.printJSON(map[string]bool{"ok": true})
}

func (c *command) printJSON(v any) error {
	e := json.NewEncoder(c.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func (c *command) printf(format string, args ...any) { _, _ = fmt.Fprintf(c.out, format, args...) }
