package redact

// What a byte may be, in Redactor.flags.
const (
	isStart  = 1 << iota // a word may begin here
	isAnchor             // some rule's anchor
	isPrefix             // some rule's prefix begins so
)

// doubt is a candidate whose rule, prefix or identifier waits for more text.
type doubt struct {
	at   int
	rule int // or one of:
}

const (
	doubtPrefix     = -1
	doubtIdentifier = -2
)

// scan asks the rules at every undecided trigger and returns the earliest byte that a value still in doubt could claim.
// What waits is asked again with the next piece; merging a find a second time changes nothing.
func (s *Stream) scan(text []byte, more bool) (live int) {
	s.text, s.more, s.live, s.pointed, s.certain, s.streak, s.w.stream = text, more, len(text), 0, 0, streak{}, s
	s.c.near, s.c.stream = &s.near, s
	waiting := s.doubts
	s.doubts = s.spare[:0]
	for _, d := range waiting {
		switch d.rule {
		case doubtPrefix:
			s.askPrefixes(d.at)
		case doubtIdentifier:
			s.askIdentifier(d.at)
		default:
			s.askAgain(d.rule, d.at)
		}
	}
	s.spare = waiting
	i := s.scanned
	last := -1 // where the last word ended
	if s.inside {
		last = i
	}
	for i < len(text) {
		b := text[i]
		flags := s.r.flags[b]
		if flags == 0 {
			i++
			continue
		}
		if flags&isStart == 0 {
			s.askAt(i, flags)
			i++
			continue
		}
		if i == last { // the rest of a long one
			for i < len(text) && inWord[text[i]] {
				i++
			}
			last = i
			continue
		}
		end, hash, digit := wordAt(text, i)
		if end == len(text) && more && end-i < maxWord {
			break // the current word: not all there
		}
		var e *entry
		if s.r.words.may(hash) {
			e = s.r.words.find(text[i:end], hash)
		}
		if e != nil {
			for k := range e.asks {
				s.askAsked(&e.asks[k], i, end)
			}
			if len(e.phrases) > 0 {
				s.near.firsts = append(s.near.firsts, first{i, end, e})
			}
		}
		if flags&isAnchor != 0 {
			s.askWord(i, end, hash)
		}
		if flags&isPrefix != 0 && (i+1 == len(text) || s.r.pair(text[i], text[i+1]) > 0) {
			s.askPrefixes(i)
		}
		if digit || end-i <= 3 && !(e != nil && e.links && end < len(text) && text[end] == ' ' && text[end-1] >= 'a') && s.leadsOn(end) {
			s.askIdentifier(i)
			if at := glued(text[i:end]); at > 0 {
				s.askIdentifier(i + at)
			}
		}
		i, last = end, end
	}
	s.scanned, s.inside = i, i == last
	live = min(s.live, i)
	if !more {
		return len(text)
	}
	tail := text[max(0, len(text)-Context):]
	for _, k := range s.r.tails {
		live = min(live, len(text)-s.r.rules[k].Tail(tail))
	}
	return live
}

// wordAt returns the end of the word at text[at:], its hash in small letters, and whether there is a digit in it.
func wordAt(text []byte, at int) (end int, hash uint32, digit bool) {
	h, kinds := uint32(hashStart), uint32(0)
	last := min(len(text), at+maxWord)
	i := at
	for i < last {
		c := folded[text[i]]
		if c == 0 {
			break
		}
		kinds |= c
		h = (h ^ c&0xff) * hashPrime
		i++
	}
	if kinds&foldedHigh != 0 { // a byte may fold by the one before it
		_, h = wordEnd(text[:i], at)
	}
	return i, h, kinds&foldedDigit != 0
}

const (
	foldedDigit = 1 << (8 + iota)
	foldedHigh  // not of ASCII
)

// folded is what a byte of a word becomes in small letters, with what it is above, 0 for a byte of none. What follows 0xC3
// lower folds.
var folded = func() (t [256]uint32) {
	for b := range t {
		if !inWord[b] {
			continue
		}
		t[b] = uint32(lower(0, byte(b)))
		switch {
		case isDigit(byte(b)):
			t[b] |= foldedDigit
		case b >= 0x80:
			t[b] |= foldedHigh
		}
	}
	return t
}()

// askWord asks the rules whose anchor is the first byte of text[at:end], a word whose hash in small letters is hash, or
// another byte.
func (s *Stream) askWord(at, end int, hash uint32) {
	w := &s.w
	w.Text, w.hash, w.at, w.looked = s.text[at:end], hash, at, false
	w.Earlier, w.Before, w.After, w.Next, w.Digits, w.Value = 0, 0, 0, 0, 0, 0
	if at > 0 {
		w.Before = s.text[at-1]
	}
	if at > 1 {
		w.Earlier = s.text[at-2]
	}
	if end < len(s.text) {
		w.After = s.text[end]
	}
	if end+1 < len(s.text) {
		w.Next = s.text[end+1]
	}
	if isDigit(w.Text[0]) {
		for _, b := range w.Text {
			if !isDigit(b) {
				break
			}
			if w.Digits < 9 {
				w.Value = 10*w.Value + int(b-'0')
			}
			w.Digits++
		}
	}
	for _, a := range s.r.byAnchor[w.Text[0]] {
		if a.when == nil || a.when(w) {
			s.ask(a.rule, at)
		}
	}
}

