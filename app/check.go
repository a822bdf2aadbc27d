package app

import (
	"cmp"
	"context"
	"unicode/utf8"

	"subrosa/internal/history"
	"subrosa/internal/redact"
)

// CheckView is what redaction would do to a prompt.
type CheckView struct {
	Spans  []SpanView `json:"spans"`
	Masked string     `json:"masked"` // what the model would see

	MayMask         bool `json:"mayMask"`         // the user may have what gets a stand-in masked
	MayPseudonymise bool `json:"mayPseudonymise"` // or the other way round
}

// SpanView is one find. Start and End count UTF-16 units of the text that was checked, as the page counts.
type SpanView struct {
	Start  int    `json:"start"`
	End    int    `json:"end"`
	Type   string `json:"type"`
	Label  string `json:"label"`
	Reason string `json:"reason"` // what the rule looks for, in words
	Action string `json:"action"`
}

// KindView describes a type of find.
type KindView struct {
	Type        string `json:"type"`
	Label       string `json:"label"`
	Description string `json:"description"`
}

// StandInView is a value of which the model sees a token.
type StandInView struct {
	Token string `json:"token"`
	Type  string `json:"type"`
	Value string `json:"value"`
}

// Check tells what would be hidden in a prompt of a conversation, as it is typed. Instead is "", "mask" or "pseudonymise".
func (a *App) Check(conversation, text, instead string) (CheckView, error) {
	c, err := a.session.Check(context.Background(), history.ConversationID(conversation), text, redact.Action(instead))
	v := checkView(text, c.Masked, c.Found)
	v.MayMask, v.MayPseudonymise = c.MayMask, c.MayPseudonymise
	return v, err
}

// standIns lists a conversation's. Without them the page shows the values all the same.
func (a *App) standIns(id history.ConversationID) []StandInView {
	list, err := a.session.StandIns(context.Background(), id)
	if err != nil {
		return []StandInView{}
	}
	return viewsOf(list, func(s redact.StandIn) StandInView { return StandInView{s.Token, string(s.Type), s.Value} })
}

// Kinds describes what the rules look for.
func (a *App) Kinds() []KindView {
	return viewsOf(redact.Kinds(), func(k redact.Kind) KindView {
		return KindView{Type: string(k.Type), Label: k.Label, Description: k.Description}
	})
}

func checkView(text, masked string, found []redact.Span) CheckView {
	v := CheckView{Masked: masked, Spans: []SpanView{}}
	if len(found) == 0 {
		return v
	}
	kinds := map[redact.Type]redact.Kind{}
	for _, k := range redact.Kinds() {
		kinds[k.Type] = k
	}
	at, units := 0, 0
	to := func(offset int) int {
		units += utf16Units(text[at:offset])
		at = offset
		return units
	}
	for _, s := range found {
		v.Spans = append(v.Spans, SpanView{
			Start: to(s.Start), End: to(s.End), Type: string(s.Type), Label: cmp.Or(kinds[s.Type].Label, "["+string(s.Type)+"]"),
			Reason: kinds[s.Type].Description, Action: string(s.Action),
		})
	}
	return v
}

// utf16Units counts as JavaScript does.
func utf16Units(s string) int {
	n := utf8.RuneCountInString(s)
	for _, r := range s {
		if r > 0xFFFF {
			n++
		}
	}
	return n
}
