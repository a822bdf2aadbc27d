package redact

// German identifiers.
const (
	DETaxID          Type = "DE_TAX_ID"
	DETaxNumber      Type = "DE_TAX_NUMBER"
	DEVATID          Type = "DE_VAT_ID"
	DEIDCard         Type = "DE_ID_CARD"
	DEPassport       Type = "DE_PASSPORT"
	DESocialSecurity Type = "DE_SOCIAL_SECURITY"
	DEHealth         Type = "DE_HEALTH_INSURANCE"
	DELANR           Type = "DE_LANR"
	DEBSNR           Type = "DE_BSNR"
	DEFuehrerschein  Type = "DE_FUEHRERSCHEIN"
	DEHandelsreg     Type = "DE_HANDELSREGISTER"
	DEKFZ            Type = "DE_KFZ"
	DEPLZ            Type = "DE_PLZ"
)

func germanRules() []Rule {
	return []Rule{
		// Steuer-ID: one of the first ten digits stands there two or three times; ISO 7064 MOD 11,10.
		spec{
			name: "de_tax_id/1", kind: DETaxID, sizes: []int{11}, groups: [][]int{{11}, {2, 3, 3, 3}},
			context: []string{"steuer id", "steuerid", "steueridentifikationsnummer", "steuerliche identifikationsnummer", "identifikationsnummer", "idnr", "tax id", "tin", "steuer identifikationsnummer"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				most, several := repeats(v[:10])
				return v[0] != '0' && most <= 3 && several <= 1 && mod11And10(v)
			}),
			spoken: 1, grouped: 0.7, alone: 0.7,
		}.rule(),
		spec{
			name: "de_tax_id_named/1", kind: DETaxID, sizes: []int{11}, groups: [][]int{{11}, {2, 3, 3, 3}},
			context: []string{"steuer id", "steuerid", "steueridentifikationsnummer", "idnr", "steuer identifikationsnummer"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool { return v[0] != '0' }), spoken: 0.9,
		}.rule(),
		spec{
			name: "de_tax_id_strict/1", kind: DETaxID, sizes: []int{11}, groups: [][]int{{11}},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				most, pairs := repeats(v[:10])
				return v[0] != '0' && mod11And10(v) && pairs == 1 && (most == 2 || most == 3)
			}),
			bare: 0.8,
		}.rule(),
		// Steuernummer: a state's 01 to 16 and eleven digits, or the parts of a tax office with slashes.
		spec{
			name: "de_tax_number/1", kind: DETaxNumber, sizes: []int{13}, groups: [][]int{{13}},
			context: []string{"steuernummer", "steuer nr", "st nr", "finanzamt", "steuerbescheid", "umsatzsteuer", "einkommensteuer"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool { n := num(v, 0, 2); return 1 <= n && n <= 16 && v[2] != '0' }),
			spoken: 0.9, alone: 0.55,
		}.rule(),
		spec{
			name: "de_tax_number_local/1", kind: DETaxNumber, sizes: []int{10, 11}, groups: [][]int{{3, 3, 5}}, seps: "/",
			context: []string{"steuernummer", "steuer nr", "st nr", "finanzamt", "steuerbescheid"},
			letters: NoLetters, check: digitsThat(func([]byte) bool { return true }), spoken: 0.9, grouped: 0.6,
		}.rule(),
		spec{
			name: "de_tax_number_short/1", kind: DETaxNumber, sizes: []int{10, 11}, groups: [][]int{{2, 3, 5}, {3, 4, 4}}, seps: "/ ",
			context: []string{"steuernummer", "steuer nr", "st nr", "finanzamt", "steuerbescheid"},
			letters: NoLetters, check: digitsThat(func([]byte) bool { return true }), spoken: 0.9, alone: 0.55,
		}.rule(),
		{
			Name: "de_vat_id/1", Type: DEVATID, Sizes: []int{11}, Letters: WithLetters, Match: matchDEVAT, Context: []string{
				"ust", "ustid", "ust idnr", "ust id", "umsatzsteuer", "vat", "mwst",
			},
		},
		// Documents: the letters that travel documents use, eight places and a check digit (ICAO Doc 9303, weights 7, 3, 1).
		spec{
			name: "de_passport/2", kind: DEPassport, sizes: []int{9}, groups: [][]int{{9}},
			context: []string{"reisepass", "pass", "passnummer", "reisepassnummer", "passport", "pass nr"},
			letters: WithLetters, check: func(c *Candidate) bool {
				return contains("CFGHJK", c.Value[0]) && (isDigit(c.Value[1]) || c.Context() >= 0) && serial(c.Value) && icao(c.Value) && c.noCode()
			},
			spoken: 1, bare: 0.62,
		}.rule(),
		spec{
			name: "de_id_card/2", kind: DEIDCard, sizes: []int{9}, groups: [][]int{{9}},
			context: []string{"personalausweis", "personalausweisnummer", "ausweis", "ausweisnummer", "id card", "identity card", "ausweis nr", "perso"},
			letters: WithLetters, check: func(c *Candidate) bool { return serial(c.Value) && icao(c.Value) && c.noCode() },
			spoken: 1, bare: 0.61,
		}.rule(),
		spec{
			name: "de_id_card_old/2", kind: DEIDCard, sizes: []int{9, 10}, groups: [][]int{{9}, {10}, {9, 1}},
			context: []string{"personalausweis", "personalausweisnummer", "ausweis", "ausweisnummer", "ausweis nr", "perso"},
			letters: WithLetters, check: func(c *Candidate) bool {
				return contains("LMNPRTVWXY", c.Value[0]) && serial(c.Value[:9]) && (len(c.Value) == 9 || isDigit(c.Value[9]) && c.Context() >= 0)
			},
			spoken: 0.9, alone: 0.55,
		}.rule(),
		// Rentenversicherungsnummer: area, date of birth, initial, sex and a check digit.
		spec{
			name: "de_social_security/1", kind: DESocialSecurity, sizes: []int{12}, groups: [][]int{{12}, {2, 6, 1, 3}, {2, 6, 4}},
			context: []string{"rvnr", "rentenversicherungsnummer", "sozialversicherungsnummer", "rentenversicherung", "sv nummer", "svnr"},
			letters: WithLetters, check: func(c *Candidate) bool { return rvnr(c.Value) }, spoken: 1, grouped: 0.9, bare: 0.9,
		}.rule(),
		// Krankenversichertennummer: a letter, eight digits and a check digit.
		spec{
			name: "de_health/1", kind: DEHealth, sizes: []int{10}, groups: [][]int{{10}},
			context: []string{"kvnr", "krankenversichertennummer", "versichertennummer", "krankenkasse", "krankenversicherung", "egk", "versicherten nr"},
			letters: WithLetters, check: func(c *Candidate) bool { return kvnr(c.Value) }, spoken: 1, bare: 0.65,
		}.rule(),
		// Arztnummer: six digits, a check digit, and the speciality.
		spec{
			name: "de_lanr/1", kind: DELANR, sizes: []int{9}, groups: [][]int{{9}},
			context: []string{"lanr", "arztnummer", "arzt nr", "vertragsarzt", "lebenslange arztnummer"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				return (10-weighted(v, 4, 9, 4, 9, 4, 9)%10)%10 == int(v[6]-'0') && num(v, 7, 9) > 0
			}),
			spoken: 1, alone: 0.6,
		}.rule(),
		spec{
			name: "de_bsnr/1", kind: DEBSNR, sizes: []int{9}, groups: [][]int{{9}},
			context: []string{"bsnr", "betriebsstättennummer", "betriebsstätte", "betriebsstätten nr"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool { n := num(v, 0, 2); return n >= 1 && n <= 99 }), spoken: 0.9,
		}.rule(),
		// Führerschein: an authority's two letters, eight digits and a letter; with a word for it the general form.
		spec{
			name: "de_fuehrerschein/1", kind: DEFuehrerschein, sizes: []int{11}, groups: [][]int{{11}},
			context: []string{"führerschein", "fuehrerschein", "führerscheinnummer", "fahrerlaubnis", "führerschein nr", "driving licence", "driver license"},
			letters: WithLetters, check: func(c *Candidate) bool {
				return like(c.Value, "AA99999999A") || isLetter(c.Value[0]) && like(c.Value, "A99******9*") && c.Context() >= 0
			},
			spoken: 0.9, bare: 0.6,
		}.rule(),
		spec{
			name: "de_plz/1", kind: DEPLZ, sizes: []int{5}, groups: [][]int{{5}}, context: []string{"plz", "postleitzahl"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool { return num(v, 0, 5) > 1000 }), spoken: 0.9,
		}.rule(),
		{Name: "de_handelsregister/1", Type: DEHandelsreg, Words: []string{"hra", "hrb"}, Match: matchHandelsregister},
		spec{
			name: "de_kfz/1", kind: DEKFZ, mixed: true, sizes: []int{3, 4, 5, 6, 7, 8, 9, 10}, seps: " -",
			context: []string{"kennzeichen", "kfz", "kfz kennzeichen", "fahrzeug", "nummernschild", "pkw", "amtliches kennzeichen"},
			letters: LetterFirst, check: kfz, spoken: 0.9, alone: 0.6,
		}.rule(),
	}
}

