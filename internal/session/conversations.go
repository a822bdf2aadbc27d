package session

import (
	"context"
	"errors"
	"strings"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/redact"
)

// Send runs one turn and returns when it is closed. One turn runs at a time: fault.Busy otherwise. Cancelling ctx, or
// Stop, or Lock, stops the answer; that is no error.
func (s *Session) Send(ctx context.Context, p chat.Prompt, reader chat.Reader) (chat.Outcome, error) {
	o, ctx, done, err := s.startTurn(ctx)
	if err != nil {
		return chat.Outcome{}, err
	}
	defer done()
	if err := o.mayChat(); err != nil {
		return chat.Outcome{}, err
	}
	if err := o.throttle(time.Now()); err != nil {
		return chat.Outcome{}, err
	}
	if err := o.mayPlace(p); err != nil {
		return chat.Outcome{}, err
	}
	kept, err := o.historyFor(ctx, p)
	if err != nil {
		return chat.Outcome{}, err
	}
	if err := o.mayChoose(p); err != nil {
		return chat.Outcome{}, err
	}
	desk, err := o.desk(ctx, p, kept)
	if err != nil {
		return chat.Outcome{}, err
	}
	out, err := desk.Turn(ctx, p, reader)
	if !p.Temporary && out.Conversation.ID != "" {
		_ = o.keepThinking(context.WithoutCancel(ctx), out.Conversation.ID, p.Think) // the choice goes with each prompt
	}
	// If these fail the next ones cover this turn too; a record that cannot be written fails at Append.
	_, _ = o.record.Checkpoint(), o.anchor(context.WithoutCancel(ctx))
	return out, err
}

// keepThinking remembers with a conversation whether the model is to think in it.
func (o *open) keepThinking(ctx context.Context, id history.ConversationID, think bool) error {
	c, err := o.history.Conversation(ctx, id)
	if err != nil || c.Thinking == think {
		return err
	}
	var value []byte
	if think {
		value = []byte{1}
	}
	return o.history.SetValue(ctx, id, history.Thinking, value)
}

// desk lays out what a turn needs.
func (o *open) desk(ctx context.Context, p chat.Prompt, kept chat.History) (chat.Desk, error) {
	table, err := o.table(ctx, p.Conversation, p.Instead)
	if err != nil {
		return chat.Desk{}, err
	}
	library, err := o.library(ctx, p)
	return chat.Desk{
		History: kept, Record: o.record, Model: o.model, ModelID: o.model.manifest.SHA256,
		Policy: o.policy, Redactor: o.redactor, Actor: o.actor, Generation: o.generation,
		Pseudonyms: table, Answers: o.answer, Guard: o.promptGuard, AnswersGuard: o.answerGuard, Documents: library,
	}, err
}

func (s *Session) startTurn(ctx context.Context) (*open, context.Context, func(), error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.open == nil || s.locking:
		return nil, nil, nil, fault.New(fault.Locked, nil)
	case s.turn != nil:
		return nil, nil, nil, fault.New(fault.Busy, nil)
	}
	ctx, stop := context.WithCancel(ctx)
	turn := &running{stop: stop, done: make(chan struct{})}
	s.turn = turn
	return s.open, ctx, func() {
		s.mu.Lock()
		s.turn = nil
		s.mu.Unlock()
		stop()
		close(turn.done)
		s.changed()
	}, nil
}

// Stop ends the running answer; its text so far is kept. Where no answer is being written it ends what ReadAhead does.
func (s *Session) Stop() {
	s.mu.Lock()
	o, turn := s.open, s.turn
	s.mu.Unlock()
	switch {
	case turn != nil:
		turn.stop()
	case o != nil:
		o.model.giveWay()
	}
}

// Conversations lists them, the last used first.
func (s *Session) Conversations(ctx context.Context) ([]history.Conversation, error) {
	o, err := s.ready()
	if err != nil {
		return nil, err
	}
	list, err := o.history.Conversations(ctx)
	if err != nil {
		return nil, historyFault(err)
	}
	return list, o.readList(ctx, list)
}

// Conversation returns one with the messages of its newest branch, in order.
func (s *Session) Conversation(ctx context.Context, id history.ConversationID) (history.Conversation, []history.Message, error) {
	o, err := s.ready()
	if err != nil {
		return history.Conversation{}, nil, err
	}
	c, err := o.history.Conversation(ctx, id)
	if err != nil {
		return c, nil, historyFault(err)
	}
	messages, err := o.history.Messages(ctx, id)
	if err != nil {
		return c, nil, historyFault(err)
	}
	return c, messages, errors.Join(o.read(ctx, id, &c.Title), o.readMessages(ctx, id, messages))
}

// Rename changes a conversation's title, through the redactor: a value that has a token in the conversation keeps it, and
// others are masked.
func (s *Session) Rename(ctx context.Context, id history.ConversationID, title string) error {
	o, err := s.ready()
	if err != nil {
		return err
	}
	table, err := o.table(ctx, id, "")
	if err != nil {
		return err
	}
	masked, _ := o.redactor.For(table, redact.Title).Text(strings.TrimSpace(title))
	if masked == "" {
		return fault.New(fault.BadInput, nil)
	}
	if _, err := o.history.Conversation(ctx, id); err != nil { // only what exists goes on record
		return historyFault(err)
	}
	if err := o.note(audit.Entry{Action: audit.ConversationRename, Conversation: string(id)}); err != nil {
		return err
	}
	return historyFault(o.history.Rename(ctx, id, masked))
}

// VerifyHistory reads the whole history file, page by page, and answers fault.HistoryDamaged where one does not verify; that
// is on record. It takes about as long as reading the file from the disk.
func (s *Session) VerifyHistory(ctx context.Context) error {
	o, err := s.ready()
	if err != nil {
		return err
	}
	err = historyFault(o.history.Check(ctx))
	return errors.Join(err, o.noteDamage(err))
}

// noteDamage puts on record that err is damage to the history, also in a session that is open for reading alone because of
// it. It does nothing for other errors.
func (o *open) noteDamage(err error) error {
	damaged := err != nil && fault.From(err).Code == fault.HistoryDamaged
	if writable := o.record != nil && o.record.Healthy() == nil; !damaged || !writable {
		return nil
	}
	_, err = o.record.Append(audit.Entry{
		Actor: o.actor, Policy: o.policy.Version, Action: audit.Anomaly, Result: "damaged", Detail: "a page of the history does not verify",
	})
	return recordFault(err)
}
