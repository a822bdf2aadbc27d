package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"golang.org/x/sys/unix"

	"subrosa/internal/audit"
)

// BenchmarkMillion measures the record of a workstation that has kept it for years: what unlocking costs with it, verifying it
// with the programs that people use, exporting it, and verifying that. SUBROSA_BENCH is where its data directory lies and
// stays, and SUBROSA_BENCH_BIN where the programs are. SUBROSA_BENCH_ENTRIES is another number of entries.
func BenchmarkMillion(b *testing.B) {
	place := os.Getenv("SUBROSA_BENCH")
	if place == "" {
		b.Skip("SUBROSA_BENCH is not set: run make bench")
	}
	place, err := filepath.Abs(place)
	if err != nil {
		b.Fatal(err)
	}
	n := int64(1_000_000)
	if s := os.Getenv("SUBROSA_BENCH_ENTRIES"); s != "" {
		if n, err = strconv.ParseInt(s, 10, 64); err != nil {
			b.Fatal(err)
		}
	}
	m := million{dir: filepath.Join(place, fmt.Sprintf("record-%d", n)), n: n}
	if m.bin, err = filepath.Abs(os.Getenv("SUBROSA_BENCH_BIN")); err != nil {
		b.Fatal(err)
	}
	m.make(b)
	b.Run("unlock", m.unlock)
	b.Run("verify/subrosactl-audit-verify", func(b *testing.B) {
		m.run(b, filepath.Join(m.bin, "subrosactl"), "--home", filepath.Join(m.dir, "home"), "--json", "audit", "verify")
	})
	b.Run("verify/subrosa-verify-log", func(b *testing.B) {
		m.run(b, filepath.Join(m.bin, "subrosa-verify"), "--json", filepath.Join(m.dir, "home", "audit"))
	})
	b.Run("export", func(b *testing.B) { m.export(b, false) })
	b.Run("export-compressed", func(b *testing.B) { m.export(b, true) })
}

// million is a data directory with a long record, and the keyring that belongs to it.
type million struct {
	dir, bin string
	n        int64
}

// options are those of the data directory, or of one like it whose record has just begun.
func (m million) options(b *testing.B) Options {
	o := testOptions(b)
	ring := &mapRing{m: map[string][]byte{}}
	o.Home, o.Ring = filepath.Join(m.dir, "home"), ring
	if data, err := os.ReadFile(m.keyring()); err == nil {
		if err := json.Unmarshal(data, &ring.m); err != nil {
			b.Fatal(err)
		}
	}
	return o
}

func (m million) keyring() string { return filepath.Join(m.dir, "keyring.json") }

// keep writes the keyring down: its keys open nothing but made-up entries.
func (m million) keep(b *testing.B, o Options) {
	data, err := json.Marshal(o.Ring.(*mapRing).m)
	if err == nil {
		err = os.WriteFile(m.keyring(), data, 0o600)
	}
	if err != nil {
		b.Fatal(err)
	}
}

// make makes it once, entry by entry as ever, but where an fsync costs nothing, and many at a time.
func (m million) make(b *testing.B) {
	if _, err := os.Stat(m.keyring()); err == nil {
		return
	}
	place := m.dir
	memory, err := os.MkdirTemp("/dev/shm", "subrosa-bench")
	if err == nil {
		defer func() { _ = os.RemoveAll(memory) }()
		m.dir = memory
	}
	o := m.options(b)
	s := unlocked(b, o)
	began := time.Now()
	m.fill(b, s.open.record)
	b.Logf("%d entries made in %.0f s", m.n, time.Since(began).Seconds())
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	if m.dir != place {
		if err := os.RemoveAll(place); err != nil {
			b.Fatal(err)
		}
		if err := os.CopyFS(place, os.DirFS(m.dir)); err != nil {
			b.Fatal(err)
		}
		m.dir = place
		if err := os.Chmod(o.Home, 0o700); err != nil {
			b.Fatal(err)
		}
	}
	m.keep(b, o)
}

