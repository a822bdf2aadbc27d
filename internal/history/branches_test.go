package history

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func branchOf(t *testing.T, s *Store, c ConversationID) (string, Page) {
	t.Helper()
	p, err := s.Page(t.Context(), c, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range p.Messages {
		all = append(all, m.Text)
	}
	return strings.Join(all, " "), p
}

func TestEditAgainAndContinueMakeBranches(t *testing.T) {
	s := mustOpen(t, dbPath(t))
	turn := func(p Place, prompt, answer string) Begun {
		t.Helper()
		b, err := s.BeginTurn(t.Context(), Turn{ID: NewTurnID(), Place: p, Prompt: prompt})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.FinishTurn(t.Context(), b.Assistant.Turn, Outcome{Status: Complete, Text: answer}); err != nil {
			t.Fatal(err)
		}
		return b
	}
	earlier := func(p Place) string {
		t.Helper()
		list, err := s.Earlier(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, m := range list {
			all = append(all, m.Text)
		}
		return strings.Join(all, " ")
	}
	first := turn(Place{}, "p1", "a1")
	c := first.Conversation.ID
	second := turn(Place{Conversation: c}, "p2", "a2")

	edit := Place{Conversation: c, Edit: second.User.ID}
	if got := earlier(edit); got != "p1 a1" {
		t.Errorf("before an edit: %q", got)
	}
	turn(edit, "p2'", "a2'")
	if got, _ := branchOf(t, s, c); got != "p1 a1 p2' a2'" {
		t.Error(got)
	}
	again := Place{Conversation: c, Again: second.Assistant.ID}
	if got := earlier(again); got != "p1 a1 p2" {
		t.Errorf("before another answer: %q", got)
	}
	other := turn(again, "ignored", "a2b")
	if other.User.ID != second.User.ID || other.User.Text != "p2" {
		t.Errorf("%+v", other.User)
	}
	got, page := branchOf(t, s, c)
	if got != "p1 a1 p2 a2b" {
		t.Error(got)
	}
	if v := page.Versions; len(v) != 2 || len(v[second.User.ID]) != 2 || fmt.Sprint(v[other.Assistant.ID]) != fmt.Sprint([]MessageID{second.Assistant.ID, other.Assistant.ID}) {
		t.Errorf("%+v", v)
	}
	on := Place{Conversation: c, Continue: other.Assistant.ID}
	if got := earlier(on); got != "p1 a1 p2 a2b" {
		t.Errorf("before going on: %q", got)
	}
	begun, err := s.BeginTurn(t.Context(), Turn{ID: NewTurnID(), Place: on})
	if err != nil || begun.Assistant.Text != "a2b" || begun.User.ID != second.User.ID {
		t.Fatal(begun, err)
	}
	if err := s.FinishTurn(t.Context(), begun.Assistant.Turn, Outcome{Status: Complete, Text: "a2b and more"}); err != nil {
		t.Fatal(err)
	}
	// The chosen leaf is remembered, and a plain prompt follows it.
	if err := s.Choose(t.Context(), c, second.Assistant.ID); err != nil {
		t.Fatal(err)
	}
	if got, _ := branchOf(t, s, c); got != "p1 a1 p2 a2" {
		t.Error(got)
	}
	turn(Place{Conversation: c}, "p3", "a3")
	if got, _ := branchOf(t, s, c); got != "p1 a1 p2 a2 p3 a3" {
		t.Error(got)
	}
	if err := s.Choose(t.Context(), c, first.User.ID); err != nil { // an edit of the first prompt comes back to the newest
		t.Fatal(err)
	}
	if got, _ := branchOf(t, s, c); got != "p1 a1 p2 a2 p3 a3" {
		t.Error(got)
	}
	if err := s.Choose(t.Context(), c, "no"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if u, a, err := s.Turn(t.Context(), begun.Conversation.ID, begun.Assistant.Turn); err != nil || u.ID != second.User.ID || a.Text != "a2b and more" {
		t.Error(u, a, err)
	}
}

func TestPagesJoinToTheWhole(t *testing.T) {
	s := mustOpen(t, dbPath(t))
	c := newConversation(t, s, "x")
	fill(t, s, c, 57, func(i int) string { return fmt.Sprint(i) })
	var got []string
	var before MessageID
	for {
		p, err := s.Page(t.Context(), c, before, 10)
		if err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, m := range p.Messages {
			texts = append(texts, m.Text)
		}
		got = append(texts, got...)
		if !p.Earlier {
			break
		}
		before = p.Messages[0].ID
	}
	var want []string
	for i := range 57 {
		want = append(want, fmt.Sprint(i))
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Error(got)
	}
}

func TestMattersPinsDraftsAndTemplates(t *testing.T) {
	s := mustOpen(t, dbPath(t))
	ctx := t.Context()
	m := newMatter(t, s, "Akte")
	a, b := newIn(t, s, m, "a"), newConversation(t, s, "b")
	if err := errors.Join(s.RenameMatter(ctx, m, "Akte 2"), s.Pin(ctx, a, true), s.SetValue(ctx, b, Draft, []byte("half a prompt")),
		s.SetDesk(ctx, Template, "t2", []byte("two")), s.SetDesk(ctx, Template, "t1", []byte("one")), s.SetDesk(ctx, Template, "t2", []byte("2")),
		s.SetDesk(ctx, Draft, "", []byte("new")), s.SetDesk(ctx, Draft, "", nil)); err != nil {
		t.Fatal(err)
	}
	matters, err := s.Matters(ctx)
	if err != nil || len(matters) != 2 || matters[0].ID != General || matters[1].Name != "Akte 2" || matters[1].Conversations != 1 {
		t.Error(matters, err)
	}
	list, err := s.Conversations(ctx)
	if err != nil || list[0].ID != a || !list[0].Pinned || list[0].Matter != m || !list[1].Draft {
		t.Error(list, err)
	}
	if inside, err := s.List(ctx, Filter{Matter: m}); err != nil || len(inside) != 1 {
		t.Error(inside, err)
	}
	if page, err := s.List(ctx, Filter{Limit: 1, Before: list[1].UpdatedAt.Add(1000)}); err != nil || len(page) != 1 || page[0].ID != b {
		t.Error(page, err)
	}
	if v, err := s.Value(ctx, b, Draft); err != nil || string(v) != "half a prompt" {
		t.Error(v, err)
	}
	if items, err := s.Desk(ctx, Template); err != nil || len(items) != 2 || items[0].ID != "t2" || string(items[0].Value) != "2" {
		t.Error(items, err)
	}
	if items, err := s.Desk(ctx, Draft); err != nil || len(items) != 0 {
		t.Error(items, err)
	}
	if err := s.Move(ctx, General, a); err != nil {
		t.Fatal(err)
	}
	if err := s.Move(ctx, "no", a); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if c, err := s.Conversation(ctx, a); err != nil || c.Matter != General || c.Title != "a" {
		t.Error(c, err)
	}
	if err := s.RenameMatter(ctx, General, "x"); !errors.Is(err, ErrBuiltIn) {
		t.Error(err)
	}
	if g, err := s.Generation(ctx); err != nil || g < 10 {
		t.Error(g, err)
	}
	if err := s.SetRecordHead(ctx, 7, "root"); err != nil {
		t.Fatal(err)
	}
	if n, root, err := s.RecordHead(ctx); err != nil || n != 7 || root != "root" {
		t.Error(n, root, err)
	}
}

func TestAttachmentsComeBackWhole(t *testing.T) {
	s := mustOpen(t, dbPath(t))
	c := newConversation(t, s, "x")
	random := rand.NewChaCha8([32]byte{1})
	for _, size := range []int{0, 1, chunkSize - 1, chunkSize, chunkSize + 1, 2 * chunkSize, 3*chunkSize + 5} {
		content := make([]byte, size)
		_, _ = random.Read(content)
		a, err := s.AddAttachment(t.Context(), c, "Befund.pdf", "application/pdf", bytes.NewReader(content), int64(size))
		if err != nil || a.Size != int64(size) {
			t.Fatal(a, err)
		}
		var got bytes.Buffer
		read, err := s.ReadAttachment(t.Context(), a.ID, &got)
		if err != nil || !bytes.Equal(got.Bytes(), content) || read != a {
			t.Errorf("%d bytes: %d back, %+v, %v", size, got.Len(), read, err)
		}
		if size == 0 {
			continue
		}
		if _, err := s.AddAttachment(t.Context(), c, "x", "y", bytes.NewReader(content), int64(size)-1); !errors.Is(err, ErrTooLarge) {
			t.Error(err)
		}
	}
	if list, err := s.Attachments(t.Context(), c); err != nil || len(list) != 7 || list[0].Name != "Befund.pdf" {
		t.Error(list, err)
	}
	// A piece that is missing, or that stands in another's place, does not go unnoticed.
	a, err := s.AddAttachment(t.Context(), c, "x", "y", bytes.NewReader(make([]byte, 3*chunkSize)), 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		`UPDATE attachment_chunk SET number = 9 - number WHERE attachment = (SELECT max(seq) FROM attachment) AND number IN (0, 1)`,
		`DELETE FROM attachment_chunk WHERE attachment = (SELECT max(seq) FROM attachment) AND number = 2`,
	} {
		if _, err := s.db.ExecContext(t.Context(), bad); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ReadAttachment(t.Context(), a.ID, &bytes.Buffer{}); err == nil {
			t.Error("not noticed: ", bad)
		}
	}
}

func TestNothingSealedOpensInAnotherPlace(t *testing.T) {
	key := newKey()
	sealed := seal(key, []byte("x"), "message", "a", "bc")
	if p, err := unseal(key, sealed, "message", "a", "bc"); err != nil || string(p) != "x" {
		t.Fatal(err)
	}
	for _, place := range [][]string{{"message", "ab", "c"}, {"message", "a", "bd"}, {"title", "a", "bc"}, {"message", "a"}, {}} {
		if _, err := unseal(key, sealed, place...); !errors.Is(err, ErrWrongKeyOrDamaged) {
			t.Error(place, err)
		}
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if _, err := unseal(key, bad, "message", "a", "bc"); !errors.Is(err, ErrWrongKeyOrDamaged) {
			t.Error(i, err)
		}
		if _, err := unseal(key, sealed[:i], "message", "a", "bc"); !errors.Is(err, ErrWrongKeyOrDamaged) {
			t.Error(i, err)
		}
	}
}
