package main

import (
	"bytes"
	"crypto/ed25519"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"subrosa/internal/audit"
	"subrosa/internal/export"
)

const testOrigin = "subrosa/0123456789abcdef"

func key(n byte) ed25519.PrivateKey { return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, 32)) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// inMemory is a directory where a fsync of everything does not wait for others.
func inMemory(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "subrosa-verify")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

var began = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)

// recordOf opens a record in dir, which has n entries an hour apart.
func recordOf(t testing.TB, dir string, n int) *audit.Log {
	t.Helper()
	l, err := audit.OpenWith(t.Context(), dir, []ed25519.PrivateKey{key(1), key(2)}, testOrigin, audit.Options{})
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	for l.Size() < int64(n) {
		add(t, l, audit.Search, began.Add(time.Duration(l.Size())*time.Hour))
	}
	return l
}

func add(t testing.TB, l *audit.Log, a audit.Action, at time.Time) {
	t.Helper()
	_, err := l.Append(audit.Entry{Time: at, Actor: "user", Action: a, Policy: "builtin-1", Detail: fmt.Sprint("entry ", l.Size())})
	must(t, err)
}

// bundleOf exports l as a bundle named name.
func bundleOf(t testing.TB, l *audit.Log, name string, adjust func(*export.Bundle)) string {
	t.Helper()
	s, err := l.Snapshot()
	must(t, err)
	defer s.Close()
	dir := filepath.Join(filepath.Dir(name), "stick"+strconv.Itoa(rand.Int()))
	must(t, os.MkdirAll(dir, 0o700))
	b := export.Bundle{Dir: dir, Journal: filepath.Join(t.TempDir(), "journal"), Source: export.Source{Origin: testOrigin, Version: "test"}, Made: began}
	if adjust != nil {
		adjust(&b)
	}
	out, err := b.Write(t.Context(), s)
	must(t, err)
	must(t, os.Rename(out.Path, name))
	return name
}

func judged(args ...string) (code int, out, errOut string) {
	var o, e bytes.Buffer
	code = judge(args, &o, &e)
	return code, o.String(), e.String()
}

// read flips, cuts and so on: what mutate does to a file.
func edit(t testing.TB, path string, change func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, change(bytes.Clone(b)), 0o600))
}

