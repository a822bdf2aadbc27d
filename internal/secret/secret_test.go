package secret

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestNothingPrintsTheBytes(t *testing.T) {
	const plain = "correct horse"
	s := New([]byte(plain))
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("key", "k", s)
	asJSON, err := json.Marshal(map[string]any{"k": s})
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{
		fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q %x %d", s, s, s, s, s, s, s), string(asJSON), log.String(),
		fmt.Errorf("wrapped: %v", s).Error(),
	} {
		if strings.Contains(out, plain) || strings.Contains(out, fmt.Sprintf("%x", plain)) || strings.Contains(out, "99 111") {
			t.Errorf("a secret was printed: %s", out)
		}
		if !strings.Contains(out, redacted) {
			t.Errorf("no placeholder in %q", out)
		}
	}
}

func TestWipeOverwritesInPlace(t *testing.T) {
	b := []byte{1, 2, 3}
	s := New(b)
	held := s.Expose()
	if !bytes.Equal(held, []byte{1, 2, 3}) || !bytes.Equal(b, []byte{0, 0, 0}) {
		t.Fatalf("taken over as %v, left behind %v", held, b)
	}
	s.Wipe()
	if !bytes.Equal(held, []byte{0, 0, 0}) || s.Len() != 0 || s.Locked() {
		t.Fatalf("after wipe: %v, length %d", held, s.Len())
	}
	s.Wipe()
	(*Bytes)(nil).Wipe()
	if New(nil).Len() != 0 || Random(5000).Len() != 5000 {
		t.Error("a length is wrong")
	}
}
