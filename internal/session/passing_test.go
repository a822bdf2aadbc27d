package session

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/fault"
	"subrosa/internal/history"
)

// A temporary conversation is one to the model and to the record, and nothing to the history.
func TestATemporaryConversationIsOnRecordAndNowhereElse(t *testing.T) {
	o := testOptions(t)
	s := unlocked(t, o)
	generation := func() uint64 {
		t.Helper()
		g, err := s.open.history.Generation(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	before := generation()
	out, err := s.Send(t.Context(), chat.Prompt{Temporary: true, Text: "a passing thought, SSN 219-09-9999", MaxTokens: 3}, &listener{})
	if err != nil || out.Sent != "a passing thought, SSN [SSN]" {
		t.Fatal(out.Sent, err)
	}
	id := out.Conversation.ID
	second, err := s.Send(t.Context(), chat.Prompt{Temporary: true, Conversation: id, Text: "and another", MaxTokens: 3}, &listener{})
	if err != nil || second.Conversation.ID != id || second.Result.PromptTokens <= out.Result.PromptTokens {
		t.Errorf("the model does not read what was said before: %+v, %v", second, err)
	}
	begun, n := lastEntry(t, s, audit.Prompt)
	if n != 2 || begun.Detail != "temporary" || begun.Prompt != audit.Commit(second.User.Salt, second.User.Text) || begun.Conversation != string(id) {
		t.Errorf("%d prompts on record, the last %+v", n, begun)
	}
	if ended, n := lastEntry(t, s, audit.Response); n != 2 || ended.Response != audit.Commit(second.Assistant.Salt, second.Assistant.Text) {
		t.Errorf("%d answers on record, the last %+v", n, ended)
	}
	if list, err := s.Conversations(t.Context()); err != nil || len(list) != 0 || generation() != before {
		t.Error("the history has changed", list, err)
	}
	_, err = s.Send(t.Context(), chat.Prompt{Conversation: id, Text: "kept?"}, &listener{})
	wantFault(t, err, fault.ConversationMissing)
	_, err = s.ExportConversation(t.Context(), ConversationExport{ID: id, Format: "md", Path: filepath.Join(t.TempDir(), "x.md")})
	wantFault(t, err, fault.ConversationMissing)

	s.Forget()
	_, err = s.Send(t.Context(), chat.Prompt{Temporary: true, Conversation: id, Text: "still there?"}, &listener{})
	wantFault(t, err, fault.ConversationMissing)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = unlocked(t, o)
	if last, n := lastEntry(t, s, audit.Reconcile); n != 0 {
		t.Errorf("a closed turn was reconciled: %+v", last)
	}
	err = filepath.WalkDir(o.Home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte("passing thought")) {
			t.Errorf("%s holds what was said", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestATemporaryConversationIsEditedAnsweredAnewAndGoneOnWith(t *testing.T) {
	s := unlocked(t, testOptions(t))
	send := func(p chat.Prompt) chat.Outcome {
		t.Helper()
		p.Temporary, p.MaxTokens = true, 3
		out, err := s.Send(t.Context(), p, &listener{})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	texts := func() (texts []string) {
		for _, m := range s.open.passing.Load().messages {
			if m.Role == history.User {
				texts = append(texts, m.Text)
			}
		}
		return texts
	}
	first := send(chat.Prompt{Text: "one"})
	id := first.Conversation.ID
	second := send(chat.Prompt{Conversation: id, Text: "two"})
	again := send(chat.Prompt{Conversation: id, Again: second.Assistant.ID})
	if again.User.ID != second.User.ID || len(texts()) != 2 {
		t.Errorf("%+v, %q", again, texts())
	}
	on := send(chat.Prompt{Conversation: id, Continue: again.Assistant.ID})
	if len(on.Assistant.Text) <= len(again.Assistant.Text) || on.Assistant.Text[:len(again.Assistant.Text)] != again.Assistant.Text {
		t.Errorf("%q does not go on from %q", on.Assistant.Text, again.Assistant.Text)
	}
	send(chat.Prompt{Conversation: id, Edit: first.User.ID, Text: "three"})
	if got := texts(); len(got) != 1 || got[0] != "three" {
		t.Errorf("%q", got)
	}
	_, err := s.Send(t.Context(), chat.Prompt{Temporary: true, Conversation: id, Again: second.Assistant.ID}, &listener{})
	wantFault(t, err, fault.ConversationMissing)
}

func TestStandInsOfATemporaryConversationLastAsLongAsIt(t *testing.T) {
	o, key := testOptions(t), itKey(t)
	install(t, o.PolicyDir, key, 1, pseudonymPolicy)
	s := unlocked(t, o)
	out, err := s.Send(t.Context(), chat.Prompt{Temporary: true, Text: "hello from Mr. Leiva", MaxTokens: 3}, &listener{})
	if err != nil || out.Sent != "hello from Mr. [PERSON_1]" || out.User.Text != "hello from Mr. Leiva" {
		t.Fatal(out.Sent, err)
	}
	id := out.Conversation.ID
	out, err = s.Send(t.Context(), chat.Prompt{Temporary: true, Conversation: id, Text: "Mr. Leiva and Mr. Adeyemi", MaxTokens: 3}, &listener{})
	if err != nil || out.Sent != "Mr. [PERSON_1] and Mr. [PERSON_2]" {
		t.Error(out.Sent, err)
	}
	if list, err := s.StandIns(t.Context(), id); err != nil || len(list) != 2 {
		t.Error(list, err)
	}
	s.Forget()
	if list, err := s.StandIns(t.Context(), id); err != nil || len(list) != 0 {
		t.Error(list, err)
	}
}
