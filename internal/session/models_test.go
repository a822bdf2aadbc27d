package session

import (
	"bytes"
	"testing"

	"subrosa/internal/engine"
	"subrosa/internal/fault"
	"subrosa/internal/vault"
)

func TestAChosenContextIsItsModelsOwn(t *testing.T) {
	o := testOptions(t)
	s := unlocked(t, o)
	other := append(bytes.Clone(o.Builtin.GGUF), make([]byte, 32)...) // another file, as far as its hash goes
	m, err := s.ImportModel(t.Context(), bytes.NewReader(other), vault.Source{Name: "other.gguf", Size: int64(len(other))}, nil)
	if err != nil {
		t.Fatal(err)
	}
	builtin := o.Builtin.id()
	wantFault(t, s.UseModel(t.Context(), builtin, engine.Wish{Context: 1 << 20}), fault.BadInput)
	if err := s.UseModel(t.Context(), builtin, engine.Wish{Context: 512}); err != nil {
		t.Fatal(err)
	}
	o.ModelID = string(m.ID) // for this time
	s = again(t, s, o)
	for id, want := range map[vault.ModelID]int{builtin: 512, m.ID: 2048} {
		if f, err := s.FitModel(t.Context(), id, engine.Wish{}); err != nil || f.Context != want {
			t.Errorf("%s: %+v, %v, want a context of %d tokens", id, f, err, want)
		}
	}
	// As an earlier version kept it.
	if err := s.open.history.SetSetting(t.Context(), settingLoad, "640"); err != nil {
		t.Fatal(err)
	}
	if f, err := s.FitModel(t.Context(), builtin, engine.Wish{}); err != nil || f.Context != 640 {
		t.Errorf("%+v, %v", f, err)
	}
	wantFault(t, s.UseModel(t.Context(), builtin, engine.Wish{Layers: 2}), fault.BadInput) // no device
	if f, err := s.FitModel(t.Context(), m.ID, engine.Wish{Context: 1024}); err != nil || f.Context != 1024 {
		t.Errorf("%+v, %v", f, err)
	}
}
