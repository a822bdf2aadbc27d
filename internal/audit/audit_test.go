//go:build unix

package audit

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	formats "github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const origin = "subrosa.test/audit"

var testKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))

func mustOpen(t testing.TB, dir string) *Log {
	t.Helper()
	l, err := Open(dir, testKey, origin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	l.clock.last = time.Time{} // samples are dated in the future
	return l
}

// sample is an entry of about 600 bytes, like a turn's.
func sample(i int) Entry {
	var salt [32]byte
	return Entry{
		Time: time.Unix(1_800_000_000+int64(i), 5).UTC(), Actor: "user", Action: Prompt, Conversation: "c0ffee", Turn: fmt.Sprint("turn-", i),
		Model: "model <&> ü", Policy: "1", Ruleset: "r1", Sampling: Sampling{Temperature: 0.7, TopK: 40, TopP: 0.95, Seed: 1, MaxTokens: 512},
		Prompt: Commit(salt, "hello"), Redactions: map[string]int{"US_SSN": 1, "EMAIL_ADDRESS": 2}, Result: "ok",
	}
}

func appendN(t testing.TB, l *Log, n int) {
	t.Helper()
	for range n {
		want := l.Size()
		if seq, err := l.Append(sample(int(want))); err != nil || seq != want {
			t.Fatalf("append: %d, %v; want %d", seq, err, want)
		}
	}
}

// together appends n entries as writers do that meet: in one write, of which the last entry has the signature.
func together(t testing.TB, l *Log, n int) {
	t.Helper()
	var waiting []*pending
	l.mu.Lock()
	for i := range n {
		d, err := sample(int(l.tree.size) + i).draft()
		if err != nil {
			t.Fatal(err)
		}
		p, err := l.enqueueLocked(d)
		if err != nil {
			t.Fatal(err)
		}
		waiting = append(waiting, p)
	}
	want := l.tree.size
	l.mu.Unlock()
	for _, p := range waiting {
		if seq, err := l.settle(p); err != nil || seq != want {
			t.Fatalf("append: %d, %v; want %d", seq, err, want)
		}
		want++
	}
}

// closed makes a log of n entries, closed, and returns its directory.
func closed(t testing.TB, n int) string {
	t.Helper()
	dir := filepath.Join(tempDir(t), "audit")
	l := mustOpen(t, dir)
	appendN(t, l, n)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func read(t testing.TB, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t testing.TB, dir, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func broken(t *testing.T, err error) *BrokenError {
	t.Helper()
	b, ok := errors.AsType[*BrokenError](err)
	if !ok {
		t.Fatalf("want a *BrokenError, got %v", err)
	}
	return b
}

// openBroken expects Open to refuse as Verify does, and to change nothing.
func openBroken(t *testing.T, dir string, want *BrokenError) {
	t.Helper()
	before := read(t, dir, entriesFile)
	_, err := Open(dir, testKey, origin)
	if b := broken(t, err); *b != *want {
		t.Fatalf("Open says %v, Verify %v", b, want)
	}
	if !bytes.Equal(read(t, dir, entriesFile), before) {
		t.Fatal("Open changed a broken record")
	}
}

func TestEntriesComeBackAfterReopening(t *testing.T) {
	dir := filepath.Join(tempDir(t), "a", "audit")
	l := mustOpen(t, dir)
	appendN(t, l, 700)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = mustOpen(t, dir)
	if l.Size() != 700 || l.Repaired() != (Repair{}) || l.Healthy() != nil {
		t.Fatalf("size %d, repaired %+v, %v", l.Size(), l.Repaired(), l.Healthy())
	}
	appendN(t, l, 1)
	for _, at := range [][2]int64{{0, 3}, {255, 2}, {256, 1}, {300, 250}, {699, 10}, {701, 5}, {0, 0}, {0, math.MaxInt64}} {
		got, err := l.Entries(at[0], at[1])
		if err != nil || int64(len(got)) != max(0, min(at[1], 701-at[0])) {
			t.Fatalf("%v: %d entries, %v", at, len(got), err)
		}
		for i, e := range got {
			n := at[0] + int64(i)
			want := sample(int(n))
			want.Version, want.Seq, want.Prev, want.Sig = e.Version, n, e.Prev, e.Sig
			if fmt.Sprint(e) != fmt.Sprint(want) {
				t.Fatalf("entry %d: %+v", n, e)
			}
		}
	}
	if _, err := l.Entries(-1, 1); err == nil {
		t.Fatal("entry -1")
	}
	if _, err := Open(dir, testKey, "other/origin"); broken(t, err).File != keyFile {
		t.Fatal("another origin opened the log")
	}
	if _, err := Open(dir, ed25519.NewKeyFromSeed(make([]byte, 32)), origin); broken(t, err).File != keyFile {
		t.Fatal("another key opened the log")
	}
	if _, err := Open(tempDir(t), testKey, "no spaces"); err == nil {
		t.Fatal("an origin with a space")
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(sample(0)); !errors.Is(err, ErrClosed) || !errors.Is(l.Healthy(), ErrClosed) || l.Close() != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]fs.FileMode{".": 0o700, entriesFile: 0o600, hashesFile: 0o600, checkpointFile: 0o600, keyFile: 0o600} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v", name, info.Mode())
		}
	}
}

func TestVerifyRecomputesWithoutKeys(t *testing.T) {
	dir := filepath.Join(tempDir(t), "audit")
	if _, err := Verify(t.Context(), dir, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	l := mustOpen(t, dir)
	if r, err := Verify(t.Context(), dir, nil); err != nil || r.Size != 0 || r.Origin != origin {
		t.Fatalf("%+v, %v", r, err)
	}
	appendN(t, l, 5)
	if r, err := Verify(t.Context(), dir, nil); err != nil || r.Size != 5 || r.Checkpointed != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if err := l.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	appendN(t, l, 2)
	var done, total int64
	r, err := Verify(t.Context(), dir, func(d, n int64) { done, total = d, n })
	if err != nil || r.Size != 7 || r.Checkpointed != 5 || r.TornBytes != 0 || r.StaleHashes || done != total || total == 0 {
		t.Fatalf("%+v, %v, progress %d of %d", r, err, done, total)
	}
	if r.Key+"\n" != string(read(t, dir, keyFile)) {
		t.Fatal("another key was reported")
	}
}

// Nothing of this package checks here: only note, formats and tlog themselves.
func TestOutsideToolsCheckTheLog(t *testing.T) {
	const n = 77
	dir := closed(t, n)
	verifier, err := note.NewVerifier(strings.TrimSpace(string(read(t, dir, keyFile))))
	if err != nil {
		t.Fatal(err)
	}
	opened, err := note.Open(read(t, dir, checkpointFile), note.VerifierList(verifier))
	if err != nil {
		t.Fatal(err)
	}
	var cp formats.Checkpoint
	if rest, err := cp.Unmarshal([]byte(opened.Text)); err != nil || len(rest) != 0 || cp.Origin != origin || cp.Size != n {
		t.Fatalf("%+v, %v", cp, err)
	}
	stored := read(t, dir, hashesFile)
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = tlog.Hash(stored[x*tlog.HashSize : (x+1)*tlog.HashSize])
		}
		return out, nil
	})
	root, err := tlog.TreeHash(n, reader)
	if err != nil || root != tlog.Hash(cp.Hash) {
		t.Fatalf("root %v, signed %x, %v", root, cp.Hash, err)
	}
	if int64(len(stored)) != tlog.StoredHashCount(n)*tlog.HashSize {
		t.Fatal("number of stored hashes")
	}
	for i, line := range bytes.Split(bytes.TrimSuffix(read(t, dir, entriesFile), []byte("\n")), []byte("\n")) {
		proof, err := tlog.ProveRecord(n, int64(i), reader)
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckRecord(proof, n, root, int64(i), tlog.RecordHash(line)); err != nil {
			t.Fatalf("entry %d: %v", i, err)
		}
		if tlog.CheckRecord(proof, n, root, int64(i), tlog.RecordHash(append(line, ' '))) == nil {
			t.Fatal("a proof holds for another entry")
		}
	}
}

