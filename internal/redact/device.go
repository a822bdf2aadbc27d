package redact

// What names a thing or a wallet.
const (
	VIN    Type = "VIN"
	IMEI   Type = "IMEI"
	UDI    Type = "UDI"
	Crypto Type = "CRYPTO"
)

func deviceRules() []Rule {
	return []Rule{
		// Vehicle: 17 characters without I, O and Q. North America's ninth is a check character.
		spec{
			name: "vin/1", kind: VIN, sizes: []int{17}, groups: [][]int{{17}},
			context: []string{"vin", "vehicle identification", "vehicle identifier", "chassis", "vehicle"},
			check: func(c *Candidate) bool {
				digits := 0
				for _, b := range c.Value {
					if contains("IOQ", b) {
						return false
					}
					if isDigit(b) {
						digits++
					}
				}
				return digits >= 4 && (c.Context() >= 0 || digits < 17 && vinCheck(c.Value))
			},
			spoken: 1, bare: 0.85,
		}.rule(),
		spec{
			name: "imei/1", kind: IMEI, sizes: []int{15}, groups: [][]int{{15}, {2, 6, 6, 1}, {6, 2, 6, 1}, {8, 6, 1}},
			context: []string{"imei", "device identifier", "device id", "device", "handset", "mobile equipment"},
			letters: NoLetters, check: digitsThat(luhnText), spoken: 1, grouped: 0.8,
		}.rule(),
		spec{
			name: "imeisv/1", kind: IMEI, sizes: []int{16}, groups: [][]int{{16}, {2, 6, 6, 2}},
			context: []string{"imei", "imeisv"}, letters: NoLetters, check: digitsThat(func([]byte) bool { return true }), spoken: 1,
		}.rule(),
		{Name: "udi/1", Type: UDI, Anchors: "(", Match: matchUDI},
		spec{
			name: "btc/1", kind: Crypto, sizes: []int{26, 27, 28, 29, 30, 31, 32, 33, 34, 35},
			letters: WithLetters, check: func(c *Candidate) bool {
				return len(c.Seps) == 0 && (c.Text[c.At] == '1' || c.Text[c.At] == '3') && base58Check(c.Text[c.At:c.Stop])
			},
			bare: 1,
		}.rule(),
		{Name: "bech32/1", Type: Crypto, Prefixes: []string{"bc1", "BC1", "tb1"}, Match: matchBech32},
		{Name: "eth/1", Type: Crypto, Prefixes: []string{"0x", "0X"}, Match: matchETH},
	}
}

func vinCheck(v []byte) bool {
	const letters = "12345678012345070923456789" // values of A to Z
	weights := [17]int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2}
	sum := 0
	for i, b := range v {
		k := int(b - '0')
		if isLetter(b) {
			k = int(letters[b-'A'] - '0')
		}
		sum += k * weights[i]
	}
	return "0123456789X"[sum%11] == v[8]
}

// matchUDI reads GS1 element strings: (01), a GTIN with its check digit, and further identifiers in brackets.
func matchUDI(c *Candidate) Verdict {
	text := c.Text
	const lead = "(01)"
	for k := range len(lead) {
		if c.At+k == len(text) {
			return c.Undecided(c.At)
		}
		if text[c.At+k] != lead[k] {
			return None
		}
	}
	i := c.At + len(lead)
	if len(text) < i+14 {
		for _, b := range text[i:] {
			if !isDigit(b) {
				return None
			}
		}
		return c.Undecided(c.At)
	}
	if num(text, i, i+14) < 0 || weighted(text[i:], 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1)%10 != 0 {
		return None
	}
	i += 14
	for i < len(text) && i-c.At < 128 {
		if text[i] != '(' {
			break
		}
		k := i + 1
		for k < len(text) && isDigit(text[k]) && k-i <= 4 {
			k++
		}
		if k == len(text) {
			if c.More {
				return c.Undecided(c.At)
			}
			break
		}
		if text[k] != ')' || k-i < 3 {
			break
		}
		k++
		for k < len(text) && (isWord(text[k]) || text[k] == '-' || text[k] == '.' || text[k] == '/') && k-i < 30 {
			k++
		}
		i = k
	}
	if i == len(text) && c.More {
		return c.Undecided(c.At)
	}
	return c.Is(c.At, i, 0.95)
}

const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// base58Check decodes an address of 25 bytes whose last four begin the double SHA-256 of the others.
func base58Check(address []byte) bool {
	var out [25]byte
	for _, b := range address {
		k := 0
		for k < len(base58) && base58[k] != b {
			k++
		}
		if k == len(base58) {
			return false
		}
		for i := len(out) - 1; i >= 0; i-- {
			k += 58 * int(out[i])
			out[i] = byte(k)
			k >>= 8
		}
		if k != 0 {
			return false
		}
	}
	sum := doubleSHA256(out[:21])
	return string(sum[:4]) == string(out[21:])
}

// matchBech32 checks segregated witness addresses (BIP 173 and BIP 350).
func matchBech32(c *Candidate) Verdict {
	text := c.Text
	i := c.At
	for i < len(text) && i-c.At < 91 && (isDigit(text[i]) || isLetter(text[i])) {
		i++
	}
	if i == len(text) && c.More && i-c.At < 91 {
		return c.Undecided(c.At)
	}
	if i-c.At < 14 || i-c.At > 90 || i < len(text) && isWord(text[i]) {
		return None
	}
	check := uint32(1)
	step := func(v uint32) {
		top := check >> 25
		check = check&0x1ffffff<<5 ^ v
		for k, g := range [...]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>k&1 != 0 {
				check ^= g
			}
		}
	}
	hrp := [2]byte{text[c.At] | 0x20, text[c.At+1] | 0x20}
	step(uint32(hrp[0] >> 5))
	step(uint32(hrp[1] >> 5))
	step(0)
	step(uint32(hrp[0] & 31))
	step(uint32(hrp[1] & 31))
	for _, b := range text[c.At+3 : i] {
		const charset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
		k := 0
		for k < len(charset) && charset[k] != b && charset[k] != b|0x20 {
			k++
		}
		if k == len(charset) {
			return None
		}
		step(uint32(k))
	}
	if check != 1 && check != 0x2bc830a3 {
		return None
	}
	return c.Is(c.At, i, 1)
}

// matchETH takes 40 hexadecimal digits after 0x.
func matchETH(c *Candidate) Verdict {
	i := c.At + 2
	for i < len(c.Text) && i-c.At <= 42 && isHex(c.Text[i]) {
		i++
	}
	if i == len(c.Text) && c.More && i-c.At <= 42 {
		return c.Undecided(c.At)
	}
	if i-c.At != 42 || i < len(c.Text) && isWord(c.Text[i]) {
		return None
	}
	return c.Is(c.At, i, 0.9)
}
