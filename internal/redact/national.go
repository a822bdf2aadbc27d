package redact

// Numbers that a state gives to a person or a firm, by country. Those without a type of their own are NATIONAL_ID.
const (
	NationalID     Type = "NATIONAL_ID"
	ESNIF          Type = "ES_NIF"
	ESNIE          Type = "ES_NIE"
	ITFiscalCode   Type = "IT_FISCAL_CODE"
	ITVATCode      Type = "IT_VAT_CODE"
	ITDriver       Type = "IT_DRIVER_LICENSE"
	ITIdentity     Type = "IT_IDENTITY_CARD"
	PLPESEL        Type = "PL_PESEL"
	FIPersonalID   Type = "FI_PERSONAL_IDENTITY_CODE"
	SEPersonnummer Type = "SE_PERSONNUMMER"
	SEOrganisation Type = "SE_ORGANISATIONSNUMMER"
	TRNationalID   Type = "TR_NATIONAL_ID"
	TRPlate        Type = "TR_LICENSE_PLATE"
	NGVehicle      Type = "NG_VEHICLE_REGISTRATION"
	ZAID           Type = "ZA_ID_NUMBER"
)

// nationalIDs are the types of numbers that a state gives to a person.
func nationalIDs() []Type {
	return []Type{
		NationalID, ESNIF, ESNIE, ITFiscalCode, PLPESEL, FIPersonalID, DETaxID, DESocialSecurity, SEPersonnummer, UKNINO, UKNHS, UKCHI, USSSN, USITIN,
		CASIN, INAadhaar, KRRRN, KRFRN, SGNRIC, THTNIN, TRNationalID, ZAID, AUTFN,
	}
}

