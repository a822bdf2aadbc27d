package app

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"subrosa/internal/lockdown"
)

// TestThePagesWaysAreKnown reads their names from the page's own list, in which "browser" is not.
func TestThePagesWaysAreKnown(t *testing.T) {
	list, err := os.ReadFile("../frontend/src/lockdown/ways.js")
	ok(t, err)
	var found []string
	for _, m := range regexp.MustCompile(`(?m)^    '?([a-z-]+)'?: (?:async )?\(\) =>`).FindAllSubmatch(list, -1) {
		found = append(found, string(m[1]))
	}
	want := slices.Concat(refusedByPolicy, refusedAtAll, silentWays, refusedByWindow[1:])
	slices.Sort(found)
	slices.Sort(want)
	if !slices.Equal(found, want) {
		t.Errorf("the page tries %v\nexpected %v", found, want)
	}
}

func everyWay(verdict, leaving string) (tried []PageWayView, refused []string) {
	for _, name := range slices.Concat(refusedByPolicy, refusedAtAll, silentWays) {
		tried = append(tried, PageWayView{Name: name, Verdict: verdict, By: "connect-src"})
	}
	for _, name := range refusedByWindow {
		tried = append(tried, PageWayView{Name: name, Verdict: leaving})
		refused = append(refused, "http://192.0.2.1/"+name)
	}
	return tried, refused
}

func TestWhatThePageFound(t *testing.T) {
	tried, refused := everyWay("refused", "stayed")
	without := func(name string) []PageWayView {
		return slices.DeleteFunc(slices.Clone(tried), func(w PageWayView) bool { return w.Name == name })
	}
	for what, c := range map[string]struct {
		tried   []PageWayView
		refused []string
		open    []string
	}{
		"all refused":                    {tried, refused, nil},
		"one was not tried":              {without("websocket"), refused, []string{"websocket"}},
		"one got through":                {append(without("image"), PageWayView{Name: "image", Verdict: "open"}), refused, []string{"image"}},
		"a word that is none":            {append(without("image"), PageWayView{Name: "image", Verdict: "fine"}), refused, []string{"image"}},
		"no policy refused it":           {append(without("font"), PageWayView{Name: "font", Verdict: "refused", By: "NetworkError"}), refused, []string{"font"}},
		"one that should tell does not":  {append(without("font"), PageWayView{Name: "font", Verdict: "unseen"}), refused, []string{"font"}},
		"nothing tells":                  {append(without("dns-prefetch"), PageWayView{Name: "dns-prefetch", Verdict: "unseen"}), refused, nil},
		"the web view refused nothing":   {tried, nil, refusedByWindow},
		"the web view let one link pass": {tried, refused[:len(refused)-1], []string{"refresh"}},
		"the policy refused a form":      {append(without("form"), PageWayView{Name: "form", Verdict: "refused", By: "form-action"}), nil, []string{"browser", "location", "replace", "link", "refresh"}},
	} {
		var open []string
		for _, w := range pageWays(c.tried, c.refused) {
			if w.Verdict == lockdown.NotBlocked {
				open = append(open, w.Name)
			}
		}
		if !slices.Equal(open, c.open) {
			t.Errorf("%s: open %v, expected %v", what, open, c.open)
		}
	}
}

func TestTheProofWaitsForThePageAndHearsItOnce(t *testing.T) {
	p := newProof()
	p.set(&lockdown.Report{Enforced: true})
	if p.now() != nil || p.process() == nil {
		t.Error("the proof is whole before the page spoke")
	}
	tried, refused := everyWay("refused", "stayed")
	p.tell(pageWays(tried, refused))
	p.tell(pageWays(nil, nil))
	if r := p.wait(); r != p.now() || len(r.Page) != len(tried) || r.Page[0].Verdict != lockdown.Blocked || len(r.Processes) == 0 {
		t.Errorf("%+v", r)
	}
	silent := newProof()
	silent.tell(nil)
	silent.set(&lockdown.Report{Enforced: true})
	if silent.wait().OK() || len(silent.wait().Open()) != 2 { // and this test's process, which has no filter
		t.Errorf("a page that said nothing: %v", silent.wait().Open())
	}
}
