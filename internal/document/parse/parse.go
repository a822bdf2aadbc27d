// Package parse takes documents apart. It is linked into the child that reads them alone (internal/document says what
// holds that).
//
// Guarantee: Read ends, in time that grows with the size of the content and in memory within some times the limits, with
// pages or with an error of package document; it panics on nothing. A format's own errors are not repeated, since they
// may quote the text.
package parse

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"subrosa/internal/document"
	"subrosa/internal/document/text"
)

// maxPage is the most text that one page may have, bytes.
const maxPage = 1 << 20

// Limits bound what is given out.
type Limits struct {
	Pages int
	Text  int64 // bytes
}

// file is one document and what is known of it.
type file struct {
	name    string
	content []byte
	limits  Limits
	pdfium  *PDFium
	emit    func(document.Page) error

	info document.Info
	text int64
}

// Read hands over the pages of content, of a file called name. For a PDF there must be PDFium. Errors: ErrKind, ErrBroken,
// ErrEncrypted, ErrTooLarge, ErrNoText, emit's. Info holds what is known after an error too.
func Read(name string, content []byte, pdfium *PDFium, limits Limits, emit func(document.Page) error) (info document.Info, err error) {
	f := &file{name: name, content: content, limits: limits, pdfium: pdfium, emit: emit}
	defer func() {
		info = f.info
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %T", document.ErrBroken, r)
		}
	}()
	return f.info, f.read()
}

func (f *file) read() (err error) {
	if f.info.Kind, err = Sniff(f.name, f.content); err != nil {
		return err
	}
	switch f.info.Kind {
	case document.PDF:
		err = f.readPDF()
	case document.DOCX:
		err = f.readDOCX()
	case document.RTF:
		err = f.readRTF()
	case document.EML:
		err = f.readEML()
	case document.HTML:
		err = f.readHTML()
	case document.CSV:
		err = f.readCSV()
	default:
		err = f.readText()
	}
	if err == nil && f.info.Pages == f.info.Blank {
		err = document.ErrNoText
	}
	return err
}

// page hands over one page.
func (f *file) page(s string, of int) error {
	s = text.Clean(s)
	if strings.TrimSpace(s) == "" {
		s = ""
		f.info.Blank++
	}
	f.info.Pages++
	f.text += int64(len(s))
	if len(s) > maxPage || f.info.Pages > f.limits.Pages || f.text > f.limits.Text {
		return document.ErrTooLarge
	}
	return f.emit(document.Page{Number: f.info.Pages, Of: of, Text: s})
}

// pages cuts the text of a format that has no pages.
func (f *file) pages(s string) error {
	if int64(len(s)) > f.limits.Text {
		return document.ErrTooLarge
	}
	s = tidy(text.Clean(s))
	all := text.Pages(s, document.PageSize)
	for _, p := range all {
		if err := f.page(p, len(all)); err != nil {
			return err
		}
	}
	return nil
}

// brokenPages hands over pages as the document breaks them. Where one is far longer than paper is, its breaks are not
// those of pages.
func (f *file) brokenPages(all []string) error {
	var kept []string
	for i, p := range all {
		p = tidy(text.Clean(p))
		if len(p) > 4*document.PageSize {
			return f.pages(strings.Join(slices.Concat(kept, all[i:]), "\n\n"))
		}
		if p != "" {
			kept = append(kept, p)
		}
	}
	for _, p := range kept {
		if err := f.page(p, len(kept)); err != nil {
			return err
		}
	}
	return nil
}

// tidy takes white space from line ends, and empty lines where there is more than one.
func tidy(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	empty := 0
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.TrimRight(line, " \t\u00a0")
		if line == "" {
			empty++
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n\n"[:min(empty, 1)+1])
		}
		empty = 0
		b.WriteString(line)
	}
	return b.String()
}

func (f *file) readText() error {
	s, ok := Decode(f.content)
	if !ok {
		return document.ErrBroken
	}
	return f.pages(s)
}

// valid returns b as text in UTF-8.
func valid(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return strings.ToValidUTF8(string(b), "\ufffd")
}
