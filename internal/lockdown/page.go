package lockdown

import "slices"

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

// Walls are what keeps this process from the desktop's services, which would act for it.
type Walls struct {
	Whole bool   // no socket is there but those that were given; else only the buses' addresses are others
	Why   string // why they are not
	Rows  []Row  // services and sockets, tried here and outside
}

// AddWalls adds them.
func (r *Report) AddWalls(w *Walls) { r.Walls = w }

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
	for _, row := range r.Walls.open() {
		open = append(open, row.Name)
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

// open are the rows that show a way. Walls that are not whole claim nothing: the posture says so.
func (w *Walls) open() (rows []Row) {
	if w == nil || !w.Whole {
		return nil
	}
	for _, row := range w.Rows {
		if row.Verdict == NotBlocked {
			rows = append(rows, row)
		}
	}
	return rows
}

// Refused reports whether the walls are whole, and everything that could be asked was refused, and something was.
func (w *Walls) Refused() bool {
	return w.Whole && len(w.open()) == 0 && slices.ContainsFunc(w.Rows, func(r Row) bool { return r.Verdict == Blocked })
}
