package audit

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The tests below run a child under strace, which makes one system call of the log's fail, or kills the child at it: at
// every call that writes, syncs, names, cuts or reserves, one after the other. What the child says was acknowledged must be
// there afterwards, and nothing that it left may be called broken or rolled back.

const (
	faultEnv = "SUBROSA_TEST_AUDIT_FAULT" // the scenario that a child plays
	faultDir = "SUBROSA_TEST_AUDIT_DIR"
)

func TestMain(m *testing.M) {
	if name := os.Getenv(faultEnv); name != "" {
		runtime.LockOSThread() // strace counts the calls of each thread apart
		playFault(name, os.Getenv(faultDir))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// said are the words of a child. It speaks with writev, which is none of the calls that fail.
func said(format string, args ...any) {
	_, _ = unix.Writev(1, [][]byte{fmt.Appendf(nil, format+"\n", args...)})
}

// report says how an operation ended, and returns whether it did.
func report(err error, what string, args ...any) bool {
	_, broken := errors.AsType[*BrokenError](err)
	_, back := errors.AsType[*RollbackError](err)
	switch {
	case err == nil:
		said("did "+what, args...)
	case broken, back:
		said("ACCUSED the log: %v", err)
	default:
		said("refused poisoned=%v full=%v "+what+": %v", append(append([]any{errors.Is(err, ErrPoisoned), errors.Is(err, ErrDiskFull)}, args...), err)...)
	}
	return err == nil
}

// toldHead is a keyring that the parent keeps.
type toldHead struct{ was Head }

func (h *toldHead) LoadHead(context.Context) (Head, bool, error) { return h.was, h.was.Size > 0, nil }

func (h *toldHead) StoreHead(_ context.Context, to Head) error {
	h.was = to
	said("head %d %s %d", to.Size, to.Root, to.Epoch)
	return nil
}

func faultKeys() []ed25519.PrivateKey { return []ed25519.PrivateKey{testKey, nextKey(8)} }

// faultEntry is an entry that is known again.
func faultEntry(i int) Entry {
	e := sample(i)
	e.Time = time.Now().UTC() // samples are dated in the future
	return e
}

// lastOfGroup is what the child of the scenario group appends when its writers are through. What these say may come in
// another order than it happened.
const lastOfGroup = 299

// playFault is the child.
func playFault(name, dir string) {
	var cosigned, verifier []byte
	if name == "witness" { // before anything fails
		cosigned, verifier = mustRead(dir+".cosigned"), mustRead(dir+".witness")
	}
	l, err := OpenWith(context.Background(), dir, faultKeys(), origin, Options{Head: &toldHead{headOf(dir)}})
	if !report(err, "open") {
		return
	}
	if err := l.Healthy(); err != nil {
		report(err, "healthy")
	}
	add := func(i int, a Action) {
		e := faultEntry(i)
		e.Action = a
		seq, err := l.Append(e)
		report(err, "append %d %d", seq, i)
	}
	switch name {
	case "append":
		add(100, Prompt)
		report(l.Checkpoint(), "checkpoint")
		add(101, Response)
	case "group":
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				runtime.LockOSThread()
				add(200+2*i, Prompt)
				add(201+2*i, Response)
			})
		}
		wg.Wait()
		add(lastOfGroup, Response)
	case "together": // one write, with one signature
		for _, i := range []int{700, 710} {
			var waiting []*pending
			l.mu.Lock()
			for range 4 {
				e := faultEntry(i + len(waiting))
				e.Action = Response
				d, err := e.draft()
				if err != nil {
					panic(err)
				}
				p, err := l.enqueueLocked(d)
				if err != nil {
					report(err, "append %d %d", 0, i)
					break
				}
				waiting = append(waiting, p)
			}
			l.mu.Unlock()
			for n, p := range waiting {
				seq, err := l.settle(p)
				report(err, "append %d %d", seq, i+n)
			}
		}
	case "repair-together":
		add(720, Prompt)
	case "rotate":
		_, err := l.Rotate(Entry{Actor: "user"}, nextKey(8))
		report(err, "rotate")
		add(300, Prompt)
	case "prune":
		set, err := l.Prune(Entry{Actor: "user"}, time.Unix(1_700_000_000, 0), nil)
		report(err, "prune %d", set.Count)
		add(400, Response)
	case "witness":
		w, err := l.TakeWitness(Entry{Actor: "user"}, cosigned, string(verifier), false)
		report(err, "witness %d", w.Size)
		add(500, Response)
	case "reserve":
		l.UseReserve()
		add(600, Response) // ends something: needs no reserve
		add(601, Prompt)   // begins something: a new one first
	}
	report(l.Close(), "close")
}

