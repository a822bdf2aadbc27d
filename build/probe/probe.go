// Package probe makes the page of a window that is looked into: the built page, with scripts in it that run before its own.
package probe

import (
	"fmt"
	"io/fs"
	"strings"
	"testing/fstest"

	"subrosa/frontend"
)

const index = "dist/index.html"

// Script is a file beside the page.
type Script struct {
	Name string
	Data []byte
}

// Page is the built page with these scripts at its head, in their order. It fails where there is no built page.
func Page(scripts ...Script) (fs.FS, error) {
	html, err := fs.ReadFile(frontend.Assets, index)
	if err != nil {
		return nil, err
	}
	p := page{fstest.MapFS{}}
	head := "<head>"
	for _, s := range scripts {
		head += fmt.Sprintf(`<script src="./%s"></script>`, s.Name)
		p.over["dist/"+s.Name] = &fstest.MapFile{Data: s.Data}
	}
	p.over[index] = &fstest.MapFile{Data: []byte(strings.Replace(string(html), "<head>", head, 1))}
	return p, nil
}

// page has what lies over the built one.
type page struct{ over fstest.MapFS }

func (p page) Open(name string) (fs.File, error) {
	if p.over[name] != nil {
		return p.over.Open(name)
	}
	return frontend.Assets.Open(name)
}
