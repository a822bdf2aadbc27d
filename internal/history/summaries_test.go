package history

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

// summed keeps a summary that ends with a message, in a turn that comes after it.
func summed(t *testing.T, s *Store, c ConversationID, sum Summary, of ...MessageID) error {
	t.Helper()
	turn := Turn{ID: NewTurnID(), Place: Place{Conversation: c}, Prompt: "go on"}
	if _, err := s.BeginTurn(t.Context(), turn); err != nil {
		t.Fatal(err)
	}
	err := s.SaveSummary(t.Context(), turn.ID, sum, of, nil)
	return errors.Join(err, s.FinishTurn(t.Context(), turn.ID, Outcome{Status: Complete, Text: "on"}))
}

func TestASummaryGoesWithTheMessagesThatItWasMadeOf(t *testing.T) {
	for name, c := range map[string]struct {
		erase func(first, second, beside Message) Erasure
		left  []string
	}{
		"nothing":                  {func(Message, Message, Message) Erasure { return Erasure{} }, []string{"of one", "of two", "of beside"}},
		"the last that it is of":   {func(_, second, _ Message) Erasure { return Erasure{Messages: []MessageID{second.ID}} }, []string{"of one", "of beside"}},
		"a prompt before its last": {func(_, second, _ Message) Erasure { return Erasure{Messages: []MessageID{second.Parent}} }, []string{"of one", "of beside"}},
		"what all begin with":      {func(first, _, _ Message) Erasure { return Erasure{Messages: []MessageID{first.ID}} }, nil},
		"another branch":           {func(_, _, beside Message) Erasure { return Erasure{Messages: []MessageID{beside.ID}} }, []string{"of one", "of two"}},
		"the conversation": {func(first, _, _ Message) Erasure {
			return Erasure{Conversations: []ConversationID{first.Conversation}}
		}, nil},
	} {
		path := dbPath(t)
		s := mustOpen(t, path)
		id := newConversation(t, s, "c")
		first := say(t, s, id, "", "one", "1")
		beside := say(t, s, id, first.ID, "beside", "b")
		second := say(t, s, id, first.ID, "two", "2")
		for _, sum := range []Summary{
			{After: first.ID, Text: "of one", Messages: 2, Model: "m", Salt: [32]byte{1}, AuditSeq: 7},
			{After: second.ID, Text: "of two"},
			{After: beside.ID, Text: "of beside"},
		} {
			if err := summed(t, s, id, sum, sum.After); err != nil {
				t.Fatal(name, err)
			}
		}
		if err := s.Erase(t.Context(), c.erase(first, second, beside)); err != nil {
			t.Fatal(name, err)
		}
		list, err := s.Summaries(t.Context(), id)
		if err != nil && !errors.Is(err, ErrNotFound) {
			t.Fatal(name, err)
		}
		var left []string
		for _, sum := range list {
			left = append(left, sum.Text)
		}
		if !slices.Equal(left, c.left) {
			t.Errorf("%s erased: %q are left, want %q", name, left, c.left)
		}
		if len(list) > 0 && list[0] != (Summary{After: first.ID, Text: "of one", Messages: 2, Model: "m", Salt: [32]byte{1}, AuditSeq: 7}) {
			t.Errorf("%s erased: came back as %+v", name, list[0])
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestASummaryOfAMessageThatWasErasedMeanwhileIsNotKept(t *testing.T) {
	s := mustOpen(t, dbPath(t))
	id := newConversation(t, s, "c")
	first := say(t, s, id, "", "one", "1")
	second := say(t, s, id, "", "two", "2")
	if err := s.Erase(t.Context(), Erasure{Messages: []MessageID{first.ID}}); err != nil {
		t.Fatal(err)
	}
	if err := summed(t, s, id, Summary{After: second.ID, Text: "of both"}, first.ID, second.ID); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if list, err := s.Summaries(t.Context(), id); err != nil || len(list) != 0 {
		t.Error(list, err)
	}
	if err := s.SaveSummary(t.Context(), first.Turn, Summary{After: second.ID}, nil, nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("a turn that is closed: %v", err)
	}
}

// keeping is a Tokens that keeps what it is asked about.
type keeping struct{ asked []string }

func (*keeping) Reading([]byte) (func(string) string, error) { return strings.Clone, nil }

func (k *keeping) Keep(table []byte, texts []string) ([]byte, error) {
	k.asked = texts
	return bytes.Clone(table), nil
}

func TestTheValuesOfASummarysTokensStay(t *testing.T) {
	path, k := dbPath(t), &keeping{}
	s, err := OpenWith(t.Context(), path, testKey(), epochsOf(path), k)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	id := newConversation(t, s, "c")
	first := say(t, s, id, "", "one", "1")
	second := say(t, s, id, "", "two", "2")
	if err := summed(t, s, id, Summary{After: first.ID, Text: "a token"}, first.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.SetValue(t.Context(), id, Pseudonyms, []byte("table")); err != nil {
		t.Fatal(err)
	}
	if err := s.Erase(t.Context(), Erasure{Messages: []MessageID{second.ID}}); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(k.asked, "a token") {
		t.Errorf("kept for %q alone", k.asked)
	}
}
