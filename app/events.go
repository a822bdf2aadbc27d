package app

import (
	"context"
	"sync/atomic"

	"github.com/wailsapp/wails/v2/pkg/runtime"
)

// The events that the page listens to.
const (
	eventState         = "state"
	eventStatus        = "status"
	eventTurn          = "turn"
	eventConversations = "conversations"
	eventProgress      = "progress"
	eventLocking       = "locking"
	eventDocument      = "document"
)

// emitter sends an event to the page: runtime.EventsEmit but in tests. Before the window is up there is nobody to
// tell, and the page asks for everything when it loads.
type emitter struct {
	emit atomic.Pointer[func(name string, data ...any)]
}

func (e *emitter) attach(ctx context.Context) {
	emit := func(name string, data ...any) { runtime.EventsEmit(ctx, name, data...) }
	e.emit.Store(&emit)
}

func (e *emitter) detach() { e.emit.Store(nil) }

func (e *emitter) send(name string, data ...any) (sent bool) {
	if emit := e.emit.Load(); emit != nil {
		(*emit)(name, data...)
		return true
	}
	return false
}

func (a *App) emitState()           { a.page.send(eventState, a.State()) }
func (a *App) emitStatus()          { a.page.send(eventStatus, a.Status()) }
func (a *App) emitTurn(e TurnEvent) { a.page.send(eventTurn, e) }
func (a *App) emitConversations()   { a.page.send(eventConversations) }
