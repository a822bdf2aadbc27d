package redact

import (
	"bytes"
	"strings"
)

// Person is the type of persons' names.
const Person Type = "PERSON"

// Persons finds names of persons: after a title, after a label, after words that introduce a person, and by a list of
// first and last names; and the last name alone of a person who was found before. A name that a disease, a sign, a drug, a statute, an organisation or a place bears is let go where
// the words beside it say so ("Wilson disease", "síndrome de Down", "University of Virginia").
//
// What it does not do: it finds no single last name that was not there before without a title, label or introduction, and no name in small letters
// unless its title or label is in small letters too.
func Persons() []Rule {
	g := names()
	titles, kin := personTitles(), roles()
	return []Rule{
		{Name: "person_title/3", Type: Person, Words: keys(titles), Match: func(c *Candidate) Verdict { return matchTitle(c, g, titles) }},
		{Name: "person_label/3", Type: Person, Phrases: personLabels(), Match: func(c *Candidate) Verdict { return matchPersonLabel(c, g, titles) }},
		{Name: "person_role/1", Type: Person, Words: keys(kin), Match: func(c *Candidate) Verdict { return matchRole(c, g, kin) }},
		{Name: "person_intro/3", Type: Person, Phrases: personIntros(), Match: func(c *Candidate) Verdict { return matchIntro(c, g) }},
		{Name: "person_listed/1", Type: Person, Anchors: "ABCDEFGHIJKLMNOPQRSTUVWXYZ\xc3\xc4\xc5", If: mayBeListed, Match: func(c *Candidate) Verdict { return matchListed(c, g) }},
		{Name: "person_name/4", Type: Person, Anchors: "ABCDEFGHIJKLMNOPQRSTUVWXYZ\xc3\xc4\xc5", If: mayBeName, Match: func(c *Candidate) Verdict { return matchName(c, g) }},
		{Name: "person_again/1", Type: Person, Anchors: "ABCDEFGHIJKLMNOPQRSTUVWXYZ\xc3\xc4\xc5", If: mayBeAgain, Match: matchAgain},
	}
}

func keys[V any](m map[string]V) []string {
	all := make([]string, 0, len(m))
	for k := range m {
		all = append(all, k)
	}
	return all
}

// byFirst maps each first word to its phrases.
func byFirst(phrases []string) map[string][]string {
	m := map[string][]string{}
	for _, p := range phrases {
		s := &scanner{text: []byte(p)}
		w, _ := s.word()
		m[string(w)] = append(m[string(w)], p)
	}
	return m
}

// triggerWord folds the word at the candidate's trigger into buf.
func triggerWord(c *Candidate, buf []byte) []byte {
	end := c.At
	for end < len(c.Text) && inWord[c.Text[end]] && !isDigit(c.Text[end]) && end-c.At < cap(buf) {
		end++
	}
	return fold(buf, c.Text[c.At:end])
}

// personTitles maps titles to whether they are words of their own, which need a name of the list after them.
func personTitles() map[string]bool {
	return map[string]bool{
		"mr": false, "mrs": false, "ms": false, "mx": false, "dr": false, "dra": false, "drs": false, "prof": false, "professor": false, "profesor": false, "profesora": false, "sr": false, "sra": false, "srta": false,
		"herr": false, "herrn": false, "frau": false, "mme": false, "mlle": false, "madame": false, "monsieur": false, "señor": false, "señora": false, "señorita": false, "doctor": true, "doctora": true,
		"don": true, "doña": false, "miss": true, "sir": true, "dame": true, "lord": true, "lady": true, "judge": true, "justice": true, "attorney": true, "nurse": true, "rev": true, "reverend": true, "sgt": false, "sergeant": true,
		"officer": true, "detective": true, "capt": false, "captain": true, "lt": true, "col": true, "sister": true, "father": true, "brother": true, "mother": true, "son": true, "daughter": true, "wife": true, "husband": true, "uncle": true, "aunt": true,
		"plaintiff": true, "defendant": true, "claimant": true, "appellant": true, "respondent": true, "petitioner": true, "patient": true, "paciente": true, "patientin": true, "zeuge": true, "zeugin": true, "witness": true, "counsel": true, "client": true,
		"rn": true, "np": true, "lpn": true, "hon": false, "honourable": true, "honorable": true, "née": false, "né": false, "geb": true, "geborene": true, "kläger": true, "klägerin": true, "beklagter": true, "beklagte": true, "rechtsanwalt": true, "rechtsanwältin": true, "richter": true, "richterin": true, "enfermera": true, "enfermero": true,
		"abogado": true, "abogada": true, "magistrado": true, "juez": true, "madre": true, "padre": true, "hijo": true, "hija": true, "hermano": true, "hermana": true, "cllr": false, "messrs": false, "signor": false, "signora": false, "dott": false, "dottoressa": false, "therapist": true,
		"king": true, "queen": true, "president": true, "senator": true, "governor": true, "mayor": true, "minister": true,
	}
}