func mustRead(name string) []byte {
	b, err := os.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return b
}

// headOf reads the keyring's head of a log that prepareFault made.
func headOf(dir string) Head {
	var h Head
	if b, err := os.ReadFile(dir + ".head"); err == nil {
		_, _ = fmt.Sscan(string(b), &h.Size, &h.Root, &h.Epoch)
	}
	return h
}

// prepareFault makes the log that a scenario begins with, and what lies beside it.
func prepareFault(t *testing.T, name, dir string) {
	t.Helper()
	if name == "append" {
		return // begins with nothing: what makes a log is tried too
	}
	head := &memory{}
	l, err := OpenWith(t.Context(), dir, faultKeys(), origin, Options{Head: head})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		e := faultEntry(i)
		if i < 4 && name == "prune" {
			e.Time = time.Unix(1_600_000_000, 0)
		}
		if _, err := l.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	if name == "witness" {
		signer, verifier, err := NewWitnessKey("witness.test/w")
		if err != nil {
			t.Fatal(err)
		}
		seen, err := Cosign(filepath.Join(t.TempDir(), "state"), signer, mustTree(t, l))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Dir(dir), filepath.Base(dir)+".cosigned", seen.Note)
		write(t, filepath.Dir(dir), filepath.Base(dir)+".witness", []byte(verifier))
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Dir(dir), filepath.Base(dir)+".head", fmt.Appendf(nil, "%d %s %d", head.head.Size, head.head.Root, head.head.Epoch))
	if name == "repair-together" { // two entries of a write that lacks its end, and with it the signature
		l = mustOpenWith(t, dir, Options{}, nextKey(8))
		cp := read(t, dir, checkpointFile)
		together(t, l, 3)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		entries := read(t, dir, entriesFile)
		write(t, dir, entriesFile, entries[:len(entries)-100])
		write(t, dir, checkpointFile, cp)
	}
	if name == "repair" { // a torn tail, one derived file wrong and one gone
		for range 2 {
			l = mustOpenWith(t, dir, Options{}, nextKey(8))
			if _, err := l.Append(faultEntry(6)); err != nil {
				t.Fatal(err)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
		}
		entries := read(t, dir, entriesFile)
		last := slices.Index(entries[len(entries)-700:], '\n') + len(entries) - 700
		write(t, dir, entriesFile, append(entries, entries[last+1:last+400]...))
		write(t, dir, hashesFile, read(t, dir, hashesFile)[:50])
		if err := os.Remove(filepath.Join(dir, indexFile)); err != nil {
			t.Fatal(err)
		}
	}
}

// faultCalls are the system calls by which the log changes what is on disk.
const faultCalls = "write,pwrite64,fsync,fdatasync,sync_file_range,openat,ftruncate,truncate,fallocate,rename,renameat,renameat2,unlink,unlinkat,linkat,mkdirat,fchmodat"

// faultsOf are the ways in which a call can end badly.
func faultsOf(call string) []string {
	eio, full, fuller, kill := "error=EIO:when=%d", "error=ENOSPC:when=%d", "error=ENOSPC:when=%d+", "signal=SIGKILL:when=%d"
	switch call {
	case "write", "pwrite64", "fallocate", "openat":
		return []string{eio, full, fuller, kill}
	case "fsync", "fdatasync", "renameat":
		return []string{eio, full, kill}
	}
	return []string{eio, kill}
}

// faultPoint is a call that the log makes.
type faultPoint struct {
	call string
	n    int    // the how many-th of its thread
	file string // what it is done to, without what is random in its name
}

var (
	straceLine = regexp.MustCompile(`^(\d+) +(?:<\.\.\. )?([a-z_0-9]+)( resumed>|\()(.*)$`)
	randomPart = regexp.MustCompile(`\.\d+\.tmp`)
)

// readTrace returns the calls on files of dir, and those of them in which strace put a fault. A child that was killed was
// killed in the last.
func readTrace(t *testing.T, trace, dir string, killed bool) (made, hit []faultPoint) {
	t.Helper()
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	counts, open := map[string]int{}, map[string]faultPoint{}
	for line := range strings.Lines(string(text)) {
		m := straceLine.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		key := m[1] + m[2]
		if m[3] == "(" {
			counts[key]++
			p := faultPoint{call: m[2], n: counts[key]}
			if at := strings.Index(m[4], dir); at >= 0 {
				rest := m[4][at+len(dir):]
				p.file = randomPart.ReplaceAllString("."+rest[:strings.IndexAny(rest, `">`)], ".tmp")
			}
			open[key] = p
			reading := m[2] == "openat" && !strings.Contains(m[4], "O_CREAT")
			if p.file != "" && !reading {
				made = append(made, p)
			}
		}
		if strings.Contains(line, "(INJECTED)") && open[key].file != "" {
			hit = append(hit, open[key])
		}
	}
	if killed && len(made) > 0 {
		hit = append(hit, made[len(made)-1])
	}
	return made, hit
}

