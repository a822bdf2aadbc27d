package redact

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// pseudonymising is a Redactor that gives every find a token.
func pseudonymising(t testing.TB) *Redactor {
	t.Helper()
	a := Actions{}
	for _, k := range Kinds() {
		a[k.Type] = Pseudonymise
	}
	return Everything().Under(Handling{Actions: a})
}

func TestASameValueHasTheSameTokenAndTurnsBack(t *testing.T) {
	p := NewPseudonyms()
	r := pseudonymising(t).For(p, Prompt)
	first, spans := r.Text("Mr. Leiva (anna@example.org) wrote to Mr. Leiva and bo@example.org.")
	if first != "Mr. [PERSON_1] ([EMAIL_1]) wrote to Mr. [PERSON_1] and [EMAIL_2]." {
		t.Error(first)
	}
	if len(spans) != 4 || spans[0].Action != Pseudonymise {
		t.Error(spans)
	}
	if second, _ := r.Text("Ask bo@example.org again."); second != "Ask [EMAIL_2] again." {
		t.Error(second)
	}
	if got := p.Rehydrate("[PERSON_1]'s address is [EMAIL_1], not [EMAIL_9] or [PERSON_1"); got != "Leiva's address is anna@example.org, not [EMAIL_9] or [PERSON_1" {
		t.Error(got)
	}
}

// Who had a token in a conversation is known by the last name in its later texts.
func TestALastNameAloneIsKnownThroughoutAConversation(t *testing.T) {
	p := NewPseudonyms()
	r := pseudonymising(t)
	if got, _ := r.For(p, Prompt).Text("Maria Hathersage came at nine."); got != "[PERSON_1] came at nine." {
		t.Error(got)
	}
	answer, _ := r.For(p, Answer).Text("When Hathersage comes again, ask.")
	if answer != "When [PERSON_2] comes again, ask." || p.Rehydrate(answer) != "When Hathersage comes again, ask." {
		t.Error(answer)
	}
	if got, _ := r.For(NewPseudonyms(), Prompt).Text("When Hathersage comes again, ask."); got != "When Hathersage comes again, ask." {
		t.Error(got)
	}
}

func TestWhatLooksLikeATokenInAPromptIsNotTurnedIntoAnother(t *testing.T) {
	p := NewPseudonyms()
	r := pseudonymising(t).For(p, Prompt)
	text := "Mr. Leiva is not [PERSON_1], nor [TEXT_1]."
	masked, _ := r.Text(text)
	if strings.Count(masked, "[PERSON_1]") != 1 || p.Rehydrate(masked) != text {
		t.Errorf("%q, %q", masked, p.Rehydrate(masked))
	}
	// In an answer a token is the model's copy.
	if answer, _ := pseudonymising(t).For(p, Answer).Text("Dear [PERSON_1],"); p.Rehydrate(answer) != "Dear Leiva," {
		t.Error(answer)
	}
}

func TestRehydratedStreamEqualsWholeText(t *testing.T) {
	p := NewPseudonyms()
	pieces := []string{p.Token("PERSON", "[PERSON]", "Leiva [x"), p.Token("US_SSN", "[SSN]", "536-22-1234"), "[", "]", "[PERSON_", "1", "_", "P", "[SSN]", "é", " text ", "[PERSON_2]", "[A_B_1]"}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.SampledFrom(pieces)).Draw(t, "text"), "")
		want := p.Rehydrate(text)
		s, out := p.Stream(), ""
		for rest := text; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "n")
			out += s.Write(rest[:n])
			rest = rest[n:]
			if s.Held() >= maxPseudonym {
				t.Fatalf("holds %d", s.Held())
			}
		}
		if out += s.Close(); out != want {
			t.Fatalf("%q in pieces: %q, whole: %q", text, out, want)
		}
	})
}

