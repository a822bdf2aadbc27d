package main

import (
	"context"
	"errors"
	"io"
	"mime"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/session"
)

// pinCommand is subrosactl history pin.
func (c *command) pinCommand() *cobra.Command {
	var off bool
	cmd := &cobra.Command{
		Use: "pin ID", Short: "Put a conversation at the top of the list, or back", Args: cobra.ExactArgs(1),
		RunE: c.inSession(func(ctx context.Context, s *session.Session, args []string) error {
			return c.done(s.Pin(ctx, history.ConversationID(args[0]), !off))
		}),
	}
	cmd.Flags().BoolVar(&off, "off", false, "back into the order of use")
	return cmd
}

// chooseCommand is subrosactl history choose.
func (c *command) chooseCommand() *cobra.Command {
	return &cobra.Command{
		Use: "choose ID MESSAGE", Short: "Show the branch through a message, one of those in versions of history show --json", Args: cobra.ExactArgs(2),
		RunE: c.inSession(func(ctx context.Context, s *session.Session, args []string) error {
			return c.done(s.Choose(ctx, history.ConversationID(args[0]), history.MessageID(args[1])))
		}),
	}
}

// draftCommand is subrosactl history draft.
func (c *command) draftCommand() *cobra.Command {
	var text string
	cmd := &cobra.Command{
		Use: "draft [ID]", Short: "Show or set the unsent text of a conversation, or without ID of the new one", Args: cobra.MaximumNArgs(1),
	}
	cmd.Flags().StringVar(&text, "set", "", "keep this text; an empty one removes it")
	cmd.RunE = c.inSession(func(ctx context.Context, s *session.Session, args []string) error {
		var id history.ConversationID
		if len(args) > 0 {
			id = history.ConversationID(args[0])
		}
		if cmd.Flags().Changed("set") {
			return c.done(s.SetDraft(ctx, id, text))
		}
		draft, err := s.Draft(ctx, id)
		if err != nil {
			return err
		}
		if c.json {
			return c.printJSON(map[string]string{"draft": draft})
		}
		c.printf("%s\n", draft)
		return nil
	})
	return cmd
}

func (c *command) templateCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "template", Short: "Prompts kept for later: the user's own, and those that IT's policy brings"}
	cmd.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List the templates", Args: cobra.NoArgs,
			RunE: c.inSession(func(ctx context.Context, s *session.Session, _ []string) error {
				own, err := s.Templates(ctx)
				if err != nil {
					return err
				}
				shared, err := s.SharedTemplates()
				if err != nil {
					return err
				}
				return c.listTemplates(own, shared)
			}),
		},
		&cobra.Command{
			Use: "set NAME TEXT", Short: "Keep a template", Args: cobra.ExactArgs(2),
			RunE: c.inSession(func(ctx context.Context, s *session.Session, args []string) error {
				return c.done(s.SetTemplate(ctx, args[0], args[1]))
			}),
		},
		&cobra.Command{
			Use: "remove NAME", Short: "Remove a template of the user's own", Args: cobra.ExactArgs(1),
			RunE: c.inSession(func(ctx context.Context, s *session.Session, args []string) error {
				return c.done(s.SetTemplate(ctx, args[0], ""))
			}),
		},
	)
	return cmd
}

type templateJSON struct {
	Name string `json:"name"`
	Text string `json:"text"`
	Own  bool   `json:"own"` // else IT's
}

func (c *command) listTemplates(own, shared []session.Template) error {
	out := make([]templateJSON, 0, len(own)+len(shared))
	for _, t := range own {
		out = append(out, templateJSON{t.Name, t.Text, true})
	}
	for _, t := range shared {
		out = append(out, templateJSON{t.Name, t.Text, false})
	}
	if c.json {
		return c.printJSON(out)
	}
	for _, t := range out {
		of := "IT's"
		if t.Own {
			of = "own"
		}
		c.printf("%s (%s)\n%s\n\n", t.Name, of, t.Text)
	}
	return nil
}

func (c *command) attachmentCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "attachment", Short: "Files kept with a conversation"}
	cmd.AddCommand(
		&cobra.Command{
			Use: "list CONVERSATION", Short: "List a conversation's attachments, those that wait with its draft too", Args: cobra.ExactArgs(1),
			RunE: c.inSession(func(ctx context.Context, s *session.Session, args []string) error {
				list, err := s.Attachments(ctx, history.ConversationID(args[0]))
				if err != nil {
					return err
				}
				return c.listAttachments(list)
			}),
		},
		&cobra.Command{
			Use: "add CONVERSATION FILE", Short: "Keep a file with a conversation, waiting with its draft", Args: cobra.ExactArgs(2),
			RunE: c.inSession(func(ctx context.Context, s *session.Session, args []string) error {
				f, err := os.Open(args[1])
				if err != nil {
					return fault.New(fault.BadInput, err)
				}
				defer f.Close()
				kind := mime.TypeByExtension(filepath.Ext(args[1]))
				if kind == "" {
					kind = "application/octet-stream"
				}
				a, err := s.Attach(ctx, history.ConversationID(args[0]), filepath.Base(args[1]), kind, f)
				if err != nil {
					return err
				}
				return c.listAttachments([]history.Attachment{a})
			}),
		},
		&cobra.Command{
			Use: "give MESSAGE ID...", Short: "Give attachments that wait with a conversation's draft to a message of it", Args: cobra.MinimumNArgs(2),
			RunE: c.inSession(func(ctx context.Context, s *session.Session, args []string) error {
				return c.done(s.AttachTo(ctx, history.MessageID(args[0]), as[history.AttachmentID](args[1:])...))
			}),
		},
		c.attachmentRead(),
	)
	return cmd
}

func (c *command) attachmentRead() *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use: "read ID --to FILE", Short: "Write an attachment's content into a new file", Args: cobra.ExactArgs(1),
		RunE: c.inSession(func(ctx context.Context, s *session.Session, args []string) (err error) {
			f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
			if err != nil {
				return fault.New(fault.BadInput, err)
			}
			a, err := s.ReadAttachment(ctx, history.AttachmentID(args[0]), io.Writer(f))
			if err = errors.Join(err, f.Close()); err != nil {
				return errors.Join(err, os.Remove(to)) // half of it is no attachment
			}
			return c.listAttachments([]history.Attachment{a})
		}),
	}
	cmd.Flags().StringVar(&to, "to", "", "the file to write")
	_ = cmd.MarkFlagRequired("to")
	return cmd
}

type attachmentJSON struct {
	ID        string    `json:"id"`
	Message   string    `json:"message,omitempty"` // none: it waits with the draft
	Name      string    `json:"name"`
	MediaType string    `json:"media_type"`
	Bytes     int64     `json:"bytes"`
	CreatedAt time.Time `json:"created_at"`
}

func (c *command) listAttachments(list []history.Attachment) error {
	if c.json {
		out := make([]attachmentJSON, 0, len(list))
		for _, a := range list {
			out = append(out, attachmentJSON{string(a.ID), string(a.Message), a.Name, a.MediaType, a.Size, a.CreatedAt})
		}
		return c.printJSON(out)
	}
	for _, a := range list {
		c.printf("%s  %s  %9d  %s\n", a.ID, a.CreatedAt.Local().Format("2006-01-02 15:04"), a.Size, a.Name)
	}
	return nil
}
