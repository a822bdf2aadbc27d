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
// provinces and countries by label; organisations by their legal form.
func Addresses() []Rule {
	g := names()
	kinds := streetKinds()
	before := kindsBefore()
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
		{Name: "zip_place/2", Type: ZIPCode, Anchors: figure, If: mayBePostcode, Match: func(c *Candidate) Verdict { return matchZIP(c, g) }},
		{Name: "location_postcode/2", Type: Location, Anchors: figure, If: mayBePostcode, Match: func(c *Candidate) Verdict { return matchTownAfter(c, g) }},
		{Name: "location_state/1", Type: Location, Anchors: capitals, If: mayBeTown, Match: matchTownBefore},
		{Name: "location_label/2", Type: Location, Phrases: placeLabels(), Match: func(c *Candidate) Verdict { return matchPlace(c, g) }},
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
	case 0, '-':
		return true
	case ' ':
		return mayBeCapital(w.Next)
	case ',':
		return isSpace(w.Next) || w.Next == 0
	case '.': // St. Louis
		return len(w.Text) < 4
	}
	return false
}

// mayBeStreet: a word that ends in a kind of street before a number, or another word with a capital, or a kind alone, after it.
func mayBeStreet(w *Word) bool {
	switch w.After {
	case 0, '-':
		return true
	case ' ':
		if mayBeCapital(w.Next) || w.Next == 'g' || w.Next == 'u' || w.Next == 't' {
			return true
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

// mayBeOrganization: another word with a capital, & or plc after it.
func mayBeOrganization(w *Word) bool {
	switch w.After {
	case 0, '-', '&':
		return true
	case ' ':
		return mayBeCapital(w.Next) || w.Next == '&' || w.Next == 'p'
	case ',':
		return w.Next == ' ' || w.Next == 0
	}
	return false
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
					return None
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
		big := s.i < len(c.Text) && capital(c.Text, s.i)
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
						return None
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
		big := s.i < len(c.Text) && capital(c.Text, s.i)
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
	if end == 0 || n != 5 || s.spaces(1) == 0 || s.i >= len(c.Text) || !capital(c.Text, s.i) {
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
		return w.Next < 'a' || contains("abdeilmstvyz", w.Next)
	case ',':
		return w.Next == ' ' || w.Next == 0
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
		big := s.i < len(c.Text) && capital(c.Text, s.i)
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
		town := n == 5 && s.skip(' ') && s.i < len(c.Text) && capital(c.Text, s.i)
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
	if c.At > 0 {
		switch c.Text[c.At-1] {
		case '.', '/', '-', ':', '_', '$', '+', '#', '@', ',':
			if c.At < 2 || c.Text[c.At-1] != '-' || !isLetter(c.Text[c.At-2]) {
				return None
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
		return c.Undecided(c.At)
	}
	if n == 4 { // Nørrebrogade 12, 2200 København
		if c.At < 3 || c.Text[c.At-1] != ' ' || c.Text[c.At-2] != ',' || !isDigit(c.Text[c.At-3]) {
			return None
		}
	} else if n != 5 {
		return None
	}
	end := s.i
	if n == 5 && s.peek() == '-' { // 10001-1234
		s.i++
		if _, k := s.number(4); k == 4 && !inWord[s.peek()] {
			end = s.i
		} else if s.short && c.More {
			return c.Undecided(c.At)
		} else {
			return None
		}
	}
	if inWord[s.peek()] {
		return None
	}
	if i := c.At; i > 3 && c.Text[i-1] == ' ' && usState(c.Text[i-3:i-1]) && (c.Text[i-4] == ' ' || c.Text[i-4] == ',' || c.Text[i-4] == '\n') {
		return c.Is(c.At, end, 0.75)
	}
	s.i = end
	s.skip('.')
	if s.spaces(1) == 0 {
		if s.short && c.More {
			return c.Undecided(c.At)
		}
		return None
	}
	if s.short && c.More {
		return c.Undecided(c.At)
	}
	if s.i >= len(c.Text) {
		return c.Undecided(c.At)
	}
	if !capital(c.Text, s.i) {
		return None
	}
	from := s.i
	j := from
	for j < len(c.Text) && inWord[c.Text[j]] && j-from < 40 {
		j++
	}
	if j == len(c.Text) && c.More {
		return c.Undecided(c.At)
	}
	var buf [40]byte
	w := fold(buf[:0], c.Text[from:j])
	if flags := g.look(w); flags&place != 0 || townStart(w) || c.At > 2 && c.Text[c.At-1] == ' ' && c.Text[c.At-2] == ',' && houseBefore(c.Text[:c.At-2]) {
		return c.Is(c.At, end, 0.7)
	}
	return None
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
func matchTownAfter(c *Candidate, g *gazetteer) Verdict {
	v := matchZIP(c, g)
	if v != Found {
		return v
	}
	s := &scanner{text: c.Text, i: c.End}
	s.skip('.')
	if s.spaces(1) == 0 {
		return None
	}
	nm := readName(c.Text, s.i, c.More, g, false)
	if nm.open {
		return heldName(c, c.At)
	}
	n := nm.town(c.Text)
	if n == 0 {
		return None
	}
	start, end := nm.span(0, n)
	if end, v = region(c, g, end); v == Live {
		return heldName(c, c.At)
	}
	return c.Is(start, end, 0.65)
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
	case "san", "santa", "santiago", "ciudad", "las", "los", "la", "el", "bad", "sankt", "saint", "new", "den", "villa", "puerto", "palma", "madrid", "barcelona", "valencia", "sevilla", "zaragoza", "málaga", "murcia", "bilbao", "alicante", "córdoba", "valladolid", "vigo", "gijón", "granada", "vitoria", "oviedo", "pamplona", "zamora", "cádiz", "salamanca", "burgos", "albacete", "badajoz", "huelva", "tarragona", "lleida", "girona", "león", "cáceres", "jaén", "ourense", "lugo", "berlin", "hamburg", "münchen", "köln", "frankfurt", "stuttgart", "düsseldorf", "leipzig", "dortmund", "essen", "bremen", "dresden", "hannover", "nürnberg", "wien", "zürich", "bern", "paris", "lyon", "marseille", "roma", "milano", "torino", "lisboa", "porto", "stockholm", "göteborg", "malmö", "oslo", "københavn", "helsinki", "budapest", "praha", "warszawa", "bratislava", "zagreb":
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
		"city", "town", "county", "state", "country", "location", "place", "place of birth", "birthplace", "born in", "lives in", "living in", "resident of", "resides in", "moved here from", "originally from", "now live in", "i live in", "we live in", "lived in", "grew up in", "raised in", "based in", "flew to", "fly to", "flying to", "flew from", "travel to", "travelled to", "traveled to", "travelling to", "traveling to", "travelled from", "traveled from",
		"moved to", "moving to", "moved from", "moved back to", "relocated to", "trip to", "came from", "comes from", "coming to", "native of", "emigrated from", "emigrated to", "immigrated from", "arrived in", "arrived from", "i am in", "i'm in", "natural de", "procedente de", "residente en", "reside en", "vive en", "vivía en", "nacido en", "nacida en", "vecino de",
		"vecina de", "viajó a", "viaje a", "oriundo de", "originario de", "originaria de", "wohnt in", "lebt in", "lebte in", "geboren in", "stammt aus", "kommt aus", "reiste nach", "reise nach", "umzug nach", "gezogen nach", "habite à", "né à", "née à", "localidad", "localidad provincia", "provincia", "país", "pais", "ciudad", "lugar de nacimiento", "población", "municipio", "wohnort", "ort", "stadt", "geburtsort", "wohnhaft in", "ville", "città", "cidade", "where",
	}
}

// matchPlace: Localidad: Cádiz; lives in Leeds.
func matchPlace(c *Candidate, g *gazetteer) Verdict {
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
		if s.short && c.More {
			live = len(c.Text)
			continue
		}
		if !sign && !verb || !capital(c.Text, s.i) {
			continue
		}
		nm := readName(c.Text, s.i, c.More, g, false)
		if nm.open {
			if heldName(c, s.i) == Live && (live < 0 || s.i < live) {
				live = s.i
			}
			continue
		}
		n := nm.town(c.Text)
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
func region(c *Candidate, g *gazetteer, end int) (int, Verdict) {
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
		if i >= len(c.Text) || c.Text[i] != ' ' || i == end && c.Text[i+1] != '(' {
			break
		}
		if i++; i < len(c.Text) && c.Text[i] == '(' {
			i++
		}
		nm := readName(c.Text, i, c.More, g, false)
		if nm.open {
			return 0, Live
		}
		n := nm.town(c.Text)
		known := false
		for _, w := range nm.words[:n] {
			known = known || w.flags&place != 0 && w.flags&plain == 0
		}
		if !known {
			break
		}
		_, end = nm.span(0, n)
	}
	return end, Found
}

// matchOrganization: one to five words with capitals and a legal form.
func matchOrganization(c *Candidate) Verdict {
	if !capital(c.Text, c.At) {
		return None
	}
	i := c.At
	for words := 0; words < 6; words++ {
		j := i
		for j < len(c.Text) && (inWord[c.Text[j]] || c.Text[j] == '-' || c.Text[j] == '&') && j-i < 40 {
			j++
		}
		if j == len(c.Text) && c.More {
			return c.Undecided(c.At)
		}
		if j-i <= 12 && legalForm(c.Text[i:j]) {
			if words == 0 || j-i == 2 && (i < 2 || c.Text[i-2] < 'a' || c.Text[i-2] > 'z') {
				return None
			}
			return c.Is(c.At, j, 0.6)
		}
		if j >= len(c.Text) || j == i {
			return None
		}
		if c.Text[j] == ',' {
			j++
		}
		if j == len(c.Text) {
			return c.Undecided(c.At)
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
		if !capital(c.Text, i) && c.Text[i] != '&' && c.Text[i] != 'p' {
			return None
		}
	}
	return None
}

// legalForm reports whether a word is the legal form of a company.
func legalForm(w []byte) bool {
	switch string(w) {
	case "Inc", "Ltd", "LLC", "LLP", "GmbH", "PLC", "Plc", "plc", "Corp", "Corporation", "AG", "KG", "SA", "SL", "BV", "AB", "Oy", "Incorporated", "Limited", "Pty", "SpA", "KGaA", "SE", "ApS":
		return true
	}
	return false
}

// Ages finds the ages of persons; AgesOver89 only those over 89, which HIPAA's Safe Harbor counts as identifying.
func Ages() []Rule {
	return []Rule{
		{Name: "age/2", Type: Age, Anchors: figure, If: func(w *Word) bool { return w.Digits <= 2 && w.Value <= 89 && w.Before != '/' && w.Before != '.' }, Match: func(c *Candidate) Verdict { return matchAge(c, 0, 89) }},
		{Name: "age_over_89/2", Type: AgeOver89, Anchors: figure, If: func(w *Word) bool { return w.Value >= 90 && w.Value <= 125 }, Match: func(c *Candidate) Verdict { return matchAge(c, 90, 125) }},
	}
}

func matchAge(c *Candidate, least, most int) Verdict {
	if c.At > 0 {
		switch c.Text[c.At-1] {
		case '.', ',', '/', '-', '$', '_', '+', '@':
			return None
		}
	}
	s := &scanner{text: c.Text, i: c.At}
	v, n := s.number(3)
	if s.short && c.More {
		return c.Undecided(c.At)
	}
	if n == 0 || v < least || v > most {
		return None
	}
	end := s.i
	if b := s.peek(); b == '/' || (b == '.' || b == ',') && isDigit(s.at(1)) || b == '%' {
		return None
	}
	before := ageBefore(c.Text[:c.At])
	gap := s.peek() == ' ' || s.peek() == '-'
	if gap {
		s.i++
	}
	switch w, _ := s.word(); string(w) {
	case "year", "years", "yr", "yrs", "month", "months":
		if b := s.peek(); b == ' ' || b == '-' {
			s.i++
			switch w, _ := s.word(); string(w) {
			case "old":
				return done(c, s, end)
			case "of":
				if s.literal(" age") {
					return done(c, s, end)
				}
			}
		}
	case "yo":
		return done(c, s, end)
	case "y":
		if s.literal("/o") || s.literal(".o.") || s.literal("o") {
			return done(c, s, end)
		}
	case "años", "anos", "meses", "jahre", "ans", "anni":
		unit := s.i
		if s.skip(' ') {
			switch w, _ := s.word(); string(w) {
			case "de":
				if s.literal(" edad") {
					return done(c, s, unit)
				}
				if s.literal(" evolución") {
					before = false
				}
			case "alt", "d":
				return done(c, s, unit)
			}
		}
		if before || personBefore(c.Text[:c.At]) || c.At > 1 && c.Text[c.At-2] == ',' && unit < len(c.Text) && c.Text[unit] == ',' {
			return done(c, s, unit)
		}
	case "jährige", "jähriger", "jährigen", "jähriges":
		return done(c, s, end)
	case "mg", "ml", "mmhg", "bpm", "kg", "cm", "percent", "hours", "days", "weeks", "minutes":
		return None
	}
	if s.short && c.More {
		return c.Undecided(c.At)
	}
	if before {
		return c.Is(c.At, end, 0.7)
	}
	return None
}

func done(c *Candidate, s *scanner, end int) Verdict {
	if s.short && c.More && s.i >= len(c.Text) {
		return c.Undecided(c.At)
	}
	return c.Is(c.At, end, 0.8)
}

// ageBefore reports whether a word for an age stands before: aged, age of, age:, edad, turned.
func ageBefore(before []byte) bool {
	i := len(before)
	for i > 0 && (before[i-1] == ' ' || before[i-1] == ':' || before[i-1] == '=' || before[i-1] == '(') {
		i--
	}
	w := lastWord(before[:i])
	switch {
	case len(w) == 2 && equalFold(w, "of"):
		return equalFoldSuffix(before[:i], "age of")
	case len(w) == 2 && equalFold(w, "de"):
		return equalFoldSuffix(before[:i], "edad de")
	case len(w) == 3 && equalFold(w, "age"), len(w) == 4 && (equalFold(w, "aged") || equalFold(w, "edad")), len(w) == 5 && equalFold(w, "alter"):
		return true
	case len(w) == 6 && equalFold(w, "turned"), len(w) == 4 && equalFold(w, "turn") && equalFoldSuffix(before[:i], "'ll turn"):
		return true
	}
	return equalFoldSuffix(before[:i], "when he was") || equalFoldSuffix(before[:i], "when she was")
}

// personBefore reports whether a word for a person stands right before "de": varón de 59 años.
func personBefore(before []byte) bool {
	for _, w := range [...]string{"varón de ", "mujer de ", "hombre de ", "paciente de ", "niño de ", "niña de ", "nacido de ", "masculino, de ", "masculino de ", "femenino de ", "varon de ", "caucásica de ", "heterosexual de ", ", de "} {
		if equalFoldSuffix(before, w) {
			return true
		}
	}
	return false
}

func equalFoldSuffix(b []byte, lower string) bool {
	return len(b) >= len(lower) && equalFold(b[len(b)-len(lower):], lower)
}
