package session

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aead.dev/minisign"

	"subrosa/internal/audit"
	"subrosa/internal/chat"
	"subrosa/internal/export"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/policy"
	"subrosa/internal/vault"
)

// everythingOff is a policy that turns off all that one can.
func everythingOff() string {
	return "features: {off: [" + strings.Join(policy.Feature("").Values(), ", ") + "]}\n" +
		"retention: {user_erase: false}\nclipboard: {copy: false}\nexport: {conversations: false, audit: false}\n"
}

// attempt is somebody trying what is not theirs.
type attempt struct {
	right   policy.Right
	try     func() error
	want    fault.Code
	on      audit.Action // what the attempt leaves on record
	detail  string       // how that begins
	instead string       // or why this session has no such attempt to record
}

// Each row of the role table is tried by somebody who lacks what it asks for, by a direct call and not by a button: it is
// refused, and on record.
func TestEachRowOfTheRoleTableIsRefusedAndOnRecord(t *testing.T) {
	o, key := testOptions(t), itKey(t)
	_, stranger, err := minisign.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, it := t.Context(), identity(t)
	install(t, o.PolicyDir, key, 1, "")
	s := unlocked(t, o)
	said, err := s.Send(ctx, chat.Prompt{Text: "hello", MaxTokens: 1}, &listener{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddRecovery(ctx, it.Recipient().String()); err != nil {
		t.Fatal(err)
	}
	if err := s.SetTemplate(ctx, "mine", "text"); err != nil {
		t.Fatal(err)
	}
	hold, err := s.AddHold(ctx, history.Hold{Conversation: said.Conversation.ID, Reason: "case"})
	if err != nil {
		t.Fatal(err)
	}
	install(t, o.PolicyDir, key, 2, everythingOff())
	s = again(t, s, o)
	send := func(p chat.Prompt) error {
		p.Conversation, p.Text = said.Conversation.ID, "more"
		_, err := s.Send(ctx, p, &listener{})
		return err
	}
	grant := func(right policy.Right, subject string) []byte {
		day := policy.Date{Time: time.Now().AddDate(0, 0, 7).Truncate(24 * time.Hour).UTC()}
		return policy.Grant{Right: right, Subject: subject, Record: s.open.origin(), Reason: "x", Expires: day}.Sign(stranger)
	}
	relock := func(try func() error) error {
		if err := s.Lock(ctx); err != nil {
			return err
		}
		failed := try()
		if err := s.Unlock(ctx, pass(goodPassphrase)); err != nil {
			t.Fatal(err)
		}
		return failed
	}
	off := func(right policy.Right, try func() error) attempt {
		return attempt{right: right, try: try, want: fault.PolicyDenied, on: audit.RoleDenied, detail: string(right) + ": off"}
	}
	attempts := []attempt{
		{
			right: policy.Chat, want: fault.PassphraseWrong, on: audit.UnlockFailed, detail: "1 wrong",
			try: func() error { return relock(func() error { return s.Unlock(ctx, pass("wrong horse battery staple")) }) },
		},
		off(policy.ChatUnkept, func() error {
			_, err := s.Send(ctx, chat.Prompt{Temporary: true, Text: "more"}, &listener{})
			return err
		}),
		off(policy.SearchOwn, func() error { _, err := s.Search(ctx, history.Query{Text: "x"}); return err }),
		off(policy.EraseOwn, func() error { return s.Delete(ctx, said.Conversation.ID) }),
		off(policy.EditOwn, func() error { return send(chat.Prompt{Edit: said.User.ID}) }),
		off(policy.RegenerateOwn, func() error { return send(chat.Prompt{Again: said.Assistant.ID}) }),
		off(policy.RegenerateOwn, func() error { return send(chat.Prompt{Continue: said.Assistant.ID}) }),
		off(policy.AttachDocument, func() error {
			_, err := s.Attach(ctx, said.Conversation.ID, "a.txt", "text/plain", strings.NewReader("x"))
			return err
		}),
		off(policy.CopyText, func() error { _, err := s.MayCopy(); return err }),
		off(policy.KeepTemplate, func() error { return s.SetTemplate(ctx, "mine", "other") }),
		off(policy.ExportConversation, func() error {
			_, err := s.ExportConversation(ctx, ConversationExport{ID: said.Conversation.ID, Format: export.Markdown, Path: t.TempDir() + "/x"})
			return err
		}),
		off(policy.ExportConversation, func() error { _, err := s.ReadAttachment(ctx, "a", &bytes.Buffer{}); return err }),
		off(policy.ExportRecord, func() error { _, err := s.ExportAudit(ctx, AuditExport{Dir: t.TempDir()}); return err }),
		off(policy.ExportHistoryKey, func() error {
			return relock(func() error { _, err := s.ExportHistoryKey(ctx, it); return err })
		}),
		off(policy.MakeBackup, func() error { _, err := s.Backup(ctx, t.TempDir(), it.Recipient().String()); return err }),
		off(policy.ImportFile, func() error {
			_, err := s.ImportModel(ctx, bytes.NewReader(otherModel(o)), vault.Source{}, nil)
			return err
		}),
		off(policy.ImportPackage, func() error { _, err := s.ImportPackage(ctx, t.TempDir(), nil); return err }),
		{
			right: policy.LiftHold, want: fault.RoleDenied, on: audit.RoleDenied, detail: "lift_hold: no key in policy",
			try: func() error { return s.LiftHold(ctx, hold.ID, grant(policy.LiftHold, string(hold.ID))) },
		},
		{
			right: policy.RecoverKeys, want: fault.IdentityWrong, on: audit.UnlockFailed, detail: "1 wrong",
			try: func() error {
				return relock(func() error { return s.Recover(ctx, pass("otter lamp violin meadow"), false, identity(t)) })
			},
		},
		{right: policy.ReadBundle, instead: "a bundle is read elsewhere, and only its key opens it: TestABundleForAnAuditor"},
	}
	for _, a := range attempts {
		a.check(t, s)
	}
	if list, err := s.Templates(ctx); err != nil || len(list) != 0 {
		t.Errorf("templates of their own where policy has none: %v, %v", list, err)
	}

	// What another role's key must show: the policy names compliance's, and a stranger signs.
	install(t, o.PolicyDir, key, 3, fmt.Sprintf("roles: {compliance_key: %q}\n", key.Public())+signersLine(key))
	s = again(t, s, o)
	signed := []attempt{
		{
			right: policy.LiftHold, want: fault.RoleDenied, on: audit.RoleDenied, detail: "lift_hold: no grant",
			try: func() error { return s.LiftHold(ctx, hold.ID, nil) },
		},
		{
			right: policy.LiftHold, want: fault.RoleDenied, on: audit.RoleDenied, detail: "lift_hold: bad signature",
			try: func() error { return s.LiftHold(ctx, hold.ID, grant(policy.LiftHold, string(hold.ID))) },
		},
		{
			right: policy.PruneRecord, want: fault.RoleDenied, on: audit.RoleDenied, detail: "prune_record: bad signature",
			try: func() error { _, err := s.PruneRecord(ctx, grant(policy.PruneRecord, "record")); return err },
		},
		{
			right: policy.AcceptOlder, want: fault.RoleDenied, on: audit.RoleDenied, detail: "accept_older: 1 tries",
			try: func() error {
				err := s.AcceptOlder(ctx, grant(policy.AcceptOlder, "record"))
				_ = relock(func() error { return nil })
				return err
			},
		},
		{
			right: policy.Cosign, want: fault.WitnessForeign, on: audit.RoleDenied, detail: "cosign_checkpoint: bad signature",
			try: func() error { _, err := s.TakeWitness([]byte("no checkpoint"), witnessKey(t)); return err },
		},
		{
			right: policy.SealModel, want: fault.PackageBad, on: audit.RoleDenied, detail: "seal_model: bad signature",
			try: func() error { _, err := s.ImportPackage(ctx, sealFor(t, s, otherModel(o), stranger), nil); return err },
		},
		{
			right: policy.SetPolicy, on: audit.PolicyRefused, detail: "the machine policy",
			try: func() error {
				install(t, o.PolicyDir, stranger, 4, "")
				if err := os.WriteFile(filepath.Join(o.PolicyDir, policy.TrustName), []byte(signerText(key)), 0o644); err != nil {
					return err
				}
				return relock(func() error { return nil })
			},
		},
	}
	for _, a := range signed {
		a.check(t, s)
	}
	tried := map[policy.Right]bool{}
	for _, a := range append(attempts, signed...) {
		tried[a.right] = true
	}
	for _, row := range policy.RoleTable() {
		if !tried[row.Right] {
			t.Errorf("%s: nobody tried", row.Right)
		}
	}
}

func (a attempt) check(t *testing.T, s *Session) {
	t.Helper()
	if a.instead != "" {
		return
	}
	_, before := lastEntry(t, s, a.on)
	err := a.try()
	if a.want != "" {
		wantFault(t, err, a.want)
	} else if err != nil {
		t.Errorf("%s: %v", a.right, err)
	}
	e, n := lastEntry(t, s, a.on)
	if n != before+1 || !strings.HasPrefix(e.Detail, a.detail) {
		t.Errorf("%s: %d entries where there were %d, the last %s %q, want %q", a.right, n, before, e.Action, e.Detail, a.detail)
	}
}

// Each name that a policy can turn off is the only thing that then is off.
func TestEachFeatureCanBeTurnedOffAlone(t *testing.T) {
	rights := map[policy.Feature]policy.Right{
		policy.Documents: policy.AttachDocument, policy.Search: policy.SearchOwn, policy.Edit: policy.EditOwn, policy.Regenerate: policy.RegenerateOwn,
		policy.UserTemplates: policy.KeepTemplate, policy.ModelImport: policy.ImportPackage, policy.HistoryKeyExport: policy.ExportHistoryKey,
		policy.Backups: policy.MakeBackup, policy.TemporaryChat: policy.ChatUnkept,
	}
	for _, name := range policy.Feature("").Values() {
		p := policy.Default()
		p.Features.Off = []policy.Feature{policy.Feature(name)}
		if rights[policy.Feature(name)] == "" {
			t.Errorf("%s: it is not known what that turns off", name)
		}
		for feature, right := range rights {
			if is := p.Allows(right) != nil; is != (feature == policy.Feature(name)) {
				t.Errorf("%s off: %s is off %v", name, right, is)
			}
		}
	}
}

func witnessKey(t *testing.T) string {
	t.Helper()
	_, verifier, err := audit.NewWitnessKey("stranger.test")
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}
