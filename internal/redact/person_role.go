package redact

// role is what a word says about the name behind it.
type role uint8

const (
	relative role = 1 + iota // my sister Imke: behind a possessive any word with a capital is a name
	office                   // solicitor Anna Berg: a word of the list is
)

// roles are words that a name stands behind at once: of relatives and friends, and of offices that persons hold. In German
// every noun has a capital, so there a relative's name must be in the list too.
func roles() map[string]role {
	m := map[string]role{}
	for _, w := range []string{
		"mother", "father", "mum", "mom", "dad", "brother", "sister", "son", "daughter", "wife", "husband", "uncle", "aunt", "cousin", "nephew", "niece", "grandmother", "grandfather", "grandson", "granddaughter", "stepson", "stepdaughter", "stepfather", "stepmother", "twin",
		"fiancé", "fiancée", "boyfriend", "girlfriend", "neighbour", "neighbor", "flatmate", "roommate", "friend", "kid", "widow", "carer", "caregiver", "godmother", "godfather",
		"madre", "padre", "hermano", "hermana", "hijo", "hija", "esposo", "esposa", "marido", "mujer", "vecino", "vecina", "primo", "prima", "tío", "tía", "abuelo", "abuela", "nieto", "nieta", "sobrino", "sobrina", "suegro", "suegra", "cuñado", "cuñada", "novio", "novia", "amigo", "amiga", "cuidador", "cuidadora",
	} {
		m[w] = relative
	}
	for _, w := range []string{
		"barrister", "solicitor", "paralegal", "midwife", "paramedic", "constable", "inspector", "magistrate", "juror", "registrar", "surgeon", "physiotherapist", "psychologist", "psychiatrist", "dietitian", "pharmacist", "notary", "landlord", "landlady", "lessee", "colleague",
		"letrado", "letrada", "notaria", "procurador", "procuradora", "fiscal", "jueza", "magistrada", "perito", "perita", "matrona", "cirujano", "cirujana", "psicólogo", "psicóloga", "fisioterapeuta",
		"mutter", "vater", "bruder", "schwester", "sohn", "tochter", "ehefrau", "ehemann", "mann", "onkel", "tante", "oma", "opa", "enkel", "enkelin", "neffe", "nichte", "schwager", "schwägerin", "nachbar", "nachbarin", "freund", "freundin", "lebensgefährtin", "verlobte",
		"kollege", "kollegin", "notar", "notarin", "staatsanwalt", "staatsanwältin", "pfleger", "pflegerin", "hebamme", "sachverständiger", "sachverständige", "betreuer", "betreuerin", "oberarzt", "oberärztin", "chefarzt", "assistenzärztin", "assistenzarzt",
	} {
		m[w] = office
	}
	return m
}

// matchRole: her neighbour Imke, su cuñada Ainhoa, the solicitor Anna Berg, meine Nachbarin Antje.
func matchRole(c *Candidate, g *gazetteer, roles map[string]role) Verdict {
	s := &scanner{text: c.Text, i: c.At}
	w, capitalised := s.word()
	kind := roles[string(w)]
	s.skip(',')
	if !s.skip(' ') {
		if s.short {
			return c.Undecided(len(c.Text))
		}
		return None
	}
	nm := readName(c.Text, s.i, c.More, g, false)
	if nm.open {
		return heldName(c, s.i)
	}
	if nm.n == 0 || nm.words[0].initial || nm.words[0].particle || c.Text[s.i-2] == ',' && c.Text[nm.words[0].end-1] == 's' && nm.n == 1 {
		return None
	}
	n := nm.takeName(c.Text, true)
	first := nm.words[0]
	listed := n > 0 && first.flags&(anyFirst|lastName) != 0 && first.flags&plain == 0 || n == 2 && first.flags == 0 && nm.words[1].flags&(lastName|plain|place) == lastName
	owned := kind == relative && !capitalised && afterPossessive(c.Text[:c.At]) && c.Text[s.i-2] != ','
	if n == 0 && owned && first.flags != plain && !first.upper && first.end-first.start > 2 && !safeWord(c.Text[first.start:first.end]) && !ofPeople(c.Text[first.start:first.end]) {
		n = 1
	} else if !listed {
		return None
	}
	start, end := nm.span(0, n)
	switch beside(c, &nm, 0, n) {
	case Live:
		return heldName(c, start)
	case None:
		return None
	case Found:
	}
	return c.Is(start, end, 0.7)
}

// afterPossessive reports whether text ends in a possessive and a space, with at most one word in small letters between
// them: my, her older, su.
func afterPossessive(text []byte) bool {
	end := len(text)
	for range 2 {
		if end == 0 || text[end-1] != ' ' {
			return false
		}
		end--
		at := end
		for at > 0 && inWord[text[at-1]] && end-at < 20 {
			at--
		}
		var buf [20]byte
		switch string(fold(buf[:0], text[at:end])) {
		case "my", "your", "his", "her", "their", "our", "mi", "tu", "su", "nuestro", "nuestra":
			return true
		}
		end = at
	}
	return false
}

// ofPeople reports whether a word ends as those for peoples and creeds do: his mother Lithuanian.
func ofPeople(w []byte) bool {
	for _, end := range [...]string{"ian", "ean", "ish", "ese", "ist", "tic"} {
		if len(w) > len(end) && string(w[len(w)-len(end):]) == end {
			return true
		}
	}
	return false
}

