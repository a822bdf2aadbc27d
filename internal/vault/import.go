package vault

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"subrosa/internal/atomicfile"
	"subrosa/internal/gguf"
)

// Progress is told how far an import or a verification is, in bytes of plaintext. It may be nil. Total is 0 if unknown.
type Progress func(done, total int64)

// Source describes what is imported.
type Source struct {
	Name string // shown to the user; "" takes the GGUF's own, or the file's
	File string // base name, for the manifest
	Size int64  // bytes, for progress; 0 if unknown
}

// Import seals a GGUF, read from r to its end, to recipient. The model replaces one with the same content. Nothing is
// written but ciphertext and the manifest. On error or cancellation nothing is left. Errors: ErrNotGGUF, ErrTruncated, ErrPart,
// ctx's, or an I/O error (errors.Is ENOSPC on a full disk).
func (s *Store) Import(ctx context.Context, r io.Reader, src Source, recipient age.Recipient, progress Progress) (m Manifest, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("import model: %w", err)
		}
	}()
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return m, err
	}
	tmp, err := os.MkdirTemp(s.dir, importPrefix)
	if err != nil {
		return m, err
	}
	defer os.RemoveAll(tmp) // gone already after a successful rename
	m, err = seal(ctx, r, src, filepath.Join(tmp, sealedName), []age.Recipient{recipient}, progress)
	if err != nil {
		return Manifest{}, err
	}
	if err := s.writeManifest(tmp, m); err != nil {
		return Manifest{}, err
	}
	if err := ctx.Err(); err != nil {
		return Manifest{}, err
	}
	return m, s.place(tmp, m.ID)
}

// writeManifest writes m and its MAC.
func (s *Store) writeManifest(dir string, m Manifest) error {
	body, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	body = append(body, '\n')
	if err := atomicfile.Write(filepath.Join(dir, manifestName), body); err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, macName), []byte(hex.EncodeToString(s.mac(body))+"\n"))
}

// place renames a finished import to its name.
func (s *Store) place(tmp string, id ModelID) error {
	final, old := filepath.Join(s.dir, string(id)), filepath.Join(s.dir, oldPrefix+string(id))
	if _, err := os.Stat(final); err == nil {
		if err := errors.Join(os.RemoveAll(old), os.Rename(final, old)); err != nil {
			return err
		}
	}
	if err := os.Rename(tmp, final); err != nil {
		return errors.Join(err, os.Rename(old, final))
	}
	return errors.Join(atomicfile.SyncDir(s.dir), os.RemoveAll(old))
}

func seal(ctx context.Context, r io.Reader, src Source, to string, recipients []age.Recipient, progress Progress) (m Manifest, err error) {
	f, err := os.OpenFile(to, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sealedHash := sha256.New()
	w, err := age.Encrypt(io.MultiWriter(f, sealedHash), recipients...)
	if err != nil {
		return m, err
	}
	plain := &meter{ctx: ctx, r: r, hash: sha256.New(), total: src.Size, progress: progress}
	tee := io.TeeReader(plain, w)
	header, err := gguf.Read(tee)
	switch {
	case errors.Is(err, gguf.ErrTruncated):
		return m, fmt.Errorf("%w: %w", ErrTruncated, err)
	case errors.Is(err, gguf.ErrNotGGUF):
		return m, fmt.Errorf("%w: %w", ErrNotGGUF, err)
	case err != nil:
		return m, err
	case header.Part():
		return m, ErrPart
	case header.Architecture() == "" || len(header.Tensors) == 0:
		return m, fmt.Errorf("%w: it holds no model", ErrNotGGUF)
	}
	if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, tee, make([]byte, 1<<20)); err != nil {
		return m, err
	}
	if err := header.Check(plain.done); err != nil {
		return m, fmt.Errorf("%w: %w", ErrTruncated, err)
	}
	if err := w.Close(); err != nil {
		return m, err
	}
	if err := f.Sync(); err != nil {
		return m, err
	}
	info, err := f.Stat()
	if err != nil {
		return m, err
	}
	sealedHeader, err := age.ExtractHeader(io.NewSectionReader(f, 0, info.Size()))
	if err != nil {
		return m, err
	}
	name := src.Name
	if name == "" {
		name = header.String("general.name")
	}
	if name == "" {
		name = strings.TrimSuffix(src.File, filepath.Ext(src.File))
	}
	purpose := Chat
	if _, embeds := header.Embeds(); embeds {
		purpose = Embedding
	}
	sum := hexSum(plain.hash)
	return Manifest{
		Version:          manifestVersion,
		ID:               ModelID(sum[:16]),
		Name:             name,
		Purpose:          purpose,
		Architecture:     header.Architecture(),
		Parameters:       header.Parameters(),
		Quantisation:     header.Quantisation(),
		ContextLength:    header.ContextLength(),
		ChatTemplate:     header.String("tokenizer.chat_template") != "",
		Licence:          header.String("general.license"),
		Size:             plain.done,
		SHA256:           sum,
		SealedSize:       info.Size(),
		SealedSHA256:     hexSum(sealedHash),
		SealedHeaderHash: hexHash(sealedHeader),
		ImportedAt:       time.Now().UTC().Truncate(time.Second),
		SourceFile:       src.File,
	}, nil
}

func hexSum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

func hexHash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// meter hashes and counts what is read through it, and stops when its context does.
type meter struct {
	ctx         context.Context
	r           io.Reader
	hash        hash.Hash
	done, total int64
	told        int64
	progress    Progress
}

func (m *meter) Read(p []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := m.r.Read(p)
	m.hash.Write(p[:n])
	m.done += int64(n)
	if m.progress != nil && (m.done-m.told >= 4<<20 || errors.Is(err, io.EOF)) {
		m.told = m.done
		m.progress(m.done, m.total)
	}
	return n, err
}
