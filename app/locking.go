package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/runtime"

	"subrosa/internal/fault"
	"subrosa/internal/presence"
	"subrosa/internal/session"
	"subrosa/internal/webview"
)

// geometry is where the window was, so that its successor comes up in the same place.
type geometry struct {
	X         int  `json:"x"`
	Y         int  `json:"y"`
	Width     int  `json:"width"`
	Height    int  `json:"height"`
	Maximised bool `json:"maximised"`
	Minimised bool `json:"minimised"`
}

// locker is what a window needs to lock: everything but the session.
type locker struct {
	once   sync.Once
	window context.Context // the window's, nil before it is up
	before geometry        // where a predecessor's window was
	taken  *handover       // from a predecessor, nil for none
}

// began is the window's start: from here on it locks when nobody is there.
func (a *App) began(ctx context.Context) {
	if err := webview.Harden(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		fmt.Fprintln(os.Stderr, "subrosa:", fault.New(fault.LockdownFailed, err))
		os.Exit(1)
	}
	a.page.attach(ctx)
	a.clipboard.attach(ctx)
	a.lock.window = ctx
	if a.lock.taken != nil && !a.lock.before.Maximised && !a.lock.before.Minimised {
		runtime.WindowSetPosition(ctx, a.lock.before.X, a.lock.before.Y)
	}
	a.session.Watch(ctx, presence.Buses{}, func(why session.LockReason) { _ = a.lockFor(why) })
}

// Activity says that the user touched the keyboard or the pointer. The page calls it now and then.
func (a *App) Activity() { a.session.Activity() }

// lockFor locks, and replaces this process by a fresh one. It returns an error only if the session is open still.
func (a *App) lockFor(why session.LockReason) error {
	if phase, _ := a.session.State(); phase != session.PhaseReady {
		return nil
	}
	where := a.geometry() // before the page goes
	ctx, cancel := context.WithTimeout(context.Background(), lockWithin)
	defer cancel()
	err := a.session.LockFor(ctx, why)
	if phase, _ := a.session.State(); phase == session.PhaseReady {
		return err
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "subrosa:", err)
	}
	a.takeOver(handover{Window: where, Reason: string(why)})
	return nil
}

// takeOver does not return where a process can be replaced.
func (a *App) takeOver(h handover) {
	if a.lock.window == nil {
		return // no window, so nothing that drew anything: a test
	}
	a.lock.once.Do(func() {
		err := a.becomeFresh(h)
		if errors.Is(err, errors.ErrUnsupported) {
			return
		}
		// Half of it may be done. What must not stay is this process.
		fmt.Fprintln(os.Stderr, "subrosa: locked; the window could not be replaced:", err)
		os.Exit(1)
	})
}

func (a *App) becomeFresh(h handover) error {
	report := a.offline.process()
	if report == nil {
		return errors.New("no proof to hand over")
	}
	var err error
	if h.Proof, err = report.Carry(); err != nil {
		return err
	}
	if h.Home, err = a.session.HandOver(); err != nil {
		return err
	}
	return replace(h, a.box)
}

func (a *App) geometry() geometry {
	ctx := a.lock.window
	if ctx == nil {
		return geometry{}
	}
	g := geometry{Maximised: runtime.WindowIsMaximised(ctx), Minimised: runtime.WindowIsMinimised(ctx)}
	g.X, g.Y = runtime.WindowGetPosition(ctx)
	g.Width, g.Height = runtime.WindowGetSize(ctx)
	return g
}

// startState is how the window comes up: where a predecessor's was, and minimised if that one was.
func (g geometry) startState() options.WindowStartState {
	switch {
	case g.Minimised:
		return options.Minimised
	case g.Maximised:
		return options.Maximised
	}
	return options.Normal
}

// inherit reads a predecessor's handover. Without one the program starts afresh.
func (a *App) inherit(fd int) error {
	if fd < 0 {
		return nil
	}
	h, err := takenOver(fd)
	if err != nil {
		return err
	}
	if !json.Valid(h.Proof) {
		return errors.New("a handover without a proof")
	}
	a.lock.taken, a.lock.before = &h, h.Window
	return nil
}
