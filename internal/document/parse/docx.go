package parse

import (
	"encoding/xml"
	"path"
	"slices"
	"strconv"
	"strings"

	"subrosa/internal/document"
)

// readDOCX reads WordprocessingML (ECMA-376 part 1, chapter 17): the body with its headings as Markdown marks them, the
// numbers that Word gives to paragraphs, tables with a tab between cells, footnotes behind their paragraph, and the text
// of headers and footers once. What tracked changes have deleted, hidden text, comments and field codes are left out.
// Pages are those that the author broke, and that Word broke when it last saved.
func (f *file) readDOCX() error {
	z, err := unzip(f.content)
	if err != nil {
		return err
	}
	main := z.mainPart()
	f.info.Title = z.title()
	dir := path.Dir(main) + "/"
	for _, p := range z.File {
		if strings.HasPrefix(p.Name, dir+"embeddings/") && len(f.info.Attachments) < maxParts {
			f.info.Attachments = append(f.info.Attachments, path.Base(p.Name))
		}
	}
	w := &word{limit: f.limits.Text, styles: map[string]style{}, numbering: map[string]*numbering{}, notes: map[string]string{}}
	if err := w.readStyles(z, z.related(main, "/styles")); err != nil {
		return err
	}
	if err := w.readNumbering(z, z.related(main, "/numbering")); err != nil {
		return err
	}
	for _, kind := range []string{"footnote", "endnote"} {
		if err := w.readNotes(z, z.related(main, "/"+kind+"s"), kind); err != nil {
			return err
		}
	}
	heads, err := w.margins(z, dir, "header")
	if err != nil {
		return err
	}
	feet, err := w.margins(z, dir, "footer")
	if err != nil {
		return err
	}
	body, err := w.read(z, main)
	if err != nil {
		return err
	}
	all := strings.Split(heads+body+"\n"+feet, pageBreak)
	if len(all) == 1 {
		return f.pages(all[0])
	}
	return f.brokenPages(all)
}

// pageBreak stands for one in the text. It is no character of XML.
const pageBreak = "\x0c"

func (z *unzipped) title() (title string) {
	within := false
	_ = z.elements("docProps/core.xml", func(t xml.Token) error {
		switch t := t.(type) {
		case xml.StartElement:
			within = t.Name.Local == "title"
		case xml.EndElement:
			within = false
		case xml.CharData:
			if within && len(title) < 1000 {
				title += string(t)
			}
		}
		return nil
	})
	return title
}

// style is what a paragraph's style means for its text.
type style struct {
	heading   int // 1 to 9; 0: it is none
	list      string
	level     int
	inherited string
}

// word reads the parts of one document.
type word struct {
	limit     int64 // bytes of text, of all parts together
	spent     int64
	styles    map[string]style
	numbering map[string]*numbering
	notes     map[string]string // by kind and ID
}

func (w *word) readStyles(z *unzipped, name string) error {
	var id string
	var s style
	return z.elements(name, func(t xml.Token) error {
		switch t := t.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "style":
				id, s = attribute(t, "styleId"), style{}
			case "name":
				if n, ok := strings.CutPrefix(strings.ToLower(attribute(t, "val")), "heading "); ok {
					s.heading = small(n, 9)
				} else if strings.EqualFold(attribute(t, "val"), "title") {
					s.heading = 1
				}
			case "outlineLvl":
				if n := small(attribute(t, "val"), 9); s.heading == 0 && n < 9 {
					s.heading = n + 1
				}
			case "numId":
				s.list = attribute(t, "val")
			case "ilvl":
				s.level = small(attribute(t, "val"), levels-1)
			case "basedOn":
				s.inherited = attribute(t, "val")
			}
		case xml.EndElement:
			if t.Name.Local == "style" && id != "" && len(w.styles) < 10_000 {
				w.styles[id] = s
			}
		}
		return nil
	})
}

