package policy

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const small = "schema: 1\nversion: 3\nexpires: 2099-01-01\n"

func TestWhatAFileLeavesOutIsBuiltIn(t *testing.T) {
	d, err := Parse([]byte(small + "unlock:\n  idle_minutes: 3\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := defaults()
	if d.Unlock.IdleMinutes != 3 || d.Unlock.PassphraseScore != want.Unlock.PassphraseScore || !d.Clipboard.Copy || d.Serial != 3 {
		t.Errorf("%+v", d)
	}
}

func TestJSONIsReadToo(t *testing.T) {
	d, err := Parse([]byte(`{"schema": 1, "version": 9, "expires": "2099-12-31", "limits": {"prompts_per_minute": 5}}`))
	if err != nil || d.Serial != 9 || d.Limits.PromptsPerMinute != 5 || d.Expires.String() != "2099-12-31" {
		t.Errorf("%+v, %v", d, err)
	}
}

// Each file in testdata/bad says in its first line what must be said about it: "# line N: text".
func TestBadFilesAreToldWithTheirLine(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 20 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(file), "\n")
		want := strings.TrimPrefix(first, "# ")
		_, err = Parse(file)
		var parse *ParseError
		if !errors.As(err, &parse) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n got %s\nwant %s", name, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/bad/*.yaml", "testdata/good/*.yaml"} {
		files, _ := filepath.Glob(pattern)
		for _, name := range files {
			b, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		d, err := Parse(file)
		var parse *ParseError
		if err != nil && !errors.As(err, &parse) {
			t.Fatalf("error without its kind: %v", err)
		}
		if err == nil && (d.Serial < 1 || d.Expires.IsZero() || !d.Unlock.Needs(Keyring) || d.Limits.PromptBytes < 1) {
			t.Fatalf("taken: %+v", d)
		}
	})
}
