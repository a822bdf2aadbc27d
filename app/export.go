package app

import (
	"os"
	"path/filepath"
	"strings"

	"subrosa/internal/export"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/lockdown"
	"subrosa/internal/session"
)

// ExportTermsView is how the policy lets a conversation be taken along.
type ExportTermsView struct {
	Formats    []string `json:"formats"`    // none: not at all
	Plain      bool     `json:"plain"`      // whether it may be written in the clear
	Recipients int      `json:"recipients"` // how many it can be sealed to
	Folder     string   `json:"folder"`     // where to, unless the user says otherwise
}

// TakeAlongQuery says which conversation to write down, how and where to.
type TakeAlongQuery struct {
	Conversation string `json:"conversation"`
	Format       string `json:"format"` // md, docx, pdf, json
	Folder       string `json:"folder"` // absolute
	Name         string `json:"name"`   // of the file, its ending as well or not
	Sealed       bool   `json:"sealed"`
	Values       bool   `json:"values"` // values in place of their stand-ins
}

// TakenView says what was written.
type TakenView struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
	Entry  int64  `json:"entry"` // of the export on record
	Sealed bool   `json:"sealed"`
}

// ExportTerms says how a conversation may be taken along.
func (a *App) ExportTerms() (ExportTermsView, error) {
	terms, err := a.session.ExportTerms()
	return ExportTermsView{
		Formats: viewsOf(terms.Formats, func(f export.Format) string { return string(f) }),
		Plain:   terms.Plain, Recipients: len(terms.Recipients), Folder: folder(),
	}, err
}

// folder is where files are chosen and written unless the user says otherwise; "" where there is no home.
func folder() string {
	if reached := lockdown.Folders(); len(reached) > 0 {
		return reached[0] // the window reaches no other part of the home
	}
	home, _ := os.UserHomeDir()
	return home
}

// ExportConversation writes a conversation to a file. Cancel("take-along") ends it.
func (a *App) ExportConversation(q TakeAlongQuery) (TakenView, error) {
	x, err := conversationExportOf(q)
	if err != nil {
		return TakenView{}, err
	}
	ctx, _, end := a.job("take-along")
	defer end()
	defer a.emitStatus() // it is on record, also where it failed
	out, err := a.session.ExportConversation(ctx, x)
	return takenView(out), err
}

// TakenOneView is what became of one of several conversations.
type TakenOneView struct {
	Conversation string     `json:"conversation"`
	Taken        TakenView  `json:"taken"`
	Fault        *FaultView `json:"fault"` // why it was not written
}

// ExportConversations writes several conversations, each to a file of its own, numbered from q.Name; q.Conversation is not
// looked at. Cancel("take-along") ends it: what was written by then stays.
func (a *App) ExportConversations(ids []string, q TakeAlongQuery) ([]TakenOneView, error) {
	one, err := conversationExportOf(q)
	if err != nil {
		return nil, err
	}
	if _, err := a.session.ExportTerms(); err != nil {
		return nil, err // locked: said once
	}
	dir, name := filepath.Split(strings.TrimSuffix(one.Path, "."+q.Format))
	ctx, report, end := a.job("take-along")
	defer end()
	defer a.emitStatus()
	out := a.session.ExportConversations(ctx, session.ConversationsExport{
		IDs:    viewsOf(ids, func(id string) history.ConversationID { return history.ConversationID(id) }),
		Format: one.Format, Dir: dir, Name: name, Sealed: q.Sealed, Values: q.Values,
	}, func(done int) { report("writing", int64(done), int64(len(ids))) })
	return viewsOf(out, func(o session.ConversationOutcome) TakenOneView {
		v := TakenOneView{Conversation: string(o.ID), Taken: takenView(o.Exported)}
		if o.Fault != nil {
			v.Fault = faultView(o.Fault)
		}
		return v
	}), nil
}

func takenView(out session.ConversationExported) TakenView {
	return TakenView{Path: out.Path, Size: out.Size, SHA256: out.SHA256, Entry: out.Entry, Sealed: len(out.Sealed) > 0}
}

// conversationExportOf takes no file name that leads out of the folder.
func conversationExportOf(q TakeAlongQuery) (session.ConversationExport, error) {
	name := strings.TrimSpace(q.Name)
	if !filepath.IsAbs(q.Folder) || name == "" || name != filepath.Base(name) || strings.HasPrefix(name, ".") {
		return session.ConversationExport{}, fault.New(fault.BadInput, nil)
	}
	if ending := "." + q.Format; filepath.Ext(name) != ending {
		name += ending
	}
	return session.ConversationExport{
		ID: history.ConversationID(q.Conversation), Format: export.Format(q.Format), Path: filepath.Join(q.Folder, name),
		Sealed: q.Sealed, Values: q.Values,
	}, nil
}
