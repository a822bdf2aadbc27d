package app

import (
	"context"
	"sync"
	"time"
)

// progressEvery is how often the page hears how far a long work is.
const progressEvery = 100 * time.Millisecond

// ProgressView is how far a long work is. Total is 0 where it is not known.
type ProgressView struct {
	Job   string `json:"job"`
	Step  string `json:"step"`
	Done  int64  `json:"done"`
	Total int64  `json:"total"`
}

// jobs are the long works that the page can cancel, by name. One of each runs at a time; a second one ends the first.
type jobs struct {
	mu   sync.Mutex
	stop map[string]context.CancelFunc
}

// job begins one. report tells the page how far it is, and end must be called.
func (a *App) job(name string) (ctx context.Context, report func(step string, done, total int64), end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	a.jobs.mu.Lock()
	if before := a.jobs.stop[name]; before != nil {
		before()
	}
	a.jobs.stop[name] = cancel
	a.jobs.mu.Unlock()
	var mu sync.Mutex
	var told time.Time
	return ctx, func(step string, done, total int64) {
		mu.Lock()
		defer mu.Unlock()
		if now := time.Now(); now.Sub(told) >= progressEvery || done == total {
			told = now
			a.page.send(eventProgress, ProgressView{Job: name, Step: step, Done: done, Total: total})
		}
	}, cancel
}

// Cancel ends a long work.
func (a *App) Cancel(job string) {
	a.jobs.mu.Lock()
	defer a.jobs.mu.Unlock()
	if stop := a.jobs.stop[job]; stop != nil {
		stop()
	}
}
