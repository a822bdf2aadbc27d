package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"subrosa/internal/audit"
	"subrosa/internal/fault"
	"subrosa/internal/policy"
	"subrosa/internal/vault"
)

// Stage is what an import of a package is doing.
type Stage string

// The stages.
const (
	Checking Stage = "checking" // reading the package and comparing it with what was signed
	Copying  Stage = "copying"
)

// ModelRecipient returns the age recipient of this workstation: IT seals models to it.
func (s *Session) ModelRecipient() (string, error) {
	o, err := s.ready()
	if err != nil {
		return "", err
	}
	return o.root.ModelIdentity().Recipient().String(), nil
}

// ImportPackage imports a signed model package from a directory, such as one on a stick. Signer, hash and policy are
// checked before anything is copied. Nothing of it is here until all of it is. progress may be nil. UseModel chooses it.
func (s *Session) ImportPackage(ctx context.Context, dir string, progress func(stage Stage, done, total int64)) (vault.Manifest, error) {
	o, err := s.ready()
	if err != nil {
		return vault.Manifest{}, err
	}
	if o.stopped != nil {
		return vault.Manifest{}, o.stopped
	}
	if err := o.require(policy.ImportPackage, "", nil); err != nil {
		return vault.Manifest{}, err
	}
	p, err := vault.OpenPackage(dir, signersOf(o.policy), o.root.ModelIdentity())
	if errors.Is(err, vault.ErrSigner) {
		return vault.Manifest{}, errors.Join(fault.New(fault.PackageBad, err), onlyRecordFault(o.denied(policy.SealModel, "", policy.ErrSignature)))
	}
	if err != nil {
		return vault.Manifest{}, packageFault(err)
	}
	if err := o.policy.AllowsModel(p.Model.SHA256, policy.Packaged); err != nil {
		return vault.Manifest{}, o.modelDenied(p.Model, err)
	}
	during := func(stage Stage) vault.Progress {
		if progress == nil {
			return nil
		}
		return func(done, total int64) { progress(stage, done, total) }
	}
	if err := p.Check(ctx, during(Checking)); err != nil {
		return vault.Manifest{}, packageFault(err)
	}
	m, err := o.vault.ImportPackage(ctx, p, during(Copying))
	if err != nil {
		return vault.Manifest{}, packageFault(err)
	}
	e := audit.Entry{Action: audit.ModelImport, Model: m.SHA256, Detail: m.Name + ", signed by " + m.Signer, Result: "package"}
	if err := o.note(e); err != nil {
		return vault.Manifest{}, errors.Join(err, o.vault.Remove(m.ID))
	}
	o.imported(m)
	return m, nil
}

// onlyRecordFault keeps the fault of a record that could not be written, and drops the denial that was.
func onlyRecordFault(err error) error {
	if fault.From(err).Code == fault.RoleDenied {
		return nil
	}
	return err
}

// PackageFault says what an error about a package means: the sealing command, which has no session, asks too.
func PackageFault(err error) error { return packageFault(err) }

func packageFault(err error) error {
	switch {
	case errors.Is(err, vault.ErrPackage), errors.Is(err, vault.ErrSigner):
		return fault.New(fault.PackageBad, err)
	case errors.Is(err, vault.ErrWrongKey):
		return fault.New(fault.ModelWrongKey, err)
	case errors.Is(err, os.ErrPermission):
		return fault.New(fault.OutOfReach, err)
	case errors.Is(err, context.Canceled), errors.Is(err, os.ErrExist), errors.Is(err, os.ErrNotExist):
		return fault.New(fault.BadInput, err)
	}
	return fault.Of(vaultFault(err), fault.PackageBad)
}

func signersOf(p policy.Policy) []vault.Signer {
	signers := make([]vault.Signer, len(p.Models.Signers))
	for i, s := range p.Models.Signers {
		signers[i] = vault.Signer{Name: s.Name, Key: s.Key}
	}
	return signers
}

// mayUse returns nil if policy allows a model that is here, whose package is verified again.
func (o *open) mayUse(m vault.Manifest, builtin bool) error {
	from := policy.SealedHere
	switch {
	case m.Signer == "" && builtin:
		from = policy.BuiltIn
	case m.Signer != "":
		from = policy.Packaged
		if _, err := o.vault.Kept(m.ID, signersOf(o.policy)); errors.Is(err, vault.ErrSigner) {
			return o.modelDenied(m, policy.ErrModel)
		} else if err != nil {
			return fault.New(fault.ModelDamaged, err)
		}
	}
	if err := o.policy.AllowsModel(m.SHA256, from); err != nil {
		return o.modelDenied(m, err)
	}
	return nil
}

// modelDenied puts on record that policy does not allow a model, and says so.
func (o *open) modelDenied(m vault.Manifest, reason error) error {
	e := audit.Entry{Action: audit.PolicyDenied, Model: m.SHA256, Result: "denied", Detail: "model.not_allowed"}
	if err := o.note(e); err != nil {
		return err
	}
	return fault.New(fault.ModelNotAllowed, fmt.Errorf("%s: %w", filepath.Base(m.Name), reason))
}
