package parse

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"subrosa/internal/document"
)

// readRTF reads Rich Text Format (Microsoft's specification 1.9.1): text in the code pages of its fonts, a tab between
// cells, the numbers that were written in front of paragraphs. Hidden text, what tracked changes have deleted, pictures,
// objects and whatever a program may ignore (\*) are left out. Pages are those that the author broke.
func (f *file) readRTF() error {
	r := &rtf{in: bytes.TrimLeft(f.content, "\ufeff \r\n\t"), limit: f.limits.Text, fonts: map[int]encoding.Encoding{}}
	r.ansi = charmap.Windows1252
	r.state.page, r.state.uc = r.ansi, 1
	if err := r.read(); err != nil {
		return err
	}
	f.info.Title = strings.TrimSpace(r.title.String())
	all := strings.Split(strings.ReplaceAll(r.out.String(), " \t", "\t"), pageBreak)
	if len(all) == 1 {
		return f.pages(all[0])
	}
	return f.brokenPages(all)
}

// groupState is what a group of RTF inherits and gives back at its end.
type groupState struct {
	skip    bool // a destination that is no text
	hidden  bool // \v
	deleted bool
	fonts   bool // in the font table
	title   bool
	note    bool // a footnote, which stands in brackets
	table   bool // a paragraph in a cell
	font    int
	page    encoding.Encoding
	uc      int // characters behind \u that stand for it
}

type rtf struct {
	in    []byte
	at    int
	limit int64
	state groupState
	stack []groupState
	fonts map[int]encoding.Encoding
	ansi  encoding.Encoding
	raw   []byte   // bytes in the code page, not yet decoded
	units []uint16 // of \u, not yet decoded
	pass  int      // characters to ignore, behind \u
	out   strings.Builder
	title strings.Builder
}

// skipped are destinations that hold no text of the document.
var skipped = map[string]bool{
	"colortbl": true, "stylesheet": true, "pict": true, "object": true, "objdata": true, "info": true, "fldinst": true, "filetbl": true,
	"listtable": true, "listoverridetable": true, "revtbl": true, "rsidtbl": true, "generator": true, "themedata": true, "sp": true,
	"colorschememapping": true, "datastore": true, "latentstyles": true, "xmlnstbl": true, "mmathPr": true, "nonshppict": true,
	"annotation": true, "atnid": true, "atnauthor": true, "atnref": true, "xe": true, "tc": true, "bkmkstart": true, "bkmkend": true,
	"panose": true, "falt": true, "fontemb": true, "author": true, "operator": true, "keywords": true, "subject": true, "doccomm": true, "company": true,
}

var rtfText = map[string]string{
	"par": "\n", "line": "\n", "sect": "\n\n", "page": pageBreak, "tab": "\t", "cell": "\t", "nestcell": "\t", "row": "\n", "nestrow": "\n",
	"emdash": "—", "endash": "–", "bullet": "•", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”",
	"emspace": " ", "enspace": " ", "qmspace": " ", "softline": "\n", "softpage": pageBreak,
}

func (r *rtf) read() error {
	for r.at < len(r.in) {
		c := r.in[r.at]
		r.at++
		switch c {
		case '{':
			r.flush()
			if len(r.stack) >= maxDepth {
				return document.ErrTooLarge
			}
			r.stack = append(r.stack, r.state)
			r.pass = 0
		case '}':
			r.flush()
			if len(r.stack) == 0 {
				return document.ErrBroken
			}
			within := r.state.note
			r.state, r.stack = r.stack[len(r.stack)-1], r.stack[:len(r.stack)-1]
			r.pass = 0
			if within && !r.state.note {
				r.text("]")
			}
			if len(r.stack) == 0 {
				return nil // what stands behind the last group is ignored
			}
		case '\\':
			r.control()
		case '\r', '\n', 0:
		default:
			r.byte(c)
		}
		if int64(r.out.Len()+len(r.raw)) > r.limit {
			return document.ErrTooLarge
		}
	}
	r.flush()
	return document.ErrBroken // a group is open
}

