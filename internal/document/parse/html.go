package parse

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"

	"subrosa/internal/document"
)

// readHTML reads a page of HTML: headings and lists as Markdown marks them, a tab between cells. Scripts, styles, what is
// hidden by attribute or by its own style, and all that would have to be fetched are left out.
func (f *file) readHTML() error {
	title, s, err := htmlText(f.content, "", f.limits.Text)
	if err != nil {
		return err
	}
	f.info.Title = title
	return f.pages(s)
}

// htmlText returns a page's title and text. ContentType may name the encoding.
func htmlText(content []byte, contentType string, limit int64) (title, s string, err error) {
	// UTF-8 and Windows-1252 are also what is guessed from the first kilobyte: the rest of the page knows better.
	if e, name, sure := charset.DetermineEncoding(content, contentType); sure || name != "utf-8" && name != "windows-1252" {
		if out, err := e.NewDecoder().Bytes(content); err == nil {
			content = out
		}
	} else if s, ok := Decode(content); ok {
		content = []byte(s)
	}
	z := html.NewTokenizer(bytes.NewReader(content))
	h := &page{}
	for {
		switch z.Next() {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				return "", "", document.ErrBroken
			}
			return strings.TrimSpace(h.title.String()), h.out.String(), nil
		case html.TextToken:
			h.text(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			h.start(z.Token())
		case html.EndTagToken:
			h.end(z.Token().DataAtom)
		}
		if int64(h.out.Len()) > limit {
			return "", "", document.ErrTooLarge
		}
	}
}

// page turns tags into text. It keeps no tree: what is nested without end costs nothing.
type page struct {
	out, title strings.Builder
	skip       atom.Atom // inside an element that is left out
	nested     int       // elements of that name within it
	inTitle    bool
	pre        int
	lists      []int // the number of the last item; -1: a list without numbers
	cells      bool  // the row has one
	space      bool  // white space is due
	ends       int   // line ends that were written last
}

var unread = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Noscript: true, atom.Template: true, atom.Iframe: true, atom.Object: true, atom.Svg: true,
	atom.Canvas: true, atom.Audio: true, atom.Video: true, atom.Select: true, atom.Textarea: true, atom.Noembed: true, atom.Noframes: true,
}

var blocks = map[atom.Atom]bool{
	atom.P: true, atom.Div: true, atom.Section: true, atom.Article: true, atom.Header: true, atom.Footer: true, atom.Nav: true, atom.Aside: true,
	atom.Main: true, atom.Ul: true, atom.Ol: true, atom.Table: true, atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true,
	atom.H6: true, atom.Blockquote: true, atom.Pre: true, atom.Dl: true, atom.Figure: true, atom.Address: true, atom.Form: true,
	atom.Fieldset: true, atom.Hr: true, atom.Details: true, atom.Center: true,
}

// lines are elements that begin a line, without an empty one before it.
var lines = map[atom.Atom]bool{
	atom.Li: true, atom.Tr: true, atom.Dt: true, atom.Dd: true, atom.Br: true, atom.Caption: true, atom.Figcaption: true, atom.Summary: true, atom.Legend: true,
}

var void = map[atom.Atom]bool{
	atom.Br: true, atom.Hr: true, atom.Img: true, atom.Input: true, atom.Meta: true, atom.Link: true, atom.Wbr: true, atom.Area: true,
	atom.Base: true, atom.Col: true, atom.Embed: true, atom.Source: true, atom.Track: true, atom.Param: true,
}

// endless are elements whose end need not be written: another of the same name ends them.
var endless = map[atom.Atom]bool{atom.P: true, atom.Li: true, atom.Td: true, atom.Th: true, atom.Tr: true, atom.Dt: true, atom.Dd: true}

func (h *page) start(t html.Token) {
	a := t.DataAtom
	if h.skip != 0 {
		switch {
		case h.skip == a && endless[a], h.skip == atom.P && blocks[a]:
			h.skip = 0
		case h.skip == a && t.Type == html.StartTagToken:
			h.nested++
			return
		default:
			return
		}
	}
	if (unread[a] || hidden(t)) && !void[a] && t.Type == html.StartTagToken {
		h.skip, h.nested = a, 0
		return
	}
	switch {
	case blocks[a]:
		h.line(2)
	case lines[a]:
		h.line(1)
	}
	switch a {
	case atom.Title:
		h.inTitle = true
	case atom.Pre:
		h.pre++
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		h.write(strings.Repeat("#", int(t.Data[1]-'0')) + " ")
	case atom.Ul, atom.Ol:
		if len(h.lists) < maxDepth {
			first := -1
			if a == atom.Ol {
				first = 0
			}
			h.lists = append(h.lists, first)
		}
	case atom.Li:
		h.item()
	case atom.Tr:
		h.cells = false
	case atom.Td, atom.Th:
		if h.cells {
			h.write("\t")
			h.space = false
		}
		h.cells = true
	}
}

func (h *page) end(a atom.Atom) {
	if h.skip != 0 {
		if h.skip == a {
			if h.nested--; h.nested < 0 {
				h.skip = 0
			}
		}
		return
	}
	switch a {
	case atom.Title:
		h.inTitle = false
	case atom.Pre:
		h.pre = max(0, h.pre-1)
	case atom.Ul, atom.Ol:
		h.lists = h.lists[:max(0, len(h.lists)-1)]
	}
	switch {
	case blocks[a]:
		h.line(2)
	case lines[a]:
		h.line(1)
	}
}

func (h *page) item() {
	if len(h.lists) == 0 {
		h.write("- ")
		return
	}
	h.write(strings.Repeat("  ", min(len(h.lists)-1, 8)))
	last := &h.lists[len(h.lists)-1]
	if *last < 0 {
		h.write("- ")
		return
	}
	*last++
	h.write(strconv.Itoa(*last) + ". ")
}

func (h *page) text(s string) {
	switch {
	case h.skip != 0:
	case h.inTitle:
		if h.title.Len() < 1000 {
			h.title.WriteString(s)
		}
	case h.pre > 0:
		h.write(s)
	default:
		for len(s) > 0 {
			n := strings.IndexAny(s, " \t\r\n\f")
			if n == 0 {
				h.space = true
				s = s[1:]
				continue
			}
			if n < 0 {
				n = len(s)
			}
			if h.space && h.ends == 0 {
				h.out.WriteByte(' ')
			}
			h.space = false
			h.write(s[:n])
			s = s[n:]
		}
	}
}

func (h *page) write(s string) {
	if s != "" {
		h.out.WriteString(s)
		h.ends = len(s) - len(strings.TrimRight(s, "\n"))
	}
}

// line ends the line that is open, and leaves one empty for n = 2.
func (h *page) line(n int) {
	for h.space = false; h.ends < n; h.ends++ {
		h.out.WriteByte('\n')
	}
}

// hidden tells whether an element says of itself that it is not shown.
func hidden(t html.Token) bool {
	for _, a := range t.Attr {
		switch a.Key {
		case "hidden":
			return true
		case "style":
			style := strings.ToLower(strings.Join(strings.Fields(a.Val), ""))
			for _, s := range []string{"display:none", "visibility:hidden", "font-size:0;", "font-size:0px", "mso-hide:all", "opacity:0;"} {
				if strings.Contains(style+";", s) {
					return true
				}
			}
		}
	}
	return false
}
