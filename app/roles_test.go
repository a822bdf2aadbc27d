package app

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"aead.dev/minisign"

	"subrosa/internal/audit"
	"subrosa/internal/fault"
	"subrosa/internal/policy"
	"subrosa/internal/session"
)

// A page that calls what its buttons would not: every bound method behind which a right stands asks for it, and what it
// refuses is on record.
func TestDirectCallsThatPolicyForbids(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: the trusted key must be root's")
	}
	const passphrase = "correct horse battery staple"
	_, key, err := minisign.GenerateKey(nil)
	ok(t, err)
	dir := t.TempDir()
	rule(t, dir, key, 1, "")
	a, h := unlockedAppWith(t, func(o *session.Options) { o.PolicyDir = dir })
	said := must[TurnStarted](t)(a.Send(PromptView{Text: "hello"}))
	h.ended(t, said.Assistant.Turn)
	rule(t, dir, key, 2, fmt.Sprintf("features: {off: [%s]}\nretention: {user_erase: false}\nclipboard: {copy: false}\nexport: {conversations: false, audit: false}\n",
		strings.Join(policy.Feature("").Values(), ", ")))
	ok(t, a.Lock())
	ok(t, a.Unlock(passphrase))
	a.settle(t)
	a.clipboard.set = func(string) error { t.Error("it was copied"); return nil }

	send := func(p PromptView) func() error {
		p.Conversation, p.Text = said.Conversation.ID, "more"
		return func() error { _, err := a.Send(p); return err }
	}
	for right, try := range map[policy.Right][]func() error{
		policy.SearchOwn: {
			func() error { _, err := a.Search("hello"); return err },
			func() error { _, err := a.SearchDocuments("hello"); return err },
		},
		policy.EraseOwn: {
			func() error { return a.Erase(ErasureView{Conversations: []string{said.Conversation.ID}}) },
			func() error { return a.Erase(ErasureView{Messages: []string{said.User.ID}}) },
		},
		policy.EditOwn:       {send(PromptView{Edit: said.User.ID})},
		policy.RegenerateOwn: {send(PromptView{Again: said.Assistant.ID}), send(PromptView{Continue: said.Assistant.ID})},
		policy.CopyText:      {func() error { return a.Copy("hello") }},
		policy.KeepTemplate:  {func() error { return a.SetTemplate("mine", "text") }},
		policy.ChatUnkept:    {func() error { _, err := a.Send(PromptView{Temporary: true, Text: "more"}); return err }},
		policy.ExportConversation: {func() error {
			_, err := a.ExportConversation(TakeAlongQuery{Conversation: said.Conversation.ID, Format: "md", Folder: t.TempDir(), Name: "x"})
			return err
		}},
		policy.ExportRecord:  {func() error { _, err := a.ExportRecord(ExportQuery{Dir: t.TempDir()}); return err }},
		policy.ImportPackage: {func() error { _, err := a.ImportModel(t.TempDir()); return err }},
	} {
		for i, call := range try {
			before := recordSize(t, a)
			if err := call(); err == nil || fault.From(err).Code != fault.PolicyDenied {
				t.Errorf("%s %d: %v", right, i, err)
			}
			entries := must[[]audit.Entry](t)(a.session.RecordEntries(before, 10))
			if len(entries) != 1 || entries[0].Action != audit.RoleDenied || entries[0].Detail != string(right)+": off" {
				t.Errorf("%s %d: on record is %+v", right, i, entries)
			}
		}
	}
	if list := must[[]ConversationView](t)(a.Conversations()); len(list) != 1 || list[0].Messages != 2 {
		t.Errorf("something was done all the same: %+v", list)
	}
}
