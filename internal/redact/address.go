package redact

import "strings"

// The types of places and ages.
const (
	StreetAddress Type = "STREET_ADDRESS"
	ZIPCode       Type = "ZIP_CODE"
	Location      Type = "LOCATION"
	Organization  Type = "ORGANIZATION"
	Age           Type = "AGE"
	AgeOver89     Type = "AGE_OVER_89"
)

// Addresses finds street and postal addresses: number, name and kind of street (English, French), kind, name and number
// (Spanish, Portuguese, Italian), a street whose name ends in its kind and a number (German, Dutch, Scandinavian, Hungarian,
// Slavic), P.O. boxes and military mail; postcodes by label, after a US state, or before a town of the list; towns,
// provinces and countries by label or preposition; towns before a country, or behind a street or hospital; organisations by
// their legal form.
func Addresses() []Rule {
	g := names()
	kinds := streetKinds()
	before := kindsBefore()
	lands := byFirst(countries())
	const capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ\xc3\xc4\xc5"
	return []Rule{
		{Name: "street_number_first/1", Type: StreetAddress, Anchors: figure, If: mayBeHouse, Match: func(c *Candidate) Verdict { return matchNumberFirst(c, kinds, before) }},
		{Name: "street_kind_first/2", Type: StreetAddress, Words: keys(before), Match: matchKindFirst},
		{Name: "street_one_word/1", Type: StreetAddress, Anchors: capitals, If: mayBeStreet, Match: matchStreetName},
		{Name: "street_square/1", Type: StreetAddress, Words: []string{"am", "an", "auf", "im", "in", "zum", "zur", "unter", "hinter"}, Match: matchSquare},
		{Name: "street_box/1", Type: StreetAddress, Words: []string{"psc", "unit", "box", "po", "p", "apo", "fpo", "dpo", "usns", "uss", "uscgc", "usnv"}, Match: matchBox},
		{Name: "street_label/1", Type: StreetAddress, Phrases: streetLabels(), Match: matchStreetLabel},
		{Name: "street_flat/1", Type: StreetAddress, Words: []string{"apt", "apartment", "suite"}, Match: matchFlat},
		{Name: "street_postcode/1", Type: StreetAddress, Anchors: capitals, If: mayBeBeforePostcode, Match: matchBeforePostcode},
		{Name: "zip_label/1", Type: ZIPCode, Phrases: zipLabels(), Match: matchZIPLabel},
		{Name: "zip_place/3", Type: ZIPCode, Anchors: figure, If: mayBePostcode, Match: func(c *Candidate) Verdict { return matchZIP(c, g) }},
		{Name: "location_postcode/4", Type: Location, Anchors: figure, If: mayBePostcode, Match: func(c *Candidate) Verdict { return matchTownAfter(c, g, lands) }},
		{Name: "location_state/1", Type: Location, Anchors: capitals, If: mayBeTown, Match: matchTownBefore},
		{Name: "location_label/3", Type: Location, Phrases: placeLabels(), Match: func(c *Candidate) Verdict { return matchPlace(c, g, lands) }},
		{Name: "location_after/1", Type: Location, Words: placePrepositions(), Match: func(c *Candidate) Verdict { return matchPlaceAfter(c, g, lands) }},
		{Name: "location_behind/1", Type: Location, Anchors: capitals, If: mayBeBehindAddress, Match: func(c *Candidate) Verdict { return matchTownBehind(c, g, kinds, before, lands) }},
		{Name: "location_country/1", Type: Location, Anchors: capitals, If: mayBeTownOf, Match: func(c *Candidate) Verdict { return matchTownOf(c, g, lands) }},
		{Name: "organization_form/1", Type: Organization, Anchors: capitals, If: mayBeOrganization, Match: matchOrganization},
	}
}

func set(words ...string) map[string]bool {
	m := map[string]bool{}
	for _, w := range words {
		m[w] = true
	}
	return m
}

