package chat

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"subrosa/internal/audit"
	"subrosa/internal/engine"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/policy"
	"subrosa/internal/redact"
)

// keeper is a history that keeps one conversation's messages and table, and a reader that joins what it is shown.
type keeper struct {
	script
	table   []byte
	stored  []history.Message
	thought strings.Builder
	shown   strings.Builder
	started history.Begun
}

func (k *keeper) Earlier(context.Context, history.Place) ([]history.Message, error) {
	return slices.Clone(k.stored), nil
}

func (k *keeper) BeginTurn(ctx context.Context, t history.Turn) (history.Begun, error) {
	b, err := k.script.BeginTurn(ctx, t)
	k.keep(t.Pseudonyms)
	k.stored = append(k.stored, b.User)
	return b, err
}

func (k *keeper) SaveSummary(_ context.Context, _ history.TurnID, _ history.Summary, _ []history.MessageID, table []byte) error {
	k.keep(table)
	return nil
}

func (k *keeper) Summaries(context.Context, history.ConversationID) ([]history.Summary, error) {
	return nil, nil
}

func (k *keeper) SavePartial(_ context.Context, _ history.TurnID, _, _ string, table []byte) error {
	k.keep(table)
	return nil
}

func (k *keeper) FinishTurn(ctx context.Context, id history.TurnID, o history.Outcome) error {
	k.keep(o.Pseudonyms)
	k.stored = append(k.stored, history.Message{Role: history.Assistant, Text: o.Text})
	return k.script.FinishTurn(ctx, id, o)
}

func (k *keeper) keep(table []byte) {
	if table != nil {
		k.table = table
	}
}

func (k *keeper) Started(b history.Begun) { k.started = b }
func (k *keeper) Reasoning(text string)   { k.thought.WriteString(text) }
func (k *keeper) Delta(text string)       { k.shown.WriteString(text) }

// turn runs one turn, with the table as it is stored.
func (k *keeper) turn(t interface{ Fatal(...any) }, r *redact.Redactor, p Prompt) (Outcome, error) {
	k.shown.Reset()
	k.reason = engine.EOS
	table := redact.NewPseudonyms()
	if k.table != nil {
		if err := table.UnmarshalBinary(k.table); err != nil {
			t.Fatal(err)
		}
	}
	d := Desk{
		History: k, Record: k, Model: k, ModelID: "m", Policy: policy.Default(), Redactor: r, Answers: r, Actor: "me", Pseudonyms: table,
	}
	return d.Turn(context.Background(), p, k)
}

// read is a stored text as its reader sees it.
func (k *keeper) read(t interface{ Fatal(...any) }, text string) string {
	table := redact.NewPseudonyms()
	if k.table != nil {
		if err := table.UnmarshalBinary(k.table); err != nil {
			t.Fatal(err)
		}
	}
	return table.Rehydrate(text)
}

// echo makes the model say what it read last, in pieces of so many bytes.
func (k *keeper) Generate(ctx context.Context, r engine.Request, loading func(float64), emit func(string) error) (engine.Result, error) {
	if k.says == nil {
		last := r.Messages[len(r.Messages)-1].Text
		for len(last) > 0 {
			n := min(3, len(last))
			k.says = append(k.says, last[:n])
			last = last[n:]
		}
		defer func() { k.says = nil }()
	}
	return k.script.Generate(ctx, r, loading, emit)
}

func pseudonymising() *redact.Redactor {
	a := redact.DefaultActions()
	for t := range a {
		a[t] = redact.Pseudonymise
	}
	return redact.Everything().Under(redact.Handling{Actions: a})
}

