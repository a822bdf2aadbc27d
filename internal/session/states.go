package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/engine"
	"subrosa/internal/history"
)

// StateAfter is how long the engine has nothing to do before what it computed of a conversation is saved.
const StateAfter = 3 * time.Second

// leastSaved is how many tokens must have been computed since a conversation's state was last saved; and a quarter of it,
// so that a long conversation is not written anew at each turn.
const leastSaved = 256

// states is what an engine has computed of conversations, and what of that is saved.
type states struct {
	of      string          // what a saved state must be of
	looked  map[string]bool // conversations whose saved state the engine was given, or has none
	saved   map[string]int  // tokens
	unsaved map[string]int  // tokens
	saving  *time.Timer
	waiting int                // callers who want the engine
	giveWay context.CancelFunc // ends what is done aside; nil: nothing is
	forgets bool               // something was erased: the engine is to forget all conversations
}

// begin is for a new engine. Callers hold m.mu.
func (s *states) begin(of string) {
	s.of, s.looked, s.saved, s.unsaved = of, map[string]bool{}, map[string]int{}, map[string]int{}
}

// aside takes the engine for work that gives way to whoever wants it: it ends ctx then. It is not taken where somebody is
// waiting for it, and for work that need not be done now, where somebody has it. Callers call done.
func (m *model) aside(ctx context.Context, now bool) (_ context.Context, done func(), ok bool) {
	if now {
		ok = m.acquire(ctx)
	} else {
		select {
		case m.turn <- struct{}{}:
			ok = true
		default:
		}
	}
	if !ok {
		return nil, nil, false
	}
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(m.life, cancel)
	m.mu.Lock()
	ok = m.states.waiting == 0 && m.life.Err() == nil
	if ok {
		m.states.giveWay = cancel
	}
	m.mu.Unlock()
	done = func() {
		m.mu.Lock()
		m.states.giveWay = nil
		m.mu.Unlock()
		stop()
		cancel()
		m.release()
	}
	if !ok {
		done()
		return nil, nil, false
	}
	return ctx, done, true
}

// whenIdle waits until nobody has the engine, or wants it. It returns false if ctx ends first.
func (m *model) whenIdle(ctx context.Context) bool {
	const soon = 50 * time.Millisecond
	for {
		select {
		case m.turn <- struct{}{}:
		case <-ctx.Done():
			return false
		}
		<-m.turn
		m.mu.Lock()
		wanted := m.states.waiting > 0
		m.mu.Unlock()
		if !wanted {
			return true
		}
		select {
		case <-time.After(soon):
		case <-ctx.Done():
			return false
		}
	}
}

// giveWay ends what is done aside, and in the background.
func (m *model) giveWay() {
	m.open.vectors.interrupt()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.states.giveWay != nil {
		m.states.giveWay()
	}
}

// restore gives a new engine the saved state of a conversation, once. One that cannot be used is dropped and the
// conversation read again; where somebody has tampered with it, that is on record, and an error if it cannot be.
func (m *model) restore(ctx context.Context, e *engine.Engine, conversation string) error {
	m.mu.Lock()
	of, looked := m.states.of, m.states.looked[conversation]
	m.states.looked[conversation] = true
	m.mu.Unlock()
	if conversation == "" || looked {
		return nil
	}
	id := history.ConversationID(conversation)
	err := m.open.giveState(ctx, e, id, of)
	if ctx.Err() != nil {
		m.mu.Lock()
		delete(m.states.looked, conversation)
		m.mu.Unlock()
		err = nil
	}
	if err == nil || errors.Is(err, history.ErrNotFound) {
		return nil
	}
	_ = m.open.history.DropState(id) // where it stays, the next engine finds it again
	return m.open.noteState(id, err)
}

func (o *open) giveState(ctx context.Context, e *engine.Engine, id history.ConversationID, of string) error {
	state, err := o.history.OpenState(ctx, id, of)
	if err != nil {
		return err
	}
	defer state.Close()
	return e.RestoreState(ctx, string(id), state.Size, state)
}

