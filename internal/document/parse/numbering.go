package parse

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// levels is how many a list can have (ECMA-376 part 1, 17.9.6).
const levels = 9

// numbering counts the paragraphs of one list. Lists of one definition count on from each other, but where one says that
// it begins anew.
type numbering struct {
	level   [levels]numberFormat
	restart [levels]bool // at from, with the next paragraph
	from    [levels]int
	count   *counter
}

type counter struct {
	begun [levels]bool
	at    [levels]int
}

type numberFormat struct {
	start  int
	format string // decimal, lowerLetter, bullet...
	text   string // such as "%1.%2."
}

func (w *word) readNumbering(z *unzipped, name string) error {
	definitions := map[string]*numbering{}
	var n *numbering
	var level int
	return z.elements(name, func(t xml.Token) error {
		e, ok := t.(xml.StartElement)
		if !ok {
			return nil
		}
		v := attribute(e, "val")
		switch e.Name.Local {
		case "abstractNum":
			n = &numbering{count: new(counter)}
			if len(definitions) < 10_000 {
				definitions[attribute(e, "abstractNumId")] = n
			}
		case "num":
			n = &numbering{count: new(counter)}
			if len(w.numbering) < 10_000 {
				w.numbering[attribute(e, "numId")] = n
			}
		case "abstractNumId":
			if d := definitions[v]; n != nil && d != nil {
				*n = *d
			}
		case "lvlOverride":
			level = small(attribute(e, "ilvl"), levels-1)
		case "lvl":
			level = small(attribute(e, "ilvl"), levels-1)
			if n != nil {
				n.level[level] = numberFormat{start: 1}
			}
		case "start":
			if n != nil {
				n.level[level].start = small(v, 1_000_000)
			}
		case "startOverride":
			if n != nil {
				n.restart[level], n.from[level] = true, small(v, 1_000_000)
			}
		case "numFmt":
			if n != nil {
				n.level[level].format = v
			}
		case "lvlText":
			if n != nil && len(v) < 100 {
				n.level[level].text = v
			}
		}
		return nil
	})
}

// next counts one paragraph of that level and returns its label.
func (n *numbering) next(level int) string {
	f := n.level[level]
	switch f.format {
	case "bullet":
		return "-"
	case "none", "":
		return ""
	}
	c := n.count
	switch {
	case n.restart[level]:
		n.restart[level], c.at[level] = false, n.from[level]
	case !c.begun[level]:
		c.at[level] = f.start
	default:
		c.at[level]++
	}
	c.begun[level] = true
	clear(c.begun[level+1:])
	label := f.text
	for i := range level + 1 {
		at := c.at[i]
		if !c.begun[i] {
			at = n.level[i].start
		}
		label = strings.ReplaceAll(label, "%"+strconv.Itoa(i+1), n.level[i].number(at))
	}
	return strings.TrimSpace(label)
}

func (f numberFormat) number(n int) string {
	switch f.format {
	case "lowerLetter":
		return letters(n)
	case "upperLetter":
		return strings.ToUpper(letters(n))
	case "lowerRoman":
		return roman(n)
	case "upperRoman":
		return strings.ToUpper(roman(n))
	case "decimalZero":
		if n < 10 {
			return "0" + strconv.Itoa(n)
		}
	}
	return strconv.Itoa(n)
}

// letters counts a, b … z, aa, bb, as Word does.
func letters(n int) string {
	if n < 1 {
		return "0"
	}
	return strings.Repeat(string(rune('a'+(n-1)%26)), min((n-1)/26+1, 20))
}

func roman(n int) string {
	if n < 1 || n > 3999 {
		return strconv.Itoa(n)
	}
	var b strings.Builder
	for _, d := range []struct {
		n int
		s string
	}{{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"}, {40, "xl"}, {10, "x"}, {9, "ix"}, {5, "v"}, {4, "iv"}, {1, "i"}} {
		for ; n >= d.n; n -= d.n {
			b.WriteString(d.s)
		}
	}
	return b.String()
}
