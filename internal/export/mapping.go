package export

import "subrosa/internal/audit"

// The OCSF 1.8.0 classes that are used. A class_uid is its category's uid times 1,000 and its own.
const (
	accountChange    = 3001
	authentication   = 3002
	entityManagement = 3004
	appLifecycle     = 6002
	apiActivity      = 6003
	datastore        = 6005
	detectionFinding = 2004
)

// OCSF severity_id.
const (
	informational = 1
	low           = 2
	medium        = 3
	high          = 4
)

const otherActivity = 99 // OCSF activity_id with a name of its own

// mapping is what an action is called in each format.
type mapping struct {
	sentence string // for people: what happened

	class    int    // OCSF class_uid
	activity int    // OCSF activity_id
	name     string // OCSF activity_name
	severity int    // OCSF severity_id
	fails    bool   // the action is itself a failure

	fhir fhirKind
	of   string // what kind of thing it was done to
}

// fhirKind picks the FHIR AuditEvent's type, subtype and action.
type fhirKind int

const (
	restCreate fhirKind = iota + 1 // IHE BALP's patterns
	restUpdate
	restDelete
	dicomLogin // DICOM's audit message types (PS3.15 A.5)
	dicomLogout
	dicomStart
	dicomUse
	dicomQuery
	dicomImport
	dicomExport
	dicomAlert
	dicomRoles
	dicomConfiguration
)

// mappingOf answers for an action of a newer program too.
func mappingOf(a audit.Action) mapping {
	if m, ok := mappingTable(a); ok {
		return m
	}
	return mapping{"An action that this export does not know.", apiActivity, otherActivity, string(a), informational, false, dicomUse, "entry"}
}

