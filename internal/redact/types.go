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
		{USSSN, "US social security number", "[SSN]", "G", true},
		{CreditCard, "Payment card number", "[CARD]", "J", true},
		{IBANCode, "International bank account number (IBAN)", "[IBAN]", "J", true},
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

func structuredRules() []Rule { return []Rule{IBAN(), Card(), SSN(), Email()} }
