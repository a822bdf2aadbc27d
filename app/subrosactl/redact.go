package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"subrosa/internal/fault"
	"subrosa/internal/redact"
)

func (c *command) redactCommand() *cobra.Command {
	var jsonl, chat bool
	cmd := &cobra.Command{
		Use: "redact", Short: "Mask identifiers in standard input", Args: cobra.NoArgs,
		Long: "Masks in standard input what the built-in rules find, all types of them. With --json it prints the finds, with\n" +
			"--jsonl it takes lines {\"id\",\"text\"} and answers each with {\"id\",\"spans\",\"masked\"}. It needs no data directory.",
		RunE: func(*cobra.Command, []string) error {
			r := redact.Everything()
			if chat {
				r = redact.Default()
			}
			switch {
			case jsonl:
				return c.redactLines(r)
			case c.json:
				return c.redactJSON(r)
			}
			return c.redactText(r)
		},
	}
	cmd.Flags().BoolVar(&jsonl, "jsonl", false, "one JSON object a line, in and out")
	cmd.PersistentFlags().BoolVar(&chat, "chat", false, "only the types that the chat masks unless the policy says otherwise")
	cmd.AddCommand(c.redactEvalCommand(&chat), c.redactTypesCommand())
	return cmd
}

func (c *command) redactText(r *redact.Redactor) error {
	stream := r.Stream()
	buffer := make([]byte, 64<<10)
	out := bufio.NewWriter(c.out)
	for {
		n, err := c.in.Read(buffer)
		_, _ = out.WriteString(stream.Write(string(buffer[:n]))) // the printer remembers what fails
		if err == io.EOF {
			_, _ = out.WriteString(stream.Close())
			return out.Flush()
		}
		if err != nil {
			return fault.New(fault.BadInput, err)
		}
	}
}

// span is one find, half-open, in bytes of the UTF-8 input and in code points.
type span struct {
	ByteStart int         `json:"bstart"`
	ByteEnd   int         `json:"bend"`
	Start     int         `json:"start"`
	End       int         `json:"end"`
	Type      redact.Type `json:"type"`
	Rule      string      `json:"rule"`
	Score     float64     `json:"score"`
}

func spansOf(text string, found []redact.Span) []span {
	spans := make([]span, 0, len(found))
	at, runes := 0, 0
	count := func(to int) int {
		runes += utf8.RuneCountInString(text[at:to])
		at = to
		return runes
	}
	for _, s := range found {
		spans = append(spans, span{s.Start, s.End, count(s.Start), count(s.End), s.Type, s.Rule, s.Score})
	}
	return spans
}

func (c *command) redactJSON(r *redact.Redactor) error {
	text, err := io.ReadAll(c.in)
	if err != nil {
		return fault.New(fault.BadInput, err)
	}
	masked, found := r.Text(string(text))
	return c.printJSON(map[string]any{"masked": masked, "spans": spansOf(string(text), found)})
}

func (c *command) redactLines(r *redact.Redactor) error {
	in := bufio.NewReaderSize(c.in, 1<<20)
	out := bufio.NewWriterSize(c.out, 1<<20)
	encode := json.NewEncoder(out)
	encode.SetEscapeHTML(false)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return fault.New(fault.BadInput, err)
		}
		if blank(line) {
			if err == io.EOF {
				return out.Flush()
			}
			continue
		}
		var ask struct {
			ID   json.RawMessage `json:"id"`
			Text *string         `json:"text"`
		}
		wrong := json.Unmarshal(line, &ask)
		if wrong == nil && ask.Text == nil {
			wrong = fmt.Errorf("no text")
		}
		if wrong != nil {
			return fault.New(fault.BadInput, fmt.Errorf("line %d: %w", n, wrong))
		}
		masked, found := r.Text(*ask.Text)
		if err := encode.Encode(struct {
			ID     json.RawMessage `json:"id"`
			Spans  []span          `json:"spans"`
			Masked string          `json:"masked"`
		}{ask.ID, spansOf(*ask.Text, found), masked}); err != nil {
			return err
		}
		if err == io.EOF {
			return out.Flush()
		}
		if in.Buffered() == 0 { // somebody may wait for the answer
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
}

func blank(line []byte) bool {
	for _, b := range line {
		if b != ' ' && b != '\t' && b != '\r' && b != '\n' {
			return false
		}
	}
	return true
}