// personLabels stand before : or = and a name.
func personLabels() []string {
	return []string{
		"name", "names", "full name", "first name", "last name", "middle name", "given name", "given names", "surname", "family name", "maiden name", "forename", "forenames", "preferred name", "patient", "patient name", "patient's name", "pt", "pt name",
		"client", "client name", "customer", "customer name", "insured", "insured name", "subscriber", "subscriber name", "cardholder", "account holder", "beneficiary", "applicant", "employee", "employee name", "student", "guardian", "parent", "mother", "father", "spouse", "next of kin", "nok",
		"emergency contact", "contact", "contact name", "attending", "attending physician", "physician", "referring physician", "referring doctor", "provider", "surgeon", "consultant", "gp", "nurse", "doctor", "dictated by", "signed by", "signed", "seen by", "reported by", "reviewed by", "prepared by", "authored by", "author", "electronically signed by", "directed by",
		"plaintiff", "defendant", "claimant", "respondent", "appellant", "petitioner", "deponent", "witness", "counsel", "attorney", "attorney for plaintiff", "judge", "testator", "executor", "trustee", "settlor", "landlord", "tenant", "lessor", "lessee", "buyer", "seller", "grantor", "grantee", "from", "to", "cc", "attn", "attention", "re", "user", "billing address", "ship to", "bill to", "sent by", "by",
		"nombre", "nombre y apellidos", "nombre completo", "apellidos", "apellido", "primer apellido", "segundo apellido", "paciente", "médico", "medico", "médica", "doctora", "remitido por", "remitida por", "responsable clínico", "responsable clinico", "responsable", "facultativo", "firmado", "fdo", "autor", "cliente", "demandante", "demandado", "demandada", "titular", "testigo", "abogado", "abogada", "procurador",
		"vorname", "nachname", "familienname", "geburtsname", "patientin", "arzt", "ärztin", "hausarzt", "behandelnder arzt", "kläger", "klägerin", "beklagter", "beklagte", "zeuge", "zeugin", "mandant", "mandantin", "ansprechpartner", "unterzeichner",
		"nom", "prénom", "nom de famille", "nome", "cognome", "paziente", "patiente", "médecin", "beteg", "pacient", "pacientka", "pacijent", "naam", "navn", "namn", "nome completo", "utente",
	}
}

// personIntros are followed by a name at once. Those that end in * need a name of the list.
func personIntros() []string {
	return []string{
		"my name is", "my name's", "his name is", "her name is", "their name is", "the name is", "name is", "maiden name is", "last name is", "first name is", "surname is", "name was", "named *", "called *", "i'm *", "i am *", "this is *", "known as *", "aka *", "nicknamed *", "calls me", "call me *", "goes by", "formerly known as *",
		"hi *", "hello *", "hey *", "dear *", "regards *", "sincerely *", "yours faithfully *", "best wishes *", "warmly *", "grüßen *", "grüße *", "gruß *", "hochachtungsvoll *", "un saludo *", "cordialmente *", "thanks *", "cheers *", "atentamente *", "saludos *", "signed by", "signed *", "named him", "named her", "named our son", "named our daughter", "christened *", "change it to *", "correct it to *", "as spoken by *", "on behalf of *", "represented by *", "assistant to *", "the late *", "my kid *", "follow up with *", "meeting with *", "spoke with *", "spoke to *", "referred by *", "accompanied by *", "my child *", "my partner *", "my friend *", "said *", "by *", "kid *",
		"what's your name", "what is your name", "your name", "your last name", "your first name", "me llamo", "se llama", "mi nombre es", "su nombre es", "ich heiße", "mein name ist", "heißt *", "namens", "je m'appelle", "mi chiamo", "estimado *", "estimada *", "querido *", "querida *", "liebe *", "lieber *", "sehr geehrter *", "the estate of", "estate of", "will of *", "in re *", "matter of *", "guardian of *", "custody of *",
	}
}

// nameWord is one word of a name.
type nameWord struct {
	start, end int
	flags      uint8
	initial    bool // one letter, with a dot or not
	particle   bool
	capital    bool
	upper      bool // all capitals
}

// name is a run of words that could be one.
type name struct {
	words [7]nameWord
	n     int
	open  bool // the text ended inside or right after
}

// readName reads at most seven words at text[i:]: capitals, initials, and particles between them. With small it takes
// words in small letters too.
func readName(text []byte, i int, more bool, g *gazetteer, small bool) (nm name) {
	for nm.n < len(nm.words) {
		if i >= len(text) {
			nm.open = more
			break
		}
		if !startsWord(text[i]) || isDigit(text[i]) {
			break
		}
		w := nameWord{start: i, capital: capital(text, i)}
		j := i
		for j < len(text) && inWord[text[j]] && !isDigit(text[j]) && j-i < 40 {
			j++
		}
		if j == len(text) {
			nm.open = more
		} else if isDigit(text[j]) || text[j] == '_' || text[j] == '@' {
			break
		}
		var buf [40]byte
		folded := fold(buf[:0], text[i:j])
		w.initial = len(folded) == 1 || len(folded) == 2 && folded[0] >= 0xC3
		if w.initial && j < len(text) && text[j] == 0xC2 { // Nº
			break
		}
		w.upper = j-i > 1 && text[j-1]&0x20 == 0 && isLetter(text[j-1]) && capital(text, i)
		if !w.capital && !small || len(folded) <= 3 && !w.capital {
			if !isParticle(folded) || nm.n == 0 && !w.capital {
				break
			}
		}
		if nm.n > 0 && streetBegins(text, folded, j) {
			break
		}
		w.particle = isParticle(folded) && !w.upper
		if w.particle && nm.n == 0 && w.capital && !small {
			w.particle = string(folded) != "y" && string(folded) != "el" && string(folded) != "la" && string(folded) != "los" && string(folded) != "las" && string(folded) != "al" && string(folded) != "den" && string(folded) != "the"
			if !w.particle {
				break
			}
		}
		if !w.initial {
			w.flags = g.look(folded)
		}
		// O'Brien, d'Angelo, Sánchez-Ventura.
		for j+1 < len(text) && (text[j] == '-' || text[j] == '\'' && j-i <= 2) && (capital(text, j+1) || small && inWord[text[j+1]] && !isDigit(text[j+1])) {
			k := j + 1
			for k < len(text) && inWord[text[k]] && !isDigit(text[k]) && k-i < 60 {
				k++
			}
			if k == len(text) {
				nm.open = more
			}
			part := g.look(fold(buf[:0], text[j+1:min(k, j+40)]))
			if text[j] == '\'' {
				w.flags = part&^plain | lastName
				w.initial = false
			} else {
				w.flags = w.flags&^plain | part&^plain
			}
			j = k
		}
		if j+1 >= len(text) && j < len(text) && (text[j] == '-' || text[j] == '\'' || text[j] == '.') {
			nm.open = more
		}
		w.end = j
		nm.words[nm.n] = w
		nm.n++
		if j < len(text) && text[j] == '.' && (w.initial || abbreviated(folded)) {
			j++
			if w.initial {
				nm.words[nm.n-1].end = j
			}
			if capital(text, j) { // J.K.
				i = j
				continue
			}
		}
		if j >= len(text) {
			nm.open = more
			break
		}
		if text[j] != ' ' {
			break
		}
		i = j + 1
		if i < len(text) && text[i] == ' ' {
			i++
		}
	}
	for nm.n > 0 && nm.words[nm.n-1].particle && !nm.open {
		nm.n--
	}
	return nm
}

