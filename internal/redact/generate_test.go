package redact

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// texts generates texts such as rules must decide about: the rules' own examples, whole, cut or with a few edits, among the
// words by which rules are triggered, names, places, numbers and separators.
func texts(t testing.TB) *rapid.Generator[string] {
	examples, words := rapid.SampledFrom(pieces(t)), rapid.SampledFrom(triggers())
	separator := rapid.SampledFrom([]string{" ", " ", " ", "", ", ", ". ", "\n", "-", ": ", "/", ".", "'", "  ", "   ", " (", ")", "=", "#", "\n\n", "%", "_", "@", "\"", ";", "\u200b", "º", "中", "7", "12", "A"})
	fragment := rapid.Custom(func(t *rapid.T) string {
		switch rapid.IntRange(0, 5).Draw(t, "what") {
		case 0:
			return examples.Draw(t, "example")
		case 1, 2:
			e := examples.Draw(t, "example")
			i := rapid.IntRange(0, len(e)).Draw(t, "from")
			return e[i:rapid.IntRange(i, len(e)).Draw(t, "to")]
		case 3:
			return strings.ToUpper(words.Draw(t, "word"))
		case 4:
			w := words.Draw(t, "word")
			return strings.ToUpper(w[:1]) + w[1:]
		}
		return words.Draw(t, "word")
	})
	return rapid.Custom(func(t *rapid.T) string {
		var text string
		for range rapid.IntRange(1, 9).Draw(t, "fragments") {
			text += fragment.Draw(t, "fragment") + separator.Draw(t, "separator")
		}
		if rapid.Bool().Draw(t, "edited") { // close to what rules find
			text = examples.Draw(t, "example")
			for range rapid.IntRange(1, 4).Draw(t, "edits") {
				i := rapid.IntRange(0, len(text)).Draw(t, "at")
				if rapid.Bool().Draw(t, "at a word") {
					i = strings.LastIndexByte(text[:i], ' ') + 1
				}
				j := min(len(text), i+rapid.IntRange(0, 6).Draw(t, "less"))
				text = text[:i] + rapid.OneOf(separator, fragment, rapid.Just("")).Draw(t, "instead") + text[j:]
			}
		}
		return text
	})
}

// triggers are the words that rules are asked at, and some that they look for around them.
func triggers() []string {
	all := []string{"IL", "NY", "62704", "62704-1234", "28013", "0171", "3", "12", "1985", "Springfield", "Madrid", "München", "of", "the", "la", "de", "and", "years", "old", "am", "pm", "St.", "Mr.", "John", "Smith", "María", "García", "x", "ext", "mg", "inc", "v."}
	for _, r := range builtin() {
		all = slices.Concat(all, r.Words, r.Phrases, r.Prefixes, r.Context)
	}
	for k := range streetKinds() {
		all = append(all, k)
	}
	for i, w := range strings.Fields(nameList) {
		if i%41 == 0 && w[0] >= 'a' {
			all = append(all, w)
		}
	}
	for i, w := range all {
		all[i] = strings.TrimSuffix(w, " *")
	}
	slices.Sort(all)
	return slices.Compact(all)
}