func TestTreeAgreesWithTlog(t *testing.T) {
	var tr tree
	var all []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = all[x]
		}
		return out, nil
	})
	for n := range int64(130) {
		if want, err := tlog.TreeHash(n, reader); err != nil || tr.root() != want {
			t.Fatalf("root of %d: %v", n, err)
		}
		data := []byte{byte(n)}
		want, err := tlog.StoredHashes(n, data, reader)
		if err != nil {
			t.Fatal(err)
		}
		got := tr.push(tlog.RecordHash(data), nil)
		for i, h := range want {
			if tlog.Hash(got[i*32:i*32+32]) != h {
				t.Fatalf("stored hash %d of leaf %d", i, n)
			}
		}
		if len(got) != 32*len(want) {
			t.Fatal("number of stored hashes")
		}
		all = append(all, want...)
	}
}

func TestEveryFlippedByteIsNamed(t *testing.T) {
	dir := closed(t, 3)
	l := mustOpen(t, dir)
	appendN(t, l, 2) // beyond the checkpoint
	entries := read(t, dir, entriesFile)
	for name, want := range map[string]func(off int) *BrokenError{
		entriesFile: func(off int) *BrokenError {
			return &BrokenError{Index: int64(bytes.Count(entries[:off], []byte("\n"))), File: entriesFile}
		},
		checkpointFile: func(int) *BrokenError { return &BrokenError{Index: -1, File: checkpointFile} },
		keyFile:        func(int) *BrokenError { return &BrokenError{Index: -1, File: keyFile} },
	} {
		good := read(t, dir, name)
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		for off := range good {
			for _, mask := range []byte{0x01, 0x20, 0xff} {
				if _, err := f.WriteAt([]byte{good[off] ^ mask}, int64(off)); err != nil {
					t.Fatal(err)
				}
				_, err := Verify(t.Context(), dir, nil)
				if _, err := f.WriteAt(good[off:off+1], int64(off)); err != nil {
					t.Fatal(err)
				}
				if err == nil && name == entriesFile && off == len(good)-1 {
					continue // the newest line, not acknowledged by a checkpoint, without its newline: torn
				}
				b, w := broken(t, err), want(off)
				if b.Index != w.Index || b.File != w.File {
					t.Fatalf("%s byte %d ^ %#x: %v, want entry %d", name, off, mask, b, w.Index)
				}
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := Verify(t.Context(), dir, nil); err != nil {
			t.Fatal("positive control: ", err)
		}
	}
	// Base64 has more than one spelling of the same signature: only one is accepted.
	cp := read(t, dir, checkpointFile)
	for i := range []byte("0123") {
		for c := byte('+'); c <= 'z'; c++ {
			bad := bytes.Clone(cp)
			bad[len(bad)-3-i] = c
			if !bytes.Equal(bad, cp) {
				write(t, dir, checkpointFile, bad)
				_, err := Verify(t.Context(), dir, nil)
				broken(t, err)
			}
		}
	}
	write(t, dir, checkpointFile, cp)
	// hashes is derived: the record is whole, and Open heals it.
	good := read(t, dir, hashesFile)
	for off := 0; off < len(good); off += 7 {
		bad := bytes.Clone(good)
		bad[off] ^= 1
		write(t, dir, hashesFile, bad)
		if r, err := Verify(t.Context(), dir, nil); err != nil || !r.StaleHashes {
			t.Fatalf("hashes byte %d: %+v, %v", off, r, err)
		}
	}
	for _, bad := range [][]byte{nil, good[:33], append(bytes.Clone(good), 1), make([]byte, len(good))} {
		write(t, dir, hashesFile, bad)
		l := mustOpen(t, dir)
		if !l.Repaired().HashesRebuilt || !bytes.Equal(read(t, dir, hashesFile), good) {
			t.Fatal("hashes were not rebuilt")
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, hashesFile)); err != nil {
		t.Fatal(err)
	}
	if r, err := Verify(t.Context(), dir, nil); err != nil || !r.StaleHashes {
		t.Fatal(err)
	}
}

func TestEditedEntriesAreNamed(t *testing.T) {
	for _, covered := range []bool{true, false} {
		dir := closed(t, 0)
		l := mustOpen(t, dir)
		appendN(t, l, 8)
		if covered {
			if err := l.Checkpoint(); err != nil {
				t.Fatal(err)
			}
		}
		lines := bytes.SplitAfter(read(t, dir, entriesFile), []byte("\n"))
		lines = lines[:8]
		pick := func(order ...int) []byte {
			var out []byte
			for _, i := range order {
				out = append(out, lines[i]...)
			}
			return out
		}
		forged := sample(8)
		forged.Seq, forged.Prev = 8, nil
		other := ed25519.NewKeyFromSeed(make([]byte, 32))
		last := signedHash(t, bytes.TrimSuffix(lines[7], []byte("\n")))
		forged.Prev = last[:]
		forgedLine, err := forged.sign(other, origin)
		if err != nil {
			t.Fatal(err)
		}
		elsewhere := sample(8)
		elsewhere.Seq, elsewhere.Prev = 8, last[:]
		elsewhereLine, err := elsewhere.sign(testKey, "another/log")
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			content []byte
			index   int64
		}{
			"drop first":     {pick(1, 2, 3, 4, 5, 6, 7), 0},
			"drop middle":    {pick(0, 1, 2, 4, 5, 6, 7), 3},
			"swap":           {pick(0, 1, 3, 2, 4, 5, 6, 7), 2},
			"repeat":         {pick(0, 1, 1, 2, 3, 4, 5, 6, 7), 2},
			"repeat last":    {pick(0, 1, 2, 3, 4, 5, 6, 7, 7), 8},
			"empty line":     {append(pick(0, 1, 2, 3), append([]byte("\n"), pick(4, 5, 6, 7)...)...), 4},
			"edited":         {bytes.Replace(pick(0, 1, 2, 3, 4, 5, 6, 7), []byte(`"turn-5"`), []byte(`"turn-9"`), 1), 5},
			"edited last":    {bytes.Replace(pick(0, 1, 2, 3, 4, 5, 6, 7), []byte(`"turn-7"`), []byte(`"turn-9"`), 1), 7},
			"forged":         {append(pick(0, 1, 2, 3, 4, 5, 6, 7), append(forgedLine, '\n')...), 8},
			"of another log": {append(pick(0, 1, 2, 3, 4, 5, 6, 7), append(elsewhereLine, '\n')...), 8},
			"huge line":      {append(pick(0, 1), bytes.Repeat([]byte("x"), 1<<20)...), 2},
			"huge tail":      {append(pick(0, 1, 2, 3, 4, 5, 6, 7), bytes.Repeat([]byte("x"), 1<<20)...), 8},
			"binary":         {append(pick(0, 1), append([]byte{0xff, 0xfe, '\n'}, pick(2, 3, 4, 5, 6, 7)...)...), 2},
		} {
			write(t, dir, entriesFile, c.content)
			_, err := Verify(t.Context(), dir, nil)
			b := broken(t, err)
			if b.Index != c.index || b.File != entriesFile {
				t.Errorf("%s, covered %v: %v, want entry %d", name, covered, b, c.index)
			}
			openBroken(t, dir, b)
		}
		// Fewer entries than the checkpoint covers is a rollback; without one it cannot be told from a younger log.
		write(t, dir, entriesFile, pick(0, 1, 2, 3, 4, 5))
		_, err = Verify(t.Context(), dir, nil)
		if !covered {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		b := broken(t, err)
		if b.Index != 6 {
			t.Errorf("truncated: %v", b)
		}
		openBroken(t, dir, b)
		write(t, dir, entriesFile, nil)
		_, err = Verify(t.Context(), dir, nil)
		if b := broken(t, err); b.Index != 0 {
			t.Errorf("emptied: %v", b)
		}
	}
}

func TestMissingAndSwappedFilesAreNamed(t *testing.T) {
	dir, other := closed(t, 3), closed(t, 4)
	for _, name := range []string{entriesFile, checkpointFile, keyFile} {
		good := read(t, dir, name)
		for what, change := range map[string]func(path string) error{
			"missing":   os.Remove,
			"empty":     func(p string) error { return os.WriteFile(p, nil, 0o600) },
			"directory": func(p string) error { return errors.Join(os.Remove(p), os.Mkdir(p, 0o700)) },
			"link":      func(p string) error { return errors.Join(os.Remove(p), os.Symlink("/dev/zero", p)) },
			"pipe":      func(p string) error { return errors.Join(os.Remove(p), syscall.Mkfifo(p, 0o600)) },
			"large":     func(p string) error { return os.WriteFile(p, make([]byte, 1<<20), 0o600) },
		} {
			path := filepath.Join(dir, name)
			if err := change(path); err != nil {
				t.Fatal(err)
			}
			_, err := Verify(t.Context(), dir, nil)
			if b := broken(t, err); b.File != name {
				t.Errorf("%s %s: %v", name, what, b)
			}
			_, err = Open(dir, testKey, origin)
			if b := broken(t, err); b.File != name {
				t.Errorf("%s %s: open: %v", name, what, b)
			}
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
			write(t, dir, name, good)
		}
	}
	mustOpen(t, dir)
	// A checkpoint that this key signed for other entries.
	write(t, dir, checkpointFile, read(t, other, checkpointFile))
	_, err := Verify(t.Context(), dir, nil)
	if b := broken(t, err); b.Index != 3 {
		t.Errorf("checkpoint of a longer log: %v", b)
	}
	fake := checkpoint{origin, 3, tlog.Hash{1}}
	l := mustOpen(t, closed(t, 0))
	msg, err := signCheckpoint(testKey, l.keys.newest().verifier, fake)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, checkpointFile, msg)
	_, err = Verify(t.Context(), dir, nil)
	if b := broken(t, err); b.Index != -1 || b.File != checkpointFile {
		t.Errorf("checkpoint with another root: %v", b)
	}
	// Everything but the key and the hashes gone: not a new log.
	for _, name := range []string{entriesFile, checkpointFile} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(dir, testKey, origin); broken(t, err).File != checkpointFile {
		t.Error(err)
	}
}

func TestAStartThatWasCutShortIsNoBrokenLog(t *testing.T) {
	for _, left := range [][]string{{}, {keyFile}, {keyFile, checkpointFile}, {keyFile, checkpointFile, entriesFile}} {
		from, dir := closed(t, 0), tempDir(t)
		for _, name := range left {
			write(t, dir, name, read(t, from, name))
		}
		if _, err := Verify(t.Context(), dir, nil); err != nil && !(len(left) < 2 && errors.Is(err, fs.ErrNotExist)) {
			t.Errorf("%v: verify: %v", left, err)
		}
		appendN(t, mustOpen(t, dir), 2)
		if r, err := Verify(t.Context(), dir, nil); err != nil || r.Size != 2 {
			t.Errorf("%v: %+v, %v", left, r, err)
		}
	}
}

func TestATailCutAtEveryByteKeepsWhatIsWhole(t *testing.T) {
	dir := filepath.Join(tempDir(t), "audit")
	l := mustOpen(t, dir)
	appendN(t, l, 2)
	if err := l.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	appendN(t, l, 2)
	cp, entries := read(t, dir, checkpointFile), read(t, dir, entriesFile)
	for _, zeros := range []int{0, 1, 700} { // what file systems leave of a write that was not completed
		for cut := range len(entries) + 1 {
			if zeros > 0 && cut%11 != 0 {
				continue
			}
			write(t, dir, entriesFile, append(bytes.Clone(entries[:cut]), make([]byte, zeros)...))
			whole := int64(bytes.Count(entries[:cut], []byte("\n")))
			if whole < 2 {
				_, err := Verify(t.Context(), dir, nil)
				if b := broken(t, err); b.Index != whole {
					t.Fatalf("cut at %d: %v", cut, b)
				}
				continue
			}
			r, err := Verify(t.Context(), dir, nil)
			if err != nil || r.Size != whole {
				t.Fatalf("cut at %d: %+v, %v", cut, r, err)
			}
			if near := bytes.IndexByte(entries[max(0, cut-1):], '\n'); zeros > 0 && near > 1 && cut%37 != 0 {
				continue // here the repair itself at the ends of lines, and here and there
			}
			l, err := Open(dir, testKey, origin)
			if err != nil || l.Size() != whole || l.Repaired().TornBytes != r.TornBytes {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			if zeros == 0 || cut%50 == 0 {
				appendN(t, l, 1)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := Verify(t.Context(), dir, nil); err != nil {
				t.Fatalf("cut at %d: after repair: %v", cut, err)
			}
			write(t, dir, checkpointFile, cp)
		}
	}
	// The newline made it, the block before did not.
	last := bytes.LastIndexByte(entries[:len(entries)-1], '\n') + 1
	bad := bytes.Clone(entries)
	clear(bad[last : last+512-last%512])
	write(t, dir, checkpointFile, cp)
	write(t, dir, entriesFile, bad)
	if r, err := Verify(t.Context(), dir, nil); err != nil || r.Size != 3 || r.TornBytes != int64(len(entries)-last) {
		t.Fatalf("%+v, %v", r, err)
	}
	if l := mustOpen(t, dir); l.Size() != 3 {
		t.Fatal(l.Size())
	}
}

// faulty fails once its counter has run down.
type faulty struct {
	file
	writes, syncs int
	part          int // bytes that a failing write leaves behind
	err           error
}

func (f *faulty) Write(b []byte) (int, error) {
	if f.writes--; f.writes < 0 {
		n, _ := f.file.Write(b[:min(f.part, len(b))])
		return n, f.err
	}
	return f.file.Write(b)
}

func (f *faulty) Sync() error {
	if f.syncs--; f.syncs < 0 {
		return f.err
	}
	return f.file.Sync()
}

func TestARefusedWriteOrFsyncPoisonsForEver(t *testing.T) {
	for name, f := range map[string]faulty{
		"write EIO":    {writes: 2, syncs: 9, err: syscall.EIO},
		"short write":  {writes: 2, syncs: 9, part: 100},
		"fsync EIO":    {writes: 9, syncs: 2, err: syscall.EIO},
		"fsync ENOSPC": {writes: 9, syncs: 2, err: syscall.ENOSPC},
	} {
		dir := filepath.Join(tempDir(t), "audit")
		l := mustOpen(t, dir)
		f.file = l.entries
		l.entries = &f
		appendN(t, l, 2)
		for i := range 3 {
			_, err := l.Append(sample(2))
			if !errors.Is(err, ErrPoisoned) || errors.Is(err, ErrDiskFull) != strings.Contains(name, "ENOSPC") {
				t.Fatalf("%s, try %d: %v", name, i, err)
			}
			f.writes, f.syncs, f.err = 99, 99, nil // the disk recovers; the log must not
		}
		if !errors.Is(l.Healthy(), ErrPoisoned) || !errors.Is(l.Checkpoint(), ErrPoisoned) || l.Size() != 2 {
			t.Fatalf("%s: %v", name, l.Healthy())
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		l = mustOpen(t, dir)
		if l.Size() < 2 || l.Size() > 3 {
			t.Fatalf("%s: %d entries", name, l.Size())
		}
		appendN(t, l, 1)
		if _, err := Verify(t.Context(), dir, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// On a full disk what begins something is refused, and nothing of it stays; what ends something takes the space that was
// set aside. Neither poisons.
func TestAFullDiskRefusesWhatBeginsAndLetsEndWhatRuns(t *testing.T) {
	dir := filepath.Join(tempDir(t), "audit")
	l := mustOpen(t, dir)
	appendN(t, l, 2)
	real := l.entries
	noSpace := &fs.PathError{Op: "write", Err: syscall.ENOSPC}
	l.entries = &faulty{file: real, part: 100, syncs: 99, err: noSpace}
	for range 2 {
		if _, err := l.Append(sample(2)); !errors.Is(err, ErrDiskFull) || errors.Is(err, ErrPoisoned) || l.Healthy() != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, reserveFile)); err != nil || info.Size() != reserveSize {
		t.Fatal("the reserve went to a prompt: ", err)
	}
	l.entries = &faulty{file: &once{file: real, err: noSpace}, writes: 99, syncs: 99}
	end := Entry{Action: Response, Actor: "user"}
	if seq, err := l.Append(end); err != nil || seq != 2 {
		t.Fatalf("%d, %v", seq, err)
	}
	if info, err := os.Stat(filepath.Join(dir, reserveFile)); err != nil || info.Size() != 0 {
		t.Fatal("the reserve was not used: ", err)
	}
	l.entries = real
	appendN(t, l, 1) // there is room again, for a new reserve too
	if info, err := os.Stat(filepath.Join(dir, reserveFile)); err != nil || info.Size() != reserveSize {
		t.Fatal("no new reserve: ", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if r, err := Verify(t.Context(), dir, nil); err != nil || r.Size != 4 || r.TornBytes != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
}

// once fails at the first write.
type once struct {
	file
	err error
}

func (o *once) Write(b []byte) (int, error) {
	if err := o.err; err != nil {
		o.err = nil
		n, _ := o.file.Write(b[:50])
		return n, err
	}
	return o.file.Write(b)
}

func TestAFileChangedUnderAnOpenLogPoisons(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"removed":  os.Remove,
		"cut":      func(p string) error { return os.Truncate(p, 10) },
		"extended": func(p string) error { return os.WriteFile(p, make([]byte, 9999), 0o600) },
		"replaced": func(p string) error {
			b, err := os.ReadFile(p)
			return errors.Join(err, os.Remove(p), os.WriteFile(p, b, 0o600))
		},
	} {
		dir := filepath.Join(tempDir(t), "audit")
		l := mustOpen(t, dir)
		appendN(t, l, 2)
		if err := change(filepath.Join(dir, entriesFile)); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Append(sample(2)); !errors.Is(err, ErrPoisoned) || broken(t, err) == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACheckpointThatCannotBeWrittenStopsTheLogAndHealsLater(t *testing.T) {
	dir := filepath.Join(tempDir(t), "audit")
	l := mustOpen(t, dir)
	appendN(t, l, maxUnsigned)
	path := filepath.Join(dir, checkpointFile)
	good := read(t, dir, checkpointFile)
	if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
		t.Fatal(err)
	}
	if err := l.Checkpoint(); err == nil {
		t.Fatal("wrote a checkpoint over a directory")
	}
	if _, err := l.Append(sample(0)); err == nil || errors.Is(err, ErrPoisoned) || l.Size() != maxUnsigned {
		t.Fatalf("append with %d unsigned entries: %v", maxUnsigned, err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	write(t, dir, checkpointFile, good)
	appendN(t, l, 1)
	if r, err := Verify(t.Context(), dir, nil); err != nil || r.Checkpointed != maxUnsigned {
		t.Fatalf("%+v, %v", r, err)
	}
}

func TestEntriesThatCannotBeRecordedAreRefusedUnharmed(t *testing.T) {
	l := mustOpen(t, filepath.Join(tempDir(t), "audit"))
	for name, e := range map[string]Entry{
		"too large": {Detail: strings.Repeat("x", maxEntry)},
		"NaN":       {Sampling: Sampling{Temperature: math.NaN()}},
		"year":      {Time: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		if _, err := l.Append(e); !errors.Is(err, ErrEntry) || l.Healthy() != nil || l.Size() != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, e := range []Entry{
		{},
		{Detail: "half a rune \xe2\x82, zero \x00, line\nbreak \u2028 </script>"},
		{Redactions: map[string]int{"a\xff": 1, "b": -1}},
		{Time: time.Now()},
		{Time: time.Now().In(time.FixedZone("x", 5400))},
		{Sampling: Sampling{Temperature: math.Copysign(0, -1)}},
		{Detail: strings.Repeat("x", maxEntry-400)},
	} {
		if _, err := l.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if r, err := Verify(t.Context(), l.dir, nil); err != nil || r.Size != 7 {
		t.Fatalf("%+v, %v", r, err)
	}
}

func TestCommitIsSaltedSHA256(t *testing.T) {
	// (head -c 32 /dev/zero; printf abc) | sha256sum
	if got := Commit([32]byte{}, "abc"); got != "365aa7d8f7f9402c4b9434502b4cc89ddb09fe50d7cd95b493b834c62d5a5370" {
		t.Fatal(got)
	}
	if Commit([32]byte{1}, "abc") == Commit([32]byte{}, "abc") || Commit([32]byte{}, "abc") != Commit([32]byte{}, "abc") {
		t.Fatal("the salt does nothing")
	}
}

func TestMemoryDoesNotGrowWithTheLog(t *testing.T) {
	dir := closed(t, 0)
	long(t, dir, 20_000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	l := mustOpen(t, dir)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > 1<<20 {
		t.Errorf("an open log of 20,000 entries (%d bytes) keeps %d bytes", l.end, kept)
	}
	if l.Size() != 20_000 {
		t.Fatal(l.Size())
	}
}

// long fills an empty log without an fsync per entry.
func long(t testing.TB, dir string, n int) {
	t.Helper()
	l := mustOpen(t, dir)
	l.entries = &noSync{l.entries}
	for i := range n {
		if _, err := l.Append(sample(i)); err != nil {
			t.Fatal(err)
		}
		l.signed = l.tree.size // no checkpoints on the way
	}
	l.signed = 0
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// sign returns the line of e at the place that it names. Without a key it is one that the entry after it signs for.
func (e Entry) sign(key ed25519.PrivateKey, origin string) ([]byte, error) {
	d, err := e.draft()
	if err != nil {
		return nil, err
	}
	p := pending{draft: d}
	p.Seq, p.Prev = e.Seq, e.Prev
	_, err = p.place(key, origin)
	return p.line, err
}

type noSync struct{ file }

func (noSync) Sync() error { return nil }

func FuzzDecode(f *testing.F) {
	e := sample(1)
	line, err := e.sign(testKey, origin)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(line)
	f.Add([]byte("{}"))
	f.Add([]byte("null"))
	f.Fuzz(func(t *testing.T, line []byte) {
		e, err := decode(line)
		if err != nil {
			return
		}
		// What is accepted is canonical, holds no newline, and signing it gives something that is accepted again.
		if bytes.IndexByte(line, '\n') >= 0 {
			t.Fatalf("a newline inside %q", line)
		}
		again, err := e.sign(testKey, origin)
		if err != nil && len(line) < maxEntry-200 {
			t.Fatal(err)
		}
		if err == nil {
			if _, err := decode(again); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A verifier key is name+hash+base64, and base64 has plus signs too: two keys in five hold one.
func TestEveryKeyOpensItsLogAgain(t *testing.T) {
	plus := 0
	for i := range 64 {
		seed := sha256.Sum256([]byte{byte(i)})
		signer := ed25519.NewKeyFromSeed(seed[:])
		if strings.Contains(base64.StdEncoding.EncodeToString(signer.Public().(ed25519.PublicKey)), "+") {
			plus++
		}
		dir := filepath.Join(tempDir(t), "audit")
		for range 2 {
			l, err := Open(dir, ed25519.NewKeyFromSeed(seed[:]), "subrosa/test")
			if err != nil {
				t.Fatalf("key %d: %v", i, err)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if plus == 0 {
		t.Error("no key of these has a plus sign: the test shows nothing")
	}
}

// tempDir is in memory where it can be: what these tests show does not depend on the disk, and an fsync of a busy one takes
// its time. The crash tests and the benchmarks are on a disk.
func tempDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "subrosa-audit")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
