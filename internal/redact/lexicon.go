package redact

import (
	"slices"
	"strings"
)

// lexicon holds the words that rules are triggered by, and the phrases that speak for a value after them.
type lexicon struct {
	entries []entry
	index   map[string]int  // while it is built
	table   []int32         // open addressing by hash: 1 + index into entries, 0 for none
	hashes  [1 << 10]uint64 // of a hash's low 16 bits, which an entry has
}

type entry struct {
	word    string
	hash    uint32
	asks    []asked
	phrases []phrase
	links   bool // one of the commonest short words, in small letters: no identifier begins with it and a space
}

// asked is a rule that is asked at a word, with its phrases that begin with it.
type asked struct {
	rule    int
	phrases []string
}

// phrase is what follows a first word, and the rules it speaks for.
type phrase struct {
	rest  string // words joined by one space
	rules ruleSet
}

// ruleSet is a set of indices into a Redactor's rules.
type ruleSet [6]uint64

func (s *ruleSet) add(i int)      { s[i>>6] |= 1 << (i & 63) }
func (s *ruleSet) has(i int) bool { return s[i>>6]>>(i&63)&1 != 0 }

func newLexicon() *lexicon { return &lexicon{index: map[string]int{}} }

func (l *lexicon) entry(word string) *entry {
	i, ok := l.index[word]
	if !ok {
		i = len(l.entries)
		l.index[word] = i
		h := uint32(hashStart)
		for _, b := range []byte(word) {
			h = (h ^ uint32(b)) * hashPrime
		}
		l.entries = append(l.entries, entry{word: word, hash: h})
	}
	return &l.entries[i]
}

func (l *lexicon) trigger(word string, rule int, phrases ...string) {
	e := l.entry(word)
	e.asks = append(e.asks, asked{rule, phrases})
}

func (l *lexicon) phrase(text string, rule int) {
	first, rest, _ := strings.Cut(text, " ")
	e := l.entry(first)
	for i := range e.phrases {
		if e.phrases[i].rest == rest {
			e.phrases[i].rules.add(rule)
			return
		}
	}
	p := phrase{rest: rest}
	p.rules.add(rule)
	e.phrases = append(e.phrases, p)
}

// linking are the words of at most three letters that sentences are full of.
const linking = "a i o y the and is it or on not of its no to by an in at for be was as can has are but he she his her him we you all any so if do did had may who how why our out up us one two see now per via new old own " +
	"la el los las de del en un una que con por se su sus al lo más muy sin ha fue der die das und ist ein im am zu mit von den dem des auf aus bei vor er sie es wir ihr hat war nur wie um le les et est du des au une sur par il"

// build makes the table. A word that phrases begin with is there with a plural s too.
func (l *lexicon) build() {
	for _, e := range slices.Clone(l.entries) {
		if len(e.phrases) == 0 || len(e.word) < 3 {
			continue
		}
		if plural := l.entry(e.word + "s"); len(plural.phrases) == 0 {
			plural.phrases = e.phrases
		}
	}
	size := 16
	for size < 3*len(l.entries) {
		size *= 2
	}
	l.table = make([]int32, size)
	for i, e := range l.entries {
		l.hashes[e.hash>>6&1023] |= 1 << (e.hash & 63)
		at := slot(e.hash, size)
		for l.table[at] != 0 {
			at = (at + 1) & (size - 1)
		}
		l.table[at] = int32(i + 1)
	}
	l.index = nil
}

const (
	hashStart = 2166136261
	hashPrime = 16777619
)

func slot(hash uint32, size int) int { return int(hash^hash>>15) & (size - 1) }

// may is false for a hash that no entry has.
func (l *lexicon) may(h uint32) bool { return l.hashes[h>>6&1023]>>(h&63)&1 != 0 }

// find returns the entry of a word, whose hash in small letters is h, or nil.
func (l *lexicon) find(word []byte, h uint32) *entry {
	size := len(l.table)
	for at := slot(h, size); l.table[at] != 0; at = (at + 1) & (size - 1) {
		e := &l.entries[l.table[at]-1]
		if e.hash == h && len(e.word) == len(word) && sameWord(word, e.word) {
			return e
		}
	}
	return nil
}

// sameWord reports whether word in small letters is small.
func sameWord(word []byte, small string) bool {
	var last byte
	for i, b := range word {
		if lower(last, b) != small[i] {
			return false
		}
		last = b
	}
	return true
}

// lower folds ASCII capitals, and the second byte of Latin-1's (U+00C0 to U+00DE).
func lower(last, b byte) byte {
	switch {
	case b < 0x80:
		return lowered[b]
	case last == 0xC3 && b < 0x9F && b != 0x97:
		return b | 0x20
	}
	return b
}

var lowered = func() (t [128]byte) {
	for i := range t {
		t[i] = byte(i)
		if 'A' <= i && i <= 'Z' {
			t[i] |= 0x20
		}
	}
	return t
}()

