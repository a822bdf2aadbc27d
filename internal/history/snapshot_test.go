package history

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestASnapshotIsOneMoment(t *testing.T) {
	path, keyring := dbPath(t), newRing()
	s := mustOpenWith(t, path, keyring)
	c := newConversation(t, s, "x")
	fill(t, s, c, 3000, func(i int) string { return fmt.Sprint("message ", i) })
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() { // turns go on
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				if _, err := s.BeginTurn(t.Context(), Turn{ID: NewTurnID(), Place: Place{Conversation: c}, Prompt: "p"}); err != nil {
					t.Error(err)
				}
			}
		}
	}()
	to := filepath.Join(t.TempDir(), "history.db")
	var at uint64
	err := s.Snapshot(t.Context(), to, func(generation uint64) error { at = generation; return nil })
	close(stop)
	<-stopped
	if err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(to)); len(entries) != 1 {
		t.Errorf("%v", entries)
	}
	copied := mustOpenWith(t, to, keyring.copy())
	generation, err := copied.Generation(t.Context())
	if err != nil || generation != at {
		t.Errorf("generation %d, want %d, %v", generation, at, err)
	}
	if after, err := s.Generation(t.Context()); err != nil || after <= at {
		t.Errorf("nothing went on: %d, %v", after, err)
	}
	// Each turn of the loop raises the generation by one, and the two before it by one each.
	if got, err := copied.Conversation(t.Context(), c); err != nil || got.Messages != 3000+2*int(at-3) {
		t.Errorf("%d messages at generation %d, %v", got.Messages, at, err)
	}
	if err := s.Delete(t.Context(), c); err != nil { // the log is free again
		t.Error(err)
	}

	// Cut short, or refused, it leaves nothing.
	ctx, cancel := context.WithCancel(t.Context())
	other := filepath.Join(t.TempDir(), "other.db")
	if err := s.Snapshot(ctx, other, func(uint64) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := s.Snapshot(t.Context(), other, func(uint64) error { return os.ErrPermission }); !errors.Is(err, os.ErrPermission) {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(other)); len(entries) != 0 {
		t.Errorf("%v", entries)
	}
}
