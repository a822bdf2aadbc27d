package redact

import (
	"maps"
	"slices"
	"unicode/utf8"
)

// Stream masks a text that arrives in pieces, which may be cut anywhere, inside a character too. It is for one goroutine.
type Stream struct {
	r        *Redactor
	buf      []byte // the last Context bytes before the first undecided one, and everything after
	released int    // bytes of buf that went out or were masked
	scanned  int    // triggers of buf before this are decided or in doubt
	doubts   []doubt
	pending  []found
	counts   map[Type]int
	out      []byte // reused

	record bool // keep the spans of the whole text: for Text
	spans  []Span
	base   int // offset of buf in the whole text

	// Of the scan that runs.
	text  []byte
	more  bool
	live  int
	spare []doubt
	c     Candidate
	near  surroundings
}

// found is a span of buf, not yet masked, with the length of the longest find in it and that one's rule, type and score.
type found struct {
	start, end int
	rule       int
	kind       Type
	score      float64
	longest    int
}

// beats reports whether f names the span that it shares with g.
func (f found) beats(g found) bool {
	switch {
	case f.longest != g.longest:
		return f.longest > g.longest
	case f.score != g.score:
		return f.score > g.score
	}
	return f.rule <= g.rule
}

// Stream returns a new Stream for one text.
func (r *Redactor) Stream() *Stream {
	return &Stream{r: r, counts: map[Type]int{}, near: surroundings{words: r.words}}
}

// Write takes the next piece and returns what can be shown now, which may be nothing.
func (s *Stream) Write(p string) (released string) {
	s.buf = append(s.buf, p...)
	s.out = s.advance(s.out[:0], true)
	return string(s.out)
}

// Close takes the text as ended and returns the rest of it. What is written afterwards is a new text; Counts go on.
func (s *Stream) Close() (released string) {
	out := string(s.advance(s.out[:0], false))
	s.base += len(s.buf)
	s.buf, s.out, s.released, s.scanned, s.doubts = nil, nil, 0, 0, s.doubts[:0]
	return out
}

// Counts returns how many values were masked so far, by type.
func (s *Stream) Counts() map[Type]int { return maps.Clone(s.counts) }

// Held returns how many bytes of the text are held back.
func (s *Stream) Held() int { return len(s.buf) - s.released }

// advance decides what it can, and appends what can be shown to out.
func (s *Stream) advance(out []byte, more bool) []byte {
	limit := len(s.buf)
	if more {
		limit -= partial(s.buf)
	}
	live := s.scan(s.buf[:limit], more)
	out = s.emit(out, live)
	s.trim()
	return out
}

// merge adds a find to pending, which stays sorted and without overlap. Finds come nearly in order: it looks from the end.
func (s *Stream) merge(f found) {
	hi := len(s.pending)
	for hi > 0 && s.pending[hi-1].start >= f.end {
		hi--
	}
	lo := hi
	for ; lo > 0 && s.pending[lo-1].end > f.start; lo-- {
		p := s.pending[lo-1]
		start, end := min(f.start, p.start), max(f.end, p.end)
		if p.beats(f) {
			f = p
		}
		f.start, f.end = start, end
	}
	s.pending = slices.Replace(s.pending, lo, hi, f)
}

// emit appends the text before live, with the finds that end there masked. A find that reaches live may still grow.
func (s *Stream) emit(out []byte, live int) []byte {
	for len(s.pending) > 0 && s.pending[0].end <= live {
		f := s.pending[0]
		f.start = max(f.start, s.released) // a rule that breaks its promise gets what is left: no worse, and no crash
		out = append(out, s.buf[s.released:f.start]...)
		out = append(out, s.r.label(f.kind)...)
		s.released = max(s.released, f.end)
		s.counts[f.kind]++
		if s.record {
			s.spans = append(s.spans, Span{
				Start: s.base + f.start, End: s.base + f.end, Type: f.kind, Rule: s.r.rules[f.rule].Name, Score: f.score,
			})
		}
		s.pending = s.pending[1:]
	}
	if len(s.pending) > 0 {
		live = min(live, s.pending[0].start)
	}
	if live > s.released {
		out = append(out, s.buf[s.released:live]...)
		s.released = live
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
	if drop <= 0 {
		return
	}
	s.buf = append(s.buf[:0], s.buf[drop:]...)
	s.released -= drop
	s.scanned -= drop
	s.base += drop
	for i := range s.doubts {
		s.doubts[i].at -= drop
	}
	for i := range s.pending {
		s.pending[i].start -= drop
		s.pending[i].end -= drop
	}
}

// partial returns how many bytes at the end of b begin a character that is not all there.
func partial(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		c := b[len(b)-n]
		if utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}
