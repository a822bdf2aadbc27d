package bundle

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"filippo.io/age"

	"subrosa/internal/audit"
)

// Options of Verify.
type Options struct {
	Identities []age.Identity          // the auditor's, to check the entries of an encrypted bundle
	Progress   func(done, total int64) // bytes; may be nil
	Context    context.Context         // ends it early; may be nil
	// Behind is told what of a file has been read and will not be again; may be nil. It is called concurrently.
	Behind func(f *os.File, from, to int64)
}

// Report says what Verify found in a bundle that is whole.
type Report struct {
	Tree           *audit.Tree
	Manifest       Manifest
	Bytes          int64          // of the listed files
	EntriesChecked bool           // their content was compared with the tree, leaf by leaf
	Findings       audit.Findings // of the entries, where they were checked
}

// Is tells whether dir looks like a bundle.
func Is(dir string) bool {
	info, err := os.Lstat(filepath.Join(dir, ManifestFile))
	return err == nil && info.Mode().IsRegular()
}

// Verify checks the bundle in dir. It answers *audit.BrokenError where the bundle is not what a workstation wrote, and
// another error where it could not be read.
func Verify(dir string, o Options) (Report, error) {
	r, err := verify(dir, o)
	if err != nil {
		return Report{}, fmt.Errorf("verify bundle: %w", err)
	}
	return r, nil
}

func broken(file, reason string) error {
	return &audit.BrokenError{Index: -1, File: file, Reason: reason}
}

func verify(dir string, o Options) (Report, error) {
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
		return Report{}, err
	case !info.IsDir():
		return Report{}, broken(filepath.Base(dir), "not a directory")
	}
	msg, err := readManifest(dir)
	if err != nil {
		return Report{}, err
	}
	r := Report{}
	if r.Tree, err = audit.OpenTree(os.DirFS(filepath.Join(dir, TreeDir))); err != nil {
		return Report{}, err
	}
	text, err := r.Tree.OpenNote(msg)
	if err != nil {
		return Report{}, broken(ManifestFile, "not signed by the record's key")
	}
	var ok bool
	if r.Manifest, ok = parse(text); !ok {
		return Report{}, broken(ManifestFile, "not a manifest as this program writes them")
	}
	m := &r.Manifest
	if m.Origin != r.Tree.Origin || m.Size != r.Tree.Size || m.Root != r.Tree.Root {
		return Report{}, broken(ManifestFile, "not of this tree")
	}
	if !m.Filtered() && m.Entries != m.Size {
		return Report{}, broken(ManifestFile, "says that it leaves nothing out, and has fewer entries than the tree")
	}
	if err := onlyListed(dir, m.Files); err != nil {
		return Report{}, err
	}
	for _, f := range m.Files {
		r.Bytes += f.Size
	}
	v := verifier{dir: dir, ctx: o.Context, progress: o.Progress, total: r.Bytes, identities: o.Identities, behind: o.Behind}
	if len(m.Recipients) == 0 || len(o.Identities) > 0 {
		v.entries = r.Tree.Entries()
	}
	if err := v.files(m.Files); err != nil {
		return Report{}, err
	}
	if v.entries == nil {
		return r, nil
	}
	if v.lines != m.Entries {
		return Report{}, broken(ManifestFile, fmt.Sprintf("lists %d entries, and there are %d", m.Entries, v.lines))
	}
	if r.Findings, err = v.entries.Done(); err != nil {
		return Report{}, err
	}
	r.EntriesChecked = true
	return r, nil
}

func readManifest(dir string) ([]byte, error) {
	f, err := openRegular(dir, ManifestFile)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	msg, err := io.ReadAll(io.LimitReader(f, mostManifest+1))
	if err == nil && len(msg) > mostManifest {
		err = broken(ManifestFile, "too large")
	}
	return msg, err
}

func openRegular(dir, name string) (*os.File, error) {
	path := filepath.Join(dir, name)
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, broken(name, "the file is missing")
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, broken(name, "not a regular file")
	}
	return os.Open(path)
}

// onlyListed refuses what is not in the manifest: nothing that a reader finds in a bundle may be there unproved.
func onlyListed(dir string, files []File) error {
	listed := map[string]bool{ManifestFile: true, TreeDir: true}
	for _, f := range files {
		listed[f.Name] = true
	}
	there, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range there {
		if !listed[e.Name()] && !strings.HasSuffix(e.Name(), cosigned) {
			return broken(e.Name(), "not in the manifest")
		}
	}
	return nil
}

