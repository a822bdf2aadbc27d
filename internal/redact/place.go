package redact

import "strings"

func zipLabels() []string {
	return []string{"zip", "zip code", "zipcode", "postcode", "post code", "postal code", "código postal", "codigo postal", "cp", "c p", "plz", "postleitzahl", "psč", "psc", "irányítószám", "postanski broj", "poštanski broj", "postnummer", "code postal", "cap", "cep", "kod pocztowy"}
}

// matchZIPLabel: ZIP: 02139; Código postal 28001; PLZ 10115.
func matchZIPLabel(c *Candidate) Verdict {
	live := -1
	for _, p := range c.Phrases {
		if !c.begins(p) {
			continue
		}
		s := &scanner{text: c.Text, i: c.At}
		if !s.phrase(p) {
			if s.short && c.More {
				live = len(c.Text)
			}
			continue
		}
		sign := false
		for n := 0; n < 6; n++ {
			b := s.peek()
			if b == ':' || b == '=' {
				sign = true
			} else if b != ' ' && b != '.' && b != '"' {
				if b == 'i' && s.literal("is ") {
					continue
				}
				break
			}
			s.i++
		}
		if s.short && c.More {
			live = len(c.Text)
			continue
		}
		if len(p) <= 3 && p != "zip" && p != "plz" && p != "psc" && !sign {
			continue
		}
		start := s.i
		digits := 0
		for s.i-start < 10 {
			b := s.peek()
			if isDigit(b) {
				digits++
			} else if on := b == '-' && isDigit(s.at(1)) || b == ' ' && digits == 3 && isDigit(s.at(1)) && isDigit(s.at(2)) && !isDigit(s.at(3)) || 'A' <= b && b <= 'Z' && digits < 3 && s.i-start < 7; !on {
				break
			}
			s.i++
		}
		if b := s.peek(); s.short && c.More {
			if live < 0 || start < live {
				live = start
			}
			continue
		} else if digits < 3 || inWord[b] || digits > 9 {
			continue
		}
		if live >= 0 && c.More {
			live = min(live, start)
			continue
		}
		return c.Is(start, s.i, 0.8)
	}
	if live >= 0 {
		return c.Undecided(live)
	}
	return None
}

// matchZIP: NY 10001-1234, 10115 Berlin, 28046. Madrid, 211 43 Malmö.
func matchZIP(c *Candidate, g *gazetteer) Verdict {
	v, _ := postcodeAndTown(c, g)
	return v
}

// postcodeAndTown judges the postcode at c.At, and returns where the town behind it begins, 0 if it stands behind a US state.
func postcodeAndTown(c *Candidate, g *gazetteer) (v Verdict, town int) {
	if c.At > 0 {
		switch c.Text[c.At-1] {
		case '.', '/', '-', ':', '_', '$', '+', '#', '@', ',':
			if c.At < 2 || c.Text[c.At-1] != '-' || !isLetter(c.Text[c.At-2]) {
				return None, 0
			}
		}
	}
	s := &scanner{text: c.Text, i: c.At}
	_, n := s.number(5)
	if n == 3 && s.peek() == ' ' && isDigit(s.at(1)) && isDigit(s.at(2)) && !isDigit(s.at(3)) { // 211 43
		s.i += 3
		n = 5
	}
	if s.short && c.More {
		return c.Undecided(c.At), 0
	}
	if n == 4 { // Nørrebrogade 12, 2200 København
		if c.At < 3 || c.Text[c.At-1] != ' ' || c.Text[c.At-2] != ',' || !isDigit(c.Text[c.At-3]) {
			return None, 0
		}
	} else if n != 5 {
		return None, 0
	}
	end := s.i
	if n == 5 && s.peek() == '-' { // 10001-1234
		s.i++
		if _, k := s.number(4); s.short && c.More {
			return c.Undecided(c.At), 0
		} else if k != 4 {
			return None, 0
		}
		end = s.i
	}
	if inWord[s.peek()] {
		return None, 0
	}
	if i := c.At; i > 3 && c.Text[i-1] == ' ' && usState(c.Text[i-3:i-1]) && (c.Text[i-4] == ' ' || c.Text[i-4] == ',' || c.Text[i-4] == '\n') {
		return c.Is(c.At, end, 0.75), 0
	}
	s.i = end
	s.skip('.')
	if s.spaces(1) == 0 {
		if s.short && c.More {
			return c.Undecided(c.At), 0
		}
		return None, 0
	}
	if s.short && c.More {
		return c.Undecided(c.At), 0
	}
	if s.i >= len(c.Text) {
		return c.Undecided(c.At), 0
	}
	if !capital(c.Text, s.i) {
		return None, 0
	}
	from := s.i
	j := from
	for j < len(c.Text) && inWord[c.Text[j]] && j-from < 40 {
		j++
	}
	if j == len(c.Text) && c.More {
		return c.Undecided(c.At), 0
	}
	var buf [40]byte
	w := fold(buf[:0], c.Text[from:j])
	if flags := g.look(w); flags&place != 0 || townStart(w) || c.At > 2 && c.Text[c.At-1] == ' ' && c.Text[c.At-2] == ',' && houseBefore(c.Text[:c.At-2]) {
		return c.Is(c.At, end, 0.7), from
	}
	return None, 0
}

