package parse

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"subrosa/internal/document"
	"subrosa/internal/document/text"
)

// maxHead is the longest first row that is repeated on each page, bytes.
const maxHead = 500

// readCSV reads a table of values, separated by what separates most of the first rows. Each page begins with the first
// row, in which the columns have their names; a tab stands between the cells.
func (f *file) readCSV() error {
	s, ok := Decode(f.content)
	if !ok {
		return document.ErrBroken
	}
	r := csv.NewReader(strings.NewReader(s))
	r.Comma = separator(s)
	r.FieldsPerRecord = -1
	r.LazyQuotes = true
	r.ReuseRecord = true
	var head string
	var page strings.Builder
	rows := 0
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return document.ErrBroken
		}
		row := tableRow(fields)
		if row == "" {
			continue
		}
		if rows++; rows == 1 && len(row) <= maxHead {
			head = row
		}
		if page.Len() > 0 && page.Len()+len(row) > document.PageSize {
			if err := f.longPage(page.String()); err != nil {
				return err
			}
			page.Reset()
			if head != "" {
				page.WriteString(head + "\n")
			}
		}
		page.WriteString(row + "\n")
	}
	if page.Len() == 0 {
		return nil
	}
	return f.longPage(page.String())
}

// longPage hands over a page, or several where a row alone is longer than one.
func (f *file) longPage(s string) error {
	for _, p := range text.Pages(text.Clean(s), document.PageSize) {
		if err := f.page(p, 0); err != nil {
			return err
		}
	}
	return nil
}

func tableRow(fields []string) string {
	for i, c := range fields {
		fields[i] = strings.Join(strings.Fields(c), " ")
	}
	return strings.TrimRight(strings.Join(fields, "\t"), "\t")
}

// separator is the one of four of which the first rows have most.
func separator(s string) rune {
	start := s[:min(len(s), 4096)]
	best, most := ',', 0
	for _, c := range ",;\t|" {
		if n := strings.Count(start, string(c)); n > most {
			best, most = c, n
		}
	}
	return best
}
