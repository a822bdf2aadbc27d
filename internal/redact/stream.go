package redact

import (
	"maps"
	"math"
	"slices"
)

// Stream masks a text that arrives in pieces, which may be cut anywhere, inside a character too. It is for one goroutine.
type Stream struct {
	r        *Redactor
	in       normaliser // the last Context bytes before the first undecided one, and everything after
	released int        // bytes of in.text that went out or were masked
	sent     int        // bytes of in.raw that did
	dropped  int        // bytes of the text's beginning that in.text has no more
	scanned  int        // triggers of in.text before this are decided or in doubt
	inside   bool       // a word ends at scanned, or goes on
	doubts   []doubt
	pending  []found
	counts   map[Type]int
	blocked  []Type
	out      []byte // reused
	opened   int    // 1 + the start in in.text of a find whose label is out and whose end is not known; 0 for none
	shut     bool   // nothing of the text is shown any more

	people people // found so far

	every  func(start, end int, kind Type) // called with each find, maybe more than once: for Guard
	record bool                            // keep the spans of the whole text: for Text
	spans  []Span
	base   int // offset of in.raw in the whole text

	// Of the scan that runs.
	text   []byte
	more   bool
	live   int
	spare  []doubt
	c      Candidate
	near   surroundings
	from   int // where c.Text begins in text
	id     identifier
	w      Word
	streak streak

	certain, certainRule int // 1 + the earliest start of a find of which only the end is open, and its rule; 0 for none

	pointed int // 1 + the place that c is set to, 0 for none
}

// found is a span of in.text, not yet masked, with the length of the longest find in it and that one's rule, type and score.
type found struct {
	start, end int
	rule       int
	kind       Type
	score      float64
	longest    int
	strict     int // the strictest action of the finds in it: see Redactor.strictness
	swallows   bool
	endless    bool // end is noEnd
}

// noEnd is after every end.
const noEnd = math.MaxInt / 2

// beats reports whether f names the span that it shares with g. It is a total order: finds may be merged in any.
func (f found) beats(g found) bool {
	switch {
	case (f.kind == Secret) != (g.kind == Secret): // a password in an address hides the address too
		return f.kind == Secret
	case f.swallows != g.swallows:
		return f.swallows
	case f.longest != g.longest:
		return f.longest > g.longest
	case f.score != g.score:
		return f.score > g.score
	}
	return f.rule <= g.rule
}

// Stream returns a new Stream for one text.
func (r *Redactor) Stream() *Stream {
	return &Stream{r: r, counts: map[Type]int{}, near: surroundings{words: r.words}, people: r.pseudonyms.people()}
}

// Write takes the next piece and returns what can be shown now, which may be nothing.
func (s *Stream) Write(p string) (released string) {
	s.in.raw = append(s.in.raw, p...)
	s.out = s.advance(s.out[:0], true)
	return string(s.out)
}

// Close takes the text as ended and returns the rest of it. What is written afterwards is a new text; Counts go on.
func (s *Stream) Close() (released string) {
	out := string(s.advance(s.out[:0], false))
	s.base += len(s.in.raw)
	s.in.reset()
	s.out, s.released, s.sent, s.scanned, s.inside, s.doubts = nil, 0, 0, 0, false, s.doubts[:0]
	s.opened, s.shut, s.pending = 0, false, nil
	s.near.firsts = s.near.firsts[:0]
	s.people, s.dropped = s.r.pseudonyms.people(), 0
	return out
}

// Counts returns how many values were masked so far, by type.
func (s *Stream) Counts() map[Type]int { return maps.Clone(s.counts) }

// Held returns how many bytes of the text are held back. What a label that is out stands for is not.
func (s *Stream) Held() int {
	if s.opened > 0 {
		return 0
	}
	return len(s.in.raw) - s.sent
}

// advance decides what it can, and appends what can be shown to out.
func (s *Stream) advance(out []byte, more bool) []byte {
	if s.shut {
		return s.swallow(out)
	}
	s.in.feed(more)
	live := s.scan(s.in.text, more)
	out = s.emit(out, live)
	if s.shut {
		return s.swallow(out)
	}
	out = s.open(out, live)
	s.trim()
	return out
}

// swallow drops what arrived: it belongs to the last find.
func (s *Stream) swallow(out []byte) []byte {
	s.base += len(s.in.raw)
	if s.record {
		s.spans[len(s.spans)-1].End = s.base
	}
	s.in.reset()
	s.sent = 0
	return out
}

