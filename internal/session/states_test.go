package session

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/fault"
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

// long is a prompt of some hundreds of tokens.
var long = strings.Repeat("The tenant shall keep the roof. ", 33)

// savedState waits for a conversation's state to be saved, and returns its file.
func savedState(t *testing.T, o Options, id history.ConversationID) string {
	t.Helper()
	file := filepath.Join(o.Home, "history-states", string(id)+".state")
	for range 1000 {
		if _, err := os.Stat(file); err == nil {
			return file
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("no state was saved")
	return ""
}

func TestAConversationThatIsReopenedIsNotReadAgain(t *testing.T) {
	o := testOptions(t)
	o.StateAfter = time.Millisecond
	s := unlocked(t, o)
	first := ask(t, s, chat.Prompt{Text: long})
	id := first.Conversation.ID
	if first.Result.PromptTokens < leastSaved {
		t.Fatalf("a prompt of %d tokens tests nothing", first.Result.PromptTokens)
	}
	file := savedState(t, o, id)
	pieces := piecesOfState(t, s, id)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if found := filesWith(t, o.Home, pieces); len(found) != 0 {
		t.Errorf("plaintext of a state is in %v", found)
	}
	if err := os.WriteFile(filepath.Join(o.Home, "control"), []byte(pieces[1]), 0o600); err != nil {
		t.Fatal(err)
	}
	if found := filesWith(t, o.Home, pieces); len(found) != 1 {
		t.Errorf("the control: %v", found)
	}

	s = unlocked(t, o)
	second := ask(t, s, chat.Prompt{Conversation: id, Text: "And then?"})
	if second.Result.CachedTokens < first.Result.PromptTokens-1 {
		t.Errorf("read again: %+v after %+v", second.Result, first.Result)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	// Damaged: read again, and on record. Of something else: read again.
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	whole[len(whole)/2] ^= 1
	if err := os.WriteFile(file, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	o.StateAfter = time.Hour
	s = unlocked(t, o)
	third := ask(t, s, chat.Prompt{Conversation: id, Text: "And now?"})
	e, n := lastEntry(t, s, audit.Anomaly)
	if third.Result.CachedTokens != 0 || n != 1 || e.Result != "damaged" || e.Conversation != string(id) {
		t.Errorf("damaged: %+v, %d entries, %+v", third.Result, n, e)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("the damaged state is still there")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = unlocked(t, o)
	err = s.open.history.SaveState(t.Context(), id, "another model", func(w io.Writer) error { _, err := w.Write(whole); return err })
	if err != nil {
		t.Fatal(err)
	}
	fourth := ask(t, s, chat.Prompt{Conversation: id, Text: "And more?"})
	if _, n := lastEntry(t, s, audit.Anomaly); fourth.Result.CachedTokens != 0 || n != 1 {
		t.Errorf("of another model: %+v, %d entries", fourth.Result, n)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("the state of another model is still there")
	}
}

// piecesOfState are bytes of a conversation's saved state as it is in memory.
func piecesOfState(t *testing.T, s *Session, id history.ConversationID) (pieces []string) {
	t.Helper()
	state, err := s.open.history.OpenState(t.Context(), id, s.open.model.states.of)
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	plain, err := io.ReadAll(state)
	if err != nil {
		t.Fatal(err)
	}
	for at := 1000; at+64 < len(plain); at += len(plain) / 50 {
		if piece := plain[at : at+64]; bytes.Count(piece, piece[:1]) < 8 {
			pieces = append(pieces, string(piece))
		}
	}
	if len(pieces) < 10 {
		t.Fatalf("only %d pieces of %d bytes", len(pieces), len(plain))
	}
	return pieces
}

func TestNoStateIsSavedOfATemporaryConversationOrAShortOne(t *testing.T) {
	o := testOptions(t)
	o.StateAfter = time.Millisecond
	s := unlocked(t, o)
	ask(t, s, chat.Prompt{Temporary: true, Text: long})
	ask(t, s, chat.Prompt{Text: "hello"})
	kept := ask(t, s, chat.Prompt{Text: long})
	savedState(t, o, kept.Conversation.ID)
	entries, err := os.ReadDir(filepath.Join(o.Home, "history-states"))
	if err != nil || len(entries) != 1 {
		t.Errorf("%v %v", entries, err)
	}
	if err := s.Delete(t.Context(), kept.Conversation.ID); err != nil {
		t.Fatal(err)
	}
	if entries, err = os.ReadDir(filepath.Join(o.Home, "history-states")); err != nil || len(entries) != 0 {
		t.Errorf("after its conversation went: %v %v", entries, err)
	}
}

// What is done aside gives way: a prompt waits for nothing but the piece that is on its way.
func TestWorkAsideGivesWay(t *testing.T) {
	s := unlocked(t, testOptions(t))
	ask(t, s, chat.Prompt{Text: "hello"})
	m := s.open.model
	ctx, done, ok := m.aside(t.Context(), true)
	if !ok {
		t.Fatal("not begun")
	}
	if _, _, ok := m.aside(t.Context(), false); ok {
		t.Error("two at once")
	}
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		_, _ = s.Send(t.Context(), chat.Prompt{Text: "hello", MaxTokens: 2}, &listener{})
	}()
	<-ctx.Done()
	if _, _, ok := m.aside(t.Context(), false); ok {
		t.Error("begun while a prompt waits")
	}
	done()
	<-answered
	ctx, done, ok = m.aside(t.Context(), true)
	if !ok {
		t.Fatal("not begun after the answer")
	}
	locked := make(chan struct{})
	go func() {
		defer close(locked)
		_ = s.Lock(t.Context())
	}()
	<-ctx.Done()
	done()
	<-locked
	if _, _, ok := m.aside(t.Context(), true); ok {
		t.Error("begun after a lock")
	}
}

// Before a prompt is sent the model reads what it was given before, and nothing is recorded, for nothing is new.
func TestReadingAheadGivesTheModelNothingNew(t *testing.T) {
	o := testOptions(t)
	s := unlocked(t, o)
	first := ask(t, s, chat.Prompt{Text: long})
	id := first.Conversation.ID
	size := s.open.record.Size()
	ahead := func() {
		t.Helper()
		if err := s.ReadAhead(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	reopen := func() {
		t.Helper()
		s.open.model.unload()
		size++ // it is loaded again
	}
	reopen()
	ahead()
	if n := s.open.record.Size(); n != size {
		t.Errorf("%d entries more", n-size)
	}
	second := ask(t, s, chat.Prompt{Conversation: id, Text: "And then?"})
	if second.Result.CachedTokens < first.Result.PromptTokens {
		t.Errorf("%+v after %+v", second.Result, first.Result)
	}

	// A document that no answer was given yet is read in a turn, not before.
	d, err := s.AddDocument(t.Context(), DocumentPlace{Conversation: id}, "a.txt", strings.NewReader("The roof leaks."))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AwaitDocument(t.Context(), d.ID); err != nil {
		t.Fatal(err)
	}
	s.open.model.unload()
	ahead()
	third := ask(t, s, chat.Prompt{Conversation: id, Text: "Does it?"})
	if len(third.Sources) != 1 || !third.Sources[0].Whole || third.Result.CachedTokens > 20 {
		t.Errorf("%+v, %+v", third.Result, third.Sources)
	}
	s.open.model.unload()
	ahead()
	fourth := ask(t, s, chat.Prompt{Conversation: id, Text: "And now?"})
	if fourth.Result.CachedTokens < third.Result.PromptTokens {
		t.Errorf("a document that was given before: %+v after %+v", fourth.Result, third.Result)
	}

	// For a new conversation the model is loaded. What is gone is not read.
	s.open.model.unload()
	if err := s.ReadAhead(t.Context(), ""); err != nil {
		t.Error(err)
	}
	if m, err := s.Model(); err != nil || m.State != ModelReady {
		t.Error(m.State, err)
	}
	wantFault(t, s.ReadAhead(t.Context(), "nobody"), fault.ConversationMissing)

	// Where nothing may be sent, nothing is read.
	s.open.model.unload()
	s.open.network = fault.New(fault.NetworkOpen, nil)
	wantFault(t, s.ReadAhead(t.Context(), id), fault.NetworkOpen)
	if m, err := s.Model(); err != nil || m.State != ModelUnloaded {
		t.Error(m.State, err)
	}
	s.open.network = nil
	if err := s.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantFault(t, s.ReadAhead(t.Context(), id), fault.Locked)
}

func TestStopEndsReadingAhead(t *testing.T) {
	s := unlocked(t, testOptions(t))
	ask(t, s, chat.Prompt{Text: "hello"})
	ctx, done, ok := s.open.model.aside(t.Context(), true)
	if !ok {
		t.Fatal("not begun")
	}
	s.Stop()
	<-ctx.Done()
	done()
}
