package redact

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Score counts what was found of what should have been. Exact counts finds with the very bounds, Found all that overlap.
type Score struct {
	Want  int `json:"want"`
	Found int `json:"found"`
	Exact int `json:"exact"`
	False int `json:"false"` // finds where nothing of the type should have been
}

// Recall is the part of what should be found that was, 1 if nothing should.
func (s Score) Recall() float64 { return part(s.Found, s.Want) }

// Precision is the part of what was found that should be, 1 if nothing was.
func (s Score) Precision() float64 { return part(s.Found, s.Found+s.False) }

// F1 is the harmonic mean of both.
func (s Score) F1() float64 { return harmonic(s.Precision(), s.Recall()) }

// ExactF1 is F1 with only finds of the very bounds as right.
func (s Score) ExactF1() float64 {
	return harmonic(part(s.Exact, s.Found+s.False), part(s.Exact, s.Want))
}

func part(n, of int) float64 {
	if of == 0 {
		return 1
	}
	return float64(n) / float64(of)
}

func harmonic(p, r float64) float64 {
	if p+r == 0 {
		return 0
	}
	return 2 * p * r / (p + r)
}

// Miss is a value that was not found, or a find where none should be.
type Miss struct {
	Case  string `json:"case"`
	Type  Type   `json:"type"`
	False bool   `json:"false"`
	Rule  string `json:"rule,omitempty"` // of a false find
	Value string `json:"value"`
	Text  string `json:"text"` // around it
}

// Evaluation is how a Redactor does on labelled cases.
type Evaluation struct {
	ByType     map[Type]*Score   `json:"byType"`
	BySource   map[string]*Score `json:"bySource"`   // structured identifiers only where the cases say which are
	Structured Score             `json:"structured"` // identifiers with a form: cases that label one entity, and spans marked "struct"
	Cases      int               `json:"cases"`

	// Of the cases that label one entity: how many with a value had each found, by type and by any; how many without one
	// had no find of any type.
	Positives, PositivesRight, PositivesAny int
	Negatives, NegativesHit                 int

	Misses []Miss `json:"misses,omitempty"`
}

// labelled is a case: Spans are half-open pairs of code points, or objects.
type labelled struct {
	ID       string          `json:"id"`
	Text     string          `json:"text"`
	Entity   Type            `json:"entity"`
	Strength string          `json:"strength"`
	Source   string          `json:"source"`
	Lang     string          `json:"lang"`
	Test     string          `json:"source_test"`
	Named    *bool           `json:"names_labelled"`
	Spans    json.RawMessage `json:"spans"`
	BSpans   [][2]int        `json:"bspans"`
}

type wanted struct {
	start, end int
	kind       Type
	structured bool
}

func (c *labelled) wanted() ([]wanted, error) {
	var want []wanted
	if c.Entity != "" {
		pairs := c.BSpans
		if pairs == nil {
			var runes [][2]int
			if err := json.Unmarshal(c.Spans, &runes); err != nil {
				return nil, err
			}
			for _, p := range runes {
				pairs = append(pairs, [2]int{byteOffset(c.Text, p[0]), byteOffset(c.Text, p[1])})
			}
		}
		for _, p := range pairs {
			want = append(want, wanted{start: p[0], end: p[1], kind: c.Entity, structured: true})
		}
		return want, nil
	}
	var spans []struct {
		Start, End   int
		BStart, BEnd *int
		Type         Type
		Struct       *bool
	}
	if err := json.Unmarshal(c.Spans, &spans); err != nil {
		return nil, err
	}
	for _, s := range spans {
		w := wanted{kind: s.Type, structured: s.Struct == nil || *s.Struct}
		if s.BStart != nil && s.BEnd != nil {
			w.start, w.end = *s.BStart, *s.BEnd
		} else {
			w.start, w.end = byteOffset(c.Text, s.Start), byteOffset(c.Text, s.End)
		}
		want = append(want, w)
	}
	return want, nil
}

func byteOffset(text string, runes int) int {
	at := 0
	for ; runes > 0 && at < len(text); runes-- {
		_, n := utf8.DecodeRuneInString(text[at:])
		at += n
	}
	return at
}

// Evaluate adds the labelled cases in r, one JSON object a line, to e. Cases of weak strength are left out, and persons in
// cases that do not label them.
func (e *Evaluation) Evaluate(redactor *Redactor, r io.Reader) error {
	if e.ByType == nil {
		e.ByType, e.BySource = map[Type]*Score{}, map[string]*Score{}
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		var c labelled
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if c.Strength == "weak" {
			continue
		}
		want, err := c.wanted()
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		for _, w := range want {
			if w.start < 0 || w.end > len(c.Text) || w.start >= w.end {
				return fmt.Errorf("line %d: span %d to %d is not in the text", n, w.start, w.end)
			}
		}
		e.add(redactor, &c, want)
	}
	return lines.Err()
}

