package redact

// Identifiers of Australia, India, Singapore, Korea and Thailand.
const (
	AUABN        Type = "AU_ABN"
	AUACN        Type = "AU_ACN"
	AUTFN        Type = "AU_TFN"
	AUMedicare   Type = "AU_MEDICARE"
	INPAN        Type = "IN_PAN"
	INAadhaar    Type = "IN_AADHAAR"
	INGSTIN      Type = "IN_GSTIN"
	INVoter      Type = "IN_VOTER"
	INVehicle    Type = "IN_VEHICLE_REGISTRATION"
	SGNRIC       Type = "SG_NRIC_FIN"
	SGUEN        Type = "SG_UEN"
	KRRRN        Type = "KR_RRN"
	KRFRN        Type = "KR_FRN"
	KRBRN        Type = "KR_BRN"
	KRDriver     Type = "KR_DRIVER_LICENSE"
	THTNIN       Type = "TH_TNIN"
	PHTIN        Type = "PH_TIN"
	NGNationalID Type = "NG_NIN"
)

func asianRules() []Rule {
	return []Rule{
		spec{
			name: "au_abn/1", kind: AUABN, sizes: []int{11}, groups: [][]int{{11}, {2, 3, 3, 3}}, context: []string{"abn", "australian business number", "business number"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				return v[0] != '0' && (weighted(v, 10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)-10)%89 == 0
			}),
			spoken: 1, grouped: 0.9, bare: 0.75,
		}.rule(),
		spec{
			name: "au_acn/1", kind: AUACN, sizes: []int{9}, groups: [][]int{{9}, {3, 3, 3}}, context: []string{"acn", "australian company number", "company number"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				return (10-weighted(v, 8, 7, 6, 5, 4, 3, 2, 1)%10)%10 == int(v[8]-'0')
			}),
			spoken: 1, alone: 0.58,
		}.rule(),
		spec{
			name: "au_tfn/1", kind: AUTFN, sizes: []int{9}, groups: [][]int{{9}, {3, 3, 3}}, context: []string{"tfn", "tax file", "tax file number"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool { return weighted(v, 1, 4, 3, 7, 5, 8, 6, 9, 10)%11 == 0 }),
			spoken: 1, alone: 0.62,
		}.rule(),
		spec{
			name: "au_medicare/1", kind: AUMedicare, sizes: []int{10, 11}, groups: [][]int{{10}, {11}, {4, 5, 1}, {4, 5, 1, 1}, {4, 5, 2}}, context: []string{"medicare", "medicare card", "medicare number"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				return '2' <= v[0] && v[0] <= '6' && weighted(v, 1, 3, 7, 9, 1, 3, 7, 9)%10 == int(v[8]-'0') && v[9] != '0'
			}),
			spoken: 1, grouped: 0.7,
		}.rule(),
		spec{
			name: "au_medicare_card/1", kind: AUMedicare, sizes: []int{10}, groups: [][]int{{10}},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				return '2' <= v[0] && v[0] <= '6' && weighted(v, 1, 3, 7, 9, 1, 3, 7, 9)%10 == int(v[8]-'0') && v[9] != '0'
			}),
			alone: 0.74,
		}.rule(),
		spec{
			name: "in_pan/1", kind: INPAN, sizes: []int{10}, groups: [][]int{{10}}, context: []string{"pan", "permanent account number", "income tax"},
			letters: WithLetters, check: func(c *Candidate) bool {
				v := c.Value
				return like(v, "AAAAA9999A") && (contains("ABCFGHLJPT", v[3]) && c.capitals() || c.Context() >= 0)
			},
			spoken: 1, bare: 0.7,
		}.rule(),
		spec{
			name: "in_gstin/1", kind: INGSTIN, sizes: []int{15}, groups: [][]int{{15}}, context: []string{"gstin", "gst"},
			letters: WithLetters, check: func(c *Candidate) bool {
				v := c.Value
				state := num(v, 0, 2)
				return like(v, "99AAAAA9999A*Z*") && v[12] != '0' && (1 <= state && state <= 38 || state == 97 || state == 99)
			},
			spoken: 1, bare: 0.9,
		}.rule(),
		spec{
			name: "in_aadhaar/1", kind: INAadhaar, sizes: []int{12}, groups: [][]int{{12}, {4, 4, 4}}, seps: " -:", context: []string{"aadhaar", "aadhar", "uidai", "uid"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool { return v[0] >= '2' && verhoeff(v) && !palindrome(v) }), spoken: 1, grouped: 0.8, alone: 0.75,
		}.rule(),
		spec{
			name: "in_voter/1", kind: INVoter, sizes: []int{10}, groups: [][]int{{10}}, context: []string{"voter", "epic", "voter id", "elector"},
			letters: WithLetters, check: func(c *Candidate) bool { return like(c.Value, "AAA9999999") }, spoken: 0.9, alone: 0.6,
		}.rule(),
		spec{
			name: "in_vehicle/1", kind: INVehicle, sizes: []int{8, 9, 10, 11}, context: []string{"vehicle", "registration", "plate", "rto", "car"},
			letters: WithLetters, check: func(c *Candidate) bool { return c.capitals() && indianPlate(c.Value) }, spoken: 0.9, grouped: 0.65, bare: 0.65,
		}.rule(),
		// Singapore: weights 2, 7, 6, 5, 4, 3, 2 and a letter by the first letter.
		spec{
			name: "sg_nric/1", kind: SGNRIC, sizes: []int{9}, groups: [][]int{{9}}, context: []string{"nric", "fin", "singapore"},
			letters: WithLetters, check: func(c *Candidate) bool { return nric(c.Value) }, spoken: 1, bare: 0.9,
		}.rule(),
		spec{
			name: "sg_nric_form/1", kind: SGNRIC, sizes: []int{9}, groups: [][]int{{9}}, context: []string{"nric", "fin"},
			letters: WithLetters, check: func(c *Candidate) bool { return like(c.Value, "A9999999A") && c.capitals() }, spoken: 0.9, alone: 0.5,
		}.rule(),
		spec{
			name: "sg_nric_open/1", kind: SGNRIC, sizes: []int{9}, groups: [][]int{{9}},
			letters: WithLetters, check: func(c *Candidate) bool {
				return like(c.Value, "A9999999A") && c.capitals() && contains("STFGM", c.Value[0])
			},
			bare: 0.5,
		}.rule(),
		spec{
			name: "sg_uen/1", kind: SGUEN, sizes: []int{9, 10}, groups: [][]int{{9}, {10}}, context: []string{"uen", "unique entity number", "acra", "business registration"},
			letters: WithLetters, check: func(c *Candidate) bool { return uen(c.Value) }, spoken: 1, bare: 0.7,
		}.rule(),
		// Korea: date of birth, sex and century (5 to 8 for foreigners), and a check digit.
		spec{
			name: "kr_rrn/1", kind: KRRRN, sizes: []int{13}, groups: [][]int{{13}, {6, 7}}, seps: "-", context: []string{"rrn", "resident registration"}, native: []string{"주민"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool { return korean(v, '1', '4', 11) }), spoken: 1, grouped: 0.9, bare: 0.85,
		}.rule(),
		spec{ // since October 2020 the last six are random
			name: "kr_rrn_form/1", kind: KRRRN, sizes: []int{13}, groups: [][]int{{13}, {6, 7}}, seps: "-", context: []string{"rrn", "resident registration"}, native: []string{"주민"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool { return koreanForm(v, '1', '4') }), spoken: 0.95, grouped: 0.8, alone: 0.66,
		}.rule(),
		spec{
			name: "kr_frn/1", kind: KRFRN, sizes: []int{13}, groups: [][]int{{13}, {6, 7}}, seps: "-", context: []string{"frn", "foreigner registration"}, native: []string{"외국인"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool { return korean(v, '5', '8', 13) }), spoken: 1, grouped: 0.9, bare: 0.85,
		}.rule(),
		spec{
			name: "kr_frn_form/1", kind: KRFRN, sizes: []int{13}, groups: [][]int{{13}, {6, 7}}, seps: "-", context: []string{"frn", "foreigner registration"}, native: []string{"외국인"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool { return koreanForm(v, '5', '8') }), spoken: 0.95, grouped: 0.8, alone: 0.66,
		}.rule(),
		spec{
			name: "kr_brn/1", kind: KRBRN, sizes: []int{10}, groups: [][]int{{10}, {3, 2, 5}}, seps: "-", context: []string{"brn", "business registration"}, native: []string{"사업자"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				sum := weighted(v, 1, 3, 7, 1, 3, 7, 1, 3, 5) + int(v[8]-'0')*5/10
				return (10-sum%10)%10 == int(v[9]-'0')
			}),
			spoken: 1, grouped: 0.8, alone: 0.68,
		}.rule(),
		spec{
			name: "kr_driver/1", kind: KRDriver, sizes: []int{12}, groups: [][]int{{12}, {2, 2, 6, 2}}, seps: "-", context: []string{"driver license", "driver's license", "korean driver"}, native: []string{"운전면허"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool { n := num(v, 0, 2); return 11 <= n && n <= 28 && n != 27 }), spoken: 0.9, grouped: 0.7,
		}.rule(),
		// Thailand: a category, a province, and modulo 11.
		spec{
			name: "th_tnin/1", kind: THTNIN, sizes: []int{13}, groups: [][]int{{13}, {1, 4, 5, 2, 1}}, context: []string{"tnin", "thai id", "thai national id", "national id"}, native: []string{"บัตรประชาชน", "ประจำตัว"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				p := num(v, 1, 3)
				province := 10 <= p && p <= 27 || 30 <= p && p <= 58 || 60 <= p && p <= 67 || 70 <= p && p <= 77 || 80 <= p && p <= 86 || 90 <= p && p <= 96
				return '1' <= v[0] && v[0] <= '8' && province && (11-weighted(v, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11)%10 == int(v[12]-'0')
			}),
			spoken: 1, grouped: 0.8, alone: 0.7,
		}.rule(),
		spec{
			name: "ph_tin/1", kind: PHTIN, sizes: []int{9, 12}, groups: [][]int{{9}, {12}, {3, 3, 3}, {3, 3, 3, 3}}, context: []string{"tin", "bir", "taxpayer identification"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool { return weighted(v, 8, 7, 6, 5, 4, 3, 2, 1)%11%10 == int(v[8]-'0') }), spoken: 0.7,
		}.rule(),
		spec{
			name: "ng_nin/1", kind: NGNationalID, sizes: []int{11}, groups: [][]int{{11}, {4, 3, 4}, {3, 4, 4}}, context: []string{"nin", "national identification number", "nimc"},
			letters: NoLetters, check: digitsThat(verhoeff), spoken: 1,
		}.rule(),
	}
}

