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
	s.text, s.more, s.live, s.pointed, s.certain = text, more, len(text), 0, 0
	s.c.near = &s.near
	waiting := s.doubts
	s.doubts = s.spare[:0]
	for _, d := range waiting {
		switch d.rule {
		case doubtPrefix:
			s.askPrefixes(d.at)
		case doubtIdentifier:
			s.askIdentifier(d.at)
		default:
			s.ask(d.rule, d.at)
		}
	}
	s.spare = waiting
	i := s.scanned
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
		if afterWord(text, i) { // the rest of a long one
			for i < len(text) && inWord[text[i]] {
				i++
			}
			continue
		}
		end, hash, digit := s.word(i)
		if end == len(text) && more && end-i < maxWord {
			break // the current word: not all there
		}
		if e := s.r.words.find(text[i:end], hash); e != nil {
			for _, k := range e.rules {
				s.ask(k, i)
			}
		}
		if flags != isStart {
			s.askAt(i, flags)
		}
		if digit || end-i <= 3 {
			s.askIdentifier(i)
			if at := glued(text[i:end]); at > 0 {
				s.askIdentifier(i + at)
			}
		}
		i = end
	}
	s.scanned = i
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

// word returns the end of the word at i, its hash in small letters, and whether there is a digit in it.
func (s *Stream) word(at int) (end int, hash uint32, digit bool) {
	h := uint32(hashStart)
	text := s.text[at:min(len(s.text), at+maxWord)]
	var last byte
	for i, b := range text {
		if !inWord[b] {
			return at + i, h, digit
		}
		if isDigit(b) {
			digit = true
		}
		h = (h ^ uint32(lower(last, b))) * hashPrime
		last = b
	}
	return at + len(text), h, digit
}

// askAt asks the rules with this anchor and with a prefix here.
func (s *Stream) askAt(at int, flags uint8) {
	if flags&isAnchor != 0 {
		for _, k := range s.r.byAnchor[s.text[at]] {
			s.ask(k, at)
		}
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
	if pair := int(rest[0])<<8 | int(rest[1]); s.r.pairs[pair>>6]>>(pair&63)&1 == 0 {
		return
	}
	short := false
	for _, p := range s.r.prefixes[[2]byte{rest[0], rest[1]}] {
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
	s.near.known = false
}

// ask lets rule k judge a candidate at text[at].
func (s *Stream) ask(k, at int) {
	s.point(at)
	s.judge(k, at, k)
}

// judge takes the answer of rule k about s.c, and waits under the name that it is given.
func (s *Stream) judge(k, at, name int) {
	c, from := &s.c, s.from
	c.rule, c.Score, c.Type, c.Certain, c.Endless = k, 0.5, "", false, false
	switch s.r.rules[k].Match(c) {
	case Found:
		f := found{start: from + c.Start, end: from + c.End, rule: k, longest: c.End - c.Start, score: c.Score, kind: c.Type}
		if f.kind == "" {
			f.kind = s.r.rules[k].Type
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
