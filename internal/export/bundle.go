package export

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/gzip"
	"golang.org/x/mod/sumdb/tlog"

	"subrosa/internal/atomicfile"
	"subrosa/internal/audit"
	"subrosa/internal/export/bundle"
)

// What writing a bundle answers. A caller branches on them with errors.Is.
var (
	// ErrRoom: the target is full. What was written so far stays, under a temporary name, for the next try.
	ErrRoom = errors.New("no room for the export")
	// ErrTarget: the target cannot be written or read: pulled out, write-protected, broken. Likewise.
	ErrTarget = errors.New("the target of the export fails")
	// ErrReadBack: what was read back is not what was written. The bundle was not given its name.
	ErrReadBack = errors.New("the export does not read back")
	// ErrRecord: the record itself does not verify any more; nothing was given its name.
	ErrRecord = errors.New("the record cannot be read")
)

// Step is what an export is doing.
type Step string

// The steps, in order.
const (
	Writing   Step = "writing"   // entries
	Tree      Step = "tree"      // entries
	Verifying Step = "verifying" // bytes, read back from the target
)

// Bundle is an audit bundle to be written.
type Bundle struct {
	Dir     string // an existing directory on the target
	Journal string // a file on this workstation that remembers what is finished, so that the next try goes on; empty: none
	Source
	Recipients []string // age recipients; none: everything in the clear
	Compress   bool     // OCSF and FHIR, which are most of it, with gzip
	Since      time.Time
	Until      time.Time
	Matter     string
	InMatter   func(conversation string) bool // for entries that name a conversation and no matter; may be nil
	Unrecorded string                         // why this export has no entry of its own
	Made       time.Time
	Progress   func(step Step, done, total int64) // may be nil; not called concurrently

	target target // nil: the file system
	per    int64  // 0: partEntries
}

// Written says what lies on the target.
type Written struct {
	Path     string
	Manifest bundle.Manifest
	Bytes    int64
	Resumed  int // parts that an earlier try had finished
}

// partEntries is how many sequence numbers a part covers. Parts never change once the record has grown past them, so an
// interrupted export can keep them though the record, and with it the checkpoint, has grown since.
const partEntries = 1 << 16

// Write writes the bundle: into a directory with a temporary name, each part made durable, the manifest last, all of it read
// back from the target and verified, and only then renamed. Whatever happens before, nothing there verifies as a bundle that
// is not whole. After an error or a cancelled context the same call goes on where it stopped.
func (b Bundle) Write(ctx context.Context, snap *audit.Snapshot) (Written, error) {
	w, err := b.newWriter(snap)
	if err != nil {
		return Written{}, err
	}
	defer w.close()
	out, err := w.run(ctx)
	if err != nil {
		return Written{}, fmt.Errorf("export to %s: %w", b.Dir, err)
	}
	return out, nil
}

type writer struct {
	Bundle
	snap       *audit.Snapshot
	disk       disk
	recipients []age.Recipient
	journal    journal
	dir        string // the temporary directory
	fhir       *fhirWriter
	figures    *figures
	leaves     audit.Leaves
	jobs       chan *job // that are free: their buffers are large, and last for all parts
	manifest   bundle.Manifest
	closing    *closing // the last part; nil: it is durable
	resumed    int
}

func (b Bundle) newWriter(snap *audit.Snapshot) (*writer, error) {
	recipients, err := Recipients(b.Recipients)
	if err != nil {
		return nil, err
	}
	w := &writer{Bundle: b, snap: snap, recipients: recipients, fhir: b.fhir(), figures: newFigures()}
	w.jobs = make(chan *job, 8*max(2, runtime.GOMAXPROCS(0)))
	for range cap(w.jobs) {
		w.jobs <- &job{}
	}
	if w.disk, err = openDisk(b.Dir); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTarget, err)
	}
	if w.target == nil {
		w.target = w.disk
	}
	if w.per == 0 {
		w.per = partEntries
	}
	if w.Progress == nil {
		w.Progress = func(Step, int64, int64) {}
	}
	w.manifest = bundle.Manifest{
		Origin: snap.Origin, Size: snap.Size, Root: snap.Root, Made: b.Made.UTC().Truncate(time.Second), Program: b.Version,
		Since: utc(b.Since), Until: utc(b.Until), Matter: b.Matter, Recipients: b.Recipients, Unrecorded: b.Unrecorded,
	}
	return w, nil
}

func utc(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC()
}

