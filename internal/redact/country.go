package redact

import "strings"

// countries are names of countries in English, Spanish, German and French, in small letters: the more usual ones, since one
// is looked for only behind what may be a town.
func countries() []string {
	return strings.Split("argentina|argentinien|australia|australien|austria|österreich|autriche|belgium|bélgica|belgien|belgique|bolivia|bolivien|brazil|brasil|brasilien|brésil|bulgaria|bulgarien|canada|canadá|kanada|chile|china|colombia|kolumbien|costa rica|croatia|croacia|kroatien|"+
		"cuba|kuba|cyprus|chipre|zypern|czech republic|czechia|república checa|tschechien|denmark|dinamarca|dänemark|danemark|dominican republic|república dominicana|ecuador|egypt|egipto|ägypten|el salvador|estonia|estland|england|inglaterra|finland|finlandia|finnland|france|francia|frankreich|"+
		"germany|alemania|deutschland|allemagne|greece|grecia|griechenland|guatemala|honduras|hungary|hungría|ungarn|iceland|islandia|island|india|indien|indonesia|iran|irán|iraq|irak|ireland|irlanda|irland|israel|italy|italia|italien|italie|japan|japón|kenya|kenia|korea|latvia|lettland|lithuania|litauen|"+
		"luxembourg|luxemburgo|luxemburg|malaysia|malta|mexico|méxico|mexiko|morocco|marruecos|marokko|netherlands|the netherlands|países bajos|holanda|niederlande|new zealand|nueva zelanda|neuseeland|nicaragua|nigeria|northern ireland|norway|noruega|norwegen|pakistan|panama|panamá|paraguay|peru|perú|"+
		"philippines|poland|polonia|polen|pologne|portugal|puerto rico|romania|rumanía|rumänien|russia|rusia|russland|saudi arabia|scotland|escocia|schottland|serbia|serbien|singapore|slovakia|eslovaquia|slowakei|slovenia|eslovenia|slowenien|south africa|sudáfrica|südafrika|south korea|spain|españa|spanien|espagne|"+
		"sweden|suecia|schweden|switzerland|suiza|schweiz|suisse|syria|siria|syrien|taiwan|thailand|tunisia|túnez|turkey|turquía|türkei|türkiye|uganda|ukraine|ucrania|united kingdom|reino unido|vereinigtes königreich|uk|u k|great britain|united states|united states of america|estados unidos|usa|u s a|uruguay|"+
		"venezuela|vietnam|wales|gales|zimbabwe", "|")
}

// mayBeTownOf: a comma, a bracket, a line's end or another word of a name after it.
func mayBeTownOf(w *Word) bool {
	switch w.After {
	case 0, '-', '\'', '\n':
	case ',':
		if w.Next != ' ' && w.Next != 0 {
			return false
		}
	case ' ':
		if w.Next != '(' && w.Next != ' ' && !mayBeCapital(w.Next) && !contains("adlvzi", w.Next) {
			return false
		}
	default:
		return false
	}
	if r := w.ahead(); r.stop != 0 && r.comma <= w.at && r.stop != '(' && r.stop != '\n' {
		return false
	}
	if flags := w.known(); flags == 0 || flags&place != 0 || w.After == '-' || w.After == '\'' {
		return true
	}
	var buf [maxWord]byte
	return townStart(fold(buf[:0], w.Text))
}

// matchTownOf: Managua, Nicaragua; Porto (Portugal); a town and a country in two lines of an address.
func matchTownOf(c *Candidate, g *gazetteer, countries map[string][]string) Verdict {
	if c.At > 0 && (contains("_@/\\#$&.", c.Text[c.At-1]) || c.At > 1 && contains("-'", c.Text[c.At-1]) && inWord[c.Text[c.At-2]]) {
		return None
	}
	if !maybeBeforeComma(c.Text, c.At) {
		return None
	}
	nm := readName(c.Text, c.At, c.More, g, false)
	if nm.open {
		return heldName(c, c.At)
	}
	n := nm.town(c.Text)
	if n == 0 || !nm.townly(c.Text, n) || afterFirstName(c.Text[:c.At], g) {
		return None
	}
	_, end := nm.span(0, n)
	s := &scanner{text: c.Text, i: end}
	line := false
	switch s.peek() {
	case ',':
		if s.i++; !s.skip(' ') && !s.short {
			return None
		}
	case ' ':
		if s.i++; !s.skip('(') && !s.short {
			return None
		}
	case '\n':
		line = startsLine(c.Text, c.At)
		for k := 0; line && k < 8 && contains("\n >?", s.peek()); k++ {
			s.i++
		}
	}
	if s.peek(); s.short && c.More {
		return c.Undecided(c.At)
	}
	if s.i == end || !capital(c.Text, s.i) {
		return None
	}
	last, v := country(c, s.i, countries)
	if v != Found {
		c.Start = c.At
		return v
	}
	s.i, s.short = last, false
	if b := s.peek(); line && b != '\n' && !s.short {
		if s.spaces(1) == 0 || !isDigit(s.peek()) && !s.short {
			return None
		}
	}
	if s.short && c.More {
		return c.Undecided(c.At)
	}
	return c.Is(c.At, last, 0.6)
}

// maybeBeforeComma reports whether words with capitals and particles alone may stand between text[at:] and a comma, a bracket
// or a line's end: it saves reading them as a name.
func maybeBeforeComma(text []byte, at int) bool {
	for i := at; ; i++ {
		from := i
		for i < len(text) && inWord[text[i]] && i-from < 40 {
			i++
		}
		switch {
		case i == len(text):
			return true
		case i > from && !capital(text, from) && !isParticle(text[from:i]):
			return false
		}
		switch text[i] {
		case ',', '(', '\n':
			return true
		case ' ', '-', '\'', '.':
		default:
			return false
		}
	}
}

// townly reports whether the first n words may be a town's name where a country follows: they are no person's, and begin
// like one, or one is in the list of places, or all are in no list.
func (nm *name) townly(text []byte, n int) bool {
	unknown := true
	if person, _ := nm.evidence(text); person > 0 || n > 1 && nm.words[0].flags&anyFirst != 0 && nm.words[n-1].flags&lastName != 0 {
		return false
	}
	if nm.begins(text) {
		return true
	}
	for _, w := range nm.words[:n] {
		if w.flags&place != 0 {
			return true
		}
		size := w.end - w.start
		unknown = unknown && (w.particle || w.flags == 0 && size > 3 && (!w.upper || size > 5) && !safeWord(text[w.start:w.end]))
	}
	return unknown
}

// afterFirstName reports whether text ends in a first name and a space.
func afterFirstName(text []byte, g *gazetteer) bool {
	end := len(text)
	for end > 0 && text[end-1] == ' ' {
		end--
	}
	at := end
	for at > 0 && inWord[text[at-1]] && end-at < 40 {
		at--
	}
	var buf [40]byte
	return end < len(text) && capital(text, at) && g.look(fold(buf[:0], text[at:end]))&anyFirst != 0
}

// startsLine reports whether text[at:] begins a line, behind spaces and marks of a quotation.
func startsLine(text []byte, at int) bool {
	for at > 0 && contains(" >?", text[at-1]) {
		at--
	}
	return at == 0 || text[at-1] == '\n'
}
