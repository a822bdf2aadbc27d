package redact

// figure are the bytes a number begins with.
const figure = "0123456789"

// DateTime is the type of dates finer than a year.
const DateTime Type = "DATE_TIME"

// Dates finds calendar dates finer than a year: in figures (day, month and year in any usual order, ISO 8601 with its
// time), and with the month's name in English, Spanish, German, French, Portuguese, Italian, Dutch, the Scandinavian
// languages and Hungarian. A year alone is none, nor is the date of a law ("Act of 3 March 1865").
func Dates() Rule {
	months := monthNames()
	words := make([]string, 0, len(months))
	initials := [256]bool{'d': true, 'o': true} // and de, of, day
	for w := range months {
		words = append(words, w)
		initials[w[0]] = true
	}
	return Rule{
		Name: "date/1", Type: DateTime, Anchors: figure, Words: words, If: func(w *Word) bool { return mayBeDate(w, &initials) },
		Context: []string{
			"dob", "d o b", "date of birth", "birth date", "birthdate", "born", "birthday", "date", "dated", "admitted", "discharged", "seen", "on", "since", "fecha",
			"fecha de nacimiento", "nacido", "nacida", "geboren", "geburtsdatum", "geb", "datum", "née le", "né le", "date de naissance", "data di nascita", "data de nascimento", "f nac",
		},
		Match: func(c *Candidate) Verdict { return matchDate(c, months) },
	}
}

// mayBeDate: a number of a date's size, and a separator or a month's initial after it.
func mayBeDate(w *Word, initials *[256]bool) bool {
	if w.After == 0 {
		return true
	}
	if len(w.Text) > w.Digits { // 3rd
		return w.Digits <= 2 && 1 <= w.Value && w.Value <= 31 && contains("stner", w.Text[w.Digits]|0x20)
	}
	switch w.Digits {
	case 1, 2:
		day := 1 <= w.Value && w.Value <= 31
		switch w.After {
		case '/', '-':
			return isDigit(w.Next) || day && startsWord(w.Next) || w.Next == 0
		case '.':
			return day && (isDigit(w.Next) || startsWord(w.Next) || isSpace(w.Next) || w.Next == 0)
		case ' ', '\n':
			if !day {
				return false
			}
			return initials[w.Next|0x20] || w.Next >= 0xC3 || isSpace(w.Next) || w.Next == 0
		}
		return false
	case 4:
		return w.After == '-' || w.After == '/' || w.After == '.'
	}
	return w.Digits == 6 || w.Digits == 8
}

// scanner reads a candidate ahead and notes when it ran into the end of what is known.
type scanner struct {
	text  []byte
	i     int
	short bool // the end was met: more text could change what was read
	buf   [24]byte
}

func (s *scanner) peek() byte {
	if s.i >= len(s.text) {
		s.short = true
		return 0
	}
	return s.text[s.i]
}

func (s *scanner) at(k int) byte {
	if s.i+k >= len(s.text) {
		s.short = true
		return 0
	}
	return s.text[s.i+k]
}

// number reads up to limit digits. It is 0, 0 if more follow.
func (s *scanner) number(limit int) (value, size int) {
	for isDigit(s.peek()) {
		if size == limit {
			return 0, 0
		}
		value = 10*value + int(s.text[s.i]-'0')
		size++
		s.i++
	}
	return value, size
}

// skip steps over c if it is next.
func (s *scanner) skip(c byte) bool {
	if s.peek() == c {
		s.i++
		return true
	}
	return false
}

// spaces steps over at most n spaces or line breaks.
func (s *scanner) spaces(n int) (got int) {
	for ; got < n; got++ {
		if b := s.peek(); b != ' ' && b != '\n' && b != '\t' && b != '\r' {
			break
		}
		s.i++
	}
	return got
}

// word reads letters (to U+07FF) and returns them in small letters, at most 24 bytes, good until the next word.
func (s *scanner) word() (small []byte, capital bool) {
	n := 0
	var last byte
	from := s.i
	for {
		b := s.peek()
		if s.short || isDigit(b) || !inWord[b] || n == len(s.buf) {
			break
		}
		s.buf[n] = lower(last, b)
		last = b
		n++
		s.i++
	}
	if n == 0 {
		return nil, false
	}
	first := s.text[from]
	return s.buf[:n], 'A' <= first && first <= 'Z'
}

