package app

import (
	"context"
	"strings"
	"sync"
	"time"

	"subrosa/internal/chat"
	"subrosa/internal/fault"
	"subrosa/internal/history"
)

// deltaEvery is how often streamed text reaches the page: once a frame at 60 Hz.
const deltaEvery = 16 * time.Millisecond

// turn carries one turn from the session to the page: it is the chat.Reader that emits "turn" events.
type turn struct {
	app     *App
	started chan TurnStarted
	refused chan error
	id      TurnStarted

	mu       sync.Mutex
	thoughts strings.Builder // not yet sent on, as words are
	words    strings.Builder
	timer    *time.Timer
}

func newTurn(a *App) *turn {
	return &turn{app: a, started: make(chan TurnStarted, 1), refused: make(chan error, 1)}
}

// wait returns when the turn is written down or refused.
func (t *turn) wait() (TurnStarted, error) {
	select {
	case s := <-t.started:
		return s, nil
	case err := <-t.refused:
		return TurnStarted{}, err
	}
}

func (t *turn) run(p chat.Prompt) {
	out, err := t.app.session.Send(context.Background(), p, t)
	t.flush()
	if t.id.Assistant.ID == "" {
		t.refused <- err
		t.app.emitConversations() // it may have been begun and then refused by the record
		return
	}
	event := t.event("done")
	message := messageView(out.Assistant)
	event.Message = &message
	event.StandIns = t.app.standIns(out.Conversation.ID)
	event.Notices = viewsOf(out.Notices, noticeView)
	if out.Summary.After != "" {
		summary := summaryView(out.Summary)
		event.Summary = &summary
	}
	if err != nil {
		event.Kind, event.Fault = "failed", faultView(fault.From(err))
	} else {
		event.Reason = string(out.Result.Reason)
		event.Redactions = out.Redactions
		event.LeftOut = out.Result.LeftOut
		event.FirstTokenMs = float64(out.Result.FirstToken.Microseconds()) / 1000
		event.TokensPerSecond = out.Result.TokensPerSecond()
	}
	t.app.emitTurn(event)
	t.app.emitConversations()
	t.app.emitStatus()
}

func (t *turn) event(kind string) TurnEvent {
	return TurnEvent{Kind: kind, Turn: t.id.Assistant.Turn, Conversation: t.id.Conversation.ID}
}

// Started implements chat.Reader.
func (t *turn) Started(b history.Begun) {
	t.id = TurnStarted{Conversation: conversationView(b.Conversation), User: messageView(b.User), Assistant: messageView(b.Assistant), StandIns: t.app.standIns(b.Conversation.ID), Sources: viewsOf(b.Sources, t.app.sourceView)}
	t.started <- t.id
	t.app.emitConversations()
}

// Waiting implements chat.Reader.
func (t *turn) Waiting(step chat.Step, done float64) {
	e := t.event(string(step))
	e.Progress = done
	t.app.emitTurn(e)
}

// Reasoning implements chat.Reader. Text is sent on once a frame.
func (t *turn) Reasoning(text string) { t.add(&t.thoughts, text) }

// Delta implements chat.Reader. Text is sent on once a frame.
func (t *turn) Delta(text string) { t.add(&t.words, text) }

func (t *turn) add(to *strings.Builder, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	to.WriteString(text)
	if t.timer == nil {
		t.timer = time.AfterFunc(deltaEvery, t.flush)
	}
}

func (t *turn) flush() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
	if t.thoughts.Len() == 0 && t.words.Len() == 0 {
		return
	}
	e := t.event("delta")
	e.Reasoning, e.Text = t.thoughts.String(), t.words.String()
	t.thoughts.Reset()
	t.words.Reset()
	t.app.emitTurn(e) // under the lock, so that deltas cannot overtake each other
}

var _ chat.Reader = (*turn)(nil)
