package policy

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"aead.dev/minisign"
)

// site is a machine's and a home's policy directory, and IT's key.
type site struct {
	Places
	t   *testing.T
	key minisign.PrivateKey
}

func newSite(t *testing.T) *site {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: the trusted key must be root's")
	}
	dir := t.TempDir()
	s := &site{Places: Places{Machine: filepath.Join(dir, "etc"), Home: filepath.Join(dir, "home")}, t: t}
	for _, d := range []string{s.Machine, s.Home} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	_, key, err := minisign.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	s.key = key
	return s
}

func (s *site) write(dir, name string, content []byte) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) trust(dir string) {
	s.t.Helper()
	s.write(dir, TrustName, []byte(s.key.Public().(minisign.PublicKey).String()))
}

func numbered(n int, more string) []byte {
	return fmt.Appendf(nil, "schema: 1\nversion: %d\nexpires: 2030-06-30\n%s", n, more)
}

func (s *site) install(dir string, file []byte) {
	s.t.Helper()
	s.trust(dir)
	s.write(dir, FileName, file)
	s.write(dir, SignatureName, minisign.Sign(s.key, file))
}

var (
	builtin = Mark{Source: SourceBuiltin}
	someDay = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
)

// accept does what the session does with a choice: keep it, and remember its mark.
func (s *site) accept(last Mark) Mark {
	s.t.Helper()
	c := s.Load(last, someDay)
	if c.Stop != nil || c.Refused != nil {
		s.t.Fatalf("not taken: %+v", c)
	}
	if err := errors.Join(s.Keep(c.Policy), s.Forget(c.Policy.Mark())); err != nil {
		s.t.Fatal(err)
	}
	return c.Policy.Mark()
}

func TestWithoutFilesTheBuiltInPolicyIsInForce(t *testing.T) {
	s := newSite(t)
	if c := s.Load(builtin, someDay); c.Policy.Version != builtinVersion || c.Refused != nil || c.Stop != nil {
		t.Errorf("%+v", c)
	}
}

func TestMachineGoesOverHome(t *testing.T) {
	s := newSite(t)
	s.write(s.Home, FileName, numbered(90, ""))
	home := s.accept(builtin)
	if home.Source != SourceHome || home.Serial != 90 {
		t.Fatal(home)
	}
	s.install(s.Machine, numbered(2, ""))
	if m := s.accept(home); m.Source != SourceMachine || m.Serial != 2 {
		t.Error(m)
	}
}

