package redact

import "strings"

// Identifiers that are known by the words before them.
const (
	AccountNumber Type = "ACCOUNT_NUMBER"
	USBankNumber  Type = "US_BANK_NUMBER"
	BarNumber     Type = "BAR_NUMBER"
	UKGMC         Type = "UK_GMC"
	USDriver      Type = "US_DRIVER_LICENSE"
	USPassport    Type = "US_PASSPORT"
	UKPassport    Type = "UK_PASSPORT"
	INPassport    Type = "IN_PASSPORT"
	KRPassport    Type = "KR_PASSPORT"
	ESPassport    Type = "ES_PASSPORT"
	LicensePlate  Type = "LICENSE_PLATE"
	SwiftBIC      Type = "SWIFT_BIC"
	USEIN         Type = "US_EIN"
)

// labelRule finds what stands after a label: one of its phrases, up to four words and signs that lead on ("number", "is",
// "=", "#"), and a value.
type labelRule struct {
	name    string
	kind    Type
	phrases []string // words in small letters; between them one to three bytes of space or punctuation
	spaces  bool     // groups of digits may follow the first, after one space each

	// value judges what stands there, as it is written. It may return a type of its own.
	value func(v []byte) (ok bool, kind Type)
}

func labelRules() []Rule {
	var rules []Rule
	for _, l := range labelForms() {
		rules = append(rules, l.rule())
	}
	return rules
}

func labelForms() []labelRule {
	return []labelRule{
		{name: "us_bank/1", kind: USBankNumber, value: digitsOnly(8, 17), spaces: true, phrases: []string{
			"bank account", "bank account number", "bank account no", "banking account", "banking account number", "bank acct", "checking account", "checking account number", "savings account", "savings account number",
			"checking", "savings", "deposit account", "direct deposit account", "debit account",
		}},
		{name: "sort_code/1", kind: AccountNumber, value: func(v []byte) (bool, Type) {
			d := squeeze(v)
			return len(d) == 6 && num(d, 0, 6) >= 0, ""
		}, spaces: true, phrases: []string{"sort code", "sortcode", "bankleitzahl", "blz"}},
		{name: "us_driver/1", kind: USDriver, value: driver, spaces: true, phrases: []string{
			"driver license", "driver license number", "driver s license", "driver s license number", "drivers license", "drivers license number", "driver licence", "driver s licence", "drivers licence", "driving license",
			"driving license number", "driving licence", "dl", "dl no", "dl number", "driver lic", "driver s lic", "driver s permit", "license driver", "carnet de conducir", "permiso de conducir", "permis de conduire", "cdl",
		}},
		{name: "uk_gmc/1", kind: UKGMC, value: digitsOnly(7, 7), phrases: []string{"gmc", "gmc number", "gmc no", "gmc reference", "general medical council", "gmc reg", "gmc ref"}},
		{name: "bar/1", kind: BarNumber, value: code(4, 12, 4), phrases: []string{
			"bar number", "bar no", "bar id", "state bar", "state bar number", "state bar no", "sbn", "attorney number", "attorney no", "attorney registration", "attorney registration number", "bar card", "bar roll", "sra", "sra number", "sra id", "bar association number",
		}},
		{name: "passport/1", kind: USPassport, value: passport, phrases: []string{
			"passport", "passport number", "passport no", "passport id", "travel document", "pasaporte", "passaporto", "passeport", "passaporte", "reisepass", "reisepassnummer", "paspoort", "paszport",
		}},
		{name: "plate/1", kind: LicensePlate, value: plate, spaces: true, phrases: []string{
			"license plate", "license plate number", "license plate no", "licence plate", "plate", "plate number", "plate no", "number plate", "tag number", "registration plate", "kennzeichen", "matrícula", "plates", "vehicle tag",
		}},
		{name: "bic/1", kind: SwiftBIC, value: bic, phrases: []string{"bic", "bic code", "swift", "swift code", "swift bic", "bic swift", "swift address", "bank identifier code"}},
		{name: "us_ssn_end/1", kind: USSSN, value: func(v []byte) (bool, Type) { return len(v) == 4 && num(v, 0, 4) >= 0, "" }, phrases: []string{
			"last four of ssn", "last four of the ssn", "last four of social", "last 4 of ssn", "last 4 of the ssn", "last 4 of social", "last four digits of ssn", "last 4 digits of ssn", "last four ssn", "last 4 ssn", "ssn last four", "ssn last 4", "ssn ending in", "ssn ending",
			"social security number ending in", "social security number ends in", "ssn ends in",
		}},
		{name: "us_ein/1", kind: USEIN, value: func(v []byte) (bool, Type) {
			d := squeeze(v)
			return len(d) == 9 && num(d, 0, 9) > 0, ""
		}, phrases: []string{"ein", "fein", "employer identification number", "employer id", "employer identification", "federal tax id", "federal ein"}},
	}
}

