package session

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aead.dev/minisign"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/engine"
	"subrosa/internal/fault"
	"subrosa/internal/vault"
)

// otherModel is the built-in model with two weights changed: another model that runs.
func otherModel(o Options) []byte {
	b := bytes.Clone(o.Builtin.GGUF)
	copy(b[len(b)-5000:], "XY")
	return b
}

func sealFor(t *testing.T, s *Session, gguf []byte, key minisign.PrivateKey) string {
	t.Helper()
	to, err := s.ModelRecipient()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "package")
	from := vault.Provenance{Source: "a test", Parents: []vault.Parent{{Name: "demo", SHA256: strings.Repeat("0", 64)}}}
	if _, err := vault.SealPackage(t.Context(), dir, bytes.NewReader(gguf), vault.Source{File: "m.gguf"}, "IT", from, []string{to}, key, nil); err != nil {
		t.Fatal(err)
	}
	return dir
}

func signersLine(key minisign.PrivateKey) string {
	return "models:\n  local_import: false\n  signers: [{name: IT, key: \"" + key.Public().(minisign.PublicKey).String() + "\"}]\n"
}

func TestSignedPackageIsImportedLoadedAndTraced(t *testing.T) {
	o, key := testOptions(t), itKey(t)
	install(t, o.PolicyDir, key, 1, signersLine(key))
	s := unlocked(t, o)
	dir := sealFor(t, s, otherModel(o), key)

	_, err := s.ImportModel(t.Context(), bytes.NewReader(otherModel(o)), vault.Source{}, nil)
	wantFault(t, err, fault.PolicyDenied)
	_, other, err := minisign.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.ImportPackage(t.Context(), sealFor(t, s, otherModel(o), other), nil)
	wantFault(t, err, fault.PackageBad)
	if e, n := lastEntry(t, s, audit.RoleDenied); n != 2 || e.Detail != "seal_model: bad signature" {
		t.Errorf("%d denials, the last %+v", n, e)
	}
	if list, err := s.Models(); err != nil || len(list) != 1 {
		t.Errorf("imported: %v, %v", list, err)
	}

	stages := map[Stage]bool{}
	m, err := s.ImportPackage(t.Context(), dir, func(stage Stage, _, _ int64) { stages[stage] = true })
	if err != nil {
		t.Fatal(err)
	}
	if !stages[Checking] || !stages[Copying] {
		t.Errorf("progress of %v", stages)
	}
	if err := s.UseModel(t.Context(), m.ID, engine.Wish{}); err != nil {
		t.Fatal(err)
	}
	s = again(t, s, o)
	if _, err := s.Send(t.Context(), chat.Prompt{Text: "hello", MaxTokens: 2}, &listener{}); err != nil {
		t.Fatal(err)
	}
	l, err := s.ModelLineage(t.Context(), m.ID)
	if err != nil || !l.Verified || l.SignerName != "IT" || len(l.Imports) != 1 || len(l.Loads) != 1 || len(l.Turns) != 1 || l.Turns[0].Turn == "" {
		t.Errorf("%+v, %v", l, err)
	}
	checkPROV(t, l)

	// The signer is trusted no more.
	install(t, o.PolicyDir, key, 2, signersLine(other))
	s = again(t, s, o)
	_, err = s.Send(t.Context(), chat.Prompt{Text: "hello"}, &listener{})
	wantFault(t, err, fault.ModelNotAllowed)
	if l, err := s.ModelLineage(t.Context(), m.ID); err != nil || l.Verified {
		t.Errorf("verified %v, %v", l.Verified, err)
	}

	// The kept manifest is changed.
	install(t, o.PolicyDir, key, 3, signersLine(key))
	name := filepath.Join(o.Home, "models", string(m.ID), "package.json")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, bytes.Replace(b, []byte("a test"), []byte("a best"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	s = again(t, s, o)
	_, err = s.Send(t.Context(), chat.Prompt{Text: "hello"}, &listener{})
	wantFault(t, err, fault.ModelNotAllowed)
}

func TestPackageForAnotherWorkstation(t *testing.T) {
	o, key := testOptions(t), itKey(t)
	install(t, o.PolicyDir, key, 1, signersLine(key))
	dir := sealFor(t, unlocked(t, testOptions(t)), otherModel(o), key)
	_, err := unlocked(t, o).ImportPackage(t.Context(), dir, nil)
	wantFault(t, err, fault.ModelWrongKey)
}

func TestModelsByHash(t *testing.T) {
	o, key := testOptions(t), itKey(t)
	install(t, o.PolicyDir, key, 1, "models: {denied: ["+builtinHash(t, o)+"]}\n")
	s := unlocked(t, o)
	_, err := s.Send(t.Context(), chat.Prompt{Text: "hello"}, &listener{})
	wantFault(t, err, fault.ModelNotAllowed)
	if e, n := lastEntry(t, s, audit.PolicyDenied); n != 1 || e.Detail != "model.not_allowed" {
		t.Errorf("%d on record, %+v", n, e)
	}
	if _, n := lastEntry(t, s, audit.Prompt); n != 0 {
		t.Error("a turn was begun with a model that may not answer")
	}
	install(t, o.PolicyDir, key, 2, "models: {allowed: ["+builtinHash(t, o)+"]}\n")
	s = again(t, s, o)
	if _, err := s.Send(t.Context(), chat.Prompt{Text: "hello", MaxTokens: 1}, &listener{}); err != nil {
		t.Error(err)
	}
}

func builtinHash(t *testing.T, o Options) string {
	t.Helper()
	s := unlocked(t, func() Options { c := testOptions(t); c.Builtin = o.Builtin; return c }())
	m, err := s.Model()
	if err != nil {
		t.Fatal(err)
	}
	return m.Manifest.SHA256
}

// checkPROV holds the document against what PROV-JSON wants: every relation names records that are there.
func checkPROV(t *testing.T, l Lineage) {
	t.Helper()
	var doc map[string]map[string]json.RawMessage
	if err := json.Unmarshal(l.PROV(), &doc); err != nil {
		t.Fatal(err)
	}
	roles := map[string]string{
		"prov:entity": "entity", "prov:generatedEntity": "entity", "prov:usedEntity": "entity", "prov:activity": "activity", "prov:agent": "agent",
	}
	relations := 0
	for _, kind := range []string{"used", "wasGeneratedBy", "wasDerivedFrom", "wasAssociatedWith", "wasAttributedTo"} {
		if len(doc[kind]) == 0 {
			t.Errorf("no %s", kind)
		}
		for id, raw := range doc[kind] {
			relations++
			var attributes map[string]any
			if err := json.Unmarshal(raw, &attributes); err != nil {
				t.Fatal(err)
			}
			for name, value := range attributes {
				in, ok := roles[name]
				if _, there := doc[in][asText(value)]; ok && !there {
					t.Errorf("%s %s: %s %v is not in the document", kind, id, name, value)
				}
			}
		}
	}
	if relations < 10 {
		t.Errorf("%d relations", relations)
	}
}

func asText(v any) string {
	s, _ := v.(string)
	return s
}

func signerText(key minisign.PrivateKey) string { return key.Public().(minisign.PublicKey).String() }
