package redact

// textFiles are the vectors of textRules.
func textFiles() map[string]Type {
	return map[string]Type{"secret.txt": Secret}
}
