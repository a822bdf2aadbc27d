package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"subrosa/internal/audit"
	"subrosa/internal/fault"
	"subrosa/internal/keys"
	"subrosa/internal/policy"
	"subrosa/internal/secret"
)

// The parts of the user's slot that can be removed, where a slot is named.
const (
	SlotHardware   = "hardware"
	SlotPassphrase = "passphrase"
)

// Slot is one way into the data directory.
type Slot struct {
	Name        string       `json:"name"`        // "user", or "recovery-" and eight hex digits
	Recipient   string       `json:"recipient"`   // of a recovery slot
	PostQuantum bool         `json:"postQuantum"` // its recipient is a hybrid one
	Added       time.Time    `json:"added,omitzero"`
	Passphrase  bool         `json:"passphrase"` // the user's slot needs one
	Token       string       `json:"token"`      // the age plugin that the user's slot needs too, "" for none
	Fault       *fault.Fault `json:"-"`          // its file is damaged, and the rest is not known
}

// Slots lists the ways in. It needs no passphrase and no lock on the data directory.
func Slots(opts Options) ([]Slot, error) { return slotsOf(keysOf(opts)) }

// Slots lists the ways in. It works while locked.
func (s *Session) Slots() ([]Slot, error) {
	if s.unusable != nil {
		return nil, s.unusable
	}
	return slotsOf(s.keys)
}

func slotsOf(store *keys.Store) ([]Slot, error) {
	found, err := store.Slots()
	if err != nil {
		return nil, keysFault(err)
	}
	list := make([]Slot, 0, len(found))
	for _, f := range found {
		slot := Slot{
			Name: f.Name, Recipient: f.Recipient, PostQuantum: f.PostQuantum, Added: f.Added, Passphrase: f.Passphrase, Token: f.Hardware,
		}
		if f.Damaged != nil {
			slot.Fault = fault.From(keysFault(f.Damaged))
		}
		list = append(list, slot)
	}
	return list, nil
}

// change runs one change of the keys, alone and unlocked. It is put on record before it is made: what cannot be recorded
// is not done. One that then fails is recorded as failed.
func (s *Session) change(e audit.Entry, do func(*open) error) error {
	s.life.Lock()
	defer s.life.Unlock()
	o, err := s.ready()
	if err != nil {
		return err
	}
	return o.change(e, do)
}

// changeWith is change for what wants the passphrase once more.
func (s *Session) changeWith(ctx context.Context, passphrase *secret.Bytes, e audit.Entry, do func(*open) error) error {
	s.life.Lock()
	defer s.life.Unlock()
	o, err := s.ready()
	if err != nil {
		return err
	}
	if err := s.checkPassphrase(ctx, o, passphrase); err != nil {
		return err
	}
	return o.change(e, do)
}

func (o *open) change(e audit.Entry, do func(*open) error) error {
	if err := o.note(e); err != nil {
		return err
	}
	err := keysFault(do(o))
	if err != nil {
		e.Result = "failed: " + string(fault.From(err).Code)
		return errors.Join(err, o.note(e))
	}
	return nil
}

// AddRecovery makes a slot for one of IT's age recipients, classic or post-quantum.
func (s *Session) AddRecovery(ctx context.Context, recipient string) (Slot, error) {
	recipient = strings.TrimSpace(recipient)
	var added keys.SlotInfo
	err := s.change(audit.Entry{Action: audit.SlotAdd, Detail: "for recipient " + shorten(recipient)}, func(o *open) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		var err error
		added, err = o.root.AddRecovery(recipient)
		return err
	})
	return Slot{Name: added.Name, Recipient: added.Recipient, PostQuantum: added.PostQuantum, Added: added.Added}, err
}

// shorten keeps a post-quantum recipient, which has 2,000 characters, recognisable.
func shorten(recipient string) string {
	const enough = 70 // a classic one has 62
	if !strings.HasPrefix(recipient, "age1") {
		return "(not an age recipient)"
	}
	if len(recipient) > enough {
		return recipient[:enough] + "..."
	}
	return recipient
}

