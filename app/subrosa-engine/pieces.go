package main

import (
	"sync"
	"time"
)

// piecesEvery is how long pieces of an answer are gathered after one was sent: a screen shows sixty a second. A model that
// is slower than that has each of its tokens sent at once; a quick one, or a guess that came true, would otherwise spend
// more time on messages between two processes than on tokens.
const piecesEvery = 4 * time.Millisecond

// pieces gathers what an answer consists of. The first piece goes out at once, and none waits longer than piecesEvery.
type pieces struct {
	send func(text string, reasoning bool) error

	mu        sync.Mutex // guards all that follows, and the order of sending
	waiting   []byte
	reasoning bool // what waits is
	open      bool // the time after the last sending runs
	err       error
}

// add takes a piece and returns what sending it, or one before, has failed with.
func (p *pieces) add(text string, reasoning bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if reasoning != p.reasoning {
		p.out()
		p.reasoning = reasoning
	}
	p.waiting = append(p.waiting, text...)
	if !p.open {
		p.out()
		p.open = true
		time.AfterFunc(piecesEvery, p.due)
	}
	return p.err
}

// due sends what came since the last sending.
func (p *pieces) due() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open = len(p.waiting) > 0; p.open {
		p.out()
		time.AfterFunc(piecesEvery, p.due)
	}
}

// flush sends what waits.
func (p *pieces) flush() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out()
	return p.err
}

func (p *pieces) out() {
	if len(p.waiting) > 0 && p.err == nil {
		p.err = p.send(string(p.waiting), p.reasoning)
	}
	clear(p.waiting)
	p.waiting = p.waiting[:0]
}
