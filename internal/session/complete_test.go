package session

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/engine"
	"subrosa/internal/history"
	"subrosa/internal/vault"
)

// silent lists the methods that leave no entry of their own, each with the reason. What changes or gives out anything that
// is kept must not be here.
var silent = map[string]string{
	"Home": "names a directory", "State": "reads", "Status": "reads", "UnlockWait": "reads", "Presence": "reads",
	"Policy": "reads what every entry names", "InForce": "reads", "Posture": "reads", "RecordOrigin": "reads", "SlotFaults": "reads",
	"Slots": "reads names of slots", "IdleLimit": "reads", "Activity": "a key was pressed: no action on anything that is kept",
	"Theme": "appearance", "SetTheme": "appearance", "Language": "appearance", "SetLanguage": "appearance",
	"TextSize": "appearance", "SetTextSize": "appearance",
	"Stop":  "ends a turn, whose response entry says that it was stopped: TestStopIsNoErrorAndStillFinishes",
	"Watch": "locks, and the lock entry says why",
	"Model": "reads", "Models": "reads", "Vectors": "reads", "AwaitVectors": "waits", "MakeVectors": "goes on with or stops what document_vectors has on record: TestTheMakingOfVectorsIsStoppedAndGoesOn", "FitModel": "reads", "ModelLineage": "reads", "ModelRecipient": "reads a public key",
	"DefaultSampling": "reads",
	"Passphrase":      "reads",
	"Conversations":   "the user's own list on the user's own screen; the unlock is on record",
	"Conversation":    "as above", "List": "as above", "Page": "as above", "StandIns": "as above", "Matters": "as above", "Holds": "as above",
	"Attachments": "as above", "Templates": "as above", "Draft": "as above",
	"SetDraft": "text that was not sent", "Choose": "which branch is shown", "Pin": "the order of the list",
	"SetTemplate":  "a phrase of the user's own, sent only as a prompt",
	"Drives":       "reads",
	"RecordStatus": "reads", "RecordEntries": "reads the record itself", "VerifyRecord": "reads the record itself",
	"ProveEntry": "reads the record itself", "RecordPage": "reads the record itself", "RecordActivity": "counts entries", "Row": "as Conversations", "IndexState": "reads",
	"VerifyHistory": "reads; damage that it finds is an anomaly on record (history.txtar)",
	"Check":         "says what would be masked in a text that was not sent", "SharedTemplates": "reads what policy brings along",
	"Documents": "as above", "Document": "as above", "DocumentPages": "as above", "DocumentPicture": "as above", "Sources": "as above", "Summaries": "as above",
	"CancelDocument": "ends a reading, whose entry says so: TestADocumentIsReadToItsEndAfterALock", "AwaitDocument": "waits",
	"Close": "is Lock", "LockFor": "is Lock",
	"MayCopy":     "says whether; a refusal is on record (TestEachRowOfTheRoleTableIsRefusedAndOnRecord)",
	"ExportTerms": "reads what every entry names",
	"Forget":      "drops what was kept nowhere; its turns are on record (TestATemporaryConversationIsOnRecordAndNowhereElse)",
	"ReadAhead":   "gives the model what it was given in a turn on record: TestReadingAheadGivesTheModelNothingNew",
	"Serve":       "listens; what is asked is Backup",
}

// elsewhere lists the methods whose entry another test shows: they need a device, a backup or an identity.
var elsewhere = map[string]string{
	"Recover": "TestRecoveryOpensAndIsOnRecordFirst", "AddToken": "keys.txtar", "ExportHistoryKey": "keys.txtar",
	"RemoveSlot": "TestChangesOfKeysAreOnRecordAndFailuresToo", "AddRecovery": "TestChangesOfKeysAreOnRecordAndFailuresToo",
	"ChangePassphrase": "TestChangesOfKeysAreOnRecordAndFailuresToo", "RotateRoot": "TestChangesOfKeysAreOnRecordAndFailuresToo",
	"ReadAttachment": "conversation.txtar", "ImportPackage": "TestSignedPackageIsImportedLoadedAndTraced", "HandOver": "TestTheDataDirectoryIsNeverFreeDuringAHandOver",
	"Erase": "TestErasureHoldsAndSearchAreOnRecord", "LiftHold": "TestErasureHoldsAndSearchAreOnRecord",
	"Retain":      "TestErasureHoldsAndSearchAreOnRecord",
	"ExportAudit": "export.txtar", "ExportConversation": "export.txtar", "ExportConversations": "TestSeveralConversationsAreWrittenEachOnRecord", "Backup": "TestABackupOpensOnAnotherMachineWithTheRecoveryIdentity",
	"AcceptOlder": "TestAnOlderRecordPutBackIsNamedAndReadAndStopsTheChat", "PruneRecord": "TestPruningNeedsAGrantAndKeepsYoungEntries",
	"TakeWitness": "TestEverythingPutBackTogetherIsFoundOutByTheWitnessAlone",
}

