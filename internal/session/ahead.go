package session

import (
	"context"
	"slices"

	"subrosa/internal/chat"
	"subrosa/internal/engine"
	"subrosa/internal/history"
	"subrosa/internal/policy"
)

// ReadAhead prepares for a prompt that is being written: it loads the model and has it read what will stand before that
// prompt, for a conversation that is none yet ("") nothing. Only what is on record already is read, so that it leaves no
// entry of its own. It returns when that is done, or when a prompt is sent, which does not wait for it, or Stop or Lock is called.
// Where nothing could be sent it does nothing, and returns why.
func (s *Session) ReadAhead(ctx context.Context, id history.ConversationID) error {
	o, err := s.ready()
	if err != nil {
		return err
	}
	if err := o.mayChat(); err != nil {
		return err
	}
	allowed := o.policy.Allows(policy.Chat) == nil
	if !allowed || o.passingOf(id) != nil || s.answering() {
		return nil
	}
	if err := o.model.Load(ctx); err != nil || id == "" {
		return err
	}
	r, ok, err := o.ahead(ctx, id)
	if err != nil || !ok {
		return err
	}
	return o.model.ReadAhead(ctx, r)
}

func (s *Session) answering() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.turn != nil
}

// ahead is what will stand before a conversation's next prompt.
func (o *open) ahead(ctx context.Context, id history.ConversationID) (r engine.Request, ok bool, err error) {
	p := chat.Prompt{Conversation: id}
	given, err := o.lastSources(ctx, id)
	if err != nil {
		return r, false, err
	}
	for _, source := range given { // those of the matter that the user chose, as long as they are there
		d, err := o.history.Document(ctx, source.Document)
		if isMissing(err) {
			return r, false, nil
		}
		if err != nil {
			return r, false, historyFault(err)
		}
		if d.Conversation == "" {
			p.Documents = append(p.Documents, d.ID)
		}
	}
	desk, err := o.desk(ctx, p, o.history)
	if err != nil {
		return r, false, err
	}
	return desk.ReadAhead(ctx, p, given)
}

// lastSources is what a conversation's newest answer was given of documents.
func (o *open) lastSources(ctx context.Context, id history.ConversationID) ([]history.Source, error) {
	earlier, err := o.history.Earlier(ctx, history.Place{Conversation: id})
	if err != nil || len(earlier) == 0 {
		return nil, historyFault(err)
	}
	all, err := o.history.Sources(ctx, id)
	given := all[earlier[len(earlier)-1].ID]
	return slices.Clip(given), historyFault(err)
}

// ReadAhead has the engine read a conversation, until somebody wants it for something else.
func (m *model) ReadAhead(ctx context.Context, r engine.Request) error {
	ctx, done, ok := m.aside(ctx, true)
	if !ok {
		return nil
	}
	defer done()
	e := m.running()
	if e == nil {
		return nil
	}
	if err := m.restore(ctx, e, r.Conversation); err != nil || ctx.Err() != nil {
		return err
	}
	result, err := e.ReadAhead(ctx, r)
	if !e.Alive() {
		m.set(ModelUnloaded, 0, nil)
	}
	if err == nil && result.Reason != engine.Stopped {
		m.computed(r.Conversation, result)
	}
	return engineFault(err)
}
