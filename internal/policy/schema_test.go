package policy

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

const published = "../../docs/policy.schema.json"

func TestPublishedSchemaIsTheFormats(t *testing.T) {
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(published, Schema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(published)
	if err != nil || !bytes.Equal(got, Schema()) {
		t.Errorf("%s is not what the code says (UPDATE=1 go test ./internal/policy writes it): %v", published, err)
	}
}

// What the schema refuses Parse refuses, and what Parse takes the schema takes.
func TestSchemaAgreesWithTheParser(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiler.AddResource("policy.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("policy.json")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/*/*.yaml")
	if err != nil || len(files) < 20 {
		t.Fatal(files, err)
	}
	refused := 0
	for _, name := range append(files, "example.yaml") {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if yaml.Unmarshal(file, &v) != nil {
			continue
		}
		b, err := json.Marshal(plainDates(v))
		if err != nil {
			continue // keys that JSON does not have
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		_, parseErr := Parse(file)
		schemaErr := schema.Validate(value)
		if schemaErr != nil {
			refused++
		}
		if parseErr == nil && schemaErr != nil {
			t.Errorf("%s: only the schema refuses: %v", name, schemaErr)
		}
		if schemaErr != nil && parseErr == nil {
			t.Errorf("%s: only the schema refuses", name)
		}
	}
	if refused < 10 {
		t.Errorf("the schema refused %d files only", refused)
	}
}

// plainDates turns what YAML took for a time into its day.
func plainDates(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	for k, e := range m {
		if t, ok := e.(interface{ Format(string) string }); ok {
			m[k] = t.Format(dateLayout)
		}
	}
	return m
}

func TestExampleIsAPolicy(t *testing.T) {
	d, err := Parse(Example())
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Guardrails) != 1 || len(d.Redaction.Patterns) != 1 || d.Redaction.ActionOn("CREDIT_CARD", false) != Block || d.Redaction.ActionOn("CREDIT_CARD", true) != Mask {
		t.Errorf("%+v", d)
	}
}

func TestChangesSayWhatDiffers(t *testing.T) {
	from, err := Parse([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	to, err := Parse(Example())
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]Change{}
	for _, c := range Changes(from, to) {
		found[c.Path] = c
	}
	for path, want := range map[string]Change{
		"version":                             {From: "3", To: "1"},
		"clipboard.clear_seconds":             {From: "60", To: "30"},
		"guardrails[project names].action":    {From: "", To: "block"},
		"redaction.types[CREDIT_CARD].prompt": {From: "", To: "block"},
	} {
		if c := found[path]; c.From != want.From || c.To != want.To {
			t.Errorf("%s: %+v", path, c)
		}
	}
	if len(Changes(to, to)) != 0 {
		t.Error("a policy differs from itself")
	}
	if back := Changes(to, from); len(back) != len(found) {
		t.Errorf("%d changes there, %d back", len(found), len(back))
	}
}

func TestEveryKeyIsExplained(t *testing.T) {
	d, err := Parse(Example())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range Explain(d) {
		if len(s.Doc) < 10 {
			t.Errorf("%s: %q", s.Path, s.Doc)
		}
	}
}
