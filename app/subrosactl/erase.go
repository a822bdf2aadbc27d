package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"subrosa/internal/history"
	"subrosa/internal/session"
)

// inSession runs do with an unlocked session.
func (c *command) inSession(do func(ctx context.Context, s *session.Session, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		return c.unlocked(cmd.Context(), nil, func(s *session.Session) error { return do(cmd.Context(), s, args) })
	}
}

func (c *command) eraseCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "erase", Short: "Erase content for good, in older copies of the files too",
		Long: "Erase content for good. Its keys are destroyed, so that an older copy of the data directory, opened with the " +
			"passphrase and the keyring as it is then, does not yield it. The record keeps that it existed. A legal hold forbids it. " +
			"What was copied together with the keyring, or backed up to a recovery recipient, stays readable there.",
	}
	erase := func(what string, of func(ids []string) history.Erasure) *cobra.Command {
		return &cobra.Command{
			Use: what + " ID...", Short: "Erase a " + what, Args: cobra.MinimumNArgs(1),
			RunE: c.inSession(func(ctx context.Context, s *session.Session, ids []string) error {
				return c.done(s.Erase(ctx, of(ids)))
			}),
		}
	}
	cmd.AddCommand(
		erase("message", func(ids []string) history.Erasure { return history.Erasure{Messages: as[history.MessageID](ids)} }),
		erase("attachment", func(ids []string) history.Erasure { return history.Erasure{Attachments: as[history.AttachmentID](ids)} }),
		erase("conversation", func(ids []string) history.Erasure {
			return history.Erasure{Conversations: as[history.ConversationID](ids)}
		}),
		erase("matter", func(ids []string) history.Erasure { return history.Erasure{Matters: as[history.MatterID](ids)} }),
	)
	return cmd
}

func as[T ~string](ids []string) []T {
	out := make([]T, len(ids))
	for i, id := range ids {
		out[i] = T(id)
	}
	return out
}

func (c *command) holdCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "hold", Short: "Legal holds: what must not be erased"}
	var h history.Hold
	var matter, conversation, grant string
	add := &cobra.Command{
		Use: "add", Short: "Forbid erasing a matter or a conversation", Args: cobra.NoArgs,
		RunE: c.inSession(func(ctx context.Context, s *session.Session, _ []string) error {
			h.Matter, h.Conversation = history.MatterID(matter), history.ConversationID(conversation)
			added, err := s.AddHold(ctx, h)
			if err != nil {
				return err
			}
			return c.listHolds([]history.Hold{added})
		}),
	}
	add.Flags().StringVar(&matter, "matter", "", "the matter, with everything in it")
	add.Flags().StringVar(&conversation, "conversation", "", "the conversation")
	add.Flags().StringVar(&h.Reason, "reason", "", "why, without names: the reason is not erased with what it is about")
	lift := &cobra.Command{
		Use: "lift ID --grant FILE", Short: "End a hold, with compliance's signed grant", Args: cobra.ExactArgs(1),
		Long: "End a hold. Compliance signs the grant on its own machine:\n\n" +
			"  subrosactl policy grant lift_hold HOLD --record ORIGIN --key compliance.key --expires YYYY-MM-DD --reason WHY > grant\n\n" +
			"HOLD is the hold's ID and ORIGIN this workstation's record, both in subrosactl hold list.",
		RunE: c.inSession(func(ctx context.Context, s *session.Session, args []string) error {
			signed, err := readGrant(grant)
			if err != nil {
				return err
			}
			return c.done(s.LiftHold(ctx, history.HoldID(args[0]), signed))
		}),
	}
	lift.Flags().StringVar(&grant, "grant", "", "the file that compliance signed")
	cmd.AddCommand(add, lift, &cobra.Command{
		Use: "list", Short: "List the legal holds", Args: cobra.NoArgs,
		RunE: c.inSession(func(ctx context.Context, s *session.Session, _ []string) error {
			holds, err := s.Holds(ctx)
			if err != nil {
				return err
			}
			if !c.json {
				origin, err := s.RecordOrigin()
				if err != nil {
					return err
				}
				c.printf("record %s\n", origin)
			}
			return c.listHolds(holds)
		}),
	})
	return cmd
}

type holdJSON struct {
	ID           string    `json:"id"`
	Matter       string    `json:"matter,omitempty"`
	Conversation string    `json:"conversation,omitempty"`
	Reason       string    `json:"reason"`
	AddedBy      string    `json:"added_by"`
	AddedAt      time.Time `json:"added_at"`
}

func (c *command) listHolds(holds []history.Hold) error {
	if c.json {
		out := make([]holdJSON, 0, len(holds))
		for _, h := range holds {
			out = append(out, holdJSON{string(h.ID), string(h.Matter), string(h.Conversation), h.Reason, h.AddedBy, h.AddedAt})
		}
		return c.printJSON(out)
	}
	for _, h := range holds {
		what := "conversation " + string(h.Conversation)
		if h.Matter != "" {
			what = "matter " + string(h.Matter)
		}
		c.printf("%s  %s  %s  %s: %s\n", h.ID, h.AddedAt.Local().Format("2006-01-02 15:04"), what, h.AddedBy, h.Reason)
	}
	return nil
}
