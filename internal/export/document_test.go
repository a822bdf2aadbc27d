package export

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const answer = `# Findings

A **bold** claim, an *italic* one, ` + "`code`" + ` and a [link](https://example.org/x). Żółć, ελληνικά, кириллица, naïve — “quotes” ✓ 😀 中.

1. first
2. second
   - nested *item*
     with a second line

> quoted

` + "```go\nfunc main() {\n\tprintln(\"<hello> & bye\")\n}\n```" + `

| Drug | Dose |
|------|------|
| Aspirin | 100 mg &amp; more |

<script>alert(1)</script>

- [x] done

***
`

func sampleConversation() Conversation {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	return Conversation{
		Title: "Ärztlicher *Befund* <b> & more",
		Messages: []Message{
			{Who: "You", Time: at, Text: "Please check [EMAIL].\n\n# not a heading\n```\nand a fence\n\x00\x0b control", Entry: 4},
			{Who: "Model", Time: at.Add(time.Minute), Text: answer, Markdown: true, Entry: 5},
			{Who: "demo-1", Text: "They wrote to **Ana**.", Markdown: true, SummaryOf: 2, Entry: 9},
			{Who: "You", Time: at, Text: "more", Entry: 6},
			{Who: "Model", Time: at, Text: "half an answ", Markdown: true, Note: "stopped", Entry: 7},
		},
		Provenance: Provenance{
			Models: []ModelUsed{{"demo-1", strings.Repeat("ab", 32)}}, Documents: []DocumentUsed{{"Pachtvertrag.pdf", strings.Repeat("cd", 32), []int{3, 7}, 12}, {"", strings.Repeat("ef", 32), []int{1}, 1}},
			Policy: "builtin-1", Program: "1.2.3", Origin: "subrosa/0123456789abcdef",
			Conversation: strings.Repeat("c", 32), Entry: 42, Made: at.Add(time.Hour), Actor: "ana",
		},
	}
}

func document(t testing.TB, f Format, c Conversation) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteConversation(&b, f, c); err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("SUBROSA_KEEP_REPORT"); dir != "" {
		_ = os.WriteFile(filepath.Join(dir, "conversation."+string(f)), b.Bytes(), 0o600)
	}
	return b.Bytes()
}

// What every format must show of the sample.
var expected = []string{
	"Żółć", "ελληνικά", "кириллица", "naïve — “quotes” ✓", "[EMAIL]", "# not a heading", "<hello> & bye", "Aspirin", "half an answ", "stopped",
	"https://example.org/x", "demo-1", "builtin-1", "2026-03-01 10:00 UTC", "entry 42", "subrosa/0123456789abcdef", "alert(1)", "Check before use",
	"Summary of the first 2 messages, written by demo-1", "Ana", "record entry 9",
	"Pachtvertrag.pdf, of its 12 pages 3, 7", strings.Repeat("cd", 32), "a document that was deleted since, all of its 1 pages",
}

func TestMarkdownDocument(t *testing.T) {
	text := string(document(t, Markdown, sampleConversation()))
	for _, want := range expected {
		if !strings.Contains(strings.NewReplacer(`\_`, "_", `\(`, "(", `\)`, ")").Replace(text), want) {
			t.Errorf("lacks %q", want)
		}
	}
	if !strings.HasPrefix(text, `# Ärztlicher \*Befund\* \<b\> & more`) {
		t.Errorf("title: %.60s", text)
	}
	// The prompt's own fence does not end the quotation.
	if !strings.Contains(text, "````text\nPlease check") {
		t.Error("the prompt is not quoted safely")
	}
}