// streetBegins reports whether a word that ends at text[end:] is a kind of street, so that a name before it is over: C/, Avda., Calle.
func streetBegins(text []byte, word []byte, end int) bool {
	switch string(word) {
	case "calle", "avda", "avd", "avenida", "ctra", "carretera", "pza":
		return true
	case "c":
		return end < len(text) && (text[end] == '/' || text[end] == '.' && end+1 < len(text) && text[end+1] == '/')
	}
	return false
}

func abbreviated(w []byte) bool {
	switch string(w) {
	case "jr", "sr", "st", "ma", "mª", "fco", "wm", "chas", "geo", "thos", "jos":
		return true
	}
	return false
}

func isParticle(w []byte) bool {
	switch string(w) {
	case "de", "del", "la", "las", "los", "el", "y", "e", "i", "van", "von", "der", "den", "ten", "ter", "di", "da", "das", "do", "dos", "du", "le", "bin", "ibn", "al", "zu", "zum", "af", "av", "della", "delle", "san", "st", "mc", "mac":
		return true
	}
	return false
}

// span returns where the first n words begin and end, initials at the end without their dot at a sentence's end.
func (nm *name) span(from, n int) (start, end int) {
	return nm.words[from].start, nm.words[n-1].end
}

// takeName decides how many words after a title or label are the name. strict wants a word of the list in it.
func (nm *name) takeName(text []byte, strict bool) int {
	n := 0
	listed := false
	for n < nm.n {
		w := nm.words[n]
		if w.initial || w.particle {
			if w.initial && n > 0 && n+1 == nm.n && w.end-w.start == 1 && text[w.start] == 'I' {
				break
			}
			n++
			continue
		}
		if w.flags == plain || w.flags == 0 && safeWord(text[w.start:w.end]) {
			break // a word, and no name
		}
		if w.flags&plain != 0 && n > 0 && !(nm.words[n-1].flags&(firstName|pairedName|lastName) != 0 || nm.words[n-1].initial || nm.words[n-1].particle || nm.words[n-1].flags == 0) {
			break
		}
		if w.flags&(firstName|pairedName|lastName) != 0 && w.flags&plain == 0 {
			listed = true
		}
		if strict && !listed && (!w.capital || w.upper || w.end-w.start < 3) {
			break
		}
		n++
	}
	for n > 0 && nm.words[n-1].particle {
		n--
	}
	full, dotted := 0, 0
	for k := range n {
		switch w := nm.words[k]; {
		case w.initial && text[w.end-1] == '.' && full == 0:
			dotted++
		case !w.initial && !w.particle:
			full++
		}
	}
	if full == 0 || strict && !listed && full+dotted < 2 {
		return 0
	}
	return n
}

// inverted reads a name that begins with the last: "Smith, John A", at text[i:]. It returns its bounds, or 0 and 0. Named
// says that a label announced a person; without, both must be in the list and in capitals.
func inverted(text []byte, i int, more bool, g *gazetteer, named bool) (start, end int, v Verdict) {
	last := readName(text, i, more, g, false)
	if last.open {
		return i, 0, Live
	}
	if last.n == 0 || last.n > 3 {
		return 0, 0, None
	}
	w := last.words[last.n-1]
	if w.initial || w.flags == plain && !named || !named && (w.flags&lastName == 0 || w.flags&place != 0 || !w.upper) || named && w.flags == 0 && safeWord(text[w.start:w.end]) {
		return 0, 0, None
	}
	at := w.end
	for k, b := range []byte(", ") {
		if at+k == len(text) {
			return i, 0, open(more)
		}
		if text[at+k] != b {
			return 0, 0, None
		}
	}
	first := readName(text, at+2, more, g, false)
	if first.open {
		return i, 0, Live
	}
	if first.n == 0 || first.words[0].initial || first.words[0].flags&anyFirst == 0 || first.words[0].flags&place != 0 && !named || first.words[0].upper != w.upper {
		return 0, 0, None
	}
	n := 1
	for n < first.n && n < 3 && (first.words[n].initial || first.words[n].flags&anyFirst != 0) {
		n++
	}
	return last.words[0].start, first.words[n-1].end, Found
}