// control reads what is behind a backslash.
func (r *rtf) control() {
	if r.at >= len(r.in) {
		return
	}
	c := r.in[r.at]
	if !letter(c) {
		r.at++
		switch c {
		case '\'':
			if r.at+2 <= len(r.in) {
				if v, err := strconv.ParseUint(string(r.in[r.at:r.at+2]), 16, 8); err == nil {
					r.at += 2
					r.byte(byte(v))
				}
			}
		case '*':
			known := bytes.HasPrefix(r.in[r.at:], []byte(`\shpinst`)) || bytes.HasPrefix(r.in[r.at:], []byte(`\footnote`))
			r.state.skip = r.state.skip || !known
		case '~':
			r.write("\u00a0")
		case '_':
			r.write("-")
		case '\\', '{', '}':
			r.byte(c)
		case '\r', '\n':
			r.write("\n")
		}
		return
	}
	start := r.at
	for r.at < len(r.in) && letter(r.in[r.at]) && r.at-start < 32 {
		r.at++
	}
	word := string(r.in[start:r.at])
	n, has := 1, false
	start = r.at
	for r.at < len(r.in) && r.at-start < 11 && (r.in[r.at] >= '0' && r.in[r.at] <= '9' || r.at == start && r.in[r.at] == '-') {
		r.at++
	}
	if v, err := strconv.Atoi(string(r.in[start:r.at])); err == nil {
		n, has = v, true
	}
	if r.at < len(r.in) && r.in[r.at] == ' ' {
		r.at++
	}
	r.word(word, n, has)
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func (r *rtf) word(word string, n int, has bool) {
	if word == "u" && has {
		r.unit(uint16(n))
		return
	}
	if s, ok := rtfText[word]; ok {
		if word == "par" && r.state.table {
			s = " "
		}
		r.write(s)
		return
	}
	r.flush()
	if skipped[word] {
		r.state.skip = true
	}
	switch word {
	case "bin":
		r.at += max(0, min(n, len(r.in)-r.at))
	case "uc":
		r.state.uc = max(0, min(n, 16))
	case "ansicpg":
		if e := codePage(n); e != nil {
			r.ansi, r.state.page = e, e
		}
	case "mac":
		r.ansi, r.state.page = charmap.Macintosh, charmap.Macintosh
	case "pca", "pc":
		r.ansi, r.state.page = charmap.CodePage850, charmap.CodePage850
	case "fonttbl":
		r.state.fonts = true
	case "fcharset":
		if r.state.fonts && len(r.fonts) < 10_000 {
			r.fonts[r.state.font] = fontPage(n)
		}
	case "f":
		r.state.font, r.state.page = n, r.ansi
		if e := r.fonts[n]; e != nil {
			r.state.page = e
		}
	case "pard":
		r.state.table = false
	case "intbl":
		r.state.table = true
	case "plain":
		r.state.hidden, r.state.deleted, r.state.page = false, false, r.ansi
	case "v":
		r.state.hidden = n != 0
	case "deleted":
		r.state.deleted = n != 0
	case "title":
		r.state.title = true
	case "footnote":
		r.write("[")
		r.state.note, r.state.table = r.shown(), true // on one line
	}
}

// shown tells whether text is the document's.
func (r *rtf) shown() bool {
	return !r.state.skip && !r.state.hidden && !r.state.deleted && !r.state.fonts
}

func (r *rtf) byte(c byte) {
	if r.pass > 0 {
		r.pass--
		return
	}
	r.flushUnits()
	r.raw = append(r.raw, c)
}

func (r *rtf) unit(u uint16) {
	r.flushRaw()
	r.units = append(r.units, u)
	r.pass = r.state.uc
}

func (r *rtf) write(s string) {
	r.flush()
	r.text(s)
}

func (r *rtf) text(s string) {
	switch {
	case r.state.title:
		if r.title.Len() < 1000 {
			r.title.WriteString(s)
		}
	case r.shown():
		r.out.WriteString(s)
	}
}

func (r *rtf) flush() {
	r.flushRaw()
	r.flushUnits()
}

func (r *rtf) flushRaw() {
	if len(r.raw) == 0 {
		return
	}
	if s, err := r.state.page.NewDecoder().Bytes(r.raw); err == nil {
		r.text(string(s))
	}
	r.raw = r.raw[:0]
}

func (r *rtf) flushUnits() {
	if len(r.units) > 0 {
		r.text(string(utf16.Decode(r.units)))
		r.units = r.units[:0]
	}
}

func codePage(n int) encoding.Encoding {
	switch n {
	case 437:
		return charmap.CodePage437
	case 850:
		return charmap.CodePage850
	case 852:
		return charmap.CodePage852
	case 866:
		return charmap.CodePage866
	case 874:
		return charmap.Windows874
	case 932:
		return japanese.ShiftJIS
	case 936:
		return simplifiedchinese.GBK
	case 949:
		return korean.EUCKR
	case 950:
		return traditionalchinese.Big5
	case 1250:
		return charmap.Windows1250
	case 1251:
		return charmap.Windows1251
	case 1252:
		return charmap.Windows1252
	case 1253:
		return charmap.Windows1253
	case 1254:
		return charmap.Windows1254
	case 1255:
		return charmap.Windows1255
	case 1256:
		return charmap.Windows1256
	case 1257:
		return charmap.Windows1257
	case 1258:
		return charmap.Windows1258
	case 10000:
		return charmap.Macintosh
	}
	return nil
}

// fontPage is the code page of a font's \fcharset, nil for the document's.
func fontPage(n int) encoding.Encoding {
	return codePage(map[int]int{77: 10000, 128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250}[n])
}
