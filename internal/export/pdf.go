package export

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-fonts/dejavu/dejavusans"
	"github.com/go-fonts/dejavu/dejavusansbold"
	"github.com/go-fonts/dejavu/dejavusansboldoblique"
	"github.com/go-fonts/dejavu/dejavusansmono"
	"github.com/go-fonts/dejavu/dejavusansoblique"
	"golang.org/x/image/font/sfnt"
)

const (
	pdfMargin = 20.0 // millimetres
	pdfLine   = 5.4
	pdfText   = 10.5 // points
	pdfIndent = 6.0
	sans      = "dejavu"
	mono      = "dejavumono"
)

// page sets a document. The fonts are DejaVu's, embedded as far as they are used: Latin, Greek, Cyrillic, Arabic and Hebrew
// letters and many signs. What they lack is written as its code point, so that nothing is lost without a trace.
type page struct {
	*fpdf.Fpdf
	faces  map[string]*sfnt.Font
	buffer sfnt.Buffer
}

func writePDF(w io.Writer, c Conversation) (err error) {
	defer func() { // the library panics on what it did not foresee; a document is no reason to end the window
		if r := recover(); r != nil {
			err = fmt.Errorf("set the PDF: %v", r)
		}
	}()
	p := &page{Fpdf: fpdf.New("P", "mm", "A4", ""), faces: map[string]*sfnt.Font{}}
	for _, f := range []struct {
		family, style string
		data          []byte
	}{
		{sans, "", dejavusans.TTF},
		{sans, "B", dejavusansbold.TTF},
		{sans, "I", dejavusansoblique.TTF},
		{sans, "BI", dejavusansboldoblique.TTF},
		{mono, "", dejavusansmono.TTF},
	} {
		face, err := sfnt.Parse(f.data)
		if err != nil {
			return fmt.Errorf("font: %w", err)
		}
		p.faces[f.family+f.style] = face
		p.AddUTF8FontFromBytes(f.family, f.style, bytes.Clone(f.data))
	}
	p.SetCatalogSort(true)
	p.SetCreationDate(c.Made.UTC())
	p.SetModificationDate(c.Made.UTC())
	p.SetTitle(p.shown(sans, oneLine(c.Title)), true)
	p.SetCreator(p.shown(sans, "Subrosa "+c.Program), true)
	p.SetSubject(p.shown(sans, c.short()), true)
	p.SetMargins(pdfMargin, pdfMargin, pdfMargin)
	p.SetAutoPageBreak(true, pdfMargin+6)
	p.AliasNbPages("{pages}")
	p.SetFooterFunc(func() { p.footer(c.short()) })
	p.AddPage()
	p.document(c)
	return p.Output(w)
}

func (p *page) footer(text string) {
	p.SetY(-pdfMargin)
	p.SetTextColor(90, 90, 90)
	p.font(run{}, 6.5)
	p.MultiCell(0, 3.4, p.shown(sans, text)+fmt.Sprintf(" · page %d of {pages}", p.PageNo()), "", "L", false)
	p.SetTextColor(0, 0, 0)
}

func (p *page) document(c Conversation) {
	p.font(run{bold: true}, 17)
	p.MultiCell(0, 8, p.shown(sans+"B", oneLine(printable(c.Title))), "", "L", false)
	for _, m := range c.Messages {
		p.speaker(m.heading())
		blocks := plain(m.Text)
		if m.Markdown {
			blocks = parseMarkdown(m.Text)
		}
		p.blocks(blocks)
		p.note(fmt.Sprintf("record entry %d", m.Entry))
	}
	p.speaker("Where this comes from")
	p.note(c.disclaimer())
	for _, l := range c.lines() {
		p.note(l[0] + ": " + l[1])
	}
}

func (p *page) speaker(text string) {
	p.Ln(4)
	p.keep(3 * pdfLine)
	y := p.GetY()
	width, _ := p.GetPageSize()
	p.SetDrawColor(190, 190, 190)
	p.Line(pdfMargin, y, width-pdfMargin, y)
	p.Ln(2)
	p.font(run{bold: true}, pdfText)
	p.SetTextColor(70, 70, 70)
	p.MultiCell(0, pdfLine, p.shown(sans+"B", text), "", "L", false)
	p.SetTextColor(0, 0, 0)
	p.Ln(1)
}

func (p *page) note(text string) {
	p.font(run{}, 8)
	p.SetTextColor(90, 90, 90)
	p.MultiCell(0, 4, p.shown(sans, text), "", "L", false)
	p.SetTextColor(0, 0, 0)
}

// keep begins a new page where less than height is left.
func (p *page) keep(height float64) {
	_, whole := p.GetPageSize()
	if p.GetY()+height > whole-pdfMargin-6 {
		p.AddPage()
	}
}

