package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"subrosa/internal/audit"
)

var testSource = Source{Origin: "subrosa/0123456789abcdef", Version: "1.2.3"}

// actions reads the constants out of the record's own source: a new action without a mapping fails here.
func actions(t testing.TB) []audit.Action {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../audit/entry.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []audit.Action
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if id, ok := v.Type.(*ast.Ident); ok && id.Name == "Action" {
			s, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, audit.Action(s))
		}
		return true
	})
	if len(found) < 40 {
		t.Fatalf("%d actions only", len(found))
	}
	return found
}

// variants are entries that a record could hold for each action, and some that it could hold at worst.
func variants(t testing.TB) []audit.Entry {
	var all []audit.Entry
	at := time.Date(2026, 3, 1, 9, 30, 0, 123456789, time.UTC)
	for i, a := range append(actions(t), "an_action_of_tomorrow") {
		full := audit.Entry{
			Version: 1, Seq: int64(i), Time: at.Add(time.Duration(i) * time.Minute), Actor: "dr.grün", Action: a, Conversation: strings.Repeat("c", 32),
			Turn: strings.Repeat("d", 32), Model: strings.Repeat("e", 64), Policy: "builtin-1", Ruleset: "r1",
			Sampling: audit.Sampling{Temperature: 0.7, TopK: 40, TopP: 0.95, MinP: 0.05, RepeatPenalty: 1.1, Seed: 7, MaxTokens: 512},
			Prompt:   audit.Commitment(strings.Repeat("a", 64)), Redactions: map[string]int{"US_SSN": 2, "EMAIL_ADDRESS": 1},
			PromptTokens: 12, OutputTokens: 34, Result: "complete", Detail: `a "quoted" detail`,
		}
		bare := audit.Entry{Version: 1, Seq: int64(1000 + i), Time: at, Action: a}
		bad := full
		bad.Seq, bad.Result, bad.Actor = int64(2000+i), "failed", ""
		hostile := full
		hostile.Seq = int64(3000 + i)
		hostile.Actor, hostile.Policy, hostile.Detail, hostile.Model = "=cmd|' /C calc'!A0", "p \"<%>\"", "line\nbreak\t</script>\u2028\x01", "short"
		hostile.Redactions = map[string]int{"\",\"x\":{": 1}
		all = append(all, full, bare, bad, hostile)
	}
	return all
}

type ocsfSchema struct {
	Version    string            `json:"version"`
	Categories map[string]string `json:"categories"`
	Base       ocsfObject        `json:"base"`
	Profiles   map[string]map[string]string
	Classes    map[string]struct {
		ocsfObject
		Profiles   []string `json:"profiles"`
		Activities []int    `json:"activities"`
	} `json:"classes"`
	Objects map[string]ocsfObject `json:"objects"`
}

type ocsfObject struct {
	Attributes map[string]string `json:"attributes"`
	Enums      map[string][]int  `json:"enums"`
	AtLeastOne []string          `json:"at_least_one"`
}

func readJSON(t testing.TB, name string, v any) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// check judges one event by the schema: every attribute known, of its type, in its enum, and everything required there.
func (s ocsfSchema) check(event map[string]any) error {
	class, ok := s.Classes[fmt.Sprint(event["class_uid"])]
	if !ok {
		return fmt.Errorf("class %v", event["class_uid"])
	}
	uid, activity := event["class_uid"].(float64), event["activity_id"].(float64)
	if event["type_uid"].(float64) != uid*100+activity || event["category_uid"].(float64) != math.Floor(uid/1000) {
		return fmt.Errorf("type_uid %v, category_uid %v", event["type_uid"], event["category_uid"])
	}
	if !slices.Contains(class.Activities, int(activity)) {
		return fmt.Errorf("activity %v", activity)
	}
	if activity == 99 && event["activity_name"] == "" {
		return fmt.Errorf("activity 99 without a name")
	}
	whole := ocsfObject{Attributes: map[string]string{}, Enums: map[string][]int{}, AtLeastOne: class.AtLeastOne}
	add := func(o ocsfObject) {
		for k, v := range o.Attributes {
			whole.Attributes[k] = v
		}
		for k, v := range o.Enums {
			whole.Enums[k] = v
		}
	}
	profiles, _ := event["metadata"].(map[string]any)["profiles"].([]any)
	for _, p := range profiles {
		if !slices.Contains(class.Profiles, p.(string)) {
			return fmt.Errorf("profile %v", p)
		}
		add(ocsfObject{Attributes: s.Profiles[p.(string)]})
	}
	add(s.Base)
	add(class.ocsfObject)
	if event["metadata"].(map[string]any)["version"] != s.Version {
		return fmt.Errorf("not version %s", s.Version)
	}
	return s.object(class.Name(), whole, event)
}

func (o ocsfObject) Name() string { return "event" }