// repeats returns how often the commonest digit stands in v, and how many digits stand there more than once.
func repeats(v []byte) (most, several int) {
	var n [10]int
	for _, b := range v {
		n[b-'0']++
	}
	for _, k := range n {
		most = max(most, k)
		if k > 1 {
			several++
		}
	}
	return most, several
}

func matchDEVAT(c *Candidate) Verdict {
	v := c.Value
	if !like(v, "DE999999999") || c.goesOn() || c.At > 0 && c.Text[c.At-1] == '_' {
		return None
	}
	switch {
	case c.Context() >= 0:
		return c.whole(1)
	case mod11And10(v[2:]):
		return c.whole(0.9)
	case len(c.Seps) == 0:
		return c.whole(0.6)
	}
	return None
}

// serial reports whether v has the characters that German travel documents use.
func serial(v []byte) bool {
	letters := 0
	for i, b := range v {
		switch {
		case isDigit(b):
		case contains("CFGHJKLMNPRTVWXYZ", b):
			letters++
			if i == len(v)-1 {
				return false
			}
		default:
			return false
		}
	}
	return letters > 0 && letters < 6 && isLetter(v[0])
}

func icao(v []byte) bool {
	sum := 0
	weights := [...]int{7, 3, 1}
	for i, b := range v[:len(v)-1] {
		n := int(b - '0')
		if isLetter(b) {
			n = int(b-'A') + 10
		}
		sum += n * weights[i%3]
	}
	return sum%10 == int(v[len(v)-1]-'0')
}

