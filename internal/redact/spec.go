package redact

import "bytes"

// spec is a rule for identifiers of a certain size whose check and shape are known.
type spec struct {
	name    string
	kind    Type
	sizes   []int
	groups  [][]int // the group sizes in which it is written; nil: one group, or any
	seps    string  // separators between the groups, the same between all; "" for " -"; a line break counts as a space
	mixed   bool    // the separators may differ
	sure    []int   // groups that are evidence by themselves, where groups in general are not
	context []string
	native  []string // as context, in scripts that the lexicon does not hold

	letters Letters                 // whether there are letters in it
	check   func(c *Candidate) bool // whether the value can be one

	// How sure a find is: with a context word; by itself, written in groups; by itself, in one run; as all of a line or of
	// a table's cell. 0 is not at all.
	spoken, grouped, bare, alone float64
}

func (s spec) rule() Rule {
	if s.seps == "" {
		s.seps = " -"
	}
	return Rule{Name: s.name, Type: s.kind, Sizes: s.sizes, Groups: s.groups, Letters: s.letters, Context: s.context, Match: s.match}
}

func (s *spec) match(c *Candidate) Verdict {
	for i, sep := range c.Seps {
		if sep == '\n' {
			sep = ' '
		}
		if !contains(s.seps, sep) || !s.mixed && i > 0 && c.Seps[i-1] != c.Seps[i] && (sep != ' ' || c.Seps[i-1] != ' ' && c.Seps[i-1] != '\n') {
			return None
		}
	}
	if !s.check(c) || !c.clean() {
		return None
	}
	score := 0.0
	if at := c.Context(); at >= 0 && s.spoken > 0 {
		score = s.spoken - near(at)
	} else if s.spoken > 0 && s.speaks(c) {
		score = s.spoken
	}
	if score == 0 && len(c.Seps) > 0 && c.part() {
		return None
	}
	if len(c.Seps) > 0 {
		if s.sure == nil || c.grouped(s.sure...) {
			score = max(score, s.grouped)
		}
	} else {
		score = max(score, s.bare)
	}
	if s.alone > score && c.alone() {
		score = s.alone
	}
	if score == 0 {
		return None
	}
	return c.whole(score)
}

func (s *spec) speaks(c *Candidate) bool {
	for _, w := range s.native {
		if bytes.Contains(c.Text[:c.At], []byte(w)) {
			return true
		}
	}
	return false
}

// near turns a distance of at most Context bytes into something to take from a score: of two context words that speak
// for different types the nearer one is believed.
func near(at int) float64 { return float64(at) / (10 * Context) }

// alone reports whether the identifier is all of a line, or of a cell between tabs, bars or semicolons.
func (c *Candidate) alone() bool {
	at := c.At
	if at > 0 && c.Text[at-1] == ' ' {
		at--
	}
	if at > 0 && !edge(c.Text[at-1]) || at == 0 && len(c.Text) > 0 && c.At >= Context {
		return false
	}
	stop := c.Stop
	if stop+1 < len(c.Text) && c.Text[stop] == ' ' {
		stop++
	}
	return stop == len(c.Text) || edge(c.Text[stop])
}

func edge(b byte) bool { return b == '\n' || b == '\t' || b == '|' || b == ';' }

// num returns the number that the value's digits from i up to j are, -1 if one is no digit.
func num(v []byte, i, j int) int {
	n := 0
	for _, b := range v[i:j] {
		if !isDigit(b) {
			return -1
		}
		n = 10*n + int(b-'0')
	}
	return n
}

// weighted returns the sum of digits times weights.
func weighted(v []byte, weights ...int) int {
	sum := 0
	for i, w := range weights {
		sum += w * int(v[i]-'0')
	}
	return sum
}

// luhnText is luhn for digits as text.
func luhnText(v []byte) bool {
	sum, double := 0, false
	for i := len(v) - 1; i >= 0; i-- {
		d := int(v[i] - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		double = !double
		sum += d
	}
	return sum%10 == 0
}

// mod11And10 is the check of ISO 7064 MOD 11,10: the last digit is the check digit.
func mod11And10(v []byte) bool {
	p := 10
	for _, b := range v[:len(v)-1] {
		p = (p + int(b-'0')) % 10
		if p == 0 {
			p = 10
		}
		p = 2 * p % 11
	}
	return (11-p)%10 == int(v[len(v)-1]-'0')
}

// day reports whether there is such a day, in some year if y is a multiple of 4 or unknown (0).
func day(y, m, d int) bool {
	if m < 1 || m > 12 || d < 1 {
		return false
	}
	last := [...]int{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[m-1]
	if m == 2 && y%4 != 0 {
		last = 28
	}
	return d <= last
}

// like reports whether v has the pattern's form: 9 stands for a digit, A for a letter, * for either, and every other
// character for itself.
func like(v []byte, pattern string) bool {
	if len(v) != len(pattern) {
		return false
	}
	for i, b := range v {
		switch p := pattern[i]; p {
		case '9':
			if !isDigit(b) {
				return false
			}
		case 'A':
			if !isLetter(b) {
				return false
			}
		case '*':
		default:
			if b != p {
				return false
			}
		}
	}
	return true
}

// capitals reports whether the letters of the identifier are written as capitals.
func (c *Candidate) capitals() bool {
	for _, b := range c.Text[c.At:c.Stop] {
		if 'a' <= b && b <= 'z' {
			return false
		}
	}
	return true
}

// digitsThat wraps a check for identifiers of digits alone, and not of one digit repeated.
func digitsThat(check func(v []byte) bool) func(*Candidate) bool {
	return func(c *Candidate) bool { return c.digits() && !repeated(c.Value) && check(c.Value) }
}
