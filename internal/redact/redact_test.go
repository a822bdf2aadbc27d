package redact

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// vectors reads a rule's file: "+ text with «values»" and "- text without".
func vectors(t testing.TB, file string) (texts []string, want [][]Span) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		var text strings.Builder
		var spans []Span
		for _, r := range line[2:] {
			switch r {
			case '«':
				spans = append(spans, Span{Start: text.Len()})
			case '»':
				spans[len(spans)-1].End = text.Len()
			default:
				text.WriteRune(r)
			}
		}
		if (line[0] == '+') != (len(spans) > 0) || line[0] != '+' && line[0] != '-' {
			t.Fatalf("%s: bad line %q", file, line)
		}
		texts, want = append(texts, text.String()), append(want, spans)
	}
	return texts, want
}

var files = func() map[string]Type {
	all := textFiles()
	maps.Copy(all, structuredFiles())
	return all
}()

// only returns a Redactor with the rules that find a type.
func only(kind Type) *Redactor {
	other := map[Type]Type{ // found by the rule of another type
		UKPassport: USPassport, INPassport: USPassport, KRPassport: USPassport, ESPassport: USPassport, TRPhone: PhoneNumber, PHMobile: PhoneNumber,
	}[kind]
	return New(slices.DeleteFunc(builtin(), func(r Rule) bool { return r.Type != kind && r.Type != other })...)
}

// A file is held against the rules of its type: what another type's rule finds there is that one's business.
func TestEveryRuleFindsItsPositivesAndNoNegatives(t *testing.T) {
	for file, kind := range files {
		r := only(kind)
		texts, want := vectors(t, file)
		for i, text := range texts {
			var got []Span
			for _, s := range r.Find(text) {
				got = append(got, Span{Start: s.Start, End: s.End})
			}
			if !slices.Equal(got, want[i]) {
				t.Errorf("%s: %q: found %v, want %v", file, text, got, want[i])
			}
		}
	}
}

func TestLabelsStandInTheValuesPlace(t *testing.T) {
	text := "Anna (anna@example.org, SSN 536-22-1234) paid with 4111 1111 1111 1111 from GB82 WEST 1234 5698 7654 32."
	want := "Anna ([EMAIL], SSN [SSN]) paid with [CARD] from [IBAN]."
	s := Default().Stream()
	if got := s.Write(text) + s.Close(); got != want {
		t.Errorf("got %q", got)
	}
	for _, kind := range []Type{EmailAddress, USSSN, CreditCard, IBANCode} {
		if s.Counts()[kind] != 1 {
			t.Errorf("counts %v", s.Counts())
		}
	}
	if Label("X_FORM") != "[X_FORM]" {
		t.Error("a type without a label of its own")
	}
}

