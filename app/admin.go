package app

import (
	"context"
	"errors"
	"time"

	"subrosa/internal/engine"
	"subrosa/internal/history"
	"subrosa/internal/policy"
	"subrosa/internal/secret"
	"subrosa/internal/session"
	"subrosa/internal/vault"
)

// SealedModelView is a sealed model.
type SealedModelView struct {
	ID           string  `json:"id"`
	Name         string  `json:"name"`
	Chosen       bool    `json:"chosen"`
	Architecture string  `json:"architecture"`
	Parameters   uint64  `json:"parameters"`
	Quantisation string  `json:"quantisation"`
	Context      uint64  `json:"context"`
	Licence      string  `json:"licence"`
	Size         int64   `json:"size"`
	SHA256       string  `json:"sha256"`
	ImportedAt   string  `json:"importedAt"`
	SourceFile   string  `json:"sourceFile"`
	Signer       string  `json:"signer"` // empty where it was sealed here
	Fit          FitView `json:"fit"`

	Finding *FindingView `json:"finding,omitempty"` // it is for finding passages; else it answers
}

// FindingView is how far the passages of documents can be found with a model for it.
type FindingView struct {
	Used   bool       `json:"used"`  // it is the one, else another is
	State  string     `json:"state"` // of the model
	Pages  int        `json:"pages"` // of documents, that can be found by their meaning
	Of     int        `json:"of"`
	Paused bool       `json:"paused"`          // no more are made until MakeFinding says so
	Fault  *FaultView `json:"fault,omitempty"` // why passages are found by their words alone
}

// FitView is how a model is, or would be, loaded into the memory that is free.
type FitView struct {
	Fits        bool   `json:"fits"`
	Context     int    `json:"context"`     // tokens at once
	Needs       int64  `json:"needs"`       // bytes of memory
	Free        int64  `json:"free"`        // bytes of memory; 0: not known
	EightBits   bool   `json:"eightBits"`   // keys and values are kept so
	DeviceName  string `json:"deviceName"`  // what computes layers beside the processor; empty: nothing
	Layers      int    `json:"layers"`      // on it, the output counted as one
	AllLayers   int    `json:"allLayers"`   // of the model, likewise
	DeviceNeeds int64  `json:"deviceNeeds"` // bytes of its memory
	DeviceFree  int64  `json:"deviceFree"`
}

// WishView is how a model is to be loaded; what it leaves open is chosen as suits the model and the memory.
type WishView struct {
	Context   int    `json:"context"`   // tokens; 0: open
	Processor bool   `json:"processor"` // it computes all layers, whatever device there is
	Cache     string `json:"cache"`     // of keys and values: f16, q8_0; empty: open
}

func (w WishView) wish() engine.Wish {
	wish := engine.Wish{Context: w.Context, Cache: engine.CacheType(w.Cache)}
	if w.Processor {
		wish.Device = engine.CPU
	}
	return wish
}

// LineageView is where a model is from and what the record says of it.
type LineageView struct {
	Source   string `json:"source"`
	SealedBy string `json:"sealedBy"`
	SealedAt string `json:"sealedAt"`
	Signer   string `json:"signer"`
	Verified bool   `json:"verified"`
	Imports  int    `json:"imports"`
	Loads    int    `json:"loads"`
	Turns    int    `json:"turns"`
}

// PolicyDetail is the policy in force.
type PolicyDetail struct {
	Version string       `json:"version"`
	Source  string       `json:"source"`
	Name    string       `json:"name"`
	Number  int64        `json:"number"`
	Signer  string       `json:"signer"`
	SHA256  string       `json:"sha256"`
	Expires string       `json:"expires"`
	Refused string       `json:"refused"`
	Stopped string       `json:"stopped"`
	Rows    []SettingRow `json:"rows"`
}

// SettingRow is one key of the policy.
type SettingRow struct {
	Path    string `json:"path"`
	Value   string `json:"value"`
	Builtin string `json:"builtin"`
	Doc     string `json:"doc"`
	Changed bool   `json:"changed"`
}

// ControlView is one control with its evidence.
type ControlView struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Result   string     `json:"result"`
	Evidence string     `json:"evidence"`
	Said     []SaidView `json:"said"`
}

// SaidView is a part of the evidence, to be worded by the page: which sentence, and the facts in it.
type SaidView struct {
	ID    string   `json:"id"`
	Facts []string `json:"facts"`
}

// PostureView is the evidence of one moment.
type PostureView struct {
	Time     string        `json:"time"`
	Controls []ControlView `json:"controls"`
}

// SlotView is one way into the data directory.
type SlotView struct {
	Name        string     `json:"name"`
	Recipient   string     `json:"recipient"`
	PostQuantum bool       `json:"postQuantum"`
	Added       string     `json:"added"`
	Passphrase  bool       `json:"passphrase"`
	Token       string     `json:"token"`
	Fault       *FaultView `json:"fault,omitempty"`
}

// Models lists the sealed models.
func (a *App) Models() ([]SealedModelView, error) {
	list, err := a.session.Models()
	chosen, _ := a.session.Model()
	finding, _ := a.session.Vectors(context.Background())
	return viewsOf(list, func(m vault.Manifest) SealedModelView {
		v := sealedModelView(m, chosen.Manifest.ID)
		v.Finding = findingView(m, finding)
		fit, err := a.session.FitModel(context.Background(), m.ID, engine.Wish{})
		v.Fit = fitView(fit, err)
		return v
	}), err
}

// Finding tells how far passages can be found by their meaning; null where no model is for it.
func (a *App) Finding() (*FindingView, error) {
	s, err := a.session.Vectors(context.Background())
	return findingView(s.Manifest, s), err
}

