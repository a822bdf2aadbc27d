//go:build linux && (amd64 || arm64)

package lockdown

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// What cannot be undone is done in a subprocess: this binary again, with the scene's name in the environment.
const sceneVariable = "LOCKDOWN_TEST_SCENE"

// result is what a scene prints.
type result struct {
	Report  *Report
	OK      bool
	Err     string
	Sockets []string // errno of socket(AF_INET) by thread
	Status  []string // "NoNewPrivs Seccomp" by thread
	Filters string
	Child   string
	Leaks   []string
	Notes   map[string]string
}

func TestMain(m *testing.M) {
	if ChildMain() {
		return
	}
	scene := os.Getenv(sceneVariable)
	if scene == "" {
		os.Exit(m.Run())
	}
	if err := json.NewEncoder(os.Stdout).Encode(scenes()[scene]()); err != nil {
		panic(err)
	}
}

func play(t testing.TB, scene string, change ...func(*exec.Cmd)) result {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", "-test.run=^$")
	cmd.Env = append(os.Environ(), sceneVariable+"="+scene)
	cmd.Stderr = os.Stderr
	for _, f := range change {
		f(cmd)
	}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", scene, err)
	}
	var r result
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("%s: %v: %s", scene, err, out)
	}
	return r
}

func scenes() map[string]func() result {
	return map[string]func() result{
		"start":      sceneStart,
		"threads":    sceneThreads,
		"families":   sceneFamilies,
		"twice":      sceneTwice,
		"carry":      sceneCarry,
		"resume":     sceneResume,
		"inside":     sceneInside,
		"harden":     sceneHarden,
		"unfiltered": func() result { return proof(func() error { return nil }) },
		"no arch":    func() result { return proof(func() error { return load(without(program(hostABI), 0, 3)) }) },
		"no sockets": func() result {
			return proof(func() error { return load(without(program(hostABI), len(program(hostABI))-4, 3)) })
		},
		"refused":    func() result { return proof(func() error { return unix.EINVAL }) },
		"no program": sceneNoProgram,
		"marked only": func() result {
			_ = os.Setenv(confinedVariable, "1")
			_, err := Confine(nil, nil)
			return result{Err: fmt.Sprint(err)}
		},
		"window":          sceneWindow,
		"confined":        sceneConfined,
		"sealed":          sceneSealed,
		"too much memory": sceneLimited(60, takeMemory),
		"too much time":   sceneLimited(1, takeTime),
		"little memory":   sceneLimited(1, func() {}),
		"not sealed":      func() result { return seals(result{Notes: map[string]string{}}) },
		"not confined":    func() result { return attempts(result{}) },
		"child probe":     func() result { return result{Child: socketErrno(), Status: []string{status("self")}} },
	}
}

func proof(enforce func() error) result {
	c, err := begin("", enforce)
	r := c.Wait()
	res := result{Report: r, OK: r.OK()}
	if err != nil {
		res.Err = err.Error()
	}
	return res
}

func sceneStart() result {
	r, err := Start()
	res := result{Report: r, OK: r.OK()}
	if err != nil {
		res.Err = err.Error()
	}
	return res
}

// sceneNoProgram names controls that do not start, or that are not controls.
func sceneNoProgram() result {
	res := result{Notes: map[string]string{}}
	for _, program := range []string{"/nonexistent", "/bin/true", "/bin/echo"} {
		c, err := Begin(program)
		r := c.Wait()
		res.Notes[program] = fmt.Sprint(err == nil, r.OK(), r.Enforced, r.Control != "")
		for _, row := range r.Rows {
			if row.Blocked || row.ControlWorks {
				res.Leaks = append(res.Leaks, program+": "+row.Name)
			}
		}
	}
	return res
}

// without cuts n instructions from the filter. Jumps across the cut must not exist.
func without(p []bpf.Instruction, from, n int) []bpf.Instruction {
	return slices.Delete(slices.Clone(p), from, from+n)
}

func socketErrno() string {
	_, _, errno := unix.RawSyscall(unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_STREAM, 0)
	return errno.Error()
}

func status(task string) string {
	text, err := os.ReadFile("/proc/" + task + "/status")
	if err != nil {
		return err.Error()
	}
	return field(string(text), "NoNewPrivs") + " " + field(string(text), "Seccomp")
}

func field(text, name string) string {
	for line := range strings.Lines(text) {
		if v, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(v)
		}
	}
	return "missing"
}

