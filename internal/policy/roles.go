package policy

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"aead.dev/minisign"
)

// Role is a part that somebody plays here. What a role may do is decided by a key that it holds.
type Role string

// The roles.
const (
	User       Role = "user"       // the passphrase and their own keyring
	Compliance Role = "compliance" // the minisign key and the age identity of which the policy names the public halves
	IT         Role = "it"         // the minisign keys that sign policies and models, the recovery identity
)

// Right is something that may be done. The names stand on record.
type Right string

// The rights.
const (
	Chat               Right = "chat"
	ChatUnkept         Right = "temporary_chat" // one that is kept nowhere but on record
	SearchOwn          Right = "search"
	EraseOwn           Right = "erase"
	EditOwn            Right = "edit"
	RegenerateOwn      Right = "regenerate"
	AttachDocument     Right = "attach_document"
	CopyText           Right = "copy"
	KeepTemplate       Right = "user_template" // a prompt of the user's own, for later
	ExportConversation Right = "export_conversation"
	ExportRecord       Right = "export_record"
	ExportHistoryKey   Right = "export_history_key"
	MakeBackup         Right = "backup"
	ImportFile         Right = "import_model_file"    // a GGUF that nobody signed
	ImportPackage      Right = "import_model_package" // a package with a signature
	LiftHold           Right = "lift_hold"
	PruneRecord        Right = "prune_record"
	AcceptOlder        Right = "accept_older" // going on with a record or a history that was put back
	ReadBundle         Right = "read_audit_bundle"
	Cosign             Right = "cosign_checkpoint"
	SetPolicy          Right = "set_policy"
	SealModel          Right = "seal_model"
	RecoverKeys        Right = "recover_keys"
)

// Proof is what shows that someone may.
type Proof string

// The proofs.
const (
	ByUnlock    Proof = "an unlocked session, where policy allows it"
	ByGrant     Proof = "a grant signed with compliance's minisign key"
	ByWitness   Proof = "the witness key"
	ByAuditor   Proof = "compliance's age identity"
	BySignature Proof = "a minisign signature by a key that is trusted here"
	ByRecovery  Proof = "IT's age identity, to which a recovery slot is sealed"
)

// RoleRule is a row of the role table.
type RoleRule struct {
	Right Right
	Role  Role
	Proof Proof
}

// RoleTable is the role table: who may do what, shown how.
func RoleTable() []RoleRule {
	return []RoleRule{
		{Chat, User, ByUnlock},
		{ChatUnkept, User, ByUnlock},
		{SearchOwn, User, ByUnlock},
		{EraseOwn, User, ByUnlock},
		{EditOwn, User, ByUnlock},
		{RegenerateOwn, User, ByUnlock},
		{AttachDocument, User, ByUnlock},
		{CopyText, User, ByUnlock},
		{KeepTemplate, User, ByUnlock},
		{ExportConversation, User, ByUnlock},
		{ExportRecord, User, ByUnlock},
		{ExportHistoryKey, User, ByUnlock},
		{MakeBackup, User, ByUnlock},
		{ImportFile, User, ByUnlock},
		{ImportPackage, IT, BySignature},
		{LiftHold, Compliance, ByGrant},
		{PruneRecord, Compliance, ByGrant},
		{AcceptOlder, Compliance, ByGrant},
		{ReadBundle, Compliance, ByAuditor},
		{Cosign, Compliance, ByWitness},
		{SetPolicy, IT, BySignature},
		{SealModel, IT, BySignature},
		{RecoverKeys, IT, ByRecovery},
	}
}

var (
	// ErrOff means that policy does not allow it here.
	ErrOff = errors.New("policy does not allow it here")
	// ErrNoGrant means that compliance has not granted it.
	ErrNoGrant = errors.New("it needs a grant of compliance")
	// ErrNoKey means that the policy names no key by which the role would be known.
	ErrNoKey = errors.New("the policy names no key for this role")
	// ErrGrant means that a grant is malformed, expired, or for something else.
	ErrGrant = errors.New("the grant is not for this")
)

