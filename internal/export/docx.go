package export

import (
	"archive/zip"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// The parts of a DOCX that are the same in each: ECMA-376 (Office Open XML), transitional. No settings, no links, no macros.
const (
	docxNamespace = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	xmlHead       = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

	docxTypes = xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>` +
		`<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>` +
		`<Override PartName="/word/footer1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/>` +
		`<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>`

	docxRels = xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>` +
		`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`

	docxDocumentRels = xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>` +
		`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer1.xml"/></Relationships>`
)

// docxStyles has the styles that the document names.
func docxStyles() string {
	var b strings.Builder
	b.WriteString(xmlHead + `<w:styles ` + docxNamespace + `><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:cs="Arial" w:eastAsia="MS Mincho"/>` +
		`<w:sz w:val="22"/><w:szCs w:val="22"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="120" w:line="264" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>` +
		`<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>`)
	style := func(id, name, paragraph, text string) {
		fmt.Fprintf(&b, `<w:style w:type="paragraph" w:styleId="%s"><w:name w:val="%s"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:pPr>%s</w:pPr><w:rPr>%s</w:rPr></w:style>`, id, name, paragraph, text)
	}
	style("Title", "Title", `<w:keepNext/><w:spacing w:after="240"/>`, `<w:b/><w:sz w:val="36"/>`)
	for level, size := range []int{30, 28, 26, 24, 22, 22} {
		style(fmt.Sprintf("Heading%d", level+1), fmt.Sprintf("heading %d", level+1),
			fmt.Sprintf(`<w:keepNext/><w:spacing w:before="240" w:after="80"/><w:outlineLvl w:val="%d"/>`, level), fmt.Sprintf(`<w:b/><w:sz w:val="%d"/>`, size))
	}
	style("Speaker", "Speaker", `<w:keepNext/><w:pBdr><w:top w:val="single" w:sz="4" w:space="6" w:color="BBBBBB"/></w:pBdr><w:spacing w:before="320" w:after="80"/><w:outlineLvl w:val="0"/>`, `<w:b/><w:color w:val="444444"/>`)
	style("Code", "Code", `<w:shd w:val="clear" w:color="auto" w:fill="F2F2F2"/><w:spacing w:after="120" w:line="240" w:lineRule="auto"/>`,
		`<w:rFonts w:ascii="Consolas" w:hAnsi="Consolas" w:cs="Consolas"/><w:sz w:val="19"/>`)
	style("Quote", "Quote", `<w:pBdr><w:left w:val="single" w:sz="12" w:space="8" w:color="BBBBBB"/></w:pBdr>`, `<w:i/>`)
	style("Note", "Note", `<w:spacing w:after="40"/>`, `<w:color w:val="555555"/><w:sz w:val="18"/>`)
	b.WriteString(`</w:styles>`)
	return b.String()
}

func writeDOCX(w io.Writer, c Conversation) error {
	z := zip.NewWriter(w)
	for _, part := range []struct{ name, content string }{
		{"[Content_Types].xml", docxTypes},
		{"_rels/.rels", docxRels},
		{"word/_rels/document.xml.rels", docxDocumentRels},
		{"word/styles.xml", docxStyles()},
		{"word/footer1.xml", docxFooter(c.Provenance)},
		{"docProps/core.xml", docxCore(c)},
		{"word/document.xml", docxDocument(c)},
	} {
		f, err := z.CreateHeader(&zip.FileHeader{Name: part.name, Method: zip.Deflate, Modified: c.Made.UTC()})
		if err != nil {
			return err
		}
		if _, err := io.WriteString(f, part.content); err != nil {
			return err
		}
	}
	return z.Close()
}

func docxCore(c Conversation) string {
	at := c.Made.UTC().Format(time.RFC3339)
	return xmlHead + `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" ` +
		`xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>` + escapeXML(oneLine(c.Title)) + `</dc:title>` +
		`<dc:creator>Subrosa</dc:creator><dc:description>` + escapeXML(c.short()) + `</dc:description>` +
		`<dcterms:created xsi:type="dcterms:W3CDTF">` + at + `</dcterms:created><dcterms:modified xsi:type="dcterms:W3CDTF">` + at + `</dcterms:modified></cp:coreProperties>`
}

func docxFooter(p Provenance) string {
	field := func(name string) string {
		return `<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> ` + name + ` </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>`
	}
	return xmlHead + `<w:ftr ` + docxNamespace + `><w:p><w:pPr><w:pStyle w:val="Note"/></w:pPr>` + docxRun(run{text: p.short() + " · page "}) +
		field("PAGE") + docxRun(run{text: " of "}) + field("NUMPAGES") + `</w:p></w:ftr>`
}

func docxDocument(c Conversation) string {
	var b strings.Builder
	b.WriteString(xmlHead + `<w:document ` + docxNamespace + `><w:body>`)
	docxParagraph(&b, "Title", 0, 0, []run{{text: oneLine(printable(c.Title))}})
	for _, m := range c.Messages {
		docxParagraph(&b, "Speaker", 0, 0, []run{{text: m.heading()}})
		blocks := plain(m.Text)
		if m.Markdown {
			blocks = parseMarkdown(m.Text)
		}
		docxBlocks(&b, blocks)
		docxParagraph(&b, "Note", 0, 0, []run{{text: fmt.Sprintf("record entry %d", m.Entry)}})
	}
	docxParagraph(&b, "Speaker", 0, 0, []run{{text: "Where this comes from"}})
	docxParagraph(&b, "Note", 0, 0, []run{{text: c.disclaimer()}})
	for _, l := range c.lines() {
		docxParagraph(&b, "Note", 0, 0, []run{{text: l[0] + ": ", bold: true}, {text: l[1]}})
	}
	b.WriteString(`<w:sectPr><w:footerReference w:type="default" r:id="rId2"/><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1134" w:right="1134" w:bottom="1134" w:left="1134" w:header="567" w:footer="567" w:gutter="0"/></w:sectPr></w:body></w:document>`)
	return b.String()
}

func docxBlocks(b *strings.Builder, blocks []block) {
	const step = 400 // twentieths of a point
	for i := 0; i < len(blocks); i++ {
		switch k := blocks[i]; k.kind {
		case heading:
			docxParagraph(b, fmt.Sprintf("Heading%d", min(max(k.level, 1), 6)), 0, 0, k.runs)
		case listItem:
			docxParagraph(b, "", k.level*step, 300, append([]run{{text: k.marker + "\t"}}, k.runs...))
		case codeBlock:
			docxParagraph(b, "Code", k.level*step, 0, k.runs)
		case quote:
			docxParagraph(b, "Quote", k.level*step, 0, k.runs)
		case ruler:
			b.WriteString(`<w:p><w:pPr><w:pBdr><w:bottom w:val="single" w:sz="4" w:space="1" w:color="BBBBBB"/></w:pBdr></w:pPr></w:p>`)
		case tableRow:
			end := i
			for end < len(blocks) && blocks[end].kind == tableRow && (end == i || !blocks[end].header) {
				end++
			}
			docxTable(b, blocks[i:end])
			i = end - 1
		default:
			docxParagraph(b, "", k.level*step, 0, k.runs)
		}
	}
}

func docxTable(b *strings.Builder, rows []block) {
	columns := 0
	for _, r := range rows {
		columns = max(columns, len(r.cells))
	}
	b.WriteString(`<w:tbl><w:tblPr><w:tblW w:w="5000" w:type="pct"/><w:tblBorders>`)
	for _, side := range []string{"top", "left", "bottom", "right", "insideH", "insideV"} {
		fmt.Fprintf(b, `<w:%s w:val="single" w:sz="4" w:space="0" w:color="BBBBBB"/>`, side)
	}
	b.WriteString(`</w:tblBorders></w:tblPr><w:tblGrid>`)
	for range columns {
		fmt.Fprintf(b, `<w:gridCol w:w="%d"/>`, 9638/max(1, columns))
	}
	b.WriteString(`</w:tblGrid>`)
	for _, r := range rows {
		b.WriteString(`<w:tr>`)
		if r.header {
			b.WriteString(`<w:trPr><w:tblHeader/></w:trPr>`)
		}
		for i := range columns {
			var cell []run
			if i < len(r.cells) {
				cell = r.cells[i]
			}
			fmt.Fprintf(b, `<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/></w:tcPr>`, 9638/max(1, columns))
			docxParagraph(b, "", 0, 0, cell)
			b.WriteString(`</w:tc>`)
		}
		b.WriteString(`</w:tr>`)
	}
	b.WriteString(`</w:tbl><w:p/>`)
}

func docxParagraph(b *strings.Builder, style string, indent, hanging int, runs []run) {
	b.WriteString(`<w:p><w:pPr>`)
	if style != "" {
		fmt.Fprintf(b, `<w:pStyle w:val="%s"/>`, style)
	}
	if indent > 0 {
		fmt.Fprintf(b, `<w:ind w:left="%d" w:hanging="%d"/>`, indent, hanging)
	}
	b.WriteString(`</w:pPr>`)
	for _, r := range runs {
		b.WriteString(docxRun(r))
	}
	b.WriteString(`</w:p>`)
}

func docxRun(r run) string {
	var b strings.Builder
	b.WriteString(`<w:r><w:rPr>`)
	if r.code {
		b.WriteString(`<w:rFonts w:ascii="Consolas" w:hAnsi="Consolas" w:cs="Consolas"/>`)
	}
	if r.bold {
		b.WriteString(`<w:b/>`)
	}
	if r.italic {
		b.WriteString(`<w:i/>`)
	}
	b.WriteString(`</w:rPr>`)
	for i, line := range strings.Split(r.text, "\n") {
		if i > 0 {
			b.WriteString(`<w:br/>`)
		}
		for j, piece := range strings.Split(line, "\t") {
			if j > 0 {
				b.WriteString(`<w:tab/>`)
			}
			if piece != "" {
				b.WriteString(`<w:t xml:space="preserve">` + escapeXML(piece) + `</w:t>`)
			}
		}
	}
	b.WriteString(`</w:r>`)
	return b.String()
}

func escapeXML(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(printable(s))) // a Builder takes everything
	return b.String()
}
