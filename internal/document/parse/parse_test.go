package parse

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"subrosa/internal/document/pdftest"

	"codeberg.org/go-pdf/fpdf"

	"subrosa/internal/document"
)

var limits = Limits{Pages: 10_000, Text: 16 << 20}

func read(t testing.TB, name, content string) ([]string, document.Info, error) {
	t.Helper()
	var pages []string
	info, err := Read(name, []byte(content), pdfiumFor(t, content), limits, func(p document.Page) error {
		if p.Number != len(pages)+1 || !utf8.ValidString(p.Text) || strings.ContainsAny(p.Text, "\r\x00\x0c\x1b") {
			t.Errorf("%s: page %d after %d: %.100q", name, p.Number, len(pages), p.Text)
		}
		pages = append(pages, p.Text)
		return nil
	})
	return pages, info, err
}

// PDFium is loaded once for all tests of this process, from what `make build` has compiled.
var loaded = sync.OnceValues(func() (*PDFium, error) { return LoadPDFium("../../../build/native/lib") })

func pdfiumFor(t testing.TB, content string) *PDFium {
	if !IsPDF([]byte(content)) {
		return nil
	}
	p, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// reads holds a document against what it is to give: pages are separated by "\n--\n".
func reads(t *testing.T, name, content, want string) document.Info {
	t.Helper()
	pages, info, err := read(t, name, content)
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	if got := strings.Join(pages, "\n--\n"); got != want {
		t.Errorf("%s:\n%s\nwant:\n%s", name, got, want)
	}
	return info
}

func TestTextOfEveryEncoding(t *testing.T) {
	const want = "Müller, 72 J.\nÜbelkeit – 38,5 °C"
	for name, content := range map[string]string{
		"UTF-8":               want,
		"UTF-8 with mark":     "\xef\xbb\xbf" + want,
		"UTF-16LE with mark":  "\xff\xfe" + wide(want, false),
		"UTF-16BE with mark":  "\xfe\xff" + wide(want, true),
		"UTF-16LE":            wide(want, false),
		"UTF-16BE":            wide(want, true),
		"Windows-1252":        "M\xfcller, 72 J.\r\n\xdcbelkeit \x96 38,5 \xb0C",
		"old Mac's line ends": strings.ReplaceAll(want, "\n", "\r"),
	} {
		if info := reads(t, "note.txt", content, want); info.Kind != document.Text {
			t.Error(name, info)
		}
	}
	// A few bytes that are wrong do not make it another encoding.
	reads(t, "note.txt", "Größe, Übelkeit, Ödem\xff", "Größe, Übelkeit, Ödem\ufffd")
}

func wide(s string, big bool) string {
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

func TestKindsAreToldByTheirContent(t *testing.T) {
	docx := makeDOCX(t, nil, "<w:p><w:r><w:t>x</w:t></w:r></w:p>")
	for _, c := range []struct {
		name, content string
		kind          document.Kind
		err           error
	}{
		{"letter.docx", pdftest.Text(t, "x"), document.PDF, nil},
		{"letter.txt", "\n" + pdftest.Text(t, "x"), document.PDF, nil},
		{"letter.pdf", docx, document.DOCX, nil},
		{"letter.doc", `{\rtf1 x}`, document.RTF, nil},
		{"mail.txt", "Return-Path: <a@b.c>\r\nFrom: A <a@b.c>\r\n\r\nx", document.EML, nil},
		{"memo.txt", "From: the ward\nTo: the clinic\n\nx", document.Text, nil},
		{"page.txt", "<!DOCTYPE html><p>x", document.HTML, nil},
		{"page.htm", "<p>x", document.HTML, nil},
		{"list.csv", "a,b", document.CSV, nil},
		{"README.md", "# x", document.Markdown, nil},
		{"README", "x", document.Text, nil},
		{"letter.pdf", "just text", document.Text, nil},
		{"old.doc", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600), "", document.ErrKind},
		{"locked.docx", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600) + wide("EncryptedPackage", false), "", document.ErrEncrypted},
		{"a.zip", makeZip(t, map[string]string{"a.txt": "x"}), "", document.ErrKind},
		{"cut.docx", docx[:len(docx)/2], "", document.ErrBroken},
		{"tool.exe", "MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00", "", document.ErrKind},
		{"scan.png", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00", "", document.ErrKind},
		{"scan.jpg", "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00", "", document.ErrKind},
		{"empty.txt", "", document.Text, document.ErrNoText},
	} {
		_, info, err := read(t, c.name, c.content)
		if info.Kind != c.kind || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
			t.Errorf("%s: %q %v, want %q %v", c.name, info.Kind, err, c.kind, c.err)
		}
	}
}

