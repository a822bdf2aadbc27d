package redact

// SSN finds US social security numbers: area, group and serial with the same separator twice (hyphen, space or dot), or
// nine digits in a row with a label before them. Areas 000, 666 and 900 to 999, group 00 and serial 0000 were never
// given out, and a number of one digit repeated is none. (The tax numbers that begin with 9 are another type.)
func SSN() Rule {
	return Rule{Name: "us_ssn/2", Type: USSSN, Sizes: []int{9}, Letters: NoLetters, Match: matchSSN, Context: []string{
		"ssn", "ss#", "ss", "social security", "soc sec", "social", "ssid",
	}}
}

func matchSSN(c *Candidate) Verdict {
	v := c.Value
	if !c.digits() || !c.clean() || v[0] == '9' || string(v[:3]) == "000" || string(v[:3]) == "666" ||
		string(v[3:5]) == "00" || string(v[5:]) == "0000" || repeated(v) {
		return None
	}
	sep, ok := c.oneSep()
	if c.Stop+1 < len(c.Text) && c.Text[c.Stop] == ' ' && sep == ' ' && isDigit(c.Text[c.Stop+1]) {
		return None // a longer number
	}
	switch {
	case ok && c.grouped(3, 2, 4) && sep != '/' && sep != ':':
		if c.Context() >= 0 {
			return c.whole(1)
		}
		return c.whole(0.6)
	case c.grouped(9), ok && (c.grouped(3, 6) || c.grouped(5, 4)):
		if at := c.Label(); at >= 0 {
			return c.whole(0.9 - near(at))
		}
	}
	return None
}

// repeated reports whether the value is one character over and over.
func repeated(v []byte) bool {
	for _, b := range v {
		if b != v[0] {
			return false
		}
	}
	return true
}
