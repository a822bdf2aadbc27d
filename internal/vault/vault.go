// Package vault keeps models sealed: weights are on disk only as ciphertext.
//
// Layout, one directory per model under the store's:
//
//	<id>/model.age      the GGUF as an age v1 file (age-encryption.org/v1), readable with the age command
//	<id>/manifest.json  what it is: see Manifest
//	<id>/package.json, package.json.minisig, model.sig   of a model that came in a signed package: see package.go
//	<id>/manifest.mac   HMAC-SHA256 (FIPS 198-1) over a label and manifest.json, in hex, under the workstation's manifest key
//
// <id> is the first 16 hex digits of the SHA-256 of the GGUF. A directory appears whole, by one rename, or not at all.
//
// Guarantee: Unseal hands out a file key only for a model.age whose header is the one that the authenticated manifest
// names. That binds the content without reading it: the header fixes the file key, its MAC is keyed by that key, and
// every 64 KiB chunk of the payload carries a Poly1305 tag under a key derived from it, with its number and whether it
// is the last. So a reader that authenticates each chunk as it decrypts sees the sealed bytes or an error, and loading
// needs no pass of its own over the file. Verify makes that pass, against the SHA-256 of the plaintext.
//
// It does not hide a model's size or its manifest, does not keep a second copy of the key, and does not protect
// against one who holds both the identity and the manifest key: they can seal another model.
package vault

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"subrosa/internal/atomicfile"
	"subrosa/internal/gguf"
	"subrosa/internal/secret"
)

// Names in a model's directory, and prefixes of what a crash may leave beside the models.
const (
	sealedName   = "model.age"
	manifestName = "manifest.json"
	macName      = "manifest.mac"
	importPrefix = ".import-"
	oldPrefix    = ".old-"

	macLabel        = "subrosa model manifest v1\n"
	manifestVersion = 1
	maxManifest     = 1 << 20 // bytes
	fileKeySize     = 16      // bytes, age v1
)

var (
	// ErrNotFound means that the store has no such model.
	ErrNotFound = errors.New("no such model")
	// ErrNotGGUF means that what was to be imported is not a GGUF file.
	ErrNotGGUF = errors.New("not a GGUF file")
	// ErrTruncated means that the GGUF to be imported ends too early.
	ErrTruncated = errors.New("GGUF file is cut short")
	// ErrPart means that what is to be imported is one part of a split model; gguf.Open puts the parts together.
	ErrPart = errors.New("one part of a split GGUF model")
	// ErrManifest means that a manifest is missing, or was not written with this workstation's manifest key.
	ErrManifest = errors.New("model manifest does not verify")
	// ErrDamaged means that the sealed file is not the one that was sealed.
	ErrDamaged = errors.New("sealed model is damaged")
	// ErrWrongKey means that the model is sealed to another identity.
	ErrWrongKey = errors.New("model is sealed to another identity")
	// ErrNewer means that a newer version of the program wrote the manifest.
	ErrNewer = errors.New("model manifest is of a newer version")
)

// ModelID is the first 16 hex digits of the SHA-256 of a model's GGUF.
type ModelID string

func (id ModelID) valid() bool {
	b, err := hex.DecodeString(string(id))
	return err == nil && len(b) == 8 && strings.ToLower(string(id)) == string(id)
}

// Purpose is what a model is for, as its GGUF's header says (gguf.Header.Embeds).
type Purpose string

// The purposes. The values are stored; a manifest of a model that answers names none.
const (
	Chat      Purpose = ""
	Embedding Purpose = "embedding" // it makes vectors of texts, for finding passages
)

// Manifest says what a sealed model is. Hashes are lower-case hex SHA-256.
type Manifest struct {
	Version          int       `json:"version"`
	ID               ModelID   `json:"id"`
	Name             string    `json:"name"`
	Purpose          Purpose   `json:"purpose,omitempty"`
	Architecture     string    `json:"architecture"`
	Parameters       uint64    `json:"parameters"`
	Quantisation     string    `json:"quantisation"`
	ContextLength    uint64    `json:"contextLength"` // tokens the model was trained for
	ChatTemplate     bool      `json:"chatTemplate"`  // whether the GGUF carries one
	Licence          string    `json:"licence"`       // as the GGUF states it, "" if it does not
	Size             int64     `json:"size"`          // bytes of the GGUF
	SHA256           string    `json:"sha256"`
	SealedSize       int64     `json:"sealedSize"` // bytes of model.age
	SealedSHA256     string    `json:"sealedSha256"`
	SealedHeaderHash string    `json:"sealedHeaderSha256"` // of the age header, from its first byte through its MAC line
	ImportedAt       time.Time `json:"importedAt"`
	SourceFile       string    `json:"sourceFile"`       // base name
	Signer           string    `json:"signer,omitempty"` // number of the minisign key that signed its package, "" if it was sealed here
}