func makeZip(t testing.TB, parts map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, s := range parts {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(s))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const wordNamespace = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"`

// makeDOCX packs a body with other parts, of which the relations are made.
func makeDOCX(t testing.TB, parts map[string]string, body string) string {
	t.Helper()
	all := map[string]string{
		"_rels/.rels":       `<Relationships><Relationship Id="r" Type="http://x/officeDocument" Target="word/document.xml"/></Relationships>`,
		"word/document.xml": `<?xml version="1.0"?><w:document ` + wordNamespace + `><w:body>` + body + `</w:body></w:document>`,
	}
	relations := ""
	for name, s := range parts {
		all[name] = s
		base := strings.TrimSuffix(strings.TrimPrefix(name, "word/"), ".xml")
		relations += fmt.Sprintf(`<Relationship Id="%s" Type="http://x/%s" Target="%s.xml"/>`, base, base, base)
	}
	all["word/_rels/document.xml.rels"] = `<Relationships>` + relations + `</Relationships>`
	return makeZip(t, all)
}

func para(s string) string { return `<w:p><w:r><w:t>` + s + `</w:t></w:r></w:p>` }

func TestDOCX(t *testing.T) {
	list := func(id, level, s string) string {
		return `<w:p><w:pPr><w:numPr><w:ilvl w:val="` + level + `"/><w:numId w:val="` + id + `"/></w:numPr></w:pPr><w:r><w:t>` + s + `</w:t></w:r></w:p>`
	}
	cell := func(s string) string { return `<w:tc>` + para(s) + `</w:tc>` }
	parts := map[string]string{
		"docProps/core.xml": `<x xmlns:dc="d"><dc:title>Contract</dc:title></x>`,
		"word/styles.xml": `<w:styles ` + wordNamespace + `><w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
			<w:style w:styleId="Clause"><w:basedOn w:val="berschrift1"/></w:style></w:styles>`,
		"word/numbering.xml": `<w:numbering ` + wordNamespace + `><w:abstractNum w:abstractNumId="0">
			<w:lvl w:ilvl="0"><w:start w:val="3"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>
			<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/></w:lvl></w:abstractNum>
			<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="*"/></w:lvl></w:abstractNum>
			<w:num w:numId="5"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="7"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="9"/></w:lvlOverride></w:num><w:num w:numId="6"><w:abstractNumId w:val="1"/></w:num></w:numbering>`,
		"word/footnotes.xml": `<w:footnotes ` + wordNamespace + `><w:footnote w:type="separator" w:id="0">` + para("sep") + `</w:footnote>
			<w:footnote w:id="2">` + para("See annex B.") + `</w:footnote></w:footnotes>`,
		"word/header1.xml":      `<w:hdr ` + wordNamespace + `>` + para("Smith v Jones") + `</w:hdr>`,
		"word/header2.xml":      `<w:hdr ` + wordNamespace + `>` + para("Smith v Jones") + `</w:hdr>`,
		"word/comments.xml":     `<w:comments ` + wordNamespace + `>` + para("do not show") + `</w:comments>`,
		"word/embeddings/a.bin": "x",
	}
	info := reads(t, "contract.docx", makeDOCX(t, parts, strings.Join([]string{
		`<w:p><w:pPr><w:pStyle w:val="Clause"/></w:pPr><w:r><w:t>Terms</w:t></w:r></w:p>`,
		list("5", "0", "Rent"), list("5", "1", "monthly"), list("5", "1", "yearly"), list("5", "0", "Term"), list("5", "1", "a year"), list("7", "0", "Deposit"), list("5", "0", "Costs"), list("6", "0", "keys"),
		`<w:p><w:r><w:t xml:space="preserve">The </w:t></w:r><w:ins><w:r><w:t>new </w:t></w:r></w:ins><w:del><w:r><w:delText>old </w:delText></w:r></w:del><w:moveFrom><w:r><w:t>moved </w:t></w:r></w:moveFrom>`,
		`<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden </w:t></w:r><w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>tenant</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r>`,
		`<w:r><w:tab/><w:t>pays</w:t><w:noBreakHyphen/><w:t>in</w:t><w:br/><w:t>full.</w:t></w:r></w:p>`,
		`<w:tbl><w:tr>` + cell("Item") + cell("Price") + `</w:tr><w:tr>` + cell("Flat") + cell("900") + `</w:tr></w:tbl>`,
		`<w:p><w:r><w:instrText>HYPERLINK http://evil</w:instrText><w:t>Link</w:t></w:r></w:p>`,
		`<mc:AlternateContent xmlns:mc="m"><mc:Choice>` + para("Box") + `</mc:Choice><mc:Fallback>` + para("Box") + `</mc:Fallback></mc:AlternateContent>`,
	}, "")), `Smith v Jones

# Terms

3. Rent
  3.a) monthly
  3.b) yearly
4. Term
  4.a) a year
9. Deposit
10. Costs
- keys
The new tenant[2]	pays-in
full.

[2] See annex B.

Item	Price
Flat	900

Link

Box`)
	if info.Title != "Contract" || fmt.Sprint(info.Attachments) != "[a.bin]" {
		t.Errorf("%+v", info)
	}
	reads(t, "pages.docx", makeDOCX(t, nil, para("One")+`<w:p><w:r><w:br w:type="page"/></w:r></w:p>`+para("Two")+
		`<w:p><w:r><w:lastRenderedPageBreak/><w:t>Three</w:t></w:r></w:p>`), "One\n--\nTwo\n--\nThree")
}

func TestRTF(t *testing.T) {
	info := reads(t, "letter.rtf", `{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fcharset204 Arial Cyr;}}{\colortbl;\red0\green0\blue0;}
{\stylesheet{\s1 heading;}}{\info{\title Arztbrief}{\author Somebody}}{\*\generator Word;}
\pard\plain\f0 Sehr geehrte Frau M\'fcller,\par
\u220?bel, \uc1\u8364E 5 \{x\} \\ {\v hidden}{\deleted gone}{\f1\'cf\'f0\'e8\'e2\'e5\'f2} \lquote a\rquote\emdash b\par
{\listtext 1.\tab}first\par{\pict\wmetafile8 0102}{\*\unknown text that a program may ignore}
\trowd\cellx1000\cellx2000\intbl a\par c\cell {b\par}\cell\row\pard
{\super 1}{\*\footnote Note.}after\bin3 {{}\par
\page second page\par}
ignored`, "Sehr geehrte Frau Müller,\nÜbel, € 5 {x} \\ Привет ‘a’—b\n1.\tfirst\na c\tb\n1[Note.]after\n--\nsecond page")
	if info.Kind != document.RTF || info.Title != "Arztbrief" {
		t.Errorf("%+v", info)
	}
	for _, bad := range []string{`{\rtf1 open`, `{\rtf1 }}`[:8], `{\rtf1\u`, `{\rtf1\'`, `{\rtf1\bin99999999999 x`} {
		if _, _, err := read(t, "x.rtf", bad); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}

func TestHTML(t *testing.T) {
	info := reads(t, "page.html", `<!DOCTYPE html><html><head><title>Discharge &amp; plan</title><style>p{color:red}</style><script>alert("x")</script></head>
<body><h1>Discharge</h1><p>The  patient
went <b>ho</b>me.<br>Next line &lt;tag&gt;<div hidden>hidden <div>deep</div></div><p style="display: none">secret<p>Shown<!-- comment -->
<ol><li>one<li>two<ul><li>deep</ul></ol><table><tr><th>Drug<th>Dose<tr><td>Aspirin<td>100&nbsp;mg</table>
<noscript>no</noscript><iframe src="http://evil">frame</iframe><img src="http://evil/x.png"><pre>a
  b</pre></body>`, "# Discharge\n\nThe patient went home.\nNext line <tag>\n\nShown\n\n1. one\n2. two\n\n  - deep\n\nDrug\tDose\nAspirin\t100\u00a0mg\n\na\n  b")
	if info.Title != "Discharge & plan" {
		t.Errorf("%+v", info)
	}
	reads(t, "old.html", "<meta charset=iso-8859-2><p>\xb1", "ą")
	reads(t, "old.html", "<p>M\xfcller", "Müller")
	reads(t, "new.html", "<p>"+strings.Repeat("a ", 1000)+"Müller", strings.Repeat("a ", 1000)+"Müller")
}

func TestEML(t *testing.T) {
	mail := strings.ReplaceAll(`Return-Path: <a@example.org>
From: =?utf-8?q?J=C3=BCrgen?= <a@example.org>
To: B <b@example.org>
Date: Mon, 2 Nov 2026 10:00:00 +0100
Subject: =?iso-8859-1?Q?Gr=FC=DFe?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=outer

--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Sch=F6ne Gr=FC=DFe
--inner
Content-Type: text/html

<p>the same
--inner--
--outer
Content-Type: application/pdf; name="=?utf-8?q?Befund=C3=A4.pdf?="
Content-Transfer-Encoding: base64

JVBERi0=
--outer
Content-Type: message/rfc822

From: c@example.org

inner
--outer
Content-Type: text/plain; name=log.txt
Content-Disposition: attachment; filename=log.txt

not shown
--outer--
`, "\n", "\r\n")
	info := reads(t, "mail.eml", mail, "From: Jürgen <a@example.org>\nTo: B <b@example.org>\nDate: Mon, 2 Nov 2026 10:00:00 +0100\nSubject: Grüße\n"+
		"Attachment: Befundä.pdf\nAttachment: message/rfc822\nAttachment: log.txt\n\nSchöne Grüße")
	if info.Title != "Grüße" || len(info.Attachments) != 3 {
		t.Errorf("%+v", info)
	}
	reads(t, "web.eml", "From: a@b.c\nSubject: x\nContent-Type: text/html; charset=windows-1251\n\n<p>\xcf\xf0<script>x</script>", "From: a@b.c\nSubject: x\n\nПр")
	reads(t, "odd.eml", "From: a@b.c\nContent-Type: text/plain; charset=klingon\n\nHallo M\xfcller", "From: a@b.c\n\nHallo Müller")
	reads(t, "cut.eml", mail[:strings.Index(mail, "ne Gr=")], "From: Jürgen <a@example.org>\nTo: B <b@example.org>\nDate: Mon, 2 Nov 2026 10:00:00 +0100\nSubject: Grüße\n\nSchö")
}

func TestCSV(t *testing.T) {
	reads(t, "labs.csv", "Name;Wert\r\n\"Na; trium\";140\r\n\"zwei\nZeilen\";\"a \"\"b\"\"\"\r\n", "Name\tWert\nNa; trium\t140\nzwei Zeilen\ta \"b\"")
	reads(t, "odd.csv", "a,b\n1\n\n2,3,4\nsay \"hi\",5", "a\tb\n1\n2\t3\t4\nsay \"hi\"\t5")
	pages, _, err := read(t, "long.csv", "Name,Value\n"+strings.Repeat("Sodium,140\n", 2000))
	if err != nil || len(pages) < 4 {
		t.Fatal(len(pages), err)
	}
	for i, p := range pages {
		if !strings.HasPrefix(p, "Name\tValue\nSodium\t140\n") || len(p) > document.PageSize*5/4 {
			t.Errorf("page %d: %.40q, %d bytes", i+1, p, len(p))
		}
	}
}

func TestPDF(t *testing.T) {
	info := reads(t, "a.pdf", pdftest.Text(t, "Erste Seite.", "Zweite."), "Erste Seite.\n--\nZweite.")
	if info.Kind != document.PDF || info.Pages != 2 {
		t.Errorf("%+v", info)
	}
	if got := joinWords("Kranken\x02\r\nhaus und Müller\x02\r\nLüdenscheidt"); got != "Kranken\r\nhaus und Müller-\r\nLüdenscheidt" {
		t.Errorf("%q", got)
	}
	locked := fpdf.New("P", "mm", "A4", "")
	locked.SetProtection(0, "reader", "owner")
	locked.AddPage()
	var b strings.Builder
	if err := locked.Output(&b); err != nil {
		t.Fatal(err)
	}
	if _, _, err := read(t, "locked.pdf", b.String()); !errors.Is(err, document.ErrEncrypted) {
		t.Error(err)
	}
}