// straced plays a scenario under strace and returns what the child said.
func straced(t *testing.T, name, dir, trace, inject string) (output string, killed bool) {
	t.Helper()
	args := []string{"-f", "-qq", "-y", "-s", "16", "-o", trace, "-e", "signal=none"}
	if inject == "" {
		args = append(args, "-e", "trace=writev,"+faultCalls)
	} else {
		call, _, _ := strings.Cut(inject, ":")
		args = append(args, "-e", "trace="+call, "-e", "inject="+inject)
	}
	cmd := exec.CommandContext(t.Context(), "strace", append(args, os.Args[0])...)
	cmd.Env = append(os.Environ(), faultEnv+"="+name, faultDir+"="+dir, "GOMAXPROCS=1", "GOGC=off")
	if name == "group" {
		cmd.Env = append(cmd.Env, "GOMAXPROCS=4")
	}
	out, err := cmd.Output()
	if err == nil {
		return string(out), false
	}
	// strace ends as its child did.
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || !strings.Contains(exit.String(), "killed") {
		t.Fatalf("%s %s: %v\n%s%s", name, inject, err, out, exitText(exit))
	}
	return string(out), true
}

func exitText(exit *exec.ExitError) []byte {
	if exit == nil {
		return nil
	}
	return exit.Stderr
}

// survived holds what lies in dir against what the child said.
func survived(t *testing.T, name, dir, output, inject string, hit []faultPoint) {
	t.Helper()
	fail := func(format string, args ...any) {
		t.Helper()
		t.Fatalf("%s, %s at %v: %s\n%s", name, inject, hit, fmt.Sprintf(format, args...), output)
	}
	acknowledged, poisoned := map[int64]int{}, false
	head := headOf(dir)
	var pruned, witnessed int64
	rotated := false
	for line := range strings.Lines(output) {
		var seq int64
		var i, epoch int
		var size int64
		var root string
		switch line = strings.TrimSpace(line); {
		case strings.HasPrefix(line, "ACCUSED"):
			fail("a healthy log was called broken")
		case scan1(line, "did append %d %d", &seq, &i):
			acknowledged[seq] = i
			if poisoned && (name != "group" || i == lastOfGroup) {
				fail("acknowledged after it was poisoned")
			}
		case scan1(line, "did prune %d", &pruned), scan1(line, "did witness %d", &witnessed):
		case line == "did rotate":
			rotated = true
		case scan1(line, "head %d %s %d", &size, &root, &epoch):
			head = Head{TreeHead{size, root}, epoch}
		case strings.HasPrefix(line, "refused poisoned=true"):
			poisoned = true
		}
	}
	for _, p := range hit {
		opened := strings.Contains(output, "did open")
		if p.call == "fsync" && p.file == "./"+entriesFile && strings.Contains(inject, "error") && opened && !poisoned && !strings.Contains(output, "refused") {
			fail("an fsync failed, and it was not noticed")
		}
	}
	if r, err := Verify(t.Context(), dir, nil); err != nil && len(acknowledged) > 0 {
		fail("verify: %v, %+v", err, r)
	}
	l, err := OpenWith(t.Context(), dir, faultKeys(), origin, Options{Head: &memory{head: head, found: head.Size > 0}})
	if err != nil {
		fail("open again: %v", err)
	}
	if err := l.Healthy(); err != nil {
		fail("not healthy again: %v", err)
	}
	entries, err := l.Entries(0, l.Size())
	if err != nil {
		fail("read again: %v", err)
	}
	for seq, i := range acknowledged {
		if seq >= int64(len(entries)) || entries[seq].Turn != fmt.Sprint("turn-", i) {
			fail("entry %d was acknowledged and is not there: %d entries", seq, len(entries))
		}
	}
	if n := countPruned(entries); pruned > 0 && n != int(pruned) {
		fail("%d entries were pruned, and %d are", pruned, n)
	}
	if w, err := l.Witnessed(); witnessed > 0 && (err != nil || w.Size != witnessed) {
		fail("the witness's word was taken, and is not there: %+v, %v", w, err)
	}
	if rotated && l.Epochs() != 2 {
		fail("the key was changed, and is not")
	}
	if _, err := l.Append(faultEntry(999)); err != nil {
		fail("append again: %v", err)
	}
	if err := l.Close(); err != nil {
		fail("close again: %v", err)
	}
	if r, err := Verify(t.Context(), dir, nil); err != nil || r.TornBytes != 0 || r.StaleHashes || r.Checkpointed != r.Size {
		fail("after repair: %+v, %v", r, err)
	}
}

