package redact

// matchOrganization: one to five words with capitals and a legal form.
func matchOrganization(c *Candidate) Verdict {
	if !capital(c.Text, c.At) {
		return None
	}
	i := c.At
	for words := 0; words < 6; words++ {
		j := i
		for j < len(c.Text) && (inWord[c.Text[j]] || c.Text[j] == '-' || c.Text[j] == '&') && j-i < 40 {
			j++
		}
		if j == len(c.Text) && c.More {
			return c.Undecided(c.At)
		}
		if j-i <= 12 && legalForm(c.Text[i:j]) {
			if words == 0 || j-i == 2 && (i < 2 || c.Text[i-2] < 'a' || c.Text[i-2] > 'z') {
				return None
			}
			return c.Is(c.At, j, 0.6)
		}
		if j >= len(c.Text) || j == i {
			return None
		}
		if c.Text[j] == ',' {
			j++
		}
		if j == len(c.Text) {
			return c.Undecided(c.At)
		}
		if c.Text[j] != ' ' {
			return None
		}
		i = j + 1
		if i == len(c.Text) {
			if c.More {
				return c.Undecided(c.At)
			}
			return None
		}
		if !capital(c.Text, i) && c.Text[i] != '&' && c.Text[i] != 'p' {
			return None
		}
	}
	return None
}

// legalForm reports whether a word is the legal form of a company.
func legalForm(w []byte) bool {
	switch string(w) {
	case "Inc", "Ltd", "LLC", "LLP", "GmbH", "PLC", "Plc", "plc", "Corp", "Corporation", "AG", "KG", "SA", "SL", "BV", "AB", "Oy", "Incorporated", "Limited", "Pty", "SpA", "KGaA", "SE", "ApS":
		return true
	}
	return false
}
