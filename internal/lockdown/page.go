package lockdown

// PageWay is a way out that a page in a web view has, tried by the window's own page before anybody else's text is in it. Its
// verdict is Blocked, NotBlocked, or NoControl where nothing tells a page how it ended. That each of them leads out of a web view
// without this program's walls is shown by build/e2e/test_hostile.py, not at each start.
type PageWay struct {
	Name    string  // as in frontend/src/lockdown/ways.js
	By      string  // what refused it
	Verdict Verdict // from what the page saw and, for navigation, from what the web view refused
}

// Process is one of the window's processes.
type Process struct {
	Name     string
	PID      int
	Filtered bool // the kernel says that a seccomp filter is on, which it inherited
}

// AddPage adds what the page found, and which processes the window consists of by then. A report without a way that was tried
// is not OK.
func (r *Report) AddPage(ways []PageWay) {
	r.pageDue, r.Page, r.Processes = true, ways, family()
}

// Open names what is open, or could not be shown to be closed: nil for a report that lets the window go on.
func (r *Report) Open() []string {
	if r == nil || !r.Enforced {
		return []string{"everything: no filter is on"}
	}
	var open []string
	for _, row := range r.Rows {
		if row.Verdict == NotBlocked {
			open = append(open, row.Name)
		}
	}
	for _, w := range r.Page {
		if w.Verdict == NotBlocked {
			open = append(open, "page: "+w.Name)
		}
	}
	for _, p := range r.Processes {
		if !p.Filtered {
			open = append(open, "process: "+p.Name)
		}
	}
	if r.pageDue && len(r.Page) == 0 {
		open = append(open, "page: it did not say what it can reach")
	}
	return open
}