func matchTitle(c *Candidate, g *gazetteer, titles map[string]bool) Verdict {
	s := &scanner{text: c.Text, i: c.At}
	w, capitalised := s.word()
	strict := titles[string(w)] && !equalFoldSuffix(c.Text[:c.At], "mr. ") && !equalFoldSuffix(c.Text[:c.At], "mrs. ") && !equalFoldSuffix(c.Text[:c.At], "ms. ")
	small := !capitalised && !strict
	gap := 0
	for gap < 4 {
		b := s.peek()
		if b == '.' || b == ' ' || b == '\n' && gap > 0 && !strict || b == 0xC2 || b == 0xAA {
			s.i++
			gap++
			continue
		}
		break
	}
	if s.short {
		return c.Undecided(len(c.Text))
	}
	if gap == 0 {
		return None
	}
	nm := readName(c.Text, s.i, c.More, g, small)
	if nm.open {
		return heldName(c, s.i)
	}
	if nm.n > 0 { // Mr. Dr. X: the next title is asked itself
		if _, title := titles[string(fold(nil, c.Text[nm.words[0].start:nm.words[0].end]))]; title {
			return None
		}
	}
	if nm.n > 0 && titleOf(string(w)) && stopWord(c.Text[nm.words[0].start:nm.words[0].end]) { // Herr Kollege
		return None
	}
	n := nm.takeName(c.Text, strict)
	if n == 0 && !strict && nm.n > 0 && nm.words[0].capital && nm.words[0].flags != plain && !nm.words[0].initial {
		n = 1
	}
	if n == 0 && !strict && nm.n > 0 && nm.words[0].capital && nm.words[0].flags == plain && !nm.words[0].upper && titleOf(string(w)) && nm.words[0].end-nm.words[0].start > 2 {
		n = 1 // Mr Price, Frau Herz: a word, but a title with a capital after it
	}
	if n == 0 || small && n > 3 {
		return None
	}
	start, end := nm.span(0, n)
	if n == 1 || strict {
		if v := beside(c, &nm, 0, n); v != Found {
			if v == Live {
				return heldName(c, start)
			}
			return None
		}
	}
	return c.Is(start, end, 0.85)
}

// titleOf reports whether a title stands before names only.
func titleOf(w string) bool {
	switch w {
	case "mr", "mrs", "ms", "mx", "dr", "dra", "herr", "herrn", "frau", "sr", "sra", "srta", "señor", "señora", "mme", "monsieur", "madame", "doña":
		return true
	}
	return false
}

// heldName waits for more text, but not for ever.
func heldName(c *Candidate, start int) Verdict {
	if len(c.Text)-start > 160 {
		return None
	}
	return c.Undecided(start)
}

func matchPersonLabel(c *Candidate, g *gazetteer, titles map[string]bool) Verdict {
	live := -1
	for _, p := range c.Phrases {
		if !c.begins(p) {
			continue
		}
		s := &scanner{text: c.Text, i: c.At}
		if !s.phrase(p) {
			if s.short {
				live = len(c.Text)
			}
			continue
		}
		for b := s.peek(); b == ' ' || b == '(' || b == ')' || b == 's' && p != "pt"; b = s.peek() { // Name(s) :
			s.i++
		}
		b := s.peek()
		if s.short {
			live = len(c.Text)
			continue
		}
		if b != ':' && b != '=' {
			continue
		}
		s.i++
		lines := 0
		for b := s.peek(); b == ' ' || b == '"' || b == '\t' || b == '\'' || b == '\n' && lines < 1; b = s.peek() {
			if b == '\n' {
				lines++
			}
			s.i++
		}
		if s.short {
			live = len(c.Text)
			continue
		}
		if v := labelledName(c, g, s.i, !capital(c.Text, c.At), p, titles); v == Live {
			if live < 0 || c.Start < live {
				live = c.Start
			}
		} else if v == Found && live < 0 {
			return v
		} else if v == Found {
			live = min(live, c.Start)
			if !c.More {
				return v
			}
		}
	}
	if live >= 0 {
		return c.Undecided(live)
	}
	return None
}

func labelledName(c *Candidate, g *gazetteer, at int, small bool, p string, titles map[string]bool) Verdict {
	switch start, end, v := inverted(c.Text, at, c.More, g, true); v {
	case Live:
		return heldName(c, at)
	case Found:
		return c.Is(start, end, 0.85)
	}
	nm := readName(c.Text, at, c.More, g, small)
	if nm.open {
		return heldName(c, at)
	}
	strict := !surely(p)
	if nm.n > 0 { // a title first: its own rule finds the name behind it
		var buf [40]byte
		if _, title := titles[string(fold(buf[:0], c.Text[nm.words[0].start:min(nm.words[0].end, nm.words[0].start+40)]))]; title {
			return None
		}
	}
	n := nm.takeName(c.Text, strict || small && p != "name")
	if n == 0 && !strict && nm.n > 0 && nm.words[0].capital && !nm.words[0].initial && nm.words[0].flags&^plain != 0 {
		n = 1
	}
	if n == 0 {
		return None
	}
	start, end := nm.span(0, n)
	if end < len(c.Text) {
		b := c.Text[end]
		if b == '=' || b == ':' && !strict && n == 1 && nm.words[0].flags&(firstName|lastName) == 0 {
			return None
		}
	}
	if v := beside(c, &nm, 0, n); v != Found {
		if v == Live {
			return heldName(c, start)
		}
		return None
	}
	return c.Is(start, end, 0.85)
}

// surely reports whether a label announces a person and nothing else.
func surely(p string) bool {
	switch p {
	case "name", "names", "from", "to", "cc", "re", "user", "by", "contact", "client", "customer", "insured", "signed", "attention", "attn", "billing address", "provider", "author", "subscriber", "account holder", "beneficiary", "responsable", "titular", "cliente", "landlord", "tenant", "buyer", "seller", "lessor", "lessee", "grantor", "grantee", "sent by", "ship to", "bill to", "consultant", "counsel", "doctor", "parent", "mother", "father",
		"directed by", "nom", "nome", "naam", "navn", "namn", "patient", "paciente", "pt", "patientin", "autor", "autora", "plaintiff", "defendant", "claimant", "respondent", "appellant", "petitioner", "employee", "student", "applicant", "nurse", "physician", "demandante", "demandado", "demandada", "abogado", "witness", "zeuge", "gp", "signed by":
		return false
	}
	return true
}