// streetKinds end an English street's name.
func streetKinds() map[string]bool {
	return set("street", "st", "str", "avenue", "ave", "av", "road", "rd", "drive", "dr", "lane", "ln", "boulevard", "blvd", "court", "ct", "place", "pl", "square", "sq", "terrace", "ter", "way", "close", "crescent", "cres", "parkway", "pkwy", "circle", "cir", "highway", "hwy", "row", "gardens", "grove", "mews", "walk", "hill", "park", "quay", "trail", "trl", "alley", "plaza", "loop", "route", "pike", "turnpike", "broadway", "streets", "avenida")
}

// kindsBefore stand before a street's name.
func kindsBefore() map[string]bool {
	return set("calle", "c", "cl", "avda", "avenida", "av", "avd", "avgda", "paseo", "p", "po", "pg", "passeig", "plaza", "pza", "plza", "plaça", "glorieta", "ronda", "camino", "carretera", "ctra", "travesía", "travesia", "callejón", "carrer", "rambla", "urbanización", "urb", "rúa", "rua", "praça", "largo", "travessa", "estrada", "rue", "boulevard", "chemin", "allée", "impasse", "quai", "via", "viale", "piazza", "corso", "vicolo", "ul", "ulica")
}

// streetEndings are what the names of streets in one word end in, by their last byte.
var streetEndings = func() (t [256][]string) {
	for _, end := range [...]string{
		"straße", "strasse", "straat", "gasse", "allee", "gatan", "gade", "gata", "vägen", "vegen", "veien", "gaten", "laan", "plein", "gracht", "kade", "singel", "katu", "polku", "damm", "ufer",
		"chaussee", "utca", "promenade", "steig", "stieg", "platz", "graben", "weg", "vej", "ring", "str", "tie", "markt", "hof",
	} {
		last := end[len(end)-1]
		t[last] = append(t[last], end)
	}
	return t
}()

// streetEnding reports whether a word in small letters is the name of a street in one word, or a kind of its own.
func streetEnding(w []byte) bool {
	if len(w) == 0 {
		return false
	}
	for _, end := range streetEndings[w[len(w)-1]] {
		n := len(w) - len(end)
		least := 2
		switch end {
		case "ring":
			least = 5
		case "weg", "vej", "str", "tie", "markt", "hof": // short ones: of longer names
			least = 4
		}
		if n >= least && string(w[n:]) == end {
			return true
		}
	}
	switch string(w) {
	case "gate", "gata", "utca", "ulica", "ulice", "út", "útja", "tér", "straße", "strasse", "allee", "weg", "platz", "laan", "straat", "vej", "gade":
		return true
	}
	return false
}

// mayBeCapital reports whether a word that begins with b can begin with a capital: of ASCII, or a letter of two bytes.
func mayBeCapital(b byte) bool { return 'A' <= b && b <= 'Z' || b >= 0xC3 || b == 0 }

func isSpace(b byte) bool { return b == ' ' || b == '\n' || b == '\t' || b == '\r' }

// mayBeHouse: a number of at most five digits, a letter at most, and a word with a capital, a particle or a kind of street.
func mayBeHouse(w *Word) bool {
	if w.Digits > 5 || len(w.Text) > w.Digits+1 || w.joined() {
		return false
	}
	switch {
	case w.After == 0, w.Next == 0:
		return true
	case w.After == '-', w.After == '/':
		return isDigit(w.Next)
	case !isSpace(w.After):
		return false
	case 'a' <= w.Next && w.Next <= 'z':
		return !contains("fhjknowx", w.Next)
	}
	return isSpace(w.Next) || startsWord(w.Next)
}

// mayBePostcode: five digits, three before two, or four behind a comma.
func mayBePostcode(w *Word) bool {
	switch {
	case len(w.Text) > w.Digits:
		return false
	case w.After == 0:
		return w.Digits <= 5
	}
	switch w.Digits {
	case 3:
		return w.After == ' ' && (isDigit(w.Next) || w.Next == 0)
	case 4:
		return w.Before == ' ' && w.Earlier == ','
	}
	return w.Digits == 5
}

// mayBeTown: a comma, or another word with a capital after it.
func mayBeTown(w *Word) bool {
	switch w.After {
	case 0:
		return true
	case '-':
	case ' ':
		if !mayBeCapital(w.Next) {
			return false
		}
	case ',':
		if !isSpace(w.Next) && w.Next != 0 {
			return false
		}
	case '.': // St. Louis
		if len(w.Text) > 3 {
			return false
		}
	default:
		return false
	}
	r := w.ahead()
	return r.stop == 0 || r.comma > w.at && (r.stop == '0' || isSpace(r.stop))
}

