package session

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/history"
)

const (
	fixtureMatter = "Ward 3"
	fixtureDraft  = "not sent yet"
	fixturePage   = "The lamp of the ward is green."
)

var fixtureWords = []string{"lamp", "light"}

// TestMakeFixture writes a data directory and its keyring as this version does, for later versions to open:
// SUBROSA_FIXTURE=$PWD/internal/session/testdata/home-vN go test -run TestMakeFixture ./internal/session. It is done once
// for each version of the history's schema, and its result is never made anew.
func TestMakeFixture(t *testing.T) {
	to := os.Getenv("SUBROSA_FIXTURE")
	if to == "" {
		t.Skip("writes a fixture where SUBROSA_FIXTURE says")
	}
	o := testOptions(t)
	s := unlocked(t, o)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.SetTheme(ctx, ThemeDark))
	m, err := s.CreateMatter(ctx, fixtureMatter)
	must(err)
	first, err := s.Send(ctx, chat.Prompt{Text: "hello", Matter: m.ID}, &listener{})
	must(err)
	_, err = s.Send(ctx, chat.Prompt{Conversation: first.Conversation.ID, Text: "SSN 219-09-9999"}, &listener{})
	must(err)
	must(s.Rename(ctx, first.Conversation.ID, "Kept from an earlier version"))
	must(s.Pin(ctx, first.Conversation.ID, true))
	must(s.SetDraft(ctx, first.Conversation.ID, fixtureDraft))
	_, err = s.Attach(ctx, first.Conversation.ID, "a.txt", "text/plain", strings.NewReader("an attached text"))
	must(err)
	thesaurus(t, s, "Thesaurus", fixtureWords)
	added(t, s, DocumentPlace{Matter: m.ID}, fixturePage)
	added(t, s, DocumentPlace{Conversation: first.Conversation.ID}, fixturePage)
	vectored(t, s)
	_, err = s.Send(ctx, chat.Prompt{Conversation: first.Conversation.ID, Edit: first.User.ID, Text: "hello, edited"}, &listener{})
	must(err)
	_, err = s.AddHold(ctx, history.Hold{Matter: m.ID, Reason: "case 1"})
	must(err)
	gone, err := s.Send(ctx, chat.Prompt{Text: "goodbye"}, &listener{})
	must(err)
	must(s.Erase(ctx, history.Erasure{Conversations: []history.ConversationID{gone.Conversation.ID}}))
	_, err = s.AddRecovery(ctx, identity(t).Recipient().String())
	must(err)
	must(s.RotateRoot(ctx, pass(goodPassphrase)))
	must(s.Close())

	for _, name := range []string{"models", "in-use", "audit/reserve", "socket"} {
		must(os.RemoveAll(filepath.Join(o.Home, name)))
	}
	must(os.CopyFS(filepath.Join(to, "home"), os.DirFS(o.Home)))
	ring, err := json.MarshalIndent(o.Ring.(*mapRing).m, "", " ")
	must(err)
	must(os.WriteFile(filepath.Join(to, "ring.json"), append(ring, '\n'), 0o644))
}

// TestEarlierDirectoriesOpenAndGoOn opens what TestMakeFixture of each version wrote. Version 1 had other features:
// TestAVersion1DirectoryOpensAndGoesOn.
func TestEarlierDirectoriesOpenAndGoOn(t *testing.T) {
	found, err := filepath.Glob("testdata/home-v*")
	if err != nil || len(found) < 3 {
		t.Fatal(found, err)
	}
	for _, dir := range found {
		name := filepath.Base(dir)
		if name == "home-v1" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			o := fixture(t, name)
			for round := range 2 {
				s := unlocked(t, o)
				if s.open.readOnly() {
					t.Fatal(s.open.stopped)
				}
				list, err := s.Conversations(t.Context())
				if err != nil || len(list) != 1 || list[0].Title != "Kept from an earlier version" || !list[0].Pinned || !list[0].Held || !list[0].Draft {
					t.Fatal(list, err)
				}
				id := list[0].ID
				if draft, err := s.Draft(t.Context(), id); err != nil || draft != fixtureDraft {
					t.Error(draft, err)
				}
				messages, err := s.open.history.Messages(t.Context(), id)
				if err != nil || messages[0].Text != "hello, edited" || messages[1].Text == "" {
					t.Fatal(messages, err)
				}
				matters, err := s.Matters(t.Context())
				if err != nil || len(matters) != 2 {
					t.Error(matters, err)
				}
				files, err := s.Attachments(t.Context(), id)
				if err != nil || len(files) != 1 || files[0].Name != "a.txt" {
					t.Error(files, err)
				}
				if name >= "home-v5" { // before there were no documents
					checkFixtureDocuments(t, s, id)
				}
				if name >= "home-v6" { // before there were no vectors
					checkFixtureVectors(t, s)
				}
				for _, word := range []string{"edit", "ssn"} { // in the branch that is shown, and in the other one
					if found, err := s.Search(t.Context(), history.Query{Text: word}); err != nil || len(found.Hits) == 0 {
						t.Error(found, err)
					}
				}
				if err := errors.Join(s.VerifyHistory(t.Context()), verified(s)); err != nil {
					t.Error(err)
				}
				if _, err := s.Send(t.Context(), chat.Prompt{Conversation: id, Text: "hello again"}, &listener{}); err != nil {
					t.Error(round, err)
				}
				if err := s.RotateRoot(t.Context(), pass(goodPassphrase)); err != nil {
					t.Error(err)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func checkFixtureDocuments(t *testing.T, s *Session, id history.ConversationID) {
	t.Helper()
	list, err := s.Documents(t.Context(), DocumentPlace{Conversation: id})
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	for _, d := range list {
		if pages, err := s.DocumentPages(t.Context(), d.ID, 1, 0); err != nil || len(pages) != 1 || pages[0].Text != fixturePage {
			t.Error(pages, err)
		}
	}
	if hits, err := s.SearchDocuments(t.Context(), DocumentPlace{}, "lamp", 9); err != nil || len(hits) != 2 {
		t.Error(hits, err)
	}
	if sources, err := s.Sources(t.Context(), id); err != nil || len(sources) == 0 {
		t.Error(sources, err)
	}
}

// checkFixtureVectors: the model that made them is not in the fixture, and makes no others once it has come.
func checkFixtureVectors(t *testing.T, s *Session) {
	t.Helper()
	thesaurus(t, s, "Thesaurus", fixtureWords)
	st, err := s.Vectors(t.Context())
	if err != nil || st.Pages != 2 || st.Of != 2 {
		t.Errorf("%+v %v", st, err)
	}
	var ids []history.DocumentID
	list, err := s.Documents(t.Context(), DocumentPlace{})
	for _, d := range list {
		ids = append(ids, d.ID)
	}
	near, nearErr := s.open.vectors.near(t.Context(), "light", ids, 9)
	if err != nil || nearErr != nil || len(near) != 2 {
		t.Error(near, err, nearErr)
	}
	if _, n := lastEntry(t, s, audit.DocumentVectors); n != 2 {
		t.Errorf("%d documents on record: vectors were made anew", n)
	}
}

func verified(s *Session) error {
	_, err := s.VerifyRecord(context.Background(), nil)
	return err
}
