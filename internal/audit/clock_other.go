//go:build !linux

package audit

import "time"

// elapsedCounter counts the time since the start of the program. Whether that includes sleep is the system's choice:
// where it does not, waking up after a long sleep is recorded as a jump.
func elapsedCounter() func() time.Duration {
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}
