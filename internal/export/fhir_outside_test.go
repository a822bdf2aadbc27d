package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// readOutside reads one line of fhir.ndjson with models that others generated from HL7's definitions of FHIR R4: no element
// may be unknown, of another type, or outside of a code list. What comes back must hold all that was written.
func readOutside(line []byte) error {
	var written map[string]any
	if err := json.Unmarshal(line, &written); err != nil {
		return err
	}
	if written["resourceType"] != "AuditEvent" {
		return fmt.Errorf("resourceType %v", written["resourceType"])
	}
	delete(written, "resourceType")
	body, err := json.Marshal(written)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	var event fhir.AuditEvent
	if err := d.Decode(&event); err != nil {
		return err
	}
	again, err := json.Marshal(event)
	if err != nil {
		return err
	}
	var read map[string]any
	if err := json.Unmarshal(again, &read); err != nil {
		return err
	}
	return kept("AuditEvent", written, read)
}

// kept tells whether everything in a is in b.
func kept(at string, a, b any) error {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok {
			return fmt.Errorf("%s was lost", at)
		}
		for name, v := range a {
			if err := kept(at+"."+name, v, b[name]); err != nil {
				return err
			}
		}
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return fmt.Errorf("%s was lost", at)
		}
		for i, v := range a {
			if err := kept(fmt.Sprint(at, "[", i, "]"), v, b[i]); err != nil {
				return err
			}
		}
	default:
		if a != b {
			return fmt.Errorf("%s is %v, and is read as %v", at, a, b)
		}
	}
	return nil
}

func TestOutsideCodeReadsEveryFHIRRecord(t *testing.T) {
	for _, e := range variants(t) {
		line := testSource.fhir().append(nil, &e)
		if err := readOutside(line); err != nil {
			t.Errorf("%s: %v\n%s", e.Action, err, line)
		}
	}
	good := string(testSource.fhir().append(nil, &variants(t)[0]))
	for from, to := range map[string]string{
		`"resourceType":"AuditEvent"`: `"resourceType":"Patient"`,
		`"recorded":`:                 `"recordedAt":`,
		`"requestor":true`:            `"requestor":"yes"`,
		`"action":"`:                  `"action":"X`,
		`"outcome":"`:                 `"outcome":"9`,
		`"observer":`:                 `"observers":`,
	} {
		bad := strings.Replace(good, from, to, 1)
		if bad == good {
			t.Fatalf("no %s in %s", from, good)
		}
		if readOutside([]byte(bad)) == nil {
			t.Errorf("%s passes", to)
		}
	}
}
