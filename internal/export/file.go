package export

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"subrosa/internal/export/bundle"
)

// File is a single file to be written to a target, under the same rules as a bundle: a temporary name, made durable, read
// back, and only then given its name, which must be free.
type File struct {
	Path       string
	Recipients []string // age recipients; none: in the clear

	target target // nil: the file system
}

// Write writes what content writes. After an error nothing lies there.
func (f File) Write(ctx context.Context, content func(io.Writer) error) (bundle.File, error) {
	out, err := f.write(ctx, content)
	if err != nil {
		return bundle.File{}, fmt.Errorf("write %s: %w", f.Path, err)
	}
	return out, nil
}

func (f File) write(ctx context.Context, content func(io.Writer) error) (out bundle.File, err error) {
	recipients, err := Recipients(f.Recipients)
	if err != nil {
		return out, err
	}
	dir := filepath.Dir(f.Path)
	d, err := openDisk(dir)
	if err != nil {
		return out, targetError(err)
	}
	defer func() { _ = d.Close() }()
	if f.target == nil {
		f.target = d
	}
	if _, err := os.Lstat(f.Path); !errors.Is(err, fs.ErrNotExist) {
		return out, targetError(errors.Join(err, fs.ErrExist))
	}
	temporary := filepath.Join(dir, "."+filepath.Base(f.Path)+".partial")
	_ = os.Remove(temporary) // of an earlier try; if it stays, creating it fails
	defer func() {
		if err != nil {
			_ = os.Remove(temporary)
		}
	}()
	if out, err = f.put(temporary, recipients, content); err != nil {
		return out, err
	}
	if err := ctx.Err(); err != nil {
		return out, err
	}
	d.uncached(temporary)
	if !matches(temporary, out) {
		return out, ErrReadBack
	}
	if err := f.target.Rename(temporary, f.Path); err != nil {
		return out, targetError(err)
	}
	return out, targetError(f.target.Sync(dir, false))
}

func (f File) put(temporary string, recipients []age.Recipient, content func(io.Writer) error) (bundle.File, error) {
	raw, err := f.target.Create(temporary)
	if err != nil {
		return bundle.File{}, targetError(err)
	}
	sum := &hashWriter{to: raw, h: sha256.New()}
	var to io.WriteCloser = nopCloser{sum}
	if len(recipients) > 0 {
		if to, err = age.Encrypt(sum, recipients...); err != nil {
			_ = raw.Close()
			return bundle.File{}, targetError(err)
		}
	}
	err = content(to)
	if err != nil && sum.err == nil {
		_ = raw.Close()
		return bundle.File{}, err // of the content, not of the target
	}
	if err == nil {
		err = to.Close()
	}
	if err == nil {
		err = raw.Sync()
	}
	if err := targetError(errors.Join(err, raw.Close())); err != nil {
		return bundle.File{}, err
	}
	return bundle.File{Name: filepath.Base(f.Path), Size: sum.n, SHA256: hex.EncodeToString(sum.h.Sum(nil))}, nil
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// WriteEvidence copies a record that does not verify, as it lies there, into a new directory on the target: it is no bundle
// and never verifies as one, but nothing that is left of the record is lost. reason goes beside it. It returns the path.
func (b Bundle) WriteEvidence(ctx context.Context, record, reason string) (string, error) {
	recipients, err := Recipients(b.Recipients)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(b.Dir, "subrosa-evidence-"+b.Made.UTC().Format("20060102T150405Z"))
	if err := b.writeEvidence(ctx, dir, record, reason, recipients); err != nil {
		return "", fmt.Errorf("export to %s: %w", b.Dir, err)
	}
	return dir, nil
}

func (b Bundle) writeEvidence(ctx context.Context, dir, record, reason string, recipients []age.Recipient) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return targetError(err)
	}
	names, err := os.ReadDir(record)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRecord, err)
	}
	name := func(base string) string {
		if len(recipients) > 0 {
			base += bundle.Encrypted
		}
		return filepath.Join(dir, base)
	}
	text := "This is a copy of an audit record that does NOT verify, as it lay on the workstation on " + b.Made.UTC().Format(time.RFC1123) + ".\n" +
		"It proves nothing. What was found: " + reason + "\n"
	_, err = File{Path: name("READ-ME.txt"), Recipients: b.Recipients}.write(ctx, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
	if err != nil {
		return err
	}
	for _, e := range names {
		if !e.Type().IsRegular() || strings.HasSuffix(e.Name(), ".tmp") {
			continue
		}
		_, err := File{Path: name(e.Name()), Recipients: b.Recipients}.write(ctx, func(w io.Writer) error {
			f, err := os.Open(filepath.Join(record, e.Name()))
			if err != nil {
				return fmt.Errorf("%w: %w", ErrRecord, err)
			}
			defer func() { _ = f.Close() }()
			_, err = io.Copy(w, f)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
