package vault

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"aead.dev/minisign"
	"filippo.io/age"

	"subrosa/internal/atomicfile"
)

// A package is a directory on removable media, made by SealPackage on IT's machine:
//
//	model.age              the GGUF as an age v1 file, sealed to one or more workstations
//	manifest.json          what it is and where it is from: see PackageManifest
//	manifest.json.minisig  IT's minisign signature over manifest.json
//	model.sig              an OpenSSF Model Signing v1.0 statement about the two files above: an in-toto Statement v1 in a
//	                       DSSE envelope in a Sigstore bundle v0.3, signed (Ed25519) with the same key
//
// In the store the last three are kept beside the model as package.json, package.json.minisig and model.sig.
const (
	packageManifestName  = "manifest.json"
	packageSignatureName = "manifest.json.minisig"
	statementName        = "model.sig"

	keptPackageName   = "package.json"
	keptSignatureName = "package.json.minisig"

	packageFormat = "subrosa model package v1"
)

var (
	// ErrPackage means that a package is incomplete, malformed, or not the one that was signed.
	ErrPackage = errors.New("model package is damaged or incomplete")
	// ErrSigner means that no trusted key signed a package.
	ErrSigner = errors.New("model package is not signed by a trusted key")
)

// Parent is a model that another was made from.
type Parent struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"` // "" if unknown
}

// Provenance says where a model is from, in IT's words.
type Provenance struct {
	Source  string   `json:"source"`  // where it was got from
	Licence string   `json:"licence"` // SPDX identifier or text
	Parents []Parent `json:"parents"` // what it was made from
	Note    string   `json:"note"`
}

// PackageManifest is what IT signs. Its Manifest is as at sealing; ImportedAt is the time of sealing there.
type PackageManifest struct {
	Format     string     `json:"format"`
	Model      Manifest   `json:"model"`
	Provenance Provenance `json:"provenance"`
	Recipients []string   `json:"recipients"` // age recipients of the workstations
	SealedAt   time.Time  `json:"sealedAt"`
	SealedBy   string     `json:"sealedBy"` // a name; the signature says whose key
}

// Signer is a key that may sign packages.
type Signer struct {
	Name string
	Key  string // minisign public key, its line
}

// Package is a verified package: the signature is good, the files are there and as long as they should be, the age
// header is the signed one, and it is sealed to the identity that was asked.
type Package struct {
	PackageManifest
	Signer   Signer
	SignerID string // the key's number as minisign prints it

	dir                            string
	manifest, signature, statement []byte
}

// SealPackage seals the GGUF read from r to recipients and writes a package to dir, which must not exist. It appears
// whole, by one rename, after it was read back and compared. Errors: Import's.
func SealPackage(ctx context.Context, dir string, r io.Reader, src Source, by string, from Provenance, recipients []string, key minisign.PrivateKey, progress Progress) (p PackageManifest, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("seal model: %w", err)
		}
	}()
	to, err := age.ParseRecipients(strings.NewReader(strings.Join(recipients, "\n")))
	if err != nil {
		return p, err
	}
	if _, err := os.Lstat(dir); err == nil {
		return p, fmt.Errorf("%s: %w", dir, os.ErrExist)
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+".partial-")
	if err != nil {
		return p, err
	}
	defer os.RemoveAll(tmp)
	m, err := seal(ctx, r, src, filepath.Join(tmp, sealedName), to, progress)
	if err != nil {
		return p, err
	}
	if from.Licence == "" {
		from.Licence = m.Licence
	}
	if from.Parents == nil {
		from.Parents = []Parent{}
	}
	p = PackageManifest{Format: packageFormat, Model: m, Provenance: from, Recipients: recipients, SealedAt: m.ImportedAt, SealedBy: by}
	body, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return p, err
	}
	body = append(body, '\n')
	statement, err := signStatement(m.Name, resources(body, m.SealedSHA256), key)
	if err != nil {
		return p, err
	}
	signature := minisign.SignWithComments(key, body, "subrosa model "+m.SHA256, "signature of a subrosa model manifest")
	for name, content := range map[string][]byte{packageManifestName: body, packageSignatureName: signature, statementName: statement} {
		if err := atomicfile.Write(filepath.Join(tmp, name), content); err != nil {
			return p, err
		}
	}
	if err := hashIs(ctx, filepath.Join(tmp, sealedName), m.SealedSHA256, m.SealedSize, nil); err != nil {
		return p, fmt.Errorf("read back: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return p, err
	}
	_ = os.Chmod(tmp, 0o755) // a stick's file system may have no such thing
	if err := os.Rename(tmp, dir); err != nil {
		return p, err
	}
	return p, atomicfile.SyncDir(filepath.Dir(dir))
}

