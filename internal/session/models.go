package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"subrosa/internal/audit"
	"subrosa/internal/engine"
	"subrosa/internal/fault"
	"subrosa/internal/history"
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

// FitModel tells how a model would be loaded into the memory that is free now: with a context of so many tokens, or for 0
// with what UseModel chose for it, or else with as many as fit of what suits it. What does not fit is a fault, and told
// all the same.
func (s *Session) FitModel(ctx context.Context, id vault.ModelID, tokens int) (engine.Fit, error) {
	o, err := s.ready()
	if err != nil {
		return engine.Fit{}, err
	}
	sealed, err := o.vault.Unseal(id, o.root.ModelIdentity())
	if err != nil {
		return engine.Fit{}, vaultFault(err)
	}
	defer sealed.Close()
	return o.fit(ctx, sealed, tokens)
}

func (o *open) fit(ctx context.Context, sealed *vault.Sealed, tokens int) (engine.Fit, error) {
	if tokens == 0 {
		var err error
		if tokens, err = o.chosenContext(ctx, sealed.Manifest.ID); err != nil {
			return engine.Fit{}, err
		}
	}
	h, err := sealed.Header()
	if err != nil {
		return engine.Fit{}, vaultFault(err)
	}
	if trained := h.ContextLength(); tokens < 0 || trained > 0 && uint64(tokens) > trained {
		return engine.Fit{}, fault.New(fault.BadInput, fmt.Errorf("a context of %d tokens: the model was trained for %d", tokens, trained))
	}
	f, err := engine.FitModel(h, tokens, engine.FreeMemory())
	return f, engineFault(err)
}

// chosenContext returns the context that was chosen with a model, in tokens; 0 where none was, or with another model.
func (o *open) chosenContext(ctx context.Context, id vault.ModelID) (int, error) {
	chosen, err := o.history.Setting(ctx, settingModel)
	tokens := ""
	if err == nil && chosen == string(id) {
		tokens, err = o.history.Setting(ctx, settingContext)
	}
	if err != nil && !errors.Is(err, history.ErrNotFound) {
		return 0, historyFault(err)
	}
	n, _ := strconv.Atoi(tokens) // "": none was chosen
	return n, nil
}

// UseModel chooses the model for every unlock from the next one on, with a context of so many tokens, 0 for as many as
// fit of what suits it.
func (s *Session) UseModel(ctx context.Context, id vault.ModelID, tokens int) error {
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
	if tokens != 0 { // else more memory may be free when the model is loaded
		if _, err := s.FitModel(ctx, id, tokens); err != nil {
			return err
		}
	}
	if err := o.note(audit.Entry{Action: audit.ModelUse, Model: m.SHA256, Detail: m.Name}); err != nil {
		return err
	}
	return historyFault(errors.Join(
		o.history.SetSetting(ctx, settingModel, string(m.ID)),
		o.history.SetSetting(ctx, settingContext, strconv.Itoa(tokens)),
	))
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