func (c *command) redactTypesCommand() *cobra.Command {
	return &cobra.Command{
		Use: "types", Short: "List what the built-in rules find", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			kinds := redact.Kinds()
			if c.json {
				type kind struct {
					Type        redact.Type `json:"type"`
					Description string      `json:"description"`
					Label       string      `json:"label"`
					HIPAA       string      `json:"hipaa"`
					InChat      bool        `json:"inChat"`
				}
				all := make([]kind, 0, len(kinds))
				for _, k := range kinds {
					all = append(all, kind(k))
				}
				return c.printJSON(map[string]any{"types": all})
			}
			for _, k := range kinds {
				c.printf("%-26s %s\n", k.Type, k.Description)
			}
			return nil
		},
	}
}

func (c *command) redactEvalCommand(chat *bool) *cobra.Command {
	var show bool
	cmd := &cobra.Command{
		Use: "eval FILE...", Short: "Measure the rules on labelled cases", Args: cobra.MinimumNArgs(1),
		Long: "Measures precision, recall and F1 on files of labelled cases, one JSON object a line: {\"text\",\"entity\",\"spans\"} with\n" +
			"spans as pairs of code points (or \"bspans\" in bytes), or {\"text\",\"spans\":[{\"start\",\"end\",\"type\",\"struct\"}]}. A find that\n" +
			"overlaps the labelled span with a type that covers its type counts as found; exact is one with its very bounds.",
		RunE: func(_ *cobra.Command, files []string) error {
			r := redact.Everything()
			if *chat {
				r = redact.Default()
			}
			var e redact.Evaluation
			for _, name := range files {
				f, err := os.Open(name)
				if err != nil {
					return fault.New(fault.BadInput, err)
				}
				err = e.Evaluate(r, f)
				_ = f.Close() // only read
				if err != nil {
					return fault.New(fault.BadInput, fmt.Errorf("%s: %w", name, err))
				}
			}
			if c.json {
				return c.printJSON(evaluationOf(&e, show))
			}
			c.printEvaluation(&e, show)
			return nil
		},
	}
	cmd.Flags().BoolVar(&show, "show", false, "list what was missed and what was found in error; this prints text of the cases")
	return cmd
}

// rates is a score with the figures made from it.
type rates struct {
	redact.Score
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
	ExactF1   float64 `json:"exactF1"`
}

func ratesOf(s *redact.Score) rates {
	return rates{*s, s.Precision(), s.Recall(), s.F1(), s.ExactF1()}
}

func evaluationOf(e *redact.Evaluation, show bool) map[string]any {
	types, sources := map[redact.Type]rates{}, map[string]rates{}
	for k, s := range e.ByType {
		types[k] = ratesOf(s)
	}
	for k, s := range e.BySource {
		sources[k] = ratesOf(s)
	}
	out := map[string]any{
		"cases": e.Cases, "byType": types, "bySource": sources, "structured": ratesOf(&e.Structured),
		"positives": e.Positives, "positivesRight": e.PositivesRight, "positivesAny": e.PositivesAny,
		"negatives": e.Negatives, "negativesHit": e.NegativesHit,
	}
	if show {
		out["misses"] = e.Misses
	}
	return out
}

func (c *command) printEvaluation(e *redact.Evaluation, show bool) {
	row := func(name string, s *redact.Score) {
		c.printf("%-44s %6d %6d %6d %6d   %.3f   %.3f   %.3f   %.3f\n", name, s.Want, s.Found, s.Exact, s.False, s.Precision(), s.Recall(), s.F1(), s.ExactF1())
	}
	c.printf("%-44s %6s %6s %6s %6s %7s %7s %7s %7s\n", "", "want", "found", "exact", "false", "prec.", "recall", "F1", "exactF1")
	for _, k := range slices.Sorted(maps.Keys(e.ByType)) {
		row(string(k), e.ByType[k])
	}
	c.printf("\nidentifiers with a form, by source\n")
	for _, k := range slices.Sorted(maps.Keys(e.BySource)) {
		row(k, e.BySource[k])
	}
	row("all", &e.Structured)
	if e.Positives+e.Negatives > 0 {
		c.printf("\ncases of one type: %d of %d with every value found by its type, %d found at all; %d of %d without a value had a find\n",
			e.PositivesRight, e.Positives, e.PositivesAny, e.NegativesHit, e.Negatives)
	}
	if show {
		for _, m := range e.Misses {
			what := "missed"
			if m.False {
				what = "false"
			}
			c.printf("%s\t%s\t%s\t%s\t%q\n", what, m.Case, m.Type, m.Rule, m.Text)
		}
	}
}
