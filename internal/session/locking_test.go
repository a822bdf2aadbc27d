package session

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/fault"
	"subrosa/internal/policy"
	"subrosa/internal/presence"
)

func TestLockSaysWhyAndTakesTheDraftBefore(t *testing.T) {
	o := testOptions(t)
	var s *Session
	drafts := 0
	o.Drafts = func(context.Context) {
		drafts++
		if _, err := s.ready(); err != nil {
			t.Error("too late for a draft: ", err)
		}
	}
	s = start(t, o)
	if err := s.Setup(t.Context(), pass(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	for _, reason := range []LockReason{LockedByIdle, LockedBySleep, LockedByUser} {
		if err := s.LockFor(t.Context(), reason); err != nil {
			t.Fatal(err)
		}
		if err := s.Unlock(t.Context(), pass(goodPassphrase)); err != nil {
			t.Fatal(err)
		}
	}
	var why []string
	for _, e := range recorded(t, s, audit.Lock) {
		why = append(why, e.Detail)
	}
	if !slices.Equal(why, []string{"idle", "suspend", "user"}) || drafts != 3 {
		t.Error(why, drafts)
	}
	if err := s.LockFor(t.Context(), LockedByUser); err != nil {
		t.Fatal(err)
	}
	if err := s.LockFor(t.Context(), LockedByUser); err != nil || drafts != 4 {
		t.Error("locked already: ", err, drafts)
	}
}

// A page that does not answer must not keep the session open.
func TestADraftThatNeverComesDoesNotHoldTheLock(t *testing.T) {
	o := testOptions(t)
	never := make(chan struct{})
	defer close(never)
	o.Drafts = func(context.Context) { <-never }
	s := unlocked(t, o)
	if err := s.LockFor(t.Context(), LockedByUser); err != nil {
		t.Fatal(err)
	}
	wantPhase(t, s, PhaseLocked)
}

func TestIdleLimitIsPolicysWhileUnlocked(t *testing.T) {
	s := unlocked(t, testOptions(t))
	if got := s.IdleLimit(); got != 10*time.Minute {
		t.Error(got)
	}
	if err := s.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.IdleLimit(); got != 0 {
		t.Error("locked: ", got)
	}
	Unusable(fault.New(fault.InUse, nil)).Activity()
}

func TestPolicySaysWhichSignalsLock(t *testing.T) {
	p := policy.Default()
	for r, want := range map[presence.Reason]bool{presence.Idle: true, presence.ScreenLock: true, presence.Suspend: false, presence.UserSwitch: false} {
		p.Unlock.LockOn = []policy.Signal{policy.ScreenLock}
		if got := locksOn(p, r); got != want {
			t.Errorf("%s: %v", r, got)
		}
	}
}

const successorEnv = "SUBROSA_TEST_SUCCESSOR"

// The child of the test below: it hands over to itself, and its successor waits.
func TestSuccessorChild(t *testing.T) {
	home, inherited := os.Getenv(successorEnv), os.Getenv(successorEnv+"_FD")
	if home == "" {
		t.Skip("runs as a child of TestTheDataDirectoryIsNeverFreeDuringAHandOver")
	}
	o := Options{Home: home}
	if inherited != "" {
		fd, err := strconv.Atoi(inherited)
		if err != nil {
			t.Fatal(err)
		}
		o.Inherited = &fd
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if inherited != "" {
		if _, err := os.Stdout.WriteString("taken over\n"); err != nil {
			t.Fatal(err)
		}
		_, _ = os.Stdin.Read(make([]byte, 1))
		return
	}
	if _, err := os.Stdout.WriteString("taken\n"); err != nil {
		t.Fatal(err)
	}
	_, _ = os.Stdin.Read(make([]byte, 1))
	fd, err := s.HandOver()
	if err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), successorEnv+"_FD="+strconv.Itoa(fd))
	t.Fatal(syscall.Exec("/proc/self/exe", os.Args, env))
}

func TestTheDataDirectoryIsNeverFreeDuringAHandOver(t *testing.T) {
	o := Options{Home: filepath.Join(t.TempDir(), "home")}
	if err := os.Mkdir(o.Home, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSuccessorChild$")
	cmd.Env = append(os.Environ(), successorEnv+"="+o.Home)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	if line, err := lines.ReadString('\n'); err != nil || line != "taken\n" {
		t.Fatal(line, err)
	}
	over := make(chan string)
	go func() {
		line, _ := lines.ReadString('\n')
		over <- line
	}()
	if _, err := in.Write([]byte{'\n'}); err != nil {
		t.Fatal(err)
	}
	for done := false; !done; {
		select {
		case line := <-over:
			if done = true; line != "taken over\n" {
				t.Fatal(line)
			}
		default:
		}
		_, err := New(o)
		wantFault(t, err, fault.InUse)
		if err == nil {
			t.FailNow()
		}
	}
	_, err = New(o)
	wantFault(t, err, fault.InUse)
	_ = in.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
}

// A descriptor that is not the data directory's lock is not taken for one.
func TestAForeignDescriptorIsNoLock(t *testing.T) {
	o := Options{Home: filepath.Join(t.TempDir(), "home")}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	f, err := os.Create(filepath.Join(t.TempDir(), "other"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	fd := int(f.Fd())
	o.Inherited = &fd
	_, err = New(o)
	wantFault(t, err, fault.InUse)
}
