package app

import (
	"context"
	"sync"
	"time"
)

// closeWithin bounds how long a window that is closed waits for the page's drafts.
const closeWithin = time.Second

// keeping is the page saving what is being written, before a lock.
type keeping struct {
	mu   sync.Mutex
	done chan struct{} // nil unless asked; closed when the page is through
}

func (k *keeping) begin() <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.done = make(chan struct{})
	return k.done
}

func (k *keeping) end() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.done != nil {
		close(k.done)
		k.done = nil
	}
}

// keepDrafts asks the page to save what is being written, and waits until it has, or until ctx ends.
func (a *App) keepDrafts(ctx context.Context) {
	done := a.keeping.begin()
	defer a.keeping.end()
	if !a.page.send(eventLocking) {
		return // no page
	}
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// closing comes before the window closes, beside the main loop: the page saves what is being written. Nothing holds the
// window back.
func (a *App) closing(ctx context.Context) (prevent bool) {
	ctx, cancel := context.WithTimeout(ctx, closeWithin)
	defer cancel()
	a.keepDrafts(ctx)
	return false
}

// DraftsKept says that the page has saved what was being written, after the event "locking", before a lock or the window's end.
func (a *App) DraftsKept() { a.keeping.end() }
