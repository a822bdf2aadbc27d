package app

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"subrosa/internal/fault"
)

func TestAConversationIsTakenAlongAsPolicySays(t *testing.T) {
	a, h := unlockedApp(t)
	started, err := a.Send(PromptView{Text: "hello, SSN 219-09-9999"})
	if err != nil {
		t.Fatal(err)
	}
	h.ended(t, started.Assistant.Turn)
	terms, err := a.ExportTerms()
	if err != nil || strings.Join(terms.Formats, " ") != "md docx pdf json" || !terms.Plain || terms.Folder == "" {
		t.Fatalf("%+v, %v", terms, err)
	}
	q := TakeAlongQuery{Conversation: started.Conversation.ID, Folder: t.TempDir(), Name: "note"}
	for format, begins := range map[string]string{"pdf": "%PDF-", "docx": "PK\x03\x04", "md": "# hello", "json": "{"} {
		q.Format = format
		out, err := a.ExportConversation(q)
		if err != nil || out.Path != filepath.Join(q.Folder, "note."+format) || out.Entry == 0 || out.Sealed {
			t.Fatalf("%s: %+v, %v", format, out, err)
		}
		data, err := os.ReadFile(out.Path)
		if err != nil || !strings.HasPrefix(string(data), begins) || strings.Contains(string(data), "219-09-9999") {
			t.Errorf("%s: %v, %.20q", format, err, data)
		}
	}
	if _, err = a.ExportConversation(q); fault.From(err).Code != fault.ExportExists {
		t.Error(err)
	}
	ids := []string{q.Conversation, "gone", q.Conversation}
	several := q
	several.Format, several.Folder, several.Conversation = "md", t.TempDir(), ""
	outcomes, err := a.ExportConversations(ids, several)
	if err != nil || len(outcomes) != 3 {
		t.Fatal(outcomes, err)
	}
	for i, one := range outcomes {
		want := filepath.Join(several.Folder, fmt.Sprintf("note-%d.md", i+1))
		missing := one.Fault != nil && one.Fault.Code == string(fault.ConversationMissing)
		if one.Conversation != ids[i] || missing != (i == 1) || !missing && one.Taken.Path != want {
			t.Errorf("%d: %+v", i, one)
		}
	}
	for _, bad := range []TakeAlongQuery{
		{Folder: q.Folder, Name: "../note"},
		{Folder: q.Folder, Name: "a/note"},
		{Folder: q.Folder, Name: ".."},
		{Folder: q.Folder, Name: ""},
		{Folder: q.Folder, Name: ".hidden"},
		{Folder: "here", Name: "note"},
		{Folder: "", Name: "note"},
	} {
		bad.Conversation, bad.Format = q.Conversation, "md"
		if _, err := a.ExportConversation(bad); fault.From(err).Code != fault.BadInput {
			t.Errorf("%+v: %v", bad, err)
		}
		if _, err := a.ExportConversations(ids, bad); fault.From(err).Code != fault.BadInput {
			t.Errorf("several, %+v: %v", bad, err)
		}
	}
	if left, _ := os.ReadDir(q.Folder); len(left) != 4 {
		t.Error(left)
	}
}
