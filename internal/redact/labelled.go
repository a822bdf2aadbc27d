package redact

import "strings"

// label is a phrase that announces a value of free form.
type label struct {
	kind    Type
	phrases string // words in small letters, phrases apart by |
	sign    bool   // only with : = # or a word like "number" after it
	name    bool   // the value is a name that a person chose: it needs no digit
}

// labels are the phrases in use in clinics and law offices in English, Spanish and German.
func labels() []label {
	return []label{
		{kind: "MRN", phrases: "mrn|mr no|mr number|med rec|med rec no|med rec number|medical rec no|record number|record no|health record number|medical record|medical record no|medical record number|patient id|patient identifier|patient number|patient no|chart|chart number|hospital number|hospital no|unit number|nhc|nº hc|no hc|cipa|historia clínica|historia clinica|núm historia|num historia|nº historia|núm historia clínica|nº historia clínica|numero de historia|número de historia|número de historia clínica|numero de historia clinica|patientennummer|patienten id|fallnummer|aktennummer", sign: true},
		{kind: "ENCOUNTER_ID", phrases: "encounter|encounter id|encounter number|visit|visit id|visit number|csn|accession|accession number|episodio|nº episodio|no episodio|número de episodio|episode number|admission number|specimen id|specimen number|order number", sign: true},
		{kind: "HEALTH_PLAN_ID", phrases: "health plan|health plan id|health plan beneficiary|health plan beneficiary number|member id|member number|subscriber id|subscriber number|beneficiary number|beneficiary id|insurance id|insurance number|insurance policy|group number|policy number|policy no|medicaid id|medicaid number|medicaid|nass|número de afiliación|seguridad social|nº ss|tarjeta sanitaria|cip|versichertennummer|versicherten nr|krankenversichertennummer", sign: true},
		{kind: "PROVIDER_LICENSE", phrases: "nocol|nºcol|ncol|nº col|no col|colegiado|nº colegiado|no colegiado|número de colegiado|num colegiado|numero de colegiado|license number|licence number|license no|licence no|certificate license|certificate license number|certificate number|certification number|bar number|bar no|state bar|gmc|gmc number|gmc no|nmc|nmc pin|nmc number|medical license|medical licence|registration number|lanr|arztnummer|collegiate number", sign: true},
		{kind: "ACCOUNT_NUMBER", phrases: "account|account number|account no|acct|acct no|a c no|cuenta|número de cuenta|kontonummer|konto nr|customer number|customer id|client number|client id|kundennummer|loan number", sign: true},
		{kind: "CASE_NUMBER", phrases: "case no|case number|case nos|docket|docket no|docket number|matter|matter no|matter number|matter id|cause no|cause number|index no|index number|claim no|claim number|claim id|file no|file number|file ref|our ref|your ref|our reference|your reference|complaint no|application no|procedimiento|autos|autos nº|expediente|nº expediente|no expediente|aktenzeichen|az|geschäftszeichen|reference number|incident number|report number|police report", sign: true},
		{kind: "EMPLOYEE_ID", phrases: "employee|employee id|employee no|employee number|staff id|staff no|staff number|badge|badge no|badge number|personnel number|payroll number|personalnummer|número de empleado", sign: true},
		{kind: "STUDENT_ID", phrases: "student id|student no|student number|matriculation number|matrikelnummer|número de estudiante", sign: true},
		{kind: "DEVICE_ID", phrases: "device identifier|device id|device serial|device serial number|serial|serial no|serial number|sn|s n|lot number|pacemaker serial|implant serial|seriennummer|número de serie", sign: true},
		{kind: "BIOMETRIC_ID", phrases: "biometric identifier|biometric id|biometric template|fingerprint id|fingerprint|retina scan|retinal scan|iris scan|voiceprint|voiceprint id|face template|dna profile", sign: true},
		{kind: "PHOTO_ID", phrases: "full face photo|photo id|photo|photograph|photograph id|image id|facial image|face photo", sign: true},
		{kind: "USERNAME", phrases: "username|user name|user id|userid|login|login name|login id|screen name|handle|twitter handle|usuario|nombre de usuario|benutzername|benutzer|account name", sign: true, name: true},
	}
}

