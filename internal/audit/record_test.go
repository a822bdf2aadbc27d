//go:build unix

package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	formats "github.com/transparency-dev/formats/log"
	cosignature "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func nextKey(n byte) ed25519.PrivateKey { return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, 32)) }

func mustOpenWith(t testing.TB, dir string, o Options, more ...ed25519.PrivateKey) *Log {
	t.Helper()
	l, err := OpenWith(context.Background(), dir, append([]ed25519.PrivateKey{testKey}, more...), origin, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	l.clock.last = time.Time{} // samples are dated in the future
	return l
}

func mustVerify(t testing.TB, dir string) Report {
	t.Helper()
	r, err := Verify(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func copyDir(t testing.TB, from, to string) {
	t.Helper()
	if err := errors.Join(os.RemoveAll(to), os.CopyFS(to, os.DirFS(from))); err != nil {
		t.Fatal(err)
	}
}

// testdata/v1 was written by the first version of this package: three entries under the checkpoint, two beyond it.
func TestALogOfVersion1IsReadAndGoesOn(t *testing.T) {
	dir := filepath.Join(tempDir(t), "audit")
	copyDir(t, "testdata/v1", dir)
	before := read(t, dir, entriesFile)
	if r := mustVerify(t, dir); r.Size != 5 || r.Checkpointed != 3 || r.Epochs != 1 {
		t.Fatalf("%+v", r)
	}
	l := mustOpen(t, dir)
	appendN(t, l, 1)
	if e, err := l.Entries(4, 2); err != nil || e[0].Version != 1 || e[1].Version != entryVersion {
		t.Fatalf("%+v, %v", e, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if r := mustVerify(t, dir); r.Size != 6 || r.Checkpointed != 6 || !bytes.HasPrefix(read(t, dir, entriesFile), before) {
		t.Fatalf("%+v", r)
	}
}

// counting counts what reaches the disk.
type counting struct {
	file
	writes, syncs atomic.Int64
	slow          time.Duration
}

func (c *counting) Write(b []byte) (int, error) { c.writes.Add(1); return c.file.Write(b) }

func (c *counting) Sync() error {
	c.syncs.Add(1)
	time.Sleep(c.slow)
	return c.file.Sync()
}

func TestWritersShareAnFsyncAndNoneReturnsBeforeIt(t *testing.T) {
	const writers, each = 16, 20
	dir := filepath.Join(tempDir(t), "audit")
	l := mustOpen(t, dir)
	disk := &counting{file: l.entries, slow: time.Millisecond}
	l.entries = disk
	seen := make([]atomic.Int64, writers*each)
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				seq, err := l.Append(sample(w*each + i))
				if err != nil {
					t.Error(err)
					return
				}
				if l.Size() <= seq {
					t.Errorf("entry %d was acknowledged and is not there", seq)
				}
				seen[seq].Add(1)
			}
		})
	}
	all.Wait()
	for seq := range seen {
		if n := seen[seq].Load(); n != 1 {
			t.Fatalf("number %d was given %d times", seq, n)
		}
	}
	if n := disk.syncs.Load(); n > writers*each/2 {
		t.Errorf("%d fsyncs for %d entries", n, writers*each)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if r := mustVerify(t, dir); r.Size != writers*each {
		t.Fatalf("%+v", r)
	}
}

func TestAFailedFsyncFailsAllWhoWaitForItAndLosesNothingAcknowledged(t *testing.T) {
	for fail := range 6 {
		dir := filepath.Join(tempDir(t), "audit")
		l := mustOpen(t, dir)
		l.entries = &faulty{file: l.entries, writes: 999, syncs: fail, err: syscall.EIO}
		var acknowledged atomic.Int64
		acknowledged.Store(-1)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for {
					seq, err := l.Append(sample(0))
					if err != nil {
						if !errors.Is(err, ErrPoisoned) {
							t.Error(err)
						}
						return
					}
					for {
						was := acknowledged.Load()
						if was >= seq || acknowledged.CompareAndSwap(was, seq) {
							break
						}
					}
				}
			})
		}
		all.Wait()
		_ = l.Close()
		if l := mustOpen(t, dir); l.Size() <= acknowledged.Load() {
			t.Fatalf("%d entries, %d was acknowledged", l.Size(), acknowledged.Load())
		}
	}
}

