package document

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/sys/unix"

	"subrosa/internal/document/pdftest"
)

// A case file of 500 pages, some 3,000 letters each: when the first page is there, how fast they come, what the child
// held at its peak, and how much processor time it took. In "cold", PDFium's code is compiled first, as where `make build` or a
// package did not leave it.
func BenchmarkPDF(b *testing.B) {
	p := fpdf.New("P", "mm", "A4", "")
	p.SetFont("Helvetica", "", 11)
	for i := range 500 {
		p.AddPage()
		for j := range 12 {
			p.MultiCell(0, 5, fmt.Sprintf("%d.%d ", i+1, j+1)+strings.Repeat("The claimant was seen on ward seven and complained of pain. ", 4), "", "L", false)
			p.Ln(3)
		}
	}
	var file strings.Builder
	if err := p.Output(&file); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		from Reader
	}{{"compiled", reader}, {"cold", Reader{Program: reader.Program}}} {
		b.Run(c.name, func(b *testing.B) { benchmark(b, c.from, "case.pdf", file.String()) })
	}
}

// A letter of two pages, and text: what a small document waits for is the child's start.
func BenchmarkSmall(b *testing.B) {
	b.Run("pdf", func(b *testing.B) {
		benchmark(b, reader, "letter.pdf", pdftest.Text(b, strings.Repeat("Dear colleague. ", 100), "Yours."))
	})
	b.Run("text", func(b *testing.B) { benchmark(b, reader, "letter.txt", strings.Repeat("Dear colleague. ", 200)) })
}

func benchmark(b *testing.B, from Reader, name, content string) {
	var first, rest time.Duration
	var pages, peak int
	used := childTime()
	for b.Loop() {
		start := time.Now()
		var came time.Time
		pages = 0
		info, err := from.Read(b.Context(), name, strings.NewReader(content), Limits{}, func(p Page) error {
			if pages++; pages == 1 {
				came = time.Now()
			}
			if p.Number%25 == 1 { // it has ended by the time its last page is here
				peak = max(peak, childPeak())
			}
			return nil
		})
		if err != nil {
			b.Fatal(info, err)
		}
		first += came.Sub(start)
		rest += time.Since(came)
	}
	b.ReportMetric(float64(first.Milliseconds())/float64(b.N), "ms/first-page")
	if pages > 10 {
		b.ReportMetric(float64(pages*b.N)/rest.Seconds(), "pages/s")
	}
	if peak > 0 {
		b.ReportMetric(float64(peak)/1e6, "MB-peak")
	}
	b.ReportMetric(float64((childTime()-used).Milliseconds())/float64(b.N), "cpu-ms/op")
}

// childTime is the processor time of all children that have ended.
func childTime() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_CHILDREN, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// childPeak is the most memory, in bytes, that a child of this process has held so far.
func childPeak() (most int) {
	names, _ := filepath.Glob("/proc/[0-9]*/status")
	for _, name := range names {
		status, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(status), "\nPPid:\t"+strconv.Itoa(os.Getpid())+"\n") {
			continue
		}
		_, line, _ := strings.Cut(string(status), "\nVmHWM:")
		if fields := strings.Fields(line); len(fields) > 0 {
			kib, _ := strconv.Atoi(fields[0])
			most = max(most, kib<<10)
		}
	}
	return most
}
