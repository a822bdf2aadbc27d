package session

import (
	"bytes"
	"strings"
	"testing"
)

func TestPostureHasEvidenceForEachControl(t *testing.T) {
	o := testOptions(t)
	o.Network = nil
	s := unlocked(t, o)
	p, err := s.Posture(t.Context(), "dev")
	if err != nil {
		t.Fatal(err)
	}
	results := map[string]Result{}
	for i, c := range p.Controls {
		if c.ID != PostureControls()[i] || c.Name == "" || c.Evidence == "" || (c.Result != Pass && c.Result != Fail && c.Result != NotApplicable) {
			t.Errorf("%+v", c)
		}
		results[c.ID] = c.Result
	}
	for id, want := range map[string]Result{
		"keyring": Pass, "unlock-factors": Pass, "idle-lock": Pass, "record-verified": Pass, "record-witnessed": NotApplicable, "retention": Pass,
		"redaction": Pass, "models-signed": Pass, // the built-in one alone
		"recovery": Fail, "policy-signed": Fail, "roles": Fail, "app-version": Fail, // nobody administers this one
		"network": NotApplicable, // the test does not lock itself down
	} {
		if results[id] != want {
			t.Errorf("%s: %s, want %s", id, results[id], want)
		}
	}
	if p.OK() {
		t.Error("controls failed, and all is well")
	}
	page, err := p.HTML()
	if err != nil || !bytes.Contains(page, []byte("Control evidence")) || strings.Contains(strings.ToLower(string(page)), "compliant") {
		t.Errorf("%v\n%s", err, page)
	}

	// What IT does turns failures into passes; what is wrong turns passes into failures.
	key := itKey(t)
	install(t, o.PolicyDir, key, 1, "roles: {compliance_key: \""+signerText(key)+"\"}\nunlock: {idle_minutes: 60}\n")
	s = again(t, s, o)
	if p, err = s.Posture(t.Context(), "1.0"); err != nil {
		t.Fatal(err)
	}
	for _, c := range p.Controls {
		results[c.ID] = c.Result
	}
	if results["policy-signed"] != Pass || results["roles"] != Pass || results["idle-lock"] != Fail || results["app-version"] != Pass {
		t.Errorf("%+v", results)
	}
}
