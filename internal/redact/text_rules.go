package redact

// textRules are the rules for what has no fixed form: secrets, persons, addresses, dates, free text after a label.
func textRules() []Rule {
	return []Rule{PrivateKeys(), WebTokens(), Tokens(), Credentials(), Assigned(), Passwords()}
}

// textTypes describes their types.
func textTypes() []Kind {
	return []Kind{
		{Secret, "Key, token or password", "[SECRET]", "", true},
	}
}