func (s ocsfSchema) object(at string, o ocsfObject, v map[string]any) error {
	for k, x := range v {
		rule, ok := o.Attributes[k]
		if !ok {
			return fmt.Errorf("%s: unknown attribute %s", at, k)
		}
		if err := s.value(at+"."+k, strings.TrimSuffix(rule, "!"), x); err != nil {
			return err
		}
		if enum, ok := o.Enums[k]; ok && !slices.Contains(enum, int(x.(float64))) {
			return fmt.Errorf("%s.%s: %v is not in the enum", at, k, x)
		}
	}
	for k, rule := range o.Attributes {
		if _, ok := v[k]; !ok && strings.HasSuffix(rule, "!") {
			return fmt.Errorf("%s: %s is required", at, k)
		}
	}
	if len(o.AtLeastOne) > 0 && !slices.ContainsFunc(o.AtLeastOne, func(k string) bool { _, ok := v[k]; return ok }) {
		return fmt.Errorf("%s: needs one of %v", at, o.AtLeastOne)
	}
	return nil
}

func (s ocsfSchema) value(at, rule string, v any) error {
	var ok bool
	switch rule {
	case "string":
		text, is := v.(string)
		ok = is && text != ""
	case "integer", "long", "timestamp":
		n, is := v.(float64)
		ok = is && n == math.Trunc(n)
	case "boolean":
		_, ok = v.(bool)
	case "object":
		_, ok = v.(map[string]any)
	case "string[]":
		_, ok = v.([]any)
	default:
		o, known := v.(map[string]any)
		if _, have := s.Objects[rule]; !have || !known {
			return fmt.Errorf("%s: not a %s", at, rule)
		}
		return s.object(at, s.Objects[rule], o)
	}
	if !ok {
		return fmt.Errorf("%s: %v is not a %s", at, v, rule)
	}
	return nil
}

func TestEveryActionIsAValidOCSFEvent(t *testing.T) {
	var schema ocsfSchema
	readJSON(t, "testdata/ocsf-1.8.0.json", &schema)
	for _, a := range actions(t) {
		if _, ok := mappingTable(a); !ok {
			t.Errorf("action %s has no mapping", a)
		}
	}
	for _, e := range variants(t) {
		line := testSource.appendOCSF(nil, &e)
		if n := bytes.IndexByte(line, '\n'); n != len(line)-1 {
			t.Fatalf("%s: not one line: %s", e.Action, line)
		}
		var event map[string]any
		if err := json.Unmarshal(line, &event); err != nil {
			t.Fatalf("%s: %v\n%s", e.Action, err, line)
		}
		if err := schema.check(event); err != nil {
			t.Errorf("%s: %v\n%s", e.Action, err, line)
		}
		if got := event["metadata"].(map[string]any)["sequence"]; got != float64(e.Seq) {
			t.Errorf("%s: sequence %v", e.Action, got)
		}
	}
	// The validator itself: what must not pass.
	e := variants(t)[0]
	for name, change := range map[string]func(map[string]any){
		"unknown attribute": func(v map[string]any) { v["prompt_text"] = "x" },
		"missing user":      func(v map[string]any) { delete(v, "user") },
		"wrong type":        func(v map[string]any) { v["time"] = "now" },
		"wrong enum":        func(v map[string]any) { v["severity_id"] = 7.0 },
		"wrong activity":    func(v map[string]any) { v["activity_id"], v["type_uid"] = 50.0, 300150.0 },
		"wrong version":     func(v map[string]any) { v["metadata"].(map[string]any)["version"] = "1.9.0" },
	} {
		var event map[string]any
		if err := json.Unmarshal(testSource.appendOCSF(nil, &e), &event); err != nil {
			t.Fatal(err)
		}
		change(event)
		if schema.check(event) == nil {
			t.Errorf("%s passes", name)
		}
	}
}

func TestWhatHappenedIsInItsClass(t *testing.T) {
	for a, want := range map[audit.Action]string{
		audit.Prompt: "600301", audit.Response: "600301", audit.Unlock: "300201", audit.UnlockFailed: "300201", audit.Lock: "300202",
		audit.PolicyChange: "300403", audit.ModelLoad: "600203", audit.ConversationDelete: "600507", audit.Retention: "600507",
		audit.Guardrail: "200401", audit.Anomaly: "200401", audit.ClockJump: "200401",
	} {
		e := audit.Entry{Version: 1, Action: a, Time: time.Now(), Model: "m", Prompt: "c0ffee"}
		line := string(testSource.appendOCSF(nil, &e))
		if !strings.Contains(line, `"type_uid":`+want+",") {
			t.Errorf("%s: %s", a, line)
		}
	}
	e := audit.Entry{Version: 1, Action: audit.UnlockFailed}
	if line := string(testSource.appendOCSF(nil, &e)); !strings.Contains(line, `"status":"Failure"`) {
		t.Error(line)
	}
}
