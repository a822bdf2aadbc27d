package audit

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// keychain is the file key: the log's first verifier key, a line, and after it each entry that named another one.
// Every one of those entries is signed with the key before, so the first key vouches for the last.
type keychain struct {
	epochs []epoch
}

// epoch is a run of entries that one key signs.
type epoch struct {
	from     int64  // the first of its entries
	line     []byte // the entry from-1, which named the key; nil for the first epoch
	vkey     string
	verifier note.Verifier
}

func newKeychain(vkey string) (keychain, error) {
	v, err := parseVerifierKey(vkey)
	if err != nil {
		return keychain{}, err
	}
	return keychain{[]epoch{{vkey: vkey, verifier: v}}}, nil
}

func (k keychain) clone() keychain { return keychain{slices.Clone(k.epochs)} }

func parseKeychain(data []byte) (keychain, error) {
	damaged := &BrokenError{-1, keyFile, "not a verifier key and its successors"}
	first, rest, ok := bytes.Cut(data, []byte("\n"))
	if !ok {
		return keychain{}, damaged
	}
	k, err := newKeychain(string(first))
	if err != nil {
		return keychain{}, damaged
	}
	for len(rest) > 0 {
		line, after, ok := bytes.Cut(rest, []byte("\n"))
		if !ok || k.rotate(line) != nil {
			return keychain{}, damaged
		}
		rest = after
	}
	return k, nil
}

// rotate takes the entry that names the next key.
func (k *keychain) rotate(line []byte) error {
	e, err := decode(line)
	if err != nil {
		return err
	}
	last := k.newest()
	if e.Action != AuditKeyRotate || e.Seq < last.from || !e.signedBy(last.verifier, k.origin()) {
		return errMalformed
	}
	v, err := parseVerifierKey(e.Key)
	if err != nil || v.Name() != k.origin() {
		return errMalformed
	}
	k.epochs = append(k.epochs, epoch{e.Seq + 1, bytes.Clone(line), e.Key, v})
	return nil
}

func (k keychain) origin() string { return k.epochs[0].verifier.Name() }

func (k keychain) newest() epoch { return k.epochs[len(k.epochs)-1] }

func (k keychain) holds(vkey string) bool {
	return slices.ContainsFunc(k.epochs, func(e epoch) bool { return e.vkey == vkey })
}

// signerOf returns who signs entry seq.
func (k keychain) signerOf(seq int64) note.Verifier {
	i := len(k.epochs) - 1
	for k.epochs[i].from > seq {
		i--
	}
	return k.epochs[i].verifier
}

// named returns the chain's own copy of entry seq where that is one that named a key.
func (k keychain) named(seq int64) []byte {
	for _, e := range k.epochs[1:] {
		if e.from == seq+1 {
			return e.line
		}
	}
	return nil
}

func (k keychain) marshal() []byte {
	var b bytes.Buffer
	b.WriteString(k.epochs[0].vkey + "\n")
	for _, e := range k.epochs[1:] {
		b.Write(e.line)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// checkpoint reads a signed checkpoint. A key vouches for the entries up to the one that named its successor.
func (k keychain) checkpoint(msg []byte) (checkpoint, error) {
	var first error
	for i := len(k.epochs) - 1; i >= 0; i-- {
		cp, err := parseCheckpoint(msg, k.epochs[i].verifier)
		if err != nil {
			if first == nil || err.(*BrokenError).Reason != badSignature { //nolint:errorlint // parseCheckpoint answers nothing else
				first = err
			}
			continue
		}
		if cp.size < k.epochs[i].from || i+1 < len(k.epochs) && cp.size > k.epochs[i+1].from {
			return checkpoint{}, &BrokenError{-1, checkpointFile, "signed with a key that was not in force"}
		}
		return cp, nil
	}
	return checkpoint{}, first
}

// note opens any other note that the log signed. The newest key must have signed it, or an older one a shorter log.
func (k keychain) note(msg []byte) (text string, by epoch, err error) {
	for i := len(k.epochs) - 1; i >= 0; i-- {
		n, err := openNote(msg, note.VerifierList(k.epochs[i].verifier))
		if err == nil {
			return n.Text, k.epochs[i], nil
		}
	}
	return "", epoch{}, &BrokenError{-1, "", badSignature}
}

// parseVerifierKey reads an Ed25519 verifier key (C2SP signed-note), in its one spelling.
func parseVerifierKey(vkey string) (note.Verifier, error) {
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, err
	}
	// name+hash+base64: the last part may hold a plus sign of its own, the first two may not.
	encoded, err := base64.StdEncoding.Strict().DecodeString(strings.SplitN(vkey, "+", 3)[2])
	if err != nil || len(encoded) != 1+ed25519.PublicKeySize {
		return nil, fmt.Errorf("verifier key of %s: not Ed25519", v.Name())
	}
	if again, err := note.NewEd25519VerifierKey(v.Name(), encoded[1:]); err != nil || again != vkey {
		return nil, fmt.Errorf("verifier key of %s: not canonical", v.Name())
	}
	return v, nil
}
