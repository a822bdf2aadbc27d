package session

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/export"
	"subrosa/internal/export/bundle"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/policy"
	"subrosa/internal/redact"
)

// AuditExport is what to put into an audit bundle.
type AuditExport struct {
	Dir        string   // an existing directory, on a removable drive as a rule
	Recipients []string // age recipients; where the policy names compliance's, these or none
	Compress   bool     // OCSF and FHIR with gzip
	Since      time.Time
	Until      time.Time
	Matter     history.MatterID
	Progress   func(step export.Step, done, total int64) // may be nil
}

// AuditExported says what lies on the target.
type AuditExported struct {
	Path       string
	Entries    int64 // in the bundle
	Size       int64 // of the record
	Root       string
	Bytes      int64
	Resumed    int // parts that an earlier try had finished
	Recipients []string
	Unrecorded *fault.Fault // why the export itself is not on record; nil as a rule
	Evidence   bool         // the record does not verify: a copy of its files, and no bundle
}

// Drives lists the removable drives.
func (s *Session) Drives() ([]export.Drive, error) {
	list, err := export.Drives()
	if errors.Is(err, export.ErrNoDrives) {
		return nil, fault.New(fault.DrivesUnknown, err)
	}
	return list, fault.Of(err, fault.Internal)
}

// ExportAudit writes an audit bundle. It is on record before it starts, and how it ended is. A record that can no longer be
// written is exported all the same as far as its checkpoint reaches, and one that does not verify as a copy for evidence.
// Cancelling ctx, or Lock, stops it; the same call goes on where it stopped.
func (s *Session) ExportAudit(ctx context.Context, x AuditExport) (AuditExported, error) {
	o, err := s.ready()
	if err != nil {
		return AuditExported{}, err
	}
	if err := o.require(policy.ExportRecord, "", nil); err != nil {
		return AuditExported{}, err
	}
	if x.Recipients, err = o.bundleRecipients(x.Recipients); err != nil {
		return AuditExported{}, err
	}
	b := export.Bundle{
		Dir: x.Dir, Journal: filepath.Join(s.opts.Home, "export.json"), Source: export.Source{Origin: o.origin(), Version: s.opts.Version},
		Recipients: x.Recipients, Compress: x.Compress, Since: x.Since, Until: x.Until, Matter: string(x.Matter), Made: time.Now(),
	}
	if x.Matter != "" {
		if b.InMatter, err = o.inMatter(ctx, x.Matter); err != nil {
			return AuditExported{}, err
		}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	b.Progress = func(step export.Step, done, total int64) {
		if _, err := s.ready(); err != nil {
			stop() // locked meanwhile
		}
		if x.Progress != nil {
			x.Progress(step, done, total)
		}
	}
	return o.exportAudit(ctx, b, filepath.Join(s.opts.Home, "audit"))
}

func (o *open) exportAudit(ctx context.Context, b export.Bundle, dir string) (AuditExported, error) {
	out := AuditExported{Recipients: b.Recipients}
	_, err := o.noteSeq(audit.Entry{Action: audit.AuditExport, Matter: b.Matter, Result: "begun", Detail: sealedTo(b.Recipients)})
	if err != nil {
		out.Unrecorded = fault.From(err)
		b.Unrecorded = string(out.Unrecorded.Code)
	}
	if o.record == nil {
		out.Evidence = true
		out.Path, err = b.WriteEvidence(ctx, dir, out.Unrecorded.Error())
		return out, exportFault(err)
	}
	snap, err := o.record.Snapshot()
	if err != nil {
		return AuditExported{}, errors.Join(recordFault(err), o.noteExport(audit.AuditExport, "", recordFault(err), ""))
	}
	defer snap.Close()
	written, err := b.Write(ctx, snap)
	if err != nil {
		err = exportFault(err)
		return AuditExported{}, errors.Join(err, o.noteExport(audit.AuditExport, "", err, ""))
	}
	out.Path, out.Entries, out.Size, out.Root = written.Path, written.Manifest.Entries, written.Manifest.Size, written.Manifest.Root
	out.Bytes, out.Resumed = written.Bytes, written.Resumed
	if out.Unrecorded != nil {
		return out, nil
	}
	detail := fmt.Sprintf("%d of %d entries, %s", out.Entries, out.Size, sealedTo(b.Recipients))
	return out, o.noteExport(audit.AuditExport, "", nil, detail)
}

// bundleRecipients is whom a bundle is sealed to: compliance, where the policy says who that is.
func (o *open) bundleRecipients(asked []string) ([]string, error) {
	named := o.policy.Roles.ComplianceRecipients
	if len(named) == 0 {
		_, err := export.Recipients(asked)
		return asked, exportFault(err)
	}
	for _, a := range asked {
		if !slices.Contains(named, a) {
			return nil, o.denied(policy.ExportRecord, "", policy.ErrOff)
		}
	}
	return named, nil
}

// inMatter tells which conversations are a matter's: those that are in it, and those that were erased in it. The matter
// itself may be erased.
func (o *open) inMatter(ctx context.Context, id history.MatterID) (func(string) bool, error) {
	list, err := o.history.Conversations(ctx)
	if err != nil {
		return nil, historyFault(err)
	}
	in := map[string]bool{}
	for _, c := range list {
		if c.Matter == id {
			in[string(c.ID)] = true
		}
	}
	_, gone := o.history.Matter(ctx, id)
	const chunk = 4096
	for from := int64(0); o.record != nil && from < o.record.Size(); from += chunk {
		entries, err := o.record.Entries(from, chunk)
		if err := cmp.Or(err, ctx.Err()); err != nil {
			return nil, recordFault(err)
		}
		for _, e := range entries {
			if e.Matter != string(id) {
				continue
			}
			gone = nil
			if e.Action == audit.ConversationDelete || e.Action == audit.Retention {
				in[e.Conversation] = true
			}
		}
	}
	return func(conversation string) bool { return in[conversation] }, matterFault(gone)
}

// ConversationExport is a conversation to be written down.
type ConversationExport struct {
	ID     history.ConversationID
	Format export.Format
	Path   string // the file; its name must be free. Sealed files get the ending ".age"
	Sealed bool   // encrypt to the policy's recipients though it would allow a plain file
	Values bool   // write pseudonymised values as their reader sees them, and not their tokens
}

// ConversationExported says what was written.
type ConversationExported struct {
	Path   string
	Size   int64
	SHA256 string // hex
	Entry  int64  // of the export on record, as the document says too
	Sealed []string
}

// ExportTerms is how the policy lets a conversation be taken along.
type ExportTerms struct {
	Formats    []export.Format // none: not at all
	Plain      bool            // whether it may be written in the clear
	Recipients []string        // whom it can be sealed to
}

// ExportTerms returns them.
func (s *Session) ExportTerms() (ExportTerms, error) {
	o, err := s.ready()
	if err != nil {
		return ExportTerms{}, err
	}
	may := o.policy.Export
	terms := ExportTerms{Plain: may.Plain, Recipients: may.Recipients}
	for _, f := range export.Formats() {
		if may.Conversations && may.Allows(policyFormat(f)) {
			terms.Formats = append(terms.Formats, f)
		}
	}
	return terms, nil
}

// ExportConversation writes the chosen branch of a conversation, with where it comes from. The policy says whether, in
// which formats, and sealed to whom. Without a record there is no export.
func (s *Session) ExportConversation(ctx context.Context, x ConversationExport) (ConversationExported, error) {
	o, err := s.ready()
	if err != nil {
		return ConversationExported{}, err
	}
	if err := o.mayExport(x); err != nil {
		return ConversationExported{}, err
	}
	document, masked, err := o.document(ctx, x.ID, x.Values)
	if err != nil {
		return ConversationExported{}, err
	}
	f := export.File{Path: x.Path}
	if x.Sealed || !o.policy.Export.Plain {
		f.Recipients = o.policy.Export.Recipients
		if len(f.Recipients) == 0 {
			return ConversationExported{}, fault.New(fault.RecipientInvalid, errors.New("the policy names no recipients of exports"))
		}
		f.Path += bundle.Encrypted
	}
	// Of where it goes the record keeps nothing: a file's name may say what nobody redacted.
	intent := audit.Entry{
		Action: audit.ConversationExport, Conversation: string(x.ID), Result: "begun",
		Detail: string(x.Format) + ", " + sealedTo(f.Recipients), Redactions: masked,
	}
	if x.Values {
		intent.Detail += ", with values"
	}
	out := ConversationExported{Path: f.Path, Sealed: f.Recipients}
	if out.Entry, err = o.noteSeq(intent); err != nil {
		return ConversationExported{}, err
	}
	document.Entry, document.Program, document.Made = out.Entry, s.opts.Version, time.Now()
	written, err := f.Write(ctx, func(w io.Writer) error { return export.WriteConversation(w, x.Format, document) })
	if err != nil {
		err = exportFault(err)
		return ConversationExported{}, errors.Join(err, o.noteExport(audit.ConversationExport, string(x.ID), err, ""))
	}
	out.Size, out.SHA256 = written.Size, written.SHA256
	return out, o.noteExport(audit.ConversationExport, string(x.ID), nil, "sha256 "+written.SHA256)
}

func (o *open) mayExport(x ConversationExport) error {
	if !slices.Contains(export.Formats(), x.Format) {
		return fault.New(fault.BadInput, export.ErrFormat)
	}
	if err := o.require(policy.ExportConversation, string(x.ID), nil); err != nil {
		return err
	}
	if !o.policy.Export.Allows(policyFormat(x.Format)) {
		return o.denied(policy.ExportConversation, string(x.ID), policy.ErrOff)
	}
	return nil
}

// policyFormat is what the policy calls a format.
func policyFormat(f export.Format) policy.Format {
	switch f {
	case export.PDF:
		return policy.PDF
	case export.DOCX:
		return policy.DOCX
	case export.JSON:
		return policy.JSON
	}
	return policy.Markdown
}

// document also returns how many values were masked by type that were not when they were stored.
func (o *open) document(ctx context.Context, id history.ConversationID, values bool) (export.Conversation, map[string]int, error) {
	c, err := o.history.Conversation(ctx, id)
	if err != nil {
		return export.Conversation{}, nil, historyFault(err)
	}
	messages, err := o.history.Messages(ctx, id)
	if err != nil {
		return export.Conversation{}, nil, historyFault(err)
	}
	summaries, told, err := o.told(ctx, id, messages)
	if err != nil {
		return export.Conversation{}, nil, historyFault(err)
	}
	all := slices.Concat(messages, told)
	masked, err := o.maskAsNow(ctx, id, &c.Title, all)
	if err == nil && values {
		err = errors.Join(o.read(ctx, id, &c.Title), o.readMessages(ctx, id, all))
	}
	if err != nil {
		return export.Conversation{}, nil, err
	}
	messages, told = all[:len(messages)], all[len(messages):]
	d := export.Conversation{Title: c.Title, Values: values}
	d.Policy, d.Origin, d.Conversation, d.Actor = o.policy.Version, o.origin(), string(id), o.actor
	names := o.modelNames()
	nameOf := func(model string) string {
		used := export.ModelUsed{Name: names[model], SHA256: model}
		if used.Name == "" {
			used.Name = "a model that is no longer here"
		}
		if !slices.Contains(d.Models, used) {
			d.Models = append(d.Models, used)
		}
		return used.Name
	}
	for _, m := range messages {
		line := export.Message{Who: "Prompt", Time: m.CreatedAt, Text: m.Text, Entry: m.AuditSeq}
		if m.Role == history.Assistant {
			line.Who, line.Markdown = "Answer of "+nameOf(m.Model), true
		}
		if m.Status != history.Complete {
			line.Note = string(m.Status)
		}
		d.Messages = append(d.Messages, line)
		for i, s := range summaries {
			if s.After == m.ID {
				line := export.Message{Who: nameOf(s.Model), Text: told[i].Text, Markdown: true, SummaryOf: s.Messages, Entry: s.AuditSeq}
				d.Messages = append(d.Messages, line)
			}
		}
	}
	d.Documents, err = o.documentsUsed(ctx, id, messages)
	return d, masked, err
}

// told returns the summaries of a branch's messages, and their texts as messages, to be masked like answers.
func (o *open) told(ctx context.Context, id history.ConversationID, branch []history.Message) (summaries []history.Summary, texts []history.Message, err error) {
	all, err := o.history.Summaries(ctx, id)
	for _, s := range all {
		if slices.ContainsFunc(branch, func(m history.Message) bool { return m.ID == s.After }) {
			summaries, texts = append(summaries, s), append(texts, history.Message{Role: history.Assistant, Text: s.Text})
		}
	}
	return summaries, texts, err
}

// documentsUsed returns the documents that answers of a branch were made from. A document's name is masked as a title is.
func (o *open) documentsUsed(ctx context.Context, id history.ConversationID, messages []history.Message) (used []export.DocumentUsed, err error) {
	all, err := o.history.Sources(ctx, id)
	if err != nil {
		return nil, historyFault(err)
	}
	at := map[history.DocumentID]int{}
	for _, m := range messages {
		for _, source := range all[m.ID] {
			i, ok := at[source.Document]
			if !ok {
				i = len(used)
				at[source.Document] = i
				d, err := o.history.Document(ctx, source.Document)
				if missingIsEmpty(err) != nil {
					return nil, historyFault(err)
				}
				name, _ := o.redactor.Text(d.Name)
				used = append(used, export.DocumentUsed{Name: name, SHA256: source.SHA256})
			}
			used[i].Of = max(used[i].Of, source.Of, source.Pages)
			for _, p := range source.Passages {
				if !slices.Contains(used[i].Pages, p.Page) {
					used[i].Pages = append(used[i].Pages, p.Page)
				}
			}
			slices.Sort(used[i].Pages)
		}
	}
	return used, nil
}

// maskAsNow masks, in texts as they are stored, what the policy masks today and did not when they were written: what
// leaves the workstation is under the policy of the day. Tokens stay, and no new ones are given.
func (o *open) maskAsNow(ctx context.Context, id history.ConversationID, title *string, messages []history.Message) (map[string]int, error) {
	table, err := o.table(ctx, id, "")
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	mask := func(text *string, r *redact.Redactor) {
		masked, spans := r.For(table, redact.Title).Text(*text)
		*text = masked
		for _, s := range spans {
			if s.Action == redact.Mask || s.Action == redact.Block {
				counts[string(s.Type)]++
			}
		}
	}
	mask(title, o.redactor)
	for i, m := range messages {
		r := o.redactor
		if m.Role == history.Assistant {
			r = o.answer
		}
		mask(&messages[i].Text, r)
	}
	return counts, nil
}

// modelNames knows models by their hash. A manifest that does not verify gives no name.
func (o *open) modelNames() map[string]string {
	names := map[string]string{}
	list, _ := o.vault.List()
	for _, m := range list {
		names[m.SHA256] = m.Name
	}
	return names
}

// noteSeq is note, for who needs the entry's number.
func (o *open) noteSeq(e audit.Entry) (int64, error) {
	if o.stopped != nil {
		return 0, o.stopped
	}
	e.Actor, e.Policy = o.actor, o.policy.Version
	seq, err := o.record.Append(e)
	if err != nil {
		return 0, recordFault(err)
	}
	return seq, nil
}

// noteExport puts on record how an export ended.
func (o *open) noteExport(action audit.Action, conversation string, failed error, detail string) error {
	e := audit.Entry{Action: action, Conversation: conversation, Result: "complete", Detail: detail}
	if failed != nil {
		f := fault.From(failed)
		e.Result, e.Detail = "failed", string(f.Code)
		if f.Code == fault.ExportCancelled {
			e.Result, e.Detail = "cancelled", ""
		}
	}
	return o.note(e)
}

// sealedTo names recipients by a short hash: enough to compare, too little to be mistaken for the recipient.
func sealedTo(recipients []string) string {
	if len(recipients) == 0 {
		return "in the clear"
	}
	out := "sealed to"
	for _, r := range recipients {
		sum := audit.Commit([32]byte{}, r)
		out += " " + string(sum)[:min(len(sum), hex.EncodedLen(4))]
	}
	return out
}

func exportFault(err error) error {
	if errors.Is(err, export.ErrRecord) {
		return chat.RecordFault(err)
	}
	return fault.Of(
		err, fault.Internal,
		fault.Cause{Err: context.Canceled, Code: fault.ExportCancelled},
		fault.Cause{Err: export.ErrRecipient, Code: fault.RecipientInvalid},
		fault.Cause{Err: fs.ErrExist, Code: fault.ExportExists},
		fault.Cause{Err: export.ErrReadBack, Code: fault.ExportUnreadable},
		fault.Cause{Err: fs.ErrPermission, Code: fault.OutOfReach},
		fault.Cause{Err: export.ErrRoom, Code: fault.ExportRoom},
		fault.Cause{Err: export.ErrTarget, Code: fault.ExportTarget},
	)
}
