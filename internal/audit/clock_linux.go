package audit

import (
	"time"

	"golang.org/x/sys/unix"
)

// elapsedCounter counts the time since the machine started, sleep included.
func elapsedCounter() func() time.Duration {
	start := time.Now()
	return func() time.Duration {
		var ts unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
			return time.Since(start)
		}
		return time.Duration(ts.Nano())
	}
}
