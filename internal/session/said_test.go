package session

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestEverySentenceOfEvidenceHasItsWordsAndFacts(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]int{} // facts, by ID
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, m := range regexp.MustCompile(`\bsentence\("([a-z-]+)"(.*)`).FindAllStringSubmatch(string(source), -1) {
			said[m[1]] = arguments(m[2])
		}
	}
	if got, want := slices.Sorted(maps.Keys(said)), slices.Sorted(maps.Keys(sentences)); !slices.Equal(got, want) {
		t.Errorf("said are\n%q\nand there are words for\n%q", got, want)
	}
	for id, words := range sentences {
		if n := len(regexp.MustCompile(`\{\d\}`).FindAllString(words, -1)); n != said[id] {
			t.Errorf("%s: %d facts are told of %d", id, n, said[id])
		}
	}
}

// arguments counts those that follow in a call, whose closing bracket is in rest.
func arguments(rest string) (n int) {
	depth := 0
	for _, r := range rest {
		switch {
		case strings.ContainsRune("([", r):
			depth++
		case r == ')' && depth == 0:
			return n
		case strings.ContainsRune(")]", r):
			depth--
		case r == ',' && depth == 0:
			n++
		}
	}
	return n
}

func TestFactsAreNoTemplates(t *testing.T) {
	if got := english([]Said{sentence("could", 7, "{0}"), sentence("desktop")}); got != "Landlock ABI 7; it could {0}; the desktop: " {
		t.Error(got)
	}
}
