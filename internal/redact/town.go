package redact

// placePrepositions stand before a place. What else stands behind them is told by the list of places and countries.
func placePrepositions() []string {
	return []string{"in", "from", "near", "to", "outside", "en", "desde", "hasta", "hacia", "aus", "nach", "bei"}
}

// matchPlaceAfter: came home from Austria, in Barcelona, nach Bremen: a country, or a word that is in the list as a place and
// as nothing else. A word with a capital behind it, or one that bears the names of towns, makes it something else: in
// Vancouver General, in Barcelona criteria.
func matchPlaceAfter(c *Candidate, g *gazetteer, countries map[string][]string) Verdict {
	s := &scanner{text: c.Text, i: c.At}
	s.word()
	if !s.skip(' ') {
		return c.Undecided(len(c.Text))
	}
	if s.peek(); s.short {
		return c.Undecided(len(c.Text))
	}
	start := s.i
	if !capital(c.Text, start) {
		return None
	}
	end, v := country(c, start, countries)
	if v == Live {
		return heldName(c, start)
	}
	if v == Found && startsWith(c.Text[end:], " and ") && string(c.Text[start:end]) == "England" { // and Wales: a jurisdiction
		return None
	}
	if v == None {
		for end = start; end < len(c.Text) && inWord[c.Text[end]] && end-start < 40; end++ {
		}
		if end == len(c.Text) && c.More && end-start < 40 {
			return heldName(c, start)
		}
		var buf [40]byte
		if w := fold(buf[:0], c.Text[start:end]); g.look(w) != place || string(w) == "essen" {
			return None
		}
	}
	if end+1 >= len(c.Text) && c.More {
		return heldName(c, start)
	}
	if end < len(c.Text) && (contains("-_@/'", c.Text[end]) || isDigit(c.Text[end])) && !startsWith(c.Text[end:], "'s ") {
		return None
	}
	if end+1 < len(c.Text) && c.Text[end] == ' ' {
		if mayBeCapital(c.Text[end+1]) {
			return None
		}
		stop := end + 1
		for stop < len(c.Text) && inWord[c.Text[stop]] && stop-end < 24 {
			stop++
		}
		if stop == len(c.Text) && c.More && stop-end < 24 {
			return heldName(c, start)
		}
		var buf [24]byte
		if w := string(fold(buf[:0], c.Text[end+1:stop])); bearer(w) || bearsPlaces(w) {
			return None
		}
	}
	return c.Is(start, end, 0.5)
}

func startsWith(text []byte, prefix string) bool {
	return len(text) >= len(prefix) && string(text[:len(prefix)]) == prefix
}

// bearsPlaces reports whether a word behind a town makes it the name of a treaty, a measure or a cohort.
func bearsPlaces(w string) bool {
	switch w {
	case "convention", "conventions", "declaration", "consensus", "definition", "grading", "cohort", "cognitive", "variant", "strain", "stool", "regulation", "protocols", "principles", "statute", "treaty", "chart", "questionnaire", "inventory", "grid", "virus", "flu", "sleepiness":
		return true
	}
	return false
}

// country reads the longest name of a country at text[i:].
func country(c *Candidate, i int, countries map[string][]string) (end int, v Verdict) {
	s := &scanner{text: c.Text, i: i}
	first, _ := s.word()
	if s.short && c.More {
		return 0, Live
	}
	for _, p := range countries[string(first)] {
		s.i, s.short = i, false
		if s.phrase(p) {
			end = max(end, s.i)
		}
		if s.short && c.More {
			return 0, Live
		}
	}
	if s.i = end; end == 0 || inWord[s.peek()] || s.peek() == '-' {
		return 0, None
	}
	if s.short && c.More {
		return 0, Live
	}
	return end, Found
}

// mayBeBehindAddress: a comma and a space before it, and no word of the language.
func mayBeBehindAddress(w *Word) bool {
	return w.Before == ' ' && w.Earlier == ',' && (w.After == 0 || w.known() != plain)
}

// matchTownBehind: 12 Oak Street, Leeds; Calle Mayor 3, Getafe; Klinikum Nord, Detmold, Deutschland: the town behind a street
// or a house where people are treated or taught, with the region or country behind it.
func matchTownBehind(c *Candidate, g *gazetteer, kinds, before map[string]bool, countries map[string][]string) Verdict {
	if c.At < 2 || c.Text[c.At-1] != ' ' || c.Text[c.At-2] != ',' || !capital(c.Text, c.At) {
		return None
	}
	behind := endsAddress(c.Text[:c.At-2], kinds, before)
	if behind == nowhere {
		return None
	}
	nm := readName(c.Text, c.At, c.More, g, false)
	if nm.open {
		return heldName(c, c.At)
	}
	n := nm.town(c.Text)
	if n == 0 || !nm.townly(c.Text, n) || behind == germanHouse && !nm.begins(c.Text) {
		return None
	}
	_, end := nm.span(0, n)
	if end+1 >= len(c.Text) && c.More {
		return heldName(c, c.At)
	}
	if end < len(c.Text) {
		b := c.Text[end]
		if contains("-_@/'&", b) || behind != street && !contains(".,;)\n", b) && !startsWith(c.Text[end:], " (") {
			return None
		}
	}
	end, v := region(c, g, countries, end)
	if v == Live {
		return heldName(c, c.At)
	}
	return c.Is(c.At, end, 0.55)
}

// address is what a town stands behind.
type address uint8

const (
	nowhere address = iota
	street
	house       // where people are treated or taught
	germanHouse // behind which any noun has a capital
)

// endsAddress tells whether text ends in a street with its number, or in the name of a hospital or university, as far back as
// the last full stop, bracket or line.
func endsAddress(text []byte, kinds, before map[string]bool) address {
	at := len(text)
	for at > 0 && !contains("\n():;", text[at-1]) {
		if text[at-1] == '.' && startsWith(text[at:], " ") && at > 4 && inWord[text[at-2]] && inWord[text[at-4]] { // no abbreviation's
			break
		}
		at--
	}
	var buf [24]byte
	numbered, named, kind := false, false, false // a number, a word with a capital, a kind of street came before
	treated := nowhere
	for i := at; i < len(text); {
		from := i
		for i < len(text) && inWord[text[i]] {
			i++
		}
		if from == i {
			if text[i] == ',' { // an item of its own
				named, kind, treated = false, false, nowhere
			}
			i++
			continue
		}
		word := buf[:0]
		if i-from <= len(buf) {
			word = fold(word, text[from:i])
		}
		last := i == len(text)
		switch {
		case isDigit(text[from]):
			numbered = numbered || i-from <= 5
			if last && kind && houseBefore(text) {
				return street
			}
		case !capital(text, from):
			if !isParticle(word) {
				named, treated = false, nowhere
			}
		case treats(string(word)) != nowhere:
			treated = treats(string(word))
		case before[string(word)] && len(word) > 2, streetEnding(word):
			kind = true
		case last && numbered && named && kinds[string(word)]:
			return street
		default:
			named = true
		}
	}
	return treated
}

// treats tells whether a word stands in the names of houses where people are treated or taught.
func treats(w string) address {
	switch w {
	case "hospital", "clinic", "infirmary", "hospice", "surgery", "university", "clínica", "universidad", "sanatorio", "ambulatorio", "hôpital", "université", "ospedale":
		return house
	case "klinikum", "klinik", "krankenhaus", "universität", "universitätsklinikum":
		return germanHouse
	}
	return nowhere
}
