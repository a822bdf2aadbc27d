package keys

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"

	"filippo.io/age"
	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/text/unicode/norm"

	"subrosa/internal/secret"
)

// slot is user.json.
type slot struct {
	Version int    `json:"version"`
	ID      []byte `json:"id"`  // binds slot and bundle
	KDF     string `json:"kdf"` // kdfPassphrase, or kdfNone and no parameters
	Time    uint32 `json:"time"`
	Memory  uint32 `json:"memoryKiB"`
	Threads uint8  `json:"threads"`
	Salt    []byte `json:"salt"`
	Account string `json:"ringAccount"`
	Check   []byte `json:"ringCheck"` // HKDF of the ring's secret: 32 random bytes, so it gives nothing away

	RootNumber uint64    `json:"rootNumber,omitempty"` // how often the root was rotated: says which slot goes with the bundle
	Hardware   *hardware `json:"hardware,omitempty"`

	Root  []byte   `json:"root,omitempty"`
	Stale []string `json:"staleAccounts,omitempty"` // keyring accounts of slots that this one replaced, to be deleted; not sealed
	Sum   []byte   `json:"sum,omitempty"`
}

// bundle is bundle.json.
type bundle struct {
	Version  int      `json:"version"`
	ID       []byte   `json:"id"`
	History  []byte   `json:"history"`
	Identity []byte   `json:"modelIdentity"`
	Audit    []byte   `json:"auditSeed"`
	Manifest []byte   `json:"manifest"`
	Further  [][]byte `json:"furtherAuditSeeds,omitempty"` // the record's second signing key and those after it

	RootNumber uint64 `json:"rootNumber,omitempty"` // as in the slots
	Sum        []byte `json:"sum,omitempty"`        // against accidents; version 2
}

func newBundle(id, root []byte) (*bundle, error) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	b := &bundle{Version: fileVersion, ID: id}
	for _, l := range b.leaves() {
		plain := random(keySize)
		if l.label == labelIdentity {
			plain = []byte(identity.String())
		}
		wrap := wrapKey(root, l.label)
		*l.box = seal(wrap, plain, b.aad(l.label))
		clear(wrap)
		clear(plain)
	}
	return b, nil
}

type leaf struct {
	label string
	box   *[]byte
}

func (b *bundle) leaves() []leaf {
	leaves := []leaf{
		{labelHistory, &b.History},
		{labelIdentity, &b.Identity},
		{labelAudit, &b.Audit},
		{labelManifest, &b.Manifest},
	}
	for i := range b.Further {
		leaves = append(leaves, leaf{labelFurther(i), &b.Further[i]})
	}
	return leaves
}

// labelFurther is "audit seed 2" for the first of them.
func labelFurther(i int) string { return labelAudit + " " + strconv.Itoa(i+2) }

func (b *bundle) aad(label string) []byte {
	return fmt.Appendf(nil, "subrosa keys v1 bundle %x %s", b.ID, label)
}

// openBundle opens what b holds. It takes ownership of root.
func (s *Store) openBundle(b *bundle, root []byte) (*Root, error) {
	plain := make(map[string][]byte, 4)
	fail := func(reason string) (*Root, error) {
		clear(root)
		for _, p := range plain {
			clear(p)
		}
		return nil, &DamagedError{bundleFile, reason}
	}
	for _, l := range b.leaves() {
		wrap := wrapKey(root, l.label)
		p, err := open(wrap, *l.box, b.aad(l.label))
		clear(wrap)
		if err != nil {
			return fail("the sealed " + l.label + " key does not open")
		}
		plain[l.label] = p
		if l.label != labelIdentity && len(p) != keySize {
			return fail("the " + l.label + " key has a wrong length")
		}
	}
	identity, err := age.ParseX25519Identity(string(plain[labelIdentity]))
	if err != nil {
		return fail("the model identity is not an age identity") // err would quote it
	}
	clear(plain[labelIdentity])
	r := &Root{store: s, id: b.ID, identity: identity, itemKey: secret.New(derive(plain[labelManifest], nil, itemInfo))}
	r.root, r.history, r.manifest = secret.New(root), secret.New(plain[labelHistory]), secret.New(plain[labelManifest])
	seeds := []string{labelAudit}
	for i := range b.Further {
		seeds = append(seeds, labelFurther(i))
	}
	for _, label := range seeds {
		r.signers = append(r.signers, ed25519.NewKeyFromSeed(plain[label]))
		clear(plain[label])
	}
	return r, nil
}

// AddAuditSigner makes the record's next signing key, keeps it in the bundle, and returns how many there are now. The
// record then says in an entry under its key in use that the next one takes over. If the program dies in between, the
// new key is there and unused: the record's owner takes it at the next try, and does not call this again.
func (r *Root) AddAuditSigner() (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b, err := r.store.readBundle(r.id)
	if err != nil {
		return 0, err
	}
	if len(b.Further)+1 != len(r.signers) || len(r.signers) >= maxSigners {
		return 0, &DamagedError{bundleFile, "another number of signing keys than was opened, or too many"}
	}
	seed := random(keySize)
	defer clear(seed)
	label := labelFurther(len(b.Further))
	wrap := wrapKey(r.root.Expose(), label)
	defer clear(wrap)
	b.Further = append(b.Further, seal(wrap, seed, b.aad(label)))
	b.finish()
	if err := r.store.write(bundleFile, b); err != nil {
		return 0, err
	}
	r.signers = append(r.signers, ed25519.NewKeyFromSeed(seed))
	return len(r.signers), nil
}