func TestItSaysInPlainSentencesWhatWasProvedAndWhatNot(t *testing.T) {
	root := inMemory(t)
	in := func(name string) string { return filepath.Join(root, name) }
	id, err := age.GenerateX25519Identity()
	must(t, err)
	other, err := age.GenerateX25519Identity()
	must(t, err)
	must(t, os.WriteFile(in("auditor"), []byte(id.String()+"\n"), 0o600))
	must(t, os.WriteFile(in("other"), []byte(other.String()+"\n"), 0o600))
	must(t, os.WriteFile(in("none"), []byte("no identity\n"), 0o600))

	plain := recordOf(t, in("plain"), 40)
	bundleOf(t, plain, in("plain.bundle"), nil)
	bundleOf(t, plain, in("sealed.bundle"), func(b *export.Bundle) { b.Recipients = []string{id.Recipient().String()} })
	bundleOf(t, plain, in("filtered.bundle"), func(b *export.Bundle) { b.Since = began.Add(10 * time.Hour) })

	odd := recordOf(t, in("odd"), 20)
	_, err = odd.Rotate(audit.Entry{Time: began.Add(21 * time.Hour), Actor: "user"}, key(2))
	must(t, err)
	add(t, odd, audit.Unlock, began.Add(22*time.Hour))
	add(t, odd, audit.Unlock, began.Add(40*24*time.Hour)) // a gap, and no lock before
	add(t, odd, audit.ClockJump, began.Add(40*24*time.Hour))
	add(t, odd, audit.Anomaly, began.Add(39*24*time.Hour))
	add(t, odd, audit.Search, began.Add(150*24*time.Hour)) // nobody has witnessed it
	bundleOf(t, odd, in("odd.bundle"), nil)
	pruned := recordOf(t, in("pruned"), 40)
	_, err = pruned.Prune(audit.Entry{Time: began.Add(400 * 24 * time.Hour), Actor: "user"}, began.Add(15*time.Hour), nil)
	must(t, err)
	bundleOf(t, pruned, in("pruned.bundle"), nil)
	for _, l := range []*audit.Log{plain, odd, pruned} {
		must(t, l.Close())
	}
	torn := in("torn")
	must(t, os.CopyFS(torn, os.DirFS(in("plain"))))
	edit(t, filepath.Join(torn, "entries"), func(b []byte) []byte { return append(b, `{"v":2,"seq":40,`...) })
	damaged := in("damaged")
	must(t, os.CopyFS(damaged, os.DirFS(in("plain"))))
	edit(t, filepath.Join(damaged, "entries"), func(b []byte) []byte { return bytes.Replace(b, []byte(`"entry 7"`), []byte(`"entry 8"`), 1) })
	damagedBundle := in("damaged.bundle")
	must(t, os.CopyFS(damagedBundle, os.DirFS(in("plain.bundle"))))
	edit(t, filepath.Join(damagedBundle, "entries-000001.jsonl"), func(b []byte) []byte { return bytes.Replace(b, []byte(`"entry 7"`), []byte(`"entry 8"`), 1) })
	changedReport := in("report.bundle")
	must(t, os.CopyFS(changedReport, os.DirFS(in("plain.bundle"))))
	edit(t, filepath.Join(changedReport, "report.html"), func(b []byte) []byte { return b[:len(b)-1] })

	for _, c := range []struct {
		args     []string
		code     int
		says     []string // patterns of lines
		findings []string
		firstBad int64
	}{
		{[]string{in("plain")}, 0, []string{`^Whole: 40 entries in order`, `first 40 are under`, `^Root .*, origin subrosa/0123456789abcdef, key `, `^Not proved: that this is the newest copy`}, nil, -2},
		{[]string{in("plain.bundle")}, 0, []string{`^Whole: the hash tree of 40 entries`, `^All 40 entries are here`, `^Not proved: `}, nil, -2},
		{[]string{in("sealed.bundle")}, 0, []string{`^The entries are encrypted to the auditor: their hashes are proved, their content was not read, so gaps in time`}, nil, -2},
		{[]string{"--identity", in("auditor"), in("sealed.bundle")}, 0, []string{`^All 40 entries are here`}, nil, -2},
		{[]string{in("filtered.bundle")}, 0, []string{`^The 30 entries in it are in order.*among the 40`, `^Not proved: .*only what was not asked for was left out`}, nil, -2},
		{[]string{in("odd")}, 0, []string{`^Look at:`, `entry 20, key_rotation`}, []string{"key_rotation", "gap", "no_lock", "clock_jump", "time_backward", "anomaly", "unwitnessed"}, -2},
		{[]string{in("odd.bundle")}, 0, []string{`^Look at:`, `gap: `}, []string{"key_rotation", "gap", "no_lock", "clock_jump", "time_backward", "anomaly", "unwitnessed"}, -2},
		{[]string{in("pruned")}, 0, []string{`^Whole: 41 entries`}, []string{"pruned", "gap"}, -2},
		{[]string{in("pruned.bundle")}, 0, []string{`^All 41 entries are here`}, []string{"pruned", "gap"}, -2},
		{[]string{torn}, 0, []string{`16 bytes after the last entry are an unfinished write, which was never acknowledged`}, nil, -2},
		{[]string{damaged}, 1, []string{`^NOT whole: the first bad entry is 7: `}, nil, 7},
		{[]string{damagedBundle}, 1, []string{`^NOT whole: the first bad entry is 7: `}, nil, 7},
		{[]string{changedReport}, 1, []string{`^NOT whole: the file report.html: not as the manifest lists it`}, nil, -1},
		{[]string{"--identity", in("other"), in("sealed.bundle")}, 2, []string{`not encrypted to this identity`}, nil, -2},
		{[]string{"--identity", in("none"), in("sealed.bundle")}, 2, []string{`identity`}, nil, -2},
		{[]string{"--identity", in("auditor"), in("plain")}, 2, []string{`is no bundle`}, nil, -2},
		{[]string{in("missing")}, 2, []string{`no such file`}, nil, -2},
		{[]string{root}, 2, []string{`subrosa-verify: `}, nil, -2},
		{nil, 2, []string{`^usage: `}, nil, -2},
		{[]string{in("plain"), in("plain")}, 2, []string{`^usage: `}, nil, -2},
		{[]string{"--witness-key", in("auditor"), in("plain.bundle")}, 2, []string{`^usage: `}, nil, -2},
		{[]string{"--state", root, in("plain.bundle")}, 2, []string{`^usage: `}, nil, -2},
		{[]string{"--sure", in("plain")}, 2, []string{`^usage: `}, nil, -2},
	} {
		code, out, errOut := judged(c.args...)
		if code != c.code {
			t.Errorf("%v: exit %d, want %d\n%s%s", c.args, code, c.code, out, errOut)
		}
		for _, want := range c.says {
			if !regexp.MustCompile("(?m)" + want).MatchString(out + errOut) {
				t.Errorf("%v does not say %q:\n%s%s", c.args, want, out, errOut)
			}
		}
		if (c.code == 2) != (out == "") {
			t.Errorf("%v: a verdict where none was reached, or none where one was: %s", c.args, out)
		}
		if c.code == 2 {
			continue
		}
		code, out, _ = judged(append([]string{"--json"}, c.args...)...)
		var v struct {
			OK       bool
			FirstBad *int64 `json:"first_bad_entry"`
			Findings struct{ Findings []audit.Finding }
		}
		if err := json.Unmarshal([]byte(out), &v); err != nil || code != c.code || v.OK != (c.code == 0) {
			t.Errorf("%v --json: exit %d, %v\n%s", c.args, code, err, out)
		}
		if (v.FirstBad == nil) != (c.firstBad == -2) || v.FirstBad != nil && *v.FirstBad != c.firstBad {
			t.Errorf("%v --json: the first bad entry, want %d\n%s", c.args, c.firstBad, out)
		}
		for _, kind := range c.findings {
			if !slices.ContainsFunc(v.Findings.Findings, func(f audit.Finding) bool { return f.Kind == kind }) {
				t.Errorf("%v --json: no finding %s\n%s", c.args, kind, out)
			}
		}
		for _, f := range v.Findings.Findings { // that no witness has seen them is true of all
			if f.Kind != audit.FindUnwitnessed && !slices.Contains(c.findings, f.Kind) {
				t.Errorf("%v --json: found %s\n%s", c.args, f.Kind, out)
			}
		}
	}
}