func nationalRules() []Rule {
	return []Rule{
		// Spain: eight digits and a letter modulo 23; for foreigners X, Y or Z in the first place.
		spec{
			name: "es_nif/1", kind: ESNIF, mixed: true, sizes: []int{8, 9}, groups: [][]int{{9}, {8, 1}, {7, 1}, {2, 3, 3, 1}, {1, 3, 3, 1}}, seps: " -.",
			context: []string{"dni", "nif", "documento nacional", "identificación", "documento"},
			letters: WithLetters, check: func(c *Candidate) bool {
				n := len(c.Value) - 1
				return num(c.Value, 0, n) > 0 && isLetter(c.Value[n]) && nifLetter(num(c.Value, 0, n)) == c.Value[n]
			},
			spoken: 1, grouped: 0.8, bare: 0.8,
		}.rule(),
		spec{
			name: "es_nie/1", kind: ESNIE, sizes: []int{9}, groups: [][]int{{9}, {1, 7, 1}, {8, 1}},
			context: []string{"nie", "extranjero", "identificación de extranjero"},
			letters: WithLetters, check: func(c *Candidate) bool {
				v := c.Value
				return 'X' <= v[0] && v[0] <= 'Z' && num(v, 1, 8) >= 0 && nifLetter(int(v[0]-'X')*10000000+num(v, 1, 8)) == v[8]
			},
			spoken: 1, grouped: 0.9, bare: 0.9,
		}.rule(),
		// Spain, companies (CIF): a letter, seven digits and a check character.
		spec{
			name: "es_cif/1", kind: ESNIF, sizes: []int{9}, groups: [][]int{{9}, {1, 8}, {1, 7, 1}}, context: []string{"cif", "nif"},
			letters: WithLetters, check: func(c *Candidate) bool { return cif(c.Value) }, spoken: 0.9,
		}.rule(),
		// Italy: the codice fiscale has a date of birth and a check letter, the partita IVA an office and Luhn's digit.
		spec{
			name: "it_fiscal_code/1", kind: ITFiscalCode, sizes: []int{16}, groups: [][]int{{16}, {3, 3, 5, 5}, {6, 5, 5}},
			context: []string{"codice fiscale", "cf", "fiscal code"},
			letters: WithLetters, check: func(c *Candidate) bool { return codiceFiscale(c.Value) }, spoken: 1, grouped: 0.9, bare: 0.9,
		}.rule(),
		spec{
			name: "it_vat/1", kind: ITVATCode, sizes: []int{11, 13}, groups: [][]int{{11}, {13}, {2, 11}},
			context: []string{"partita iva", "p iva", "iva", "piva", "partita"},
			check: func(c *Candidate) bool {
				v := c.Value
				if len(v) == 13 {
					if v[0] != 'I' || v[1] != 'T' {
						return false
					}
					v = v[2:]
				}
				office := -1
				if num(v, 0, 11) > 0 {
					office = num(v, 7, 10)
				}
				return (1 <= office && office <= 100 || office == 120 || office == 121 || office == 888 || office == 999) && num(v, 0, 7) > 0 && luhnText(v)
			},
			spoken: 1, bare: 0.66, grouped: 0.8,
		}.rule(),
		spec{
			name: "it_identity_card/1", kind: ITIdentity, sizes: []int{9}, context: []string{"carta d'identità", "carta identità", "identità", "cie", "carta di identità", "documento", "identity card"},
			letters: WithLetters, check: func(c *Candidate) bool {
				return like(c.Value, "AA99999AA") || like(c.Value, "AA9999999") || like(c.Value, "9999999AA")
			},
			spoken: 0.8,
		}.rule(),
		spec{
			name: "it_driver/1", kind: ITDriver, sizes: []int{10}, groups: [][]int{{10}}, context: []string{"patente", "patente di guida", "licenza", "driver license", "driving licence"},
			letters: WithLetters, check: func(c *Candidate) bool {
				return like(c.Value, "AA9999999A") || c.Value[0] == 'U' && c.Value[1] == '1' && isLetter(c.Value[9])
			},
			spoken: 0.9,
		}.rule(),
		// Poland: date of birth with the century in the month, weights 1, 3, 7, 9.
		spec{
			name: "pl_pesel/1", kind: PLPESEL, sizes: []int{11}, groups: [][]int{{11}}, context: []string{"pesel"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				return day(num(v, 0, 2), num(v, 2, 4)%20, num(v, 4, 6)) && (10-weighted(v, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3)%10)%10 == int(v[10]-'0')
			}),
			spoken: 1, bare: 0.85,
		}.rule(),
		// Finland: date of birth, century sign, serial number, a check character modulo 31.
		{Name: "fi_hetu/1", Type: FIPersonalID, Sizes: []int{10, 11}, Match: matchHETU},
		// Sweden: date of birth, serial number, Luhn; firms have 20 or more where persons have the month.
		spec{
			name: "se_personnummer/1", kind: SEPersonnummer, sizes: []int{10, 12}, groups: [][]int{{10}, {12}, {6, 4}, {8, 4}}, seps: "-",
			context: []string{"personnummer", "pnr", "samordningsnummer", "person nr", "personal identity number", "swedish id"},
			letters: NoLetters, check: digitsThat(personnummer), spoken: 1, grouped: 0.85, alone: 0.8,
		}.rule(),
		spec{
			name: "se_personnummer_long/1", kind: SEPersonnummer, sizes: []int{12}, groups: [][]int{{12}}, letters: NoLetters, check: digitsThat(personnummer), bare: 0.9,
		}.rule(),
		spec{
			name: "se_organisation/1", kind: SEOrganisation, sizes: []int{10}, groups: [][]int{{10}, {6, 4}}, seps: "-",
			context: []string{"organisationsnummer", "orgnr", "org nr", "organisation number"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				return v[0] != '0' && v[0] != '4' && v[2] >= '2' && luhnText(v)
			}),
			spoken: 1, grouped: 0.7, alone: 0.7,
		}.rule(),
		// Norway: date of birth and two check digits modulo 11. Denmark: a date of birth and four digits.
		spec{
			name: "no_fodselsnummer/1", kind: NationalID, sizes: []int{11}, groups: [][]int{{11}, {6, 5}}, context: []string{"fødselsnummer", "fodselsnummer", "fnr", "personnummer", "d nummer"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				return day(0, num(v, 2, 4)%40, num(v, 0, 2)%40) && weighted(v, 3, 7, 6, 1, 8, 9, 4, 5, 2, 1, 0)%11 == 0 &&
					weighted(v, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
			}),
			spoken: 1, grouped: 0.9, bare: 0.85,
		}.rule(),
		spec{
			name: "no_fodselsnummer_named/1", kind: NationalID, sizes: []int{11}, groups: [][]int{{11}, {6, 5}}, context: []string{"fødselsnummer", "fodselsnummer", "fnr"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool { return day(0, num(v, 2, 4)%40, num(v, 0, 2)%40) }), spoken: 0.9,
		}.rule(),
		spec{
			name: "dk_cpr/1", kind: NationalID, sizes: []int{10}, groups: [][]int{{10}, {6, 4}}, context: []string{"cpr", "personnummer", "cpr nr", "cpr nummer"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool { return day(0, num(v, 2, 4), num(v, 0, 2)) }), spoken: 0.95,
		}.rule(),
		// France: sex, year, month, department (2A and 2B for Corsica), commune, serial, and 97 less the rest modulo 97.
		spec{
			name: "fr_nir/1", kind: NationalID, sizes: []int{15}, groups: [][]int{{15}, {13, 2}, {1, 2, 2, 2, 3, 3, 2}}, context: []string{"nir", "sécurité sociale", "numéro de sécurité sociale", "insee"},
			check: func(c *Candidate) bool { return nir(c.Value) }, spoken: 1, grouped: 0.9, bare: 0.85,
		}.rule(),
		// The Netherlands: weights 9 to 2 and less 1, modulo 11.
		spec{
			name: "nl_bsn/1", kind: NationalID, sizes: []int{9}, groups: [][]int{{9}, {3, 3, 3}, {4, 2, 3}}, seps: " .", context: []string{"bsn", "burgerservicenummer", "sofinummer", "sofi"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool { return weighted(v, 9, 8, 7, 6, 5, 4, 3, 2, -1)%11 == 0 }), spoken: 1,
		}.rule(),
		// Belgium: date of birth, serial, 97 less the rest (of 2 and the number, since 2000) modulo 97.
		spec{
			mixed: true, seps: " -.", name: "be_national/1", kind: NationalID, sizes: []int{11}, groups: [][]int{{11}, {2, 2, 2, 3, 2}, {6, 3, 2}}, context: []string{"rijksregisternummer", "numéro national", "registre national", "niss", "insz"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				n, k := num(v, 0, 9), num(v, 9, 11)
				return day(0, num(v, 2, 4), num(v, 4, 6)) && (97-n%97 == k || 97-(2000000000+n)%97 == k)
			}),
			spoken: 1, grouped: 0.9, bare: 0.8,
		}.rule(),
		// Switzerland: 756, and an EAN's check digit.
		spec{
			name: "ch_ahv/1", kind: NationalID, sizes: []int{13}, groups: [][]int{{13}, {3, 4, 4, 2}}, seps: " .", context: []string{"ahv", "avs", "ahv nummer", "ahvn13"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				return string(v[:3]) == "756" && (10-weighted(v, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3)%10)%10 == int(v[12]-'0')
			}),
			spoken: 1, grouped: 0.9, bare: 0.9,
		}.rule(),
		// Austria: a serial number with its check digit in the fourth place, and the date of birth.
		spec{
			name: "at_svnr/1", kind: NationalID, sizes: []int{10}, groups: [][]int{{10}, {4, 6}}, context: []string{"svnr", "sozialversicherungsnummer", "sv nummer", "vsnr"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				return weighted(v, 3, 7, 9, 0, 5, 8, 4, 2, 1, 6)%11 == int(v[3]-'0') && num(v, 4, 6) <= 31
			}),
			spoken: 1, grouped: 0.75,
		}.rule(),
		// Croatia: ISO 7064 MOD 11,10.
		spec{
			name: "hr_oib/1", kind: NationalID, sizes: []int{11}, groups: [][]int{{11}}, context: []string{"oib"},
			letters: NoLetters, check: digitsThat(mod11And10), spoken: 1,
		}.rule(),
		// Hungary: weights 3 and 7.
		spec{
			name: "hu_taj/1", kind: NationalID, sizes: []int{9}, groups: [][]int{{9}, {3, 3, 3}}, context: []string{"taj", "taj szám", "taj szam"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool { return weighted(v, 3, 7, 3, 7, 3, 7, 3, 7)%10 == int(v[8]-'0') }), spoken: 1,
		}.rule(),
		// Slovakia and the Czech Republic: date of birth (women plus 50), divisible by 11.
		spec{
			name: "sk_rodne_cislo/1", kind: NationalID, sizes: []int{9, 10}, groups: [][]int{{6, 4}, {6, 3}, {10}}, seps: "/", context: []string{"rodné číslo", "rodne cislo", "rč", "rc"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				return day(0, num(v, 2, 4)%50%20, num(v, 4, 6)) && (len(v) == 9 || num(v, 0, 10)%11 == 0 || num(v, 0, 9)%11 == 10 && v[9] == '0')
			}),
			spoken: 1, grouped: 0.85,
		}.rule(),
		spec{
			name: "sk_rodne_cislo_named/1", kind: NationalID, sizes: []int{10}, groups: [][]int{{6, 4}}, seps: "/", context: []string{"rodné číslo", "rodne cislo"},
			letters: NoLetters, check: digitsThat(func([]byte) bool { return true }), spoken: 0.9,
		}.rule(),
		// Romania, Bulgaria, Estonia and Lithuania: dates of birth with weights of their own.
		spec{
			name: "ro_cnp/1", kind: NationalID, sizes: []int{13}, groups: [][]int{{13}}, context: []string{"cnp", "cod numeric personal"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				r := weighted(v, 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9) % 11
				return v[0] != '0' && day(0, num(v, 3, 5), num(v, 5, 7)) && num(v, 7, 9) >= 1 && num(v, 7, 9) <= 52 && (r == int(v[12]-'0') || r == 10 && v[12] == '1')
			}),
			spoken: 1, bare: 0.8,
		}.rule(),
		spec{
			name: "bg_egn/1", kind: NationalID, sizes: []int{10}, groups: [][]int{{10}}, context: []string{"egn", "егн"}, native: []string{"ЕГН"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				return day(0, num(v, 2, 4)%20, num(v, 4, 6)) && weighted(v, 2, 4, 8, 5, 10, 9, 7, 3, 6)%11%10 == int(v[9]-'0')
			}),
			spoken: 1,
		}.rule(),
		spec{
			name: "ee_isikukood/1", kind: NationalID, sizes: []int{11}, groups: [][]int{{11}}, context: []string{"isikukood", "asmens kodas"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				r := weighted(v, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1) % 11
				if r == 10 {
					r = weighted(v, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3) % 11 % 10
				}
				return '1' <= v[0] && v[0] <= '6' && day(0, num(v, 3, 5), num(v, 5, 7)) && r == int(v[10]-'0')
			}),
			spoken: 1, bare: 0.8,
		}.rule(),
		// Portugal, Greece and Ireland: with a word for them.
		spec{
			name: "pt_nif/1", kind: NationalID, sizes: []int{9}, groups: [][]int{{9}, {3, 3, 3}}, context: []string{"nif", "contribuinte", "número de contribuinte", "nipc"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				r := 11 - weighted(v, 9, 8, 7, 6, 5, 4, 3, 2)%11
				return r%11%10 == int(v[8]-'0')
			}),
			spoken: 1,
		}.rule(),
		spec{
			name: "gr_amka/1", kind: NationalID, sizes: []int{11}, groups: [][]int{{11}}, context: []string{"amka"}, native: []string{"ΑΜΚΑ"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool { return day(0, num(v, 2, 4), num(v, 0, 2)) && luhnText(v) }), spoken: 1,
		}.rule(),
		spec{
			name: "ie_pps/1", kind: NationalID, sizes: []int{8, 9}, groups: [][]int{{8}, {9}, {7, 1}, {7, 2}}, context: []string{"pps", "ppsn", "pps number"},
			letters: WithLetters, check: func(c *Candidate) bool { return pps(c.Value) }, spoken: 1,
		}.rule(),
		// Brazil: persons have two check digits modulo 11, firms too.
		spec{
			mixed: true, seps: " -.", name: "br_cpf/1", kind: NationalID, sizes: []int{11}, groups: [][]int{{11}, {3, 3, 3, 2}}, context: []string{"cpf"},
			letters: NoLetters, check: digitsThat(cpf), spoken: 1, grouped: 0.9, bare: 0.7,
		}.rule(),
		spec{
			mixed: true, seps: " -./", name: "br_cnpj/1", kind: NationalID, sizes: []int{14}, groups: [][]int{{14}, {2, 3, 3, 4, 2}}, context: []string{"cnpj"},
			letters: NoLetters, check: digitsThat(cnpj), spoken: 1, grouped: 0.9, bare: 0.7,
		}.rule(),
		// Turkey: the tenth digit of the odd and even places, the eleventh of all.
		spec{
			name: "tr_national_id/1", kind: TRNationalID, sizes: []int{11}, groups: [][]int{{11}}, context: []string{"tc kimlik", "tckn", "kimlik", "turkish id", "tc"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				odd := weighted(v, 1, 0, 1, 0, 1, 0, 1, 0, 1)
				even := weighted(v, 0, 1, 0, 1, 0, 1, 0, 1)
				return v[0] != '0' && ((odd*7-even)%10+10)%10 == int(v[9]-'0') && (odd+even+int(v[9]-'0'))%10 == int(v[10]-'0')
			}),
			spoken: 1, bare: 0.8,
		}.rule(),
		spec{
			name: "tr_plate/1", kind: TRPlate, sizes: []int{5, 6, 7, 8, 9}, seps: " -", context: []string{"plaka", "plaka numarası", "plate", "araç"},
			letters: DigitFirst, check: func(c *Candidate) bool {
				v := c.Value
				i := 2
				for i < len(v) && isLetter(v[i]) && !contains("QWX", v[i]) {
					i++
				}
				city := num(v, 0, 2)
				if c.Text[c.At] == '+' || len(c.Seps) != 0 && !c.grouped(2, i-2, len(v)-i) || !c.capitals() {
					return false
				}
				return 1 <= city && city <= 81 && 3 <= i && i <= 5 && len(v)-i >= 2 && len(v)-i <= 5 && num(v, i, len(v)) > 0
			},
			spoken: 0.9, alone: 0.65,
		}.rule(),
		// Nigeria's vehicles: district, serial number, two letters.
		spec{
			name: "ng_vehicle/1", kind: NGVehicle, sizes: []int{8}, groups: [][]int{{8}, {3, 5}}, context: []string{"plate", "plate number", "vehicle", "registration"},
			letters: WithLetters, check: func(c *Candidate) bool { return like(c.Value, "AAA999AA") && c.capitals() }, spoken: 0.9, grouped: 0.65, bare: 0.6,
		}.rule(),
		// South Africa: date of birth, serial number, 0 to 2, 8 or 9, Luhn.
		spec{
			name: "za_id/1", kind: ZAID, sizes: []int{13}, groups: [][]int{{13}, {6, 4, 3}, {6, 4, 2, 1}}, context: []string{"south african id", "id number", "identity number", "rsa id"},
			letters: NoLetters, check: digitsThat(func(v []byte) bool {
				return day(0, num(v, 2, 4), num(v, 4, 6)) && v[10] <= '2' && v[11] >= '8' && luhnText(v)
			}),
			spoken: 1, grouped: 0.9, bare: 0.85,
		}.rule(),
		// China: an area, a date of birth, ISO 7064 MOD 11-2. Mexico: the CURP's letters and date.
		spec{
			name: "cn_id/1", kind: NationalID, sizes: []int{18}, groups: [][]int{{18}}, context: []string{"id card", "resident"}, native: []string{"身份证"},
			check: func(c *Candidate) bool {
				v := c.Value
				if num(v, 0, 17) < 0 || !isDigit(v[17]) && v[17] != 'X' || num(v, 6, 8) != 19 && num(v, 6, 8) != 20 || !day(num(v, 6, 10), num(v, 10, 12), num(v, 12, 14)) {
					return false
				}
				return "10X98765432"[weighted(v, 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)%11] == v[17]
			},
			spoken: 1, bare: 0.9,
		}.rule(),
		spec{
			name: "mx_curp/1", kind: NationalID, sizes: []int{18}, groups: [][]int{{18}}, context: []string{"curp"},
			letters: WithLetters, check: func(c *Candidate) bool {
				v := c.Value
				return like(v, "AAAA999999AAAAAA*9") && contains("HMX", v[10]) && day(0, num(v, 6, 8), num(v, 8, 10))
			},
			spoken: 1, bare: 0.9,
		}.rule(),
	}
}

