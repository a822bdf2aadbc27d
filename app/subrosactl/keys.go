package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"filippo.io/age"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"subrosa/internal/fault"
	"subrosa/internal/keys"
	"subrosa/internal/secret"
	"subrosa/internal/session"
)

func (c *command) keysCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "The ways into this data directory: the user's slot and IT's recovery slots",
	}
	cmd.AddCommand(
		c.keysList(), c.keysAddRecovery(), c.keysAddToken(), c.keysRemove(), c.keysChangePassphrase(), c.keysRotate(),
		c.keysRecover(), c.keysExportHistoryKey(),
	)
	return cmd
}

// slotJSON is how a slot is written in JSON.
type slotJSON struct {
	session.Slot
	OK    bool     `json:"ok"`
	Fault *failure `json:"fault,omitempty"`
}

func (c *command) keysList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the slots; needs no passphrase", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			opts, err := c.options(c.home)
			if err != nil {
				return err
			}
			slots, err := session.Slots(opts)
			if err != nil {
				return err
			}
			var bad error
			out := make([]slotJSON, 0, len(slots))
			for _, s := range slots {
				row := slotJSON{Slot: s, OK: s.Fault == nil}
				if s.Fault != nil {
					row.Fault = failureOf(s.Fault)
					bad = told(s.Fault)
				}
				out = append(out, row)
			}
			if c.json {
				return errors.Join(c.printJSON(out), bad)
			}
			for _, s := range slots {
				c.printf("%-18s %s\n", s.Name, describeSlot(s))
			}
			return bad
		},
	}
}

func describeSlot(s session.Slot) string {
	const enough = 70
	switch {
	case s.Fault != nil:
		return "DAMAGED: " + s.Fault.Error()
	case s.Recipient == "":
		parts := "desktop keyring"
		if s.Passphrase {
			parts = "passphrase and " + parts
		}
		if s.Token != "" {
			parts += " and hardware token (age-plugin-" + s.Token + ")"
		}
		return parts
	}
	kind, recipient := "classic", s.Recipient
	if s.PostQuantum {
		kind = "post-quantum"
	}
	if len(recipient) > enough {
		recipient = recipient[:enough] + "..."
	}
	return fmt.Sprintf("%s, added %s, %s", kind, s.Added.Format("2006-01-02"), recipient)
}

func (c *command) keysAddRecovery() *cobra.Command {
	return &cobra.Command{
		Use: "add-recovery RECIPIENT", Short: "Let IT's age identity open this data directory", Args: cobra.ExactArgs(1),
		Long: "RECIPIENT is what age-keygen prints as the public key: age1... or, post-quantum, age1pq1... Whoever holds its identity " +
			"can open this data directory without the passphrase and the keyring, which is put on record.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.unlocked(cmd.Context(), nil, func(s *session.Session) error {
				slot, err := s.AddRecovery(cmd.Context(), args[0])
				if err != nil || !c.json {
					if err == nil {
						c.printf("Added %s.\n", slot.Name)
					}
					return err
				}
				return c.printJSON(slotJSON{Slot: slot, OK: true})
			})
		},
	}
}

func (c *command) keysAddToken() *cobra.Command {
	var identity string
	cmd := &cobra.Command{
		Use: "add-token RECIPIENT --identity FILE", Short: "Make a hardware token (any age plugin) a third thing that unlocking needs", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := os.ReadFile(identity)
			if err != nil {
				return fault.New(fault.BadInput, err)
			}
			return c.withPassphrase(cmd.Context(), func(s *session.Session, passphrase *secret.Bytes) error {
				return c.done(s.AddToken(cmd.Context(), passphrase, args[0], firstIdentity(text)))
			})
		},
	}
	cmd.Flags().StringVar(&identity, "identity", "", "the file with the token's AGE-PLUGIN-... line")
	_ = cmd.MarkFlagRequired("identity")
	return cmd
}

// firstIdentity returns the first line that is no comment.
func firstIdentity(text []byte) string {
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return string(line)
		}
	}
	return ""
}

func (c *command) keysRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove SLOT", Short: "Remove a recovery slot, the token's part (hardware) or, where policy allows it, the passphrase", Args: cobra.ExactArgs(1),
		Long: "What is removed no longer opens this data directory. A copy of the keys folder that was made before still opens with it: " +
			"run keys rotate next, and keep such copies from it.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] != session.SlotHardware && args[0] != session.SlotPassphrase {
				return c.unlocked(cmd.Context(), nil, func(s *session.Session) error {
					return c.done(s.RemoveSlot(cmd.Context(), args[0], nil))
				})
			}
			return c.withPassphrase(cmd.Context(), func(s *session.Session, passphrase *secret.Bytes) error {
				return c.done(s.RemoveSlot(cmd.Context(), args[0], passphrase))
			})
		},
	}
}

func (c *command) keysChangePassphrase() *cobra.Command {
	fd := -1
	cmd := &cobra.Command{
		Use: "change-passphrase", Short: "Choose another passphrase; the keyring's half is replaced too", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withPassphrase(cmd.Context(), func(s *session.Session, old *secret.Bytes) error {
				next, err := c.newPassphrase(fd)
				if err != nil {
					return err
				}
				return c.done(s.ChangePassphrase(cmd.Context(), old, next))
			})
		},
	}
	newPassphraseFlag(cmd, &fd)
	return cmd
}

