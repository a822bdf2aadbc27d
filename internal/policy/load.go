package policy

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"subrosa/internal/atomicfile"
)

// Names in a policy directory.
const (
	FileName      = "policy.yaml"
	SignatureName = "policy.yaml.minisig"
	TrustName     = "policy.pub"
	keptPrefix    = "accepted-"
)

// MachineDir is where IT installs the policy of a machine.
const MachineDir = "/etc/subrosa"

var (
	// ErrExpired means that the policy's last day is over.
	ErrExpired = errors.New("policy has expired")
	// ErrDowngraded means that a policy with a higher number was in force.
	ErrDowngraded = errors.New("a policy with a higher number was in force")
	// ErrSameNumber means that the content was changed and the number was not.
	ErrSameNumber = errors.New("the policy was changed without a new number")
	// ErrGone means that a policy was in force whose file is no longer there.
	ErrGone = errors.New("the policy that was in force is gone")
	// ErrOwner means that others than root could have written the key that is trusted.
	ErrOwner = errors.New("the trusted key must be root's alone to write")
	// ErrNothingKept means that the copy of the policy last in force is missing or damaged.
	ErrNothingKept = errors.New("no copy of the policy that was in force")
)

// Source says where a policy comes from.
type Source string

// The sources.
const (
	SourceBuiltin Source = "builtin" // of this package
	SourceHome    Source = "home"    // the data directory's
	SourceMachine Source = "machine" // the machine's, IT's
)

// Mark names a policy that was in force: "machine-7-0123456789abcdef" on record. The digits begin the file's SHA-256.
type Mark struct {
	Source Source
	Serial int64
	Hash   string
}

func (m Mark) String() string {
	if m.Source == SourceBuiltin || m.Source == "" {
		return builtinVersion
	}
	return fmt.Sprintf("%s-%d-%s", m.Source, m.Serial, m.Hash)
}

// ParseMark reads what String writes. What it cannot read is the built-in policy.
func ParseMark(s string) Mark {
	source, rest, _ := strings.Cut(s, "-")
	number, hash, ok := strings.Cut(rest, "-")
	serial, err := strconv.ParseInt(number, 10, 64)
	m := Mark{Source: Source(source), Serial: serial, Hash: hash}
	if !ok || err != nil || m.String() != s || (m.Source != SourceMachine && m.Source != SourceHome) {
		return Mark{Source: SourceBuiltin}
	}
	return m
}

// Later returns the mark that a policy may not fall behind: a machine's over a home's, then the higher number.
func (m Mark) Later(other Mark) Mark {
	rank := map[Source]int{SourceHome: 1, SourceMachine: 2}
	if rank[other.Source] > rank[m.Source] || other.Source == m.Source && other.Serial > m.Serial {
		return other
	}
	return m
}

// Places are the directories of policies.
type Places struct {
	Machine string // MachineDir
	Home    string // policy/ in the data directory; the copies of what was in force are kept here

	Sound func(Document) error // what else a policy must be, or nil; its error should be a *ParseError
}

// Refusal is a policy that was not taken.
type Refusal struct {
	Source Source
	File   string
	Err    error // one of this package's errors, a *ParseError, or an I/O error
}

// Reason is a stable word for the record.
func (r Refusal) Reason() string {
	var parse *ParseError
	if errors.As(r.Err, &parse) {
		return "malformed"
	}
	for _, known := range []struct {
		err  error
		word string
	}{
		{ErrUnsigned, "unsigned"},
		{ErrSignature, "bad_signature"},
		{ErrExpired, "expired"},
		{ErrDowngraded, "downgraded"},
		{ErrSameNumber, "same_number"},
		{ErrGone, "gone"},
		{ErrOwner, "owner"},
		{ErrKey, "bad_key"},
	} {
		if errors.Is(r.Err, known.err) {
			return known.word
		}
	}
	return "unreadable"
}

// Choice is what Load decided.
type Choice struct {
	Policy  Policy
	Refused *Refusal // what was found and not taken
	Stop    error    // why nobody may chat under Policy; nil otherwise
}

// Load chooses the policy in force: the machine's if there is one, else the home's, else the built-in one. What is bad,
// unsigned where a trusted key is installed, expired, or lower than last is refused, and the kept copy of what was last
// in force stays. now should be no earlier than the newest time on record, so that a clock set back revives nothing.
func (p Places) Load(last Mark, now time.Time) Choice {
	source, dir := p.present()
	if last.Source == SourceMachine && source != SourceMachine || last.Source == SourceHome && source == SourceBuiltin {
		return p.previous(last, now, &Refusal{Source: last.Source, File: filepath.Join(p.dir(last.Source), FileName), Err: ErrGone})
	}
	if source == SourceBuiltin {
		return Choice{Policy: Default()}
	}
	found, err := read(source, dir)
	if err == nil && p.Sound != nil {
		err = p.Sound(found.Document)
	}
	if err == nil {
		err = found.mayFollow(last, now)
	}
	if err != nil {
		return p.previous(last, now, &Refusal{Source: source, File: filepath.Join(dir, FileName), Err: err})
	}
	return Choice{Policy: found}
}

func (p Places) dir(source Source) string {
	if source == SourceMachine {
		return p.Machine
	}
	return p.Home
}

