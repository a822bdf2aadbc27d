package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"aead.dev/minisign"
	"github.com/spf13/cobra"

	"subrosa/internal/atomicfile"
	"subrosa/internal/fault"
	"subrosa/internal/policy"
	"subrosa/internal/session"
)

func (c *command) policyCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "policy", Short: "Write, check, sign and show the policy of a workstation"}
	cmd.AddCommand(
		c.policyInitCommand(), c.policyKeyCommand(), c.policyCheckCommand(), c.policySignCommand(), c.policyShowCommand(),
		c.policyExplainCommand(), c.policyGrantCommand(),
		&cobra.Command{
			Use: "schema", Short: "Print the file format as a JSON Schema", Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error {
				_, err := c.out.Write(policy.Schema())
				return err
			},
		},
	)
	return cmd
}

func (c *command) policyInitCommand() *cobra.Command {
	return &cobra.Command{
		Use: "init FILE", Short: "Write a policy file to begin with", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := writeNew(args[0], policy.Example(), 0o644); err != nil {
				return err
			}
			return c.wrote(args[0])
		},
	}
}

func (c *command) policyKeyCommand() *cobra.Command {
	var bare bool
	cmd := &cobra.Command{
		Use:   "key NAME",
		Short: "Make a minisign key pair: NAME.key, under a passphrase, and NAME.pub",
		Long: "Make a minisign key pair, as `minisign -G` does. IT signs policies and models with one, compliance grants with " +
			"another. Keep NAME.key off the workstations; NAME.pub is what they trust. The passphrase costs a second and 1 GiB of memory.",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			public, private, err := minisign.GenerateKey(nil)
			if err != nil {
				return err
			}
			text, err := c.keyFile(private, bare)
			if err != nil {
				return err
			}
			pub, err := public.MarshalText()
			if err != nil {
				return err
			}
			if err := errors.Join(writeNew(args[0]+".key", text, 0o600), writeNew(args[0]+".pub", append(pub, '\n'), 0o644)); err != nil {
				return err
			}
			if c.json {
				return c.printJSON(map[string]string{"key": args[0] + ".key", "public": public.String(), "id": fmt.Sprintf("%016X", public.ID())})
			}
			c.printf("%s.key signs, %s.pub is the public half:\n%s\n", args[0], args[0], public)
			return nil
		},
	}
	cmd.Flags().BoolVar(&bare, "no-passphrase", false, "as minisign -W: whoever has the file can sign")
	return cmd
}

func (c *command) keyFile(private minisign.PrivateKey, bare bool) ([]byte, error) {
	if bare {
		return private.MarshalText()
	}
	passphrase, err := c.passphrase("Passphrase of the new key: ")
	if err != nil {
		return nil, err
	}
	defer passphrase.Wipe()
	return minisign.EncryptKey(string(passphrase.Expose()), private)
}

// checked is what `policy check` reports.
type checked struct {
	OK       bool            `json:"ok"`
	Number   int64           `json:"number"`
	Name     string          `json:"name"`
	Expires  string          `json:"expires"`
	Problems []problemJSON   `json:"problems"`
	Tests    int             `json:"tests"`
	Against  string          `json:"against"` // the policy that is installed here
	Changes  []policy.Change `json:"changes"`
}

type problemJSON struct {
	Line int    `json:"line"`
	Path string `json:"path"`
	Text string `json:"text"`
}

func (c *command) policyCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Read a policy, run its own tests, and say what it would change here",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			file, err := os.ReadFile(args[0])
			if err != nil {
				return fault.New(fault.BadInput, err)
			}
			opts, err := c.options(c.home)
			if err != nil {
				return err
			}
			r := checkPolicy(file, opts, time.Now())
			if c.json {
				err = c.printJSON(r)
			} else {
				c.printChecked(args[0], r)
			}
			if !r.OK {
				return errors.Join(err, told(errors.New("the policy has problems")))
			}
			return err
		},
	}
}

func checkPolicy(file []byte, opts session.Options, now time.Time) checked {
	r := checked{Problems: []problemJSON{}, Changes: []policy.Change{}}
	doc, err := policy.Parse(file)
	var parse *policy.ParseError
	if errors.As(err, &parse) {
		for _, p := range parse.Problems {
			r.Problems = append(r.Problems, problemJSON{p.Line, p.Path, p.Text})
		}
		return r
	}
	r.Number, r.Name, r.Expires = doc.Serial, doc.Name, doc.Expires.String()
	failures, tests := session.TestPolicy(doc)
	r.Tests = tests
	for _, f := range failures {
		r.Problems = append(r.Problems, problemJSON{Path: f.Path, Text: f.Text})
	}
	here := session.InstalledPolicy(opts, now)
	r.Against = here.Version
	r.Changes = append(r.Changes, policy.Changes(here.Document, doc)...)
	switch {
	case !now.Before(doc.Expires.End()):
		r.Problems = append(r.Problems, problemJSON{Path: "expires", Text: "this day is over"})
	case here.Source != policy.SourceBuiltin && doc.Serial < here.Serial,
		here.Source != policy.SourceBuiltin && doc.Serial == here.Serial && len(r.Changes) > 0:
		r.Problems = append(r.Problems, problemJSON{Path: "version", Text: fmt.Sprintf("number %d is installed here: it must be higher", here.Serial)})
	}
	r.OK = len(r.Problems) == 0
	return r
}

func (c *command) printChecked(name string, r checked) {
	for _, p := range r.Problems {
		c.printf("%s: %s\n", name, policy.Problem{Line: p.Line, Path: p.Path, Text: p.Text})
	}
	if r.Number == 0 {
		return // not read
	}
	c.printf("%s: number %d, to %s, %d tests\n", name, r.Number, r.Expires, r.Tests)
	if len(r.Changes) == 0 {
		c.printf("It changes nothing against %s.\n", r.Against)
		return
	}
	c.printf("Against %s it changes:\n", r.Against)
	for _, ch := range r.Changes {
		c.printf("  %-40s %s -> %s\n", ch.Path, orNone(ch.From), orNone(ch.To))
	}
}

func orNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

func (c *command) policySignCommand() *cobra.Command {
	var key string
	cmd := &cobra.Command{
		Use:   "sign FILE --key KEY",
		Short: "Sign a policy: writes FILE.minisig, as `minisign -S` does",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			file, err := os.ReadFile(args[0])
			if err != nil {
				return fault.New(fault.BadInput, err)
			}
			if _, err := policy.Parse(file); err != nil {
				return fault.New(fault.BadInput, err)
			}
			private, err := c.signingKey(key)
			if err != nil {
				return err
			}
			signature, err := policy.Sign(file, private)
			if err != nil {
				return fault.New(fault.BadInput, err)
			}
			if err := atomicfile.Write(args[0]+".minisig", signature); err != nil {
				return fault.New(fault.BadInput, err)
			}
			return c.wrote(args[0] + ".minisig")
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "minisign secret key file")
	_ = cmd.MarkFlagRequired("key")
	return cmd
}

// signingKey reads a minisign secret key. A key under a passphrase asks for it.
func (c *command) signingKey(name string) (minisign.PrivateKey, error) {
	var key minisign.PrivateKey
	text, err := os.ReadFile(name)
	if err != nil {
		return key, fault.New(fault.BadInput, err)
	}
	if !minisign.IsEncrypted(text) {
		if err := key.UnmarshalText(text); err != nil {
			return key, fault.New(fault.BadInput, err)
		}
		return key, nil
	}
	passphrase, err := c.passphrase("Passphrase of " + name + ": ")
	if err != nil {
		return key, err
	}
	defer passphrase.Wipe()
	if key, err = minisign.DecryptKey(string(passphrase.Expose()), text); err != nil {
		return key, fault.New(fault.KeyPassphraseWrong, err)
	}
	return key, nil
}

func (c *command) policyShowCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show", Short: "Show the policy in force, where it came from, and what was refused", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.unlocked(cmd.Context(), nil, func(s *session.Session) error {
				v, err := s.Policy()
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(v)
				}
				signer := v.Signer
				if signer == "" {
					signer = "nobody"
				}
				c.printf("%s %s, signed by %s, to %s\n", v.Version, v.Name, signer, orNone(v.Expires))
				if v.Refused != "" {
					c.printf("A policy that lies there was refused: %s\n", v.Refused)
				}
				if v.Stopped != "" {
					c.printf("Chat is stopped: %s\n", v.Stopped)
				}
				for _, row := range v.Rows {
					if row.Changed {
						c.printf("  %-40s %s\n", row.Path, row.Value)
					}
				}
				return nil
			})
		},
	}
}

func (c *command) policyExplainCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "explain [KEY]",
		Short: "Say what each key of a policy means, and its value: built in, or in --file",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			doc := policy.Default().Document
			if name != "" {
				file, err := os.ReadFile(name)
				if err != nil {
					return fault.New(fault.BadInput, err)
				}
				if doc, err = policy.Parse(file); err != nil {
					return fault.New(fault.BadInput, err)
				}
			}
			rows := []policy.Setting{}
			for _, row := range policy.Explain(doc) {
				if len(args) == 0 || strings.HasPrefix(row.Path, args[0]) {
					rows = append(rows, row)
				}
			}
			if len(rows) == 0 {
				return fault.New(fault.BadInput, fmt.Errorf("no key begins with %q", args[0]))
			}
			if c.json {
				return c.printJSON(rows)
			}
			for _, row := range rows {
				c.printf("%s = %s\n    %s\n", row.Path, orNone(row.Value), row.Doc)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&name, "file", "", "explain this policy instead of the built-in one")
	return cmd
}

// policyGrantCommand is compliance's, on compliance's own machine.
func (c *command) policyGrantCommand() *cobra.Command {
	var key, record, expires, reason string
	cmd := &cobra.Command{
		Use:   "grant RIGHT SUBJECT --record ORIGIN --key KEY",
		Short: "Compliance: sign a permission for one thing on one workstation, on standard output",
		Long: "RIGHT is lift_hold, prune_record or accept_older; SUBJECT is what it is for: a hold's ID, or record; ORIGIN is what " +
			"subrosactl audit verify calls the workstation's origin.",
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			day, err := time.Parse("2006-01-02", expires)
			if err != nil {
				return fault.New(fault.BadInput, err)
			}
			private, err := c.signingKey(key)
			if err != nil {
				return err
			}
			g := policy.Grant{
				Right: policy.Right(args[0]), Subject: args[1], Record: record, Expires: policy.Date{Time: day}, Reason: reason,
			}
			_, err = c.out.Write(g.Sign(private))
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&key, "key", "", "compliance's minisign secret key file")
	flags.StringVar(&record, "record", "", "origin of the workstation's record")
	flags.StringVar(&expires, "expires", time.Now().AddDate(0, 0, 7).Format("2006-01-02"), "last day on which it may be used")
	flags.StringVar(&reason, "reason", "", "why, for the record; no client's or patient's name")
	_ = cmd.MarkFlagRequired("key")
	_ = cmd.MarkFlagRequired("record")
	return cmd
}

// writeNew writes a file that must not be there yet.
func writeNew(name string, content []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fault.New(fault.BadInput, err)
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fault.New(fault.BadInput, err)
	}
	return nil
}

func (c *command) wrote(name string) error {
	if c.json {
		return c.printJSON(map[string]string{"file": name})
	}
	c.printf("Wrote %s\n", name)
	return nil
}