// OpenPackage verifies a package without copying it, and without reading the weights. Errors: ErrPackage, ErrSigner,
// ErrWrongKey, ErrNewer, or an I/O error.
func OpenPackage(dir string, signers []Signer, identity age.Identity) (*Package, error) {
	p := &Package{dir: dir}
	for name, into := range map[string]*[]byte{
		packageManifestName: &p.manifest, packageSignatureName: &p.signature, statementName: &p.statement,
	} {
		b, err := readSmall(filepath.Join(dir, name))
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrPackage, name, err)
		}
		*into = b
	}
	if err := p.verify(signers); err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(dir, sealedName))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPackage, err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Size() != p.Model.SealedSize {
		return nil, fmt.Errorf("%w: %s is not as long as it should be", ErrPackage, sealedName)
	}
	header, err := age.ExtractHeader(io.NewSectionReader(f, 0, p.Model.SealedSize))
	if err != nil || hexHash(header) != p.Model.SealedHeaderHash {
		return nil, fmt.Errorf("%w: another header", ErrPackage)
	}
	key, err := age.DecryptHeader(header, identity)
	clear(key)
	if noMatch := (*age.NoIdentityMatchError)(nil); errors.As(err, &noMatch) {
		return nil, ErrWrongKey
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPackage, err)
	}
	return p, nil
}

// verify checks the signatures of the small files and reads the manifest.
func (p *Package) verify(signers []Signer) error {
	for _, s := range signers {
		var key minisign.PublicKey
		if key.UnmarshalText([]byte(s.Key)) == nil && minisign.Verify(key, p.manifest, p.signature) {
			p.Signer, p.SignerID = s, fmt.Sprintf("%016X", key.ID())
			break
		}
	}
	if p.SignerID == "" {
		return ErrSigner
	}
	decoder := json.NewDecoder(bytes.NewReader(p.manifest))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p.PackageManifest); err != nil {
		return fmt.Errorf("%w: %w", ErrPackage, err)
	}
	m := p.Model
	if p.Format != packageFormat || m.Version > manifestVersion {
		return ErrNewer
	}
	if !m.ID.valid() || !strings.HasPrefix(m.SHA256, string(m.ID)) || m.Size < 0 || m.SealedSize < m.Size || m.Signer != "" {
		return fmt.Errorf("%w: its manifest contradicts itself", ErrPackage)
	}
	if err := verifyStatement(p.statement, resources(p.manifest, m.SealedSHA256), p.Signer.Key); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrPackage, statementName, err)
	}
	return nil
}

// Check reads the weights' ciphertext and compares it with the signed hash. Errors: ErrPackage, ctx's, an I/O error.
func (p *Package) Check(ctx context.Context, progress Progress) error {
	return hashIs(ctx, filepath.Join(p.dir, sealedName), p.Model.SealedSHA256, p.Model.SealedSize, progress)
}

// ImportPackage copies a verified package into the store. What is copied is hashed again, so that a file that changed
// in between, or a drive that was pulled, leaves nothing. Errors: ErrPackage, ctx's, an I/O error.
func (s *Store) ImportPackage(ctx context.Context, p *Package, progress Progress) (_ Manifest, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("import model package: %w", err)
		}
	}()
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return Manifest{}, err
	}
	tmp, err := os.MkdirTemp(s.dir, importPrefix)
	if err != nil {
		return Manifest{}, err
	}
	defer os.RemoveAll(tmp)
	if err := copyHashed(ctx, filepath.Join(p.dir, sealedName), filepath.Join(tmp, sealedName), p.Model.SealedSHA256, p.Model.SealedSize, progress); err != nil {
		return Manifest{}, err
	}
	m := p.Model
	m.ImportedAt = time.Now().UTC().Truncate(time.Second)
	m.Signer = p.SignerID
	for name, content := range map[string][]byte{keptPackageName: p.manifest, keptSignatureName: p.signature, statementName: p.statement} {
		if err := atomicfile.Write(filepath.Join(tmp, name), content); err != nil {
			return Manifest{}, err
		}
	}
	if err := s.writeManifest(tmp, m); err != nil {
		return Manifest{}, err
	}
	if err := ctx.Err(); err != nil {
		return Manifest{}, err
	}
	return m, s.place(tmp, m.ID)
}

