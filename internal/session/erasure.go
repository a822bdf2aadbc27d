package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/policy"
)

// searchPause ends a stretch of searching: what is typed after it is another entry.
const searchPause = 30 * time.Second

func isMissing(err error) bool { return errors.Is(err, history.ErrNotFound) }

func missingIsEmpty(err error) error {
	if isMissing(err) {
		return nil
	}
	return err
}

// noteSearch records the first search of a stretch.
func (o *open) noteSearch() error {
	o.searching.Lock()
	defer o.searching.Unlock()
	now := time.Now()
	if now.Sub(o.searched) >= searchPause {
		if o.readOnly() { // reading goes on, and nothing can be recorded
			return nil
		}
		if err := o.note(audit.Entry{Action: audit.Search}); err != nil {
			return err
		}
	}
	o.searched = now
	return nil
}

// Delete erases a conversation for good, in older copies of the files too. The record keeps that it existed.
func (s *Session) Delete(ctx context.Context, id history.ConversationID) error {
	return s.Erase(ctx, history.Erasure{Conversations: []history.ConversationID{id}})
}

// Erase erases messages, attachments, documents, conversations and matters for good, in older copies of the files too, and puts it on record first. It does all
// or nothing. fault.Held: a legal hold is on one of them; fault.Busy: messages are not erased while an answer is written.
func (s *Session) Erase(ctx context.Context, e history.Erasure) error {
	o, err := s.ready()
	if err != nil {
		return err
	}
	if len(e.Messages) > 0 { // a turn that ended meanwhile would store the pseudonyms of what is erased once more
		var done func()
		if o, ctx, done, err = s.startTurn(ctx); err != nil {
			return err
		}
		defer done()
	}
	if err := o.require(policy.EraseOwn, "", nil); err != nil {
		return err
	}
	return o.erase(ctx, e, "")
}

// erase records an erasure and does it. Where it fails after that, that is recorded too.
func (o *open) erase(ctx context.Context, e history.Erasure, why audit.Action) error {
	if err := o.history.MayErase(ctx, e); err != nil {
		if len(e.Matters) > 0 {
			return matterFault(err)
		}
		if len(e.Documents) > 0 {
			return documentFault(err)
		}
		return historyFault(err)
	}
	entries, err := o.erasureEntries(ctx, e, why)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := o.note(entry); err != nil {
			return err
		}
	}
	if o.model != nil { // while unlocking there is none yet
		defer o.model.forget()
	}
	if err := o.history.Erase(ctx, e); err != nil {
		for _, entry := range entries {
			entry.Result = "failed"
			err = errors.Join(err, o.note(entry))
		}
		return openFault(err)
	}
	return nil
}

func (o *open) erasureEntries(ctx context.Context, e history.Erasure, why audit.Action) ([]audit.Entry, error) {
	var out []audit.Entry
	add := func(action audit.Action, entry audit.Entry) {
		if entry.Action = action; why != "" {
			entry.Action = why
		}
		out = append(out, entry)
	}
	for _, id := range e.Messages {
		m, err := o.history.Message(ctx, id)
		if err != nil {
			return nil, historyFault(err)
		}
		add(audit.MessageDelete, audit.Entry{Conversation: string(m.Conversation), Turn: string(m.Turn), Message: string(id)})
	}
	for _, id := range e.Attachments {
		add(audit.Attachment, audit.Entry{Detail: "deleted: " + string(id)})
	}
	for _, id := range e.Documents {
		d, err := o.history.Document(ctx, id)
		if err != nil {
			return nil, documentFault(err)
		}
		add(audit.DocumentRemove, removed(d, ""))
	}
	with := func(documents []history.Document, what string) {
		for _, d := range documents {
			add(audit.DocumentRemove, removed(d, what))
		}
	}
	for _, id := range e.Conversations {
		c, err := o.history.Conversation(ctx, id)
		if err != nil {
			return nil, historyFault(err)
		}
		documents, err := o.history.DocumentsAt(ctx, id, "")
		if err != nil {
			return nil, historyFault(err)
		}
		with(documents, ", with its conversation")
		add(audit.ConversationDelete, audit.Entry{Conversation: string(id), Matter: string(c.Matter)})
	}
	for _, id := range e.Matters {
		add(audit.MatterDelete, audit.Entry{Matter: string(id)})
		inside, err := o.history.List(ctx, history.Filter{Matter: id})
		if err != nil {
			return nil, historyFault(err)
		}
		documents, err := o.history.DocumentsAt(ctx, "", id)
		if err != nil {
			return nil, historyFault(err)
		}
		with(documents, ", with its matter")
		for _, c := range inside {
			if documents, err = o.history.DocumentsAt(ctx, c.ID, ""); err != nil {
				return nil, historyFault(err)
			}
			with(documents, ", with its matter")
			add(audit.ConversationDelete, audit.Entry{Conversation: string(c.ID), Matter: string(id), Detail: "with its matter"})
		}
	}
	return out, nil
}

