package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"subrosa/internal/engine"
	"subrosa/internal/lockdown"
	"subrosa/internal/presence"
	"subrosa/internal/session"
	"subrosa/models"
)

// check is one line of the doctor's report.
type check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

func (c *command) doctorCommand() *cobra.Command {
	var posture, html bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Show what is enforced on this workstation, with the evidence",
		Long: "Tries every way out to the network from this confined process and, as a positive control, from one that is not " +
			"confined: a row counts as blocked only if its control got out. Then looks for the engine, its libraries and the keyring, and " +
			"has the processor and each device (a GPU that the libraries find) answer with the built-in model: a device whose answer " +
			"is not the processor's is not to be used.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if posture || html {
				return c.posture(cmd, html)
			}
			opts, err := c.options(c.home)
			if err != nil {
				return err
			}
			checks := []check{
				{"network blocked", c.lockdown.OK(), "see the rows"},
				fileCheck("engine", opts.EnginePath),
				fileCheck("engine libraries", filepath.Join(opts.EngineLib, "libllama.so")),
				ringCheck(cmd, opts),
				swapCheck(),
				{"core dumps off", lockdown.CoreDumpsOff(), "no core file, memory not readable by other programs of the user"},
			}
			c.lockdown.Deputies = append(c.lockdown.Deputies, busDeputies(cmd.Context())...)
			trials, err := engine.SelfTest(cmd.Context(), engine.Config{Path: opts.EnginePath, LibDir: opts.EngineLib}, models.Builtin)
			return c.printDoctor(append(checks, deviceChecks(trials, err)...), trials)
		},
	}
	cmd.Flags().BoolVar(&posture, "posture", false, "unlock, and show each control with its evidence")
	cmd.Flags().BoolVar(&html, "html", false, "the same as a page for a browser")
	return cmd
}

func (c *command) printDoctor(checks []check, trials []engine.Trial) error {
	var err error
	for _, k := range checks {
		if !k.OK {
			err = told(errors.New(k.Name))
		}
	}
	if c.json {
		return errors.Join(c.printJSON(map[string]any{"ok": err == nil, "checks": checks, "devices": trials, "network": c.lockdown}), err)
	}
	c.printf("%-22s %-12s %s\n", "WAY OUT", "VERDICT", "WHAT CAME BACK HERE, AND IN THE UNCONFINED CONTROL")
	for _, row := range c.lockdown.Rows {
		c.printf("%-22s %-12s %s\n", row.Name, row.Verdict, row.Detail)
	}
	for _, d := range c.lockdown.Deputies {
		c.printf("%-22s %-12s %s\n", "deputy", "could act", d)
	}
	c.printf("\n")
	for _, k := range checks {
		c.printf("%-4s %-18s %s\n", map[bool]string{true: "ok", false: "BAD"}[k.OK], k.Name, k.Detail)
	}
	return err
}

// deviceChecks says what the processor and each device made of the built-in model.
func deviceChecks(trials []engine.Trial, err error) []check {
	if err != nil {
		return []check{{"self-test", false, "the built-in model was not answered with: " + err.Error()}}
	}
	var all []check
	for _, t := range trials {
		k := check{"device " + t.Name, t.Fault == "" && t.Agrees, fmt.Sprintf("%s; %.1f of %.1f GB are free", t.Description, float64(t.Free)/1e9, float64(t.Total)/1e9)}
		switch {
		case t.Fault != "":
			k.Detail += "; it does not answer: " + t.Fault
		case !t.Agrees:
			k.Detail += fmt.Sprintf("; %.1f tokens/s, and not the processor's answer: update its driver, or use the processor alone", t.TokensPerSecond)
		case t.Name == engine.CPU:
			k.Detail += fmt.Sprintf("; %.1f tokens/s", t.TokensPerSecond)
		default:
			k.Detail += fmt.Sprintf("; %.1f tokens/s, and the processor's answer", t.TokensPerSecond)
		}
		all = append(all, k)
	}
	return all
}

// busDeputies are the session's services that could act for a process which nobody keeps from the bus.
func busDeputies(ctx context.Context) []string {
	found, err := presence.Buses{}.Deputies(ctx)
	if err != nil {
		return nil // no bus: the keyring's check says so
	}
	return found
}

func fileCheck(name, path string) check {
	_, err := os.Stat(path)
	return check{name, err == nil, path}
}

// swapCheck looks for places where the kernel may write keys and text to a disk in the clear.
func swapCheck() check {
	plain, err := lockdown.PlainSwap()
	switch {
	case err != nil:
		return check{"swap", false, err.Error()}
	case len(plain) > 0:
		return check{"swap", false, "not encrypted: " + strings.Join(plain, ", ")}
	}
	return check{"swap", true, "none, or encrypted"}
}

// ringCheck asks the keyring for a secret that is not there: an answer is enough.
func ringCheck(cmd *cobra.Command, opts session.Options) check {
	if err := session.KeyringAnswers(cmd.Context(), opts.Ring); err != nil {
		return check{"keyring", false, err.Error()}
	}
	return check{"keyring", true, "answers"}
}
