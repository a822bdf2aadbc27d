package export

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"subrosa/internal/audit"
	"subrosa/internal/export/bundle"
)

func testKey() ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("export test"))
	return ed25519.NewKeyFromSeed(seed[:])
}

// record makes a real record of n entries.
func record(t testing.TB, n int) *audit.Log {
	t.Helper()
	l, err := audit.Open(filepath.Join(t.TempDir(), "audit"), testKey(), testSource.Origin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	extend(t, l, n)
	return l
}

func extend(t testing.TB, l *audit.Log, n int) {
	t.Helper()
	all := variants(t)
	for i := range n {
		e := all[i%len(all)]
		if e.Action == audit.AuditPrune || e.Action == audit.AuditKeyRotate || e.Action == audit.Witness { // these must be true
			e.Action = audit.Backup
		}
		e.Time = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(l.Size()) * time.Hour)
		e.Conversation = fmt.Sprintf("%032x", i%3)
		if _, err := l.Append(e); err != nil {
			t.Fatal(err)
		}
	}
}

func snapshot(t testing.TB, l *audit.Log) *audit.Snapshot {
	t.Helper()
	s, err := l.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// drive is a directory on a file system in memory where there is one: a fsync of everything must not wait for others.
func drive(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "subrosa-export")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func request(t testing.TB, dir string) Bundle {
	return Bundle{
		Dir: dir, Journal: filepath.Join(t.TempDir(), "export.json"), Source: testSource,
		Made: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), per: 16,
	}
}

func mustWrite(t testing.TB, b Bundle, l *audit.Log) Written {
	t.Helper()
	out, err := b.Write(t.Context(), snapshot(t, l))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func identity(t testing.TB) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// lines counts the lines of all files of a kind.
func lines(t testing.TB, dir, pattern string) int {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		n += bytes.Count(b, []byte("\n"))
	}
	return n
}

