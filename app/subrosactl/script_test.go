package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/zalando/go-keyring"
)

// onKeyring is set in the process that runs inside build/with-keyring.sh.
const onKeyring = "SUBROSA_TEST_ON_KEYRING"

// TestScripts runs the built subrosactl against a real keyring, the real engine and the built-in model. The test
// executes itself again on a session bus of its own.
func TestScripts(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(root, "build", "bin")
	if _, err := os.Stat(filepath.Join(bin, "subrosactl")); err != nil {
		t.Fatal("run make build first: ", err)
	}
	if os.Getenv(onKeyring) == "" {
		// One after another: gnome-keyring was seen to lose an item while several programs wrote to it at once.
		cmd := exec.CommandContext(t.Context(), filepath.Join(root, "build", "with-keyring.sh"),
			os.Args[0], "-test.run=^TestScripts$", "-test.parallel=1", "-test.timeout=25m", "-test.v")
		cmd.Env = append(os.Environ(), onKeyring+"=1")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS: TestScripts") {
			t.Fatalf("on a keyring: %v\n%s", err, out)
		}
		return
	}
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"forget-keyring": forgetKeyring},
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", bin+":"+os.Getenv("PATH"))
			for _, name := range []string{"DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"} {
				env.Setenv(name, os.Getenv(name))
			}
			return os.WriteFile(filepath.Join(env.WorkDir, "pass"), []byte("correct horse battery staple\n"), 0o600)
		},
	})
}

// forgetKeyring deletes everything that this program has in the keyring, as on a machine whose keyring is gone.
func forgetKeyring(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(keyring.DeleteAll("subrosa"))
}