// mayBeStreet: a word that ends in a kind of street before a number, or another word with a capital, or a kind alone, after it.
func mayBeStreet(w *Word) bool {
	switch w.After {
	case 0:
		return true
	case '-':
		return w.beforeStreet()
	case ' ':
		if mayBeCapital(w.Next) || w.Next == 'g' || w.Next == 'u' || w.Next == 't' {
			return w.beforeStreet()
		}
	case '\n', '\t', '\r', '.':
	default:
		return false
	}
	if w.After != '.' && !isDigit(w.Next) && w.Next|0x20 != 'n' && w.Next != 0 || w.Text[len(w.Text)-1] < 'A' {
		return false
	}
	var buf [maxWord]byte
	return streetEnding(fold(buf[:0], w.Text))
}

// beforeStreet: a number stands behind the words with capitals, or the kind of a street in small letters, and one of them is
// the name or kind of a street.
func (w *Word) beforeStreet() bool {
	r := w.ahead()
	text := w.stream.text
	switch {
	case r.stop == 0:
		return true
	case r.stop == '0' || r.number || isSpace(r.stop):
	case r.stop == 'a':
		if !contains("ngut\xc3", text[r.end]) {
			return false
		}
	default:
		return false
	}
	for i := w.at; i <= r.end; {
		from := i
		for inWord[text[i]] {
			i++
		}
		var buf [maxWord]byte
		if i-from > 1 && streetEnding(fold(buf[:0], text[from:i])) {
			return true
		}
		i++
	}
	return false
}

// mayBeOrganization: another word with a capital, & or plc after it.
func mayBeOrganization(w *Word) bool {
	switch w.After {
	case 0, '&':
		return true
	case '-':
	case ' ':
		if !mayBeCapital(w.Next) && w.Next != '&' && w.Next != 'p' {
			return false
		}
	case ',':
		if w.Next != ' ' && w.Next != 0 {
			return false
		}
	default:
		return false
	}
	r := w.ahead()
	return r.stop == 0 || r.form > w.at
}

// house reads a house's number: 12, 12a, 12-14, 12/3, nº 12, s/n; it returns its end or 0.
func (s *scanner) house(none bool) int {
	from := s.i
	if none && (s.peek() == 's' || s.peek() == 'S') {
		if s.literal("s/n") || s.literal("S/N") || s.literal("s.n.") {
			return s.i
		}
		s.i = from
	}
	if b := s.peek(); b == 'n' || b == 'N' {
		switch w, _ := s.word(); string(w) {
		case "n", "no", "num", "núm", "nr", "number":
			for b := s.peek(); b == 0xC2 || b == 0xBA || b == '.' || b == ' ' || b == 0xB0; b = s.peek() {
				s.i++
			}
		default:
			s.i = from
			return 0
		}
	}
	if _, n := s.number(5); n == 0 || n > 5 {
		s.i = from
		return 0
	}
	end := s.i
	if isLetter(s.peek()) {
		s.i++
		if inWord[s.peek()] {
			s.i = from
			return 0
		}
		end = s.i
	}
	if b := s.peek(); (b == '-' || b == '/') && isDigit(s.at(1)) {
		s.i++
		if _, n := s.number(4); n > 0 && !inWord[s.peek()] {
			end = s.i
		}
	}
	s.i = end
	if b := s.peek(); b == '%' || b == '.' && isDigit(s.at(1)) {
		return 0
	}
	return end
}