// style returns a style with what it inherits.
func (w *word) style(id string) style {
	s := w.styles[id]
	for up, n := s.inherited, 0; up != "" && n < 20; n++ {
		base := w.styles[up]
		if s.list == "" {
			s.list, s.level = base.list, max(s.level, base.level)
		}
		if s.heading == 0 {
			s.heading = base.heading
		}
		up = base.inherited
	}
	return s
}

func small(s string, most int) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n < 0 {
		return 0
	}
	return min(n, most)
}

func (w *word) readNotes(z *unzipped, name, kind string) error {
	var id string
	p := &paragraphs{word: w}
	return z.elements(name, func(t xml.Token) error {
		if e, ok := t.(xml.StartElement); ok && e.Name.Local == kind {
			id = attribute(e, "id")
			if attribute(e, "type") != "" { // a separator
				id = ""
			}
			p.out.Reset()
			return nil
		}
		if e, ok := t.(xml.EndElement); ok && e.Name.Local == kind {
			if s := strings.Join(strings.Fields(p.out.String()), " "); id != "" && s != "" {
				w.notes[kind+id] = s
				w.spent += int64(len(s))
			}
			return nil
		}
		return p.see(t)
	})
}

// margins returns the text of headers or footers, each once.
func (w *word) margins(z *unzipped, dir, kind string) (string, error) {
	var all []string
	for _, f := range z.File {
		if !strings.HasPrefix(f.Name, dir+kind) || !strings.HasSuffix(f.Name, ".xml") || len(all) > 50 {
			continue
		}
		s, err := w.read(z, f.Name)
		if err != nil {
			return "", err
		}
		s = strings.TrimSpace(strings.ReplaceAll(s, pageBreak, "\n"))
		if s != "" && !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	if len(all) == 0 {
		return "", nil
	}
	return strings.Join(all, "\n") + "\n\n", nil
}

func (w *word) read(z *unzipped, name string) (string, error) {
	p := &paragraphs{word: w}
	if err := z.elements(name, p.see); err != nil {
		return "", err
	}
	w.spent += int64(p.out.Len())
	return p.out.String(), nil
}

// paragraphs turns the elements of a part into text.
type paragraphs struct {
	*word
	out strings.Builder

	para    strings.Builder // the paragraph that is open
	depth   int             // of paragraphs: a text box lies within one
	style   style
	listed  bool     // by itself, not by its style
	notes   []string // that the paragraph refers to
	owed    int      // bytes of notes and cells that are not yet written
	skip    int      // elements deep into what is left out
	text    bool     // in an element whose characters are text
	hidden  bool     // the run
	cells   int      // deep in tables
	cell    []string // of the row that is open
	content strings.Builder
}

// leftOut are elements whose text is not the document's: deleted, moved away, and what is there a second time for
// programs that do not know the first.
var leftOut = map[string]bool{"del": true, "moveFrom": true, "Fallback": true, "delText": true, "instrText": true, "rt": true, "annotation": true}

func (p *paragraphs) see(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		if p.skip > 0 || leftOut[t.Name.Local] {
			p.skip++
			return nil
		}
		return p.start(t)
	case xml.EndElement:
		if p.skip > 0 {
			p.skip--
			return nil
		}
		p.end(t.Name.Local)
	case xml.CharData:
		if p.text && p.skip == 0 && !p.hidden {
			p.para.Write(t)
		}
	}
	if p.spent+int64(p.out.Len()+p.para.Len()+p.content.Len()+p.owed) > p.limit {
		return document.ErrTooLarge
	}
	return nil
}

