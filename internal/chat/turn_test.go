package chat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"subrosa/internal/audit"
	"subrosa/internal/engine"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/policy"
	"subrosa/internal/redact"
)

// script is a scripted history, record, model and reader that write down what happens, in order.
type script struct {
	begunText string // what an answer begins with
	events    []string
	leftOut   int
	thinks    []string
	says      []string
	modelErr  error
	appendErr map[audit.Action]error
	reason    engine.Reason
	asked     engine.Request
	finished  history.Outcome
	entries   []audit.Entry
	earlier   []history.Message
	onDelta   func()
	unhealthy error
	full      bool // the disk, until the reserve is used

	reserveUsed bool

	room      int // bytes of messages that the model has room for; 0: no limit
	summarise func(prompt string) (string, error)
	summaries []history.Summary
	of        []history.MessageID // what the last summary was made of
	saveErr   error
}

func (s *script) saw(format string, args ...any) {
	s.events = append(s.events, fmt.Sprintf(format, args...))
}

func (s *script) Earlier(context.Context, history.Place) ([]history.Message, error) {
	return s.earlier, nil
}

func (s *script) BeginTurn(_ context.Context, t history.Turn) (history.Begun, error) {
	s.saw("history pending %q", t.Prompt)
	return history.Begun{
		Conversation: history.Conversation{ID: "c", Title: t.Title}, Sources: t.Sources,
		User:      history.Message{ID: "u", Conversation: "c", Turn: t.ID, Role: history.User, Text: t.Prompt, Salt: t.PromptSalt},
		Assistant: history.Message{ID: "a", Conversation: "c", Turn: t.ID, Role: history.Assistant, Salt: t.AnswerSalt, Text: s.begunText},
	}, nil
}

func (s *script) SavePartial(context.Context, history.TurnID, string, string, []byte) error {
	return nil
}

func (s *script) FinishTurn(ctx context.Context, _ history.TurnID, o history.Outcome) error {
	if s.full && !s.reserveUsed {
		return fmt.Errorf("finish: %w", history.ErrDiskFull)
	}
	s.saw("history %s %q", o.Status, o.Text)
	s.finished = o
	return ctx.Err() // a finish under a cancelled context would be lost
}

func (s *script) Append(e audit.Entry) (int64, error) {
	if err := s.appendErr[e.Action]; err != nil {
		s.saw("audit %s refused", e.Action)
		return 0, err
	}
	s.saw("audit %s %s", e.Action, e.Result)
	s.entries = append(s.entries, e)
	return int64(len(s.entries)), nil
}

func (s *script) Healthy() error { return s.unhealthy }

func (s *script) UseReserve() bool {
	s.reserveUsed = true
	return true
}

func (s *script) Generate(ctx context.Context, r engine.Request, loading func(float64), emit func(string) error) (engine.Result, error) {
	if s.overflows(r) {
		s.saw("model full")
		return engine.Result{}, fmt.Errorf("generate: %w", engine.ErrContextFull)
	}
	if s.summarise != nil && strings.HasPrefix(r.Messages[0].Text, "Summarise this conversation") {
		s.saw("model summarises")
		text, err := s.summarise(r.Messages[0].Text)
		if ctx.Err() != nil {
			return engine.Result{Reason: engine.Stopped}, nil
		}
		return engine.Result{Reason: engine.EOS, PromptTokens: 5, OutputTokens: 3}, cmp.Or(emit(text), err)
	}
	s.asked = r
	s.saw("model asked")
	loading(1)
	for _, text := range s.thinks {
		if err := r.Reasoning(text); err != nil {
			return engine.Result{}, err
		}
	}
	for _, text := range s.says {
		if ctx.Err() != nil {
			return engine.Result{Reason: engine.Stopped, OutputTokens: 1}, nil
		}
		if err := emit(text); err != nil {
			return engine.Result{}, err
		}
	}
	return engine.Result{Reason: s.reason, PromptTokens: 7, OutputTokens: len(s.says), LeftOut: s.leftOut}, s.modelErr
}

func (s *script) overflows(r engine.Request) bool {
	n := 0
	for _, m := range r.Messages {
		n += len(m.Text)
	}
	return s.room > 0 && n > s.room
}

func (s *script) Summaries(context.Context, history.ConversationID) ([]history.Summary, error) {
	return s.summaries, nil
}

func (s *script) SaveSummary(_ context.Context, _ history.TurnID, sum history.Summary, of []history.MessageID, _ []byte) error {
	if s.saveErr != nil {
		return s.saveErr
	}
	s.saw("history summary %q", sum.Text)
	s.summaries, s.of = append(s.summaries, sum), of
	return nil
}

