package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/session"
)

func (c *command) documentCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "document", Short: "Documents: files whose text answers are made from",
		Long: "Documents are files whose text is read, searched and given to the model. One belongs to a conversation, which then uses " +
			"it in every turn, or to a matter, whose conversations use it with chat --document.",
	}
	cmd.AddCommand(
		c.documentAdd(), c.documentList(), c.documentShow(), c.documentSearch(),
		&cobra.Command{
			Use: "remove ID...", Short: "Erase documents for good, in older copies of the files too", Args: cobra.MinimumNArgs(1),
			RunE: c.inSession(func(ctx context.Context, s *session.Session, ids []string) error {
				return c.done(s.Erase(ctx, history.Erasure{Documents: as[history.DocumentID](ids)}))
			}),
		},
	)
	return cmd
}

// placeFlags say where documents are.
func placeFlags(cmd *cobra.Command, verb string) func() session.DocumentPlace {
	var conversation, matter string
	cmd.Flags().StringVar(&conversation, "conversation", "", verb+" this conversation (see subrosactl history list)")
	cmd.Flags().StringVar(&matter, "matter", "", verb+" this matter (see subrosactl matter list; general is the built-in one)")
	cmd.MarkFlagsMutuallyExclusive("conversation", "matter")
	return func() session.DocumentPlace {
		return session.DocumentPlace{Conversation: history.ConversationID(conversation), Matter: history.MatterID(matter)}
	}
}

// documentAdd is subrosactl document add.
func (c *command) documentAdd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "add FILE", Short: "Take a file in as a document, and read it", Args: cobra.ExactArgs(1),
		Long: "Take a file in as a document, and read it. Without --conversation and --matter it begins a conversation of its own. Ctrl+C " +
			"ends the reading; the pages that were read can be used. With a model for finding passages it waits for that one too.",
	}
	at := placeFlags(cmd, "keep it with")
	cmd.RunE = c.inSession(func(ctx context.Context, s *session.Session, args []string) error {
		f, err := os.Open(args[0])
		if err != nil {
			return fault.New(fault.BadInput, err)
		}
		defer f.Close()
		d, err := s.AddDocument(ctx, at(), filepath.Base(args[0]), f)
		if err != nil {
			return err
		}
		if d, err = c.read(ctx, s, d.ID); err != nil {
			return err
		}
		if d.Problem != "" {
			err = fault.New(fault.Code(d.Problem), nil)
			if c.json {
				return errors.Join(c.printJSON(documentOf(d)), told(err))
			}
			return err
		}
		if c.json {
			return c.printJSON(documentOf(d))
		}
		return c.listDocuments([]history.Document{d})
	})
	return cmd
}

// read waits until a document is read. Ctrl+C ends the reading.
func (c *command) read(ctx context.Context, s *session.Session, id history.DocumentID) (history.Document, error) {
	interrupted, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	defer context.AfterFunc(interrupted, func() { _ = s.CancelDocument(id) })()
	for {
		wait, cancel := context.WithTimeout(ctx, time.Second/4)
		d, err := s.AwaitDocument(wait, id)
		cancel()
		if c.interactive() && !c.json {
			_, _ = fmt.Fprintf(c.err, "\r\033[KPage %s", pagesOf(d))
		}
		if err != nil || d.Reading != history.ReadingOn || ctx.Err() != nil {
			if c.interactive() && !c.json {
				_, _ = fmt.Fprint(c.err, "\r\033[K")
			}
			if err == nil {
				_, err = s.AwaitVectors(interrupted)
			}
			return d, err
		}
	}
}

func pagesOf(d history.Document) string {
	if d.Of == 0 || d.Of == d.Pages {
		return fmt.Sprint(d.Pages)
	}
	return fmt.Sprintf("%d of %d", d.Pages, d.Of)
}

// documentList is subrosactl document list.
func (c *command) documentList() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List the documents", Args: cobra.NoArgs}
	at := placeFlags(cmd, "only what can be used in")
	cmd.RunE = c.inSession(func(ctx context.Context, s *session.Session, _ []string) error {
		list, err := s.Documents(ctx, at())
		if err != nil {
			return err
		}
		if !c.json {
			return c.listDocuments(list)
		}
		out := make([]documentJSON, 0, len(list))
		for _, d := range list {
			out = append(out, documentOf(d))
		}
		return c.printJSON(out)
	})
	return cmd
}

// documentShow is subrosactl document show.
func (c *command) documentShow() *cobra.Command {
	var page int
	cmd := &cobra.Command{
		Use: "show ID", Short: "Show a document's text, as it was read", Args: cobra.ExactArgs(1),
		RunE: c.inSession(func(ctx context.Context, s *session.Session, args []string) error {
			id := history.DocumentID(args[0])
			d, err := s.Document(ctx, id)
			if err != nil {
				return err
			}
			from, most := 1, 0
			if page > 0 {
				from, most = page, 1
			}
			pages, err := s.DocumentPages(ctx, id, from, most)
			if err != nil {
				return err
			}
			return c.showDocument(d, pages)
		}),
	}
	cmd.Flags().IntVar(&page, "page", 0, "only this page, from 1")
	return cmd
}

func (c *command) showDocument(d history.Document, pages []history.DocumentPage) error {
	if c.json {
		out := documentOf(d)
		out.Content = make([]pageJSON, 0, len(pages))
		for _, p := range pages {
			out.Content = append(out.Content, pageJSON{p.Number, p.Text})
		}
		return c.printJSON(out)
	}
	for _, p := range pages {
		c.printf("%s, page %d\n%s\n\n", d.Name, p.Number, p.Text)
	}
	return nil
}