// Kept returns the package that a model came in, verified again against signers. Errors: ErrNotFound, ErrManifest,
// ErrSigner, ErrPackage, and ErrNoPackage for a model that was sealed here.
func (s *Store) Kept(id ModelID, signers []Signer) (*Package, error) {
	m, err := s.Manifest(id)
	if err != nil {
		return nil, err
	}
	if m.Signer == "" {
		return nil, ErrNoPackage
	}
	p := &Package{dir: filepath.Join(s.dir, string(id))}
	for name, into := range map[string]*[]byte{
		keptPackageName: &p.manifest, keptSignatureName: &p.signature, statementName: &p.statement,
	} {
		if *into, err = readSmall(filepath.Join(p.dir, name)); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrPackage, err)
		}
	}
	if err := p.verify(signers); err != nil {
		return nil, err
	}
	if p.Model.SHA256 != m.SHA256 || p.Model.SealedHeaderHash != m.SealedHeaderHash || p.Model.SealedSHA256 != m.SealedSHA256 {
		return nil, fmt.Errorf("%w: it is another model's", ErrPackage)
	}
	return p, nil
}

// ErrNoPackage means that a model was sealed here and has no package.
var ErrNoPackage = errors.New("model was not imported from a package")

func hashIs(ctx context.Context, name, want string, size int64, progress Progress) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return copyInto(ctx, struct{ io.Writer }{io.Discard}, f, want, size, progress)
}

func copyHashed(ctx context.Context, from, to, want string, size int64, progress Progress) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if err := copyInto(ctx, struct{ io.Writer }{out}, in, want, size, progress); err != nil {
		return err
	}
	return out.Sync()
}

func copyInto(ctx context.Context, w io.Writer, r io.Reader, want string, size int64, progress Progress) error {
	// One byte more than it should be, so that a longer file is another file.
	in := &meter{ctx: ctx, r: io.LimitReader(r, size+1), hash: sha256.New(), total: size, progress: progress}
	if _, err := io.CopyBuffer(w, in, make([]byte, 1<<20)); err != nil {
		return err
	}
	if in.done != size || hexSum(in.hash) != want {
		return fmt.Errorf("%w: another content", ErrPackage)
	}
	return nil
}

// resource is a file of a package, as the OpenSSF statement names it.
type resource struct {
	Name      string `json:"name"`
	Algorithm string `json:"algorithm"`
	Digest    string `json:"digest"`
}

// resources lists the signed files in the order of their names.
func resources(manifest []byte, sealed string) []resource {
	return []resource{
		{packageManifestName, "sha256", hexHash(manifest)},
		{sealedName, "sha256", sealed},
	}
}

// The parts of a Sigstore bundle v0.3 (protobuf JSON) around a DSSE envelope around an in-toto Statement v1 with the
// predicate of OpenSSF Model Signing v1.0.
type (
	bundle struct {
		MediaType    string       `json:"mediaType"`
		Verification verification `json:"verificationMaterial"`
		Envelope     envelope     `json:"dsseEnvelope"`
	}
	verification struct {
		PublicKey   keyHint `json:"publicKey"`
		TlogEntries []any   `json:"tlogEntries"`
	}
	keyHint struct {
		Hint string `json:"hint"`
	}
	envelope struct {
		Payload     string      `json:"payload"` // base64
		PayloadType string      `json:"payloadType"`
		Signatures  []signature `json:"signatures"`
	}
	signature struct {
		Sig   string `json:"sig"` // base64
		KeyID string `json:"keyid"`
	}
	statement struct {
		Type          string    `json:"_type"`
		Subject       []subject `json:"subject"`
		PredicateType string    `json:"predicateType"`
		Predicate     predicate `json:"predicate"`
	}
	subject struct {
		Name   string            `json:"name"`
		Digest map[string]string `json:"digest"`
	}
	predicate struct {
		Serialization serialization `json:"serialization"`
		Resources     []resource    `json:"resources"`
	}
	serialization struct {
		Method        string   `json:"method"`
		HashType      string   `json:"hash_type"`
		AllowSymlinks bool     `json:"allow_symlinks"`
		IgnorePaths   []string `json:"ignore_paths"`
	}
)

