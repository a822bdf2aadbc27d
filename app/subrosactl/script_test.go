package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/zalando/go-keyring"

	"subrosa/internal/session"

	"subrosa/internal/gguf"
	"subrosa/models"
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
		onItsOwnKeyring(t)
		return
	}
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"forget-keyring": forgetKeyring, "forget-head": forgetHead, "months-ago": monthsAgo, "split-model": splitModel, "thesaurus": thesaurus, "software-gpu": softwareGPU},
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", bin+":"+os.Getenv("PATH"))
			for _, name := range []string{"DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"} {
				env.Setenv(name, os.Getenv(name))
			}
			return os.WriteFile(filepath.Join(env.WorkDir, "pass"), []byte("correct horse battery staple\n"), 0o600)
		},
	})
}

// softwareGPU installs subrosactl in the script's directory with the Vulkan variant of the libraries, and lets that see
// Mesa's software device.
func softwareGPU(ts *testscript.TestScript, _ bool, _ []string) {
	root, err := filepath.Abs("../..")
	ts.Check(err)
	const driver = "/usr/share/vulkan/icd.d/lvp_icd.x86_64.json"
	lib := filepath.Join(root, "build/native/lib-vulkan")
	for _, name := range []string{filepath.Join(lib, "libggml-vulkan.so"), driver} {
		if _, err := os.Stat(name); err != nil {
			ts.Fatalf("no GPU in software: run build/native/variant.sh vulkan, and install mesa-vulkan-drivers: %v", err)
		}
	}
	for _, name := range []string{"subrosactl", "subrosa-engine"} {
		program, err := os.ReadFile(filepath.Join(root, "build/bin", name))
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(name), program, 0o700))
	}
	ts.Check(os.Symlink(lib, ts.MkAbs("lib")))
	ts.Setenv("VK_ICD_FILENAMES", driver)
	ts.Setenv("GGML_VK_VISIBLE_DEVICES", "0") // a software device is not taken otherwise
}

// splitModel writes the built-in model in three parts into a directory.
func splitModel(ts *testscript.TestScript, _ bool, args []string) {
	_, err := gguf.Split(models.Builtin, ts.MkAbs(args[0]), "demo", 3)
	ts.Check(err)
}

// thesaurus is the scripts' command thesaurus FILE GROUP...: it writes a model for finding passages, for which the words of
// a group mean the same.
func thesaurus(ts *testscript.TestScript, _ bool, args []string) {
	words := gguf.Thesaurus{Name: "Thesaurus"}
	for _, group := range args[1:] {
		words.Groups = append(words.Groups, strings.Fields(group))
	}
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = words.WriteTo(f)
	ts.Check(errors.Join(err, f.Close()))
}

// monthsAgo is the scripts' command months-ago N HOME PASSPHRASE-FILE ARGS...: subrosactl in this process, on the same
// keyring, with a record that was written N months ago.
func monthsAgo(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	passphrase := ts.ReadFile(args[2])
	in := ts.MkAbs(".stdin")
	ts.Check(os.WriteFile(in, []byte(passphrase+passphrase), 0o600))
	out, err := inProcess(in, ts.MkAbs(args[1]), func(o *session.Options) {
		o.Now = func() time.Time { return time.Now().AddDate(0, -n, 0) }
	}, args[3:]...)
	fmt.Fprint(ts.Stdout(), out)
	if (err != nil) != neg {
		ts.Fatalf("%v", err)
	}
}

// forgetKeyring is the scripts' command for forget.
func forgetKeyring(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(forget(ts.MkAbs(args[0])))
}

// forgetHead is the scripts' command for a keyring that was put back too: it does not know the record's newest head.
func forgetHead(ts *testscript.TestScript, _ bool, args []string) {
	slot, err := slotOf(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(keyring.Delete("subrosa", fmt.Sprintf("item-record-head-%x", slot.ID)))
}

// ringSlot says under which accounts the keyring has a data directory's items.
type ringSlot struct {
	ID      []byte `json:"id"`
	Account string `json:"ringAccount"`
}

func slotOf(home string) (slot ringSlot, err error) {
	text, err := os.ReadFile(filepath.Join(home, "keys", "user.json"))
	if err != nil {
		return slot, err
	}
	return slot, json.Unmarshal(text, &slot)
}

// forget deletes what the data directory has in the keyring, as on a machine whose keyring is gone: what its user slot
// names, the deletion-epoch key in both its places and the record's head. Other tests use the same keyring.
func forget(home string) error {
	slot, err := slotOf(home)
	if err := errors.Join(err, keyring.Delete("subrosa", slot.Account)); err != nil {
		return err
	}
	for _, item := range []string{"epoch-0", "epoch-1", "item-record-head"} {
		err := keyring.Delete("subrosa", fmt.Sprintf("%s-%x", item, slot.ID))
		if err != nil && !errors.Is(err, keyring.ErrNotFound) { // one of the epoch's places is empty
			return err
		}
	}
	return nil
}