// flat reads what follows a street: an apartment, a suite, a floor; it returns where the address ends.
func (s *scanner) flat(end int) int {
	s.i = end
	for range 3 {
		from := s.i
		if b := s.peek(); b == ',' {
			s.i++
		}
		if s.spaces(3) == 0 {
			break
		}
		if isDigit(s.peek()) { // 2.º, 8º D
			s.number(2)
			s.skip('.')
			if b := s.peek(); b != 0xC2 || s.at(1) != 0xBA && s.at(1) != 0xAA && s.at(1) != 0xB0 {
				s.i = from
				break
			}
			s.i += 2
			end = s.i
			if s.peek() == ' ' && 'A' <= s.at(1) && s.at(1) <= 'Z' && !inWord[s.at(2)] {
				s.i += 2
				end = s.i
			}
			continue
		}
		switch w, _ := s.word(); string(w) {
		case "apt", "suite", "unit", "flat", "floor", "ste", "apartment", "room", "rm", "apto", "piso", "puerta", "bajo", "izda", "dcha", "esc", "escalera", "portal", "bis":
			s.skip('.')
			s.skip(' ')
			s.skip('#')
			k := s.i
			for isDigit(s.peek()) || isLetter(s.peek()) && s.i-k < 4 {
				s.i++
			}
			end = s.i
		default:
			s.i = from
		}
		if s.i == from {
			break
		}
	}
	s.i = end
	return end
}

// matchNumberFirst: 12 Main Street; 31 rue de Pologne.
func matchNumberFirst(c *Candidate, kinds, before map[string]bool) Verdict {
	if c.At > 0 {
		switch b := c.Text[c.At-1]; b {
		case '.', ',', '/', '-', ':', '$', '_', '+', '#', '@':
			if c.At > 1 && (isDigit(c.Text[c.At-2]) || b == '$' || b == '_' || b == '@') {
				return None
			}
		}
	}
	s := &scanner{text: c.Text, i: c.At}
	if s.house(false) == 0 {
		if s.short && s.i-c.At < 8 {
			return c.Undecided(c.At)
		}
		return None
	}
	if s.short && c.More {
		return c.Undecided(c.At)
	}
	if s.spaces(2) == 0 {
		return None
	}
	capitals := 0
	for words := 0; words < 6; words++ {
		if s.short && c.More {
			return c.Undecided(c.At)
		}
		b := s.peek()
		if isDigit(b) { // a second number, before the street's own, or 42nd
			if _, n := s.number(5); n == 0 {
				return None
			}
			switch b := s.peek(); {
			case b == ' ':
			case inWord[b]:
				switch w, _ := s.word(); string(w) {
				case "st", "nd", "rd", "th":
					capitals++
				default:
					if !s.short {
						return None
					}
				}
			default:
				if !s.short {
					return None
				}
			}
			s.skip(' ')
			continue
		}
		if s.i < len(c.Text) && !startsWord(b) {
			return None
		}
		big := capital(c.Text, s.i)
		w, _ := s.word()
		if s.short && c.More {
			return c.Undecided(c.At)
		}
		if words == 0 && before[string(w)] && len(w) > 2 { // rue de Pologne
			return streetAfterKind(c, s, c.At, true)
		}
		if capitals > 0 && kinds[string(w)] && (big || len(w) > 3) {
			end := s.i
			if b := s.peek(); b == '.' {
				s.i++
				if len(w) <= 4 {
					end = s.i
				}
			}
			end = s.flat(end)
			if s.short && c.More {
				return c.Undecided(c.At)
			}
			return c.Is(c.At, end, 0.7)
		}
		if !big && !isParticle(w) {
			return None
		}
		if big {
			capitals++
		}
		if b := s.peek(); b == '.' || b == '\'' || b == '-' {
			s.i++
			if b == '\'' && s.peek() == 's' { // St James's Road
				s.i++
			}
		}
		if s.peek() == ' ' {
			s.i++
		} else if b := s.peek(); !inWord[b] && !s.short {
			return None
		}
	}
	return None
}

// matchKindFirst: Calle Serrano 42; C/. Vallehermoso, 15, 2.º, apto. 20; Rua das Flores 25.
func matchKindFirst(c *Candidate) Verdict {
	s := &scanner{text: c.Text, i: c.At}
	w, big := s.word()
	if s.short && c.More {
		return c.Undecided(c.At)
	}
	short := len(w) <= 2
	switch {
	case string(w) == "c":
		if b := s.peek(); b != '/' && (b != '.' || s.at(1) != '/') {
			if s.short && c.More {
				return c.Undecided(c.At)
			}
			return None
		}
	case short && !big:
		return None
	case string(w) == "po":
		return None
	case string(w) == "p": // Pº
		if s.peek() != 0xC2 || s.at(1) != 0xBA {
			if s.short && c.More {
				return c.Undecided(c.At)
			}
			return None
		}
	}
	if !big {
		switch string(w) {
		case "calle", "avenida", "plaza", "paseo", "rue", "carrer", "via", "c":
		default:
			return None
		}
	}
	return streetAfterKind(c, s, c.At, !big && !short)
}

