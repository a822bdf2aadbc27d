package session

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/policy"
)

// settingPolicy is the history setting that holds the mark of the policy last in force: a second memory beside the
// record, so that both would have to be put back together.
const settingPolicy = "policy"

// rule is the policy in force, as it came to be.
type rule struct {
	places  policy.Places
	last    policy.Mark // what was in force before, as the record has it
	refused *policy.Refusal
	stopped *fault.Fault // there is none under which anyone may chat
	told    string       // why a file that was found later was not taken, once that is on record
}

// policyTime is how often an unlocked session looks whether another policy was installed.
const policyTime = 30 * time.Second

func policyPlaces(opts Options) policy.Places {
	machine := opts.PolicyDir
	if machine == "" {
		machine = policy.MachineDir
	}
	return policy.Places{Machine: machine, Home: filepath.Join(opts.Home, "policy"), Sound: soundPolicy}
}

// choosePolicy decides which policy is in force, before anything else of this session is put on record. A change and a
// refusal are recorded.
func (o *open) choosePolicy(opts Options) error {
	o.rule.places = policyPlaces(opts)
	now := time.Now()
	if o.record != nil {
		last, at, err := lastPolicy(o.record)
		if err != nil {
			return err
		}
		o.rule.last, now = last, later(at, now)
	}
	o.take(o.rule.places.Load(o.rule.last, now))
	if o.readOnly() {
		return nil
	}
	return o.notePolicy()
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// watchPolicy locks when another policy is due, so that none is half in force: the next unlock takes it whole.
func (s *Session) watchPolicy(ctx context.Context, lock func(LockReason)) {
	ticker := time.NewTicker(policyTime)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if s.policyDue(time.Now()) {
				lock(LockedByPolicy)
			}
		}
	}
}

// policyDue tells whether a policy is installed that would be taken and is not in force. While an answer is being written
// none is. A file that would be refused changes nothing, and is put on record.
func (s *Session) policyDue(now time.Time) bool {
	o, err := s.ready()
	s.mu.Lock()
	busy := s.turn != nil
	s.mu.Unlock()
	if err != nil || busy || o.readOnly() {
		return false
	}
	_, at, err := lastPolicy(o.record)
	if err != nil {
		return false
	}
	c := o.rule.places.Load(o.policy.Mark(), later(at, now))
	if c.Refused == nil {
		o.rule.told = ""
		return c.Policy.Mark() != o.policy.Mark()
	}
	if reason := c.Refused.Reason(); reason != o.rule.told && (o.rule.refused == nil || o.rule.refused.Reason() != reason) {
		e := audit.Entry{Action: audit.PolicyRefused, Result: reason, Detail: fmt.Sprintf("the %s policy, while unlocked", c.Refused.Source)}
		if o.note(e) == nil {
			o.rule.told = reason
		}
	}
	return false
}

func (o *open) take(c policy.Choice) {
	o.policy, o.rule.refused = c.Policy, c.Refused
	o.rule.stopped = nil
	if d, err := detectorsOf(c.Policy.Document); err == nil {
		o.detectors, o.redactor = d, d.prompt
	} else {
		c.Stop = err // Load has asked soundPolicy, so only a program that changed since the policy was taken comes here
	}
	if c.Stop != nil {
		o.rule.stopped = fault.New(policyCode(c.Stop), c.Stop)
	}
}

// notePolicy puts on record that another policy is in force than before, and that one was refused. The copy is kept
// before the entry: a crash in between leaves a copy too many, never one too few.
func (o *open) notePolicy() error {
	if mark := o.policy.Mark(); mark != o.rule.last && o.rule.stopped == nil {
		if err := o.rule.places.Keep(o.policy); err != nil {
			return directoryFault(err)
		}
		detail := fmt.Sprintf("from %s to %s, signed by %s", o.rule.last, mark, signerOf(o.policy))
		if err := o.note(audit.Entry{Action: audit.PolicyChange, Result: "ok", Detail: detail}); err != nil {
			return err
		}
	}
	if mark := o.policy.Mark(); mark == o.rule.last && o.rule.stopped == nil && !o.rule.places.Keeps(o.policy) {
		if err := o.rule.places.Keep(o.policy); err != nil {
			return directoryFault(err)
		}
		e := audit.Entry{Action: audit.Anomaly, Detail: "the copy of the policy in force was damaged, and is written anew"}
		if err := o.note(e); err != nil {
			return err
		}
	}
	if r := o.rule.refused; r != nil {
		e := audit.Entry{Action: audit.PolicyRefused, Result: r.Reason(), Detail: fmt.Sprintf("the %s policy", r.Source)}
		return o.note(e)
	}
	return nil
}

