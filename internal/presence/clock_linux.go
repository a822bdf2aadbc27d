package presence

import (
	"time"

	"golang.org/x/sys/unix"
)

// SystemClock reads CLOCK_BOOTTIME and the time of day.
func SystemClock() (time.Duration, time.Time) {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		return 0, time.Now() // the time of day alone: every Linux has this clock
	}
	return time.Duration(ts.Nano()), time.Now()
}
