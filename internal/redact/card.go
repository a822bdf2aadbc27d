package redact

const (
	minCard = 12
	maxCard = 19
)

// Card finds payment card numbers: 12 to 19 digits in a row, or in the groups that are printed on cards with one space
// or hyphen between them, with an issuer's prefix, that issuer's length, and a right check digit (ISO/IEC 7812-1, annex
// B). Timestamps fail by prefix; pieces of UUIDs, decimals and + numbers by what stands before them.
func Card() Rule {
	return Rule{Name: "credit_card/1", Type: CreditCard, Anchors: digits, Match: matchCard}
}

func matchCard(text []byte, at int, more bool) (start, end int, v Verdict) {
	if !startsCard(text, at) {
		return 0, 0, None
	}
	var digit [maxCard]byte
	var ends, sizes [maxCard]int // by group
	n, groups, size := 0, 0, 0
	var sep byte
	i := at
	for ; ; i++ {
		if i == len(text) {
			if more {
				return at, 0, Live
			}
			break
		}
		if c := text[i]; isDigit(c) {
			if n == maxCard {
				size = 0 // the last group runs on: it is none
				break
			}
			digit[n] = c - '0'
			n++
			size++
			if n == 4 && !knownIssuer(digit[:4]) {
				return 0, 0, None
			}
			continue
		} else if c != ' ' && c != '-' || size == 0 || sep != 0 && c != sep || groups == 0 && size != 4 && size != 6 {
			break
		}
		// A separator: it joins two groups if a digit follows.
		if i+1 == len(text) && more {
			return at, 0, Live
		}
		if i+1 == len(text) || !isDigit(text[i+1]) {
			break
		}
		sep = text[i]
		ends[groups], sizes[groups] = i, size
		groups++
		size = 0
	}
	if size > 0 {
		ends[groups], sizes[groups] = i, size
		groups++
	}
	for g := groups; g > 0; g-- {
		n := 0
		for _, s := range sizes[:g] {
			n += s
		}
		if n < minCard || !printed(sizes[:g]) || !issued(digit[:n]) || !luhn(digit[:n]) {
			continue
		}
		switch endsCard(text, ends[g-1], more) {
		case Live:
			return at, 0, Live
		case Found:
			return at, ends[g-1], Found
		}
	}
	return 0, 0, None
}

// startsCard rules out what is a later part of something else.
func startsCard(text []byte, at int) bool {
	if !startsNumber(text, at) || at > 0 && text[at-1] == '+' {
		return false
	}
	if at >= 5 && text[at-1] == '-' { // the part of a UUID after "hhhh-"
		hex := 0
		for hex < 8 && at-2-hex >= 0 && isHex(text[at-2-hex]) {
			hex++
		}
		before := at - 2 - hex
		if (hex == 4 || hex == 8) && (before < 0 || !isWord(text[before])) {
			return false
		}
	}
	return true
}

// endsCard judges what follows a number that ends before text[i].
func endsCard(text []byte, i int, more bool) Verdict {
	switch {
	case i == len(text): // only at the end of all text: matchCard waits before
		return Found
	case isWord(text[i]):
		return None
	case text[i] != '.':
		return Found
	case i+1 == len(text) && more:
		return Live
	case i+1 < len(text) && isDigit(text[i+1]):
		return None
	}
	return Found
}

// printed reports whether cards show their number in groups of these sizes.
func printed(sizes []int) bool {
	switch {
	case len(sizes) == 1:
		return true
	case sizes[0] == 6:
		return len(sizes) == 2 && sizes[1] >= 6
	case len(sizes) == 3 && sizes[1] == 6:
		return sizes[2] == 5 || sizes[2] == 4
	}
	last := len(sizes) - 1
	for _, s := range sizes[:last] {
		if s != 4 {
			return false
		}
	}
	return len(sizes) >= 3 && sizes[last] <= 4
}

func prefix(digit []byte, n int) int {
	p := 0
	for _, d := range digit[:n] {
		p = 10*p + int(d)
	}
	return p
}

// knownIssuer judges the first four digits, so that most numbers are let go early.
func knownIssuer(digit []byte) bool {
	lo, _ := lengths(prefix(digit, 4))
	return lo > 0
}

// issued reports whether the issuer gives out numbers of this length.
func issued(digit []byte) bool {
	lo, hi := lengths(prefix(digit, 4))
	if digit[0] == 4 { // Visa
		return len(digit) == 13 || len(digit) == 16 || len(digit) == 19
	}
	return lo <= len(digit) && len(digit) <= hi
}

// lengths returns how many digits the numbers that begin with these four may have, or 0, 0.
func lengths(iin int) (lo, hi int) {
	switch two := iin / 100; {
	case iin/1000 == 4: // Visa
		return 13, 19
	case 51 <= two && two <= 55, 2221 <= iin && iin <= 2720: // Mastercard
		return 16, 16
	case two == 34, two == 37: // American Express
		return 15, 15
	case 3000 <= iin && iin <= 3059, iin == 3095, two == 36, two == 38, two == 39: // Diners Club
		return 14, 19
	case two == 35: // JCB has 3528 to 3589; the rest is close enough for a right check digit
		return 16, 19
	case 2200 <= iin && iin <= 2205: // Mir
		return 16, 19
	case two == 50, 56 <= two && two <= 58: // Maestro, RuPay, Verve
		return 12, 19
	case iin == 6011, 6440 <= iin && iin <= 6599: // Discover
		return 16, 19
	case two == 62, 8100 <= iin && iin <= 8171: // UnionPay
		return 16, 19
	case iin/1000 == 6: // Maestro, RuPay, Troy, InterPayment
		return 12, 19
	case two == 82, iin == 9792: // RuPay, Troy
		return 16, 16
	case iin/1000 == 1, iin == 2131: // UATP, and JCB's old numbers
		return 15, 15
	}
	return 0, 0
}

func luhn(digit []byte) bool {
	sum := 0
	for i, d := range digit {
		v := int(d)
		if (len(digit)-i)%2 == 0 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}
