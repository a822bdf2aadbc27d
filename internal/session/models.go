package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

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

// FitModel tells how a model would be loaded into the memory that is free now: as wished, or for the zero wish as UseModel
// chose for it, or else as suits it. What does not fit is a fault, and told all the same.
func (s *Session) FitModel(ctx context.Context, id vault.ModelID, wish engine.Wish) (engine.Fit, error) {
	o, err := s.ready()
	if err != nil {
		return engine.Fit{}, err
	}
	sealed, err := o.vault.Unseal(id, o.root.ModelIdentity())
	if err != nil {
		return engine.Fit{}, vaultFault(err)
	}
	defer sealed.Close()
	return o.fit(ctx, sealed, wish, o.devices.find(ctx, s.opts, sealed))
}

func (o *open) fit(ctx context.Context, sealed *vault.Sealed, wish engine.Wish, devices []engine.Device) (engine.Fit, error) {
	if wish == (engine.Wish{}) {
		var err error
		if wish, err = o.chosen(ctx, sealed.Manifest.ID); err != nil {
			return engine.Fit{}, err
		}
	}
	h, err := sealed.Header()
	if err != nil {
		return engine.Fit{}, vaultFault(err)
	}
	if trained := h.ContextLength(); wish.Context < 0 || trained > 0 && uint64(wish.Context) > trained {
		return engine.Fit{}, fault.New(fault.BadInput, fmt.Errorf("a context of %d tokens: the model was trained for %d", wish.Context, trained))
	}
	f, err := engine.FitModel(h, wish, engine.Place{Free: engine.FreeMemory(), Devices: devices})
	return f, engineFault(err)
}

// devices are the GPUs that were found last.
type devices struct {
	mu   sync.Mutex
	at   time.Time
	list []engine.Device
}

// devicesAge is how old the devices may be that are shown: each look starts an engine.
const devicesAge = 10 * time.Second

// find asks an engine for its devices. An engine that does not start has none to show: the load that follows says why.
func (d *devices) find(ctx context.Context, opts Options, sealed *vault.Sealed) []engine.Device {
	if !engine.SeeksDevices(opts.EngineLib) {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if time.Since(d.at) < devicesAge {
		return d.list
	}
	e, err := engine.Start(ctx, engine.Config{Path: opts.EnginePath, LibDir: opts.EngineLib, Model: sealed.File})
	if err != nil {
		return nil
	}
	d.at, d.list = time.Now(), e.Devices()
	_ = e.Close()
	return d.list
}

// chosen returns how a model is to be loaded; the zero wish where nothing was chosen, or another model.
func (o *open) chosen(ctx context.Context, id vault.ModelID) (wish engine.Wish, err error) {
	chosen, err := o.history.Setting(ctx, settingModel)
	text := ""
	if err == nil && chosen == string(id) {
		text, err = o.history.Setting(ctx, settingLoad)
	}
	if err != nil && !errors.Is(err, history.ErrNotFound) {
		return engine.Wish{}, historyFault(err)
	}
	if json.Unmarshal([]byte(text), &wish) != nil {
		wish.Context, _ = strconv.Atoi(text) // as it was written when the context was all that could be chosen
	}
	return wish, nil
}

// UseModel chooses the model for every unlock from the next one on, and how it is loaded; what the wish leaves open is
// chosen anew at each load.
func (s *Session) UseModel(ctx context.Context, id vault.ModelID, wish engine.Wish) error {
	o, err := s.ready()
	if err != nil {
		return err
	}
	m, err := o.vault.Manifest(id)
	if err != nil {
		return vaultFault(err)
	}
	if err := answers(m); err != nil {
		return err
	}
	if err := o.mayUse(m, m.ID == s.opts.Builtin.id()); err != nil {
		return err
	}
	if wish != (engine.Wish{}) { // else more memory may be free when the model is loaded
		if _, err := s.FitModel(ctx, id, wish); err != nil {
			return err
		}
	}
	text, err := json.Marshal(wish)
	if err != nil {
		return err
	}
	if err := o.note(audit.Entry{Action: audit.ModelUse, Model: m.SHA256, Detail: m.Name}); err != nil {
		return err
	}
	return historyFault(errors.Join(
		o.history.SetSetting(ctx, settingModel, string(m.ID)),
		o.history.SetSetting(ctx, settingLoad, string(text)),
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
