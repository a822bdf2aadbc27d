package session

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"subrosa/internal/chat"
	"subrosa/internal/history"
	"subrosa/internal/secret"
)

// fixture returns a copy of a data directory that an earlier version wrote, with its keyring's content. Its passphrase is
// goodPassphrase; the models were left out, since unlocking seals the built-in one.
func fixture(t *testing.T, name string) Options {
	t.Helper()
	o := testOptions(t)
	if err := os.CopyFS(o.Home, os.DirFS(filepath.Join("testdata", name, "home"))); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join("testdata", name, "ring.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &o.Ring.(*mapRing).m); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestAVersion1DirectoryOpensAndGoesOn(t *testing.T) {
	o := fixture(t, "home-v1")
	for range 2 {
		s := unlocked(t, o)
		list, err := s.Conversations(t.Context())
		if err != nil || len(list) < 2 {
			t.Fatal(list, err)
		}
		var kept history.ConversationID
		for _, c := range list {
			if c.Title == "Kept from version one" {
				kept = c.ID
			}
		}
		_, messages, err := s.Conversation(t.Context(), kept)
		if err != nil || len(messages) < 4 || messages[0].Text != "hello" || !strings.Contains(messages[2].Text, "[SSN]") {
			t.Fatal(messages, err)
		}
		if theme, err := s.Theme(t.Context()); err != nil || theme != ThemeDark {
			t.Error(theme, err)
		}
		if _, err := s.Send(t.Context(), chat.Prompt{Conversation: kept, Text: "hello again"}, &listener{}); err != nil {
			t.Error(err)
		}
		if found, err := s.Search(t.Context(), history.Query{Text: "ssn"}); err != nil || len(found.Hits) == 0 {
			t.Error(found, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := start(t, o).Unlock(t.Context(), secret.New([]byte("wrong horse battery staple"))); err == nil {
		t.Error("positive control: any passphrase opens it")
	}
}
