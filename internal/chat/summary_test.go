package chat

import (
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
)

// long is a script whose conversation of some turns is more than its model has room for, and what fits once they are
// summarised.
func long(turns int) *script {
	s := &script{says: []string{"Yes."}, room: 2000}
	for i := range turns {
		s.earlier = append(
			s.earlier,
			history.Message{ID: history.MessageID(fmt.Sprint("u", i)), Role: history.User, Status: history.Complete, Text: fmt.Sprint("question ", i, strings.Repeat(" why", 60))},
			history.Message{ID: history.MessageID(fmt.Sprint("a", i)), Role: history.Assistant, Status: history.Complete, Text: fmt.Sprint("answer ", i, strings.Repeat(" so", 60))},
		)
	}
	s.summarise = func(string) (string, error) { return "They spoke. Mail ann@example.org.", nil }
	return s
}

var goOn = Prompt{Conversation: "c", Text: "And now?", Summarise: true}

func TestTheOldestMessagesAreSummarisedOnRecordKeptAndTold(t *testing.T) {
	s := long(5)
	d := s.desk()
	out, err := d.Turn(t.Context(), goOn, s)
	if err != nil {
		t.Fatal(err)
	}
	s.expect(t,
		`history pending "And now?"`,
		"audit prompt ",
		"started",
		"model full",
		"summarising 0.0",
		"model summarises",
		"summarising 1.0",
		"audit summary ",
		`history summary "They spoke. Mail [EMAIL]."`,
		"model asked",
		"loading",
		`delta "Yes."`,
		`history complete "Yes."`,
		"audit response complete",
	)
	sum := s.summaries[0]
	if sum.After != "a2" || sum.Messages != 6 || !slices.Equal(s.of, []history.MessageID{"u0", "a0", "u1", "a1", "u2", "a2"}) {
		t.Errorf("%+v of %v", sum, s.of)
	}
	e := s.entries[1]
	if e.Response != audit.Commit(sum.Salt, sum.Text) || e.Message != "a2" || e.Detail != "of the oldest 6 messages" || e.Redactions["EMAIL_ADDRESS"] != 1 || sum.AuditSeq != 2 {
		t.Errorf("on record: %+v, kept: %+v", e, sum)
	}
	if s.entries[0].Detail != "summarise" {
		t.Errorf("the intent says %q", s.entries[0].Detail)
	}
	if out.Summary.Text != sum.Text || out.Redactions["EMAIL_ADDRESS"] != 1 {
		t.Errorf("returned %+v, %v", out.Summary, out.Redactions)
	}
	told := s.asked.Messages
	if len(told) != 5 || !strings.Contains(told[0].Text, sum.Text) || !strings.Contains(told[0].Text, "question 3") || told[4].Text != "And now?" {
		t.Errorf("told %q", told)
	}

	// Later turns are told the same, unasked, and so is who reads ahead.
	ahead, ok, err := d.ReadAhead(t.Context(), Prompt{Conversation: "c"}, nil)
	if err != nil || !ok || !slices.Equal(ahead.Messages, told[:4]) {
		t.Errorf("read ahead: %q, %v", ahead.Messages, err)
	}
	if _, err := d.Turn(t.Context(), Prompt{Conversation: "c", Text: "Then?"}, s); err != nil {
		t.Fatal(err)
	}
	if again := s.asked.Messages; !slices.Equal(again[:4], told[:4]) {
		t.Errorf("told %q", again)
	}
	if got := s.entries[3].Detail; got != "the oldest 6 messages as summarised in entry 2" {
		t.Errorf("the intent says %q", got)
	}
	// Where its last message is not in the branch, it is not told.
	s.earlier = s.earlier[:4]
	if _, err := d.Turn(t.Context(), Prompt{Conversation: "c", Edit: "u2", Text: "Else?"}, s); err != nil {
		t.Fatal(err)
	}
	if len(s.asked.Messages) != 5 || strings.Contains(s.asked.Messages[0].Text, "summary") {
		t.Errorf("another branch was told %q", s.asked.Messages)
	}
}

func TestWhatDoesNotFitIsAFaultUnlessTheUserChose(t *testing.T) {
	s := long(5)
	d := s.desk()
	_, err := d.Turn(t.Context(), Prompt{Conversation: "c", Text: "And now?"}, s)
	if fault.From(err).Code != fault.ContextFull || slices.Contains(s.events, "model summarises") {
		t.Errorf("%v, %v", err, s.events)
	}
	both := goOn
	both.LeaveOut = true
	s = long(5)
	d = s.desk()
	if _, err := d.Turn(t.Context(), both, s); fault.From(err).Code != fault.BadInput || len(s.events) != 0 {
		t.Errorf("both at once: %v, %v", err, s.events)
	}
	s = &script{room: 10}
	d = s.desk()
	if _, err := d.Turn(t.Context(), Prompt{Text: "More than there is room for", Summarise: true}, s); fault.From(err).Code != fault.ContextFull {
		t.Errorf("one turn alone: %v", err)
	}
}