// streetAfterKind reads the name and number after a street's kind.
func streetAfterKind(c *Candidate, s *scanner, start int, small bool) Verdict {
	for n := 0; n < 4; n++ {
		if b := s.peek(); b == '.' || b == '/' || b == ' ' || b == 0xC2 || b == 0xBA {
			s.i++
			continue
		}
		break
	}
	capitals := 0
	for words := 0; words < 9 && s.i-start < 80; words++ {
		if s.short && c.More {
			return c.Undecided(start)
		}
		b := s.peek()
		if isDigit(b) && capitals > 0 || (b == 's' || b == 'S' || b == 'n') && capitals > 0 {
			if end := s.house(true); end > 0 {
				end = s.flat(end)
				if s.short && c.More {
					return c.Undecided(start)
				}
				return c.Is(start, end, 0.7)
			}
			if s.short && c.More {
				return c.Undecided(start)
			}
		}
		if isDigit(b) && capitals == 0 { // 9 de Julio
			if _, n := s.number(2); n == 0 {
				return None
			}
			s.skip(' ')
			continue
		}
		if s.i >= len(c.Text) || !startsWord(b) {
			break
		}
		big := capital(c.Text, s.i)
		w, _ := s.word()
		if s.short && c.More {
			return c.Undecided(start)
		}
		if !big && !isParticle(w) && (!small || words >= 2) && (string(w) != "d" || s.peek() != '\'') {
			break
		}
		if big || small && !isParticle(w) {
			capitals++
		}
		if b := s.peek(); b == '.' || b == '\'' || b == '-' || b == ',' {
			s.i++
		}
		if b := s.peek(); b == ' ' {
			s.i++
		} else if !startsWord(b) && !s.short {
			break
		}
	}
	if s.short && c.More {
		return c.Undecided(start)
	}
	return None
}

// matchStreetName: Musterstraße 12; Södra Förstadsgatan 12; Kossuth Lajos utca 12.
func matchStreetName(c *Candidate) Verdict {
	if !capital(c.Text, c.At) || c.At > 0 && (c.Text[c.At-1] == '-' || c.Text[c.At-1] == '\'') && c.At > 1 && inWord[c.Text[c.At-2]] {
		return None
	}
	i := c.At
	for words := 0; words < 4; words++ {
		j := i
		for j < len(c.Text) && inWord[c.Text[j]] && !isDigit(c.Text[j]) && j-i < 40 {
			j++
		}
		if j == len(c.Text) {
			if c.More {
				return c.Undecided(c.At)
			}
			return None
		}
		var buf [40]byte
		w := fold(buf[:0], c.Text[i:j])
		if words == 0 && addressLabel(w) {
			return None
		}
		if len(w) >= 2 && streetEnding(w) && (words > 0 || len(w) >= 5) {
			if c.Text[j] == '.' {
				j++
			}
			s := &scanner{text: c.Text, i: j}
			if s.spaces(1) == 0 && !s.short {
				return None
			}
			end := s.house(false)
			if end > 0 {
				if s.peek() == ' ' { // 12 mg, 3 Patienten
					from := s.i
					s.i++
					switch w, _ := s.word(); string(w) {
					case "mg", "ml", "patienten", "jahre", "uhr", "stunden", "tage", "prozent", "km":
						if !s.short || !c.More {
							return None
						}
					}
					s.i = from
				}
				end = s.flat(end)
			}
			if s.short && c.More {
				return c.Undecided(c.At)
			}
			if end == 0 {
				return None
			}
			return c.Is(c.At, end, 0.75)
		}
		if c.Text[j] == '-' {
			j++
			i = j
			continue
		}
		if c.Text[j] != ' ' {
			return None
		}
		i = j + 1
		if i == len(c.Text) {
			if c.More {
				return c.Undecided(c.At)
			}
			return None
		}
		if !capital(c.Text, i) { // only a kind in small letters goes on
			switch c.Text[i] {
			case 'g', 'u', 0xC3, 't':
			default:
				return None
			}
			words = 2
		}
	}
	return None
}

