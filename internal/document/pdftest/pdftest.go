// Package pdftest makes PDF files for tests: none are kept in the tree.
package pdftest

import (
	"fmt"
	"strings"
	"testing"

	"codeberg.org/go-pdf/fpdf"
)

// Text sets pages of text with a standard font, under the title "Letter".
func Text(t testing.TB, pages ...string) string {
	t.Helper()
	p := fpdf.New("P", "mm", "A4", "")
	p.SetTitle("Letter", true)
	p.SetFont("Helvetica", "", 11)
	for _, s := range pages {
		p.AddPage()
		p.MultiCell(0, 5, s, "", "L", false)
	}
	var b strings.Builder
	if err := p.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Objects writes a PDF of these objects, from number 1 on, whatever they are, and a table of where they are.
func Objects(all ...string) string {
	var b strings.Builder
	b.WriteString("%PDF-1.7\n")
	var at []int
	for i, o := range all {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(all)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF", len(all)+1, start)
	return b.String()
}