func scan1(line, format string, to ...any) bool {
	n, err := fmt.Sscanf(line, format, to...)
	return err == nil && n == len(to)
}

func countPruned(entries []Entry) (n int) {
	for _, e := range entries {
		if e.Action == Pruned {
			n++
		}
	}
	return n
}

func needStrace(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		if os.Getenv("CI") == "true" || os.Getenv("SUBROSA_REQUIRE_REAL") == "1" {
			t.Fatal("strace is missing: apt-get install -y strace")
		}
		t.Skip("strace is missing: apt-get install -y strace")
	}
}

// TestAFaultAtEveryCall goes through every write, fsync, rename, creation, cut, reservation and removal of the log's code.
// With -short it takes every third.
func TestAFaultAtEveryCall(t *testing.T) {
	needStrace(t)
	for _, name := range []string{"append", "group", "rotate", "prune", "witness", "reserve", "repair", "repair-together", "together"} {
		t.Run(name, func(t *testing.T) {
			base := tempDir(t)
			made, dir, trace := filepath.Join(base, "made"), filepath.Join(base, "audit"), filepath.Join(base, "trace")
			prepareFault(t, name, made)
			if name != "reserve" {
				_ = os.Remove(filepath.Join(made, reserveFile)) // made anew each time: less to copy
			}
			for _, beside := range []string{".head", ".cosigned", ".witness"} {
				if err := os.Rename(made+beside, dir+beside); err != nil && !errors.Is(err, os.ErrNotExist) {
					t.Fatal(err)
				}
			}
			again := func() {
				t.Helper()
				if err := os.RemoveAll(dir); err != nil {
					t.Fatal(err)
				}
				if name != "append" {
					copyDir(t, made, dir)
				}
			}
			again()
			output, _ := straced(t, name, dir, trace, "")
			if strings.Contains(output, "refused") || !strings.Contains(output, "did close") {
				t.Fatalf("without a fault:\n%s", output)
			}
			survived(t, name, dir, output, "", nil)
			points, _ := readTrace(t, trace, dir, false)
			if name != "group" {
				durableBeforeSaid(t, trace, dir)
			}
			if len(points) < 10 {
				t.Fatalf("only %d calls: %v", len(points), points)
			}
			runs, missed, kinds := 0, 0, map[string]int{}
			done := map[string]bool{}
			for at, p := range points {
				for _, fault := range faultsOf(p.call) {
					inject := p.call + ":" + fmt.Sprintf(fault, p.n)
					if done[inject] || testing.Short() && at%3 != 0 {
						continue
					}
					done[inject] = true
					var hit []faultPoint
					for try := 0; try < 3 && len(hit) == 0; try++ {
						again()
						output, killed := straced(t, name, dir, trace, inject)
						_, hit = readTrace(t, trace, dir, killed)
						survived(t, name, dir, output, inject, hit)
						runs++
					}
					if len(hit) == 0 {
						missed++
						continue
					}
					kinds[strings.SplitN(fault, ":", 2)[0]+" "+p.call]++
				}
			}
			if name != "group" && missed > 0 || missed > len(done)/4 {
				t.Errorf("%d of %d faults met no call of the log's", missed, len(done))
			}
			t.Logf("%d calls, %d faults, %d missed, %d runs: %v", len(points), len(done), missed, runs, slices.Sorted(maps.Keys(kinds)))
		})
	}
}

// durableBeforeSaid reads the trace of a run without a fault: what is written to the entries is synced, and a new name is
// synced with its directory, before the child says anything.
func durableBeforeSaid(t *testing.T, trace, dir string) {
	t.Helper()
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	entries, unsynced, unnamed, words := "<"+filepath.Join(dir, entriesFile)+">", 0, 0, 0
	for line := range strings.Lines(string(text)) {
		m := straceLine.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		switch call, args := m[2], m[4]; {
		case call == "write" && strings.Contains(args, entries):
			unsynced++
		case call == "fsync" && strings.Contains(args, entries):
			unsynced = 0
		case strings.HasPrefix(call, "rename") && strings.Contains(args, dir):
			unnamed++
		case call == "fsync" && strings.Contains(args, "<"+dir+">"):
			unnamed = 0
		case call == "writev":
			words++
			if unsynced > 0 || unnamed > 0 {
				t.Fatalf("said %s before %d writes and %d new names were durable:\n%s", args, unsynced, unnamed, text)
			}
		}
	}
	if words < 3 {
		t.Fatalf("the child said nothing:\n%s", text)
	}
}
