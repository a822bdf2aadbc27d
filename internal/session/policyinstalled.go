package session

import (
	"time"

	"subrosa/internal/policy"
)

// InstalledPolicy returns the policy whose files are installed here, without asking what was in force before: the
// built-in one where they are bad.
func InstalledPolicy(opts Options, now time.Time) policy.Policy {
	return policyPlaces(opts).Load(policy.Mark{}, now).Policy
}