func FuzzPseudonymsRoundTrip(f *testing.F) {
	for _, p := range pieces(f) {
		f.Add(p+" [PERSON_1] "+p, uint64(1))
	}
	f.Add("[[PERSON_1]_1] [SSN_1", uint64(2))
	r := pseudonymising(f)
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		p := NewPseudonyms()
		in, masked := r.For(p, Prompt).Stream(), ""
		random := rand.New(rand.NewPCG(seed, 0))
		for rest := text; rest != ""; {
			n := min(len(rest), 1+random.IntN(24))
			masked += in.Write(rest[:n])
			rest = rest[n:]
		}
		masked += in.Close()
		stored, err := p.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		again := NewPseudonyms()
		if err := again.UnmarshalBinary(stored); err != nil {
			t.Fatal(err)
		}
		if got := again.Rehydrate(masked); got != text {
			t.Fatalf("%q became %q, came back as %q", text, masked, got)
		}
		if again.Token("PERSON", "[PERSON]", "\x00new") == p.Token("PERSON", "[PERSON]", "\x01other") && again.Len() != p.Len() {
			t.Fatal("numbers are used twice after loading")
		}
	})
}

func TestPseudonymsDoNotShowInMessages(t *testing.T) {
	p := NewPseudonyms()
	p.Token("PERSON", "[PERSON]", "Leiva")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		if got := fmt.Sprintf(verb, p); strings.Contains(got, "Leiva") || strings.Contains(got, "4c65697661") {
			t.Errorf("%s shows %s", verb, got)
		}
	}
	for _, bad := range []string{"", "{}", `{"version":2}`, `{"version":1,"tokens":[{"token":"PERSON_1","type":"PERSON","value":"TGVpdmE="}]}`, `{"version":1,"tokens":[{"token":"[A_1]"},{"token":"[A_1]"}]}`} {
		if err := NewPseudonyms().UnmarshalBinary([]byte(bad)); !errors.Is(err, ErrPseudonyms) || strings.Contains(err.Error(), "TGVp") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestActionsDecideWhatStandsInAValuesPlace(t *testing.T) {
	a := Actions{EmailAddress: Warn, USSSN: Block, CreditCard: Mask, IBANCode: Allow, Person: Allow, DateTime: Allow}
	r := Everything().Under(Handling{Actions: a, Keep: []string{"4111 1111 1111 1111"}})
	text := "anna@example.org, SSN 536-22-1234, card 5555 5555 5555 4444 or 4111 1111 1111 1111, GB82 WEST 1234 5698 7654 32, Mr. Leiva"
	s := r.Stream()
	if got := s.Write(text) + s.Close(); got != "anna@example.org, SSN [SSN], card [CARD] or 4111 1111 1111 1111, GB82 WEST 1234 5698 7654 32, Mr. Leiva" {
		t.Error(got)
	}
	if got := s.Blocked(); len(got) != 1 || got[0] != USSSN {
		t.Error(got)
	}
	if s.Counts()[EmailAddress] != 0 || s.Counts()[USSSN] != 1 || s.Counts()[CreditCard] != 1 {
		t.Error(s.Counts())
	}
	if r.Ruleset() == Everything().Ruleset() || r.Ruleset() != Everything().Under(Handling{Actions: a, Keep: []string{"4111 1111 1111 1111"}}).Ruleset() || r.Ruleset() == Everything().Under(Handling{Actions: a}).Ruleset() {
		t.Error("the ruleset must name the actions too")
	}
	if (Actions{}).Of(USSSN) != Mask || (Actions{USSSN: "nonsense"}).Of(USSSN) != Mask {
		t.Error("what is not known must be masked")
	}
}

func TestTheStrictestActionOfSharedBytesCounts(t *testing.T) {
	rule := func(name string, kind Type, anchor string, n int) Rule {
		return Rule{Name: name, Type: kind, Anchors: anchor, Match: func(c *Candidate) Verdict {
			if c.At+n > len(c.Text) {
				return c.Undecided(c.At)
			}
			return c.Is(c.At, c.At+n, 0.5)
		}}
	}
	r := New(rule("a/1", "A", "<", 6), rule("b/1", "B", ">", 3)).Under(Handling{Actions: Actions{"A": Warn, "B": Mask}})
	if got, _ := r.Text("x <.>...y"); got != "x [A]y" {
		t.Error(got)
	}
}