// What a crash leaves of a write of several entries: any prefix, and zeros for blocks that were not written.
func TestABatchTornAnywhereIsRepaired(t *testing.T) {
	dir := filepath.Join(tempDir(t), "audit")
	l := mustOpen(t, dir)
	appendN(t, l, 2)
	if err := l.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	start := int(l.end)
	appendN(t, l, 2)
	together(t, l, 3)
	cp, entries := read(t, dir, checkpointFile), read(t, dir, entriesFile)
	for first := start/512*512 + 512; first+512 <= len(entries); first += 512 {
		for count := 512; first+count <= len(entries); count += 1024 {
			bad := bytes.Clone(entries)
			clear(bad[first : first+count])
			write(t, dir, checkpointFile, cp)
			write(t, dir, entriesFile, bad)
			whole := signedUpTo(entries[:first])
			l, err := Open(dir, testKey, origin)
			if err != nil || l.Size() != whole || l.Repaired().TornBytes == 0 {
				t.Fatalf("%d zeros at %d: %v", count, first, err)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestKeysTakeTurnsAndTheFirstVouchesForTheLast(t *testing.T) {
	dir := filepath.Join(tempDir(t), "audit")
	l := mustOpenWith(t, dir, Options{})
	appendN(t, l, 3)
	oldKeys, oldCheckpoint := read(t, dir, keyFile), read(t, dir, checkpointFile)
	if _, err := l.Rotate(Entry{Actor: "it"}, nextKey(8)); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Rotate(Entry{Actor: "it"}, testKey); err == nil {
		t.Fatal("a key came back")
	}
	appendN(t, l, 3)
	entries := read(t, dir, entriesFile)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if r := mustVerify(t, dir); r.Epochs != 2 || r.Key+"\n" != string(oldKeys) || !strings.Contains(fmt.Sprint(r.Findings), FindKeyRotation) {
		t.Fatalf("%+v", r)
	}
	if _, err := Open(dir, testKey, origin); broken(t, err).File != keyFile {
		t.Fatal("it opened without its newest key: ", err)
	}
	if _, err := OpenWith(t.Context(), dir, []ed25519.PrivateKey{testKey, nextKey(9)}, origin, Options{}); broken(t, err).File != keyFile {
		t.Fatal("it opened with another key: ", err)
	}

	// A crash after the entry was durable and before the file key was.
	whole := filepath.Join(tempDir(t), "whole")
	copyDir(t, dir, whole)
	write(t, dir, keyFile, oldKeys)
	write(t, dir, checkpointFile, oldCheckpoint)
	cut := bytes.SplitAfter(entries, []byte("\n"))
	for _, n := range []int{4, 7} {
		write(t, dir, entriesFile, bytes.Join(cut[:n], nil))
		if r := mustVerify(t, dir); r.Epochs != 2 || r.Size != int64(n) {
			t.Fatalf("%+v", r)
		}
	}
	l = mustOpenWith(t, dir, Options{}, nextKey(8))
	appendN(t, l, 1)
	if _, err := l.Rotate(Entry{}, nextKey(9)); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if r := mustVerify(t, dir); r.Epochs != 3 {
		t.Fatalf("%+v", r)
	}

	// An old key vouches for nothing that came after it.
	copyDir(t, whole, dir)
	l = mustOpenWith(t, dir, Options{}, nextKey(8))
	msg, err := signCheckpoint(testKey, l.keys.epochs[0].verifier, checkpoint{origin, l.tree.size, l.tree.root()})
	if err != nil {
		t.Fatal(err)
	}
	forged := sample(7)
	forged.Seq, forged.Prev = 7, l.last[:]
	line, err := forged.sign(testKey, origin)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	good := read(t, dir, checkpointFile)
	write(t, dir, checkpointFile, msg)
	_, err = Verify(t.Context(), dir, nil)
	if b := broken(t, err); b.File != checkpointFile {
		t.Fatal(b)
	}
	write(t, dir, checkpointFile, good)
	write(t, dir, entriesFile, append(bytes.Clone(entries), append(line, '\n')...))
	_, err = Verify(t.Context(), dir, nil)
	if b := broken(t, err); b.Index != 7 {
		t.Fatal(b)
	}
	// The chain itself.
	write(t, dir, entriesFile, entries)
	keys := read(t, dir, keyFile)
	for off := range keys {
		bad := bytes.Clone(keys)
		bad[off] ^= 1
		write(t, dir, keyFile, bad)
		if _, err := Verify(t.Context(), dir, nil); err == nil {
			t.Fatalf("byte %d of the keys was changed", off)
		}
	}
	write(t, dir, keyFile, oldKeys)
	_, err = Verify(t.Context(), dir, nil)
	broken(t, err)
}

func TestPruningLeavesHashesThatStillProve(t *testing.T) {
	dir := filepath.Join(tempDir(t), "audit")
	l := mustOpen(t, dir)
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	put := func(i int, conversation string) {
		e := sample(i)
		e.Time, e.Conversation = start.AddDate(0, 0, i), conversation
		if _, err := l.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 400 {
		put(i, []string{"free", "held", "free"}[i%3])
	}
	cutoff := start.AddDate(0, 0, 300)
	held := func(e Entry) bool { return e.Conversation == "held" }
	var before [][]byte
	for i := range int64(400) {
		p, err := l.Prove(i)
		if i < l.signed && err != nil {
			t.Fatal(err)
		}
		before = append(before, p.Line)
	}
	set, err := l.Prune(Entry{Actor: "compliance"}, cutoff, held)
	if err != nil || set.Count != 200 {
		t.Fatalf("%+v, %v", set, err)
	}
	if again, err := l.Prune(Entry{}, cutoff, held); err != nil || again.Count != 0 || l.Size() != 401 {
		t.Fatalf("nothing to do: %+v, %v, size %d", again, err, l.Size())
	}
	put(401, "free")
	if set, err = l.Prune(Entry{}, start.AddDate(0, 0, 330), held); err != nil || set.Count != 20 {
		t.Fatalf("%+v, %v", set, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	r := mustVerify(t, dir)
	if r.Size != 403 || r.Findings.Pruned != 220 || r.StaleHashes || r.TornBytes != 0 {
		t.Fatalf("%+v", r)
	}
	text := string(read(t, dir, entriesFile))
	if strings.Contains(text, `"turn-0"`) || !strings.Contains(text, `"turn-1"`) || !strings.Contains(text, `"turn-398"`) {
		t.Error("what was to go is there, or what was to stay is not")
	}
	l = mustOpen(t, dir)
	entries, err := l.Entries(0, 3)
	if err != nil || entries[0].Action != Pruned || entries[1].Conversation != "held" || entries[2].Seq != 2 {
		t.Fatalf("%+v, %v", entries, err)
	}
	for _, i := range []int64{0, 1, 2, 329, 399, 402} {
		p, err := l.Prove(i)
		if err != nil || p.Check() != nil || (p.Line == nil) != (i == 0 || i == 2 || i == 329) {
			t.Fatalf("entry %d: %+v, %v", i, p, err)
		}
		if len(before[1]) > 0 && tlog.RecordHash(before[1]) == p.Leaf && i != 1 {
			t.Fatal("the same leaf twice")
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	// Nobody but a pruning on record hides an entry, and what it left out does not come back changed.
	lines := bytes.SplitAfter(read(t, dir, entriesFile), []byte("\n"))
	hide := func(i int) []byte {
		leaf := tlog.RecordHash(bytes.TrimSuffix(lines[i], []byte("\n")))
		s, err := json.Marshal(stub{int64(i), leaf[:]})
		if err != nil {
			t.Fatal(err)
		}
		return append(s, '\n')
	}
	for name, change := range map[string]func([][]byte){
		"hide a held entry":     func(l [][]byte) { l[1] = hide(1) },
		"hide a new entry":      func(l [][]byte) { l[390] = hide(390) },
		"hide the last":         func(l [][]byte) { l[402] = hide(402) },
		"hide the pruning":      func(l [][]byte) { l[400] = hide(400) },
		"change a hash":         func(l [][]byte) { l[0] = bytes.Replace(l[0], []byte(`pruned":"`), []byte(`pruned":"A`), 1) },
		"swap hashes' numbers":  func(l [][]byte) { l[0], l[2] = l[2], l[0] },
		"another hash":          func(l [][]byte) { s, _ := json.Marshal(stub{0, make([]byte, 32)}); l[0] = append(s, '\n') },
		"an entry for the hash": func(l [][]byte) { l[0] = l[1] },
	} {
		changed := append([][]byte(nil), lines...)
		change(changed)
		write(t, dir, entriesFile, bytes.Join(changed, nil))
		_, err := Verify(t.Context(), dir, nil)
		if err == nil {
			t.Errorf("%s: passes", name)
			continue
		}
		broken(t, err)
	}
}

func TestAPruningThatWasCutShortChangesNothingAndIsDoneAgain(t *testing.T) {
	dir := filepath.Join(tempDir(t), "audit")
	l := mustOpen(t, dir)
	appendN(t, l, 20)
	cutoff := sample(10).Time
	stubs, until, fresh, err := l.prunable(cutoff, nil)
	if err != nil || fresh != 10 || until != 10 {
		t.Fatal(stubs, until, fresh, err)
	}
	set := setOf(stubs, until)
	if _, err := l.Append(Entry{Action: AuditPrune, Pruned: &set}); err != nil {
		t.Fatal(err)
	}
	write(t, dir, pruneFile, []byte("half a file"))
	if err := l.Close(); err != nil { // here it died
		t.Fatal(err)
	}
	if r := mustVerify(t, dir); r.Findings.Pruned != 0 || r.Size != 21 {
		t.Fatalf("%+v", r)
	}
	l = mustOpen(t, dir)
	if set, err := l.Prune(Entry{}, cutoff, nil); err != nil || set.Count != 10 {
		t.Fatalf("%+v, %v", set, err)
	}
	appendN(t, l, 300)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if r := mustVerify(t, dir); r.Findings.Pruned != 10 {
		t.Fatalf("%+v", r)
	}
}

// memory is a HeadStore.
type memory struct {
	head  Head
	found bool
	err   error
}

func (m *memory) LoadHead(context.Context) (Head, bool, error) { return m.head, m.found, m.err }

func (m *memory) StoreHead(_ context.Context, h Head) error {
	if m.err == nil {
		m.head, m.found = h, true
	}
	return m.err
}

func TestALogBehindItsHeadIsReadAndNotWritten(t *testing.T) {
	dir, older := filepath.Join(tempDir(t), "audit"), filepath.Join(tempDir(t), "older")
	m := &memory{}
	l := mustOpenWith(t, dir, Options{Head: m})
	appendN(t, l, 3)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if m.head.Size != 3 {
		t.Fatalf("%+v", m.head)
	}
	copyDir(t, dir, older)
	l = mustOpenWith(t, dir, Options{Head: m})
	appendN(t, l, 2)
	if err := l.Checkpoint(); err != nil || m.head.Size != 5 {
		t.Fatal(m.head, err)
	}
	appendN(t, l, 1) // and here it dies: the log is ahead of the head
	l2 := mustOpenWith(t, dir, Options{Head: m})
	if l2.Healthy() != nil {
		t.Fatal("a crash was called a rollback: ", l2.Healthy())
	}
	if err := l2.Close(); err != nil || m.head.Size != 6 {
		t.Fatal(m.head, err)
	}

	copyDir(t, older, dir)
	l = mustOpenWith(t, dir, Options{Head: m})
	_, err := l.Append(sample(0))
	rollback, ok := errors.AsType[*RollbackError](err)
	if !ok || rollback.Have != 3 || rollback.Seen != 6 || rollback.By != "keyring" {
		t.Fatal(err)
	}
	if e, err := l.Entries(0, 9); err != nil || len(e) != 3 {
		t.Fatal("reading: ", err)
	}
	if s, err := l.Snapshot(); err != nil || s.Size != 3 {
		t.Fatal("export: ", err)
	}
	if err := l.Close(); err != nil || m.head.Size != 6 {
		t.Fatal("a log that was put back overwrote the head: ", m.head, err)
	}

	// Put back, and grown past the head: another log.
	l = mustOpenWith(t, dir, Options{})
	appendN(t, l, 1)
	e := sample(1)
	e.Detail = "another"
	for range 5 {
		if _, err := l.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = mustOpenWith(t, dir, Options{Head: m})
	if rollback, ok := errors.AsType[*RollbackError](l.Healthy()); !ok || rollback.Have != 9 || rollback.Seen != 6 {
		t.Fatal(l.Healthy())
	}
	if err := l.Adopt(Entry{Actor: "it"}); err != nil || m.head.Size != 10 {
		t.Fatal(m.head, err)
	}
	appendN(t, l, 1)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if l := mustOpenWith(t, dir, Options{Head: m}); l.Healthy() != nil {
		t.Fatal(l.Healthy())
	}
	m.err = errors.New("no keyring")
	if l := mustOpenWith(t, dir, Options{Head: m}); !errors.Is(l.Healthy(), ErrHead) {
		t.Fatal("nobody knows whether it is the newest: ", l.Healthy())
	}
}

func TestAClockThatWasSetIsRecordedAndTheOrderHolds(t *testing.T) {
	now, elapsed := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), time.Duration(0)
	dir := filepath.Join(tempDir(t), "audit")
	open := func() *Log {
		l, err := Open(dir, testKey, origin)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		l.clock.wall, l.clock.elapsed = func() time.Time { return now }, func() time.Duration { return elapsed }
		return l
	}
	l := open()
	note := func(want string) {
		t.Helper()
		seq, err := l.Append(Entry{Action: Lock, Actor: "user"})
		if err != nil {
			t.Fatal(err)
		}
		before, err := l.Entries(max(0, seq-1), 1)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if before[0].Action == ClockJump {
			got = before[0].Detail
		}
		if !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Fatalf("clock jump %q, want %q", got, want)
		}
	}
	pass := func(wall, real time.Duration) { now, elapsed = now.Add(wall), elapsed+real }
	note("")
	pass(time.Hour, time.Hour)
	note("")
	pass(time.Minute, 0) // ntp
	note("")
	pass(-8760*time.Hour, time.Second)
	note("back by 8760h0m1s")
	pass(time.Second, time.Second)
	note("")
	pass(2*8760*time.Hour, time.Second)
	note("forward by 17519h59m59s")
	for _, c := range []struct {
		off  time.Duration
		want string
	}{{20 * 24 * time.Hour, ""}, {-time.Minute, ""}, {-time.Hour, "1h0m0s younger"}, {366 * 24 * time.Hour, "366 days older"}} {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		l = open()
		pass(c.off, 0)
		note(c.want)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	r := mustVerify(t, dir)
	kinds := map[string]int{}
	for _, f := range r.Findings.Findings {
		kinds[f.Kind]++
	}
	if kinds[FindClockJump] != 4 || kinds[FindGap] == 0 || kinds[FindTimeBackward] != 0 {
		t.Fatalf("%+v", r.Findings.Findings)
	}
}

// filled makes a log without an fsync for each entry.
func filled(t testing.TB, dir string, n int) {
	t.Helper()
	l := mustOpen(t, dir)
	var buf, stored []byte
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	e := sample(0)
	for i := range n {
		e.Seq, e.Prev, e.Time, e.Turn = int64(i), l.last[:], at.Add(time.Duration(i)*time.Second), fmt.Sprint("turn-", i)
		line, err := e.sign(testKey, origin)
		if err != nil {
			t.Fatal(err)
		}
		l.indexEntry(int64(i), l.end)
		l.last = signedHash(t, line)
		stored = l.tree.push(tlog.RecordHash(line), stored)
		l.end += int64(len(line)) + 1
		if buf = append(append(buf, line...), '\n'); len(buf) > 1<<20 || i == n-1 {
			if _, err := l.entries.Write(buf); err != nil {
				t.Fatal(err)
			}
			buf = buf[:0]
		}
	}
	if _, err := l.hashes.WriteAt(stored, 0); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(l.writeIndex(), l.Close()); err != nil {
		t.Fatal(err)
	}
}

// signedHash is what the entry after line holds of it, by the words of docs/formats.md.
func signedHash(t testing.TB, line []byte) tlog.Hash {
	t.Helper()
	at := bytes.LastIndex(line, []byte(`,"sig":"`))
	if at < 0 && bytes.HasSuffix(line, []byte(`,"more":true}`)) {
		at = len(line) - 1
	}
	if at < 0 {
		t.Fatal("no signature")
	}
	return sha256.Sum256(fmt.Appendf(nil, "\x00subrosa audit entry v1\n%s\n%s}", origin, line[:at]))
}

func TestALongLogIsOpenedByItsEndAndCheckedAfterwards(t *testing.T) {
	const n = 9000
	dir := filepath.Join(tempDir(t), "audit")
	filled(t, dir, n)
	good := map[string][]byte{}
	for _, name := range []string{entriesFile, hashesFile, indexFile, checkpointFile} {
		good[name] = read(t, dir, name)
	}
	restore := func() {
		for name, b := range good {
			write(t, dir, name, b)
		}
	}
	if len(good[entriesFile]) < readAllTo {
		t.Fatal("too short to show anything")
	}
	l := mustOpen(t, dir)
	if l.ReadWhole() || l.Size() != n || l.Repaired() != (Repair{}) {
		t.Fatalf("read whole: %v, %d entries, %+v", l.ReadWhole(), l.Size(), l.Repaired())
	}
	for _, from := range []int64{0, 255, 256, 5000, n - 1} {
		if e, err := l.Entries(from, 2); err != nil || e[0].Seq != from {
			t.Fatal(from, err)
		}
	}
	appendN(t, l, 300)
	if _, err := l.Check(t.Context(), nil); err != nil || l.Healthy() != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Check(cancelled, nil); !errors.Is(err, context.Canceled) || l.Healthy() != nil {
		t.Fatalf("cancelled: %v, then %v", err, l.Healthy())
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if r := mustVerify(t, dir); r.Size != n+300 || r.StaleHashes {
		t.Fatalf("%+v", r)
	}

	// What lies far behind the end is found by Check, and then nothing is written any more.
	restore()
	bad := bytes.Clone(good[entriesFile])
	bad[len(bad)/3] ^= 1
	write(t, dir, entriesFile, bad)
	l = mustOpen(t, dir)
	if l.ReadWhole() || l.Healthy() != nil {
		t.Fatal("the end alone was read, and is whole")
	}
	if _, err := l.Check(t.Context(), nil); broken(t, err).File != entriesFile || !errors.Is(l.Healthy(), ErrPoisoned) {
		t.Fatal(err)
	}
	_ = l.Close()

	// Derived files that are wrong anywhere cost a whole reading, no more.
	for name, change := range map[string]func() error{
		"index gone":    func() error { return os.Remove(filepath.Join(dir, indexFile)) },
		"index shifted": func() error { return os.WriteFile(filepath.Join(dir, indexFile), good[indexFile][8:], 0o600) },
		"index of zeros": func() error {
			return os.WriteFile(filepath.Join(dir, indexFile), make([]byte, len(good[indexFile])), 0o600)
		},
		"hashes gone": func() error { return os.Remove(filepath.Join(dir, hashesFile)) },
		"hashes cut":  func() error { return os.Truncate(filepath.Join(dir, hashesFile), 3200) },
		"edge hash wrong": func() error {
			b := bytes.Clone(good[hashesFile])
			b[len(b)-1] ^= 1
			return os.WriteFile(filepath.Join(dir, hashesFile), b, 0o600)
		},
	} {
		restore()
		if err := change(); err != nil {
			t.Fatal(err)
		}
		l := mustOpen(t, dir)
		if l.Size() != n || l.Healthy() != nil {
			t.Fatalf("%s: %d, %v", name, l.Size(), l.Healthy())
		}
		if e, err := l.Entries(8000, 1); err != nil || e[0].Seq != 8000 {
			t.Fatal(name, err)
		}
		appendN(t, l, 1)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if r := mustVerify(t, dir); r.Size != n+1 || r.StaleHashes {
			t.Fatalf("%s: %+v", name, r)
		}
	}
	// A damaged end is named as ever.
	restore()
	bad = bytes.Clone(good[entriesFile])
	bad[len(bad)-300] ^= 1
	write(t, dir, entriesFile, bad)
	_, err := Open(dir, testKey, origin)
	if b := broken(t, err); b.Index != n-1 {
		t.Fatal(b)
	}
	write(t, dir, entriesFile, good[entriesFile][:len(good[entriesFile])-2000])
	_, err = Open(dir, testKey, origin)
	broken(t, err)
}

// exported writes what a bundle holds of the tree.
func exported(t testing.TB, l *Log) string {
	t.Helper()
	s, err := l.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	dir := filepath.Join(tempDir(t), "tree")
	put := func(name string, data []byte) error {
		name = filepath.Join(dir, filepath.FromSlash(name))
		return errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, data, 0o600))
	}
	if err := errors.Join(put(checkpointFile, s.Checkpoint), put(keyFile, s.Keys), s.Tiles(t.Context(), put)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func mustTree(t testing.TB, l *Log) *Tree {
	t.Helper()
	tree, err := OpenTree(os.DirFS(exported(t, l)))
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// tileFiles is an outside reader of C2SP tiles: nothing of this package reads or checks here.
type tileFiles string

func (tileFiles) Height() int { return 8 }

func (d tileFiles) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, tile := range tiles {
		b, err := os.ReadFile(filepath.Join(string(d), strings.Replace(tile.Path(), "tile/8/", "tile/", 1)))
		if err != nil {
			return nil, err
		}
		data = append(data, b)
	}
	return data, nil
}

func (tileFiles) SaveTiles([]tlog.Tile, [][]byte) {}

func TestOutsideToolsCheckAnExportedTreeItsProofsAndItsWitness(t *testing.T) {
	const n = 700
	logDir := filepath.Join(tempDir(t), "audit")
	l := mustOpen(t, logDir)
	l.entries = &noSync{l.entries}
	appendN(t, l, n-100)
	older := mustTree(t, l)
	appendN(t, l, 100)
	dir := exported(t, l)
	verifier, err := note.NewVerifier(strings.TrimSpace(string(read(t, dir, keyFile))))
	if err != nil {
		t.Fatal(err)
	}
	parse := func(msg []byte, v ...note.Verifier) (formats.Checkpoint, *note.Note) {
		opened, err := note.Open(msg, note.VerifierList(v...))
		if err != nil {
			t.Fatal(err)
		}
		var cp formats.Checkpoint
		if rest, err := cp.Unmarshal([]byte(opened.Text)); err != nil || len(rest) != 0 || cp.Origin != origin {
			t.Fatalf("%+v, %v", cp, err)
		}
		return cp, opened
	}
	cp, _ := parse(read(t, dir, checkpointFile), verifier)
	root := tlog.Hash(cp.Hash)
	reader := tlog.TileHashReader(tlog.Tree{N: n, Hash: root}, tileFiles(dir))
	if got, err := tlog.TreeHash(n, reader); err != nil || got != root {
		t.Fatal(got, err)
	}
	oldRoot, err := tlog.ParseHash(older.Root)
	if err != nil {
		t.Fatal(err)
	}
	consistency, err := tlog.ProveTree(n, older.Size, reader)
	if err != nil || tlog.CheckTree(consistency, n, root, older.Size, oldRoot) != nil {
		t.Fatal("consistency: ", err)
	}
	// Inclusion: the proof that subrosactl prints, in C2SP's format.
	for _, seq := range []int64{0, 1, 255, 256, 511, 512, n - 1} {
		p, err := Prove(logDir, seq)
		if err != nil {
			t.Fatal(err)
		}
		var outside proof.TLogProof
		if err := outside.Unmarshal(p.C2SP()); err != nil || int64(outside.Index) != seq {
			t.Fatal(err)
		}
		var path tlog.RecordProof
		for _, h := range outside.Hashes {
			path = append(path, h)
		}
		cp, _ := parse(outside.Checkpoint, verifier)
		if err := tlog.CheckRecord(path, int64(cp.Size), tlog.Hash(cp.Hash), seq, tlog.RecordHash(p.Line)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Prove(logDir, n); !errors.Is(err, ErrNotCovered) {
		t.Fatal(err)
	}
	// The witness's cosignature.
	signer, vkey, err := NewWitnessKey("witness.test/w")
	if err != nil {
		t.Fatal(err)
	}
	seen, err := Cosign(filepath.Join(tempDir(t), "state"), signer, mustTree(t, l))
	if err != nil {
		t.Fatal(err)
	}
	w, err := cosignature.NewVerifierForCosignatureV1(vkey)
	if err != nil {
		t.Fatal(err)
	}
	cosigned, n2 := parse(seen.Note, verifier, w)
	if len(n2.Sigs) != 2 || cosigned.Size != n {
		t.Fatalf("%+v", n2)
	}
}

func TestTheWitnessRefusesWhatDoesNotContinueAndIsTakenBack(t *testing.T) {
	dir, older := filepath.Join(tempDir(t), "audit"), filepath.Join(tempDir(t), "older")
	state := filepath.Join(tempDir(t), "state")
	signer, vkey, err := NewWitnessKey("witness.test/w")
	if err != nil {
		t.Fatal(err)
	}
	otherSigner, otherKey, err := NewWitnessKey("witness.test/other")
	if err != nil {
		t.Fatal(err)
	}
	l := mustOpen(t, dir)
	appendN(t, l, 5)
	first, err := Cosign(state, signer, mustTree(t, l))
	if err != nil || !first.First {
		t.Fatalf("%+v, %v", first, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	copyDir(t, dir, older)
	l = mustOpen(t, dir)
	appendN(t, l, 300)
	if _, err := l.Rotate(Entry{}, nextKey(8)); err != nil {
		t.Fatal(err)
	}
	second, err := Cosign(state, signer, mustTree(t, l))
	if err != nil || second.First || second.Was.Size != 5 {
		t.Fatalf("%+v, %v", second, err)
	}
	if again, err := Cosign(state, signer, mustTree(t, l)); err != nil || again.Was.Size != 306 {
		t.Fatalf("%+v, %v", again, err)
	}

	// Taken back: the key must be known, the log must be ours, what was signed must be what is here.
	who := Entry{Actor: "user"}
	if _, err := l.TakeWitness(who, second.Note, "", false); !errors.Is(err, ErrWitnessKey) {
		t.Fatal(err)
	}
	if _, err := l.TakeWitness(who, second.Note, otherKey, false); !errors.Is(err, ErrWitness) {
		t.Fatal(err)
	}
	if _, err := l.TakeWitness(who, read(t, dir, checkpointFile), vkey, false); !errors.Is(err, ErrWitness) {
		t.Fatal("a checkpoint without a witness: ", err)
	}
	for off := range second.Note {
		bad := bytes.Clone(second.Note)
		bad[off] ^= 1
		if _, err := l.TakeWitness(who, bad, vkey, false); err == nil {
			t.Fatalf("byte %d of the cosigned checkpoint was changed", off)
		}
	}
	size := l.Size()
	w, err := l.TakeWitness(who, second.Note, vkey, false)
	if err != nil || w.Size != 306 || w.Key != vkey || time.Since(w.Time) > time.Minute || l.Size() != size+1 {
		t.Fatalf("%+v, %v", w, err)
	}
	if w, err := l.TakeWitness(who, first.Note, "", false); err != nil || w.Size != 306 {
		t.Fatalf("an older one: %+v, %v", w, err)
	}
	if _, err := l.TakeWitness(who, second.Note, otherKey, false); !errors.Is(err, ErrWitnessKey) {
		t.Fatal("another witness in place of the known one: ", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if r := mustVerify(t, dir); r.Findings.Witnessed != 306 {
		t.Fatalf("%+v", r.Findings)
	}
	if w, err := mustOpenWith(t, dir, Options{}, nextKey(8)).Witnessed(); err != nil || w.Size != 306 {
		t.Fatalf("%+v, %v", w, err)
	}

	// Put back: shorter, then grown past what was seen.
	l = mustOpen(t, older)
	if _, err := Cosign(state, signer, mustTree(t, l)); !errors.Is(err, ErrWitnessed) {
		t.Fatal("shorter: ", err)
	}
	l.entries = &noSync{l.entries}
	appendN(t, l, 400)
	if _, err := Cosign(state, signer, mustTree(t, l)); !errors.Is(err, ErrWitnessed) {
		t.Fatal("rewritten: ", err)
	}
	if _, err := Cosign(filepath.Join(tempDir(t), "state"), otherSigner, mustTree(t, l)); err != nil {
		t.Fatal("a witness that saw nothing before cannot tell: ", err)
	}
	if _, err := l.TakeWitness(who, second.Note, vkey, false); err == nil {
		t.Fatal("what was signed is not in this log")
	}
	// The witness's own memory, changed by someone else.
	names, err := filepath.Glob(filepath.Join(state, "*.json"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	memory := read(t, state, filepath.Base(names[0]))
	for off := 0; off < len(memory)-1; off += 3 {
		bad := bytes.Clone(memory)
		bad[off] ^= 1
		write(t, state, filepath.Base(names[0]), bad)
		if _, err := Cosign(state, signer, mustTree(t, l)); err == nil {
			t.Fatalf("byte %d of the witness's memory was changed", off)
		}
	}
}

// mutate changes b at random. It may return b as it was.
func mutate(r *rand.Rand, b []byte) []byte {
	out := bytes.Clone(b)
	lines := bytes.SplitAfter(out, []byte("\n"))
	if n := len(lines); n > 0 && len(lines[n-1]) == 0 {
		lines = lines[:n-1]
	}
	pick := func() int { return r.IntN(len(lines)) }
	switch op := r.IntN(9); {
	case len(out) == 0:
		return []byte("x\n")
	case op == 0:
		out[r.IntN(len(out))] ^= 1 << r.IntN(8)
	case op == 1:
		return out[:r.IntN(len(out))]
	case op == 2:
		at := r.IntN(len(out))
		return append(out[:at:at], out[at+1:]...)
	case op == 3:
		at := r.IntN(len(out) + 1)
		return append(append(out[:at:at], byte(r.IntN(256))), b[at:]...)
	case op == 4: // drop
		i := pick()
		return bytes.Join(append(lines[:i:i], lines[i+1:]...), nil)
	case op == 5: // swap
		i, j := pick(), pick()
		lines[i], lines[j] = lines[j], lines[i]
		return bytes.Join(lines, nil)
	case op == 6: // repeat
		i, j := pick(), pick()
		return bytes.Join(append(lines[:i:i], append([][]byte{lines[j]}, lines[i:]...)...), nil)
	case op == 7: // overwrite one by another
		lines[pick()] = lines[pick()]
		return bytes.Join(lines, nil)
	default:
		from, to := r.IntN(len(out)), r.IntN(len(out))
		out[from] = out[to]
	}
	return out
}

func TestNoMutationOfALogOrOfAnExportedTreePasses(t *testing.T) {
	const rounds = 4000
	dir := filepath.Join(tempDir(t), "audit")
	l := mustOpen(t, dir)
	l.entries = &noSync{l.entries}
	appendN(t, l, 100)
	for range 10 {
		together(t, l, 5)
	}
	if _, err := l.Rotate(Entry{}, nextKey(8)); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Prune(Entry{}, sample(20).Time, func(e Entry) bool { return e.Seq%4 == 0 }); err != nil {
		t.Fatal(err)
	}
	appendN(t, l, 100)
	for range 10 {
		together(t, l, 5)
	}
	tree := exported(t, l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	want := mustVerify(t, dir)
	var treeFiles []string
	err := filepath.WalkDir(tree, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			treeFiles = append(treeFiles, path)
		}
		return err
	})
	if err != nil || len(treeFiles) < 5 {
		t.Fatal(treeFiles, err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	tried := 0
	for round := range rounds {
		base, name := dir, []string{entriesFile, entriesFile, entriesFile, checkpointFile, keyFile, hashesFile}[round%6]
		if round%3 == 2 {
			path := treeFiles[r.IntN(len(treeFiles))]
			base, name = filepath.Dir(path), filepath.Base(path)
		}
		good := read(t, base, name)
		bad := mutate(r, good)
		if bytes.Equal(bad, good) {
			continue
		}
		tried++
		write(t, base, name, bad)
		var passed bool
		if base == dir {
			got, err := Verify(t.Context(), dir, nil)
			// A stale derived file and bytes after the last entry are said; the entries are all there.
			passed = err == nil && !got.StaleHashes && got.TornBytes == 0
			if err == nil && (got.Size != want.Size || got.Root != want.Root) {
				t.Fatalf("round %d: %s: another log passes: %+v", round, name, got)
			}
		} else {
			_, err := OpenTree(os.DirFS(tree))
			passed = err == nil
		}
		write(t, base, name, good)
		if passed {
			t.Fatalf("round %d: a mutation of %s passes", round, name)
		}
	}
	if got := mustVerify(t, dir); got.Root != want.Root || tried < rounds*9/10 {
		t.Fatalf("%d of %d tried; %+v", tried, rounds, got)
	}
	if _, err := OpenTree(os.DirFS(tree)); err != nil {
		t.Fatal(err)
	}
	// Files that are missing, and files too many.
	for _, path := range treeFiles {
		b := read(t, filepath.Dir(path), filepath.Base(path))
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenTree(os.DirFS(tree)); err == nil {
			t.Fatal("passes without ", path)
		}
		write(t, filepath.Dir(path), filepath.Base(path), b)
		write(t, filepath.Dir(path), "extra", b)
		if _, err := OpenTree(os.DirFS(tree)); err == nil {
			t.Fatal("passes with a file beside ", path)
		}
		if err := os.Remove(filepath.Join(filepath.Dir(path), "extra")); err != nil {
			t.Fatal(err)
		}
	}
}
