package parse

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"

	"golang.org/x/net/html/charset"

	"subrosa/internal/document"
)

const (
	maxUnpacked = 64 << 20 // bytes of all parts of a package together: some thousand pages
	maxParts    = 1000     // files within a file that are named
	maxDepth    = 1000     // of elements, groups and parts within each other
)

// unzipped is a package whose parts are unpacked as they are asked for.
type unzipped struct {
	*zip.Reader
	left int64
}

func unzip(content []byte) (*unzipped, error) {
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, document.ErrBroken
	}
	return &unzipped{Reader: z, left: maxUnpacked}, nil
}

func (z *unzipped) part(name string) *zip.File {
	for _, f := range z.File {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// elements hands over each element and text of a part. A part that is missing has none. What see returns ends it.
func (z *unzipped) elements(name string, see func(t xml.Token) error) error {
	part := z.part(name)
	if part == nil {
		return nil
	}
	if part.Flags&1 != 0 {
		return document.ErrEncrypted
	}
	r, err := part.Open()
	if err != nil {
		return document.ErrBroken
	}
	defer r.Close()
	counted := &counting{r: r, left: &z.left}
	d := xml.NewDecoder(counted)
	d.CharsetReader = charset.NewReaderLabel
	depth := 0
	for {
		t, err := d.Token()
		switch {
		case counted.over:
			return document.ErrTooLarge
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return document.ErrBroken
		}
		switch t.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return document.ErrTooLarge
			}
		case xml.EndElement:
			depth--
		}
		if err := see(t); err != nil {
			return err
		}
	}
}

// counting reads until nothing is left of what may be read.
type counting struct {
	r    io.Reader
	left *int64
	over bool
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if *c.left -= int64(n); *c.left < 0 {
		c.over = true
		return 0, document.ErrTooLarge
	}
	return n, err
}

// related returns the target of a part's first relationship whose type ends so.
func (z *unzipped) related(of, ending string) (target string) {
	dir, base := path.Split(of)
	_ = z.elements(dir+"_rels/"+base+".rels", func(t xml.Token) error {
		if e, ok := t.(xml.StartElement); ok && e.Name.Local == "Relationship" && target == "" && strings.HasSuffix(attribute(e, "Type"), ending) {
			target = strings.TrimPrefix(path.Join("/"+dir, attribute(e, "Target")), "/")
			if strings.HasPrefix(attribute(e, "Target"), "/") {
				target = strings.TrimPrefix(path.Clean(attribute(e, "Target")), "/")
			}
		}
		return nil
	})
	return target
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