func matchIntro(c *Candidate, g *gazetteer) Verdict {
	live := -1
	for _, p := range c.Phrases {
		if !c.begins(p) {
			continue
		}
		strict := p[len(p)-1] == '*'
		if strict {
			p = p[:len(p)-2]
		}
		s := &scanner{text: c.Text, i: c.At}
		if !s.phrase(p) {
			if s.short {
				live = len(c.Text)
			}
			continue
		}
		gap := 0
		for b := s.peek(); gap < 3 && (b == ' ' || b == ',' || b == '?' || b == ':' || b == '"' || b == '\n' && gap < 3); b = s.peek() {
			s.i++
			gap++
		}
		if s.short {
			live = len(c.Text)
			continue
		}
		if gap == 0 {
			continue
		}
		nm := readName(c.Text, s.i, c.More, g, false)
		if nm.open {
			if v := heldName(c, s.i); v == Live && (live < 0 || c.Start < live) {
				live = c.Start
			}
			continue
		}
		n := nm.takeName(c.Text, strict)
		if n == 0 && strict && closing(p) && nm.n == 1 && c.Text[s.i-1] == '\n' && nm.signs(c.Text) {
			n = 1
		}
		if n == 0 {
			continue
		}
		start, end := nm.span(0, n)
		switch beside(c, &nm, 0, n) {
		case Live:
			live = start
			continue
		case None:
			continue
		case Found:
		}
		if live >= 0 && c.More {
			live = min(live, start)
			continue
		}
		return c.Is(start, end, 0.8)
	}
	if live >= 0 {
		return c.Undecided(live)
	}
	return None
}

// closing reports whether a phrase closes a letter, so that a name that is in no list may stand in the line below it. In
// German that line may hold any noun.
func closing(p string) bool {
	switch p {
	case "regards", "sincerely", "yours faithfully", "best wishes", "warmly", "un saludo", "cordialmente", "atentamente", "saludos", "thanks", "cheers":
		return true
	}
	return false
}

// signs reports whether the one word is all of its line and may be a name.
func (nm *name) signs(text []byte) bool {
	w := nm.words[0]
	return !w.initial && !w.upper && w.flags != plain && w.end-w.start > 2 && !safeWord(text[w.start:w.end]) && (w.end == len(text) || text[w.end] == '\n')
}

// mayBeName lets most capitals go: words of the language at the head of a sentence, and unknown words that no word with a
// capital follows.
func mayBeName(w *Word) bool {
	if w.After == 0 {
		return true
	}
	known := w.known()
	switch {
	case known == plain:
		return w.After == '-'
	case known != 0:
	case w.After == '-', w.After == '.', w.After == '\'':
		return true
	case w.After != ' ':
		return false
	}
	switch {
	case w.After != ' ', 'a' > w.Next, w.Next > 'z':
		return true
	case known == 0 && !contains("abcdefilmrstvwyz", w.Next): // no particle and no verb of persons begins so
		return false
	case len(w.Text) < 3:
		return true
	}
	// A word in small letters behind it.
	switch r := w.ahead(); {
	case r.stop != 'a' || r.last != w.at: // no: a particle
		return true
	case known == 0:
		return personVerb(w.stream.text, w.at+len(w.Text)) == 3
	case known&(firstName|plain|place) == firstName:
		return true
	}
	return personVerb(w.stream.text, w.at+len(w.Text)) > 0
}

// matchName is asked at every capital that begins a word.
func matchName(c *Candidate, g *gazetteer) Verdict {
	at := c.At
	if !capital(c.Text, at) {
		return None
	}
	if at > 0 {
		switch b := c.Text[at-1]; b {
		case '_', '@', '/', '\\', '#', '$', '&':
			return None
		case '-', '\'': // the second half of a word
			if at > 1 && inWord[c.Text[at-2]] {
				return None
			}
		case '.':
			if at > 1 && isLetter(c.Text[at-2]) && (at == 2 || !inWord[c.Text[at-3]]) {
				return None // J.K.: the first letter is asked
			}
		}
	}
	// Most capitals are a word of the language at the head of a sentence: one look decides.
	j := at
	for j < len(c.Text) && inWord[c.Text[j]] && !isDigit(c.Text[j]) && j-at < 40 {
		j++
	}
	if j == len(c.Text) && c.More {
		return c.Undecided(at)
	}
	var buf [40]byte
	folded := fold(buf[:0], c.Text[at:j])
	flags := g.look(folded)
	if flags == plain && (j >= len(c.Text) || c.Text[j] != '-') || flags == 0 && len(folded) > 2 && !(j < len(c.Text) && (c.Text[j] == ' ' || c.Text[j] == '-' || c.Text[j] == '\'')) {
		return None
	}
	nm := readName(c.Text, at, c.More, g, false)
	if nm.open {
		return heldName(c, at)
	}
	if nm.words[0].upper && nm.words[0].flags&lastName != 0 { // SMITH, JOHN A
		switch start, end, v := inverted(c.Text, at, c.More, g, false); v {
		case Live:
			return heldName(c, at)
		case Found:
			return c.Is(start, end, 0.7)
		}
	}
	n, score := nm.evidence(c.Text)
	if a := nm.words[0]; n == 0 && nm.n == 1 && !a.initial && a.flags&(plain|place) == 0 && !safeWord(c.Text[a.start:a.end]) {
		switch kin(c.Text, a.end, c.More) {
		case Live:
			return heldName(c, at)
		case Found:
			return c.Is(a.start, a.end, 0.6)
		case None:
		}
	}
	if n == 0 {
		return None
	}
	if _, end := nm.span(0, n); n == 1 && end < len(c.Text) && c.Text[end] == ',' {
		k := end + 2
		if k >= len(c.Text) && c.More {
			return heldName(c, at)
		}
		for k < len(c.Text) && isDigit(c.Text[k]) {
			k++
		}
		s := &scanner{text: c.Text}
		cited := citation(s, k)
		if s.short && c.More {
			return heldName(c, at)
		}
		if cited { // Casey, 505 U.S. 833
			return None
		}
	}
	switch v := beside(c, &nm, 0, n); v {
	case Live:
		return heldName(c, at)
	case None:
		return None
	}
	start, end := nm.span(0, n)
	return c.Is(start, end, score)
}

