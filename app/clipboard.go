package app

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/wailsapp/wails/v2/pkg/runtime"
)

// clipboard is the desktop's. What the window puts there, it takes off again.
type clipboard struct {
	set func(string) error // nil before the window is up
	get func() (string, error)

	mu    sync.Mutex
	clear *time.Timer
}

func (c *clipboard) attach(window context.Context) {
	c.set = func(text string) error { return runtime.ClipboardSetText(window, text) }
	c.get = func() (string, error) { return runtime.ClipboardGetText(window) }
}

// put copies text, to be cleared after keep unless something else was copied since; 0 leaves it there.
func (c *clipboard) put(text string, keep time.Duration) error {
	if err := c.set(text); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.clear != nil {
		c.clear.Stop() // it compares with an older text
		c.clear = nil
	}
	if keep > 0 {
		sum := sha256.Sum256([]byte(text)) // not the text: it need not stay in memory for this
		c.clear = time.AfterFunc(keep, func() { c.clearIf(sum) })
	}
	return nil
}

func (c *clipboard) clearIf(sum [sha256.Size]byte) {
	if text, err := c.get(); err == nil && sha256.Sum256([]byte(text)) == sum {
		_ = c.set("")
	}
}

// Copy puts text on the clipboard, where policy allows it, for as long as policy allows.
func (a *App) Copy(text string) error {
	keep, err := a.session.MayCopy()
	if err != nil {
		return err
	}
	return a.clipboard.put(text, keep)
}
