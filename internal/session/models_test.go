package session

import (
	"bytes"
	"testing"

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
	wantFault(t, s.UseModel(t.Context(), builtin, 1<<20), fault.BadInput)
	if err := s.UseModel(t.Context(), builtin, 512); err != nil {
		t.Fatal(err)
	}
	o.ModelID = string(m.ID) // for this time
	s = again(t, s, o)
	for id, want := range map[vault.ModelID]int{builtin: 512, m.ID: 2048} {
		if f, err := s.FitModel(t.Context(), id, 0); err != nil || f.Context != want {
			t.Errorf("%s: %+v, %v, want a context of %d tokens", id, f, err, want)
		}
	}
	if f, err := s.FitModel(t.Context(), m.ID, 1024); err != nil || f.Context != 1024 {
		t.Errorf("%+v, %v", f, err)
	}
}
