package session

import (
	"slices"
	"strings"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/fault"
	"subrosa/internal/policy"
)

// PassphraseUse is what the next step, Setup or Unlock, does with a passphrase.
type PassphraseUse string

// The uses. They cross to the window by these words.
const (
	PassphraseRequired PassphraseUse = "required"
	PassphraseOptional PassphraseUse = "optional" // Setup: policy lets the keyring be enough
	PassphraseNone     PassphraseUse = "none"     // Unlock: the keys have none
)

// Passphrase tells what Setup or Unlock would do with one.
func (s *Session) Passphrase() PassphraseUse {
	phase, _ := s.State()
	switch {
	case phase == PhaseSetup && s.keyringIsEnough():
		return PassphraseOptional
	case (phase == PhaseLocked || phase == PhaseReady) && !s.keys.NeedsPassphrase():
		return PassphraseNone
	}
	return PassphraseRequired
}

// PassphraseOf tells whether the keys of a data directory need one. It needs no lock on the directory.
func PassphraseOf(opts Options) PassphraseUse {
	if keysOf(opts).NeedsPassphrase() {
		return PassphraseRequired
	}
	return PassphraseNone
}

// keyringIsEnough asks the policy that lies here before there is a record: without one, or with a bad one, it is not.
func (s *Session) keyringIsEnough() bool {
	c := policyPlaces(s.opts).Load(policy.Mark{Source: policy.SourceBuiltin}, time.Now())
	return c.Stop == nil && c.Refused == nil && !c.Policy.Unlock.Needs(policy.Passphrase)
}

// factors are what the keys need to be opened.
func (o *open) factors() []policy.Factor {
	list := []policy.Factor{policy.Keyring}
	if o.root.HasPassphrase() {
		list = append(list, policy.Passphrase)
	}
	if o.root.HasToken() {
		list = append(list, policy.Token)
	}
	return list
}

func (o *open) openedWith() string { return words(o.factors()) }

func words(list []policy.Factor) string {
	out := make([]string, len(list))
	for i, f := range list {
		out[i] = string(f)
	}
	return strings.Join(out, ", ")
}

// lacks tells whether policy asks for a factor that the keys do without: until that is mended there is reading and export,
// and no chat.
func (o *open) lacks(f policy.Factor) bool {
	return o.policy.Unlock.Needs(f) && !slices.Contains(o.factors(), f)
}

// noteFactors puts on record that the keys open with less than policy asks for.
func (o *open) noteFactors() error {
	for _, f := range []policy.Factor{policy.Passphrase, policy.Token} {
		if !o.lacks(f) {
			continue
		}
		if err := o.note(audit.Entry{Action: audit.PolicyDenied, Result: "denied", Detail: "unlock.factors: the keys have no " + string(f)}); err != nil {
			return err
		}
	}
	return nil
}

// mayDropPassphrase answers nil where policy lets the keyring be enough. A refusal is on record.
func (o *open) mayDropPassphrase() error {
	if !o.policy.Unlock.Needs(policy.Passphrase) && o.policyMayChat(time.Now()) == nil {
		return nil
	}
	e := audit.Entry{Action: audit.PolicyDenied, Result: "denied", Detail: "unlock.factors: the passphrase is needed"}
	if err := o.note(e); err != nil {
		return err
	}
	return fault.New(fault.PolicyDenied, nil)
}
