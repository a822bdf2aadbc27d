package audit

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

const childEnv = "SUBROSA_TEST_AUDIT_CHILD"

// The child of the tests below: it appends until something stops it, and says what was acknowledged.
func TestAppendChild(t *testing.T) {
	dir := os.Getenv(childEnv)
	if dir == "" {
		t.Skip("runs as a child of the crash tests")
	}
	runtime.LockOSThread() // strace counts the calls of each thread apart
	l, err := Open(dir, testKey, origin)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	limit, _ := strconv.Atoi(os.Getenv(childEnv + "_N"))
	for i := 0; limit == 0 || i < limit; i++ {
		seq, err := l.Append(sample(i))
		if err != nil {
			_, again := l.Append(sample(i))
			fmt.Printf("refused poisoned=%v full=%v again=%v\n", errors.Is(err, ErrPoisoned), errors.Is(err, ErrDiskFull), errors.Is(again, ErrPoisoned))
			return
		}
		fmt.Printf("acknowledged %d\n", seq)
		if i%5 == 4 {
			if err := l.Checkpoint(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// survive opens what the child left: every acknowledged entry is there, and nothing is called broken.
func survive(t *testing.T, dir, output string) {
	t.Helper()
	acknowledged := int64(-1)
	for line := range strings.Lines(output) {
		if n, ok := strings.CutPrefix(strings.TrimSpace(line), "acknowledged "); ok {
			acknowledged, _ = strconv.ParseInt(n, 10, 64)
		}
	}
	if _, err := Verify(t.Context(), dir, nil); err != nil && acknowledged >= 0 {
		t.Fatalf("verify: %v\n%s", err, output)
	}
	l, err := Open(dir, testKey, origin)
	if err != nil {
		t.Fatalf("open: %v\n%s", err, output)
	}
	if l.Size() <= acknowledged {
		t.Fatalf("%d entries, but %d was acknowledged", l.Size(), acknowledged)
	}
	if l.signed != l.Size() {
		t.Fatalf("Open left %d of %d entries unsigned", l.Size()-l.signed, l.Size())
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if r, err := Verify(t.Context(), dir, nil); err != nil || r.TornBytes != 0 || r.StaleHashes || r.Checkpointed != r.Size {
		t.Fatalf("after repair: %+v, %v", r, err)
	}
}

func TestKilledWhileAppending(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	for round := range 8 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAppendChild$")
		cmd.Env = append(os.Environ(), childEnv+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		for lines := bufio.NewScanner(out); lines.Scan(); {
			said.WriteString(lines.Text() + "\n")
			if bytes.Count(said.Bytes(), []byte("\n")) == 3+4*round {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("the child was not killed")
		}
		survive(t, dir, said.String())
	}
}

func TestARealFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=5m"); err != nil {
		t.Skip("cannot mount a small tmpfs here (root with mounts needed): ", err)
	}
	defer func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) }()
	home := filepath.Join(dir, "audit")
	l := mustOpen(t, home)
	if err := os.WriteFile(filepath.Join(dir, "others"), make([]byte, 900<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	acknowledged := int64(-1)
	for err == nil {
		var seq int64
		if seq, err = l.Append(sample(1)); err == nil {
			acknowledged = seq
		}
	}
	if !errors.Is(err, ErrDiskFull) || errors.Is(err, ErrPoisoned) || acknowledged < 10 {
		t.Fatalf("after %d entries: %v", acknowledged, err)
	}
	for _, ends := range []Action{Response, Lock, Unlock, ConversationDelete, AuditExport} {
		if acknowledged, err = l.Append(Entry{Action: ends, Actor: "user"}); err != nil {
			t.Fatalf("%s on a full disk: %v", ends, err)
		}
	}
	if err := l.Checkpoint(); err != nil {
		t.Fatal("checkpoint on a full disk: ", err)
	}
	if _, err := l.Append(sample(1)); !errors.Is(err, ErrDiskFull) {
		t.Fatal("a prompt without a reserve: ", err)
	}
	if _, err := Verify(t.Context(), home, nil); err != nil {
		t.Fatal("verify on a full disk: ", err)
	}
	if entries, err := l.Entries(0, 5); err != nil || len(entries) != 5 {
		t.Fatal("reading on a full disk: ", err)
	}
	_ = l.Close()
	l = mustOpen(t, home)
	if err := l.Healthy(); err != nil {
		t.Fatal("open on a full disk: ", err)
	}
	_ = l.Close()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=12m"); err != nil {
		t.Fatal(err)
	}
	survive(t, home, fmt.Sprintf("acknowledged %d\n", acknowledged))
	appendN(t, mustOpen(t, home), 1)
}
