package app

import (
	"context"
	"sync"
)

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

// DraftsKept says that the page has saved what was being written, after the event "locking".
func (a *App) DraftsKept() { a.keeping.end() }
