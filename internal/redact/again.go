package redact

import "bytes"

// people are the last names of the persons found in a text so far.
type people struct {
	noted map[string]int // the finds, and where the first of each was triggered
	first map[string]int // by the name in small letters: where the first find that holds it was triggered, in all of the normalised text; -1 for a conversation's pseudonyms
	pairs [32]uint32     // which two letters they begin with, by their low five bits
}

// may reports whether a name may begin so.
func (p *people) may(text []byte) bool {
	return len(p.first) > 0 && (len(text) < 2 || text[0] >= 0x80 || text[1] >= 0x80 || p.pairs[text[0]&31]>>(text[1]&31)&1 != 0)
}

// note remembers the last names in a find that was triggered at a place: every part but the first of several. What is a word
// of the language or a place too is let go, as are initials, particles and what has no capital.
func (p *people) note(name []byte, at int) {
	if first, ok := p.noted[string(name)]; ok && first <= at {
		return
	}
	if p.noted == nil {
		p.noted = map[string]int{}
	}
	p.noted[string(name)] = at
	nm := readName(name, 0, false, names(), false)
	full := 0
	for _, w := range nm.words[:nm.n] {
		if !w.initial && !w.particle {
			full++
		}
	}
	passed := 0
	for _, w := range nm.words[:nm.n] {
		if w.initial || w.particle {
			continue
		}
		if passed++; passed == 1 && full > 1 {
			continue
		}
		if last := name[w.start:w.end]; w.flags&(plain|place) == 0 && w.capital && len(last) > 2 && len(last) <= maxWord {
			var buf [maxWord]byte
			low := fold(buf[:0], last)
			if _, ok := p.first[string(low)]; ok || !safeWord(last) {
				p.add(low, at)
			}
		}
	}
}

// noteMailbox remembers the last name in an address such as imke.hathersage@example.org or i.hathersage@example.org.
func (p *people) noteMailbox(address []byte, at int) {
	host := bytes.IndexByte(address, '@')
	first, last, ok := bytes.Cut(address[:max(host, 0)], []byte("."))
	if !ok || len(first) == 0 || len(last) < 4 || len(last) > maxWord {
		return
	}
	for _, b := range last {
		if !isLetter(b) {
			return
		}
	}
	var buf [maxWord]byte
	if len(first) > 1 && (len(first) > maxWord || names().look(fold(buf[:0], first))&anyFirst == 0) {
		return
	}
	low := fold(buf[:0], last)
	if names().look(low)&(plain|place) == 0 && !safeWord(low) {
		p.add(low, at)
	}
}

// add remembers a last name in small letters.
func (p *people) add(low []byte, at int) {
	if first, ok := p.first[string(low)]; ok && first <= at {
		return
	}
	if p.first == nil {
		p.first = map[string]int{}
	}
	p.first[string(low)] = at
	p.pairs[low[0]&31] |= 1 << (low[1] & 31)
}

// again tells whether a last name is that of a person found before the candidate's place: Live if a rule for persons or mailboxes
// still waits there.
func (c *Candidate) again(last []byte) Verdict {
	s := c.stream
	var buf [maxWord]byte
	if at, ok := s.people.first[string(fold(buf[:0], last))]; ok && at < s.dropped+s.from+c.At {
		return Found
	}
	if c.More {
		for _, d := range s.doubts {
			if d.rule >= 0 && d.rule != c.rule && d.at < s.from+c.At && (s.r.rules[d.rule].Type == Person || s.r.rules[d.rule].Type == EmailAddress) {
				return Live
			}
		}
	}
	return None
}

// mayBeAgain: no word of the language, and no place, unless it is the first part of a name in several.
func mayBeAgain(w *Word) bool {
	if s := w.stream; (len(s.doubts) == 0 || !s.more) && !s.people.may(s.text[w.at:]) {
		return false
	}
	return w.After == '-' || w.After == '\'' || w.After == 0 || w.known()&(plain|place) == 0
}

// matchAgain: Maria Gonzalez came. Later Gonzalez left.
func matchAgain(c *Candidate) Verdict {
	text, at := c.Text, c.At
	if !capital(text, at) || at > 0 && contains("_@/\\#$&", text[at-1]) || at > 1 && (text[at-1] == '-' || text[at-1] == '\'') && inWord[text[at-2]] {
		return None
	}
	var end int
	for part := at; ; part = end + 1 { // O'Brien, Sánchez-Ventura
		for end = part; end < len(text) && inWord[text[end]] && !isDigit(text[end]) && end-at <= maxWord; end++ {
		}
		if end-at > maxWord || end < len(text) && (isDigit(text[end]) || contains("_@", text[end])) {
			return None
		}
		if end == len(text) && c.More || end+1 == len(text) && c.More && contains("-'", text[end]) {
			return c.Undecided(at)
		}
		if end == len(text) || text[end] != '-' && (text[end] != '\'' || end-at > 2) || !capital(text, end+1) {
			break
		}
	}
	switch c.again(text[at:end]) {
	case None:
		return None
	case Live:
		return c.Undecided(at)
	case Found:
	}
	nm := name{n: 1}
	nm.words[0] = nameWord{start: at, end: end}
	switch beside(c, &nm, 0, 1) {
	case Live:
		return c.Undecided(at)
	case None:
		return None
	case Found:
	}
	return c.Is(at, end, 0.6)
}
