package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/engine"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/keys"
	"subrosa/internal/lockdown"
	"subrosa/internal/secret"
	"subrosa/internal/vault"
	"subrosa/models"
)

// The engine, its libraries, the model, the history and the record are the real ones. The keyring is a map: the real one
// is in internal/keys, app/subrosactl and build/e2e.

const goodPassphrase = "correct horse battery staple"

// longPrompt makes the built-in model write for long enough to stop it.
const longPrompt = "Write a long story"

type mapRing struct {
	mu sync.Mutex
	m  map[string][]byte
}

func (r *mapRing) Get(_ context.Context, account string) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if b, ok := r.m[account]; ok {
		return append([]byte(nil), b...), nil
	}
	return nil, keys.ErrNotFound
}

func (r *mapRing) Set(_ context.Context, account string, b []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.m[account] = append([]byte(nil), b...)
	return nil
}

func (r *mapRing) Delete(_ context.Context, account string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.m, account)
	return nil
}

func testOptions(t testing.TB) Options {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		Home: filepath.Join(t.TempDir(), "home"), Ring: &mapRing{m: map[string][]byte{}}, Cost: keys.TestCost,
		EnginePath: filepath.Join(root, "build/bin/subrosa-engine"), EngineLib: filepath.Join(root, "build/native/lib"),
		Builtin:   Builtin{Name: models.BuiltinName, GGUF: models.Builtin},
		PolicyDir: filepath.Join(t.TempDir(), "etc"), // not this machine's own
	}
	if _, err := os.Stat(o.EnginePath); err != nil {
		t.Fatal("run make build first: ", err)
	}
	return o
}

func pass(p string) *secret.Bytes { return secret.New([]byte(p)) }

