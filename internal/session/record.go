package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/fault"
	"subrosa/internal/keys"
	"subrosa/internal/policy"
)

// keyringHead remembers the record's head in the desktop keyring, sealed.
type keyringHead struct{ item *keys.Item }

func (k keyringHead) LoadHead(ctx context.Context) (audit.Head, bool, error) {
	b, err := k.item.Get(ctx)
	if errors.Is(err, keys.ErrNotFound) {
		return audit.Head{}, false, nil
	}
	if err != nil {
		return audit.Head{}, false, err
	}
	var h audit.Head
	if err := json.Unmarshal(b, &h); err != nil {
		return audit.Head{}, false, fmt.Errorf("record head in the keyring: %w", err)
	}
	return h, true, nil
}

func (k keyringHead) StoreHead(ctx context.Context, h audit.Head) error {
	b, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return k.item.Set(ctx, b)
}

// checkRecord reads a long record whole in the background: opening looks at its end alone. One that is broken is
// poisoned, so nothing is sent any more.
func (o *open) checkRecord(changed func()) {
	if o.record == nil || o.record.ReadWhole() {
		return
	}
	go func() {
		if _, err := o.record.Check(context.Background(), nil); err != nil {
			changed()
		}
	}()
}

// RecordStatus is the record in short, for the window and for scripts.
type RecordStatus struct {
	Origin        string    `json:"origin"`
	Size          int64     `json:"size"`
	Root          string    `json:"root"`
	Epochs        int       `json:"epochs"` // keys that have signed it, one after the other
	WitnessedSize int64     `json:"witnessed_size"`
	WitnessedAt   time.Time `json:"witnessed_at"`        // zero: never
	WitnessKey    string    `json:"witness_key"`         // "" until one is known
	Unwitnessed   int       `json:"unwitnessed_days"`    // since the last witness, or since the record began
	MayBe         int       `json:"max_unwitnessed"`     // days until new chats stop; 0: never
	Fault         string    `json:"fault"`               // the code why nothing can be recorded, "" when healthy
	WitnessFault  string    `json:"witness_fault"`       // what the witness said cannot be used
	KeepMonths    int       `json:"keep_months"`         // retention
	RolledBack    bool      `json:"rolled_back"`         // older than it was: AcceptOlder goes on with it
	Head          string    `json:"head_fault,omitzero"` // why the keyring does not keep the newest head
}

// RecordStatus returns how the record stands.
func (s *Session) RecordStatus() (RecordStatus, error) {
	o, err := s.recorded()
	if err != nil {
		return RecordStatus{}, err
	}
	head := o.record.Head()
	w, problem := o.record.Witnessed()
	st := RecordStatus{
		Origin: origin(o.root), Size: head.Size, Root: head.Root, Epochs: o.record.Epochs(),
		WitnessedSize: w.Size, WitnessedAt: w.Time, WitnessKey: w.Key,
		MayBe: o.policy.Record.MaxUnwitnessedDays, KeepMonths: o.keepMonths(),
	}
	since, err := o.unwitnessedSince()
	if err != nil {
		return RecordStatus{}, err
	}
	if !since.IsZero() {
		st.Unwitnessed = days(time.Since(since))
	}
	if problem != nil {
		st.WitnessFault = problem.Error()
	}
	if err := o.record.Healthy(); err != nil {
		_, st.RolledBack = errors.AsType[*audit.RollbackError](err)
		st.Fault = string(fault.From(recordFault(err)).Code)
	}
	if err := o.record.HeadError(); err != nil {
		st.Head = err.Error()
	}
	return st, nil
}

func days(d time.Duration) int { return int(d.Hours() / 24) }

// recorded returns what is open where there is a record to read.
func (s *Session) recorded() (*open, error) {
	o, err := s.ready()
	if err != nil {
		return nil, err
	}
	if o.record == nil {
		return nil, o.stopped
	}
	return o, nil
}

// unwitnessedSince returns when a witness last cosigned, or else when the record began; zero for an empty one.
func (o *open) unwitnessedSince() (time.Time, error) {
	if w, err := o.record.Witnessed(); err == nil && w.Size > 0 {
		return w.Time, nil
	}
	first, err := o.record.Entries(0, 1)
	if err != nil || len(first) == 0 {
		return time.Time{}, recordFault(err)
	}
	return first[0].Time, nil
}

// witnessMayChat returns why no new prompt is taken where policy wants a witness now and then, or nil. The clock of the
// last entry counts where it is ahead: setting the clock back wins no days.
func (o *open) witnessMayChat() error {
	most := o.policy.Record.MaxUnwitnessedDays
	if most <= 0 || o.record == nil {
		return nil
	}
	since, err := o.unwitnessedSince()
	if err != nil || since.IsZero() {
		return err
	}
	now := time.Now()
	if last, err := o.record.Entries(o.record.Size()-1, 1); err == nil && len(last) == 1 && last[0].Time.After(now) {
		now = last[0].Time
	}
	if now.Sub(since) <= time.Duration(most)*24*time.Hour {
		return nil
	}
	return fault.New(fault.RecordUnwitnessed, fmt.Errorf("no witness for %d days, %d are allowed", days(now.Sub(since)), most))
}

// RecordEntries returns up to n entries of the record beginning with from: for a view that pages. A pruned one has its
// number and the action audit.Pruned.
func (s *Session) RecordEntries(from, n int64) ([]audit.Entry, error) {
	o, err := s.recorded()
	if err != nil {
		return nil, err
	}
	entries, err := o.record.Entries(from, n)
	return entries, recordFault(err)
}

