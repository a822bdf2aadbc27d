package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/vault"
)

// Lineage is what is known of a model: where it is from, who sealed it, and what the record says of it here.
type Lineage struct {
	Model      vault.Manifest   `json:"model"`
	Builtin    bool             `json:"builtin"`
	Provenance vault.Provenance `json:"provenance"` // of a package; else what the file says
	SealedAt   time.Time        `json:"sealed_at"`
	SealedBy   string           `json:"sealed_by"`   // a name; "" for a model that was sealed here
	Signer     string           `json:"signer"`      // number of the key that signed the package
	SignerName string           `json:"signer_name"` // as the policy calls it
	Verified   bool             `json:"verified"`    // whether a key that is trusted now signed it; false for a model that was sealed here
	Imports    []LineageEvent   `json:"imports"`
	Loads      []LineageEvent   `json:"loads"`
	Turns      []LineageEvent   `json:"turns"`
}

// LineageEvent is an entry of the record about a model.
type LineageEvent struct {
	Seq          int64     `json:"seq"`
	Time         time.Time `json:"time"`
	Actor        string    `json:"actor"`
	Conversation string    `json:"conversation,omitempty"`
	Turn         string    `json:"turn,omitempty"`
}

// ModelLineage collects a model's lineage. It reads the whole record.
func (s *Session) ModelLineage(ctx context.Context, id vault.ModelID) (Lineage, error) {
	o, err := s.ready()
	if err != nil {
		return Lineage{}, err
	}
	m, err := o.vault.Manifest(id)
	if err != nil {
		return Lineage{}, vaultFault(err)
	}
	l := Lineage{
		Model: m, Builtin: id == s.opts.Builtin.id(), SealedAt: m.ImportedAt, Signer: m.Signer,
		Provenance: vault.Provenance{Source: m.SourceFile, Licence: m.Licence, Parents: []vault.Parent{}},
		Imports:    []LineageEvent{}, Loads: []LineageEvent{}, Turns: []LineageEvent{},
	}
	p, err := o.vault.Kept(id, signersOf(o.policy))
	switch {
	case err == nil:
		l.Provenance, l.SealedAt, l.SealedBy, l.SignerName, l.Verified = p.Provenance, p.SealedAt, p.SealedBy, p.Signer.Name, true
	case !errors.Is(err, vault.ErrNoPackage) && !errors.Is(err, vault.ErrSigner):
		return Lineage{}, packageFault(err)
	}
	if o.record == nil {
		return l, nil
	}
	const chunk = 4096
	for from := int64(0); from < o.record.Size(); from += chunk {
		if err := ctx.Err(); err != nil {
			return l, err
		}
		entries, err := o.record.Entries(from, chunk)
		if err != nil {
			return l, recordFault(err)
		}
		for _, e := range entries {
			l.add(e)
		}
	}
	return l, nil
}

func (l *Lineage) add(e audit.Entry) {
	if e.Model != l.Model.SHA256 {
		return
	}
	event := LineageEvent{Seq: e.Seq, Time: e.Time, Actor: e.Actor, Conversation: e.Conversation, Turn: e.Turn}
	switch e.Action {
	case audit.ModelImport:
		l.Imports = append(l.Imports, event)
	case audit.ModelLoad:
		l.Loads = append(l.Loads, event)
	case audit.Prompt:
		l.Turns = append(l.Turns, event)
	}
}

// prov is a PROV-JSON document (W3C Member Submission, 2013): records of each kind by identifier.
type prov map[string]map[string]map[string]any

func (p prov) add(kind, id string, attributes map[string]any) {
	if p[kind] == nil {
		p[kind] = map[string]map[string]any{}
	}
	p[kind][id] = attributes
}

// PROV returns the lineage as PROV-JSON. It holds no prompt and no title: turns are named by their random IDs.
func (l Lineage) PROV() []byte {
	p := prov{}
	weights, sealed := "subrosa:gguf-"+l.Model.SHA256, "subrosa:sealed-"+l.Model.SealedSHA256
	when := func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
	count := 0
	relate := func(kind string, attributes map[string]any) {
		count++
		p.add(kind, fmt.Sprintf("_:%d", count), attributes)
	}
	agent := func(name string) string {
		id := "subrosa:agent-" + name
		p.add("agent", id, map[string]any{"prov:label": name})
		return id
	}
	p.add("entity", weights, map[string]any{
		"prov:label": l.Model.Name, "subrosa:sha256": l.Model.SHA256, "subrosa:quantisation": l.Model.Quantisation,
		"subrosa:architecture": l.Model.Architecture, "subrosa:licence": l.Provenance.Licence, "subrosa:source": l.Provenance.Source,
	})
	p.add("entity", sealed, map[string]any{"prov:label": l.Model.Name + ", sealed", "subrosa:sha256": l.Model.SealedSHA256})
	for i, parent := range l.Provenance.Parents {
		id := fmt.Sprintf("subrosa:parent-%d", i+1)
		if parent.SHA256 != "" {
			id = "subrosa:gguf-" + parent.SHA256
		}
		p.add("entity", id, map[string]any{"prov:label": parent.Name, "subrosa:sha256": parent.SHA256})
		relate("wasDerivedFrom", map[string]any{"prov:generatedEntity": weights, "prov:usedEntity": id})
	}
	p.add("activity", "subrosa:sealing", map[string]any{"prov:endTime": when(l.SealedAt)})
	relate("used", map[string]any{"prov:activity": "subrosa:sealing", "prov:entity": weights})
	relate("wasGeneratedBy", map[string]any{"prov:entity": sealed, "prov:activity": "subrosa:sealing", "prov:time": when(l.SealedAt)})
	relate("wasDerivedFrom", map[string]any{"prov:generatedEntity": sealed, "prov:usedEntity": weights})
	if l.Signer != "" {
		by := agent("key-" + l.Signer)
		relate("wasAssociatedWith", map[string]any{"prov:activity": "subrosa:sealing", "prov:agent": by})
		relate("wasAttributedTo", map[string]any{"prov:entity": sealed, "prov:agent": by})
	}
	for kind, events := range map[string][]LineageEvent{"import": l.Imports, "load": l.Loads, "turn": l.Turns} {
		for _, e := range events {
			id := fmt.Sprintf("subrosa:%s-%d", kind, e.Seq)
			attributes := map[string]any{"prov:startTime": when(e.Time), "subrosa:entry": e.Seq}
			if e.Turn != "" {
				attributes["subrosa:turn"], attributes["subrosa:conversation"] = e.Turn, e.Conversation
			}
			p.add("activity", id, attributes)
			relate("used", map[string]any{"prov:activity": id, "prov:entity": sealed, "prov:time": when(e.Time)})
			relate("wasAssociatedWith", map[string]any{"prov:activity": id, "prov:agent": agent("user-" + e.Actor)})
		}
	}
	doc := map[string]any{"prefix": map[string]string{"subrosa": "urn:subrosa:"}}
	for kind, records := range p {
		doc[kind] = records
	}
	b, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		panic(err) // of texts and numbers it cannot fail
	}
	return append(b, '\n')
}
