//go:build linux

package document

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"subrosa/internal/document/pdftest"
)

func stream(dictionary, content string) string {
	return fmt.Sprintf("<<%s/Length %d>>stream\n%s\nendstream", dictionary, len(content), content)
}

const (
	catalog = "<</Type/Catalog/Pages 2 0 R>>"
	tree    = "<</Type/Pages/Count 1/Kids[3 0 R]>>"
)

// formBomb is a page that shows a form ten times, which shows another ten times, and so on: 10^12 letters.
func formBomb() string {
	all := []string{catalog, tree, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>", stream("", strings.Repeat("/X Do ", 10))}
	for i := 5; i < 17; i++ {
		all = append(all, stream(fmt.Sprintf("/Type/XObject/Subtype/Form/BBox[0 0 99 99]/Resources<</XObject<</X %d 0 R>>>>", i+1), strings.Repeat("/X Do ", 10)))
	}
	return pdftest.Objects(append(all, stream("/Type/XObject/Subtype/Form/BBox[0 0 99 99]/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>", "BT /F 9 Tf (x) Tj ET"))...)
}

// timeBomb is a page that shows a form a million times, whose megabyte of content sets a colour and draws nothing: it takes
// time, and next to no memory.
func timeBomb() string {
	return pdftest.Objects(catalog, tree, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>",
		stream("", strings.Repeat("/X Do ", 1e6)),
		stream("/Type/XObject/Subtype/Form/BBox[0 0 99 99]", strings.Repeat("0 g ", 1<<18)))
}

// flateBomb is a page whose content is compressed, twice, from so many bytes of letters.
func flateBomb(t *testing.T, size int) string {
	t.Helper()
	letters := bytes.Repeat([]byte("(x) Tj "), size/7)
	for range 2 {
		var b bytes.Buffer
		w, err := zlib.NewWriterLevel(&b, zlib.BestSpeed)
		if err == nil {
			_, err = w.Write(letters)
		}
		if err = errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		letters = b.Bytes()
	}
	return pdftest.Objects(catalog, tree, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R>>", stream("/Filter[/FlateDecode/FlateDecode]", string(letters)))
}

// What no parser can bound, the process does: time that is up, memory that is used up.
func TestBombsEndWithTheChild(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		want    []error
	}{
		"time.pdf":   {timeBomb(), []error{ErrTimeout}},
		"forms.pdf":  {formBomb(), []error{ErrTimeout, ErrBroken}}, // whichever is up first, the time or PDFium's memory
		"memory.pdf": {flateBomb(t, 600<<20), []error{ErrBroken, ErrTooLarge, ErrCrashed, ErrNoText, ErrTimeout}},
	} {
		_, err := reader.Read(t.Context(), name, strings.NewReader(c.content), Limits{Time: 5 * time.Second}, func(Page) error { return nil })
		ok := false
		for _, want := range c.want {
			ok = ok || errors.Is(err, want)
		}
		if !ok {
			t.Errorf("%s: %v", name, err)
		}
		t.Log(name, err)
	}
}
