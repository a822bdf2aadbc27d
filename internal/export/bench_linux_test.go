package export

import (
	"bytes"
	stdgzip "compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sys/unix"

	"subrosa/internal/audit"
)

// BenchmarkExport writes 40,000 entries in all formats, in the clear and sealed, as they are and compressed, reads them back and
// verifies them: in memory, where the program is what takes the time, and on the temporary directory's disk, beside what that takes to write and read as many bytes.
func BenchmarkExport(b *testing.B) {
	const n = 40_000
	l, err := audit.Open(filepath.Join(b.TempDir(), "audit"), testKey(), testSource.Origin)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	var writers sync.WaitGroup
	for w := range 256 { // group commit: an fsync for many
		writers.Go(func() {
			for i := w; i < n; i += 256 {
				if _, err := l.Append(response(i)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
	snap := snapshot(b, l)
	sealed := []string{identity(b).Recipient().String()}
	for _, to := range []struct {
		name, place string
		recipients  []string
		compress    bool
	}{
		{"memory/clear", "/dev/shm", nil, false},
		{"memory/clear/gzip", "/dev/shm", nil, true},
		{"memory/sealed", "/dev/shm", sealed, false},
		{"memory/sealed/gzip", "/dev/shm", sealed, true},
		{"disk/clear", b.TempDir(), nil, false},
		{"disk/clear/gzip", b.TempDir(), nil, true},
		{"disk/sealed", b.TempDir(), sealed, false},
		{"disk/sealed/gzip", b.TempDir(), sealed, true},
	} {
		b.Run(to.name, func(b *testing.B) {
			var writing, whole, bare, cpu time.Duration
			var size int64
			for b.Loop() {
				dir, err := os.MkdirTemp(to.place, "subrosa-stick")
				if err != nil {
					b.Fatal(err)
				}
				before, start := cpuTime(b), time.Now()
				x := Bundle{Dir: dir, Source: testSource, Recipients: to.recipients, Compress: to.compress, Made: start}
				var wrote time.Time
				x.Progress = func(s Step, _, _ int64) {
					if s == Tree && wrote.IsZero() {
						wrote = time.Now()
					}
				}
				out, err := x.Write(b.Context(), snap)
				if err != nil {
					b.Fatal(err)
				}
				writing += wrote.Sub(start)
				whole += time.Since(start)
				cpu += cpuTime(b) - before
				size = out.Bytes
				bare += bareCopy(b, dir, size)
				if err := os.RemoveAll(dir); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(cpu.Microseconds())/float64(n*b.N), "cpu-us/entry") // what it costs however busy the machine is
			b.ReportMetric(float64(size)/n, "bytes/entry")
			b.ReportMetric(float64(n*b.N)/writing.Seconds(), "written/s")
			b.ReportMetric(float64(n*b.N)/whole.Seconds(), "entries/s")
			b.ReportMetric(float64(n*b.N)/bare.Seconds(), "entries/s-bare") // what the drive would allow
		})
	}
}

// bareCopy is the time that as many bytes take in one file: written, made durable, and read back past the cache.
func bareCopy(b *testing.B, dir string, size int64) time.Duration {
	buf := make([]byte, 1<<20)
	start := time.Now()
	f, err := os.Create(filepath.Join(dir, "bare"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for left := size; left > 0 && err == nil; left -= int64(len(buf)) {
		_, err = f.Write(buf)
	}
	if err = errors.Join(err, f.Sync()); err != nil {
		b.Fatal(err)
	}
	dropCache(f, 0, 0)
	for at := int64(0); at < size; at += int64(len(buf)) {
		if _, err := f.ReadAt(buf, at); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(start)
}

// response is an entry as most are: identifiers and the commitment are as random as they look, which a codec cannot make small.
func response(i int) audit.Entry {
	random := func(what string, i int) string {
		return fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%s %d", what, i)))
	}
	return audit.Entry{
		Actor: "ana", Action: audit.Response, Conversation: random("conversation", i/8)[:32], Turn: random("turn", i)[:32],
		Model: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Policy: "builtin-1", Ruleset: "r1-0123456789abcdef",
		Response: audit.Commitment(random("response", i)), Redactions: map[string]int{"EMAIL_ADDRESS": 1},
		PromptTokens: 100 + i%400, OutputTokens: 50 + i*7%900, Result: "complete",
		Time: time.Date(2026, 3, 1, 9, 30, i%60, 123_456_789, time.UTC),
	}
}

// cpuTime is what this process has used, user and system.
func cpuTime(b *testing.B) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkConvert is what each format costs, in processor time.
func BenchmarkConvert(b *testing.B) {
	l := record(b, 0)
	if _, err := l.Append(response(1)); err != nil {
		b.Fatal(err)
	}
	var line []byte
	if err := snapshot(b, l).Lines(b.Context(), 0, 1, func(_ int64, lines [][]byte) error { line = bytes.Clone(lines[0]); return nil }); err != nil {
		b.Fatal(err)
	}
	e, _, err := audit.DecodeLeaf(line)
	if err != nil {
		b.Fatal(err)
	}
	var buf []byte
	counts, fhir := newFigures(), testSource.fhir()
	for name, convert := range map[string]func(){
		"decode":  func() { _, _, _ = audit.DecodeLeaf(line) },
		"ocsf":    func() { buf = testSource.appendOCSF(buf[:0], &e) },
		"fhir":    func() { buf = fhir.append(buf[:0], &e) },
		"csv":     func() { buf = appendCSV(buf[:0], &e, tlog.Hash{}) },
		"figures": func() { counts.add(&e) },
	} {
		b.Run(name, func(b *testing.B) {
			before := cpuTime(b)
			for b.Loop() {
				convert()
			}
			b.ReportMetric(float64((cpuTime(b)-before).Nanoseconds())/float64(b.N), "cpu-ns")
			b.ReportMetric(float64(len(buf)), "bytes")
		})
	}
}

// BenchmarkCompress is what each codec makes of the bytes of OCSF and FHIR, and what an entry costs it in processor time.
func BenchmarkCompress(b *testing.B) {
	l := record(b, 0)
	const n = 2000
	for i := range n {
		if _, err := l.Append(response(i)); err != nil {
			b.Fatal(err)
		}
	}
	var ocsf, fhir [][]byte // by batches, as they are written
	each, resources := batchSize/650, testSource.fhir()
	err := snapshot(b, l).Lines(b.Context(), 0, n, func(_ int64, lines [][]byte) error {
		for _, line := range lines {
			e, _, err := audit.DecodeLeaf(line)
			if err != nil {
				return err
			}
			if e.Seq%int64(each) == 0 {
				ocsf, fhir = append(ocsf, nil), append(fhir, nil)
			}
			last := len(ocsf) - 1
			ocsf[last], fhir[last] = testSource.appendOCSF(ocsf[last], &e), resources.append(fhir[last], &e)
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		open func(io.Writer) (io.WriteCloser, error)
	}{
		{"gzip-1", func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, 1) }},
		{"gzip-1-in-members", func(w io.Writer) (io.WriteCloser, error) {
			packed, err := gzip.NewWriterLevel(w, 1)
			return members{packed, w}, err
		}},
		{"gzip-2", func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, 2) }},
		{"gzip-3", func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, 3) }},
		{"gzip-1-of-Go", func(w io.Writer) (io.WriteCloser, error) { return stdgzip.NewWriterLevel(w, 1) }},
		{"zstd-fastest", func(w io.Writer) (io.WriteCloser, error) {
			return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var sum hashWriter
			before := cpuTime(b)
			for b.Loop() {
				sum = hashWriter{to: io.Discard, h: fnv.New64()}
				for _, batches := range [][][]byte{ocsf, fhir} {
					w, err := c.open(&sum)
					if err != nil {
						b.Fatal(err)
					}
					for _, p := range batches {
						if _, err := w.Write(p); err != nil {
							b.Fatal(err)
						}
					}
					if err := w.Close(); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64((cpuTime(b)-before).Nanoseconds())/1000/float64(n*b.N), "cpu-us/entry")
			b.ReportMetric(float64(sum.n)/n, "bytes/entry")
		})
	}
}

// members writes each batch as a gzip member of its own.
type members struct {
	packed *gzip.Writer
	to     io.Writer
}

func (m members) Write(p []byte) (int, error) {
	m.packed.Reset(m.to)
	n, err := m.packed.Write(p)
	return n, errors.Join(err, m.packed.Close())
}

func (m members) Close() error { return nil }
