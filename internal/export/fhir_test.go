package export

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

type fhirRules struct {
	Required, Known, Action, Outcome []string
	Agent, Entity, Detail            element
	SourceElement                    element `json:"sourceElement"`
	Network                          struct{ Known, Type []string }
	Codes                            map[string][]string
	Profiles                         map[string]struct {
		Subtype, Action, Client, Server string
		User, Role                      []string
	}
}

type element struct{ Required, Known []string }

func (e element) check(at string, v map[string]any) error {
	for k := range v {
		if !slices.Contains(e.Known, k) {
			return fmt.Errorf("%s.%s is not an element", at, k)
		}
	}
	for _, k := range e.Required {
		if _, ok := v[k]; !ok {
			return fmt.Errorf("%s.%s is required", at, k)
		}
	}
	return nil
}

type object = map[string]any

func (r fhirRules) check(v object) error {
	if err := (element{r.Required, r.Known}).check("AuditEvent", v); err != nil {
		return err
	}
	if v["resourceType"] != "AuditEvent" || !regexp.MustCompile(`^[A-Za-z0-9.-]{1,64}$`).MatchString(v["id"].(string)) {
		return fmt.Errorf("resourceType or id %v", v["id"])
	}
	instant := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`)
	if s := v["recorded"].(string); !instant.MatchString(s) {
		return fmt.Errorf("recorded %s", s)
	} else if _, err := time.Parse(time.RFC3339, s); err != nil {
		return err
	}
	if !slices.Contains(r.Action, v["action"].(string)) || !slices.Contains(r.Outcome, v["outcome"].(string)) {
		return fmt.Errorf("action %v, outcome %v", v["action"], v["outcome"])
	}
	if err := r.coding("type", v["type"].(object)); err != nil {
		return err
	}
	for _, s := range v["subtype"].([]any) {
		if err := r.coding("subtype", s.(object)); err != nil {
			return err
		}
	}
	for _, a := range v["agent"].([]any) {
		a := a.(object)
		if err := r.Agent.check("agent", a); err != nil {
			return err
		}
		for _, c := range a["type"].(object)["coding"].([]any) {
			if err := r.coding("agent.type", c.(object)); err != nil {
				return err
			}
		}
		if n, ok := a["network"].(object); ok && !slices.Contains(r.Network.Type, n["type"].(string)) {
			return fmt.Errorf("network type %v", n["type"])
		}
		if p, ok := a["policy"].([]any); ok && strings.ContainsAny(p[0].(string), " \"<>") {
			return fmt.Errorf("policy %v is not a URI", p)
		}
	}
	if err := r.SourceElement.check("source", v["source"].(object)); err != nil {
		return err
	}
	for _, e := range v["entity"].([]any) {
		e := e.(object)
		if err := r.Entity.check("entity", e); err != nil {
			return err
		}
		if e["name"] != nil && e["query"] != nil {
			return fmt.Errorf("sev-1: name and query")
		}
		for _, k := range []string{"type", "role"} {
			if err := r.coding("entity."+k, e[k].(object)); err != nil {
				return err
			}
		}
		details, _ := e["detail"].([]any)
		for _, d := range details {
			if err := r.Detail.check("detail", d.(object)); err != nil {
				return err
			}
		}
	}
	meta, ok := v["meta"].(object)
	if !ok {
		return nil
	}
	return r.balp(meta["profile"].([]any)[0].(string), v)
}

// balp checks the slices of a BALP profile.
func (r fhirRules) balp(profile string, v object) error {
	p, ok := r.Profiles[profile]
	if !ok {
		return fmt.Errorf("profile %s", profile)
	}
	if v["type"].(object)["code"] != "rest" || v["action"] != p.Action || v["outcome"] != "0" {
		return fmt.Errorf("%s: type, action or outcome", profile)
	}
	subtypes := v["subtype"].([]any)
	if len(subtypes) != 1 || subtypes[0].(object)["code"] != p.Subtype {
		return fmt.Errorf("%s: subtype %v", profile, subtypes)
	}
	count := map[string]int{}
	for _, a := range v["agent"].([]any) {
		a := a.(object)
		code := a["type"].(object)["coding"].([]any)[0].(object)["code"].(string)
		_, network := a["network"]
		switch {
		case a["who"] == nil:
			return fmt.Errorf("%s: agent without who", profile)
		case code == p.Client && network:
			count["client"]++
		case code == p.Server && network:
			count["server"]++
		case slices.Contains(p.User, code) && !network && a["requestor"] == true:
			count["user"]++
		default:
			return fmt.Errorf("%s: agent %s", profile, code)
		}
	}
	data := 0
	for _, e := range v["entity"].([]any) {
		e := e.(object)
		if e["type"].(object)["code"] == "2" {
			data++
			if !slices.Contains(p.Role, e["role"].(object)["code"].(string)) || e["what"] == nil {
				return fmt.Errorf("%s: entity data", profile)
			}
		}
	}
	if count["client"] != 1 || count["server"] != 1 || count["user"] != 1 || data != 1 {
		return fmt.Errorf("%s: %v, %d data", profile, count, data)
	}
	return nil
}

func (r fhirRules) coding(at string, c object) error {
	system, _ := c["system"].(string)
	code, _ := c["code"].(string)
	if strings.HasPrefix(system, "urn:uuid:") && code != "" {
		return nil // ours
	}
	if !slices.Contains(r.Codes[system], code) {
		return fmt.Errorf("%s: %s has no code %q", at, system, code)
	}
	return nil
}

func TestEveryActionIsAValidFHIRAuditEvent(t *testing.T) {
	var rules fhirRules
	readJSON(t, "testdata/fhir-r4-auditevent.json", &rules)
	profiles := map[string]int{}
	for _, e := range variants(t) {
		line := testSource.fhir().append(nil, &e)
		var v object
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatalf("%s: %v\n%s", e.Action, err, line)
		}
		if err := rules.check(v); err != nil {
			t.Errorf("%s: %v\n%s", e.Action, err, line)
		}
		if meta, ok := v["meta"].(object); ok {
			profiles[meta["profile"].([]any)[0].(string)]++
		}
	}
	if len(profiles) < 3 {
		t.Errorf("BALP profiles in use: %v", profiles)
	}
	e := variants(t)[0]
	for name, change := range map[string]func(object){
		"no source":       func(v object) { delete(v, "source") },
		"no requestor":    func(v object) { delete(v["agent"].([]any)[0].(object), "requestor") },
		"unknown element": func(v object) { v["outcomeText"] = "x" },
		"unknown code":    func(v object) { v["type"].(object)["code"] = "999" },
		"wrong outcome":   func(v object) { v["outcome"] = "1" },
		"wrong instant":   func(v object) { v["recorded"] = "2026-03-01" },
	} {
		var v object
		if err := json.Unmarshal(testSource.fhir().append(nil, &e), &v); err != nil {
			t.Fatal(err)
		}
		change(v)
		if rules.check(v) == nil {
			t.Errorf("%s passes", name)
		}
	}
}