func (e *Evaluation) add(redactor *Redactor, c *labelled, want []wanted) {
	e.Cases++
	got := redactor.Find(c.Text)
	source := c.Source
	switch {
	case source == "" && c.Test != "":
		source, _, _ = strings.Cut(strings.TrimSuffix(c.Test, "_recognizer.py"), " ")
		if strings.HasPrefix(source, "test_") {
			source = "presidio"
		}
	case c.Lang != "":
		source += " " + c.Lang
	}
	total := byName(e.BySource, source)
	right := make([]bool, len(got))
	any, all := len(want) > 0, len(want) > 0
	for i := range want {
		w := &want[i]
		if w.kind == "PERSON" && c.Named != nil && !*c.Named {
			continue
		}
		scores := []*Score{byName(e.ByType, w.kind)}
		if w.structured {
			scores = append(scores, total, &e.Structured)
		}
		found, exact, touched := false, false, false
		for k, g := range got {
			if g.Start >= w.end || w.start >= g.End {
				continue
			}
			touched = true
			if covers(w.kind, g.Type) {
				found, right[k] = true, true
				exact = exact || g.Start == w.start && g.End == w.end
			}
		}
		any, all = any && touched, all && found
		for _, s := range scores {
			s.Want++
			if found {
				s.Found++
			}
			if exact {
				s.Exact++
			}
		}
		if !found {
			e.Misses = append(e.Misses, Miss{Case: c.ID, Type: w.kind, Value: c.Text[w.start:w.end], Text: around(c.Text, w.start, w.end)})
		}
	}
	for k, g := range got {
		if right[k] || c.Entity != "" && len(want) > 0 && !covers(c.Entity, g.Type) || g.Type == "PERSON" && c.Named != nil && !*c.Named {
			continue // a case that labels one entity says nothing of the others
		}
		byName(e.ByType, g.Type).False++
		if c.Entity != "" && len(want) > 0 || c.Entity == "" && e.structured(g.Type) {
			total.False++
			e.Structured.False++
		}
		e.Misses = append(e.Misses, Miss{Case: c.ID, Type: g.Type, False: true, Rule: g.Rule, Value: c.Text[g.Start:g.End], Text: around(c.Text, g.Start, g.End)})
	}
	switch {
	case c.Entity == "":
	case len(want) == 0:
		e.Negatives++
		if len(got) > 0 {
			e.NegativesHit++
		}
	default:
		e.Positives++
		if all {
			e.PositivesRight++
		}
		if any {
			e.PositivesAny++
		}
	}
}

func byName[K comparable](m map[K]*Score, k K) *Score {
	if m[k] == nil {
		m[k] = &Score{}
	}
	return m[k]
}

// structured reports whether values of a type have a form of their own, as against names and places.
func (*Evaluation) structured(t Type) bool {
	switch t {
	case "PERSON", "LOCATION", "GPE", "ORGANIZATION", "STREET_ADDRESS", "ZIP_CODE", "AGE", "TITLE", "NRP", "DATE_TIME":
		return false
	}
	return true
}

// covers reports whether a find of type got is right where the cases say want: their names for some types take in
// several of ours.
func covers(want, got Type) bool {
	if want == got {
		return true
	}
	switch want {
	case "NATIONAL_ID":
		return slices.Contains(nationalIDs(), got)
	case "GPE":
		return got == "LOCATION" || got == "STREET_ADDRESS" || got == "ZIP_CODE"
	case "LOCATION", "STREET_ADDRESS":
		return got == "LOCATION" || got == "STREET_ADDRESS" || got == "GPE"
	case "ZIP_CODE":
		return got == "UK_POSTCODE" || got == "DE_PLZ" || got == "STREET_ADDRESS" || got == "LOCATION"
	case "API_KEY":
		return got == "SECRET"
	case "PHONE_NUMBER":
		return got == "TR_PHONE_NUMBER" || got == "PH_MOBILE_NUMBER"
	case "PROVIDER_LICENSE":
		return got == "MEDICAL_LICENSE" || got == "US_NPI"
	}
	return false
}

// around returns a piece of text with the value between « and ».
func around(text string, start, end int) string {
	from, to := max(0, start-48), min(len(text), end+24)
	for from > 0 && !utf8.RuneStart(text[from]) {
		from--
	}
	for to < len(text) && !utf8.RuneStart(text[to]) {
		to++
	}
	return text[from:start] + "«" + text[start:end] + "»" + text[end:to]
}
