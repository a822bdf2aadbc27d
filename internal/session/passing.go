package session

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"sync"
	"time"

	"subrosa/internal/chat"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/policy"
)

// passing is a temporary conversation. It stands in memory alone, in one branch, and goes with Forget, with the next one
// and with a lock; the record has its turns with their commitments, whose salts go with it. It implements chat.History.
type passing struct {
	mu           sync.Mutex
	conversation history.Conversation // no ID until its first turn
	messages     []history.Message
	pseudonyms   []byte
	summaries    []history.Summary
}

// historyFor is where a turn is kept.
func (o *open) historyFor(ctx context.Context, p chat.Prompt) (chat.History, error) {
	if !p.Temporary {
		if p.Conversation == "" {
			return o.history, nil
		}
		_, err := o.history.Conversation(ctx, p.Conversation)
		return o.history, historyFault(err)
	}
	if err := o.require(policy.ChatUnkept, "", nil); err != nil {
		return nil, err
	}
	if p.Conversation == "" {
		o.passing.Store(&passing{})
	}
	now := o.passing.Load()
	if now == nil || now.id() != p.Conversation {
		return nil, fault.New(fault.ConversationMissing, nil)
	}
	return now, nil
}

// passingOf returns the temporary conversation if that is it, or nil.
func (o *open) passingOf(id history.ConversationID) *passing {
	if p := o.passing.Load(); p != nil && id != "" && p.id() == id {
		return p
	}
	return nil
}

// Forget drops the temporary conversation, if there is one.
func (s *Session) Forget() {
	if o, err := s.ready(); err == nil {
		o.passing.Store(nil)
		o.model.forget()
	}
}

func (p *passing) id() history.ConversationID {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conversation.ID
}

func (p *passing) table() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pseudonyms
}

// Earlier implements chat.History.
func (p *passing) Earlier(_ context.Context, at history.Place) ([]history.Message, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	kept, old, err := p.beforeLocked(at)
	if at.Continue != "" {
		kept = append(kept, history.Message{Conversation: p.conversation.ID, Role: history.Assistant, Text: old.Text})
	}
	return kept, err
}

// beforeLocked returns what stays of the messages before a place, and the message that gives way there.
func (p *passing) beforeLocked(at history.Place) (kept []history.Message, old history.Message, err error) {
	id := at.Edit + at.Again + at.Continue // at most one of them is set
	if id == "" {
		return slices.Clone(p.messages), old, nil
	}
	role := history.Assistant
	if at.Edit != "" {
		role = history.User
	}
	i := slices.IndexFunc(p.messages, func(m history.Message) bool { return m.ID == id && m.Role == role })
	if i < 0 {
		return nil, old, history.ErrNotFound
	}
	return slices.Clone(p.messages[:i]), p.messages[i], nil
}

// BeginTurn implements chat.History. What stood after the turn's place is dropped.
func (p *passing) BeginTurn(_ context.Context, t history.Turn) (history.Begun, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	kept, old, err := p.beforeLocked(t.Place)
	if err != nil {
		return history.Begun{}, err
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	if p.conversation.ID == "" {
		p.conversation = history.Conversation{ID: history.ConversationID(newID()), Title: t.Title, Matter: history.General, CreatedAt: now}
	}
	p.conversation.UpdatedAt = now
	of := history.Message{ID: history.MessageID(newID()), Conversation: p.conversation.ID, Turn: t.ID, CreatedAt: now}
	var b history.Begun
	if t.Place.Again != "" || t.Place.Continue != "" {
		if len(kept) == 0 {
			return b, history.ErrNotFound
		}
		b.User = kept[len(kept)-1]
	} else {
		b.User = of
		b.User.Role, b.User.Status, b.User.Text, b.User.Salt = history.User, history.Complete, t.Prompt, t.PromptSalt
		kept = append(kept, b.User)
	}
	b.Assistant = of
	b.Assistant.ID, b.Assistant.Parent = history.MessageID(newID()), b.User.ID
	b.Assistant.Role, b.Assistant.Status, b.Assistant.Model, b.Assistant.Salt = history.Assistant, history.Pending, t.Model, t.AnswerSalt
	if t.Place.Continue != "" {
		b.Assistant.Text, b.Assistant.Reasoning = old.Text, old.Reasoning
	}
	kept = append(kept, b.Assistant)
	p.messages = kept
	p.summaries = slices.DeleteFunc(p.summaries, func(s history.Summary) bool {
		return !slices.ContainsFunc(kept, func(m history.Message) bool { return m.ID == s.After })
	})
	p.conversation.Messages = len(p.messages)
	p.keepLocked(t.Pseudonyms)
	b.Conversation = p.conversation
	return b, nil
}

// SavePartial implements chat.History: what is said is kept at the end alone, since nothing here outlives a crash.
func (p *passing) SavePartial(_ context.Context, _ history.TurnID, _, _ string, pseudonyms []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keepLocked(pseudonyms)
	return nil
}

// FinishTurn implements chat.History.
func (p *passing) FinishTurn(_ context.Context, turn history.TurnID, o history.Outcome) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.messages) - 1
	if last < 0 || p.messages[last].Turn != turn || p.messages[last].Status != history.Pending {
		return history.ErrNotFound
	}
	m := &p.messages[last]
	m.Status, m.Text, m.Reasoning, m.AuditSeq = o.Status, o.Text, o.Reasoning, o.AuditSeq
	m.PromptTokens, m.OutputTokens = o.PromptTokens, o.OutputTokens
	p.keepLocked(o.Pseudonyms)
	return nil
}

// Summaries implements chat.History.
func (p *passing) Summaries(context.Context, history.ConversationID) ([]history.Summary, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.summaries), nil
}

// SaveSummary implements chat.History. Nothing is erased here message by message.
func (p *passing) SaveSummary(_ context.Context, _ history.TurnID, s history.Summary, _ []history.MessageID, pseudonyms []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.summaries = append(p.summaries, s)
	p.keepLocked(pseudonyms)
	return nil
}

func (p *passing) keepLocked(pseudonyms []byte) {
	if pseudonyms != nil {
		p.pseudonyms = pseudonyms
	}
}

func newID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

var _ chat.History = (*passing)(nil)
