//go:build unix

package audit

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func linesOf(t testing.TB, dir string) [][]byte {
	t.Helper()
	return bytes.Split(bytes.TrimSuffix(read(t, dir, entriesFile), []byte("\n")), []byte("\n"))
}

func joined(lines [][]byte) []byte { return append(bytes.Join(lines, []byte("\n")), '\n') }

// followsByTheWords checks a line and the one before it by the words of docs/formats.md, with nothing of this package but
// the names of the fields. before is nil for the first.
func followsByTheWords(t testing.TB, v note.Verifier, before, line []byte) bool {
	t.Helper()
	var e struct {
		V         int
		Prev, Sig []byte
		More      bool
	}
	if err := json.Unmarshal(line, &e); err != nil {
		t.Fatal(err)
	}
	switch at := bytes.LastIndex(line, []byte(`,"sig":"`)); {
	case e.More && (e.V < 4 || at >= 0), !e.More && at < 0:
		return false
	case !e.More && !v.Verify(fmt.Appendf(nil, "\x00subrosa audit entry v1\n%s\n%s}", origin, line[:at]), e.Sig):
		return false
	}
	prev := tlog.Hash{}
	switch {
	case before == nil:
	case e.V < 3:
		prev = tlog.RecordHash(before)
	default:
		prev = signedHash(t, before)
	}
	return bytes.Equal(prev[:], e.Prev)
}

// testdata/v2 and v3 were written by the second and the third version: two pruned entries, a change of the key and a pruning
// under the checkpoint, two entries beyond it.
func TestLogsOfEarlierVersionsAreReadAndGoOn(t *testing.T) {
	for _, version := range []string{"v2", "v3"} {
		t.Run(version, func(t *testing.T) { goesOn(t, "testdata/"+version) })
	}
}

