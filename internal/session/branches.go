package session

import (
	"context"
	"fmt"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/history"
	"subrosa/internal/policy"
)

// Page returns the last messages of a conversation's chosen branch, at most limit, or those before a message of it.
func (s *Session) Page(ctx context.Context, id history.ConversationID, before history.MessageID, limit int) (history.Page, error) {
	o, err := s.ready()
	if err != nil {
		return history.Page{}, err
	}
	p, err := o.history.Page(ctx, id, before, limit)
	if err != nil {
		return p, historyFault(err)
	}
	return p, o.readMessages(ctx, id, p.Messages)
}

// Choose shows the newest branch through a message, one of Page's Versions.
func (s *Session) Choose(ctx context.Context, id history.ConversationID, message history.MessageID) error {
	o, err := s.ready()
	if err != nil {
		return err
	}
	return historyFault(o.history.Choose(ctx, id, message))
}

// mayPlace checks that policy lets the user put a prompt there.
func (o *open) mayPlace(p chat.Prompt) error {
	right := policy.Chat
	switch {
	case p.Edit != "":
		right = policy.EditOwn
	case p.Again != "" || p.Continue != "":
		right = policy.RegenerateOwn
	}
	return o.require(right, string(p.Conversation), nil)
}

// List returns conversations, the pinned first, then the last used first.
func (s *Session) List(ctx context.Context, f history.Filter) ([]history.Conversation, error) {
	o, err := s.ready()
	if err != nil {
		return nil, err
	}
	list, err := o.history.List(ctx, f)
	if err != nil {
		return nil, historyFault(err)
	}
	return list, o.readList(ctx, list)
}

// Pin puts a conversation at the top of the list, or back.
func (s *Session) Pin(ctx context.Context, id history.ConversationID, pinned bool) error {
	o, err := s.ready()
	if err != nil {
		return err
	}
	return historyFault(o.history.Pin(ctx, id, pinned))
}

// Draft returns the unsent text of a conversation, or of the new one for "".
func (s *Session) Draft(ctx context.Context, id history.ConversationID) (string, error) {
	o, err := s.ready()
	if err != nil {
		return "", err
	}
	if id == "" {
		items, err := o.history.Desk(ctx, history.Draft)
		if err != nil || len(items) == 0 {
			return "", historyFault(err)
		}
		return string(items[0].Value), nil
	}
	text, err := o.history.Value(ctx, id, history.Draft)
	return string(text), historyFault(missingIsEmpty(err))
}

// SetDraft keeps the unsent text of a conversation, or of the new one for "". It is as the user typed it: what is sent
// is redacted, and the draft is sealed under the conversation's key.
func (s *Session) SetDraft(ctx context.Context, id history.ConversationID, text string) error {
	o, err := s.ready()
	if err != nil {
		return err
	}
	if id == "" {
		return historyFault(o.history.SetDesk(ctx, history.Draft, "", []byte(text)))
	}
	return historyFault(o.history.SetValue(ctx, id, history.Draft, []byte(text)))
}

// Template is a prompt that the user keeps for later.
type Template struct {
	Name string
	Text string
}

// Templates returns the user's own, in the order in which they were made; none where policy has no such templates.
func (s *Session) Templates(ctx context.Context) ([]Template, error) {
	out := []Template{}
	o, err := s.ready()
	if err != nil || o.policy.Allows(policy.KeepTemplate) != nil {
		return out, err
	}
	items, err := o.history.Desk(ctx, history.Template)
	for _, i := range items {
		out = append(out, Template{Name: i.ID, Text: string(i.Value)})
	}
	return out, historyFault(err)
}

// SetTemplate stores a template under a name, through the redactor, or removes it for an empty text.
func (s *Session) SetTemplate(ctx context.Context, name, text string) error {
	o, err := s.ready()
	if err != nil {
		return err
	}
	if err := o.require(policy.KeepTemplate, "", nil); err != nil {
		return err
	}
	if name, err = o.title(name); err != nil {
		return err
	}
	masked, _ := o.redactor.Text(text)
	return historyFault(o.history.SetDesk(ctx, history.Template, name, []byte(masked)))
}

// Attachments returns a conversation's, those that wait with its draft too.
func (s *Session) Attachments(ctx context.Context, id history.ConversationID) ([]history.Attachment, error) {
	o, err := s.ready()
	if err != nil {
		return nil, err
	}
	list, err := o.history.Attachments(ctx, id)
	return list, historyFault(err)
}

// noteAttachment puts on record that something is attached. Its name is not: it may name a person.
func (o *open) noteAttachment(id history.ConversationID, detail string) error {
	if err := o.require(policy.AttachDocument, string(id), nil); err != nil {
		return err
	}
	return o.note(audit.Entry{Action: audit.Attachment, Conversation: string(id), Detail: detail})
}

// AttachTo gives attachments that wait with a conversation's draft to a message of it, and puts that on record.
func (s *Session) AttachTo(ctx context.Context, message history.MessageID, ids ...history.AttachmentID) error {
	o, err := s.ready()
	if err != nil {
		return err
	}
	m, err := o.history.Message(ctx, message)
	if err != nil {
		return historyFault(err)
	}
	if err := o.noteAttachment(m.Conversation, fmt.Sprintf("%d sent with message %s", len(ids), message)); err != nil {
		return err
	}
	return historyFault(o.history.Attach(ctx, message, ids...))
}
