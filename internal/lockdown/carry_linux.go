//go:build linux && (amd64 || arm64)

package lockdown

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// testimony is what the control said, for a successor.
type testimony struct {
	Errnos  []int     `json:"errnos"`  // by probe; 0: the way was open to the control
	Arrived []int     `json:"arrived"` // by probe
	TCP     int       `json:"tcp"`
	UDP     int       `json:"udp"`
	Control string    `json:"control"`
	PID     int       `json:"pid"`
	Time    time.Time `json:"time"`
}

func newTestimony(at ports, answers []answer, control string, pid int) *testimony {
	p := &testimony{TCP: at.tcp, UDP: at.udp, Control: control, PID: pid, Time: time.Now()}
	for _, a := range answers {
		var errno unix.Errno
		if a.err != nil && !errors.As(a.err, &errno) {
			errno = unix.EIO
		}
		p.Errnos, p.Arrived = append(p.Errnos, int(errno)), append(p.Arrived, a.arrived)
	}
	return p
}

// Carry returns what a successor needs: the program that this process becomes by execve keeps the filter, so it cannot
// start a control that has none.
func (r *Report) Carry() ([]byte, error) {
	if r.testimony == nil {
		return nil, errors.New("lockdown: a report without a proof")
	}
	return json.Marshal(r.testimony)
}

// Resume is Begin for a successor: the kernel is asked whether the filter is on, every probe runs again, and the control's
// answers are those that Carry kept. It fails where the filter is not on.
func Resume(carried []byte) (*Report, error) {
	if !Enforced() {
		return nil, errors.New("lockdown: the filter is not on")
	}
	var p testimony
	if err := json.Unmarshal(carried, &p); err != nil || len(p.Errnos) != len(probes) || len(p.Arrived) != len(probes) {
		return nil, errors.New("lockdown: not what Carry returned")
	}
	started := time.Now()
	answers := make([]answer, len(probes))
	inside := make([]error, len(probes))
	for i, probe := range probes {
		answers[i].arrived = p.Arrived[i]
		if p.Errnos[i] != 0 {
			answers[i].err = unix.Errno(p.Errnos[i])
		}
		inside[i] = errNotTried
		if probe.needs == nothing || answers[i].err == nil {
			inside[i] = probe.run(ports{p.TCP, p.UDP})
		}
	}
	r := report(inside, answers, p.Control, p.PID)
	for i := range r.Rows {
		r.Rows[i].Detail += fmt.Sprintf(" (control of %s)", p.Time.UTC().Format(time.TimeOnly))
	}
	r.testimony = &p
	r.Time = time.Now()
	r.Took = r.Time.Sub(started)
	return r, nil
}
