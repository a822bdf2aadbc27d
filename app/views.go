package app

import (
	"slices"
	"time"

	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/lockdown"
	"subrosa/internal/redact"
	"subrosa/internal/session"
)

// FaultView is how every error reaches the page.
type FaultView struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// StateView tells which view to show.
type StateView struct {
	Phase      string     `json:"phase"` // setup, locked, ready, failed
	Fault      *FaultView `json:"fault,omitempty"`
	Passphrase string     `json:"passphrase"` // required; optional: setup may do without; none: the keys have none
}

// StrengthView is the estimate for a passphrase.
type StrengthView struct {
	Score      int        `json:"score"` // 0 to 4
	Acceptable bool       `json:"acceptable"`
	Advice     *FaultView `json:"advice,omitempty"` // nil when acceptable
}

// ConversationView is a row of the list. Times are RFC 3339.
type ConversationView struct {
	ID        string `json:"id"`
	Title     string `json:"title"`
	CreatedAt string `json:"createdAt"`
	UpdatedAt string `json:"updatedAt"`
	Messages  int    `json:"messages"` // in all branches
	Matter    string `json:"matter"`
	Pinned    bool   `json:"pinned"`
	Held      bool   `json:"held"`
	Draft     bool   `json:"draft"`
	Thinking  bool   `json:"thinking"` // the model is to think before it answers
}

// MessageView is one message as its reader sees it: masked values are labels, pseudonymised ones are there.
type MessageView struct {
	ID           string `json:"id"`
	Parent       string `json:"parent"`
	Turn         string `json:"turn"`
	Role         string `json:"role"`
	Status       string `json:"status"`
	Text         string `json:"text"`
	Reasoning    string `json:"reasoning"`
	Model        string `json:"model"`
	PromptTokens int    `json:"promptTokens"`
	OutputTokens int    `json:"outputTokens"`
	CreatedAt    string `json:"createdAt"`
}

// TurnStarted is what Send returns: the turn is written down, the answer follows.
type TurnStarted struct {
	Conversation ConversationView `json:"conversation"`
	User         MessageView      `json:"user"`
	Assistant    MessageView      `json:"assistant"`
	StandIns     []StandInView    `json:"standIns"`
	Sources      []SourceView     `json:"sources"` // what the model is given of documents
}

// TurnEvent is a union by Kind: delta (Text), loading and summarising (Progress), done (Message, Reason, speeds, Redactions) and failed
// (Message, Fault).
type TurnEvent struct {
	Kind            string         `json:"kind"`
	Turn            string         `json:"turn"`
	Conversation    string         `json:"conversation"`
	Text            string         `json:"text,omitempty"`
	Reasoning       string         `json:"reasoning,omitempty"` // comes before what Text there is
	Progress        float64        `json:"progress,omitempty"`
	Message         *MessageView   `json:"message,omitempty"`
	Reason          string         `json:"reason,omitempty"`
	TokensPerSecond float64        `json:"tokensPerSecond,omitempty"`
	LeftOut         int            `json:"leftOut,omitempty"` // messages that the model did not read
	FirstTokenMs    float64        `json:"firstTokenMs,omitempty"`
	Redactions      map[string]int `json:"redactions,omitempty"`
	StandIns        []StandInView  `json:"standIns,omitempty"` // the conversation's, at the end
	Notices         []NoticeView   `json:"notices,omitempty"`
	Summary         *SummaryView   `json:"summary,omitempty"` // that was made in the turn
	Fault           *FaultView     `json:"fault,omitempty"`
}

// NoticeView is what a guardrail said about a turn that went on.
type NoticeView struct {
	Name     string `json:"name"`
	Reason   string `json:"reason"`
	Answer   bool   `json:"answer"`   // about the answer, else about the prompt
	Document string `json:"document"` // or about this document
	Page     int    `json:"page"`
}

// PreferencesView is how the window looks.
type PreferencesView struct {
	Theme    string `json:"theme"`    // system, light, dark
	Language string `json:"language"` // system, en, de
	Text     string `json:"text"`     // its size in per cent, one of session.TextSizes
}

// StatusView is the status strip.
type StatusView struct {
	Offline   OfflineView   `json:"offline"`
	Record    RecordView    `json:"record"`
	Model     ModelView     `json:"model"`
	Redaction RedactionView `json:"redaction"`
	Documents bool          `json:"documents"` // whether policy allows documents
	Temporary bool          `json:"temporary"` // whether policy allows conversations that are not kept
	Home      string        `json:"home"`
	Copy      bool          `json:"copy"` // whether text may be copied out of the window
	Version   string        `json:"version"`
}

// OfflineView is the evidence that no network can be reached.
type OfflineView struct {
	OK      bool       `json:"ok"`
	Tried   int        `json:"tried"` // ways out; 0 while they are being probed
	Blocked int        `json:"blocked"`
	Absent  int        `json:"absent"` // they do not exist on this machine
	Rows    []ProbeRow `json:"rows"`
	Page    []PageRow  `json:"page"`
	Under   []string   `json:"under"` // the window's processes that have the filter
}

// PageWayView is a way out that the page tried: verdict is "refused", "open", "unseen", or "stayed" for one that would have
// left the page.
type PageWayView struct {
	Name    string `json:"name"`
	Verdict string `json:"verdict"`
	By      string `json:"by"`
}

