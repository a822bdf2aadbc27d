package app

import (
	"context"
	"testing"
	"time"
)

func TestALockWaitsForThePageToKeepItsDraftsAndNotForEver(t *testing.T) {
	a := newApp()
	a.keepDrafts(t.Context()) // no page: nothing to wait for
	kept := false
	emit := func(name string, _ ...any) {
		if name == eventLocking {
			go func() {
				kept = true
				a.DraftsKept()
				a.DraftsKept() // a page that says it twice hurts nothing
			}()
		}
	}
	a.page.emit.Store(&emit)
	a.keepDrafts(t.Context())
	if !kept {
		t.Error("it did not wait")
	}
	kept = false
	if a.closing(t.Context()) || !kept {
		t.Error("the window does not close, or does not wait")
	}
	mute := func(string, ...any) {}
	a.page.emit.Store(&mute)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	a.keepDrafts(ctx)
	a.DraftsKept() // too late
}