// literal steps over text if it is next.
func (s *scanner) literal(text string) bool {
	for k := range len(text) {
		if s.at(k) != text[k] {
			return false
		}
	}
	s.i += len(text)
	return true
}

// monthNames maps names and abbreviations to months, and marks those that are words of their own too.
func monthNames() map[string]month {
	all := map[string]month{}
	for i, names := range [12]string{
		"january jan enero ene januar jänner janvier janv janeiro gennaio gen januari január jan leden siječanj",
		"february feb febrero februar février fevereiro fev febbraio febr februari február fév",
		"march mar marzo märz mrz mars março maart marts március",
		"april apr abril abr avril avr aprile april április",
		"may mai mayo maio maggio mag mei maj május",
		"june jun junio juni juin junho giugno giu június",
		"july jul julio juli juillet juil julho luglio lug július",
		"august aug agosto ago août agosto augustus augusti augusztus",
		"september sep sept septiembre setiembre septembre setembro settembre set szeptember",
		"october oct octubre oktober okt octobre outubro out ottobre ott október",
		"november nov noviembre novembre novembro november",
		"december dec dic diciembre dezember dez décembre déc dezembro dicembre desember december",
	} {
		for from, at := 0, 0; at <= len(names); at++ {
			if at == len(names) || names[at] == ' ' {
				all[names[from:at]] = month{number: i + 1}
				from = at + 1
			}
		}
	}
	for _, w := range [...]string{"may", "march", "mar", "mars", "set", "out", "mag", "mai", "gen", "ago", "dec", "jan", "jun", "sep", "oct", "mei", "nov", "jul", "apr", "feb", "dic", "dez", "lug", "ott", "giu", "abr", "avr", "ene", "fev", "okt", "aug"} {
		m := all[w]
		m.ambiguous = true
		all[w] = m
	}
	return all
}

type month struct {
	number    int
	ambiguous bool // a word or an abbreviation of other things: it needs a capital or a year
}

func matchDate(c *Candidate, months map[string]month) Verdict {
	text, at := c.Text, c.At
	if at > 0 {
		switch b := text[at-1]; b {
		case '_', '$', '#', '+', '%', '=':
			if b != '=' {
				return None
			}
		case '.', '/', '-', ':', ',':
			if at > 1 && (isDigit(text[at-2]) || isLetter(text[at-2]) && b != ':' && b != ',') &&
				(b != '-' || !isDigit(text[at-2]) || !rangeOfDates(text, at)) && (b != ',' || isDigit(text[at-2])) {
				return None
			}
		}
		if text[at-1] == 0xA3 || text[at-1] == 0xAC && at > 2 && text[at-3] == 0xE2 { // pound, euro
			return None
		}
	}
	s := &scanner{text: text, i: at}
	var end int
	var score float64
	if isDigit(text[at]) {
		end, score = s.numericDate(c, months)
	} else {
		end, score = s.monthFirst(months)
	}
	if s.short && c.More {
		if s.i-at > 64 {
			return None
		}
		return c.Undecided(at)
	}
	if end == 0 || ofLaw(text[:at]) {
		return None
	}
	return c.Is(at, end, score)
}

// rangeOfDates reports whether a whole date in figures with / or . stands before the hyphen at text[at-1].
func rangeOfDates(text []byte, at int) bool {
	seps, i := 0, at-2
	for ; i >= 0 && at-i < 13 && (isDigit(text[i]) || text[i] == '/' || text[i] == '.'); i-- {
		if !isDigit(text[i]) {
			seps++
		}
	}
	return seps == 2
}

// numericDate reads a date that begins with a number; it returns 0 for none.
func (s *scanner) numericDate(c *Candidate, months map[string]month) (end int, score float64) {
	start := s.i
	a, n := s.number(8)
	switch n {
	case 4:
		return s.yearFirst(a, months)
	case 6, 8: // written together: only where it must be a date
		if b := s.peek(); inWord[b] || b == '-' && isDigit(s.at(1)) {
			return 0, 0
		}
		end = s.i
		if !compact(s.text[start:end]) {
			return 0, 0
		}
		if near := c.Label(); near >= 0 && near <= 6 && labelOfBirth(s.text[:start]) {
			return end, 0.7
		}
		return 0, 0
	case 1, 2:
	default:
		return 0, 0
	}
	// An ordinal: 3rd, 1º, 1.
	ordinal := false
	switch b := s.peek(); {
	case b == 's' || b == 't' || b == 'n' || b == 'r' || b == 'e' || b == 'S' || b == 'T' || b == 'N' || b == 'R':
		switch w, _ := s.word(); string(w) {
		case "st", "nd", "rd", "th", "er":
			ordinal = true
		default:
			return 0, 0
		}
	case inWord[b]:
		return 0, 0
	}
	if s.short {
		return 0, 0
	}
	sep := s.peek()
	switch sep {
	case '/', '-', '.':
		s.i++
		gap := 0
		if sep == '.' {
			gap = s.spaces(1)
		}
		if isDigit(s.peek()) && !ordinal {
			return s.figures(a, n, sep, gap)
		}
		if sep == '/' && !inWord[s.peek()] {
			return 0, 0
		}
	case ' ', '\n':
		s.spaces(2)
		if s.skip('(') || isDigit(s.peek()) {
			return 0, 0
		}
	default:
		return 0, 0
	}
	if a < 1 || a > 31 || !inWord[s.peek()] {
		return 0, 0
	}
	return s.namedMonth(sep, months)
}

