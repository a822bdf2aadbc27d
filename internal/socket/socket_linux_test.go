package socket

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"subrosa/internal/secret"
)

func home(t *testing.T) string {
	t.Helper()
	long := filepath.Join(t.TempDir(), strings.Repeat("directory", 20)) // longer than a path to a socket may be
	if err := os.Mkdir(long, 0o700); err != nil {
		t.Fatal(err)
	}
	return long
}

func serve(t *testing.T, dir string, h Handler) *Server {
	t.Helper()
	s, err := Serve(dir, h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestAQuestionIsAnswered(t *testing.T) {
	dir := home(t)
	if err := os.WriteFile(filepath.Join(dir, socketName), nil, 0o600); err != nil { // a predecessor's, that was killed
		t.Fatal(err)
	}
	s := serve(t, dir, func(_ context.Context, q []byte, phrase *secret.Bytes) []byte {
		defer phrase.Wipe()
		return append(bytes.ToUpper(q), phrase.Expose()...)
	})
	if info, err := os.Stat(filepath.Join(dir, socketName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
	for range 2 {
		phrase := secret.New([]byte("phrase"))
		got, err := Ask(t.Context(), dir, []byte("question "), phrase)
		if err != nil || string(got) != "QUESTION phrase" || phrase.Len() != 0 {
			t.Errorf("%q, %d, %v", got, phrase.Len(), err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Error(left)
	}
	if _, err := Ask(t.Context(), dir, nil, nil); !errors.Is(err, ErrNobody) {
		t.Error(err)
	}
}

func TestWhoeverAsksCanGoAndTheServerCanEnd(t *testing.T) {
	dir := home(t)
	began, ended := make(chan struct{}), make(chan struct{})
	s := serve(t, dir, func(ctx context.Context, _ []byte, _ *secret.Bytes) []byte {
		began <- struct{}{}
		<-ctx.Done()
		ended <- struct{}{}
		return nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-began; cancel(); <-ended }()
	if _, err := Ask(ctx, dir, nil, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	go func() { <-began; go func() { <-ended }(); _ = s.Close() }()
	if _, err := Ask(t.Context(), dir, nil, nil); !errors.Is(err, ErrMalformed) {
		t.Error(err)
	}
}

func TestNonsenseIsNotAnswered(t *testing.T) {
	dir := home(t)
	serve(t, dir, func(context.Context, []byte, *secret.Bytes) []byte {
		t.Error("asked")
		return nil
	})
	d, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	for _, bad := range []string{"", "\xff\xff\xff\xff", "\x00\x00\x00\x01x\xff\xff", "\x00\x00\x00\x05ab", "\x00\x00\x00\x00\x00\x05ab"} {
		conn, err := net.DialUnix("unix", nil, address(d))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte(bad)); err != nil {
			t.Fatal(err)
		}
		if err := conn.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if b, _ := io.ReadAll(conn); len(b) != 0 {
			t.Errorf("%q: %q", bad, b)
		}
		_ = conn.Close()
	}
	if _, err := Ask(t.Context(), dir, make([]byte, mostQuestion+1), nil); !errors.Is(err, ErrMalformed) {
		t.Error(err)
	}
}