func TestOverlapBecomesOneSpanOfTheLongestsType(t *testing.T) {
	whole := func(name string, kind Type, anchor string, n int) Rule {
		return Rule{Name: name, Type: kind, Anchors: anchor, Match: func(c *Candidate) Verdict {
			if c.At+n > len(c.Text) {
				return c.Undecided(c.At)
			}
			return c.Is(c.At, c.At+n, map[string]float64{"d/1": 0.9}[name])
		}}
	}
	r := New(whole("a/1", "A", "!", 3), whole("b/1", "B", "?", 3), whole("c/1", "C", ";", 5), whole("d/1", "D", "&", 3))
	for text, want := range map[string]string{
		"x!x?xxy":   "x[A]y", // equal: the earlier rule's type, the union's bytes
		"x?x!xxy":   "x[A]y",
		"x!x&xxy":   "x[D]y", // the better score
		"x!x;xxxxy": "x[C]y", // the longest
		"x;!xxxy":   "x[C]y",
		"x!xx?xxy":  "x[A][B]y", // side by side is not overlap
	} {
		if got, _ := r.Text(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestEveryTypeOfARuleIsDescribed(t *testing.T) {
	known := map[Type]bool{}
	for _, k := range Kinds() {
		if known[k.Type] || k.Description == "" || len(k.Label) < 3 || k.Label[0] != '[' {
			t.Errorf("%+v", k)
		}
		known[k.Type] = true
	}
	names := map[string]bool{}
	for _, r := range builtin() {
		if !known[r.Type] || names[r.Name] {
			t.Errorf("%s of %s", r.Name, r.Type)
		}
		names[r.Name] = true
	}
	for _, k := range []Type{DEPassport, UKPassport, ESPassport, INPassport, KRPassport, TRPhone, PHMobile} { // set by rules of another type
		if !known[k] {
			t.Error(k)
		}
	}
}

func TestRulesetChangesWithTheRules(t *testing.T) {
	all, again, fewer := New(IBAN(), Card(), SSN(), Email()).Ruleset(), New(IBAN(), Card(), SSN(), Email()).Ruleset(), New(IBAN(), Card(), SSN()).Ruleset()
	if all != again || all == fewer || !strings.HasPrefix(all, "builtin-1:") || len(all) != len("builtin-1:")+12 {
		t.Errorf("%s, %s, %s", all, again, fewer)
	}
	changed := Email()
	changed.Name = "email/x"
	if New(IBAN(), Card(), SSN(), changed).Ruleset() == all {
		t.Error("a rule's version does not count")
	}
	if got := New(IBAN(), Card(), SSN(), Email(), SSN()).Types(); !slices.Equal(got, []Type{IBANCode, CreditCard, USSSN, EmailAddress}) {
		t.Error(got)
	}
}

func TestValuesPastTheCapAreMaskedAsFarAsTheyCanBeValid(t *testing.T) {
	long := strings.Repeat("x", 200)
	host := strings.Repeat("abcdefgh.", 40) // 360 bytes
	for text, want := range map[string]string{
		long + "@example.org":   long[:200-maxLocal] + "[EMAIL]",
		"a@" + host + "com":     "a[EMAIL]",
		"a " + long + " b@c.de": "a " + long + " [EMAIL]",
	} {
		got, spans := Default().Text(text)
		if len(spans) != 1 {
			t.Errorf("%.20s: %v", text, spans)
			continue
		}
		if strings.HasPrefix(text, "a@") { // the host name's first 255 bytes, to the end of a label
			if spans[0].Start != 0 || spans[0].End < 2+maxDomain-9 || spans[0].End > 2+maxDomain {
				t.Errorf("long host: %v", spans)
			}
		} else if got != want {
			t.Errorf("%.20s: %q", text, got)
		}
		for _, size := range []int{1, 3, 7} {
			if split, _, _ := stream(Default(), text, func() int { return size }); split != got {
				t.Errorf("%.20s in pieces of %d: %q", text, size, split)
			}
		}
	}
}

// stream cuts text into pieces of the sizes given and returns what came out, the most that was held after a piece, and
// the counts.
func stream(r *Redactor, text string, size func() int) (out string, held int, counts map[Type]int) {
	s := r.Stream()
	var b strings.Builder
	for len(text) > 0 {
		n := min(max(1, size()), len(text))
		b.WriteString(s.Write(text[:n]))
		held = max(held, s.Held())
		text = text[n:]
	}
	b.WriteString(s.Close())
	return b.String(), held, s.Counts()
}

// pieces are what the random texts are made of: values, parts of values, and what stands around them.
func pieces(t testing.TB) []string {
	all := []string{
		" ", " ", "-", ".", "\u200d", "\u00ad", "\u00a0", "\u2011", "**", "*", "`", "\\", "\r\n", "１", "４１１１", "А", "В", "ο", "\ufeff", "(", ")", "/", "x12", "+44 ", "0", "tel ", ",", "@", "@@", ":", "\n", "'", "+", "_", "é", "中", "€", "\xff", "\xe2\x82", "a", "Z", "no", "DE", "GB8", "the ", "word", "SSN ", "ssn",
		"1", "12", "4111", "4111 ", "0000", "123456789", "com", ".com", "example.org", "xn--", strings.Repeat("q", 70), strings.Repeat("ab.", 90), strings.Repeat("9", 25),
	}
	for file := range files {
		texts, want := vectors(t, file)
		for i, text := range texts {
			all = append(all, text)
			for _, s := range want[i] {
				all = append(all, text[s.Start:s.End], text[s.Start:(s.Start+s.End)/2], text[(s.Start+s.End)/2:s.End])
			}
		}
	}
	slices.Sort(all)
	return all
}

// Every text, in whatever pieces, gives what the whole gives. A piece that went out cannot be taken back, so nothing of
// a value can have gone out before it was decided.
func TestEveryCutGivesTheWholeTextsOutput(t *testing.T) {
	r, texts := Everything(), texts(t)
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(1, 40), 1, 10)
		check(t, r, texts.Draw(t, "text"), sizes.Draw(t, "sizes"))
	})
}