// Labelled finds values of free form by the label before them: record numbers of a clinic's own, docket and matter
// numbers, badge and student numbers, serial numbers, biometric and photo identifiers, names of accounts. There is one
// rule for each type. Published citations ("347 U.S. 483") are let go.
func Labelled() []Rule {
	var rules []Rule
	for _, l := range labels() {
		rules = append(rules, Rule{Name: "labelled_" + string(l.kind) + "/3", Type: l.kind, Phrases: strings.Split(l.phrases, "|"), Match: func(c *Candidate) Verdict {
			return matchLabelled(c, l)
		}})
	}
	return rules
}

func matchLabelled(c *Candidate, l label) Verdict {
	s := &scanner{text: c.Text, i: c.At}
	live := -1 // earliest start while more decides
	doubt := func(at int) {
		if live < 0 || at < live {
			live = at
		}
	}
	for _, p := range c.Phrases {
		if !c.begins(p) {
			continue
		}
		s.i, s.short = c.At, false
		if !s.phrase(p) {
			if s.short {
				doubt(len(c.Text))
			}
			continue
		}
		switch v := l.value(c, s, p); v {
		case Found:
			cited := citation(s, c.End)
			if s.short && c.More {
				doubt(c.Start)
				continue
			}
			if cited {
				continue
			}
			if live < 0 || !c.More {
				return Found
			}
			doubt(c.Start)
		case Live:
			doubt(c.Start)
		}
	}
	if live >= 0 {
		return c.Undecided(live)
	}
	return None
}

// phrase steps over the words of p, which stand one to three bytes of space or punctuation apart, in any case.
func (s *scanner) phrase(p string) bool {
	for k := 0; k < len(p); {
		if p[k] == ' ' {
			k++
			gap := 0
			for ; gap < 4; gap++ {
				b := s.peek()
				if s.short {
					return false
				}
				if inWord[b] && b != 0xC2 || b == '\n' || b == ':' || b == '=' {
					break
				}
				s.i++
			}
			if gap == 0 || gap == 4 {
				return false
			}
			continue
		}
		var last byte
		if s.i > 0 && k > 0 {
			last = s.text[s.i-1]
		}
		b := s.peek()
		if s.short || lower(last, b) != p[k] {
			return false
		}
		s.i++
		k++
	}
	b := s.peek()
	return !inWord[b] || isDigit(b) || b >= 0x80 && b < 0xC0
}

// numbered reports whether a label ends in a word that announces a number.
func numbered(p string) bool {
	if atOnce(p) > 0 {
		return true
	}
	for _, w := range [...]string{" number", " no", " nº", " id", " nr", " ref", " identifier", "nummer", " nos"} {
		if strings.HasSuffix(p, w) {
			return true
		}
	}
	return p == "az" || strings.HasPrefix(p, "número ") || strings.HasPrefix(p, "numero ") || strings.HasPrefix(p, "nº ") || strings.HasPrefix(p, "no ")
}

// atOnce returns how many digits a number has that follows a label at once, with no sign or word between; 0 if none does.
func atOnce(p string) int {
	switch p {
	case "mrn", "nhc", "cipa", "nass", "csn", "acct", "med rec":
		return 4
	case "account":
		return 8
	}
	return 0
}

