package export

import (
	"errors"
	"strconv"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// ErrFormat means that there is no such document format.
var ErrFormat = errors.New("not a document format")

// blockKind says how a block is set.
type blockKind int

const (
	paragraph blockKind = iota + 1
	heading
	listItem
	codeBlock
	quote
	ruler
	tableRow
)

// block is a piece of a document from margin to margin.
type block struct {
	kind   blockKind
	level  int    // of a heading, or how deep a list item or a quote lies
	marker string // of a list item: "•" or "3."
	runs   []run
	cells  [][]run // of a table row
	header bool    // a table's first row
}

// run is text in one style. A line break is "\n".
type run struct {
	text               string
	bold, italic, code bool
}

// plain makes paragraphs of a text as it was typed.
func plain(s string) []block {
	var out []block
	for _, p := range strings.Split(strings.Trim(printable(s), "\n"), "\n\n") {
		out = append(out, block{kind: paragraph, runs: []run{{text: p}}})
	}
	return out
}

// parseMarkdown sets GitHub's Markdown. HTML in it stays text: nothing is interpreted, nothing is dropped.
func parseMarkdown(s string) []block {
	source := []byte(printable(s))
	root := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.TaskList)).Parser().Parse(text.NewReader(source))
	p := &setter{source: source}
	p.blocks(root, 0, false)
	return p.out
}

type setter struct {
	source []byte
	out    []block
}

func (p *setter) blocks(parent ast.Node, depth int, quoted bool) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		p.block(n, depth, quoted)
	}
}

const deepest = 16 // lists in lists: what lies deeper is set at this depth

func (p *setter) block(n ast.Node, depth int, quoted bool) {
	kind := paragraph
	if quoted {
		kind = quote
	}
	switch n := n.(type) {
	case *ast.Heading:
		p.out = append(p.out, block{kind: heading, level: n.Level, runs: p.runs(n, run{})})
	case *ast.Paragraph, *ast.TextBlock:
		p.out = append(p.out, block{kind: kind, level: depth, runs: p.runs(n, run{})})
	case *ast.Blockquote:
		p.blocks(n, min(depth+1, deepest), true)
	case *ast.FencedCodeBlock, *ast.CodeBlock:
		p.out = append(p.out, block{kind: codeBlock, level: depth, runs: []run{{text: p.lines(n), code: true}}})
	case *ast.HTMLBlock:
		p.out = append(p.out, block{kind: codeBlock, level: depth, runs: []run{{text: p.lines(n), code: true}}})
	case *ast.ThematicBreak:
		p.out = append(p.out, block{kind: ruler})
	case *ast.List:
		number := n.Start
		for item := n.FirstChild(); item != nil; item = item.NextSibling() {
			marker := "•"
			if n.IsOrdered() {
				marker = strconv.Itoa(number) + "."
				number++
			}
			p.item(item, marker, min(depth+1, deepest))
		}
	case *extast.Table:
		for row := n.FirstChild(); row != nil; row = row.NextSibling() {
			_, first := row.(*extast.TableHeader)
			b := block{kind: tableRow, header: first}
			for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
				b.cells = append(b.cells, p.runs(cell, run{bold: first}))
			}
			p.out = append(p.out, b)
		}
	default:
		p.blocks(n, depth, quoted)
	}
}

// item puts the marker before the item's first paragraph.
func (p *setter) item(item ast.Node, marker string, depth int) {
	at := len(p.out)
	p.blocks(item, depth, false)
	if at < len(p.out) && p.out[at].kind == paragraph {
		p.out[at].kind, p.out[at].marker = listItem, marker
		return
	}
	p.out = append(p.out[:at:at], append([]block{{kind: listItem, level: depth, marker: marker}}, p.out[at:]...)...)
}

func (p *setter) lines(n ast.Node) string {
	var b strings.Builder
	for i := range n.Lines().Len() {
		s := n.Lines().At(i)
		b.Write(s.Value(p.source))
	}
	if h, ok := n.(*ast.HTMLBlock); ok && h.HasClosure() {
		b.Write(h.ClosureLine.Value(p.source))
	}
	return strings.TrimRight(b.String(), "\n")
}

func (p *setter) runs(n ast.Node, style run) []run {
	var out []run
	add := func(s string) {
		if s != "" {
			r := style
			r.text = s
			out = append(out, r)
		}
	}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			add(unescaped(c, p.source))
			switch {
			case c.HardLineBreak():
				add("\n")
			case c.SoftLineBreak():
				add(" ")
			}
		case *ast.String:
			add(string(c.Value))
		case *ast.Emphasis:
			inner := style
			inner.bold, inner.italic = style.bold || c.Level == 2, style.italic || c.Level == 1
			out = append(out, p.runs(c, inner)...)
		case *ast.CodeSpan:
			inner := style
			inner.code = true
			out = append(out, p.runs(c, inner)...)
		case *ast.AutoLink:
			add(string(c.URL(p.source)))
		case *ast.Link:
			out = append(out, p.runs(c, style)...)
			add(" (" + string(c.Destination) + ")") // a document follows no links, and hides none
		case *ast.Image:
			out = append(out, p.runs(c, style)...)
			add(" (" + string(c.Destination) + ")")
		case *ast.RawHTML:
			for i := range c.Segments.Len() {
				s := c.Segments.At(i)
				add(string(s.Value(p.source)))
			}
		case *extast.TaskCheckBox:
			add(map[bool]string{true: "☑ ", false: "☐ "}[c.IsChecked])
		default:
			out = append(out, p.runs(c, style)...)
		}
	}
	return out
}

// unescaped is a text node's text: backslashes and entities resolved, as HTML would show it.
func unescaped(t *ast.Text, source []byte) string {
	v := t.Value(source)
	if t.IsRaw() {
		return string(v)
	}
	return string(util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(v))))
}
