package redact

// Ages finds the ages of persons; AgesOver89 only those over 89, which HIPAA's Safe Harbor counts as identifying.
func Ages() []Rule {
	return []Rule{
		{Name: "age/3", Type: Age, Anchors: figure, If: func(w *Word) bool { return w.Digits <= 2 && w.Value <= 89 && mayBeAge(w) }, Match: func(c *Candidate) Verdict { return matchAge(c, 0, 89) }},
		{Name: "age_over_89/3", Type: AgeOver89, Anchors: figure, If: func(w *Word) bool { return w.Value >= 90 && w.Value <= 125 && mayBeAge(w) }, Match: func(c *Candidate) Verdict { return matchAge(c, 90, 125) }},
	}
}

// mayBeAge: what a word for years begins with behind it, or what a word for an age ends in before it.
func mayBeAge(w *Word) bool {
	next := w.Next
	switch {
	case w.Before == '/', w.Before == '.':
		return false
	case len(w.Text) > w.Digits:
		next = w.Text[w.Digits]
	case w.After == 0:
		return true
	case w.After != ' ' && w.After != '-':
		next = '-'
	}
	if next == 0 || contains("ymaj", next|0x20) {
		return true
	}
	return contains(" :=(", w.Before) && contains("fednrs :=(", w.Earlier|0x20)
}

func matchAge(c *Candidate, least, most int) Verdict {
	if c.At > 0 {
		switch c.Text[c.At-1] {
		case '.', ',', '/', '-', '$', '_', '+', '@':
			return None
		}
	}
	s := &scanner{text: c.Text, i: c.At}
	v, n := s.number(3)
	if s.short && c.More {
		return c.Undecided(c.At)
	}
	if n == 0 || n == 3 && v < 100 || v < least || v > most {
		return None
	}
	end := s.i
	if b := s.peek(); b == '/' || (b == '.' || b == ',') && isDigit(s.at(1)) || b == '%' {
		return None
	}
	before := ageBefore(c.Text[:c.At])
	gap := s.peek() == ' ' || s.peek() == '-'
	if gap {
		s.i++
	}
	switch w, _ := s.word(); string(w) {
	case "year", "years", "yr", "yrs", "month", "months":
		if b := s.peek(); b == ' ' || b == '-' {
			s.i++
			switch w, _ := s.word(); string(w) {
			case "old":
				return done(c, s, end)
			case "of":
				if s.literal(" age") {
					return done(c, s, end)
				}
			}
		}
	case "yo":
		return done(c, s, end)
	case "y":
		if s.literal("/o") || s.literal(".o.") || s.literal("o") {
			return done(c, s, end)
		}
	case "años", "anos", "meses", "jahre", "ans", "anni":
		unit := s.i
		if s.skip(' ') {
			switch w, _ := s.word(); string(w) {
			case "de":
				if s.literal(" edad") {
					return done(c, s, unit)
				}
				if s.literal(" evolución") {
					before = false
				}
			case "alt", "d":
				return done(c, s, unit)
			}
		}
		if before || personBefore(c.Text[:c.At]) || c.At > 1 && c.Text[c.At-2] == ',' && unit < len(c.Text) && c.Text[unit] == ',' {
			return done(c, s, unit)
		}
	case "jährige", "jähriger", "jährigen", "jähriges":
		return done(c, s, end)
	case "mg", "ml", "mmhg", "bpm", "kg", "cm", "percent", "hours", "days", "weeks", "minutes":
		if !s.short || !c.More {
			return None
		}
	}
	if s.short && c.More {
		return c.Undecided(c.At)
	}
	if before {
		return c.Is(c.At, end, 0.7)
	}
	return None
}

func done(c *Candidate, s *scanner, end int) Verdict {
	if s.short && c.More && s.i >= len(c.Text) {
		return c.Undecided(c.At)
	}
	return c.Is(c.At, end, 0.8)
}

// ageBefore reports whether a word for an age stands before: aged, age of, age:, edad, turned.
func ageBefore(before []byte) bool {
	i := len(before)
	for i > 0 && (before[i-1] == ' ' || before[i-1] == ':' || before[i-1] == '=' || before[i-1] == '(') {
		i--
	}
	w := lastWord(before[:i])
	switch {
	case len(w) == 2 && equalFold(w, "of"):
		return equalFoldSuffix(before[:i], "age of")
	case len(w) == 2 && equalFold(w, "de"):
		return equalFoldSuffix(before[:i], "edad de")
	case len(w) == 3 && equalFold(w, "age"), len(w) == 4 && (equalFold(w, "aged") || equalFold(w, "edad")), len(w) == 5 && equalFold(w, "alter"):
		return true
	case len(w) == 6 && equalFold(w, "turned"), len(w) == 4 && equalFold(w, "turn") && equalFoldSuffix(before[:i], "'ll turn"):
		return true
	}
	return equalFoldSuffix(before[:i], "when he was") || equalFoldSuffix(before[:i], "when she was")
}

// personBefore reports whether a word for a person stands right before "de": varón de 59 años.
func personBefore(before []byte) bool {
	for _, w := range [...]string{"varón de ", "mujer de ", "hombre de ", "paciente de ", "niño de ", "niña de ", "nacido de ", "masculino, de ", "masculino de ", "femenino de ", "varon de ", "caucásica de ", "heterosexual de ", ", de "} {
		if equalFoldSuffix(before, w) {
			return true
		}
	}
	return false
}

func equalFoldSuffix(b []byte, lower string) bool {
	return len(b) >= len(lower) && equalFold(b[len(b)-len(lower):], lower)
}