// MakeFinding has what makes that so go on, also after a failure, or stop.
func (a *App) MakeFinding(on bool) error { return a.session.MakeVectors(on) }

// FitModel tells how a model would be loaded, as wished. That it does not fit is told, and no fault.
func (a *App) FitModel(id string, w WishView) (FitView, error) {
	fit, err := a.session.FitModel(context.Background(), vault.ModelID(id), w.wish())
	v := fitView(fit, err)
	if errors.Is(err, engine.ErrTooBig) {
		err = nil
	}
	return v, err
}

func fitView(fit engine.Fit, err error) FitView {
	return FitView{
		Fits: err == nil, Context: fit.Context, Needs: fit.Needs, Free: fit.Free, EightBits: fit.Cached == engine.Q8_0,
		DeviceName: fit.DeviceName, Layers: fit.Layers, AllLayers: fit.Of, DeviceNeeds: fit.DeviceNeeds, DeviceFree: fit.DeviceFree,
	}
}

// ImportModel takes a signed package from a directory, with "progress" events.
func (a *App) ImportModel(dir string) (SealedModelView, error) {
	ctx, report, end := a.job("import")
	defer end()
	m, err := a.session.ImportPackage(ctx, dir, func(step session.Stage, done, total int64) { report(string(step), done, total) })
	return sealedModelView(m, ""), err
}

// VerifyModel reads a model whole, with "progress" events.
func (a *App) VerifyModel(id string) error {
	ctx, report, end := a.job("verify-model")
	defer end()
	return a.session.VerifyModel(ctx, vault.ModelID(id), func(done, total int64) { report("", done, total) })
}

// UseModel chooses a model for every unlock from the next one on, and how it is loaded.
func (a *App) UseModel(id string, w WishView) error {
	return a.session.UseModel(context.Background(), vault.ModelID(id), w.wish())
}

// Lineage tells where a model is from.
func (a *App) Lineage(id string) (LineageView, error) {
	l, err := a.session.ModelLineage(context.Background(), vault.ModelID(id))
	return lineageView(l), err
}

// Recipient is what IT seals models for this workstation to.
func (a *App) Recipient() (string, error) { return a.session.ModelRecipient() }

// Policy explains what is in force.
func (a *App) Policy() (PolicyDetail, error) {
	p, err := a.session.Policy()
	return policyDetail(p), err
}

// Posture collects evidence for every control now. It takes seconds.
func (a *App) Posture() (PostureView, error) {
	p, err := a.session.Posture(context.Background(), Version)
	return postureView(p), err
}

// Slots lists the ways in.
func (a *App) Slots() ([]SlotView, error) {
	list, err := a.session.Slots()
	return viewsOf(list, slotView), err
}

// AddRecovery adds a way in for one of IT's age recipients.
func (a *App) AddRecovery(recipient string) error {
	_, err := a.session.AddRecovery(context.Background(), recipient)
	return err
}

// RemoveSlot removes a recovery slot.
func (a *App) RemoveSlot(name string) error {
	return a.session.RemoveSlot(context.Background(), name, nil)
}

// ChangePassphrase replaces the passphrase.
func (a *App) ChangePassphrase(old, next string) error {
	return a.session.ChangePassphrase(context.Background(), secret.New([]byte(old)), secret.New([]byte(next)))
}

func historyMatter(id string) history.MatterID { return history.MatterID(id) }

func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

func sealedModelView(m vault.Manifest, chosen vault.ModelID) SealedModelView {
	return SealedModelView{
		ID: string(m.ID), Name: m.Name, Chosen: m.ID == chosen, Architecture: m.Architecture, Parameters: m.Parameters,
		Quantisation: m.Quantisation, Context: m.ContextLength, Licence: m.Licence, Size: m.Size, SHA256: m.SHA256,
		ImportedAt: rfc3339(m.ImportedAt), SourceFile: m.SourceFile, Signer: m.Signer,
	}
}

func findingView(m vault.Manifest, s session.VectorStatus) *FindingView {
	switch {
	case m.Purpose != vault.Embedding:
		return nil
	case m.ID != s.Manifest.ID:
		return &FindingView{State: string(session.ModelUnloaded)}
	}
	return &FindingView{Used: true, State: string(s.State), Pages: s.Pages, Of: s.Of, Paused: s.Paused, Fault: faultView(s.Fault)}
}

func lineageView(l session.Lineage) LineageView {
	return LineageView{
		Source: l.Provenance.Source, SealedBy: l.SealedBy, SealedAt: rfc3339(l.SealedAt), Signer: l.SignerName,
		Verified: l.Verified, Imports: len(l.Imports), Loads: len(l.Loads), Turns: len(l.Turns),
	}
}

func policyDetail(p session.PolicyView) PolicyDetail {
	return PolicyDetail{
		Version: p.Version, Source: string(p.Source), Name: p.Name, Number: p.Number, Signer: p.Signer, SHA256: p.SHA256,
		Expires: p.Expires, Refused: p.Refused, Stopped: p.Stopped,
		Rows: viewsOf(p.Rows, func(r policy.Setting) SettingRow { return SettingRow(r) }),
	}
}

func postureView(p session.Posture) PostureView {
	return PostureView{Time: rfc3339(p.Time), Controls: viewsOf(p.Controls, func(c session.Control) ControlView {
		return ControlView{ID: c.ID, Name: c.Name, Result: string(c.Result), Evidence: c.Evidence, Said: viewsOf(c.Said, func(s session.Said) SaidView { return SaidView(s) })}
	})}
}

func slotView(s session.Slot) SlotView {
	return SlotView{
		Name: s.Name, Recipient: s.Recipient, PostQuantum: s.PostQuantum, Added: rfc3339(s.Added), Passphrase: s.Passphrase, Token: s.Token,
		Fault: faultView(s.Fault),
	}
}
