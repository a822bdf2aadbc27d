package redact

// UK identifiers.
const (
	UKNHS            Type = "UK_NHS"
	UKCHI            Type = "UK_CHI"
	UKNINO           Type = "UK_NINO"
	UKDrivingLicence Type = "UK_DRIVING_LICENCE"
	UKPostcode       Type = "UK_POSTCODE"
	UKVehicle        Type = "UK_VEHICLE_REGISTRATION"
)

func ukRules() []Rule {
	return []Rule{
		// NHS number: weights 10 to 2 and a check digit modulo 11.
		spec{
			name: "uk_nhs/1", kind: UKNHS, sizes: []int{10}, groups: [][]int{{10}, {3, 3, 4}},
			context: []string{"nhs", "national health", "health service", "health and care number", "h&c"},
			letters: NoLetters, check: digitsThat(nhs), spoken: 1, grouped: 0.8, alone: 0.7,
		}.rule(),
		// Scotland's CHI number: a date of birth, and the same check.
		spec{
			name: "uk_chi/1", kind: UKCHI, sizes: []int{10}, groups: [][]int{{10}, {6, 4}, {3, 3, 4}}, context: []string{"chi", "community health index"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool { return nhs(v) && day(0, num(v, 2, 4), num(v, 0, 2)) }),
			spoken: 1,
		}.rule(),
		// National insurance: two letters that are in use, six digits, A to D.
		spec{
			name: "uk_nino/1", kind: UKNINO, sizes: []int{9}, groups: [][]int{{9}, {2, 2, 2, 2, 1}, {2, 6, 1}, {8, 1}, {2, 3, 3, 1}},
			context: []string{"nino", "national insurance", "ni number", "ni no"},
			letters: LetterFirst, check: func(c *Candidate) bool {
				v := c.Value
				return like(v, "AA999999A") && !contains("DFIQUV", v[0]) && !contains("DFIQUVO", v[1]) && v[8] <= 'D' &&
					!oneOf(v[:2], "BG", "GB", "NK", "KN", "TN", "NT", "ZZ")
			},
			spoken: 1, grouped: 0.8, bare: 0.8,
		}.rule(),
		// With a label, letters that are not in use are a slip of the pen, or QQ of the forms' examples.
		spec{
			name: "uk_nino_spoken/1", kind: UKNINO, sizes: []int{9}, groups: [][]int{{9}, {2, 2, 2, 2, 1}, {2, 6, 1}, {8, 1}, {2, 3, 3, 1}},
			context: []string{"nino", "national insurance", "ni number", "ni no"},
			letters: LetterFirst, check: func(c *Candidate) bool {
				at := c.Label()
				return at >= 0 && at <= 24 && like(c.Value, "AA999999A") && c.capitals()
			},
			spoken: 0.9,
		}.rule(),
		// Driving licence: five of the name, decade, month (women plus 50), day, year, initials, and three more.
		spec{
			name: "uk_driving_licence/1", kind: UKDrivingLicence, sizes: []int{16}, groups: [][]int{{16}, {5, 6, 5}, {5, 6, 3, 2}},
			context: []string{"driving", "licence", "license", "driver", "dvla"},
			letters: WithLetters, check: func(c *Candidate) bool {
				v := c.Value
				m, d := num(v, 6, 8), num(v, 8, 10)
				padded := false
				for i, b := range v[:5] {
					if b == '9' && i > 0 {
						padded = true
					} else if !isLetter(b) || padded {
						return false
					}
				}
				name := func(b byte) bool { return isLetter(b) || b == '9' }
				return like(v, "*****999999****"+"*") && day(0, m%50, d) && m <= 62 && name(v[11]) && name(v[12]) && isLetter(v[14]) && isLetter(v[15])
			},
			spoken: 1, grouped: 0.8, bare: 0.9,
		}.rule(),
		// Vehicle registration: since 2001, and with a word for it the older forms.
		spec{
			name: "uk_vehicle/1", kind: UKVehicle, sizes: []int{7}, groups: [][]int{{7}, {4, 3}},
			context: []string{"vehicle", "registration", "reg", "plate", "car", "number plate", "vrm", "dvla"},
			letters: LetterFirst, check: func(c *Candidate) bool {
				v := c.Value
				if !like(v, "AA99AAA") || contains("IQZ", v[0]) || contains("IQZ", v[1]) {
					return false
				}
				year := num(v, 2, 4)
				for _, b := range v[4:] {
					if b == 'I' || b == 'Q' {
						return false
					}
				}
				return (2 <= year && year <= 29 || 51 <= year && year <= 79) && (c.capitals() || c.Context() >= 0)
			},
			spoken: 1, grouped: 0.8, bare: 0.7,
		}.rule(),
		spec{
			name: "uk_vehicle_old/1", kind: UKVehicle, sizes: []int{5, 6, 7}, seps: " -",
			context: []string{"vehicle", "registration", "reg", "plate", "car", "number plate", "vrm", "dvla"},
			letters: LetterFirst, check: func(c *Candidate) bool { return oldPlate(c.Value) }, spoken: 0.8,
		}.rule(),
		// Postcode: an area of Royal Mail's, and the letters that the inward part uses.
		spec{
			name: "uk_postcode/1", kind: UKPostcode, sizes: []int{5, 6, 7}, seps: " ",
			context: []string{"postcode", "post code", "postal code", "address", "zip"},
			letters: LetterFirst, check: postcode, spoken: 0.9, grouped: 0.6, alone: 0.6,
		}.rule(),
	}
}

