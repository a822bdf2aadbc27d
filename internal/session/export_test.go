package session

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/export"
	"subrosa/internal/export/bundle"
	"subrosa/internal/fault"
	"subrosa/internal/history"
)

func recipient(t *testing.T) string {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id.Recipient().String()
}

func TestAnExportIsOnRecordBeforeItStartsAndHowItEnded(t *testing.T) {
	s := unlocked(t, testOptions(t))
	dir := t.TempDir()
	out, err := s.ExportAudit(t.Context(), AuditExport{Dir: dir, Progress: func(step export.Step, _, _ int64) {
		if _, n := lastEntry(t, s, audit.AuditExport); n != 1 {
			t.Fatalf("%d entries while %s", n, step)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	last, n := lastEntry(t, s, audit.AuditExport)
	if n != 2 || last.Result != "complete" || !strings.HasSuffix(last.Detail, "in the clear") || strings.Contains(last.Detail, dir) {
		t.Errorf("%d entries, the last %+v", n, last)
	}
	r, err := bundle.Verify(out.Path, bundle.Options{})
	if err != nil || r.Manifest.Size != out.Size || out.Entries != out.Size || r.Manifest.Unrecorded != "" {
		t.Errorf("%+v, %v", r.Manifest, err)
	}
	_, err = s.ExportAudit(t.Context(), AuditExport{Dir: filepath.Join(dir, "nowhere")})
	wantFault(t, err, fault.ExportTarget)
	if last, n = lastEntry(t, s, audit.AuditExport); n != 4 || last.Result != "failed" || last.Detail != "export_target" {
		t.Errorf("%d entries, the last %+v", n, last)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = s.ExportAudit(ctx, AuditExport{Dir: dir, Progress: func(export.Step, int64, int64) { cancel() }})
	wantFault(t, err, fault.ExportCancelled)
	if last, _ = lastEntry(t, s, audit.AuditExport); last.Result != "cancelled" {
		t.Errorf("%+v", last)
	}
}

// Whoever asks for a matter gets what was said in it, also after it was erased.
func TestAnExportOfAMatterHasWhatWasErasedInIt(t *testing.T) {
	s := unlocked(t, testOptions(t))
	m, err := s.CreateMatter(t.Context(), "Ward")
	if err != nil {
		t.Fatal(err)
	}
	var ids []history.ConversationID
	for _, in := range []history.MatterID{m.ID, m.ID, ""} {
		if _, err := s.Send(t.Context(), chat.Prompt{Matter: in, Text: "hello", MaxTokens: 2}, &listener{}); err != nil {
			t.Fatal(err)
		}
		e, _ := lastEntry(t, s, audit.Prompt)
		ids = append(ids, history.ConversationID(e.Conversation))
	}
	prompts := func() (in []history.ConversationID) {
		t.Helper()
		out, err := s.ExportAudit(t.Context(), AuditExport{Dir: t.TempDir(), Matter: m.ID})
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(out.Path, "entries-000001.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			e, err := audit.Decode(bytes.TrimSuffix(line, []byte("\n")))
			if err != nil {
				t.Fatal(err)
			}
			if e.Action == audit.Prompt {
				in = append(in, history.ConversationID(e.Conversation))
			}
		}
		return in
	}
	for _, erased := range []history.Erasure{{}, {Conversations: ids[:1]}, {Matters: []history.MatterID{m.ID}}} {
		if err := s.Erase(t.Context(), erased); err != nil {
			t.Fatal(err)
		}
		if got := prompts(); !slices.Equal(got, ids[:2]) {
			t.Errorf("after erasing %+v: prompts of %v, want %v", erased, got, ids[:2])
		}
	}
	_, err = s.ExportAudit(t.Context(), AuditExport{Dir: t.TempDir(), Matter: "nobody's"})
	wantFault(t, err, fault.MatterMissing)
}

func TestLockEndsAnExport(t *testing.T) {
	s := unlocked(t, testOptions(t))
	dir := t.TempDir()
	locked := false
	_, err := s.ExportAudit(t.Context(), AuditExport{Dir: dir, Progress: func(export.Step, int64, int64) {
		if !locked {
			locked = true
			if err := s.Lock(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}})
	if err == nil {
		t.Fatal("an export outlives the lock")
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "subrosa-audit-*")); len(found) > 0 {
		t.Errorf("%v", found)
	}
}

func TestPolicySaysWhatMayLeaveAndSealedToWhom(t *testing.T) {
	o, key := testOptions(t), itKey(t)
	s := unlocked(t, o)
	compliance, other := recipient(t), recipient(t)
	install(t, o.PolicyDir, key, 1, "roles: {compliance_recipients: ["+compliance+"]}\nexport: {formats: [pdf], plain: false, recipients: ["+other+"]}\n")
	s = again(t, s, o)
	c, err := s.open.history.CreateConversation(t.Context(), "", "a title")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	out, err := s.ExportAudit(t.Context(), AuditExport{Dir: dir})
	if err != nil || len(out.Recipients) != 1 || out.Recipients[0] != compliance {
		t.Fatalf("%+v, %v", out, err)
	}
	if _, err := os.Stat(filepath.Join(out.Path, "report.html.age")); err != nil {
		t.Error(err)
	}
	_, err = s.ExportAudit(t.Context(), AuditExport{Dir: dir, Recipients: []string{other}})
	wantFault(t, err, fault.PolicyDenied)

	sealed, err := s.ExportConversation(t.Context(), ConversationExport{ID: c.ID, Format: export.PDF, Path: filepath.Join(dir, "c.pdf")})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "c.pdf.age"))
	if err != nil || !strings.HasPrefix(string(data), "age-encryption.org/") || sealed.Path != filepath.Join(dir, "c.pdf.age") {
		t.Errorf("%+v, %v", sealed, err)
	}
	_, err = s.ExportConversation(t.Context(), ConversationExport{ID: c.ID, Format: export.Markdown, Path: filepath.Join(dir, "c.md")})
	wantFault(t, err, fault.PolicyDenied)
	if _, n := lastEntry(t, s, audit.RoleDenied); n != 2 {
		t.Errorf("%d denials on record", n)
	}
	install(t, o.PolicyDir, key, 2, "export: {audit: false, conversations: false}\n")
	s = again(t, s, o)
	_, err = s.ExportAudit(t.Context(), AuditExport{Dir: dir})
	wantFault(t, err, fault.PolicyDenied)
	_, err = s.ExportConversation(t.Context(), ConversationExport{ID: c.ID, Format: export.PDF, Path: filepath.Join(dir, "d.pdf")})
	wantFault(t, err, fault.PolicyDenied)
}

func TestARecordThatCannotBeWrittenIsExportedAllTheSame(t *testing.T) {
	s := unlocked(t, testOptions(t))
	if err := s.open.record.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	size := s.open.record.Size()
	s.open.stopped = fault.New(fault.DiskFull, errors.New("as if"))
	out, err := s.ExportAudit(t.Context(), AuditExport{Dir: t.TempDir()})
	if err != nil || out.Unrecorded == nil || out.Entries != size {
		t.Fatalf("%+v, %v", out, err)
	}
	if r, err := bundle.Verify(out.Path, bundle.Options{}); err != nil || r.Manifest.Unrecorded != "disk_full" {
		t.Errorf("%+v, %v", r.Manifest, err)
	}
	// A conversation without a record is not.
	_, err = s.ExportConversation(t.Context(), ConversationExport{ID: "x", Format: export.PDF, Path: filepath.Join(t.TempDir(), "x.pdf")})
	if err == nil {
		t.Error("a conversation left without being recorded")
	}
}

// What was stored under a milder policy leaves under the one of the day.
func TestAnExportMasksWhatThePolicyMasksNow(t *testing.T) {
	o, key := testOptions(t), itKey(t)
	install(t, o.PolicyDir, key, 1, "redaction: {types: [{type: EMAIL_ADDRESS, prompt: allow, answer: allow}, {type: PERSON, prompt: pseudonymise}]}\n")
	s := unlocked(t, o)
	out, err := s.Send(t.Context(), chat.Prompt{Text: "Mr. Leiva, leiva@example.org", MaxTokens: 3}, &listener{})
	if err != nil || out.User.Text != "Mr. Leiva, leiva@example.org" {
		t.Fatal(out.User.Text, err)
	}
	id, dir := out.Conversation.ID, t.TempDir()
	exported := func(name string, values bool) string {
		t.Helper()
		x := ConversationExport{ID: id, Format: export.Markdown, Path: filepath.Join(dir, name), Values: values}
		if _, err := s.ExportConversation(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(x.Path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if text := exported("before.md", false); !strings.Contains(text, "Mr. [PERSON_1], leiva@example.org") {
		t.Error(text)
	}
	install(t, o.PolicyDir, key, 2, "redaction: {types: [{type: PERSON, prompt: pseudonymise}]}\n")
	s = again(t, s, o)
	if text := exported("after.md", false); !strings.Contains(text, "Mr. [PERSON_1], [EMAIL]") || strings.Contains(text, "leiva@") {
		t.Error(text)
	}
	begun, _ := lastEntry(t, s, audit.ConversationExport)
	if entries, err := s.open.record.Entries(begun.Seq-1, 1); err != nil || entries[0].Redactions["EMAIL_ADDRESS"] == 0 {
		t.Errorf("%+v, %v", entries, err)
	}
	if text := exported("values.md", true); !strings.Contains(text, "Mr. Leiva, [EMAIL]") || strings.Contains(text, "leiva@") {
		t.Error(text)
	}
	if _, messages, err := s.Conversation(t.Context(), id); err != nil || messages[0].Text != "Mr. Leiva, leiva@example.org" {
		t.Error("the stored text was changed", messages, err)
	}
}

func TestTheTermsOfAnExportAreThePolicys(t *testing.T) {
	o, key := testOptions(t), itKey(t)
	s := unlocked(t, o)
	terms, err := s.ExportTerms()
	if err != nil || len(terms.Formats) != len(export.Formats()) || !terms.Plain || len(terms.Recipients) != 0 {
		t.Errorf("%+v, %v", terms, err)
	}
	to := recipient(t)
	install(t, o.PolicyDir, key, 1, "export: {formats: [docx], plain: false, recipients: ["+to+"]}\n")
	s = again(t, s, o)
	terms, err = s.ExportTerms()
	if err != nil || !slices.Equal(terms.Formats, []export.Format{export.DOCX}) || terms.Plain || !slices.Equal(terms.Recipients, []string{to}) {
		t.Errorf("%+v, %v", terms, err)
	}
	install(t, o.PolicyDir, key, 2, "export: {conversations: false}\n")
	s = again(t, s, o)
	if terms, err = s.ExportTerms(); err != nil || len(terms.Formats) != 0 {
		t.Errorf("%+v, %v", terms, err)
	}
}