func TestTheModelSeesTokensAndTheReaderSeesValues(t *testing.T) {
	k := &keeper{}
	r := pseudonymising()
	out, err := k.turn(t, r, Prompt{Text: "Mr. Leiva, leiva@example.org, met Mr. Adeyemi."})
	if err != nil {
		t.Fatal(err)
	}
	const sent = "Mr. [PERSON_1], [EMAIL_1], met Mr. [PERSON_2]."
	const read = "Mr. Leiva, leiva@example.org, met Mr. Adeyemi."
	if got := k.asked.Messages[0].Text; got != sent || out.Sent != sent || k.finished.Text != sent || k.stored[0].Text != sent {
		t.Errorf("asked %q, outcome %q, stored %q and %q", got, out.Sent, k.stored[0].Text, k.finished.Text)
	}
	if k.shown.String() != read || out.Assistant.Text != read || out.User.Text != read || k.started.User.Text != read || out.Conversation.Title != read {
		t.Errorf("shown %q, outcome %+v", k.shown.String(), out.Begun)
	}
	for _, e := range k.entries {
		if strings.Contains(strings.ToLower(e.Detail+e.Result), "leiva") {
			t.Errorf("%s holds a value: %+v", e.Action, e)
		}
	}
	if got := k.entries[0].Prompt; got != audit.Commit(out.User.Salt, sent) {
		t.Error("the record must commit to what is stored")
	}
	// The same value keeps its token; one that only the model knows gets one too.
	k.says = []string{"Ask Mr. Lei", "va or Mrs. Okonkwo, not [PERSON_9]."}
	if _, err := k.turn(t, r, Prompt{Conversation: "c", Text: "Who knows Mr. Adeyemi?"}); err != nil {
		t.Fatal(err)
	}
	if got := k.asked.Messages[2].Text; got != "Who knows Mr. [PERSON_2]?" {
		t.Error(got)
	}
	if k.finished.Text != "Ask Mr. [PERSON_1] or Mrs. [PERSON_3], not [PERSON_9]." || k.shown.String() != "Ask Mr. Leiva or Mrs. Okonkwo, not [PERSON_9]." {
		t.Errorf("stored %q, shown %q", k.finished.Text, k.shown.String())
	}
	// What the model made up never becomes a token: it would be read as somebody's name later.
	k.says = []string{"ok"}
	eight := "Mr. Abel, Mr. Baker, Mr. Clark, Mr. Davis, Mr. Evans, Mr. Foster, Mr. Harris, Mr. Irving"
	if _, err := k.turn(t, r, Prompt{Conversation: "c", Text: eight}); err != nil {
		t.Fatal(err)
	}
	if got := k.read(t, k.stored[3].Text); got != "Ask Mr. Leiva or Mrs. Okonkwo, not [PERSON_9]." || k.read(t, k.stored[4].Text) != eight {
		t.Errorf("later it reads %q", got)
	}
}

func TestATokenThatTheModelRepeatsIsLeftAsItIs(t *testing.T) {
	k := &keeper{}
	actions := redact.DefaultActions()
	for t := range actions {
		actions[t] = redact.Pseudonymise
	}
	prompt := redact.Everything().Under(redact.Handling{Actions: actions})
	for t := range actions {
		actions[t] = redact.Mask
	}
	answer := redact.Everything().Under(redact.Handling{Actions: actions})
	const text = "Username: jdoe42. MRN: 00482211. Mr. Leiva."
	table := redact.NewPseudonyms()
	sent, _ := prompt.For(table, redact.Prompt).Text(text)
	k.says, k.reason = []string{sent, " Mr. [PERSON_1] Adeyemi."}, engine.EOS
	d := Desk{History: k, Record: k, Model: k, Policy: policy.Default(), Redactor: prompt, Answers: answer, Pseudonyms: table}
	out, err := d.Turn(t.Context(), Prompt{Text: text}, k)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(k.finished.Text, sent) || !strings.HasPrefix(out.Assistant.Text, text) || strings.Contains(k.finished.Text, "Leiva") {
		t.Errorf("sent %q, stored %q, read %q", sent, k.finished.Text, out.Assistant.Text)
	}
}