func goesOn(t *testing.T, from string) {
	dir := filepath.Join(tempDir(t), "audit")
	copyDir(t, from, dir)
	before := read(t, dir, entriesFile)
	if r := mustVerify(t, dir); r.Size != 11 || r.Checkpointed != 9 || r.Epochs != 2 || r.Findings.Pruned != 2 || r.StaleHashes {
		t.Fatalf("%+v", r)
	}
	l := mustOpenWith(t, dir, Options{}, nextKey(8))
	if l.Repaired() != (Repair{}) {
		t.Fatalf("%+v", l.Repaired())
	}
	together(t, l, 3)
	if _, err := l.Rotate(Entry{Actor: "it"}, nextKey(9)); err != nil {
		t.Fatal(err)
	}
	together(t, l, 2)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if r := mustVerify(t, dir); r.Size != 17 || r.Checkpointed != 17 || r.Epochs != 3 || !bytes.HasPrefix(read(t, dir, entriesFile), before) {
		t.Fatalf("%+v", r)
	}
	for _, seq := range []int64{0, 5, 10, 11, 16} {
		if _, err := Prove(dir, seq); err != nil {
			t.Fatal(err)
		}
	}
	verifier := func(key ed25519.PrivateKey) note.Verifier {
		vkey, err := note.NewEd25519VerifierKey(origin, key.Public().(ed25519.PublicKey))
		if err != nil {
			t.Fatal(err)
		}
		v, err := note.NewVerifier(vkey)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	lines := linesOf(t, dir)
	for i := 3; i < len(lines); i++ {
		key := testKey
		switch {
		case i > 14:
			key = nextKey(9)
		case i > 4:
			key = nextKey(8)
		}
		if !followsByTheWords(t, verifier(key), lines[i-1], lines[i]) {
			t.Fatalf("entry %d is not as docs/formats.md says: %s", i, lines[i])
		}
	}
	l = mustOpenWith(t, dir, Options{}, nextKey(8), nextKey(9))
	if set, err := l.Prune(Entry{Actor: "compliance"}, sample(12).Time, nil); err != nil || set.Count != 8 {
		t.Fatalf("%+v, %v", set, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if r := mustVerify(t, dir); r.Size != 18 || r.Findings.Pruned != 10 {
		t.Fatalf("%+v", r)
	}
}

// mixed makes a log with entries of an earlier version and of this one, of which some were written together, on both sides
// of the checkpoint's end, or all of them under it.
func mixed(t testing.TB, version string, covered bool) string {
	t.Helper()
	dir, from := filepath.Join(tempDir(t), "audit"), "testdata/"+version
	copyDir(t, from, dir)
	l := mustOpenWith(t, dir, Options{}, nextKey(8))
	together(t, l, 3)
	appendN(t, l, 2)
	together(t, l, 2)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if !covered {
		write(t, dir, checkpointFile, read(t, from, checkpointFile))
	}
	return dir
}

// signedUpTo counts the entries up to the last whole one that has a signature.
func signedUpTo(entries []byte) (signed int64) {
	for i, line := range bytes.SplitAfter(entries, []byte("\n")) {
		if bytes.HasSuffix(line, []byte("\n")) && !bytes.Contains(line, []byte(`,"more":true}`)) {
			signed = int64(i) + 1
		}
	}
	return signed
}

// What a checkpoint does not cover is told by the entries alone, what it covers is named. Of two that do not go together,
// and the first of which has no signature, both are.
func TestEveryFlippedByteOfAMixedLogIsNamed(t *testing.T) {
	for _, covered := range []bool{true, false} {
		for _, version := range []string{"v2", "v3"} {
			dir := mixed(t, version, covered)
			good := read(t, dir, entriesFile)
			lines := linesOf(t, dir)
			from := len(joined(lines[:7])) // some lines under the older checkpoint too
			for off := from; off < len(good)-1; off += 3 {
				bad := bytes.Clone(good)
				bad[off] ^= []byte{0x01, 0x20, 0xff}[off/3%3]
				write(t, dir, entriesFile, bad)
				_, err := Verify(t.Context(), dir, nil)
				at := int64(bytes.Count(good[:off], []byte("\n")))
				b := broken(t, err)
				pair := b.Reason == changedOrNext && bytes.Contains(lines[b.Index], []byte(`"more":true`)) && b.Index == at-1
				if b.Index != at && !pair {
					t.Fatalf("covered %v, byte %d: %v", covered, off, b)
				}
			}
		}
	}
}

// An entry that nobody has signed for was not acknowledged.
func TestAMixedTailCutAtEveryByteKeepsWhatIsWhole(t *testing.T) {
	dir := mixed(t, "v2", false)
	good, cp := read(t, dir, entriesFile), read(t, dir, checkpointFile)
	from := len(joined(linesOf(t, dir)[:9]))
	for cut := from; cut <= len(good); cut++ {
		write(t, dir, entriesFile, good[:cut])
		whole := signedUpTo(good[:cut])
		if r, err := Verify(t.Context(), dir, nil); err != nil || r.Size != whole {
			t.Fatalf("cut at %d: %+v, %v", cut, r, err)
		}
		if cut%23 != 0 && good[cut-1] != '\n' {
			continue
		}
		l := mustOpenWith(t, dir, Options{}, nextKey(8))
		appendN(t, l, 1)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if r := mustVerify(t, dir); r.Size != whole+1 || r.TornBytes != 0 {
			t.Fatalf("cut at %d: after repair: %+v", cut, r)
		}
		write(t, dir, checkpointFile, cp)
	}
}

// The entry after it holds nothing of an entry's signature, so each is looked at by itself.
func TestAnotherSignatureIsNamed(t *testing.T) {
	sig := func(line []byte) []byte {
		var e Entry
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		return e.Sig
	}
	with := func(line, sig []byte) []byte {
		line = line[:bytes.LastIndex(line, []byte(`,"sig":"`))]
		if sig == nil {
			return append(bytes.Clone(line), '}')
		}
		return fmt.Appendf(nil, `%s,"sig":"%s"}`, line, base64.StdEncoding.EncodeToString(sig))
	}
	for _, covered := range []bool{true, false} {
		dir := closed(t, 0)
		l := mustOpen(t, dir)
		appendN(t, l, 9)
		if covered {
			if err := l.Checkpoint(); err != nil {
				t.Fatal(err)
			}
		}
		good := linesOf(t, dir)
		for name, change := range map[string]func(lines [][]byte){
			"swapped with another's": func(l [][]byte) { l[4], l[6] = with(l[4], sig(l[6])), with(l[6], sig(l[4])) },
			"left out":               func(l [][]byte) { l[4] = with(l[4], nil) },
			"cut":                    func(l [][]byte) { l[4] = with(l[4], sig(l[4])[:63]) },
			"with a byte more":       func(l [][]byte) { l[4] = with(l[4], append(sig(l[4]), 0)) },
			"of another key": func(l [][]byte) {
				e, err := decode(l[4])
				if err != nil {
					t.Fatal(err)
				}
				if l[4], err = e.sign(nextKey(9), origin); err != nil {
					t.Fatal(err)
				}
			},
			"with the group's order added to S": func(l [][]byte) { // RFC 8032, 5.1.7: S must be below it
				order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
				b := sig(l[4])
				s := b[32:]
				slices.Reverse(s)
				order.Add(order, new(big.Int).SetBytes(s)).FillBytes(s)
				slices.Reverse(s)
				l[4] = with(l[4], b)
			},
			"spelled in another way": func(l [][]byte) {
				l[4] = bytes.Replace(l[4], []byte(`=="}`), []byte(`="}`), 1)
			},
		} {
			lines := slices.Clone(good)
			change(lines)
			write(t, dir, entriesFile, joined(lines))
			_, err := Verify(t.Context(), dir, nil)
			if b := broken(t, err); b.Index != 4 {
				t.Errorf("a signature %s, covered %v: %v", name, covered, b)
			}
			openBroken(t, dir, broken(t, err))
		}
		write(t, dir, entriesFile, joined(good))
		mustVerify(t, dir)
	}
}

// What an entry must hold of the one before goes by its own version, whoever signed it.
func TestAnEntryFollowsAsItsVersionSays(t *testing.T) {
	dir := closed(t, 0)
	l := mustOpen(t, dir)
	appendN(t, l, 4)
	good := linesOf(t, dir)
	whole, signed := tlog.RecordHash(good[3]), signedHash(t, good[3])
	for _, c := range []struct {
		version int
		prev    tlog.Hash
		follows bool
	}{
		{1, whole, true},
		{2, whole, true},
		{3, signed, true},
		{4, signed, true},
		{1, signed, false},
		{2, signed, false},
		{3, whole, false},
		{3, tlog.Hash{}, false},
		{4, whole, false},
		{5, signed, false},
	} {
		e := sample(4)
		e.Seq, e.Prev, e.Version = 4, c.prev[:], c.version
		msg, err := e.message(origin)
		if err != nil {
			t.Fatal(err)
		}
		e.Sig = ed25519.Sign(testKey, msg)
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, entriesFile, joined(append(slices.Clone(good), line)))
		_, err = Verify(t.Context(), dir, nil)
		if c.follows != (err == nil) {
			t.Errorf("version %d: %v", c.version, err)
		}
		if err != nil && broken(t, err).Index != 4 {
			t.Error(err)
		}
	}
}

// A pruning stands behind what it left out: where none does, nobody knows what the next entry has to hold.
func TestALogDoesNotEndWithAnEntryThatWasLeftOut(t *testing.T) {
	dir := filepath.Join(tempDir(t), "audit")
	filled(t, dir, 9000)
	lines := linesOf(t, dir)
	leaf := tlog.RecordHash(lines[8999])
	hidden, err := json.Marshal(stub{8999, leaf[:]})
	if err != nil {
		t.Fatal(err)
	}
	lines[8999] = hidden
	write(t, dir, entriesFile, joined(lines))
	_, err = Open(dir, testKey, origin)
	if b := broken(t, err); b.Index != 8999 {
		t.Fatal(b)
	}
}

// Writers sign side by side while the key changes, a disk is full for a moment, and the log is closed. (With -race this shows
// that no key is wiped while somebody signs with it.)
func TestWritersSignSideBySideWhateverHappensMeanwhile(t *testing.T) {
	for round := range 12 {
		dir := filepath.Join(tempDir(t), "audit")
		l := mustOpenWith(t, dir, Options{})
		if round%3 == 1 {
			l.entries = &once{file: l.entries, err: &fs.PathError{Op: "write", Err: syscall.ENOSPC}}
		}
		var all sync.WaitGroup
		var mu sync.Mutex
		acknowledged := map[int64]string{}
		for w := range 8 {
			all.Go(func() {
				for i := 0; ; i++ {
					e := sample(i)
					e.Turn = fmt.Sprint(w, "/", i)
					seq, err := l.Append(e)
					switch {
					case errors.Is(err, ErrClosed):
						return
					case errors.Is(err, ErrDiskFull) && !errors.Is(err, ErrPoisoned):
						continue
					case err != nil:
						t.Error(err)
						return
					}
					mu.Lock()
					acknowledged[seq] = e.Turn
					mu.Unlock()
				}
			})
		}
		rotated := false
		if round%3 == 2 {
			_, err := l.Rotate(Entry{Actor: "it"}, nextKey(8))
			if rotated = err == nil; !rotated {
				t.Error(err)
			}
		}
		for l.Size() < 60 {
			if _, err := l.Append(sample(0)); err != nil && !errors.Is(err, ErrDiskFull) {
				t.Fatal(err)
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		all.Wait()
		if r := mustVerify(t, dir); (r.Epochs == 2) != rotated {
			t.Fatalf("%+v", r)
		}
		l = mustOpenWith(t, dir, Options{}, nextKey(8))
		entries, err := l.Entries(0, l.Size())
		if err != nil {
			t.Fatal(err)
		}
		for seq, turn := range acknowledged {
			if seq >= int64(len(entries)) || entries[seq].Turn != turn {
				t.Fatalf("entry %d was acknowledged and is not there", seq)
			}
		}
	}
}

// lineAfter makes a line that stands after another, signed or not, as whoever has the key could.
func lineAfter(t testing.TB, before []byte, key ed25519.PrivateKey, change func(e *Entry)) []byte {
	t.Helper()
	var b Entry
	if err := json.Unmarshal(before, &b); err != nil {
		t.Fatal(err)
	}
	prev, err := b.signedHash(origin)
	if err != nil {
		t.Fatal(err)
	}
	e := sample(int(b.Seq) + 1)
	e.Version, e.Seq, e.Prev = entryVersion, b.Seq+1, prev[:]
	change(&e)
	if key != nil {
		msg, err := e.message(origin)
		if err != nil {
			t.Fatal(err)
		}
		e.Sig = ed25519.Sign(key, msg)
	}
	line, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return line
}

// Whether an entry has a signature is said in what the entry after it holds, so none can be taken away or added.
func TestWhoSignsForAnEntryCannotBeChanged(t *testing.T) {
	dir := filepath.Join(tempDir(t), "audit")
	l := mustOpen(t, dir)
	appendN(t, l, 2)
	together(t, l, 4)
	together(t, l, 3)
	good := linesOf(t, dir)
	without := func(line []byte, part string) []byte {
		at := bytes.LastIndex(line, []byte(part))
		if at < 0 {
			t.Fatalf("no %s in %s", part, line)
		}
		return append(bytes.Clone(line[:at]), '}')
	}
	more := func(e *Entry) { e.More = true }
	const sig, says, many = `,"sig":"`, `,"more":true`, "more of them than a write holds"
	for name, c := range map[string]struct {
		change func(lines [][]byte) [][]byte
		index  int64 // or one behind it, where they are many; -1: what is left of it is an unfinished write
		whole  int64
	}{
		"a signature left out": {func(l [][]byte) [][]byte { l[5] = without(l[5], sig); return l }, 5, 0},
		"a signature exchanged for the word that there is none": {func(l [][]byte) [][]byte {
			l[5] = append(without(l[5], sig)[:len(without(l[5], sig))-1], says+"}"...)
			return l
		}, 5, 0},
		"the word left out":                  {func(l [][]byte) [][]byte { l[3] = without(l[3], says); return l }, 3, 0},
		"a signature put in its place":       {func(l [][]byte) [][]byte { l[3] = lineAfter(t, l[2], testKey, func(*Entry) {}); return l }, 4, 0},
		"a signature beside the word":        {func(l [][]byte) [][]byte { l[3] = lineAfter(t, l[2], testKey, more); return l }, 3, 0},
		"one of its entries left out":        {func(l [][]byte) [][]byte { return slices.Delete(l, 3, 4) }, 3, 0},
		"an entry put before the signed one": {func(l [][]byte) [][]byte { return slices.Insert(l, 5, l[4]) }, 5, 0},
		"the end left out":                   {func(l [][]byte) [][]byte { return l[:8] }, -1, 6},
		"all but the first left out":         {func(l [][]byte) [][]byte { return l[:7] }, -1, 6},
		"its signed entry left out":          {func(l [][]byte) [][]byte { return slices.Delete(l, 5, 6) }, 5, 0},
		"the word in an entry of version 3": {func(l [][]byte) [][]byte {
			l = append(l, lineAfter(t, l[8], nil, func(e *Entry) { e.Version, e.More = 3, true }))
			return append(l, lineAfter(t, l[9], testKey, func(*Entry) {}))
		}, 9, 0},
		"a key named by an entry without a signature": {func(l [][]byte) [][]byte {
			vkey, err := note.NewEd25519VerifierKey(origin, nextKey(8).Public().(ed25519.PublicKey))
			if err != nil {
				t.Fatal(err)
			}
			l = append(l, lineAfter(t, l[8], nil, func(e *Entry) { e.Action, e.Key, e.More = AuditKeyRotate, vkey, true }))
			return append(l, lineAfter(t, l[9], nextKey(8), func(*Entry) {}))
		}, 9, 0},
		"entries that nobody signs for": {func(l [][]byte) [][]byte {
			return append(l, lineAfter(t, l[8], nil, more), lineAfter(t, lineAfter(t, l[8], nil, more), nil, more))
		}, -1, 9},
		"one of them signed with another key": {func(l [][]byte) [][]byte {
			l = append(l, lineAfter(t, l[8], nil, more))
			return append(l, lineAfter(t, l[9], nextKey(8), func(*Entry) {}))
		}, 10, 0},
		"signed after all, by who has the key": {func(l [][]byte) [][]byte {
			l = append(l, lineAfter(t, l[8], nil, more))
			return append(l, lineAfter(t, l[9], testKey, func(*Entry) {}))
		}, -1, 11},
		many: {func(l [][]byte) [][]byte {
			for range maxBatch/len(l[3]) + 10 {
				l = append(l, lineAfter(t, l[len(l)-1], nil, more))
			}
			return append(l, lineAfter(t, l[len(l)-1], testKey, func(*Entry) {}))
		}, 9, 0},
	} {
		write(t, dir, entriesFile, joined(c.change(slices.Clone(good))))
		r, err := Verify(t.Context(), dir, nil)
		switch {
		case c.index < 0 && (err != nil || r.Size != c.whole):
			t.Errorf("%s: %+v, %v", name, r, err)
		case c.index >= 0:
			if b := broken(t, err); b.Index != c.index && (name != many || b.Index < c.index) {
				t.Errorf("%s: %v", name, b)
			}
		}
	}
}

// What is read as a whole log, however it was changed beyond the checkpoint, is a beginning of what was written, and ends
// where a write did.
func TestWhatPassesBeyondACheckpointWasWritten(t *testing.T) {
	const rounds = 4000
	dir := filepath.Join(tempDir(t), "audit")
	l := mustOpen(t, dir)
	l.entries = &noSync{l.entries}
	appendN(t, l, 3)
	if err := l.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	for i := range 8 {
		together(t, l, 1+i%4)
	}
	good := read(t, dir, entriesFile)
	covered := len(joined(linesOf(t, dir)[:3]))
	whole := map[int64]bool{}
	for i := range good {
		whole[signedUpTo(good[:i+1])] = true
	}
	r, shorter := rand.New(rand.NewPCG(3, 4)), 0
	for round := range rounds {
		bad := append(bytes.Clone(good[:covered]), mutate(r, good[covered:])...)
		for range r.IntN(3) {
			bad = append(bad[:covered:covered], mutate(r, bad[covered:])...)
		}
		write(t, dir, entriesFile, bad)
		got, err := Verify(t.Context(), dir, nil)
		if err != nil {
			broken(t, err)
			continue
		}
		end := int64(len(bad)) - got.TornBytes
		if !bytes.HasPrefix(good, bad[:end]) || !whole[got.Size] || int64(bytes.Count(bad[:end], []byte("\n"))) != got.Size {
			t.Fatalf("round %d: something passes that was not written: %+v", round, got)
		}
		if end < int64(len(good)) {
			shorter++
		}
	}
	if shorter == 0 {
		t.Error("no mutation left an unfinished write: the test shows little")
	}
}