// sceneThreads starts threads first, locks down, and asks each of them, all tasks' status and a child.
func sceneThreads() result {
	const threads = 8
	ready, ask, said := make(chan bool), make(chan bool), make(chan string)
	for range threads {
		go func() {
			runtime.LockOSThread() // never unlocked: the thread is this goroutine's own
			ready <- true
			<-ask
			said <- socketErrno()
		}()
	}
	for range threads {
		<-ready
	}
	var res result
	if err := Enforce(); err != nil {
		res.Err = err.Error()
	}
	tasks, _ := filepath.Glob("/proc/self/task/*")
	for _, task := range tasks {
		res.Status = append(res.Status, status("self/task/"+filepath.Base(task)))
	}
	close(ask)
	for range threads {
		res.Sockets = append(res.Sockets, <-said)
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^$")
	cmd.Env = append(os.Environ(), sceneVariable+"=child probe")
	out, err := cmd.Output()
	if err != nil {
		res.Err = err.Error()
	}
	var child result
	_ = json.Unmarshal(out, &child)
	res.Child = child.Child
	res.Status = append(res.Status, child.Status...)
	return res
}

// sceneFamilies tries every family, with and without high bits, through both calls.
func sceneFamilies() result {
	var res result
	if err := Enforce(); err != nil {
		res.Err = err.Error()
	}
	for _, number := range []uintptr{unix.SYS_SOCKET, unix.SYS_SOCKETPAIR} {
		for family := range uintptr(256) {
			for _, high := range []uintptr{0, 1 << 32, unix.AF_UNIX << 32, 0xffffffff << 32} {
				var pair [2]int32
				_, _, errno := unix.Syscall6(number, family|high, unix.SOCK_STREAM, 0, uintptr(unsafe.Pointer(&pair)), 0, 0)
				if (errno == unix.EAFNOSUPPORT) == (family == unix.AF_UNIX) {
					res.Leaks = append(res.Leaks, fmt.Sprintf("call %d family %#x: %v", number, family|high, errno))
				}
			}
		}
	}
	for _, number := range []uintptr{ioUringSetup, ioUringEnter, ioUringReg} {
		if _, _, errno := unix.RawSyscall(number, 0, 0, 0); errno != unix.ENOSYS {
			res.Leaks = append(res.Leaks, fmt.Sprintf("call %d: %v", number, errno))
		}
	}
	return res
}

func sceneTwice() result {
	var res result
	before := Enforced()
	for range 3 {
		if err := Enforce(); err != nil {
			res.Err = err.Error()
		}
	}
	text, _ := os.ReadFile("/proc/self/status")
	res.Filters = field(string(text), "Seccomp_filters")
	res.Notes = map[string]string{"before": fmt.Sprint(before), "after": fmt.Sprint(Enforced())}
	return res
}

// sceneInside starts from a process that is locked down already, as the engine is: the control is locked down as well.
func sceneInside() result {
	if err := Enforce(); err != nil {
		return result{Err: err.Error()}
	}
	return sceneStart()
}

func sceneHarden() result {
	res := result{Notes: map[string]string{}}
	if err := HardenProcess(); err != nil {
		res.Err = err.Error()
	}
	var core unix.Rlimit
	_ = unix.Getrlimit(unix.RLIMIT_CORE, &core)
	dumpable, _, _ := unix.RawSyscall(unix.SYS_PRCTL, unix.PR_GET_DUMPABLE, 0, 0)
	res.Notes["core"] = fmt.Sprint(core.Cur, core.Max)
	res.Notes["dumpable"] = fmt.Sprint(dumpable)
	return res
}

func find(t *testing.T, r *Report, name string) Row {
	t.Helper()
	for _, row := range r.Rows {
		if row.Name == name {
			return row
		}
	}
	t.Fatalf("no row %q", name)
	return Row{}
}

func TestStartShowsTheNetworkBlocked(t *testing.T) {
	r := play(t, "start")
	if r.Err != "" || !r.OK || !r.Report.Enforced || r.Report.Control != "" || r.Report.ControlPID == 0 {
		t.Errorf("err %q, ok %v, %+v", r.Err, r.OK, r.Report)
	}
	for _, row := range r.Report.Rows {
		t.Logf("%-20s %-12s %s", row.Name, row.Verdict, row.Detail)
		if row.Verdict == NotBlocked || row.Verdict == Broken || row.Blocked != (row.Verdict == Blocked) {
			t.Errorf("%s: %s (blocked %v)", row.Name, row.Verdict, row.Blocked)
		}
	}
	for _, name := range []string{"ipv4 tcp", "ipv4 udp", "netlink", "pidfd_getfd", "loopback connection", "name lookup"} {
		if v := find(t, r.Report, name).Verdict; v != Blocked {
			t.Errorf("%s: %s", name, v)
		}
	}
	if v := find(t, r.Report, "unix sockets").Verdict; v != Works {
		t.Errorf("unix sockets: %s", v)
	}
	t.Logf("took %v, deputies %v", r.Report.Took, r.Report.Deputies)
}

func TestStartWorksForAnOrdinaryUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root to become somebody else; the other tests ran as an ordinary user already")
	}
	r := play(t, "start", func(cmd *exec.Cmd) {
		cmd.Dir = "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	})
	if r.Err != "" || !r.OK {
		t.Errorf("err %q, ok %v, %+v", r.Err, r.OK, r.Report)
	}
	if v := find(t, r.Report, "packet").Verdict; v != NoControl {
		t.Errorf("packet without CAP_NET_RAW: %s", v)
	}
}

func TestEveryThreadAndChildHasTheFilter(t *testing.T) {
	r := play(t, "threads")
	if r.Err != "" || len(r.Sockets) != 8 || len(r.Status) < 10 {
		t.Fatalf("%+v", r)
	}
	for i, s := range append(r.Sockets, r.Child) {
		if s != unix.EAFNOSUPPORT.Error() {
			t.Errorf("thread %d of 8, or the child: socket says %q", i, s)
		}
	}
	for _, s := range r.Status {
		if s != "1 2" {
			t.Errorf("NoNewPrivs and Seccomp are %q", s)
		}
	}
}

func TestOnlyUnixSocketsInEveryFamilyAndWithHighBits(t *testing.T) {
	if r := play(t, "families"); r.Err != "" || len(r.Leaks) > 0 {
		t.Errorf("err %q, leaks %v", r.Err, r.Leaks)
	}
}

func TestEnforceTwiceLoadsOneFilter(t *testing.T) {
	r := play(t, "twice")
	if r.Err != "" || r.Notes["before"] != "false" || r.Notes["after"] != "true" {
		t.Errorf("%+v", r)
	}
	text, _ := os.ReadFile("/proc/self/status")
	var before int
	if _, err := fmt.Sscan(field(string(text), "Seccomp_filters"), &before); err != nil {
		t.Skip("this kernel does not count filters")
	}
	if r.Filters != fmt.Sprint(before+1) {
		t.Errorf("%s filters, before %d", r.Filters, before)
	}
}

func TestWithoutAControlNothingIsShown(t *testing.T) {
	r := play(t, "inside")
	if r.Err != "" || r.OK || !r.Report.Enforced {
		t.Errorf("err %q, ok %v, enforced %v", r.Err, r.OK, r.Report.Enforced)
	}
	for _, row := range r.Report.Rows {
		if row.Name != "unix sockets" && row.Verdict != NoControl {
			t.Errorf("%s: %s: %s", row.Name, row.Verdict, row.Detail)
		}
	}
}

func TestAControlThatDoesNotRunIsNoControl(t *testing.T) {
	r := play(t, "no program")
	for program, said := range r.Notes {
		if said != "true false true true" {
			t.Errorf("%s: enforced, ok, enforced, control failed: %s", program, said)
		}
	}
	if len(r.Notes) != 3 || len(r.Leaks) > 0 {
		t.Errorf("%v: rows with control: %v", r.Notes, r.Leaks)
	}
}

func TestWithoutTheFilterRowsAreNotBlocked(t *testing.T) {
	r := play(t, "unfiltered")
	if r.OK || r.Report.Enforced {
		t.Error("OK without a filter")
	}
	for _, row := range r.Report.Rows {
		if row.Verdict == Blocked || row.Verdict == NotBlocked != row.ControlWorks && row.Verdict != Works {
			t.Errorf("%s: %s: %s", row.Name, row.Verdict, row.Detail)
		}
	}
	if row := find(t, r.Report, "loopback connection"); !strings.Contains(row.Detail, "arrived from here: 2") {
		t.Errorf("the listener did not see the connection and the query: %s", row.Detail)
	}
}

func TestWhereEnforceFailsNothingIsReportedBlocked(t *testing.T) {
	r := play(t, "refused")
	if r.OK || r.Err == "" || r.Report.Enforced {
		t.Errorf("%+v", r)
	}
	for _, row := range r.Report.Rows {
		if row.Blocked {
			t.Errorf("%s: %s", row.Name, row.Detail)
		}
	}
}

// The matrix notices a filter with a hole: this is the matrix's own negative control.
func TestAFilterWithAHoleIsNoticed(t *testing.T) {
	r := play(t, "no sockets")
	if v := find(t, r.Report, "ipv4 tcp").Verdict; r.OK || v != NotBlocked {
		t.Errorf("filter without the socket check: ok %v, ipv4 tcp %s", r.OK, v)
	}
	if runtime.GOARCH != "amd64" {
		return
	}
	if row := find(t, play(t, "unfiltered").Report, "i386 entry"); !row.ControlWorks {
		t.Skip("this kernel has no 32-bit emulation: " + row.Detail)
	}
	r = play(t, "no arch")
	if v := find(t, r.Report, "i386 entry").Verdict; r.OK || v != NotBlocked {
		t.Errorf("filter without the architecture check: ok %v, i386 entry %s", r.OK, v)
	}
	if v := find(t, r.Report, "ipv4 tcp").Verdict; v != Blocked {
		t.Errorf("filter without the architecture check: ipv4 tcp %s", v)
	}
}

func TestHardenedProcessLeavesNoCore(t *testing.T) {
	r := play(t, "harden")
	if r.Err != "" || r.Notes["core"] != "0 0" || r.Notes["dumpable"] != "0" {
		t.Errorf("%+v", r)
	}
}

// BenchmarkStart measures Start in fresh processes: Took is the figure, ns/op includes starting the process.
func BenchmarkStart(b *testing.B) {
	var took []float64
	for b.Loop() {
		r := play(b, "start")
		took = append(took, float64(r.Report.Took.Microseconds())/1000)
	}
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2], "ms-start-p50")
	b.ReportMetric(took[len(took)-1], "ms-start-max")
}