func TestDOCXDocument(t *testing.T) {
	data := document(t, DOCX, sampleConversation())
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		parts[f.Name] = string(b)
		d := xml.NewDecoder(bytes.NewReader(b))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
		}
	}
	for _, name := range []string{"[Content_Types].xml", "_rels/.rels", "word/document.xml", "word/styles.xml", "word/footer1.xml", "word/_rels/document.xml.rels", "docProps/core.xml"} {
		if parts[name] == "" {
			t.Errorf("no part %s", name)
		}
	}
	text := docxText(t, parts["word/document.xml"])
	for _, want := range append(expected, "😀", "中") {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q", want)
		}
	}
	if footer := docxText(t, parts["word/footer1.xml"]); !strings.Contains(footer, "policy builtin-1") || !strings.Contains(footer, "entry 42") {
		t.Errorf("footer: %s", footer)
	}
}

func docxText(t *testing.T, part string) string {
	t.Helper()
	var b strings.Builder
	d := xml.NewDecoder(strings.NewReader(part))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return b.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		switch v := token.(type) {
		case xml.CharData:
			b.Write(v)
		case xml.EndElement:
			if v.Name.Local == "p" || v.Name.Local == "br" {
				b.WriteByte('\n')
			}
		}
	}
}

func TestPDFDocument(t *testing.T) {
	data := document(t, PDF, sampleConversation())
	if !bytes.HasPrefix(data, []byte("%PDF-")) || bytes.Contains(data, []byte("/JavaScript")) || bytes.Contains(data, []byte("/URI")) {
		t.Error("not a PDF, or one that does things")
	}
	if again := document(t, PDF, sampleConversation()); !bytes.Equal(again, data) {
		t.Error("the same conversation gives another file")
	}
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		if os.Getenv("SUBROSA_REQUIRE_REAL") != "" {
			t.Fatal(err)
		}
		t.Skip("needs pdftotext (poppler-utils) to read the PDF back")
	}
	cmd := exec.Command(tool, "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(data)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(string(out)), " ")
	for _, want := range append(expected, "[U+1F600]", "[U+4E2D]") {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q in\n%s", want, text)
		}
	}
	if pages := strings.Count(string(out), "\f"); pages < 1 || strings.Count(text, "page 1 of "+string(rune('0'+pages))) != 1 {
		t.Errorf("%d pages without their number", pages)
	}
}

func TestLongAndOddConversations(t *testing.T) {
	c := sampleConversation()
	c.Messages = append(c.Messages,
		Message{Who: "Model", Markdown: true, Text: strings.Repeat("- a\n", 5000)},
		Message{Who: "Model", Markdown: true, Text: strings.Repeat("> ", 500) + "deep"},
		Message{Who: "Model", Markdown: true, Text: strings.Repeat("W", 20000)},
		Message{Who: "Model", Markdown: true, Text: "|a|b|\n|-|-|\n|" + strings.Repeat("long cell ", 3000) + "|x|\n"},
		Message{Who: "Model", Markdown: true, Text: "\xff\xfe half \xe2\x82 runes \u202egnp.exe"},
		Message{Who: "You", Text: ""},
		Message{Who: "Model", Markdown: true, Text: ""},
		Message{Who: "Model", Markdown: true, Text: "1. \n2. ```\n   x\n   ```\n"},
	)
	for _, f := range []Format{Markdown, DOCX, PDF} {
		document(t, f, c)
	}
	document(t, PDF, Conversation{})
	document(t, PDF, Conversation{Title: "\xc5\xf0\x9f\x98\x80"}) // made the PDF library panic
	if err := WriteConversation(io.Discard, "odt", c); !errors.Is(err, ErrFormat) {
		t.Error(err)
	}
}

func FuzzDocuments(f *testing.F) {
	f.Add(answer)
	f.Add("| a |\n|-|\n| `x` \\| |")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 {
			return
		}
		c := Conversation{Title: text, Messages: []Message{{Who: "Model", Markdown: true, Text: text}, {Who: "You", Text: text}}}
		for _, format := range []Format{Markdown, DOCX} { // a PDF takes a quarter of a second
			document(t, format, c)
		}
	})
}
