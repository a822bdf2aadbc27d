package app

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/session"
)

// heard collects what the page would be told.
type heard struct {
	mu     sync.Mutex
	events []TurnEvent
	names  []string
}

func listen(a *App) *heard {
	h := &heard{}
	emit := func(name string, data ...any) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.names = append(h.names, name)
		for _, d := range data {
			if e, ok := d.(TurnEvent); ok {
				h.events = append(h.events, e)
			}
		}
	}
	a.page.emit.Store(&emit)
	return h
}

func TestDeltasArriveInOrderAndBeforeTheEnd(t *testing.T) {
	a := newApp()
	a.session = session.Unusable(fault.From(fault.New(fault.Locked, nil)))
	h := listen(a)
	turn := newTurn(a)
	turn.Started(history.Begun{Conversation: history.Conversation{ID: "c"}, Assistant: history.Message{ID: "a", Turn: "t"}})
	if _, err := turn.wait(); err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for range 2000 {
		turn.Delta("x-")
		want.WriteString("x-")
	}
	turn.flush()
	h.mu.Lock()
	defer h.mu.Unlock()
	var got strings.Builder
	for _, e := range h.events {
		if e.Kind != "delta" || e.Turn != "t" || e.Conversation != "c" {
			t.Fatalf("event %+v", e)
		}
		got.WriteString(e.Text)
	}
	if got.String() != want.String() {
		t.Errorf("%d bytes arrived, want %d", got.Len(), want.Len())
	}
	if len(h.events) >= 2000 {
		t.Errorf("%d events for 2000 pieces: nothing was batched", len(h.events))
	}
	if !slices.Contains(h.names, eventConversations) {
		t.Error("the list was not announced")
	}
}

func TestErrorsCrossAsThreeWords(t *testing.T) {
	format := newApp().options(nil).ErrorFormatter
	b, err := json.Marshal(format(fault.New(fault.Locked, nil)))
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]string
	if err := json.Unmarshal(b, &v); err != nil || len(v) != 3 || v["code"] != "locked" || v["message"] == "" || v["hint"] == "" {
		t.Errorf("the page gets %s", b)
	}
}

func TestAWindowThatCannotOpenItsDataSaysWhy(t *testing.T) {
	a := newApp()
	dir := t.TempDir()
	a.takeHome(session.Installed(filepath.Join(dir, "home")))
	defer a.shutdown(t.Context())
	second := newApp()
	second.takeHome(session.Installed(filepath.Join(dir, "home")))
	if v := second.State(); v.Phase != "failed" || v.Fault.Code != string(fault.InUse) {
		t.Errorf("state %+v", v)
	}
	if err := second.Unlock("x"); fault.From(err).Code != fault.InUse {
		t.Errorf("unlock: %v", err)
	}
}

func TestLockedMethodsSayLocked(t *testing.T) {
	a := newApp()
	a.takeHome(session.Installed(filepath.Join(t.TempDir(), "home")))
	defer a.shutdown(t.Context())
	calls := map[string]func() error{
		"Conversations": func() error { _, err := a.Conversations(); return err },
		"Conversation":  func() error { _, err := a.Conversation("x", ""); return err },
		"Send":          func() error { _, err := a.Send(PromptView{Text: "x"}); return err },
		"Check":         func() error { _, err := a.Check("", "x", ""); return err },
		"Choose":        func() error { return a.Choose("x", "y") },
		"Rename":        func() error { return a.Rename("x", "y") },
		"Pin":           func() error { return a.Pin("x", true) },
		"Erase":         func() error { return a.Erase(ErasureView{Conversations: []string{"x"}}) },
		"Move":          func() error { return a.Move("x", []string{"y"}) },
		"Hold":          func() error { return a.Hold("x", "", "case") },
		"Draft":         func() error { _, err := a.Draft(""); return err },
		"SetDraft":      func() error { return a.SetDraft("", "x") },
		"Templates":     func() error { _, err := a.Templates(); return err },
		"SetTemplate":   func() error { return a.SetTemplate("x", "y") },
		"Matters":       func() error { _, err := a.Matters(); return err },
		"CreateMatter":  func() error { _, err := a.CreateMatter("x"); return err },
		"RenameMatter":  func() error { return a.RenameMatter("x", "y") },
		"SetRetention":  func() error { return a.SetRetention("x", 1) },
		"Search":        func() error { _, err := a.Search("x"); return err },
		"Finding":       func() error { _, err := a.Finding(); return err },
		"MakeFinding":   func() error { return a.MakeFinding(true) },
		"ExportTerms":   func() error { _, err := a.ExportTerms(); return err },
		"ExportConversations": func() error {
			_, err := a.ExportConversations([]string{"x"}, TakeAlongQuery{Folder: "/", Name: "x", Format: "md"})
			return err
		},
		"ExportConversation": func() error {
			_, err := a.ExportConversation(TakeAlongQuery{Folder: "/", Name: "x", Format: "md"})
			return err
		},
		"Copy": func() error { return a.Copy("x") },
		"SetPreferences": func() error {
			return a.SetPreferences(PreferencesView{Theme: "dark"})
		},
	}
	for name, call := range calls {
		if err := call(); fault.From(err) == nil || fault.From(err).Code != fault.Locked {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNoProgramCanBeFoundByName(t *testing.T) {
	t.Setenv("PATH", os.Getenv("PATH")) // put back afterwards
	if _, err := exec.LookPath("sh"); err != nil {
		t.Fatal("the control found no program either: ", err)
	}
	if err := forgetPrograms(); err != nil {
		t.Fatal(err)
	}
	for _, browser := range []string{"xdg-open", "x-www-browser", "www-browser", "sh"} {
		if path, err := exec.LookPath(browser); err == nil {
			t.Errorf("%s can be started: %s", browser, path)
		}
	}
}

func TestContentSecurityPolicyReachesNothing(t *testing.T) {
	for _, directive := range []string{"default-src 'none'", "connect-src 'none'", "frame-src 'none'", "form-action 'none'", "base-uri 'none'"} {
		if !strings.Contains(contentSecurityPolicy, directive) {
			t.Errorf("no %s", directive)
		}
	}
	for _, loose := range []string{"unsafe-", "*", "http"} {
		if strings.Contains(contentSecurityPolicy, loose) {
			t.Errorf("%q in the policy", loose)
		}
	}
}