// RemoveSlot removes a recovery slot, or a part of the user's slot, which needs the passphrase and the token once more:
// SlotHardware, or SlotPassphrase where policy lets the keyring be enough. It wipes passphrase, which may be nil for a
// recovery slot. A removed recipient is shut out of what RotateRoot makes later, not of copies taken before.
func (s *Session) RemoveSlot(ctx context.Context, name string, passphrase *secret.Bytes) error {
	defer passphrase.Wipe()
	e := audit.Entry{Action: audit.SlotRemove, Detail: slotWord(name)}
	switch name {
	case SlotHardware:
		return s.changeWith(ctx, passphrase, e, func(o *open) error { return o.root.RemoveHardware(ctx, passphrase) })
	case SlotPassphrase:
		return s.changeWith(ctx, passphrase, e, func(o *open) error {
			if err := o.mayDropPassphrase(); err != nil {
				return err
			}
			return o.root.RemovePassphrase(ctx, passphrase)
		})
	}
	return s.change(e, func(o *open) error { return o.root.RemoveRecovery(name) })
}

// slotWord keeps what somebody typed off the record, if it names no slot.
func slotWord(name string) string {
	if rest, ok := strings.CutPrefix(name, "recovery-"); name == SlotHardware || name == SlotPassphrase || name == "user" ||
		ok && len(rest) == 8 && strings.Trim(rest, "0123456789abcdef") == "" {
		return name
	}
	return "(not a slot)"
}

// AddToken makes a hardware token a third thing that the user's slot needs, through its age plugin. recipient and identity
// are what the plugin's own setup printed. The token must answer once, now. It wipes passphrase.
func (s *Session) AddToken(ctx context.Context, passphrase *secret.Bytes, recipient, identity string) error {
	defer passphrase.Wipe()
	return s.changeWith(ctx, passphrase, audit.Entry{Action: audit.SlotAdd, Detail: SlotHardware}, func(o *open) error {
		return o.root.SetHardware(ctx, passphrase, strings.TrimSpace(recipient), strings.TrimSpace(identity))
	})
}

// ChangePassphrase replaces the passphrase and the keyring's half. It wipes both arguments. A wrong old one counts as a
// failed unlock; it is not looked at where there is none.
func (s *Session) ChangePassphrase(ctx context.Context, old, next *secret.Bytes) error {
	defer old.Wipe()
	defer next.Wipe()
	s.life.Lock()
	defer s.life.Unlock()
	o, err := s.ready()
	if err != nil {
		return err
	}
	if !o.acceptable(next) {
		return fault.New(fault.PassphraseWeak, nil)
	}
	if err := s.checkPassphrase(ctx, o, old); err != nil {
		return err
	}
	e := audit.Entry{Action: audit.PassphraseChange}
	if !o.root.HasPassphrase() {
		e.Detail = "there was none"
	}
	return o.change(e, func(o *open) error { return o.root.SetPassphrase(ctx, next) })
}

// RotateRoot makes a new root key and seals it in every slot. It wipes passphrase, which must be the one in use.
func (s *Session) RotateRoot(ctx context.Context, passphrase *secret.Bytes) error {
	defer passphrase.Wipe()
	return s.changeWith(ctx, passphrase, audit.Entry{Action: audit.RootRotate}, func(o *open) error {
		return o.root.RotateRoot(ctx, passphrase)
	})
}

// checkPassphrase makes guessing in an open session no easier than at the lock: it is counted, and the next unlock puts the
// count on record.
func (s *Session) checkPassphrase(ctx context.Context, o *open, passphrase *secret.Bytes) error {
	if err := mayTry(s.opts.Home, time.Now()); err != nil {
		return err
	}
	err := o.root.CheckPassphrase(ctx, passphrase)
	if errors.Is(err, keys.ErrWrongPassphrase) {
		err = errors.Join(err, countFailedUnlock(s.opts.Home, time.Now()))
	}
	return keysFault(err)
}

// acceptable tells whether policy takes a new passphrase.
func (o *open) acceptable(passphrase *secret.Bytes) bool {
	text := string(passphrase.Expose())
	return Strength(text).Score >= o.policy.Unlock.PassphraseScore && len([]rune(text)) >= o.policy.Unlock.PassphraseLength
}