func signerOf(p policy.Policy) string {
	if p.Signer == "" {
		return "nobody"
	}
	return p.Signer
}

// anchorPolicy compares the policy in force with the history's memory of it. If the record was put back, the history
// still knows the later policy.
func (o *open) anchorPolicy(ctx context.Context) error {
	text, err := o.history.Setting(ctx, settingPolicy)
	if errors.Is(err, history.ErrNotFound) {
		text, err = "", nil
	}
	if err != nil {
		return historyFault(err)
	}
	if floor := policy.ParseMark(text); floor.Later(o.rule.last) != o.rule.last && floor.Later(o.policy.Mark()) != o.policy.Mark() {
		o.rule.last = floor
		o.take(o.rule.places.Load(floor, time.Now()))
		if err := o.notePolicy(); err != nil {
			return err
		}
	}
	if o.rule.stopped != nil { // nothing is taken over; mayChat says why
		return nil //nolint:nilerr // it is kept as the reason that stops the chat
	}
	mark := o.policy.Mark()
	if text != mark.String() {
		if err := o.history.SetSetting(ctx, settingPolicy, mark.String()); err != nil {
			return historyFault(err)
		}
	}
	return directoryFaultOrNil(o.rule.places.Forget(mark))
}

func directoryFaultOrNil(err error) error {
	if err == nil {
		return nil
	}
	return directoryFault(err)
}

// lastPolicy returns the policy in force at the end of the record, and the time of its last entry: every entry names
// its policy.
func lastPolicy(record *audit.Log) (policy.Mark, time.Time, error) {
	builtin := policy.Mark{Source: policy.SourceBuiltin}
	size := record.Size()
	if size == 0 {
		return builtin, time.Time{}, nil
	}
	last, err := record.Entries(size-1, 1)
	if err != nil || len(last) == 0 {
		return builtin, time.Time{}, recordFault(err)
	}
	return policy.ParseMark(last[0].Policy), last[0].Time, nil
}

// policyMayChat returns why the policy lets nobody chat, or nil. A policy can expire while it is in force.
func (o *open) policyMayChat(now time.Time) error {
	if o.rule.stopped != nil {
		return o.rule.stopped
	}
	if p := o.policy; p.Source != policy.SourceBuiltin && !now.Before(p.Expires.End()) {
		return fault.New(fault.PolicyExpired, policy.ErrExpired)
	}
	return nil
}

func policyCode(err error) fault.Code {
	if errors.Is(err, policy.ErrExpired) {
		return fault.PolicyExpired
	}
	return fault.PolicyRefused
}

// PolicyView is the policy in force, for the window and for scripts.
type PolicyView struct {
	Version string           `json:"version"` // as on record
	Source  policy.Source    `json:"source"`
	Name    string           `json:"name"`
	Number  int64            `json:"number"`
	Signer  string           `json:"signer"`  // key ID, "" if nobody signed it
	SHA256  string           `json:"sha256"`  // of its file
	Expires string           `json:"expires"` // YYYY-MM-DD, "" for never
	Rows    []policy.Setting `json:"settings"`
	Refused string           `json:"refused"` // why a file that lies there was not taken, "" if none
	Stopped string           `json:"stopped"` // the fault code why nobody may chat, "" if they may
}

// Policy returns the policy in force.
func (s *Session) Policy() (PolicyView, error) {
	o, err := s.ready()
	if err != nil {
		return PolicyView{}, err
	}
	p := o.policy
	v := PolicyView{
		Version: p.Version, Source: p.Source, Name: p.Name, Number: p.Serial, Signer: p.Signer, SHA256: p.SHA256,
		Expires: p.Expires.String(), Rows: policy.Explain(p.Document),
	}
	if o.rule.refused != nil {
		v.Refused = o.rule.refused.Reason()
	}
	if err := o.policyMayChat(time.Now()); err != nil {
		v.Stopped = string(fault.From(err).Code)
	}
	return v, nil
}

// InForce returns the policy itself.
func (s *Session) InForce() (policy.Policy, error) {
	o, err := s.ready()
	if err != nil {
		return policy.Policy{}, err
	}
	return o.policy, nil
}
