package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/engine"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/policy"
	"subrosa/internal/vault"
)

// VectorStatus is a snapshot of how passages are found by their meaning.
type VectorStatus struct {
	Manifest vault.Manifest // of the model that makes the vectors; zero: there is none, and passages are found by their words
	State    ModelState
	Pages    int  // of documents, that have its vectors
	Of       int  // pages
	Paused   bool // none are made until MakeVectors says so
	Fault    *fault.Fault
}

// Vectors tells how far passages can be found by their meaning.
func (s *Session) Vectors(ctx context.Context) (VectorStatus, error) {
	o, err := s.ready()
	if err != nil {
		return VectorStatus{}, err
	}
	v := o.vectors
	v.mu.Lock()
	st := VectorStatus{Manifest: v.manifest, State: v.state, Paused: v.paused, Fault: v.fault}
	v.mu.Unlock()
	st.Pages, st.Of, err = o.history.Vectors(ctx, st.Manifest.SHA256)
	return st, historyFault(err)
}

// MakeVectors has the making of vectors go on, also after a failure, or stop after the page that is being done. What is made
// stays and is used. A lock or an import begins anew.
func (s *Session) MakeVectors(on bool) error {
	o, err := s.ready()
	if err != nil {
		return err
	}
	v := o.vectors
	v.mu.Lock()
	v.paused = !on
	failed, state := v.fault != nil, ModelUnloaded
	if v.engine != nil && v.engine.Alive() {
		state = ModelReady
	}
	v.mu.Unlock()
	switch {
	case !on:
		v.interrupt()
	case failed:
		v.set(state, nil)
	}
	v.poke()
	return nil
}

// AwaitVectors waits until all pages have vectors, or none are made, or ctx ends, and tells how far it is then.
func (s *Session) AwaitVectors(ctx context.Context) (VectorStatus, error) {
	const often = 100 * time.Millisecond
	for {
		st, err := s.Vectors(context.WithoutCancel(ctx))
		if err != nil || st.Pages == st.Of || st.Manifest.ID == "" || st.Paused || st.Fault != nil {
			return st, err
		}
		select {
		case <-ctx.Done():
			return st, nil
		case <-time.After(often):
		}
	}
}

// vectors are made of documents' passages in the background, page by page, by the model for it that was imported last, in
// an engine of its own. They give way to answers. Where that fails, passages are found by their words alone, and it is
// not tried again before the next unlock or import, or MakeVectors.
type vectors struct {
	open *open
	opts Options
	wake chan struct{}
	turn chan struct{} // holds one token while somebody has the engine
	all  sync.WaitGroup

	mu       sync.Mutex
	manifest vault.Manifest // zero: there is none
	state    ModelState
	paused   bool
	fault    *fault.Fault
	engine   *engine.Engine
	of       vault.ModelID // the engine's
	giveWay  context.CancelFunc
	idle     *time.Timer                 // unloads
	noted    map[history.DocumentID]bool // what is on record of the manifest's model
}

func newVectors(o *open, opts Options) *vectors {
	return &vectors{open: o, opts: opts, wake: make(chan struct{}, 1), turn: make(chan struct{}, 1)}
}

// begin chooses the model and starts the work, which ends with open.life.
func (v *vectors) begin() {
	v.choose()
	life := v.open.life
	v.all.Go(func() {
		for {
			select {
			case <-life.Done():
				return
			case <-v.wake:
			}
			for life.Err() == nil && v.step(life) {
			}
		}
	})
}

// choose takes the model for finding passages that was imported last.
func (v *vectors) choose() {
	list, _ := v.open.vault.List() // one that is damaged is none
	var newest vault.Manifest
	for _, m := range list {
		if m.Purpose == vault.Embedding && !m.ImportedAt.Before(newest.ImportedAt) {
			newest = m
		}
	}
	v.mu.Lock()
	v.manifest, v.state, v.paused, v.fault = newest, ModelUnloaded, false, nil
	v.noted = map[history.DocumentID]bool{}
	v.mu.Unlock()
	v.poke()
}

// poke says that there may be pages without vectors.
func (v *vectors) poke() {
	select {
	case v.wake <- struct{}{}:
	default: // it is to look already
	}
}

