package history

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// given stores a vector for the one passage of each page that has none of a model.
func given(t testing.TB, s *Store, model string, of func(text string) []float32) (pages int) {
	t.Helper()
	list, err := s.WithoutVectors(t.Context(), model, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		if err := s.SetVectors(t.Context(), p, model, []Vector{NewVector(of(p.Text))}); err != nil {
			t.Fatal(err)
		}
	}
	return len(list)
}

// letters is a vector of how often a, b and c occur in a text.
func letters(text string) []float32 {
	v := make([]float32, 3)
	for i, l := range []string{"a", "b", "c"} {
		v[i] = float32(strings.Count(text, l))
	}
	return v
}

func TestTheNearestPassagesAreFound(t *testing.T) {
	path := dbPath(t)
	s := mustOpen(t, path)
	ctx := t.Context()
	c := newConversation(t, s, "x")
	m := newMatter(t, s, "m")
	one, two := newDocument(t, s, Document{Conversation: c}, "aaa", "aab", "zzz"), newDocument(t, s, Document{Matter: m}, "bbb", "ccc")
	if n := given(t, s, "model", letters); n != 5 {
		t.Errorf("%d pages", n)
	}
	nearest := func(text string, in ...DocumentID) string {
		t.Helper()
		found, err := s.Nearest(ctx, "model", NewVector(letters(text)), in, 10)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, p := range found {
			pages, err := s.DocumentPages(ctx, p.Document, p.Page, 1)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, pages[0].Text[p.Start:p.End])
		}
		return strings.Join(out, " ")
	}
	check := func(after string) {
		t.Helper()
		for text, want := range map[string]string{"a": "aaa aab", "aab": "aab aaa bbb", "c": "ccc", "z": ""} {
			if got := nearest(text, one, two); got != want {
				t.Errorf("after %s: near %q: %q", after, text, got)
			}
		}
		if got := nearest("b", two); got != "bbb" {
			t.Error(after, got)
		}
		if have, of, err := s.Vectors(ctx, "model"); have != 5 || of != 5 || err != nil {
			t.Error(after, have, of, err)
		}
	}
	check("nothing")
	if n := given(t, s, "model", letters); n != 0 {
		t.Errorf("%d pages had none", n)
	}
	if err := s.Move(ctx, m, c); err != nil {
		t.Fatal(err)
	}
	check("a move")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, path)
	check("opening it again")
	if found, err := s.Nearest(ctx, "model", NewVector([]float32{1, 0}), []DocumentID{one}, 10); err != nil || len(found) != 0 {
		t.Error("another length:", found, err)
	}
	if found, err := s.Nearest(ctx, "model", NewVector(letters("a")), []DocumentID{one, "gone"}, 1); err != nil || len(found) != 1 {
		t.Error(found, err)
	}
	gone, err := s.WithoutVectors(ctx, "another", 1)
	if err != nil || len(gone) != 1 || gone[0].Document != one {
		t.Fatal(gone, err)
	}
	if err := s.Erase(ctx, Erasure{Documents: []DocumentID{one}}); err != nil {
		t.Fatal(err)
	}
	if got := nearest("aab", one, two); got != "bbb" {
		t.Error("after erasing a document:", got)
	}
	if have, of, err := s.Vectors(ctx, "model"); have != 2 || of != 2 || err != nil {
		t.Error(have, of, err)
	}
	if err := s.SetVectors(ctx, gone[0], "model", nil); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if err := s.Erase(ctx, Erasure{Matters: []MatterID{m}}); err != nil {
		t.Fatal(err)
	}
	if have, of, err := s.Vectors(ctx, "model"); have != 0 || of != 0 || err != nil {
		t.Error(have, of, err)
	}
}

func TestVectorsOfAnotherModelAreNotMixed(t *testing.T) {
	s := mustOpen(t, dbPath(t))
	ctx := t.Context()
	d := newDocument(t, s, Document{Conversation: newConversation(t, s, "x")}, "aaa", "bbb")
	given(t, s, "old", letters)
	asked := NewVector(letters("a"))
	if found, err := s.Nearest(ctx, "new", asked, []DocumentID{d}, 10); err != nil || len(found) != 0 {
		t.Error(found, err)
	}
	first, err := s.WithoutVectors(ctx, "new", 1)
	if err != nil || len(first) != 1 {
		t.Fatal(first, err)
	}
	if err := s.SetVectors(ctx, first[0], "new", []Vector{asked}); err != nil {
		t.Fatal(err)
	}
	for model, want := range map[string]int{"old": 1, "new": 1, "none": 0} {
		if have, _, err := s.Vectors(ctx, model); err != nil || have != want {
			t.Errorf("%s: %d %v", model, have, err)
		}
	}
	if n := given(t, s, "new", letters); n != 1 {
		t.Errorf("%d pages", n)
	}
	if _, err := s.db.ExecContext(ctx, `UPDATE document_vector SET model = 'old'`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Nearest(ctx, "old", asked, []DocumentID{d}, 10); !errors.Is(err, ErrWrongKeyOrDamaged) {
		t.Error("vectors passed for another model's:", err)
	}
}

func TestAVectorKeepsItsDirection(t *testing.T) {
	for _, none := range [][]float32{nil, {0, 0}, {float32(math.NaN()), 1}, {float32(math.Inf(1)), 0}} {
		if v := NewVector(none); len(v) > 0 {
			t.Errorf("%v: %v", none, v)
		}
	}
	a, b := []float32{0.3, -0.2, 0.9, 0.01}, []float32{0.1, 0.5, 0.4, -0.7}
	var both, one, other float64
	for i := range a {
		both, one, other = both+float64(a[i]*b[i]), one+float64(a[i]*a[i]), other+float64(b[i]*b[i])
	}
	if want, got := both/math.Sqrt(one*other), NewVector(a).cosine(NewVector(b)); math.Abs(want-got) > 0.01 {
		t.Error(want, got)
	}
	passages := []Stretch{{0, 4}, {5, 9}, {10, 12}}
	content := packVectors(passages, []Vector{{1, -128}, nil, {127}})
	var got []string
	if err := unpackVectors(content, func(at Stretch, v Vector) { got = append(got, fmt.Sprint(at, v)) }); err != nil ||
		!slices.Equal(got, []string{"{0 4} [1 -128]", "{10 12} [127]"}) {
		t.Error(got, err)
	}
	for n := 1; n < len(content); n++ {
		if n == 14 {
			continue // after the first
		}
		if err := unpackVectors(content[:n], func(Stretch, Vector) {}); !errors.Is(err, ErrWrongKeyOrDamaged) {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
}

// Version 6 adds a table and changes nothing else: without it, a file is as version 5 wrote it.
func TestAVersion5FileGetsVectors(t *testing.T) {
	path := dbPath(t)
	s := mustOpen(t, path)
	d := newDocument(t, s, Document{Conversation: newConversation(t, s, "x")}, "aaa", "bbb")
	now := schema(t, s)
	if _, err := s.db.ExecContext(t.Context(), `DROP TABLE document_vector; PRAGMA user_version = 5`); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, path)
	if got := schema(t, s); got != now {
		t.Errorf("schema:\n%s", got)
	}
	if n := given(t, s, "model", letters); n != 2 {
		t.Errorf("%d pages", n)
	}
	if found, err := s.Nearest(t.Context(), "model", NewVector(letters("b")), []DocumentID{d}, 10); err != nil || len(found) != 1 || found[0].Page != 2 {
		t.Error(found, err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}
