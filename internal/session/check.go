package session

import (
	"context"

	"subrosa/internal/history"
	"subrosa/internal/redact"
)

// Checked is what would become of a prompt.
type Checked struct {
	Masked string        // as the model would see it
	Found  []redact.Span // in the prompt
	// Whether the user may have values hidden the other way: see chat.Prompt.Instead.
	MayMask, MayPseudonymise bool
}

// Check returns what would become of a prompt in a conversation, or in a new one for "", without sending it. It leaves no
// entry: nothing is kept and nothing leaves the composer.
func (s *Session) Check(ctx context.Context, id history.ConversationID, text string, instead redact.Action) (Checked, error) {
	o, err := s.ready()
	if err != nil {
		return Checked{}, err
	}
	table, err := o.table(ctx, id, instead)
	if err != nil {
		return Checked{}, err
	}
	var c Checked
	c.Masked, c.Found = o.redactor.For(table, redact.Prompt).Instead(instead).Text(text)
	for _, f := range c.Found {
		switch f.Action {
		case redact.Pseudonymise:
			c.MayMask = true
		case redact.Mask:
			c.MayPseudonymise = o.policy.Redaction.UserPseudonyms
		}
	}
	return c, nil
}
