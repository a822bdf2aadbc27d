package vault

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"aead.dev/minisign"

	"filippo.io/age"
)

// stick is IT's machine with a package for the fixture's workstation.
type stick struct {
	*fixture
	dir     string
	key     minisign.PrivateKey
	signers []Signer
	sealed  PackageManifest
}

func newStick(t *testing.T) *stick {
	t.Helper()
	f := newFixture(t)
	public, key, err := minisign.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &stick{fixture: f, dir: filepath.Join(t.TempDir(), "tiny.model"), key: key, signers: []Signer{{"IT", public.String()}}}
	from := Provenance{Source: "made in a test", Parents: []Parent{{Name: "parent", SHA256: strings.Repeat("ab", 32)}}}
	s.sealed, err = SealPackage(t.Context(), s.dir, bytes.NewReader(f.plain), Source{File: "tiny.gguf"}, "the IT department", from,
		[]string{f.identity.Recipient().String()}, key, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stick) copy(t *testing.T) Manifest {
	t.Helper()
	p, err := OpenPackage(s.dir, s.signers, s.identity)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Check(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	m, err := s.store.ImportPackage(t.Context(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPackageIsImportedWithItsProvenance(t *testing.T) {
	s := newStick(t)
	m := s.copy(t)
	if err := s.store.Verify(t.Context(), m.ID, s.identity, nil); err != nil {
		t.Error(err)
	}
	p, err := s.store.Kept(m.ID, s.signers)
	if err != nil {
		t.Fatal(err)
	}
	if p.Provenance.Source != "made in a test" || p.Provenance.Licence != "CC0-1.0" || len(p.Provenance.Parents) != 1 ||
		p.SealedBy != "the IT department" || p.Signer.Name != "IT" || m.Signer != p.SignerID || len(p.Recipients) != 1 {
		t.Errorf("%+v", p)
	}
	entries, err := os.ReadDir(filepath.Dir(s.dir))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the package: %v, %v", entries, err)
	}
}

// One byte flipped anywhere in a package, and every file left out or cut, in turn: nothing is imported.
func TestDamagedPackagesAreRefusedAndLeaveNothing(t *testing.T) {
	s := newStick(t)
	files, err := os.ReadDir(s.dir)
	if err != nil || len(files) != 4 {
		t.Fatal(files, err)
	}
	try := func(what string) {
		t.Helper()
		p, err := OpenPackage(s.dir, s.signers, s.identity)
		if err == nil {
			err = p.Check(t.Context(), nil)
		}
		if err == nil {
			_, err = s.store.ImportPackage(t.Context(), p, nil)
		}
		if !errors.Is(err, ErrPackage) && !errors.Is(err, ErrSigner) {
			t.Errorf("%s: %v", what, err)
		}
		if list, err := s.store.List(); err != nil || len(list) != 0 {
			t.Fatalf("%s: imported %v, %v", what, list, err)
		}
	}
	for _, f := range files {
		name := filepath.Join(s.dir, f.Name())
		good, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		step := max(1, len(good)/40)
		for at := 0; at < len(good); at += step {
			bad := bytes.Clone(good)
			bad[at] ^= 1
			if f.Name() == packageSignatureName && at < bytes.IndexByte(good, '\n') {
				continue // the untrusted comment
			}
			if f.Name() == statementName && sameStatement(good, bad) {
				continue // a byte of a hint that nobody goes by
			}
			if err := os.WriteFile(name, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			try(f.Name() + " flipped")
		}
		for _, part := range [][]byte{good[:len(good)/2], nil, append(bytes.Clone(good), "xx"...)} {
			if f.Name() == packageSignatureName && len(part) > len(good) || f.Name() == statementName && len(part) > len(good) {
				continue // white space and what follows: those parsers decide
			}
			if err := os.WriteFile(name, part, 0o600); err != nil {
				t.Fatal(err)
			}
			try(f.Name() + " cut")
		}
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
		try(f.Name() + " gone")
		if err := os.WriteFile(name, good, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.copy(t)
}

// sameStatement tells whether what is signed, and the signature, are the same in two bundles.
func sameStatement(a, b []byte) bool {
	var x, y bundle
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	x.Verification, y.Verification = verification{}, verification{}
	if len(y.Envelope.Signatures) == 1 {
		x.Envelope.Signatures[0].KeyID, y.Envelope.Signatures[0].KeyID = "", ""
	}
	p, _ := json.Marshal(x)
	q, _ := json.Marshal(y)
	return bytes.Equal(p, q)
}

func TestOnlyTrustedSignersAndThisWorkstation(t *testing.T) {
	s := newStick(t)
	other, _, err := minisign.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenPackage(s.dir, []Signer{{"other", other.String()}}, s.identity); !errors.Is(err, ErrSigner) {
		t.Error(err)
	}
	if _, err := OpenPackage(s.dir, nil, s.identity); !errors.Is(err, ErrSigner) {
		t.Error(err)
	}
	if _, err := OpenPackage(s.dir, s.signers, stranger); !errors.Is(err, ErrWrongKey) {
		t.Error(err)
	}
	m := s.copy(t)
	if _, err := s.store.Kept(m.ID, []Signer{{"other", other.String()}}); !errors.Is(err, ErrSigner) {
		t.Error("a signer that is trusted no more:", err)
	}
}

// The drive is pulled in the middle of the copy: the file ends there, or changes.
func TestPulledStickLeavesNothing(t *testing.T) {
	for name, pull := range map[string]func(name string) error{
		"cut": func(name string) error { return os.Truncate(name, 1<<20) },
		"changed": func(name string) error {
			f, err := os.OpenFile(name, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteAt([]byte("other"), 1<<20)
			return errors.Join(err, f.Close())
		},
	} {
		s := newStick(t)
		sealed := filepath.Join(s.dir, sealedName)
		// A ciphertext of 12 MB of noise stands for the weights: only its hash is asked here.
		p := &Package{dir: s.dir}
		p.PackageManifest = s.sealed
		noise := bytes.Repeat([]byte("0123456789abcdef"), 12<<16)
		if err := os.WriteFile(sealed, noise, 0o600); err != nil {
			t.Fatal(err)
		}
		p.Model.SealedSize, p.Model.SealedSHA256 = int64(len(noise)), hexHash(noise)
		pulled := false
		_, err := s.store.ImportPackage(t.Context(), p, func(done, _ int64) {
			if !pulled && done >= 4<<20 {
				pulled = true
				if name == "changed" {
					return
				}
				if err := pull(sealed); err != nil {
					t.Error(err)
				}
			}
		})
		if name == "changed" { // before the copy, after the check
			if err != nil {
				t.Fatal(err)
			}
			if err := s.store.Remove(p.Model.ID); err != nil {
				t.Fatal(err)
			}
			if err := pull(sealed); err != nil {
				t.Fatal(err)
			}
			_, err = s.store.ImportPackage(t.Context(), p, nil)
		}
		if !errors.Is(err, ErrPackage) {
			t.Errorf("%s: %v", name, err)
		}
		left, err := filepath.Glob(filepath.Join(s.fixture.dir, "*"))
		hidden, _ := filepath.Glob(filepath.Join(s.fixture.dir, ".*"))
		if err != nil || len(left)+len(hidden) != 0 {
			t.Errorf("%s: left behind: %v %v", name, left, hidden)
		}
	}
}

func TestSealingThatIsCutShortLeavesNothing(t *testing.T) {
	s := newStick(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := filepath.Join(t.TempDir(), "p")
	to := []string{s.identity.Recipient().String()}
	if _, err := SealPackage(ctx, dir, bytes.NewReader(s.plain), Source{}, "", Provenance{}, to, s.key, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := SealPackage(t.Context(), dir, bytes.NewReader(s.plain[:100]), Source{}, "", Provenance{}, to, s.key, nil); !errors.Is(err, ErrTruncated) && !errors.Is(err, ErrNotGGUF) {
		t.Error(err)
	}
	if left, _ := os.ReadDir(filepath.Dir(dir)); len(left) != 0 {
		t.Error(left)
	}
	if _, err := SealPackage(t.Context(), s.dir, bytes.NewReader(s.plain), Source{}, "", Provenance{}, to, s.key, nil); !errors.Is(err, os.ErrExist) {
		t.Error("a package was replaced", err)
	}
}

// Others' tools read the package: minisign its signature, age the weights, openssl the statement's.
func TestPackageIsReadByOthers(t *testing.T) {
	s := newStick(t)
	tool := func(name string) string {
		path, err := exec.LookPath(name)
		if err != nil {
			if os.Getenv("SUBROSA_REQUIRE_REAL") != "" {
				t.Fatal(err)
			}
			t.Skip(name + " is not installed")
		}
		return path
	}
	at := func(name string) string { return filepath.Join(s.dir, name) }
	if out, err := exec.CommandContext(t.Context(), tool("minisign"), "-V", "-P", s.signers[0].Key, "-m", at(packageManifestName)).CombinedOutput(); err != nil {
		t.Errorf("minisign: %v\n%s", err, out)
	}
	file, err := os.ReadFile(at(statementName))
	if err != nil {
		t.Fatal(err)
	}
	var b bundle
	if err := json.Unmarshal(file, &b); err != nil {
		t.Fatal(err)
	}
	payload, err := base64.StdEncoding.DecodeString(b.Envelope.Payload)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := base64.StdEncoding.DecodeString(b.Envelope.Signatures[0].Sig)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(s.signers[0].Key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(ed25519.PublicKey(raw[10:]))
	if err != nil {
		t.Fatal(err)
	}
	// DSSE's own test vector shows that the text before the payload is right.
	if got := string(preAuthentication([]byte("hello world"))); got != "DSSEv1 28 application/vnd.in-toto+json 11 hello world" {
		t.Error(got)
	}
	dir := t.TempDir()
	for name, content := range map[string][]byte{
		"pae": preAuthentication(payload), "sig": sig, "pub.pem": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), tool("openssl"), "pkeyutl", "-verify", "-pubin", "-inkey", "pub.pem", "-rawin", "-in", "pae", "-sigfile", "sig")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("openssl: %v\n%s", err, out)
	}
}