// value reads what stands between label and value, and the value.
func (l label) value(c *Candidate, s *scanner, p string) Verdict {
	sign, least := numbered(p), atOnce(p)
	words := 0
	for steps := 0; ; steps++ {
		b := s.peek()
		switch {
		case s.short:
			return c.Undecided(min(s.i, len(c.Text)))
		case b == ':' || b == '=' || b == '#':
			sign, least = true, 0
			s.i++
			continue
		case b == ' ' || b == '.' || b == '"' || b == '\'' || b == '(' || b == ')' || b == '-' || b == 0xC2 || b == 0xBA || b == 0xAA || b == '\t' || b == '_' || b == '[':
			if steps > 16 {
				return None
			}
			s.i++
			continue
		case b == '\n' && sign && steps < 4:
			s.i++
			continue
		}
		if words == 2 {
			break
		}
		from := s.i
		w, _ := s.word()
		if s.short {
			return c.Undecided(from)
		}
		switch string(w) {
		case "number", "no", "nº", "nr", "num", "núm", "número", "numero", "id", "identifier", "is", "code", "ref", "nummer", "es", "ist":
			if b := s.peek(); isDigit(b) || b == '-' { // ID12, NO-12
				s.i = from
				break
			}
			sign = true
			words++
			continue
		case "n":
			if s.peek() == 0xC2 { // º
				sign = true
				words++
				continue
			}
		}
		s.i = from
		break
	}
	if l.sign && !sign && !(l.name && s.peek() == '@') {
		return None
	}
	start := s.i
	digit, letters := 0, 0
	for s.i-start < 64 {
		b := s.peek()
		switch {
		case isDigit(b):
			digit++
		case isLetter(b):
			letters++
		}
		if !isDigit(b) && !isLetter(b) && b != '-' && b != '/' && b != '.' && b != '_' && b != ':' && (!l.name || b != '@' && b != '+') {
			break
		}
		if b == ':' && !isDigit(s.at(1)) {
			break
		}
		s.i++
	}
	if s.short && c.More {
		return c.Undecided(start)
	}
	end := s.i
	for end > start && !isDigit(c.Text[end-1]) && !isLetter(c.Text[end-1]) && (c.Text[end-1] != '_' || !l.name) {
		end--
	}
	if letters == 0 || onlyDigits(c.Text[start:end]) { // figures in groups: 89 56724677 40
		for groups := 0; groups < 5; groups++ {
			s.i = end
			if b := s.peek(); b != ' ' {
				break
			}
			s.i++
			v, n := s.number(12)
			if b := s.peek(); s.short && c.More {
				return c.Undecided(start)
			} else if n < 2 && (n != 1 || groups <= 0) || inWord[b] || b == '%' || v < 0 {
				break
			}
			digit += n
			end = s.i
		}
		s.i = end
		s.short = false
	}
	size := end - start
	switch {
	case l.name:
		if size < 3 || size > 40 || letters == 0 || plainWord(c.Text[start:end]) && (!chosen(c.Text, start) || goesOn(c.Text, end)) {
			return None
		}
		if b := s.peek(); s.short && c.More && b == 0 {
			return c.Undecided(start)
		}
	case size < 3 || digit < 2 && (digit != 0 || letters <= 6 || !hyphenated(c.Text[start:end])):
		return None
	case digit < max(least, 1):
		return None
	case size == 4 && onlyDigits(c.Text[start:end]) && plausibleYear(digitsValue(c.Text[start:end])) && l.kind == "CASE_NUMBER":
		return None
	}
	return c.Is(start, end, 0.85)
}

func digitsValue(b []byte) (v int) {
	for _, c := range b {
		v = 10*v + int(c-'0')
	}
	return v
}

func hyphenated(b []byte) bool {
	for _, c := range b {
		if c == '-' {
			return true
		}
	}
	return false
}

