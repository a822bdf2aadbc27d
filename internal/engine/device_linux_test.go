package engine

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"subrosa/internal/lockdown"
	"subrosa/models"
)

// vulkan has the engine run on the Vulkan variant of the libraries, on Mesa's software device.
func vulkan(t testing.TB) {
	t.Helper()
	lib := libraries + "-vulkan"
	const driver = "/usr/share/vulkan/icd.d/lvp_icd.x86_64.json"
	for _, name := range []string{filepath.Join(lib, "libggml-vulkan.so"), driver} {
		if _, err := os.Stat(name); err != nil {
			if os.Getenv("SUBROSA_REQUIRE_REAL") != "" {
				t.Fatal(err)
			}
			t.Skip("no GPU in software: run build/native/variant.sh vulkan, and install mesa-vulkan-drivers: ", err)
		}
	}
	t.Setenv("VK_ICD_FILENAMES", driver)
	t.Setenv("GGML_VK_VISIBLE_DEVICES", "0") // a software device is not taken otherwise
	cpu := libraries
	libraries = lib
	t.Cleanup(func() { libraries = cpu })
}

// transcript has the built-in model answer twice.
func transcript(t *testing.T, e *Engine) string {
	t.Helper()
	first, _ := answer(t, e, "What is Subrosa?", 24)
	second, _ := answer(t, e, "Where is my data?", 24)
	if first == "" || second == "" {
		t.Error("no answer")
	}
	return first + "\n" + second
}

// The whole way on a device: decrypted to it, some layers computed there and some here, answered, and nothing left in the
// clear. (All layers on the device: `subrosactl doctor`, device.txtar.)
func TestADeviceAnswersAsTheProcessorDoes(t *testing.T) {
	s := seal(t, models.Builtin)
	want := transcript(t, load(t, s))
	since := time.Now()
	vulkan(t)
	e := start(t, s.path)
	found := e.Devices()
	if len(found) != 1 || found[0].Name != "Vulkan0" || !strings.Contains(found[0].Description, "llvmpipe") || found[0].Free <= 0 || found[0].Total < found[0].Free {
		t.Fatalf("%+v", found)
	}
	r := s.request()
	r.Device, r.GPULayers = "Vulkan0", 3
	info, err := e.Load(t.Context(), r, nil)
	if err != nil || info.Device != found[0].Description {
		t.Fatalf("%+v %v", info, err)
	}
	if got := transcript(t, e); got != want {
		t.Errorf("%s\nnot\n%s", got, want)
	}
	needles := needles(t, s.plain) // they are in every program that brings the model along, so not all of the disk is searched
	open, _ := searchProcess(t, e.PID(), needles)
	if left := append(open, searchFiles(since, needles, filepath.Dir(s.path), "/dev/shm")...); len(left) > 0 {
		t.Errorf("weights in the clear: %v", left)
	}
}

// The driver needs files and devices; the engine is as confined with it as without.
func TestTheEngineIsConfinedWithADriverToo(t *testing.T) {
	vulkan(t)
	if d := start(t, seal(t, models.Builtin).path).Devices(); len(d) != 1 {
		t.Fatalf("the confined engine finds %+v", d)
	}
	cmd := exec.Command(program, "__confinement-probe", libraries)
	cmd.Env = environment()
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		lockdown.Confinement
		Attempts []lockdown.Attempt `json:"attempts"`
	}
	if err := json.NewDecoder(bytes.NewReader(out)).Decode(&r); err != nil || len(r.Attempts) < 9 {
		t.Fatalf("%v: %s", err, out)
	}
	for _, a := range r.Attempts {
		if !a.Denied && r.Landlock > 0 {
			t.Errorf("it could %s: %s", a.Name, a.Answer)
		}
	}
}

// A device that is not there is the caller's mistake, and said before anything is decrypted.
func TestAnUnknownDeviceIsRefused(t *testing.T) {
	s := seal(t, models.Builtin)
	e := start(t, s.path)
	r := s.request()
	r.Device = "Vulkan7"
	if _, err := e.Load(t.Context(), r, nil); err == nil || !strings.Contains(err.Error(), "there is no device Vulkan7") {
		t.Error(err)
	}
}
