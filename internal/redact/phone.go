package redact

// Telephone and fax numbers.
const (
	PhoneNumber Type = "PHONE_NUMBER"
	TRPhone     Type = "TR_PHONE_NUMBER"
	PHMobile    Type = "PH_MOBILE_NUMBER"
)

// Phone finds telephone and fax numbers: international ones with their country's code; those of North America in their
// groups; national ones with the 0 of long distance, in groups; and, with a word for it before or after, whatever is
// written like a number of 6 to 15 digits and not like a date.
func Phone() Rule {
	return Rule{Name: "phone/2", Type: PhoneNumber, Anchors: "+(" + figure, If: mayBePhone, Match: matchPhone, Context: []string{
		"phone", "telephone", "tel", "mobile", "cell", "cellphone", "fax", "telefax", "call", "called", "calling", "dial", "ring", "desk", "contact", "contact number", "sms", "text",
		"whatsapp", "pager", "beeper", "hotline", "helpline", "answering", "message", "registered", "ph", "mob", "voicemail", "callback", "line", "landline", "telephone number", "fax number",
		"phone number", "telefon", "telefonnummer", "tel nr", "rufnummer", "handy", "mobil", "mobilnummer", "fon", "teléfono", "telefono", "tlf", "tfno", "telf", "móvil", "movil", "téléphone",
		"portable", "tél", "telefone", "telemóvel", "celular", "contacto", "cellulare", "telefoon", "gsm", "puhelin", "matkapuhelin", "telefonszám", "telepono", "telefon numarası", "whats app",
	}}
}

// mayBePhone: six digits, or a separator and another digit after fewer.
func mayBePhone(w *Word) bool {
	switch {
	case w.joined():
		return false
	case w.After == 0, w.Next == 0:
		return true
	case w.Digits == 0: // + or (
		return (isDigit(w.After) || w.After == '(') && w.sixDigits()
	case len(w.Text) > w.Digits:
		return w.Digits >= 6
	case w.Digits >= 6:
		return true
	}
	return contains(" -./(", w.After) && (isDigit(w.Next) || contains(" -./(", w.Next)) && w.sixDigits()
}

// sixDigits: that many stand there with nothing between but what stands in numbers, or the text ends before it is known.
func (w *Word) sixDigits() bool {
	digits := 0
	for _, b := range w.stream.text[w.at:] {
		switch {
		case isDigit(b):
			if digits++; digits == 6 {
				return true
			}
		case !contains(" -./()+\n", b):
			return false
		}
	}
	return true
}

const maxPhone = 15 // digits, by ITU-T E.164

// dialled is a number as it is written.
type dialled struct {
	digits [maxPhone + 1]byte
	n      int
	sizes  [10]int
	ends   [10]int // of the groups, in the text
	groups int
	plus   bool
	paren  bool
	plain  bool // no separator but spaces
	dots   bool // no separator but dots
	open   bool // the text ended inside
}

