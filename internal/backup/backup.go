// Package backup packs a data directory into one encrypted archive, and unpacks it.
//
// Format: an age file (C2SP age-encryption.org/v1), in it a tar of regular files, in it first "backup.json" with a list of
// the others: name, size, SHA-256. Only names below keys/, audit/ and policy/, and history.db, are packed and taken.
//
// Guarantee: Write's archive appears under its name only when it is whole, on the disk, read back, decrypted and compared
// with what went in (a throwaway recipient beside the real ones makes that possible, and is forgotten). Restore's
// directory appears only when everything in the archive is in it and on the disk. Cut short at any point, either leaves a
// file or directory whose name ends in ".part", which the next run of the same workstation removes, and nothing else.
//
// It does not judge what it packs: whoever holds an identity of the archive holds all of it, what is erased later too.
package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"subrosa/internal/atomicfile"
)

const (
	formatVersion = 1
	manifestName  = "backup.json"
	maxManifest   = 1 << 20
	partSuffix    = ".part"
	hybridPrefix  = "age1pq1"
)

// What Write and Restore answer. A caller branches on them with errors.Is.
var (
	// ErrRecipient: not an age recipient, or recipients that cannot be mixed in one file.
	ErrRecipient = errors.New("not recipients of one age file")
	// ErrDamaged: the archive is cut short, changed, or holds what no backup holds.
	ErrDamaged = errors.New("damaged backup")
	// ErrIdentity: the archive is not sealed to any of the identities.
	ErrIdentity = errors.New("no identity opens this backup")
	// ErrNewer: a newer version wrote it.
	ErrNewer = errors.New("backup of a newer version")
	// ErrExists: the place to restore to is not empty, or the archive's name is taken.
	ErrExists = errors.New("something is there already")
)

// Manifest says what is in an archive.
type Manifest struct {
	Version    int       `json:"version"`
	Time       time.Time `json:"time"` // UTC
	Origin     string    `json:"origin"`
	Generation uint64    `json:"generation"` // of the history
	Files      []File    `json:"files"`
}

// File is one file of an archive.
type File struct {
	Name   string `json:"name"` // with slashes
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Source is a file to pack. Size bytes are read from Open's reader.
type Source struct {
	Name string
	Size int64
	Open func() (io.ReadCloser, error)
}

// Bytes is a Source in memory.
func Bytes(name string, b []byte) Source {
	return Source{name, int64(len(b)), func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }}
}

// Write packs sources into dir/name for the recipients. It fills in m's Version and Files. ErrRecipient, ErrExists,
// ErrDamaged where what was read back is not what was written, or what reading and writing answer.
func Write(ctx context.Context, dir, name string, m Manifest, sources []Source, recipients ...string) (sum string, err error) {
	whole := filepath.Join(dir, name)
	if _, err := os.Lstat(whole); err == nil {
		return "", fmt.Errorf("%w: %s", ErrExists, name)
	}
	all, check, err := parse(recipients)
	if err != nil {
		return "", err
	}
	part := filepath.Join(dir, partName(m.Origin))
	if err := os.RemoveAll(part); err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(part)
		}
	}()
	m.Version, m.Files = formatVersion, nil
	for _, s := range sources {
		if !allowed(s.Name) {
			return "", fmt.Errorf("backup: %q has no place in an archive", s.Name)
		}
		sum, err := hashOf(ctx, s)
		if err != nil {
			return "", err
		}
		m.Files = append(m.Files, File{s.Name, s.Size, sum})
	}
	if err := pack(ctx, part, m, sources, all); err != nil {
		return "", err
	}
	if sum, err = verify(ctx, part, m, check); err != nil {
		return "", err
	}
	if err := os.Rename(part, whole); err != nil {
		return "", err
	}
	return sum, atomicfile.SyncDir(dir)
}

// partName is what an archive is called until it is whole: the same at every backup of one workstation, so that the next
// one removes what a cut one left, and another for each, since they may share a directory.
func partName(origin string) string {
	sum := sha256.Sum256([]byte(origin))
	return "subrosa-" + hex.EncodeToString(sum[:4]) + partSuffix
}

// parse returns the recipients with a throwaway one beside them, and its identity.
func parse(recipients []string) ([]age.Recipient, age.Identity, error) {
	all, err := age.ParseRecipients(strings.NewReader(strings.Join(recipients, "\n")))
	if err != nil || len(all) == 0 {
		return nil, nil, fmt.Errorf("%w: %w", ErrRecipient, err)
	}
	hybrid := func(r string) bool { return strings.HasPrefix(r, hybridPrefix) }
	if !slices.ContainsFunc(recipients, hybrid) {
		check, err := age.GenerateX25519Identity()
		if err != nil {
			return nil, nil, err
		}
		return append(all, check.Recipient()), check, nil
	}
	check, err := age.GenerateHybridIdentity() // age does not mix them with the classic ones
	if err != nil {
		return nil, nil, err
	}
	return append(all, check.Recipient()), check, nil
}

// allowed tells whether a name may be in an archive.
func allowed(name string) bool {
	if name == "history.db" {
		return true
	}
	dir, base := path.Split(name)
	return slices.Contains([]string{"keys/", "audit/", "policy/"}, dir) && base != "" && base[0] != '.' && !strings.ContainsAny(base, `\:`)
}

