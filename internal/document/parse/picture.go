package parse

import (
	"image"
	"unicode"
	"unicode/utf8"

	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"

	"subrosa/internal/document"
	"subrosa/internal/document/text"
)

// maxBoxes is how many pieces a marked text may fall into.
const maxBoxes = 500

// Draw draws the page of that number, from 1, width pixels wide, has emit take it, and tells where the bytes from start to
// end of the page's text stand, each box as left, top, right and bottom in parts of the page. Errors: ErrKind, ErrBroken,
// ErrEncrypted, ErrTooLarge, emit's.
func Draw(content []byte, pdfium *PDFium, page, width, start, end int, emit func(*image.RGBA, [][4]float64) error) (err error) {
	defer func() {
		if recover() != nil {
			err = document.ErrBroken
		}
	}()
	if !IsPDF(content) {
		return document.ErrKind
	}
	d, err := (&file{content: content, pdfium: pdfium}).openPDF()
	if err != nil {
		return err
	}
	defer d.close()
	if page < 1 || page > d.pages {
		return document.ErrBroken
	}
	return d.page(page-1, func(p pdfPage) error {
		size, err := p.p.FPDF_GetPageSizeByIndex(&requests.FPDF_GetPageSizeByIndex{Document: p.ref, Index: page - 1})
		if err != nil || !(size.Width > 0) || !(size.Height > 0) {
			return document.ErrBroken
		}
		height := float64(width) * size.Height / size.Width
		if width < 1 || height < 1 || float64(width)*height > document.MaxPixels {
			return document.ErrTooLarge
		}
		boxes, err := p.boxes(start, end, width, int(height))
		if err != nil {
			return err
		}
		r, err := p.p.RenderPageInPixels(&requests.RenderPageInPixels{
			Page: requests.Page{ByReference: &p.page}, Width: width, Height: int(height) + 1, RenderFlags: enums.FPDF_RENDER_FLAG_ANNOT,
		})
		if err != nil {
			return document.ErrBroken
		}
		defer r.Cleanup()
		img, ok := r.Result.RenderedImage.(*image.RGBA)
		if !ok {
			return document.ErrBroken
		}
		return emit(img, boxes)
	})
}

// boxes finds the bytes from start to end of the page's text, as Read gives it, among PDFium's characters.
func (p pdfPage) boxes(start, end, width, height int) (boxes [][4]float64, err error) {
	if start >= end {
		return nil, nil
	}
	s, err := p.text()
	if err != nil {
		return nil, err
	}
	s = text.Clean(s)
	if start < 0 || end > len(s) {
		return nil, document.ErrBroken
	}
	err = p.characters(func(t references.FPDF_TEXTPAGE, count int) error {
		first, last, err := p.find(t, count, s, start, end)
		if err != nil || last < first {
			return err
		}
		rects, err := p.p.FPDFText_CountRects(&requests.FPDFText_CountRects{TextPage: t, StartIndex: first, Count: last - first + 1})
		if err != nil {
			return document.ErrBroken
		}
		for i := range min(rects.Count, maxBoxes) {
			r, err := p.p.FPDFText_GetRect(&requests.FPDFText_GetRect{TextPage: t, Index: i})
			if err != nil {
				return document.ErrBroken
			}
			box, err := p.onDevice(r.Left, r.Top, r.Right, r.Bottom, width, height)
			if err != nil {
				return err
			}
			boxes = append(boxes, box)
		}
		return nil
	})
	return boxes, err
}

// find returns the first and the last of PDFium's characters that stand for s[start:end]. Between the two, white space and
// hyphens differ, and characters were left out: each that is seen is looked for a little way ahead.
func (p pdfPage) find(t references.FPDF_TEXTPAGE, count int, s string, start, end int) (first, last int, err error) {
	const ahead = 100
	chars := make([]rune, count)
	for i := range chars {
		c, err := p.p.FPDFText_GetUnicode(&requests.FPDFText_GetUnicode{TextPage: t, Index: i})
		if err != nil {
			return 0, 0, document.ErrBroken
		}
		chars[i] = rune(c.Unicode)
	}
	first, last = count, -1
	at := 0
	for i, r := range s[:end] {
		if unicode.IsSpace(r) || r == '-' || r == utf8.RuneError {
			continue
		}
		for j := at; j < min(at+ahead, count); j++ {
			if chars[j] == r {
				at = j + 1
				if i >= start {
					first, last = min(first, j), j
				}
				break
			}
		}
	}
	return first, last, nil
}

// onDevice turns a box of the page's coordinates into parts of the page as it is shown.
func (p pdfPage) onDevice(left, top, right, bottom float64, width, height int) (box [4]float64, err error) {
	const fine = 16 // device coordinates are whole numbers
	var x, y [2]float64
	for i, corner := range [][2]float64{{left, top}, {right, bottom}} {
		at, err := p.p.FPDF_PageToDevice(&requests.FPDF_PageToDevice{
			Page: requests.Page{ByReference: &p.page}, SizeX: width * fine, SizeY: height * fine, PageX: corner[0], PageY: corner[1],
		})
		if err != nil {
			return box, document.ErrBroken
		}
		x[i], y[i] = float64(at.DeviceX)/float64(width*fine), float64(at.DeviceY)/float64(height*fine)
	}
	return [4]float64{min(x[0], x[1]), min(y[0], y[1]), max(x[0], x[1]), max(y[0], y[1])}, nil
}
