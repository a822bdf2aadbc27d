package policy

import (
	"errors"
	"fmt"
	"strings"

	"aead.dev/minisign"
)

var (
	// ErrKey means that a text is not a minisign public key.
	ErrKey = errors.New("not a minisign public key")
	// ErrUnsigned means that there is no signature where one is required.
	ErrUnsigned = errors.New("not signed")
	// ErrSignature means that no trusted key made the signature over this content.
	ErrSignature = errors.New("signature does not verify")
)

// Key is a minisign public key (Ed25519), as the `minisign` command writes it.
type Key struct{ public minisign.PublicKey }

// ParseKey reads a key: its line in base64, with or without the comment line above it.
func ParseKey(text string) (Key, error) {
	keys, err := ParseKeys(text)
	if err != nil || len(keys) != 1 {
		return Key{}, ErrKey
	}
	return keys[0], nil
}

// ParseKeys reads the keys of a trust file, each a line in base64. Lines that begin with "untrusted comment:" or # and
// empty lines are left out.
func ParseKeys(text string) ([]Key, error) {
	var keys []Key
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "untrusted comment:") {
			continue
		}
		var k Key
		if err := k.public.UnmarshalText([]byte(line)); err != nil {
			return nil, ErrKey
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return nil, ErrKey
	}
	return keys, nil
}

// ID is the key's number in 16 upper-case hexadecimal digits. The minisign command prints it without zeros in front.
func (k Key) ID() string { return fmt.Sprintf("%016X", k.public.ID()) }

// String returns the key's line.
func (k Key) String() string { return k.public.String() }

// Verify returns nil if signature is this key's over content, else ErrSignature.
func (k Key) Verify(content, signature []byte) error {
	if !minisign.Verify(k.public, content, signature) {
		return ErrSignature
	}
	return nil
}

// VerifyAny returns the first key that made signature over content, else ErrUnsigned or ErrSignature.
func VerifyAny(keys []Key, content, signature []byte) (Key, error) {
	if len(signature) == 0 {
		return Key{}, ErrUnsigned
	}
	for _, k := range keys {
		if k.Verify(content, signature) == nil {
			return k, nil
		}
	}
	return Key{}, ErrSignature
}

// Sign checks a policy file and signs it, for policy.yaml.minisig. The trusted comment repeats number and expiry.
func Sign(file []byte, key minisign.PrivateKey) ([]byte, error) {
	doc, err := Parse(file)
	if err != nil {
		return nil, err
	}
	trusted := fmt.Sprintf("subrosa policy version %d expires %s", doc.Serial, doc.Expires)
	return minisign.SignWithComments(key, file, trusted, "signature of a subrosa policy"), nil
}
