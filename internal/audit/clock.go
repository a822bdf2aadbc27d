package audit

import (
	"fmt"
	"time"
)

const (
	jumpAfter  = 2 * time.Minute     // more than this between what the two clocks say is a jump
	sleptAfter = 31 * 24 * time.Hour // more than this since the last entry of an earlier run is one too
)

// clock gives entries their time and finds out when somebody set it.
type clock struct {
	wall    func() time.Time
	elapsed func() time.Duration // since some moment; counts while the machine sleeps where the system offers that

	last    time.Time // time of the newest entry
	running bool      // since is known
	since   time.Duration
}

func systemClock() clock {
	return clock{wall: time.Now, elapsed: elapsedCounter()}
}

// seen sets the time of the newest entry of an earlier run.
func (c *clock) seen(t time.Time) { c.last = t }

// now returns the time and, where the clock was set since the last entry, a sentence about it.
func (c *clock) now() (time.Time, string) {
	now, elapsed := c.wall().UTC().Round(0), c.elapsed()
	jump := ""
	switch off := now.Sub(c.last.Add(elapsed - c.since)); {
	case c.last.IsZero():
	case c.running && off > jumpAfter:
		jump = fmt.Sprintf("forward by %s", off.Round(time.Second))
	case c.running && off < -jumpAfter:
		jump = fmt.Sprintf("back by %s", (-off).Round(time.Second))
	case !c.running && now.Sub(c.last) > sleptAfter:
		jump = fmt.Sprintf("the last entry, of an earlier run, is %d days older", int(now.Sub(c.last).Hours()/24))
	case !c.running && now.Sub(c.last) < -jumpAfter:
		jump = fmt.Sprintf("the last entry, of an earlier run, is %s younger", c.last.Sub(now).Round(time.Second))
	}
	c.last, c.since, c.running = now, elapsed, true
	return now, jump
}
