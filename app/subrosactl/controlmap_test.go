package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"subrosa/internal/session"
)

// Every row of the control map names a control of the posture, and code, a test and a command that exist; and no control
// lacks a row.
func TestControlMap(t *testing.T) {
	text, err := os.ReadFile("../../docs/compliance.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := testNames(t)
	row := regexp.MustCompile("^\\| `([a-z-]+)` \\|")
	var ids []string
	for line := range strings.Lines(string(text)) {
		m := row.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 11 {
			t.Errorf("%s: %d columns", m[1], len(cells))
			continue
		}
		ids = append(ids, m[1])
		name := func(i int) string { return strings.Trim(strings.TrimSpace(cells[i]), "`") }
		if _, err := os.Stat(filepath.Join("../..", name(8))); err != nil {
			t.Errorf("%s: %v", m[1], err)
		}
		if !tests[name(9)] {
			t.Errorf("%s: there is no test %s", m[1], name(9))
		}
		checkCommand(t, m[1], strings.Fields(name(10)))
	}
	if !slices.Equal(ids, session.PostureControls()) {
		t.Errorf("rows %v\ncontrols %v", ids, session.PostureControls())
	}
	if strings.Contains(string(text), "is compliant") {
		t.Error("nobody is called compliant here")
	}
}

func checkCommand(t *testing.T, id string, words []string) {
	t.Helper()
	if len(words) < 2 || words[0] != "subrosactl" {
		t.Errorf("%s: no command of subrosactl: %v", id, words)
		return
	}
	var flags []string
	for len(words) > 0 && strings.HasPrefix(words[len(words)-1], "--") {
		flags = append(flags, strings.TrimPrefix(words[len(words)-1], "--"))
		words = words[:len(words)-1]
	}
	root := (&command{}).root()
	cmd, rest, err := root.Find(words[1:])
	if err != nil || len(rest) > 0 || cmd == root {
		t.Errorf("%s: subrosactl does not know %v: %v", id, words, err)
		return
	}
	for _, f := range flags {
		if cmd.Flags().Lookup(f) == nil && cmd.InheritedFlags().Lookup(f) == nil {
			t.Errorf("%s: %v has no flag %s", id, words, f)
		}
	}
}

func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	for _, dir := range []string{"../../internal", "../../app"} {
		err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			b, err := os.ReadFile(path)
			for _, m := range declared.FindAllSubmatch(b, -1) {
				names[string(m[1])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return names
}
