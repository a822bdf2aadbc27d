package session

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"sync"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/engine"
	"subrosa/internal/fault"
	"subrosa/internal/gguf"
	"subrosa/internal/history"
	"subrosa/internal/vault"
)

// ModelIdle is how long a loaded model is kept when nothing is asked of it.
const ModelIdle = 30 * time.Minute

// Builtin is the small demo model that comes with the program.
type Builtin struct {
	Name   string
	GGUF   []byte
	SHA256 string // of GGUF, in hex; empty: worked out each time, from all of it
}

// id is the model's in the vault.
func (b Builtin) id() vault.ModelID {
	if b.SHA256 == "" {
		sum := sha256.Sum256(b.GGUF)
		b.SHA256 = hex.EncodeToString(sum[:])
	}
	return vault.ModelID(b.SHA256[:16])
}

// Describe names the model plainly.
func (s ModelStatus) Describe() string {
	if s.Builtin {
		return s.Manifest.Name + ", the small built-in demo model"
	}
	return s.Manifest.Name
}

// ModelState is what a loaded or loading model is doing.
type ModelState string

// The states. They cross to the window by these words.
const (
	ModelUnloaded ModelState = "unloaded"
	ModelLoading  ModelState = "loading"
	ModelReady    ModelState = "ready"
	ModelFailed   ModelState = "failed"
)

// ModelStatus is a snapshot.
type ModelStatus struct {
	Manifest vault.Manifest
	Builtin  bool // it is the small demo model that comes with the program
	State    ModelState
	Progress float64 // 0 to 1 while loading
	Thinks   bool    // it has been loaded, and lets one choose whether it thinks before it answers
	Fault    *fault.Fault
}

// model is the chosen sealed model and its engine: started when first needed, started again when it has died.
type model struct {
	open     *open
	opts     Options
	manifest vault.Manifest
	builtin  bool
	onChange func()

	life context.Context // ends with Close
	end  context.CancelFunc
	turn chan struct{} // holds one token while a caller has the engine

	mu       sync.Mutex
	engine   *engine.Engine
	context  int // tokens, of the engine
	thinks   bool
	state    ModelState
	progress float64
	fault    *fault.Fault
	idle     *time.Timer // unloads
	states   states
}

// sealBuiltin seals the built-in model of this version if it is not here.
func (o *open) sealBuiltin(ctx context.Context, b Builtin) error {
	_, err := o.vault.Manifest(b.id())
	if !errors.Is(err, vault.ErrNotFound) {
		return nil // here, or damaged: then the turn that wants it says so
	}
	source := vault.Source{Name: b.Name, Size: int64(len(b.GGUF))}
	_, err = o.importModel(ctx, bytes.NewReader(b.GGUF), source, nil)
	return err
}

// pickModel takes the model that is asked for, or else the one last chosen, or else the built-in one. A model that is
// missing or damaged does not keep the history closed: it is the model's fault, and another can be chosen.
func (o *open) pickModel(ctx context.Context, opts Options) error {
	id := vault.ModelID(opts.ModelID)
	if id == "" {
		chosen, err := o.history.Setting(ctx, settingModel)
		if err != nil && !errors.Is(err, history.ErrNotFound) {
			return historyFault(err)
		}
		id = vault.ModelID(chosen)
	}
	if id == "" {
		id = opts.Builtin.id()
	}
	m := &model{open: o, opts: opts, builtin: id == opts.Builtin.id(), state: ModelUnloaded, turn: make(chan struct{}, 1)}
	m.life, m.end = context.WithCancel(context.Background())
	var err error
	if m.manifest, err = o.vault.Manifest(id); err != nil {
		m.state, m.fault = ModelFailed, fault.From(vaultFault(err))
	} else if err := answers(m.manifest); err != nil {
		m.manifest, m.state, m.fault = vault.Manifest{}, ModelFailed, fault.From(err)
	}
	o.model = m
	return nil
}

// answers returns nil for a model that answers.
func answers(m vault.Manifest) error {
	if m.Purpose != vault.Chat {
		return fault.New(fault.ModelPurpose, nil)
	}
	return nil
}

