package policy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const ownerVariable = "POLICY_TEST_OWNER"

// In a user namespace that holds one user, as the window's, root's files are still told from that user's.
func TestRootsFilesAreKnownInAUserNamespace(t *testing.T) {
	if dir := os.Getenv(ownerVariable); dir != "" {
		fmt.Println("roots", rootOnly("/etc"), "own", rootOnly(dir))
		return
	}
	const user = 1234
	dir := t.TempDir()
	for at := dir; at != "/" && at != os.TempDir(); at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	uid := os.Getuid()
	attributes := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER}
	if uid == 0 {
		if err := os.Chown(dir, user, user); err != nil {
			t.Fatal(err)
		}
		uid = user
		attributes.Credential = &syscall.Credential{Uid: user, Gid: user, NoSetGroups: true}
	}
	attributes.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
	attributes.GidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
	if os.Getuid() != 0 {
		attributes.GidMappings[0].ContainerID, attributes.GidMappings[0].HostID = os.Getgid(), os.Getgid()
	}
	self := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$")
	self.Env = append(os.Environ(), ownerVariable+"="+dir)
	self.SysProcAttr = attributes
	out, err := self.CombinedOutput()
	if err != nil {
		t.Skipf("no user namespace: %v %s", err, out)
	}
	if got := string(out); !strings.Contains(got, "roots <nil> own "+ErrOwner.Error()) {
		t.Errorf("%s", got)
	}
}
