package session

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/document"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/keys"
	"subrosa/internal/lockdown"
	"subrosa/internal/policy"
	"subrosa/internal/redact"
	"subrosa/internal/vault"
)

// The history settings that hold the chosen model's ID, and how it is to be loaded (engine.Wish as JSON).
const (
	settingModel = "model"
	settingLoad  = "context"
)

// settingProgram is the history setting that holds the version of the program that opened it last.
const settingProgram = "program"

// open is everything between an unlock and a lock.
type open struct {
	root     *keys.Root
	history  *history.Store
	record   *audit.Log // nil only if stopped
	vault    *vault.Store
	model    *model
	policy   policy.Policy
	redactor *redact.Redactor
	actor    string
	stopped  *fault.Fault // the record is broken or cannot be written: reading goes on, nothing is written or sent
	network  *fault.Fault // a way out is open: reading goes on, nothing is sent
	rule     rule         // how policy came to be in force
	rate     rate         // of prompts
	detectors

	lockReason atomic.Pointer[string] // for the record; nil: the user's

	life    context.Context // ends when it is closed
	end     context.CancelFunc
	backing sync.Mutex // held while a backup is made

	devices devices
	reader  document.Reader
	reading reading  // of documents, in the background
	vectors *vectors // of their passages, likewise

	passing   atomic.Pointer[passing] // the temporary conversation; nil: none
	searching sync.Mutex
	searched  time.Time // when the user last searched
}

// openStores opens the data directory under root, in the order in which a later step needs an earlier one: the record
// first, since nothing may happen that is not on it. On error everything is closed and root is wiped.
func openStores(ctx context.Context, opts Options, root *keys.Root, action audit.Action) (_ *open, err error) {
	o := &open{root: root, policy: policy.Default(), redactor: redact.Default(), actor: actor()}
	o.life, o.end = context.WithCancel(context.Background())
	o.vectors = newVectors(o, opts)
	o.reader, o.reading.changed = document.Reader{Program: opts.EnginePath, Lib: opts.EngineLib}, opts.OnDocument
	defer func() {
		if err != nil {
			_ = o.close()
		}
	}()
	in := func(name string) string { return filepath.Join(opts.Home, name) }

	if err := o.openRecord(ctx, in("audit"), in("history.db"), opts.Now); err != nil {
		return nil, err
	}
	o.stop(o.choosePolicy(opts))
	o.stop(o.noteStart(ctx, action, opts))
	if o.history, err = history.OpenWith(ctx, in("history.db"), root.History(), epochs{root}, tokens{}); err != nil {
		return nil, openFault(err)
	}
	o.vault = vault.Open(in("models"), root.ManifestKey())
	if !o.readOnly() {
		o.stop(o.checkAnchor(ctx))
	}
	if !o.readOnly() {
		o.stop(o.anchorPolicy(ctx))
	}
	if !o.readOnly() {
		o.stop(o.noteProgram(ctx, opts.Version))
	}
	if !o.readOnly() {
		o.stop(errors.Join(o.noteSlots(ctx), o.noteFactors()))
	}
	if !o.readOnly() {
		o.stop(o.reconcile(ctx))
	}
	if !o.readOnly() {
		o.stop(errors.Join(o.checkIndex(), o.retain(ctx, time.Now())))
	}
	if !o.readOnly() {
		o.stop(errors.Join(vaultFault(o.vault.Sweep()), o.sealBuiltin(ctx, opts.Builtin)))
	}
	if !o.readOnly() {
		o.stop(o.resumeReading(ctx))
	}
	if o.stopped != nil {
		o.stop(o.noteDamage(o.stopped)) // it stays open for reading also where that cannot be written
	}
	if err := o.pickModel(ctx, opts); err != nil {
		return o, err
	}
	if !o.readOnly() {
		o.vectors.begin()
	}
	return o, nil
}

// stop keeps the session open for reading alone. It does nothing for nil.
func (o *open) stop(err error) {
	if err != nil && o.stopped == nil {
		o.stopped = fault.From(err)
	}
}

func (o *open) readOnly() bool { return o.stopped != nil }

// openRecord opens the record. One that is broken, or that cannot be opened for writing, leaves the session readable; a
// history without its record, or a record without its history, does not.
func (o *open) openRecord(ctx context.Context, dir, historyFile string, now func() time.Time) error {
	options := audit.Options{Head: keyringHead{o.root.Item("record-head")}, Now: now}
	record, err := audit.OpenWith(ctx, dir, o.root.AuditSigners(), origin(o.root), options)
	if err != nil {
		o.stop(recordFault(err))
		return nil
	}
	o.record = record
	o.stop(recordFault(record.Healthy())) // older than it was: it is read all the same
	_, err = os.Lstat(historyFile)
	switch gone := errors.Is(err, fs.ErrNotExist); {
	case gone && !onlyStarts(o.record):
		return fault.New(fault.HistoryDamaged, fmt.Errorf("%s is gone, and the record has %d entries", historyFile, o.record.Size()))
	case !gone && o.record.Size() == 0:
		return fault.New(fault.AuditBroken, fmt.Errorf("the record is empty, and %s is not", historyFile))
	}
	return nil
}