// DefaultSampling is greedy for the small built-in model, which knows its answers word for word.
func (m *model) DefaultSampling() engine.Sampling {
	if m.builtin {
		return engine.Greedy()
	}
	return engine.DefaultSampling()
}

// importModel seals a GGUF and puts that on record: one without the other is undone.
func (o *open) importModel(ctx context.Context, gguf io.Reader, source vault.Source, progress vault.Progress) (vault.Manifest, error) {
	if o.stopped != nil {
		return vault.Manifest{}, o.stopped
	}
	m, err := o.vault.Import(ctx, gguf, source, o.root.ModelIdentity().Recipient(), progress)
	if err != nil {
		return vault.Manifest{}, vaultFault(err)
	}
	if err := o.note(audit.Entry{Action: audit.ModelImport, Model: m.SHA256, Detail: m.Name}); err != nil {
		return vault.Manifest{}, errors.Join(err, o.vault.Remove(m.ID))
	}
	o.imported(m)
	return m, nil
}

// imported is told of a model that has come.
func (o *open) imported(m vault.Manifest) {
	if m.Purpose == vault.Embedding {
		o.vectors.choose()
	}
}

// Status returns a snapshot.
func (m *model) Status() ModelStatus {
	m.mu.Lock()
	defer m.mu.Unlock()
	return ModelStatus{Manifest: m.manifest, Builtin: m.builtin, State: m.state, Progress: m.progress, Thinks: m.thinks, Fault: m.fault}
}

// Generate asks the engine, loading the model first if it is not loaded or its engine has died.
func (m *model) Generate(ctx context.Context, r engine.Request, loading func(float64), emit func(string) error) (engine.Result, error) {
	stopped := engine.Result{Reason: engine.Stopped}
	if !m.acquire(ctx) {
		return stopped, nil
	}
	defer m.release()
	e, err := m.readyLocked(ctx, loading)
	if err != nil {
		if ctx.Err() != nil {
			return stopped, nil
		}
		return engine.Result{}, err
	}
	if err := m.restore(ctx, e, r.Conversation); err != nil {
		return engine.Result{}, err
	}
	result, err := e.Generate(ctx, r, emit)
	if !e.Alive() {
		m.set(ModelUnloaded, 0, nil)
		_ = m.open.history.DropState(history.ConversationID(r.Conversation)) // in case that is what it died of
	}
	if err == nil {
		m.computed(r.Conversation, result)
	}
	return result, err
}

// Load loads the model ahead of the first prompt. It does nothing when the model is loaded.
func (m *model) Load(ctx context.Context) error {
	if !m.acquire(ctx) {
		return ctx.Err()
	}
	defer m.release()
	_, err := m.readyLocked(ctx, func(float64) {})
	return err
}

