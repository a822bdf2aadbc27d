package app

import (
	"strings"
	"testing"
)

func TestTheRecordIsPagedFilteredProvedAndVerified(t *testing.T) {
	a, h := unlockedApp(t)
	a.settle(t)
	for range 60 {
		must[MatterView](t)(a.CreateMatter("Ward"))
	}
	page := must[RecordPageView](t)
	first := page(a.RecordPage(RecordQuery{}))
	if len(first.Entries) != recordPage || first.Entries[0].Action != "matter_create" || first.Entries[0].Seq != first.Entries[1].Seq+1 {
		t.Fatalf("the first page has %d entries, from %+v", len(first.Entries), first.Entries[0])
	}
	rest := page(a.RecordPage(RecordQuery{Before: first.Next}))
	if last := rest.Entries[len(rest.Entries)-1]; last.Seq != 0 || last.Action != "setup" || rest.Next != 0 {
		t.Errorf("the record ends with %+v, next %d", last, rest.Next)
	}
	if only := page(a.RecordPage(RecordQuery{Action: "setup"})); len(only.Entries) != 1 || !strings.Contains(only.Entries[0].Line, `"setup"`) {
		t.Errorf("filtered: %+v", only)
	}
	if p := must[ProofView](t)(a.Prove(3)); p.Seq != 3 || p.Size <= 3 || len(p.Path) == 0 || !strings.Contains(p.Text, p.Root[:8]) && p.Checkpoint == "" {
		t.Errorf("proof %+v", p)
	}
	v := must[VerifiedView](t)(a.VerifyRecord())
	st := must[RecordStateView](t)(a.RecordState())
	if v.Size != st.Size || v.Root == "" || st.Fault != nil {
		t.Errorf("verified %+v, state %+v", v, st)
	}
	act := must[ActivityView](t)(a.RecordActivity())
	if today := act.Days[len(act.Days)-1]; len(act.Days) != 30 || today.Others < 60 {
		t.Errorf("activity %+v", act.Days)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !strings.Contains(strings.Join(h.names, " "), eventProgress) {
		t.Error("nothing told how far the verification was")
	}
}

func TestWhatIsInForceIsShown(t *testing.T) {
	a, _ := unlockedApp(t)
	if p := must[PolicyDetail](t)(a.Policy()); p.Version == "" || len(p.Rows) < 20 {
		t.Errorf("policy %+v", p)
	}
	models := must[[]SealedModelView](t)(a.Models())
	if len(models) != 1 || !models[0].Chosen || models[0].SHA256 == "" {
		t.Fatalf("models %+v", models)
	}
	ok(t, a.VerifyModel(models[0].ID))
	ok(t, a.UseModel(models[0].ID, WishView{}))
	if l := must[LineageView](t)(a.Lineage(models[0].ID)); l.Imports != 1 {
		t.Errorf("lineage %+v", l)
	}
	if slots := must[[]SlotView](t)(a.Slots()); len(slots) != 1 || slots[0].Name != "user" {
		t.Errorf("slots %+v", slots)
	}
	ok(t, a.ChangePassphrase("correct horse battery staple", "otter lamp violin meadow"))
	if err := a.AddRecovery("age1nonsense"); err == nil {
		t.Error("a recipient that is none was taken")
	}
}

func TestTheTokensOfADayAreCounted(t *testing.T) {
	a, h := unlockedApp(t)
	started := must[TurnStarted](t)(a.Send(PromptView{Text: "Who are you?"}))
	end := h.ended(t, started.Assistant.Turn)
	days := must[ActivityView](t)(a.RecordActivity()).Days
	today := days[len(days)-1]
	if end.Message.PromptTokens == 0 || today.Read != end.Message.PromptTokens || today.Written != end.Message.OutputTokens || days[0].Read != 0 {
		t.Errorf("%+v, of the answer %+v", days, end.Message)
	}
}
