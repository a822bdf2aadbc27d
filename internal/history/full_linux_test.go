package history

import (
	"errors"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestAFullDiskIsTypedAndLosesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=768k"); err != nil {
		t.Skip("cannot mount a small tmpfs here (root with mounts needed): ", err)
	}
	defer func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) }()
	path := filepath.Join(dir, "history.db")
	s := mustOpen(t, path)
	c := newConversation(t, s, "x")
	var err error
	kept := 0
	for ; err == nil && kept < 1000; kept++ {
		_, err = s.BeginTurn(t.Context(), Turn{ID: NewTurnID(), Place: Place{Conversation: c}, Prompt: strings.Repeat("p", 5000)})
	}
	kept--
	if !errors.Is(err, ErrDiskFull) {
		t.Fatalf("after %d turns: %v", kept, err)
	}
	if got, err := s.Conversation(t.Context(), c); err != nil || got.Messages != 2*kept {
		t.Fatalf("%d turns were stored, %+v, %v", kept, got, err)
	}
}