// askAt asks the rules with this anchor and with a prefix here.
func (s *Stream) askAt(at int, flags uint8) {
	if flags&isAnchor != 0 {
		s.askWord(at, at+1, 0)
	}
	if flags&isPrefix != 0 {
		s.askPrefixes(at)
	}
}

func (s *Stream) askPrefixes(at int) {
	rest := s.text[at:]
	if len(rest) < 2 {
		if s.more {
			s.doubt(at, doubtPrefix, at)
		}
		return
	}
	pair := s.r.pair(rest[0], rest[1])
	if pair == 0 {
		return
	}
	short := false
	for _, p := range s.r.prefixes[pair-1] {
		switch {
		case len(rest) >= len(p.text):
			if string(rest[:len(p.text)]) == p.text {
				s.ask(p.rule, at)
			}
		case p.text[:len(rest)] == string(rest):
			short = true
		}
	}
	if short && s.more {
		s.doubt(at, doubtPrefix, at)
	}
}

// point sets the candidate's place; what is the same for all rules there is set once.
func (s *Stream) point(at int) {
	if s.pointed == at+1 {
		return
	}
	s.pointed = at + 1
	s.from = max(0, at-Context)
	s.c.Text, s.c.At, s.c.More = s.text[s.from:], at-s.from, s.more
	s.near.from, s.near.known = s.from, false
}

// ask lets rule k judge a candidate at text[at].
func (s *Stream) ask(k, at int) {
	s.point(at)
	s.judge(k, at, k)
}

// askAsked asks a rule at the word text[at:end], if it has no phrases or one of them may stand there.
func (s *Stream) askAsked(a *asked, at, end int) {
	if a.phrases == nil {
		s.ask(a.rule, at)
		return
	}
	c := &s.c
	c.Phrases, c.first, c.next = a.phrases, end-at, 0
	for _, b := range s.text[end:min(end+4, len(s.text))] {
		if b >= 0x80 {
			break
		}
		if characters[b] != other {
			c.next = lowered[b]
			break
		}
	}
	for _, p := range a.phrases {
		if c.begins(p) {
			s.ask(a.rule, at)
			return
		}
	}
}

// askAgain asks a rule about a place where it waited for more.
func (s *Stream) askAgain(k, at int) {
	if len(s.r.rules[k].Phrases) > 0 {
		end, hash, _ := wordAt(s.text, at)
		if e := s.r.words.find(s.text[at:end], hash); e != nil {
			for i := range e.asks {
				if e.asks[i].rule == k {
					s.askAsked(&e.asks[i], at, end)
				}
			}
		}
		return
	}
	s.ask(k, at)
}

// begins reports whether a phrase that begins with the word at the candidate's place may stand there, by the first letter
// of its second word.
func (c *Candidate) begins(phrase string) bool {
	n := c.first
	return c.next == 0 || len(phrase) < n+2 || phrase[n] != ' ' || phrase[n+1] == c.next || phrase[n+1] == '*' || phrase[n+1] >= 0x80
}

// judge takes the answer of rule k about s.c, and waits under the name that it is given.
func (s *Stream) judge(k, at, name int) {
	c, from := &s.c, s.from
	c.rule, c.Score, c.Type, c.Certain, c.Endless = k, 0.5, "", false, false
	switch s.r.match[k](c) {
	case Found:
		f := found{start: from + c.Start, end: from + c.End, rule: k, longest: c.End - c.Start, score: c.Score, kind: c.Type}
		if f.kind == "" {
			f.kind = s.r.rules[k].Type
		}
		switch f.kind {
		case Person:
			s.people.note(c.Text[c.Start:c.End], s.dropped+at)
		case EmailAddress:
			s.people.noteMailbox(c.Text[c.Start:c.End], s.dropped+at)
		}
		f.swallows, f.endless = s.r.rules[k].Swallows, c.Endless
		if f.endless {
			f.end = noEnd
		}
		s.merge(f)
	case Live:
		if c.Certain && (s.certain == 0 || from+c.Start < s.certain-1) {
			s.certain, s.certainRule = from+c.Start+1, k
		}
		s.doubt(at, name, from+c.Start)
	}
}

func (s *Stream) doubt(at, name, live int) {
	s.live = min(s.live, live)
	if n := len(s.doubts); n > 0 && s.doubts[n-1] == (doubt{at, name}) {
		return
	}
	s.doubts = append(s.doubts, doubt{at, name})
}

// glued returns where the digits in "is199003052397" begin: a word of two small letters or more that an identifier of ten
// characters or more was not parted from; 0 if it is none.
func glued(word []byte) int {
	i := 0
	for i < len(word) && 'a' <= word[i] && word[i] <= 'z' {
		i++
	}
	if i < 2 || len(word)-i < 10 {
		return 0
	}
	for _, b := range word[i : i+6] {
		if !isDigit(b) {
			return 0
		}
	}
	return i
}