func nifLetter(n int) byte { return "TRWAGMYFPDXBNJZSQVHLCKE"[n%23] }

func cif(v []byte) bool {
	if !contains("ABCDEFGHJNPQRSUVW", v[0]) || num(v, 1, 8) < 0 {
		return false
	}
	sum := 0
	for i, b := range v[1:8] {
		d := int(b - '0')
		if i%2 == 0 {
			d *= 2
			d = d/10 + d%10
		}
		sum += d
	}
	k := (10 - sum%10) % 10
	return v[8] == byte('0'+k) || v[8] == "JABCDEFGHI"[k]
}

// codiceFiscale checks the form, with letters that may stand for digits, and the check letter.
func codiceFiscale(v []byte) bool {
	const instead = "LMNPQRSTUV" // for 0 to 9, where two people would have the same code
	var d [16]byte
	for i, b := range v {
		d[i] = b
		switch i {
		case 6, 7, 9, 10, 12, 13, 14:
			if isLetter(b) {
				k := 0
				for k < 10 && instead[k] != b {
					k++
				}
				if k == 10 {
					return false
				}
				d[i] = byte('0' + k)
			}
		default:
			if !isLetter(b) {
				return false
			}
		}
	}
	if !contains("ABCDEHLMPRST", v[8]) || num(d[:], 9, 11)%40 < 1 || num(d[:], 9, 11)%40 > 31 {
		return false
	}
	odd := [...]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}
	sum := 0
	for i, b := range v[:15] {
		k := int(b - 'A')
		if isDigit(b) {
			k = int(b - '0')
		}
		if i%2 == 0 {
			sum += odd[k]
		} else {
			sum += k
		}
	}
	return byte('A'+sum%26) == v[15]
}

