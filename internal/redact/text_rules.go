package redact

// textRules are the rules for what has no fixed form: secrets, persons, addresses, dates, free text after a label.
func textRules() []Rule { return nil }

// textTypes describes their types.
func textTypes() []Kind { return nil }