// Allows tells whether a user may, from policy alone: nil or ErrOff. For what another role's key must show it returns
// ErrNoGrant: ask Granted.
func (p Policy) Allows(r Right) error {
	ok := true
	switch r {
	case Chat:
	case ChatUnkept:
		ok = p.Features.Has(TemporaryChat)
	case SearchOwn:
		ok = p.Features.Has(Search)
	case EraseOwn:
		ok = p.Retention.UserErase
	case EditOwn:
		ok = p.Features.Has(Edit)
	case RegenerateOwn:
		ok = p.Features.Has(Regenerate)
	case AttachDocument:
		ok = p.Features.Has(Documents) && p.Limits.DocumentBytes > 0
	case CopyText:
		ok = p.Clipboard.Copy
	case KeepTemplate:
		ok = p.Features.Has(UserTemplates)
	case ExportConversation:
		ok = p.Export.Conversations
	case ExportRecord:
		ok = p.Export.Audit
	case ExportHistoryKey:
		ok = p.Features.Has(HistoryKeyExport)
	case MakeBackup:
		ok = p.Features.Has(Backups)
	case ImportFile:
		ok = p.Features.Has(ModelImport) && p.Models.LocalImport
	case ImportPackage:
		ok = p.Features.Has(ModelImport)
	default:
		return ErrNoGrant
	}
	if !ok {
		return ErrOff
	}
	return nil
}

// Grant is compliance's permission to do one thing to one subject on one workstation. As a file:
//
//	subrosa grant v1
//	right: lift_hold
//	subject: 0f3c...
//	record: subrosa/5d0c...
//	expires: 2026-12-31
//	reason: matter closed
//
// followed by the minisign signature over those lines: what `cat FILE FILE.minisig` gives.
type Grant struct {
	Right   Right
	Subject string // what it is for: a conversation's ID
	Record  string // the origin of the workstation's record
	Expires Date
	Reason  string // for the record
}

const grantHeader = "subrosa grant v1"

// Text returns the lines to sign.
func (g Grant) Text() []byte {
	return fmt.Appendf(nil, "%s\nright: %s\nsubject: %s\nrecord: %s\nexpires: %s\nreason: %s\n",
		grantHeader, g.Right, g.Subject, g.Record, g.Expires, strings.ReplaceAll(g.Reason, "\n", " "))
}

// Sign returns the grant's file.
func (g Grant) Sign(key minisign.PrivateKey) []byte {
	text := g.Text()
	return append(text, minisign.SignWithComments(key, text, "subrosa grant "+string(g.Right), "signature of a subrosa grant")...)
}

// Granted reads a grant and returns it if compliance's key signed it for this right, subject and record, and it has not
// expired. Errors: ErrNoGrant, ErrNoKey, ErrSignature, ErrGrant.
func (p Policy) Granted(r Right, subject, record string, file []byte, now time.Time) (Grant, error) {
	if len(file) == 0 {
		return Grant{}, ErrNoGrant
	}
	if p.Roles.ComplianceKey == "" {
		return Grant{}, ErrNoKey
	}
	key, err := ParseKey(p.Roles.ComplianceKey)
	if err != nil {
		return Grant{}, err
	}
	at := bytes.Index(file, []byte("\nuntrusted comment:"))
	if at < 0 || len(file) > 1<<16 {
		return Grant{}, ErrGrant
	}
	text, signature := file[:at+1], file[at+1:]
	if err := key.Verify(text, signature); err != nil {
		return Grant{}, err
	}
	g, err := parseGrant(text)
	if err != nil {
		return Grant{}, err
	}
	if g.Right != r || g.Subject != subject || g.Record != record || !now.Before(g.Expires.End()) {
		return Grant{}, ErrGrant
	}
	return g, nil
}

// parseGrant takes exactly what Text writes.
func parseGrant(text []byte) (Grant, error) {
	lines := strings.Split(string(text), "\n")
	if len(lines) != 7 || lines[0] != grantHeader {
		return Grant{}, ErrGrant
	}
	var values []string
	for _, line := range lines[1:6] {
		_, v, _ := strings.Cut(line, ": ")
		values = append(values, v)
	}
	day, err := time.Parse(dateLayout, values[3])
	g := Grant{Right: Right(values[0]), Subject: values[1], Record: values[2], Expires: Date{day}, Reason: values[4]}
	if err != nil || !bytes.Equal(g.Text(), text) {
		return Grant{}, ErrGrant
	}
	return g, nil
}