func (w *writer) close() { _ = w.disk.Close() }

func (w *writer) run(ctx context.Context) (Written, error) {
	if err := w.start(); err != nil {
		return Written{}, err
	}
	err := w.recordAndTree(ctx)
	if unsettled := w.settle(); err == nil {
		err = unsettled
	}
	if err != nil {
		return Written{}, err
	}
	if err := w.target.Sync(w.dir, true); err != nil {
		return Written{}, targetError(err)
	}
	for _, step := range []func() error{w.report, w.seal} {
		if err := ctx.Err(); err != nil {
			return Written{}, err
		}
		if err := step(); err != nil {
			return Written{}, err
		}
	}
	if err := w.readBack(ctx); err != nil {
		return Written{}, err
	}
	return w.finish()
}

// recordAndTree writes the parts, and the tree while the last of them is made durable.
func (w *writer) recordAndTree(ctx context.Context) error {
	for first := int64(0); first < w.snap.Size; first += w.per {
		if err := w.part(ctx, first); err != nil {
			return err
		}
	}
	if err := w.snap.Proves(&w.leaves); err != nil {
		return fmt.Errorf("%w: %w", ErrRecord, err)
	}
	return w.tree(ctx)
}

// start finds what an earlier try left, or begins anew.
func (w *writer) start() error {
	w.journal = w.readJournal()
	if w.journal.Partial != "" {
		w.dir = filepath.Join(w.Dir, w.journal.Partial)
		if info, err := os.Lstat(w.dir); err == nil && info.IsDir() {
			return w.clearRest()
		}
	}
	w.journal = journal{Asked: w.asked(), Partial: "." + w.name() + ".partial"}
	w.dir = filepath.Join(w.Dir, w.journal.Partial)
	if err := os.RemoveAll(w.dir); err != nil {
		return targetError(err)
	}
	if err := w.target.Mkdir(w.dir); err != nil {
		return targetError(err)
	}
	if err := w.target.Sync(w.Dir, false); err != nil {
		return targetError(err)
	}
	w.writeJournal()
	return nil
}

// clearRest removes everything but finished parts: a tree, a report or a manifest of an older checkpoint.
func (w *writer) clearRest() error {
	keep := map[string]bool{}
	for _, p := range w.journal.Parts {
		for _, f := range p.Files {
			keep[f.Name] = true
		}
	}
	there, err := os.ReadDir(w.dir)
	if err != nil {
		return targetError(err)
	}
	for _, e := range there {
		if !keep[e.Name()] {
			if err := os.RemoveAll(filepath.Join(w.dir, e.Name())); err != nil {
				return targetError(err)
			}
		}
	}
	return nil
}

// name is the bundle's: subrosa-audit-ORIGIN-TIME.
func (w *writer) name() string {
	short := fhirID(path.Base(w.Origin))
	return "subrosa-audit-" + short[:min(len(short), 16)] + "-" + w.manifest.Made.Format("20060102T150405Z")
}

func (w *writer) fileName(base string) string {
	if len(w.recipients) > 0 {
		return base + bundle.Encrypted
	}
	return base
}

// tree writes the record's tree, in the clear. It is not yet durable.
func (w *writer) tree(ctx context.Context) error {
	root := filepath.Join(w.dir, bundle.TreeDir)
	made := map[string]bool{}
	put := func(name string, data []byte) error {
		full := filepath.Join(root, filepath.FromSlash(name))
		if err := w.mkdirs(filepath.Dir(full), made); err != nil {
			return err
		}
		f, err := w.target.Create(full)
		if err != nil {
			return targetError(err)
		}
		_, err = f.Write(data)
		return targetError(errors.Join(err, f.Close())) // made durable by the deep sync of run
	}
	if err := put("checkpoint", w.snap.Checkpoint); err != nil {
		return err
	}
	if err := put("key", w.snap.Keys); err != nil {
		return err
	}
	var done int64
	err := w.snap.Tiles(ctx, func(path string, data []byte) error {
		if strings.HasPrefix(path, "tile/0/") {
			done += int64(len(data) / sha256.Size)
			w.Progress(Tree, min(done, w.snap.Size), w.snap.Size)
		}
		return put(path, data)
	})
	if err != nil {
		return recordError(ctx, err)
	}
	return nil
}

func (w *writer) mkdirs(dir string, made map[string]bool) error {
	if made[dir] || dir == w.dir {
		return nil
	}
	if err := w.mkdirs(filepath.Dir(dir), made); err != nil {
		return err
	}
	made[dir] = true
	return targetError(w.target.Mkdir(dir))
}