// A rule that is asked at every anchor finds what it finds behind its filter.
func TestFiltersDecideNothing(t *testing.T) {
	rules := builtin()
	for i := range rules {
		rules[i].If = nil
	}
	filtered, unfiltered, texts := Everything(), New(rules...), texts(t)
	same := func(t interface{ Fatalf(string, ...any) }, text string) {
		if want, got := unfiltered.Find(text), filtered.Find(text); !slices.Equal(got, want) {
			t.Fatalf("%q: %v, unfiltered %v", text, got, want)
		}
	}
	for _, text := range pieces(t) {
		same(t, text)
	}
	rapid.Check(t, func(t *rapid.T) { same(t, texts.Draw(t, "text")) })
}

// finding is what a rule found, before finds that overlap become one.
type finding struct {
	start, end int
	kind       Type
}

// findings cuts text into pieces of these sizes, and returns what came out, the counts, and what each rule found; it fails
// if a find begins in what was out.
func findings(t interface{ Fatalf(string, ...any) }, r *Redactor, text string, sizes []int) (out string, counts map[Type]int, finds map[finding]bool) {
	s, finds := r.Stream(), map[finding]bool{}
	s.every = func(start, end int, kind Type) {
		finds[finding{start, end, kind}] = true
		if start < s.base+s.sent {
			t.Fatalf("%q in %v: %s at %d, and %d bytes are out", text, sizes, kind, start, s.base+s.sent)
		}
	}
	var b strings.Builder
	for k, at := 0, 0; at < len(text); k++ {
		n := min(max(1, sizes[k%len(sizes)]), len(text)-at)
		b.WriteString(s.Write(text[at : at+n]))
		at += n
	}
	b.WriteString(s.Close())
	return b.String(), s.Counts(), finds
}

func check(t interface{ Fatalf(string, ...any) }, r *Redactor, text string, sizes []int) {
	want, spans := r.Text(text)
	_, _, found := findings(t, r, text, []int{len(text)})
	for _, sizes := range [][]int{{1}, {2}, {3}, {5}, sizes} {
		got, counts, finds := findings(t, r, text, sizes)
		if got != want {
			t.Fatalf("%q in %v:\n%q\nwhole:\n%q", text, sizes, got, want)
		}
		if !maps.Equal(finds, found) {
			t.Fatalf("%q in %v: %v, whole %v", text, sizes, finds, found)
		}
		n := 0
		for _, c := range counts {
			n += c
		}
		if n != len(spans) {
			t.Fatalf("%q in %v: %v, whole %v", text, sizes, counts, spans)
		}
	}
	// The spans are the original's, and putting the labels there gives the output.
	var b strings.Builder
	end := 0
	for _, s := range spans {
		if s.Start < end || s.End <= s.Start || s.End > len(text) {
			t.Fatalf("%q: spans %v", text, spans)
		}
		b.WriteString(text[end:s.Start] + Label(s.Type))
		end = s.End
	}
	if b.WriteString(text[end:]); b.String() != want {
		t.Fatalf("%q: spans %v do not give %q", text, spans, want)
	}
}

// Cut once, at every place, nothing of a value that a rule's file marks shows up before the rest is there.
func TestNoPieceOfAValueGoesOutBeforeItIsDecided(t *testing.T) {
	r := Everything()
	for file := range files {
		texts, want := vectors(t, file)
		for i, text := range texts {
			around := []byte(text) // with the values taken out
			for _, span := range want[i] {
				copy(around[span.Start:span.End], strings.Repeat("\x00", span.End-span.Start))
			}
			for cut := range len(text) + 1 {
				s := r.Stream()
				out := s.Write(text[:cut])
				for _, span := range want[i] {
					for k := span.Start; k+4 <= span.End; k++ {
						if piece := text[k : k+4]; strings.Contains(out, piece) && !strings.Contains(string(around), piece) {
							t.Errorf("%s: %q cut at %d shows %q", file, text, cut, out)
						}
					}
				}
			}
		}
	}
}

// Alone, without the other rules' holding back: its own type's texts cut at every place and byte by byte.
func TestEachRuleAloneHoldsWhatItNeeds(t *testing.T) {
	for _, rule := range builtin() {
		r := New(rule)
		for file, kind := range files {
			if kind != rule.Type {
				continue
			}
			texts, _ := vectors(t, file)
			for _, text := range texts {
				text += " " + text
				want, _ := r.Text(text)
				for cut := range len(text) {
					s := r.Stream()
					if got := s.Write(text[:cut]) + s.Write(text[cut:]) + s.Close(); got != want {
						t.Fatalf("%s: %q cut at %d: %q", rule.Name, text, cut, got)
					}
				}
				if got, _, _ := stream(r, text, func() int { return 1 }); got != want {
					t.Fatalf("%s: %q byte by byte: %q", rule.Name, text, got)
				}
			}
		}
	}
}