func matchPhone(c *Candidate) Verdict {
	text, at := c.Text, c.At
	if at > 0 {
		b := text[at-1]
		if b == '+' && text[at] != '(' || isWord(b) && b != '_' || b == '$' || b == '#' && text[at] == '+' {
			return None
		}
		if (b == '.' || b == '-' || b == '/' || b == ':' || b == ',') && at > 1 && isDigit(text[at-2]) {
			return None
		}
		if b == '-' && at > 1 && isWord(text[at-2]) {
			return None
		}
	}
	if at > 0 && text[at-1] >= 0x80 && (afterWord(text, at) || at > 1 && text[at-2] == 0xC2 && (text[at-1] == 0xA3 || text[at-1] == 0xA7) || at > 2 && text[at-3] == 0xE2 && text[at-2] == 0x82) {
		return None
	}
	var d dialled
	if !d.read(text, at) {
		if d.open && c.More {
			return c.Undecided(at)
		}
		return None
	}
	if d.open && c.More {
		return c.Undecided(at)
	}
	if d.n < 6 {
		return None
	}
	late := afterDigit(text, at) || inIBAN(text, at) // after another number, of which it may be a part
	label := -1
	asked := false
	if late && !d.plus { // nothing but a word makes it a number of its own
		if label, asked = c.Label(), true; label < 0 || label > 48 {
			return None
		}
	}
	for g := d.groups; g > 0; g-- {
		if d.n < 6 || d.n == 6 && g > 2 {
			break
		}
		end := d.ends[g-1]
		if c.More && end+1 == len(text) && contains("-/:.", text[end]) {
			return c.Undecided(at)
		}
		if !(end < len(text) && (isWord(text[end]) && text[end]|0x20 != 'x' || text[end] == '%' || (text[end] == '-' || text[end] == '/' || text[end] == ':' || text[end] == '.') && end+1 < len(text) && isDigit(text[end+1]))) {
			kind, score := d.judge(late)
			if score == 0 {
				if !asked {
					label, asked = c.Label(), true
				}
				switch {
				case label >= 0 && label <= 48 && d.spoken(g):
					score = 0.75 - near(label)
				case d.n >= 7 && d.n <= 11 && g >= 2 && !late && d.spoken(g) && g == d.groups:
					switch v := spokenAfter(text, end, c.More); v {
					case Live:
						return c.Undecided(at)
					case Found:
						score = 0.7
					}
				case d.n == 10 && g == 1 && d.turkish() || d.n == 11 && g == 1 && d.digits[0] == '0' && (d.digits[1] == '9' || d.digits[1] == '7'):
					e := *c
					e.Stop = end
					if e.alone() {
						score = 0.6
					}
				}
				kind = d.kind()
			} else if !asked {
				if label, asked = c.Label(), true; label >= 0 && label <= 48 {
					score = max(score, 0.95)
				}
			}
			if score > 0 {
				stop, open := extension(text, end)
				if open && c.More {
					return c.Undecided(at)
				}
				c.Type = kind
				return c.Is(at, stop, score)
			}
		}
		d.n -= d.sizes[g-1]
		d.groups--
	}
	return None
}

// read takes a number's groups from text[at:] and reports whether it is one at all.
func (d *dialled) read(text []byte, at int) bool {
	i := at
	d.plain, d.dots = true, true
	if text[i] == '+' {
		d.plus = true
		i++
	}
	inParen := false
	for d.groups < len(d.sizes) {
		// What stands before a group: a bracket or digits.
		if i == len(text) {
			d.open = true
			break
		}
		if text[i] == '(' && !d.paren {
			d.paren, inParen = true, true
			d.plain, d.dots = false, false
			i++
		}
		from := i
		for i < len(text) && isDigit(text[i]) && d.n+i-from <= maxPhone {
			i++
		}
		size := i - from
		if d.n+size > maxPhone {
			return false
		}
		if i == len(text) {
			d.open = true
		}
		if size == 0 || inParen && size > 5 {
			break
		}
		copy(d.digits[d.n:], text[from:i])
		if inParen {
			if i == len(text) {
				break
			}
			if text[i] != ')' {
				break
			}
			i++
			inParen = false
		}
		d.n += size
		d.sizes[d.groups], d.ends[d.groups] = size, i
		d.groups++
		if i == len(text) {
			d.open = true
			break
		}
		// A separator, or two of which one is a space.
		k := i
		for k < len(text) && k-i < 3 && (text[k] == ' ' || text[k] == '-' || text[k] == '.' || text[k] == '/' || text[k] == '\n' && k == i) {
			k++
		}
		spaced := k-i == 3 && text[i] == ' ' && (text[i+1] == '/' || text[i+1] == '-') && text[i+2] == ' ' // 030 / 901820
		if k == len(text) && (k-i < 3 || spaced) {
			d.open = true
			break
		}
		if k-i == 3 && !spaced || !isDigit(text[k]) && (text[k] != '(' || d.paren) {
			break
		}
		for _, b := range text[i:k] {
			d.plain = d.plain && (b == ' ' || b == '\n')
			d.dots = d.dots && b == '.'
			if b == '\n' {
				return d.groups > 0 && d.n >= 6 // a line's end ends a number, unless a check digit speaks for it
			}
		}
		i = k
	}
	return d.groups > 0
}