// matchSquare: Am Markt 5, 28195; An der Alster 12, 20099; In den Wiesen 3, 50999: a house's number, and a postcode after it.
func matchSquare(c *Candidate) Verdict {
	if b := c.Text[c.At]; b < 'A' || b > 'Z' {
		return None
	}
	s := &scanner{text: c.Text, i: c.At}
	if s.word(); s.spaces(1) == 0 {
		if s.short && c.More {
			return c.Undecided(c.At)
		}
		return None
	}
	named := false
	for words := 0; words < 4 && !isDigit(s.peek()); words++ {
		big := capital(c.Text, s.i)
		w, _ := s.word()
		if s.short && c.More {
			return c.Undecided(c.At)
		}
		if len(w) == 0 || !big && (named || !isParticle(w) && string(w) != "dem") || s.peek() != ' ' && s.peek() != '-' {
			return None
		}
		named = named || big
		s.i++
	}
	if !named {
		return None
	}
	end := s.house(false)
	if end > 0 && (!s.skip(',') || s.spaces(1) == 0) && !s.short {
		return None
	}
	_, n := s.number(5)
	if s.short && c.More {
		return c.Undecided(c.At)
	}
	if end == 0 || n != 5 || s.spaces(1) == 0 || !capital(c.Text, s.i) {
		if s.i >= len(c.Text) && c.More {
			return c.Undecided(c.At)
		}
		return None
	}
	return c.Is(c.At, end, 0.7)
}

// streetLabels stand before an address: those that end in a preposition at once, the others before : or = or "is".
func streetLabels() []string {
	return []string{
		"address", "home address", "mailing address", "street address", "billing address", "postal address", "shipping address", "residence", "lives at", "live at", "lived at", "living at", "resides at", "residing at", "located at", "situated at", "meet me at",
		"address to", "sent to", "send it to", "deliver to", "delivered to", "return to", "moved to", "now live in", "drops you off at", "picked up at", "domicilio", "dirección", "direccion", "domicilio en", "domiciliado en", "domiciliada en", "anschrift", "adresse", "wohnhaft", "wohnhaft in", "adress", "morada", "endereço", "indirizzo", "lakcím", "adresa",
	}
}

// matchStreetLabel: lives at 333 Golfskálinn 78; Address: Dašická 688. Words with capitals, and a number before or after.
func matchStreetLabel(c *Candidate) Verdict {
	live := -1
	wait := func(at int) {
		if live < 0 || at < live {
			live = at
		}
	}
	for _, p := range c.Phrases {
		if !c.begins(p) {
			continue
		}
		s := &scanner{text: c.Text, i: c.At}
		if !s.phrase(p) {
			if s.short && c.More {
				wait(len(c.Text))
			}
			continue
		}
		sign := strings.HasSuffix(p, " at") || strings.HasSuffix(p, " in") || strings.HasSuffix(p, " to") || strings.HasSuffix(p, " en") || p == "wohnhaft"
		for n := 0; n < 8; n++ {
			switch b := s.peek(); {
			case b == ':' || b == '=':
				sign = true
			case b == 'i' && (s.literal("is ") || s.literal("ist ")), b == 'e' && s.literal("es "):
				sign = true
				continue
			case b != ' ' && b != '\n' && b != '"' && b != '>':
				n = 8
				continue
			}
			s.i++
		}
		if s.short && c.More {
			wait(len(c.Text))
			continue
		}
		if !sign {
			continue
		}
		start := s.i
		end := s.streetAnyhow(weakly(p))
		if s.short && c.More && len(c.Text)-start < 160 {
			wait(start)
			continue
		}
		if end == 0 {
			continue
		}
		if live >= 0 && c.More {
			wait(start)
			continue
		}
		return c.Is(start, end, 0.65)
	}
	if live >= 0 {
		return c.Undecided(live)
	}
	return None
}

