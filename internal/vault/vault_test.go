package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"subrosa/internal/gguf"
	"subrosa/internal/secret"
)

type fixture struct {
	dir      string
	store    *Store
	identity *age.X25519Identity
	file     string // a GGUF
	plain    []byte
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	f := &fixture{dir: filepath.Join(dir, "models"), identity: identity, file: filepath.Join(dir, "tiny.gguf")}
	f.store = Open(f.dir, secret.Random(32))
	f.plain = model(t, 1)
	if err := os.WriteFile(f.file, f.plain, 0o600); err != nil {
		t.Fatal(err)
	}
	return f
}

func model(t *testing.T, seed uint64) []byte {
	t.Helper()
	s := gguf.Tiny()
	s.Seed = seed
	var b bytes.Buffer
	if _, err := s.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (f *fixture) importFile(path string) (Manifest, error) {
	file, err := gguf.Open(path)
	if err != nil {
		return Manifest{}, err
	}
	defer file.Close()
	return f.store.Import(context.Background(), file, Source{File: filepath.Base(path), Size: file.Size}, f.identity.Recipient(), nil)
}

func (f *fixture) mustImport(t *testing.T) Manifest {
	t.Helper()
	m, err := f.importFile(f.file)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAnImportedModelIsReadableByAge(t *testing.T) {
	f := newFixture(t)
	m := f.mustImport(t)
	if m.Name != "Synthetic tiny" || m.Architecture != "llama" || m.Quantisation != "Q8_0" || m.ContextLength != 512 ||
		!m.ChatTemplate || m.Licence != "CC0-1.0" || m.Size != int64(len(f.plain)) || m.SourceFile != "tiny.gguf" {
		t.Errorf("manifest %+v", m)
	}
	sealed, err := os.Open(filepath.Join(f.dir, string(m.ID), "model.age"))
	if err != nil {
		t.Fatal(err)
	}
	defer sealed.Close()
	r, err := age.Decrypt(sealed, f.identity)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, f.plain) {
		t.Fatalf("age reads %d bytes, %v; want %d", len(got), err, len(f.plain))
	}
}

func TestUnsealGivesTheFileKeyAndNothingMore(t *testing.T) {
	f := newFixture(t)
	m := f.mustImport(t)
	s, err := f.store.Unseal(m.ID, f.identity)
	if err != nil {
		t.Fatal(err)
	}
	key := s.FileKey.Expose()
	r, size, err := age.DecryptReaderAt(s.File, s.Size, age.NewInjectedFileKeyIdentity(bytes.Clone(key)))
	if err != nil || size != m.Size {
		t.Fatalf("%d bytes, %v", size, err)
	}
	got := make([]byte, size)
	if _, err := r.ReadAt(got, 0); err != nil && !errors.Is(err, io.EOF) || !bytes.Equal(got, f.plain) {
		t.Fatalf("the file key opens something else: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(key, make([]byte, 16)) {
		t.Error("Close did not wipe the key")
	}
	if err := f.store.Verify(context.Background(), m.ID, f.identity, nil); err != nil {
		t.Error(err)
	}
}

func TestTheSourceIsNotTouched(t *testing.T) {
	f := newFixture(t)
	if err := os.Chmod(f.file, 0o400); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(f.file)
	if err != nil {
		t.Fatal(err)
	}
	f.mustImport(t)
	after, err := os.Stat(f.file)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(f.file)
	if err != nil || !bytes.Equal(got, f.plain) || !after.ModTime().Equal(before.ModTime()) || after.Mode() != before.Mode() {
		t.Errorf("the source changed: %v %v", after, err)
	}
}

func TestImportingAgainReplacesADamagedModel(t *testing.T) {
	f := newFixture(t)
	m := f.mustImport(t)
	if err := os.Truncate(filepath.Join(f.dir, string(m.ID), "model.age"), 100); err != nil {
		t.Fatal(err)
	}
	again := f.mustImport(t)
	if again.ID != m.ID {
		t.Fatalf("another ID: %s, %s", again.ID, m.ID)
	}
	if err := f.store.Verify(context.Background(), m.ID, f.identity, nil); err != nil {
		t.Error(err)
	}
	if names := entries(t, f.dir); len(names) != 1 {
		t.Errorf("left: %v", names)
	}
}

func entries(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

type reader func([]byte) (int, error)

func (r reader) Read(p []byte) (int, error) { return r(p) }

func TestACancelledImportLeavesNothing(t *testing.T) {
	f := newFixture(t)
	for _, after := range []int{0, 5, 20_000, len(f.plain) - 1} {
		ctx, cancel := context.WithCancel(context.Background())
		src := bytes.NewReader(f.plain)
		read := 0
		r := reader(func(p []byte) (int, error) {
			n, err := src.Read(p[:min(len(p), 1000)])
			read += n
			if read > after {
				cancel()
			}
			return n, err
		})
		_, err := f.store.Import(ctx, r, Source{}, f.identity.Recipient(), nil)
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("after %d bytes: %v", after, err)
		}
		if names := entries(t, f.dir); len(names) != 0 {
			t.Errorf("after %d bytes, left: %v", after, names)
		}
	}
}

func TestWhatIsNoModelIsRefusedAndLeavesNothing(t *testing.T) {
	f := newFixture(t)
	h, err := gguf.Read(bytes.NewReader(f.plain))
	if err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, 100_000)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	for name, c := range map[string]struct {
		content []byte
		want    error
	}{
		"empty":        {nil, ErrNotGGUF},
		"text":         {[]byte("Dear Ms Smith, please find enclosed"), ErrNotGGUF},
		"random bytes": {noise, ErrNotGGUF},
		"no tensors":   {append([]byte("GGUF\x03\x00\x00\x00"), make([]byte, 16)...), ErrNotGGUF},
		"magic only":   {[]byte("GGUF"), ErrTruncated},
		"half header":  {f.plain[:h.DataOffset/2], ErrTruncated},
		"header only":  {f.plain[:h.DataOffset], ErrTruncated},
		"half":         {f.plain[:len(f.plain)/2], ErrTruncated},
		"all but one":  {f.plain[:len(f.plain)-1], ErrTruncated},
	} {
		file := filepath.Join(t.TempDir(), "x.gguf")
		if err := os.WriteFile(file, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := f.importFile(file); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if names := entries(t, f.dir); len(names) != 0 {
			t.Errorf("%s left %v", name, names)
		}
	}
	first, err := gguf.Split(f.plain, t.TempDir(), "m", 2)
	if err != nil {
		t.Fatal(err)
	}
	part, err := os.ReadFile(first)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.store.Import(context.Background(), bytes.NewReader(part), Source{File: "m.gguf"}, f.identity.Recipient(), nil)
	if !errors.Is(err, ErrPart) {
		t.Errorf("one part of a model: %v", err)
	}
}

// named is every error that a damaged model may give.
func named(err error) bool {
	return errors.Is(err, ErrDamaged) || errors.Is(err, ErrManifest) || errors.Is(err, ErrWrongKey)
}

func TestAFlippedByteAnywhereIsNoticed(t *testing.T) {
	f := newFixture(t)
	m := f.mustImport(t)
	random := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"model.age", "manifest.json", "manifest.mac"} {
		path := filepath.Join(f.dir, string(m.ID), name)
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		at := []int{0, 1, len(good) - 1, len(good) / 2}
		for range 40 {
			at = append(at, random.IntN(len(good)), random.IntN(min(len(good), 300)))
		}
		for _, i := range at {
			bad := bytes.Clone(good)
			bad[i] ^= 1 << random.IntN(8)
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			err := f.store.Verify(context.Background(), m.ID, f.identity, nil)
			if name == "manifest.mac" && strings.EqualFold(string(bad), string(good)) {
				continue // the same hex digits, in capitals
			}
			if !named(err) {
				t.Errorf("%s, byte %d of %d: %v", name, i, len(good), err)
			}
			// Everything but the payload is checked before a key is handed out.
			if name != "model.age" || i < 200 {
				if s, err := f.store.Unseal(m.ID, f.identity); err == nil && i < 150 {
					_ = s.Close()
					t.Errorf("%s, byte %d: unsealed", name, i)
				}
			}
		}
		if err := os.WriteFile(path, good, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.store.Verify(context.Background(), m.ID, f.identity, nil); err != nil {
		t.Errorf("restored: %v", err)
	}
}

func TestATruncatedFileIsNoticed(t *testing.T) {
	f := newFixture(t)
	m := f.mustImport(t)
	for _, name := range []string{"model.age", "manifest.json", "manifest.mac"} {
		path := filepath.Join(f.dir, string(m.ID), name)
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{0, 1, 20, len(good) / 3, len(good) - 17, len(good) - 1} {
			if err := os.WriteFile(path, good[:n], 0o600); err != nil {
				t.Fatal(err)
			}
			if name == "manifest.mac" && n == len(good)-1 {
				continue // only the newline is gone
			}
			if _, err := f.store.Unseal(m.ID, f.identity); !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrManifest) {
				t.Errorf("%s, %d bytes of %d: %v", name, n, len(good), err)
			}
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if _, err := f.store.Unseal(m.ID, f.identity); !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrManifest) {
			t.Errorf("without %s: %v", name, err)
		}
		if err := os.WriteFile(path, good, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnotherIdentityDoesNotOpenIt(t *testing.T) {
	f := newFixture(t)
	m := f.mustImport(t)
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.store.Unseal(m.ID, other); !errors.Is(err, ErrWrongKey) {
		t.Errorf("another identity: %v", err)
	}
	if _, err := Open(f.dir, secret.Random(32)).Unseal(m.ID, f.identity); !errors.Is(err, ErrManifest) {
		t.Errorf("another manifest key: %v", err)
	}
	for _, id := range []ModelID{"", "../../etc", "0123456789abcdef", "0123456789ABCDEF", "xyz"} {
		if _, err := f.store.Unseal(id, f.identity); !errors.Is(err, ErrNotFound) {
			t.Errorf("model %q: %v", id, err)
		}
	}
}

func TestSwappedModelsAreNoticed(t *testing.T) {
	f := newFixture(t)
	a := f.mustImport(t)
	b, err := f.store.Import(context.Background(), bytes.NewReader(model(t, 2)), Source{Name: "other"}, f.identity.Recipient(), nil)
	if err != nil {
		t.Fatal(err)
	}
	swap := func(names ...string) {
		for _, name := range names {
			pa, pb := filepath.Join(f.dir, string(a.ID), name), filepath.Join(f.dir, string(b.ID), name)
			for _, r := range [][2]string{{pa, pa + ".x"}, {pb, pa}, {pa + ".x", pb}} {
				if err := os.Rename(r[0], r[1]); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	all := []string{"model.age", "manifest.json", "manifest.mac"}
	for bits := 1; bits < 8; bits++ {
		var names []string
		for i, n := range all {
			if bits>>i&1 == 1 {
				names = append(names, n)
			}
		}
		swap(names...)
		for _, id := range []ModelID{a.ID, b.ID} {
			if _, err := f.store.Unseal(id, f.identity); !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrManifest) {
				t.Errorf("swapped %v: %v", names, err)
			}
		}
		swap(names...)
	}
	// Another payload, sealed to the same recipient by someone who knows only the public half.
	var forged bytes.Buffer
	w, err := age.Encrypt(&forged, f.identity.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(f.plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.dir, string(a.ID), "model.age"), forged.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if int64(forged.Len()) != a.SealedSize {
		t.Fatalf("the forgery has another size, so this tests nothing")
	}
	if _, err := f.store.Unseal(a.ID, f.identity); !errors.Is(err, ErrDamaged) {
		t.Errorf("a forgery: %v", err)
	}
}

func TestListNamesTheModelsThatDoNotVerify(t *testing.T) {
	f := newFixture(t)
	if list, err := f.store.List(); len(list) != 0 || err != nil {
		t.Fatalf("an empty store: %v %v", list, err)
	}
	a := f.mustImport(t)
	b, err := f.store.Import(context.Background(), bytes.NewReader(model(t, 2)), Source{Name: "Another"}, f.identity.Recipient(), nil)
	if err != nil {
		t.Fatal(err)
	}
	list, err := f.store.List()
	if err != nil || len(list) != 2 || list[0].Name != "Another" {
		t.Fatalf("%v %v", list, err)
	}
	if err := os.WriteFile(filepath.Join(f.dir, string(b.ID), "manifest.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err = f.store.List()
	var bad *ModelError
	if len(list) != 1 || list[0].ID != a.ID || !errors.As(err, &bad) || bad.ID != b.ID || !errors.Is(err, ErrManifest) {
		t.Errorf("%v %v", list, err)
	}
	if err := f.store.Remove(b.ID); err != nil {
		t.Error(err)
	}
	if names := entries(t, f.dir); fmt.Sprint(names) != fmt.Sprint([]string{string(a.ID)}) {
		t.Errorf("after Remove: %v", names)
	}
	if err := f.store.Remove(b.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
}

func TestSweepFinishesWhatACrashLeft(t *testing.T) {
	f := newFixture(t)
	m := f.mustImport(t)
	if err := os.MkdirAll(filepath.Join(f.dir, ".import-123"), 0o700); err != nil {
		t.Fatal(err)
	}
	// A replacement that got as far as moving the old one away.
	if err := os.Rename(filepath.Join(f.dir, string(m.ID)), filepath.Join(f.dir, ".old-"+string(m.ID))); err != nil {
		t.Fatal(err)
	}
	if err := f.store.Sweep(); err != nil {
		t.Fatal(err)
	}
	if err := f.store.Verify(context.Background(), m.ID, f.identity, nil); err != nil {
		t.Errorf("the old model is lost: %v", err)
	}
	// And one that got as far as putting the new one in place.
	if err := os.MkdirAll(filepath.Join(f.dir, ".old-"+string(m.ID)), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := f.store.Sweep(); err != nil {
		t.Fatal(err)
	}
	if names := entries(t, f.dir); fmt.Sprint(names) != fmt.Sprint([]string{string(m.ID)}) {
		t.Errorf("left: %v", names)
	}
}

func TestAnImportWritesNoPlaintext(t *testing.T) {
	f := newFixture(t)
	t.Setenv("TMPDIR", t.TempDir())
	var needles [][]byte
	for at := len(f.plain) / 2; at < len(f.plain)-64; at += 20_000 {
		needles = append(needles, f.plain[at:at+64])
	}
	search := func(roots ...string) (found []string, files int) {
		for _, root := range roots {
			_ = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
				if err != nil || !d.Type().IsRegular() {
					return nil
				}
				b, err := os.ReadFile(path)
				if err != nil {
					return nil
				}
				files++
				for _, n := range needles {
					if bytes.Contains(b, n) {
						found = append(found, path)
						break
					}
				}
				return nil
			})
		}
		return found, files
	}
	searched := 0
	src := bytes.NewReader(f.plain)
	r := reader(func(p []byte) (int, error) { // in the middle of the import, and at its end
		n, err := src.Read(p[:min(len(p), 50_000)])
		found, files := search(f.dir, os.TempDir())
		if len(found) > 0 {
			t.Errorf("while importing: %v", found)
		}
		searched += files
		return n, err
	})
	if _, err := f.store.Import(context.Background(), r, Source{}, f.identity.Recipient(), nil); err != nil {
		t.Fatal(err)
	}
	if found, files := search(f.dir, os.TempDir()); len(found) > 0 || files != 3 || searched == 0 {
		t.Errorf("after importing: %v in %d files, %d looked at before", found, files, searched)
	}
	// The control: the source itself is found.
	if found, _ := search(filepath.Dir(f.file)); len(found) != 1 || found[0] != f.file {
		t.Errorf("the plaintext source was not found: %v", found)
	}
}