// judge returns how sure the number is by its form alone.
func (d *dialled) judge(late bool) (Type, float64) {
	v := d.digits[:d.n]
	one := d.groups == 1
	switch {
	case d.plus || d.n > 9 && v[0] == '0' && v[1] == '0' && !one && !late:
		from := 0
		if !d.plus {
			from = 2
		}
		code := callingCode(v[from:])
		national := d.n - from - code
		if code == 0 || national < 5 || national < 7 && !d.plus || d.n-from > maxPhone || d.n-from < 8 {
			return "", 0
		}
		rest := v[from+code:]
		if v[from] == '1' && (national != 10 || rest[0] < '2' || rest[3] < '2') {
			return "", 0
		}
		switch {
		case code == 2 && string(v[from:from+2]) == "90" && national == 10:
			return TRPhone, 0.9
		case code == 2 && string(v[from:from+2]) == "63" && national == 10 && rest[0] == '9':
			return PHMobile, 0.9
		}
		return PhoneNumber, 0.9
	case late:
		return "", 0
	case d.n == 10 && v[0] >= '2' && v[3] >= '2' && !one && d.grouped(3, 3, 4), d.n == 11 && v[0] == '1' && v[1] >= '2' && v[4] >= '2' && d.grouped(1, 3, 3, 4),
		d.n == 10 && v[0] >= '2' && v[3] >= '2' && d.grouped(3, 7) && d.paren:
		return PhoneNumber, 0.7
	case d.n == 10 && d.turkish() && (d.grouped(3, 3, 2, 2) || d.grouped(3, 7) && d.paren), d.n == 11 && v[0] == '0' && d.turkish() && (d.grouped(4, 3, 2, 2) || d.grouped(1, 3, 3, 2, 2) || d.grouped(1, 3, 7) || d.grouped(4, 3, 4) && v[1] == '5'):
		return TRPhone, 0.72
	case d.n == 11 && v[0] == '0' && v[1] == '9' && (d.grouped(4, 3, 4) || d.grouped(4, 7)):
		return PHMobile, 0.71
	case v[0] == '0' && v[1] != '0' && 9 <= d.n && d.n <= 11 && !one && !d.dated() && !d.grouped(3, 3, 3) && !d.grouped(3, 2, 4) && (d.groups > 2 || d.n > 9):
		if d.sizes[0] < 2 || d.sizes[0] > 5 || d.dots && !d.grouped(2, 2, 2, 2, 2) {
			return "", 0
		}
		for _, n := range d.sizes[:d.groups] {
			if n < 2 {
				return "", 0
			}
		}
		return PhoneNumber, 0.65
	case d.n == 11 && one && v[0] == '0' && v[1] == '9' && v[2] != '0':
		return PHMobile, 0.55
	case d.paren && v[0] == '0' && d.n >= 8:
		return PhoneNumber, 0.6
	}
	return "", 0
}

func (d *dialled) kind() Type {
	v := d.digits[:d.n]
	switch {
	case d.n == 11 && v[0] == '0' && v[1] == '9':
		return PHMobile
	case d.n == 10 && d.groups == 1 && d.turkish() && v[3] < '2', d.n == 11 && v[0] == '0' && d.turkish() && d.groups == 1:
		return TRPhone
	}
	return PhoneNumber
}

// turkish reports whether the number begins with an area or mobile network of Turkey.
func (d *dialled) turkish() bool {
	v := d.digits[:d.n]
	if v[0] == '0' {
		v = v[1:]
	}
	if len(v) != 10 {
		return false
	}
	switch a := num(v, 0, 3); {
	case a >= 500 && a <= 559:
		return true
	case a >= 212 && a <= 288, a >= 312 && a <= 392, a >= 412 && a <= 488:
		return a%2 == 0
	}
	return false
}

func (d *dialled) grouped(sizes ...int) bool {
	if len(sizes) != d.groups {
		return false
	}
	for i, n := range sizes {
		if d.sizes[i] != n {
			return false
		}
	}
	return true
}

