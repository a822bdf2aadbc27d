package session

import (
	"context"

	"subrosa/internal/chat"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/policy"
	"subrosa/internal/redact"
)

// tokens tells the history what the tokens in its texts stand for.
type tokens struct{}

// Reading implements history.Tokens.
func (tokens) Reading(table []byte) (func(string) string, error) {
	p := redact.NewPseudonyms()
	if err := p.UnmarshalBinary(table); err != nil {
		return nil, err
	}
	return p.Rehydrate, nil
}

// Keep implements history.Tokens.
func (tokens) Keep(table []byte, texts []string) ([]byte, error) {
	p := redact.NewPseudonyms()
	if err := p.UnmarshalBinary(table); err != nil {
		return nil, err
	}
	p.Keep(texts...)
	if p.Len() == 0 {
		return nil, nil
	}
	return p.MarshalBinary()
}

// pseudonyms returns a conversation's table, empty where it has none.
func (o *open) pseudonyms(ctx context.Context, id history.ConversationID) (*redact.Pseudonyms, error) {
	p := redact.NewPseudonyms()
	if id == "" {
		return p, nil
	}
	table, err := o.tableOf(ctx, id)
	if len(table) == 0 && err == nil || isMissing(err) {
		return p, nil
	}
	if err != nil {
		return nil, historyFault(err)
	}
	if err := p.UnmarshalBinary(table); err != nil {
		return nil, fault.New(fault.HistoryDamaged, err)
	}
	return p, nil
}

func (o *open) tableOf(ctx context.Context, id history.ConversationID) ([]byte, error) {
	if temporary := o.passingOf(id); temporary != nil {
		return temporary.table(), nil
	}
	return o.history.Value(ctx, id, history.Pseudonyms)
}

// table is the conversation's, or nil where nothing is pseudonymised: not there so far, nor by policy or choice.
func (o *open) table(ctx context.Context, id history.ConversationID, instead redact.Action) (*redact.Pseudonyms, error) {
	p, err := o.pseudonyms(ctx, id)
	if err != nil || p.Len() > 0 || instead == redact.Pseudonymise || o.redactor.Pseudonymises() || o.answer.Pseudonymises() {
		return p, err
	}
	return nil, nil
}

// mayChoose returns nil if the user may have values of a prompt hidden in another way than the policy's: masked always,
// since nothing is kept then, and pseudonymised where the policy says so.
func (o *open) mayChoose(p chat.Prompt) error {
	switch p.Instead {
	case "", redact.Mask:
		return nil
	case redact.Pseudonymise:
		if o.policy.Redaction.UserPseudonyms {
			return nil
		}
		return o.denied(policy.Chat, string(p.Conversation), policy.ErrOff)
	}
	return fault.New(fault.BadInput, nil)
}

// read turns the tokens in a text of a conversation back.
func (o *open) read(ctx context.Context, id history.ConversationID, texts ...*string) error {
	if !anyToken(texts) {
		return nil
	}
	p, err := o.pseudonyms(ctx, id)
	if err != nil {
		return err
	}
	for _, t := range texts {
		*t = p.Rehydrate(*t)
	}
	return nil
}

func anyToken(texts []*string) bool {
	for _, t := range texts {
		if redact.HasToken(*t) {
			return true
		}
	}
	return false
}

// readList is read for the titles of a list.
func (o *open) readList(ctx context.Context, list []history.Conversation) error {
	for i := range list {
		if err := o.read(ctx, list[i].ID, &list[i].Title); err != nil && !isMissing(err) {
			return err
		}
	}
	return nil
}

// readMessages is read for messages of one conversation.
func (o *open) readMessages(ctx context.Context, id history.ConversationID, messages []history.Message) error {
	var texts []*string
	for i := range messages {
		texts = append(texts, &messages[i].Text, &messages[i].Reasoning)
	}
	return o.read(ctx, id, texts...)
}

// StandIns lists the values of a conversation that the model sees tokens of.
func (s *Session) StandIns(ctx context.Context, id history.ConversationID) ([]redact.StandIn, error) {
	o, err := s.ready()
	if err != nil {
		return nil, err
	}
	p, err := o.pseudonyms(ctx, id)
	if err != nil {
		return nil, err
	}
	return p.StandIns(), nil
}