const anyFirst = firstName | pairedName

// evidence decides how many of the words are a person's name by the list alone, 0 for none.
func (nm *name) evidence(text []byte) (n int, score float64) {
	w := nm.words[:nm.n]
	if len(w) == 0 {
		return 0, 0
	}
	// Leading initials: J. Smith, J.R. Smith.
	k := 0
	dotted := false
	for k < len(w) && w[k].initial {
		dotted = dotted || text[w[k].end-1] == '.'
		k++
	}
	if k == len(w) {
		return 0, 0
	}
	if k > 0 {
		if dotted && k <= 3 && w[k].flags&lastName != 0 && w[k].flags&(plain|place) == 0 {
			return nm.more(text, k+1), 0.7
		}
		return 0, 0
	}
	a := w[0]
	if a.particle {
		return 0, 0
	}
	solid := a.flags&firstName != 0 && a.flags&plain == 0
	// What follows: skip initials and particles to the next word of weight.
	k = 1
	between := 0
	for k < len(w) && (w[k].initial || w[k].particle) {
		if w[k].initial && text[w[k].end-1] != '.' && w[k].end-w[k].start == 1 && (text[w[k].start] == 'I' || text[w[k].start] == 'A') {
			break
		}
		between++
		k++
	}
	if k < len(w) {
		b := w[k]
		known := b.flags&(lastName|anyFirst) != 0
		clean := b.flags&(plain|place) == 0
		unknown := b.flags == 0 && b.end-b.start > 2 && !safeWord(text[b.start:b.end]) && !(b.upper && !a.upper) && !b.initial
		switch {
		case b.initial:
		case solid && k > 1 && w[k-1].initial && text[w[k-1].end-1] == '.' && !b.upper: // John Q. Public
			return nm.more(text, k+1), 0.8
		case solid && (known || unknown || b.flags&lastName != 0):
			return nm.more(text, k+1), 0.8
		case a.flags&pairedName != 0 && a.flags&plain == 0 && (known && clean || unknown && a.flags&place == 0):
			return nm.more(text, k+1), 0.75
		case a.flags&anyFirst != 0 && known && clean && b.flags&lastName != 0: // Mark Thompson
			return nm.more(text, k+1), 0.7
		case a.flags&anyFirst != 0 && between > 0 && known: // Will J. Young
			return nm.more(text, k+1), 0.7
		case a.flags&lastName != 0 && a.flags&plain == 0 && b.flags&firstName != 0 && clean && between == 0: // Kovács Anna
			return nm.more(text, k+1), 0.65
		case a.flags == 0 && between > 0 && w[1].initial && known && clean && !safeWord(text[a.start:a.end]): // Jaroslava P. Novák
			return nm.more(text, k+1), 0.65
		case a.flags == 0 && a.end-a.start > 2 && b.flags&lastName != 0 && clean && between == 0 && !safeWord(text[a.start:a.end]) && !a.upper && b.end-b.start > 3 && !sentenceStart(text, a.start):
			return nm.more(text, k+1), 0.5
		}
	}
	if solid && a.flags&place == 0 && a.end-a.start >= 4 && !a.upper && !wordToo(text[a.start:a.end]) {
		return 1, 0.6
	}
	if a.upper {
		return 0, 0
	}
	switch verb := personVerb(text, a.end); {
	case len(w) > 1 && a.flags == 0 && !safeWord(text[a.start:a.end]):
		if b := w[len(w)-1]; len(w) <= 3 && b.flags == 0 && !b.initial && !b.upper && !safeWord(text[b.start:b.end]) && personVerb(text, b.end) >= 2 {
			return len(w), 0.6
		}
	case k < len(w) && k == len(w)-1 && a.flags&anyFirst != 0 && w[k].flags == 0 && !w[k].upper && !safeWord(text[w[k].start:w[k].end]) && personVerb(text, w[k].end) >= 2: // Dolores Whitfield lives
		return len(w), 0.65
	case a.flags&(lastName|anyFirst) != 0 && a.flags&(plain|place) == 0 && verb > 0 && !safeWord(text[a.start:a.end]), a.flags&(lastName|anyFirst) != 0 && verb >= 2, a.flags == 0 && verb == 3 && a.end-a.start > 3 && !safeWord(text[a.start:a.end]):
		return 1, 0.6
	}
	return 0, 0
}

// personVerb reports whether a verb that persons are the subject of follows text[:end]: 3 for one that nothing else is, 2 for
// one that hardly anything else is, 1 for others.
func personVerb(text []byte, end int) int {
	if end >= len(text) || text[end] != ' ' {
		return 0
	}
	j := end + 1
	for j < len(text) && 'a' <= text[j] && text[j] <= 'z' && j-end < 14 {
		j++
	}
	switch string(text[end+1 : j]) {
	case "smokes", "smoked", "drinks", "complains", "complained", "whispered", "shouted", "married", "remarried", "fainted", "vomited", "wept", "sobbed", "limps", "fuma", "raucht":
		return 3
	case "said", "says", "told", "testified", "denies", "denied", "lives", "lived", "recalls", "replied", "stated", "states", "admitted", "argued", "wrote", "asked", "flew", "resides":
		return 2
	case "was", "is", "has", "had", "reports", "reported", "began", "spent", "signed", "agreed", "refused", "works", "worked", "called", "presents", "presented", "wants", "wanted", "went", "came", "attended":
		return 1
	}
	return 0
}

