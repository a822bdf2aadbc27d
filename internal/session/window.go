package session

import (
	"context"

	"subrosa/internal/history"
)

// Row returns a conversation without its messages.
func (s *Session) Row(ctx context.Context, id history.ConversationID) (history.Conversation, error) {
	o, err := s.ready()
	if err != nil {
		return history.Conversation{}, err
	}
	c, err := o.history.Conversation(ctx, id)
	if err != nil {
		return c, historyFault(err)
	}
	return c, o.read(ctx, id, &c.Title)
}

// SharedTemplates returns those that IT's policy brings.
func (s *Session) SharedTemplates() ([]Template, error) {
	p, err := s.InForce()
	out := make([]Template, 0, len(p.Templates))
	for _, t := range p.Templates {
		out = append(out, Template{Name: t.Name, Text: t.Text})
	}
	return out, err
}