// files checks all, the entries in their order and the others beside them. Of several faults the first in the manifest counts.
func (v *verifier) files(list []File) error {
	errs := make([]error, len(list))
	var beside []int // the largest first: one that begins last would be read alone
	for i, f := range list {
		if !isEntries(f.Name) {
			beside = append(beside, i)
		}
	}
	slices.SortStableFunc(beside, func(a, b int) int { return cmp.Compare(list[b].Size, list[a].Size) })
	rest := make(chan int, len(beside))
	for _, i := range beside {
		rest <- i
	}
	close(rest)
	others := func() {
		for i := range rest {
			errs[i] = v.file(list[i])
		}
	}
	var group sync.WaitGroup
	for range max(1, runtime.GOMAXPROCS(0)-1) {
		group.Go(others)
	}
	for i, f := range list {
		if isEntries(f.Name) {
			if errs[i] = v.file(f); errs[i] != nil {
				break // what follows would only be out of order
			}
		}
	}
	others()
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func isEntries(name string) bool {
	return strings.HasPrefix(name, EntriesPrefix) && strings.HasSuffix(strings.TrimSuffix(name, Encrypted), ".jsonl")
}

type verifier struct {
	dir         string
	ctx         context.Context
	identities  []age.Identity
	behind      func(f *os.File, from, to int64)
	progress    func(done, total int64)
	mu          sync.Mutex // guards done, and keeps calls of progress apart
	done, total int64
	entries     *audit.EntryCheck // nil: not looked at
	lines       int64
}

// file compares a file with the manifest and, where it holds entries that can be read, those with the tree.
func (v *verifier) file(want File) error {
	f, err := openRegular(v.dir, want.Name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	sum := sha256.New()
	read := &counter{f: f, r: io.TeeReader(f, sum), v: v}
	if v.entries != nil && isEntries(want.Name) {
		err := v.check(want.Name, read)
		if read.err != nil { // a drive that cannot be read is no broken bundle
			return read.err
		}
		if err != nil {
			return err
		}
	}
	if _, err := io.CopyBuffer(writerOnly{io.Discard}, read, make([]byte, 1<<18)); err != nil {
		return err
	}
	if read.n != want.Size || hex.EncodeToString(sum.Sum(nil)) != want.SHA256 {
		return broken(want.Name, "not as the manifest lists it")
	}
	return nil
}

func (v *verifier) check(name string, r io.Reader) error {
	if strings.HasSuffix(name, Encrypted) {
		plain, err := age.Decrypt(r, v.identities...)
		if err != nil {
			var none *age.NoIdentityMatchError
			if errors.As(err, &none) {
				return fmt.Errorf("%s: %w", name, ErrIdentity)
			}
			return broken(name, "does not decrypt")
		}
		r = plain
	}
	lines := bufio.NewReaderSize(r, 1<<17)
	for {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if err != nil {
			return broken(name, "cut off, changed, or a line that is too long")
		}
		if err := v.entries.Line(line[:len(line)-1]); err != nil {
			return err
		}
		v.lines++
	}
}

// ErrIdentity means that the bundle is not encrypted to any of the identities that were given.
var ErrIdentity = errors.New("not encrypted to this identity")

// counter counts and reports what is read.
type counter struct {
	f   *os.File
	r   io.Reader
	n   int64
	at  int64 // what lies before it was left behind
	err error // other than io.EOF
	v   *verifier
}

func (c *counter) Read(b []byte) (int, error) {
	if c.v.ctx != nil && c.v.ctx.Err() != nil {
		c.err = c.v.ctx.Err()
		return 0, c.err
	}
	n, err := c.r.Read(b)
	if err != nil && err != io.EOF {
		c.err = err
	}
	c.n += int64(n)
	if c.v.behind != nil && (c.n-c.at >= 8<<20 || err == io.EOF) {
		c.v.behind(c.f, c.at, c.n)
		c.at = c.n
	}
	c.v.read(n)
	return n, err
}

func (v *verifier) read(n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.done += int64(n)
	if v.progress != nil {
		v.progress(min(v.done, v.total), v.total)
	}
}

// writerOnly hides that io.Discard reads by itself, 8 KiB at a time.
type writerOnly struct{ io.Writer }
