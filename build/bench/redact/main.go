// Command redact measures the redactor and gitleaks' detector on the same text in the same run: bytes a second of one
// core's time, both with everything on. It is a module of its own, so that gitleaks is no dependency of the product.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/zricethezav/gitleaks/v8/detect"

	"subrosa/internal/redact"
)

// letter is a clinic's letter with a value of several types and a secret.
const letter = `The patient was seen on 12 March 2024 with a three day history of intermittent chest pain, worse on exertion and relieved
by rest. Blood pressure was 138/84 mmHg, pulse 72 and regular; the troponin at 0 and 3 hours was below 14 ng/L. She takes 75 mg of aspirin
and 40 mg of atorvastatin at night. We discussed the findings, the plan for an outpatient stress test within 2 weeks, and when to come
back sooner. Counsel for the claimant asked for the full record under reference 2024/1183-B; the hearing is listed for 9:30 in court 4.
Please write to anna.berg@example.org, quote SSN 536-22-1234, and charge the copy to 4111 1111 1111 1111 or GB82 WEST 1234 5698 7654 32.
`

// config is what people paste along with it. Each of its keywords makes gitleaks run some of its patterns over the whole text.
const config = `# the portal's settings, for the helpdesk
export API_KEY=3f9a1c77be204d5f8e6b02c4d1a9e870
aws_region = "eu-central-1"; github token expires in May; slack webhook and stripe secret to follow, the password is on file
client_secret: "kT93hGq0Zb81LxVw57Ps22"
`

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func main() {
	runtime.GOMAXPROCS(1)
	r := redact.Everything()
	d, err := detect.NewDetectorDefaultConfig()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	measure(r, d, "letters and settings", strings.Repeat(letter+letter+letter+config, 100))
	measure(r, d, "the project's labelled sentences", corpus("../../../internal/redact/testdata/corpus"))
	measure(r, d, "letters alone, without a keyword of gitleaks", strings.Repeat(letter, 400))
	stream(r, strings.Repeat(letter, 400))
}

// corpus returns the sentences of a directory's .jsonl files, over and over.
func corpus(dir string) string {
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil || len(files) == 0 {
		panic("no labelled sentences in " + dir)
	}
	var b strings.Builder
	for _, name := range files {
		f, err := os.ReadFile(name)
		if err != nil {
			panic(err)
		}
		for line := range bytes.Lines(f) {
			var c struct{ Text string }
			if err := json.Unmarshal(line, &c); err != nil {
				panic(err)
			}
			b.WriteString(c.Text + "\n")
		}
	}
	return strings.Repeat(b.String(), 8)
}

func measure(r *redact.Redactor, d *detect.Detector, name, text string) {
	rate := func(f func()) float64 {
		start, n := cpu(), 0
		for cpu()-start < 400*time.Millisecond {
			f()
			n++
		}
		return float64(n*len(text)) / 1e6 / (cpu() - start).Seconds()
	}
	var ours, theirs, ratio []float64
	for range 5 {
		a := rate(func() { r.Text(text) })
		b := rate(func() { d.DetectString(text) })
		ours, theirs, ratio = append(ours, a), append(theirs, b), append(ratio, a/b)
	}
	median := func(x []float64) float64 { slices.Sort(x); return x[len(x)/2] }
	fmt.Printf("%s: redaction, everything on, %.1f MB/s of one core; gitleaks' detector %.2f MB/s; ratio %.2f (%.2f to %.2f), median of 5\n",
		name, median(ours), median(theirs), median(ratio), ratio[0], ratio[len(ratio)-1])
}

// stream feeds the text as an answer comes: in tokens of four bytes.
func stream(r *redact.Redactor, text string) {
	var held []int
	s := r.Stream()
	start, tokens := cpu(), 0
	for at := 0; at+4 <= len(text); at += 4 {
		s.Write(text[at : at+4])
		held = append(held, s.Held())
		tokens++
	}
	each := (cpu() - start) / time.Duration(tokens)
	slices.Sort(held)
	fmt.Printf("streamed: %v a token of 4 bytes; held back %d bytes in the median, %d at the 99th percentile, %d at most\n",
		each, held[len(held)/2], held[len(held)*99/100], held[len(held)-1])
}