// ModelError says which model an error of List is about.
type ModelError struct {
	ID  ModelID
	Err error
}

func (e *ModelError) Error() string { return fmt.Sprintf("model %s: %v", e.ID, e.Err) }

// Unwrap returns the cause: one of this package's errors, or an I/O error.
func (e *ModelError) Unwrap() error { return e.Err }

// Store is a directory of sealed models. Its methods may be called concurrently, except that two imports of the same
// file at once are for the caller to avoid.
type Store struct {
	dir string
	key *secret.Bytes
}

// Open returns the store in dir, which need not exist before the first import. It keeps manifestKey (32 bytes) and
// does not wipe it.
func Open(dir string, manifestKey *secret.Bytes) *Store {
	return &Store{dir: dir, key: manifestKey}
}

// Sweep removes what interrupted imports left behind. Call it when no import can be running.
func (s *Store) Sweep() error {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sweep models: %w", err)
	}
	var errs []error
	for _, e := range entries {
		name, old := strings.CutPrefix(e.Name(), oldPrefix)
		switch {
		case strings.HasPrefix(e.Name(), importPrefix):
			errs = append(errs, os.RemoveAll(filepath.Join(s.dir, e.Name())))
		case old:
			// A replacement was under way: the old model goes only when the new one is in its place.
			if _, err := os.Stat(filepath.Join(s.dir, name)); err == nil {
				errs = append(errs, os.RemoveAll(filepath.Join(s.dir, e.Name())))
			} else if errors.Is(err, os.ErrNotExist) {
				errs = append(errs, os.Rename(filepath.Join(s.dir, e.Name()), filepath.Join(s.dir, name)))
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("sweep models: %w", err)
	}
	return nil
}

// List returns the models whose manifests verify, by name. The error joins a *ModelError for each that does not; the
// others are returned all the same.
func (s *Store) List() ([]Manifest, error) {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list models: %w", err)
	}
	var list []Manifest
	var errs []error
	for _, e := range entries {
		id := ModelID(e.Name())
		if !e.IsDir() || !id.valid() {
			continue
		}
		m, err := s.Manifest(id)
		if err != nil {
			errs = append(errs, &ModelError{ID: id, Err: err})
			continue
		}
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b Manifest) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	return list, errors.Join(errs...)
}

// Manifest returns a model's manifest after checking its MAC. Errors: ErrNotFound, ErrManifest, ErrNewer.
func (s *Store) Manifest(id ModelID) (Manifest, error) {
	var m Manifest
	if !id.valid() {
		return m, ErrNotFound
	}
	dir := filepath.Join(s.dir, string(id))
	if _, err := os.Stat(dir); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return m, ErrNotFound
		}
		return m, fmt.Errorf("read manifest: %w", err)
	}
	body, err := readSmall(filepath.Join(dir, manifestName))
	if err != nil {
		return m, err
	}
	macText, err := readSmall(filepath.Join(dir, macName))
	if err != nil {
		return m, err
	}
	mac, err := hex.DecodeString(strings.TrimSuffix(string(macText), "\n"))
	if err != nil || !hmac.Equal(mac, s.mac(body)) {
		return m, ErrManifest
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return m, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	if m.Version > manifestVersion {
		return m, ErrNewer
	}
	if m.ID != id || !strings.HasPrefix(m.SHA256, string(id)) {
		return m, ErrManifest // a whole directory put in another's place
	}
	return m, nil
}

func readSmall(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	if len(b) > maxManifest {
		return nil, ErrManifest
	}
	return b, nil
}

func (s *Store) mac(body []byte) []byte {
	h := hmac.New(sha256.New, s.key.Expose())
	h.Write([]byte(macLabel))
	h.Write(body)
	return h.Sum(nil)
}