// more takes the words after the first n that go on with the name.
func (nm *name) more(text []byte, n int) int {
	for n < nm.n {
		w := nm.words[n]
		if w.particle {
			if n+1 < nm.n && nm.words[n+1].flags != plain && !nm.words[n+1].initial && (nm.words[n+1].capital || nm.words[n+1].particle) {
				n++
				continue
			}
			break
		}
		if w.initial || w.flags&plain != 0 && w.flags&lastName == 0 || safeWord(text[w.start:w.end]) || w.upper && !nm.words[0].upper || w.flags&place != 0 && w.flags&lastName == 0 {
			break
		}
		n++
	}
	for n > 0 && nm.words[n-1].particle {
		n--
	}
	return n
}

// sentenceStart reports whether a word that begins at text[at:] is the first of a sentence or line.
func sentenceStart(text []byte, at int) bool {
	i := at
	for i > 0 && (text[i-1] == ' ' || text[i-1] == '"' || text[i-1] == '(' || text[i-1] == '\'') {
		i--
	}
	return i == 0 || text[i-1] == '.' || text[i-1] == '\n' || text[i-1] == ':' || text[i-1] == '?' || text[i-1] == '!' || text[i-1] == ';' || text[i-1] == '-' || text[i-1] == '*'
}

// beside judges the words around nm.words[from:n]: Found if it may be a person, None if they make it something else, Live
// if the word after it is not all there.
func beside(c *Candidate, nm *name, from, n int) Verdict {
	start, end := nm.span(from, n)
	if named(c.Text[:start]) {
		return None
	}
	// The word after: with 's or a hyphen before it.
	i := end
	text := c.Text
	if i < len(text) && text[i] == '\'' {
		i++
		if i < len(text) && text[i]|0x20 == 's' {
			i++
		}
	}
	line := false
	for i < len(text) && (text[i] == ' ' || text[i] == '-' || text[i] == '\n') && i < end+5 {
		line = line || text[i] == '\n'
		i++
	}
	if line && i < len(text) && (text[i] < 'a' || text[i] > 'z') {
		return Found // a new line begins something else
	}
	j := i
	for j < len(text) && inWord[text[j]] && j-i < 24 {
		j++
	}
	if j == len(text) && c.More && j-i < 24 {
		return Live
	}
	if j == i {
		if i < len(text) && i == end && (text[i] == '@' || text[i] == '_') {
			return None
		}
		return Found
	}
	var buf [24]byte
	if bearer(string(fold(buf[:0], text[i:j]))) {
		return None
	}
	return Found
}

// bearer reports whether a word after a name makes it a disease's, a sign's, an organisation's, a statute's or a place's.
func bearer(w string) bool {
	switch w {
	case "tear", "pupil", "pupils", "terms", "disease", "diseases", "syndrome", "syndromes", "sign", "signs", "score", "scale", "test", "tests", "criteria", "classification", "staging", "lymphoma", "sarcoma", "palsy", "dementia", "chorea", "ataxia", "anemia", "anaemia", "tumor", "tumour", "cell", "cells", "body", "bodies", "node", "nodes",
		"fracture", "procedure", "operation", "repair", "incision", "maneuver", "manoeuvre", "reflex", "phenomenon", "catheter", "tube", "clamp", "forceps", "retractor", "stain", "virus", "bacillus", "antigen", "antibody", "index", "equation", "formula", "method", "technique", "position", "triad", "law", "effect", "contracture",
		"ulcer", "gland", "duct", "canal", "ligament", "tendon", "esophagus", "oesophagus", "hernia", "thyroiditis", "purpura", "arteritis", "granulomatosis", "neuroma", "nevus", "naevus", "esophagitis", "respiration", "respirations", "breathing", "murmur", "nodules", "spots", "lines", "rings", "ring", "loop", "pouch", "coma", "monitor", "doppler", "drain", "line", "prosthesis", "nail", "plate", "pin", "wire", "screw", "valve", "stent", "filter", "bundle", "fibers", "fibres", "node's", "encephalopathy", "nephritis", "vasculitis", "hepatitis", "gangrene", "paralysis", "mutation", "gene", "factor", "regimen", "protocol", "trial", "study", "guidelines", "model", "curve", "plot", "estimator", "regression", "correction", "blot", "reaction",
		"hospital", "university", "college", "school", "clinic", "institute", "foundation", "center", "centre", "church", "street", "road", "avenue", "county", "city", "town", "bridge", "airport", "park", "island", "islands", "river", "lake", "bay", "beach", "inc", "ltd", "llc", "llp", "corp", "corporation", "company", "gmbh", "ag", "plc", "group", "bank", "insurance", "health", "pharmaceuticals", "pharma", "laboratories", "labs", "press", "journal", "library", "museum", "orchestra", "hall", "house", "building",
		"act", "rule", "rules", "doctrine", "warning", "warnings", "hearing", "motion", "standard", "amendment", "order", "clause", "factors", "defense", "defence", "notice", "agreement", "case", "decision", "material", "letter", "papers", "commission",
		"enfermedad", "síndrome", "positivo", "negativo", "krankheit", "syndrom", "zeichen", "straße", "strasse", "krankenhaus", "klinik", "klinikum", "universität":
		return true
	}
	return false
}

