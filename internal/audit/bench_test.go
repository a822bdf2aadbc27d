//go:build unix

package audit

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// onDisk is where a benchmark writes: beside SUBROSA_BENCH, a real disk, or else in the temporary directory.
func onDisk(b *testing.B) string {
	place := os.Getenv("SUBROSA_BENCH")
	if place == "" {
		return b.TempDir()
	}
	dir, err := os.MkdirTemp(place, "audit")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// BenchmarkAppend appends an entry and, in turn, writes and fsyncs 600 bytes to a bare file beside it, so that a busy disk
// slows both, and reports the times of both and their ratios.
func BenchmarkAppend(b *testing.B) {
	dir := onDisk(b)
	l := mustOpen(b, filepath.Join(dir, "audit"))
	f, err := os.OpenFile(filepath.Join(dir, "bare"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	text := bytes.Repeat([]byte("x"), 600)
	var record, bare []time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := l.Append(usual()); err != nil {
			b.Fatal(err)
		}
		middle := time.Now()
		if _, err := f.Write(text); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
		record, bare = append(record, middle.Sub(start)), append(bare, time.Since(middle))
	}
	slices.Sort(record)
	slices.Sort(bare)
	at := func(sorted []time.Duration, percent int) float64 {
		return sorted[len(sorted)*percent/100].Seconds() * 1000
	}
	b.ReportMetric(0, "ns/op")
	for _, p := range []struct {
		percent int
		name    string
	}{{50, "p50"}, {99, "p99"}} {
		b.ReportMetric(at(record, p.percent), "ms-"+p.name)
		b.ReportMetric(at(bare, p.percent), "ms-bare-"+p.name)
		b.ReportMetric(at(record, p.percent)/at(bare, p.percent), "x-bare-"+p.name)
	}
}

// BenchmarkGroupCommit appends with one writer and with sixteen, in turn: what an fsync for many is worth.
func BenchmarkGroupCommit(b *testing.B) {
	groupCommit(b, mustOpen(b, filepath.Join(onDisk(b), "audit")))
}

func groupCommit(b *testing.B, l *Log) {
	const rounds, each, many = 15, 128, 16
	e := usual()
	perSecond := func(writers int) float64 {
		var group sync.WaitGroup
		start := time.Now()
		for range writers {
			group.Go(func() {
				for range each {
					if _, err := l.Append(e); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		group.Wait()
		return float64(writers*each) / time.Since(start).Seconds()
	}
	var one, sixteen, ratio []float64
	for b.Loop() {
		for range rounds {
			x, y := perSecond(1), perSecond(many)
			one, sixteen, ratio = append(one, x), append(sixteen, y), append(ratio, y/x)
		}
	}
	middle := func(f []float64) float64 { slices.Sort(f); return f[len(f)/2] }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(middle(one), "entries/s-1-writer")
	b.ReportMetric(middle(sixteen), "entries/s-16-writers")
	b.ReportMetric(middle(ratio), "x-1-writer")
}

// BenchmarkAppendWithoutFsync is what an entry costs beside the disk: most of it is its signature.
func BenchmarkAppendWithoutFsync(b *testing.B) {
	l := mustOpen(b, filepath.Join(tempDir(b), "audit"))
	l.entries = &noSync{l.entries}
	for b.Loop() {
		if _, err := l.Append(usual()); err != nil {
			b.Fatal(err)
		}
		l.signed = l.tree.size
	}
}

// BenchmarkLine is what one line costs.
func BenchmarkLine(b *testing.B) {
	e := usual()
	line, err := e.sign(testKey, origin)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			_, _ = decode(line)
		}
	})
	b.Run("sign", func(b *testing.B) {
		for b.Loop() {
			_, _ = e.sign(testKey, origin)
		}
	})
	b.Run("glance", func(b *testing.B) {
		for b.Loop() {
			_ = glance(line)
		}
	})
}