func (l labelRule) rule() Rule {
	return Rule{Name: l.name, Type: l.kind, Phrases: l.phrases, Match: l.match}
}

func (l *labelRule) match(c *Candidate) Verdict {
	text := c.Text
	stop := 0
	for _, p := range c.Phrases {
		if !c.begins(p) {
			continue
		}
		end, open := phraseAt(text, c.At, p)
		if open && c.More {
			return c.Undecided(len(text))
		}
		stop = max(stop, end)
	}
	if stop == 0 {
		return None
	}
	// Words and signs that lead on.
	i := stop
	for range 4 {
		from := i
		for i < len(text) && i-from < 5 && leads(text, i) {
			i++
		}
		if i == len(text) {
			return c.Undecided(i)
		}
		if i == from {
			return None // a sign that does not lead on
		}
		if !startsWord(text[i]) {
			return None
		}
		end, _ := wordEnd(text, i)
		if end == len(text) && c.More && end-i < maxWord {
			return c.Undecided(i)
		}
		if !leadWord(text[i:end]) || end < len(text) && text[end] == '-' && end+1 < len(text) && isDigit(text[end+1]) && !leadWord(text[i:end]) {
			break
		}
		i = end
	}
	// The value.
	from := i
	for i < len(text) && i-from <= 48 {
		b := text[i]
		if isDigit(b) || isLetter(b) {
			i++
			continue
		}
		if b != '-' && b != '/' && b != '.' && b != '_' && b != ':' && (b != ' ' || !l.spaces) {
			break
		}
		if i+1 == len(text) {
			if c.More {
				return c.Undecided(from)
			}
			break
		}
		next := text[i+1]
		if b == ' ' && (!isDigit(next) || !isDigit(text[i-1]) && l.kind != LicensePlate) || !isDigit(next) && !isLetter(next) {
			break
		}
		if b == ':' && !isDigit(next) || (b == '.' || b == ':') && isLetter(next) {
			break
		}
		i++
	}
	if i == len(text) && c.More {
		return c.Undecided(from)
	}
	if i < len(text) && (text[i] == '@' || text[i] >= 0x80 && startsWord(text[i]) || text[i] == '%') {
		return None
	}
	v := text[from:i]
	ok, kind := l.value(v)
	for !ok && l.spaces {
		k := len(v) - 1
		for k > 0 && v[k] != ' ' {
			k--
		}
		if k <= 0 {
			break
		}
		v = v[:k]
		ok, kind = l.value(v)
	}
	if !ok {
		return None
	}
	c.Type = kind
	return c.Is(from, from+len(v), 0.85+float64(min(stop-c.At, 50))/1000) // of two labels the longer one
}

// phraseAt returns where the phrase that begins at text[at:] ends, 0 if it does not stand there, and whether it may with more text.
func phraseAt(text []byte, at int, p string) (end int, open bool) {
	for first := true; p != ""; first = false {
		var w string
		w, p, _ = strings.Cut(p, " ")
		if !first {
			gap := at
			at = nextWord(text, at)
			if at-gap > 3 || at == gap {
				return 0, false
			}
			if at == len(text) {
				return 0, true
			}
			for _, b := range text[gap:at] {
				if b == '\n' || b == ':' || b == ';' || b == ',' {
					return 0, false
				}
			}
		}
		stop, _ := wordEnd(text, at)
		n := stop - at
		switch {
		case n == len(w) && sameWord(text[at:stop], w), n == len(w)+1 && text[stop-1]|0x20 == 's' && sameWord(text[at:stop-1], w):
			if stop == len(text) && p != "" {
				return 0, true
			}
		case n < len(w) && stop == len(text) && sameWord(text[at:stop], w[:n]):
			return 0, true
		default:
			return 0, false
		}
		at = stop
	}
	return at, false
}

// leads reports whether text[i] is a sign between a label and its value.
func leads(text []byte, i int) bool {
	switch text[i] {
	case ' ', ':', '=', '#', '.', '-', '_', '"', '\'', '(', '[', '\t', '\n', '/':
		return true
	case 0xBA, 0xB0: // º and °
		return i > 0 && text[i-1] == 0xC2
	case 0xC2:
		return i+1 < len(text) && (text[i+1] == 0xBA || text[i+1] == 0xB0)
	}
	return false
}

// leadWord reports whether a word leads from a label to its value.
func leadWord(w []byte) bool {
	if len(w) > 9 {
		return false
	}
	var small [12]byte
	var last byte
	for i, b := range w {
		small[i] = lower(last, b)
		last = b
	}
	switch string(small[:len(w)]) {
	case "number", "numbers", "no", "nr", "num", "nbr", "n", "id", "is", "was", "are", "of", "the", "for", "code", "es", "ist", "lautet", "número", "numero", "nummer", "núm", "del", "de", "paciente",
		"patient", "card", "ref", "reference", "their", "his", "her", "my", "s", "as", "with", "paciente:", "and", "ending", "on", "file", "issued", "reads", "listed", "value", "holder", "us", "usa", "uk":
		return true
	}
	return false
}

