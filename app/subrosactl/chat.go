package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"subrosa/internal/chat"
	"subrosa/internal/engine"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/redact"
	"subrosa/internal/session"
)

func (c *command) chatCommand() *cobra.Command {
	var prompt, conversation, model, matter, edit, again, on, instead string
	var documents []string
	var p chat.Prompt
	var sampling engine.Sampling
	cmd := &cobra.Command{
		Use:   "chat",
		Short: "Send one prompt, or chat line by line",
		Long: "With --prompt, send one prompt and print the answer. Without it, chat line by line: Ctrl+C stops an answer, " +
			"/new starts a new conversation, /quit or Ctrl+D ends.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p.Conversation, p.Instead = history.ConversationID(conversation), redact.Action(instead)
			p.Matter, p.Edit, p.Again, p.Continue = history.MatterID(matter), history.MessageID(edit), history.MessageID(again), history.MessageID(on)
			p.Documents = as[history.DocumentID](documents)
			single := cmd.Flags().Changed("prompt") || again != "" || on != ""
			c.firstRun = !single
			choose := func(o *session.Options) { o.ModelID = model }
			return c.unlocked(cmd.Context(), choose, func(s *session.Session) (err error) {
				if p.Sampling, err = s.DefaultSampling(); err != nil {
					return err
				}
				if cmd.Flags().Changed("temperature") {
					p.Sampling.Temperature = sampling.Temperature
				}
				p.Sampling.Seed = sampling.Seed
				if p.Conversation != "" && !cmd.Flags().Changed("think") {
					if row, err := s.Row(cmd.Context(), p.Conversation); err == nil { // else sending says what is wrong
						p.Think = row.Thinking
					}
				}
				if single {
					p.Text = prompt
					return c.one(cmd.Context(), s, p)
				}
				if err := s.Serve(); err != nil { // as the window does: a backup can be made meanwhile
					return err
				}
				return c.lines(cmd.Context(), s, p)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&prompt, "prompt", "", "send this and exit; - reads standard input")
	flags.StringVar(&conversation, "conversation", "", "go on in this conversation (see subrosactl history list)")
	flags.StringVar(&matter, "matter", "", "begin a new conversation in this matter (see subrosactl matter list)")
	flags.StringVar(&edit, "edit", "", "send the prompt as another version of this one, in its --conversation")
	flags.StringVar(&again, "again", "", "another answer beside this one, in its --conversation")
	flags.StringVar(&on, "continue", "", "go on with this answer, in its --conversation")
	cmd.MarkFlagsMutuallyExclusive("edit", "again", "continue", "matter")
	flags.StringVar(&model, "model", "", "answer with this model (see subrosactl model list)")
	flags.StringVar(&instead, "instead", "", "hide values another way than the policy: mask, or pseudonymise where it lets you")
	flags.BoolVar(&p.Temporary, "temporary", false, "keep the conversation nowhere but on record, where the policy allows that")
	cmd.MarkFlagsMutuallyExclusive("temporary", "conversation")
	cmd.MarkFlagsMutuallyExclusive("temporary", "matter")
	flags.BoolVar(&p.LeaveOut, "leave-out-oldest", false, "where the conversation does not fit into the model's context, leave out its oldest messages")
	flags.BoolVar(&p.Summarise, "summarise", false, "where the conversation does not fit into the model's context, have the model summarise its oldest messages")
	cmd.MarkFlagsMutuallyExclusive("leave-out-oldest", "summarise")
	flags.BoolVar(&p.Think, "think", false, "have the model think before it answers, if it lets one choose (default: as last in this conversation)")
	flags.StringArrayVar(&documents, "document", nil, "answer from this document of the matter too (see subrosactl document list); can be given again")
	flags.BoolVar(&p.NoDocuments, "no-documents", false, "do not use the conversation's own documents")
	cmd.MarkFlagsMutuallyExclusive("document", "no-documents")
	cmd.MarkFlagsMutuallyExclusive("document", "temporary")
	flags.IntVar(&p.MaxTokens, "max-tokens", 0, "end the answer after this many tokens (default: what the policy allows)")
	flags.Float32Var(&sampling.Temperature, "temperature", 0, "0 always takes the likeliest token (default: what suits the model)")
	flags.Uint32Var(&sampling.Seed, "seed", 0, "of the sampler; 0 takes a random one")
	return cmd
}

// one sends a single prompt.
func (c *command) one(ctx context.Context, s *session.Session, p chat.Prompt) error {
	if p.Text == "-" {
		text, err := io.ReadAll(c.in)
		if err != nil {
			return fault.New(fault.BadInput, err)
		}
		p.Text = string(text)
	}
	out, err := c.send(ctx, s, p)
	if c.json && (err == nil || out.Assistant.ID != "") {
		return errors.Join(c.printJSON(answerOf(ctx, s, out, err)), told(err))
	}
	return err
}

// lines chats until the input ends.
func (c *command) lines(ctx context.Context, s *session.Session, p chat.Prompt) error {
	if m, err := s.Model(); err == nil && !c.json {
		c.printf("%s. Ctrl+C stops an answer, /new starts a new conversation, /quit ends.\n", m.Describe())
	}
	defer c.readAhead(ctx, s, p.Conversation)()
	var failed error
	in := bufio.NewScanner(c.in)
	in.Buffer(nil, 1<<20)
	for c.ask(); in.Scan(); c.ask() {
		switch text := strings.TrimSpace(in.Text()); text {
		case "":
		case "/quit":
			return told(failed)
		case "/new":
			p.Conversation = ""
		default:
			p.Text = text
			out, err := c.send(ctx, s, p)
			if err != nil && !c.interactive() {
				failed = err
			}
			switch {
			case c.json && out.Assistant.ID != "":
				if err := c.printJSON(answerOf(ctx, s, out, err)); err != nil {
					return err
				}
			case err != nil && !c.interactive():
				return err
			case err != nil:
				c.fail(err) // and go on: the next message restarts the engine
			}
			if out.Conversation.ID != "" {
				p.Conversation = out.Conversation.ID
			}
		}
	}
	if err := in.Err(); err != nil {
		return fault.New(fault.BadInput, err)
	}
	return told(failed)
}

// readAhead has the model read a conversation that is gone on with while the first line is typed, which does not wait for
// that. It returns what ends it.
func (c *command) readAhead(ctx context.Context, s *session.Session, id history.ConversationID) func() {
	if id == "" {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var reading sync.WaitGroup
	reading.Go(func() { _ = s.ReadAhead(ctx, id) }) // what is in its way the first line will say
	return func() {
		cancel()
		reading.Wait()
	}
}

func (c *command) ask() {
	if c.interactive() && !c.json {
		c.printf("\n> ")
	}
}

// send runs one turn. Ctrl+C stops its answer and nothing else.
func (c *command) send(ctx context.Context, s *session.Session, p chat.Prompt) (chat.Outcome, error) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	out, err := s.Send(ctx, p, &reader{c: c})
	if !c.json {
		for _, n := range out.Notices {
			_, _ = fmt.Fprintf(c.err, "subrosactl: %s: %s\n", n.Name, n.Reason)
		}
	}
	if !c.json && out.Summary.After != "" {
		_, _ = fmt.Fprintf(c.err, "\nsubrosactl: in place of the oldest %d messages the model was told:\n%s\n", out.Summary.Messages, out.Summary.Text)
	}
	if !c.json && out.Assistant.Text != "" {
		c.printf("\n")
		if out.Result.Reason == engine.Stopped {
			c.printf("[stopped]\n")
		}
		c.printSources(out.Assistant.Text, sourcesOf(ctx, s, out.Sources))
	}
	return out, err
}

// reader prints an answer as it comes.
type reader struct {
	c        *command
	thinking bool
}

func (r *reader) Started(history.Begun) {}

func (r *reader) Waiting(step chat.Step, done float64) {
	if r.c.interactive() && !r.c.json {
		what := map[chat.Step]string{chat.Loading: "Loading the model", chat.Summarising: "Summarising the oldest messages"}[step]
		_, _ = fmt.Fprintf(r.c.err, "\r%s: %3.0f %%", what, 100*done)
		if done >= 1 {
			_, _ = fmt.Fprint(r.c.err, "\r\033[K")
		}
	}
}

// Reasoning goes to standard error: standard output is the answer alone.
func (r *reader) Reasoning(text string) {
	if !r.c.json {
		r.thinking = true
		_, _ = fmt.Fprint(r.c.err, text)
	}
}

func (r *reader) Delta(text string) {
	if !r.c.json {
		if r.thinking {
			r.thinking = false
			_, _ = fmt.Fprint(r.c.err, "\n\n")
		}
		r.c.printf("%s", text)
	}
}

// answer is the JSON of one turn. Times are in milliseconds.
type answer struct {
	Text         string         `json:"text"`
	Reasoning    string         `json:"reasoning,omitempty"`
	Status       history.Status `json:"status"`
	Reason       engine.Reason  `json:"reason"`
	Conversation string         `json:"conversation"`
	Turn         string         `json:"turn"`
	Model        string         `json:"model"`
	Prompt       string         `json:"prompt"` // as the model read it
	Tokens       struct {
		Prompt int `json:"prompt"`
		Cached int `json:"cached"`
		Output int `json:"output"`
	} `json:"tokens"`
	Timings struct {
		Prompt          float64 `json:"prompt_ms"`
		FirstToken      float64 `json:"first_token_ms"`
		Generate        float64 `json:"generate_ms"`
		TokensPerSecond float64 `json:"tokens_per_second"`
	} `json:"timings"`
	Sources    []sourceJSON   `json:"sources,omitempty"`  // what the model was given of documents
	Notices    []noticeJSON   `json:"notices,omitempty"`  // what guardrails said
	LeftOut    int            `json:"left_out,omitempty"` // of the oldest messages, which the model did not read
	Summary    *summaryJSON   `json:"summary,omitempty"`  // that the model made and was told
	Redactions map[string]int `json:"redactions"`
	Audit      struct {
		Intent  int64 `json:"intent"`
		Outcome int64 `json:"outcome"`
	} `json:"audit"`
	Error *failure `json:"error,omitempty"`
}

// noticeJSON is what a guardrail said about the prompt, the answer or a document.
type noticeJSON struct {
	Name     string `json:"name"`
	Reason   string `json:"reason"`
	Blocked  bool   `json:"blocked"`
	Answer   bool   `json:"answer"`
	Document string `json:"document,omitempty"`
	Page     int    `json:"page,omitempty"`
}

// summaryJSON is what the model is told in place of a message and those before it.
type summaryJSON struct {
	After    history.MessageID `json:"after"`
	Text     string            `json:"text"`
	Messages int               `json:"messages"` // that it stands for
}

func answerOf(ctx context.Context, s *session.Session, out chat.Outcome, err error) answer {
	a := answer{
		Text: out.Assistant.Text, Reasoning: out.Assistant.Reasoning, Status: out.Assistant.Status, Reason: out.Result.Reason,
		Conversation: string(out.Conversation.ID), Turn: string(out.Assistant.Turn), Prompt: out.Sent,
		LeftOut: out.Result.LeftOut, Redactions: out.Redactions, Sources: sourcesOf(ctx, s, out.Sources),
	}
	if out.Summary.After != "" {
		a.Summary = &summaryJSON{out.Summary.After, out.Summary.Text, out.Summary.Messages}
	}
	for _, n := range out.Notices {
		a.Notices = append(a.Notices, noticeJSON{n.Name, n.Reason, n.Blocked, n.Answer, string(n.Document), n.Page})
	}
	if m, err := s.Model(); err == nil {
		a.Model = m.Manifest.Name
	}
	a.Tokens.Prompt, a.Tokens.Cached, a.Tokens.Output = out.Result.PromptTokens, out.Result.CachedTokens, out.Result.OutputTokens
	a.Timings.Prompt, a.Timings.FirstToken = ms(out.Result.PromptTime), ms(out.Result.FirstToken)
	a.Timings.Generate, a.Timings.TokensPerSecond = ms(out.Result.GenerateTime), out.Result.TokensPerSecond()
	a.Audit.Intent, a.Audit.Outcome = out.IntentSeq, out.OutcomeSeq
	a.Error = failureOf(err)
	return a
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
