package session

import (
	"regexp"
	"strings"

	"subrosa/internal/policy"
	"subrosa/internal/redact"
)

// patternHits tells whether a site pattern finds anything in a text.
func patternHits(p policy.Pattern) func(string) bool {
	match := matcher(p.Pattern, p.Words)
	near := matcher("", p.Context)
	return func(text string) bool { return match(text) && (len(p.Context) == 0 || near(text)) }
}

// guardrailHits tells whether a guardrail acts on a text.
func guardrailHits(_ policy.Document, g policy.Guardrail) func(string) bool {
	match := matcher(g.Pattern, g.Words)
	types := redact.Default()
	return func(text string) bool {
		if match(text) {
			return true
		}
		for _, span := range types.Find(text) {
			for _, t := range g.Types {
				if string(span.Type) == t {
					return true
				}
			}
		}
		return false
	}
}

// matcher finds a pattern, or one of the words: whole, in any case, with any white space between them. It finds nothing
// if there are neither.
func matcher(pattern string, words []string) func(string) bool {
	var all []*regexp.Regexp
	if pattern != "" {
		all = append(all, regexp.MustCompile(pattern)) // the policy's parser has compiled it
	}
	if len(words) > 0 {
		quoted := make([]string, len(words))
		for i, w := range words {
			parts := strings.Fields(w)
			for j := range parts {
				parts[j] = regexp.QuoteMeta(parts[j])
			}
			quoted[i] = strings.Join(parts, `\s+`)
		}
		all = append(all, regexp.MustCompile(`(?i)(?:^|[^\pL\pN])(?:`+strings.Join(quoted, "|")+`)(?:$|[^\pL\pN])`))
	}
	return func(text string) bool {
		for _, re := range all {
			if re.MatchString(text) {
				return true
			}
		}
		return false
	}
}
