package history

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// newDocument adds a document of one page for each text, read to its end, and each page one passage.
func newDocument(t testing.TB, s *Store, d Document, pages ...string) DocumentID {
	t.Helper()
	d.ID, d.Name = NewDocumentID(), "Befund.txt"
	d, err := s.AddDocument(t.Context(), d, strings.NewReader(strings.Join(pages, "\n")), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range pages {
		page := DocumentPage{Number: i + 1, Text: text, Passages: []Stretch{{0, len(text)}}}
		if err := s.AddPages(t.Context(), d.ID, len(pages), page); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.EndReading(t.Context(), Document{ID: d.ID, Reading: ReadingDone, Kind: "text", Of: len(pages)}); err != nil {
		t.Fatal(err)
	}
	return d.ID
}

func TestADocumentIsKeptReadAndGone(t *testing.T) {
	path := dbPath(t)
	s := mustOpen(t, path)
	ctx := t.Context()
	c := newConversation(t, s, "x")
	file := strings.Repeat("0123456789", 60_000) // three chunks
	d, err := s.AddDocument(ctx, Document{ID: NewDocumentID(), Conversation: c, Name: "Anna Müller.txt"}, strings.NewReader(file), 1<<20)
	if err != nil || d.Size != int64(len(file)) || len(d.SHA256) != 64 || d.Reading != ReadingOn {
		t.Fatal(d, err)
	}
	if err := s.AddPages(ctx, d.ID, 0, DocumentPage{1, needle, []Stretch{{0, len(needle)}}}, DocumentPage{2, "second", []Stretch{{0, 6}}}); err != nil {
		t.Fatal(err)
	}
	if err := s.AddPages(ctx, d.ID, 0, DocumentPage{Number: 2}); err == nil {
		t.Error("a page was stored twice")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	plain := decrypted(t, path)
	for _, text := range []string{needle, "Anna", "0123456789"} {
		if bytes.Contains(plain, []byte(text)) {
			t.Errorf("%q is under the file's key alone", text)
		}
	}
	s = mustOpen(t, path) // as after a crash: it is gone on with
	open, err := s.UnreadDocuments(ctx)
	if err != nil || len(open) != 1 || open[0].Pages != 2 || open[0].Name != "Anna Müller.txt" {
		t.Fatal(open, err)
	}
	end := Document{ID: d.ID, Reading: ReadingDone, Kind: "text", Of: 2, Blank: 1}
	if err := s.EndReading(ctx, end); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{s.EndReading(ctx, end), s.AddPages(ctx, d.ID, 0, DocumentPage{Number: 3})} {
		if !errors.Is(err, ErrNotFound) {
			t.Error("after the end of reading: ", err)
		}
	}
	got, err := s.Document(ctx, d.ID)
	if err != nil || got.Reading != ReadingDone || got.Pages != 2 || got.Kind != "text" || got.Blank != 1 || got.SHA256 != d.SHA256 || got.Conversation != c {
		t.Errorf("%+v %v", got, err)
	}
	pages, err := s.DocumentPages(ctx, d.ID, 2, 0)
	if err != nil || len(pages) != 1 || pages[0].Text != "second" || pages[0].Number != 2 {
		t.Error(pages, err)
	}
	var back bytes.Buffer
	if err := s.ReadDocument(ctx, d.ID, &back); err != nil || back.String() != file {
		t.Error(back.Len(), err)
	}
	if err := s.Erase(ctx, Erasure{Documents: []DocumentID{d.ID}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Document(ctx, d.ID); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if _, err := s.AddDocument(ctx, Document{ID: NewDocumentID(), Conversation: c}, strings.NewReader("12345"), 4); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	if _, err := s.AddDocument(ctx, Document{ID: NewDocumentID(), Matter: "no"}, strings.NewReader(""), 4); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if list, err := s.Documents(ctx); err != nil || len(list) != 0 {
		t.Error("what was refused was kept: ", list, err)
	}
}

// An erased message, and an erased other document, leave a document and the sources of answers as they are.
func TestDocumentsAndSourcesOutliveOtherErasures(t *testing.T) {
	s := mustOpen(t, dbPath(t))
	ctx := t.Context()
	m := newMatter(t, s, "m")
	c := newIn(t, s, m, "c")
	own, others := newDocument(t, s, Document{Conversation: c}, "eins", "zwei"), newDocument(t, s, Document{Matter: m}, "drei")
	gone := newDocument(t, s, Document{Matter: m}, "vier")
	given := []Source{
		{Document: own, SHA256: "ab", Whole: true, Pages: 2, Of: 2, Passages: []CitedPassage{{1, 1, Stretch{0, 4}}, {2, 2, Stretch{0, 4}}}},
		{Document: others, Pages: 1, Of: 1, Passages: []CitedPassage{{3, 1, Stretch{0, 4}}}},
	}
	begun, err := s.BeginTurn(ctx, Turn{ID: NewTurnID(), Place: Place{Conversation: c}, Prompt: "p", Sources: given})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.FinishTurn(ctx, begun.Assistant.Turn, Outcome{Status: Complete, Text: "a [1]"}); err != nil {
		t.Fatal(err)
	}
	check := func(after string, sources int) {
		t.Helper()
		got, err := s.Sources(ctx, c)
		if err != nil || len(got[begun.Assistant.ID]) != sources || sources > 0 && fmt.Sprint(got[begun.Assistant.ID]) != fmt.Sprint(given) {
			t.Errorf("after %s: %v %v", after, got, err)
		}
		for id, text := range map[DocumentID]string{own: "eins", others: "drei"} {
			if pages, err := s.DocumentPages(ctx, id, 1, 1); err != nil || len(pages) != 1 || pages[0].Text != text {
				t.Errorf("after %s: %v %v", after, pages, err)
			}
		}
	}
	check("nothing", 2)
	if err := s.Erase(ctx, Erasure{Messages: []MessageID{begun.User.ID}}); err != nil {
		t.Fatal(err)
	}
	check("erasing the prompt", 2)
	if err := s.Erase(ctx, Erasure{Documents: []DocumentID{gone}}); err != nil {
		t.Fatal(err)
	}
	check("erasing another document", 2)
	if err := s.Move(ctx, General, c); err != nil {
		t.Fatal(err)
	}
	check("a move", 2)
	if err := s.Erase(ctx, Erasure{Messages: []MessageID{begun.Assistant.ID}}); err != nil {
		t.Fatal(err)
	}
	check("erasing the answer", 0)
	if err := s.Erase(ctx, Erasure{Matters: []MatterID{m}}); err != nil {
		t.Fatal(err)
	}
	if list, err := s.Documents(ctx); err != nil || len(list) != 1 || list[0].ID != own {
		t.Error("the matter's document went, the conversation's did not: ", list, err)
	}
	if err := s.Check(ctx); err != nil {
		t.Error(err)
	}
}

func TestADocumentIsHeldAndDueAsWhereItWasUsed(t *testing.T) {
	s := mustOpen(t, dbPath(t))
	ctx := t.Context()
	m := newMatter(t, s, "m")
	inside, elsewhere := newIn(t, s, m, "in"), newConversation(t, s, "elsewhere")
	own, matters := newDocument(t, s, Document{Conversation: inside}, "eins"), newDocument(t, s, Document{Matter: m}, "zwei")
	begun, err := s.BeginTurn(ctx, Turn{ID: NewTurnID(), Place: Place{Conversation: elsewhere}, Prompt: "p", Sources: []Source{{Document: matters}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.FinishTurn(ctx, begun.Assistant.Turn, Outcome{Status: Complete}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		hold Hold
		held []DocumentID
	}{
		{Hold{Matter: m}, []DocumentID{own, matters}},
		{Hold{Conversation: inside}, []DocumentID{own}},
		{Hold{Conversation: elsewhere}, []DocumentID{matters}},
	} {
		c.hold.Reason = "case"
		h, err := s.AddHold(ctx, c.hold)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []DocumentID{own, matters} {
			err := s.MayErase(ctx, Erasure{Documents: []DocumentID{id}})
			if want := slices.Contains(c.held, id); errors.Is(err, ErrHeld) != want {
				t.Errorf("%+v: %v, held %v", c.hold, err, want)
			}
		}
		if err := s.MayErase(ctx, Erasure{Matters: []MatterID{m}}); !errors.Is(err, ErrHeld) {
			t.Errorf("%+v: the matter may go: %v", c.hold, err)
		}
		due, err := s.DueDocuments(ctx, time.Now().AddDate(0, 0, 11), 10)
		if want := !slices.Contains(c.held, matters); err != nil || (len(due) == 1) != want {
			t.Errorf("%+v: due %v, %v", c.hold, due, err)
		}
		if err := s.LiftHold(ctx, h.ID); err != nil {
			t.Fatal(err)
		}
	}
	if due, err := s.DueDocuments(ctx, time.Now().AddDate(0, 0, 9), 10); err != nil || len(due) != 0 {
		t.Error("due too early: ", due, err)
	}
	if due, err := s.DueDocuments(ctx, time.Now().AddDate(9, 0, 0), 0); err != nil || len(due) != 0 {
		t.Error("due without a retention: ", due, err)
	}
}

func TestPassagesAreRankedByWordsAndStems(t *testing.T) {
	s := mustOpen(t, dbPath(t))
	ctx := t.Context()
	c := newConversation(t, s, "x")
	german := newDocument(t, s, Document{Conversation: c},
		"Der Vertrag beginnt am 1. Mai und ist auf zwei Jahre geschlossen.",
		"Die Kündigungen müssen schriftlich und mit einer Frist von drei Monaten erfolgen.",
		"Die Miete ist bis zum dritten Werktag eines jeden Monats zu zahlen.")
	english := newDocument(t, s, Document{Conversation: c},
		"The patient was admitted with chest pain that was radiating to the left arm.",
		"He was discharged on aspirin and is taking it every day.")
	spanish := newDocument(t, s, Document{Conversation: c},
		"El inquilino pagará la renta en los primeros cinco días de cada mes.",
		"Las notificaciones se harán por escrito a la dirección que está en este contrato.")
	all := []DocumentID{german, english, spanish}
	for text, want := range map[string]PassageAt{
		"Wie lange ist die Frist für eine Kündigung?":       {Document: german, Page: 2},
		"¿Cuándo hay que pagar la renta?":                   {Document: spanish, Page: 1},
		"¿Cómo se debe notificar algo según los contratos?": {Document: spanish, Page: 2},
		"When was the admission for chest pains?":           {Document: english, Page: 1},
		"Which drug does he take, aspirins?":                {Document: english, Page: 2},
		"what does it say about kundigungen":                {Document: german, Page: 2},
		"When is the Miete to be paid?":                     {Document: german, Page: 3},
	} {
		got, err := s.Rank(ctx, text, all, 3)
		if err != nil || len(got) == 0 || got[0].Document != want.Document || got[0].Page != want.Page {
			t.Errorf("%q: %+v %v", text, got, err)
		}
	}
	for _, text := range []string{"", "what is it about?", "Worum geht es hier?", `") OR (`, "zzz qqq"} {
		if got, err := s.Rank(ctx, text, all, 3); err != nil || len(got) != 0 && text != "Worum geht es hier?" {
			t.Errorf("%q: %+v %v", text, got, err)
		}
	}
	if got, err := s.Rank(ctx, "Frist", []DocumentID{english}, 3); err != nil || len(got) != 0 {
		t.Error("found in a document that was not asked: ", got, err)
	}
	hits, err := s.SearchDocuments(ctx, DocumentQuery{Text: "schriftl", Documents: all})
	if err != nil || len(hits) != 1 || hits[0].Name != "Befund.txt" || hits[0].Page != 2 || !slices.Contains(hits[0].Snippet, Piece{"schriftlich", true}) {
		t.Errorf("%+v %v", hits, err)
	}
	if err := s.Erase(ctx, Erasure{Documents: []DocumentID{german}}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // in the index that is being replaced, and in the new one
		if hits, err := s.SearchDocuments(ctx, DocumentQuery{Text: "schriftl", Documents: all}); err != nil || len(hits) != 0 {
			t.Errorf("erased, and found: %+v %v", hits, err)
		}
		settle(t, s)
	}
	if got, err := s.Rank(ctx, "aspirin", all, 3); err != nil || len(got) != 1 {
		t.Error(got, err)
	}
}