// fill puts prompts and answers on record as a few people's work of some years would.
func (m million) fill(b *testing.B, record *audit.Log) {
	const writers = 512
	var group sync.WaitGroup
	begin := time.Date(2023, 1, 2, 8, 0, 0, 0, time.UTC)
	for w := range int64(writers) {
		group.Go(func() {
			for i := w; i < m.n; i += writers {
				if _, err := record.Append(workday(begin, i)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	if b.Failed() {
		b.FailNow()
	}
}

// workday is one of the entries that turns leave.
func workday(begin time.Time, i int64) audit.Entry {
	turn := i / 2
	e := audit.Entry{
		Time: begin.Add(time.Duration(i) * 90 * time.Second), Actor: "ana", Conversation: fmt.Sprintf("%032x", turn/20), Turn: fmt.Sprintf("%032x", turn),
		Model: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Policy: "builtin-1", Ruleset: "r1-0123456789abcdef",
		History: uint64(i + 1), Result: "ok", Prompt: audit.Commit([32]byte{byte(turn), byte(turn >> 8), byte(turn >> 16)}, "prompt"),
	}
	if i%2 == 0 {
		e.Action, e.Redactions = audit.Prompt, map[string]int{"EMAIL_ADDRESS": 1, "PERSON": 2}
		e.Sampling = audit.Sampling{Temperature: 0.7, TopK: 40, TopP: 0.95, MinP: 0.05, RepeatPenalty: 1.1, Seed: uint32(turn), MaxTokens: 1024}
		return e
	}
	e.Action, e.Result, e.PromptTokens, e.OutputTokens = audit.Response, "complete", 120, 350
	e.Response = audit.Commit([32]byte{byte(turn), 1}, "response")
	return e
}

// unlock compares the time that an unlock takes with that of a record which has just begun, in turn, and reads the record
// whole as the window does in the background.
func (m million) unlock(b *testing.B) {
	const rounds = 7
	long, short := m.options(b), testOptions(b)
	if err := unlocked(b, short).Close(); err != nil {
		b.Fatal(err)
	}
	var with, without, reading, cpuWith, cpuWithout []time.Duration
	for b.Loop() {
		for range rounds {
			wall, cpu := m.timed(b, short, nil)
			without, cpuWithout = append(without, wall), append(cpuWithout, cpu)
			wall, cpu = m.timed(b, long, func(s *Session) {
				if size := s.open.record.Size(); size < m.n || s.open.record.ReadWhole() {
					b.Fatalf("%d entries, read whole: %v", size, s.open.record.ReadWhole())
				}
				start := time.Now()
				if _, err := s.VerifyRecord(b.Context(), nil); err != nil {
					b.Fatal(err)
				}
				reading = append(reading, time.Since(start))
			})
			with, cpuWith = append(with, wall), append(cpuWith, cpu)
		}
	}
	m.keep(b, long)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ms(median(with)), "ms-unlock")
	b.ReportMetric(ms(median(without)), "ms-unlock-new-record")
	b.ReportMetric(ms(median(with)-median(without)), "ms-added")
	b.ReportMetric(ms(slices.Min(with)-slices.Min(without)), "ms-added-fastest")
	b.ReportMetric(ms(median(cpuWith)-median(cpuWithout)), "ms-cpu-added")
	b.ReportMetric(median(reading).Seconds(), "s-verify-behind")
}

func (million) timed(b *testing.B, o Options, then func(*Session)) (wall, cpu time.Duration) {
	s := start(b, o)
	began, before := time.Now(), used(b)
	if err := s.Unlock(b.Context(), pass(goodPassphrase)); err != nil {
		b.Fatal(err)
	}
	wall, cpu = time.Since(began), used(b)-before
	if then != nil {
		then(s)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	return wall, cpu
}

// run runs a program and reports what it cost by the kernel's account.
func (million) run(b *testing.B, program string, args ...string) {
	const rounds = 5
	var wall, cpu []time.Duration
	most := 0.0
	for b.Loop() {
		for range rounds {
			var cost struct{ Wall, CPU, Peak float64 }
			cmd := exec.CommandContext(b.Context(), "/usr/bin/python3", append([]string{"../../build/bench/used.py", program}, args...)...)
			cmd.Stderr = os.Stderr
			out, err := cmd.Output()
			if err == nil {
				err = json.Unmarshal(out, &cost)
			}
			if err != nil {
				b.Fatalf("%s: %v", program, err)
			}
			wall = append(wall, time.Duration(cost.Wall*1e9))
			cpu = append(cpu, time.Duration(cost.CPU*1e9))
			most = max(most, cost.Peak)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(wall).Seconds(), "s")
	b.ReportMetric(slices.Min(wall).Seconds(), "s-fastest")
	b.ReportMetric(median(cpu).Seconds(), "s-cpu")
	b.ReportMetric(most/1e6, "MB-peak")
}

// export writes the sealed bundle to the disk where the data directory is, as an export to a drive is: hashed, encrypted, made
// durable, read back past the cache, and verified. Then the auditor verifies it.
func (m million) export(b *testing.B, compress bool) {
	o := m.options(b)
	id, err := age.GenerateX25519Identity()
	if err != nil {
		b.Fatal(err)
	}
	key := filepath.Join(b.TempDir(), "identity")
	if err := os.WriteFile(key, []byte(id.String()+"\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	stick, err := os.MkdirTemp(m.dir, "stick")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(stick) }()
	s := start(b, o)
	if err := s.Unlock(b.Context(), pass(goodPassphrase)); err != nil {
		b.Fatal(err)
	}
	if _, err := s.VerifyRecord(b.Context(), nil); err != nil { // the window has done so long before anybody exports
		b.Fatal(err)
	}
	var bundle string
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			if bundle != "" {
				b.Fatal("run it with -benchtime 1x")
			}
			load, began, before := loadAverage(b), time.Now(), used(b)
			x, err := s.ExportAudit(context.WithoutCancel(b.Context()), AuditExport{Dir: stick, Recipients: []string{id.Recipient().String()}, Compress: compress})
			if err != nil {
				b.Fatal(err)
			}
			wall, cpu := time.Since(began), used(b)-before
			bundle = x.Path
			b.ReportMetric(float64(x.Entries)/wall.Seconds(), "entries/s")
			b.ReportMetric(float64(x.Entries)*2/cpu.Seconds(), "entries/s-on-two-idle-cores") // were there no disk to wait for
			b.ReportMetric(float64(cpu.Microseconds())/float64(x.Entries), "us-cpu/entry")
			b.ReportMetric(float64(x.Bytes)/1e6, "MB")
			b.ReportMetric(load, "load")
		}
		b.ReportMetric(0, "ns/op")
	})
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	m.keep(b, o)
	if bundle == "" {
		return
	}
	verify := filepath.Join(m.bin, "subrosa-verify")
	b.Run("subrosa-verify-tree-and-files", func(b *testing.B) { m.run(b, verify, "--json", bundle) })
	b.Run("subrosa-verify-and-entries", func(b *testing.B) { m.run(b, verify, "--json", "--identity", key, bundle) })
}

// used is what this process has used, user and system.
func used(b *testing.B) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// loadAverage is how many others want the processors, this minute.
func loadAverage(b *testing.B) float64 {
	data, err := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(data), " ")
	load, parseErr := strconv.ParseFloat(first, 64)
	if err := errors.Join(err, parseErr); err != nil {
		b.Fatal(err)
	}
	return load
}

func median(d []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(d))
	return sorted[len(sorted)/2]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
