package redact

import "bytes"

// SSN finds US social security numbers: area, group and serial with the same separator twice (hyphen, space or dot), or
// nine digits in a row with a label before them. Areas 000, 666 and 900 to 999, group 00 and serial 0000 were never
// given out. (The tax numbers that begin with 9 are another type.)
func SSN() Rule {
	return Rule{Name: "us_ssn/1", Type: USSSN, Anchors: digits, Match: matchSSN}
}

func matchSSN(text []byte, at int, more bool) (start, end int, v Verdict) {
	if !startsNumber(text, at) {
		return 0, 0, None
	}
	var sep byte
	var digit [9]byte
	i := at
	for n := range digit {
		if n == 3 && i < len(text) && (text[i] == '-' || text[i] == ' ' || text[i] == '.') {
			sep = text[i]
			i++
		}
		if n == 5 && sep != 0 {
			if i == len(text) {
				return undecided(at, more)
			}
			if text[i] != sep {
				return 0, 0, None
			}
			i++
		}
		if i == len(text) {
			return undecided(at, more)
		}
		if !isDigit(text[i]) {
			return 0, 0, None
		}
		digit[n] = text[i]
		i++
	}
	if digit[0] == '9' || string(digit[:3]) == "000" || string(digit[:3]) == "666" ||
		string(digit[3:5]) == "00" || string(digit[5:]) == "0000" {
		return 0, 0, None
	}
	if sep == 0 && !labelled(text[:at]) {
		return 0, 0, None
	}
	// The number must end here: no word character, and no further part.
	if i == len(text) {
		if more {
			return at, 0, Live
		}
		return at, i, Found
	}
	if isWord(text[i]) {
		return 0, 0, None
	}
	if text[i] == '-' || text[i] == '.' || text[i] == sep {
		if i+1 == len(text) {
			if more {
				return at, 0, Live
			}
		} else if isDigit(text[i+1]) {
			return 0, 0, None
		}
	}
	return at, i, Found
}

// undecided is the answer of a rule that ran out of text inside a candidate.
func undecided(start int, more bool) (int, int, Verdict) {
	if more {
		return start, 0, Live
	}
	return 0, 0, None
}

// labelled reports whether the text says, shortly before its end, that a social security number follows.
func labelled(text []byte) bool {
	text = bytes.ToLower(text[max(0, len(text)-40):])
	for _, label := range []string{"ssn", "ss#", "ss #", "social security", "soc sec", "soc. sec"} {
		i := bytes.LastIndex(text, []byte(label))
		if i < 0 || i > 0 && isWord(text[i-1]) {
			continue
		}
		rest := text[i+len(label):]
		if len(rest) > 0 && isLetter(rest[0]) && rest[0] != 's' {
			continue
		}
		if !bytes.ContainsAny(rest, digits) {
			return true
		}
	}
	return false
}
