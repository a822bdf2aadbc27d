package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"aead.dev/minisign"
	"filippo.io/age"

	"subrosa/internal/audit"
	"subrosa/internal/export/bundle"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/policy"
	"subrosa/internal/session"
	"subrosa/internal/vault"
	"subrosa/models"
)

// bound is a row of the table below: a method that the page can call, and the entry that it leaves.
type bound struct {
	method string
	leaves audit.Action
	silent string // why it leaves none
	call   func() error
}

// trusting is unlockedApp on a machine whose policy trusts key's signatures.
func trusting(t *testing.T, key minisign.PrivateKey) (*App, *heard) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: the trusted key must be root's")
	}
	dir := t.TempDir()
	rule(t, dir, key, 1, fmt.Sprintf("models:\n  signers: [{name: IT, key: %q}]\n", key.Public()))
	return unlockedAppWith(t, func(o *session.Options) { o.PolicyDir = dir })
}

// rule installs a policy for the whole machine, signed with key.
func rule(t *testing.T, dir string, key minisign.PrivateKey, number int, lines string) {
	t.Helper()
	file := fmt.Appendf(nil, "schema: 1\nversion: %d\nexpires: 2199-01-01\n%s", number, lines)
	for name, content := range map[string][]byte{
		policy.FileName: file, policy.SignatureName: minisign.Sign(key, file), policy.TrustName: []byte(key.Public().(minisign.PublicKey).String()),
	} {
		ok(t, os.WriteFile(filepath.Join(dir, name), content, 0o644))
	}
}

// packageFor seals another model for this workstation, as IT does.
func packageFor(t *testing.T, a *App, gguf []byte, key minisign.PrivateKey) string {
	t.Helper()
	other := bytes.Clone(gguf)
	copy(other[len(other)-5000:], "XY")
	to := must[string](t)(a.Recipient())
	dir := filepath.Join(t.TempDir(), "package")
	_, err := vault.SealPackage(t.Context(), dir, bytes.NewReader(other), vault.Source{File: "m.gguf"}, "IT", vault.Provenance{Source: "a test"}, []string{to}, key, nil)
	ok(t, err)
	return dir
}

// cosignedFor exports the record and has a witness cosign it.
func cosignedFor(t *testing.T, a *App) (cosigned, verifier string) {
	t.Helper()
	out := must[ExportedView](t)(a.ExportRecord(ExportQuery{Dir: t.TempDir()}))
	report, err := bundle.Verify(out.Path, bundle.Options{})
	ok(t, err)
	signer, verifier, err := audit.NewWitnessKey("compliance.test")
	ok(t, err)
	seen, err := audit.Cosign(t.TempDir(), signer, report.Tree)
	ok(t, err)
	return string(seen.Note), verifier
}

func recordSize(t *testing.T, a *App) int64 {
	t.Helper()
	return must[RecordStateView](t)(a.RecordState()).Size
}

