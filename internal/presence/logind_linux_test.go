package presence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"
)

const (
	logindProgram = "/lib/systemd/systemd-logind"
	logindChild   = "SUBROSA_TEST_LOGIND_CHILD"
)

// TestTheRealLogindIsHeard runs systemd-logind itself, on a bus and a /run of its own, with two sessions on one seat that it
// finds there as after a restart. Its Lock signal, a switch to the other session and its inhibitors are the real ones.
// Sleep is not: a container cannot. That is TestSleepWaitsForWhatHasToHappenFirst, on a mock.
func TestTheRealLogindIsHeard(t *testing.T) {
	if os.Getenv(logindChild) == "" {
		inOwnRun(t)
		return
	}
	address := startLogind(t)
	t.Setenv("XDG_SESSION_ID", "c1")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	left := make(chan Reason, 8)
	w := Buses{Session: address, System: address}.Watch(ctx, func(r Reason) { left <- r })
	soon(t, "logind is listened to", func() error {
		if i := slices.IndexFunc(w.Sources(), func(s Source) bool { return s.Name == sourceLogind }); !w.Sources()[i].Listening {
			return errors.New(w.Sources()[i].Detail)
		}
		return nil
	})
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	manager := conn.Object(login, loginPath)

	var inhibitors [][]any
	if err := manager.Call(loginManager+".ListInhibitors", 0).Store(&inhibitors); err != nil || len(inhibitors) != 1 {
		t.Fatal(inhibitors, err)
	}
	if got := fmt.Sprint(inhibitors[0][:4]...); got != fmt.Sprint("sleep", "Subrosa", "wiping keys before sleep", "delay") {
		t.Error("inhibitor: ", got)
	}
	for _, step := range []struct {
		call, session string
		want          Reason
	}{
		{"LockSession", "c2", ""}, // another user's screen
		{"LockSession", "c1", ScreenLock},
		{"ActivateSession", "c2", UserSwitch},
		{"ActivateSession", "c1", ""}, // and back
		{"LockSessions", "", ScreenLock},
	} {
		args := []any{step.session}
		if step.session == "" {
			args = nil
		}
		if err := manager.Call(loginManager+"."+step.call, 0, args...).Err; err != nil {
			t.Fatal(step.call, step.session, ": ", err)
		}
		if step.want == "" {
			continue // what came of it would come before the next step's
		}
		select {
		case got := <-left:
			if got != step.want {
				t.Errorf("%s %s: %s, want %s", step.call, step.session, got, step.want)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s %s: nothing was heard", step.call, step.session)
		}
	}
}

// inOwnRun runs the test once more in a mount namespace with an empty /run.
func inOwnRun(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: logind does")
	}
	for _, program := range []string{logindProgram, "/usr/bin/unshare", "/usr/bin/dbus-daemon"} {
		if _, err := os.Stat(program); err != nil {
			t.Skip(err) // a desktop of another init system
		}
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "--mount", "--propagation", "private",
		os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=2m")
	cmd.Env = append(os.Environ(), logindChild+"=1")
	out, err := cmd.CombinedOutput()
	if bytes.Contains(out, []byte("--- SKIP")) {
		t.Skipf("%s", out)
	}
	if err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
		t.Fatalf("with a /run of its own: %v\n%s", err, out)
	}
}

// startLogind starts a system bus and logind on an empty /run, and returns the bus's address.
func startLogind(t *testing.T) string {
	t.Helper()
	for _, dir := range []string{"/run", "/sys/class/tty"} { // a seat without virtual terminals
		if err := unix.Mount("tmpfs", dir, "tmpfs", 0, ""); err != nil {
			t.Skip("mount: ", err)
		}
	}
	other := exec.CommandContext(t.Context(), "sleep", "120")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = other.Process.Kill()
		_ = other.Wait()
	})
	for name, content := range map[string]string{
		"systemd/inhibit/.keep": "", "systemd/seats/.keep": "", "user/0/.keep": "", "udev/.keep": "",
		"systemd/users/0":     "NAME=root\nSTATE=active\nSTOPPING=no\nRUNTIME=/run/user/0\nSLICE=user-0.slice\nDISPLAY=c1\nREALTIME=1\nMONOTONIC=1\n",
		"systemd/sessions/c1": sessionFile(os.Getpid(), 1),
		"systemd/sessions/c2": sessionFile(other.Process.Pid, 0),
	} {
		path := filepath.Join("/run", name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	address, _ := startBus(t)
	cmd := exec.CommandContext(t.Context(), logindProgram)
	cmd.Env = append(os.Environ(), "DBUS_SYSTEM_BUS_ADDRESS="+address)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("logind: %s", log.Bytes())
		}
	})
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	soon(t, "logind has both sessions, and the first is in front", func() error {
		manager := conn.Object(login, loginPath)
		var path dbus.ObjectPath
		for _, id := range []string{"c2", "c1"} {
			if err := manager.Call(loginManager+".GetSession", 0, id).Store(&path); err != nil {
				return err
			}
		}
		active, err := conn.Object(login, path).GetProperty(loginSession + ".Active")
		if err == nil && active.Value() != true { // which of them it is after a start, logind's order of reading says
			err = errors.Join(errors.New("c1 is not active"), manager.Call(loginManager+".ActivateSession", 0, "c1").Err)
		}
		return err
	})
	return address
}

// sessionFile is what logind keeps of a session. One whose leader has ended is dead.
func sessionFile(leader, active int) string {
	return fmt.Sprintf("UID=0\nUSER=root\nACTIVE=%[1]d\nIS_DISPLAY=1\nSTATE=online\nREMOTE=0\nTYPE=x11\nORIGINAL_TYPE=x11\nCLASS=user\n"+
		"SCOPE=session-of-%[2]d.scope\nSERVICE=test\nDESKTOP=test\nSEAT=seat0\nLEADER=%[2]d\nREALTIME=1\nMONOTONIC=1\n", active, leader)
}

func soon(t *testing.T, what string, check func() error) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", what, err)
		}
	}
}
