package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/fault"
	"subrosa/internal/keys"
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

// refusals is a value in the keyring: how often going on with an older record was refused while nothing could be recorded.
type refusals struct {
	N    int       `json:"n"`
	Last time.Time `json:"last"`
}

func (o *open) refusals() *keys.Item { return o.root.Item("accept-older-denied") }

// countDenied keeps a refused try until the record can be written again.
func (o *open) countDenied(ctx context.Context, now time.Time) error {
	r, err := o.deniedSoFar(ctx)
	if err != nil {
		return err
	}
	b, err := json.Marshal(refusals{r.N + 1, now.UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	return o.refusals().Set(ctx, b)
}

func (o *open) deniedSoFar(ctx context.Context) (r refusals, err error) {
	b, err := o.refusals().Get(ctx)
	if errors.Is(err, keys.ErrNotFound) {
		return r, nil
	}
	if err != nil {
		return r, fmt.Errorf("count refusals: %w", err)
	}
	return r, json.Unmarshal(b, &r)
}

// noteDenied puts the refused tries on record and begins a new count.
func (o *open) noteDenied(ctx context.Context) error {
	r, err := o.deniedSoFar(ctx)
	if err != nil || r.N == 0 {
		return err
	}
	e := audit.Entry{Action: audit.RoleDenied, Conversation: "record", Result: "denied"}
	e.Detail = fmt.Sprintf("%s: %d tries while nothing could be recorded, the last at %s", policy.AcceptOlder, r.N, r.Last.Format(time.RFC3339))
	if err := o.note(e); err != nil {
		return err
	}
	return o.refusals().Delete(ctx)
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