func (s *Store) readSlot(file string) (*slot, error) {
	sl := new(slot)
	if err := s.read(file, sl); errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotSetUp
	} else if err != nil {
		return nil, err
	}
	damaged := func(reason string) (*slot, error) { return nil, &DamagedError{file, reason} }
	switch {
	case !bytes.Equal(sl.Sum, sl.sum()):
		return damaged("checksum does not match")
	case sl.Version < fileVersion || sl.Version > fileVersion3:
		return damaged("unknown version")
	case sl.hasPassphrase() && (sl.KDF != kdfPassphrase || !sl.cost().valid()), !sl.hasPassphrase() && (sl.KDF != kdfNone || sl.cost() != Cost{}):
		return damaged("key derivation parameters out of bounds")
	case len(sl.ID) != idSize || len(sl.Salt) != saltSize || len(sl.Check) != keySize || sl.Account == "":
		return damaged("a field has a wrong length")
	}
	return sl, nil
}

// readBundle reads the bundle of the home id; of any home for nil.
func (s *Store) readBundle(id []byte) (*bundle, error) {
	b := new(bundle)
	if err := s.read(bundleFile, b); errors.Is(err, fs.ErrNotExist) {
		return nil, &DamagedError{bundleFile, "missing"}
	} else if err != nil {
		return nil, err
	}
	switch {
	case b.Version != fileVersion && b.Version != fileVersion2:
		return nil, &DamagedError{bundleFile, "unknown version"}
	case !b.whole():
		return nil, &DamagedError{bundleFile, "checksum does not match"}
	case len(b.ID) != idSize || len(b.Further) >= maxSigners:
		return nil, &DamagedError{bundleFile, "a field has a wrong length"}
	case id != nil && !bytes.Equal(b.ID, id):
		return nil, &DamagedError{bundleFile, "belongs to another slot"}
	}
	return b, nil
}

// read decodes a file strictly: what does not encode back to the same bytes is damaged.
func (s *Store) read(name string, v any) error {
	path := filepath.Join(s.dir, name)
	info, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	if !info.Mode().IsRegular() {
		return &DamagedError{name, "not a regular file"}
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	if len(data) > maxFileSize {
		return &DamagedError{name, "too large"}
	}
	if json.Unmarshal(data, v) != nil || !bytes.Equal(encode(v), data) {
		return &DamagedError{name, "not what was written"}
	}
	return nil
}

func encode(v any) []byte {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic("keys: " + err.Error()) // two structs of strings, numbers and bytes: cannot happen
	}
	return append(data, '\n')
}

func (sl *slot) cost() Cost { return Cost{sl.Time, sl.Memory, sl.Threads} }

func (sl *slot) hasPassphrase() bool { return sl.Version != fileVersion3 }

// header is the slot without the sealed root, the checksum, and what is added when the root is sealed already.
func (sl *slot) header() []byte {
	h := *sl
	h.Root, h.Sum, h.Stale = nil, nil, nil
	return encode(&h)
}

func (sl *slot) sum() []byte {
	h := *sl
	h.Sum = nil
	sum := sha256.Sum256(encode(&h))
	return sum[:]
}

// kek ignores passphrase where the slot has none.
func (sl *slot) kek(passphrase *secret.Bytes, half, token []byte) []byte {
	if !sl.hasPassphrase() {
		both := slices.Concat(half, token)
		defer clear(both)
		return derive(both, sl.Salt, kekBareInfo)
	}
	// Append copies, where Bytes may return its argument; 12 covers NFKC's longest growth, so nothing is left behind
	// by a reallocation.
	normal := norm.NFKC.Append(make([]byte, 0, 12*passphrase.Len()), passphrase.Expose()...)
	stretched := argon2.IDKey(normal, sl.Salt, sl.Time, sl.Memory, sl.Threads, keySize)
	go debug.FreeOSMemory() // its memory, 256 MiB as a rule, goes back at once: the runtime would keep it for minutes
	both := append(make([]byte, 0, 3*keySize), stretched...)
	both = append(both, half...)
	both = append(both, token...)
	defer func() {
		clear(normal)
		clear(stretched)
		clear(both)
	}()
	return derive(both, sl.Salt, kekInfo)
}

func ringCheck(half, salt []byte) []byte { return derive(half, salt, checkInfo) }

func wrapKey(root []byte, label string) []byte { return derive(root, nil, wrapInfo+label) }

func derive(key, salt []byte, info string) []byte {
	out, err := hkdf.Key(sha256.New, key, salt, info, keySize)
	if err != nil {
		panic("keys: " + err.Error()) // only for lengths beyond 8,160 bytes
	}
	return out
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand aborts the program instead
	return b
}

// seal returns a random 24-byte nonce and the ciphertext.
func seal(key, plain, aad []byte) []byte {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		panic("keys: " + err.Error()) // the key is 32 bytes
	}
	nonce := random(aead.NonceSize())
	return aead.Seal(nonce, nonce, plain, aad)
}

var errBox = errors.New("sealed value does not open")

func open(key, box, aad []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		panic("keys: " + err.Error()) // the key is 32 bytes
	}
	if len(box) < aead.NonceSize() {
		return nil, errBox
	}
	return aead.Open(nil, box[:aead.NonceSize()], box[aead.NonceSize():], aad)
}