// report writes the page for people.
func (w *writer) report() error {
	p := provenance{
		Source: w.Source, Size: w.snap.Size, Root: w.snap.Root, Made: w.manifest.Made, Filter: w.filterInWords(), Pruned: w.manifest.Pruned,
		Readable: "The entries and this page are not encrypted: whoever has the bundle can read them.",
	}
	if len(w.recipients) > 0 {
		p.Readable = "The entries and this page were encrypted to " + strings.Join(w.Recipients, " and ") + "."
	}
	out, err := w.create("report.html")
	if err != nil {
		return err
	}
	var page bytes.Buffer // a template writes in crumbs
	err = w.figures.write(&page, p)
	if err == nil {
		_, err = out.Write(page.Bytes())
	}
	if err != nil {
		out.abandon()
		return targetError(err)
	}
	f, err := out.finish()
	w.manifest.Files = append(w.manifest.Files, f)
	return err
}

func (w *writer) filterInWords() string {
	var parts []string
	if !w.Since.IsZero() {
		parts = append(parts, "from "+w.Since.UTC().Format("2 January 2006 15:04 UTC"))
	}
	if !w.Until.IsZero() {
		parts = append(parts, "before "+w.Until.UTC().Format("2 January 2006 15:04 UTC"))
	}
	if w.Matter != "" {
		parts = append(parts, "of the matter "+w.Matter)
	}
	return strings.Join(parts, ", ")
}

// seal writes the manifest, when all that it lists is durable.
func (w *writer) seal() error {
	text, err := w.manifest.Text()
	if err != nil {
		return err
	}
	msg, err := w.snap.Sign(text)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRecord, err)
	}
	if err := w.target.Sync(w.dir, false); err != nil {
		return targetError(err)
	}
	f, err := w.target.Create(filepath.Join(w.dir, bundle.ManifestFile))
	if err != nil {
		return targetError(err)
	}
	_, err = f.Write(msg)
	if err == nil {
		err = f.Sync()
	}
	if err := targetError(errors.Join(err, f.Close())); err != nil {
		return err
	}
	return targetError(w.target.Sync(w.dir, false))
}

// readBack reads everything from the target, not from memory, and verifies it as the auditor will.
func (w *writer) readBack(ctx context.Context) error {
	err := filepath.WalkDir(w.dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			w.disk.uncached(path)
		}
		return err
	})
	if err != nil {
		return targetError(err)
	}
	r, err := bundle.Verify(w.dir, bundle.Options{
		Progress: func(done, total int64) { w.Progress(Verifying, done, total) }, Context: ctx, Behind: dropCache,
	})
	var broken *audit.BrokenError
	switch {
	case errors.As(err, &broken):
		_ = os.Remove(filepath.Join(w.dir, bundle.ManifestFile))
		return fmt.Errorf("%w: %w", ErrReadBack, err)
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return targetError(err)
	}
	if r.Tree.Root != w.snap.Root || r.Manifest.Entries != w.manifest.Entries {
		return ErrReadBack
	}
	return ctx.Err()
}

func (w *writer) finish() (Written, error) {
	out := Written{Path: filepath.Join(w.Dir, w.name()), Manifest: w.manifest, Resumed: w.resumed}
	for _, f := range w.manifest.Files {
		out.Bytes += f.Size
	}
	if err := w.target.Rename(w.dir, out.Path); err != nil {
		return Written{}, targetError(err)
	}
	if err := w.target.Sync(w.Dir, false); err != nil {
		return Written{}, targetError(err)
	}
	if w.Journal != "" {
		_ = os.Remove(w.Journal) // if it stays, the next export finds no directory of that name and begins anew
	}
	return out, nil
}

// journal remembers, on the workstation and not on the target, what is finished there.
type journal struct {
	Asked   string    `json:"asked"`   // a hash of what was asked for
	Partial string    `json:"partial"` // the directory's temporary name
	Parts   []partLog `json:"parts"`
}

type partLog struct {
	First   int64         `json:"first"`
	Lines   string        `json:"lines"` // SHA-256 over the leaf hashes of the record's lines
	Entries int64         `json:"entries"`
	Pruned  int64         `json:"pruned"`
	Files   []bundle.File `json:"files"`

	figures *figures
	leaves  []tlog.Hash
}

