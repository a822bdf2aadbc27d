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
	"strconv"

	"subrosa/internal/audit"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/keys"
	"subrosa/internal/lockdown"
	"subrosa/internal/policy"
	"subrosa/internal/redact"
	"subrosa/internal/vault"
)

// settingModel is the history setting that holds the chosen model's ID.
const settingModel = "model"

// open is everything between an unlock and a lock.
type open struct {
	root     *keys.Root
	history  *history.Store
	record   *audit.Log
	vault    *vault.Store
	model    *model
	policy   policy.Policy
	redactor *redact.Redactor
	actor    string
	stopped  *fault.Fault // the record is broken: reading goes on, nothing is written or sent
}

// openStores opens the data directory under root, in the order in which a later step needs an earlier one: the record
// first, since nothing may happen that is not on it. On error everything is closed and root is wiped.
func openStores(ctx context.Context, opts Options, root *keys.Root, action audit.Action, failedAttempts int) (_ *open, err error) {
	o := &open{root: root, policy: policy.Default(), redactor: redact.Default(), actor: actor()}
	defer func() {
		if err != nil {
			_ = o.close()
		}
	}()
	in := func(name string) string { return filepath.Join(opts.Home, name) }

	var broken *audit.BrokenError
	o.record, err = audit.Open(in("audit"), root.AuditSigner(), origin(root))
	switch {
	case errors.As(err, &broken):
		o.stopped = fault.New(fault.AuditBroken, err)
	case err != nil:
		return nil, recordFault(err)
	default:
		if err := vanished(in("history.db"), o.record.Size()); err != nil {
			return nil, err
		}
	}
	if o.history, err = history.Open(ctx, in("history.db"), root.History()); err != nil {
		return nil, historyFault(err)
	}
	o.vault = vault.Open(in("models"), root.ManifestKey())
	if err := o.vault.Sweep(); err != nil { // what an import that was cut short left behind
		return nil, vaultFault(err)
	}
	if o.stopped != nil {
		return o, o.pickModel(ctx, opts)
	}
	if failedAttempts > 0 {
		if err := o.note(audit.Entry{Action: audit.UnlockFailed, Detail: strconv.Itoa(failedAttempts) + " wrong passphrases"}); err != nil {
			return nil, err
		}
	}
	if err := o.note(audit.Entry{Action: action}); err != nil {
		return nil, err
	}
	if err := o.noteSelfTest(opts.Network); err != nil {
		return nil, err
	}
	if err := o.reconcile(ctx); err != nil {
		return nil, err
	}
	if err := o.sealBuiltin(ctx, opts.Builtin); err != nil {
		return nil, err
	}
	return o, o.pickModel(ctx, opts)
}

// origin names this log among others: C2SP checkpoints want a unique one, and the signing key is.
func origin(root *keys.Root) string {
	public := root.AuditSigner().Public().(ed25519.PublicKey)
	sum := sha256.Sum256(public)
	return "subrosa/" + hex.EncodeToString(sum[:8])
}

// vanished refuses to start an empty history under a record that has seen one, or an empty record over a history.
func vanished(historyFile string, recorded int64) error {
	_, err := os.Lstat(historyFile)
	switch gone := errors.Is(err, fs.ErrNotExist); {
	case gone && recorded > 1: // a first start that was cut short has recorded nothing but itself
		return fault.New(fault.HistoryDamaged, fmt.Errorf("%s is gone, and the record has %d entries", historyFile, recorded))
	case !gone && recorded == 0:
		return fault.New(fault.AuditBroken, fmt.Errorf("the record is empty, and %s is not", historyFile))
	}
	return nil
}

// close ends the engine, puts the lock on record, closes the stores and wipes the keys.
func (o *open) close() error {
	var errs []error
	if o.model != nil {
		errs = append(errs, o.model.Close())
		if o.stopped == nil {
			errs = append(errs, o.note(audit.Entry{Action: audit.Lock}))
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
	return nil
}

// noteSelfTest puts this start's network probes on record.
func (o *open) noteSelfTest(network func() *lockdown.Report) error {
	if network == nil {
		return nil
	}
	r := network()
	e := audit.Entry{Action: audit.SelfTest, Result: "failed"}
	if r.OK() {
		e.Result = "ok"
	}
	var blocked, open, unproved int
	for _, row := range r.Rows {
		switch row.Verdict {
		case lockdown.Blocked:
			blocked++
		case lockdown.NotBlocked:
			open++
		case lockdown.NoControl:
			unproved++
		}
	}
	e.Detail = fmt.Sprintf("network: %d ways out blocked, %d open, %d without a control", blocked, open, unproved)
	return o.note(e)
}

// reconcile closes turns that a crash or a power cut left open. At most one turn runs at a time, so on record only the
// last prompt can lack its response.
func (o *open) reconcile(ctx context.Context) error {
	pending, err := o.history.OpenTurns(ctx)
	if err != nil {
		return historyFault(err)
	}
	for _, m := range pending {
		closed := history.Outcome{Status: history.Failed, Text: m.Text, AuditSeq: m.AuditSeq}
		if err := o.history.FinishTurn(ctx, m.Turn, closed); err != nil {
			return historyFault(err)
		}
	}
	intent, err := o.openIntent()
	if err != nil || intent == nil {
		return err
	}
	return o.note(audit.Entry{
		Action: audit.Reconcile, Conversation: intent.Conversation, Turn: intent.Turn, Model: intent.Model,
		Result: string(history.Failed), Detail: "the program ended before this turn did",
	})
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
