package redact

import (
	"fmt"
	"math"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxPattern is how many bytes a site's pattern may match, and so how much of a stream it can hold back.
const MaxPattern = 128

const (
	maxPatternSource = 1000
	maxPatternSize   = 4000 // instructions of the compiled program
)

// PatternSpec is a site's own pattern: a regular expression in RE2's syntax, or words.
type PatternSpec struct {
	Name    string
	Type    Type
	Pattern string   // matches whole words only: no letter or digit may go on at either end
	Words   []string // exact words or phrases, in any case
	Context []string // if there are any: one of these words or phrases must stand in the 96 bytes before
	Finds   []string // tests: in each of these texts something must be found
	Leaves  []string // tests: in none of these anything may be found
}

// PatternError says what is wrong with a site's pattern. It is for the one who writes the policy, so it names the example
// that failed.
type PatternError struct {
	Name    string // the pattern's
	Problem string
	Example string // the test that failed, if one did
}

func (e *PatternError) Error() string {
	if e.Example != "" {
		return fmt.Sprintf("pattern %q %s: %q", e.Name, e.Problem, e.Example)
	}
	return fmt.Sprintf("pattern %q %s", e.Name, e.Problem)
}

// NewPattern makes a rule of a site's pattern. It takes none that could match nothing or more than MaxPattern bytes, that
// is long or large, or that fails its own tests: the error is a *PatternError. What it takes runs in linear time.
func NewPattern(spec PatternSpec) (Rule, error) {
	fail := func(problem, example string) (Rule, error) {
		return Rule{}, &PatternError{Name: spec.Name, Problem: problem, Example: example}
	}
	switch {
	case spec.Name == "" || spec.Type == "":
		return fail("needs a name and a type", "")
	case (spec.Pattern == "") == (len(spec.Words) == 0):
		return fail("needs either a regular expression or words", "")
	case len(spec.Finds) == 0:
		return fail("needs a test: a text in which it finds something", "")
	case len(spec.Pattern) > maxPatternSource:
		return fail(fmt.Sprintf("is longer than %d bytes", maxPatternSource), "")
	}
	rule := Rule{Name: "site_" + spec.Name + "/1", Type: spec.Type}
	for _, p := range spec.Context {
		small := phraseOf(p)
		if small == "" {
			return fail("has an empty context word", "")
		}
		rule.Context = append(rule.Context, small)
	}
	var err error
	if spec.Pattern != "" {
		err = rule.expression(spec)
	} else {
		err = rule.phrases(spec)
	}
	if err != nil {
		return Rule{}, err
	}
	r := New(rule)
	for _, example := range spec.Finds {
		if len(r.Find(example)) == 0 {
			return fail("must find something in its example", example)
		}
	}
	for _, example := range spec.Leaves {
		if len(r.Find(example)) > 0 {
			return fail("must find nothing in its example", example)
		}
	}
	return rule, nil
}

// expression makes rule match spec's regular expression.
func (rule *Rule) expression(spec PatternSpec) error {
	fail := func(problem string) error { return &PatternError{Name: spec.Name, Problem: problem} }
	tree, err := syntax.Parse(spec.Pattern, syntax.Perl)
	if err != nil {
		return fail("is no regular expression: " + err.Error())
	}
	tree = tree.Simplify()
	if prog, err := syntax.Compile(tree); err != nil || len(prog.Inst) > maxPatternSize {
		return fail("is too large")
	}
	least, most := bytesOf(tree)
	switch {
	case least == 0:
		return fail("can match nothing")
	case most > MaxPattern:
		return fail(fmt.Sprintf("can match more than %d bytes: give each repeat an upper bound, such as {1,20} for +", MaxPattern))
	}
	var first [256]bool
	firstBytes(tree, &first)
	for b, ok := range first {
		if ok {
			rule.Anchors += string([]byte{byte(b)})
		}
	}
	whole, err := regexp.Compile(`^(?:` + tree.String() + `)`)
	if err != nil {
		return fail("is no regular expression: " + err.Error())
	}
	whole.Longest()
	start, err := regexp.Compile(`^(?:` + prefixes(tree) + `)$`)
	if err != nil {
		return fail("is too large")
	}
	needs := len(spec.Context) > 0
	rule.Match = func(c *Candidate) Verdict {
		rest := c.Text[c.At:]
		if c.At > 0 && joins(c.Text[c.At-1]) && joins(rest[0]) || needs && c.Context() < 0 {
			return None
		}
		if c.More && len(rest) <= MaxPattern && start.Match(rest) {
			return c.Undecided(c.At) // all of it may be the beginning of a longer one
		}
		if len(rest) > MaxPattern+utf8.UTFMax {
			rest = rest[:MaxPattern+utf8.UTFMax]
		}
		m := whole.FindIndex(rest)
		if m == nil || m[1] == 0 {
			return None
		}
		if end := m[1]; end < len(rest) {
			if joins(rest[end]) && joins(rest[end-1]) || rest[end] >= 0x80 && startsWord(rest[end]) && joins(rest[end-1]) {
				return None
			}
		} else if c.More {
			return c.Undecided(c.At)
		}
		return c.Is(c.At, c.At+m[1], 0.8)
	}
	return nil
}

// phrases makes rule match spec's words.
func (rule *Rule) phrases(spec PatternSpec) error {
	by := map[string][]string{}
	for _, w := range spec.Words {
		p := phraseOf(w)
		if len(p) < 2 || len(p) > MaxPattern {
			return &PatternError{Name: spec.Name, Problem: fmt.Sprintf("has a word of less than 2 or more than %d bytes", MaxPattern), Example: w}
		}
		first, _, _ := strings.Cut(p, " ")
		if !slices.Contains(by[first], p) {
			by[first] = append(by[first], p)
		}
	}
	for first, all := range by {
		rule.Words = append(rule.Words, first)
		slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) }) // the longest first
	}
	slices.Sort(rule.Words)
	needs := len(spec.Context) > 0
	rule.Match = func(c *Candidate) Verdict {
		if needs && c.Context() < 0 {
			return None
		}
		i := c.At
		for i < len(c.Text) && i-c.At < maxWord && inWord[c.Text[i]] {
			i++
		}
		var buf [2 * maxWord]byte
		for _, p := range by[string(lowerAll(buf[:0], c.Text[c.At:i]))] {
			switch end, v := wholePhrase(c.Text, c.At, p, c.More); v {
			case Found:
				return c.Is(c.At, end, 0.8)
			case Live:
				return c.Undecided(c.At)
			}
		}
		return None
	}
	return nil
}