func TestATableIsStoredBeforeItsTokensAndARefusedPromptLeavesNone(t *testing.T) {
	k := &keeper{}
	actions := redact.DefaultActions()
	actions[redact.EmailAddress], actions[redact.USSSN] = redact.Pseudonymise, redact.Block
	r := redact.Everything().Under(redact.Handling{Actions: actions})
	if _, err := k.turn(t, r, Prompt{Text: "ann@example.org, SSN 219-09-9999"}); fault.From(err).Code != fault.GuardrailBlocked {
		t.Fatal(err)
	}
	if k.table != nil {
		t.Error("a refused prompt left its values")
	}
	k.modelErr = errors.New("the engine died")
	if _, err := k.turn(t, r, Prompt{Text: "ann@example.org"}); err == nil {
		t.Fatal("no error")
	}
	if k.read(t, k.stored[0].Text) != "ann@example.org" {
		t.Errorf("%q cannot be read", k.stored[0].Text)
	}
}

func TestTheUserMayHaveValuesHiddenTheOtherWay(t *testing.T) {
	for _, c := range []struct {
		policy, instead redact.Action
		want            string
	}{
		{redact.Pseudonymise, "", "to [EMAIL_1]"},
		{redact.Pseudonymise, redact.Mask, "to [EMAIL]"},
		{redact.Mask, "", "to [EMAIL]"},
		{redact.Mask, redact.Pseudonymise, "to [EMAIL_1]"},
		{redact.Warn, redact.Mask, "to ann@example.org"},
		{redact.Warn, redact.Pseudonymise, "to ann@example.org"},
	} {
		k := &keeper{}
		actions := redact.DefaultActions()
		actions[redact.EmailAddress] = c.policy
		r := redact.Everything().Under(redact.Handling{Actions: actions})
		out, err := k.turn(t, r, Prompt{Text: "to ann@example.org", Instead: c.instead})
		if err != nil || out.Sent != c.want {
			t.Errorf("%s, instead %q: %q, %v", c.policy, c.instead, out.Sent, err)
		}
		if detail := k.entries[0].Detail; (c.instead != "") != strings.Contains(detail, "by choice: "+string(c.instead)) {
			t.Errorf("on record: %q", detail)
		}
	}
}

func TestTheReaderSeesWhatWasSentByteForByte(t *testing.T) {
	r := pseudonymising()
	parts := []string{
		"Mr. Leiva", "Mrs. Adeyemi-Núñez", "ann@example.org", "536-22-1234", " ", ", ", "\n", "[PERSON_1]", "[EMAIL_1]", "[PERSON_2]", "[text_1]", "[TEXT_1]", "[",
		"]", "[PERSON_", "1]", "**", "é", "GB82 WEST 1234 5698 7654 32", "MRN: [MRN_1]", "login: [USERNAME_1]", "the 4111 1111 1111 1111", "word ", "[A_99999999999999999999]",
	}
	rapid.Check(t, func(t *rapid.T) {
		k := &keeper{}
		var sent []string
		for range rapid.IntRange(1, 3).Draw(t, "turns") {
			text := "x" + strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 1, 8).Draw(t, "prompt"), "")
			out, err := k.turn(t, r, Prompt{Conversation: "c", Text: text})
			if err != nil {
				t.Fatal(err)
			}
			if out.User.Text != text || k.started.User.Text != text {
				t.Fatalf("sent %q, read back %q, started %q", text, out.User.Text, k.started.User.Text)
			}
			if k.shown.String() != text || out.Assistant.Text != text {
				t.Fatalf("the model said %q again, shown %q, %q", text, k.shown.String(), out.Assistant.Text)
			}
			sent = append(sent, text, text)
		}
		for i, m := range k.stored { // later turns change nothing of earlier ones
			if got := k.read(t, m.Text); got != sent[i] {
				t.Fatalf("message %d was %q, is %q", i, sent[i], got)
			}
		}
	})
}
