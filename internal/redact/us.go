package redact

// US identifiers. The social security number is in ssn.go, what is known by its label alone in labelled.go.
const (
	USITIN         Type = "US_ITIN"
	ABARouting     Type = "ABA_ROUTING_NUMBER"
	USNPI          Type = "US_NPI"
	USMBI          Type = "US_MBI"
	MedicalLicense Type = "MEDICAL_LICENSE"
	CASIN          Type = "CA_SIN"
)

func usRules() []Rule {
	return []Rule{
		// Taxpayer number: 9, and 50 to 65, 70 to 88, 90 to 92 or 94 to 99 as group.
		spec{
			name: "us_itin/1", kind: USITIN, sizes: []int{9}, groups: [][]int{{9}, {3, 2, 4}, {3, 6}, {5, 4}},
			context: []string{"itin", "taxpayer", "tax id", "individual taxpayer", "tin", "tax identification"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				g := num(v, 3, 5)
				return v[0] == '9' && (50 <= g && g <= 65 || 70 <= g && g <= 88 || 90 <= g && g <= 92 || g >= 94)
			}),
			spoken: 1, grouped: 0.7, sure: []int{3, 2, 4},
		}.rule(),
		// Routing number: Federal Reserve district and weights 3, 7, 1.
		spec{
			name: "aba/1", kind: ABARouting, sizes: []int{9}, groups: [][]int{{9}, {4, 4, 1}},
			context: []string{"aba", "routing", "rtn", "transit", "bank routing", "abarouting", "routing number", "wire"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				p := num(v, 0, 2)
				return (p <= 12 || 21 <= p && p <= 32 || 61 <= p && p <= 72 || p == 80) && weighted(v, 3, 7, 1, 3, 7, 1, 3, 7, 1)%10 == 0
			}),
			spoken: 1, grouped: 0.7, alone: 0.75,
		}.rule(),
		// National provider: 1 or 2, and Luhn's check with 80840 before it.
		spec{
			name: "us_npi/1", kind: USNPI, sizes: []int{10}, groups: [][]int{{10}, {4, 3, 3}, {1, 3, 3, 3}},
			context: []string{"npi", "national provider", "provider", "provider id", "prescriber"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				return (v[0] == '1' || v[0] == '2') && luhnText(append([]byte("80840"), v...))
			}),
			spoken: 1, grouped: 0.7,
		}.rule(),
		spec{ // so far all begin with 1
			name: "us_npi_alone/1", kind: USNPI, sizes: []int{10}, groups: [][]int{{10}},
			letters: NoLetters, check: digitsThat(func(v []byte) bool { return v[0] == '1' && luhnText(append([]byte("80840"), v...)) }), alone: 0.75,
		}.rule(),
		// Medicare beneficiary: the places of letters and digits are fixed, and S, L, O, I, B and Z not in use.
		spec{
			name: "us_mbi/1", kind: USMBI, sizes: []int{11}, groups: [][]int{{11}, {4, 3, 4}},
			context: []string{"mbi", "medicare", "beneficiary", "cms"},
			letters: WithLetters, check: func(c *Candidate) bool { return mbi(c.Value) && c.capitals() },
			spoken: 1, grouped: 0.8, bare: 0.7,
		}.rule(),
		// Drug Enforcement Administration: registrant's letter, a letter or 9, and a check digit.
		spec{
			name: "dea/1", kind: MedicalLicense, sizes: []int{9}, groups: [][]int{{9}},
			context: []string{"dea", "medical license", "certificate", "license", "prescriber"},
			letters: WithLetters, check: func(c *Candidate) bool {
				v := c.Value
				if !contains("ABCDEFGHJKLMPRSTUX", v[0]) || !isLetter(v[1]) && v[1] != '9' || num(v, 2, 9) < 0 {
					return false
				}
				return weighted(v[2:], 1, 2, 1, 2, 1, 2)%10 == int(v[8]-'0') && num(v, 2, 9) > 0
			},
			spoken: 1, bare: 0.8,
		}.rule(),
		// Canadian social insurance number: Luhn; 0 and 8 are not given out.
		spec{
			name: "ca_sin/1", kind: CASIN, sizes: []int{9}, groups: [][]int{{9}, {3, 3, 3}},
			context: []string{"sin", "nas", "social insurance", "assurance sociale"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				return v[0] != '0' && v[0] != '8' && luhnText(v)
			}),
			spoken: 1, alone: 0.6,
		}.rule(),
	}
}

func mbi(v []byte) bool {
	letter := func(b byte) bool { return isLetter(b) && !contains("SLOIBZ", b) }
	either := func(b byte) bool { return isDigit(b) || letter(b) }
	return v[0] != '0' && isDigit(v[0]) && letter(v[1]) && either(v[2]) && isDigit(v[3]) && letter(v[4]) && either(v[5]) &&
		isDigit(v[6]) && letter(v[7]) && letter(v[8]) && isDigit(v[9]) && isDigit(v[10])
}

func contains(set string, b byte) bool {
	for i := range len(set) {
		if set[i] == b {
			return true
		}
	}
	return false
}