// namedMonth reads the month's name after the day, and the year if there is one.
func (s *scanner) namedMonth(sep byte, months map[string]month) (end int, score float64) {
	w, capital := s.word()
	if string(w) == "de" || string(w) == "of" || string(w) == "day" { // 3 de mayo, 3rd of May, 3rd day of May
		if string(w) == "day" {
			s.spaces(1)
			if w, _ = s.word(); string(w) != "of" {
				return 0, 0
			}
		}
		s.spaces(1)
		w, capital = s.word()
	}
	m, ok := months[string(w)]
	if !ok {
		return 0, 0
	}
	if isDigit(s.peek()) {
		return 0, 0
	}
	end = s.i
	year := s.year(sep)
	if year > 0 {
		return s.time(year), 0.9
	}
	if m.ambiguous && !capital && sep != '-' && sep != '/' {
		return 0, 0
	}
	if sep == '/' {
		return 0, 0
	}
	return end, 0.6
}

// year reads the year after a month and returns its end, or 0 and stays.
func (s *scanner) year(sep byte) int {
	from := s.i
	s.skip('.')
	switch b := s.peek(); b {
	case '-', '/':
		s.i++
		if v, n := s.number(4); n == 4 && plausibleYear(v) || n == 2 && b == sep {
			if !inWord[s.peek()] {
				return s.i
			}
		}
		s.i = from
		return 0
	case ',', ' ', '\n':
		s.skip(',')
		s.spaces(2)
		if w := s.peek(); w == 'd' || w == 'o' {
			switch w, _ := s.word(); string(w) {
			case "de", "del", "of":
				s.spaces(1)
				if s.literal("año ") {
					s.spaces(1)
				}
			default:
				s.i = from
				return 0
			}
		}
		if v, n := s.number(4); n == 4 && plausibleYear(v) && !inWord[s.peek()] {
			return s.i
		}
		if s.i < len(s.text) && s.text[s.i] == '\'' && isDigit(s.at(1)) && isDigit(s.at(2)) && !isDigit(s.at(3)) {
			s.i += 3
			return s.i
		}
	}
	s.i = from
	return 0
}

func plausibleYear(y int) bool { return 1800 <= y && y <= 2199 }

// figures reads "b/y" after "a/".
func (s *scanner) figures(a, n int, sep byte, gap int) (end int, score float64) {
	b, m := s.number(2)
	if m == 0 || s.peek() != sep {
		return 0, 0
	}
	s.i++
	if gap > 0 && s.spaces(1) != gap {
		return 0, 0
	}
	y, k := s.number(4)
	if k != 4 && k != 2 || !dayAndMonth(a, b) {
		if k > 2 || k <= 0 || n != 2 || !dayAndMonth(y, b) || sep == '.' || a <= 31 { // not 85-08-17
			return 0, 0
		}
	}
	if k == 4 && !plausibleYear(y) {
		return 0, 0
	}
	if k == 2 && (sep == '.' || sep == '-') && (n != 2 || m != 2) && sep == '.' {
		return 0, 0 // 1.2.10 numbers a section
	}
	switch next := s.peek(); {
	case inWord[next] && next != 'T':
		return 0, 0
	case next == '/' || next == '-' || next == '.':
		if isDigit(s.at(1)) && (next != '-' || sep == '-') { // longer: no date
			return 0, 0
		}
	}
	if k == 4 {
		return s.time(s.i), 0.85
	}
	return s.time(s.i), 0.6
}

