package session

import (
	"context"
)

// forget has the engine overwrite what it keeps of conversations, now or when the answer that is being written has ended.
func (m *model) forget() {
	m.mu.Lock()
	m.erased = true
	m.mu.Unlock()
	select {
	case m.turn <- struct{}{}:
		m.release()
	default:
		go func() {
			if m.acquire(m.life) {
				m.release()
			}
		}()
	}
}

// forgetLocked is for whoever has acquired the engine. One that does not forget is ended.
func (m *model) forgetLocked() {
	m.mu.Lock()
	e, erased := m.engine, m.erased
	m.erased = false
	m.mu.Unlock()
	if e == nil || !erased {
		return
	}
	if err := e.Forget(context.Background()); err != nil {
		_ = e.Close()
	}
}