// houseBefore reports whether text ends in the number of a house, behind the name of a street: Bergweg 3a.
func houseBefore(text []byte) bool {
	i := len(text)
	if i > 1 && isLetter(text[i-1]) && isDigit(text[i-2]) {
		i--
	}
	from := i
	for i > 0 && from-i < 4 && isDigit(text[i-1]) {
		i--
	}
	return i < from && i > 2 && text[i-1] == ' ' && (isLetter(text[i-2]) || text[i-2] >= 0x80 || text[i-2] == '.')
}

// matchTownAfter: 28013 Madrid, 82467 Garmisch-Partenkirchen, the town behind a postcode.
func matchTownAfter(c *Candidate, g *gazetteer, countries map[string][]string) Verdict {
	v, town := postcodeAndTown(c, g)
	switch {
	case v != Found:
		return v
	case town == 0: // Springfield, IL 62704: the town stands before it
		return None
	}
	start := town
	if len(c.Text) < town+6 && c.More {
		return heldName(c, c.At)
	}
	town += article(c.Text[town:])
	nm := readName(c.Text, town, c.More, g, false)
	if nm.open {
		return heldName(c, c.At)
	}
	n := nm.town(c.Text)
	if n == 0 {
		return None
	}
	_, end := nm.span(0, n)
	if end, v = region(c, g, countries, end); v == Live {
		return heldName(c, c.At)
	}
	return c.Is(start, end, 0.65)
}

// article returns how long the article is that text, a town's name, begins with: La Laguna, El Ejido.
func article(text []byte) int {
	for _, a := range [...]string{"La ", "El ", "Las ", "Los ", "Le ", "Les "} {
		if startsWith(text, a) && capital(text, len(a)) {
			return len(a)
		}
	}
	return 0
}

// matchTownBefore: Springfield, IL 62704.
func matchTownBefore(c *Candidate) Verdict {
	if c.At > 0 && (inWord[c.Text[c.At-1]] || c.Text[c.At-1] == '-' || c.Text[c.At-1] == '\'') {
		return None
	}
	s := &scanner{text: c.Text, i: c.At}
	end := 0
	for range 4 {
		if s.i >= len(c.Text) {
			break
		}
		if !capital(c.Text, s.i) {
			return None
		}
		for s.i < len(c.Text) && inWord[c.Text[s.i]] && !isDigit(c.Text[s.i]) {
			s.i++
		}
		if s.skip('.') && s.i-c.At > 4 { // St. Louis
			return None
		}
		end = s.i
		if b := s.peek(); b == ',' || b != ' ' && b != '-' {
			break
		}
		s.i++
	}
	if !s.skip(',') || s.spaces(1) == 0 {
		if s.short && c.More && s.i-c.At < 60 {
			return c.Undecided(c.At)
		}
		return None
	}
	from := s.i
	for s.i < len(c.Text) && s.i-from < 3 && isLetter(c.Text[s.i]) {
		s.i++
	}
	if s.i == len(c.Text) && c.More && s.i-from < 3 {
		return c.Undecided(c.At)
	}
	if s.i-from != 2 || !usState(c.Text[from:s.i]) || s.spaces(1) == 0 && !s.short {
		return None
	}
	_, n := s.number(5)
	if s.short && c.More {
		return c.Undecided(c.At)
	}
	if n != 5 || isDigit(s.peek()) {
		return None
	}
	return c.Is(c.At, end, 0.7)
}

