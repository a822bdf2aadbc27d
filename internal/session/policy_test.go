package session

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aead.dev/minisign"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/fault"
	"subrosa/internal/policy"
)

// itKey signs what install puts into the machine's policy directory.
func itKey(t *testing.T) minisign.PrivateKey {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: the trusted key must be root's")
	}
	_, key, err := minisign.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func install(t *testing.T, dir string, key minisign.PrivateKey, number int, more string) {
	t.Helper()
	file := fmt.Appendf(nil, "schema: 1\nversion: %d\nexpires: 2199-01-01\n%s", number, more)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		policy.FileName: file, policy.SignatureName: minisign.Sign(key, file), policy.TrustName: []byte(key.Public().(minisign.PublicKey).String()),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// again closes the session and unlocks a new one.
func again(t *testing.T, s *Session, o Options) *Session {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return unlocked(t, o)
}

func lastEntry(t *testing.T, s *Session, action audit.Action) (audit.Entry, int) {
	t.Helper()
	entries, err := s.open.record.Entries(0, s.open.record.Size())
	if err != nil {
		t.Fatal(err)
	}
	var last audit.Entry
	n := 0
	for _, e := range entries {
		if e.Action == action {
			last = e
			n++
		}
	}
	return last, n
}

func TestPolicyComesIntoForceAndIsOnRecord(t *testing.T) {
	o, key := testOptions(t), itKey(t)
	s := unlocked(t, o)
	install(t, o.PolicyDir, key, 7, "limits: {prompt_bytes: 20}\n")
	s = again(t, s, o)
	p, err := s.Policy()
	if err != nil || p.Number != 7 || p.Source != policy.SourceMachine || p.Refused != "" || p.Stopped != "" {
		t.Errorf("%+v, %v", p, err)
	}
	e, n := lastEntry(t, s, audit.PolicyChange)
	if n != 1 || e.Policy != p.Version || !strings.HasPrefix(e.Detail, "from builtin-1 to machine-7-") {
		t.Errorf("%d changes on record, the last %+v", n, e)
	}
	_, err = s.Send(t.Context(), chat.Prompt{Text: strings.Repeat("a", 21)}, &listener{})
	wantFault(t, err, fault.PolicyDenied)
	if _, err := s.Send(t.Context(), chat.Prompt{Text: "hello", MaxTokens: 2}, &listener{}); err != nil {
		t.Error(err)
	}
	s = again(t, s, o)
	if _, n := lastEntry(t, s, audit.PolicyChange); n != 1 {
		t.Errorf("the same policy is %d times on record", n)
	}
}

func TestRefusedPolicyIsOnRecordAndThePreviousStays(t *testing.T) {
	o, key := testOptions(t), itKey(t)
	install(t, o.PolicyDir, key, 7, "name: seven\n")
	s := unlocked(t, o)
	install(t, o.PolicyDir, key, 6, "name: six\n")
	s = again(t, s, o)
	p, err := s.Policy()
	if err != nil || p.Number != 7 || p.Refused != "downgraded" || p.Stopped != "" {
		t.Errorf("%+v, %v", p, err)
	}
	if e, n := lastEntry(t, s, audit.PolicyRefused); n != 1 || e.Result != "downgraded" {
		t.Errorf("%d on record, %+v", n, e)
	}
	if _, err := s.Send(t.Context(), chat.Prompt{Text: "hello", MaxTokens: 2}, &listener{}); err != nil {
		t.Error(err)
	}
	// Without the machine's files and the kept copy nobody chats, and everybody reads.
	if err := os.RemoveAll(o.PolicyDir); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(o.Home, "policy")); err != nil {
		t.Fatal(err)
	}
	s = again(t, s, o)
	_, err = s.Send(t.Context(), chat.Prompt{Text: "hello"}, &listener{})
	wantFault(t, err, fault.PolicyRefused)
	if list, err := s.Conversations(t.Context()); err != nil || len(list) != 1 {
		t.Error(list, err)
	}
	// IT installs a newer one: that heals it.
	install(t, o.PolicyDir, key, 8, "name: eight\n")
	s = again(t, s, o)
	if _, err := s.Send(t.Context(), chat.Prompt{Text: "hello", MaxTokens: 2}, &listener{}); err != nil {
		t.Error(err)
	}
}

// The record alone put back: the history still knows the later policy.
func TestHistoryRemembersThePolicyToo(t *testing.T) {
	o, key := testOptions(t), itKey(t)
	install(t, o.PolicyDir, key, 7, "")
	s := unlocked(t, o)
	if err := s.open.history.SetSetting(t.Context(), settingPolicy, "machine-9-0123456789abcdef"); err != nil {
		t.Fatal(err)
	}
	s = again(t, s, o)
	if e, n := lastEntry(t, s, audit.PolicyRefused); n != 1 || e.Result != "downgraded" {
		t.Errorf("%d on record, %+v", n, e)
	}
	_, err := s.Send(t.Context(), chat.Prompt{Text: "hello"}, &listener{})
	wantFault(t, err, fault.PolicyRefused)
}

