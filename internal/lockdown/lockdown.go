// Package lockdown takes the network away from this process and everything it starts, and proves it.
//
// On Linux (amd64, arm64) Enforce loads a seccomp filter of about twenty instructions into every thread. It refuses
// socket() and socketpair() for any family but AF_UNIX, io_uring (which opens sockets without those calls), pidfd_getfd
// (which copies other processes' sockets), and every call made through a foreign entry (i386, x32, AArch32), whose
// numbers mean other calls. The filter cannot be taken off again and passes to children across execve.
//
// Start proves it: a child started before the filter, the control, runs the same probes and opens a loopback listener.
// A row counts as blocked only if the filter's own answer came back here and the same probe worked there. Where the
// control could not do it either (no IPv6, no CAP_NET_RAW, a kernel without vsock) the row says "no control": nothing
// was shown.
//
// What it does not do. A process that is allowed to speak AF_UNIX can ask another to act for it: the session bus
// (systemd-run, portals), a name service (listed in Report.Deputies), a descriptor passed by SCM_RIGHTS. ptrace and
// /proc/PID/mem are refused where files are restricted too (RestrictFiles, Confine: Landlock refuses both towards processes
// outside). A process running as root can mount network file systems. Other operating systems:
// Enforce returns ErrUnsupported and the report says that nothing is enforced.
package lockdown

import (
	"errors"
	"time"
)

// ErrUnsupported means that this operating system or architecture has no filter here: the network is not blocked.
var ErrUnsupported = errors.New("lockdown: not available on this system")

// Verdict is what one row shows.
type Verdict string

// The verdicts. Works and Broken are for the one row that must stay open, AF_UNIX.
const (
	Blocked    Verdict = "blocked"
	NotBlocked Verdict = "not blocked"
	NoControl  Verdict = "no control"
	Works      Verdict = "works"
	Broken     Verdict = "broken"
)

// Row is one way out, tried here and in the unconfined control.
type Row struct {
	Name         string  // stable, lower case: "ipv4 tcp"
	Detail       string  // what was tried and what came back in both places
	Blocked      bool    // the filter itself refused it here
	ControlWorks bool    // the same probe succeeded without the filter
	Verdict      Verdict // from the two above
	essential    bool
}

// Good reports whether the row shows what it should. A row without control is not good, and not bad either: it shows nothing.
func (r Row) Good() bool { return r.Verdict == Blocked || r.Verdict == Works }

// Report is the probe matrix of one start.
type Report struct {
	Enforced   bool          // the kernel says that the filter is on
	OS         string        // GOOS/GOARCH
	Rows       []Row         // empty where the system is not supported
	Deputies   []string      // services that answer over AF_UNIX and could act for us, with what they do
	Control    string        // "" if the control ran to its end, else why not
	ControlPID int           // the control's process, the only one with sockets of other families
	Time       time.Time     // when the probes ended
	Took       time.Duration // from before the control started until the probes ended
	Page       []PageWay     // where this process is a window
	Walls      *Walls        // nil where nothing was to be kept from the desktop's services
	Processes  []Process     // likewise: it and those that draw its page

	pageDue   bool
	testimony *testimony // what Carry hands on
}

// OK reports whether the network is shown to be blocked: the filter is on, no row with a working control got through,
// AF_UNIX works, the controls without which the rest proves little (IPv4 TCP and UDP) worked, and nothing is open to the page.
func (r *Report) OK() bool {
	if len(r.Open()) > 0 || len(r.Rows) == 0 {
		return false
	}
	for _, row := range r.Rows {
		if row.Verdict == Broken || row.essential && !row.Good() {
			return false
		}
	}
	return true
}

// Start runs the whole proof: it starts the control, enforces the filter, probes, and compares. It must run first in
// main, right after ChildMain, on Linux before any library opens a socket. The error is Enforce's; the report is never
// nil, and where the control failed it says so in its rows. A program that cannot wait uses Begin and Check.Wait.
func Start() (*Report, error) {
	check, err := Begin("")
	return check.Wait(), err
}
