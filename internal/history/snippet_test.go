package history

import (
	"database/sql"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func marks(pieces []Piece) string {
	var b strings.Builder
	for _, p := range pieces {
		if p.Match {
			b.WriteString("<" + p.Text + ">")
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func TestSnippetsShowWhereMostOfTheWordsStand(t *testing.T) {
	far := strings.Repeat("lorem ipsum ", 30)
	for _, c := range []struct{ text, match, want string }{
		{"Der Befund ist da", `"befund"`, "Der <Befund> ist da"},
		{"Der Befund ist da", `"bef"*`, "Der <Befund> ist da"},
		{"Ünäuffällig. ÜNÄUFFÄLLIG", `"unauff"*`, "<Ünäuffällig>. <ÜNÄUFFÄLLIG>"},
		{"a b c a b", `"a b"`, "<a b> c <a b>"},
		{"a a a", `"a a"`, "<a a> a"},
		{far + "one" + " " + far + "one two " + far, `"one" "two"`, ""},
		{"", `"x"`, ""},
		{"!!!", `"x"`, "!!!"},
	} {
		got := marks(snippet(c.text, phrasesOf(c.match)))
		if c.want == "" && c.text != "" {
			if !strings.Contains(got, "<one> <two>") || len(got) > 250 || !strings.HasPrefix(got, "…") || !strings.HasSuffix(got, "…") {
				t.Errorf("%q", got)
			}
			continue
		}
		if got != c.want {
			t.Errorf("%q in %q: %q, want %q", c.match, c.text, got, c.want)
		}
	}
}

// What the index finds, the snippet shows: the words are the tokenizer's.
func TestSnippetsTakeWordsAsTheTokenizerDoes(t *testing.T) {
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(t.Context(), `CREATE VIRTUAL TABLE f USING fts5 (text, tokenize='unicode61 remove_diacritics 2'); CREATE VIRTUAL TABLE v USING fts5vocab(f, instance)`); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("abCD019 .,-_@'\"\n\tüÜéÉñßæøÅçĞżŁΩωάЖжй你好ñ̃´´²½א😀"))).Draw(t, "text")
		if _, err := db.Exec(`DELETE FROM f; INSERT INTO f (rowid, text) VALUES (1, ?)`, text); err != nil {
			t.Fatal(err)
		}
		rows, err := db.Query(`SELECT term FROM v ORDER BY "offset"`)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		var want []string
		for rows.Next() {
			var w string
			if err := rows.Scan(&w); err != nil {
				t.Fatal(err)
			}
			want = append(want, w)
		}
		var got []string
		for _, w := range wordsOf(text) {
			got = append(got, w.folded)
		}
		if strings.Join(got, "|") != strings.Join(want, "|") {
			t.Fatalf("%q: %q, the tokenizer says %q", text, got, want)
		}
		var whole strings.Builder
		for _, p := range snippet(text, nil) {
			whole.WriteString(p.Text)
		}
		if len(wordsOf(text)) <= snippetWords && whole.String() != text {
			t.Fatalf("%q became %q", text, whole.String())
		}
	})
}
