package keys

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/zalando/go-keyring"
)

// What a Ring answers. A caller branches on them with errors.Is.
var (
	// ErrNoKeyring: no keyring service can be reached, or it answers with something else than a keyring's words.
	ErrNoKeyring = errors.New("no keyring service answers")
	// ErrKeyringLocked: the keyring is there, but its default collection is locked or was never made.
	ErrKeyringLocked = errors.New("the keyring is locked")
	// ErrKeyringTimeout: no answer in time; the keyring may be showing a prompt.
	ErrKeyringTimeout = errors.New("the keyring did not answer in time")
	// ErrNotFound: the keyring works and has no such account.
	ErrNotFound = errors.New("no such account in the keyring")
)

// ringTimeout leaves room below the promised 5 s.
const ringTimeout = 4500 * time.Millisecond

// maxStuck is how many unanswered calls may hang before further ones are not even tried. A call into go-keyring
// cannot be cancelled: its goroutine lives until the service answers or the bus goes away.
const maxStuck = 4

// OSRing is the operating system's keyring, by go-keyring: the Secret Service on Linux, Credential Manager on
// Windows, Keychain on macOS. Secrets are stored as base64, which every one of them keeps unchanged. Every call
// returns within 5 s with nil or an error that is ErrNoKeyring, ErrKeyringLocked, ErrKeyringTimeout, ErrNotFound
// or the context's own.
func OSRing(service string) Ring {
	return &osRing{service: service, inFlight: make(chan struct{}, maxStuck)}
}

type osRing struct {
	service  string
	inFlight chan struct{}
}

func (r *osRing) Get(ctx context.Context, account string) ([]byte, error) {
	text, err := r.call(ctx, func() (string, error) { return keyring.Get(r.service, account) })
	if err != nil {
		return nil, fmt.Errorf("read keyring: %w", err)
	}
	if b, err := base64.StdEncoding.Strict().DecodeString(text); err == nil {
		return b, nil
	}
	return []byte(text), nil // not ours: the caller's check value tells
}

func (r *osRing) Set(ctx context.Context, account string, secret []byte) error {
	text := base64.StdEncoding.EncodeToString(secret)
	_, err := r.call(ctx, func() (string, error) { return "", keyring.Set(r.service, account, text) })
	if err != nil {
		return fmt.Errorf("write keyring: %w", err)
	}
	return nil
}

func (r *osRing) Delete(ctx context.Context, account string) error {
	_, err := r.call(ctx, func() (string, error) { return "", keyring.Delete(r.service, account) })
	if err != nil {
		return fmt.Errorf("delete from keyring: %w", err)
	}
	return nil
}

type answer struct {
	text string
	err  error
}

// call runs f beside the caller and gives up on it in time.
func (r *osRing) call(ctx context.Context, f func() (string, error)) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, ringTimeout, ErrKeyringTimeout)
	defer cancel()
	if err := reachable(); err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoKeyring, err)
	}
	select {
	case r.inFlight <- struct{}{}:
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	done := make(chan answer, 1)
	go func() {
		defer func() { <-r.inFlight }()
		var a answer
		defer func() {
			// go-keyring asserts types on what comes over the bus.
			if p := recover(); p != nil {
				a = answer{err: fmt.Errorf("%w: it broke the protocol", ErrNoKeyring)}
			}
			done <- a
		}()
		a.text, a.err = f()
		a.err = classify(a.err)
	}()
	select {
	case a := <-done:
		return a.text, a.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// classify maps go-keyring's errors to this package's. It runs inside call, under its timeout.
func classify(err error) error {
	switch {
	case err == nil, errors.Is(err, ErrNoKeyring):
		return err
	case errors.Is(err, keyring.ErrNotFound):
		return ErrNotFound
	}
	return fmt.Errorf("%w: %w", classifyOS(err), err)
}
