package document

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func pages(t *testing.T, name, content string) ([]Page, Info, error) {
	t.Helper()
	var got []Page
	info, err := Reader{}.Read(t.Context(), name, strings.NewReader(content), Limits{}, func(p Page) error {
		got = append(got, p)
		return nil
	})
	return got, info, err
}

func TestTextOfEveryEncoding(t *testing.T) {
	const want = "Müller, 72 J.\nÜbelkeit – 38,5 °C"
	for name, content := range map[string]string{
		"UTF-8":               want,
		"UTF-8 with mark":     "\xef\xbb\xbf" + want,
		"UTF-16LE with mark":  "\xff\xfe" + utf16(want, false),
		"UTF-16BE with mark":  "\xfe\xff" + utf16(want, true),
		"UTF-16LE":            utf16(want, false),
		"UTF-16BE":            utf16(want, true),
		"Windows-1252":        "M\xfcller, 72 J.\r\n\xdcbelkeit \x96 38,5 \xb0C",
		"old Mac's line ends": strings.ReplaceAll(want, "\n", "\r"),
	} {
		got, info, err := pages(t, "note.txt", content)
		if err != nil || len(got) != 1 || got[0].Text != want || info.Kind != Text || info.Pages != 1 {
			t.Errorf("%s: %+v %+v %v", name, got, info, err)
		}
	}
	if _, info, err := pages(t, "Note.MD", "# Titel"); err != nil || info.Kind != Markdown {
		t.Error(info, err)
	}
	if _, _, err := pages(t, "note.txt", "\x00\x01\x02\x00\x00\xff"); !errors.Is(err, ErrKind) {
		t.Error(err)
	}
	if _, _, err := pages(t, "note.txt", " \r\n\t"); !errors.Is(err, ErrNoText) {
		t.Error(err)
	}
}

func utf16(s string, big bool) string {
	var b []byte
	for _, r := range s {
		if big {
			b = append(b, byte(r>>8), byte(r))
		} else {
			b = append(b, byte(r), byte(r>>8))
		}
	}
	return string(b)
}

func TestPagesOfTextAndTheirPassagesLoseNothing(t *testing.T) {
	words := func(s string) string { return strings.Join(strings.Fields(s), "") }
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{
			"word ", "Satz. ", "ein\n", "\n\n", "好。", "ü", strings.Repeat("x", 700), strings.Repeat("lorem ipsum ", 60), "\t", "! ", "😀",
		})).Draw(t, "parts"), "")
		var all, passed strings.Builder
		for i, p := range paginate(text) {
			if len(p) > PageSize*5/4 || !utf8.ValidString(p) {
				t.Fatalf("page of %d bytes", len(p))
			}
			all.WriteString(p)
			last := 0
			for _, s := range Passages(Page{Number: i + 1, Text: p}) {
				if s.Page != i+1 || s.Start < last || s.End <= s.Start || s.End-s.Start > passageSize*5/4 || !utf8.ValidString(p[s.Start:s.End]) {
					t.Fatalf("%+v after %d", s, last)
				}
				passed.WriteString(p[s.Start:s.End])
				last = s.End
			}
		}
		if words(all.String()) != words(text) || words(passed.String()) != words(text) {
			t.Fatal("something was lost")
		}
	})
}

func TestPassagesEndWithParagraphsAndSentences(t *testing.T) {
	paragraph := strings.TrimSpace(strings.Repeat("Der Patient klagt über Schmerzen. ", 20))
	for _, p := range []Page{
		{Number: 3, Text: paragraph + "\n\n" + paragraph},
		{Number: 3, Text: paragraph + " " + paragraph + " " + paragraph},
	} {
		all := Passages(p)
		if len(all) < 2 {
			t.Fatal(all)
		}
		for _, s := range all {
			if !strings.HasSuffix(p.Text[s.Start:s.End], "Schmerzen.") || !strings.HasPrefix(p.Text[s.Start:s.End], "Der Patient") {
				t.Errorf("%q", p.Text[s.Start:s.End])
			}
		}
	}
}