// verhoeff is the check of J. Verhoeff's decimal code, with the last digit as check digit.
func verhoeff(v []byte) bool {
	mul := [10]string{
		"0123456789", "1234067895", "2340178956", "3401289567", "4012395678", "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
	}
	perm := [8]string{"0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258"}
	c := byte('0')
	for i := range v {
		c = mul[c-'0'][perm[i%8][v[len(v)-1-i]-'0']-'0']
	}
	return c == '0'
}

func palindrome(v []byte) bool {
	for i := range len(v) / 2 {
		if v[i] != v[len(v)-1-i] {
			return false
		}
	}
	return true
}

// indianPlate knows a state's letters, a district's number, up to three letters, and four digits.
func indianPlate(v []byte) bool {
	if !oneOf(v[:2], "AN", "AP", "AR", "AS", "BR", "CG", "CH", "DD", "DL", "DN", "GA", "GJ", "HP", "HR", "JH", "JK", "KA", "KL", "LA", "LD", "MH", "ML",
		"MN", "MP", "MZ", "NL", "OD", "OR", "PB", "PY", "RJ", "SK", "TG", "TN", "TR", "TS", "UA", "UK", "UP", "WB") {
		return false
	}
	i := 2
	for i < 4 && i < len(v) && isDigit(v[i]) {
		i++
	}
	letters := i
	for i < len(v) && isLetter(v[i]) {
		i++
	}
	return letters > 2 && i > letters && i-letters <= 3 && len(v)-i == 4 && num(v, i, len(v)) > 0
}