// dated reports whether the groups are those of a date.
func (d *dialled) dated() bool {
	s := d.sizes
	return d.groups >= 3 && (s[0] <= 2 && s[1] <= 2 && s[2] == 4 || s[0] == 4 && s[1] == 2 && s[2] == 2) || d.groups == 3 && s[0] <= 2 && s[1] <= 2 && s[2] == 2 ||
		d.groups == 2 && s[0] == 4 && s[1] == 4 && d.n == 8 && d.digits[0] <= '2' && d.digits[4] <= '2'
}

// spoken reports whether a word is enough to make the number of the first g groups one of a telephone.
func (d *dialled) spoken(g int) bool {
	if d.dated() || d.n < 6 || g == 1 && d.n < 7 || repeated(d.digits[:d.n]) {
		return false
	}
	if d.dots && g > 1 && d.n < 8 {
		return false
	}
	for _, n := range d.sizes[:g] {
		if n == 1 && d.n < 8 {
			return false
		}
	}
	return true
}

// spokenAfter looks for a word after the number, in brackets or not.
func spokenAfter(text []byte, end int, more bool) Verdict {
	i := end
	for i < len(text) && i-end < 2 && (text[i] == ' ' || text[i] == '(') {
		i++
	}
	if i == len(text) && more && i-end < 2 {
		return Live
	}
	if i == end {
		return None
	}
	for _, w := range [...]string{"office", "fax", "mobile", "home", "cell", "phone", "work", "tel"} {
		k := 0
		for k < len(w) && i+k < len(text) && text[i+k]|0x20 == w[k] {
			k++
		}
		switch {
		case k == len(w):
			if i+k == len(text) {
				if more {
					return Live
				}
				return Found
			}
			if !isWord(text[i+k]) {
				return Found
			}
		case i+k == len(text) && more:
			return Live
		}
	}
	return None
}

// extension returns where "x123" or "ext. 123" after text[end:] ends, end if there is none, and whether more text decides.
func extension(text []byte, end int) (stop int, open bool) {
	i := end
	for i < len(text) && i-end < 2 && (text[i] == ' ' || text[i] == ',') {
		i++
	}
	if i == len(text) {
		return end, true
	}
	from := i
	for i < len(text) && isLetter(text[i]) && i-from < 10 {
		i++
	}
	if i == from {
		return end, false
	}
	word := string(text[from:i])
	known := false
	for _, w := range [...]string{"x", "X", "ext", "Ext", "EXT", "extension", "Extension"} {
		known = known || w == word
		if i == len(text) && len(word) < len(w) && w[:len(word)] == word {
			open = true
		}
	}
	if !known {
		return end, open
	}
	for i < len(text) && i-from < 14 && (text[i] == '.' || text[i] == ' ' || text[i] == ':') {
		i++
	}
	first := i
	for i < len(text) && isDigit(text[i]) && i-first < 7 {
		i++
	}
	if i == len(text) {
		open = true
	}
	if i == first || i-first > 6 || i < len(text) && isWord(text[i]) {
		return end, open
	}
	return i, open
}

// callingCode returns how many digits a country's calling code at the start of v has, 0 if there is none such (ITU-T E.164).
func callingCode(v []byte) int {
	if len(v) < 4 {
		return 0
	}
	if v[0] == '1' || v[0] == '7' {
		return 1
	}
	switch num(v, 0, 2) {
	case 20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98:
		return 2
	}
	switch n := num(v, 0, 3); {
	case n >= 211 && n <= 269 && n != 259, n == 290, n == 291, n >= 297 && n <= 299, n >= 350 && n <= 359, n >= 370 && n <= 389, n == 420, n == 421, n == 423,
		n >= 500 && n <= 509, n >= 590 && n <= 599, n >= 670 && n <= 692, n == 800, n == 808, n == 850, n == 852, n == 853, n == 855, n == 856, n == 870, n == 880, n == 886,
		n >= 960 && n <= 968, n >= 970 && n <= 977, n >= 992 && n <= 998:
		return 3
	}
	return 0
}