// present finds the place that governs. A trusted key alone is enough: it says that a policy is required.
func (p Places) present() (Source, string) {
	for _, source := range []Source{SourceMachine, SourceHome} {
		dir := p.dir(source)
		if dir == "" {
			continue
		}
		for _, name := range []string{FileName, TrustName} {
			if _, err := os.Lstat(filepath.Join(dir, name)); err == nil || !errors.Is(err, fs.ErrNotExist) {
				return source, dir
			}
		}
	}
	return SourceBuiltin, ""
}

// read reads and verifies the policy in a directory. A machine's must be signed with a key that is root's alone to
// write; a home's must be signed where a key lies beside it.
func read(source Source, dir string) (Policy, error) {
	file, err := readFile(filepath.Join(dir, FileName))
	if err != nil {
		return Policy{}, err
	}
	trust, err := readFile(filepath.Join(dir, TrustName))
	switch {
	case errors.Is(err, fs.ErrNotExist) && source == SourceHome:
		return FromFile(source, file)
	case errors.Is(err, fs.ErrNotExist):
		return Policy{}, ErrUnsigned
	case err != nil:
		return Policy{}, err
	}
	if source == SourceMachine {
		if err := rootOnly(dir, filepath.Join(dir, TrustName)); err != nil {
			return Policy{}, err
		}
	}
	keys, err := ParseKeys(string(trust))
	if err != nil {
		return Policy{}, err
	}
	signature, err := readFile(filepath.Join(dir, SignatureName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Policy{}, err
	}
	signer, err := VerifyAny(keys, file, signature)
	if err != nil {
		return Policy{}, err
	}
	found, err := FromFile(source, file)
	found.Signer, found.signature = signer.ID(), signature
	return found, err
}

// FromFile reads a policy without asking who signed it.
func FromFile(source Source, file []byte) (Policy, error) {
	doc, err := Parse(file)
	if err != nil {
		return Policy{}, err
	}
	sum := sha256.Sum256(file)
	p := Policy{Source: source, Document: doc, file: file, SHA256: hex.EncodeToString(sum[:])}
	p.Version = p.Mark().String()
	return p, nil
}

// Mark names this policy on record.
func (p Policy) Mark() Mark {
	if p.Source == SourceBuiltin {
		return Mark{Source: SourceBuiltin}
	}
	return Mark{Source: p.Source, Serial: p.Serial, Hash: p.SHA256[:16]}
}

func (p Policy) mayFollow(last Mark, now time.Time) error {
	switch {
	case !now.Before(p.Expires.End()):
		return ErrExpired
	case p.Source != last.Source:
		return nil
	case p.Serial < last.Serial:
		return ErrDowngraded
	case p.Serial == last.Serial && p.Mark() != last:
		return ErrSameNumber
	}
	return nil
}

// previous keeps in force what was, from its copy.
func (p Places) previous(last Mark, now time.Time, refused *Refusal) Choice {
	c := Choice{Policy: Default(), Refused: refused}
	if last.Source != SourceMachine && last.Source != SourceHome {
		if refused.Source == SourceMachine {
			c.Stop = refused.Err // a machine that must have a policy, and has had none yet
		}
		return c
	}
	file, err := readFile(p.kept(last))
	if err != nil {
		c.Stop = fmt.Errorf("%w: %w", ErrNothingKept, err)
		return c
	}
	kept, err := FromFile(last.Source, file)
	if err != nil || kept.Mark() != last {
		c.Stop = ErrNothingKept
		return c
	}
	c.Policy = kept
	if !now.Before(kept.Expires.End()) {
		c.Stop = ErrExpired
	}
	return c
}

func (p Places) kept(m Mark) string { return filepath.Join(p.Home, keptPrefix+m.String()+".yaml") }

// Keep stores a copy of a policy that is about to be in force. Its mark on record is what proves the copy later.
func (p Places) Keep(policy Policy) error {
	if policy.Source == SourceBuiltin {
		return nil
	}
	if err := os.MkdirAll(p.Home, 0o700); err != nil {
		return fmt.Errorf("keep policy: %w", err)
	}
	if len(policy.signature) > 0 {
		if err := atomicfile.Write(p.kept(policy.Mark())+".minisig", policy.signature); err != nil {
			return err
		}
	}
	return atomicfile.Write(p.kept(policy.Mark()), policy.file)
}

// Keeps tells whether the copy that Keep stored of a policy is there and as it was.
func (p Places) Keeps(policy Policy) bool {
	same := func(name string, want []byte) bool {
		got, err := readFile(name)
		return err == nil && bytes.Equal(got, want)
	}
	return policy.Source == SourceBuiltin || same(p.kept(policy.Mark()), policy.file) &&
		(len(policy.signature) == 0 || same(p.kept(policy.Mark())+".minisig", policy.signature))
}

// Forget removes the copies of all policies but one, once that one is on record.
func (p Places) Forget(but Mark) error {
	names, err := filepath.Glob(filepath.Join(p.Home, keptPrefix+"*"))
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range names {
		if !strings.HasPrefix(name, p.kept(but)) {
			errs = append(errs, os.Remove(name))
		}
	}
	return errors.Join(errs...)
}

// readFile reads a regular file of at most maxFile bytes.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, problem("not a file of at most " + strconv.Itoa(maxFile) + " bytes")
	}
	b := make([]byte, info.Size())
	n, err := f.Read(b)
	if err != nil && n != len(b) {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	return b[:n], nil
}