// onlyStarts tells whether the record has seen nothing but starts: so a first start that was cut short leaves it, before
// it has made the history.
func onlyStarts(record *audit.Log) bool {
	const few = 64
	entries, err := record.Entries(0, few)
	if err != nil || record.Size() > few {
		return false
	}
	for _, e := range entries {
		switch e.Action {
		case audit.Setup, audit.Unlock, audit.UnlockFailed, audit.SelfTest, audit.RecordRepaired, audit.PolicyChange, audit.PolicyRefused,
			audit.Recover, audit.PassphraseChange, audit.SlotAdd, audit.Anomaly:
		default:
			return false
		}
	}
	return true
}

// noteStart puts on record how the session begins: what was found, who came in, and whether the network is blocked.
func (o *open) noteStart(ctx context.Context, action audit.Action, opts Options) error {
	if o.readOnly() {
		return nil
	}
	if torn := o.record.Repaired().TornBytes; torn > 0 {
		e := audit.Entry{Action: audit.RecordRepaired, Detail: fmt.Sprintf("%d bytes of an unfinished entry cut off", torn)}
		if err := o.note(e); err != nil {
			return err
		}
	}
	if o.record.Repaired().HeadMissing {
		e := audit.Entry{Action: audit.Anomaly, Result: "no_head", Detail: "the keyring did not hold the record's newest head"}
		if err := o.note(e); err != nil {
			return err
		}
	}
	if err := o.noteFailedUnlocks(opts.Home); err != nil {
		return err
	}
	if err := o.noteDenied(ctx); err != nil {
		return err
	}
	e := audit.Entry{Action: action}
	if action != audit.Recover {
		e.Detail = "with " + o.openedWith()
	}
	if err := o.note(e); err != nil {
		return err
	}
	return o.noteSelfTest(opts.Network)
}

// mayChat returns why nothing may be sent to the model, or nil.
func (o *open) mayChat() error {
	switch {
	case o.stopped != nil:
		return o.stopped
	case o.network != nil:
		return o.network
	case o.lacks(policy.Passphrase):
		return fault.New(fault.PassphraseNeeded, nil)
	case o.lacks(policy.Token):
		return fault.New(fault.TokenNeeded, nil)
	case o.policyMayChat(time.Now()) != nil:
		return o.policyMayChat(time.Now())
	case o.witnessMayChat() != nil:
		return o.witnessMayChat()
	case o.model.manifest.ID == "":
		return o.model.Status().Fault
	}
	return o.mayUse(o.model.manifest, o.model.builtin)
}

// origin names this log among others: C2SP checkpoints want a unique one, and the signing key is.
func origin(root *keys.Root) string {
	public := root.AuditSigner().Public().(ed25519.PublicKey)
	sum := sha256.Sum256(public)
	return "subrosa/" + hex.EncodeToString(sum[:8])
}

// close ends the engine, puts the lock on record, closes the stores and wipes the keys.
func (o *open) close() error {
	var errs []error
	o.end()
	o.reading.close()
	o.vectors.close()
	o.backing.Lock() // it is being cut short
	defer o.backing.Unlock()
	if o.model != nil {
		errs = append(errs, o.model.Close())
		if !o.readOnly() {
			ctx := context.Background()
			e := audit.Entry{Action: audit.Lock, Detail: o.whyLocked(), History: o.generation(ctx)}
			errs = append(errs, o.note(e), o.anchor(ctx))
		}
	}
	if o.history != nil {
		errs = append(errs, o.history.Close())
	}
	if o.record != nil {
		errs = append(errs, o.record.Close())
	}
	o.root.Wipe()
	return errors.Join(errs...)
}

// note puts one action on record, with the actor filled in. What it refuses must not be done.
func (o *open) note(e audit.Entry) error {
	if o.stopped != nil {
		return o.stopped
	}
	e.Actor, e.Policy = o.actor, o.policy.Version
	if _, err := o.record.Append(e); err != nil {
		return recordFault(err)
	}
	o.record.CheckpointSoon()
	return nil
}

// noteSelfTest puts this start's network probes on record. A way out that is open stops the chat.
func (o *open) noteSelfTest(network func() *lockdown.Report) error {
	if network == nil {
		return nil
	}
	r := network()
	e := audit.Entry{Action: audit.SelfTest, Result: "ok", Detail: english(proofOf(r))}
	if !r.OK() {
		e.Result = "failed"
	}
	if len(r.Open()) > 0 {
		o.network = fault.New(fault.NetworkOpen, errors.New(e.Detail))
	}
	return o.note(e)
}

