package session

import (
	"context"
	"fmt"
	"path/filepath"

	"subrosa/internal/export"
	"subrosa/internal/fault"
	"subrosa/internal/history"
)

// ConversationsExport is several conversations to be written down, each to a file of its own.
type ConversationsExport struct {
	IDs            []history.ConversationID
	Format         export.Format
	Dir            string // an existing folder
	Name           string // of the files: NAME-1 and so on in the order of IDs, which says nothing of what is in them
	Sealed, Values bool   // as in ConversationExport
}

// ConversationOutcome is what became of one of them.
type ConversationOutcome struct {
	ID       history.ConversationID
	Exported ConversationExported
	Fault    *fault.Fault // why it was not written; export_cancelled also where it was not begun
}

// ExportConversations does for each what ExportConversation does, by the same policy and with entries of its own. One that
// cannot be written does not keep the others from it; the end of ctx does. progress, which may be nil, hears after each
// how many are dealt with.
func (s *Session) ExportConversations(ctx context.Context, x ConversationsExport, progress func(done int)) []ConversationOutcome {
	out := make([]ConversationOutcome, len(x.IDs))
	digits := len(fmt.Sprint(len(x.IDs)))
	for i, id := range x.IDs {
		out[i].ID = id
		name := fmt.Sprintf("%s-%0*d.%s", x.Name, digits, i+1, x.Format)
		err := ctx.Err()
		if err == nil {
			one := ConversationExport{ID: id, Format: x.Format, Path: filepath.Join(x.Dir, name), Sealed: x.Sealed, Values: x.Values}
			out[i].Exported, err = s.ExportConversation(ctx, one)
		}
		switch {
		case err != nil && ctx.Err() != nil:
			out[i].Fault = fault.New(fault.ExportCancelled, err)
		case err != nil:
			out[i].Fault = fault.From(err)
		}
		if progress != nil {
			progress(i + 1)
		}
	}
	return out
}