// Recover opens the data directory with IT's identity, gives it the passphrase next and a new half in this desktop's
// keyring, and leaves it unlocked. It is on record before the new slot is written. dropToken makes the new slot without
// the token that the old one needed. It wipes next.
func (s *Session) Recover(ctx context.Context, next *secret.Bytes, dropToken bool, identities ...age.Identity) error {
	defer s.changed()
	defer next.Wipe()
	s.life.Lock()
	defer s.life.Unlock()
	if !Strength(string(next.Expose())).Acceptable {
		return fault.New(fault.PassphraseWeak, nil)
	}
	o, err := s.openByIdentity(ctx, identities)
	if err != nil {
		return err
	}
	if !o.acceptable(next) {
		return errors.Join(fault.New(fault.PassphraseWeak, nil), s.shut(o))
	}
	err = o.change(audit.Entry{Action: audit.PassphraseChange, Detail: "after recovery"}, func(o *open) error {
		if dropToken {
			return o.root.DropHardware(ctx, next)
		}
		return o.root.SetPassphrase(ctx, next)
	})
	if err != nil {
		return errors.Join(err, s.shut(o))
	}
	return nil
}

// openByIdentity is Unlock for IT. The caller holds life.
func (s *Session) openByIdentity(ctx context.Context, identities []age.Identity) (*open, error) {
	switch phase, failed := s.State(); {
	case phase == PhaseReady:
		return nil, fault.New(fault.BadInput, errors.New("lock it first"))
	case s.unusable != nil:
		return nil, failed
	}
	root, err := s.keys.Recover(ctx, identities...)
	if errors.Is(err, keys.ErrNoIdentityFits) {
		err = errors.Join(err, countFailedUnlock(s.opts.Home, time.Now()))
	}
	if err != nil {
		return nil, keysFault(err)
	}
	if err := s.openWith(ctx, root, audit.Recover); err != nil {
		return nil, err
	}
	return s.ready()
}

// shut undoes openWith.
func (s *Session) shut(o *open) error {
	s.mu.Lock()
	s.open = nil
	s.mu.Unlock()
	return o.close()
}

// ExportHistoryKey returns the raw 32-byte key of history.db, for genuine SQLCipher, to whoever holds IT's identity. It is
// on record before it is returned. The caller wipes the key.
func (s *Session) ExportHistoryKey(ctx context.Context, identities ...age.Identity) (_ *secret.Bytes, err error) {
	s.life.Lock()
	defer s.life.Unlock()
	o, err := s.openByIdentity(ctx, identities)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.shut(o)) }()
	if err := o.policy.Allows(policy.ExportHistoryKey); errors.Is(err, policy.ErrOff) {
		return nil, o.denied(policy.ExportHistoryKey, "", err)
	}
	if err := o.note(audit.Entry{Action: audit.HistoryKeyExport}); err != nil {
		return nil, err
	}
	return secret.New(slices.Clone(o.root.History().Expose())), nil
}

// noteSlots puts on record which recovery slots are damaged, and adds those that policy asks for. It runs at every
// unlock; what it cannot add is recorded as failed, and keeps nobody out.
func (o *open) noteSlots(ctx context.Context) error {
	for _, err := range o.root.Damaged() {
		var damaged *keys.DamagedError
		errors.As(err, &damaged)
		if err := o.note(audit.Entry{Action: audit.Anomaly, Result: "damaged", Detail: "key file " + damaged.File}); err != nil {
			return err
		}
	}
	for _, recipient := range o.policy.Roles.RecoveryRecipients {
		if ctx.Err() != nil || o.root.HasRecovery(recipient) {
			continue
		}
		e := audit.Entry{Action: audit.SlotAdd, Detail: "policy asks for recipient " + shorten(recipient)}
		err := o.change(e, func(o *open) error {
			_, err := o.root.AddRecovery(recipient)
			return err
		})
		if err != nil && o.record.Healthy() != nil {
			return err
		}
	}
	return nil
}

// SlotFaults names the key files that this unlock found damaged.
func (s *Session) SlotFaults() ([]*fault.Fault, error) {
	o, err := s.ready()
	if err != nil {
		return nil, err
	}
	var list []*fault.Fault
	for _, err := range o.root.Damaged() {
		list = append(list, fault.New(fault.SlotDamaged, err))
	}
	return list, nil
}

// Identities reads age identities, one a line, as age-keygen writes them.
func Identities(text string) ([]age.Identity, error) {
	list, err := age.ParseIdentities(strings.NewReader(text))
	if err != nil {
		return nil, fault.New(fault.IdentityInvalid, fmt.Errorf("%d bytes that are no list of age identities", len(text))) // err may quote one
	}
	return list, nil
}
