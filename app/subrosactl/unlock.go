package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"subrosa/internal/fault"
	"subrosa/internal/lockdown"
	"subrosa/internal/secret"
	"subrosa/internal/session"
)

// unlocked runs do with an open session of the data directory and locks it again.
func (c *command) unlocked(ctx context.Context, adjust func(*session.Options), do func(*session.Session) error) (err error) {
	s, err := c.session(adjust)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	defer context.AfterFunc(ctx, func() { // told to end: by the time a blocked read would notice, nothing must be open
		if err := s.Close(); err != nil {
			c.fail(err)
		}
		os.Exit(1)
	})()
	switch phase, f := s.State(); {
	case f != nil:
		return f
	case phase == session.PhaseSetup && !c.interactive() && !c.firstRun:
		return fault.New(fault.NotSetUp, nil)
	case phase == session.PhaseSetup:
		err = c.setUp(ctx, s)
	default:
		err = c.unlock(ctx, s)
	}
	if err != nil {
		return err
	}
	return do(s)
}

func (c *command) session(adjust func(*session.Options)) (*session.Session, error) {
	opts, err := c.options(c.home)
	if err != nil {
		return nil, err
	}
	opts.Version = version
	opts.Network = func() *lockdown.Report { return c.lockdown }
	c.askForToken(&opts)
	if adjust != nil {
		adjust(&opts)
	}
	return session.New(opts)
}

func (c *command) unlock(ctx context.Context, s *session.Session) error {
	passphrase, err := c.known(s.Passphrase())
	if err != nil {
		return err
	}
	return s.Unlock(ctx, passphrase)
}

// known reads the passphrase in use; nil where the keys have none.
func (c *command) known(use session.PassphraseUse) (*secret.Bytes, error) {
	if use == session.PassphraseNone {
		return nil, nil
	}
	return c.passphrase("Passphrase: ")
}

func (c *command) setUp(ctx context.Context, s *session.Session) error {
	if c.keyringOnly {
		return s.Setup(ctx, nil)
	}
	if c.passphraseFD < 0 {
		fmt.Fprintf(c.err, "Choose a passphrase for %s. Four or more unrelated words are good.\n", s.Home())
	}
	passphrase, err := c.passphrase("New passphrase: ")
	if err != nil {
		return err
	}
	defer passphrase.Wipe()
	if c.passphraseFD < 0 {
		again, err := c.passphrase("Repeat it: ")
		if err != nil {
			return err
		}
		defer again.Wipe()
		if !bytes.Equal(passphrase.Expose(), again.Expose()) {
			return fault.New(fault.BadInput, errors.New("the two passphrases differ"))
		}
	}
	return s.Setup(ctx, passphrase)
}

func (c *command) initCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Choose the passphrase of a new data directory",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			s, err := c.session(nil)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, s.Close()) }()
			switch phase, f := s.State(); {
			case f != nil:
				return f
			case phase != session.PhaseSetup:
				return fault.New(fault.AlreadySetUp, nil)
			}
			if err := c.setUp(cmd.Context(), s); err != nil {
				return err
			}
			if c.json {
				return c.printJSON(map[string]string{"home": s.Home()})
			}
			c.printf("Ready: %s\n", s.Home())
			return nil
		},
	}
	cmd.Flags().BoolVar(&c.keyringOnly, "keyring-only", false, "no passphrase: the desktop keyring alone opens it, where policy's unlock.factors allow that")
	return cmd
}

// interactive tells whether a person can be asked.
func (c *command) interactive() bool { return term.IsTerminal(int(c.in.Fd())) }

// passphrase reads one from --passphrase-fd, or asks for it: in a terminal without showing it, else as the next line of
// standard input.
func (c *command) passphrase(prompt string) (*secret.Bytes, error) {
	switch {
	case c.passphraseFD == int(c.in.Fd()), c.passphraseFD < 0 && !c.interactive():
		return readLine(c.in)
	case c.passphraseFD >= 0:
		f := os.NewFile(uintptr(c.passphraseFD), "passphrase")
		defer f.Close()
		return readLine(f)
	}
	fmt.Fprint(c.err, prompt)
	b, err := term.ReadPassword(int(c.in.Fd()))
	fmt.Fprintln(c.err)
	if err != nil {
		return nil, fault.New(fault.BadInput, err)
	}
	return secret.New(b), nil
}

// readLine reads byte by byte, so that nothing after the line is taken from whoever reads next.
func readLine(f *os.File) (*secret.Bytes, error) {
	const most = 4096
	line := make([]byte, 0, most)
	for one := make([]byte, 1); len(line) < most; {
		switch n, err := f.Read(one); {
		case err == io.EOF && len(line) == 0:
			return nil, fault.New(fault.BadInput, errors.New("no passphrase: use a terminal or --passphrase-fd"))
		case n == 1 && one[0] == '\n', err == io.EOF:
			return secret.New(bytes.TrimSuffix(line, []byte("\r"))), nil
		case err != nil:
			return nil, fault.New(fault.BadInput, fmt.Errorf("read the passphrase: %w", err))
		case n == 1:
			line = append(line, one[0])
		}
	}
	return nil, fault.New(fault.BadInput, errors.New("the passphrase is longer than 4096 bytes"))
}
