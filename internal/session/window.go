package session

import (
	"context"
	"time"

	"subrosa/internal/history"
	"subrosa/internal/policy"
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

// MayCopy tells how long copied text may stay on the clipboard; 0 is for good. Where policy forbids copying, the try is
// recorded and refused.
func (s *Session) MayCopy() (time.Duration, error) {
	o, err := s.ready()
	if err != nil {
		return 0, err
	}
	return time.Duration(o.policy.Clipboard.ClearSeconds) * time.Second, o.require(policy.CopyText, "", nil)
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
