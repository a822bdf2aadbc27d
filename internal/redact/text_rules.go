package redact

import "slices"

// textRules are the rules for what has no fixed form: secrets, persons, addresses, dates, free text after a label.
func textRules() []Rule {
	return slices.Concat(
		[]Rule{PrivateKeys(), WebTokens(), Tokens(), Infixed(), Credentials(), Assigned(), Passwords(), Dates(), CaseNumbers()},
		Labelled(),
		Persons(),
		Addresses(),
		Ages(),
	)
}

// textTypes describes their types.
func textTypes() []Kind {
	return []Kind{
		{Secret, "Key, token or password", "[SECRET]", "", true},
		{Person, "Person's name", "[PERSON]", "A", false},
		{StreetAddress, "Street address, P.O. box", "[ADDRESS]", "B", false},
		{ZIPCode, "Postcode", "[POSTCODE]", "B", false},
		{Location, "Town, province or country", "[LOCATION]", "B", false},
		{Organization, "Organisation", "[ORGANISATION]", "", false},
		{Age, "Age", "[AGE]", "", false},
		{AgeOver89, "Age over 89", "[AGE]", "C", true},
		{DateTime, "Date finer than a year", "[DATE]", "C", false},
		{"MRN", "Medical record number", "[MRN]", "H", true},
		{"ENCOUNTER_ID", "Encounter, visit or specimen number", "[ENCOUNTER]", "R", true},
		{"HEALTH_PLAN_ID", "Health plan beneficiary number", "[HEALTH_PLAN]", "I", true},
		{"PROVIDER_LICENSE", "Licence or certificate number of a professional", "[LICENCE]", "K", true},
		{"ACCOUNT_NUMBER", "Account or customer number", "[ACCOUNT]", "J", true},
		{"CASE_NUMBER", "Docket, matter, claim or file number", "[CASE]", "R", false},
		{"EMPLOYEE_ID", "Employee or badge number", "[EMPLOYEE]", "R", true},
		{"STUDENT_ID", "Student number", "[STUDENT]", "R", true},
		{"DEVICE_ID", "Serial number of a device", "[DEVICE]", "M", true},
		{"BIOMETRIC_ID", "Biometric identifier", "[BIOMETRIC]", "P", true},
		{"PHOTO_ID", "Photograph's identifier", "[PHOTO]", "Q", true},
		{"USERNAME", "Name of an account or handle", "[USERNAME]", "R", true},
	}
}
