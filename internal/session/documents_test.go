package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/document"
	"subrosa/internal/document/pdftest"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/policy"
)

// book is a text of so many pages; each says which it is.
func book(pages int) string {
	var b strings.Builder
	for i := range pages {
		fmt.Fprintf(&b, "Chapter %d speaks of topic%d and of nothing else.\n\n", i+1, i+1)
		b.WriteString(strings.Repeat(fmt.Sprintf("Filling sentence number %d of the book. ", i+1), 95))
		b.WriteString("\n\n")
	}
	return b.String()
}

func added(t *testing.T, s *Session, at DocumentPlace, text string) history.Document {
	t.Helper()
	d, err := s.AddDocument(t.Context(), at, "book.txt", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if d, err = s.AwaitDocument(t.Context(), d.ID); err != nil || d.Reading != history.ReadingDone {
		t.Fatalf("%+v %v", d, err)
	}
	return d
}

func TestADocumentIsReadToItsEndAfterALock(t *testing.T) {
	o := testOptions(t)
	told := make(chan history.Document, 1000)
	o.OnDocument = func(d history.Document) { told <- d }
	s := unlocked(t, o)
	ctx := t.Context()
	d, err := s.AddDocument(ctx, DocumentPlace{}, "book.txt", strings.NewReader(book(3000)))
	if err != nil {
		t.Fatal(err)
	}
	if begun := <-told; begun.ID != d.ID || begun.Pages == 0 {
		t.Fatalf("%+v", begun)
	}
	if err := s.Lock(ctx); err != nil { // while it is read, as a rule
		t.Fatal(err)
	}
	if err := s.Unlock(ctx, pass(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	got, err := s.AwaitDocument(ctx, d.ID)
	if err != nil || got.Reading != history.ReadingDone || got.Pages != got.Of || got.Pages < 2900 {
		t.Fatalf("%+v %v", got, err)
	}
	pages, err := s.DocumentPages(ctx, d.ID, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range pages {
		if p.Number != i+1 {
			t.Fatalf("page %d is at %d: one is missing or there twice", p.Number, i+1)
		}
	}
	if n := strings.Count(strings.Join(actions(t, s), ","), string(audit.DocumentRead)+" complete"); n != 1 {
		t.Errorf("%d ends of reading on record", n)
	}
	second, err := s.AddDocument(ctx, DocumentPlace{}, "book.txt", strings.NewReader(book(3000)))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.CancelDocument(second.ID); err != nil {
		t.Fatal(err)
	}
	if second, err = s.AwaitDocument(ctx, second.ID); err != nil || second.Reading == history.ReadingOn {
		t.Fatalf("%+v %v", second, err)
	}
	if second.Reading == history.ReadingCancelled && !strings.Contains(strings.Join(actions(t, s), ","), string(audit.DocumentRead)+" cancelled") {
		t.Error("not on record: ", actions(t, s))
	}
}

func TestATurnUsesWhatFitsOfItsDocuments(t *testing.T) {
	o := testOptions(t)
	s := unlocked(t, o)
	ctx := t.Context()
	m, err := s.CreateMatter(ctx, "m")
	if err != nil {
		t.Fatal(err)
	}
	short, long := added(t, s, DocumentPlace{}, "The lamp is green."), added(t, s, DocumentPlace{Matter: m.ID}, book(40))
	out, err := s.Send(ctx, chat.Prompt{Conversation: short.Conversation, Text: "Which colour?", MaxTokens: 4}, &listener{})
	if err != nil || len(out.Sources) != 1 || !out.Sources[0].Whole || out.Sources[0].Document != short.ID {
		t.Errorf("%+v %v", out.Sources, err)
	}
	out, err = s.Send(ctx, chat.Prompt{Matter: m.ID, Documents: []history.DocumentID{long.ID}, Text: "What is said of topic33?", MaxTokens: 4}, &listener{})
	if err != nil || len(out.Sources) != 1 || out.Sources[0].Whole {
		t.Fatalf("%+v %v", out.Sources, err)
	}
	first := out.Sources[0].Passages
	pages, err := s.DocumentPages(ctx, long.ID, first[0].Page, 1)
	if err != nil || len(pages) != 1 || !strings.Contains(pages[0].Text[first[0].Start:first[0].End], "topic33") {
		t.Errorf("%+v %v", first, err)
	}
	kept, err := s.Sources(ctx, out.Conversation.ID)
	if err != nil || len(kept[out.Assistant.ID]) != 1 || kept[out.Assistant.ID][0].Passages[0] != first[0] {
		t.Errorf("%+v %v", kept, err)
	}
	out, err = s.Send(ctx, chat.Prompt{Conversation: out.Conversation.ID, Documents: []history.DocumentID{long.ID}, Text: "Sum up.", MaxTokens: 4}, &listener{})
	if err != nil || len(out.Sources) != 1 || out.Sources[0].Passages[0].Page != 1 {
		t.Errorf("nothing is found, and it is not the beginning: %+v %v", out.Sources, err)
	}
	for _, p := range []chat.Prompt{
		{Text: "x", Documents: []history.DocumentID{long.ID}}, {Conversation: short.Conversation, Text: "x", Documents: []history.DocumentID{long.ID}},
	} {
		_, err := s.Send(ctx, p, &listener{})
		wantFault(t, err, fault.DocumentMissing)
	}
	if err := s.Erase(ctx, history.Erasure{Matters: []history.MatterID{m.ID}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Document(ctx, long.ID); fault.From(err).Code != fault.DocumentMissing {
		t.Error(err)
	}
	if !strings.Contains(strings.Join(actions(t, s), ","), string(audit.DocumentRemove)) {
		t.Error("the matter's document is gone, and not on record")
	}
}

func TestAPageIsShownAsItLooks(t *testing.T) {
	o := testOptions(t)
	s := unlocked(t, o)
	ctx := t.Context()
	letter := pdftest.Text(t, "The first page.", "Seen on ward seven.")
	d, err := s.AddDocument(ctx, DocumentPlace{}, "letter.pdf", strings.NewReader(letter))
	if err != nil {
		t.Fatal(err)
	}
	if d, err = s.AwaitDocument(ctx, d.ID); err != nil || d.Pages != 2 {
		t.Fatalf("%+v %v", d, err)
	}
	before := len(actions(t, s))
	p, err := s.DocumentPicture(ctx, d.ID, document.Passage{Page: 2, Start: 0, End: 4}, 400)
	if err != nil || p.Width != 400 || len(p.Boxes) != 1 || !bytes.HasPrefix(p.PNG, []byte("\x89PNG")) {
		t.Errorf("%d pixels wide, %+v, %v", p.Width, p.Boxes, err)
	}
	if after := len(actions(t, s)); after != before {
		t.Errorf("%d entries more on record", after-before)
	}
	text := added(t, s, DocumentPlace{}, "just text")
	for name, c := range map[string]struct {
		id    history.DocumentID
		page  int
		width int
		want  fault.Code
	}{
		"no PDF":       {text.ID, 1, 400, fault.DocumentNoPicture},
		"no such page": {d.ID, 3, 400, fault.DocumentBroken},
		"too wide":     {d.ID, 1, 100_000, fault.DocumentTooLarge},
		"no document":  {"0", 1, 400, fault.DocumentMissing},
	} {
		if _, err := s.DocumentPicture(ctx, c.id, document.Passage{Page: c.page}, c.width); fault.From(err).Code != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	if _, err := s.DocumentPicture(stopped, d.ID, document.Passage{Page: 1}, 400); !errors.Is(err, context.Canceled) {
		t.Errorf("when it is stopped: %v", err)
	}
	if err := s.Lock(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := s.DocumentPicture(ctx, d.ID, document.Passage{Page: 1}, 400); fault.From(err).Code != fault.Locked {
		t.Errorf("while it is locked: %v", err)
	}
}

func TestThePolicyTurnsDocumentsOff(t *testing.T) {
	s := unlocked(t, testOptions(t))
	ctx := t.Context()
	d := added(t, s, DocumentPlace{}, "The lamp is green.")
	s.open.policy.Features.Off = []policy.Feature{policy.Documents}
	_, err := s.AddDocument(ctx, DocumentPlace{}, "a.txt", strings.NewReader("x"))
	wantFault(t, err, fault.PolicyDenied)
	out, err := s.Send(ctx, chat.Prompt{Conversation: d.Conversation, Text: "Which colour?", MaxTokens: 4}, &listener{})
	if err != nil || len(out.Sources) != 0 {
		t.Errorf("%+v %v", out.Sources, err)
	}
	_, err = s.Send(ctx, chat.Prompt{Conversation: d.Conversation, Documents: []history.DocumentID{d.ID}, Text: "Which colour?"}, &listener{})
	wantFault(t, err, fault.PolicyDenied)
	s.open.policy.Features.Off, s.open.policy.Limits.DocumentBytes = nil, 4
	_, err = s.AddDocument(ctx, DocumentPlace{Conversation: d.Conversation}, "a.txt", strings.NewReader("12345"))
	wantFault(t, err, fault.DocumentTooLarge)
}

// What runs out in a matter goes, and where it was used is asked.
func TestRetentionErasesAMattersDocuments(t *testing.T) {
	s := unlocked(t, testOptions(t))
	ctx := t.Context()
	m, err := s.CreateMatter(ctx, "m")
	if err != nil {
		t.Fatal(err)
	}
	d := added(t, s, DocumentPlace{Matter: m.ID}, "The lamp is green.")
	if err := s.SetRetention(ctx, m.ID, 10); err != nil {
		t.Fatal(err)
	}
	if err := s.open.retain(ctx, time.Now().AddDate(0, 0, 9)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Document(ctx, d.ID); err != nil {
		t.Error("gone too early: ", err)
	}
	if err := s.open.retain(context.Background(), time.Now().AddDate(0, 0, 11)); err != nil {
		t.Fatal(err)
	}
	_, err = s.Document(ctx, d.ID)
	wantFault(t, err, fault.DocumentMissing)
}
