package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"subrosa/internal/audit"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/policy"
)

// title is a name that the user gives, through the redactor.
func (o *open) title(name string) (string, error) {
	masked, _ := o.redactor.Text(strings.TrimSpace(name))
	if masked == "" {
		return "", fault.New(fault.BadInput, nil)
	}
	return masked, nil
}

// Matters lists them, the built-in one first.
func (s *Session) Matters(ctx context.Context) ([]history.Matter, error) {
	o, err := s.ready()
	if err != nil {
		return nil, err
	}
	list, err := o.history.Matters(ctx)
	return list, historyFault(err)
}

// CreateMatter adds one, its name through the redactor.
func (s *Session) CreateMatter(ctx context.Context, name string) (history.Matter, error) {
	o, err := s.ready()
	if err != nil {
		return history.Matter{}, err
	}
	if name, err = o.title(name); err != nil {
		return history.Matter{}, err
	}
	id := history.NewMatterID()
	if err := o.note(audit.Entry{Action: audit.MatterCreate, Matter: string(id)}); err != nil {
		return history.Matter{}, err
	}
	m, err := o.history.AddMatter(ctx, id, name)
	return m, historyFault(err)
}

// RenameMatter changes a matter's name, through the redactor.
func (s *Session) RenameMatter(ctx context.Context, id history.MatterID, name string) error {
	o, err := s.ready()
	if err != nil {
		return err
	}
	if name, err = o.title(name); err != nil {
		return err
	}
	if err := o.noteMatter(ctx, id, audit.MatterRename, ""); err != nil {
		return err
	}
	return matterFault(o.history.RenameMatter(ctx, id, name))
}

// SetRetention says after how many days without a turn a matter's conversations are erased; 0: as the policy says. It
// may only be shorter than the policy's.
func (s *Session) SetRetention(ctx context.Context, id history.MatterID, days int) error {
	o, err := s.ready()
	if err != nil {
		return err
	}
	if most := o.policy.Retention.ChatDays; days < 0 || most > 0 && days > most {
		return fault.New(fault.BadInput, fmt.Errorf("retention of %d days, the policy has %d", days, most))
	}
	if err := o.noteMatter(ctx, id, audit.MatterRename, fmt.Sprintf("retention: %d days", days)); err != nil {
		return err
	}
	return matterFault(o.history.SetRetention(ctx, id, days))
}

// Move puts conversations into another matter.
func (s *Session) Move(ctx context.Context, to history.MatterID, ids ...history.ConversationID) error {
	o, err := s.ready()
	if err != nil {
		return err
	}
	if _, err := o.history.Matter(ctx, to); err != nil {
		return matterFault(err)
	}
	for _, id := range ids {
		if _, err := o.history.Conversation(ctx, id); err != nil {
			return historyFault(err)
		}
		if err := o.note(audit.Entry{Action: audit.ConversationMove, Conversation: string(id), Matter: string(to)}); err != nil {
			return err
		}
	}
	return historyFault(o.history.Move(ctx, to, ids...))
}

// noteMatter records what is about to be done to a matter that is there.
func (o *open) noteMatter(ctx context.Context, id history.MatterID, action audit.Action, detail string) error {
	if _, err := o.history.Matter(ctx, id); err != nil {
		return matterFault(err)
	}
	return o.note(audit.Entry{Action: action, Matter: string(id), Detail: detail})
}

func matterFault(err error) error {
	return fault.Of(historyErrorOf(err), fault.Internal, fault.Cause{Err: history.ErrNotFound, Code: fault.MatterMissing})
}

// historyErrorOf leaves ErrNotFound for the caller to name, and attaches the fault of everything else.
func historyErrorOf(err error) error {
	if isMissing(err) {
		return err
	}
	return historyFault(err)
}

// Attach stores a file with a conversation, waiting with its draft, and puts that on record. name is as the user knows it.
func (s *Session) Attach(ctx context.Context, id history.ConversationID, name, mediaType string, r io.Reader) (history.Attachment, error) {
	o, err := s.ready()
	if err != nil {
		return history.Attachment{}, err
	}
	if _, err := o.history.Conversation(ctx, id); err != nil {
		return history.Attachment{}, historyFault(err)
	}
	if err := o.noteAttachment(id, mediaType); err != nil {
		return history.Attachment{}, err
	}
	a, err := o.history.AddAttachment(ctx, id, name, mediaType, r, int64(o.policy.Limits.DocumentBytes))
	return a, historyFault(err)
}

// ReadAttachment writes an attachment's content out, where policy lets a conversation leave in the clear. It is on record
// before, as what it is: an export.
func (s *Session) ReadAttachment(ctx context.Context, id history.AttachmentID, w io.Writer) (history.Attachment, error) {
	o, err := s.ready()
	if err != nil {
		return history.Attachment{}, err
	}
	if err := o.require(policy.ExportConversation, string(id), nil); err != nil {
		return history.Attachment{}, err
	}
	if !o.policy.Export.Plain {
		return history.Attachment{}, o.denied(policy.ExportConversation, string(id), policy.ErrOff)
	}
	e := audit.Entry{Action: audit.ConversationExport, Result: "begun", Detail: "attachment " + string(id) + ", in the clear"}
	if err := o.note(e); err != nil {
		return history.Attachment{}, err
	}
	a, err := o.history.ReadAttachment(ctx, id, w)
	if err != nil {
		e.Result = "failed"
		return a, errors.Join(historyFault(err), o.note(e))
	}
	return a, nil
}

// Search looks for words in everything that the user may see, and puts on record that it was done, not for what. As the
// user types, one entry is made for the first of the searches that follow each other.
func (s *Session) Search(ctx context.Context, q history.Query) (history.Found, error) {
	o, err := s.ready()
	if err != nil {
		return history.Found{}, err
	}
	if err := o.require(policy.SearchOwn, "", nil); err != nil {
		return history.Found{}, err
	}
	if err := o.noteSearch(); err != nil {
		return history.Found{}, err
	}
	found, err := o.history.Search(ctx, q)
	if errors.Is(err, history.ErrIndexDamaged) && !o.readOnly() {
		err = errors.Join(historyFault(err), o.noteIndex())
	}
	return found, historyFault(err)
}

// IndexState says how far the search index has come.
func (s *Session) IndexState(ctx context.Context) (history.IndexState, error) {
	o, err := s.ready()
	if err != nil {
		return history.IndexState{}, err
	}
	st, err := o.history.IndexState(ctx)
	return st, historyFault(err)
}

func (o *open) noteIndex() error {
	return o.note(audit.Entry{Action: audit.Anomaly, Detail: "the search index was damaged, and is built anew from the history"})
}

// checkIndex puts on record that opening found the search index damaged.
func (o *open) checkIndex() error {
	if o.history.IndexDamaged() {
		return o.noteIndex()
	}
	return nil
}