func hashOf(ctx context.Context, s Source) (string, error) {
	h := sha256.New()
	if err := copyExactly(ctx, h, s); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func copyExactly(ctx context.Context, w io.Writer, s Source) error {
	r, err := s.Open()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	_, err = io.CopyN(w, contextReader{ctx, r}, s.Size)
	return err
}

func pack(ctx context.Context, part string, m Manifest, sources []Source, recipients []age.Recipient) (err error) {
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sealed, err := age.Encrypt(f, recipients...)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRecipient, err)
	}
	list, err := json.Marshal(m)
	if err != nil {
		return err
	}
	t := tar.NewWriter(sealed)
	for _, s := range append([]Source{Bytes(manifestName, list)}, sources...) {
		if err := t.WriteHeader(&tar.Header{Name: s.Name, Size: s.Size, Mode: 0o600, Typeflag: tar.TypeReg, Format: tar.FormatPAX}); err != nil {
			return err
		}
		if err := copyExactly(ctx, t, s); err != nil {
			return err
		}
	}
	if err := errors.Join(t.Close(), sealed.Close()); err != nil {
		return err
	}
	return f.Sync()
}

// verify reads an archive back whole and returns its SHA-256.
func verify(ctx context.Context, part string, want Manifest, identity age.Identity) (string, error) {
	f, err := os.Open(part)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	got, err := unpack(ctx, io.TeeReader(f, h), func(File, io.Reader) error { return nil }, identity)
	if err != nil {
		return "", err
	}
	if !slices.Equal(got.Files, want.Files) {
		return "", ErrDamaged
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// unpack reads an archive to its end and gives each file to take, which reads as much of it as it likes. What take was
// given is good only when unpack returns nil.
func unpack(ctx context.Context, r io.Reader, take func(f File, content io.Reader) error, identities ...age.Identity) (m Manifest, err error) {
	plain, err := age.Decrypt(contextReader{ctx, r}, identities...)
	if err != nil {
		if _, ok := errors.AsType[*age.NoIdentityMatchError](err); ok {
			return m, ErrIdentity
		}
		return m, damage(ctx, err)
	}
	t := tar.NewReader(plain)
	head, err := t.Next()
	if err != nil || head.Name != manifestName || head.Size > maxManifest {
		return m, damage(ctx, err)
	}
	if err := json.NewDecoder(t).Decode(&m); err != nil {
		return m, damage(ctx, err)
	}
	if m.Version > formatVersion {
		return m, ErrNewer
	}
	for _, f := range m.Files {
		head, err := t.Next()
		if err != nil || head.Name != f.Name || head.Size != f.Size || head.Typeflag != tar.TypeReg || !allowed(f.Name) {
			return m, damage(ctx, err)
		}
		h := sha256.New()
		content := archiveReader{ctx, io.TeeReader(t, h)}
		if err := take(f, content); err != nil {
			return m, err
		}
		if _, err := io.Copy(io.Discard, content); err != nil {
			return m, err
		}
		if hex.EncodeToString(h.Sum(nil)) != f.SHA256 {
			return m, ErrDamaged
		}
	}
	if _, err := t.Next(); !errors.Is(err, io.EOF) {
		return m, damage(ctx, err)
	}
	if _, err := io.Copy(io.Discard, plain); err != nil { // age's last chunk says that it is the last
		return m, damage(ctx, err)
	}
	return m, nil
}

// damage is what is wrong with an archive. What a bad byte makes of age's or tar's errors is not worth telling apart.
func damage(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		return ErrDamaged
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

// Restore unpacks an archive as the directory home, which must not exist, or be empty. prepare, which may be nil, changes
// what was unpacked before it takes that name: cut short there is nothing, or a whole directory that was prepared.
func Restore(ctx context.Context, archive, home string, prepare func(dir string) error, identities ...age.Identity) (m Manifest, err error) {
	home = filepath.Clean(home)
	if there, err := os.ReadDir(home); err == nil && len(there) > 0 || err != nil && !errors.Is(err, os.ErrNotExist) {
		return m, fmt.Errorf("%w: %s", ErrExists, home)
	}
	f, err := os.Open(archive)
	if err != nil {
		return m, err
	}
	defer func() { _ = f.Close() }()
	part := home + partSuffix
	if err := os.RemoveAll(part); err != nil {
		return m, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(part)
		}
	}()
	if err := os.MkdirAll(part, 0o700); err != nil {
		return m, err
	}
	m, err = unpack(ctx, f, func(f File, content io.Reader) error {
		return store(filepath.Join(part, filepath.FromSlash(f.Name)), content)
	}, identities...)
	if err != nil {
		return m, err
	}
	if prepare != nil {
		if err := prepare(part); err != nil {
			return m, err
		}
	}
	for _, name := range []string{"keys", "audit", "policy", "."} {
		if err := atomicfile.SyncDir(filepath.Join(part, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return m, err
		}
	}
	if err := os.Remove(home); err != nil && !errors.Is(err, os.ErrNotExist) { // an empty directory
		return m, err
	}
	if err := os.Rename(part, home); err != nil {
		return m, err
	}
	return m, atomicfile.SyncDir(filepath.Dir(home))
}

// store writes a new file and makes it durable.
func store(name string, content io.Reader) (err error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := io.Copy(f, content); err != nil {
		return err
	}
	return f.Sync()
}

// archiveReader tells a damaged archive from a full disk.
type archiveReader struct {
	ctx context.Context
	r   io.Reader
}

func (a archiveReader) Read(p []byte) (int, error) {
	n, err := a.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = damage(a.ctx, err)
	}
	return n, err
}

type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