func nric(v []byte) bool {
	if !like(v, "A9999999A") {
		return false
	}
	sum := weighted(v[1:], 2, 7, 6, 5, 4, 3, 2)
	switch v[0] {
	case 'S':
		return "JZIHGFEDCBA"[sum%11] == v[8]
	case 'T':
		return "JZIHGFEDCBA"[(sum+4)%11] == v[8]
	case 'F':
		return "XWUTRQPNMLK"[sum%11] == v[8]
	case 'G':
		return "XWUTRQPNMLK"[(sum+4)%11] == v[8]
	case 'M':
		return "KLJNPQRTUWX"[10-(sum+3)%11] == v[8]
	}
	return false
}

// uen knows the three forms of the register: business, local company, and all others.
func uen(v []byte) bool {
	n := len(v)
	switch {
	case n == 9 && num(v, 0, 8) >= 0 && isLetter(v[8]):
		return "XMKECAWLJDB"[weighted(v, 10, 4, 9, 3, 8, 2, 7, 1)%11] == v[8]
	case n == 10 && num(v, 0, 9) >= 0 && isLetter(v[9]):
		y := num(v, 0, 4)
		return 1800 <= y && y <= 2100 && "ZKCMDNERGWH"[weighted(v, 10, 8, 6, 4, 9, 7, 5, 3, 1)%11] == v[9]
	case n == 10 && contains("TSR", v[0]) && like(v, "A99AA9999A"):
		const alphabet = "ABCDEFGHJKLMNPQRSTUVWX0123456789"
		sum := 0
		for i, w := range [...]int{4, 3, 5, 3, 10, 2, 2, 5, 7} {
			k := 0
			for k < len(alphabet) && alphabet[k] != v[i] {
				k++
			}
			sum += k * w
		}
		return alphabet[((sum-5)%11+11)%11] == v[9]
	}
	return false
}

func korean(v []byte, lo, hi byte, from int) bool {
	sum := weighted(v, 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
	return koreanForm(v, lo, hi) && (from-sum%11)%10 == int(v[12]-'0')
}

func koreanForm(v []byte, lo, hi byte) bool {
	return lo <= v[6] && v[6] <= hi && day(0, num(v, 2, 4), num(v, 4, 6))
}
