package app

import (
	"context"
	"time"

	"subrosa/internal/chat"
	"subrosa/internal/history"
	"subrosa/internal/redact"
	"subrosa/internal/session"
)

// pageMessages is how many messages of a conversation the page gets at first, and with each look further back: some ten
// screens, which it takes within a frame.
const pageMessages = 50

// PromptView is what Send sends. At most one of Edit, Again and Continue is a message's ID.
type PromptView struct {
	Conversation string   `json:"conversation"` // empty: a new one
	Matter       string   `json:"matter"`       // of a new one
	Edit         string   `json:"edit"`
	Again        string   `json:"again"`
	Continue     string   `json:"continue"`
	Text         string   `json:"text"`
	Temporary    bool     `json:"temporary"` // kept nowhere but on record, and forgotten with the next one
	LeaveOut     bool     `json:"leaveOut"`  // the oldest messages, where not all fit into the model's context
	Summarise    bool     `json:"summarise"` // or have the model summarise them
	Think        bool     `json:"think"`     // have the model think before it answers
	Documents    []string `json:"documents"` // of the matter, beside the conversation's own
	Instead      string   `json:"instead"`   // "", or how values are hidden in place of the policy's way: mask, pseudonymise
}

// ConversationDetail is a conversation with the last messages of its chosen branch.
type ConversationDetail struct {
	Conversation ConversationView        `json:"conversation"`
	Messages     []MessageView           `json:"messages"`
	Earlier      bool                    `json:"earlier"`  // there are messages before these
	Versions     map[string][]string     `json:"versions"` // by message: it and those that stand beside it
	StandIns     []StandInView           `json:"standIns"`
	Sources      map[string][]SourceView `json:"sources"` // by answer: what its model was given of documents
	Summaries    []SummaryView           `json:"summaries"`
}

// SummaryView is what the model is told in place of a message and those before it.
type SummaryView struct {
	After    string `json:"after"` // the message
	Text     string `json:"text"`
	Messages int    `json:"messages"` // that it stands for
}

// TemplateView is a prompt kept for later.
type TemplateView struct {
	Name string `json:"name"`
	Text string `json:"text"`
	Own  bool   `json:"own"` // else IT's
}

// MatterView is a folder of conversations.
type MatterView struct {
	ID            string `json:"id"`
	Name          string `json:"name"` // empty for the built-in one
	RetentionDays int    `json:"retentionDays"`
	Conversations int    `json:"conversations"`
	Held          bool   `json:"held"`
}

// ErasureView says what to erase.
type ErasureView struct {
	Messages      []string `json:"messages"`
	Documents     []string `json:"documents"`
	Conversations []string `json:"conversations"`
	Matters       []string `json:"matters"`
}

// HitView is a place in which the words that were searched for stand.
type HitView struct {
	Conversation string      `json:"conversation"`
	Title        string      `json:"title"`
	Message      string      `json:"message"`
	Role         string      `json:"role"`
	At           string      `json:"at"`
	Snippet      []PieceView `json:"snippet"`
}

// PieceView is a stretch of a snippet.
type PieceView struct {
	Text  string `json:"text"`
	Match bool   `json:"match"`
}

// FoundView is the answer to a search.
type FoundView struct {
	Hits     []HitView `json:"hits"`
	More     bool      `json:"more"`
	Complete bool      `json:"complete"`
}

// Conversations lists them, the pinned first, then the last used first.
func (a *App) Conversations() ([]ConversationView, error) {
	list, err := a.session.List(context.Background(), history.Filter{})
	return viewsOf(list, conversationView), err
}

// Conversation returns one with its last messages, or with those before a message of it.
func (a *App) Conversation(id, before string) (ConversationDetail, error) {
	c, err := a.conversation(id)
	if err != nil {
		return ConversationDetail{}, err
	}
	p, err := a.session.Page(context.Background(), history.ConversationID(id), history.MessageID(before), pageMessages)
	v := detailView(c, p)
	if err != nil || before != "" { // what follows is the whole conversation's, and there already
		return v, err
	}
	v.StandIns, v.Sources = a.standIns(c.ID), a.sources(c.ID)
	v.Summaries, err = a.summaries(c.ID)
	return v, err
}

func (a *App) summaries(id history.ConversationID) ([]SummaryView, error) {
	list, err := a.session.Summaries(context.Background(), id)
	return viewsOf(list, summaryView), err
}

func summaryView(s history.Summary) SummaryView {
	return SummaryView{After: string(s.After), Text: s.Text, Messages: s.Messages}
}

func (a *App) conversation(id string) (history.Conversation, error) {
	return a.session.Row(context.Background(), history.ConversationID(id))
}

// Send begins a turn and returns once it is written down. The answer follows as "turn" events.
func (a *App) Send(p PromptView) (TurnStarted, error) {
	sampling, err := a.session.DefaultSampling()
	if err != nil {
		return TurnStarted{}, err
	}
	turn := newTurn(a)
	prompt := promptOf(p)
	prompt.Sampling = sampling
	go turn.run(prompt)
	return turn.wait()
}

// ReadAhead has the model read what will stand before the next prompt of a conversation, "" for a new one, while that is
// typed. It returns at once; what is in its way the prompt will say.
func (a *App) ReadAhead(id string) {
	go func() { _ = a.session.ReadAhead(context.Background(), history.ConversationID(id)) }()
}

// Forget drops the temporary conversation.
func (a *App) Forget() { a.session.Forget() }