// witness makes a key and returns the arguments that name it and its state.
func witness(t testing.TB, root string) []string {
	t.Helper()
	if code, out, errOut := judged("--new-witness-key", filepath.Join(root, "w.key"), "--name", "compliance.test"); code != 0 {
		t.Fatal(code, out, errOut)
	}
	return []string{"--witness-key", filepath.Join(root, "w.key"), "--state", filepath.Join(root, "state")}
}

func TestTheWitnessRemembersRefusesAndCosigns(t *testing.T) {
	root := inMemory(t)
	in := func(name string) string { return filepath.Join(root, name) }
	w := witness(t, root)
	if code, _, _ := judged("--new-witness-key", in("w.key")); code != 2 {
		t.Error("a witness's key was overwritten: exit ", code)
	}
	if info, err := os.Stat(in("w.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
	expect := func(want int, says string, args ...string) {
		t.Helper()
		code, out, errOut := judged(append(slices.Clone(w), args...)...)
		if code != want || !strings.Contains(out+errOut, says) {
			t.Errorf("%v: exit %d, want %d and %q\n%s%s", args, code, want, says, out, errOut)
		}
	}
	l := recordOf(t, in("log"), 10)
	first := bundleOf(t, l, in("first"), nil)
	must(t, l.Close())
	must(t, os.CopyFS(in("older"), os.DirFS(in("log"))))
	l = recordOf(t, in("log"), 300)
	_, err := l.Rotate(audit.Entry{Time: began.Add(301 * time.Hour), Actor: "user"}, key(2))
	must(t, err)
	second := bundleOf(t, l, in("second"), nil)
	must(t, l.Close())
	fork := recordOf(t, in("older"), 9)
	for range 400 {
		add(t, fork, audit.Unlock, began.Add(20*time.Hour))
	}
	forked := bundleOf(t, fork, in("forked"), nil)
	must(t, fork.Close())

	expect(0, "This witness had not seen this workstation before", first)
	expect(0, "It continues the 10 entries", "--json", second)
	if _, err := os.Stat(second + ".cosigned"); err != nil {
		t.Error(err)
	}
	expect(0, "It continues the 301 entries", second) // shown again
	expect(1, "REFUSED: this is not a continuation", first)
	expect(1, "Nothing was signed", forked)
	if _, err := os.Stat(forked + ".cosigned"); err == nil {
		t.Error("a fork was cosigned")
	}
	must(t, os.CopyFS(in("bad"), os.DirFS(second)))
	edit(t, in("bad/tree/checkpoint"), func(b []byte) []byte { return b[:len(b)-2] })
	expect(1, "NOT whole", in("bad"))

	// Both are verified by the program at the workstation; here: the cosigned note has both signatures.
	note, err := os.ReadFile(second + ".cosigned")
	if err != nil || bytes.Count(note, []byte("— ")) != 2 || !bytes.Contains(note, []byte("— compliance.test ")) {
		t.Errorf("%s, %v", note, err)
	}
	// What it remembers counts only as far as it signed it.
	states, err := filepath.Glob(in("state/*.json"))
	if err != nil || len(states) != 1 {
		t.Fatal(states, err)
	}
	good, err := os.ReadFile(states[0])
	must(t, err)
	for off := range good {
		bad := bytes.Clone(good)
		bad[off] ^= 1
		must(t, os.WriteFile(states[0], bad, 0o600))
		// The log's own signature is kept beside the witness's and does not count here.
		if code, out, errOut := judged(append(slices.Clone(w), second)...); code == 0 && !strings.Contains(out, "It continues the 301 entries") {
			t.Fatalf("byte %d of what the witness remembers was changed\n%s%s", off, out, errOut)
		}
	}
	must(t, os.WriteFile(states[0], good, 0o600))
	expect(0, "It continues the 301 entries", second)
}

// A mutation of what a verdict is given, drawn from r.
func mutate(r *rand.Rand, b []byte, others [][]byte) []byte {
	if len(b) == 0 {
		return []byte{byte(r.IntN(256))}
	}
	lines := bytes.SplitAfter(b, []byte("\n"))
	line := func() int { return r.IntN(len(lines)) }
	at := r.IntN(len(b))
	switch r.IntN(11) {
	case 0: // change a bit
		b[at] ^= 1 << r.IntN(8)
	case 1: // change a byte
		b[at] = byte(r.IntN(256))
	case 2: // drop bytes
		b = append(b[:at:at], b[min(len(b), at+1+r.IntN(40)):]...)
	case 3: // truncate
		b = b[:at]
	case 4: // repeat bytes
		to := min(len(b), at+1+r.IntN(700))
		b = append(b[:to:to], b[at:]...)
	case 5: // swap two bytes
		other := r.IntN(len(b))
		b[at], b[other] = b[other], b[at]
	case 6: // drop a line
		i := line()
		b = bytes.Join(append(lines[:i:i], lines[i+1:]...), nil)
	case 7: // swap two lines
		i, j := line(), line()
		lines[i], lines[j] = lines[j], lines[i]
		b = bytes.Join(lines, nil)
	case 8: // repeat a line somewhere
		i, j := line(), line()
		b = bytes.Join(append(lines[:i:i], append([][]byte{lines[j]}, lines[i:]...)...), nil)
	case 9: // one line in place of another
		lines[line()] = lines[line()]
		b = bytes.Join(lines, nil)
	case 10: // another file in its place
		b = others[r.IntN(len(others))]
	}
	return b
}

// TestNoMutationGetsPastTheProgram changes, drops, swaps, repeats and truncates entries, tiles, checkpoints, keys and
// manifests, thousands of times, and asks the program each time. SUBROSA_MUTATION_SEED repeats a run.
func TestNoMutationGetsPastTheProgram(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("SUBROSA_MUTATION_SEED"); s != "" {
		var err error
		seed, err = strconv.ParseUint(s, 10, 64)
		must(t, err)
	}
	r := rand.New(rand.NewPCG(seed, 0))
	root := inMemory(t)
	in := func(name string) string { return filepath.Join(root, name) }
	id, err := age.GenerateX25519Identity()
	must(t, err)
	must(t, os.WriteFile(in("auditor"), []byte(id.String()+"\n"), 0o600))
	l := recordOf(t, in("log"), 150)
	_, err = l.Rotate(audit.Entry{Time: began.Add(151 * time.Hour), Actor: "user"}, key(2))
	must(t, err)
	for range 120 {
		add(t, l, audit.Search, began.Add(time.Duration(l.Size())*time.Hour))
	}
	_, err = l.Prune(audit.Entry{Time: began.Add(400 * 24 * time.Hour), Actor: "user"}, began.Add(30*time.Hour), func(e audit.Entry) bool { return e.Seq%3 == 0 })
	must(t, err)
	bundles := []struct {
		args  []string
		files []string
	}{
		{args: []string{bundleOf(t, l, in("plain"), nil)}},
		{args: []string{bundleOf(t, l, in("sealed"), func(b *export.Bundle) { b.Recipients = []string{id.Recipient().String()} })}},
		{args: []string{"--identity", in("auditor"), in("sealed")}},
		{args: []string{bundleOf(t, l, in("filtered"), func(b *export.Bundle) { b.Since = began.Add(100 * time.Hour) })}},
		{args: []string{in("log")}},
	}
	must(t, l.Close())
	for i := range bundles {
		b := &bundles[i]
		dir := b.args[len(b.args)-1]
		if code, out, errOut := judged(b.args...); code != 0 {
			t.Fatalf("%v: %d\n%s%s", b.args, code, out, errOut)
		}
		must(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			derived := slices.Contains([]string{"hashes", "index", "reserve"}, e.Name()) // no part of what is proved
			if err == nil && e.Type().IsRegular() && !derived {
				b.files = append(b.files, path)
			}
			return err
		}))
	}
	rounds := 3000
	if testing.Short() {
		rounds = 500
	}
	tried := map[string]int{}
	for round := range rounds {
		b := bundles[r.IntN(len(bundles))]
		path := b.files[r.IntN(len(b.files))]
		good, err := os.ReadFile(path)
		must(t, err)
		other, err := os.ReadFile(b.files[r.IntN(len(b.files))])
		must(t, err)
		bad := mutate(r, bytes.Clone(good), [][]byte{other, nil})
		if bytes.Equal(bad, good) {
			continue
		}
		must(t, os.WriteFile(path, bad, 0o600))
		code, out, errOut := judged(b.args...)
		if code == 0 && strings.Contains(out, "unfinished write") && bytes.HasPrefix(bad, good) {
			code = 1 // bytes after the last entry of a record, which are said
		}
		if code == 0 {
			t.Fatalf("seed %d, round %d: a mutation of %s passes %v:\n%s", seed, round, path, b.args, out)
		}
		if out == "" && errOut == "" {
			t.Fatalf("seed %d, round %d: %s: silence", seed, round, path)
		}
		must(t, os.WriteFile(path, good, 0o600))
		tried[regexp.MustCompile(`[0-9]+`).ReplaceAllString(filepath.Base(path), "N")]++
	}
	for _, b := range bundles {
		if code, out, errOut := judged(b.args...); code != 0 {
			t.Fatalf("afterwards %v: %d\n%s%s", b.args, code, out, errOut)
		}
	}
	t.Logf("seed %d: %v", seed, tried)
}