func start(t testing.TB, o Options) *Session {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func unlocked(t testing.TB, o Options) *Session {
	t.Helper()
	s := start(t, o)
	phase, _ := s.State()
	open := s.Unlock
	if phase == PhaseSetup {
		open = s.Setup
	}
	if err := open(t.Context(), pass(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	return s
}

func wantFault(t *testing.T, err error, code fault.Code) {
	t.Helper()
	if err == nil || fault.From(err).Code != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

func wantPhase(t *testing.T, s *Session, want Phase) {
	t.Helper()
	if got, f := s.State(); got != want {
		t.Errorf("phase %s (%v), want %s", got, f, want)
	}
}

// listener counts what a turn shows and calls onDelta at each piece.
type listener struct {
	begun   history.Begun
	thought strings.Builder
	text    strings.Builder
	onDelta func()
}

func (l *listener) Started(b history.Begun)    { l.begun = b }
func (l *listener) Waiting(chat.Step, float64) {}
func (l *listener) Reasoning(text string)      { l.thought.WriteString(text) }

func (l *listener) Delta(text string) {
	l.text.WriteString(text)
	if l.onDelta != nil {
		l.onDelta()
	}
}

func TestSetupLockUnlock(t *testing.T) {
	o := testOptions(t)
	s := start(t, o)
	wantPhase(t, s, PhaseSetup)
	wantFault(t, s.Setup(t.Context(), pass("password")), fault.PassphraseWeak)
	wantPhase(t, s, PhaseSetup)
	wantFault(t, s.Unlock(t.Context(), pass(goodPassphrase)), fault.NotSetUp)
	if err := s.Setup(t.Context(), pass(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	wantPhase(t, s, PhaseReady)
	wantFault(t, s.Setup(t.Context(), pass(goodPassphrase)), fault.AlreadySetUp)

	root := s.open.root.History()
	if err := s.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantPhase(t, s, PhaseLocked)
	if root.Len() != 0 {
		t.Error("the history key outlived the lock")
	}
	_, err := s.Conversations(t.Context())
	wantFault(t, err, fault.Locked)
	_, err = s.Send(t.Context(), chat.Prompt{Text: "hello"}, &listener{})
	wantFault(t, err, fault.Locked)

	wantFault(t, s.Unlock(t.Context(), pass("wrong horse battery staple")), fault.PassphraseWrong)
	wantPhase(t, s, PhaseLocked)
	if err := s.Unlock(t.Context(), pass(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	entries, err := s.open.record.Entries(0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, e := range entries {
		actions = append(actions, string(e.Action))
	}
	if got, want := strings.Join(actions, " "), "setup model_import lock unlock_failed unlock"; got != want {
		t.Errorf("on record: %s, want %s", got, want)
	}
}

func TestOneProcessAtATime(t *testing.T) {
	o := testOptions(t)
	start(t, o)
	_, err := New(o)
	wantFault(t, err, fault.InUse)
}

func TestNeverNewKeysOverExistingData(t *testing.T) {
	o := testOptions(t)
	if err := unlocked(t, o).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(o.Home, "keys")); err != nil {
		t.Fatal(err)
	}
	s := start(t, o)
	wantPhase(t, s, PhaseFailed)
	wantFault(t, s.Setup(t.Context(), pass(goodPassphrase)), fault.KeysMissing)
	if _, err := os.Stat(filepath.Join(o.Home, "keys")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("keys were made over existing data")
	}
}

func TestHistoryThatIsGoneIsNamed(t *testing.T) {
	o := testOptions(t)
	if err := unlocked(t, o).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(o.Home, "history.db")); err != nil {
		t.Fatal(err)
	}
	wantFault(t, start(t, o).Unlock(t.Context(), pass(goodPassphrase)), fault.HistoryDamaged)
}

func TestRecordThatIsGoneIsNamed(t *testing.T) {
	o := testOptions(t)
	if err := unlocked(t, o).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(o.Home, "audit")); err != nil {
		t.Fatal(err)
	}
	wantFault(t, start(t, o).Unlock(t.Context(), pass(goodPassphrase)), fault.AuditBroken)
}

func TestTurnOnTheRealModelAndNoTextInAnyFile(t *testing.T) {
	o := testOptions(t)
	s := unlocked(t, o)
	l := &listener{}
	sampling, err := s.DefaultSampling()
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.Send(t.Context(), chat.Prompt{Text: "Who are you? Mail ann@example.org", Sampling: sampling}, l)
	if err != nil {
		t.Fatal(err)
	}
	if l.text.String() != out.Assistant.Text || out.Assistant.Text == "" || out.Assistant.Status != history.Complete {
		t.Fatalf("shown %q, kept %q (%s)", l.text.String(), out.Assistant.Text, out.Assistant.Status)
	}
	if out.Result.PromptTokens == 0 || out.Result.OutputTokens == 0 || out.OutcomeSeq != out.IntentSeq+1 && out.OutcomeSeq <= out.IntentSeq {
		t.Errorf("result %+v, intent %d, outcome %d", out.Result, out.IntentSeq, out.OutcomeSeq)
	}
	second, err := s.Send(t.Context(), chat.Prompt{Conversation: out.Conversation.ID, Text: "Thank you", Sampling: sampling}, &listener{})
	if err != nil {
		t.Fatal(err)
	}
	if second.User.Parent != out.Assistant.ID || second.Result.CachedTokens == 0 {
		t.Errorf("parent %q, %d tokens reused", second.User.Parent, second.Result.CachedTokens)
	}
	_, messages, err := s.Conversation(t.Context(), out.Conversation.ID)
	if err != nil || len(messages) != 4 || messages[0].Text != "Who are you? Mail [EMAIL]" {
		t.Fatalf("%d messages, %v", len(messages), err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	needles := []string{"Who are you", "ann@example.org", "Thank you", out.Assistant.Text[:min(16, len(out.Assistant.Text))]}
	if found := filesWith(t, o.Home, needles); len(found) > 0 {
		t.Errorf("in the clear: %v", found)
	}
	if err := os.WriteFile(filepath.Join(o.Home, "control"), []byte("Who are you"), 0o600); err != nil {
		t.Fatal(err)
	}
	if found := filesWith(t, o.Home, needles); len(found) != 1 {
		t.Error("the search does not find what is there")
	}
}

// Who reads the record alone can say who asked which model what under which rules, and whoever holds a conversation can show
// that its texts are the ones.
func TestATurnsEntriesSayAllThatTheyShould(t *testing.T) {
	s := unlocked(t, testOptions(t))
	sampling, err := s.DefaultSampling()
	if err != nil {
		t.Fatal(err)
	}
	sampling.Temperature, sampling.TopK, sampling.Seed = 0.5, 7, 3
	out, err := s.Send(t.Context(), chat.Prompt{Text: "Mail ann@example.org", Sampling: sampling, MaxTokens: 8}, &listener{})
	if err != nil {
		t.Fatal(err)
	}
	_, messages, err := s.Conversation(t.Context(), out.Conversation.ID)
	if err != nil || len(messages) != 2 {
		t.Fatalf("%d messages, %v", len(messages), err)
	}
	prompt, _ := lastEntry(t, s, audit.Prompt)
	response, _ := lastEntry(t, s, audit.Response)
	for _, e := range []audit.Entry{prompt, response} {
		if e.Seq == 0 || time.Since(e.Time) > time.Hour || e.Actor != actor() || e.Conversation != string(out.Conversation.ID) ||
			e.Turn != string(out.User.Turn) || len(e.Model) != 64 || e.Policy != "builtin-1" || e.Ruleset == "" {
			t.Errorf("%+v", e)
		}
	}
	drawn := prompt.Sampling
	if prompt.Prompt != audit.Commit(messages[0].Salt, "Mail [EMAIL]") || prompt.Redactions["EMAIL_ADDRESS"] != 1 ||
		drawn.Temperature != 0.5 || drawn.TopK != 7 || drawn.Seed != 3 || drawn.MaxTokens != 8 {
		t.Errorf("%+v", prompt)
	}
	if response.Response != audit.Commit(messages[1].Salt, messages[1].Text) || response.PromptTokens == 0 || response.OutputTokens == 0 ||
		response.Result == "" || response.History == 0 {
		t.Errorf("%+v", response)
	}
}

func TestAnotherVersionOfTheProgramIsOnRecord(t *testing.T) {
	o := testOptions(t)
	for i, want := range []string{"the first is 1.0", "2.0"} {
		o.Version = []string{"1.0", "2.0"}[i]
		s := again(t, unlocked(t, o), o) // the same version twice is one entry
		if e, n := lastEntry(t, s, audit.ProgramUpdate); n != i+1 || !strings.Contains(e.Detail, want) {
			t.Errorf("%s: %d entries, %+v", o.Version, n, e)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func filesWith(t *testing.T, dir string, needles []string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		for _, n := range needles {
			if strings.Contains(string(b), n) {
				found = append(found, path+": "+n)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestStopBusyAndLockWhileAnswering(t *testing.T) {
	s := unlocked(t, testOptions(t))
	var once sync.Once
	var busy error
	out, err := s.Send(t.Context(), chat.Prompt{Text: longPrompt}, &listener{onDelta: func() {
		once.Do(func() {
			_, busy = s.Send(t.Context(), chat.Prompt{Text: "me too"}, &listener{})
			s.Stop()
		})
	}})
	if err != nil {
		t.Fatal(err)
	}
	wantFault(t, busy, fault.Busy)
	if out.Assistant.Status != history.Stopped || out.Assistant.Text == "" {
		t.Errorf("stopped answer: %s %q", out.Assistant.Status, out.Assistant.Text)
	}

	locked := make(chan error, 1)
	var onceMore sync.Once
	out, err = s.Send(t.Context(), chat.Prompt{Text: longPrompt}, &listener{onDelta: func() {
		onceMore.Do(func() { go func() { locked <- s.Lock(context.Background()) }() })
	}})
	if err != nil || out.OutcomeSeq == 0 {
		t.Errorf("turn under lock: %v, outcome %d", err, out.OutcomeSeq)
	}
	if err := <-locked; err != nil {
		t.Error(err)
	}
	wantPhase(t, s, PhaseLocked)
}

// A model that cannot be used must not keep the history closed.
func TestDamagedManifestLeavesTheHistoryOpen(t *testing.T) {
	o := testOptions(t)
	s := unlocked(t, o)
	out, err := s.Send(t.Context(), chat.Prompt{Text: "hello", MaxTokens: 4}, &listener{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	manifest := filepath.Join(o.Home, "models", string(o.Builtin.id()), "manifest.json")
	b, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(manifest, b, 0o600); err != nil {
		t.Fatal(err)
	}
	s = unlocked(t, o)
	if _, messages, err := s.Conversation(t.Context(), out.Conversation.ID); err != nil || len(messages) != 2 {
		t.Errorf("reading: %d messages, %v", len(messages), err)
	}
	size := s.open.record.Size()
	_, err = s.Send(t.Context(), chat.Prompt{Text: "hello"}, &listener{})
	wantFault(t, err, fault.ModelDamaged)
	if s.open.record.Size() != size {
		t.Error("a turn was begun with a model that cannot answer")
	}
	// What the hint says, import it again, mends it.
	if _, err := s.ImportModel(t.Context(), bytes.NewReader(o.Builtin.GGUF), vault.Source{}, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := unlocked(t, o).Send(t.Context(), chat.Prompt{Text: "hello", MaxTokens: 4}, &listener{}); err != nil {
		t.Error(err)
	}
}

func TestUnlockThatFailsCanBeTriedAgain(t *testing.T) {
	o := testOptions(t)
	if err := unlocked(t, o).Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(o.Home, "history.db")
	good, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, good[:len(good)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, o)
	wantFault(t, s.Unlock(t.Context(), pass(goodPassphrase)), fault.HistoryDamaged)
	wantPhase(t, s, PhaseLocked)
	if err := os.WriteFile(name, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Unlock(t.Context(), pass(goodPassphrase)); err != nil {
		t.Error(err)
	}
}

func TestFirstStartThatWasCutShortOpens(t *testing.T) {
	o := testOptions(t)
	if err := unlocked(t, o).Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"history.db", "models"} { // as a crash before they were made leaves it
		if err := os.RemoveAll(filepath.Join(o.Home, name)); err != nil {
			t.Fatal(err)
		}
	}
	dir := filepath.Join(o.Home, "audit")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	root, err := keys.Open(filepath.Join(o.Home, "keys"), o.Ring, o.Cost).Unlock(t.Context(), pass(goodPassphrase))
	if err != nil {
		t.Fatal(err)
	}
	log, err := audit.Open(dir, root.AuditSigner(), origin(root))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.Append(audit.Entry{Action: audit.Setup}); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if err := root.Item("record-head").Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := unlocked(t, o).Send(t.Context(), chat.Prompt{Text: "hello", MaxTokens: 4}, &listener{}); err != nil {
		t.Error(err)
	}
}

func TestFailedUnlocksOutliveTheProcess(t *testing.T) {
	o := testOptions(t)
	if err := unlocked(t, o).Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		s := start(t, o)
		wantFault(t, s.Unlock(t.Context(), pass("wrong horse battery staple")), fault.PassphraseWrong)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s := unlocked(t, o)
	entries, err := s.open.record.Entries(0, 100)
	if err != nil {
		t.Fatal(err)
	}
	noted := 0
	for _, e := range entries {
		if e.Action == audit.UnlockFailed && strings.HasPrefix(e.Detail, "3 ") {
			noted++
		}
	}
	if noted != 1 {
		t.Errorf("three failed unlocks are %d times on record, want once", noted)
	}
}

func TestWhatIsNotThereDoesNotReachTheRecord(t *testing.T) {
	s := unlocked(t, testOptions(t))
	size := s.open.record.Size()
	const name = "Jane Doe"
	wantFault(t, s.Rename(t.Context(), name, "x"), fault.ConversationMissing)
	wantFault(t, s.Delete(t.Context(), name), fault.ConversationMissing)
	_, err := s.Send(t.Context(), chat.Prompt{Conversation: name, Text: "x"}, &listener{})
	wantFault(t, err, fault.ConversationMissing)
	wantFault(t, s.UseModel(t.Context(), name, engine.Wish{}), fault.ModelMissing)
	wantFault(t, s.VerifyModel(t.Context(), name, nil), fault.ModelMissing)
	if s.open.record.Size() != size {
		t.Error("something was recorded")
	}
}

// A way out that is open stops the chat, and nothing else.
func TestOpenNetworkStopsTheChat(t *testing.T) {
	o := testOptions(t)
	o.Network = func() *lockdown.Report {
		return &lockdown.Report{Enforced: true, Rows: []lockdown.Row{{Name: "ipv4 tcp", ControlWorks: true, Verdict: lockdown.NotBlocked}}}
	}
	s := unlocked(t, o)
	_, err := s.Send(t.Context(), chat.Prompt{Text: "hello"}, &listener{})
	wantFault(t, err, fault.NetworkOpen)
	if _, err := s.Conversations(t.Context()); err != nil {
		t.Error(err)
	}
	entries, err := s.open.record.Entries(0, 100)
	if err != nil || entries[1].Action != audit.SelfTest || entries[1].Result != "failed" {
		t.Errorf("on record: %+v, %v", entries, err)
	}
}

func TestWhatThePageFoundIsOnRecord(t *testing.T) {
	way := func(name string, v lockdown.Verdict) lockdown.PageWay {
		return lockdown.PageWay{Name: name, Verdict: v}
	}
	for _, c := range []struct {
		page []lockdown.PageWay
		said string
	}{
		{
			[]lockdown.PageWay{way("fetch", lockdown.Blocked), way("dns-prefetch", lockdown.NoControl), way("link", lockdown.NotBlocked)},
			"; the page: 1 refused, 1 open, 1 without a sign; ",
		},
		{nil, "page: it did not say what it can reach"},
	} {
		o := testOptions(t)
		o.Network = func() *lockdown.Report {
			r := &lockdown.Report{Enforced: true, Rows: []lockdown.Row{{Name: "ipv4 tcp", ControlWorks: true, Blocked: true, Verdict: lockdown.Blocked}}}
			r.AddPage(c.page)
			return r
		}
		s := unlocked(t, o)
		_, err := s.Send(t.Context(), chat.Prompt{Text: "hello"}, &listener{})
		wantFault(t, err, fault.NetworkOpen)
		entries, err := s.open.record.Entries(0, 100)
		if err != nil || entries[1].Action != audit.SelfTest || entries[1].Result != "failed" || !strings.Contains(entries[1].Detail, c.said) {
			t.Errorf("on record: %+v, %v", entries, err)
		}
	}
}

func TestStopWhileTheModelIsLoading(t *testing.T) {
	s := unlocked(t, testOptions(t))
	m := s.open.model
	m.acquire(t.Context()) // as the background load does
	ctx, cancel := context.WithCancel(t.Context())
	out, err := chat.Outcome{}, error(nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		out, err = s.Send(ctx, chat.Prompt{Text: "hello"}, &listener{})
	}()
	cancel()
	<-done
	m.release()
	if err != nil || out.Assistant.Status != history.Stopped {
		t.Errorf("%s, %v", out.Assistant.Status, err)
	}
}

func TestLockWhileLoadingLeavesNoEngine(t *testing.T) {
	s := unlocked(t, testOptions(t))
	for i := range 12 {
		loaded := make(chan error, 1)
		go func() { loaded <- s.LoadModel(context.Background()) }()
		time.Sleep(time.Duration(i*i) * time.Millisecond) // somewhere between the start and the end of loading
		if err := s.Lock(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-loaded
		if pids := engines(t); len(pids) > 0 {
			t.Fatalf("round %d: engine %v outlived the lock", i, pids)
		}
		if err := s.Unlock(t.Context(), pass(goodPassphrase)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.LoadModel(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(engines(t)) != 1 {
		t.Error("the search does not find a running engine")
	}
}

// engines lists this process's children that run the engine.
func engines(t *testing.T) (pids []string) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range stats {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // it ended
		}
		var pid, ppid int
		var comm, state string
		if _, err := fmt.Sscanf(string(b), "%d %s %s %d", &pid, &comm, &state, &ppid); err == nil &&
			ppid == os.Getpid() && strings.HasPrefix(comm, "(subrosa-engine") && state != "Z" {
			pids = append(pids, strconv.Itoa(pid))
		}
	}
	return pids
}

func TestKilledEngineClosesTheTurnAndTheNextIsAnswered(t *testing.T) {
	s := unlocked(t, testOptions(t))
	var once sync.Once
	out, err := s.Send(t.Context(), chat.Prompt{Text: longPrompt}, &listener{onDelta: func() {
		once.Do(func() { _ = syscall.Kill(s.open.model.running().PID(), syscall.SIGKILL) })
	}})
	wantFault(t, err, fault.EngineCrashed)
	if out.Assistant.Status != history.Failed || out.Assistant.Text == "" {
		t.Errorf("kept %s %q", out.Assistant.Status, out.Assistant.Text)
	}
	_, messages, err := s.Conversation(t.Context(), out.Conversation.ID)
	if err != nil || messages[1].Status != history.Failed || messages[1].Text != out.Assistant.Text {
		t.Errorf("history: %v %v", messages, err)
	}
	if _, err := s.Send(t.Context(), chat.Prompt{Text: "hello"}, &listener{}); err != nil {
		t.Error(err)
	}
}

// A program that ends in the middle of a turn leaves it pending in history and open on record.
func TestTurnsLeftOpenAreClosedAtTheNextUnlock(t *testing.T) {
	o := testOptions(t)
	s := unlocked(t, o)
	in := s.open
	begun, err := in.history.BeginTurn(t.Context(), history.Turn{ID: history.NewTurnID(), Title: "t", Prompt: "p"})
	if err != nil {
		t.Fatal(err)
	}
	if err := in.history.SavePartial(t.Context(), begun.Assistant.Turn, "half an ans", "", nil); err != nil {
		t.Fatal(err)
	}
	if err := in.note(audit.Entry{Action: audit.Prompt, Turn: string(begun.Assistant.Turn)}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = unlocked(t, o)
	_, messages, err := s.Conversation(t.Context(), begun.Conversation.ID)
	if err != nil || len(messages) != 2 || messages[1].Status != history.Failed || messages[1].Text != "half an ans" {
		t.Errorf("history: %+v, %v", messages, err)
	}
	last, err := s.open.record.Entries(s.open.record.Size()-1, 1)
	if err != nil || last[0].Action != audit.Reconcile || last[0].Turn != string(begun.Assistant.Turn) {
		t.Errorf("record: %+v, %v", last, err)
	}
	size := s.open.record.Size()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = unlocked(t, o)
	if grown := s.open.record.Size() - size; grown != 2 {
		t.Errorf("%d more entries, want a lock and an unlock: the turn was reconciled twice", grown)
	}
}

func TestBrokenRecordStopsChatAndLeavesReading(t *testing.T) {
	o := testOptions(t)
	s := unlocked(t, o)
	out, err := s.Send(t.Context(), chat.Prompt{Text: "hello"}, &listener{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(o.Home, "audit", "entries")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	s = unlocked(t, o)
	if _, messages, err := s.Conversation(t.Context(), out.Conversation.ID); err != nil || len(messages) != 2 {
		t.Errorf("reading: %d messages, %v", len(messages), err)
	}
	_, err = s.Send(t.Context(), chat.Prompt{Text: "hello"}, &listener{})
	wantFault(t, err, fault.AuditBroken)
	wantFault(t, s.Delete(t.Context(), out.Conversation.ID), fault.AuditBroken)
	st, err := s.Status()
	if err != nil || st.RecordFault == nil {
		t.Errorf("status %+v, %v", st, err)
	}
}

func TestAnIdleModelGivesItsMemoryBackAndComesAgain(t *testing.T) {
	o := testOptions(t)
	o.ModelIdle = time.Millisecond
	s := unlocked(t, o)
	for range 2 {
		out, err := s.Send(t.Context(), chat.Prompt{Text: "Who are you?"}, &listener{})
		if err != nil || out.Assistant.Text == "" {
			t.Fatal(err)
		}
		m := s.open.model
		for deadline := time.Now().Add(20 * time.Second); m.Status().State != ModelUnloaded || m.running() != nil; {
			if time.Now().After(deadline) {
				t.Fatalf("still %s", m.Status().State)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
}

func TestDamagedModelGivesNoToken(t *testing.T) {
	o := testOptions(t)
	if err := unlocked(t, o).Close(); err != nil {
		t.Fatal(err)
	}
	sealed, err := filepath.Glob(filepath.Join(o.Home, "models", "*", "model.age"))
	if err != nil || len(sealed) != 1 {
		t.Fatal(sealed, err)
	}
	b, err := os.ReadFile(sealed[0])
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(sealed[0], b, 0o600); err != nil {
		t.Fatal(err)
	}
	s := unlocked(t, o)
	l := &listener{}
	_, err = s.Send(t.Context(), chat.Prompt{Text: "hello"}, l)
	wantFault(t, err, fault.ModelDamaged)
	if l.text.Len() > 0 {
		t.Errorf("a token came: %q", l.text.String())
	}
}

func TestChangesAreAnnounced(t *testing.T) {
	o := testOptions(t)
	changes := make(chan Phase, 100)
	var s *Session
	o.OnChange = func() {
		p, _ := s.State()
		changes <- p
	}
	s = start(t, o)
	if err := s.Setup(t.Context(), pass(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	if err := s.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []Phase{PhaseReady, PhaseLocked} {
		select {
		case got := <-changes:
			if got != want {
				t.Errorf("announced %s, want %s", got, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s was not announced", want)
		}
	}
}