func nhs(v []byte) bool {
	r := 11 - weighted(v, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11
	return r%11 == int(v[9]-'0')
}

func oneOf(v []byte, words ...string) bool {
	for _, w := range words {
		if string(v) == w {
			return true
		}
	}
	return false
}

// oldPlate knows the forms A123 BCD, ABC 123D of 1963 to 2001.
func oldPlate(v []byte) bool {
	n := len(v)
	digit := func(i, j int) bool { return num(v, i, j) > 0 }
	letters := func(i, j int) bool {
		for _, b := range v[i:j] {
			if !isLetter(b) || b == 'I' || b == 'Q' || b == 'Z' {
				return false
			}
		}
		return true
	}
	return letters(0, 1) && digit(1, n-3) && letters(n-3, n) || letters(0, 3) && digit(3, n-1) && letters(n-1, n)
}

func postcode(c *Candidate) bool {
	v := c.Value
	n := len(v)
	if len(c.Seps) > 1 || len(c.Seps) == 1 && c.Sizes[0] != n-3 || !isDigit(v[n-3]) ||
		contains("CIKMOV", v[n-2]) || contains("CIKMOV", v[n-1]) || !isLetter(v[n-2]) || !isLetter(v[n-1]) {
		return false
	}
	out := v[:n-3]
	area := 0
	for area < len(out) && isLetter(out[area]) {
		area++
	}
	rest := out[area:]
	if area == 0 || area > 2 || len(rest) == 0 || len(rest) > 2 || !isDigit(rest[0]) || len(rest) == 2 && !isDigit(rest[1]) && contains("CIO", rest[1]) {
		return false
	}
	if !c.capitals() && c.Context() < 0 {
		return false
	}
	return oneOf(out[:area],
		"AB", "AL", "B", "BA", "BB", "BD", "BF", "BH", "BL", "BN", "BR", "BS", "BT", "BX", "CA", "CB", "CF", "CH", "CM", "CO", "CR", "CT", "CV",
		"CW", "DA", "DD", "DE", "DG", "DH", "DL", "DN", "DT", "DY", "E", "EC", "EH", "EN", "EX", "FK", "FY", "G", "GL", "GU", "GY", "HA", "HD",
		"HG", "HP", "HR", "HS", "HU", "HX", "IG", "IM", "IP", "IV", "JE", "KA", "KT", "KW", "KY", "L", "LA", "LD", "LE", "LL", "LN", "LS", "LU",
		"M", "ME", "MK", "ML", "N", "NE", "NG", "NN", "NP", "NR", "NW", "OL", "OX", "PA", "PE", "PH", "PL", "PO", "PR", "RG", "RH", "RM", "S",
		"SA", "SE", "SG", "SK", "SL", "SM", "SN", "SO", "SP", "SR", "SS", "ST", "SW", "SY", "TA", "TD", "TF", "TN", "TQ", "TR", "TS", "TW", "UB",
		"W", "WA", "WC", "WD", "WF", "WN", "WR", "WS", "WV", "YO", "ZE")
}