// TestOneStaticProgramForEverySystem builds it as it is given away.
func TestOneStaticProgramForEverySystem(t *testing.T) {
	dir := t.TempDir()
	for _, system := range []string{"linux/amd64", "linux/arm64", "windows/amd64", "windows/arm64", "darwin/amd64", "darwin/arm64"} {
		goos, arch, _ := strings.Cut(system, "/")
		out := filepath.Join(dir, goos+"-"+arch)
		cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", out, ".")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+arch, "GOFLAGS=")
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", system, err, text)
			continue
		}
		if err := isStatic(goos, arch, out); err != nil {
			t.Errorf("%s: %v", system, err)
		}
	}
	// The one for this machine, as a person runs it.
	l := recordOf(t, filepath.Join(dir, "log"), 5)
	must(t, l.Close())
	own := filepath.Join(dir, "linux-amd64")
	if exec.CommandContext(t.Context(), own).Run() == nil {
		t.Error("no argument, and it is content")
	}
	text, err := exec.CommandContext(t.Context(), own, filepath.Join(dir, "log")).CombinedOutput()
	if err != nil || !strings.HasPrefix(string(text), "Whole: 5 entries in order") {
		t.Errorf("%v: %s", err, text)
	}
	edit(t, filepath.Join(dir, "log", "entries"), func(b []byte) []byte { return bytes.Replace(b, []byte("entry 3"), []byte("entry 4"), 1) })
	text, err = exec.CommandContext(t.Context(), own, filepath.Join(dir, "log")).CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 || !strings.HasPrefix(string(text), "NOT whole: the first bad entry is 3") {
		t.Errorf("%v: %s", err, text)
	}
}

