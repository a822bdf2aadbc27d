package policy

import (
	"errors"
	"slices"
)

// ErrModel means that a model may not be used here.
var ErrModel = errors.New("policy does not allow this model")

// Origin is how a model came to be here.
type Origin string

// The origins.
const (
	BuiltIn    Origin = "builtin"
	SealedHere Origin = "sealed here" // from a plain file, by the user
	Packaged   Origin = "package"     // with a signature, which the caller has verified against Models.Signers
)

// AllowsModel returns nil or ErrModel. sha256 is of the GGUF.
func (p Policy) AllowsModel(sha256 string, from Origin) error {
	m := p.Models
	switch {
	case slices.Contains(m.Denied, sha256):
		return ErrModel
	case len(m.Allowed) > 0 && !slices.Contains(m.Allowed, sha256):
		return ErrModel
	case from == BuiltIn && !m.Builtin, from == SealedHere && !m.LocalImport:
		return ErrModel
	}
	return nil
}