// acquire takes the engine for one caller, to whom what is done aside gives way. It returns false if ctx ends first.
func (m *model) acquire(ctx context.Context) bool {
	m.mu.Lock()
	m.states.waiting++
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		m.states.waiting--
		m.mu.Unlock()
	}()
	m.giveWay()
	select {
	case m.turn <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// release gives the engine back. One that nobody asks for ModelIdle gives its memory back too.
func (m *model) release() {
	m.forgetLocked()
	idle := cmp.Or(m.opts.ModelIdle, ModelIdle)
	m.mu.Lock()
	if m.idle == nil {
		m.idle = time.AfterFunc(idle, m.unload)
	} else {
		m.idle.Reset(idle)
	}
	m.saveLaterLocked()
	m.mu.Unlock()
	<-m.turn
}

// unload ends an idle engine; the next prompt starts it again. While somebody has the engine it does nothing.
func (m *model) unload() {
	select {
	case m.turn <- struct{}{}:
	default:
		return // release sets the clock again
	}
	defer func() { <-m.turn }()
	m.mu.Lock()
	e := m.engine
	m.engine = nil
	m.mu.Unlock()
	if e != nil {
		_ = e.Close()
		m.set(ModelUnloaded, 0, nil)
	}
}

// readyLocked returns the running engine or starts one. Callers have acquired the engine.
func (m *model) readyLocked(ctx context.Context, loading func(float64)) (*engine.Engine, error) {
	if m.life.Err() != nil {
		return nil, fault.New(fault.Locked, nil)
	}
	if e := m.running(); e != nil {
		return e, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(m.life, cancel)()
	progress := func(fraction float64) {
		m.set(ModelLoading, fraction, nil)
		loading(fraction)
	}
	progress(0)
	e, err := m.start(ctx, progress)
	if err != nil {
		if ctx.Err() != nil {
			m.set(ModelUnloaded, 0, nil)
			return nil, err
		}
		f := fault.From(err)
		m.set(ModelFailed, 0, f)
		return nil, f
	}
	m.mu.Lock()
	m.engine = e
	m.mu.Unlock()
	m.set(ModelReady, 1, nil)
	return e, nil
}

// start starts the model's engine.
func (m *model) start(ctx context.Context, progress func(float64)) (*engine.Engine, error) {
	e, info, err := m.open.startEngine(ctx, m.opts, m.manifest, m.builtin, progress)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	m.context, m.thinks = info.Context, info.Thinks
	m.states.begin(stateOf(m.manifest.SHA256, info))
	m.mu.Unlock()
	return e, nil
}

// startEngine unseals a model, starts an engine and loads it, if policy allows the model and memory holds it. The engine is
// given the open sealed file and that file's own key, never an identity.
func (o *open) startEngine(ctx context.Context, opts Options, m vault.Manifest, builtin bool, progress func(float64)) (*engine.Engine, engine.ModelInfo, error) {
	var info engine.ModelInfo
	if err := o.mayUse(m, builtin); err != nil {
		return nil, info, err
	}
	sealed, err := o.vault.Unseal(m.ID, o.root.ModelIdentity())
	if err != nil {
		return nil, info, vaultFault(err)
	}
	defer sealed.Close()
	e, err := engine.Start(ctx, engine.Config{Path: opts.EnginePath, LibDir: opts.EngineLib, Model: sealed.File})
	if err != nil {
		return nil, info, engineFault(err)
	}
	fit, err := o.fit(ctx, sealed, engine.Wish{}, e.Devices())
	if err != nil {
		return nil, info, errors.Join(err, e.Close())
	}
	if info, err = e.Load(ctx, fit.Request(sealed.FileKey, sealed.Size), progress); err != nil {
		return nil, info, engineFault(errors.Join(err, e.Close()))
	}
	if err := o.note(audit.Entry{Action: audit.ModelLoad, Model: m.SHA256, Detail: m.Name}); err != nil {
		return nil, info, errors.Join(err, e.Close())
	}
	return e, info, nil
}

// contextTokens returns how many tokens a conversation may have: with the loaded model, or else with it as it would be
// loaded were there memory enough.
func (m *model) contextTokens(ctx context.Context) (int, error) {
	m.mu.Lock()
	loaded, tokens := m.engine != nil, m.context
	m.mu.Unlock()
	if loaded {
		return tokens, nil
	}
	wish, err := m.open.chosen(ctx, m.manifest.ID)
	return cmp.Or(wish.Context, gguf.DefaultContext(m.manifest.ContextLength)), err
}

func (m *model) running() *engine.Engine {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.engine != nil && !m.engine.Alive() {
		_ = m.engine.Close()
		m.engine = nil
	}
	return m.engine
}

func (m *model) set(state ModelState, progress float64, f *fault.Fault) {
	m.mu.Lock()
	m.state, m.progress, m.fault = state, progress, f
	m.mu.Unlock()
	if m.onChange != nil {
		m.onChange()
	}
}

// Kill ends the engine at once, whatever it is doing, and one that is being loaded.
func (m *model) Kill() {
	m.end()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.engine != nil {
		_ = m.engine.Close()
	}
}

// Close ends the engine, also one that is just being loaded.
func (m *model) Close() error {
	m.end()
	m.acquire(context.Background())
	defer m.release()
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.engine
	m.engine, m.state = nil, ModelUnloaded
	if e == nil {
		return nil
	}
	return e.Close()
}
