package chat

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"subrosa/internal/engine"
	"subrosa/internal/fault"
	"subrosa/internal/history"
)

func TestWhatIsReadAheadIsWhatTheNextTurnBeginsWith(t *testing.T) {
	earlier := []history.Message{
		{Role: history.User, Text: "first"},
		{Role: history.Assistant, Text: "yes"},
		{Role: history.User, Text: "second"},
		{Role: history.Assistant, Text: "no"},
	}
	whole, part := excerpt("d1d1d1d1d1", true, "Mail bob@example.org"), excerpt("d1d1d1d1d1", false, "a passage")
	sourcesOf := func(e Excerpt) []history.Source {
		var m material
		m.masked = map[string]int{}
		s := &script{}
		d := s.desk()
		m.add(d.redactor(Prompt{}), e)
		return m.sources
	}
	for name, c := range map[string]struct {
		documents Library
		given     []history.Source
		read      bool
	}{
		"no documents":                        {nil, nil, true},
		"a document as it was given before":   {shelf(whole), sourcesOf(whole), true},
		"passages, which are the prompt's":    {shelf(part), sourcesOf(part), true},
		"a document that was not given yet":   {shelf(whole), nil, false},
		"a document that was given in part":   {shelf(whole), sourcesOf(part), false},
		"a document that is not given now":    {nil, sourcesOf(whole), false},
		"a document that was given otherwise": {shelf(whole, excerpt("e2e2e2e2e2", true, "more")), sourcesOf(whole), false},
	} {
		s := &script{earlier: earlier, says: []string{"Yes."}}
		d := s.desk()
		d.Documents = c.documents
		p := Prompt{Conversation: "c"}
		r, ok, err := d.ReadAhead(t.Context(), p, c.given)
		if err != nil || ok != c.read {
			t.Errorf("%s: read %v, %v", name, ok, err)
		}
		if len(s.entries)+len(s.events) != 0 {
			t.Errorf("%s: it did %v", name, s.events)
		}
		if !ok {
			continue
		}
		if _, err := d.Turn(t.Context(), Prompt{Conversation: "c", Text: "third"}, s); err != nil {
			t.Fatal(err)
		}
		if n := len(r.Messages); r.Conversation != "c" || n >= len(s.asked.Messages) || !slices.Equal(r.Messages, s.asked.Messages[:n]) {
			t.Errorf("%s: %v, and the turn was %v", name, r.Messages, s.asked.Messages)
		}
		if slices.ContainsFunc(r.Messages, func(m engine.Message) bool { return strings.Contains(m.Text, "@") }) {
			t.Errorf("%s: in the clear: %v", name, r.Messages)
		}
	}
	s := &script{earlier: earlier}
	d := s.desk()
	d.Documents = func(context.Context, string, int) ([]Excerpt, error) { return nil, errors.New("broken") }
	if _, ok, err := d.ReadAhead(t.Context(), Prompt{Conversation: "c"}, nil); ok || fault.From(err).Code != fault.Internal {
		t.Error(ok, err)
	}
	empty := (&script{}).desk()
	if _, ok, err := empty.ReadAhead(t.Context(), Prompt{Conversation: "c"}, nil); ok || err != nil {
		t.Errorf("nothing there: %v %v", ok, err)
	}
}
