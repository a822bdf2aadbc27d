package session

import (
	"strings"
	"testing"

	"subrosa/internal/chat"
	"subrosa/internal/history"
)

// ask sends a prompt and returns the closed turn.
func ask(t *testing.T, s *Session, p chat.Prompt) chat.Outcome {
	t.Helper()
	if p.MaxTokens == 0 {
		p.MaxTokens = 4
	}
	out, err := s.Send(t.Context(), p, &listener{})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestGoingBackToAConversationReadsOnlyWhatIsNew(t *testing.T) {
	s := unlocked(t, testOptions(t))
	long := strings.Repeat("The lease is long. ", 12)
	first := ask(t, s, chat.Prompt{Text: long})
	second := ask(t, s, chat.Prompt{Text: strings.Repeat("The will is short. ", 12)})
	back := ask(t, s, chat.Prompt{Conversation: first.Conversation.ID, Text: "And then?"})
	if back.Result.CachedTokens < first.Result.PromptTokens-1 || first.Result.PromptTokens < 64 {
		t.Errorf("read again: %+v after %+v", back.Result, first.Result)
	}

	// An erasure takes what was computed of all of them along.
	if err := s.Erase(t.Context(), history.Erasure{Conversations: []history.ConversationID{second.Conversation.ID}}); err != nil {
		t.Fatal(err)
	}
	after := ask(t, s, chat.Prompt{Conversation: first.Conversation.ID, Text: "And now?"})
	if after.Result.CachedTokens != 0 {
		t.Errorf("kept over an erasure: %+v", after.Result)
	}

	// A temporary one is kept while it lasts and not beside another.
	passing := ask(t, s, chat.Prompt{Temporary: true, Text: long + "In passing."})
	more := ask(t, s, chat.Prompt{Temporary: true, Conversation: passing.Conversation.ID, Text: "More?"})
	if more.Result.CachedTokens < passing.Result.PromptTokens-1 {
		t.Errorf("a temporary chat is read again: %+v", more.Result)
	}
	s.Forget()
	if again := ask(t, s, chat.Prompt{Temporary: true, Text: long + "In passing."}); again.Result.CachedTokens != 0 {
		t.Errorf("a temporary chat was not forgotten: %+v", again.Result)
	}
}

// What is erased while an answer is written is forgotten when that has ended.
func TestAnErasureDuringAnAnswerIsForgottenAfterIt(t *testing.T) {
	s := unlocked(t, testOptions(t))
	gone := ask(t, s, chat.Prompt{Text: strings.Repeat("The lease is long. ", 12)})
	erased := false
	reader := &listener{}
	reader.onDelta = func() {
		if !erased {
			erased = true
			if err := s.Delete(t.Context(), gone.Conversation.ID); err != nil {
				t.Error(err)
			}
		}
	}
	out, err := s.Send(t.Context(), chat.Prompt{Text: longPrompt, MaxTokens: 64}, reader)
	if err != nil || !erased {
		t.Fatal(err, erased)
	}
	if next := ask(t, s, chat.Prompt{Conversation: out.Conversation.ID, Text: "Go on."}); next.Result.CachedTokens != 0 {
		t.Errorf("kept over an erasure: %+v", next.Result)
	}
}
