package app

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"subrosa/internal/keys"
	"subrosa/internal/session"
	"subrosa/models"
)

// mapRing is a keyring in a map; everything else in these tests is real.
type mapRing struct {
	mu sync.Mutex
	m  map[string]string
}

func (r *mapRing) Get(_ context.Context, account string) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v, ok := r.m[account]; ok {
		return []byte(v), nil
	}
	return nil, keys.ErrNotFound
}

func (r *mapRing) Set(_ context.Context, account string, b []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.m[account] = string(b)
	return nil
}

func (r *mapRing) Delete(_ context.Context, account string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.m, account)
	return nil
}

// unlockedApp is the window's program without its window, set up and unlocked.
func unlockedApp(t *testing.T) (*App, *heard) {
	t.Helper()
	return unlockedAppWith(t, func(*session.Options) {})
}

func unlockedAppWith(t *testing.T, adjust func(*session.Options)) (*App, *heard) {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	a := newApp()
	opts := session.Options{
		Home: filepath.Join(t.TempDir(), "home"), Ring: &mapRing{m: map[string]string{}}, Cost: keys.TestCost,
		EnginePath: filepath.Join(root, "build/bin/subrosa-engine"), EngineLib: filepath.Join(root, "build/native/lib"),
		Builtin:   session.Builtin{Name: models.BuiltinName, GGUF: models.Builtin},
		PolicyDir: filepath.Join(t.TempDir(), "etc"),
	}
	adjust(&opts)
	a.session, err = session.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.shutdown(context.Background()) })
	h := listen(a)
	if err := a.Setup("correct horse battery staple"); err != nil {
		t.Fatal(err)
	}
	return a, h
}

// ended waits for the end of a turn.
func (h *heard) ended(t *testing.T, turn string) TurnEvent {
	t.Helper()
	for range 6000 {
		h.mu.Lock()
		for _, e := range h.events {
			if e.Turn == turn && (e.Kind == "done" || e.Kind == "failed") {
				h.mu.Unlock()
				return e
			}
		}
		h.mu.Unlock()
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the turn does not end")
	return TurnEvent{}
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAConversationBranchesIsFoundAndIsErased(t *testing.T) {
	a, h := unlockedApp(t)
	send, detail := must[TurnStarted](t), must[ConversationDetail](t)
	first := send(a.Send(PromptView{Text: "How do I lock Subrosa? Mail ann@example.org."}))
	if e := h.ended(t, first.Assistant.Turn); e.Kind != "done" || e.TokensPerSecond <= 0 || e.FirstTokenMs <= 0 || e.Redactions["EMAIL_ADDRESS"] == 0 {
		t.Fatalf("the turn ended as %+v", e)
	}
	id := first.Conversation.ID
	again := send(a.Send(PromptView{Conversation: id, Again: first.Assistant.ID}))
	h.ended(t, again.Assistant.Turn)
	edited := send(a.Send(PromptView{Conversation: id, Edit: first.User.ID, Text: "What is on the record?"}))
	h.ended(t, edited.Assistant.Turn)

	d := detail(a.Conversation(id, ""))
	if len(d.Messages) != 2 || len(d.Versions[edited.User.ID]) != 2 {
		t.Fatalf("after an edit: %d messages, versions %v", len(d.Messages), d.Versions)
	}
	ok(t, a.Choose(id, first.User.ID))
	if d = detail(a.Conversation(id, "")); len(d.Versions[d.Messages[1].ID]) != 2 {
		t.Errorf("the first branch has the answers %v", d.Versions)
	}

	ok(t, a.SetDraft(id, "half a thought"))
	if text, err := a.Draft(id); text != "half a thought" {
		t.Errorf("the draft is %q, %v", text, err)
	}
	ok(t, a.Pin(id, true))
	m := must[MatterView](t)(a.CreateMatter("Lease"))
	ok(t, a.Move(m.ID, []string{id}))
	row := must[[]ConversationView](t)(a.Conversations())[0]
	if !row.Pinned || !row.Draft || row.Matter != m.ID {
		t.Errorf("the row is %+v", row)
	}

	found := must[FoundView](t)(a.Search("subrosa lo"))
	if len(found.Hits) == 0 || !strings.Contains(strings.ToLower(found.Hits[0].Title), "lock") {
		t.Errorf("found %+v", found)
	}
	ok(t, a.SetTemplate("Mine", "Write to [name]"))
	if list := must[[]TemplateView](t)(a.Templates()); len(list) != 1 || !list[0].Own {
		t.Errorf("templates %+v", list)
	}
	ok(t, a.Hold("", id, "case 1"))
	if err := a.Erase(ErasureView{Conversations: []string{id}}); err == nil {
		t.Error("a conversation under a hold was erased")
	}
}