// Remove deletes a sealed model. Errors: ErrNotFound.
func (s *Store) Remove(id ModelID) error {
	if !id.valid() {
		return ErrNotFound
	}
	dir := filepath.Join(s.dir, string(id))
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return ErrNotFound
	}
	// Renamed first, so that a crash in between leaves no half a model.
	gone := filepath.Join(s.dir, importPrefix+"removed-"+string(id))
	if err := errors.Join(os.RemoveAll(gone), os.Rename(dir, gone), atomicfile.SyncDir(s.dir), os.RemoveAll(gone)); err != nil {
		return fmt.Errorf("remove model %s: %w", id, err)
	}
	return nil
}

// Sealed is an opened sealed model: its ciphertext and the key to it, nothing decrypted.
type Sealed struct {
	File     *os.File
	Size     int64         // bytes of ciphertext
	FileKey  *secret.Bytes // age's file key, 16 bytes
	Manifest Manifest
}

// Close closes the file and wipes the key.
func (s *Sealed) Close() error {
	s.FileKey.Wipe()
	return s.File.Close()
}

// Header decrypts and parses what the model says about itself. Errors: ErrDamaged.
func (s *Sealed) Header() (*gguf.Header, error) {
	r, size, err := age.DecryptReaderAt(s.File, s.Size, age.NewInjectedFileKeyIdentity(s.FileKey.Expose()))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	h, err := gguf.Read(io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return h, nil
}

// Unseal opens a model and unwraps its file key; see the package comment for what has been verified then. Errors:
// ErrNotFound, ErrManifest, ErrNewer, ErrDamaged, ErrWrongKey.
func (s *Store) Unseal(id ModelID, identity age.Identity) (_ *Sealed, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("unseal model %s: %w", id, err)
		}
	}()
	m, err := s.Manifest(id)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(s.dir, string(id), sealedName))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() != m.SealedSize {
		return nil, fmt.Errorf("%w: %d bytes, not %d", ErrDamaged, info.Size(), m.SealedSize)
	}
	header, err := age.ExtractHeader(io.NewSectionReader(f, 0, m.SealedSize))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if hexHash(header) != m.SealedHeaderHash {
		return nil, fmt.Errorf("%w: another header", ErrDamaged)
	}
	key, err := age.DecryptHeader(header, identity)
	if noMatch := (*age.NoIdentityMatchError)(nil); errors.As(err, &noMatch) {
		return nil, ErrWrongKey
	}
	if err != nil || len(key) != fileKeySize {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	// Opening decrypts the last chunk, which the length is bound to.
	_, size, err := age.DecryptReaderAt(f, m.SealedSize, age.NewInjectedFileKeyIdentity(key))
	if err != nil {
		clear(key)
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if size != m.Size {
		clear(key)
		return nil, fmt.Errorf("%w: %d bytes of model, not %d", ErrDamaged, size, m.Size)
	}
	return &Sealed{File: f, Size: m.SealedSize, FileKey: secret.New(key), Manifest: m}, nil
}

// Verify decrypts the whole model in memory and compares it with the SHA-256 in its manifest. Errors: Unseal's, ctx's.
func (s *Store) Verify(ctx context.Context, id ModelID, identity age.Identity, progress Progress) error {
	sealed, err := s.Unseal(id, identity)
	if err != nil {
		return err
	}
	defer sealed.Close()
	ident := age.NewInjectedFileKeyIdentity(sealed.FileKey.Expose())
	r, err := age.Decrypt(io.NewSectionReader(sealed.File, 0, sealed.Size), ident)
	if err != nil {
		return fmt.Errorf("verify model %s: %w: %w", id, ErrDamaged, err)
	}
	plain := &meter{ctx: ctx, r: r, hash: sha256.New(), total: sealed.Manifest.Size, progress: progress}
	if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, plain, make([]byte, 1<<20)); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("verify model %s: %w", id, ctx.Err())
		}
		return fmt.Errorf("verify model %s: %w: %w", id, ErrDamaged, err)
	}
	if hexSum(plain.hash) != sealed.Manifest.SHA256 {
		return fmt.Errorf("verify model %s: %w: another content", id, ErrDamaged)
	}
	return nil
}
