package history

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func searchTexts(t *testing.T, s *Store, q Query) string {
	t.Helper()
	found, err := s.Search(t.Context(), q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	var all []string
	for _, h := range found.Hits {
		var b strings.Builder
		for _, p := range h.Snippet {
			if p.Match {
				b.WriteString("<" + p.Text + ">")
			} else {
				b.WriteString(p.Text)
			}
		}
		all = append(all, b.String())
	}
	return strings.Join(all, "|")
}

func TestSearchFindsWhatIsTyped(t *testing.T) {
	s := mustOpen(t, dbPath(t))
	matter := newMatter(t, s, "Akte")
	a, b := newIn(t, s, matter, "Über den Befund"), newConversation(t, s, "Other")
	say(t, s, a, "", "Der Befund ist unauffällig", "Danke für den Hinweis")
	say(t, s, b, "", "befunde vom Dienstag", "Nichts über Ann's results; ann@example.org")
	for text, want := range map[string]string{
		"befu":               "Über den <Befund>|<befunde> vom Dienstag|Der <Befund> ist unauffällig",
		"BEFUND ":            "Über den <Befund>|Der <Befund> ist unauffällig",
		"befund unauf":       "Der <Befund> ist <unauffällig>",
		"unauffallig":        "Der Befund ist <unauffällig>",
		`"befund ist"`:       "Der <Befund ist> unauffällig",
		`"ist befund"`:       "",
		`"befund is`:         "",
		"ann@exa":            "Nichts über Ann's results; <ann@example>.org",
		"dienstag AND":       "",
		"dienstag) OR NEAR(": "",
		"!!! ( * ^ : \x00":   "",
		"":                   "",
		"text:befund":        "",
		"-befund dienstag":   "",
	} {
		if got := searchTexts(t, s, Query{Text: text}); got != want {
			t.Errorf("%q finds %q, want %q", text, got, want)
		}
	}
	if got := searchTexts(t, s, Query{Text: "befu", Matter: matter}); got != "Über den <Befund>|Der <Befund> ist unauffällig" {
		t.Errorf("in the matter: %q", got)
	}
	now := time.Now()
	for q, want := range map[Query]bool{
		{Text: "dienst", From: now.Add(-time.Hour)}: true, {Text: "dienst", From: now.Add(time.Hour)}: false,
		{Text: "dienst", Until: now.Add(-time.Hour)}: false, {Text: "dienst", Until: now.Add(time.Hour), Matter: General}: true,
		{Text: "dienst", Matter: matter}: false, {Text: "dienst", Matter: "no"}: false,
	} {
		if got := searchTexts(t, s, q); (got != "") != want {
			t.Errorf("%+v finds %q", q, got)
		}
	}
	// It follows what happens.
	if err := s.Rename(t.Context(), b, "Zahnarzt"); err != nil {
		t.Fatal(err)
	}
	if got := searchTexts(t, s, Query{Text: "zahn"}) + searchTexts(t, s, Query{Text: "other"}); got != "<Zahnarzt>" {
		t.Errorf("after renaming: %q", got)
	}
	if err := s.Delete(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	for range 2 { // in the index before, and in the new one
		if got := searchTexts(t, s, Query{Text: "befu"}); got != "<befunde> vom Dienstag" {
			t.Errorf("after erasing: %q", got)
		}
		settle(t, s)
	}
}

func TestFewMatchesAreRankedAndManyAreTheNewest(t *testing.T) {
	s := mustOpen(t, dbPath(t))
	c := newConversation(t, s, "x")
	best := say(t, s, c, "", "needle needle needle", "no")
	parent := best.ID
	for range 5 {
		parent = say(t, s, c, parent, "a long text with one needle in it and a lot of other words around it", "no").ID
	}
	if got := searchTexts(t, s, Query{Text: "needle", Limit: 1}); got != "<needle> <needle> <needle>" {
		t.Errorf("%q", got)
	}
	found, err := s.Search(t.Context(), Query{Text: "needle", Limit: 2})
	if err != nil || len(found.Hits) != 2 || !found.More || !found.Complete {
		t.Errorf("%+v, %v", found, err)
	}
	fill(t, s, c, 1200, func(i int) string { return fmt.Sprintf("needle number %d", i) })
	settle(t, s)
	if got := searchTexts(t, s, Query{Text: "needl", Limit: 2}); got != "<needle> number 1199|<needle> number 1198" {
		t.Errorf("%q", got)
	}
}

// fill stores n complete messages, one after the other, in one transaction.
func fill(t testing.TB, s *Store, c ConversationID, n int, text func(i int) string) {
	t.Helper()
	err := s.change(t.Context(), "fill", func(tx tx) error {
		k, err := s.keyOf(t.Context(), tx, c)
		if err != nil {
			return err
		}
		var last int64
		for i := range n {
			m := Message{ID: MessageID(newID()), Conversation: c, Turn: NewTurnID(), Role: User, Status: Complete, Text: text(i), CreatedAt: time.Now()}
			if i%2 == 1 {
				m.Role = Assistant
			}
			seq, err := insert(t.Context(), tx, k, m)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(t.Context(), `UPDATE message SET parent = nullif(?, 0) WHERE seq = ?`, last, seq); err != nil {
				return err
			}
			last = seq
		}
		_, err = tx.ExecContext(t.Context(), `UPDATE conversation SET leaf = ? WHERE seq = ?`, last, k.seq)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.index.poke()
}

func TestNoTextIsASyntaxError(t *testing.T) {
	s := mustOpen(t, dbPath(t))
	say(t, s, newConversation(t, s, "a b c"), "", "the quick brown fox", `and "quoted" text`)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune(`ab"'*^:()-+{}. `+"\x00\tüΩ你́\u200dANDORNEAR"))).Draw(t, "text")
		if _, err := s.Search(t.Context(), Query{Text: text}); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
	})
}

