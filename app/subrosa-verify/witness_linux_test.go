package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTheWitnessKilledAtEveryWriteForgetsNothing kills the program at each of its writes, fsyncs and renames. What it had
// signed before it still holds against, and the next try goes through.
func TestTheWitnessKilledAtEveryWriteForgetsNothing(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		if os.Getenv("CI") == "true" || os.Getenv("SUBROSA_REQUIRE_REAL") == "1" {
			t.Fatal("strace is missing: apt-get install -y strace")
		}
		t.Skip("strace is missing: apt-get install -y strace")
	}
	root := inMemory(t)
	in := func(name string) string { return filepath.Join(root, name) }
	program := in("subrosa-verify")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	w := witness(t, root)
	l := recordOf(t, in("log"), 10)
	first := bundleOf(t, l, in("first"), nil)
	must(t, l.Close())
	l = recordOf(t, in("log"), 20)
	second := bundleOf(t, l, in("second"), nil)
	must(t, l.Close())
	killed := 0
	for _, call := range []string{"write", "fsync", "renameat"} {
		for n := 1; ; n++ {
			must(t, os.RemoveAll(in("state")))
			if code, out, errOut := judged(append(slices.Clone(w), first)...); code != 0 {
				t.Fatal(code, out, errOut)
			}
			args := append([]string{"-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call, "-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", call, n), program}, w...)
			err := exec.CommandContext(t.Context(), "strace", append(args, second)...).Run()
			code, out, errOut := judged(append(slices.Clone(w), second)...)
			if code != 0 || !strings.Contains(out, "It continues the 10 entries") && !strings.Contains(out, "It continues the 20 entries") {
				t.Fatalf("after a kill at %s %d: exit %d\n%s%s", call, n, code, out, errOut)
			}
			if code, out, errOut := judged(append(slices.Clone(w), first)...); code != 1 {
				t.Fatalf("after a kill at %s %d it took an older one: exit %d\n%s%s", call, n, code, out, errOut)
			}
			if err == nil {
				break
			}
			killed++
		}
	}
	if killed < 9 {
		t.Errorf("killed %d times only", killed)
	}
}
