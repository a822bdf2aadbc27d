package audit

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	formats "github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const badSignature = "the signature does not match"

type checkpoint struct {
	origin string
	size   int64
	root   tlog.Hash
}

// noteSigner signs notes with a key in memory: note.NewSigner wants it in a string, which cannot be wiped.
type noteSigner struct {
	note.Verifier
	key ed25519.PrivateKey
}

func (s noteSigner) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.key, msg), nil }

func signCheckpoint(key ed25519.PrivateKey, v note.Verifier, c checkpoint) ([]byte, error) {
	text := formats.Checkpoint{Origin: c.origin, Size: uint64(c.size), Hash: c.root[:]}.Marshal()
	msg, err := note.Sign(&note.Note{Text: string(text)}, noteSigner{v, key})
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	if _, err := parseCheckpoint(msg, v); err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	return msg, nil
}

// parseCheckpoint accepts the bytes that signCheckpoint makes, and no other spelling of them.
func parseCheckpoint(msg []byte, v note.Verifier) (checkpoint, error) {
	n, err := openNote(msg, note.VerifierList(v))
	if err != nil {
		return checkpoint{}, &BrokenError{-1, checkpointFile, badSignature}
	}
	damaged := &BrokenError{-1, checkpointFile, "not a checkpoint of this log"}
	var c formats.Checkpoint
	rest, err := c.Unmarshal([]byte(n.Text))
	if err != nil || len(rest) > 0 || c.Origin != v.Name() || len(c.Hash) != tlog.HashSize || c.Size > 1<<48 || len(n.Sigs) != 1 || len(n.UnverifiedSigs) > 0 {
		return checkpoint{}, damaged
	}
	if again, err := canonicalNote(n.Text, msg, v); err != nil || string(msg) != string(again) {
		return checkpoint{}, damaged
	}
	return checkpoint{c.Origin, int64(c.Size), tlog.Hash(c.Hash)}, nil
}

// canonicalNote spells a note with v's signature, which msg carries alone, as this program does: base64 and the signature
// lines have more than one spelling.
func canonicalNote(text string, msg []byte, v note.Verifier) ([]byte, error) {
	n, err := openNote(msg, note.VerifierList(v))
	if err != nil || len(n.Sigs) != 1 {
		return nil, errMalformed
	}
	sig, err := base64.StdEncoding.DecodeString(n.Sigs[0].Base64)
	if err != nil || len(sig) < 4 || binary.BigEndian.Uint32(sig) != v.KeyHash() {
		return nil, errMalformed
	}
	return []byte(text + "\n\u2014 " + v.Name() + " " + base64.StdEncoding.EncodeToString(sig) + "\n"), nil
}

// readKeys returns the log's keys.
func readKeys(dir string) (keychain, error) {
	data, err := readSmall(dir, keyFile)
	if err != nil {
		return keychain{}, err
	}
	return parseKeychain(data)
}

// readSmall reads a file of at most 1 MiB. One that is missing or something else is a *BrokenError.
func readSmall(dir, name string) ([]byte, error) {
	path := filepath.Join(dir, name)
	if err := regular(path); errors.Is(err, fs.ErrNotExist) {
		return nil, &BrokenError{-1, name, "the file is missing"}
	} else if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, 1<<20+1))
	if err != nil {
		return nil, err
	}
	if len(data) > 1<<20 || len(bytes.TrimSpace(data)) == 0 {
		return nil, &BrokenError{-1, name, "the file is empty or too large"}
	}
	return data, nil
}

// openNote is note.Open, and refuses signatures whose base64 has bits set that no decoder reads: of one note there is one
// form, and no byte of it can be changed unseen.
func openNote(msg []byte, known note.Verifiers) (*note.Note, error) {
	n, err := note.Open(msg, known)
	if err != nil {
		return nil, err
	}
	for _, sig := range slices.Concat(n.Sigs, n.UnverifiedSigs) {
		if _, err := base64.StdEncoding.Strict().DecodeString(sig.Base64); err != nil {
			return nil, fmt.Errorf("signature by %s: %w", sig.Name, err)
		}
	}
	return n, nil
}