// surroundings are the words of the text that phrases begin with, as the scan meets them, and the phrases before one
// place, found when the first rule asks.
type surroundings struct {
	words  *lexicon
	firsts []first
	from   int // where the candidate's text begins
	known  bool
	n      int
	hits   [24]struct {
		end   int
		rules *ruleSet
	}
}

// first is a word that phrases begin with, in the stream's text.
type first struct {
	start, end int
	entry      *entry
}

// drop forgets what stands before text[:at], which is dropped.
func (s *surroundings) drop(at int) {
	k := 0
	for _, f := range s.firsts {
		if f.start >= at {
			s.firsts[k] = first{f.start - at, f.end - at, f.entry}
			k++
		}
	}
	s.firsts = s.firsts[:k]
}

// Context returns how many bytes before the candidate's trigger the nearest of the rule's Context phrases ends, or -1 if
// none stands in the visible text before it.
func (c *Candidate) Context() int {
	if !c.near.known {
		c.near.find(c.Text[:c.At])
	}
	for i := c.near.n - 1; i >= 0; i-- {
		if c.near.hits[i].rules.has(c.rule) {
			return c.At - c.near.hits[i].end
		}
	}
	return -1
}

// Label is Context for a phrase with no digit between it and the candidate: the words that name it.
func (c *Candidate) Label() int {
	at := c.Context()
	for i := c.At - 1; i >= c.At-at; i-- {
		if isDigit(c.Text[i]) {
			return -1
		}
	}
	return at
}

// find looks for phrases in text, the candidate's before its trigger. If that is inside a word, what stands before it is
// one here.
func (s *surroundings) find(text []byte) {
	s.known, s.n = true, 0
	k := len(s.firsts)
	for k > 0 && s.firsts[k-1].start > s.from || k > 0 && len(text) < Context && s.firsts[k-1].start == s.from { // the first word may be the end of one
		k--
	}
	for _, f := range s.firsts[k:] {
		if f.end-s.from > len(text) {
			break
		}
		s.take(text, f.end-s.from, f.entry)
	}
	if !afterWord(text, len(text)) {
		return
	}
	i := len(text)
	for i > 0 && inWord[text[i-1]] && len(text)-i < maxWord {
		i--
	}
	if word := text[i:]; len(text) < Context || i > 0 {
		if e := s.words.find(word, hashOf(word)); e != nil {
			s.take(text, len(text), e)
		}
	}
}

// take adds the phrases that begin with e, a word that ends at text[at:].
func (s *surroundings) take(text []byte, at int, e *entry) {
	for k := range e.phrases {
		if stop, ok := follows(text, at, e.phrases[k].rest); ok && s.n < len(s.hits) {
			s.hits[s.n].end, s.hits[s.n].rules = stop, &e.phrases[k].rules
			s.n++
		}
	}
}

// follows reports whether the words of rest follow text[at:], and where they end.
func follows(text []byte, at int, rest string) (end int, ok bool) {
	for rest != "" {
		var word string
		word, rest, _ = strings.Cut(rest, " ")
		gap := at
		at = nextWord(text, at)
		if at == gap || at-gap > 3 || at == len(text) || lower(0, text[at]) != word[0] {
			return 0, false
		}
		stop := at
		for stop < len(text) && stop-at < maxWord && inWord[text[stop]] {
			stop++
		}
		if !(stop-at == len(word) && sameWord(text[at:stop], word)) &&
			!(stop-at == len(word)+1 && text[stop-1]|0x20 == 's' && sameWord(text[at:stop-1], word)) {
			return 0, false
		}
		at = stop
	}
	return at, true
}

// startsWord reports whether a letter or digit begins at b: of ASCII, or from U+00C0 to U+07FF.
func startsWord(b byte) bool { return isDigit(b) || isLetter(b) || 0xC3 <= b && b < 0xE0 }

// afterWord reports whether text[:at] ends with a letter or digit.
func afterWord(text []byte, at int) bool {
	if at == 0 {
		return false
	}
	b := text[at-1]
	if b < 0x80 {
		return isDigit(b) || isLetter(b)
	}
	return b < 0xC0 && at > 1 && 0xC3 <= text[at-2] && text[at-2] < 0xE0
}

// inWord marks what a word goes on with.
var inWord = func() (t [256]bool) {
	for i := range t {
		t[i] = startsWord(byte(i)) || 0x80 <= i && i < 0xC0
	}
	return t
}()

// wordEnd returns the end of the word at text[at:], which begins there or is none, and its hash in small letters.
func wordEnd(text []byte, at int) (end int, hash uint32) {
	h := uint32(hashStart)
	var last byte
	i := at
	for ; i < len(text) && i-at < maxWord && inWord[text[i]]; i++ {
		b := lower(last, text[i])
		last = text[i]
		h = (h ^ uint32(b)) * hashPrime
	}
	return i, h
}

func hashOf(word []byte) uint32 {
	_, h := wordEnd(word, 0)
	return h
}

// nextWord returns where the next word at or after text[at:] begins, or len(text).
func nextWord(text []byte, at int) int {
	for at < len(text) && !startsWord(text[at]) {
		at++
	}
	return at
}
