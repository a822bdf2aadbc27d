package redact

import (
	"os"
	"strings"
	"testing"
)

// The table in docs/redaction.md says of every type what the code says.
func TestTheTableAndTheCodeAgree(t *testing.T) {
	content, err := os.ReadFile("../../docs/redaction.md")
	if err != nil {
		t.Fatal(err)
	}
	rules := map[Type][]string{}
	for _, r := range builtin() {
		rules[r.Type] = append(rules[r.Type], r.Name)
	}
	kinds := map[Type]Kind{}
	for _, k := range Kinds() {
		kinds[k.Type] = k
	}
	rows, letters := map[Type]bool{}, map[string]string{}
	for line := range strings.Lines(string(content)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case len(cells) == 3 && len(cells[0]) == 1:
			letters[cells[0]] = cells[2]
		case len(cells) == 8 && strings.HasPrefix(cells[0], "`"):
			k, ok := kinds[Type(strings.Trim(cells[0], "`"))]
			if !ok {
				t.Errorf("no type %s", cells[0])
				continue
			}
			rows[k.Type] = true
			chat, hipaa, names := "no", k.HIPAA, strings.Join(rules[k.Type], ", ")
			if k.InChat {
				chat = "yes"
			}
			if hipaa == "" {
				hipaa = "-"
			}
			if names == "" {
				names = "by another type's rule"
			}
			if cells[1] != k.Description || cells[2] != "`"+k.Label+"`" || cells[3] != hipaa || cells[4] != chat || cells[6] == "" || cells[7] == "" {
				t.Errorf("%s: table %q, code %+v", k.Type, cells, k)
			}
			if cells[5] != names {
				t.Errorf("%s: rules %q, in the table %q", k.Type, names, cells[5])
			}
			for _, l := range strings.Split(k.HIPAA, ", ") {
				if l != "" && l != "R" && !strings.Contains(letters[l], "`"+string(k.Type)+"`") {
					t.Errorf("%s is not under %s", k.Type, l)
				}
			}
		}
	}
	for _, k := range Kinds() {
		if !rows[k.Type] {
			t.Errorf("%s is not in the table", k.Type)
		}
	}
	for l := 'A'; l <= 'R'; l++ {
		if letters[string(l)] == "" {
			t.Errorf("no type for %c", l)
		}
	}
}