// A policy that is installed while the session is open locks it, and the next unlock brings it in force.
func TestAPolicyInstalledWhileOpenIsDue(t *testing.T) {
	o, key := testOptions(t), itKey(t)
	install(t, o.PolicyDir, key, 7, "clipboard: {copy: true}\n")
	s := unlocked(t, o)
	due := func(want bool, when string) {
		t.Helper()
		if got := s.policyDue(time.Now()); got != want {
			t.Errorf("%s: due %v", when, got)
		}
	}
	due(false, "nothing new")
	for range 2 {
		install(t, o.PolicyDir, key, 6, "")
		due(false, "an older one")
	}
	if e, n := lastEntry(t, s, audit.PolicyRefused); n != 1 || e.Result != "downgraded" {
		t.Errorf("%d refusals on record, the last %+v", n, e)
	}
	install(t, o.PolicyDir, key, 8, "clipboard: {copy: false}\n")
	l := &listener{}
	l.onDelta = func() { due(false, "an answer is being written") }
	if _, err := s.Send(t.Context(), chat.Prompt{Text: "hello", MaxTokens: 2}, l); err != nil || l.text.Len() == 0 {
		t.Error(err, l.text.Len())
	}
	due(true, "a newer one")
	if _, err := s.MayCopy(); err != nil {
		t.Error("the one in force changed under an open session: ", err)
	}
	if err := s.LockFor(t.Context(), LockedByPolicy); err != nil {
		t.Fatal(err)
	}
	due(false, "locked")
	if err := s.Unlock(t.Context(), pass(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	_, err := s.MayCopy()
	wantFault(t, err, fault.PolicyDenied)
	if e, _ := lastEntry(t, s, audit.Lock); e.Detail != "policy" {
		t.Errorf("the lock says %q", e.Detail)
	}
	due(false, "it is in force")
}

func TestExpiredPolicyStopsTheChatWhileOpen(t *testing.T) {
	o, key := testOptions(t), itKey(t)
	install(t, o.PolicyDir, key, 7, "")
	s := unlocked(t, o)
	if err := s.open.policyMayChat(time.Date(2199, 1, 1, 23, 59, 59, 0, time.UTC)); err != nil {
		t.Error("on its last day:", err)
	}
	wantFault(t, s.open.policyMayChat(time.Date(2199, 1, 2, 0, 0, 0, 0, time.UTC)), fault.PolicyExpired)
}

func TestDeniedAttemptsAreOnRecord(t *testing.T) {
	s := unlocked(t, testOptions(t))
	for _, row := range policy.RoleTable() {
		if row.Proof == policy.ByUnlock || row.Right == policy.ImportPackage {
			continue
		}
		_, before := lastEntry(t, s, audit.RoleDenied)
		wantFault(t, s.open.require(row.Right, "c1", nil), fault.RoleDenied)
		e, n := lastEntry(t, s, audit.RoleDenied)
		if n != before+1 || !strings.HasPrefix(e.Detail, string(row.Right)+": ") {
			t.Errorf("%s: %+v", row.Right, e)
		}
	}
}

func TestPromptsPerMinute(t *testing.T) {
	var r rate
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 5 {
		if ok, _, _ := r.take(now.Add(time.Duration(i)*time.Second), 5); !ok {
			t.Fatalf("prompt %d held back", i)
		}
	}
	noted := 0
	for i := range 500 {
		ok, note, _ := r.take(now.Add(5*time.Second+time.Duration(i)*time.Millisecond), 5)
		if ok {
			t.Fatal("the sixth passed")
		}
		if note {
			noted++
		}
	}
	if noted != 1 {
		t.Errorf("noted %d times, want once", noted)
	}
	if ok, _, _ := r.take(now.Add(time.Minute), 5); !ok {
		t.Error("a minute after the first, one more is allowed")
	}
	if ok, _, _ := r.take(now.Add(time.Minute), 5); ok {
		t.Error("and only one")
	}
}

func TestThrottledPromptsAreOnRecordAndOutliveTheProcess(t *testing.T) {
	o, key := testOptions(t), itKey(t)
	install(t, o.PolicyDir, key, 1, "limits: {prompts_per_minute: 2}\n")
	s := unlocked(t, o)
	for range 2 {
		if _, err := s.Send(t.Context(), chat.Prompt{Text: "hello", MaxTokens: 1}, &listener{}); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		_, err := s.Send(t.Context(), chat.Prompt{Text: "hello", MaxTokens: 1}, &listener{})
		wantFault(t, err, fault.RateLimited)
	}
	if e, n := lastEntry(t, s, audit.Anomaly); n != 1 || e.Result != "throttled" {
		t.Errorf("%d on record, %+v", n, e)
	}
	s = again(t, s, o)
	_, err := s.Send(t.Context(), chat.Prompt{Text: "hello", MaxTokens: 1}, &listener{})
	wantFault(t, err, fault.RateLimited)
}