// Choose shows the newest branch through a message.
func (a *App) Choose(id, message string) error {
	return a.session.Choose(context.Background(), history.ConversationID(id), history.MessageID(message))
}

// Rename changes a conversation's title.
func (a *App) Rename(id, title string) error {
	return a.listChanged(a.session.Rename(context.Background(), history.ConversationID(id), title))
}

// Pin puts a conversation at the top of the list, or back.
func (a *App) Pin(id string, pinned bool) error {
	return a.listChanged(a.session.Pin(context.Background(), history.ConversationID(id), pinned))
}

// Erase erases messages, conversations and matters for good.
func (a *App) Erase(e ErasureView) error {
	return a.listChanged(a.session.Erase(context.Background(), erasureOf(e)))
}

// Move puts conversations into another matter.
func (a *App) Move(matter string, ids []string) error {
	list := idsOf[history.ConversationID](ids)
	return a.listChanged(a.session.Move(context.Background(), history.MatterID(matter), list...))
}

// Hold forbids erasing a conversation, or a matter where no conversation is named.
func (a *App) Hold(matter, conversation, reason string) error {
	h := history.Hold{Matter: history.MatterID(matter), Conversation: history.ConversationID(conversation), Reason: reason}
	_, err := a.session.AddHold(context.Background(), h)
	return a.listChanged(err)
}

func (a *App) listChanged(err error) error {
	a.emitConversations()
	a.emitStatus() // what was done is on record
	return err
}

// Draft returns a conversation's unsent text, or the new conversation's.
func (a *App) Draft(id string) (string, error) {
	return a.session.Draft(context.Background(), history.ConversationID(id))
}

// SetDraft keeps it.
func (a *App) SetDraft(id, text string) error {
	return a.session.SetDraft(context.Background(), history.ConversationID(id), text)
}

// Templates lists IT's, then the user's own.
func (a *App) Templates() ([]TemplateView, error) {
	shared, err := a.session.SharedTemplates()
	if err != nil {
		return nil, err
	}
	own, err := a.session.Templates(context.Background())
	return append(templateViews(shared, false), templateViews(own, true)...), err
}

func templateViews(list []session.Template, own bool) []TemplateView {
	return viewsOf(list, func(t session.Template) TemplateView { return TemplateView{Name: t.Name, Text: t.Text, Own: own} })
}

// SetTemplate stores one, or removes it for an empty text.
func (a *App) SetTemplate(name, text string) error {
	return a.session.SetTemplate(context.Background(), name, text)
}

// Matters lists them, the built-in one first.
func (a *App) Matters() ([]MatterView, error) {
	list, err := a.session.Matters(context.Background())
	return viewsOf(list, matterView), err
}

// CreateMatter adds one.
func (a *App) CreateMatter(name string) (MatterView, error) {
	m, err := a.session.CreateMatter(context.Background(), name)
	return matterView(m), a.listChanged(err)
}

// RenameMatter changes a matter's name.
func (a *App) RenameMatter(id, name string) error {
	return a.listChanged(a.session.RenameMatter(context.Background(), history.MatterID(id), name))
}

// SetRetention says after how many days without a turn a matter's conversations are erased; 0: as policy says.
func (a *App) SetRetention(id string, days int) error {
	return a.listChanged(a.session.SetRetention(context.Background(), history.MatterID(id), days))
}

// Search looks for words in everything the user may see.
func (a *App) Search(text string) (FoundView, error) {
	found, err := a.session.Search(context.Background(), history.Query{Text: text, Limit: 30})
	return FoundView{Hits: viewsOf(found.Hits, hitView), More: found.More, Complete: found.Complete}, err
}

func pieceView(p history.Piece) PieceView { return PieceView(p) }

func promptOf(p PromptView) chat.Prompt {
	return chat.Prompt{
		Conversation: history.ConversationID(p.Conversation), Matter: history.MatterID(p.Matter), Edit: history.MessageID(p.Edit),
		Again: history.MessageID(p.Again), Continue: history.MessageID(p.Continue), Text: p.Text, Instead: redact.Action(p.Instead),
		Temporary: p.Temporary, LeaveOut: p.LeaveOut, Summarise: p.Summarise, Think: p.Think, Documents: idsOf[history.DocumentID](p.Documents),
	}
}

func idsOf[T ~string](in []string) []T { return viewsOf(in, func(s string) T { return T(s) }) }

func erasureOf(e ErasureView) history.Erasure {
	return history.Erasure{
		Messages: idsOf[history.MessageID](e.Messages), Conversations: idsOf[history.ConversationID](e.Conversations),
		Matters: idsOf[history.MatterID](e.Matters), Documents: idsOf[history.DocumentID](e.Documents),
	}
}

func detailView(c history.Conversation, p history.Page) ConversationDetail {
	v := ConversationDetail{
		Conversation: conversationView(c), Messages: viewsOf(p.Messages, messageView), Earlier: p.Earlier,
		Versions: map[string][]string{},
	}
	for id, all := range p.Versions {
		v.Versions[string(id)] = viewsOf(all, func(m history.MessageID) string { return string(m) })
	}
	return v
}

func matterView(m history.Matter) MatterView {
	return MatterView{ID: string(m.ID), Name: m.Name, RetentionDays: m.RetentionDays, Conversations: m.Conversations, Held: m.Held}
}

func hitView(h history.Hit) HitView {
	return HitView{
		Conversation: string(h.Conversation), Title: h.Title, Message: string(h.Message), Role: string(h.Role),
		At:      h.At.Format(time.RFC3339),
		Snippet: viewsOf(h.Snippet, pieceView),
	}
}