func (p *page) blocks(blocks []block) {
	for i, b := range blocks {
		if i > 0 && blocks[i-1].kind == tableRow && b.kind != tableRow {
			p.Ln(2)
		}
		left := pdfMargin + float64(b.level)*pdfIndent
		switch b.kind {
		case heading:
			p.Ln(1.5)
			p.keep(3 * pdfLine)
			size := max(pdfText, 15-1.5*float64(b.level-1))
			bold := make([]run, len(b.runs))
			for i, r := range b.runs {
				r.bold = true
				bold[i] = r
			}
			p.flow(bold, pdfMargin, size)
		case listItem:
			p.SetLeftMargin(left)
			p.SetX(left - pdfIndent + 1)
			p.font(run{}, pdfText)
			p.CellFormat(pdfIndent-1, pdfLine, p.shown(sans, b.marker), "", 0, "L", false, 0, "")
			p.SetX(left)
			p.flow(b.runs, left, pdfText)
		case codeBlock:
			p.SetLeftMargin(left)
			p.SetX(left)
			p.SetFillColor(242, 242, 242)
			p.font(run{code: true}, 9)
			for _, r := range b.runs {
				p.MultiCell(0, 4.4, p.shown(mono, strings.ReplaceAll(r.text, "\t", "    ")), "", "L", true)
			}
			p.Ln(1.5)
		case quote:
			p.SetLeftMargin(left)
			p.SetX(left)
			p.SetTextColor(80, 80, 80)
			p.flow(b.runs, left, pdfText)
			p.SetTextColor(0, 0, 0)
		case ruler:
			p.Ln(1)
			width, _ := p.GetPageSize()
			p.Line(pdfMargin, p.GetY(), width-pdfMargin, p.GetY())
			p.Ln(2)
		case tableRow:
			p.row(b)
		default:
			p.flow(b.runs, left, pdfText)
		}
		p.SetLeftMargin(pdfMargin)
		p.SetX(pdfMargin)
	}
}

// flow sets runs one after the other, broken at the right margin.
func (p *page) flow(runs []run, left, size float64) {
	p.SetLeftMargin(left)
	if p.GetX() < left {
		p.SetX(left)
	}
	height := size * pdfLine / pdfText
	for _, r := range runs {
		p.font(r, size)
		p.Write(height, p.shown(face(r), strings.ReplaceAll(r.text, "\t", "    ")))
	}
	p.Ln(height + 1.5)
}

// row sets a table's row: columns of equal width, as high as the highest cell.
func (p *page) row(b block) {
	if len(b.cells) == 0 {
		return
	}
	whole, _ := p.GetPageSize()
	const line, pad = 4.6, 1.0
	width := (whole - 2*pdfMargin) / float64(len(b.cells))
	style := run{bold: b.header}
	p.font(style, 9)
	lines, most := make([][]string, len(b.cells)), 1
	for i, cell := range b.cells {
		var text strings.Builder
		for _, r := range cell {
			text.WriteString(r.text)
		}
		for _, l := range strings.Split(p.shown(face(style), text.String()), "\n") {
			lines[i] = append(lines[i], p.SplitText(l, max(1, width-2*pad-2*p.GetCellMargin()))...)
		}
		most = max(most, len(lines[i]))
	}
	for from := 0; from < most; { // a row that is higher than a page goes on on the next
		_, height := p.GetPageSize()
		p.keep(2 * line)
		fit := max(1, int((height-pdfMargin-6-p.GetY()-2*pad)/line))
		to := min(most, from+fit)
		h, y := float64(to-from)*line+2*pad, p.GetY()
		for i := range lines {
			x := pdfMargin + float64(i)*width
			p.Rect(x, y, width, h, "D")
			for j := from; j < min(to, len(lines[i])); j++ {
				p.SetXY(x+pad, y+pad+float64(j-from)*line)
				p.CellFormat(width-2*pad, line, lines[i][j], "", 0, "L", false, 0, "")
			}
		}
		p.SetXY(pdfMargin, y+h)
		from = to
	}
}

func (p *page) font(r run, size float64) {
	if r.code {
		p.SetFont(mono, "", size*0.92)
		return
	}
	p.SetFont(sans, styleOf(r), size)
}

func styleOf(r run) string {
	s := ""
	if r.bold {
		s += "B"
	}
	if r.italic {
		s += "I"
	}
	return s
}

func face(r run) string {
	if r.code {
		return mono
	}
	return sans + styleOf(r)
}

// shown writes what the face has no glyph for as its code point.
func (p *page) shown(face, s string) string {
	s = printable(s)
	font := p.faces[face]
	var b strings.Builder
	for _, r := range s {
		switch r {
		case '\n':
			b.WriteByte('\n')
			continue
		case 0xfe0f, 0xfe0e, 0x200d: // how to draw the emoji beside it
			continue
		}
		index, err := font.GlyphIndex(&p.buffer, r)
		// The writer knows the first plane only; what turns the direction of text is shown, not obeyed.
		if r > 0xffff || err != nil || index == 0 || unicode.Is(unicode.Bidi_Control, r) {
			fmt.Fprintf(&b, "[U+%04X]", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