func (c *command) keysRotate() *cobra.Command {
	return &cobra.Command{
		Use: "rotate", Short: "Make a new root key and seal it in every slot", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withPassphrase(cmd.Context(), func(s *session.Session, passphrase *secret.Bytes) error {
				return c.done(s.RotateRoot(cmd.Context(), passphrase))
			})
		},
	}
}

func (c *command) keysRecover() *cobra.Command {
	var file string
	var dropToken bool
	fd := -1
	cmd := &cobra.Command{
		Use: "recover --identity FILE", Short: "IT: open with a recovery identity and set a new passphrase and a new keyring half", Args: cobra.NoArgs,
		Long: "For a forgotten passphrase, a lost keyring or a damaged user's slot. It is put on record. Nothing that is stored is changed " +
			"but the user's slot.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			identities, err := readIdentities(file)
			if err != nil {
				return err
			}
			return c.withSession(cmd.Context(), func(s *session.Session) error {
				if fd < 0 {
					fd = c.passphraseFD
				}
				next, err := c.newPassphrase(fd)
				if err != nil {
					return err
				}
				return c.done(s.Recover(cmd.Context(), next, dropToken, identities...))
			})
		},
	}
	identityFlag(cmd, &file)
	newPassphraseFlag(cmd, &fd)
	cmd.Flags().BoolVar(&dropToken, "without-token", false, "the new slot does not need the hardware token that the old one needed")
	return cmd
}

func (c *command) keysExportHistoryKey() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use: "export-history-key --identity FILE", Short: "IT: print the raw SQLCipher key of history.db, on record", Args: cobra.NoArgs,
		Long: "Prints 64 hex digits: PRAGMA key = \"x'...'\" in SQLCipher 4. Whoever has them and the file, or an older copy, reads when " +
			"was chatted and how much, for good. Titles and texts are sealed once more, under keys that the desktop keyring opens.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			identities, err := readIdentities(file)
			if err != nil {
				return err
			}
			return c.withSession(cmd.Context(), func(s *session.Session) error {
				key, err := s.ExportHistoryKey(cmd.Context(), identities...)
				if err != nil {
					return err
				}
				defer key.Wipe()
				if c.json {
					return c.printJSON(map[string]string{"key": hex.EncodeToString(key.Expose())})
				}
				c.printf("%s\n", hex.EncodeToString(key.Expose()))
				return nil
			})
		},
	}
	identityFlag(cmd, &file)
	return cmd
}

func identityFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "identity", "", "IT's age identity, as age-keygen writes it")
	_ = cmd.MarkFlagRequired("identity")
}

func newPassphraseFlag(cmd *cobra.Command, fd *int) {
	cmd.Flags().IntVar(fd, "new-passphrase-fd", -1, "read the new passphrase, one line, from this file descriptor")
}

func readIdentities(file string) ([]age.Identity, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fault.New(fault.BadInput, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return nil, fault.New(fault.BadInput, err)
	}
	defer clear(text)
	return session.Identities(string(text))
}

// newPassphrase reads one from fd, or asks for it, twice at a terminal.
func (c *command) newPassphrase(fd int) (*secret.Bytes, error) {
	ask := *c
	ask.passphraseFD = fd
	next, err := ask.passphrase("New passphrase: ")
	if err != nil || fd >= 0 || !c.interactive() {
		return next, err
	}
	again, err := ask.passphrase("Repeat it: ")
	if err != nil {
		next.Wipe()
		return nil, err
	}
	defer again.Wipe()
	if !bytes.Equal(next.Expose(), again.Expose()) {
		next.Wipe()
		return nil, fault.New(fault.BadInput, errors.New("the two passphrases differ"))
	}
	return next, nil
}

// withSession runs do with the data directory taken and not unlocked, and locks and gives it back after.
func (c *command) withSession(ctx context.Context, do func(*session.Session) error) (err error) {
	s, err := c.session(nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	defer context.AfterFunc(ctx, func() { // as in unlocked
		if err := s.Close(); err != nil {
			c.fail(err)
		}
		os.Exit(1)
	})()
	return do(s)
}

// withPassphrase is unlocked for changes that want the passphrase once more: it is asked for once.
func (c *command) withPassphrase(ctx context.Context, do func(*session.Session, *secret.Bytes) error) error {
	return c.withSession(ctx, func(s *session.Session) error {
		switch phase, f := s.State(); {
		case f != nil:
			return f
		case phase == session.PhaseSetup:
			return fault.New(fault.NotSetUp, nil)
		}
		passphrase, err := c.known(s.Passphrase())
		if err != nil {
			return err
		}
		defer passphrase.Wipe()
		if err := s.Unlock(ctx, secret.New(bytes.Clone(passphrase.Expose()))); err != nil {
			return err
		}
		return do(s, passphrase)
	})
}

// askForToken lets a hardware token speak to the terminal.
func (c *command) askForToken(opts *session.Options) {
	say := func(name, message string) error {
		_, err := fmt.Fprintf(c.err, "age-plugin-%s: %s\n", name, message)
		return err
	}
	opts.Plugins = &keys.Plugins{
		DisplayMessage: say,
		WaitTimer:      func(name string) { _ = say(name, "waiting; touch the token if it blinks") },
		RequestValue: func(name, prompt string, hidden bool) (string, error) {
			if !c.interactive() {
				return "", errors.New("nobody to ask")
			}
			fmt.Fprintf(c.err, "age-plugin-%s: %s: ", name, prompt)
			if !hidden {
				line, err := readLine(c.in)
				return string(line.Expose()), err
			}
			b, err := term.ReadPassword(int(c.in.Fd()))
			fmt.Fprintln(c.err)
			return string(b), err
		},
	}
}