// interrupt ends what is done in the background just now; it is done again later.
func (v *vectors) interrupt() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.giveWay != nil {
		v.giveWay()
	}
}

// chosen returns the model, and whether it is of use.
func (v *vectors) chosen() (vault.Manifest, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.manifest, v.manifest.ID != "" && v.fault == nil && v.open.policy.Allows(policy.AttachDocument) == nil
}

func (v *vectors) isPaused() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.paused
}

// step makes the vectors of some pages that have none, while nobody waits for an answer. It returns false when there is
// nothing left to do, or nothing that can be done.
func (v *vectors) step(ctx context.Context) bool {
	const some = 32
	m, ok := v.chosen()
	if !ok || v.isPaused() {
		return false
	}
	pages, err := v.open.history.WithoutVectors(ctx, m.SHA256, some)
	for i := 0; i < len(pages) && err == nil; i++ {
		if !v.open.model.whenIdle(ctx) || v.isPaused() {
			return false
		}
		var again bool
		if again, err = v.page(ctx, m, pages[i]); again {
			return true
		}
	}
	if err != nil && ctx.Err() == nil {
		v.set(ModelFailed, fault.From(historyFault(err)))
	}
	return err == nil && len(pages) > 0
}

// page makes the vectors of one page and keeps them. again: it had to give way.
func (v *vectors) page(ctx context.Context, m vault.Manifest, p history.PageOf) (again bool, err error) {
	if err := v.note(ctx, m, p.Document); isMissing(err) {
		return false, nil // it was erased
	} else if err != nil {
		return false, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	v.mu.Lock()
	v.giveWay = cancel
	v.mu.Unlock()
	texts := make([]string, len(p.Passages))
	for i, at := range p.Passages {
		if at.Start < 0 || at.Start > at.End || at.End > len(p.Text) {
			return false, fault.New(fault.HistoryDamaged, nil)
		}
		texts[i], _ = chat.MaskPassage(v.open.redactor, passageOf(p.DocumentPage, at)) // as to any model
	}
	made, err := v.embed(ctx, m, texts, false)
	switch {
	case ctx.Err() != nil:
		return true, nil
	case err != nil:
		return false, err
	}
	if err := v.open.history.SetVectors(context.WithoutCancel(ctx), p, m.SHA256, made); !isMissing(err) {
		return false, err
	}
	return false, nil
}

// note puts on record, before the first of a document's vectors are made, by which model that is.
func (v *vectors) note(ctx context.Context, m vault.Manifest, id history.DocumentID) error {
	v.mu.Lock()
	noted := v.noted
	v.mu.Unlock()
	if noted[id] {
		return nil
	}
	d, err := v.open.history.Document(ctx, id)
	if err != nil {
		return err
	}
	e := audit.Entry{Action: audit.DocumentVectors, Conversation: string(d.Conversation), Matter: string(d.Matter), Model: m.SHA256}
	e.Detail = fmt.Sprintf("document %s, sha256 %s", d.ID, d.SHA256)
	if err := v.open.note(e); err != nil {
		return err
	}
	noted[id] = true // this is the only one who writes to it
	return nil
}

// embed asks the engine, and starts it where none runs. A failure is kept: see vectors.
func (v *vectors) embed(ctx context.Context, m vault.Manifest, texts []string, query bool) ([]history.Vector, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	select {
	case v.turn <- struct{}{}:
		defer v.release()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	e, err := v.readyLocked(ctx, m)
	var made [][]float32
	if err == nil {
		made, err = e.Embed(ctx, texts, query)
	}
	if err != nil {
		if err = engineFault(err); ctx.Err() == nil {
			v.set(ModelFailed, fault.From(err))
		}
		return nil, err
	}
	out := make([]history.Vector, len(made))
	for i, x := range made {
		out[i] = history.NewVector(x)
	}
	return out, nil
}

// readyLocked returns the running engine of a model or starts one. Callers have taken the engine.
func (v *vectors) readyLocked(ctx context.Context, m vault.Manifest) (*engine.Engine, error) {
	v.mu.Lock()
	e, of := v.engine, v.of
	v.mu.Unlock()
	if e != nil && of == m.ID && e.Alive() {
		return e, nil
	}
	v.endLocked()
	v.set(ModelLoading, nil)
	e, info, err := v.open.startEngine(ctx, v.opts, m, false, func(float64) {})
	if err == nil && info.Dimensions == 0 {
		err = errors.Join(fault.New(fault.ModelUnsupported, nil), e.Close())
	}
	if err != nil {
		v.set(ModelUnloaded, nil)
		return nil, err
	}
	v.mu.Lock()
	v.engine, v.of = e, m.ID
	v.mu.Unlock()
	v.set(ModelReady, nil)
	return e, nil
}

// release gives the engine back. As of a model that answers, one that nobody asks gives its memory back.
func (v *vectors) release() {
	idle := cmp.Or(v.opts.ModelIdle, ModelIdle)
	v.mu.Lock()
	if v.idle == nil {
		v.idle = time.AfterFunc(idle, v.unload)
	} else {
		v.idle.Reset(idle)
	}
	v.mu.Unlock()
	<-v.turn
}

func (v *vectors) unload() {
	select {
	case v.turn <- struct{}{}:
		defer func() { <-v.turn }()
		v.endLocked()
	default: // release sets the clock again
	}
}

func (v *vectors) endLocked() {
	v.mu.Lock()
	e := v.engine
	v.engine = nil
	v.mu.Unlock()
	if e != nil {
		_ = e.Close()
		v.set(ModelUnloaded, nil)
	}
}

func (v *vectors) set(state ModelState, f *fault.Fault) {
	v.mu.Lock()
	v.state, v.fault = state, f
	v.mu.Unlock()
	if v.opts.OnChange != nil {
		v.opts.OnChange()
	}
}

// close ends the work, which o.life has been told, and the engine.
func (v *vectors) close() {
	v.all.Wait()
	v.turn <- struct{}{} // for good
	v.mu.Lock()
	if v.idle != nil {
		v.idle.Stop()
	}
	e := v.engine
	v.mu.Unlock()
	if e != nil {
		_ = e.Close()
	}
}

// evidence says which model is for finding passages; nothing where there is none.
func (v *vectors) evidence() []Said {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.manifest.ID == "":
		return nil
	case v.fault != nil:
		return []Said{sentence("models-finding-not", v.manifest.Name, v.fault.Code)}
	}
	return []Said{sentence("models-finding", v.manifest.Name)}
}

// near ranks documents' passages by how near their vectors are to a text's, the nearest first. It is empty where there are
// none, and where the model fails.
func (v *vectors) near(ctx context.Context, text string, ids []history.DocumentID, most int) ([]history.PassageAt, error) {
	m, ok := v.chosen()
	if !ok {
		return nil, nil
	}
	if any, err := v.open.history.HasVectors(ctx, m.SHA256, ids); err != nil || !any {
		return nil, historyFault(err)
	}
	v.interrupt()
	masked, _ := v.open.redactor.Text(text)
	asked, _ := v.embed(ctx, m, []string{masked}, true) // where that fails, the state says why
	if len(asked) != 1 {
		return nil, nil
	}
	found, err := v.open.history.Nearest(ctx, m.SHA256, asked[0], ids, most)
	return found, historyFault(err)
}

// fuse puts several rankings into one by reciprocal rank fusion: Cormack, Clarke and Büttcher, Reciprocal Rank Fusion
// outperforms Condorcet and individual Rank Learning Methods, SIGIR 2009, with its k of 60. Of equals the first ranking's
// is first.
func fuse(most int, rankings ...[]history.PassageAt) []history.PassageAt {
	const k = 60
	score := map[history.PassageAt]float64{}
	var all []history.PassageAt
	for _, ranking := range rankings {
		for i, p := range ranking {
			if score[p] == 0 {
				all = append(all, p)
			}
			score[p] += 1 / float64(k+i+1)
		}
	}
	slices.SortStableFunc(all, func(a, b history.PassageAt) int { return cmp.Compare(score[b], score[a]) })
	return all[:min(most, len(all))]
}
