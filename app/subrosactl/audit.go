package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/spf13/cobra"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/fault"
)

func (c *command) auditCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "The record of what was done here: verify, prove, witness, prune"}
	cmd.AddCommand(
		c.auditStatusCommand(), c.auditProveCommand(), c.auditWitnessCommand(), c.auditRotateCommand(), c.auditPruneCommand(),
		c.auditAcceptCommand(), c.auditExportCommand(),
	)
	cmd.AddCommand(&cobra.Command{
		Use:   "verify",
		Short: "Recompute the whole record; on failure name the first bad entry. Needs no passphrase",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts, err := c.options(c.home)
			if err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt)
			defer stop()
			report, err := audit.Verify(ctx, filepath.Join(opts.Home, "audit"), c.progress("Verifying"))
			var broken *audit.BrokenError
			switch {
			case errors.As(err, &broken) && c.json:
				return errors.Join(c.printJSON(map[string]any{
					"ok": false, "first_bad_entry": broken.Index, "reason": broken.Reason,
				}), told(err))
			case errors.As(err, &broken):
				return fault.New(fault.AuditBroken, err)
			case errors.Is(err, fs.ErrNotExist):
				return fault.New(fault.NotSetUp, err)
			case errors.Is(err, context.Canceled):
				return fault.New(fault.VerifyCancelled, err)
			case err != nil:
				return chat.RecordFault(err)
			case c.json:
				return c.printJSON(map[string]any{
					"ok": true, "entries": report.Size, "root": report.Root, "signed": report.Checkpointed,
					"origin": report.Origin, "epochs": report.Epochs, "findings": report.Findings,
				})
			}
			c.printf("The record is whole: %d entries, %d of them under the signed checkpoint.\nRoot %s, origin %s.\n",
				report.Size, report.Checkpointed, report.Root, report.Origin)
			return nil
		},
	})
	return cmd
}
