package session

import (
	"math"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"subrosa/internal/chat"
	"subrosa/internal/fault"
	"subrosa/internal/history"
)

// TestTwoHundredTurnsWithTheEngineKilledAtRandom kills the real engine in every other turn, at a random moment: while it
// starts, loads, reads the prompt or writes. Each turn is closed one way or the other, and the next is answered.
func TestTwoHundredTurnsWithTheEngineKilledAtRandom(t *testing.T) {
	s := unlocked(t, testOptions(t))
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	s.open.policy.Limits.PromptsPerMinute = 10_000 // no person is this quick
	begun := time.Now()                            // what a turn takes here and now with an engine that must be started first
	if _, err := s.Send(t.Context(), chat.Prompt{Text: "Who are you?", MaxTokens: 30}, &listener{}); err != nil {
		t.Fatal(err)
	}
	usual := time.Since(begun)

	const turns = 200
	killed, failed := 0, 0
	for i := range turns {
		stop := make(chan struct{})
		ended := make(chan bool)
		kill := i%2 == 0
		go func() {
			defer close(ended)
			if !kill {
				return
			}
			// Cubed: most turns need no start of the engine and are much shorter than the first was.
			wait := time.Duration(math.Pow(random.Float64(), 3) * float64(usual))
			for {
				select {
				case <-time.After(wait):
				case <-stop:
					return
				}
				if e := s.open.model.running(); e != nil && syscall.Kill(e.PID(), syscall.SIGKILL) == nil {
					killed++
					return
				}
				wait = time.Millisecond // until there is an engine
			}
		}()
		out, err := s.Send(t.Context(), chat.Prompt{Text: "Who are you?", MaxTokens: 30}, &listener{})
		close(stop)
		<-ended
		if err != nil {
			wantFault(t, err, fault.EngineCrashed)
			failed++
		}
		if !kill && err != nil && i > 0 && killed == 0 {
			t.Fatalf("turn %d failed without a kill: %v", i, err)
		}
		if out.Assistant.Status == history.Pending || out.IntentSeq == 0 || out.OutcomeSeq <= out.IntentSeq {
			t.Fatalf("turn %d is not closed: %s, entries %d and %d", i, out.Assistant.Status, out.IntentSeq, out.OutcomeSeq)
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d kills hit an engine, %d turns failed of %d", killed, failed, turns)
	if killed < turns/20 || failed == 0 {
		t.Error("too few kills hit anything: this proves nothing")
	}
	if _, err := s.Send(t.Context(), chat.Prompt{Text: "hello"}, &listener{}); err != nil {
		t.Error(err)
	}
	if pids := engines(t); len(pids) > 1 {
		t.Errorf("engines %v are left", pids)
	}
	list, err := s.Conversations(t.Context())
	if err != nil || len(list) < turns {
		t.Fatalf("%d conversations, %v", len(list), err)
	}
	for _, c := range list {
		_, messages, err := s.Conversation(t.Context(), c.ID)
		if err != nil || len(messages) != 2 || messages[1].Status == history.Pending {
			t.Errorf("conversation %s: %+v, %v", c.ID, messages, err)
		}
	}
}

// An engine that is given no more memory ends, its turn is closed, and the next prompt starts another.
func TestAnEngineThatRunsOutOfMemoryEndsItsTurnAlone(t *testing.T) {
	s := unlocked(t, testOptions(t))
	if _, err := s.Send(t.Context(), chat.Prompt{Text: "hello"}, &listener{}); err != nil {
		t.Fatal(err)
	}
	s.open.policy.Limits.PromptBytes = 1 << 20
	pid := s.open.model.running().PID()
	if err := unix.Prlimit(pid, unix.RLIMIT_DATA, &unix.Rlimit{}, nil); err != nil {
		t.Fatal(err)
	}
	more := chat.Prompt{Text: strings.Repeat("The lease is long. ", 20_000)} // more than it has at hand
	out, err := s.Send(t.Context(), more, &listener{})
	wantFault(t, err, fault.EngineCrashed)
	if out.Assistant.Status != history.Failed || out.OutcomeSeq <= out.IntentSeq || out.IntentSeq == 0 {
		t.Errorf("not closed: %s, entries %d and %d", out.Assistant.Status, out.IntentSeq, out.OutcomeSeq)
	}
	_, err = s.Send(t.Context(), more, &listener{})
	wantFault(t, err, fault.ContextFull) // with memory
	if _, err := s.Send(t.Context(), chat.Prompt{Text: "hello"}, &listener{}); err != nil {
		t.Error(err)
	}
	if now := s.open.model.running().PID(); now == pid {
		t.Error("the same engine")
	}
}