// plainWord reports whether b is letters only, in small letters but for the first.
func plainWord(b []byte) bool {
	for i, c := range b {
		if (c < 'a' || c > 'z') && (i != 0 || c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// goesOn reports whether a sentence goes on behind text[:end].
func goesOn(text []byte, end int) bool {
	return end+1 < len(text) && text[end] == ' ' && 'a' <= text[end+1] && text[end+1] <= 'z'
}

// chosen reports whether a value stands right behind : or = or @, as names of accounts do.
func chosen(text []byte, at int) bool {
	i := at
	for i > 0 && (text[i-1] == ' ' || text[i-1] == '"' || text[i-1] == '\'') {
		i--
	}
	return i > 0 && (text[i-1] == ':' || text[i-1] == '=' || text[i-1] == '@')
}

// citation reports whether what was found is a published report's volume: "347 U.S. 483".
func citation(s *scanner, end int) bool {
	s.i = end
	if s.peek() != ' ' || s.at(1) < 'A' || s.at(1) > 'Z' {
		return false
	}
	for _, reporter := range [...]string{" U.S. ", " F.2d ", " F.3d ", " F.4th ", " S. Ct. ", " L. Ed", " F. Supp", " Cal.", " N.E.", " N.W.", " S.E.", " S.W.", " A.2d ", " A.3d ", " P.2d ", " P.3d ", " So. ", " WL ", " U. S. "} {
		s.i = end
		if s.literal(reporter) {
			return true
		}
	}
	return false
}

// CaseNumbers finds docket numbers of the US federal courts (1:21-cv-01234), and claim numbers of the High Court of
// England (QB-2021-001234), which need no label, and those of German courts after one ("Az. 4 O 217/23").
func CaseNumbers() Rule {
	return Rule{Name: "case_number/2", Type: "CASE_NUMBER", Anchors: figure, If: mayBeCase, Words: []string{"qb", "kb", "hq", "fd", "bl", "cl", "pt", "hp", "il", "ip", "ad", "co"}, Match: matchCase, Context: []string{"az", "aktenzeichen", "geschäftszeichen", "gz", "geschäftsnummer", "geschäfts nr", "rechtssache"}}
}

// mayBeCase: what stands in front of a federal docket's year or type, or of a German register's capitals.
func mayBeCase(w *Word) bool {
	switch w.After {
	case 0:
		return true
	case ':', '-':
		return w.Digits <= 2
	case ' ', '\n', '\t', '\r':
		return w.Digits <= 4 && ('A' <= w.Next && w.Next <= 'Z' || w.Next == 0)
	}
	return false
}

func matchCase(c *Candidate) Verdict {
	s := &scanner{text: c.Text, i: c.At}
	if c.At > 0 && (c.Text[c.At-1] == '-' || c.Text[c.At-1] == ':' || c.Text[c.At-1] == '.' || c.Text[c.At-1] == '/') {
		return None
	}
	var ok bool
	if isDigit(s.peek()) {
		if ok = s.federal(); !ok && !s.short {
			s.i = c.At
			ok = s.german() && c.Label() >= 0
		}
	} else {
		w, capital := s.word()
		ok = capital && len(w) == 2 && s.skip('-') && s.year4() && s.skip('-')
		if ok {
			_, n := s.number(6)
			ok = n == 6
		}
	}
	if s.short && c.More {
		return c.Undecided(c.At)
	}
	if !ok || inWord[s.peek()] {
		return None
	}
	end := s.i
	for end > c.At && s.text[end-1] == '-' {
		end--
	}
	return c.Is(c.At, end, 0.9)
}

func (s *scanner) year4() bool {
	v, n := s.number(4)
	return n == 4 && plausibleYear(v)
}

// german reads chamber, register, number and year: 4 O 217/23, 302 Js 1182/21.
func (s *scanner) german() bool {
	if _, n := s.number(4); n == 0 || s.spaces(1) != 1 {
		return false
	}
	if w, capital := s.word(); !capital || len(w) > 4 || s.spaces(1) != 1 {
		return false
	}
	if _, n := s.number(6); n == 0 || !s.skip('/') {
		return false
	}
	_, n := s.number(2)
	return n == 2
}

// federal reads [office:]year-type-number[-judges].
func (s *scanner) federal() bool {
	_, n := s.number(2)
	if n == 0 {
		return false
	}
	if s.skip(':') {
		if _, n = s.number(2); n != 2 {
			return false
		}
	}
	if n != 2 && n != 4 || !s.skip('-') {
		return false
	}
	switch w, _ := s.word(); string(w) {
	case "cv", "cr", "bk", "mc", "md", "mj", "ap", "cir", "civ", "po", "gj", "misc":
	default:
		return false
	}
	if !s.skip('-') {
		return false
	}
	if _, n := s.number(6); n < 3 {
		return false
	}
	for s.peek() == '-' && 'A' <= s.at(1) && s.at(1) <= 'Z' {
		s.i++
		for 'A' <= s.peek() && s.peek() <= 'Z' {
			s.i++
		}
	}
	return true
}
