package app

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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

	noBrowser atomic.Bool // the page asked for one, and none was found
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
	report.AddWalls(a.box.Walls())
	a.offline.set(report)
	time.AfterFunc(pageWithin, func() {
		a.offline.tell(nil)
		a.emitStatus()
	})
}

// PageProved takes what became of each way out that the page tried as it loaded. Whoever takes the page over later cannot
// change it, and what the page cannot see, navigation and browsers, is taken from what refused it.
func (a *App) PageProved(tried []PageWayView) error {
	refused := webview.Refused()
	if a.offline.noBrowser.Load() {
		refused = append(refused, "/browser")
	}
	a.offline.tell(pageWays(tried, refused))
	a.emitStatus()
	return nil
}

// The ways out of frontend/src/lockdown/ways.js, by what has to refuse them.
var (
	refusedByPolicy = strings.Fields(`fetch xhr beacon websocket eventsource image svg stylesheet css-import css-url font script import
		worker iframe object embed preload dns form-target`)
	refusedAtAll    = strings.Fields(`webrtc window-open`)
	silentWays      = strings.Fields(`video poster dns-prefetch`)
	refusedByWindow = strings.Fields(`browser location replace link form refresh`) // or by the policy
)

// pageWays judges: a way that was not tried, or was refused by something else, is open. The policy is needed although the
// filter would refuse most of it too.
func pageWays(tried []PageWayView, refused []string) []lockdown.PageWay {
	said := map[string]PageWayView{}
	for _, w := range tried {
		said[w.Name] = w
	}
	var out []lockdown.PageWay
	judge := func(names []string, closed func(w PageWayView) (by string, ok bool)) {
		for _, name := range names {
			found := lockdown.PageWay{Name: name, Verdict: lockdown.NotBlocked}
			if by, ok := closed(said[name]); ok {
				found.By, found.Verdict = by, lockdown.Blocked
			} else if said[name].Verdict == "unseen" && slices.Contains(silentWays, name) {
				found.Verdict = lockdown.NoControl
			}
			out = append(out, found)
		}
	}
	byPolicy := func(w PageWayView) (string, bool) {
		return w.By, w.Verdict == "refused" && (strings.Contains(w.By, "-src") || w.By == "form-action")
	}
	atAll := func(w PageWayView) (string, bool) { return w.By, w.Verdict == "refused" }
	judge(refusedByPolicy, byPolicy)
	judge(refusedAtAll, atAll)
	judge(silentWays, atAll)
	judge(refusedByWindow, func(w PageWayView) (string, bool) {
		if w.Verdict == "stayed" && endsWith(refused, "/"+w.Name) {
			return "window", true
		}
		return byPolicy(w)
	})
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