func TestABundleInTheClearVerifiesAndHasEveryFormat(t *testing.T) {
	l := record(t, 50)
	dir := drive(t)
	var steps []Step
	b := request(t, dir)
	b.Progress = func(s Step, done, total int64) {
		if done > total {
			t.Errorf("%s: %d of %d", s, done, total)
		}
		if len(steps) == 0 || steps[len(steps)-1] != s {
			steps = append(steps, s)
		}
	}
	out := mustWrite(t, b, l)
	if filepath.Base(out.Path) != "subrosa-audit-0123456789abcdef-20260501T120000Z" {
		t.Error(out.Path)
	}
	if fmt.Sprint(steps) != "[writing tree verifying]" {
		t.Error(steps)
	}
	r, err := bundle.Verify(out.Path, bundle.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !r.EntriesChecked || r.Findings.Entries != 50 || r.Manifest.Entries != 50 || r.Tree.Size != 50 || r.Bytes != out.Bytes {
		t.Errorf("%+v", r)
	}
	for pattern, want := range map[string]int{"entries-*.jsonl": 50, "ocsf-*.jsonl": 50, "fhir-*.ndjson": 50, "entries-*.csv": 54} {
		if got := lines(t, out.Path, pattern); got != want {
			// A detail with a line break takes more lines in CSV.
			if pattern != "entries-*.csv" || got < want {
				t.Errorf("%s: %d lines, not %d", pattern, got, want)
			}
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := os.Stat(b.Journal); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the journal stays: %v", err)
	}
	// The same name again is refused, and what is there stays.
	if _, err := b.Write(t.Context(), snapshot(t, l)); !errors.Is(err, fs.ErrExist) {
		t.Errorf("second export: %v", err)
	}
	if _, err := bundle.Verify(out.Path, bundle.Options{}); err != nil {
		t.Error(err)
	}
}

func TestABundleForAnAuditor(t *testing.T) {
	l := record(t, 40)
	auditor, other := identity(t), identity(t)
	b := request(t, drive(t))
	b.Recipients = []string{auditor.Recipient().String()}
	out := mustWrite(t, b, l)
	err := filepath.WalkDir(out.Path, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte("dr.gr")) || bytes.Contains(data, []byte("unlock")) {
			t.Errorf("%s tells in the clear what happened", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := bundle.Verify(out.Path, bundle.Options{})
	if err != nil || r.EntriesChecked {
		t.Fatalf("without a key: %+v, %v", r, err)
	}
	if r, err = bundle.Verify(out.Path, bundle.Options{Identities: []age.Identity{auditor}}); err != nil || !r.EntriesChecked {
		t.Fatalf("with the auditor's: %+v, %v", r, err)
	}
	if _, err = bundle.Verify(out.Path, bundle.Options{Identities: []age.Identity{other}}); !errors.Is(err, bundle.ErrIdentity) {
		t.Fatalf("with another: %v", err)
	}
	for _, bad := range [][]string{{"age1nonsense"}, {""}, {auditor.Recipient().String(), auditor.String()}} {
		b.Recipients = bad
		if _, err := b.Write(t.Context(), snapshot(t, l)); !errors.Is(err, ErrRecipient) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// What is compressed is what the other files hold, as another gzip reads it.
func TestACompressedBundleHoldsTheSame(t *testing.T) {
	l := record(t, 70)
	auditor := identity(t)
	for _, recipients := range [][]string{nil, {auditor.Recipient().String()}} {
		plain := request(t, drive(t))
		plain.Recipients = recipients
		packed := request(t, drive(t))
		packed.Recipients, packed.Compress = recipients, true
		a, b := mustWrite(t, plain, l), mustWrite(t, packed, l)
		if b.Bytes >= a.Bytes {
			t.Errorf("%d bytes, compressed %d", a.Bytes, b.Bytes)
		}
		if r, err := bundle.Verify(b.Path, bundle.Options{Identities: []age.Identity{auditor}}); err != nil || !r.EntriesChecked || r.Manifest.Entries != 70 {
			t.Fatalf("%+v, %v", r, err)
		}
		compressed := 0
		for i, f := range a.Manifest.Files {
			name, other := strings.TrimSuffix(f.Name, bundle.Encrypted), strings.TrimSuffix(b.Manifest.Files[i].Name, bundle.Encrypted)
			if strings.HasPrefix(name, "ocsf-") || strings.HasPrefix(name, "fhir-") {
				compressed++
				name += ".gz"
			}
			if other != name {
				t.Errorf("%s in place of %s", other, name)
			}
			if !bytes.Equal(content(t, a, i, auditor), content(t, b, i, auditor)) {
				t.Errorf("%s holds something else", other)
			}
		}
		if compressed != 10 {
			t.Errorf("%d files", compressed)
		}
	}
}

// content is what a file of a bundle holds.
func content(t *testing.T, w Written, i int, auditor age.Identity) []byte {
	t.Helper()
	name := w.Manifest.Files[i].Name
	f, err := os.Open(filepath.Join(w.Path, name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var r io.Reader = f
	if base, sealed := strings.CutSuffix(name, bundle.Encrypted); sealed {
		name = base
		if r, err = age.Decrypt(r, auditor); err != nil {
			t.Fatal(err)
		}
	}
	if strings.HasSuffix(name, bundle.Compressed) {
		if r, err = gzip.NewReader(r); err != nil {
			t.Fatal(err)
		}
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// An auditor's bundle is read back without being decrypted: the lines are proved as they are read.
func TestALineThatWasChangedInTheRecordIsNotExported(t *testing.T) {
	home := filepath.Join(t.TempDir(), "audit")
	l, err := audit.Open(home, testKey(), testSource.Origin)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	extend(t, l, 40)
	snap := snapshot(t, l)
	entries := filepath.Join(home, "entries")
	whole, err := os.ReadFile(entries)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(whole, []byte(`"actor":"`)) + len(`"actor":"`)
	for _, changed := range []bool{true, false} {
		b := request(t, drive(t))
		b.Recipients = []string{identity(t).Recipient().String()}
		now := bytes.Clone(whole)
		if changed {
			now[at] ^= 1
		}
		if err := os.WriteFile(entries, now, 0o600); err != nil { // the same file: the snapshot reads it
			t.Fatal(err)
		}
		out, err := b.Write(t.Context(), snap)
		if errors.Is(err, ErrRecord) != changed || (err == nil) == changed {
			t.Errorf("changed %v: %v, %v", changed, out.Path, err)
		}
	}
}

func TestFilters(t *testing.T) {
	l := record(t, 60)
	for name, c := range map[string]struct {
		change func(*Bundle)
		want   int64
	}{
		"since": {func(b *Bundle) { b.Since = time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC) }, 36},
		"until": {func(b *Bundle) { b.Until = time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC) }, 24},
		"both": {func(b *Bundle) {
			b.Since, b.Until = time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 2, 6, 0, 0, 0, time.UTC)
		}, 6},
		"none":   {func(b *Bundle) { b.Until = time.Date(2025, 1, 2, 0, 0, 0, 0, time.UTC) }, 0},
		"matter": {func(b *Bundle) { b.Matter, b.InMatter = "m", func(c string) bool { return strings.HasSuffix(c, "1") } }, 20},
	} {
		b := request(t, drive(t))
		c.change(&b)
		out := mustWrite(t, b, l)
		r, err := bundle.Verify(out.Path, bundle.Options{})
		if err != nil || r.Manifest.Entries != c.want || !r.Manifest.Filtered() || int64(lines(t, out.Path, "entries-*.jsonl")) != c.want {
			t.Errorf("%s: %d entries, %v", name, r.Manifest.Entries, err)
		}
	}
}

// Every mutation of any file must be noticed, without a key.
func TestNoMutationOfABundlePasses(t *testing.T) {
	l := record(t, 300)
	for _, c := range []struct{ sealed, compressed bool }{{false, false}, {true, false}, {false, true}, {true, true}} {
		b := request(t, drive(t))
		b.per, b.Compress = 128, c.compressed
		if c.sealed {
			b.Recipients = []string{identity(t).Recipient().String()}
		}
		out := mustWrite(t, b, l)
		var files []string
		_ = filepath.WalkDir(out.Path, func(path string, e fs.DirEntry, _ error) error {
			if e.Type().IsRegular() {
				files = append(files, path)
			}
			return nil
		})
		random := rand.New(rand.NewPCG(1, 2))
		check := func(what string) {
			t.Helper()
			_, err := bundle.Verify(out.Path, bundle.Options{})
			var broken *audit.BrokenError
			if !errors.As(err, &broken) {
				t.Fatalf("%s: %v", what, err)
			}
		}
		for i := range 250 {
			path := files[random.IntN(len(files))]
			good, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			bad := bytes.Clone(good)
			kind := i % 5
			switch kind {
			case 0:
				bad[random.IntN(len(bad))] ^= 1 << random.IntN(8)
			case 1:
				bad = bad[:random.IntN(len(bad))]
			case 2:
				bad = append(bad, bad[:1+random.IntN(len(bad))]...)
			case 3:
				at := random.IntN(len(bad))
				bad = append(bad[:at:at], bad[min(len(bad), at+1+random.IntN(20)):]...)
			case 4:
				bad = nil
			}
			if bytes.Equal(bad, good) {
				continue
			}
			if bad == nil {
				err = os.Remove(path)
			} else {
				err = os.WriteFile(path, bad, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			check(fmt.Sprintf("%s, mutation %d", path, kind))
			if err := os.WriteFile(path, good, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, extra := range []string{"more.jsonl", "tree/more", "tree/tile/0/999", ".hidden"} {
			path := filepath.Join(out.Path, extra)
			if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
			check("extra file " + extra)
			_ = os.Remove(path)
		}
		// Two files of one kind swapped, and a link in place of a file.
		swap := func(a, b string) {
			for _, step := range [][2]string{{a, "swap"}, {b, a}, {"swap", b}} {
				if err := os.Rename(filepath.Join(out.Path, step[0]), filepath.Join(out.Path, step[1])); err != nil {
					t.Fatal(err)
				}
			}
		}
		first, second := files[indexOf(files, "entries-000001.jsonl")], files[indexOf(files, "entries-000002.jsonl")]
		swap(filepath.Base(first), filepath.Base(second))
		check("swapped files")
		swap(filepath.Base(first), filepath.Base(second))
		if err := errors.Join(os.Rename(first, first+".real"), os.Symlink(first+".real", first)); err != nil {
			t.Fatal(err)
		}
		check("a link")
		if err := errors.Join(os.Remove(first), os.Rename(first+".real", first)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(out.Path, "checkpoint.cosigned"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := bundle.Verify(out.Path, bundle.Options{}); err != nil {
			t.Errorf("a witness's file: %v", err)
		}
	}
}

func indexOf(files []string, part string) int {
	for i, f := range files {
		if strings.Contains(f, part) {
			return i
		}
	}
	return -1
}

// pulled is a drive that is pulled out after so many operations: from then on everything fails.
type pulled struct {
	disk
	left *atomic.Int64
	err  error
	part bool // the last write still leaves half of its bytes
}

func pulledAfter(d disk, ops int, err error, part bool) pulled {
	p := pulled{disk: d, left: new(atomic.Int64), err: err, part: part}
	p.left.Store(int64(ops))
	return p
}

func (p pulled) use() error {
	_, err := p.count()
	return err
}

// count uses the drive up by one operation. The first that fails is the last that may leave something.
func (p pulled) count() (last bool, err error) {
	if left := p.left.Add(-1); left < 0 {
		return left == -1, p.err
	}
	return false, nil
}

func (p pulled) Mkdir(name string) error {
	if err := p.use(); err != nil {
		return err
	}
	return p.disk.Mkdir(name)
}

func (p pulled) Create(name string) (file, error) {
	if err := p.use(); err != nil {
		return nil, err
	}
	f, err := p.disk.Create(name)
	return pulledFile{f, p}, err
}

func (p pulled) Rename(from, to string) error {
	if err := p.use(); err != nil {
		return err
	}
	return p.disk.Rename(from, to)
}

func (p pulled) Sync(dir string, deep bool) error {
	if err := p.use(); err != nil {
		return err
	}
	return p.disk.Sync(dir, deep)
}

type pulledFile struct {
	file
	p pulled
}

func (f pulledFile) Write(b []byte) (int, error) {
	if last, err := f.p.count(); err != nil {
		n := 0
		if f.p.part && last {
			n, _ = f.file.Write(b[:len(b)/2])
		}
		return n, err
	}
	return f.file.Write(b)
}

func (f pulledFile) Sync() error {
	if err := f.p.use(); err != nil {
		return err
	}
	return f.file.Sync()
}

// whole tells which directories on a target verify, also under a temporary name.
func whole(t testing.TB, dir string) []string {
	t.Helper()
	names, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, n := range names {
		if _, err := bundle.Verify(filepath.Join(dir, n.Name()), bundle.Options{}); err == nil {
			found = append(found, n.Name())
		}
	}
	return found
}

func TestPulledAtEveryOperationNothingHalfWrittenVerifiesAndTheNextTryGoesOn(t *testing.T) {
	l := record(t, 70)
	for _, c := range []struct {
		name string
		err  error
		want error
		part bool
		step int
		pack bool
	}{
		{"EIO", syscall.EIO, ErrTarget, false, 1, false},
		{"EIO, torn", syscall.EIO, ErrTarget, true, 4, false},
		{"ENOSPC, torn", syscall.ENOSPC, ErrRoom, true, 5, false},
		{"EIO, torn, compressed", syscall.EIO, ErrTarget, true, 3, true},
	} {
		resumed := 0
		for ops := 0; ; ops += c.step {
			dir := drive(t)
			b := request(t, dir)
			b.Compress = c.pack
			d, err := openDisk(dir)
			if err != nil {
				t.Fatal(err)
			}
			p := pulledAfter(d, ops, c.err, c.part)
			b.target = p
			out, err := b.Write(t.Context(), snapshot(t, l))
			_ = d.Close()
			if err == nil {
				if ops < 60 {
					t.Fatalf("only %d operations", ops)
				}
				if got := whole(t, dir); len(got) != 1 {
					t.Fatalf("%s: %v verify", c.name, got)
				}
				break
			}
			if !errors.Is(err, c.want) || out.Path != "" {
				t.Fatalf("%s after %d operations: %v", c.name, ops, err)
			}
			for _, name := range whole(t, dir) {
				// Only what is whole may verify: all was written and read back, and the renaming or its fsync failed.
				if m := p.left.Load(); m != -1 || !complete(t, filepath.Join(dir, name), 70) {
					t.Fatalf("%s after %d operations: %s verifies", c.name, ops, name)
				}
			}
			// The drive comes back; the record has grown meanwhile.
			b.target, b.Made = nil, b.Made.Add(time.Hour)
			if out, err = b.Write(t.Context(), snapshot(t, l)); err != nil {
				t.Fatalf("%s after %d operations, again: %v", c.name, ops, err)
			}
			resumed += out.Resumed
			if _, err := bundle.Verify(out.Path, bundle.Options{}); err != nil {
				t.Fatalf("%s after %d operations, again: %v", c.name, ops, err)
			}
		}
		if resumed == 0 {
			t.Errorf("%s: no try went on where the one before stopped", c.name)
		}
	}
}

func complete(t *testing.T, dir string, entries int64) bool {
	t.Helper()
	r, err := bundle.Verify(dir, bundle.Options{})
	return err == nil && r.EntriesChecked && r.Manifest.Entries == entries
}

func TestResumeKeepsFinishedPartsOfAGrownRecordAndMistrustsTheTarget(t *testing.T) {
	l := record(t, 70)
	dir := drive(t)
	b := request(t, dir)
	interrupt := func() {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		b.Progress = func(s Step, done, _ int64) {
			if s == Tree {
				cancel()
			}
		}
		if _, err := b.Write(ctx, snapshot(t, l)); !errors.Is(err, context.Canceled) {
			t.Fatalf("cancelled: %v", err)
		}
		b.Progress = nil
	}
	interrupt()
	if got := whole(t, dir); len(got) > 0 {
		t.Fatalf("%v verify after a cancel", got)
	}
	extend(t, l, 30)
	out := mustWrite(t, b, l)
	if out.Resumed != 4 || out.Manifest.Entries != 100 { // 70 entries are four whole parts and a piece
		t.Errorf("%d parts kept, %d entries", out.Resumed, out.Manifest.Entries)
	}
	if !complete(t, out.Path, 100) {
		t.Error("not whole")
	}
	// A finished part that was changed on the target is written again.
	b = request(t, drive(t))
	dir = b.Dir
	interrupt()
	parts, _ := filepath.Glob(filepath.Join(dir, ".*", "ocsf-000002.jsonl"))
	data, err := os.ReadFile(parts[0])
	if err != nil {
		t.Fatal(err)
	}
	data[10] ^= 1
	if err := os.WriteFile(parts[0], data, 0o600); err != nil {
		t.Fatal(err)
	}
	if out = mustWrite(t, b, l); out.Resumed != 6 || !complete(t, out.Path, 100) {
		t.Errorf("%d parts kept of 7", out.Resumed)
	}
	// Another question is another bundle.
	for name, other := range map[string]func(){
		"until":      func() { b.Until = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) },
		"compressed": func() { b.Compress = true },
	} {
		b = request(t, drive(t))
		interrupt()
		other()
		if out = mustWrite(t, b, l); out.Resumed != 0 || !complete(t, out.Path, 100) {
			t.Errorf("%s: %d parts kept of another export", name, out.Resumed)
		}
	}
	// Nor does a finished part stay that holds what retention has left out since.
	b = request(t, drive(t))
	interrupt()
	e, err := l.Entries(20, 1)
	if err != nil {
		t.Fatal(err)
	}
	set, err := l.Prune(audit.Entry{Actor: "compliance"}, e[0].Time, nil)
	if err != nil || set.Count == 0 {
		t.Fatalf("%+v, %v", set, err)
	}
	if out = mustWrite(t, b, l); out.Resumed != 4 || out.Manifest.Pruned != set.Count || !complete(t, out.Path, 101) {
		t.Errorf("%d parts kept, %d of %d pruned entries", out.Resumed, out.Manifest.Pruned, set.Count)
	}
}

func TestWhatDoesNotReadBackGetsNoName(t *testing.T) {
	l := record(t, 40)
	b := request(t, drive(t))
	d, err := openDisk(b.Dir)
	if err != nil {
		t.Fatal(err)
	}
	b.target = liar{d}
	if _, err := b.Write(t.Context(), snapshot(t, l)); !errors.Is(err, ErrReadBack) {
		t.Fatalf("a drive that keeps other bytes: %v", err)
	}
	if names, _ := filepath.Glob(filepath.Join(b.Dir, "subrosa-*")); len(names) > 0 || len(whole(t, b.Dir)) > 0 {
		t.Errorf("%v", names)
	}
}

// liar is a counterfeit drive: it acknowledges bytes that it does not keep.
type liar struct{ disk }

func (l liar) Create(name string) (file, error) {
	f, err := l.disk.Create(name)
	if strings.Contains(name, "fhir-000002") {
		return liarFile{f}, err
	}
	return f, err
}

type liarFile struct{ file }

func (f liarFile) Write(b []byte) (int, error) {
	_, err := f.file.Write(make([]byte, len(b)))
	return len(b), err
}

func TestTargetsThatCannotBeWritten(t *testing.T) {
	l := record(t, 5)
	for _, dir := range []string{filepath.Join(t.TempDir(), "not there"), "/proc"} {
		b := request(t, dir)
		if _, err := b.Write(t.Context(), snapshot(t, l)); !errors.Is(err, ErrTarget) {
			t.Errorf("%s: %v", dir, err)
		}
	}
}