// PageRow is what is held to be true of one.
type PageRow struct {
	Name    string `json:"name"`
	Verdict string `json:"verdict"` // "blocked", "not blocked", "no control"
	By      string `json:"by"`
}

// ProbeRow is one way out that was tried.
type ProbeRow struct {
	Name    string `json:"name"`
	Detail  string `json:"detail"`
	Blocked bool   `json:"blocked"`
	Control bool   `json:"control"` // an unconfined process could
	Local   bool   `json:"local"`   // no way out: it must work
}

// RecordView is the audit log in short.
type RecordView struct {
	Size    int64      `json:"size"`
	Healthy bool       `json:"healthy"`
	Fault   *FaultView `json:"fault,omitempty"`
}

// ModelView is the chosen model.
type ModelView struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Builtin  bool       `json:"builtin"`
	State    string     `json:"state"`
	Progress float64    `json:"progress"`
	Context  uint64     `json:"context"` // tokens that it can take in
	Thinks   bool       `json:"thinks"`  // one may choose whether it thinks before it answers
	Fault    *FaultView `json:"fault,omitempty"`
}

// RedactionView is what is masked.
type RedactionView struct {
	Rules   []string `json:"rules"` // the types that are masked, such as US_SSN
	Ruleset string   `json:"ruleset"`
}

func viewsOf[T, V any](in []T, view func(T) V) []V {
	out := make([]V, 0, len(in))
	for _, v := range in {
		out = append(out, view(v))
	}
	return out
}

func faultView(f *fault.Fault) *FaultView {
	if f == nil {
		return nil
	}
	return &FaultView{Code: string(f.Code), Message: f.Message, Hint: f.Hint}
}

func conversationView(c history.Conversation) ConversationView {
	return ConversationView{
		ID: string(c.ID), Title: c.Title, Messages: c.Messages, Matter: string(c.Matter), Pinned: c.Pinned, Held: c.Held, Draft: c.Draft, Thinking: c.Thinking,
		CreatedAt: c.CreatedAt.Format(time.RFC3339), UpdatedAt: c.UpdatedAt.Format(time.RFC3339),
	}
}

func messageView(m history.Message) MessageView {
	return MessageView{
		ID: string(m.ID), Parent: string(m.Parent), Turn: string(m.Turn), Role: string(m.Role), Status: string(m.Status),
		Text: m.Text, Reasoning: m.Reasoning, Model: m.Model, PromptTokens: m.PromptTokens, OutputTokens: m.OutputTokens,
		CreatedAt: m.CreatedAt.Format(time.RFC3339),
	}
}

func stateView(s *session.Session) StateView {
	phase, f := s.State()
	return StateView{Phase: string(phase), Fault: faultView(f), Passphrase: string(s.Passphrase())}
}

func strengthView(s session.PassphraseStrength) StrengthView {
	v := StrengthView{Score: s.Score, Acceptable: s.Acceptable}
	if !s.Acceptable {
		v.Advice = faultView(fault.New(fault.PassphraseWeak, nil))
	}
	return v
}

// statusView shows what is in force; while locked (err), only what needs no keys.
func statusView(offline OfflineView, home string, s session.Status, err error) StatusView {
	v := StatusView{Offline: offline, Home: home, Version: Version}
	if err != nil {
		v.Model.State = string(session.ModelUnloaded)
		return v
	}
	v.Record = RecordView{Size: s.RecordSize, Healthy: s.RecordFault == nil, Fault: faultView(s.RecordFault)}
	v.Model = ModelView{
		ID: string(s.Model.Manifest.ID), Name: s.Model.Manifest.Name, Builtin: s.Model.Builtin,
		State: string(s.Model.State), Progress: s.Model.Progress, Context: s.Model.Manifest.ContextLength, Thinks: s.Model.Thinks, Fault: faultView(s.Model.Fault),
	}
	v.Copy, v.Temporary, v.Documents = s.Copy, s.Temporary, s.Documents
	v.Redaction = RedactionView{Rules: viewsOf(s.Masked, func(t redact.Type) string { return string(t) }), Ruleset: s.Ruleset}
	return v
}

func offlineView(r *lockdown.Report) OfflineView {
	if r == nil {
		return OfflineView{}
	}
	v := OfflineView{OK: r.OK(), Under: []string{}}
	v.Page = viewsOf(r.Page, func(w lockdown.PageWay) PageRow { return PageRow{Name: w.Name, Verdict: string(w.Verdict), By: w.By} })
	for _, p := range r.Processes {
		if p.Filtered {
			v.Under = append(v.Under, p.Name)
		}
	}
	rows := r.Rows
	if r.Walls != nil {
		rows = slices.Concat(rows, r.Walls.Rows)
	}
	for _, row := range rows {
		v.Rows = append(v.Rows, ProbeRow{Name: row.Name, Detail: row.Detail, Blocked: row.Blocked, Control: row.ControlWorks, Local: row.Verdict == lockdown.Works})
		switch row.Verdict {
		case lockdown.Works, lockdown.Broken: // AF_UNIX, which is no way out
			continue
		case lockdown.Blocked:
			v.Blocked++
		case lockdown.NoControl:
			v.Absent++
		}
		v.Tried++
	}
	return v
}
