package redact

// IBAN finds international bank account numbers (ISO 13616): a country of the registry, two check digits, that
// country's length, and a right check sum (mod 97), in one run or with a space or hyphen after each four characters, in
// capitals or not.
func IBAN() Rule {
	var sizes []int
	for n := minIBAN; n <= maxIBAN; n++ {
		sizes = append(sizes, n)
	}
	return Rule{Name: "iban/2", Type: IBANCode, Sizes: sizes, Letters: LetterFirst, Match: matchIBAN}
}

func matchIBAN(c *Candidate) Verdict {
	v := c.Value
	if !isLetter(v[0]) || !isLetter(v[1]) || !isDigit(v[2]) || !isDigit(v[3]) || lengthIBAN(v[0], v[1]) != len(v) {
		return None
	}
	small, large := false, false
	for _, b := range c.Text[c.At:c.Stop] {
		small, large = small || b >= 'a', large || 'A' <= b && b <= 'Z'
	}
	if small && large {
		return None
	}
	sep, ok := c.oneSep()
	if !ok || sep != 0 && sep != ' ' && sep != '-' || !mod97(v) {
		return None
	}
	return c.whole(1)
}

// mod97 is the check of ISO 7064: the first four characters moved to the end, letters as 10 to 35, the remainder 1.
func mod97(number []byte) bool {
	sum := 0
	for i := range number {
		c := number[(i+4)%len(number)]
		if isDigit(c) {
			sum = (sum*10 + int(c-'0')) % 97
		} else {
			sum = (sum*100 + int(c-'A') + 10) % 97
		}
	}
	return sum == 1
}

const (
	minIBAN = 15
	maxIBAN = 33
)

// lengthIBAN returns the length of a country's numbers by the SWIFT registry, 0 for a country without.
func lengthIBAN(a, b byte) int {
	switch string([]byte{a &^ 0x20, b &^ 0x20}) {
	case "NO":
		return 15
	case "BE":
		return 16
	case "DK", "FK", "FO", "FI", "GL", "NL", "SD":
		return 18
	case "MK", "SI":
		return 19
	case "AT", "BA", "EE", "KZ", "LT", "LU", "MN", "XK":
		return 20
	case "CH", "HR", "LI", "LV":
		return 21
	case "BG", "BH", "CR", "DE", "GB", "GE", "IE", "ME", "RS", "VA":
		return 22
	case "AE", "GI", "IL", "IQ", "OM", "SO", "TL":
		return 23
	case "AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN", "VG":
		return 24
	case "LY", "PT", "ST":
		return 25
	case "IS", "TR":
		return 26
	case "BI", "DJ", "FR", "GR", "IT", "MC", "MR", "SM":
		return 27
	case "AL", "AZ", "BY", "CY", "DO", "GT", "HN", "HU", "LB", "NI", "PL", "SV":
		return 28
	case "BR", "EG", "PS", "QA", "UA":
		return 29
	case "JO", "KW", "MU", "YE":
		return 30
	case "MT", "SC":
		return 31
	case "LC":
		return 32
	case "RU":
		return 33
	}
	return 0
}
