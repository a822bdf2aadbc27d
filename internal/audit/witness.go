package audit

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	formats "github.com/transparency-dev/formats/log"
	cosignature "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"subrosa/internal/atomicfile"
)

// The files of a log that hold what its witness said.
const (
	witnessFile    = "witness"     // the newest cosigned checkpoint that was taken back
	witnessKeyFile = "witness-key" // the verifier key of who cosigned it
)

// What the witness's side and the log's answer.
var (
	// ErrWitness: not a checkpoint of this log with the signature of its witness.
	ErrWitness = errors.New("not a checkpoint of this record, cosigned by its witness")
	// ErrWitnessKey: no witness key is known yet, or another one than the given.
	ErrWitnessKey = errors.New("the witness's key is not known here")
	// ErrWitnessed: what the witness saw before does not lead to what it is shown now.
	ErrWitnessed = errors.New("the record does not continue what the witness saw")
)

// Witnessed is the newest state that a witness has cosigned.
type Witnessed struct {
	Size int64     // 0: none
	Time time.Time // when it cosigned, by its own clock
	Key  string    // its verifier key
}

// witnessed is what a Log keeps of it.
type witnessed struct {
	Witnessed
	problem error // the files cannot be used
}

// NewWitnessKey returns a signing key for cosignatures and its verifier key, in C2SP signed-note's spelling. name says
// whose it is: no spaces, no plus sign.
func NewWitnessKey(name string) (signer, verifier string, err error) {
	signer, plain, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return "", "", fmt.Errorf("make witness key: %w", err)
	}
	verifier, err = cosignature.VKeyToCosignatureV1(plain)
	if err != nil {
		return "", "", fmt.Errorf("make witness key: %w", err)
	}
	return signer, verifier, nil
}

// cosignerKey reads a witness's verifier key (C2SP tlog-cosignature, Ed25519), in its one spelling.
func cosignerKey(vkey string) (note.Verifier, error) {
	v, err := cosignature.NewVerifierForCosignatureV1(vkey)
	if err != nil {
		return nil, err
	}
	parts := strings.SplitN(vkey, "+", 3)
	key, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != 4 || parts[1] != fmt.Sprintf("%08x", v.KeyHash()) {
		return nil, errors.New("witness key: not a cosignature/v1 key")
	}
	return v, nil
}

// openCosigned reads a checkpoint of the log of keys with the cosignature of witness.
func openCosigned(msg []byte, keys keychain, witness note.Verifier) (checkpoint, time.Time, error) {
	if len(msg) > 64<<10 {
		return checkpoint{}, time.Time{}, ErrWitness
	}
	for _, e := range keys.epochs {
		n, err := openNote(msg, note.VerifierList(e.verifier, witness))
		if err != nil || len(n.Sigs) != 2 || n.Sigs[0].Name == n.Sigs[1].Name {
			continue
		}
		var c formats.Checkpoint
		if rest, err := c.Unmarshal([]byte(n.Text)); err != nil || len(rest) > 0 || c.Origin != keys.origin() ||
			len(c.Hash) != tlog.HashSize || c.Size > 1<<48 {
			break
		}
		sig := n.Sigs[0]
		if sig.Name != witness.Name() {
			sig = n.Sigs[1]
		}
		raw, err := base64.StdEncoding.DecodeString(sig.Base64)
		if err != nil || len(raw) < 12 {
			break
		}
		at := time.Unix(int64(binary.BigEndian.Uint64(raw[4:])), 0).UTC()
		return checkpoint{c.Origin, int64(c.Size), tlog.Hash(c.Hash)}, at, nil
	}
	return checkpoint{}, time.Time{}, ErrWitness
}

// readWitness reads what the witness said last. What cannot be read counts as nothing said; a log that is behind what
// the witness saw is rolled back.
func (l *Log) readWitness() {
	if !exists(l.dir, witnessFile) && !exists(l.dir, witnessKeyFile) {
		return
	}
	l.witness.problem = ErrWitness
	vkey, err := readSmall(l.dir, witnessKeyFile)
	if err != nil {
		return
	}
	l.witness.Key = strings.TrimSuffix(string(vkey), "\n")
	v, err := cosignerKey(l.witness.Key)
	if err != nil {
		l.witness.Key = ""
		return
	}
	msg, err := readSmall(l.dir, witnessFile)
	if err != nil {
		return
	}
	cp, at, err := openCosigned(msg, l.keys, v)
	if err != nil {
		return
	}
	l.witness.Size, l.witness.Time, l.witness.problem = cp.size, at, nil
	if err := l.Compare(TreeHead{cp.size, cp.root.String()}, "witness"); err != nil {
		l.witness.problem = err
	}
}

// Witnessed returns what the witness said last. An error says that it was there and cannot be used.
func (l *Log) Witnessed() (Witnessed, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.witness.Witnessed, l.witness.problem
}

// TakeWitness takes back a checkpoint that a witness cosigned. key is the verifier key to trust; empty, it is the one that
// was trusted before; replace lets another one take its place. e says who brings it. It answers ErrWitness,
// ErrWitnessKey, and *RollbackError where the log does not hold what the witness saw.
func (l *Log) TakeWitness(e Entry, msg []byte, key string, replace bool) (Witnessed, error) {
	w, err := l.takeWitness(e, msg, key, replace)
	if err != nil {
		return w, fmt.Errorf("take witness: %w", err)
	}
	return w, nil
}