// townStart reports words that towns' names of several words begin with, and towns that the list lacks.
func townStart(w []byte) bool {
	switch string(w) {
	case "san", "santa", "santiago", "ciudad", "las", "los", "la", "el", "bad", "sankt", "saint", "new", "den", "villa", "puerto", "palma", "buenos", "madrid", "barcelona", "valencia", "sevilla", "zaragoza", "málaga", "murcia", "bilbao", "alicante", "córdoba", "valladolid", "vigo", "gijón", "granada", "vitoria", "oviedo", "pamplona", "zamora", "cádiz", "salamanca", "burgos", "albacete", "badajoz", "huelva", "tarragona", "lleida", "girona", "león", "cáceres", "jaén", "ourense", "lugo", "berlin", "hamburg", "münchen", "köln", "frankfurt", "stuttgart", "düsseldorf", "leipzig", "dortmund", "essen", "bremen", "dresden", "hannover", "nürnberg", "wien", "zürich", "bern", "paris", "lyon", "marseille", "roma", "milano", "torino", "lisboa", "porto", "stockholm", "göteborg", "malmö", "oslo", "københavn", "helsinki", "budapest", "praha", "warszawa", "bratislava", "zagreb":
		return true
	}
	return false
}

func usState(b []byte) bool {
	switch string(b) {
	case "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA", "PR", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY":
		return true
	}
	return false
}

func placeLabels() []string {
	return []string{
		"city", "town", "county", "state", "country", "location", "place", "place of birth", "birthplace", "born in", "lives in", "living in", "resident of", "resides in", "moved here from", "originally from", "now live in", "i live in", "we live in", "lived in", "grew up in", "raised in", "based in", "flew to", "fly to", "flying to", "flew from", "flies to", "returned to", "returned from", "visit to", "back from", "travel to", "travelled to", "traveled to", "travelling to", "traveling to", "travelled from", "traveled from",
		"moved to", "moving to", "moved from", "moved back to", "relocated to", "trip to", "came from", "comes from", "coming to", "native of", "emigrated from", "emigrated to", "immigrated from", "arrived in", "arrived from", "i am in", "i'm in", "natural de", "procedente de", "residente en", "reside en", "vive en", "vivía en", "nacido en", "nacida en", "vecino de",
		"vecina de", "viajó a", "viaje a", "emigró a", "se mudó a", "se trasladó a", "regresó de", "volvió de", "llegó de", "oriundo de", "originario de", "originaria de", "wohnt in", "lebt in", "lebte in", "geboren in", "stammt aus", "kommt aus", "zurück aus", "zurück nach", "zog nach", "floh aus", "reiste nach", "reise nach", "umzug nach", "gezogen nach", "habite à", "né à", "née à", "localidad", "localidad provincia", "provincia", "país", "pais", "ciudad", "lugar de nacimiento", "población", "municipio", "wohnort", "ort", "stadt", "geburtsort", "wohnhaft in", "ville", "città", "cidade", "where",
	}
}

// matchPlace: Localidad: Cádiz; lives in Leeds.
func matchPlace(c *Candidate, g *gazetteer, countries map[string][]string) Verdict {
	live := -1
	for _, p := range c.Phrases {
		if !c.begins(p) {
			continue
		}
		s := &scanner{text: c.Text, i: c.At}
		if !s.phrase(p) {
			if s.short && c.More {
				live = len(c.Text)
			}
			continue
		}
		verb := leadsToPlace(p)
		sign := false
		for n := 0; n < 5; n++ {
			b := s.peek()
			if b == ':' || b == '=' {
				sign = true
			} else if b != ' ' && b != '/' {
				break
			}
			s.i++
		}
		if s.peek(); s.short && c.More {
			live = len(c.Text)
			continue
		}
		if !sign && !verb || !capital(c.Text, s.i) {
			continue
		}
		land, v := country(c, s.i, countries)
		nm := readName(c.Text, s.i, c.More, g, false)
		if nm.open || v == Live {
			if heldName(c, s.i) == Live && (live < 0 || s.i < live) {
				live = s.i
			}
			continue
		}
		n := nm.town(c.Text)
		if v == Found && (n == 0 || nm.words[n-1].end < land) && (live < 0 || !c.More) { // Czech Republic: words of the language
			return c.Is(s.i, land, 0.6)
		}
		if n == 0 || verb && !nm.placed(c.Text, n) {
			continue
		}
		start, end := nm.span(0, n)
		if verb {
			switch beside(c, &nm, 0, n) {
			case Live:
				if heldName(c, start) == Live && (live < 0 || start < live) {
					live = start
				}
				continue
			case None:
				continue
			case Found:
			}
		}
		if live >= 0 && c.More {
			live = min(live, start)
			continue
		}
		return c.Is(start, end, 0.6)
	}
	if live >= 0 {
		return c.Undecided(live)
	}
	return None
}

