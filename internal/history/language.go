package history

import (
	"strings"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/spanish"
)

// A language is how words of one stem are told, and which words say nothing about what a text is about.
type language struct {
	stem func(*snowballstem.Env) bool
	stop map[string]bool // folded
}

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[fold(w)] = true
	}
	return set
}

// languages are those whose words are stemmed. Texts in others are found by their words as they stand.
func languages() []language {
	return []language{
		{english.Stem, setOf(`a about above after again all also am an and any are as at be because been before being below
			between both but by can could did do does doing down during each few for from further had has have having he her here
			hers him his how i if in into is it its just me more most my no nor not of off on once only or other our out over own
			please same she should so some such tell than that the their them then there these they this those through to too under
			until up very was we were what when where which while who whom why will with would you your`)},
		{german.Stem, setOf(`aber alle allem allen aller alles als also am an ander andere anderen auch auf aus bei bin bis bist
			bitte da damit dann das dass daß dein dem den der des die dies diese diesem diesen dieser dieses doch dort du durch ein eine
			einem einen einer eines er es etwas euch für gegen gibt hab habe haben hat hatte hatten hier hin hinter ich ihm ihn ihr ihre
			ihrem ihren im in ins ist ja jede jedem jeden jeder jetzt kann kein keine können man mein mich mir mit muss nach nicht nichts noch
			nun nur ob oder ohne sehr sein seine sich sie sind so soll sollte über um und uns unser unter viel vom von vor war waren was
			weil welche welchem welchen welcher welches wenn wer werde werden wie wieder will wir wird wo wurde wurden zu zum zur zwischen`)},
		{spanish.Stem, setOf(`a al algo ante antes aquel así aunque cada como con contra cual cuál cuando de del desde donde dónde
			dos e el él ella ellas ellos en entre era es esa ese eso esta está este esto estos están fue fueron ha había han hasta hay
			la las le les lo los más me mi mis mucho muy nada ni no nos nosotros o os otra otro para pero poco por porque qué que quien quién
			se sea según ser si sí sido sin sobre son su sus también tanto te tiene tienen todo todos tu un una uno unos y ya yo`)},
	}
}

// stemmer cuts words to their stems. It is for one goroutine.
type stemmer struct {
	languages []language
	env       *snowballstem.Env
}

func newStemmer() *stemmer { return &stemmer{languages: languages(), env: snowballstem.NewEnv("")} }

// language tells which language a text is in, by its commonest words; nil where none of them is there.
func (s *stemmer) language(words []word) (best *language) {
	most := 0
	for i := range s.languages {
		n := 0
		for _, w := range words {
			if s.languages[i].stop[w.folded] {
				n++
			}
		}
		if n > most {
			best, most = &s.languages[i], n
		}
	}
	return best
}

// stem returns a word's stem in a language, folded.
func (s *stemmer) stem(l *language, text string) string {
	s.env.SetCurrent(strings.ToLower(text))
	l.stem(s.env)
	return fold(s.env.Current())
}

// stems returns the stems of a text, in its own language; nothing where that is not known.
func (s *stemmer) stems(text string) string {
	words := wordsOf(text)
	l := s.language(words)
	if l == nil {
		return ""
	}
	out := make([]string, 0, len(words))
	for _, w := range words {
		if !l.stop[w.folded] {
			out = append(out, s.stem(l, text[w.start:w.end]))
		}
	}
	return strings.Join(out, " ")
}

const mostTerms = 64 // of a question: more say less about what it is about

// question writes what a passage has to be about to answer text, as an FTS5 query over the columns text and stems: any of
// its words, but for the common ones of its language, and any of their stems. "" where nothing is left.
func (s *stemmer) question(text string) string {
	words := wordsOf(text)
	own := s.language(words)
	var asked, stems []string
	seen := map[string]bool{}
	add := func(list *[]string, term string) {
		if term != "" && !seen[term] {
			seen[term] = true
			*list = append(*list, `"`+term+`"`)
		}
	}
	for _, w := range words {
		if own != nil && own.stop[w.folded] || len(asked) >= mostTerms || seen[w.folded] {
			continue
		}
		add(&asked, w.folded)
	}
	clear(seen)
	for _, w := range words {
		if own != nil && own.stop[w.folded] || len(stems) >= len(languages())*mostTerms {
			continue
		}
		for i := range s.languages { // a question need not be in its document's language
			add(&stems, s.stem(&s.languages[i], text[w.start:w.end]))
		}
	}
	if len(asked) == 0 {
		return ""
	}
	return `text : (` + strings.Join(asked, " OR ") + `) OR stems : (` + strings.Join(stems, " OR ") + `)`
}