// TestEveryActionLeavesItsEntry goes through every method of Session, which is all that the window and subrosactl can
// call.
func TestEveryActionLeavesItsEntry(t *testing.T) {
	ctx := t.Context()
	o := testOptions(t)
	s := start(t, o)
	tests := testNames(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var conversation history.ConversationID
	var matter history.MatterID
	builtin := vault.ModelID("")
	steps := []struct {
		method string
		want   audit.Action
		do     func() error
	}{
		{"Setup", audit.Setup, func() error { return s.Setup(ctx, pass(goodPassphrase)) }},
		{"Lock", audit.Lock, func() error { return s.Lock(ctx) }},
		{"Unlock", audit.Unlock, func() error { return s.Unlock(ctx, pass(goodPassphrase)) }},
		{"LoadModel", audit.ModelLoad, func() error { return s.LoadModel(ctx) }},
		{"Send", audit.Response, func() error { return say(t, s, "hello") }},
		{"Rename", audit.ConversationRename, func() error {
			list, err := s.Conversations(ctx)
			if err != nil || len(list) != 1 {
				return fmt.Errorf("%d conversations, %w", len(list), err)
			}
			conversation = list[0].ID
			return s.Rename(ctx, conversation, "a name")
		}},
		{"Search", audit.Search, func() error { _, err := s.Search(ctx, history.Query{Text: "hello"}); return err }},
		{"CreateMatter", audit.MatterCreate, func() error {
			m, err := s.CreateMatter(ctx, "a matter")
			matter = m.ID
			return err
		}},
		{"RenameMatter", audit.MatterRename, func() error { return s.RenameMatter(ctx, matter, "another") }},
		{"SetRetention", audit.MatterRename, func() error { return s.SetRetention(ctx, matter, 100) }},
		{"Move", audit.ConversationMove, func() error { return s.Move(ctx, matter, conversation) }},
		{"Attach", audit.Attachment, func() error {
			_, err := s.Attach(ctx, conversation, "a.txt", "text/plain", strings.NewReader("text"))
			return err
		}},
		{"AttachTo", audit.Attachment, func() error {
			list, err := s.Attachments(ctx, conversation)
			if err != nil || len(list) != 1 {
				return fmt.Errorf("%d attachments, %w", len(list), err)
			}
			_, messages, err := s.Conversation(ctx, conversation)
			if err != nil {
				return err
			}
			return s.AttachTo(ctx, messages[0].ID, list[0].ID)
		}},
		{"AddDocument", audit.DocumentAdd, func() error {
			d, err := s.AddDocument(ctx, DocumentPlace{Conversation: conversation}, "a.txt", strings.NewReader("a text about nothing"))
			if err != nil {
				return err
			}
			_, err = s.AwaitDocument(ctx, d.ID)
			return err
		}},
		{"SearchDocuments", audit.Search, func() error {
			s.open.searched = time.Time{} // another stretch
			_, err := s.SearchDocuments(ctx, DocumentPlace{}, "nothing", 5)
			return err
		}},
		{"AddHold", audit.HoldAdd, func() error {
			other, err := s.CreateMatter(ctx, "held")
			if err != nil {
				return err
			}
			_, err = s.AddHold(ctx, history.Hold{Matter: other.ID, Reason: "court"})
			return err
		}},
		{"Delete", audit.ConversationDelete, func() error { return s.Delete(ctx, conversation) }},
		{"UseModel", audit.ModelUse, func() error {
			list, err := s.Models()
			if err != nil || len(list) == 0 {
				return fmt.Errorf("%d models, %w", len(list), err)
			}
			builtin = list[0].ID
			return s.UseModel(ctx, builtin, engine.Wish{})
		}},
		{"VerifyModel", audit.ModelVerify, func() error { return s.VerifyModel(ctx, builtin, nil) }},
		{"ImportModel", audit.ModelImport, func() error {
			gguf := append(bytes.Clone(o.Builtin.GGUF), make([]byte, 32)...) // another file, as far as its hash goes
			_, err := s.ImportModel(ctx, bytes.NewReader(gguf), vault.Source{Name: "again.gguf", Size: int64(len(gguf))}, nil)
			return err
		}},
		{"RotateRecordKey", audit.AuditKeyRotate, func() error { return s.RotateRecordKey() }},
	}
	shown := map[string]bool{}
	for _, step := range steps {
		before := int64(0)
		if st, err := s.RecordStatus(); err == nil {
			before = st.Size
		}
		if err := step.do(); err != nil {
			t.Errorf("%s: %v", step.method, err)
			continue
		}
		shown[step.method] = true
		if step.method == "Lock" {
			continue // read after the next unlock
		}
		entries, err := s.RecordEntries(before, 100)
		must(err)
		if !slices.ContainsFunc(entries, func(e audit.Entry) bool { return e.Action == step.want && e.Actor != "" && e.Policy != "" }) {
			t.Errorf("%s left no entry %s, but %d others", step.method, step.want, len(entries))
		}
	}
	if !slices.Contains(actions(t, s), string(audit.Lock)) && !strings.Contains(strings.Join(actions(t, s), ","), "lock") {
		t.Error("Lock left no entry")
	}
	methods := reflect.TypeFor[*Session]()
	for i := range methods.NumMethod() {
		name := methods.Method(i).Name
		_, quiet := silent[name]
		test, other := elsewhere[name]
		switch {
		case shown[name] && (quiet || other):
			t.Errorf("%s leaves an entry, and is listed as leaving none", name)
		case other && !slices.Contains(tests, test):
			t.Errorf("%s: there is no test %s", name, test)
		case !shown[name] && !quiet && !other:
			t.Errorf("%s: say which entry it leaves, or why none", name)
		}
	}
	for _, list := range []map[string]string{silent, elsewhere} {
		for name := range maps.Keys(list) {
			if _, ok := methods.MethodByName(name); !ok {
				t.Errorf("%s is listed and is no method", name)
			}
		}
	}
}

// testNames lists the tests of this package and of subrosactl's scripts.
func testNames(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(f)
		_ = f.Close()
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if name, ok := strings.CutPrefix(line, "func Test"); ok {
				names = append(names, "Test"+name[:strings.IndexByte(name, '(')])
			}
		}
	}
	scripts, err := filepath.Glob("../../app/subrosactl/testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, script := range scripts {
		names = append(names, filepath.Base(script))
	}
	return names
}

func TestPruningNeedsAGrantAndKeepsYoungEntries(t *testing.T) {
	o := testOptions(t)
	s := unlocked(t, o)
	if _, err := s.PruneRecord(t.Context(), nil); err == nil {
		t.Fatal("anybody may prune")
	}
	if !slices.Contains(actions(t, s), string(audit.RoleDenied)+" denied") {
		t.Error("the attempt is not on record: ", actions(t, s))
	}
	if s.open.keepMonths() < leastMonths {
		t.Error("less than the least")
	}
	held, err := s.open.held(context.Background())
	if err != nil || held(audit.Entry{Conversation: "x"}) {
		t.Error(err)
	}
	old := audit.Entry{Actor: "user", Action: audit.Search, Time: time.Now().AddDate(0, -13, 0)}
	if set, err := s.open.record.Prune(old, time.Now().AddDate(0, -s.open.keepMonths(), 0), held); err != nil || set.Count != 0 {
		t.Errorf("young entries went: %+v, %v", set, err)
	}
}