// leadsToPlace reports whether a phrase ends in a preposition that a place follows without a sign.
func leadsToPlace(phrase string) bool {
	switch phrase[strings.LastIndexByte(phrase, ' ')+1:] {
	case "in", "of", "from", "to", "de", "en", "a", "aus", "nach", "à":
		return true
	}
	return false
}

// town decides how many words, at most four, are the name of a place: the first may be a word of the language only if
// another follows.
func (nm *name) town(text []byte) int {
	n := 0
	for n < nm.n && n < 4 {
		w := nm.words[n]
		if w.initial || w.flags == plain && n > 0 && (n > 1 || !nm.begins(text)) || safeWord(text[w.start:w.end]) {
			break
		}
		n++
	}
	for n > 0 && nm.words[n-1].particle {
		n--
	}
	if n == 1 && nm.words[0].flags == plain && !nm.begins(text) {
		return 0
	}
	return n
}

// begins reports whether the first word begins the names of places: Ciudad Real, New London.
func (nm *name) begins(text []byte) bool {
	w := nm.words[0]
	var buf [40]byte
	return w.flags&place != 0 || townStart(fold(buf[:0], text[w.start:min(w.end, w.start+40)]))
}

// placed reports whether one of the first n words is in the list of places, or in none.
func (nm *name) placed(text []byte, n int) bool {
	for _, w := range nm.words[:n] {
		if w.flags&place != 0 || w.flags == 0 && !w.particle && (!w.upper || w.end-w.start > 4) {
			return true
		}
		var buf [40]byte
		if townStart(fold(buf[:0], text[w.start:min(w.end, w.start+40)])) && w.flags != plain {
			return true
		}
	}
	return false
}

// region extends a place that ends at text[end:] by the province and country behind it: Matosinhos. Porto (Portugal). It
// returns Live if more text decides.
func region(c *Candidate, g *gazetteer, countries map[string][]string, end int) (int, Verdict) {
	for range 3 {
		i := end
		if i < len(c.Text) && (c.Text[i] == '.' || c.Text[i] == ',' || c.Text[i] == ')') {
			i++
		}
		if i < len(c.Text) && i > end && c.Text[i] == '.' && c.Text[i-1] == ')' {
			i++
		}
		if i+1 >= len(c.Text) && c.More {
			return 0, Live
		}
		if i+1 >= len(c.Text) || c.Text[i] != ' ' || i == end && c.Text[i+1] != '(' {
			break
		}
		if i++; c.Text[i] == '(' {
			i++
		}
		nm := readName(c.Text, i, c.More, g, false)
		if nm.open {
			return 0, Live
		}
		land, v := country(c, i, countries)
		if v == Live {
			return 0, Live
		}
		n := nm.town(c.Text)
		known := v == Found
		for _, w := range nm.words[:n] {
			known = known || w.flags&place != 0 && w.flags&plain == 0
		}
		if n > 1 && !known { // Santa Cruz de Tenerife, and nothing behind it that makes it a person's
			_, to := nm.span(0, n)
			known = nm.begins(c.Text) && to < len(c.Text) && contains(".,)", c.Text[to])
		}
		if !known {
			break
		}
		if n > 0 {
			_, end = nm.span(0, n)
		}
		end = max(end, land)
	}
	return end, Found
}