// noteState puts on record that somebody has tampered with a state, or that it was damaged.
func (o *open) noteState(id history.ConversationID, why error) error {
	if !errors.Is(why, history.ErrWrongKeyOrDamaged) {
		return nil
	}
	return o.note(audit.Entry{
		Action: audit.Anomaly, Conversation: string(id), Result: "damaged",
		Detail: "the saved state of a conversation does not verify; it was dropped, and the conversation is read again",
	})
}

// computed notes how much of a conversation the engine has, so that it is saved in time. Callers have acquired the engine.
func (m *model) computed(conversation string, r engine.Result) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, tokens := &m.states, r.PromptTokens+r.OutputTokens
	if _, known := s.saved[conversation]; !known {
		s.saved[conversation] = r.CachedTokens // restored, or there was nothing
	}
	if conversation != "" && tokens-s.saved[conversation] >= max(leastSaved, s.saved[conversation]/4) {
		s.unsaved[conversation] = tokens
	}
}

// saveLaterLocked has what is unsaved saved when the engine has nothing to do. Callers hold m.mu.
func (m *model) saveLaterLocked() {
	s := &m.states
	if len(s.unsaved) == 0 {
		return
	}
	after := cmp.Or(m.opts.StateAfter, StateAfter)
	if s.saving == nil {
		s.saving = time.AfterFunc(after, m.save)
	} else {
		s.saving.Reset(after)
	}
}

// save saves what is unsaved, as far as nobody wants the engine. Where it cannot, the conversation will be read anew.
func (m *model) save() {
	ctx, done, ok := m.aside(m.life, false)
	if !ok {
		return // whoever has the engine sets the clock again
	}
	defer done()
	e, s := m.running(), &m.states
	m.mu.Lock()
	unsaved := s.unsaved
	m.mu.Unlock()
	for conversation, tokens := range unsaved {
		if e != nil {
			_ = m.open.saveState(ctx, e, history.ConversationID(conversation), s.of)
		}
		if ctx.Err() != nil {
			return
		}
		m.mu.Lock()
		delete(unsaved, conversation)
		s.saved[conversation] = tokens // or it could not be: then it is tried again when there is a quarter more
		m.mu.Unlock()
	}
}

// errNoState means that the engine keeps nothing of a conversation any more.
var errNoState = errors.New("nothing is kept of this conversation")

func (o *open) saveState(ctx context.Context, e *engine.Engine, id history.ConversationID, of string) error {
	return o.history.SaveState(ctx, id, of, func(w io.Writer) error {
		tokens, err := e.SaveState(ctx, string(id), func(piece []byte) error {
			_, err := w.Write(piece)
			return err
		})
		if err == nil && tokens == 0 {
			err = errNoState
		}
		return err
	})
}

// stateOf says what a state depends on: the weights, the engine and its settings.
func stateOf(sha256 string, info engine.ModelInfo) string {
	return fmt.Sprintf("%s; %s", sha256, info.States)
}

// forget has the engine overwrite what it keeps of conversations, now or when the answer that is being written has ended.
func (m *model) forget() {
	m.mu.Lock()
	m.states.forgets = true
	m.mu.Unlock()
	select {
	case m.turn <- struct{}{}:
		m.release()
	default:
		go func() {
			if m.acquire(m.life) {
				m.release()
			}
		}()
	}
}

// forgetLocked is for whoever has acquired the engine. One that does not forget is ended.
func (m *model) forgetLocked() {
	m.mu.Lock()
	e, forgets := m.engine, m.states.forgets
	m.states.forgets = false
	if forgets {
		m.states.begin(m.states.of)
	}
	m.mu.Unlock()
	if e == nil || !forgets {
		return
	}
	if err := e.Forget(context.Background()); err != nil {
		_ = e.Close()
	}
}
