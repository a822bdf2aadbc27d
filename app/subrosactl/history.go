package main

import (
	"time"

	"github.com/spf13/cobra"

	"subrosa/internal/history"
	"subrosa/internal/session"
)

func (c *command) historyCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "history", Short: "List, show, rename, delete and verify conversations"}
	cmd.AddCommand(c.historyExportCommand())
	cmd.AddCommand(
		c.historySearchCommand(), c.pinCommand(), c.chooseCommand(), c.draftCommand(),
		&cobra.Command{
			Use: "list", Short: "List the conversations, the last used first", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return c.unlocked(cmd.Context(), nil, func(s *session.Session) error {
					list, err := s.Conversations(cmd.Context())
					if err != nil {
						return err
					}
					return c.listConversations(list)
				})
			},
		},
		&cobra.Command{
			Use: "verify", Short: "Read the whole history and check every page of it", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return c.unlocked(cmd.Context(), nil, func(s *session.Session) error {
					err := s.VerifyHistory(cmd.Context())
					if err == nil && !c.json {
						c.printf("The history is whole: every page verifies.\n")
					}
					return c.done(err)
				})
			},
		},
		&cobra.Command{
			Use: "show ID", Short: "Show a conversation", Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				return c.unlocked(cmd.Context(), nil, func(s *session.Session) error {
					id := history.ConversationID(args[0])
					conversation, err := s.Row(cmd.Context(), id)
					if err != nil {
						return err
					}
					page, err := s.Page(cmd.Context(), id, "", 0)
					if err != nil {
						return err
					}
					sources, err := s.Sources(cmd.Context(), id)
					if err != nil {
						return err
					}
					summaries, err := s.Summaries(cmd.Context(), id)
					if err != nil {
						return err
					}
					return c.showConversation(conversation, page, summaries, func(id history.MessageID) []sourceJSON { return sourcesOf(cmd.Context(), s, sources[id]) })
				})
			},
		},
		&cobra.Command{
			Use: "rename ID TITLE", Short: "Rename a conversation", Args: cobra.ExactArgs(2),
			RunE: func(cmd *cobra.Command, args []string) error {
				return c.unlocked(cmd.Context(), nil, func(s *session.Session) error {
					return c.done(s.Rename(cmd.Context(), history.ConversationID(args[0]), args[1]))
				})
			},
		},
		&cobra.Command{
			Use: "delete ID", Short: "Delete a conversation", Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				return c.unlocked(cmd.Context(), nil, func(s *session.Session) error {
					return c.done(s.Delete(cmd.Context(), history.ConversationID(args[0])))
				})
			},
		},
	)
	return cmd
}

type conversationJSON struct {
	ID        string        `json:"id"`
	Title     string        `json:"title"`
	Matter    string        `json:"matter"`
	Held      bool          `json:"held"`
	Pinned    bool          `json:"pinned"`
	Draft     bool          `json:"draft"` // one waits in it
	CreatedAt time.Time     `json:"created_at"`
	UpdatedAt time.Time     `json:"updated_at"`
	Count     int           `json:"messages"`
	Messages  []messageJSON `json:"content,omitempty"`
	Summaries []summaryJSON `json:"summaries,omitempty"` // of all branches
}

type messageJSON struct {
	ID     string         `json:"id"`
	Role   history.Role   `json:"role"`
	Status history.Status `json:"status"`
	Text   string         `json:"text"`

	Reasoning string              `json:"reasoning,omitempty"`
	Versions  []history.MessageID `json:"versions,omitempty"` // all that stand beside it, and it
	Sources   []sourceJSON        `json:"sources,omitempty"`
}

func conversationOf(h history.Conversation) conversationJSON {
	return conversationJSON{ID: string(h.ID), Title: h.Title, Matter: string(h.Matter), Held: h.Held, Pinned: h.Pinned, Draft: h.Draft, CreatedAt: h.CreatedAt, UpdatedAt: h.UpdatedAt, Count: h.Messages}
}

func (c *command) listConversations(list []history.Conversation) error {
	if c.json {
		out := make([]conversationJSON, 0, len(list))
		for _, h := range list {
			out = append(out, conversationOf(h))
		}
		return c.printJSON(out)
	}
	for _, h := range list {
		c.printf("%s  %s  %3d  %s\n", h.ID, h.UpdatedAt.Local().Format("2006-01-02 15:04"), h.Messages, h.Title)
	}
	return nil
}

// showConversation shows the chosen branch.
func (c *command) showConversation(h history.Conversation, page history.Page, summaries []history.Summary, sources func(history.MessageID) []sourceJSON) error {
	if c.json {
		out := conversationOf(h)
		for _, s := range summaries {
			out.Summaries = append(out.Summaries, summaryJSON{s.After, s.Text, s.Messages})
		}
		for _, m := range page.Messages {
			out.Messages = append(out.Messages, messageJSON{string(m.ID), m.Role, m.Status, m.Text, m.Reasoning, page.Versions[m.ID], sources(m.ID)})
		}
		return c.printJSON(out)
	}
	c.printf("%s\n", h.Title)
	for _, m := range page.Messages {
		mark := ""
		if m.Status != history.Complete {
			mark = " (" + string(m.Status) + ")"
		}
		c.printf("\n%s%s:\n%s\n", m.Role, mark, m.Text)
		c.printSources(m.Text, sources(m.ID))
		for _, s := range summaries {
			if s.After == m.ID {
				c.printf("\n(summary of the %d messages up to here, which the model is told in their place)\n%s\n", s.Messages, s.Text)
			}
		}
	}
	return nil
}
