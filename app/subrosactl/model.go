package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"subrosa/internal/engine"
	"subrosa/internal/gguf"
	"subrosa/internal/session"
	"subrosa/internal/vault"
)

func (c *command) modelCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "model", Short: "Import, list, choose, verify and trace sealed models; seal and sign them"}
	cmd.AddCommand(c.modelImportCommand(), c.modelListCommand(), c.modelFitCommand(), c.modelUseCommand(), c.modelVerifyCommand(),
		c.modelSealCommand(), c.modelRecipientCommand(), c.modelLineageCommand())
	return cmd
}

func (c *command) modelImportCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "import FILE.gguf | PACKAGE",
		Short: "Import a signed package, or seal a GGUF model to this workstation; what is imported is only read",
		Long: "Import a signed package, or seal a GGUF model to this workstation. Of a model that comes in parts " +
			"(NAME-00001-of-00003.gguf and so on), name any; the others lie beside it. What is imported is only read.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if info, err := os.Stat(args[0]); err == nil && info.IsDir() {
				return c.importPackage(cmd, args[0])
			}
			f, err := gguf.Open(args[0])
			if err != nil {
				return session.ModelFileFault(err)
			}
			defer f.Close()
			source := vault.Source{Name: name, File: f.Parts[0], Size: f.Size}
			return c.unlocked(cmd.Context(), nil, func(s *session.Session) error {
				m, err := s.ImportModel(cmd.Context(), f, source, c.progress("Sealing"))
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(m)
				}
				c.printf("%s\nSealed here; %s is unchanged. %s\n", describe(m), args[0], howUsed(m))
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "how to call it (default: as the file calls itself)")
	return cmd
}

func (c *command) modelListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the sealed models", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.unlocked(cmd.Context(), nil, func(s *session.Session) error {
				list, err := s.Models()
				if c.json {
					return errors.Join(c.printJSON(list), told(err))
				}
				finding, ferr := s.Vectors(cmd.Context())
				for _, m := range list {
					c.printf("%s%s\n", describe(m), finds(m, finding))
				}
				if ferr != nil {
					return ferr
				}
				return err // of the models that do not verify
			})
		},
	}
}

func (c *command) modelUseCommand() *cobra.Command {
	var wish engine.Wish
	cmd := &cobra.Command{
		Use: "use ID", Short: "Answer with this model from now on", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.unlocked(cmd.Context(), nil, func(s *session.Session) error {
				return c.done(s.UseModel(cmd.Context(), vault.ModelID(args[0]), wish))
			})
		},
	}
	wishFlags(cmd, &wish)
	return cmd
}

func (c *command) modelFitCommand() *cobra.Command {
	var wish engine.Wish
	cmd := &cobra.Command{
		Use: "fit ID", Short: "Tell whether a model fits into the memory that is free, and how it would be loaded", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.unlocked(cmd.Context(), nil, func(s *session.Session) error {
				f, err := s.FitModel(cmd.Context(), vault.ModelID(args[0]), wish)
				switch {
				case c.json && f.Needs > 0:
					return errors.Join(c.printJSON(f), told(err))
				case err == nil:
					c.printf("%s\n", f)
				}
				return err
			})
		},
	}
	wishFlags(cmd, &wish)
	return cmd
}

// wishFlags are for what is otherwise chosen by the memory that is free.
func wishFlags(cmd *cobra.Command, w *engine.Wish) {
	f := cmd.Flags()
	f.IntVar(&w.Context, "context", 0, "tokens that a conversation may have (default: as many as fit of what suits the model)")
	f.StringVar(&w.Device, "device", "", "what computes the layers that fit there: CPU, or as subrosactl doctor names it (default: the GPU with most memory free)")
	f.IntVar(&w.Layers, "gpu-layers", 0, "layers on the GPU, the output counted as one; -1: all (default: as many as fit)")
	f.StringVar((*string)(&w.Cache), "cache-type", "", "how a conversation's keys and values are kept: f16 or q8_0 (default: f16, or what fits)")
	f.StringVar(&w.FlashAttention, "flash-attention", "", "on or off (default: where the device can)")
}

func (c *command) modelVerifyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "verify ID", Short: "Read a sealed model whole and compare it with its manifest", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.unlocked(cmd.Context(), nil, func(s *session.Session) error {
				if err := s.VerifyModel(cmd.Context(), vault.ModelID(args[0]), c.progress("Verifying")); err != nil {
					return err
				}
				if c.json {
					return c.printJSON(map[string]any{"id": args[0], "ok": true})
				}
				c.printf("%s is whole.\n", args[0])
				return nil
			})
		},
	}
}

func describe(m vault.Manifest) string {
	return fmt.Sprintf("%s  %-28s %-8s %-8s %8.1f MB", m.ID, m.Name, m.Architecture, m.Quantisation, float64(m.Size)/1e6)
}

// howUsed says how an imported model comes into use.
func howUsed(m vault.Manifest) string {
	if m.Purpose == vault.Embedding {
		return "It is for finding passages in documents, and is used for that by itself."
	}
	return "Choose it with: subrosactl model use " + string(m.ID)
}

// finds says how far passages are found with a model for it; "" for one that answers.
func finds(m vault.Manifest, s session.VectorStatus) string {
	switch {
	case m.Purpose != vault.Embedding:
		return ""
	case m.ID != s.Manifest.ID:
		return "  for finding passages; another one was imported later"
	case s.Fault != nil:
		return fmt.Sprintf("  for finding passages; not used: %s", s.Fault.Message)
	}
	return fmt.Sprintf("  for finding passages: %d of %d pages", s.Pages, s.Of)
}

// progress shows long work in a terminal.
func (c *command) progress(what string) func(done, total int64) {
	if c.json || !c.interactive() {
		return nil
	}
	return func(done, total int64) {
		_, _ = fmt.Fprintf(c.err, "\r%s: %3.0f %%", what, 100*float64(done)/float64(max(total, 1)))
		if done >= total {
			_, _ = fmt.Fprint(c.err, "\r\033[K")
		}
	}
}
