package presence

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestIdleTimeCountsSleepAndPausesAndNeverRunsBack(t *testing.T) {
	since, wall := time.Duration(0), time.Unix(1_800_000_000, 0)
	timer := NewTimer(func() (time.Duration, time.Time) { return since, wall })
	want := func(what string, d time.Duration) {
		t.Helper()
		if got := timer.Idle(); got != d {
			t.Errorf("%s: %v, want %v", what, got, d)
		}
	}
	want("at once", 0)
	since, wall = since+time.Minute, wall.Add(time.Minute)
	want("a minute later", time.Minute)
	timer.Touch()
	want("touched", 0)
	since = since + time.Hour
	want("asleep, the time of day not yet set", time.Hour)
	timer.Touch()
	wall = wall.Add(2 * time.Hour)
	want("a virtual machine that was paused", 2*time.Hour)
	timer.Touch()
	since, wall = since+time.Minute, wall.Add(-24*time.Hour)
	want("the clock was put back", time.Minute)
}

func TestWaitIdleEndsAtTheLimitOrWithItsContext(t *testing.T) {
	since := time.Duration(0)
	timer := NewTimer(func() (time.Duration, time.Time) { return since, time.Unix(0, 0) })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := timer.WaitIdle(ctx, func() time.Duration { return time.Minute }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	since = time.Minute
	if err := timer.WaitIdle(ctx, func() time.Duration { return time.Minute }); err != nil {
		t.Error(err)
	}
	if err := timer.WaitIdle(ctx, func() time.Duration { return 0 }); !errors.Is(err, context.Canceled) {
		t.Error("no limit: ", err)
	}
}

func TestSystemClockGoesForward(t *testing.T) {
	a, _ := SystemClock()
	b, wall := SystemClock()
	if b < a || wall.IsZero() {
		t.Error(a, b, wall)
	}
}