const (
	bundleType    = "application/vnd.dev.sigstore.bundle.v0.3+json"
	payloadType   = "application/vnd.in-toto+json"
	statementType = "https://in-toto.io/Statement/v1"
	predicateType = "https://model_signing/signature/v1.0"
)

// rootDigest is the SHA-256 over the resources' digests, one after another.
func rootDigest(files []resource) (string, error) {
	h := sha256.New()
	for _, f := range files {
		b, err := hex.DecodeString(f.Digest)
		if err != nil {
			return "", err
		}
		h.Write(b)
	}
	return hexSum(h), nil
}

// preAuthentication is DSSE's PAE: what its signatures are over.
func preAuthentication(payload []byte) []byte {
	head := "DSSEv1 " + strconv.Itoa(len(payloadType)) + " " + payloadType + " " + strconv.Itoa(len(payload)) + " "
	return append([]byte(head), payload...)
}

func signStatement(name string, files []resource, key minisign.PrivateKey) ([]byte, error) {
	root, err := rootDigest(files)
	if err != nil {
		return nil, err
	}
	payload, err := json.Marshal(statement{
		Type: statementType, Subject: []subject{{Name: name, Digest: map[string]string{"sha256": root}}}, PredicateType: predicateType,
		Predicate: predicate{
			Serialization: serialization{Method: "files", HashType: "sha256", IgnorePaths: []string{packageSignatureName, statementName}},
			Resources:     files,
		},
	})
	if err != nil {
		return nil, err
	}
	// minisign's unhashed scheme is plain Ed25519 over the message, in minisign's own wrapping.
	wrapped, err := key.Sign(nil, preAuthentication(payload), crypto.Hash(0))
	if err != nil {
		return nil, err
	}
	var sig minisign.Signature
	if err := sig.UnmarshalText(wrapped); err != nil {
		return nil, err
	}
	id := fmt.Sprintf("%016X", key.ID())
	b, err := json.MarshalIndent(bundle{
		MediaType:    bundleType,
		Verification: verification{PublicKey: keyHint{Hint: id}, TlogEntries: []any{}},
		Envelope: envelope{
			Payload: base64.StdEncoding.EncodeToString(payload), PayloadType: payloadType,
			Signatures: []signature{{Sig: base64.StdEncoding.EncodeToString(sig.Signature[:]), KeyID: id}},
		},
	}, "", "  ")
	return append(b, '\n'), err
}

// verifyStatement checks that key (a minisign public key) signed a statement about exactly these files.
func verifyStatement(file []byte, files []resource, key string) error {
	var b bundle
	if err := json.Unmarshal(file, &b); err != nil {
		return err
	}
	payload, err := base64.StdEncoding.DecodeString(b.Envelope.Payload)
	if err != nil || b.MediaType != bundleType || b.Envelope.PayloadType != payloadType || len(b.Envelope.Signatures) != 1 {
		return errors.New("not a bundle of one in-toto statement")
	}
	sig, err := base64.StdEncoding.DecodeString(b.Envelope.Signatures[0].Sig)
	if err != nil {
		return err
	}
	// A minisign public key is two bytes of algorithm, eight of number, and the Ed25519 key.
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(key))
	if err != nil || len(raw) != 10+ed25519.PublicKeySize {
		return errors.New("not a key")
	}
	if !ed25519.Verify(ed25519.PublicKey(raw[10:]), preAuthentication(payload), sig) {
		return errors.New("signature does not verify")
	}
	var s statement
	if err := json.Unmarshal(payload, &s); err != nil {
		return err
	}
	root, err := rootDigest(files)
	if err != nil {
		return err
	}
	if s.Type != statementType || s.PredicateType != predicateType || len(s.Subject) != 1 || s.Subject[0].Digest["sha256"] != root {
		return errors.New("about something else")
	}
	if len(s.Predicate.Resources) != len(files) {
		return errors.New("about other files")
	}
	for i, f := range files {
		if s.Predicate.Resources[i] != f {
			return errors.New("about other files")
		}
	}
	return nil
}
