package backup

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
)

func sources() []Source {
	return []Source{
		Bytes("keys/bundle.json", []byte("{}")), Bytes("audit/entries", bytes.Repeat([]byte("entry\n"), 30_000)),
		Bytes("policy/policy.yaml", nil), Bytes("history.db", bytes.Repeat([]byte{7}, 200_000)),
	}
}

func identity(t *testing.T) *age.X25519Identity {
	t.Helper()
	i, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestABackupComesBack(t *testing.T) {
	classic, other := identity(t), identity(t)
	hybrid, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	for recipient, id := range map[string]age.Identity{classic.Recipient().String(): classic, hybrid.Recipient().String(): hybrid} {
		dir := t.TempDir()
		if _, err := Write(t.Context(), dir, "b.age", Manifest{Origin: "o", Generation: 9}, sources(), recipient); err != nil {
			t.Fatal(err)
		}
		archive := filepath.Join(dir, "b.age")
		if b, err := os.ReadFile(archive); err != nil || bytes.Contains(b, []byte("entry\nentry")) {
			t.Error("it is not encrypted", err)
		}
		home := filepath.Join(dir, "home")
		m, err := Restore(t.Context(), archive, home, nil, id)
		if err != nil || m.Generation != 9 || len(m.Files) != 4 {
			t.Fatal(m, err)
		}
		for _, s := range sources() {
			got, err := os.ReadFile(filepath.Join(home, s.Name))
			r, _ := s.Open()
			if want, _ := io.ReadAll(r); err != nil || !bytes.Equal(got, want) {
				t.Error(s.Name, err)
			}
		}
		if _, err := Restore(t.Context(), archive, home, nil, id); !errors.Is(err, ErrExists) {
			t.Error(err)
		}
		if _, err := Restore(t.Context(), archive, filepath.Join(dir, "no"), nil, other); !errors.Is(err, ErrIdentity) {
			t.Error(err)
		}
		if _, err := Write(t.Context(), dir, "b.age", Manifest{}, sources(), recipient); !errors.Is(err, ErrExists) {
			t.Error(err)
		}
		if left, _ := filepath.Glob(dir + "/*"); len(left) != 2 {
			t.Error(left)
		}
	}
	for _, bad := range []string{"", "age1nonsense", "AGE-SECRET-KEY-1"} {
		if _, err := Write(t.Context(), t.TempDir(), "b.age", Manifest{}, sources(), bad); !errors.Is(err, ErrRecipient) {
			t.Error(bad, err)
		}
	}
}

// cut ends after n bytes, as a stick does that is pulled.
type cut struct {
	r io.Reader
	n int
}

func (c *cut) Read(p []byte) (int, error) {
	if c.n <= 0 {
		return 0, io.ErrClosedPipe
	}
	n, err := c.r.Read(p[:min(len(p), c.n)])
	c.n -= n
	return n, err
}

func (c *cut) Close() error { return nil }

func TestACutBackupLeavesNothing(t *testing.T) {
	id := identity(t)
	for _, after := range []int{0, 1, 100_000, 250_000, 399_999} {
		dir := t.TempDir()
		failing := Source{"history.db", 200_000, func() (io.ReadCloser, error) { return &cut{bytes.NewReader(make([]byte, 200_000)), after}, nil }}
		reads := 0
		if after >= 200_000 { // the second reading of it, into the archive
			failing.Open = func() (io.ReadCloser, error) {
				reads++
				return &cut{bytes.NewReader(make([]byte, 200_000)), 200_000 - (reads-1)*(400_000-after)}, nil
			}
		}
		if _, err := Write(t.Context(), dir, "b.age", Manifest{}, []Source{failing}, id.Recipient().String()); err == nil {
			t.Error("no error")
		}
		if left, _ := os.ReadDir(dir); len(left) != 0 {
			t.Errorf("cut after %d: %v", after, left)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Write(ctx, t.TempDir(), "b.age", Manifest{}, sources(), id.Recipient().String()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestADamagedBackupIsNamedAndLeavesNothing(t *testing.T) {
	id, dir := identity(t), t.TempDir()
	if _, err := Write(t.Context(), dir, "b.age", Manifest{}, sources(), id.Recipient().String()); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(filepath.Join(dir, "b.age"))
	if err != nil {
		t.Fatal(err)
	}
	try := func(what string, at int, bad []byte) {
		t.Helper()
		name, home := filepath.Join(dir, "bad.age"), filepath.Join(dir, "home")
		if err := os.WriteFile(name, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Restore(t.Context(), name, home, nil, id); !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrIdentity) {
			t.Errorf("%s %d: %v", what, at, err)
		}
		if left, _ := filepath.Glob(home + "*"); len(left) != 0 {
			t.Errorf("%s %d: %v", what, at, left)
		}
	}
	for at := 0; at < len(good); at += 1 + len(good)/150 {
		bad := bytes.Clone(good)
		bad[at] ^= 1
		try("flipped", at, bad)
		try("cut", at, good[:at])
	}
	try("one byte longer", 0, append(bytes.Clone(good), 'x'))
}

func TestNamesThatLeadElsewhereAreRefused(t *testing.T) {
	for name, ok := range map[string]bool{
		"history.db": true, "keys/user.json": true, "audit/entries": true, "policy/policy.yaml": true,
		"../x": false, "keys/../x": false, "/etc/passwd": false, "keys/": false, "models/x": false, "keys/a/b": false, "keys/.x": false,
		`keys/a\b`: false, "keys/c:x": false, "": false, "other.db": false,
	} {
		if allowed(name) != ok {
			t.Error(name)
		}
	}
	if _, err := Write(t.Context(), t.TempDir(), "b.age", Manifest{}, []Source{Bytes("../x", nil)}, identity(t).Recipient().String()); err == nil || !strings.Contains(err.Error(), "no place") {
		t.Error(err)
	}
}
