package keys

import (
	"context"
	"errors"
	"fmt"

	"filippo.io/age/plugin"
)

// What a token's part answers. A caller branches on them with errors.Is.
var (
	// ErrToken: the age plugin is missing, its token does not answer, or it is another one.
	ErrToken = errors.New("the hardware token does not open its part of the key")
	// ErrTokenName: the recipient or the identity is not one of an age plugin, or they name different plugins.
	ErrTokenName = errors.New("not a recipient and an identity of one age plugin")
)

// Plugins is how an age plugin speaks to the user: messages, a PIN, a confirmation.
type Plugins = plugin.ClientUI

// UsePlugins says how tokens speak to the user. Without it they cannot ask for anything.
func (s *Store) UsePlugins(ui *Plugins) { s.plugins = ui }

// hardware is a token's part of the user's slot: 32 random bytes, an age file to the plugin's recipient. The plugin is
// the program age-plugin-NAME in PATH.
type hardware struct {
	Recipient string `json:"recipient"`
	Identity  string `json:"identity"` // which token, in the plugin's words; no secret
	Secret    []byte `json:"secret"`
}

type token struct{ recipient, identity string }

// newPart makes a new secret for the token, and has the token open it once.
func (t *token) newPart(ctx context.Context, ui *Plugins) ([]byte, *hardware, error) {
	name, _, err := plugin.ParseRecipient(t.recipient)
	other, _, identityErr := plugin.ParseIdentity(t.identity)
	if err != nil || identityErr != nil || name != other {
		return nil, nil, ErrTokenName
	}
	h := &hardware{Recipient: t.recipient, Identity: t.identity}
	secret := random(keySize)
	err = patiently(ctx, func() error {
		to, err := plugin.NewRecipient(t.recipient, ui)
		if err != nil {
			return err
		}
		h.Secret, err = sealAge(to, secret)
		return err
	})
	if err == nil {
		var back []byte
		if back, err = h.open(ctx, ui); err == nil && string(back) != string(secret) {
			err = errors.New("it gave another secret back")
		}
		clear(back)
	}
	if err != nil {
		clear(secret)
		return nil, nil, fmt.Errorf("%w: %w", ErrToken, err)
	}
	return secret, h, nil
}

// open asks the token. It waits for as long as ctx does: somebody may have to touch it.
func (h *hardware) open(ctx context.Context, ui *Plugins) ([]byte, error) {
	var secret []byte
	err := patiently(ctx, func() error {
		identity, err := plugin.NewIdentity(h.Identity, ui)
		if err != nil {
			return err
		}
		secret, err = openAge(h.Secret, identity)
		return err
	})
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrToken, err)
	case len(secret) != keySize:
		return nil, fmt.Errorf("%w: a wrong length", ErrToken)
	}
	return secret, nil
}

func (h *hardware) plugin() string {
	name, _, _ := plugin.ParseRecipient(h.Recipient)
	return name
}

// patiently runs f, which cannot be told to stop, until ctx ends. What f does after that is lost.
func patiently(ctx context.Context, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