// TestEveryBoundMethodLeavesItsEntry calls all that the page can call. What it does is on record when it returns, or the
// row says why nothing need be: those leave no entry at all.
func TestEveryBoundMethodLeavesItsEntry(t *testing.T) {
	const passphrase = "correct horse battery staple"
	_, key, err := minisign.GenerateKey(nil)
	ok(t, err)
	a, h := trusting(t, key)
	it, err := age.GenerateX25519Identity()
	ok(t, err)
	var first TurnStarted
	var matter MatterView
	var document string
	model := must[[]SealedModelView](t)(a.Models())[0].ID
	say := func(p PromptView) error {
		started, err := a.Send(p)
		if err != nil {
			return err
		}
		if first.Conversation.ID == "" {
			first = started
		}
		h.ended(t, started.Assistant.Turn)
		return nil
	}
	cosigned, verifier := cosignedFor(t, a)
	var copied string
	a.clipboard.set = board(&copied).set
	rows := []bound{
		{"Setup", audit.Setup, "", func() error { return nil }}, // trusting has called it
		{"Lock", audit.Lock, "", a.Lock},
		{"Unlock", audit.Unlock, "", func() error { return errors.Join(a.Lock(), a.Unlock(passphrase)) }},
		{"Send", audit.Response, "", func() error { return say(PromptView{Text: "How do I lock it?"}) }},
		{"Search", audit.Search, "", func() error { _, err := a.Search("lock"); return err }},
		{"Rename", audit.ConversationRename, "", func() error { return a.Rename(first.Conversation.ID, "Locks") }},
		{"CreateMatter", audit.MatterCreate, "", func() (err error) { matter, err = a.CreateMatter("Ward"); return err }},
		{"RenameMatter", audit.MatterRename, "", func() error { return a.RenameMatter(matter.ID, "Ward 2") }},
		{"SetRetention", audit.MatterRename, "", func() error { return a.SetRetention(matter.ID, 90) }},
		{"Move", audit.ConversationMove, "", func() error { return a.Move(matter.ID, []string{first.Conversation.ID}) }},
		{"AddDocument", audit.DocumentAdd, "", func() error {
			path := filepath.Join(t.TempDir(), "a.txt")
			ok(t, os.WriteFile(path, []byte("a text about nothing"), 0o600))
			d, err := a.AddDocument(path, DocumentPlaceView{Matter: matter.ID})
			if err != nil {
				return err
			}
			document = d.ID
			read, err := a.session.AwaitDocument(t.Context(), history.DocumentID(d.ID))
			if read.Reading != history.ReadingDone {
				return fmt.Errorf("%+v, %w", read, err)
			}
			return err
		}},
		{"Documents", "", "reads", func() error {
			list, err := a.Documents(DocumentPlaceView{Matter: matter.ID})
			if err == nil && len(list) != 1 {
				err = fmt.Errorf("%+v", list)
			}
			return err
		}},
		{"DocumentPage", "", "reads", func() error {
			p, err := a.DocumentPage(document, 1, 2, 6)
			if err == nil && (p.Before != "a " || p.Passage != "text" || p.After != " about nothing") {
				err = fmt.Errorf("%+v", p)
			}
			return err
		}},
		{"SearchDocuments", audit.Search, "", func() error {
			ok(t, errors.Join(a.Lock(), a.Unlock(passphrase))) // so that this begins a stretch of searching
			hits, err := a.SearchDocuments("nothing")
			if err == nil && (len(hits) != 1 || hits[0].Document != document || hits[0].Page != 1) {
				err = fmt.Errorf("%+v", hits)
			}
			return err
		}},
		{"DocumentPicture", "", "reads", func() error {
			_, err := a.DocumentPicture(document, 1, 2, 6, 400)
			if fault.From(err).Code != fault.DocumentNoPicture {
				return fmt.Errorf("a text has no pages, and %w", err)
			}
			return nil
		}},
		{"ChooseDocuments", "", "asks which files; what is done with them is AddDocument", func() error { _, err := a.ChooseDocuments("x"); return err }},
		{"CancelDocument", "", "ends a reading, whose entry says so (session: TestADocumentIsReadToItsEndAfterALock)", func() error { return a.CancelDocument(document) }},
		{"ImportModel", audit.ModelImport, "", func() error { _, err := a.ImportModel(packageFor(t, a, models.Builtin, key)); return err }},
		{"VerifyModel", audit.ModelVerify, "", func() error { return a.VerifyModel(model) }},
		{"UseModel", audit.ModelUse, "", func() error { return a.UseModel(model, WishView{Context: 512, Cache: "q8_0"}) }},
		{"AddRecovery", audit.SlotAdd, "", func() error { return a.AddRecovery(it.Recipient().String()) }},
		{"RemoveSlot", audit.SlotRemove, "", func() error {
			slots, err := a.Slots()
			if err != nil || len(slots) != 2 {
				return fmt.Errorf("%d slots, %w", len(slots), err)
			}
			return a.RemoveSlot(slots[1].Name)
		}},
		{"ChangePassphrase", audit.PassphraseChange, "", func() error { return a.ChangePassphrase(passphrase, "otter lamp violin meadow") }},
		{"ExportRecord", audit.AuditExport, "", func() error { _, err := a.ExportRecord(ExportQuery{Dir: t.TempDir()}); return err }},
		{"ExportConversation", audit.ConversationExport, "", func() error {
			_, err := a.ExportConversation(TakeAlongQuery{Conversation: first.Conversation.ID, Format: "pdf", Folder: t.TempDir(), Name: "x"})
			return err
		}},
		{"ExportConversations", audit.ConversationExport, "", func() error {
			_, err := a.ExportConversations([]string{first.Conversation.ID}, TakeAlongQuery{Format: "pdf", Folder: t.TempDir(), Name: "x"})
			return err
		}},
		{"TakeWitness", audit.Witness, "", func() error { _, err := a.TakeWitness(cosigned, verifier); return err }},

		{"Copy", "", "one text, on the user's own desktop; a refusal is on record (TestDirectCallsThatPolicyForbids)", func() error { return a.Copy("x") }},
		{"ExportTerms", "", "reads what every entry names", func() error { _, err := a.ExportTerms(); return err }},
		{"Faults", "", "reads what the program is built with", func() error { a.Faults(); return nil }},
		{"Forget", "", "drops what was kept nowhere; its turns are on record (session: TestATemporaryConversationIsOnRecordAndNowhereElse)", func() error {
			a.Forget()
			return nil
		}},
		{"ReadAhead", "", "gives the model what it was given in a turn on record (session: TestReadingAheadGivesTheModelNothingNew)", func() error {
			a.ReadAhead(first.Conversation.ID)
			return nil
		}},
		{"State", "", "reads", func() error { a.State(); return nil }},
		{"Status", "", "reads", func() error { a.Status(); return nil }},
		{"SetupKeyringOnly", "", "nothing is set up twice; the entry is Setup's (session: TestPolicyLetsTheKeyringBeEnough)", func() error {
			if a.SetupKeyringOnly() == nil {
				return errors.New("it was set up twice")
			}
			return nil
		}},
		{"Strength", "", "looks at a passphrase that is being chosen; nothing is kept", func() error { a.Strength("x"); return nil }},
		{"Stop", "", "ends a turn, whose response entry says so (session: TestStopIsNoErrorAndStillFinishes); none runs here", func() error { a.Stop(); return nil }},
		{"Cancel", "", "ends a long work, whose entry says so (session: TestAnExportIsOnRecordBeforeItStartsAndHowItEnded); none runs here", func() error { a.Cancel("export"); return nil }},
		{"PageProved", "", "comes before the first unlock, whose self_test entry holds it (session: TestWhatThePageFoundIsOnRecord)", func() error { return a.PageProved(nil) }},
		{"Activity", "", "a key was pressed: nothing that is kept was touched", func() error { a.Activity(); return nil }},
		{"Preferences", "", "appearance", func() error { _, err := a.Preferences(); return err }},
		{"SetPreferences", "", "appearance", func() error { return a.SetPreferences(PreferencesView{Theme: "dark", Language: "de", Text: "150"}) }},
		{"Check", "", "says what would be masked in a text that was not sent", func() error { _, err := a.Check("", "x", ""); return err }},
		{"Kinds", "", "reads what the program is built with", func() error { a.Kinds(); return nil }},
		{"FitModel", "", "reads", func() error {
			fit, err := a.FitModel(model, WishView{Context: 256, Processor: true, Cache: "q8_0"})
			if err == nil && (!fit.Fits || fit.Context != 256 || !fit.EightBits || fit.Layers != 0) {
				err = fmt.Errorf("%+v", fit)
			}
			return err
		}},
		{"Models", "", "reads", func() error { _, err := a.Models(); return err }},
		{"Finding", "", "reads", func() error { _, err := a.Finding(); return err }},
		{"MakeFinding", "", "goes on with or stops what document_vectors has on record", func() error { return a.MakeFinding(true) }},
		{"Lineage", "", "reads the record itself", func() error { _, err := a.Lineage(model); return err }},
		{"Recipient", "", "reads a public key", func() error { _, err := a.Recipient(); return err }},
		{"Policy", "", "reads what every entry names", func() error { _, err := a.Policy(); return err }},
		{"Posture", "", "reads", func() error { _, err := a.Posture(); return err }},
		{"Slots", "", "reads names of slots", func() error { _, err := a.Slots(); return err }},
		{"Conversations", "", "the user's own list on the user's own screen; the unlock is on record", func() error { _, err := a.Conversations(); return err }},
		{"Conversation", "", "as Conversations", func() error { _, err := a.Conversation(first.Conversation.ID, ""); return err }},
		{"Choose", "", "which branch is shown", func() error { return a.Choose(first.Conversation.ID, first.User.ID) }},
		{"Pin", "", "the order of the list", func() error { return a.Pin(first.Conversation.ID, true) }},
		{"Draft", "", "as Conversations", func() error { _, err := a.Draft(first.Conversation.ID); return err }},
		{"SetDraft", "", "text that was not sent", func() error { return a.SetDraft(first.Conversation.ID, "x") }},
		{"DraftsKept", "", "an answer to the event \"locking\"", func() error { a.DraftsKept(); return nil }},
		{"Templates", "", "as Conversations", func() error { _, err := a.Templates(); return err }},
		{"SetTemplate", "", "a phrase of the user's own, sent only as a prompt", func() error { return a.SetTemplate("Mine", "Write") }},
		{"Matters", "", "as Conversations", func() error { _, err := a.Matters(); return err }},
		{"RecordPage", "", "reads the record itself", func() error { _, err := a.RecordPage(RecordQuery{}); return err }},
		{"RecordState", "", "reads the record itself", func() error { _, err := a.RecordState(); return err }},
		{"RecordActivity", "", "reads the record itself", func() error { _, err := a.RecordActivity(); return err }},
		{"Prove", "", "reads the record itself", func() error { _, err := a.Prove(0); return err }},
		{"VerifyRecord", "", "reads the record itself", func() error { _, err := a.VerifyRecord(); return err }},
		{"Drives", "", "reads", func() error { _, err := a.Drives(); return err }},

		// Last: nothing is left to read after the one, and nothing can be erased after the other.
		{"Erase", audit.ConversationDelete, "", func() error { return a.Erase(ErasureView{Conversations: []string{first.Conversation.ID}}) }},
		{"Hold", audit.HoldAdd, "", func() error { return a.Hold(matter.ID, "", "case 1") }},
	}
	tried := map[string]bool{}
	for _, row := range rows {
		if (row.leaves == "") == (row.silent == "") {
			t.Fatalf("%s: an entry, or a reason for none", row.method)
		}
		if row.leaves == "" {
			a.settle(t)
		}
		before := recordSize(t, a)
		if row.method == "Setup" {
			before = 0
		}
		if err := row.call(); err != nil {
			t.Errorf("%s: %v", row.method, err)
			continue
		}
		tried[row.method] = true
		if row.method == "Lock" {
			ok(t, a.Unlock(passphrase)) // so that the record can be read
		}
		entries := must[[]audit.Entry](t)(a.session.RecordEntries(before, 100))
		there := slices.ContainsFunc(entries, func(e audit.Entry) bool { return e.Action == row.leaves && e.Actor != "" && e.Policy != "" })
		switch {
		case row.leaves != "" && !there:
			t.Errorf("%s left no entry %s, but %d others", row.method, row.leaves, len(entries))
		case row.leaves == "" && len(entries) > 0:
			t.Errorf("%s is said to leave no entry, and left %s", row.method, entries[0].Action)
		}
	}
	methods := reflect.TypeFor[*App]()
	for i := range methods.NumMethod() {
		if name := methods.Method(i).Name; !tried[name] {
			t.Errorf("%s can be called by the page: say which entry it leaves, or why none", name)
		}
		delete(tried, methods.Method(i).Name)
	}
	if len(tried) > 0 {
		t.Errorf("no methods: %s", strings.Join(slices.Collect(maps.Keys(tried)), ", "))
	}
}

// settle waits for what an unlock does in the background, which has entries of its own.
func (a *App) settle(t *testing.T) {
	t.Helper()
	ok(t, a.session.LoadModel(context.Background()))
}
