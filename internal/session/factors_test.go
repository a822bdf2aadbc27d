package session

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/fault"
	"subrosa/internal/policy"
)

const (
	keyringOnly = "unlock: {factors: [keyring]}\n"
	twoFactors  = "unlock: {factors: [keyring, passphrase]}\n"
)

// Without a policy that says so, nothing makes keys that the keyring alone opens.
func TestKeysWithoutAPassphraseNeedAPolicy(t *testing.T) {
	o := testOptions(t)
	s := start(t, o)
	if s.Passphrase() != PassphraseRequired {
		t.Error(s.Passphrase())
	}
	wantFault(t, s.Setup(t.Context(), nil), fault.PassphraseNeeded)
	if err := s.Setup(t.Context(), pass(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	wantFault(t, s.RemoveSlot(t.Context(), SlotPassphrase, pass(goodPassphrase)), fault.PolicyDenied)
	if e, n := lastEntry(t, s, audit.PolicyDenied); n != 1 || e.Detail != "unlock.factors: the passphrase is needed" {
		t.Errorf("%d, %+v", n, e)
	}
	if err := s.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantFault(t, s.Unlock(t.Context(), nil), fault.PassphraseWrong)
}

func TestPolicyLetsTheKeyringBeEnough(t *testing.T) {
	o, key := testOptions(t), itKey(t)
	install(t, o.PolicyDir, key, 1, keyringOnly)
	s := start(t, o)
	if s.Passphrase() != PassphraseOptional {
		t.Fatal(s.Passphrase())
	}
	if err := s.Setup(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.Passphrase() != PassphraseNone {
		t.Error(s.Passphrase())
	}
	if err := s.Unlock(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := say(t, s, "hello"); err != nil {
		t.Fatal(err)
	}
	for _, action := range []audit.Action{audit.Setup, audit.Unlock} {
		if e, _ := lastEntry(t, s, action); e.Detail != "with keyring" {
			t.Errorf("%+v", e)
		}
	}
	if c := factorsControl(s.open); c.Result != Fail || !strings.Contains(english(c.Said), "the keys need: keyring;") {
		t.Errorf("%+v", c)
	}

	// A stricter policy: reading goes on and the chat does not, until there is a passphrase.
	install(t, o.PolicyDir, key, 2, twoFactors)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = start(t, o)
	if err := s.Unlock(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if e, n := lastEntry(t, s, audit.PolicyDenied); n != 1 || e.Detail != "unlock.factors: the keys have no passphrase" {
		t.Errorf("%d, %+v", n, e)
	}
	wantFault(t, say(t, s, "hello"), fault.PassphraseNeeded)
	if list, err := s.Conversations(t.Context()); err != nil || len(list) != 1 {
		t.Error(len(list), err)
	}
	if err := s.ChangePassphrase(t.Context(), nil, pass(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	if e, _ := lastEntry(t, s, audit.PassphraseChange); e.Detail != "there was none" {
		t.Errorf("%+v", e)
	}
	if err := say(t, s, "hello"); err != nil {
		t.Error(err)
	}
	if err := s.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantFault(t, s.Unlock(t.Context(), nil), fault.PassphraseWrong)
	if err := s.Unlock(t.Context(), pass(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	if e, _ := lastEntry(t, s, audit.Unlock); e.Detail != "with keyring, passphrase" {
		t.Errorf("%+v", e)
	}

	// And a milder one again: the user may take the passphrase off, with the passphrase.
	install(t, o.PolicyDir, key, 3, keyringOnly)
	s = again(t, s, o)
	wantFault(t, s.RemoveSlot(t.Context(), SlotPassphrase, pass("wrong")), fault.PassphraseWrong)
	s.age(t, time.Hour)
	if err := s.RemoveSlot(t.Context(), SlotPassphrase, pass(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	if s.Passphrase() != PassphraseNone || s.open.lacks(policy.Passphrase) {
		t.Error(s.Passphrase())
	}
	if e, _ := lastEntry(t, s, audit.SlotRemove); e.Detail != SlotPassphrase || e.Result != "" {
		t.Errorf("%+v", e)
	}
}

// A policy that is not taken allows nothing.
func TestABadPolicyDoesNotLetTheKeyringBeEnough(t *testing.T) {
	o, key := testOptions(t), itKey(t)
	install(t, o.PolicyDir, key, 1, keyringOnly)
	install(t, o.PolicyDir+"-other", itKey(t), 1, keyringOnly)
	if err := os.Rename(filepath.Join(o.PolicyDir+"-other", policy.SignatureName), filepath.Join(o.PolicyDir, policy.SignatureName)); err != nil {
		t.Fatal(err)
	}
	s := start(t, o)
	if s.Passphrase() != PassphraseRequired {
		t.Error(s.Passphrase())
	}
	wantFault(t, s.Setup(t.Context(), nil), fault.PassphraseNeeded)
}
