package session

import (
	"bytes"
	"strings"
	"testing"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/gguf"
	"subrosa/internal/history"
)

// A real model that thinks first: its reader, the history and the record have both, each in its place, also after a lock.
func TestReasoningIsKeptApartFromTheAnswer(t *testing.T) {
	model := gguf.Scripted("<think>abc d</think>xyz")
	model.Words = []string{"<think>", "</think>"}
	var b bytes.Buffer
	if _, err := model.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	o := testOptions(t)
	o.Builtin = Builtin{Name: "A model that thinks", GGUF: b.Bytes()}
	s := start(t, o)
	if err := s.Setup(t.Context(), pass(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	var l listener
	out, err := s.Send(t.Context(), chat.Prompt{Text: "Well?"}, &l)
	if err != nil {
		t.Fatal(err)
	}
	if l.thought.String() != "abc d" || l.text.String() != "xyz" {
		t.Errorf("the reader saw the thought %q and the answer %q", &l.thought, &l.text)
	}
	entries, err := s.RecordEntries(out.OutcomeSeq, 1)
	if err != nil || entries[0].Response != audit.Commit(out.Assistant.Salt, "xyz\xffabc d") {
		t.Errorf("the record commits to something else: %v", err)
	}
	if err := s.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Unlock(t.Context(), pass(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	_, messages, err := s.Conversation(t.Context(), out.Conversation.ID)
	if err != nil {
		t.Fatal(err)
	}
	m := messages[1]
	if m.Role != history.Assistant || m.Text != "xyz" || m.Reasoning != "abc d" {
		t.Errorf("%q with the reasoning %q", m.Text, m.Reasoning)
	}
	// It goes with the answer: what goes on from there begins with both, and the model reads the answer alone.
	out, err = s.Send(t.Context(), chat.Prompt{Conversation: m.Conversation, Continue: m.ID}, &l)
	if err != nil || out.Assistant.Reasoning != "abc d" {
		t.Errorf("%q, %v", out.Assistant.Reasoning, err)
	}
}

func TestWhetherTheModelThinksIsRememberedWithTheConversation(t *testing.T) {
	s := unlocked(t, testOptions(t))
	first := ask(t, s, chat.Prompt{Text: "hello", Think: true})
	for _, think := range []bool{true, false} {
		p := chat.Prompt{Conversation: first.Conversation.ID, Text: "and?", Think: think}
		ask(t, s, p)
		row, err := s.Row(t.Context(), p.Conversation)
		if err != nil || row.Thinking != think {
			t.Errorf("%v: %+v %v", think, row, err)
		}
		e, _ := lastEntry(t, s, audit.Prompt)
		if strings.Contains(e.Detail, "thinking") != think {
			t.Errorf("%v: on record is %q", think, e.Detail)
		}
	}
	if m, err := s.Model(); err != nil || m.Thinks {
		t.Errorf("the built-in model has no such choice: %v", err)
	}
}