func TestABrokenRuleShowsNothingTwiceAndDoesNotCrash(t *testing.T) {
	r := New(Rule{Name: "broken/1", Type: "B", Anchors: "!", Match: func(c *Candidate) Verdict {
		return c.Is(max(0, c.At-3), c.At-1, 1) // claims what its Tail did not hold
	}})
	if got, _, _ := stream(r, "ab; - - ! end", func() int { return 1 }); got != "ab; - - [B]! end" {
		t.Error(got)
	}
}

// Short words of a sentence go out with the space after them: no identifier begins so. In capitals one may.
func TestShortWordsOfASentenceAreNotHeld(t *testing.T) {
	for _, r := range []*Redactor{Default(), Everything()} {
		s := r.Stream()
		for _, word := range strings.Fields("it is in the ward and not at the desk, la paciente con el alta, die Frau ist bei der Aufnahme") {
			s.Write(word + " ")
			if s.Held() > 0 && len(word) <= 3 {
				t.Errorf("holds %d after %q", s.Held(), word)
			}
		}
		s.Close()
		if s.Write("IS "); s.Held() != 3 {
			t.Errorf("holds %d of what may be a number plate", s.Held())
		}
	}
}

func TestAStreamIsNewAfterClose(t *testing.T) {
	s := Default().Stream()
	got := s.Write("anna") + s.Close() + s.Write("@example.org ") + s.Write("a@b.com") + s.Close()
	if got != "anna@example.org [EMAIL]" || s.Held() != 0 || s.Counts()[EmailAddress] != 1 {
		t.Errorf("%q, held %d, %v", got, s.Held(), s.Counts())
	}
}

// Texts of which a stream once gave something else than the whole, or which were masked in part.
func TestTextsThatWereCutWrong(t *testing.T) {
	r := Everything()
	unkeyed := strings.Repeat("-----BEGIN PRIVATE KEY-----\n", 3) + strings.Repeat(" \n", 10) + "-----END PRIVATE KEY-----"
	for text, want := range map[string]string{
		unkeyed:                            unkeyed,
		"Springfield, IL 62704-1234 ABC":   "[LOCATION], IL [POSTCODE] ABC",
		"Springfield, IL 62704-12345 Bern": "[LOCATION], IL 62704-12345 Bern",
		"Wohnt in":                         "Wohnt in",
		"28195 Bremen ":                    "[POSTCODE] [LOCATION] ",
		"Provincia:    Cádiz":              "Provincia:    [LOCATION]",
		"James's   Road":                   "James's   Road",
		"0000 0007 8TH Av. de los Reyes":   "[ADDRESS] de los [PERSON]",
		"C \xc3 3 28013 Madrid":            "C \xc3 3 [POSTCODE] [LOCATION]",
		"E gate 6 Patientenakte":           "[ADDRESS] Patientenakte",
		"age 0 mgs":                        "age [AGE] mgs",
		"sraºº 8940":                       "sraºº [BAR]",
		"plate LSR-221AB 652143a41111111111111111111111111111111%": "plate [PLATE] 652143a41111111111111111111111111111111%",
		"JONES710238A99BX_１":                       "JONES710238A99BX_１",
		"see mt84malt0110 00012345mtl cast001s or": "see [IBAN] or",
		"xoxb-3265839149-63919525912VISALIA- ":     "[SECRET] ",
		"54f31af3176813e02ea68ef786e4d3cea27d26934b484e73cf575dcad6baaDr\xa93530111333300000": "54f31af3176813e02ea68ef786e4d3cea27d26934b484e73cf575dcad6baaDr\xa93530111333300000",
	} {
		t.Run(text, func(t *testing.T) {
			if got, _ := r.Text(text); got != want {
				t.Errorf("%q, want %q", got, want)
			}
			check(t, r, text, []int{7})
		})
	}
}

func FuzzStream(f *testing.F) {
	for _, p := range pieces(f) {
		f.Add(p, uint64(1))
	}
	r := Everything()
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		random := rand.New(rand.NewPCG(seed, 0))
		sizes := make([]int, 16)
		for i := range sizes {
			sizes[i] = 1 + random.IntN(24)
		}
		check(t, r, text, sizes)
	})
}
