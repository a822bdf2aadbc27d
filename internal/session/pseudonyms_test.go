package session

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/export"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/redact"
)

const pseudonymPolicy = `redaction:
  types:
    - {type: PERSON, prompt: pseudonymise, answer: pseudonymise}
    - {type: EMAIL_ADDRESS, prompt: pseudonymise, answer: pseudonymise}
`

func TestPseudonymsFromThePromptToTheReaderAndBack(t *testing.T) {
	o, key := testOptions(t), itKey(t)
	install(t, o.PolicyDir, key, 1, pseudonymPolicy)
	s := unlocked(t, o)
	const text = "hello from Mr. Leiva, leiva@example.org, SSN 536-22-1234"
	out, err := s.Send(t.Context(), chat.Prompt{Text: text, MaxTokens: 3}, &listener{})
	if err != nil {
		t.Fatal(err)
	}
	const read, sent = "hello from Mr. Leiva, leiva@example.org, SSN [SSN]", "hello from Mr. [PERSON_1], [EMAIL_1], SSN [SSN]"
	if out.Sent != sent || out.User.Text != read || out.Conversation.Title != read {
		t.Errorf("sent %q, outcome %+v", out.Sent, out.Begun)
	}
	id := out.Conversation.ID
	second, err := s.Send(t.Context(), chat.Prompt{Conversation: id, Text: "and Mr. Adeyemi, not Mr. Leiva", MaxTokens: 3}, &listener{})
	if err != nil || second.Sent != "and Mr. [PERSON_2], not Mr. [PERSON_1]" {
		t.Fatal(second.Sent, err)
	}

	// Wherever the reader looks.
	c, messages, err := s.Conversation(t.Context(), id)
	if err != nil || c.Title != read || messages[0].Text != read {
		t.Errorf("%q, %q, %v", c.Title, messages[0].Text, err)
	}
	page, err := s.Page(t.Context(), id, "", 10)
	if err != nil || page.Messages[2].Text != "and Mr. Adeyemi, not Mr. Leiva" {
		t.Error(page.Messages, err)
	}
	row, err := s.Row(t.Context(), id)
	list, listErr := s.List(t.Context(), history.Filter{})
	all, allErr := s.Conversations(t.Context())
	if err != nil || listErr != nil || allErr != nil || row.Title != read || list[0].Title != read || all[0].Title != read {
		t.Error(row, list, all, err, listErr, allErr)
	}
	for _, words := range []string{"leiva", "Adey", `"from Mr. Leiva"`} {
		found, err := s.Search(t.Context(), history.Query{Text: words})
		if err != nil || len(found.Hits) == 0 {
			t.Fatalf("%s: %+v, %v", words, found, err)
		}
		for _, h := range found.Hits {
			var snippet string
			for _, p := range h.Snippet {
				snippet += p.Text
			}
			if h.Title != read || strings.Contains(snippet, "PERSON") {
				t.Errorf("%s: %q in %q", words, snippet, h.Title)
			}
		}
	}
	checked, err := s.Check(t.Context(), id, "Mr. Adeyemi and Mr. Okafor", "")
	if err != nil || checked.Masked != "Mr. [PERSON_2] and Mr. [PERSON_3]" || !checked.MayMask || checked.MayPseudonymise {
		t.Error(checked, err)
	}
	if err := s.Rename(t.Context(), id, "Mr. Leiva and Mr. Okafor"); err != nil {
		t.Fatal(err)
	}
	if row, _ := s.Row(t.Context(), id); !strings.Contains(row.Title, "Mr. Leiva") || strings.Contains(row.Title, "Okafor") {
		t.Errorf("a title gives no new tokens, and masks what has none: %q", row.Title)
	}

	// What leaves has tokens, unless values are asked for; that is on record.
	for values, want := range map[bool]string{false: "[PERSON_1]", true: "Leiva"} {
		path := filepath.Join(t.TempDir(), "out.md")
		if _, err := s.ExportConversation(t.Context(), ConversationExport{ID: id, Format: export.Markdown, Path: path, Values: values}); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil || !strings.Contains(strings.ReplaceAll(string(b), `\`, ""), want) || !values && strings.Contains(string(b), "Leiva") || values != strings.Contains(string(b), "in clear") {
			t.Errorf("values %v: %s, %v", values, b, err)
		}
	}
	exports := 0
	for _, e := range entriesOf(t, s) {
		if e.Action == audit.ConversationExport && strings.Contains(e.Detail, "with values") {
			exports++
		}
	}
	if exports != 1 {
		t.Errorf("%d exports with values on record", exports)
	}

	// What is erased takes its values along; others stay.
	if err := s.Erase(t.Context(), history.Erasure{Messages: []history.MessageID{second.User.ID}}); err != nil {
		t.Fatal(err)
	}
	left, err := s.StandIns(t.Context(), id)
	if err != nil || len(left) != 2 || left[0].Value != "leiva@example.org" || left[1] != (redact.StandIn{Token: "[PERSON_1]", Type: redact.Person, Value: "Leiva"}) {
		t.Error(left, err)
	}
	if err := s.Delete(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if left, err := s.StandIns(t.Context(), id); err != nil || len(left) > 0 {
		t.Error("the table outlived its conversation", err)
	}
	if err := s.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadFile(filepath.Join(o.Home, "audit", "entries"))
	if err != nil || strings.Contains(strings.ToLower(string(entries)), "leiva") || !strings.Contains(string(entries), `"PERSON":`) {
		t.Error("the record holds a value, or no count", err)
	}
}

func entriesOf(t *testing.T, s *Session) []audit.Entry {
	t.Helper()
	entries, err := s.RecordEntries(0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func TestTheUserMayChooseWhatThePolicyLets(t *testing.T) {
	o, key := testOptions(t), itKey(t)
	s := unlocked(t, o)
	p := chat.Prompt{Text: "to ann@example.org", Instead: redact.Pseudonymise, MaxTokens: 3}
	_, err := s.Send(t.Context(), p, &listener{})
	wantFault(t, err, fault.PolicyDenied)
	if e, _ := lastEntry(t, s, audit.RoleDenied); e.Result != "denied" {
		t.Errorf("on record: %+v", e)
	}
	p.Instead = "loudly"
	_, err = s.Send(t.Context(), p, &listener{})
	wantFault(t, err, fault.BadInput)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	install(t, o.PolicyDir, key, 1, "redaction: {user_pseudonyms: true}\n")
	s = unlocked(t, o)
	if c, err := s.Check(t.Context(), "", p.Text, ""); err != nil || !c.MayPseudonymise || c.Masked != "to [EMAIL]" {
		t.Error(c, err)
	}
	if c, err := s.Check(t.Context(), "", p.Text, redact.Pseudonymise); err != nil || !c.MayMask || c.Masked != "to [EMAIL_1]" {
		t.Error(c, err)
	}
	p.Instead = redact.Pseudonymise
	out, err := s.Send(t.Context(), p, &listener{})
	if err != nil || out.Sent != "to [EMAIL_1]" || out.User.Text != p.Text {
		t.Errorf("%+v, %v", out, err)
	}
	if e, _ := lastEntry(t, s, audit.Prompt); e.Detail != "by choice: pseudonymise" {
		t.Errorf("on record: %q", e.Detail)
	}
}
