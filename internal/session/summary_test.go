package session

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/export"
	"subrosa/internal/fault"
	"subrosa/internal/gguf"
	"subrosa/internal/history"
)

// A real engine whose context overflows: the user is told, chooses, and the turns after that go on with the summary, until
// a message that it was made of is erased.
func TestAConversationThatDoesNotFitIsSummarisedAndGoesOn(t *testing.T) {
	const said = "xyz"
	model := gguf.Scripted(said)
	model.Context = 4096 // a token is a byte
	var b bytes.Buffer
	if _, err := model.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	o := testOptions(t)
	o.Builtin = Builtin{Name: "A model of few words", GGUF: b.Bytes()}
	s := start(t, o)
	if err := s.Setup(t.Context(), pass(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	var id history.ConversationID
	var out chat.Outcome
	send := func(p chat.Prompt) (err error) {
		p.Conversation = id
		out, err = s.Send(t.Context(), p, &listener{})
		id = out.Conversation.ID
		return err
	}
	question := func(i int) string { return fmt.Sprintf("Question %d?%s", i, strings.Repeat(" Why is that so.", 54)) }
	for i := range 4 {
		if err := send(chat.Prompt{Text: question(i)}); err != nil {
			t.Fatal(i, err)
		}
	}
	wantFault(t, send(chat.Prompt{Text: question(4)}), fault.ContextFull)
	if err := send(chat.Prompt{Again: out.Assistant.ID, Summarise: true}); err != nil {
		t.Fatal(err)
	}
	if out.Assistant.Text != said || out.Summary.Text != said || out.Result.LeftOut != 0 {
		t.Errorf("answered %q after the summary %q", out.Assistant.Text, out.Summary.Text)
	}
	entries, err := s.RecordEntries(out.IntentSeq, 3)
	if err != nil || len(entries) != 3 {
		t.Fatal(entries, err)
	}
	if e := entries[1]; e.Action != audit.Summary || e.Turn != string(out.Assistant.Turn) || e.Message != string(out.Summary.After) ||
		e.Response != audit.Commit(out.Summary.Salt, said) || e.Seq != out.Summary.AuditSeq || e.OutputTokens != len(said) {
		t.Errorf("on record: %+v", e)
	}
	whole := out.Result.PromptTokens

	if err := send(chat.Prompt{Text: "And?"}); err != nil || out.Summary.After != "" || out.Result.PromptTokens > whole+100 {
		t.Errorf("a later turn: %d tokens after %d, %+v, %v", out.Result.PromptTokens, whole, out.Summary, err)
	}
	if err := s.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Unlock(t.Context(), pass(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	list, err := s.Summaries(t.Context(), id)
	if err != nil || len(list) != 1 || list[0].Text != said {
		t.Fatal(list, err)
	}
	page, err := s.Page(t.Context(), id, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(page.Messages, func(m history.Message) bool { return m.ID == list[0].After })
	if at+1 != list[0].Messages {
		t.Errorf("it stands for %d messages and comes after the message %d", list[0].Messages, at+1)
	}
	// It is taken along with the messages that it stands for, and said to be the model's.
	file := filepath.Join(t.TempDir(), "c.md")
	if _, err := s.ExportConversation(t.Context(), ConversationExport{ID: id, Format: export.Markdown, Path: file}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	heading := fmt.Sprintf("\n## Summary of the first %d messages, written by A model of few words: told to it in their place from here on\n\n%s\n\n<!-- record entry %d -->\n",
		list[0].Messages, said, list[0].AuditSeq)
	if before, after, found := strings.Cut(string(text), heading); !found || strings.Count(before, "\n## ") != list[0].Messages || !strings.Contains(after, question(4)) {
		t.Errorf("taken along: %s", text)
	}

	if err := s.Erase(t.Context(), history.Erasure{Messages: []history.MessageID{page.Messages[at+2].ID}}); err != nil {
		t.Fatal(err)
	}
	if list, err := s.Summaries(t.Context(), id); err != nil || len(list) != 1 {
		t.Errorf("a later message was erased: %v, %v", list, err)
	}
	if err := s.Erase(t.Context(), history.Erasure{Messages: []history.MessageID{page.Messages[0].ID}}); err != nil {
		t.Fatal(err)
	}
	if list, err := s.Summaries(t.Context(), id); err != nil || len(list) != 0 {
		t.Errorf("a message that it was made of was erased: %v, %v", list, err)
	}
}

// A temporary conversation's summary is kept nowhere, and told all the same.
func TestATemporaryConversationsSummaryGoesWithIt(t *testing.T) {
	p := &passing{}
	turn := func(at history.Place) history.Begun {
		b, err := p.BeginTurn(t.Context(), history.Turn{ID: history.NewTurnID(), Place: at, Prompt: "hello"})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.FinishTurn(t.Context(), b.Assistant.Turn, history.Outcome{Status: history.Complete, Text: "hi"}); err != nil {
			t.Fatal(err)
		}
		return b
	}
	first, second := turn(history.Place{}), turn(history.Place{})
	if err := p.SaveSummary(t.Context(), second.Assistant.Turn, history.Summary{After: first.Assistant.ID, Text: "greetings"}, nil, nil); err != nil {
		t.Fatal(err)
	}
	turn(history.Place{})
	if list, _ := p.Summaries(t.Context(), ""); len(list) != 1 {
		t.Errorf("%v", list)
	}
	turn(history.Place{Edit: first.User.ID}) // drops what stood after it
	if list, _ := p.Summaries(t.Context(), ""); len(list) != 0 {
		t.Errorf("%v", list)
	}
}
