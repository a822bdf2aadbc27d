package app

import (
	"cmp"
	"unicode/utf8"

	"subrosa/internal/redact"
)

// CheckView is what redaction would do to a prompt.
type CheckView struct {
	Spans  []SpanView `json:"spans"`
	Masked string     `json:"masked"` // what the model would see
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

// Check tells what would be masked in a prompt, as it is typed.
func (a *App) Check(text string) (CheckView, error) {
	masked, found, err := a.session.Check(text)
	return checkView(text, masked, found), err
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
