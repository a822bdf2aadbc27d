package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"subrosa/internal/history"
	"subrosa/internal/session"
)

func (c *command) matterCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "matter", Short: "Matters: folders of conversations with a key of their own"}
	var retention int
	retain := &cobra.Command{
		Use: "retention ID --days N", Short: "Erase a matter's conversations N days after their last turn; 0: as policy says", Args: cobra.ExactArgs(1),
		RunE: c.inSession(func(ctx context.Context, s *session.Session, args []string) error {
			return c.done(s.SetRetention(ctx, history.MatterID(args[0]), retention))
		}),
	}
	retain.Flags().IntVar(&retention, "days", 0, "days after the last turn")
	cmd.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List the matters", Args: cobra.NoArgs,
			RunE: c.inSession(func(ctx context.Context, s *session.Session, _ []string) error {
				list, err := s.Matters(ctx)
				if err != nil {
					return err
				}
				return c.listMatters(list)
			}),
		},
		&cobra.Command{
			Use: "create NAME", Short: "Make a matter", Args: cobra.ExactArgs(1),
			RunE: c.inSession(func(ctx context.Context, s *session.Session, args []string) error {
				m, err := s.CreateMatter(ctx, args[0])
				if err != nil {
					return err
				}
				return c.listMatters([]history.Matter{m})
			}),
		},
		&cobra.Command{
			Use: "rename ID NAME", Short: "Rename a matter", Args: cobra.ExactArgs(2),
			RunE: c.inSession(func(ctx context.Context, s *session.Session, args []string) error {
				return c.done(s.RenameMatter(ctx, history.MatterID(args[0]), args[1]))
			}),
		},
		&cobra.Command{
			Use: "move ID CONVERSATION...", Short: "Move conversations into a matter", Args: cobra.MinimumNArgs(2),
			RunE: c.inSession(func(ctx context.Context, s *session.Session, args []string) error {
				return c.done(s.Move(ctx, history.MatterID(args[0]), as[history.ConversationID](args[1:])...))
			}),
		},
		&cobra.Command{
			Use: "delete ID", Short: "Erase a matter with all its conversations, for good", Args: cobra.ExactArgs(1),
			RunE: c.inSession(func(ctx context.Context, s *session.Session, args []string) error {
				return c.done(s.Erase(ctx, history.Erasure{Matters: as[history.MatterID](args)}))
			}),
		},
		retain,
	)
	return cmd
}

type matterJSON struct {
	ID            string    `json:"id"`
	Name          string    `json:"name"` // empty for the built-in one
	CreatedAt     time.Time `json:"created_at"`
	RetentionDays int       `json:"retention_days"` // 0: as the policy says
	Conversations int       `json:"conversations"`
	Held          bool      `json:"held"`
}

func (c *command) listMatters(list []history.Matter) error {
	if c.json {
		out := make([]matterJSON, 0, len(list))
		for _, m := range list {
			out = append(out, matterJSON{string(m.ID), m.Name, m.CreatedAt, m.RetentionDays, m.Conversations, m.Held})
		}
		return c.printJSON(out)
	}
	for _, m := range list {
		name := m.Name
		if m.ID == history.General {
			name = "(conversations in no matter)"
		}
		if m.Held {
			name += "  [held]"
		}
		c.printf("%-32s  %4d  %s\n", m.ID, m.Conversations, name)
	}
	return nil
}

// historySearchCommand is subrosactl history search.
func (c *command) historySearchCommand() *cobra.Command {
	var q history.Query
	var matter, from, until string
	cmd := &cobra.Command{
		Use: "search WORDS...", Short: "Find words in titles and messages", Args: cobra.MinimumNArgs(1),
		Long: "Find words in titles and messages. All must occur; the last one may be the beginning of a word, and words in " +
			"double quotes must stand together.",
		RunE: c.inSession(func(ctx context.Context, s *session.Session, args []string) error {
			q.Text, q.Matter = strings.Join(args, " "), history.MatterID(matter)
			for text, at := range map[string]*time.Time{from: &q.From, until: &q.Until} {
				if text == "" {
					continue
				}
				day, err := time.ParseInLocation(time.DateOnly, text, time.Local)
				if err != nil {
					return err
				}
				*at = day
			}
			found, err := s.Search(ctx, q)
			if err != nil {
				return err
			}
			return c.printFound(found)
		}),
	}
	cmd.Flags().StringVar(&matter, "matter", "", "only in this matter")
	cmd.Flags().StringVar(&from, "from", "", "written on this day or later, YYYY-MM-DD")
	cmd.Flags().StringVar(&until, "until", "", "written before this day, YYYY-MM-DD")
	cmd.Flags().IntVar(&q.Limit, "limit", 50, "at most so many")
	return cmd
}

type hitJSON struct {
	Conversation string      `json:"conversation"`
	Title        string      `json:"title"`
	Matter       string      `json:"matter"`
	Message      string      `json:"message,omitempty"` // none: the title matched
	Role         string      `json:"role,omitempty"`
	At           time.Time   `json:"at"`
	Snippet      []pieceJSON `json:"snippet"`
}

type pieceJSON struct {
	Text  string `json:"text"`
	Match bool   `json:"match"`
}

func (c *command) printFound(found history.Found) error {
	if c.json {
		out := struct {
			Hits     []hitJSON `json:"hits"`
			More     bool      `json:"more"`
			Complete bool      `json:"complete"`
		}{[]hitJSON{}, found.More, found.Complete}
		for _, h := range found.Hits {
			hit := hitJSON{string(h.Conversation), h.Title, string(h.Matter), string(h.Message), string(h.Role), h.At, nil}
			for _, p := range h.Snippet {
				hit.Snippet = append(hit.Snippet, pieceJSON(p))
			}
			out.Hits = append(out.Hits, hit)
		}
		return c.printJSON(out)
	}
	for _, h := range found.Hits {
		var text strings.Builder
		for _, p := range h.Snippet {
			if p.Match && c.interactive() {
				text.WriteString("\033[1m" + p.Text + "\033[0m")
			} else {
				text.WriteString(p.Text)
			}
		}
		c.printf("%s  %s  %s\n    %s\n", h.Conversation, h.At.Local().Format("2006-01-02 15:04"), h.Title, strings.ReplaceAll(text.String(), "\n", " "))
	}
	if !found.Complete {
		c.printf("The search index is still being built: there may be more.\n")
	}
	return nil
}
