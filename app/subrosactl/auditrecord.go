package main

import (
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/fault"
	"subrosa/internal/session"
)

func (c *command) auditStatusCommand() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show how the record stands: size, signing key, witness, retention", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.unlocked(cmd.Context(), nil, func(s *session.Session) error {
				st, err := s.RecordStatus()
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(st)
				}
				c.printf("Record %s: %d entries, root %s, signed by key number %d.\n", st.Origin, st.Size, st.Root, st.Epochs)
				if st.WitnessedAt.IsZero() {
					c.printf("No witness has seen it in its %d days.\n", st.Unwitnessed)
				} else {
					c.printf("Witnessed up to entry %d on %s, %d days ago.\n", st.WitnessedSize, st.WitnessedAt.Format(time.DateOnly), st.Unwitnessed)
				}
				if st.MayBe > 0 {
					c.printf("Policy stops new chats after %d days without a witness.\n", st.MayBe)
				}
				c.printf("Entries are kept for at least %d months.\n", st.KeepMonths)
				for _, problem := range []string{st.Fault, st.WitnessFault, st.Head} {
					if problem != "" {
						c.printf("Look at: %s\n", problem)
					}
				}
				return nil
			})
		},
	}
}

func (c *command) auditProveCommand() *cobra.Command {
	var c2sp bool
	cmd := &cobra.Command{
		Use:   "prove SEQ",
		Short: "Prove that an entry stands where it stands below the signed checkpoint. Needs no passphrase",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			seq, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return fault.New(fault.BadInput, err)
			}
			opts, err := c.options(c.home)
			if err != nil {
				return err
			}
			p, err := audit.Prove(filepath.Join(opts.Home, "audit"), seq)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return fault.New(fault.NotSetUp, err)
			case errors.Is(err, audit.ErrNotCovered):
				return fault.New(fault.BadInput, err)
			case err != nil:
				return chat.RecordFault(err)
			case c.json:
				return c.printJSON(proofView(p))
			case c2sp:
				_, err := c.out.Write(p.C2SP())
				return err
			}
			c.printf("Entry %d is in the record of %d entries with root %s: its hash leads there in %d steps.\n", p.Seq, p.Size, p.Root, len(p.Path))
			if p.Line == nil {
				c.printf("Retention left out what it was; its hash is kept.\n")
			} else {
				c.printf("%s\n", p.Line)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&c2sp, "c2sp", false, "print the proof in the format of c2sp.org/tlog-proof")
	return cmd
}

// proof is a proof in JSON. Hashes are in base64.
type proofJSON struct {
	Seq        int64    `json:"seq"`
	Entry      string   `json:"entry"`     // the line as it is on record; "" where it was pruned
	LeafHash   string   `json:"leaf_hash"` // SHA-256(0x00 || entry)
	Size       int64    `json:"size"`
	Root       string   `json:"root"`
	Path       []string `json:"path"` // RFC 6962 audit path
	Checkpoint string   `json:"checkpoint"`
	Keys       string   `json:"keys"`
}

func proofView(p audit.Proof) proofJSON {
	v := proofJSON{
		Seq: p.Seq, Entry: string(p.Line), LeafHash: p.Leaf.String(), Size: p.Size, Root: p.Root.String(), Path: []string{},
		Checkpoint: string(p.Checkpoint), Keys: string(p.Keys),
	}
	for _, h := range p.Path {
		v.Path = append(v.Path, base64.StdEncoding.EncodeToString(h[:]))
	}
	return v
}

func (c *command) auditWitnessCommand() *cobra.Command {
	var key string
	cmd := &cobra.Command{
		Use:   "witness FILE",
		Short: "Take back a checkpoint that compliance's witness cosigned",
		Long: "Take back the .cosigned file that `subrosa-verify --witness-key` wrote. The first time, name the witness's verifier " +
			"key, or the file that holds it, with --key; where policy names one, that is the one.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cosigned, err := os.ReadFile(args[0])
			if err != nil {
				return fault.New(fault.BadInput, err)
			}
			if text, err := os.ReadFile(key); key != "" && err == nil {
				key = string(text)
			}
			return c.unlocked(cmd.Context(), nil, func(s *session.Session) error {
				w, err := s.TakeWitness(cosigned, strings.TrimSpace(key))
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(map[string]any{"ok": true, "witnessed_size": w.Size, "witnessed_at": w.Time, "witness_key": w.Key})
				}
				c.printf("Witnessed: the first %d entries, on %s.\n", w.Size, w.Time.Format(time.DateOnly))
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "the witness's verifier key, or a file that holds it")
	return cmd
}

func (c *command) auditRotateCommand() *cobra.Command {
	return &cobra.Command{
		Use: "rotate-key", Short: "Sign the record with a new key from here on; the old one names it on record", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.unlocked(cmd.Context(), nil, func(s *session.Session) error { return c.done(s.RotateRecordKey()) })
		},
	}
}

func (c *command) auditPruneCommand() *cobra.Command {
	var grant string
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Leave nothing but the hash of entries older than retention asks for; legal holds keep theirs",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			signed, err := readGrant(grant)
			if err != nil {
				return err
			}
			return c.unlocked(cmd.Context(), nil, func(s *session.Session) error {
				n, err := s.PruneRecord(cmd.Context(), signed)
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(map[string]any{"ok": true, "pruned": n})
				}
				c.printf("%d entries were left out; their hashes are kept.\n", n)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&grant, "grant", "", "compliance's signed grant for prune_record (subrosactl policy grant)")
	return cmd
}

func (c *command) auditAcceptCommand() *cobra.Command {
	var grant string
	cmd := &cobra.Command{
		Use:   "accept-older",
		Short: "Go on with a record or a history that a backup put back. That it was older stays on record",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			signed, err := readGrant(grant)
			if err != nil {
				return err
			}
			err = c.unlocked(cmd.Context(), nil, func(s *session.Session) error { return s.AcceptOlder(cmd.Context(), signed) })
			if err == nil && !c.json {
				c.printf("Accepted; the next unlock goes on from there.\n")
				return nil
			}
			return c.done(err)
		},
	}
	cmd.Flags().StringVar(&grant, "grant", "", "compliance's signed grant for accept_older, where policy names compliance's key")
	return cmd
}

// readGrant returns nil where no file is named.
func readGrant(name string) ([]byte, error) {
	if name == "" {
		return nil, nil
	}
	signed, err := os.ReadFile(name)
	if err != nil {
		return nil, fault.New(fault.BadInput, err)
	}
	return signed, nil
}