// Each row breaks an installed machine policy of number 7 in one way; 7 stays in force.
func TestWhatIsRefusedLeavesThePreviousInForce(t *testing.T) {
	for name, c := range map[string]struct {
		breakIt func(*site)
		want    string
	}{
		"malformed":    {func(s *site) { s.install(s.Machine, numbered(8, "nonsense: 1\n")) }, "malformed"},
		"changed byte": {func(s *site) { s.write(s.Machine, FileName, numbered(8, "")) }, "bad_signature"},
		"another's key": {func(s *site) {
			other := newSite(s.t)
			s.key = other.key
			f := numbered(8, "")
			s.write(s.Machine, FileName, f)
			s.write(s.Machine, SignatureName, minisign.Sign(s.key, f))
		}, "bad_signature"},
		"no signature":   {func(s *site) { remove(s.t, filepath.Join(s.Machine, SignatureName)) }, "unsigned"},
		"no key":         {func(s *site) { remove(s.t, filepath.Join(s.Machine, TrustName)) }, "unsigned"},
		"no key at all":  {func(s *site) { s.write(s.Machine, TrustName, []byte("hello")) }, "bad_key"},
		"expired":        {func(s *site) { s.install(s.Machine, []byte("schema: 1\nversion: 8\nexpires: 2026-04-30\n")) }, "expired"},
		"lower":          {func(s *site) { s.install(s.Machine, numbered(6, "")) }, "downgraded"},
		"same number":    {func(s *site) { s.install(s.Machine, numbered(7, "name: other\n")) }, "same_number"},
		"file gone":      {func(s *site) { remove(s.t, filepath.Join(s.Machine, FileName)) }, "unreadable"},
		"directory gone": {func(s *site) { remove(s.t, s.Machine) }, "gone"},
		"home instead": {func(s *site) {
			remove(s.t, s.Machine)
			s.write(s.Home, FileName, numbered(99, "unlock: {idle_minutes: 480}\n"))
		}, "gone"},
		"key of others": {func(s *site) {
			if err := os.Chown(filepath.Join(s.Machine, TrustName), 65534, 65534); err != nil {
				s.t.Fatal(err)
			}
		}, "owner"},
		"key writable by others": {func(s *site) {
			if err := os.Chmod(filepath.Join(s.Machine, TrustName), 0o666); err != nil {
				s.t.Fatal(err)
			}
		}, "owner"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.install(s.Machine, numbered(7, "unlock: {idle_minutes: 3}\n"))
			last := s.accept(builtin)
			c.breakIt(s)
			got := s.Load(last, someDay)
			if got.Refused == nil || got.Refused.Reason() != c.want {
				t.Errorf("refused %+v, want %s", got.Refused, c.want)
			}
			if got.Stop != nil || got.Policy.Mark() != last || got.Policy.Unlock.IdleMinutes != 3 {
				t.Errorf("in force: %s, stop %v", got.Policy.Version, got.Stop)
			}
		})
	}
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.RemoveAll(name); err != nil {
		t.Fatal(err)
	}
}

func TestBadFirstPolicyOfAMachineStopsTheChat(t *testing.T) {
	s := newSite(t)
	s.trust(s.Machine)
	if c := s.Load(builtin, someDay); c.Stop == nil {
		t.Error("a machine that must have a policy and has none may chat")
	}
	s.write(s.Machine, FileName, numbered(1, ""))
	if c := s.Load(builtin, someDay); !errors.Is(c.Stop, ErrUnsigned) {
		t.Error(c.Stop)
	}
}

func TestBadFirstPolicyOfAHomeLeavesTheBuiltIn(t *testing.T) {
	s := newSite(t)
	s.write(s.Home, FileName, []byte("schema: 1\n"))
	if c := s.Load(builtin, someDay); c.Stop != nil || c.Refused == nil || c.Policy.Version != builtinVersion {
		t.Errorf("%+v", c)
	}
}

func TestSignatureIsRequiredInAHomeThatHasAKey(t *testing.T) {
	s := newSite(t)
	s.install(s.Home, numbered(4, ""))
	last := s.accept(builtin)
	remove(t, filepath.Join(s.Home, SignatureName))
	if c := s.Load(last, someDay); c.Refused == nil || c.Refused.Reason() != "unsigned" || c.Policy.Mark() != last {
		t.Errorf("%+v", c)
	}
}

func TestWithoutACopyNobodyChats(t *testing.T) {
	for name, spoil := range map[string]func(*site, Mark){
		"gone":    func(s *site, m Mark) { remove(s.t, s.kept(m)) },
		"changed": func(s *site, m Mark) { s.write(s.Home, filepath.Base(s.kept(m)), numbered(7, "name: x\n")) },
		"nothing": func(s *site, m Mark) { s.write(s.Home, filepath.Base(s.kept(m)), nil) },
	} {
		s := newSite(t)
		s.install(s.Machine, numbered(7, ""))
		last := s.accept(builtin)
		spoil(s, last)
		remove(t, s.Machine)
		if c := s.Load(last, someDay); !errors.Is(c.Stop, ErrNothingKept) {
			t.Errorf("%s: %v", name, c.Stop)
		}
	}
}

