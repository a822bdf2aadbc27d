package lockdown

import (
	"encoding/binary"
	"testing"

	"golang.org/x/net/bpf"
)

// The filter of both architectures, run in x/net's own machine on made-up calls.
func TestFilterAnswersEveryCall(t *testing.T) {
	const inet, inet6, netlink = 2, 10, 16
	refuse := func(e uint32) uint32 { return retErrno | e }
	for name, a := range map[string]abi{"amd64": amd64, "arm64": arm64} {
		other := arm64.audit
		if name == "arm64" {
			other = amd64.audit
		}
		cases := []struct {
			call   string
			arch   uint32
			number uint32
			args   [6]uint64
			want   uint32
		}{
			{"read", a.audit, 0, [6]uint64{}, retAllow},
			{"execve of anything is allowed", a.audit, 59, [6]uint64{}, retAllow},
			{"socket unix", a.audit, a.socket, [6]uint64{familyUnix, 1}, retAllow},
			{"socket inet", a.audit, a.socket, [6]uint64{inet, 1}, refuse(errFamily)},
			{"socket inet6", a.audit, a.socket, [6]uint64{inet6, 2}, refuse(errFamily)},
			{"socket netlink", a.audit, a.socket, [6]uint64{netlink, 3}, refuse(errFamily)},
			{"socket unspecified", a.audit, a.socket, [6]uint64{0, 1}, refuse(errFamily)},
			{"socket inet with high bits", a.audit, a.socket, [6]uint64{inet | 1<<32, 1}, refuse(errFamily)},
			{"socket: high bits cannot make it unix", a.audit, a.socket, [6]uint64{familyUnix << 32, 1}, refuse(errFamily)},
			{"socket: the kernel drops high bits", a.audit, a.socket, [6]uint64{familyUnix | 1<<32, 1}, retAllow},
			{"socketpair unix", a.audit, a.socketpair, [6]uint64{familyUnix, 1}, retAllow},
			{"socketpair inet", a.audit, a.socketpair, [6]uint64{inet, 1}, refuse(errFamily)},
			{"io_uring_setup", a.audit, ioUringSetup, [6]uint64{}, refuse(errNoSys)},
			{"io_uring_enter", a.audit, ioUringEnter, [6]uint64{}, refuse(errNoSys)},
			{"io_uring_register", a.audit, ioUringReg, [6]uint64{}, refuse(errNoSys)},
			{"pidfd_getfd", a.audit, pidfdGetfd, [6]uint64{3, 4, 0}, refuse(errPerm)},
			{"the marker", a.audit, pidfdGetfd, [6]uint64{0, 0, markerFlags}, refuse(markerErrno)},
			{"i386 socket", 0x40000003, 359, [6]uint64{inet, 1}, refuse(errPerm)},
			{"i386 socketcall", 0x40000003, 102, [6]uint64{1}, refuse(errPerm)},
			{"i386 exit", 0x40000003, 1, [6]uint64{}, refuse(errPerm)},
			{"aarch32 socket", 0x40000028, 281, [6]uint64{inet, 1}, refuse(errPerm)},
			{"the other architecture", other, 0, [6]uint64{}, refuse(errPerm)},
		}
		if a.x32 {
			cases = append(cases, []struct {
				call   string
				arch   uint32
				number uint32
				args   [6]uint64
				want   uint32
			}{
				{"x32 socket", a.audit, x32Bit | a.socket, [6]uint64{inet, 1}, refuse(errNoSys)},
				{"x32 socket unix", a.audit, x32Bit | a.socket, [6]uint64{familyUnix, 1}, refuse(errNoSys)},
				{"number -1", a.audit, ^uint32(0), [6]uint64{}, refuse(errNoSys)},
			}...)
		}
		vm, err := bpf.NewVM(program(a))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			// The machine reads big-endian words, the kernel its own: each word is laid out for the machine, low half first.
			data := binary.BigEndian.AppendUint32(nil, c.number)
			data = binary.BigEndian.AppendUint32(data, c.arch)
			data = append(data, make([]byte, 8)...)
			for _, arg := range c.args {
				data = binary.BigEndian.AppendUint32(data, uint32(arg))
				data = binary.BigEndian.AppendUint32(data, uint32(arg>>32))
			}
			got, err := vm.Run(data)
			if err != nil {
				t.Fatal(err)
			}
			if uint32(got) != c.want {
				t.Errorf("%s, %s: %#x, want %#x", name, c.call, got, c.want)
			}
		}
	}
}

func TestReportIsOKOnlyIfShown(t *testing.T) {
	walls := func(whole bool, v Verdict) func(*Report) {
		return func(r *Report) { r.AddWalls(&Walls{Whole: whole, Rows: []Row{{Name: "a service", Verdict: v}}}) }
	}
	good := func() *Report {
		return &Report{Enforced: true, Rows: []Row{
			{Name: "unix sockets", Verdict: Works, essential: true},
			{Name: "ipv4 tcp", Verdict: Blocked, essential: true},
			{Name: "vsock", Verdict: Blocked},
		}}
	}
	for name, c := range map[string]struct {
		change func(*Report)
		want   bool
	}{
		"all blocked":                         {func(*Report) {}, true},
		"a row without control shows nothing": {func(r *Report) { r.Rows[2].Verdict = NoControl }, true},
		"not enforced":                        {func(r *Report) { r.Enforced = false }, false},
		"no rows":                             {func(r *Report) { r.Rows = nil }, false},
		"one got through":                     {func(r *Report) { r.Rows[2].Verdict = NotBlocked }, false},
		"essential without control":           {func(r *Report) { r.Rows[1].Verdict = NoControl }, false},
		"a service acts":                      {walls(true, NotBlocked), false},
		"a service is refused":                {walls(true, Blocked), true},
		"no walls, and a service acts":        {walls(false, NotBlocked), true}, // the posture says so
		"unix sockets broken":                 {func(r *Report) { r.Rows[0].Verdict = Broken }, false},
	} {
		r := good()
		c.change(r)
		if r.OK() != c.want {
			t.Errorf("%s: OK is %v", name, r.OK())
		}
	}
	if (*Report)(nil).OK() {
		t.Error("a missing report is OK")
	}
}

// What was not asked is not refused.
func TestWallsAreShownByWhatIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		walls Walls
		want  bool
	}{
		"something was refused":  {Walls{Whole: true, Rows: []Row{{Verdict: Blocked}, {Verdict: NoControl}}}, true},
		"and something was not":  {Walls{Whole: true, Rows: []Row{{Verdict: Blocked}, {Verdict: NotBlocked}}}, false},
		"nothing could be asked": {Walls{Whole: true, Rows: []Row{{Verdict: NoControl}}}, false},
		"no walls":               {Walls{Rows: []Row{{Verdict: Blocked}}}, false},
	} {
		if got := c.walls.Refused(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
