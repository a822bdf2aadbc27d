package main

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/spf13/cobra"

	"subrosa/internal/fault"
	"subrosa/internal/lockdown"
	"subrosa/internal/session"
)

func (c *command) backupCommand() *cobra.Command {
	var dir string
	var recipients []string
	cmd := &cobra.Command{
		Use: "backup --to DIR --recipient AGE", Short: "Write one encrypted, verified archive of keys, history, record and policy", Args: cobra.NoArgs,
		Long: "Write one archive of keys, history, record and policy, as they are at one moment, sealed to recovery recipients (see " +
			"subrosactl keys add-recovery) and read back before it appears. Models are not in it. What is erased later stays readable in it. Where the window has the data directory open and is " +
			"unlocked, it makes the backup, and chats on meanwhile.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			made, err := c.makeBackup(cmd.Context(), dir, recipients)
			if err != nil {
				return err
			}
			if c.json {
				return c.printJSON(made)
			}
			c.printf("%s\n%d bytes, SHA-256 %s, read back and compared.\n", made.Path, made.Bytes, made.SHA256)
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "to", "", "the folder to write it into")
	cmd.Flags().StringArrayVar(&recipients, "recipient", nil, "age recipient with a recovery slot; may be repeated")
	_ = cmd.MarkFlagRequired("to")
	_ = cmd.MarkFlagRequired("recipient")
	return cmd
}

// makeBackup makes one here, or asks the program that has the data directory open.
func (c *command) makeBackup(ctx context.Context, dir string, recipients []string) (made session.Backup, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return made, fault.New(fault.BadInput, err)
	}
	err = c.unlocked(ctx, nil, func(s *session.Session) error {
		made, err = s.Backup(ctx, dir, recipients...)
		return err
	})
	if err == nil || fault.From(err).Code != fault.InUse {
		return made, err
	}
	opts, err := session.Installed(c.home)
	if err != nil {
		return made, err
	}
	passphrase, err := c.known(session.PassphraseOf(opts))
	if err != nil {
		return made, err
	}
	return session.AskForBackup(ctx, opts.Home, passphrase, dir, recipients...)
}

func (c *command) restoreCommand() *cobra.Command {
	var from, identity string
	var dropToken bool
	var fd int
	cmd := &cobra.Command{
		Use: "restore --from FILE --identity FILE --home NEW", Short: "Make a data directory of a backup, with IT's identity and a new passphrase", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if c.home == "" {
				return fault.New(fault.BadInput, errors.New("name the new data directory with --home"))
			}
			identities, err := readIdentities(identity)
			if err != nil {
				return err
			}
			opts, err := c.options(c.home)
			if err != nil {
				return err
			}
			opts.Network = func() *lockdown.Report { return c.lockdown }
			c.askForToken(&opts)
			next, err := c.newPassphrase(fd)
			if err != nil {
				return err
			}
			s, err := session.Restore(cmd.Context(), opts, from, next, dropToken, identities...)
			if err != nil {
				return err
			}
			if !c.json {
				c.printf("Restored: %s\n", s.Home())
			}
			return errors.Join(s.Close(), c.done(nil))
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "the archive that subrosactl backup wrote")
	identityFlag(cmd, &identity)
	cmd.Flags().BoolVar(&dropToken, "without-token", false, "the new slot does not need the hardware token that the old one needed")
	newPassphraseFlag(cmd, &fd)
	_ = cmd.MarkFlagRequired("from")
	return cmd
}
