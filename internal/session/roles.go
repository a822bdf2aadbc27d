package session

import (
	"errors"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/fault"
	"subrosa/internal/policy"
)

// require returns nil if right may be used on subject here: by an unlocked session where policy allows it, or by a
// grant of compliance, which is noted with what it was used for. Everything else is recorded as denied.
func (o *open) require(right policy.Right, subject string, grant []byte) error {
	err := o.policy.Allows(right)
	if err == nil {
		return nil
	}
	if errors.Is(err, policy.ErrNoGrant) {
		_, err = o.policy.Granted(right, subject, o.origin(), grant, time.Now())
	}
	if err == nil {
		return nil
	}
	return o.denied(right, subject, err)
}

// denied puts an attempt on record that no key or policy allows, and returns its fault.
func (o *open) denied(right policy.Right, subject string, reason error) error {
	e := audit.Entry{Action: audit.RoleDenied, Conversation: subject, Result: "denied", Detail: string(right) + ": " + deniedWord(reason)}
	if err := o.note(e); err != nil {
		return err
	}
	if errors.Is(reason, policy.ErrOff) {
		return fault.New(fault.PolicyDenied, reason)
	}
	return fault.New(fault.RoleDenied, reason)
}

// deniedWord is a stable word: an error's own text may hold what somebody typed.
func deniedWord(err error) string {
	for _, known := range []struct {
		err  error
		word string
	}{
		{policy.ErrOff, "off"},
		{policy.ErrNoGrant, "no grant"},
		{policy.ErrNoKey, "no key in policy"},
		{policy.ErrSignature, "bad signature"},
		{policy.ErrUnsigned, "unsigned"},
		{policy.ErrGrant, "grant for something else"},
	} {
		if errors.Is(err, known.err) {
			return known.word
		}
	}
	return "not shown"
}

// origin names this workstation's record, so that a grant is good for one workstation.
func (o *open) origin() string { return origin(o.root) }

// RecordOrigin names this workstation's record: compliance writes it into its grants.
func (s *Session) RecordOrigin() (string, error) {
	o, err := s.ready()
	if err != nil {
		return "", err
	}
	return o.origin(), nil
}
