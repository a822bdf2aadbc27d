package parse

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"subrosa/internal/document/pdftest"

	"subrosa/internal/document"
)

// Whatever is in a file, the end is a page or one of the package's errors.
var errorsOfReading = []error{document.ErrKind, document.ErrBroken, document.ErrEncrypted, document.ErrTooLarge, document.ErrNoText}

func TestHostileFilesGiveATypedError(t *testing.T) {
	big := strings.Repeat
	doc := func(body string) string { return makeDOCX(t, nil, body) }
	broken := func(part, content string) string { return makeDOCX(t, map[string]string{part: content}, para("x")) }
	const ns = wordNamespace
	for _, c := range []struct {
		name, content string
		want          error // nil: it is read
	}{
		{"bomb.docx", doc(para(big("a", 65<<20))), document.ErrTooLarge},
		{"bombstyles.docx", broken("word/styles.xml", "<w:styles "+ns+">"+big(" ", 65<<20)), document.ErrTooLarge},
		{"text.docx", doc(big(para(big("a", 1000)), 20_000)), document.ErrTooLarge},
		{"entities.docx", makeZip(t, map[string]string{"word/document.xml": `<!DOCTYPE x [<!ENTITY a "` + big("a", 1000) + `"><!ENTITY b "` + big("&a;", 1000) + `">]><w:document ` + ns + `><w:p><w:t>&b;</w:t></w:p></w:document>`}), document.ErrBroken},
		{"external.docx", makeZip(t, map[string]string{"word/document.xml": `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><w:p ` + ns + `><w:t>&a;</w:t></w:p>`}), document.ErrBroken},
		{"deep.docx", doc(big("<w:p>", 1_000_000)), document.ErrTooLarge},
		{"open.docx", doc(`<w:p><w:r><w:t>x</w:r></w:p>`), document.ErrBroken},
		{"stylecycle.docx", makeDOCX(t, map[string]string{"word/styles.xml": `<w:styles ` + ns + `><w:style w:styleId="a"><w:basedOn w:val="b"/></w:style><w:style w:styleId="b"><w:basedOn w:val="a"/></w:style></w:styles>`},
			`<w:p><w:pPr><w:pStyle w:val="a"/></w:pPr><w:r><w:t>x</w:t></w:r></w:p>`), nil},
		{"notes.docx", makeDOCX(t, map[string]string{"word/footnotes.xml": `<w:footnotes ` + ns + `><w:footnote w:id="1">` + para(big("n", 1<<20)) + `</w:footnote></w:footnotes>`},
			`<w:p><w:r>`+big(`<w:footnoteReference w:id="1"/>`, 1_000_000)+`</w:r></w:p>`), document.ErrTooLarge},
		{"labels.docx", makeDOCX(t, map[string]string{"word/numbering.xml": `<w:numbering ` + ns + `><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="999999"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="` + big("%1", 49) + `"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>`},
			`<w:tbl><w:tr>`+big(`<w:tc><w:p><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:p></w:tc>`, 100_000)+`</w:tr></w:tbl>`), document.ErrTooLarge},
		{"headers.docx", func() string {
			parts := map[string]string{}
			for i := range 45 {
				parts[fmt.Sprintf("word/header%d.xml", i)] = `<w:hdr ` + ns + `>` + para(fmt.Sprint(i)+big("h", 1<<20)) + `</w:hdr>`
			}
			return makeDOCX(t, parts, para("x"))
		}(), document.ErrTooLarge},
		{"secret.docx", encryptedZip(t), document.ErrEncrypted},
		{"lies.docx", strings.Replace(doc(para("x")), "PK\x01\x02", "PK\x01\x03", 1), document.ErrBroken},
		{"many.docx", func() string {
			parts := map[string]string{"word/document.xml": `<w:p ` + ns + `><w:t>x</w:t></w:p>`}
			for i := range 50_000 {
				parts[fmt.Sprintf("word/embeddings/%d", i)] = ""
			}
			return makeZip(t, parts)
		}(), nil},

		{"deep.rtf", `{\rtf1 ` + big("{", 1_000_000), document.ErrTooLarge},
		{"many.rtf", `{\rtf1 ` + big(`{\b x}`, 1_000_000) + "}", nil},
		{"long.rtf", `{\rtf1 ` + big("a", 20<<20) + "}", document.ErrTooLarge},
		{"units.rtf", `{\rtf1 ` + big(`\u55357`, 500_000) + "}", nil},
		{"word.rtf", `{\rtf1 \` + big("a", 1<<20) + " x}", nil},
		{"number.rtf", `{\rtf1 \bin` + big("9", 100) + " x}", document.ErrBroken},
		{"short.rtf", `{\rtf`, document.ErrBroken},
		{"fonts.rtf", `{\rtf1{\fonttbl` + big(`{\f1\fcharset204 a;}`, 200_000) + "}x}", nil},

		{"deep.html", big("<div>", 1_000_000) + "x", nil},
		{"lists.html", big("<ol><li>", 300_000) + "x", nil},
		{"attributes.html", "<p " + big("a ", 2_000_000) + ">x", nil},
		{"attribute.html", "<p style='" + big("x ", 2_000_000) + "'>x", nil},
		{"hidden.html", big("<p hidden>", 500_000) + "</p>x", nil},
		{"open.html", "x<script>" + big("<", 1_000_000), nil},
		{"comments.html", "x" + big("<!--", 500_000), nil},
		{"entities.html", big("&lt;", 1_000_000) + big("&", 1_000_000), nil},
		{"title.html", big("<title>", 300_000) + "x</title>y", nil},
		{"table.html", "<table>" + big("<td>", 2_000_000) + "x", nil},

		{"deep.eml", nestedMail(3000), nil},
		{"parts.eml", "From: a@b.c\nContent-Type: multipart/mixed; boundary=x\n\n" + big("--x\n\na\n", 5000) + "--x--", document.ErrTooLarge},
		{"header.eml", "From: a@b.c\n" + big("X: y\n", 1_000_000) + "\nx", document.ErrBroken},
		{"folded.eml", "From: a@b.c\nX: y\n" + big(" z\n", 1_000_000) + "\nx", document.ErrBroken},
		{"words.eml", "From: a@b.c\nSubject: " + big("=?utf-8?q?=C3?= ", 200_000) + "\n\nx", document.ErrBroken},
		{"addresses.eml", "From: a@b.c\nTo: " + big("a@b.c, ", 200_000) + "\n\nx", document.ErrBroken},
		{"base64.eml", "From: a@b.c\nContent-Transfer-Encoding: base64\n\n!!!!" + big("A", 1000), document.ErrBroken},
		{"parameters.eml", "From: a@b.c\nContent-Type: text/plain" + big("; a=b", 200_000) + "\n\nx", nil},
		{"boundary.eml", "From: a@b.c\nContent-Type: multipart/mixed\n\nx", nil},

		{"columns.csv", big("a,", 1_000_000), nil},
		{"rows.csv", big("\n", 2_000_000) + "a", nil},
		{"quote.csv", `a,"` + big("b\n", 2_000_000), nil},
		{"quotes.csv", big(`"`, 2_000_001), nil},
		{"long.csv", big("word,word\n", 2<<20), document.ErrTooLarge},
		{"zero.csv", "a,b\x00c", document.ErrKind},

		{"spaces.txt", big(" ", 4_000_000) + "x", nil},
		{"line.txt", big("a", 8<<20), nil},
		{"lines.txt", big("\n", 8<<20) + "x", nil},
		{"bytes.txt", "x" + big("\xff\xfe\xfd", 1_000_000), nil},
		{"long.txt", big("word ", 4<<20), document.ErrTooLarge},
		{"controls.txt", big("\x01", 1000), document.ErrKind},

		{"nothing.pdf", "%PDF-1.7", document.ErrBroken},
		{"cut.pdf", pdftest.Text(t, "x")[:300], document.ErrBroken},
		{"loop.pdf", pdftest.Objects("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[2 0 R]>>"), document.ErrBroken},
		{"count.pdf", pdftest.Objects("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 2147483647/Kids[3 0 R]>>", "<</Type/Page/Parent 2 0 R>>"), document.ErrNoText},
		{"negative.pdf", pdftest.Objects("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count -5/Kids[]>>"), document.ErrBroken},
		{"arrays.pdf", pdftest.Objects("<</Type/Catalog/Pages 2 0 R>>", big("[", 1_000_000)), document.ErrBroken},
		{"self.pdf", pdftest.Objects("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>", "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</XObject<</X 4 0 R>>>>>>",
			"<</Type/XObject/Subtype/Form/Resources<</XObject<</X 4 0 R>>>>/Length 4>>stream\n/X Do\nendstream"), document.ErrNoText},
		{"random.pdf", "%PDF-1.7\n" + big("obj stream endobj << >> [ 1 0 R ", 100_000), document.ErrBroken},
	} {
		_, _, err := read(t, c.name, c.content)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// encryptedZip says of its parts that they are encrypted.
func encryptedZip(t *testing.T) string {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if _, err := z.CreateRaw(&zip.FileHeader{Name: "word/document.xml", Flags: 1, CompressedSize64: 0, UncompressedSize64: 0}); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func nestedMail(depth int) string {
	var b strings.Builder
	b.WriteString("From: a@b.c\n")
	for i := range depth {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	b.WriteString("\n\nx")
	return b.String()
}

// Every byte of a document of each kind is changed or cut off in turn: none is a panic.
func TestEveryByteMayBeWrong(t *testing.T) {
	for name, content := range seeds(t) {
		step := max(1, len(content)/400)
		for i := 0; i < len(content); i += step {
			for _, mutant := range []string{content[:i], content[:i] + "\xff" + content[i+1:], content[:i] + content[i:i+1] + content[i:]} {
				check(t, name, []byte(mutant))
			}
		}
	}
}

// seeds are a small document of each kind.
func seeds(t testing.TB) map[string]string {
	return map[string]string{
		"a.pdf": pdftest.Text(t, "First page.", "Second."),
		"a.docx": makeDOCX(t, map[string]string{
			"word/styles.xml":    `<w:styles ` + wordNamespace + `><w:style w:styleId="a"><w:name w:val="heading 1"/></w:style></w:styles>`,
			"word/footnotes.xml": `<w:footnotes ` + wordNamespace + `><w:footnote w:id="2">` + para("n") + `</w:footnote></w:footnotes>`,
		}, `<w:p><w:pPr><w:pStyle w:val="a"/></w:pPr><w:r><w:t>T</w:t><w:footnoteReference w:id="2"/></w:r></w:p><w:tbl><w:tr><w:tc>`+para("c")+`</w:tc></w:tr></w:tbl>`),
		"a.rtf":  `{\rtf1\ansi{\fonttbl{\f0\fcharset204 A;}}{\info{\title T}}\f0 \'cf\u220? x\par{\*\x y}\intbl a\cell\row{\footnote n}\bin2 {}}`,
		"a.eml":  "From: =?utf-8?q?J=C3=BC?= <a@b.c>\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na=FCb\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>x\r\n--x--\r\n",
		"a.html": `<!DOCTYPE html><title>T</title><h1>H</h1><ol><li>a<li>b</ol><table><tr><td>1<td>2</table><p hidden>x<p style="display:none">y<pre> z </pre>&amp;`,
		"a.csv":  "a;b\r\n\"c;\"\"d\";e\r\n",
		"a.md":   "# x\n\ny",
		"a.txt":  "\xff\xfea\x00b\x00",
	}
}

// check reads without the net under it: a panic is one.
func check(t *testing.T, name string, content []byte) {
	t.Helper()
	pages := 0
	f := &file{name: name, content: content, limits: Limits{Pages: 1000, Text: 1 << 20}, pdfium: pdfiumFor(t, string(content)), emit: func(p document.Page) error {
		if pages++; p.Number != pages {
			t.Errorf("page %d after %d", p.Number, pages-1)
		}
		return nil
	}}
	err := f.read()
	if err == nil {
		return
	}
	for _, known := range errorsOfReading {
		if errors.Is(err, known) {
			return
		}
	}
	t.Errorf("%s: %v is none of the package's errors", name, err)
}

func fuzz(f *testing.F, name string) {
	f.Add([]byte(seeds(f)[name]))
	f.Fuzz(func(t *testing.T, content []byte) { check(t, name, content) })
}

func FuzzPDF(f *testing.F)      { fuzz(f, "a.pdf") }
func FuzzZip(f *testing.F)      { fuzz(f, "a.docx") }
func FuzzRTF(f *testing.F)      { fuzz(f, "a.rtf") }
func FuzzEML(f *testing.F)      { fuzz(f, "a.eml") }
func FuzzHTML(f *testing.F)     { fuzz(f, "a.html") }
func FuzzCSV(f *testing.F)      { fuzz(f, "a.csv") }
func FuzzText(f *testing.F)     { fuzz(f, "a.txt") }
func FuzzMarkdown(f *testing.F) { fuzz(f, "a.md") }

// FuzzDOCX changes the parts of a package rather than its bytes.
func FuzzDOCX(f *testing.F) {
	f.Add(`<w:p><w:pPr><w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>x</w:t><w:br w:type="page"/></w:r></w:p>`,
		`<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>`, `<w:style w:styleId="a"><w:basedOn w:val="a"/></w:style>`)
	f.Fuzz(func(t *testing.T, body, numbering, styles string) {
		check(t, "a.docx", []byte(makeDOCX(t, map[string]string{
			"word/numbering.xml": `<w:numbering ` + wordNamespace + `><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="1"><w:numFmt w:val="lowerRoman"/><w:lvlText w:val="%1.%2"/></w:lvl></w:abstractNum>` + numbering + `</w:numbering>`,
			"word/styles.xml":    `<w:styles ` + wordNamespace + `>` + styles + `</w:styles>`,
		}, body)))
	})
}