func rvnr(v []byte) bool {
	if !like(v, "99999999A999") || !day(0, num(v, 4, 6), num(v, 2, 4)) {
		return false
	}
	letter := int(v[8]-'A') + 1
	d := [...]int{
		int(v[0] - '0'), int(v[1] - '0'), int(v[2] - '0'), int(v[3] - '0'), int(v[4] - '0'), int(v[5] - '0'), int(v[6] - '0'), int(v[7] - '0'),
		letter / 10, letter % 10, int(v[9] - '0'), int(v[10] - '0'),
	}
	sum := 0
	for i, w := range [...]int{2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1} {
		p := d[i] * w
		sum += p/10 + p%10
	}
	return sum%10 == int(v[11]-'0')
}

func kvnr(v []byte) bool {
	if !like(v, "A999999999") {
		return false
	}
	letter := int(v[0]-'A') + 1
	sum := 0
	for i := range 10 {
		var d int
		switch i {
		case 0:
			d = letter / 10
		case 1:
			d = letter % 10
		default:
			d = int(v[i-1] - '0')
		}
		p := d * (1 + i%2)
		sum += p/10 + p%10
	}
	return sum%10 == int(v[9]-'0')
}

func matchHandelsregister(c *Candidate) Verdict {
	i := c.At + 3
	if i < len(c.Text) && (c.Text[i] == ' ' || c.Text[i] == '-') {
		i++
	}
	from := i
	for i < len(c.Text) && isDigit(c.Text[i]) && i-from < 7 {
		i++
	}
	if i == len(c.Text) && c.More {
		return c.Undecided(c.At)
	}
	if i == from || i-from > 6 || i < len(c.Text) && isWord(c.Text[i]) {
		return None
	}
	return c.Is(c.At, i, 0.9)
}

// noCode reports whether there are letters behind the first, or a word or the line's ends speak for the value: one letter
// and eight digits are what codes of all kinds look like, and one in ten has the check digit.
func (c *Candidate) noCode() bool {
	for _, b := range c.Value[1:] {
		if isLetter(b) {
			return true
		}
	}
	return c.Context() >= 0 || c.alone()
}

// kfz knows a district's one to three letters, one or two letters, up to four digits, and E or H.
func kfz(c *Candidate) bool {
	if len(c.Sizes) < 2 || len(c.Sizes) > 3 || string(c.Value[:3]) == "HLA" { // antigens
		return false
	}
	v := c.Value
	if !isLetter(v[c.Sizes[0]]) {
		return false
	}
	if last := v[len(v)-1]; last == 'E' || last == 'H' {
		v = v[:len(v)-1]
	}
	letters := 0
	for letters < len(v) && isLetter(v[letters]) {
		letters++
	}
	n := num(v, letters, len(v))
	if n <= 0 || v[letters] == '0' || len(v)-letters > 4 {
		return false
	}
	if len(c.Sizes) == 3 {
		return c.Sizes[0] <= 3 && c.Sizes[1] <= 2 && letters == c.Sizes[0]+c.Sizes[1]
	}
	return c.Sizes[0] <= 3 && letters > c.Sizes[0] && letters-c.Sizes[0] <= 2
}