func removed(d history.Document, how string) audit.Entry {
	return audit.Entry{
		Conversation: string(d.Conversation), Matter: string(d.Matter), Detail: fmt.Sprintf("document %s, sha256 %s%s", d.ID, d.SHA256, how),
	}
}

// retain erases what policy keeps no longer. A hold goes before it.
func (o *open) retain(ctx context.Context, now time.Time) error {
	var e history.Erasure
	var err error
	if e.Conversations, err = o.history.Due(ctx, now, o.policy.Retention.ChatDays); err != nil {
		return historyFault(err)
	}
	if e.Documents, err = o.history.DueDocuments(ctx, now, o.policy.Retention.ChatDays); err != nil {
		return historyFault(err)
	}
	if len(e.Conversations)+len(e.Documents) == 0 {
		return nil
	}
	return o.erase(ctx, e, audit.Retention)
}

// Retain erases now what policy keeps no longer; unlocking does it too.
func (s *Session) Retain(ctx context.Context) error {
	o, err := s.ready()
	if err != nil {
		return err
	}
	return o.retain(ctx, time.Now())
}

// AddHold forbids erasing a conversation or a matter, by hand and by retention. The reason must not quote them.
func (s *Session) AddHold(ctx context.Context, h history.Hold) (history.Hold, error) {
	o, err := s.ready()
	if err != nil {
		return history.Hold{}, err
	}
	if h.Reason == "" || (h.Matter == "") == (h.Conversation == "") {
		return history.Hold{}, fault.New(fault.BadInput, errors.New("a hold is on a matter or a conversation, and has a reason"))
	}
	entry := audit.Entry{Action: audit.HoldAdd, Conversation: string(h.Conversation), Matter: string(h.Matter)}
	if h.Matter != "" {
		if _, err := o.history.Matter(ctx, h.Matter); err != nil {
			return history.Hold{}, matterFault(err)
		}
	} else if _, err := o.history.Conversation(ctx, h.Conversation); err != nil {
		return history.Hold{}, historyFault(err)
	}
	if err := o.note(entry); err != nil {
		return history.Hold{}, err
	}
	h.AddedBy = o.actor
	h, err = o.history.AddHold(ctx, h)
	return h, historyFault(err)
}

// Holds lists the legal holds.
func (s *Session) Holds(ctx context.Context) ([]history.Hold, error) {
	o, err := s.ready()
	if err != nil {
		return nil, err
	}
	list, err := o.history.Holds(ctx)
	return list, historyFault(err)
}

// LiftHold ends a hold. grant is compliance's signed grant of lift_hold for this hold's ID on this workstation's record:
// see RecordOrigin and subrosactl policy grant. fault.RoleDenied without it.
func (s *Session) LiftHold(ctx context.Context, id history.HoldID, grant []byte) error {
	o, err := s.ready()
	if err != nil {
		return err
	}
	h, err := o.history.Hold(ctx, id)
	if err != nil {
		return fault.Of(historyErrorOf(err), fault.Internal, fault.Cause{Err: history.ErrNotFound, Code: fault.BadInput})
	}
	if err := o.require(policy.LiftHold, string(id), grant); err != nil {
		return err
	}
	lifted := audit.Entry{
		Action: audit.HoldLift, Conversation: string(h.Conversation), Matter: string(h.Matter), Result: "ok", Detail: "hold " + string(id),
	}
	if err := o.note(lifted); err != nil {
		return err
	}
	return historyFault(o.history.LiftHold(ctx, id))
}