// same tells whether two readings found the same lines. One that was pruned in between kept its leaf hash, but is counted
// in another place.
func (p *partLog) same(q partLog) bool {
	return p.Lines == q.Lines && p.Entries == q.Entries && p.Pruned == q.Pruned
}

func (w *writer) asked() string {
	h := sha256.New()
	e := json.NewEncoder(h)
	_ = e.Encode([]any{w.Origin, w.Version, w.Recipients, w.Compress, utc(w.Since), utc(w.Until), w.Matter, w.per}) // a hash never fails
	return hex.EncodeToString(h.Sum(nil))
}

// readJournal answers an empty one where there is none for what is asked: an export that begins anew is no error.
func (w *writer) readJournal() journal {
	var j journal
	if w.Journal == "" {
		return j
	}
	data, err := os.ReadFile(w.Journal)
	if err != nil || json.Unmarshal(data, &j) != nil || j.Asked != w.asked() || j.Partial != filepath.Base(j.Partial) ||
		!strings.HasPrefix(j.Partial, ".subrosa-audit-") {
		return journal{}
	}
	return j
}

// writeJournal may fail: on a workstation whose disk is full an export must still work, and begins anew when interrupted.
func (w *writer) writeJournal() {
	if data, err := json.Marshal(w.journal); err == nil && w.Journal != "" {
		_ = atomicfile.Write(w.Journal, data)
	}
}

// output is one file of the bundle: content -> gzip -> age -> SHA-256 and file.
type output struct {
	name   string
	f      file
	sum    hashWriter
	in     io.Writer
	layers []io.Closer // gzip and age, those that there are, in the order in which they end
}

func (w *writer) create(base string) (*output, error) {
	o := &output{name: w.fileName(base)}
	var err error
	if o.f, err = w.target.Create(filepath.Join(w.dir, o.name)); err != nil {
		return nil, targetError(err)
	}
	o.sum = hashWriter{to: o.f, h: sha256.New()}
	o.in = &o.sum
	if len(w.recipients) > 0 {
		sealed, err := age.Encrypt(o.in, w.recipients...)
		if err != nil {
			o.abandon()
			return nil, targetError(err)
		}
		o.in, o.layers = sealed, []io.Closer{sealed}
	}
	if strings.HasSuffix(base, bundle.Compressed) {
		packed, err := gzip.NewWriterLevel(o.in, gzip.BestSpeed)
		if err != nil {
			o.abandon()
			return nil, err
		}
		o.in, o.layers = packed, append([]io.Closer{packed}, o.layers...)
	}
	return o, nil
}

func (o *output) Write(p []byte) (int, error) { return o.in.Write(p) }

func (o *output) abandon() { _ = o.f.Close() }

// finish makes the file durable and says how the manifest lists it.
func (o *output) finish() (bundle.File, error) {
	var err error
	for _, layer := range o.layers {
		if err == nil {
			err = layer.Close()
		}
	}
	if err == nil {
		err = o.f.Sync()
	}
	if err := targetError(errors.Join(err, o.f.Close())); err != nil {
		return bundle.File{}, err
	}
	return bundle.File{Name: o.name, Size: o.sum.n, SHA256: hex.EncodeToString(o.sum.h.Sum(nil))}, nil
}

// Recipients parses age recipients: X25519 and the hybrid post-quantum ones. age refuses a mix of the two.
func Recipients(list []string) ([]age.Recipient, error) {
	if len(list) == 0 {
		return nil, nil
	}
	found, err := age.ParseRecipients(strings.NewReader(strings.Join(list, "\n")))
	if err == nil && len(found) != len(list) {
		err = errors.New("an empty line or a comment")
	}
	if err == nil {
		_, err = age.Encrypt(io.Discard, found...)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRecipient, err)
	}
	return found, nil
}

// ErrRecipient means that something is no age recipient, or that two do not go together.
var ErrRecipient = errors.New("not an age recipient")

func targetError(err error) error {
	switch {
	case err == nil, errors.Is(err, ErrRoom), errors.Is(err, ErrTarget), errors.Is(err, fs.ErrExist):
		return err
	case noRoom(err):
		return fmt.Errorf("%w: %w", ErrRoom, err)
	}
	return fmt.Errorf("%w: %w", ErrTarget, err)
}

func recordError(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, ErrRoom), errors.Is(err, ErrTarget):
		return err
	}
	return fmt.Errorf("%w: %w", ErrRecord, err)
}