func dayAndMonth(a, b int) bool {
	return 1 <= a && a <= 31 && 1 <= b && b <= 12 || 1 <= a && a <= 12 && 1 <= b && b <= 31
}

// yearFirst reads "-m-d" after a year.
func (s *scanner) yearFirst(y int, months map[string]month) (end int, score float64) {
	if !plausibleYear(y) {
		return 0, 0
	}
	sep := s.peek()
	if sep != '-' && sep != '/' && sep != '.' {
		return 0, 0
	}
	s.i++
	if sep == '.' {
		s.spaces(1)
	}
	if !isDigit(s.peek()) { // 1985. május 5., 2024-May-03
		w, _ := s.word()
		if m, ok := months[string(w)]; !ok || m.number == 0 {
			return 0, 0
		}
		if sep == '-' && !s.skip('-') {
			return 0, 0
		}
		if sep == '.' {
			s.spaces(1)
		}
		d, n := s.number(2)
		if n == 0 || d < 1 || d > 31 || inWord[s.peek()] {
			return 0, 0
		}
		if sep == '.' {
			s.skip('.')
		}
		return s.i, 0.9
	}
	m, n := s.number(2)
	if n == 0 || m < 1 || m > 12 || s.peek() != sep {
		return 0, 0
	}
	s.i++
	if sep == '.' {
		s.spaces(1)
	}
	d, k := s.number(2)
	if k == 0 || d < 1 || d > 31 {
		return 0, 0
	}
	switch next := s.peek(); {
	case inWord[next] && next != 'T' && next != 't':
		return 0, 0
	case (next == '-' || next == '/' || next == '.') && isDigit(s.at(1)):
		return 0, 0
	}
	return s.time(s.i), 0.9
}

// monthFirst reads "March 12, 2024", "March 12", "March 2024", "febrero de 2004".
func (s *scanner) monthFirst(months map[string]month) (end int, score float64) {
	from := s.i
	w, capital := s.word()
	m := months[string(w)]
	sep := byte(' ')
	if s.peek() == '-' || s.peek() == '/' {
		sep = s.text[s.i]
	}
	if y := s.year(sep); y > 0 { // month and year
		if m.ambiguous && !capital {
			return 0, 0
		}
		return y, 0.8
	}
	if s.short {
		return 0, 0
	}
	s.skip('.')
	if !capital {
		return 0, 0
	}
	if second := s.text[from+1]; 'A' <= second && second <= 'Z' { // OCT 3, MAR 2: abbreviations of other things
		return 0, 0
	}
	if s.spaces(2) == 0 {
		return 0, 0
	}
	d, n := s.number(2)
	if n == 0 || d < 1 || d > 31 {
		return 0, 0
	}
	end = s.i
	if inWord[s.peek()] {
		switch w, _ := s.word(); string(w) {
		case "st", "nd", "rd", "th":
			end = s.i
		default:
			return 0, 0
		}
	}
	if s.peek() == '-' && isDigit(s.at(1)) { // March 3-5
		s.i++
		if d, n := s.number(2); n == 0 || d > 31 || inWord[s.peek()] {
			return 0, 0
		}
		end = s.i
	}
	if b := s.peek(); b == '%' || b == '/' || (b == '.' || b == ',' || b == ':') && isDigit(s.at(1)) {
		return 0, 0
	}
	s.i = end
	if y := s.year(sep); y > 0 {
		return s.time(y), 0.9
	}
	s.i = end
	if b := s.peek(); b == ' ' {
		s.i++
		switch w, _ := s.word(); string(w) {
		case "mg", "ml", "mcg", "g", "kg", "mmol", "units", "patients", "people", "percent", "times", "doses", "cases":
			return 0, 0
		}
	}
	return end, 0.6
}

