package redact

import "slices"

// Kind describes a type for people and for the policy.
type Kind struct {
	Type        Type
	Description string // for a person: "US social security number"
	Label       string // what stands in the value's place: "[SSN]"
	HIPAA       string // letters of the identifiers in 45 CFR 164.514(b)(2)(i) that it belongs to, "" for none
	InChat      bool   // masked in the chat unless the policy says otherwise
}

// Kinds describes every type that a built-in rule finds, in the order in which they are shown.
func Kinds() []Kind { return slices.Concat(structuredTypes(), textTypes()) }

func structuredTypes() []Kind {
	return []Kind{
		{EmailAddress, "E-mail address", "[EMAIL]", "F", true},
		{PhoneNumber, "Telephone or fax number", "[PHONE]", "D, E", true},
		{TRPhone, "Turkish telephone number", "[PHONE]", "D, E", true},
		{PHMobile, "Philippine mobile number", "[PHONE]", "D", true},
		{URL, "Web address", "[URL]", "N", false},
		{IPAddress, "Internet protocol address", "[IP]", "O", true},
		{MACAddress, "Network card's address", "[MAC]", "M", true},
		{USSSN, "US social security number", "[SSN]", "G", true},
		{USITIN, "US individual taxpayer number", "[ITIN]", "R", true},
		{USEIN, "US employer identification number", "[EIN]", "R", true},
		{USNPI, "US national provider identifier", "[NPI]", "K", true},
		{MedicalLicense, "US DEA registration", "[DEA]", "K", true},
		{UKGMC, "UK General Medical Council reference", "[GMC]", "K", true},
		{BarNumber, "Lawyer's bar or roll number", "[BAR]", "K", true},
		{USMBI, "US Medicare beneficiary identifier", "[MBI]", "I", true},
		{CreditCard, "Payment card number", "[CARD]", "J", true},
		{IBANCode, "International bank account number (IBAN)", "[IBAN]", "J", true},
		{SwiftBIC, "Bank identifier code (BIC)", "[BIC]", "J", true},
		{ABARouting, "US bank routing number", "[ROUTING]", "J", true},
		{USBankNumber, "US bank account number", "[ACCOUNT]", "J", true},
		{Crypto, "Bitcoin or Ethereum address", "[WALLET]", "J", true},
		{USDriver, "US driving licence", "[LICENCE]", "K", true},
		{USPassport, "Passport", "[PASSPORT]", "R", true},
		{UKPassport, "UK or Italian passport", "[PASSPORT]", "R", true},
		{INPassport, "Indian passport", "[PASSPORT]", "R", true},
		{KRPassport, "Korean passport", "[PASSPORT]", "R", true},
		{ESPassport, "Spanish passport", "[PASSPORT]", "R", true},
		{DEPassport, "German passport", "[PASSPORT]", "R", true},
		{LicensePlate, "Vehicle registration", "[PLATE]", "L", true},
		{VIN, "Vehicle identification number", "[VIN]", "L", true},
		{IMEI, "Mobile device identity", "[IMEI]", "M", true},
		{UDI, "Unique device identification", "[UDI]", "M", true},
		{CASIN, "Canadian social insurance number", "[SIN]", "G", true},
		{UKNHS, "NHS number", "[NHS]", "H", true},
		{UKCHI, "Scottish CHI number", "[CHI]", "H", true},
		{UKNINO, "UK national insurance number", "[NINO]", "G", true},
		{UKDrivingLicence, "UK driving licence", "[LICENCE]", "K", true},
		{UKPostcode, "UK postcode", "[POSTCODE]", "B", true},
		{UKVehicle, "UK vehicle registration", "[PLATE]", "L", true},
		{DETaxID, "German tax identification number", "[TAX_ID]", "R", true},
		{DETaxNumber, "German tax number", "[TAX_ID]", "R", true},
		{DEVATID, "German VAT number", "[VAT_ID]", "R", true},
		{DEIDCard, "German identity card", "[ID_CARD]", "R", true},
		{DESocialSecurity, "German pension insurance number", "[SOCIAL_SECURITY]", "G", true},
		{DEHealth, "German health insurance number", "[PLAN]", "I", true},
		{DELANR, "German doctor's number", "[LANR]", "K", true},
		{DEBSNR, "German practice's number", "[BSNR]", "R", true},
		{DEFuehrerschein, "German driving licence", "[LICENCE]", "K", true},
		{DEHandelsreg, "German commercial register entry", "[REGISTER]", "R", true},
		{DEKFZ, "German vehicle registration", "[PLATE]", "L", true},
		{DEPLZ, "German postcode", "[POSTCODE]", "B", true},
		{ESNIF, "Spanish tax or company number", "[NIF]", "R", true},
		{ESNIE, "Spanish foreigner's number", "[NIE]", "R", true},
		{ITFiscalCode, "Italian codice fiscale", "[CODICE_FISCALE]", "R", true},
		{ITVATCode, "Italian VAT number", "[VAT_ID]", "R", true},
		{ITIdentity, "Italian identity card", "[ID_CARD]", "R", true},
		{ITDriver, "Italian driving licence", "[LICENCE]", "K", true},
		{PLPESEL, "Polish PESEL", "[PESEL]", "R", true},
		{FIPersonalID, "Finnish personal identity code", "[HETU]", "R", true},
		{SEPersonnummer, "Swedish personal number", "[PERSONNUMMER]", "R", true},
		{SEOrganisation, "Swedish company number", "[ORGNR]", "R", true},
		{NationalID, "National identity or social security number (AT, BE, BG, BR, CH, CN, CZ, DK, EE, FR, GR, HR, HU, IE, LT, MX, NL, NO, PT, RO, SK)", "[NATIONAL_ID]", "R", true},
		{TRNationalID, "Turkish identity number", "[NATIONAL_ID]", "R", true},
		{TRPlate, "Turkish vehicle registration", "[PLATE]", "L", true},
		{NGNationalID, "Nigerian identity number", "[NATIONAL_ID]", "R", true},
		{NGVehicle, "Nigerian vehicle registration", "[PLATE]", "L", true},
		{ZAID, "South African identity number", "[NATIONAL_ID]", "R", true},
		{AUABN, "Australian business number", "[ABN]", "R", true},
		{AUACN, "Australian company number", "[ACN]", "R", true},
		{AUTFN, "Australian tax file number", "[TFN]", "R", true},
		{AUMedicare, "Australian Medicare number", "[MEDICARE]", "I", true},
		{INPAN, "Indian permanent account number", "[PAN]", "R", true},
		{INAadhaar, "Indian Aadhaar number", "[AADHAAR]", "R", true},
		{INGSTIN, "Indian GST number", "[GSTIN]", "R", true},
		{INVoter, "Indian voter's card", "[VOTER_ID]", "R", true},
		{INVehicle, "Indian vehicle registration", "[PLATE]", "L", true},
		{SGNRIC, "Singaporean NRIC or FIN", "[NRIC]", "R", true},
		{SGUEN, "Singaporean entity number", "[UEN]", "R", true},
		{KRRRN, "Korean resident number", "[RRN]", "R", true},
		{KRFRN, "Korean foreigner's number", "[FRN]", "R", true},
		{KRBRN, "Korean business number", "[BRN]", "R", true},
		{KRDriver, "Korean driving licence", "[LICENCE]", "K", true},
		{THTNIN, "Thai identity number", "[NATIONAL_ID]", "R", true},
		{PHTIN, "Philippine tax number", "[TAX_ID]", "R", true},
	}
}

// Everything returns a Redactor with all built-in rules.
func Everything() *Redactor { return New(builtin()...) }

// Default returns a Redactor with the built-in rules of the types that the chat masks unless the policy says otherwise.
func Default() *Redactor {
	quiet := map[Type]bool{}
	for _, k := range Kinds() {
		quiet[k.Type] = !k.InChat
	}
	return New(slices.DeleteFunc(builtin(), func(r Rule) bool { return quiet[r.Type] })...)
}

func builtin() []Rule { return slices.Concat(structuredRules(), textRules()) }

func structuredRules() []Rule {
	return slices.Concat(
		[]Rule{IBAN(), Card(), SSN(), Email()}, usRules(), ukRules(), germanRules(), nationalRules(), asianRules(), []Rule{Phone()}, netRules(), deviceRules(), labelRules(),
	)
}
