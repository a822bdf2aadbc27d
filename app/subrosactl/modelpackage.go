package main

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"subrosa/internal/gguf"
	"subrosa/internal/session"
	"subrosa/internal/vault"
)

// modelSealCommand is IT's, on IT's own machine: no session is opened.
func (c *command) modelSealCommand() *cobra.Command {
	var recipients, parents []string
	var key, out, by string
	var from vault.Provenance
	cmd := &cobra.Command{
		Use:   "seal IN.gguf --recipient AGE --sign KEY",
		Short: "IT: seal a GGUF to workstations and sign it; makes a package for a stick",
		Long: "Seal a GGUF model to the age recipients of workstations (subrosactl model recipient prints one) and sign its " +
			"manifest. Of a model that comes in parts, name any; the others lie beside it. The package is a directory: the sealed weights, the manifest with where the model is from, its minisign " +
			"signature, and an OpenSSF Model Signing statement. What is sealed is only read.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			private, err := c.signingKey(key)
			if err != nil {
				return err
			}
			for _, p := range parents {
				name, hash, _ := strings.Cut(p, "=")
				from.Parents = append(from.Parents, vault.Parent{Name: name, SHA256: hash})
			}
			if out == "" {
				base := filepath.Base(args[0])
				out = strings.TrimSuffix(base, filepath.Ext(base)) + ".subrosa-model"
			}
			f, err := gguf.Open(args[0])
			if err != nil {
				return session.ModelFileFault(err)
			}
			defer f.Close()
			source := vault.Source{File: f.Parts[0], Size: f.Size}
			p, err := vault.SealPackage(cmd.Context(), out, f, source, by, from, recipients, private, c.progress("Sealing"))
			if err != nil {
				return session.PackageFault(err)
			}
			if c.json {
				return c.printJSON(map[string]any{"package": out, "manifest": p})
			}
			c.printf("%s\nSealed for %d workstations and signed: %s\n", describe(p.Model), len(p.Recipients), out)
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&recipients, "recipient", nil, "age recipient of a workstation; may be repeated")
	flags.StringVar(&key, "sign", "", "minisign secret key file")
	flags.StringVar(&out, "out", "", "directory to make (default: the file's name, with .subrosa-model)")
	flags.StringVar(&by, "by", "", "who seals it, for the manifest")
	flags.StringVar(&from.Source, "source", "", "where the model was got from")
	flags.StringVar(&from.Licence, "licence", "", "its licence (default: as the file says)")
	flags.StringVar(&from.Note, "note", "", "anything else worth keeping")
	flags.StringArrayVar(&parents, "parent", nil, "what it was made from, NAME or NAME=SHA256; may be repeated")
	_ = cmd.MarkFlagRequired("recipient")
	_ = cmd.MarkFlagRequired("sign")
	return cmd
}

func (c *command) modelRecipientCommand() *cobra.Command {
	return &cobra.Command{
		Use: "recipient", Short: "Print this workstation's age recipient, for IT to seal models to", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.unlocked(cmd.Context(), nil, func(s *session.Session) error {
				r, err := s.ModelRecipient()
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(map[string]string{"recipient": r})
				}
				c.printf("%s\n", r)
				return nil
			})
		},
	}
}

// importPackage imports a directory that IT sealed and signed.
func (c *command) importPackage(cmd *cobra.Command, dir string) error {
	return c.unlocked(cmd.Context(), nil, func(s *session.Session) error {
		var progress func(session.Stage, int64, int64)
		if show := map[session.Stage]func(int64, int64){
			session.Checking: c.progress("Checking"), session.Copying: c.progress("Copying"),
		}; show[session.Checking] != nil {
			progress = func(stage session.Stage, done, total int64) { show[stage](done, total) }
		}
		m, err := s.ImportPackage(cmd.Context(), dir, progress)
		if err != nil {
			return err
		}
		if c.json {
			return c.printJSON(m)
		}
		c.printf("%s\nSigned by key %s. %s\n", describe(m), m.Signer, howUsed(m))
		return nil
	})
}

func (c *command) modelLineageCommand() *cobra.Command {
	var prov bool
	cmd := &cobra.Command{
		Use: "lineage ID", Short: "Show where a model is from, who sealed it, and which turns it answered", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.unlocked(cmd.Context(), nil, func(s *session.Session) error {
				l, err := s.ModelLineage(cmd.Context(), vault.ModelID(args[0]))
				switch {
				case err != nil:
					return err
				case prov:
					_, err := c.out.Write(l.PROV())
					return err
				case c.json:
					return c.printJSON(l)
				}
				c.printLineage(l)
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&prov, "prov", false, "print W3C PROV-JSON")
	return cmd
}

func (c *command) printLineage(l session.Lineage) {
	c.printf("%s\nSHA-256   %s\nsource    %s\nlicence   %s\n", describe(l.Model), l.Model.SHA256, orNone(l.Provenance.Source), orNone(l.Provenance.Licence))
	for _, p := range l.Provenance.Parents {
		c.printf("made from %s %s\n", p.Name, p.SHA256)
	}
	switch {
	case l.Builtin:
		c.printf("sealed    here, from this program\n")
	case l.Signer == "":
		c.printf("sealed    here, from %s; nobody signed it\n", l.Model.SourceFile)
	case l.Verified:
		c.printf("sealed    %s by %s, signed by %s (key %s)\n", l.SealedAt.Format("2006-01-02"), orNone(l.SealedBy), l.SignerName, l.Signer)
	default:
		c.printf("sealed    signed by key %s, which the policy does not trust\n", l.Signer)
	}
	for _, e := range l.Imports {
		c.printf("imported  %s by %s, entry %d\n", e.Time.Local().Format("2006-01-02 15:04"), e.Actor, e.Seq)
	}
	c.printf("loaded    %d times\nturns     %d\n", len(l.Loads), len(l.Turns))
	const most = 10
	for _, e := range l.Turns[max(0, len(l.Turns)-most):] {
		c.printf("  %s  turn %s in %s\n", e.Time.Local().Format("2006-01-02 15:04"), e.Turn, e.Conversation)
	}
}