func TestWhatIsTooLongToBeSummarisedAtOnceIsInPieces(t *testing.T) {
	s := long(20)
	var prompts []string
	s.summarise = func(prompt string) (string, error) {
		prompts = append(prompts, prompt)
		return fmt.Sprint("summary ", len(prompts)), nil
	}
	s.earlier[3].Text = strings.Repeat("a long answer ", 400)
	d := s.desk()
	if _, err := d.Turn(t.Context(), goOn, s); err != nil {
		t.Fatal(err)
	}
	all := strings.Join(prompts, "\n")
	told := s.asked.Messages
	for i := range 20 {
		q := fmt.Sprint("question ", i, " ")
		inTold := slices.ContainsFunc(told, func(m engine.Message) bool { return strings.Contains(m.Text, q) })
		if strings.Contains(all, q) == inTold {
			t.Errorf("%q was summarised and told, or neither", q)
		}
	}
	if n := strings.Count(all, "long"); n != 400 {
		t.Errorf("of 400 words of the long answer %d were summarised", n)
	}
	for i, p := range prompts[1:] {
		if !strings.Contains(p, fmt.Sprint("summary ", i+1, "\n")) {
			t.Errorf("piece %d does not go on from the one before: %q", i+2, p)
		}
	}
	if !strings.Contains(told[0].Text, fmt.Sprint("summary ", len(prompts), "\n")) {
		t.Errorf("told %q after %d pieces", told[0].Text, len(prompts))
	}
}

func TestASummaryThatFailsEndsTheTurn(t *testing.T) {
	for name, c := range map[string]struct {
		change func(s *script)
		code   fault.Code
	}{
		"empty":             {func(s *script) { s.summarise = says(" ") }, fault.SummaryFailed},
		"babble":            {func(s *script) { s.summarise = says(strings.Repeat("and so on ", 100)) }, fault.SummaryFailed},
		"a crash":           {func(s *script) { s.summarise = func(string) (string, error) { return "half", engine.ErrCrashed } }, fault.EngineCrashed},
		"not on record":     {func(s *script) { s.appendErr = map[audit.Action]error{audit.Summary: audit.ErrDiskFull} }, fault.DiskFull},
		"not kept":          {func(s *script) { s.saveErr = history.ErrDiskFull }, fault.DiskFull},
		"erased meanwhile":  {func(s *script) { s.saveErr = history.ErrNotFound }, fault.ConversationMissing},
		"record out of use": {func(s *script) { s.unhealthy = audit.ErrPoisoned }, fault.AuditUnwritable},
	} {
		s := long(5)
		c.change(s)
		d := s.desk()
		out, err := d.Turn(t.Context(), goOn, s)
		if fault.From(err).Code != c.code {
			t.Errorf("%s: %v", name, err)
		}
		if len(s.summaries) != 0 || slices.Contains(s.events, "model asked") || s.finished.Status != history.Failed || out.OutcomeSeq == 0 {
			t.Errorf("%s: %v", name, s.events)
		}
	}
}

func says(text string) func(string) (string, error) {
	return func(string) (string, error) { return text, nil }
}

func TestStopWhileSummarisingStopsTheTurn(t *testing.T) {
	s := long(5)
	ctx, stop := context.WithCancel(t.Context())
	s.summarise = func(string) (string, error) {
		stop()
		return "half a sum", nil
	}
	d := s.desk()
	out, err := d.Turn(ctx, goOn, s)
	if err != nil || out.Assistant.Status != history.Stopped || len(s.summaries) != 0 || slices.Contains(s.events, "model asked") {
		t.Errorf("%v, %s, %v", err, out.Assistant.Status, s.events)
	}
}

func TestSummariesThatCannotBeReadStopTheTurnBeforeItBegins(t *testing.T) {
	s := &script{earlier: []history.Message{{ID: "u0", Role: history.User, Text: "first"}}}
	d := s.desk()
	d.History = unreadable{s}
	if _, err := d.Turn(t.Context(), goOn, s); err == nil || len(s.events) != 0 {
		t.Errorf("%v, %v", err, s.events)
	}
}

type unreadable struct{ *script }

func (unreadable) Summaries(context.Context, history.ConversationID) ([]history.Summary, error) {
	return nil, errors.New("damaged")
}
