package redact

// textFiles are the vectors of textRules.
func textFiles() map[string]Type {
	return map[string]Type{
		"secret.txt": Secret, "person.txt": Person, "street_address.txt": StreetAddress, "zip_code.txt": ZIPCode, "location.txt": Location, "organization.txt": Organization, "age.txt": Age, "age_over_89.txt": AgeOver89, "date.txt": DateTime, "mrn.txt": "MRN", "case_number.txt": "CASE_NUMBER", "health_plan.txt": "HEALTH_PLAN_ID", "provider_licence.txt": "PROVIDER_LICENSE",
		"encounter.txt": "ENCOUNTER_ID", "username.txt": "USERNAME", "device.txt": "DEVICE_ID",
	}
}
