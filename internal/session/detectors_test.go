package session

import (
	"strings"
	"testing"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/policy"
)

const strictPolicy = `redaction:
  types:
    - {type: CREDIT_CARD, prompt: block}
    - {type: EMAIL_ADDRESS, prompt: allow, answer: mask}
  patterns:
    - {name: record number, type: SITE_MRN, label: "[MRN]", pattern: 'MRN[- ]?[0-9]{7}', finds: [MRN 1234567]}
guardrails:
  - {name: juniper, words: [Project Juniper], action: block, reason: Not to be discussed., finds: [project juniper]}
  - {name: dosage, words: [milligrams], action: warn, reason: Check doses in the formulary.}
  - {name: no hello, on: answer, pattern: '[A-Za-z]{2,20}', action: block, reason: Not to be answered.}
`

func TestActionsAndGuardrailsOfAPolicy(t *testing.T) {
	o, key := testOptions(t), itKey(t)
	install(t, o.PolicyDir, key, 1, strings.Split(strictPolicy, "  - {name: no hello")[0])
	s := unlocked(t, o)
	send := func(text string) (chat.Outcome, error) {
		return s.Send(t.Context(), chat.Prompt{Text: text, MaxTokens: 3}, &listener{})
	}
	for text, want := range map[string]string{
		"mail a@example.com":          "mail a@example.com",
		"seen today, MRN 1234567":     "seen today, [MRN]",
		"social security 536-22-1234": "social security [SSN]",
	} {
		out, err := send(text)
		if err != nil || out.User.Text != want {
			t.Errorf("%q reached the model as %q, %v", text, out.User.Text, err)
		}
	}
	_, prompts := lastEntry(t, s, audit.Prompt)
	for text, rule := range map[string]string{
		"card 4111 1111 1111 1111":   "prompt: CREDIT_CARD",
		"about project  JUNIPER now": "prompt: juniper",
	} {
		out, err := send(text)
		wantFault(t, err, fault.GuardrailBlocked)
		if len(out.Notices) != 1 || !out.Notices[0].Blocked || out.Notices[0].Reason == "" {
			t.Errorf("%q: %+v", text, out.Notices)
		}
		if e, _ := lastEntry(t, s, audit.Guardrail); e.Result != "blocked" || e.Detail != rule {
			t.Errorf("%q on record: %+v", text, e)
		}
	}
	if _, n := lastEntry(t, s, audit.Prompt); n != prompts {
		t.Error("a blocked prompt was sent")
	}
	out, err := send("how many milligrams")
	if err != nil || len(out.Notices) != 1 || out.Notices[0].Blocked || out.Notices[0].Reason != "Check doses in the formulary." {
		t.Errorf("%+v, %v", out.Notices, err)
	}
	if e, _ := lastEntry(t, s, audit.Guardrail); e.Result != "warned" {
		t.Errorf("%+v", e)
	}
}

func TestGuardrailEndsAnAnswer(t *testing.T) {
	o, key := testOptions(t), itKey(t)
	install(t, o.PolicyDir, key, 1, strictPolicy)
	s := unlocked(t, o)
	l := &listener{}
	out, err := s.Send(t.Context(), chat.Prompt{Text: longPrompt}, l)
	wantFault(t, err, fault.AnswerBlocked)
	if out.Assistant.Status != history.Failed || strings.TrimSpace(l.text.String()) != "" {
		t.Errorf("%s, shown %q", out.Assistant.Status, l.text.String())
	}
	if e, n := lastEntry(t, s, audit.Guardrail); n != 1 || e.Result != "blocked" || e.Detail != "answer: no hello" || e.Turn == "" {
		t.Errorf("%d on record, %+v", n, e)
	}
}

// A policy whose own test fails is refused like any other bad one.
func TestPolicyThatFailsItsOwnTestsIsRefused(t *testing.T) {
	o, key := testOptions(t), itKey(t)
	install(t, o.PolicyDir, key, 1, "name: good\n")
	s := unlocked(t, o)
	install(t, o.PolicyDir, key, 2, "redaction:\n  patterns:\n    - {name: x, type: SITE_X, pattern: 'X[0-9]', finds: [nothing]}\n")
	s = again(t, s, o)
	if p, err := s.Policy(); err != nil || p.Number != 1 || p.Refused != "malformed" {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestExamplePolicyPassesItsTests(t *testing.T) {
	d, err := policy.Parse(policy.Example())
	if err != nil {
		t.Fatal(err)
	}
	if failures, tests := TestPolicy(d); len(failures) > 0 || tests < 4 {
		t.Errorf("%d tests, %+v", tests, failures)
	}
}