// time extends a date by the time of day that follows it, if one does.
func (s *scanner) time(end int) int {
	s.i = end
	switch b := s.peek(); b {
	case 'T', 't', ' ':
		s.i++
	case ',':
		s.i++
		if !s.skip(' ') {
			return end
		}
	default:
		return end
	}
	if s.peek() == 'a' && (!s.literal("at ")) {
		return end
	}
	h, n := s.number(2)
	if n == 0 || h > 24 || !s.skip(':') && !s.skip('h') {
		return end
	}
	m, k := s.number(2)
	if k != 2 || m > 59 {
		return end
	}
	if s.peek() == ':' && isDigit(s.at(1)) {
		s.i++
		if _, k := s.number(2); k != 2 {
			return end
		}
		if s.peek() == '.' && isDigit(s.at(1)) {
			s.i++
			s.number(9)
		}
	}
	to := s.i
	switch b := s.peek(); b {
	case 'Z':
		to = s.i + 1
	case '+', '-':
		s.i++
		if _, k := s.number(2); k == 2 {
			to = s.i
			if s.skip(':') {
				if _, k := s.number(2); k == 2 {
					to = s.i
				}
			} else if _, k := s.number(2); k == 2 {
				to = s.i
			}
		}
	case ' ', 'a', 'p', 'A', 'P':
		s.skip(' ')
		if b := s.peek() | 0x20; b == 'a' || b == 'p' {
			switch w, _ := s.word(); string(w) {
			case "am", "pm":
				to = s.i
			case "a", "p":
				if s.literal(".m.") {
					to = s.i
				}
			}
		}
	}
	return to
}

// compact reports whether six or eight digits can be a date in some usual order.
func compact(d []byte) bool {
	two := func(i int) int { return int(d[i]-'0')*10 + int(d[i+1]-'0') }
	if len(d) == 6 {
		return dayAndMonth(two(0), two(2)) || dayAndMonth(two(4), two(2))
	}
	year := func(i int) bool { return 1850 <= two(i)*100+two(i+2) && two(i)*100+two(i+2) < 2100 }
	return year(4) && dayAndMonth(two(0), two(2)) || year(0) && dayAndMonth(two(6), two(4))
}

// labelOfBirth reports whether a label of a date stands right before.
func labelOfBirth(before []byte) bool {
	i := len(before)
	for i > 0 && (before[i-1] == ' ' || before[i-1] == ':' || before[i-1] == '=' || before[i-1] == '#') {
		i--
	}
	end := i
	for i > 0 && isLetter(before[i-1]) {
		i--
	}
	w := before[i:end]
	for _, label := range [...]string{"dob", "birth", "born", "birthdate", "nacimiento", "geboren", "geburtsdatum", "date", "fecha"} {
		if len(w) == len(label) && equalFold(w, label) {
			return true
		}
	}
	return false
}

// ofLaw reports whether what stands before a date makes it the date of a law: "the Act of", "Directive 95/46/EC of".
func ofLaw(before []byte) bool {
	i := len(before)
	for i > 0 && (before[i-1] == ' ' || before[i-1] == '\n' || before[i-1] == '.' || isDigit(before[i-1])) { // the day, where the month was met first
		i--
	}
	end := i
	for i > 0 && isLetter(before[i-1]) {
		i--
	}
	if w := string(before[i:end]); w == "de" && i > 3 && isDigit(before[i-2]) { // 14 de noviembre
		return ofLaw(before[:i-1])
	}
	switch string(before[i:end]) {
	case "of", "de", "vom", "du", "del", "approved", "dated":
	default:
		return false
	}
	// Back over numbers, brackets and references to the law's own name, at most six words.
	for words := 0; words < 7 && i > 0; words++ {
		for i > 0 && (before[i-1] == ' ' || before[i-1] == ',' || before[i-1] == '(' || before[i-1] == ')' || before[i-1] == '\n') {
			i--
		}
		end = i
		for i > 0 && before[i-1] > ' ' && before[i-1] != ',' && before[i-1] != '(' && before[i-1] != ')' && before[i-1] != ';' {
			i--
		}
		w := string(before[i:end])
		if w == "" || w[len(w)-1] == '.' && len(w) > 4 || w[len(w)-1] == ';' {
			return false
		}
		switch w {
		case "Act", "Acts", "Directive", "Regulation", "Regulations", "Decree", "Statute", "Treaty", "Convention", "Code", "Amendment", "Constitution", "Ordinance", "Proclamation", "Charter",
			"Ley", "Decreto", "Real", "Directiva", "Reglamento", "Orgánica", "Orden", "Gesetz", "Verordnung", "Richtlinie", "Gesetzes", "Loi", "loi", "Décret", "Règlement", "BGBl", "Bekanntmachung", "Protocol", "Covenant":
			return true
		}
		if len(w) > 0 && 'a' <= w[0] && w[0] <= 'z' && w != "of" && w != "the" && w != "on" && w != "de" && w != "y" && w != "and" && w != "as" && w != "amended" && w != "by" {
			return false
		}
	}
	return false
}

// equalFold compares in ASCII without regard to case.
func equalFold(b []byte, lower string) bool {
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