// phraseOf writes a phrase in small letters, its words apart by one space.
func phraseOf(p string) string {
	var b strings.Builder
	text := lowerAll(nil, []byte(p))
	for i := nextWord(text, 0); i < len(text); {
		end, _ := wordEnd(text, i)
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.Write(text[i:end])
		i = nextWord(text, end)
	}
	return b.String()
}

// lowerAll folds text as the lexicon does.
func lowerAll(buf, text []byte) []byte {
	var last byte
	for _, b := range text {
		buf = append(buf, lower(last, b))
		last = b
	}
	return buf
}

// wholePhrase reports whether phrase p stands at text[at:], its words one to three bytes apart.
func wholePhrase(text []byte, at int, p string, more bool) (end int, v Verdict) {
	i := at
	for p != "" {
		var word string
		word, p, _ = strings.Cut(p, " ")
		if i > at {
			gap := i
			for i < len(text) && i-gap <= 3 && !startsWord(text[i]) {
				i++
			}
			if i == len(text) {
				return 0, open(more && i-gap <= 3)
			}
			if i == gap || i-gap > 3 {
				return 0, None
			}
		}
		var last byte
		for k := range len(word) {
			if i == len(text) {
				return 0, open(more)
			}
			if lower(last, text[i]) != word[k] {
				return 0, None
			}
			last = text[i]
			i++
		}
		if i == len(text) {
			if more {
				return 0, Live
			}
		} else if inWord[text[i]] {
			return 0, None
		}
	}
	return i, Found
}