// named reports whether what stands before a name makes it the name of a disease, an institution or a street.
func named(before []byte) bool {
	i := len(before)
	for i > 0 && (before[i-1] == ' ' || before[i-1] == '\n' || before[i-1] == '"' || before[i-1] == '-') {
		i--
	}
	if i == 0 || before[i-1] >= 0x80 && before[i-1] < 0xC0 && i > 2 && before[i-3] == 0xE2 {
		return false
	}
	for range 2 { // a preposition or article, then the noun
		end := i
		for i > 0 && (isLetter(before[i-1]) || before[i-1] >= 0x80) {
			i--
		}
		var buf [32]byte
		if end-i > 24 || end == i {
			return false
		}
		w := string(fold(buf[:0], before[i:end]))
		switch w {
		case "de", "del", "of", "la", "el", "von", "du", "di", "the", "al", "san", "santa", "st", "saint":
			for i > 0 && (before[i-1] == ' ' || before[i-1] == '\n') {
				i--
			}
			if w == "san" || w == "santa" || w == "saint" {
				return true
			}
			continue
		case "síndrome", "sindrome", "enfermedad", "signo", "escala", "test", "criterios", "criterio", "maniobra", "técnica", "clasificación", "mal", "linfoma", "sarcoma", "tumor", "fórmula", "índice", "prueba", "corea", "esófago", "sonda", "aguja", "catéter", "virus", "anemia", "tiroiditis", "ley", "cirugía", "operación", "fractura", "parálisis", "ligamento", "trompas", "trompa", "conducto", "cuerpos", "células", "fenómeno", "reflejo", "púrpura", "ganglio", "hospital", "clínica", "universidad", "instituto", "fundación", "colegio", "calle", "avenida", "avda", "plaza", "paseo", "glorieta", "ronda", "camino", "carretera", "barrio", "provincia",
			"morbus", "syndrom", "syndrome", "disease", "sign", "universität", "university", "college", "school", "church", "institute", "court", "city", "state", "county", "republic", "kingdom", "isle", "district", "province", "bank", "rue", "via", "viale", "piazza", "rua", "ulica", "klinik", "klinikum", "krankenhaus", "maladie", "hôpital":
			return true
		default:
			return false
		}
	}
	return false
}

// wordToo reports first names that are no evidence alone: a sentence may begin with them.
func wordToo(w []byte) bool {
	switch string(bytes.ToLower(w)) {
	case "vive", "toma", "durante", "dado", "alba", "perla", "flor", "pilar", "rosario", "iris", "violet", "amber", "ginger", "basil", "rusty", "dusty", "patience", "earnest", "lilie", "rosemary":
		return true
	}
	return false
}

// stopWord reports words that follow a title in other senses.
func stopWord(w []byte) bool {
	switch string(bytes.ToLower(w)) {
	case "the", "and", "who", "has", "was", "will", "can", "may", "should", "said", "for", "with", "from", "you", "please", "speaker", "chairman", "president", "justice", "judge", "doctor", "senator", "hospital", "office", "clinic", "kollege", "kollegin", "kollegen", "professor", "doktor", "colega", "director", "directora":
		return true
	}
	return false
}

// safeWord reports words with a capital that are no names though the list of common words lacks them: drugs by their
// ending, months, weekdays, units, terms of law and medicine.
func safeWord(w []byte) bool {
	var buf [40]byte
	if len(w) > len(buf) {
		return true
	}
	low := fold(buf[:0], w)
	if safeWords[string(low)] {
		return true
	}
	if len(low) == 0 {
		return false
	}
	for _, end := range safeEndings[low[len(low)-1]] {
		if len(low) > len(end)+2 && string(low[len(low)-len(end):]) == end {
			return true
		}
	}
	return false
}

var safeWords = set(strings.Fields("monday tuesday wednesday thursday friday saturday sunday jan feb mar apr jun jul aug sep sept oct nov dec lunes martes miércoles jueves viernes sábado montag dienstag mittwoch donnerstag " +
	"aspirin tylenol advil lipitor zocor plavix xanax prozac zoloft humira lantus ozempic viagra insulin warfarin heparin metformin lisinopril prednisone tamsulosin gabapentin ibuprofen paracetamol nolotil augmentine omeprazol adiro sintrom enantyum marcumar ramipril metoprolol novalgin pantoprazol " +
	"parkinson alzheimer hodgkin crohn huntington tourette sjögren raynaud cushing hashimoto kaposi wegener meckel epstein guillain barré burkitt ewing whipple wernicke korsakoff babinski romberg trendelenburg apgar doppler holter hickman foley billroth hartmann kussmaul cheyne dupuytren charcot ehlers danlos klinefelter noonan behçet behcet takayasu kawasaki henoch schönlein churg strauss goodpasture creutzfeldt lyme ebola coombs gram giemsa ziehl papanicolaou pap mantoux schirmer snellen ishihara goldmann gleason breslow clark child pugh ranson wells killip forrester bishop bartholin skene zollinger ellison mallory weiss barrett peyronie legg perthes osgood schlatter hirschsprung cockcroft gault " +
	"miranda daubert brady lanham sherman chevron escobedo batson jencks hipaa gdpr habeas corpus plaintiff defendant exhibit section article affidavit deponent esq esquire md phd rn llb qc kc jd usa uk nhs icu ecg ekg mri ct oberarzt oberärztin chefarzt chefärztin")...)

// safeEndings are what drugs, diseases and procedures end in, by their last byte.
var safeEndings = func() (t [256][]string) {
	for _, end := range [...]string{"mab", "nib", "pril", "olol", "azole", "statin", "cillin", "mycin", "micina", "oxacin", "floxacino", "sartan", "dipine", "prazole", "zolam", "zepam", "tidine", "vir", "parin", "triptan", "gliptin", "gliflozin", "itis", "osis", "emia", "ectomy", "otomy", "ología", "logy", "ction", "ments", "graphy", "scopy", "pathy", "ografía", "ectomía", "cilina", "prazol", "statina"} {
		last := end[len(end)-1]
		t[last] = append(t[last], end)
	}
	return t
}()