// open lets the label of a find go out of which only the end is open, if everything before it is out.
func (s *Stream) open(out []byte, live int) []byte {
	if s.certain == 0 || s.certain-1 != live || s.released != live || s.opened > 0 || len(s.pending) > 0 && s.pending[0].start < live {
		return out
	}
	kind := s.r.rules[s.certainRule].Type
	strict := s.r.strictness(kind)
	if strict < 3 || s.mayKeep(s.in.raw[s.sent:]) {
		return out
	}
	if strict == 4 && s.r.actions != nil {
		s.blocked = append(s.blocked, kind)
	}
	s.opened = live + 1
	return append(out, s.r.label(kind)...)
}

// mayKeep tells whether what begins so may turn out to be a text that the policy keeps.
func (s *Stream) mayKeep(begun []byte) bool {
	for k := range s.r.keep {
		if n := min(len(k), len(begun)); k[:n] == string(begun[:n]) {
			return true
		}
	}
	return false
}

// merge adds a find to pending, which stays sorted and without overlap. Finds come nearly in order: it looks from the end.
func (s *Stream) merge(f found) {
	f.strict = s.r.strictness(f.kind)
	if s.every != nil {
		s.every(s.base+s.in.rawStart(f.start), s.base+s.in.rawEnd(f.end), f.kind)
	}
	hi := len(s.pending)
	for hi > 0 && s.pending[hi-1].start >= f.end {
		hi--
	}
	lo := hi
	for ; lo > 0 && s.pending[lo-1].end > f.start; lo-- {
		p := s.pending[lo-1]
		start, end, strict, endless := min(f.start, p.start), max(f.end, p.end), max(f.strict, p.strict), f.endless || p.endless
		switch { // what comes after the bound is not looked at when it comes later
		case f.endless:
			strict = f.strict
		case p.endless:
			strict = p.strict
		}
		if p.beats(f) {
			f = p
		}
		f.start, f.end, f.strict, f.endless = start, end, strict, endless
	}
	s.pending = slices.Replace(s.pending, lo, hi, f)
}

// emit appends the text before live, with the finds that end there masked. A find that reaches live may still grow.
func (s *Stream) emit(out []byte, live int) []byte {
	for len(s.pending) > 0 && (s.pending[0].end <= live || s.pending[0].endless && s.pending[0].start <= live) {
		f := s.pending[0]
		if s.shut = f.endless; s.shut {
			f.end = len(s.in.text)
		}
		f.start = max(f.start, s.released) // a rule that breaks its promise gets what is left: no worse, and no crash
		start, end := s.in.rawStart(f.start), s.in.rawEnd(f.end)
		out = s.show(out, start)
		var action Action
		shown := len(out)
		blocked := len(s.blocked)
		out, action = s.put(out, f, s.in.raw[s.sent:max(s.sent, end)])
		if s.opened == f.start+1 { // its label is out
			out = out[:shown]
			if f.strict == 4 && blocked > 0 && s.blocked[blocked-1] == f.kind {
				s.blocked = s.blocked[:blocked]
			}
			s.opened = 0
		}
		s.released, s.sent = max(s.released, f.end), max(s.sent, end)
		if action != Allow && action != Warn {
			s.counts[f.kind]++
		}
		if s.record && action != Allow {
			s.spans = append(s.spans, Span{
				Start: s.base + start, End: s.base + end, Type: f.kind, Rule: s.r.rules[f.rule].Name, Score: f.score, Action: action,
			})
		}
		s.pending = s.pending[1:]
		if s.shut {
			return out
		}
	}
	if len(s.pending) > 0 {
		live = min(live, s.pending[0].start)
	}
	if live > s.released {
		s.released = live
	}
	if live == s.released {
		out = s.show(out, s.in.rawStart(live))
	}
	return out
}

// show appends what arrived up to raw.
func (s *Stream) show(out []byte, raw int) []byte {
	if raw > s.sent {
		out = append(out, s.in.raw[s.sent:raw]...)
		s.sent = raw
	}
	return out
}

// trim drops what no rule can see any more.
func (s *Stream) trim() {
	drop := min(s.released, s.scanned)
	for _, d := range s.doubts {
		drop = min(drop, d.at)
	}
	drop -= Context
	if drop < 0 || drop < len(s.in.text)/2 && drop < 4096 {
		return
	}
	drop, raw := s.in.drop(drop)
	s.dropped += drop
	s.near.drop(drop)
	s.released -= drop
	s.scanned -= drop
	if s.opened > 0 {
		s.opened -= drop
	}
	s.sent -= raw
	s.base += raw
	for i := range s.doubts {
		s.doubts[i].at -= drop
	}
	for i := range s.pending {
		s.pending[i].start -= drop
		if !s.pending[i].endless {
			s.pending[i].end -= drop
		}
	}
}