func TestTheIndexIsMadeAnewWhereItIsMissingBehindOrDamaged(t *testing.T) {
	path := dbPath(t)
	s := mustOpen(t, path)
	c := newConversation(t, s, "x")
	fill(t, s, c, 300, func(i int) string { return fmt.Sprintf("word%d befund", i) })
	settle(t, s)
	index := s.index.current.path
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(index)
	if err != nil || len(good) < 20_000 {
		t.Fatal(len(good), err)
	}
	want := "<word299> befund"
	for name, bad := range map[string]func(){
		"missing":   func() { _ = os.Remove(index) },
		"empty":     func() { _ = os.WriteFile(index, nil, 0o600) },
		"page one":  func() { flip(t, index, good, 100) },
		"last page": func() { flip(t, index, good, len(good)-2000) },
		"a stray index of another epoch": func() {
			_ = os.WriteFile(strings.Replace(index, "search-1", "search-9", 1), good, 0o600)
		},
	} {
		if err := os.WriteFile(index, good, 0o600); err != nil {
			t.Fatal(err)
		}
		bad()
		s := mustOpen(t, path)
		_, err := s.Search(t.Context(), Query{Text: "word299"})
		if err != nil && !errors.Is(err, ErrIndexDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		settle(t, s)
		if got := searchTexts(t, s, Query{Text: "word299"}); got != want {
			t.Errorf("%s: %q", name, got)
		}
		if names, _ := filepath.Glob(filepath.Dir(index) + "/*search-9*"); len(names) != 0 {
			t.Error(names)
		}
		_ = s.Close()
	}
	// Every page in turn is damaged: the answer is right, or the damage is named and the next answer is right.
	damaged := 0
	for at := 50; at < len(good); at += 4096 {
		flip(t, index, good, at)
		s := mustOpen(t, path)
		found, err := s.Search(t.Context(), Query{Text: "befund", Limit: 400})
		if err == nil && len(found.Hits) != 300 && found.Complete {
			t.Errorf("byte %d: %d hits, silently", at, len(found.Hits))
		}
		if err != nil && !errors.Is(err, ErrIndexDamaged) {
			t.Errorf("byte %d: %v", at, err)
		}
		if st, _ := s.IndexState(t.Context()); st.Damaged {
			damaged++
		}
		settle(t, s)
		if found, err := s.Search(t.Context(), Query{Text: "befund", Limit: 400}); err != nil || len(found.Hits) != 300 {
			t.Errorf("byte %d: then %d hits, %v", at, len(found.Hits), err)
		}
		_ = s.Close()
	}
	if damaged == 0 {
		t.Error("no damage was noticed")
	}
}

func flip(t *testing.T, path string, good []byte, at int) {
	t.Helper()
	bad := append([]byte(nil), good...)
	bad[at] ^= 1
	if err := os.WriteFile(path, bad, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		_ = os.Remove(path + suffix)
	}
}
