//go:build linux

package document

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"subrosa/internal/document/pdftest"
)

// picture draws the page on which text stands and marks it.
func picture(t *testing.T, pdf string, page int, text string) (Picture, image.Image) {
	t.Helper()
	all, _, err := pages(t, "x.pdf", pdf)
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(all[page-1].Text, text)
	if at < 0 {
		t.Fatalf("%q is not in %q", text, all[page-1].Text)
	}
	p, err := reader.Picture(t.Context(), strings.NewReader(pdf), Passage{page, at, at + len(text)}, 800, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(p.PNG))
	if err != nil || img.Bounds().Dx() != p.Width || img.Bounds().Dy() != p.Height || p.Width != 800 {
		t.Fatal(p.Width, p.Height, err)
	}
	return p, img
}

// ink counts the dark pixels of the page, and those of them that are in a box.
func ink(img image.Image, boxes []Box) (all, within int) {
	size := img.Bounds().Size()
	for y := range size.Y {
		for x := range size.X {
			if r, _, _, _ := img.At(x, y).RGBA(); r > 0x8000 {
				continue
			}
			all++
			fx, fy := (float64(x)+0.5)/float64(size.X), (float64(y)+0.5)/float64(size.Y)
			for _, b := range boxes {
				if fx >= b.Left && fx <= b.Right && fy >= b.Top && fy <= b.Bottom {
					within++
					break
				}
			}
		}
	}
	return all, within
}

func TestAPassageIsMarkedWhereItStands(t *testing.T) {
	page := stream("", "BT /F 20 Tf 50 700 Td (First line) Tj 0 -100 Td (mark this) Tj 0 -100 Td (last) Tj ET")
	font := "/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
	for name, pdf := range map[string]string{
		"upright": pdftest.Objects(catalog, tree, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R"+font+">>", page),
		"turned":  pdftest.Objects(catalog, tree, "<</Type/Page/Parent 2 0 R/Rotate 90/MediaBox[0 0 600 800]/Contents 4 0 R"+font+">>", page),
		"cropped": pdftest.Objects(catalog, tree, "<</Type/Page/Parent 2 0 R/CropBox[20 100 580 780]/MediaBox[0 0 600 800]/Contents 4 0 R"+font+">>", page),
	} {
		marked, img := picture(t, pdf, 1, "mark this")
		all, within := ink(img, marked.Boxes)
		_, first := ink(img, must(picture(t, pdf, 1, "First line")).Boxes)
		_, last := ink(img, must(picture(t, pdf, 1, "last")).Boxes)
		if len(marked.Boxes) == 0 || within == 0 || first == 0 || last == 0 || within+first+last < all*95/100 || within > all*2/3 {
			t.Errorf("%s: of %d dark pixels, %d are in the box of the marked text, %d and %d in those of the others: %+v", name, all, within, first, last, marked.Boxes)
		}
	}
}

func must(p Picture, _ image.Image) Picture { return p }

func TestATextOverSeveralLinesHasABoxForEach(t *testing.T) {
	pdf := pdftest.Text(t, "x", strings.Repeat("The claimant was seen on ward seven. ", 30))
	p, img := picture(t, pdf, 2, strings.TrimSpace(strings.Repeat("The claimant was seen on ward seven. ", 2)))
	if all, within := ink(img, p.Boxes); len(p.Boxes) < 1 || within == 0 || within > all/4 {
		t.Error(len(p.Boxes), within, all)
	}
	whole, err := reader.Picture(t.Context(), strings.NewReader(pdf), Passage{Page: 2}, 300, Limits{})
	if err != nil || len(whole.Boxes) != 0 || whole.Width != 300 {
		t.Error(whole.Width, whole.Boxes, err)
	}
}

func TestPicturesThatCannotBe(t *testing.T) {
	pdf := pdftest.Text(t, "x")
	for name, c := range map[string]struct {
		content string
		passage Passage
		width   int
		want    error
	}{
		"no PDF":       {"just text", Passage{Page: 1}, 800, ErrKind},
		"no such page": {pdf, Passage{Page: 2}, 800, ErrBroken},
		"page 0":       {pdf, Passage{Page: 0}, 800, ErrBroken},
		"no such text": {pdf, Passage{1, 0, 1000}, 800, ErrBroken},
		"too wide":     {pdf, Passage{Page: 1}, 100_000, ErrTooLarge},
		"no width":     {pdf, Passage{Page: 1}, 0, ErrTooLarge},
		"endless page": {pdftest.Objects(catalog, tree, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 1 14400]>>"), Passage{Page: 1}, 2000, ErrTooLarge},
		"a bomb":       {timeBomb(), Passage{Page: 1}, 800, ErrTimeout},
	} {
		limits := Limits{}
		if name == "a bomb" {
			limits.Time = 3e9
		}
		if _, err := reader.Picture(t.Context(), strings.NewReader(c.content), c.passage, c.width, limits); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestWhatAChildDrawsIsChecked(t *testing.T) {
	frame := func(kind byte, body string) string {
		n := len(body) + 1
		return fmt.Sprintf(`\%03o\%03o\%03o\%03o\%03o%s`, byte(n>>24), byte(n>>16), byte(n>>8), byte(n), kind, body)
	}
	done := frame(4, `{"kind":"pdf"}`)
	for name, c := range map[string]struct {
		says string
		good bool
	}{
		"good":             {frame(6, `{"width":1,"height":2,"boxes":[[-1,0,0.5,7],[0.5,0,0.5,1]]}`) + frame(7, "abcd") + frame(7, "abcd") + done, true},
		"too many pixels":  {frame(6, `{"width":1,"height":1}`) + frame(7, "abcdefgh") + done, false},
		"too few":          {frame(6, `{"width":1,"height":2}`) + frame(7, "abcd") + done, false},
		"none":             {frame(6, `{"width":0,"height":2}`) + done, false},
		"a negative size":  {frame(6, `{"width":-1,"height":-4}`) + done, false},
		"a vast size":      {frame(6, `{"width":100000,"height":100000}`), false},
		"an overflow":      {frame(6, `{"width":4294967296,"height":4294967296}`), false},
		"empty pieces":     {frame(6, `{"width":1,"height":1}`) + frame(7, "") + done, false},
		"a page of text":   {frame(3, `{"number":1,"text":"x"}`), false},
		"text for pixels":  {frame(6, `{"width":1,"height":1}`) + frame(3, `{}`), false},
		"more behind that": {frame(6, `{"width":1,"height":1}`) + frame(7, "abcd") + frame(7, "abcd"), false},
	} {
		script := filepath.Join(t.TempDir(), "reader")
		sh := "#!/bin/sh\nhead -c 20 <&3 >/dev/null\nprintf '" + c.says + "' >&3\n"
		if err := os.WriteFile(script, []byte(sh), 0o700); err != nil {
			t.Fatal(err)
		}
		p, err := Reader{Program: script}.Picture(t.Context(), strings.NewReader("hello"), Passage{Page: 1}, 800, Limits{})
		if c.good != (err == nil) || err != nil && !errors.Is(err, ErrCrashed) {
			t.Errorf("%s: %v", name, err)
		}
		if c.good && (len(p.Boxes) != 1 || p.Boxes[0] != Box{0, 0, 0.5, 1} || len(p.PNG) == 0) {
			t.Errorf("%+v", p)
		}
	}
}