func mappingTable(a audit.Action) (mapping, bool) {
	switch a {
	case audit.Setup:
		return mapping{"The workstation's keys were made and its passphrase chosen.", accountChange, 1, "Create", informational, false, dicomStart, "keys"}, true
	case audit.Unlock:
		return mapping{"The session was unlocked with the passphrase.", authentication, 1, "Logon", informational, false, dicomLogin, "session"}, true
	case audit.UnlockFailed:
		return mapping{"An unlock was tried with a wrong passphrase.", authentication, 1, "Logon", medium, true, dicomLogin, "session"}, true
	case audit.Recover:
		return mapping{"The session was unlocked through a recovery slot.", authentication, 1, "Logon", medium, false, dicomLogin, "session"}, true
	case audit.Lock:
		return mapping{"The session was locked.", authentication, 2, "Logoff", informational, false, dicomLogout, "session"}, true
	case audit.Prompt:
		return mapping{"A prompt was put on record, before the model was asked.", apiActivity, 1, "Create", informational, false, restCreate, "prompt"}, true
	case audit.Response:
		return mapping{"The model's answer was closed and put on record.", apiActivity, 1, "Create", informational, false, restCreate, "response"}, true
	case audit.Summary:
		return mapping{"The model summarised the oldest messages of a conversation that did not fit; it is told the summary in their place.", apiActivity, 1, "Create", informational, false, restCreate, "summary"}, true
	case audit.Reconcile:
		return mapping{"A turn that a crash left open was closed.", apiActivity, 3, "Update", low, false, restUpdate, "turn"}, true
	case audit.PolicyDenied:
		return mapping{"The policy did not allow a prompt; the model was not asked.", apiActivity, 1, "Create", low, true, restCreate, "prompt"}, true
	case audit.ModelImport:
		return mapping{"A model was sealed on this workstation.", appLifecycle, 1, "Install", informational, false, dicomImport, "model"}, true
	case audit.ModelLoad:
		return mapping{"A model was loaded into the engine.", appLifecycle, 3, "Start", informational, false, dicomStart, "model"}, true
	case audit.ModelUse:
		return mapping{"A model was chosen for the turns to come.", appLifecycle, 6, "Enable", informational, false, dicomConfiguration, "model"}, true
	case audit.ModelVerify:
		return mapping{"A sealed model was checked in full.", appLifecycle, otherActivity, "Verify", informational, false, dicomUse, "model"}, true
	case audit.SelfTest:
		return mapping{"The program tested its own protections.", appLifecycle, otherActivity, "Self-test", informational, false, dicomUse, "workstation"}, true
	case audit.ProgramUpdate:
		return mapping{"Another version of the program was started.", appLifecycle, 8, "Update", low, false, dicomConfiguration, "program"}, true
	case audit.RecordRepaired:
		return mapping{"An unfinished last entry, never acknowledged, was cut off the record.", appLifecycle, otherActivity, "Repair", low, false, dicomUse, "record"}, true
	case audit.ConversationRename:
		return mapping{"A conversation was renamed.", datastore, 2, "Update", informational, false, restUpdate, "conversation"}, true
	case audit.ConversationMove:
		return mapping{"A conversation was moved to another matter.", datastore, 2, "Update", informational, false, restUpdate, "conversation"}, true
	case audit.ConversationDelete:
		return mapping{"A conversation was deleted.", datastore, 7, "Delete", informational, false, restDelete, "conversation"}, true
	case audit.MessageDelete:
		return mapping{"Messages of a conversation were deleted.", datastore, 7, "Delete", informational, false, restDelete, "message"}, true
	case audit.Retention:
		return mapping{"A conversation was erased because its retention time was over.", datastore, 7, "Delete", informational, false, restDelete, "conversation"}, true
	case audit.MatterCreate:
		return mapping{"A matter was opened.", datastore, 6, "Create", informational, false, restCreate, "matter"}, true
	case audit.MatterRename:
		return mapping{"A matter was renamed.", datastore, 2, "Update", informational, false, restUpdate, "matter"}, true
	case audit.MatterDelete:
		return mapping{"A matter was deleted.", datastore, 7, "Delete", informational, false, restDelete, "matter"}, true
	case audit.Search:
		return mapping{"The conversations were searched.", datastore, 4, "Query", informational, false, dicomQuery, "conversations"}, true
	case audit.Attachment:
		return mapping{"A document was attached to a conversation.", datastore, 5, "Write", informational, false, restCreate, "attachment"}, true
	case audit.DocumentAdd:
		return mapping{"A document was taken into a conversation or a matter.", datastore, 5, "Write", informational, false, restCreate, "document"}, true
	case audit.DocumentRead:
		return mapping{"A document's text was read.", datastore, 1, "Read", informational, false, restUpdate, "document"}, true
	case audit.DocumentVectors:
		return mapping{"A model begins to make vectors of a document's passages, for finding them.", datastore, 1, "Read", informational, false, dicomUse, "document"}, true
	case audit.DocumentUse:
		return mapping{"Text of a document was given to the model.", datastore, 1, "Read", informational, false, dicomUse, "document"}, true
	case audit.DocumentRemove:
		return mapping{"A document was deleted.", datastore, 7, "Delete", informational, false, restDelete, "document"}, true
	case audit.ConversationExport:
		return mapping{"A conversation was written to a file outside the encrypted history.", datastore, 1, "Read", low, false, dicomExport, "conversation"}, true
	case audit.AuditExport:
		return mapping{"The record was exported.", datastore, 1, "Read", informational, false, dicomExport, "record"}, true
	case audit.Backup:
		return mapping{"An encrypted backup was written.", datastore, 1, "Read", informational, false, dicomExport, "backup"}, true
	case audit.Restore:
		return mapping{"A backup was put back.", datastore, 5, "Write", medium, false, dicomImport, "backup"}, true
	case audit.AuditPrune:
		return mapping{"Entries older than the retention time were pruned; their hashes stay.", datastore, 7, "Delete", low, false, restDelete, "record"}, true
	case audit.Pruned:
		return mapping{"An entry of which retention left the hash alone.", datastore, 7, "Delete", informational, false, restDelete, "record"}, true
	case audit.HoldAdd:
		return mapping{"A legal hold was put on a matter.", entityManagement, 8, "Enable", low, false, restCreate, "hold"}, true
	case audit.HoldLift:
		return mapping{"A legal hold was lifted.", entityManagement, 9, "Disable", medium, false, restDelete, "hold"}, true
	case audit.SlotAdd:
		return mapping{"A way to unlock was added.", accountChange, 10, "MFA Factor Enable", low, false, dicomRoles, "slot"}, true
	case audit.SlotRemove:
		return mapping{"A way to unlock was removed.", accountChange, 11, "MFA Factor Disable", low, false, dicomRoles, "slot"}, true
	case audit.PassphraseChange:
		return mapping{"The passphrase was changed.", accountChange, 3, "Password Change", low, false, dicomRoles, "slot"}, true
	case audit.RootRotate:
		return mapping{"The root key was replaced and everything under it wrapped again.", entityManagement, 3, "Update", medium, false, dicomConfiguration, "root key"}, true
	case audit.HistoryKeyExport:
		return mapping{"The history's key was shown for use outside this program.", entityManagement, 2, "Read", high, false, dicomExport, "history key"}, true
	case audit.AuditKeyRotate:
		return mapping{"The record's signing key was replaced.", entityManagement, 3, "Update", low, false, dicomConfiguration, "signing key"}, true
	case audit.PolicyChange:
		return mapping{"Another policy came into force.", entityManagement, 3, "Update", low, false, dicomConfiguration, "policy"}, true
	case audit.PolicyRefused:
		return mapping{"A policy file was refused.", entityManagement, 3, "Update", high, true, dicomConfiguration, "policy"}, true
	case audit.Witness:
		return mapping{"A witness's signature on the record's checkpoint was taken in.", entityManagement, 3, "Update", informational, false, dicomUse, "checkpoint"}, true
	case audit.Guardrail:
		return mapping{"A guardrail rule matched.", detectionFinding, 1, "Create", medium, false, dicomAlert, "guardrail"}, true
	case audit.Anomaly:
		return mapping{"An anomaly was noticed.", detectionFinding, 1, "Create", medium, false, dicomAlert, "anomaly"}, true
	case audit.ClockJump:
		return mapping{"The clock jumped.", detectionFinding, 1, "Create", medium, false, dicomAlert, "clock"}, true
	case audit.RoleDenied:
		return mapping{"Somebody tried what their role may not do.", detectionFinding, 1, "Create", medium, true, dicomAlert, "role"}, true
	}
	return mapping{}, false
}

// failed tells whether the entry says that something did not succeed.
func failed(m mapping, e *audit.Entry) bool {
	if m.fails {
		return true
	}
	switch e.Result {
	case "failed", "denied", "refused", "missing", "error", "cancelled", "incomplete", "blocked":
		return true
	}
	return false
}
