package policy

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"aead.dev/minisign"
)

// Each right of the table is asked of the built-in policy, and, where policy can turn it off, of one that does.
func TestRoleTable(t *testing.T) {
	off := map[Right]func(*Document){
		ChatUnkept:         func(d *Document) { d.Features.Off = []Feature{TemporaryChat} },
		SearchOwn:          func(d *Document) { d.Features.Off = []Feature{Search} },
		EraseOwn:           func(d *Document) { d.Retention.UserErase = false },
		EditOwn:            func(d *Document) { d.Features.Off = []Feature{Edit} },
		RegenerateOwn:      func(d *Document) { d.Features.Off = []Feature{Regenerate} },
		AttachDocument:     func(d *Document) { d.Limits.DocumentBytes = 0 },
		CopyText:           func(d *Document) { d.Clipboard.Copy = false },
		KeepTemplate:       func(d *Document) { d.Features.Off = []Feature{UserTemplates} },
		ExportConversation: func(d *Document) { d.Export.Conversations = false },
		ExportRecord:       func(d *Document) { d.Export.Audit = false },
		ExportHistoryKey:   func(d *Document) { d.Features.Off = []Feature{HistoryKeyExport} },
		MakeBackup:         func(d *Document) { d.Features.Off = []Feature{Backups} },
		ImportFile:         func(d *Document) { d.Models.LocalImport = false },
		ImportPackage:      func(d *Document) { d.Features.Off = []Feature{ModelImport} },
	}
	seen := map[Right]bool{}
	for _, row := range RoleTable() {
		if seen[row.Right] {
			t.Errorf("%s stands twice", row.Right)
		}
		seen[row.Right] = true
		err := Default().Allows(row.Right)
		change, byPolicy := off[row.Right]
		switch {
		case row.Proof == ByUnlock || row.Right == ImportPackage:
			if err != nil {
				t.Errorf("%s: %v", row.Right, err)
			}
			if !byPolicy && row.Right != Chat {
				t.Errorf("%s: no policy turns it off", row.Right)
			}
		case !errors.Is(err, ErrNoGrant):
			t.Errorf("%s is %s's, and an unlocked session has it: %v", row.Right, row.Role, err)
		}
		if byPolicy {
			p := Default()
			change(&p.Document)
			if err := p.Allows(row.Right); !errors.Is(err, ErrOff) {
				t.Errorf("%s turned off: %v", row.Right, err)
			}
		}
	}
	if err := Default().Allows("fly"); !errors.Is(err, ErrNoGrant) {
		t.Error("a right that is not in the table", err)
	}
}

func TestGrantIsForOneThing(t *testing.T) {
	public, private, err := minisign.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := minisign.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := Default()
	now := time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC)
	day := Date{time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	g := Grant{Right: LiftHold, Subject: "c1", Record: "subrosa/1", Expires: day, Reason: "closed"}
	file := g.Sign(private)
	if _, err := p.Granted(LiftHold, "c1", "subrosa/1", file, now); !errors.Is(err, ErrNoKey) {
		t.Error("without a key in the policy:", err)
	}
	p.Roles.ComplianceKey = public.String()
	if got, err := p.Granted(LiftHold, "c1", "subrosa/1", file, now); err != nil || got.Reason != "closed" {
		t.Error(got, err)
	}
	changed := bytes.Replace(file, []byte("c1"), []byte("c2"), 1)
	twice := append(g.Text(), file...)
	for name, c := range map[string]struct {
		right           Right
		subject, record string
		file            []byte
		now             time.Time
		want            error
	}{
		"none":             {LiftHold, "c1", "subrosa/1", nil, now, ErrNoGrant},
		"another right":    {PruneRecord, "c1", "subrosa/1", file, now, ErrGrant},
		"another subject":  {LiftHold, "c2", "subrosa/1", file, now, ErrGrant},
		"another record":   {LiftHold, "c1", "subrosa/2", file, now, ErrGrant},
		"too late":         {LiftHold, "c1", "subrosa/1", file, now.Add(2 * time.Hour), ErrGrant},
		"changed":          {LiftHold, "c2", "subrosa/1", changed, now, ErrSignature},
		"another's key":    {LiftHold, "c1", "subrosa/1", g.Sign(other), now, ErrSignature},
		"no signature":     {LiftHold, "c1", "subrosa/1", g.Text(), now, ErrGrant},
		"something before": {LiftHold, "c1", "subrosa/1", twice, now, ErrSignature},
		"a signed policy":  {LiftHold, "c1", "subrosa/1", signedText(private, "schema: 1\n"), now, ErrGrant},
	} {
		if _, err := p.Granted(c.right, c.subject, c.record, c.file, c.now); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func signedText(key minisign.PrivateKey, text string) []byte {
	return append([]byte(text), minisign.Sign(key, []byte(text))...)
}
