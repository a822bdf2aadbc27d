package redact

const maxCard = 19

// Card finds payment card numbers: 12 to 19 digits in a row, or in the groups that are printed on cards with one space
// or hyphen between them, with an issuer's prefix, that issuer's length, and a right check digit (ISO/IEC 7812-1, annex
// B); after a word for it, with the check digit alone. Timestamps fail by prefix; pieces of UUIDs, decimals and + numbers by what stands before them.
func Card() Rule {
	return Rule{Name: "credit_card/2", Type: CreditCard, Sizes: []int{12, 13, 14, 15, 16, 17, 18, 19}, Letters: NoLetters, Match: matchCard, Context: []string{
		"card", "credit card", "cc", "debit card", "visa", "mastercard", "amex", "pan", "kreditkarte", "tarjeta", "carte",
	}}
}

func matchCard(c *Candidate) Verdict {
	var digit [maxCard]byte
	for i, b := range c.Value {
		if !isDigit(b) {
			return None
		}
		digit[i] = b - '0'
	}
	n := len(c.Value)
	if !luhn(digit[:n]) || repeated(c.Value) {
		return None
	}
	if at := c.Label(); at >= 0 && at <= 40 && c.clean() && printed(c.Sizes) {
		return c.whole(1)
	}
	sep, ok := c.oneSep()
	if !ok || sep != 0 && sep != ' ' && sep != '-' || !knownIssuer(digit[:4]) || !printed(c.Sizes) || !issued(digit[:n]) ||
		!c.clean() || inIBAN(c.Text, c.At) {
		return None
	}
	return c.whole(0.9)
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
