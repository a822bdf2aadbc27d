package parse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/klippa-app/go-pdfium"
	pdferrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"subrosa/internal/document"
)

const (
	codeDir     = "pdfium"        // in the directory of libraries
	memoryPages = 512 << 20 >> 16 // of 64 KiB: what PDFium may have
	maxChars    = 400_000         // on a page
)

// PDFium is a fresh instance of it, in a sandbox of WebAssembly without files, sockets or a clock of its own.
type PDFium struct {
	pool     pdfium.Pool
	instance pdfium.Pdfium
}

// CodeDir is where in the directory of libraries the compiled code lies, "" for "".
func CodeDir(lib string) string {
	if lib == "" {
		return ""
	}
	return filepath.Join(lib, codeDir)
}

// LoadPDFium makes one ready. Lib is the directory of libraries, where the code lies that CompilePDFium put there, and
// without which it is compiled here, which takes some seconds.
func LoadPDFium(lib string) (*PDFium, error) {
	cache := wazero.NewCompilationCache()
	if st, err := os.Stat(CodeDir(lib)); err == nil && st.IsDir() {
		if c, err := wazero.NewCompilationCacheWithDir(CodeDir(lib)); err == nil {
			cache = c
		}
	}
	p, err := load(cache)
	if err != nil {
		// Code for another processor or another release is of no use, and what was compiled in its place cannot be kept
		// where nothing may be written. It is still in memory.
		p, err = load(cache)
	}
	if err != nil {
		return nil, fmt.Errorf("load PDFium: %w", err)
	}
	return p, nil
}

// CompilePDFium compiles PDFium for this processor and puts it into the directory of libraries.
func CompilePDFium(lib string) error {
	cache, err := wazero.NewCompilationCacheWithDir(CodeDir(lib))
	if err != nil {
		return err
	}
	p, err := load(cache)
	if err != nil {
		return err
	}
	return p.Close()
}

func load(cache wazero.CompilationCache) (*PDFium, error) {
	pool, err := webassembly.Init(webassembly.Config{
		Context:  context.Background(),
		MaxTotal: 1,
		FSConfig: wazero.NewFSConfig(), // nothing
		Stdout:   io.Discard,
		Stderr:   io.Discard,
		RuntimeConfig: wazero.NewRuntimeConfig().WithCompilationCache(cache).WithMemoryLimitPages(memoryPages).
			WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling),
	})
	if err != nil {
		return nil, err
	}
	instance, err := pool.GetInstance(time.Minute)
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return &PDFium{pool: pool, instance: instance}, nil
}

// Close gives everything back.
func (p *PDFium) Close() error { return errors.Join(p.instance.Close(), p.pool.Close()) }

func (f *file) readPDF() error {
	d, err := f.openPDF()
	if err != nil {
		return err
	}
	defer d.close()
	if title, err := d.p.FPDF_GetMetaText(&requests.FPDF_GetMetaText{Document: d.ref, Tag: "Title"}); err == nil {
		f.info.Title = title.Value
	}
	f.info.Attachments = d.attachments()
	for i := range d.pages {
		if err := d.page(i, func(p pdfPage) error {
			s, err := p.text()
			if err != nil {
				return err
			}
			return f.page(s, d.pages)
		}); err != nil {
			return err
		}
	}
	return nil
}

type pdfDocument struct {
	p     pdfium.Pdfium
	ref   references.FPDF_DOCUMENT
	pages int
}

func (f *file) openPDF() (*pdfDocument, error) {
	if f.pdfium == nil {
		return nil, errors.New("PDFium is not loaded")
	}
	p := f.pdfium.instance
	doc, err := p.OpenDocument(&requests.OpenDocument{FileReader: bytes.NewReader(f.content), FileReaderSize: int64(len(f.content))})
	switch {
	case errors.Is(err, pdferrors.ErrPassword), errors.Is(err, pdferrors.ErrSecurity):
		return nil, document.ErrEncrypted
	case err != nil:
		return nil, document.ErrBroken
	}
	d := &pdfDocument{p: p, ref: doc.Document}
	count, err := p.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: d.ref})
	if err != nil || count.PageCount <= 0 {
		d.close()
		return nil, document.ErrBroken
	}
	d.pages = count.PageCount
	return d, nil
}

func (d *pdfDocument) close() {
	_, _ = d.p.FPDF_CloseDocument(&requests.FPDF_CloseDocument{Document: d.ref})
}

func (d *pdfDocument) attachments() (names []string) {
	count, err := d.p.FPDFDoc_GetAttachmentCount(&requests.FPDFDoc_GetAttachmentCount{Document: d.ref})
	if err != nil {
		return nil
	}
	for i := range min(count.AttachmentCount, maxParts) {
		a, err := d.p.FPDFDoc_GetAttachment(&requests.FPDFDoc_GetAttachment{Document: d.ref, Index: i})
		if err != nil {
			continue
		}
		if name, err := d.p.FPDFAttachment_GetName(&requests.FPDFAttachment_GetName{Attachment: a.Attachment}); err == nil {
			names = append(names, name.Name)
		}
	}
	return names
}

type pdfPage struct {
	*pdfDocument
	page references.FPDF_PAGE
}

// page has f do something with page i, from 0. A page that cannot be read is ErrBroken.
func (d *pdfDocument) page(i int, f func(pdfPage) error) error {
	page, err := d.p.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: d.ref, Index: i})
	if err != nil {
		return document.ErrBroken
	}
	defer func() { _, _ = d.p.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: page.Page}) }()
	return f(pdfPage{d, page.Page})
}

// characters has f do something with the page's characters.
func (p pdfPage) characters(f func(t references.FPDF_TEXTPAGE, count int) error) error {
	t, err := p.p.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: requests.Page{ByReference: &p.page}})
	if err != nil {
		return document.ErrBroken
	}
	defer func() { _, _ = p.p.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: t.TextPage}) }()
	count, err := p.p.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: t.TextPage})
	if err != nil {
		return document.ErrBroken
	}
	if count.Count > maxChars {
		return document.ErrTooLarge
	}
	return f(t.TextPage, count.Count)
}

func (p pdfPage) text() (s string, err error) {
	err = p.characters(func(t references.FPDF_TEXTPAGE, count int) error {
		if count <= 0 {
			return nil
		}
		all, err := p.p.FPDFText_GetText(&requests.FPDFText_GetText{TextPage: t, Count: count})
		if err != nil {
			return document.ErrBroken
		}
		s = joinWords(strings.TrimRight(all.Text, "\x00"))
		return nil
	})
	return s, err
}

// joinWords undoes hyphens at line ends, which PDFium marks with U+0002 or U+FFFE in their place: before a capital it was
// part of the word.
func joinWords(s string) string {
	if !strings.ContainsAny(s, "\x02\ufffe") {
		return s
	}
	var b strings.Builder
	runes := []rune(s)
	for i, r := range runes {
		if r != '\x02' && r != '\ufffe' {
			b.WriteRune(r)
			continue
		}
		next := i + 1
		for next < len(runes) && (runes[next] == '\r' || runes[next] == '\n') {
			next++
		}
		if next < len(runes) && unicode.IsUpper(runes[next]) {
			b.WriteByte('-')
		}
	}
	return b.String()
}