// bytesOf returns how many bytes an expression matches, at least and at most.
func bytesOf(re *syntax.Regexp) (least, most int) {
	const endless = math.MaxInt32
	add := func(a, b int) int { return min(a+b, endless) }
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			n, m := runeBytes(r), runeBytes(r)
			if re.Flags&syntax.FoldCase != 0 {
				for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
					n, m = min(n, runeBytes(f)), max(m, runeBytes(f))
				}
			}
			least, most = least+n, add(most, m)
		}
	case syntax.OpCharClass:
		if len(re.Rune) == 0 {
			return 1, 1
		}
		return runeBytes(re.Rune[0]), runeBytes(re.Rune[len(re.Rune)-1])
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1, utf8.UTFMax
	case syntax.OpCapture:
		return bytesOf(re.Sub[0])
	case syntax.OpStar, syntax.OpPlus:
		l, m := bytesOf(re.Sub[0])
		if re.Op == syntax.OpStar {
			l = 0
		}
		if m > 0 {
			m = endless
		}
		return l, m
	case syntax.OpQuest:
		_, m := bytesOf(re.Sub[0])
		return 0, m
	case syntax.OpRepeat: // Simplify leaves none
		return 0, endless
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			l, m := bytesOf(sub)
			least, most = add(least, l), add(most, m)
		}
	case syntax.OpAlternate:
		least = endless
		for _, sub := range re.Sub {
			l, m := bytesOf(sub)
			least, most = min(least, l), max(most, m)
		}
	}
	return least, most
}

func runeBytes(r rune) int { return max(1, utf8.RuneLen(r)) }

// firstBytes marks the bytes that a match can begin with, and reports whether the expression can match nothing.
func firstBytes(re *syntax.Regexp, first *[256]bool) (empty bool) {
	mark := func(lo, hi rune) {
		for r := lo; r <= hi; {
			var buf [utf8.UTFMax]byte
			utf8.EncodeRune(buf[:], r)
			first[buf[0]] = true
			switch { // on to the next first byte
			case r < utf8.RuneSelf:
				r++
			case r < 0x800:
				r = r&^0x3F + 0x40
			case r < 0x10000:
				r = r&^0xFFF + 0x1000
			default:
				r = r&^0x3FFFF + 0x40000
			}
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		r := re.Rune[0]
		mark(r, r)
		if re.Flags&syntax.FoldCase != 0 {
			for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
				mark(f, f)
			}
		}
		return false
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			mark(re.Rune[i], min(re.Rune[i+1], unicode.MaxRune))
		}
		return false
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		mark(0, unicode.MaxRune)
		return false
	case syntax.OpCapture, syntax.OpPlus:
		return firstBytes(re.Sub[0], first)
	case syntax.OpStar, syntax.OpQuest:
		firstBytes(re.Sub[0], first)
		return true
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if !firstBytes(sub, first) {
				return false
			}
		}
		return true
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			empty = firstBytes(sub, first) || empty
		}
		return empty
	}
	return true
}

// prefixes returns an expression for every beginning of what re matches, the empty one and the whole included. It may
// match a little more: it only decides how long to wait.
func prefixes(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		var b strings.Builder
		fold := ""
		if re.Flags&syntax.FoldCase != 0 {
			fold = "(?i)"
		}
		for _, r := range re.Rune {
			b.WriteString("(?:" + fold + regexp.QuoteMeta(string(r)))
		}
		b.WriteString(strings.Repeat(")?", len(re.Rune)))
		return b.String()
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "(?:" + re.String() + ")?"
	case syntax.OpCapture:
		return prefixes(re.Sub[0])
	case syntax.OpStar, syntax.OpPlus:
		return "(?:" + re.Sub[0].String() + ")*(?:" + prefixes(re.Sub[0]) + ")"
	case syntax.OpQuest:
		return "(?:" + prefixes(re.Sub[0]) + ")?"
	case syntax.OpConcat:
		out := ""
		for i := len(re.Sub) - 1; i >= 0; i-- {
			p := "(?:" + prefixes(re.Sub[i]) + ")"
			if out != "" {
				p = "(?:" + p + "|(?:" + re.Sub[i].String() + ")" + out + ")"
			}
			out = p
		}
		return out
	case syntax.OpAlternate:
		all := make([]string, len(re.Sub))
		for i, sub := range re.Sub {
			all[i] = prefixes(sub)
		}
		return "(?:" + strings.Join(all, "|") + ")"
	}
	return ""
}
