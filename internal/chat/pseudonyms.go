package chat

import (
	"context"

	"subrosa/internal/history"
	"subrosa/internal/redact"
)

// redactor is the one for what the user sends.
func (d *Desk) redactor(p Prompt) *redact.Redactor {
	return d.Redactor.For(d.Pseudonyms, redact.Prompt).Instead(p.Instead)
}

// tokens counts the entries of the conversation's table.
func (d *Desk) tokens() int {
	if d.Pseudonyms == nil {
		return 0
	}
	return d.Pseudonyms.Len()
}

// toStore returns the table of pseudonyms and its size if history has not all of it, else nil.
func (d *Desk) toStore() ([]byte, int, error) {
	n := d.tokens()
	if n == d.stored {
		return nil, n, nil
	}
	table, err := d.Pseudonyms.MarshalBinary()
	return table, n, err
}

func (d *Desk) savePartial(ctx context.Context, turn history.TurnID, text, reasoning string) error {
	table, n, err := d.toStore()
	if err != nil {
		return err
	}
	if err := d.History.SavePartial(context.WithoutCancel(ctx), turn, text, reasoning, table); err != nil {
		return HistoryFault(err)
	}
	d.stored = n
	return nil
}

// shown is an outcome as the reader sees it.
func (d *Desk) shown(out Outcome) Outcome {
	if d.Pseudonyms != nil {
		for _, text := range []*string{&out.Conversation.Title, &out.User.Text, &out.Assistant.Text, &out.Assistant.Reasoning, &out.Summary.Text} {
			*text = d.Pseudonyms.Rehydrate(*text)
		}
	}
	return out
}

// reading turns tokens back in an answer while it is written.
type reading struct{ tokens *redact.Rehydrator } // nil: there are none

func newReading(p *redact.Pseudonyms) reading {
	if p == nil {
		return reading{}
	}
	return reading{p.Stream()}
}

func (r reading) write(text string) string {
	if r.tokens == nil {
		return text
	}
	return r.tokens.Write(text)
}

func (r reading) close() string {
	if r.tokens == nil {
		return ""
	}
	return r.tokens.Close()
}
