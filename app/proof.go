package app

import (
	"strings"
	"sync"
	"time"

	"subrosa/internal/lockdown"
	"subrosa/internal/webview"
)

// pageWithin is how long the page may take to load and try its ways out. A page that says nothing leaves the chat shut.
const pageWithin = 30 * time.Second

// proof is this start's network report: the process's probes first, then the page's.
type proof struct {
	mu     sync.Mutex
	report *lockdown.Report // nil while the process's probes run
	page   []lockdown.PageWay
	told   bool          // the page has spoken, or its time is up
	whole  chan struct{} // closed when both are there
}

func newProof() *proof { return &proof{whole: make(chan struct{})} }

// set takes the process's report.
func (p *proof) set(r *lockdown.Report) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.report = r
	p.join()
}

// tell takes what the page found. Only the first time counts: later there may be other people's text in the page.
func (p *proof) tell(page []lockdown.PageWay) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.told {
		return
	}
	p.page, p.told = page, true
	p.join()
}

func (p *proof) join() {
	if p.report != nil && p.told {
		p.report.AddPage(p.page)
		close(p.whole)
	}
}

// process returns the process's report, nil while its probes run.
func (p *proof) process() *lockdown.Report {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.report
}

func (p *proof) wait() *lockdown.Report {
	<-p.whole
	return p.report
}

// now returns nil while there is something to wait for.
func (p *proof) now() *lockdown.Report {
	select {
	case <-p.whole:
		return p.report
	default:
		return nil
	}
}

// proven takes the process's probes' result.
func (a *App) proven(report *lockdown.Report) {
	a.offline.set(report)
	time.AfterFunc(pageWithin, func() {
		a.offline.tell(nil)
		a.emitStatus()
	})
}

// PageProved takes what became of each way out that the page tried as it loaded. Whoever takes the page over later cannot
// change it, and what the page cannot see of its own navigation is taken from the web view.
func (a *App) PageProved(tried []PageWayView) error {
	a.offline.tell(pageWays(tried, webview.Refused()))
	a.emitStatus()
	return nil
}

// The ways out of frontend/src/lockdown/ways.js; the second ones leave the page.
var (
	pageWaysOut = strings.Fields(`fetch xhr beacon websocket eventsource image svg stylesheet css-import css-url font script import
		worker iframe object embed video poster preload dns-prefetch dns webrtc form-target window-open`)
	pageWaysLeaving = strings.Fields(`location replace link form refresh`)
)

// pageWays judges: a way that was not tried is open.
func pageWays(tried []PageWayView, refused []string) []lockdown.PageWay {
	said := map[string]PageWayView{}
	for _, w := range tried {
		said[w.Name] = w
	}
	var out []lockdown.PageWay
	add := func(name string, verdict lockdown.Verdict, by string) {
		out = append(out, lockdown.PageWay{Name: name, Verdict: verdict, By: by})
	}
	for _, name := range pageWaysOut {
		switch w := said[name]; w.Verdict {
		case "refused":
			add(name, lockdown.Blocked, w.By)
		case "unseen":
			add(name, lockdown.NoControl, "")
		default:
			add(name, lockdown.NotBlocked, "")
		}
	}
	for _, name := range pageWaysLeaving {
		w := said[name]
		switch {
		case w.Verdict == "refused":
			add(name, lockdown.Blocked, w.By)
		case w.Verdict == "stayed" && endsWith(refused, "/"+name):
			add(name, lockdown.Blocked, "navigation")
		default:
			add(name, lockdown.NotBlocked, "")
		}
	}
	return out
}

func endsWith(addresses []string, path string) bool {
	for _, a := range addresses {
		if a, _, _ = strings.Cut(a, "?"); strings.HasSuffix(a, path) {
			return true
		}
	}
	return false
}