func (s *script) Started(history.Begun) { s.saw("started") }
func (s *script) Waiting(step Step, done float64) {
	if step == Loading {
		s.saw("loading")
		return
	}
	s.saw("%s %.1f", step, done)
}
func (s *script) Reasoning(text string) { s.saw("reasoning %q", text) }

func (s *script) Delta(text string) {
	s.saw("delta %q", text)
	if s.onDelta != nil {
		s.onDelta()
	}
}

func (s *script) run(t *testing.T, ctx context.Context, text string) (Outcome, error) {
	t.Helper()
	d := s.desk()
	return d.Turn(ctx, Prompt{Text: text}, s)
}

func (s *script) desk() Desk {
	if s.reason == "" {
		s.reason = engine.EOS
	}
	return Desk{History: s, Record: s, Model: s, ModelID: "m", Policy: policy.Default(), Redactor: redact.Default(), Actor: "me"}
}

func (s *script) expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(s.events, want) {
		t.Errorf("events:\n  %s\nwant:\n  %s", strings.Join(s.events, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestReasoningIsRedactedKeptAndOnRecordBesideTheAnswer(t *testing.T) {
	s := &script{thinks: []string{"Ann is ann@ex", "ample.org. "}, says: []string{"Write to ", "her."}}
	out, err := s.run(t, t.Context(), "Whom?")
	if err != nil {
		t.Fatal(err)
	}
	s.expect(t,
		`history pending "Whom?"`,
		"audit prompt ",
		"started",
		"model asked",
		"loading",
		`reasoning "Ann is "`,
		`reasoning "[EMAIL]. "`,
		`delta "Write to "`,
		`delta "her."`,
		`history complete "Write to her."`,
		"audit response complete",
	)
	if s.finished.Reasoning != "Ann is [EMAIL]. " || out.Assistant.Reasoning != s.finished.Reasoning {
		t.Errorf("kept %q, returned %q", s.finished.Reasoning, out.Assistant.Reasoning)
	}
	e := s.entries[1]
	if e.Response != audit.Commit(out.Assistant.Salt, out.Assistant.Whole()) || e.Response == audit.Commit(out.Assistant.Salt, out.Assistant.Text) {
		t.Error("the record does not commit to the reasoning")
	}
	if e.Redactions["EMAIL_ADDRESS"] != 1 {
		t.Errorf("redactions on record: %v", e.Redactions)
	}
}

func TestWhatTheModelDidNotReadIsOnRecord(t *testing.T) {
	s := &script{says: []string{"Yes."}, leftOut: 6}
	out, err := s.run(t, t.Context(), "Well?")
	if err != nil || out.Result.LeftOut != 6 || s.entries[1].Detail != "the oldest 6 messages were left out" {
		t.Errorf("%+v, %v", s.entries[1], err)
	}
	if s.asked.LeaveOut {
		t.Error("nobody asked for that")
	}
	s = &script{says: []string{"Yes."}, leftOut: 6, modelErr: engine.ErrCrashed}
	if _, err := s.run(t, t.Context(), "Well?"); err == nil || s.entries[1].Detail != "engine_crashed, the oldest 6 messages were left out" {
		t.Errorf("with a fault beside it: %q, %v", s.entries[1].Detail, err)
	}
}

func TestTurnKeepsItsOrderAndRedactsBothWays(t *testing.T) {
	s := &script{says: []string{"Write to ann@ex", "ample.org", " today."}}
	out, err := s.run(t, t.Context(), "My SSN is 219-09-9999.")
	if err != nil {
		t.Fatal(err)
	}
	s.expect(t,
		`history pending "My SSN is [SSN]."`,
		"audit prompt ",
		"started",
		"model asked",
		"loading",
		`delta "Write to "`,
		`delta "[EMAIL] "`,
		`delta "today."`,
		`history complete "Write to [EMAIL] today."`,
		"audit response complete",
	)
	if got := s.asked.Messages; len(got) != 1 || got[0].Text != "My SSN is [SSN]." {
		t.Errorf("the model read %q", got)
	}
	if out.Redactions["US_SSN"] != 1 || out.Redactions["EMAIL_ADDRESS"] != 1 {
		t.Errorf("redactions %v", out.Redactions)
	}
	prompt, response := s.entries[0], s.entries[1]
	if prompt.Prompt != audit.Commit(out.User.Salt, "My SSN is [SSN].") || response.Response != audit.Commit(out.Assistant.Salt, out.Assistant.Text) {
		t.Error("the record does not commit to what history holds")
	}
	if prompt.Turn != response.Turn || prompt.Turn == "" || out.IntentSeq != 1 || out.OutcomeSeq != 2 {
		t.Errorf("intent %d and outcome %d are not of one turn", out.IntentSeq, out.OutcomeSeq)
	}
}

func TestNoRecordNoInference(t *testing.T) {
	s := &script{appendErr: map[audit.Action]error{audit.Prompt: audit.ErrDiskFull}}
	_, err := s.run(t, t.Context(), "hello")
	if fault.From(err).Code != fault.DiskFull {
		t.Errorf("error %v", err)
	}
	s.expect(t, `history pending "hello"`, "audit prompt refused", `history failed ""`)
}

func TestOutcomeThatCannotBeRecordedIsAFault(t *testing.T) {
	s := &script{says: []string{"hi"}, appendErr: map[audit.Action]error{audit.Response: audit.ErrPoisoned}}
	_, err := s.run(t, t.Context(), "hello")
	if fault.From(err).Code != fault.OutcomeUnrecorded {
		t.Errorf("error %v", err)
	}
}

func TestNothingIsShownThatCouldNotBeRecorded(t *testing.T) {
	s := &script{says: []string{"One. ", "Two. "}}
	s.onDelta = func() { s.unhealthy = audit.ErrPoisoned }
	out, err := s.run(t, t.Context(), "hello")
	if fault.From(err).Code != fault.AuditUnwritable || out.Assistant.Text != "One. " {
		t.Errorf("%v, kept %q", err, out.Assistant.Text)
	}
}

func TestCrashKeepsThePartialTextAndClosesTheTurn(t *testing.T) {
	s := &script{says: []string{"The first ", "half"}, modelErr: fmt.Errorf("generate: %w", engine.ErrCrashed)}
	out, err := s.run(t, t.Context(), "hello")
	if fault.From(err).Code != fault.EngineCrashed || !errors.Is(err, engine.ErrCrashed) {
		t.Errorf("error %v", err)
	}
	if out.Assistant.Status != history.Failed || out.Assistant.Text != "The first half" {
		t.Errorf("kept %s %q", out.Assistant.Status, out.Assistant.Text)
	}
	last := s.entries[len(s.entries)-1]
	if last.Action != audit.Response || last.Result != "failed" || last.Detail != string(fault.EngineCrashed) {
		t.Errorf("last entry %+v", last)
	}
}

func TestStopIsNoErrorAndStillFinishes(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := &script{says: []string{"One. ", "Two. "}, onDelta: cancel}
	out, err := s.run(t, ctx, "hello")
	if err != nil {
		t.Fatal(err)
	}
	if out.Assistant.Status != history.Stopped || out.Assistant.Text != "One. " {
		t.Errorf("kept %s %q", out.Assistant.Status, out.Assistant.Text)
	}
}

func TestAFullDiskAtTheEndOfATurnTakesTheReserve(t *testing.T) {
	s := &script{says: []string{"hello"}, full: true}
	if _, err := s.run(t, t.Context(), "hi"); err != nil || !s.reserveUsed || s.finished.Text != "hello" {
		t.Errorf("%v, reserve used: %v, kept: %q", err, s.reserveUsed, s.finished.Text)
	}
}

func TestRefusedPromptIsOnRecordAndReachesNothing(t *testing.T) {
	s := &script{}
	_, err := s.run(t, t.Context(), "   ")
	if fault.From(err).Code != fault.PolicyDenied {
		t.Errorf("error %v", err)
	}
	s.expect(t, "audit policy_denied denied")
}

func TestTurnsThatFailedUnansweredAreLeftOut(t *testing.T) {
	s := &script{earlier: []history.Message{
		{ID: "1", Role: history.User, Text: "lost"},
		{ID: "2", Role: history.Assistant, Status: history.Failed},
		{ID: "3", Role: history.User, Text: "kept"},
		{ID: "4", Role: history.Assistant, Text: "yes"},
	}, says: []string{"ok"}}
	d := Desk{History: s, Record: s, Model: s, Policy: policy.Default(), Redactor: redact.Default()}
	if _, err := d.Turn(t.Context(), Prompt{Conversation: "c", Text: "now"}, s); err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, m := range s.asked.Messages {
		texts = append(texts, m.Text)
	}
	if !slices.Equal(texts, []string{"kept", "yes", "now"}) {
		t.Errorf("the model read %q", texts)
	}
}

func TestTitleIsTheFirstLineCutAtAWord(t *testing.T) {
	for prompt, want := range map[string]string{
		"  Short one\nand more": "Short one",
		"A question that is so long that it must be cut somewhere sensible, here": "A question that is so long that it must be cut somewhere…",
		strings.Repeat("x", 80): strings.Repeat("x", 60) + "…",
	} {
		if got := titleOf(prompt); got != want {
			t.Errorf("titleOf(%q) = %q, want %q", prompt, got, want)
		}
	}
}

func TestAnotherAnswerReadsTheStoredPromptAndRecordsIt(t *testing.T) {
	earlier := []history.Message{
		{ID: "1", Role: history.User, Text: "first"}, {ID: "2", Role: history.Assistant, Text: "yes"}, {ID: "3", Role: history.User, Text: "second"},
	}
	for kind, c := range map[string]struct {
		prompt  Prompt
		earlier []history.Message
		read    []string
		shown   string
	}{
		"regenerate": {Prompt{Conversation: "c", Again: "4"}, earlier, []string{"first", "yes", "second"}, "new"},
		"continue": {
			Prompt{Conversation: "c", Continue: "4"},
			append(slices.Clone(earlier), history.Message{Role: history.Assistant, Text: "write to ann@ex"}),
			[]string{"first", "yes", "second", "write to ann@ex"},
			"write to [EMAIL] new",
		},
		"edit": {Prompt{Conversation: "c", Edit: "3", Text: "second, edited"}, earlier[:2], []string{"first", "yes", "second, edited"}, "new"},
	} {
		s := &script{earlier: c.earlier, says: []string{"new"}, reason: engine.EOS}
		if kind == "continue" {
			s.begunText, s.says = "write to ann@ex", []string{"ample.org", " new"} // an identifier across the seam
		}
		d := Desk{History: s, Record: s, Model: s, Policy: policy.Default(), Redactor: redact.Default()}
		out, err := d.Turn(t.Context(), c.prompt, s)
		if err != nil {
			t.Fatal(kind, err)
		}
		var read []string
		for _, m := range s.asked.Messages {
			read = append(read, m.Text)
		}
		if !slices.Equal(read, c.read) || out.Assistant.Text != c.shown || s.finished.Text != c.shown {
			t.Errorf("%s: the model read %q, answered %q", kind, read, out.Assistant.Text)
		}
		if e := s.entries[0]; e.Detail != kind || e.Prompt != audit.Commit(out.User.Salt, out.User.Text) {
			t.Errorf("%s: on record %+v", kind, e)
		}
	}
}

func TestAnErasedQuestionTakesItsAnswerFromTheModelsSight(t *testing.T) {
	got := messagesOf([]history.Message{
		{Role: history.User, Status: history.Erased},
		{Role: history.Assistant, Text: "about it"},
		{Role: history.User, Text: "kept"},
		{Role: history.Assistant, Text: "yes"},
		{Role: history.User, Text: "lost"},
		{Role: history.Assistant, Status: history.Erased},
		{Role: history.User, Text: "now"},
	})
	var texts []string
	for _, m := range got {
		texts = append(texts, m.Text)
	}
	if !slices.Equal(texts, []string{"kept", "yes", "now"}) {
		t.Errorf("%q", texts)
	}
}

func TestAnAnswerThatOnlyRepeatsItselfIsStoppedAndOnRecord(t *testing.T) {
	s := &script{says: append([]string{"The pilot sold his boat"}, slices.Repeat([]string{" and his boat"}, 200)...)}
	d := Desk{History: s, Record: s, Model: s, Policy: policy.Default(), Redactor: redact.Default()}
	out, err := d.Turn(context.Background(), Prompt{Text: "Shorten it."}, s)
	if got := fault.From(err).Code; got != fault.AnswerDegenerate {
		t.Fatalf("%v", err)
	}
	if out.Assistant.Status != history.Failed || len(out.Assistant.Text) > 1000 || !strings.HasPrefix(s.finished.Text, "The pilot sold") {
		t.Errorf("%s, %d bytes kept", out.Assistant.Status, len(s.finished.Text))
	}
	for _, e := range s.entries {
		if e.Action == audit.Anomaly && e.Result == "stopped" && strings.Contains(e.Detail, "repeated") && !strings.Contains(e.Detail, "boat") {
			return
		}
	}
	t.Errorf("no anomaly on record: %+v", s.entries)
}
