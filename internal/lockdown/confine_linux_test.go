//go:build linux && (amd64 || arm64)

package lockdown

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// sceneConfined confines itself to one directory that the test made.
func sceneConfined() result {
	res := result{Notes: map[string]string{}}
	// The test binary is started again by Confine, and comes here a second time.
	in, err := Confine([]string{os.Getenv("LOCKDOWN_TEST_DIR"), "/lib", "/lib64", "/usr/lib", "/etc/ld.so.cache"}, nil)
	if err != nil {
		return result{Err: err.Error()}
	}
	_ = Enforce()
	res.Notes["landlock"] = fmt.Sprint(in.Landlock)
	_, err = os.ReadFile(filepath.Join(os.Getenv("LOCKDOWN_TEST_DIR"), "mine"))
	res.Notes["own file"] = fmt.Sprint(err)
	err = os.WriteFile(filepath.Join(os.Getenv("LOCKDOWN_TEST_DIR"), "other"), nil, 0o600)
	res.Notes["writing there"] = fmt.Sprint(err == nil)
	return attempts(res)
}

func attempts(res result) result {
	for _, a := range ConfinementProbe(os.Getppid()) {
		if !a.Denied {
			res.Leaks = append(res.Leaks, a.Name+": "+a.Answer)
		}
	}
	return res
}

func TestConfinedProcessReachesItsFilesAndNothingElse(t *testing.T) {
	if abi, err := ll.LandlockGetABIVersion(); err != nil || abi < 1 {
		t.Skip("this kernel has no Landlock: nothing to show, and Confine reports it")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("LOCKDOWN_TEST_DIR", dir)
	r := play(t, "confined")
	if r.Err != "" || len(r.Leaks) > 0 || r.Notes["own file"] != "<nil>" || r.Notes["writing there"] != "false" || r.Notes["landlock"] == "0" {
		t.Errorf("%+v", r)
	}
	// The mark alone confines nothing, and is not taken for it.
	if m := play(t, "marked only"); m.Err == "<nil>" {
		t.Error("a process that only says so passes for confined")
	}
	// The control: without it, each of these works.
	if c := play(t, "not confined"); len(c.Leaks) < 8 {
		t.Errorf("an unconfined process was denied something too, so the probe shows little: it could %v", c.Leaks)
	}
}

func TestADriversFilesComeWithItsLibraryAlone(t *testing.T) {
	lib := filepath.Join(t.TempDir(), "lib-vulkan-cuda") // a directory's name opens nothing
	if err := os.Mkdir(lib, 0o700); err != nil {
		t.Fatal(err)
	}
	if read, write := EngineFiles(lib); slices.Contains(read, "/sys/devices") || len(write) > 0 {
		t.Errorf("without a library for a GPU: %v, %v", read, write)
	}
	if err := os.WriteFile(filepath.Join(lib, "libggml-vulkan.so"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	elsewhere := t.TempDir()
	if err := os.Symlink(filepath.Join(elsewhere, "pdfium"), filepath.Join(lib, "pdfium")); err != nil {
		t.Fatal(err)
	}
	if read, _ := EngineFiles(lib); slices.Contains(read, elsewhere) {
		t.Errorf("a link that leads nowhere: %v", read)
	}
	if err := os.Mkdir(filepath.Join(elsewhere, "pdfium"), 0o700); err != nil {
		t.Fatal(err)
	}
	if read, _ := EngineFiles(lib); !slices.Contains(read, elsewhere) {
		t.Errorf("a link to a directory: %v", read)
	}
	if read, write := EngineFiles(lib); !slices.Contains(read, "/usr/share/vulkan") || !slices.Contains(write, "/dev/dri") || slices.Contains(read, "/usr/local/cuda/lib64") {
		t.Errorf("with one for Vulkan: %v, %v", read, write)
	}
}

func TestRightsOfEachABI(t *testing.T) {
	for abi, want := range map[int]uint64{1: 1<<13 - 1, 2: 1<<14 - 1, 3: 1<<15 - 1, 4: 1<<15 - 1, 5: 1<<16 - 1, 7: 1<<16 - 1} {
		if got := rights(abi); got != want {
			t.Errorf("ABI %d: %x, want %x", abi, got, want)
		}
	}
}