func (p *paragraphs) start(e xml.StartElement) error {
	switch e.Name.Local {
	case "p":
		if p.depth++; p.depth == 1 {
			p.style, p.listed = style{}, false
		} else {
			p.para.WriteByte('\n')
		}
	case "pStyle":
		s := p.word.style(attribute(e, "val"))
		if p.listed { // what the paragraph says of itself holds, and may come first
			s.list, s.level = p.style.list, p.style.level
		}
		p.style = s
	case "outlineLvl":
		if n := small(attribute(e, "val"), 9); n < 9 {
			p.style.heading = n + 1
		}
	case "numId":
		p.style.list, p.listed = attribute(e, "val"), true
	case "ilvl":
		p.listed = true
		p.style.level = small(attribute(e, "val"), levels-1)
	case "r":
		p.hidden = false
	case "vanish", "webHidden":
		v := attribute(e, "val")
		p.hidden = v != "0" && v != "false" && v != "off"
	case "t":
		p.text = true
	case "tab", "ptab":
		if !p.hidden && p.depth > 0 {
			p.para.WriteByte('\t')
		}
	case "br", "cr":
		if attribute(e, "type") == "page" {
			p.para.WriteString(pageBreak)
		} else {
			p.para.WriteByte('\n')
		}
	case "lastRenderedPageBreak":
		if p.cells == 0 {
			p.para.WriteString(pageBreak)
		}
	case "noBreakHyphen":
		p.para.WriteByte('-')
	case "footnoteReference", "endnoteReference":
		kind := strings.TrimSuffix(e.Name.Local, "Reference")
		if note := p.word.notes[kind+attribute(e, "id")]; note != "" && !p.hidden {
			mark := "[" + attribute(e, "id") + "]"
			p.para.WriteString(mark)
			p.notes = append(p.notes, mark+" "+note)
			p.owed += len(note)
		}
	case "tbl":
		p.cells++
	case "tr":
		if p.cells == 1 {
			p.cell = p.cell[:0]
		}
	case "tc":
		if p.cells == 1 {
			p.content.Reset()
		}
	}
	return nil
}

func (p *paragraphs) end(name string) {
	switch name {
	case "t":
		p.text = false
	case "r":
		p.hidden = false
	case "p":
		if p.depth--; p.depth <= 0 {
			p.depth = 0
			p.close()
		}
	case "tc":
		if p.cells == 1 {
			p.cell = append(p.cell, strings.Join(strings.Fields(p.content.String()), " "))
			p.owed += p.content.Len()
			p.content.Reset()
		}
	case "tr":
		if p.cells == 1 {
			if row := strings.TrimRight(strings.Join(p.cell, "\t"), "\t"); row != "" {
				p.out.WriteString(row + "\n")
			}
			p.owed = 0
		}
	case "tbl":
		if p.cells--; p.cells <= 0 {
			p.cells = 0
			p.out.WriteByte('\n')
		}
	}
}

// close ends a paragraph.
func (p *paragraphs) close() {
	s := p.para.String()
	p.para.Reset()
	notes := p.notes
	p.notes = nil
	if p.cells > 0 {
		p.content.WriteString(strings.Join(append([]string{p.label() + strings.ReplaceAll(s, pageBreak, " ")}, notes...), " ") + " ")
		return
	}
	p.owed = 0
	breaks := strings.Count(s, pageBreak)
	if strings.TrimSpace(strings.ReplaceAll(s, pageBreak, "")) == "" {
		p.out.WriteString("\n" + strings.Repeat(pageBreak, breaks))
		return
	}
	// A break before the first word comes before the number too.
	for strings.HasPrefix(s, pageBreak) {
		p.out.WriteString(pageBreak)
		s = s[len(pageBreak):]
	}
	if p.style.heading > 0 {
		p.out.WriteString("\n" + strings.Repeat("#", min(p.style.heading, 6)) + " ")
	}
	p.out.WriteString(p.label() + s + "\n")
	if p.style.list == "" || p.style.list == "0" || p.style.heading > 0 {
		p.out.WriteByte('\n')
	}
	for _, note := range notes {
		p.out.WriteString(note + "\n\n")
	}
}

// label is the number or the mark that Word puts in front of a paragraph of a list.
func (p *paragraphs) label() string {
	n := p.numbering[p.style.list]
	if n == nil {
		return ""
	}
	s := n.next(p.style.level)
	if s == "" {
		return ""
	}
	if p.style.heading == 0 {
		s = strings.Repeat("  ", p.style.level) + s
	}
	return s + " "
}
