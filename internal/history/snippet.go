package history

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	snippetWords = 24 // around the matches
	leadWords    = 4  // of these before the first match
)

// A snippet shows where the words stand in a text. The index has no text to cut one from, and finding the words again is
// faster than a second index: words here are the tokenizer's (unicode61 without diacritics), so that what matched is found.

// phrase is words that stand together; of the last one, perhaps only the beginning.
type phrase struct {
	words  []string
	prefix bool
}

// word is a word of a text.
type word struct {
	start, end int // bytes
	folded     string
}

// wordsOf takes a text apart as the tokenizer does: letters, numbers and the marks on them.
func wordsOf(text string) []word {
	out := make([]word, 0, len(text)/6)
	start := -1
	plain := true // only lower-case ASCII so far
	end := func(at int) {
		if start >= 0 {
			w := text[start:at]
			if !plain {
				w = fold(w)
			}
			out = append(out, word{start, at, w})
		}
		start, plain = -1, true
	}
	for i, r := range text {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
		case 'A' <= r && r <= 'Z':
			plain = false
		case r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.Co, r) || unicode.Is(unicode.Mn, r) && start >= 0):
			plain = false
		default:
			end(i)
			continue
		}
		if start < 0 {
			start = i
		}
	}
	end(len(text))
	return out
}

// fold takes case and diacritics away.
func fold(w string) string {
	ascii := true
	for i := range len(w) {
		ascii = ascii && w[i] < utf8.RuneSelf
	}
	if ascii {
		return strings.ToLower(w)
	}
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		if unicode.Is(unicode.Latin, r) { // the tokenizer leaves other scripts' accents on
			r, _ = utf8.DecodeRuneInString(norm.NFD.String(string(r)))
		}
		return unicode.ToLower(r)
	}, w)
}

// phrasesOf reads what matchOf wrote.
func phrasesOf(match string) []phrase {
	var out []phrase
	for i, part := range strings.Split(match, `"`) {
		if i%2 == 0 {
			if part == "*" && len(out) > 0 {
				out[len(out)-1].prefix = true
			}
			continue
		}
		var p phrase
		for _, w := range wordsOf(part) {
			p.words = append(p.words, w.folded)
		}
		if len(p.words) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// at tells whether the phrase stands at words[i].
func (p phrase) at(words []word, i int) bool {
	if i+len(p.words) > len(words) {
		return false
	}
	for j, want := range p.words {
		have := words[i+j].folded
		begins := p.prefix && j == len(p.words)-1 && strings.HasPrefix(have, want)
		if have != want && !begins {
			return false
		}
	}
	return true
}

// snippet cuts out of text the stretch in which most of the phrases stand.
func snippet(text string, phrases []phrase) []Piece {
	words := wordsOf(text)
	marked := map[int]int{}   // first word of a match: how many words it has
	stands := map[int][]int{} // first word of a match: which phrases
	var starts []int
	for i := range words {
		for n, p := range phrases {
			if p.at(words, i) {
				if marked[i] == 0 {
					starts = append(starts, i)
				}
				marked[i] = max(marked[i], len(p.words))
				stands[i] = append(stands[i], n)
			}
		}
	}
	from, most := 0, 0
	for k, i := range starts {
		seen := map[int]bool{}
		for _, j := range starts[k:] {
			if j >= i-leadWords+snippetWords {
				break
			}
			for _, n := range stands[j] {
				seen[n] = true
			}
		}
		if len(seen) > most {
			from, most = max(0, i-leadWords), len(seen)
		}
	}
	from = max(0, min(from, len(words)-snippetWords))
	to := min(len(words), from+snippetWords)
	return cutPieces(text, words, from, to, marked)
}

func cutPieces(text string, words []word, from, to int, marked map[int]int) []Piece {
	var out []Piece
	add := func(text string, match bool) {
		if text != "" {
			out = append(out, Piece{text, match})
		}
	}
	at, end := 0, len(text)
	if from > 0 {
		add("…", false)
		at = words[from].start
	}
	if to < len(words) {
		end = words[to-1].end
	}
	for i := from; i < to; i++ {
		n := marked[i]
		if n == 0 || words[i].start < at {
			continue
		}
		add(text[at:words[i].start], false)
		last := min(i+n, to) - 1
		add(text[words[i].start:words[last].end], true)
		at = words[last].end
	}
	add(text[at:end], false)
	if end < len(text) {
		add("…", false)
	}
	return out
}