// documentSearch is subrosactl document search.
func (c *command) documentSearch() *cobra.Command {
	var most int
	cmd := &cobra.Command{
		Use: "search WORDS...", Short: "Find words in documents", Args: cobra.MinimumNArgs(1),
		Long: "Find words in documents. All must occur in a passage; the last one may be the beginning of a word, and words in double " +
			"quotes must stand together. The best passages come first.",
	}
	at := placeFlags(cmd, "only in")
	cmd.Flags().IntVar(&most, "limit", 20, "at most so many")
	cmd.RunE = c.inSession(func(ctx context.Context, s *session.Session, args []string) error {
		hits, err := s.SearchDocuments(ctx, at(), strings.Join(args, " "), most)
		if err != nil {
			return err
		}
		if c.json {
			out := make([]passageJSON, 0, len(hits))
			for _, h := range hits {
				p := passageJSON{Document: string(h.Document), Name: h.Name, Page: h.Page, Start: h.Start, End: h.End}
				for _, s := range h.Snippet {
					p.Snippet = append(p.Snippet, pieceJSON(s))
				}
				out = append(out, p)
			}
			return c.printJSON(out)
		}
		for _, h := range hits {
			var text strings.Builder
			for _, p := range h.Snippet {
				text.WriteString(p.Text)
			}
			c.printf("%s  %s, page %d\n    %s\n", h.Document, h.Name, h.Page, strings.ReplaceAll(text.String(), "\n", " "))
		}
		return nil
	})
	return cmd
}

type documentJSON struct {
	ID           string          `json:"id"`
	Conversation string          `json:"conversation,omitempty"` // or
	Matter       string          `json:"matter,omitempty"`       // one of the two
	Name         string          `json:"name"`
	Kind         string          `json:"kind,omitempty"`
	Bytes        int64           `json:"bytes"`
	SHA256       string          `json:"sha256"`
	Reading      history.Reading `json:"reading"`
	Pages        int             `json:"pages"` // that were read
	Of           int             `json:"of"`    // 0: not known
	Blank        int             `json:"blank"` // pages without text
	CreatedAt    time.Time       `json:"created_at"`
	Error        *failure        `json:"error,omitempty"`
	Content      []pageJSON      `json:"content,omitempty"`
}

type pageJSON struct {
	Page int    `json:"page"`
	Text string `json:"text"`
}

// passageJSON is a place in a document. Start and End are bytes of the page's text.
type passageJSON struct {
	Document string      `json:"document"`
	Name     string      `json:"name"`
	Page     int         `json:"page"`
	Start    int         `json:"start"`
	End      int         `json:"end"`
	Number   int         `json:"number,omitempty"` // by which an answer cites it
	Snippet  []pieceJSON `json:"snippet,omitempty"`
}

func documentOf(d history.Document) documentJSON {
	out := documentJSON{
		ID: string(d.ID), Conversation: string(d.Conversation), Matter: string(d.Matter), Name: d.Name, Kind: d.Kind, Bytes: d.Size,
		SHA256: d.SHA256, Reading: d.Reading, Pages: d.Pages, Of: d.Of, Blank: d.Blank, CreatedAt: d.CreatedAt,
	}
	if d.Problem != "" {
		out.Error = failureOf(fault.New(fault.Code(d.Problem), nil))
	}
	return out
}

func (c *command) listDocuments(list []history.Document) error {
	for _, d := range list {
		note := ""
		switch d.Reading {
		case history.ReadingOn:
			note = "  [not read to its end yet]"
		case history.ReadingCancelled:
			note = "  [reading was cancelled]"
		case history.ReadingFailed:
			note = "  [" + fault.New(fault.Code(d.Problem), nil).Message + "]"
		}
		c.printf("%s  %s  %9d bytes  %s pages  %s%s\n", d.ID, d.CreatedAt.Local().Format("2006-01-02 15:04"), d.Size, pagesOf(d), d.Name, note)
	}
	return nil
}

// sourceJSON is what a turn's model was given of a document.
type sourceJSON struct {
	Document string        `json:"document"`
	Name     string        `json:"name"` // empty: it was removed since
	SHA256   string        `json:"sha256"`
	Whole    bool          `json:"whole"`
	Pages    int           `json:"pages"` // that had been read by then
	Of       int           `json:"of"`
	Passages []passageJSON `json:"passages"`
}

func sourcesOf(ctx context.Context, s *session.Session, sources []history.Source) []sourceJSON {
	var out []sourceJSON
	for _, source := range sources {
		d, _ := s.Document(ctx, source.Document) // one that was removed has no name
		j := sourceJSON{
			Document: string(source.Document), Name: d.Name, SHA256: source.SHA256, Whole: source.Whole, Pages: source.Pages, Of: source.Of,
			Passages: []passageJSON{},
		}
		for _, p := range source.Passages {
			j.Passages = append(j.Passages, passageJSON{Document: j.Document, Name: d.Name, Page: p.Page, Start: p.Start, End: p.End, Number: p.Number})
		}
		out = append(out, j)
	}
	return out
}

// printSources tells which passages an answer cites, or else which documents it was given.
func (c *command) printSources(text string, sources []sourceJSON) {
	if len(sources) == 0 {
		return
	}
	c.printf("\n")
	for _, s := range sources {
		how := "passages"
		if s.Whole {
			how = "whole"
		}
		if s.Of != s.Pages {
			how += fmt.Sprintf(", %d pages read so far", s.Pages)
		}
		name := s.Name
		if name == "" {
			name = "a document that was removed"
		}
		c.printf("Source: %s (%s) %s\n", name, how, s.Document)
		for _, p := range s.Passages {
			if strings.Contains(text, fmt.Sprintf("[%d]", p.Number)) {
				c.printf("  [%d] page %d\n", p.Number, p.Page)
			}
		}
	}
}
