package session

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/export"
	"subrosa/internal/fault"
	"subrosa/internal/history"
)

func TestSeveralConversationsAreWrittenEachOnRecord(t *testing.T) {
	s := unlocked(t, testOptions(t))
	var ids []history.ConversationID
	for _, text := range []string{"the first", "the second", "the third"} {
		said, err := s.Send(t.Context(), chat.Prompt{Text: text, MaxTokens: 2}, &listener{})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, said.Conversation.ID)
	}
	x := ConversationsExport{IDs: ids, Format: export.Markdown, Dir: t.TempDir(), Name: "out"}
	if err := os.WriteFile(filepath.Join(x.Dir, "out-2.md"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	count := func(what string) (n int) {
		for _, a := range actions(t, s) {
			if a == string(audit.ConversationExport)+" "+what {
				n++
			}
		}
		return n
	}

	var told []int
	out := s.ExportConversations(t.Context(), x, func(done int) { told = append(told, done) })
	if !slices.Equal(told, []int{1, 2, 3}) {
		t.Error(told)
	}
	for i, one := range out {
		if one.ID != ids[i] {
			t.Errorf("%d: %s", i, one.ID)
		}
	}
	if out[1].Fault == nil || out[1].Fault.Code != fault.ExportExists {
		t.Errorf("a name that was taken: %+v", out[1])
	}
	for i, want := range map[int]string{0: "the first", 2: "the third"} {
		text, err := os.ReadFile(out[i].Exported.Path)
		if err != nil || out[i].Fault != nil || !strings.Contains(string(text), want) || out[i].Exported.Entry == 0 {
			t.Errorf("%+v, %v, %.80q", out[i], err, text)
		}
	}
	if text, _ := os.ReadFile(filepath.Join(x.Dir, "out-2.md")); string(text) != "mine" {
		t.Errorf("%q", text)
	}
	if begun, complete, failed := count("begun"), count("complete"), count("failed"); begun != 3 || complete != 2 || failed != 1 {
		t.Errorf("%d begun, %d complete, %d failed", begun, complete, failed)
	}

	ctx, cancel := context.WithCancel(t.Context())
	x.Name = "cut-short"
	for i, one := range s.ExportConversations(ctx, x, func(int) { cancel() }) {
		if (one.Fault == nil) != (i == 0) || i > 0 && one.Fault.Code != fault.ExportCancelled {
			t.Errorf("cancelled after the first: %d: %+v", i, one)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(x.Dir, "cut-short*")); len(left) != 1 {
		t.Error(left)
	}
	if begun := count("begun"); begun != 4 {
		t.Errorf("%d begun: what was not begun is on record", begun)
	}
}
