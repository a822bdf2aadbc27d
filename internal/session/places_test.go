package session

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"subrosa/internal/chat"
	"subrosa/internal/export"
	"subrosa/internal/history"
)

// A value that the policy masks is in none of the places where a text can come to lie or be shown.
func TestNoPlaceHoldsAMaskedValue(t *testing.T) {
	o := testOptions(t)
	s := unlocked(t, o)
	const value, text = "536-22-1234", "hello, SSN 536-22-1234"
	reader := &listener{}
	out, err := s.Send(t.Context(), chat.Prompt{Text: text, MaxTokens: 12}, reader)
	if err != nil {
		t.Fatal(err)
	}
	id := out.Conversation.ID
	m, err := s.CreateMatter(t.Context(), text)
	_, refused := s.Send(t.Context(), chat.Prompt{Conversation: "no " + value, Text: text}, reader)
	if err := errors.Join(err, s.SetTemplate(t.Context(), "for "+text, text), s.SetTemplate(t.Context(), "plain", text)); err != nil {
		t.Fatal(err)
	}
	places := map[string]func() (any, error){
		"prompt, title and answer": func() (any, error) { return out, nil },
		"the conversation": func() (any, error) {
			c, messages, err := s.Conversation(t.Context(), id)
			return []any{c, messages}, err
		},
		"the list": func() (any, error) { return s.Conversations(t.Context()) },
		"a new title": func() (any, error) {
			if err := s.Rename(t.Context(), id, text); err != nil {
				return nil, err
			}
			return s.Row(t.Context(), id)
		},
		"a matter's name": func() (any, error) { return m.Name, nil },
		"templates":       func() (any, error) { return s.Templates(t.Context()) },
		"search": func() (any, error) {
			found, err := s.Search(t.Context(), history.Query{Text: "hello SSN"})
			if err == nil && len(found.Hits) == 0 {
				err = errors.New("nothing found")
			}
			return found, err
		},
		"a search for it":       func() (any, error) { return s.Search(t.Context(), history.Query{Text: value}) },
		"an export as Markdown": func() (any, error) { return exported(t, s, id, export.Markdown) },
		"an export as JSON":     func() (any, error) { return exported(t, s, id, export.JSON) },
		"an export as DOCX": func() (any, error) {
			doc, err := exported(t, s, id, export.DOCX)
			if err != nil {
				return nil, err
			}
			z, err := zip.NewReader(strings.NewReader(doc), int64(len(doc)))
			if err != nil {
				return nil, err
			}
			f, err := z.Open("word/document.xml")
			if err != nil {
				return nil, err
			}
			text, err := io.ReadAll(f)
			if err == nil && !strings.Contains(string(text), "[SSN]") {
				err = errors.New("the text is not in it")
			}
			return string(text), err
		},
		"an error": func() (any, error) { return fmt.Sprintf("%v %+v", refused, refused), nil },
		"the record": func() (any, error) {
			b, err := os.ReadFile(filepath.Join(o.Home, "audit", "entries"))
			return string(b), err
		},
		"the files of the data directory": func() (any, error) {
			var all strings.Builder
			err := filepath.WalkDir(o.Home, func(path string, d fs.DirEntry, err error) error {
				if err != nil || !d.Type().IsRegular() {
					return err
				}
				b, err := os.ReadFile(path)
				all.Write(b)
				return err
			})
			if err == nil && all.Len() < 1000 {
				err = errors.New("nothing is there")
			}
			return all.String(), err
		},
		"what a policy's preview shows": func() (any, error) {
			c, err := s.Check(t.Context(), id, text, "")
			return c.Masked, err
		},
	}
	for place, look := range places {
		got, err := look()
		if err != nil {
			t.Errorf("%s: %v", place, err)
		}
		if strings.Contains(fmt.Sprintf("%+v", got), value) {
			t.Errorf("%s holds the value: %+v", place, got)
		}
	}
	if found, err := s.Search(t.Context(), history.Query{Text: "hello"}); err != nil || len(found.Hits) == 0 {
		t.Error("the control finds nothing", err)
	}
}

// exported returns what an export of a conversation with its values writes.
func exported(t *testing.T, s *Session, id history.ConversationID, f export.Format) (string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x")
	if _, err := s.ExportConversation(t.Context(), ConversationExport{ID: id, Format: f, Path: path, Values: true}); err != nil {
		return "", err
	}
	b, err := os.ReadFile(path)
	return string(b), err
}
