// Package presence tells when nobody is at the machine: nobody touched it for a while, the screen was locked, the machine
// is about to sleep, or another user's session is in front.
//
// On Linux it listens to logind (the session's Lock signal and Active property, PrepareForSleep) on the system bus, and
// to the screensaver interfaces of freedesktop.org, GNOME, Cinnamon, MATE and Xfce on the session bus. While it listens
// it holds a delay inhibitor for sleep, so what has to happen before sleep happens before sleep (logind waits 5 s by
// default). A bus that goes away is connected to again.
//
// Guarantee: a signal that arrives is handed on within one round through the scheduler; Watch says for every source
// whether it listens, so that nothing is claimed that is not there. Idle time counts sleep, and clocks set forward.
//
// It does not see what the desktop does not say: a screen that is only dark, a locker without a D-Bus interface. Any
// program of the same user can send the screensaver's signal: that locks, and nothing here ever unlocks. Other operating
// systems have no sources yet; idle time works everywhere.
package presence

import (
	"context"
	"sync"
	"time"
)

// Reason is why nobody is there.
type Reason string

// The reasons. They stand on record.
const (
	Idle       Reason = "idle"
	ScreenLock Reason = "screen_lock"
	Suspend    Reason = "suspend"
	UserSwitch Reason = "user_switch"
)

// Source is one thing that is listened to.
type Source struct {
	Name      string `json:"name"`      // "logind" or "screensaver"
	Listening bool   `json:"listening"` // now
	Detail    string `json:"detail"`    // what it tells, or why it is not listened to
}

// Watcher listens until its context ends.
type Watcher struct {
	mu      sync.Mutex
	sources map[string]Source
}

// Sources says what is listened to now.
func (w *Watcher) Sources() []Source {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []Source
	for _, name := range []string{sourceLogind, sourceScreensaver} {
		if s, ok := w.sources[name]; ok {
			list = append(list, s)
		}
	}
	return list
}

const (
	sourceLogind      = "logind"
	sourceScreensaver = "screensaver"
)

func (w *Watcher) report(name string, listening bool, detail string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sources[name] = Source{name, listening, detail}
}

// Clock is two clocks that go on while the machine sleeps: since is monotonic, wall is the time of day.
type Clock func() (since time.Duration, wall time.Time)

// Timer knows when somebody last touched the machine. It is safe for concurrent use.
type Timer struct {
	clock Clock

	mu    sync.Mutex
	since time.Duration
	wall  time.Time
}

// NewTimer starts as if touched now. The clock is SystemClock but in tests.
func NewTimer(clock Clock) *Timer {
	t := &Timer{clock: clock}
	t.Touch()
	return t
}

// Touch says that somebody is there.
func (t *Timer) Touch() {
	since, wall := t.clock()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.since, t.wall = since, wall
}

// Idle returns for how long nobody touched it, by the clock that says more: a virtual machine that was paused sees its
// monotonic clock stand still and its time of day jump.
func (t *Timer) Idle() time.Duration {
	since, wall := t.clock()
	t.mu.Lock()
	defer t.mu.Unlock()
	return max(since-t.since, wall.Round(0).Sub(t.wall.Round(0))) // Round strips Go's own monotonic reading
}

// WaitIdle returns when nobody touched it for limit, or when ctx ends, with ctx's error. It looks every few seconds, and at
// once after a sleep. limit is asked anew each time, since policy can change; 0 waits for ever.
func (t *Timer) WaitIdle(ctx context.Context, limit func() time.Duration) error {
	const look = 2 * time.Second
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		if l := limit(); l > 0 && t.Idle() >= l {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}