// weakly reports whether other things than addresses often follow a label.
func weakly(p string) bool { return strings.HasSuffix(p, " to") || p == "now live in" }

// streetAnyhow reads an address of which the label is known: a number, one to five words with capitals, a number and a
// flat, where one of the numbers may be missing unless both are asked for. It returns its end, or 0.
func (s *scanner) streetAnyhow(both bool) int {
	first, n := s.number(5)
	if n > 0 && s.spaces(1) == 0 {
		return 0
	}
	end, capitals, rare := 0, 0, n > 0 // one word of the language alone, such as Ward, needs a number before it
	for words := 0; words < 6; words++ {
		if b := s.peek(); !startsWord(b) || isDigit(b) {
			break
		}
		from, big := s.i, capital(s.text, s.i)
		w, _ := s.word()
		if !big && !isParticle(w) && string(w) != "ul" && string(w) != "z" || len(w) == 0 {
			s.i = from
			break
		}
		if big {
			capitals++
			end = s.i
			rare = rare || capitals > 1 || names().look(w)&plain == 0
		}
		if b := s.peek(); b == '.' || b == '\'' || b == '-' {
			s.i++
		}
		if b := s.peek(); b == ',' && isDigit(s.at(2)) {
			s.i++
		}
		if s.skip(' ') {
			continue
		}
		if !startsWord(s.peek()) {
			break
		}
	}
	if capitals == 0 || !rare || both && n == 0 {
		return 0
	}
	if isDigit(s.peek()) {
		from := s.i
		value, size := s.number(5)
		s.i = from
		if h := s.house(false); h > 0 && (n > 0 || size != 4 || !plausibleYear(value)) {
			return s.flat(h)
		}
		return 0
	}
	if both || n == 0 || n == 4 && plausibleYear(first) {
		return 0
	}
	return s.flat(end)
}

// matchFlat: Apt. 675, Suite 960, at the beginning of a line or after a number or comma.
func matchFlat(c *Candidate) Verdict {
	i := c.At
	for i > 0 && (c.Text[i-1] == ' ' || c.Text[i-1] == '>' || c.Text[i-1] == '?') {
		i--
	}
	if i > 0 && c.Text[i-1] != '\n' && c.Text[i-1] != ',' && !isDigit(c.Text[i-1]) {
		return None
	}
	s := &scanner{text: c.Text, i: c.At}
	s.word()
	s.skip('.')
	s.skip(' ')
	s.skip('#')
	_, n := s.number(5)
	if isLetter(s.peek()) {
		s.i++
	}
	last := s.i
	if next := s.peek(); s.short && c.More {
		return c.Undecided(c.At)
	} else if n == 0 || inWord[next] || next == '%' {
		return None
	}
	return c.Is(c.At, last, 0.6)
}

// mayBeBeforePostcode: another word with a capital, a particle or a number after it.
func mayBeBeforePostcode(w *Word) bool {
	switch w.After {
	case 0:
		return true
	case ' ':
		if w.Next >= 'a' && !contains("abdeilmstvyz", w.Next) {
			return false
		}
	case ',':
		if w.Next != ' ' && w.Next != 0 {
			return false
		}
	default:
		return false
	}
	r := w.ahead()
	if r.stop != '0' {
		return r.stop == 0
	}
	// Five digits, behind a house's number of at most eleven bytes, a sign, a space and "E-".
	digits := 0
	for i := r.end + 2; i < r.end+21; i++ {
		if i >= len(w.stream.text) {
			return true
		}
		if !isDigit(w.stream.text[i]) {
			digits = 0
		} else if digits++; digits == 5 {
			return true
		}
	}
	return false
}