func (l *Log) takeWitness(e Entry, msg []byte, key string, replace bool) (Witnessed, error) {
	l.mu.Lock()
	known, keys := l.witness.Witnessed, l.keys
	l.mu.Unlock()
	switch {
	case key == "" && known.Key == "":
		return known, ErrWitnessKey
	case key == "":
		key = known.Key
	case known.Key != "" && known.Key != key && !replace:
		return known, ErrWitnessKey
	}
	v, err := cosignerKey(key)
	if err != nil {
		return known, fmt.Errorf("%w: %w", ErrWitnessKey, err)
	}
	cp, at, err := openCosigned(msg, keys, v)
	if err != nil {
		return known, err
	}
	head := TreeHead{cp.size, cp.root.String()}
	if err := l.Compare(head, "witness"); err != nil {
		return known, err
	}
	if err := l.Healthy(); err != nil {
		return known, err
	}
	if cp.size < known.Size {
		return known, nil // older than what is here
	}
	e.Action, e.Tree, e.Key = Witness, &head, key
	e.Detail = "cosigned " + at.Format(time.RFC3339)
	if _, err := l.Append(e); err != nil {
		return known, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := errors.Join(l.replace(witnessKeyFile, []byte(key+"\n")), l.replace(witnessFile, msg)); err != nil {
		return known, err
	}
	l.witness = witnessed{Witnessed: Witnessed{cp.size, at, key}}
	return l.witness.Witnessed, nil
}

// seenLog is what the witness remembers of one log, in one file of its state directory.
type seenLog struct {
	Origin   string `json:"origin"`
	Key      string `json:"key"`      // the log's first verifier key
	Cosigned string `json:"cosigned"` // the last checkpoint, with the witness's own signature
}

// Cosigned is what the witness did.
type Cosigned struct {
	First bool     // it had not seen this log before
	Was   TreeHead // what it saw last
	Note  []byte   // the checkpoint with both signatures
}

// Cosign remembers t's head in dir, which belongs to the witness, and returns the checkpoint with the witness's
// signature. signer is a key from NewWitnessKey. It answers ErrWitnessed, and signs and remembers nothing, where t does
// not continue what was seen of the same log before; an error where what it remembers was changed. What it signs is
// remembered durably first.
func Cosign(dir, signer string, t *Tree) (Cosigned, error) {
	c, err := cosign(dir, signer, t)
	if err != nil {
		return Cosigned{}, fmt.Errorf("cosign: %w", err)
	}
	return c, nil
}

func cosign(dir, signer string, t *Tree) (Cosigned, error) {
	s, err := cosignature.NewSignerForCosignatureV1(signer)
	if err != nil {
		return Cosigned{}, ErrWitnessKey
	}
	var out Cosigned
	name := sha256.Sum256([]byte(t.Origin))
	path := filepath.Join(dir, hex.EncodeToString(name[:8])+".json")
	was, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		out.First = true
	case err != nil:
		return Cosigned{}, err
	default:
		if out.Was, err = remembered(was, t, s.Verifier()); err != nil {
			return Cosigned{}, err
		}
		if !t.Continues(out.Was) {
			return Cosigned{}, fmt.Errorf("%w: it saw %d entries before, and is shown %d", ErrWitnessed, out.Was.Size, t.Size)
		}
	}
	log := t.keys.newest().verifier
	for _, e := range t.keys.epochs {
		if _, err := parseCheckpoint(t.Checkpoint, e.verifier); err == nil {
			log = e.verifier
		}
	}
	n, err := openNote(t.Checkpoint, note.VerifierList(log))
	if err != nil {
		return Cosigned{}, err
	}
	if out.Note, err = note.Sign(n, s); err != nil {
		return Cosigned{}, err
	}
	state, err := json.Marshal(seenLog{t.Origin, t.Key, string(out.Note)})
	if err != nil {
		return Cosigned{}, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Cosigned{}, err
	}
	return out, atomicfile.Write(path, append(state, '\n'))
}

// remembered reads the witness's own state: only what it signed itself counts.
func remembered(state []byte, t *Tree, self note.Verifier) (TreeHead, error) {
	var seen seenLog
	d := json.NewDecoder(bytes.NewReader(state))
	d.DisallowUnknownFields()
	if err := d.Decode(&seen); err != nil || seen.Origin != t.Origin {
		return TreeHead{}, errors.New("the witness's state is damaged: restore it from a copy, or find out who changed it")
	}
	if seen.Key != t.Key {
		return TreeHead{}, fmt.Errorf("%w: another key claims the same name", ErrWitnessed)
	}
	n, err := openNote([]byte(seen.Cosigned), note.VerifierList(self))
	var c formats.Checkpoint
	if err != nil || len(n.Sigs) != 1 {
		return TreeHead{}, errors.New("the witness's state is not signed with this witness key")
	}
	if rest, err := c.Unmarshal([]byte(n.Text)); err != nil || len(rest) > 0 || c.Origin != t.Origin || len(c.Hash) != tlog.HashSize {
		return TreeHead{}, errors.New("the witness's state is damaged")
	}
	return TreeHead{int64(c.Size), tlog.Hash(c.Hash).String()}, nil
}
