package redact

// IBAN finds international bank account numbers (ISO 13616): a country of the registry, two check digits, that
// country's length, and a right check sum (mod 97), in one run or with a space or hyphen after each four characters, in
// capitals or not.
func IBAN() Rule {
	return Rule{Name: "iban/1", Type: IBANCode, Anchors: digits, Match: matchIBAN, Tail: tailIBAN}
}

// matchIBAN is asked at every digit; the first check digit is the one that counts.
func matchIBAN(text []byte, at int, more bool) (start, end int, v Verdict) {
	if at < 2 || !isLetter(text[at-1]) || !isLetter(text[at-2]) {
		return 0, 0, None
	}
	start = at - 2
	length := lengthIBAN(text[start], text[start+1])
	if length == 0 || start > 0 && isWord(text[start-1]) {
		return 0, 0, None
	}
	var number [maxIBAN]byte
	var sep byte
	i := start
	for n := range length {
		if n > 0 && n%4 == 0 && i < len(text) && (text[i] == ' ' || text[i] == '-') && (sep == 0 || sep == text[i]) {
			sep = text[i]
			i++
		}
		if i == len(text) {
			return undecided(start, more)
		}
		c := text[i]
		if !isDigit(c) && (!isLetter(c) || n == 3) {
			return 0, 0, None
		}
		if isLetter(c) {
			c &^= 0x20
		}
		number[n] = c
		i++
	}
	if !mod97(number[:length]) {
		return 0, 0, None
	}
	if i == len(text) {
		if more {
			return start, 0, Live
		}
		return start, i, Found
	}
	if isWord(text[i]) {
		return 0, 0, None
	}
	return start, i, Found
}

// tailIBAN holds a country's letters at the start of a word.
func tailIBAN(text []byte) int {
	n := len(text)
	switch {
	case n >= 2 && isLetter(text[n-1]) && isLetter(text[n-2]):
		if lengthIBAN(text[n-2], text[n-1]) > 0 && (n == 2 || !isWord(text[n-3])) {
			return 2
		}
	case n >= 1 && isLetter(text[n-1]) && (n == 1 || !isWord(text[n-2])):
		return 1
	}
	return 0
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

const maxIBAN = 33

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