// squeeze returns letters, in capitals, and digits of v.
func squeeze(v []byte) []byte {
	var out []byte
	for _, b := range v {
		switch {
		case isDigit(b):
			out = append(out, b)
		case isLetter(b):
			out = append(out, b&^0x20)
		}
	}
	return out
}

// code accepts letters and digits, lo to hi of them, of which at least some are digits, and which are no date or decimal.
func code(lo, hi, some int) func([]byte) (bool, Type) {
	return func(v []byte) (bool, Type) {
		n, d, small := 0, 0, 0
		for _, b := range v {
			switch {
			case isDigit(b):
				n++
				d++
			case isLetter(b):
				n++
				if b >= 'a' {
					small++
				}
			case b == '.' && n > 0 && d == n && len(v) < 7: // a decimal
				return false, ""
			}
		}
		return n >= lo && n <= hi && d >= some && !dateLike(v) && (small == 0 || d >= 3), ""
	}
}

func digitsOnly(lo, hi int) func([]byte) (bool, Type) {
	return func(v []byte) (bool, Type) {
		d := squeeze(v)
		return lo <= len(d) && len(d) <= hi && num(d, 0, len(d)) >= 0 && !dateLike(v), ""
	}
}

// dateLike reports whether v is written as a date, or as a year.
func dateLike(v []byte) bool {
	var sizes [4]int
	parts, sep := 0, byte(0)
	for _, b := range v {
		switch {
		case isDigit(b):
			sizes[parts]++
		case isLetter(b):
			return false
		default:
			if sep != 0 && sep != b || parts == 3 || b == ' ' {
				return false
			}
			sep = b
			parts++
		}
	}
	switch parts {
	case 2:
		return sizes[0] <= 2 && sizes[1] <= 2 && (sizes[2] == 4 || sizes[2] == 2) || sizes[0] == 4 && sizes[1] <= 2 && sizes[2] <= 2
	case 0:
		return sizes[0] == 4 && (v[0] == '1' && v[1] == '9' || v[0] == '2' && v[1] == '0')
	}
	return false
}

// driver accepts what US states print on licences: up to three letters and five to fourteen digits, or twelve of both.
func driver(v []byte) (bool, Type) {
	d := squeeze(v)
	letters := 0
	for letters < len(d) && isLetter(d[letters]) {
		letters++
	}
	if len(d) < 5 || len(d) > 16 || dateLike(v) {
		return false, ""
	}
	digits := 0
	for _, b := range d {
		if isDigit(b) {
			digits++
		}
	}
	return digits == len(d)-letters && letters <= 3 && digits >= 5 || digits >= 4 && len(d) >= 8 && len(d) <= 13, ""
}

// passport tells countries by the form of their numbers.
func passport(v []byte) (bool, Type) {
	switch n := len(v); {
	case n == 9 && num(v, 0, 9) >= 0:
		return true, USPassport
	case n == 9 && upperLike(v, "A99999999"):
		switch {
		case serial(squeeze(v)) && icao(squeeze(v)) && contains("CFGHJK", v[0]&^0x20):
			return true, DEPassport
		case contains("MSROG", v[0]&^0x20):
			return true, KRPassport
		}
		return true, USPassport
	case n == 9 && upperLike(v, "A999A9999") && contains("MSRODG", v[0]&^0x20):
		return true, KRPassport
	case n == 9 && upperLike(v, "AA9999999"):
		return true, UKPassport
	case n == 9 && upperLike(v, "AAA999999"):
		return true, ESPassport
	case n == 9 && serial(squeeze(v)) && icao(squeeze(v)):
		return true, DEPassport
	case n == 8 && upperLike(v, "A9999999"):
		return true, INPassport
	}
	ok, _ := code(6, 12, 5)(v)
	return ok, ""
}

func upperLike(v []byte, pattern string) bool {
	return like(squeeze(v), pattern) && len(v) == len(pattern)
}

func plate(v []byte) (bool, Type) {
	d := squeeze(v)
	digits, letters := 0, 0
	for _, b := range d {
		if isDigit(b) {
			digits++
		} else {
			letters++
		}
	}
	for _, b := range v {
		if 'a' <= b && b <= 'z' {
			return false, ""
		}
	}
	return len(d) >= 4 && len(d) <= 8 && digits >= 1 && (letters >= 1 || digits >= 5), ""
}

// bic accepts four letters of a bank, a country, two of a place, and three of a branch or none.
func bic(v []byte) (bool, Type) {
	if len(v) != 8 && len(v) != 11 {
		return false, ""
	}
	for i, b := range v {
		if 'a' <= b && b <= 'z' || i < 6 && !isLetter(b) || !isLetter(b) && !isDigit(b) {
			return false, ""
		}
	}
	return true, ""
}
