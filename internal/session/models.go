package session

import (
	"context"
	"fmt"
	"io"

	"subrosa/internal/audit"
	"subrosa/internal/engine"
	"subrosa/internal/fault"
	"subrosa/internal/policy"
	"subrosa/internal/vault"
)

// Models lists the sealed models by name. A model whose manifest does not verify is a fault, beside those that do.
func (s *Session) Models() ([]vault.Manifest, error) {
	o, err := s.ready()
	if err != nil {
		return nil, err
	}
	list, err := o.vault.List()
	return list, vaultFault(err)
}

// Model returns the chosen model and what it is doing.
func (s *Session) Model() (ModelStatus, error) {
	o, err := s.ready()
	if err != nil {
		return ModelStatus{}, err
	}
	return o.model.Status(), nil
}

// DefaultSampling is what suits the chosen model.
func (s *Session) DefaultSampling() (engine.Sampling, error) {
	o, err := s.ready()
	if err != nil {
		return engine.Sampling{}, err
	}
	return o.model.DefaultSampling(), nil
}

// LoadModel loads the chosen model ahead of the first prompt.
func (s *Session) LoadModel(ctx context.Context) error {
	o, err := s.ready()
	if err != nil {
		return err
	}
	if err := o.mayChat(); err != nil {
		return err
	}
	return o.model.Load(ctx)
}

// ImportModel seals a GGUF to this workstation. The source is only read. UseModel chooses it.
func (s *Session) ImportModel(ctx context.Context, gguf io.Reader, source vault.Source, progress vault.Progress) (vault.Manifest, error) {
	o, err := s.ready()
	if err != nil {
		return vault.Manifest{}, err
	}
	if err := o.require(policy.ImportFile, "", nil); err != nil {
		return vault.Manifest{}, err
	}
	return o.importModel(ctx, gguf, source, progress)
}

// UseModel chooses the model for every unlock from the next one on.
func (s *Session) UseModel(ctx context.Context, id vault.ModelID) error {
	o, err := s.ready()
	if err != nil {
		return err
	}
	m, err := o.vault.Manifest(id)
	if err != nil {
		return vaultFault(err)
	}
	if err := o.mayUse(m, m.ID == s.opts.Builtin.id()); err != nil {
		return err
	}
	if err := o.note(audit.Entry{Action: audit.ModelUse, Model: m.SHA256, Detail: m.Name}); err != nil {
		return err
	}
	return historyFault(o.history.SetSetting(ctx, settingModel, string(m.ID)))
}

// VerifyModel reads a sealed model whole and compares it with its manifest.
func (s *Session) VerifyModel(ctx context.Context, id vault.ModelID, progress vault.Progress) error {
	o, err := s.ready()
	if err != nil {
		return err
	}
	m, err := o.vault.Manifest(id)
	if err != nil {
		return vaultFault(err)
	}
	verr := vaultFault(o.vault.Verify(ctx, id, o.root.ModelIdentity(), progress))
	result := "ok"
	if verr != nil {
		result = string(fault.From(verr).Code)
	}
	if err := o.note(audit.Entry{Action: audit.ModelVerify, Model: m.SHA256, Result: result, Detail: m.Name}); err != nil {
		return fmt.Errorf("verify model: %w", err)
	}
	return verr
}