func TestExpiryEndsWithTheDay(t *testing.T) {
	s := newSite(t)
	s.install(s.Machine, numbered(7, ""))
	last := s.accept(builtin)
	end := time.Date(2030, 7, 1, 0, 0, 0, 0, time.UTC)
	if c := s.Load(last, end.Add(-time.Second)); c.Stop != nil || c.Refused != nil {
		t.Errorf("on its last day: %+v", c)
	}
	if c := s.Load(last, end); !errors.Is(c.Stop, ErrExpired) || c.Refused.Reason() != "expired" || c.Policy.Mark() != last {
		t.Errorf("after it: %+v", c)
	}
}

func TestMarksReadBack(t *testing.T) {
	for _, s := range []string{"builtin-1", "machine-7-0123456789abcdef", "home-12-00"} {
		if m := ParseMark(s); m.String() != s {
			t.Errorf("%s: %+v", s, m)
		}
	}
	for _, s := range []string{"", "machine", "machine-7", "machine-07-ab", "other-7-ab", "machine-x-ab"} {
		if m := ParseMark(s); m.Source != SourceBuiltin {
			t.Errorf("%s: %+v", s, m)
		}
	}
	low, high := Mark{SourceMachine, 6, "a"}, Mark{SourceMachine, 7, "b"}
	home := Mark{SourceHome, 99, "c"}
	if low.Later(high) != high || high.Later(low) != high || home.Later(low) != low || low.Later(home) != low || builtin.Later(home) != home {
		t.Error("Later")
	}
}

// IT may use the minisign command: both directions.
func TestMinisignCommandIsUnderstood(t *testing.T) {
	command, err := exec.LookPath("minisign")
	if err != nil {
		if os.Getenv("SUBROSA_REQUIRE_REAL") != "" {
			t.Fatal(err)
		}
		t.Skip("the minisign command is not installed: apt-get install minisign")
	}
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), command, args...).CombinedOutput(); err != nil {
			t.Fatalf("minisign %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	run("-G", "-W", "-p", at("it.pub"), "-s", at("it.key"))
	file := numbered(3, "")
	if err := os.WriteFile(at("policy.yaml"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	pub, err := os.ReadFile(at("it.pub"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParseKey(string(pub))
	if err != nil {
		t.Fatal(err)
	}
	comment, _, _ := strings.Cut(string(pub), "\n")
	printed := comment[strings.LastIndex(comment, " ")+1:] // the command leaves zeros in front away
	if id := strings.Repeat("0", max(0, 16-len(printed))) + printed; id != key.ID() {
		t.Errorf("key ID %s is not the command's: %s", key.ID(), comment)
	}
	for _, legacy := range []string{"", "-l"} { // pre-hashed, and the old scheme
		args := []string{"-S", "-W", "-s", at("it.key"), "-m", at("policy.yaml")}
		if legacy != "" {
			args = append(args, legacy)
		}
		run(args...)
		signature, err := os.ReadFile(at("policy.yaml.minisig"))
		if err != nil {
			t.Fatal(err)
		}
		if err := key.Verify(file, signature); err != nil {
			t.Errorf("the command's signature %s: %v", legacy, err)
		}
		if key.Verify(append(bytes.Clone(file), ' '), signature) == nil {
			t.Error("it verifies over another text")
		}
	}
	// And ours, by the command.
	public, private, err := minisign.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := Sign(file, private)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at("policy.yaml.minisig"), signature, 0o600); err != nil {
		t.Fatal(err)
	}
	run("-V", "-P", public.String(), "-m", at("policy.yaml"))
}

func TestOnlySoundPoliciesAreSigned(t *testing.T) {
	_, private, err := minisign.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Sign([]byte("schema: 1\nversion: 1\nexpires: 2030-01-01\nnonsense: 1\n"), private); err == nil {
		t.Error("signed")
	}
}

func TestNoMachinePolicyElsewhere(t *testing.T) {
	if runtime.GOOS == "windows" && rootOnly(".") == nil {
		t.Error("ownership is not checked here, and yet it is trusted")
	}
}
