//go:build !linux

package presence

import (
	"context"
	"time"
)

// SystemClock reads the time of day alone, which goes on during sleep.
func SystemClock() (time.Duration, time.Time) { return 0, time.Now() }

// Buses is empty here.
type Buses struct{}

// Deputies finds none here.
func (Buses) Deputies(context.Context) ([]string, error) { return nil, nil }

// Watch listens to nothing here.
func (Buses) Watch(context.Context, func(Reason)) *Watcher {
	return &Watcher{sources: map[string]Source{sourceScreensaver: {sourceScreensaver, false, "not on this system"}}}
}