func matchHETU(c *Candidate) Verdict {
	v := c.Value
	if len(v) == 11 {
		if !like(v, "999999A999*") || !contains("ABCDEFYXWVU", v[6]) || len(c.Seps) > 0 {
			return None
		}
		v = append(append([]byte{}, v[:6]...), v[7:]...)
	} else if !c.grouped(6, 4) || c.Seps[0] != '-' || !like(v, "999999999*") {
		return None
	}
	if c.goesOn() || !day(0, num(v, 2, 4), num(v, 0, 2)) || num(v, 6, 9) < 2 || "0123456789ABCDEFHJKLMNPRSTUVWXY"[num(v, 0, 9)%31] != v[9] {
		return None
	}
	return c.whole(0.9)
}

func personnummer(v []byte) bool {
	if len(v) == 12 {
		if c := num(v, 0, 2); c < 18 || c > 20 {
			return false
		}
		v = v[2:]
	}
	d := num(v, 4, 6)
	return day(0, num(v, 2, 4), d) && luhnText(v) || d > 60 && day(0, num(v, 2, 4), d-60) && luhnText(v)
}

func nir(v []byte) bool {
	var d [15]byte
	copy(d[:], v)
	less := 0
	if d[5] == '2' && (d[6] == 'A' || d[6] == 'B') {
		less = 1000000 * int(d[6]-'A'+1)
		d[6] = '0'
	}
	n := num(d[:], 0, 13)
	m := num(d[:], 3, 5)
	return n > 0 && (d[0] == '1' || d[0] == '2' || d[0] == '3' || d[0] == '4' || d[0] == '7' || d[0] == '8') && (1 <= m && m <= 12 || 20 <= m && m <= 42 || m >= 50) &&
		97-(n-less)%97 == num(d[:], 13, 15)
}

func pps(v []byte) bool {
	if num(v, 0, 7) < 0 || !isLetter(v[7]) {
		return false
	}
	sum := weighted(v, 8, 7, 6, 5, 4, 3, 2)
	if len(v) == 9 {
		if v[8] < 'A' || v[8] > 'I' && v[8] != 'W' {
			return false
		}
		if v[8] != 'W' {
			sum += 9 * int(v[8]-'A'+1)
		}
	}
	return "WABCDEFGHIJKLMNOPQRSTUV"[sum%23] == v[7]
}

func cpf(v []byte) bool {
	r := func(sum int) int {
		if k := sum * 10 % 11; k < 10 {
			return k
		}
		return 0
	}
	return r(weighted(v, 10, 9, 8, 7, 6, 5, 4, 3, 2)) == int(v[9]-'0') && r(weighted(v, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)) == int(v[10]-'0')
}

func cnpj(v []byte) bool {
	r := func(sum int) int {
		if k := sum % 11; k >= 2 {
			return 11 - k
		}
		return 0
	}
	return r(weighted(v, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) == int(v[12]-'0') && r(weighted(v, 6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) == int(v[13]-'0')
}