// matchBeforePostcode: Los Alisos, 10. 13002 Ciudad Real: words with capitals, a house's number, and a postcode and a town.
func matchBeforePostcode(c *Candidate) Verdict {
	if !capital(c.Text, c.At) || c.At > 0 && (c.Text[c.At-1] == '-' || c.Text[c.At-1] == '\'') {
		return None
	}
	s := &scanner{text: c.Text, i: c.At}
	for words := 0; ; words++ {
		if words == 5 {
			return None
		}
		big := capital(c.Text, s.i)
		w, _ := s.word()
		if s.short && c.More {
			return c.Undecided(c.At)
		}
		if len(w) == 0 || !big && !isParticle(w) || words == 0 && addressLabel(w) {
			return None
		}
		comma := s.skip(',')
		if !s.skip(' ') {
			if s.short && c.More {
				return c.Undecided(c.At)
			}
			return None
		}
		if isDigit(s.peek()) {
			break
		}
		if s.short && c.More {
			return c.Undecided(c.At)
		}
		if comma {
			return None
		}
	}
	end := s.house(false)
	if b := s.peek(); b == '.' || b == ',' {
		s.i++
	}
	if end > 0 && s.skip(' ') {
		if b := s.peek(); 'A' <= b && b <= 'Z' && s.at(1) == '-' { // E-28006
			s.i += 2
		}
		_, n := s.number(5)
		town := n == 5 && s.skip(' ') && capital(c.Text, s.i)
		if s.i == len(c.Text) {
			s.short = true
		}
		if town {
			return c.Is(c.At, end, 0.65)
		}
	}
	if s.short && c.More {
		return c.Undecided(c.At)
	}
	return None
}

// addressLabel reports words that stand before an address and are no part of it.
func addressLabel(w []byte) bool {
	switch string(w) {
	case "anschrift", "adresse", "adress", "address", "wohnhaft", "straße", "strasse", "domicilio", "dirección", "lakcím", "morada", "endereço", "adresa", "indirizzo", "der", "die", "das", "in", "bei", "am", "im", "patient", "patientin", "praxis", "klinik":
		return true
	}
	return false
}

// matchBox: P.O. Box 12, PSC 3294, Box 9168, Unit 5022 Box 1225, APO AA 61487, USNS Bergman.
func matchBox(c *Candidate) Verdict {
	s := &scanner{text: c.Text, i: c.At}
	w, _ := s.word()
	end := 0
	switch kind := string(w); kind {
	case "p", "po", "box":
		if kind == "p" {
			if !s.skip('.') {
				break
			}
			s.skip(' ')
			if b := s.peek() | 0x20; b != 'o' {
				break
			}
			s.i++
		}
		if kind != "box" {
			s.skip('.')
			s.spaces(1)
			if b, _ := s.word(); string(b) != "box" {
				break
			}
		} else if named := c.At > 1 && c.Text[c.At-1] == ' '; !named {
			break
		}
		numbered := c.At > 3 && isDigit(c.Text[c.At-2]) || c.At > 4 && c.Text[c.At-2] == ',' && isDigit(c.Text[c.At-3])
		if kind == "box" && !numbered {
			break
		}
		if s.spaces(1) == 0 {
			break
		}
		if _, n := s.number(6); n > 0 && !inWord[s.peek()] {
			end = s.i
		}
	case "psc", "unit":
		if s.spaces(1) == 0 {
			break
		}
		if _, n := s.number(5); n < 3 {
			break
		}
		s.skip(',')
		if s.spaces(1) == 0 {
			break
		}
		if b, _ := s.word(); string(b) != "box" || s.spaces(1) == 0 {
			break
		}
		if _, n := s.number(5); n > 0 {
			end = s.i
		}
	case "apo", "fpo", "dpo":
		if s.spaces(1) == 0 {
			break
		}
		switch a, _ := s.word(); string(a) {
		case "aa", "ae", "ap":
			if s.spaces(1) == 1 {
				if _, n := s.number(5); n == 5 {
					end = s.i
				}
			}
		}
	default: // a ship
		if s.spaces(1) == 0 {
			break
		}
		from := s.i
		if _, big := s.word(); big {
			end = s.i
			if s.spaces(1) > 0 { // only at a line's end or before a fleet post office
				if b := s.text[s.i-1]; b != '\n' && !s.literal("FPO") && !s.literal("fpo") {
					end = 0
				}
			}
		} else if s.i == from {
			break
		}
	}
	if s.short && c.More {
		return c.Undecided(c.At)
	}
	if end == 0 {
		return None
	}
	return c.Is(c.At, end, 0.7)
}