// VerifyRecord recomputes the whole record. progress, which may be nil, is given bytes. A record that is broken stops
// the chat. One that was cancelled has found out nothing, and like one that ended well it is not on record: it reads the
// record itself.
func (s *Session) VerifyRecord(ctx context.Context, progress func(done, total int64)) (audit.Report, error) {
	o, err := s.recorded()
	if err != nil {
		return audit.Report{}, err
	}
	r, err := o.record.Check(ctx, progress)
	if errors.Is(err, context.Canceled) {
		return r, fault.New(fault.VerifyCancelled, err)
	}
	if err != nil {
		s.changed()
	}
	return r, recordFault(err)
}

// ProveEntry signs the record as it is and proves entry seq.
func (s *Session) ProveEntry(seq int64) (audit.Proof, error) {
	o, err := s.recorded()
	if err != nil {
		return audit.Proof{}, err
	}
	_ = o.record.Checkpoint() // where it fails, the last one says how far proofs reach
	p, err := o.record.Prove(seq)
	if errors.Is(err, audit.ErrNotCovered) {
		return p, fault.New(fault.BadInput, err)
	}
	return p, recordFault(err)
}

// TakeWitness takes back a checkpoint that compliance cosigned. The key to trust is the policy's; where that names none,
// the one that was trusted before; the first time, key.
func (s *Session) TakeWitness(cosigned []byte, key string) (audit.Witnessed, error) {
	o, err := s.recorded()
	if err != nil {
		return audit.Witnessed{}, err
	}
	if o.stopped != nil {
		return audit.Witnessed{}, o.stopped
	}
	ruled := o.policy.Record.WitnessKey
	if ruled != "" && key != "" && key != ruled {
		denied := onlyRecordFault(o.denied(policy.Cosign, "record", policy.ErrSignature))
		return audit.Witnessed{}, errors.Join(fault.New(fault.WitnessKeyUnknown, errors.New("the policy names another key")), denied)
	}
	if ruled != "" {
		key = ruled
	}
	e := audit.Entry{Actor: o.actor, Policy: o.policy.Version}
	w, err := o.record.TakeWitness(e, cosigned, key, ruled != "")
	s.changed()
	switch {
	case errors.Is(err, audit.ErrWitnessKey):
		return w, errors.Join(fault.New(fault.WitnessKeyUnknown, err), onlyRecordFault(o.denied(policy.Cosign, "record", policy.ErrSignature)))
	case errors.Is(err, audit.ErrWitness):
		return w, errors.Join(fault.New(fault.WitnessForeign, err), onlyRecordFault(o.denied(policy.Cosign, "record", policy.ErrSignature)))
	}
	return w, recordFault(err)
}

// RotateRecordKey makes a new key sign the record from here on.
func (s *Session) RotateRecordKey() error {
	o, err := s.recorded()
	if err != nil {
		return err
	}
	if o.stopped != nil {
		return o.stopped
	}
	signers := o.root.AuditSigners()
	if len(signers) == o.record.Epochs() { // else an earlier try left one
		if _, err := o.root.AddAuditSigner(); err != nil {
			return keysFault(err)
		}
		signers = o.root.AuditSigners()
	}
	_, err = o.record.Rotate(audit.Entry{Actor: o.actor, Policy: o.policy.Version}, signers[o.record.Epochs()])
	return recordFault(err)
}

// leastMonths is how long entries are kept at least, whatever policy says.
const leastMonths = 12

func (o *open) keepMonths() int { return max(leastMonths, o.policy.Retention.RecordMonths) }

// PruneRecord leaves nothing but the hash of the entries that are older than retention asks for, but for those under a
// legal hold. It needs a grant of compliance. It returns how many went.
func (s *Session) PruneRecord(ctx context.Context, grant []byte) (int64, error) {
	o, err := s.recorded()
	if err != nil {
		return 0, err
	}
	if o.stopped != nil {
		return 0, o.stopped
	}
	if err := o.require(policy.PruneRecord, "record", grant); err != nil {
		return 0, err
	}
	held, err := o.held(ctx)
	if err != nil {
		return 0, err
	}
	before := time.Now().AddDate(0, -o.keepMonths(), 0)
	e := audit.Entry{Actor: o.actor, Policy: o.policy.Version}
	set, err := o.record.Prune(e, before, held)
	return set.Count, recordFault(err)
}

// AcceptOlder goes on with a record or a history that is older than it was, because a backup was put back: from the next
// unlock on. Otherwise: fault.BadInput. That it was older stays on record. Where the policy names compliance's key, it needs
// a grant of accept_older for "record": fault.RoleDenied without one, which is on record from the next unlock on that can
// write to it.
func (s *Session) AcceptOlder(ctx context.Context, grant []byte) error {
	o, err := s.recorded()
	if err != nil {
		return err
	}
	if o.policy.Roles.ComplianceKey != "" {
		if _, err := o.policy.Granted(policy.AcceptOlder, "record", o.origin(), grant, time.Now()); err != nil {
			return fault.New(fault.RoleDenied, errors.Join(err, o.countDenied(ctx, time.Now())))
		}
	}
	e := audit.Entry{Actor: o.actor, Policy: o.policy.Version, History: o.generation(ctx)}
	_, rolledBack := errors.AsType[*audit.RollbackError](o.record.Healthy())
	switch {
	case rolledBack:
		err = o.record.Adopt(e)
	case o.stopped != nil && o.stopped.Code == fault.HistoryRolledBack:
		e.Action, e.Result, e.Detail = audit.Anomaly, "rollback_accepted", fmt.Sprintf("the history goes on from change %d", e.History)
		_, err = o.record.Append(e)
	default:
		return fault.New(fault.BadInput, errors.New("neither record nor history is older than it was"))
	}
	if err != nil {
		return recordFault(err)
	}
	return o.anchor(ctx)
}
