// Package layers holds the direction of imports, as a test with a reason for every rule.
package layers

import (
	"os/exec"
	"strings"
	"testing"
)

// layer names where a package stands. Imports run down this list, never up, and not sideways but where allowed says so.
var layers = []struct {
	name     string
	packages []string
	why      string
}{
	{"programs", []string{"subrosa", "subrosa/app/subrosactl", "subrosa/app/subrosa-engine", "subrosa/app/subrosa-verify"}, "a program is imported by nothing"},
	{"window", []string{"subrosa/app", "subrosa/frontend"}, "what the page can call is decided in one place"},
	{"session", []string{"subrosa/internal/session"}, "the session owns the stores; what it owns must not reach back"},
	{"turn", []string{"subrosa/internal/chat"}, "the order of a turn is written once, above the things that it orders"},
	{"export", []string{"subrosa/internal/export"}, "it reads the record and is asked by the session alone"},
	{"bundle", []string{"subrosa/internal/export/bundle"}, "an auditor's machine verifies bundles and writes none"},
	{"binding", []string{"subrosa/internal/engine/llama", "subrosa/internal/document/parse"}, "llama.cpp, and what takes documents apart, are linked into the children's program alone"},
	{"walls", []string{"subrosa/internal/sandbox/first"}, "a program that imports it is walled in before its main"},
	{"sandbox", []string{"subrosa/internal/sandbox"}, "it stands on the lockdown, and the programs alone ask for it"},
	{"leaves", []string{
		"subrosa/internal/backup", "subrosa/internal/socket", "subrosa/internal/keys", "subrosa/internal/history", "subrosa/internal/audit", "subrosa/internal/vault",
		"subrosa/internal/engine", "subrosa/internal/redact", "subrosa/internal/policy", "subrosa/internal/lockdown", "subrosa/internal/presence", "subrosa/internal/webview", "subrosa/internal/document", "subrosa/models",
	}, "leaves know nothing of each other, so each can be read and tested alone"},
	{"formats", []string{"subrosa/internal/engine/proto", "subrosa/internal/document/proto", "subrosa/internal/document/text", "subrosa/internal/document/pdftest", "subrosa/internal/gguf"}, "a format knows nothing of who reads it"},
	{"ground", []string{"subrosa/internal/fault", "subrosa/internal/secret", "subrosa/internal/atomicfile", "subrosa/internal/frame", "subrosa/internal/child"}, "everything may rest on these, so they rest on nothing"},
}

// sideways lists the imports within a layer, with the reason.
var sideways = map[[2]string]string{
	{"subrosa/app", "subrosa/frontend"}: "the window serves the embedded page",
}

// forbidden lists imports that the layers alone would allow, with the reason.
var forbidden = []struct{ from, to, why string }{
	{"subrosa/internal/", "github.com/wailsapp/", "only the window knows the window"},
	{"subrosa/app/", "github.com/wailsapp/", "only the window knows the window"},
	{"subrosa", "github.com/hybridgroup/yzma/pkg/download", "nothing is downloaded"},
	{"subrosa/app/subrosactl", "subrosa/internal/engine/llama", "llama.cpp runs in the engine's process alone"},
	{"subrosa/internal/", "subrosa/internal/engine/llama", "as above"},
	{"subrosa/app/subrosa-verify", "subrosa/internal/engine/llama", "as above"},
	{"subrosa/internal/", "subrosa/internal/document/parse", "documents are taken apart in the reader's process alone"},
	{"subrosa/app/subrosactl", "subrosa/internal/document/parse", "as above"},
	{"subrosa/app/subrosa-engine", "subrosa/internal/keys", "the engine never sees an identity"},
	{"subrosa/app/subrosa-engine", "subrosa/internal/history", "the engine has no history"},
	{"subrosa/internal/engine", "subrosa/internal/fault", "leaves return typed errors; chat and session attach the words"},
	{"subrosa/internal/keys", "subrosa/internal/fault", "as above"},
	{"subrosa/internal/history", "subrosa/internal/fault", "as above"},
	{"subrosa/internal/audit", "subrosa/internal/fault", "as above"},
	{"subrosa/internal/vault", "subrosa/internal/fault", "as above"},
	{"subrosa/internal/redact", "subrosa/internal/fault", "as above"},
	{"subrosa/internal/policy", "subrosa/internal/fault", "as above"},
	{"subrosa/internal/lockdown", "subrosa/internal/fault", "as above"},
	{"subrosa/internal/presence", "subrosa/internal/fault", "as above"},
	{"subrosa/internal/document", "subrosa/internal/fault", "as above"},
}

func TestImportsRunOneWay(t *testing.T) {
	level := map[string]int{}
	for i, l := range layers {
		for _, p := range l.packages {
			level[p] = i
		}
	}
	for from, imports := range imports(t) {
		if strings.HasPrefix(from, "subrosa/build/") || from == "subrosa/internal/layers" {
			continue
		}
		at, known := level[from]
		if !known {
			t.Errorf("%s stands in no layer: add it to the table", from)
			continue
		}
		for _, to := range imports {
			for _, f := range forbidden {
				if strings.HasPrefix(from, f.from) && strings.HasPrefix(to, f.to) && from != to {
					t.Errorf("%s imports %s: %s", from, to, f.why)
				}
			}
			below, ours := level[to]
			if !ours || below > at {
				continue
			}
			if _, ok := sideways[[2]string{from, to}]; ok && below == at {
				continue
			}
			t.Errorf("%s (%s) imports %s (%s): %s", from, layers[at].name, to, layers[below].name, layers[below].why)
		}
	}
}

// What a program links is more than what it imports.
func TestNoProgramLinksWhatItMustNot(t *testing.T) {
	const engine = "subrosa/app/subrosa-engine"
	for _, program := range []string{"subrosa", "subrosa/app/subrosactl", "subrosa/app/subrosa-verify", engine} {
		linked := map[string]bool{}
		for line := range strings.Lines(goList(t, "-deps", program)) {
			linked[strings.TrimSpace(line)] = true
		}
		if !linked["subrosa/internal/lockdown"] {
			t.Errorf("%s does not link the lockdown: the list is not what it should be", program)
		}
		if linked["github.com/hybridgroup/yzma/pkg/download"] {
			t.Errorf("%s links a downloader", program)
		}
		if linked["github.com/hybridgroup/yzma/pkg/llama"] != (program == engine) {
			t.Errorf("%s: llama.cpp's binding is for the engine's process alone", program)
		}
		if linked["subrosa/internal/document/parse"] != (program == engine) {
			t.Errorf("%s: documents are taken apart in the reader's process alone", program)
		}
	}
}

// imports maps each package of the module to what it imports, tests left out.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for line := range strings.Lines(goList(t, "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...")) {
		fields := strings.Fields(line)
		found[fields[0]] = fields[1:]
	}
	if len(found) < 10 {
		t.Fatalf("go list found %d packages only", len(found))
	}
	return found
}

func goList(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list"}, args...)...)
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	return string(out)
}
