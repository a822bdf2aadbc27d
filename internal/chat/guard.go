package chat

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"subrosa/internal/audit"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/redact"
)

// Notice is what a guardrail says to the user. It holds no part of a text.
type Notice struct {
	Name    string
	Reason  string // one sentence, the policy's
	Blocked bool   // else a warning
	Answer  bool   // about the answer, else about the prompt

	Document history.DocumentID // or about this document
	Page     int                // where it first stands
}

// blockedError ends a text that a guardrail, or the action of a type, blocks.
type blockedError struct{ notice Notice }

func (e *blockedError) Error() string { return e.notice.Name + ": " + e.notice.Reason }

// guardPrompt asks the guardrails about a prompt as it was typed. What they say is on record before it is shown.
func (d *Desk) guardPrompt(p Prompt, text string, masked []redact.Span) ([]Notice, error) {
	var notices []Notice
	if d.Guard != nil {
		notices = noticesOf(d.Guard.Check(text), false)
	}
	for _, s := range masked {
		if s.Action == redact.Block {
			notices = append(notices, Notice{Name: string(s.Type), Reason: "The policy does not let values of this type be sent.", Blocked: true})
			break
		}
	}
	for _, n := range notices {
		if err := d.noteGuardrail(audit.Entry{Conversation: string(p.Conversation)}, n); err != nil {
			return notices, err
		}
	}
	return notices, blockedBy(notices)
}

// blockedBy returns the fault of the first notice that blocks, or nil.
func blockedBy(notices []Notice) error {
	for _, n := range notices {
		if n.Blocked {
			return fault.New(fault.GuardrailBlocked, &blockedError{n})
		}
	}
	return nil
}

func (d *Desk) noteGuardrail(e audit.Entry, n Notice) error {
	e.Actor, e.Action, e.Policy, e.Ruleset = d.Actor, audit.Guardrail, d.Policy.Version, d.Redactor.Ruleset()
	e.Result, e.Detail = "warned", "prompt: "+n.Name
	if n.Blocked {
		e.Result = "blocked"
	}
	if n.Answer {
		e.Detail = "answer: " + n.Name
	}
	if n.Document != "" {
		e.Detail = fmt.Sprintf("document %s, page %d: %s", n.Document, n.Page, n.Name)
	}
	_, err := d.Record.Append(e)
	return RecordFault(err)
}

// noticesOf makes one notice of each guardrail that speaks up.
func noticesOf(flags []redact.Flag, answer bool) []Notice {
	var notices []Notice
	seen := map[string]bool{}
	for _, f := range flags {
		if !seen[f.Name] {
			seen[f.Name] = true
			notices = append(notices, Notice{Name: f.Name, Reason: f.Reason, Blocked: f.Action == redact.Block, Answer: answer})
		}
	}
	return notices
}

// answerGuard looks at an answer while it is written. A piece is looked at together with what came just before it, so a
// phrase may have begun to be shown when it is found; from there on nothing is.
type answerGuard struct {
	guard   *redact.Guard // nil: nothing is looked for
	tail    string
	notices []Notice
}

const guardTail = 512 // bytes; no guardrail's pattern is longer than redact.MaxPattern

// see returns what is new in a piece.
func (g *answerGuard) see(piece string) []Notice {
	if g.guard == nil {
		return nil
	}
	text := g.tail + piece
	var fresh []Notice
	for _, n := range noticesOf(g.guard.Check(text), true) {
		if !containsNotice(g.notices, n) {
			fresh = append(fresh, n)
		}
	}
	g.notices = append(g.notices, fresh...)
	g.tail = text
	if cut := len(text) - guardTail; cut > 0 {
		for cut < len(text) && !utf8.RuneStart(text[cut]) {
			cut++
		}
		g.tail = text[cut:]
	}
	return fresh
}

func containsNotice(all []Notice, n Notice) bool {
	for _, have := range all {
		if have.Name == n.Name {
			return true
		}
	}
	return false
}

// guardAnswer records what the guardrails say about a piece of an answer, and returns an error if it must not be shown.
func (d *Desk) guardAnswer(g *answerGuard, turn audit.Entry, piece string, stream *redact.Stream) error {
	fresh := g.see(piece)
	if types := stream.Blocked(); len(types) > 0 {
		n := Notice{Name: string(types[0]), Reason: "The policy does not let values of this type be shown.", Blocked: true, Answer: true}
		if !containsNotice(g.notices, n) {
			fresh, g.notices = append(fresh, n), append(g.notices, n)
		}
	}
	for _, n := range fresh {
		if err := d.noteGuardrail(turn, n); err != nil {
			return err
		}
	}
	for _, n := range g.notices {
		if n.Blocked {
			return &blockedError{n}
		}
	}
	return nil
}

// answerFault is EngineFault, and knows why this package ended an answer.
func answerFault(err error) error {
	var summary *summaryError
	if errors.As(err, &summary) {
		return fault.New(fault.SummaryFailed, summary)
	}
	var senseless *babbleError
	if errors.As(err, &senseless) {
		return fault.New(fault.AnswerDegenerate, senseless)
	}
	var blocked *blockedError
	if errors.As(err, &blocked) {
		return fault.New(fault.AnswerBlocked, blocked)
	}
	return EngineFault(err)
}