// proofOf puts a network report in sentences.
func proofOf(r *lockdown.Report) []Said {
	rows, page := map[lockdown.Verdict]int{}, map[lockdown.Verdict]int{}
	for _, row := range r.Rows {
		rows[row.Verdict]++
	}
	for _, w := range r.Page {
		page[w.Verdict]++
	}
	said := []Said{sentence("ways-out", rows[lockdown.Blocked], rows[lockdown.NotBlocked], rows[lockdown.NoControl])}
	if r.Walls != nil {
		said = append(append(said, sentence("desktop")), servicesOf(r.Walls)...)
	}
	if len(r.Page) > 0 {
		said = append(said, sentence("page-ways", page[lockdown.Blocked], page[lockdown.NotBlocked], page[lockdown.NoControl], len(r.Processes)))
	}
	if open := r.Open(); len(open) > 0 {
		said = append(said, sentence("open", strings.Join(open, ", ")))
	}
	return said
}

// servicesOf says what became of asking the desktop's services.
func servicesOf(w *lockdown.Walls) []Said {
	n := map[lockdown.Verdict]int{}
	for _, row := range w.Rows {
		n[row.Verdict]++
	}
	said := []Said{sentence("services", n[lockdown.Blocked], n[lockdown.NotBlocked], n[lockdown.NoControl])}
	if n[lockdown.Broken] > 0 {
		said = append(said, sentence("services-broken", n[lockdown.Broken]))
	}
	if !w.Whole {
		said = append(said, sentence("no-walls", w.Why))
	}
	return said
}

// noteProgram puts on record that another version of the program is at work than the last time. A crash before the
// setting is kept leaves an entry too many, never one too few.
func (o *open) noteProgram(ctx context.Context, version string) error {
	if version == "" {
		return nil
	}
	last, err := o.history.Setting(ctx, settingProgram)
	if missingIsEmpty(err) != nil || last == version {
		return historyFault(err)
	}
	e := audit.Entry{Action: audit.ProgramUpdate, Detail: "the first is " + version}
	if last != "" {
		e.Detail = fmt.Sprintf("from %s to %s", last, version)
	}
	if err := o.note(e); err != nil {
		return err
	}
	return historyFault(o.history.SetSetting(ctx, settingProgram, version))
}

// reconcile closes what a crash or a power cut left open. At most one turn runs at a time, so on record only the last
// prompt can lack its response; its turn in history is pending, or was closed just before the end.
func (o *open) reconcile(ctx context.Context) error {
	intent, err := o.openIntent()
	if err != nil {
		return err
	}
	pending, err := o.history.OpenTurns(ctx)
	if err != nil {
		return historyFault(err)
	}
	for _, m := range pending {
		closed := history.Outcome{Status: history.Failed, Text: m.Text, Reasoning: m.Reasoning}
		if intent != nil && intent.Turn == string(m.Turn) {
			closed.AuditSeq = intent.Seq
		}
		if err := o.history.FinishTurn(ctx, m.Turn, closed); err != nil {
			return historyFault(err)
		}
	}
	if intent == nil {
		return nil
	}
	e := audit.Entry{
		Action: audit.Reconcile, Conversation: intent.Conversation, Turn: intent.Turn, Model: intent.Model,
		Detail: "the program ended before this turn was closed on record",
	}
	_, answer, err := o.history.Turn(ctx, history.ConversationID(intent.Conversation), history.TurnID(intent.Turn))
	switch {
	case errors.Is(err, history.ErrNotFound): // its conversation was deleted, or the history is an older one
		e.Result = "missing"
	case err != nil:
		return historyFault(err)
	default:
		e.Result, e.Response = string(answer.Status), audit.Commit(answer.Salt, answer.Whole())
		e.PromptTokens, e.OutputTokens = answer.PromptTokens, answer.OutputTokens
	}
	return o.note(e)
}

// openIntent finds the last prompt on record and returns it unless its turn was closed.
func (o *open) openIntent() (*audit.Entry, error) {
	const chunk = 256
	closed := map[string]bool{}
	for end := o.record.Size(); end > 0; end -= chunk {
		from := max(0, end-chunk)
		entries, err := o.record.Entries(from, end-from)
		if err != nil {
			return nil, recordFault(err)
		}
		for i := len(entries) - 1; i >= 0; i-- {
			switch e := entries[i]; e.Action {
			case audit.Response, audit.Reconcile:
				closed[e.Turn] = true
			case audit.Prompt:
				if closed[e.Turn] {
					return nil, nil
				}
				return &e, nil
			}
		}
	}
	return nil, nil
}