// isStatic looks at the file itself: its system, its processor, and that no other library is asked for.
func isStatic(goos, arch, path string) error {
	switch goos {
	case "linux":
		f, err := elf.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		want := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[arch]
		libs, _ := f.ImportedLibraries()
		interpreted := slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
		if f.Machine != want || len(libs) > 0 || interpreted {
			return fmt.Errorf("machine %v, libraries %v, interpreter %v", f.Machine, libs, interpreted)
		}
	case "windows":
		f, err := pe.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		want := map[string]uint16{"amd64": pe.IMAGE_FILE_MACHINE_AMD64, "arm64": pe.IMAGE_FILE_MACHINE_ARM64}[arch]
		libs, err := f.ImportedLibraries()
		if f.Machine != want || err != nil || len(libs) > 0 && !slices.Equal(libs, []string{"kernel32.dll"}) {
			return fmt.Errorf("machine %x, libraries %v, %w", f.Machine, libs, err)
		}
	case "darwin":
		f, err := macho.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		want := map[string]macho.Cpu{"amd64": macho.CpuAmd64, "arm64": macho.CpuArm64}[arch]
		libs, err := f.ImportedLibraries()
		foreign := slices.DeleteFunc(libs, func(l string) bool { return strings.HasPrefix(l, "/usr/lib/") || strings.HasPrefix(l, "/System/") })
		if f.Cpu != want || err != nil || len(foreign) > 0 {
			return fmt.Errorf("processor %v, libraries %v, %w", f.Cpu, foreign, err)
		}
	}
	return nil
}