// kin reports whether 's and a relative follow text[end:]: Imke's daughter. It is Live if more text decides.
func kin(text []byte, end int, more bool) Verdict {
	s := &scanner{text: text, i: end}
	if !s.literal("'s ") {
		return open(s.short && more)
	}
	w, capitalised := s.word()
	if s.short && more {
		return Live
	}
	if capitalised {
		return None
	}
	switch string(w) {
	case "mother", "father", "mum", "mom", "dad", "brother", "sister", "son", "daughter", "wife", "husband", "uncle", "aunt", "cousin", "nephew", "niece", "grandmother", "grandfather", "grandson", "granddaughter", "widow", "parents", "sons", "daughters", "fiancé", "fiancée", "boyfriend", "girlfriend", "neighbour", "neighbor", "birthday", "bedside":
	default:
		return None
	}
	if s.skip(' ') { // a sister company
		after, _ := s.word()
		switch string(after) {
		case "company", "companies", "firm", "site", "product", "paper", "compound", "organisation", "organization", "trial", "study", "brand":
			return None
		}
	}
	if s.short && more {
		return Live
	}
	return Found
}

// listHead reports whether a word stands before a colon and the names of persons, and whether nothing else does: what comes
// behind children or brothers may be how they are.
func listHead(w string) (ok, surely bool) {
	switch w {
	case "founders", "trustees", "executors", "witnesses", "attendees", "jurors", "deponents", "carers", "testigos", "asistentes", "fundadores", "peritos":
		return true, true
	case "children", "siblings", "brothers", "sisters", "sons", "daughters", "heirs", "grandchildren", "hijos", "hijas", "hermanos", "hermanas", "herederos",
		"kinder", "geschwister", "söhne", "töchter", "zeugen", "erben", "anwesende", "teilnehmer", "gründer":
		return true, false
	}
	return false, false
}

// mayBeListed: a colon, a comma or the end of an "and" before it, and no word of the language.
func mayBeListed(w *Word) bool {
	return w.Before == ' ' && contains(":,dy", w.Earlier) && w.known() != plain
}

// matchListed: Witnesses: Adomo, Hathersage and White; Children: Anna and Adomo. Where something else may stand, a word that
// the list of names lacks is a name only behind one that it has.
func matchListed(c *Candidate, g *gazetteer) Verdict {
	if !capital(c.Text, c.At) {
		return None
	}
	inList, known := inPersonsList(c.Text[:c.At], g)
	if !inList {
		return None
	}
	nm := readName(c.Text, c.At, c.More, g, false)
	if nm.open {
		return heldName(c, c.At)
	}
	n := 0
	for n < nm.n {
		w := nm.words[n]
		if w.flags == plain || w.flags&(place|lastName|anyFirst) == place || !w.initial && !w.particle && (w.flags == 0 && w.upper || safeWord(c.Text[w.start:w.end])) {
			return None
		}
		known = known || w.flags&(lastName|anyFirst) != 0 && w.flags&(plain|place) == 0
		n++
	}
	if !known || n == 0 || nm.words[0].initial && n == 1 || n > 4 {
		return None
	}
	start, end := nm.span(0, n)
	if end+1 >= len(c.Text) && c.More {
		return heldName(c, start)
	}
	if end < len(c.Text) && !contains(",.;)\n", c.Text[end]) && !startsWith(c.Text[end:], " and ") && !startsWith(c.Text[end:], " und ") && !startsWith(c.Text[end:], " y ") {
		if c.More && len(c.Text)-end < 5 {
			return heldName(c, start)
		}
		return None
	}
	return c.Is(start, end, 0.6)
}

// inPersonsList reports whether text ends in a head of a list of persons, a colon, and names with commas or "and" between
// them, and whether another word there is a name: one of these is in the
// list, or nothing else stands behind the head.
func inPersonsList(text []byte, g *gazetteer) (ok, known bool) {
	end := len(text)
	for end > 1 {
		end-- // the space
		if text[end-1] == ':' {
			at := end - 1
			for at > 0 && inWord[text[at-1]] && end-at < 20 {
				at--
			}
			var buf [20]byte
			ok, surely := listHead(string(fold(buf[:0], text[at:end-1])))
			return ok, known || surely
		}
		for _, and := range [...]string{" and", " und", " y"} {
			if end > len(and) && string(text[end-len(and):end]) == and {
				end -= len(and)
				break
			}
		}
		if text[end-1] == ',' {
			end--
		}
		// The words of the name before.
		last := end
		for end > 0 && (inWord[text[end-1]] || contains(" -'.", text[end-1])) && last-end < 60 {
			if text[end-1] == ' ' && (end > 1 && contains(":,", text[end-2]) || endsIn(text[:end-1], " and") || endsIn(text[:end-1], " und") || endsIn(text[:end-1], " y")) {
				break
			}
			if text[end-1] == ' ' && !capital(text, end) {
				return false, false
			}
			end--
		}
		if end == last || end == 0 || text[end-1] != ' ' {
			return false, false
		}
		nm := readName(text, end, false, g, false)
		for _, w := range nm.words[:nm.n] {
			known = known || w.flags&(lastName|anyFirst) != 0 && w.flags&(plain|place) == 0
		}
	}
	return false, false
}

func endsIn(text []byte, suffix string) bool {
	return len(text) >= len(suffix) && string(text[len(text)-len(suffix):]) == suffix
}
