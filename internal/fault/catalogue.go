package fault

// The codes. Their text is in catalogue below; the window shows both sentences, subrosactl prints them.
const (
	Internal            Code = "internal"
	PassphraseWrong     Code = "passphrase_wrong"
	PassphraseWeak      Code = "passphrase_weak"
	KeyringMissing      Code = "keyring_missing"
	KeyringLocked       Code = "keyring_locked"
	KeyringTimeout      Code = "keyring_timeout"
	KeyringSecretLost   Code = "keyring_secret_lost"
	KeysDamaged         Code = "keys_damaged"
	KeysMissing         Code = "keys_missing"
	NotSetUp            Code = "not_set_up"
	AlreadySetUp        Code = "already_set_up"
	Locked              Code = "locked"
	Busy                Code = "busy"
	HistoryNotEncrypted Code = "history_not_encrypted"
	HistoryDamaged      Code = "history_damaged"
	HistoryNewer        Code = "history_newer"
	HistoryOlder        Code = "history_older"
	ErasureUnfinished   Code = "erasure_unfinished"
	Held                Code = "held"
	BackupFailed        Code = "backup_failed"
	OutOfReach          Code = "out_of_reach"
	BackupDamaged       Code = "backup_damaged"
	BackupIdentity      Code = "backup_identity"
	RecipientNoSlot     Code = "recipient_no_slot"
	SearchRebuilding    Code = "search_rebuilding"
	MatterMissing       Code = "matter_missing"
	MatterBuiltIn       Code = "matter_built_in"
	AttachmentTooLarge  Code = "attachment_too_large"
	DocumentMissing     Code = "document_missing"
	DocumentTooLarge    Code = "document_too_large"
	DocumentKind        Code = "document_kind"
	DocumentBroken      Code = "document_broken"
	DocumentEncrypted   Code = "document_encrypted"
	DocumentNoText      Code = "document_no_text"
	DocumentNoPicture   Code = "document_no_picture"
	ConversationMissing Code = "conversation_missing"
	AuditBroken         Code = "audit_broken"
	AuditUnwritable     Code = "audit_unwritable"
	HistoryRolledBack   Code = "history_rolled_back"
	RecordRolledBack    Code = "record_rolled_back"
	RecordUnwitnessed   Code = "record_unwitnessed"
	RecordHead          Code = "record_head"
	WitnessKeyUnknown   Code = "witness_key_unknown"
	WitnessForeign      Code = "witness_foreign"
	DiskFull            Code = "disk_full"
	ModelMissing        Code = "model_missing"
	ModelDamaged        Code = "model_damaged"
	ModelWrongKey       Code = "model_wrong_key"
	ModelNotGGUF        Code = "model_not_gguf"
	ModelPart           Code = "model_part"
	ModelTooBig         Code = "model_too_big"
	ModelUnsupported    Code = "model_unsupported"
	EngineMissing       Code = "engine_missing"
	EngineCrashed       Code = "engine_crashed"
	ContextFull         Code = "context_full"
	SummaryFailed       Code = "summary_failed"
	PolicyDenied        Code = "policy_denied"
	PolicyExpired       Code = "policy_expired"
	PolicyRefused       Code = "policy_refused"
	RoleDenied          Code = "role_denied"
	KeyPassphraseWrong  Code = "key_passphrase_wrong"
	RateLimited         Code = "rate_limited"
	GuardrailBlocked    Code = "guardrail_blocked"
	AnswerBlocked       Code = "answer_blocked"
	AnswerDegenerate    Code = "answer_degenerate"
	ModelNotAllowed     Code = "model_not_allowed"
	ModelPurpose        Code = "model_purpose"
	PackageBad          Code = "package_bad"
	LockdownFailed      Code = "lockdown_failed"
	NetworkOpen         Code = "network_open"
	OutcomeUnrecorded   Code = "outcome_unrecorded"
	InUse               Code = "in_use"
	BadInput            Code = "bad_input"
	ExportRoom          Code = "export_room"
	ExportTarget        Code = "export_target"
	ExportExists        Code = "export_exists"
	ExportUnreadable    Code = "export_unreadable"
	ExportCancelled     Code = "export_cancelled"
	VerifyCancelled     Code = "verify_cancelled"
	RecipientInvalid    Code = "recipient_invalid"
	DrivesUnknown       Code = "drives_unknown"
	UnlockWait          Code = "unlock_wait"
	IdentityWrong       Code = "identity_wrong"
	IdentityInvalid     Code = "identity_invalid"
	SlotExists          Code = "slot_exists"
	SlotMissing         Code = "slot_missing"
	SlotNeeded          Code = "slot_needed"
	SlotDamaged         Code = "slot_damaged"
	TokenFailed         Code = "token_failed"
	TokenInvalid        Code = "token_invalid"
	TokenNeeded         Code = "token_needed"
	PassphraseNeeded    Code = "passphrase_needed"
)

type text struct{ message, hint string }

var catalogue = map[Code]text{
	Internal:            {"Something went wrong inside Subrosa.", "Try again; if it happens again, tell IT what you did just before."},
	PassphraseWrong:     {"That passphrase does not open this workstation's keys.", "Check Caps Lock and the keyboard layout, and type it again."},
	PassphraseWeak:      {"That passphrase is too easy to guess.", "Use four or more unrelated words, or at least 12 mixed characters."},
	KeyringMissing:      {"No keyring answers in this desktop session.", "Ask IT to start a Secret Service such as gnome-keyring, then try again."},
	KeyringLocked:       {"The desktop keyring is locked.", "Unlock it with your login password, then try again."},
	KeyringTimeout:      {"The desktop keyring did not answer within 5 seconds.", "Look for its password prompt, possibly behind this window, answer it, and try again."},
	KeyringSecretLost:   {"The keyring no longer holds this workstation's half of the key.", "Nothing was overwritten. IT opens the data again with its recovery identity: subrosactl keys recover. Or restore the keyring from its backup."},
	KeysDamaged:         {"A key file is damaged.", "Nothing was overwritten. Ask IT to restore the keys folder from backup."},
	KeysMissing:         {"There is data here, but the keys folder is missing.", "Nothing was overwritten. Ask IT to restore the keys folder; do not set up again over existing data."},
	NotSetUp:            {"Subrosa is not set up for this data directory yet.", "Open the window, or run subrosactl init, and choose a passphrase."},
	AlreadySetUp:        {"This data directory already has keys.", "Unlock it with its passphrase, or choose another directory with --home."},
	Locked:              {"Subrosa is locked.", "Enter the passphrase to go on."},
	Busy:                {"An answer is still being written.", "Wait for it, or stop it first."},
	HistoryNotEncrypted: {"The history file would not be encrypted, so it was not opened.", "This build is missing its encrypted database library; ask IT for a signed build."},
	HistoryDamaged:      {"The history file is damaged or was made with another key.", "Nothing was overwritten. Ask IT to restore it from backup."},
	HistoryNewer:        {"The history file was written by a newer Subrosa.", "Install the newer version to open it."},
	HistoryOlder:        {"The history file is older than this workstation's keys or record: an old copy was put back.", "Nothing was overwritten. Ask IT to put the newest history file back; compliance should hear of it."},
	ErasureUnfinished:   {"It is deleted here, but the keyring still holds the key that opens older copies.", "Unlock the desktop keyring, then lock and unlock Subrosa: it finishes by itself."},
	OutOfReach:          {"Subrosa may not read or write in that folder.", "From the window, choose a removable drive, or Desktop, Documents or Downloads; or ask IT for the folder's permissions."},
	BackupFailed:        {"The backup could not be written, and nothing was left of it.", "Check that the folder is there, has room and can be written to, then try again."},
	BackupDamaged:       {"The backup is damaged or cut short.", "Nothing was restored. Use another copy of it, or an earlier backup."},
	BackupIdentity:      {"That identity does not open this backup.", "Ask IT for the recovery identity that the backup was sealed to."},
	RecipientNoSlot:     {"That recipient has no recovery slot here, so it could not open the keys in the backup.", "Add one first: subrosactl keys add-recovery."},
	Held:                {"A legal hold forbids deleting this.", "Ask compliance to lift the hold first; subrosactl hold list shows it."},
	SearchRebuilding:    {"The search index was damaged and is being built anew.", "No conversation is affected. Search again in a moment."},
	MatterMissing:       {"That matter is not there.", "Choose one from the list of matters."},
	MatterBuiltIn:       {"That matter is built in: it cannot be renamed or deleted.", "Delete the conversations in it, or move them to another matter."},
	AttachmentTooLarge:  {"That file is too large to attach.", "Attach a shorter part of it, or ask IT about the limit."},
	DocumentMissing:     {"That document is not here.", "Choose one of this conversation's or its matter's documents, or add it again."},
	DocumentTooLarge:    {"That document is too large, or takes too long to read.", "Add a part of it, or ask IT about the limit. The pages that were read can be used."},
	DocumentKind:        {"That is not a kind of document that can be read here.", "PDF, Word (.docx), RTF, e-mail (.eml), HTML, CSV, Markdown and text can be read; save it as one of these."},
	DocumentBroken:      {"That document is damaged and could not be read to its end.", "Open it in the program that it came from, save it anew, and add that. The pages that were read can be used."},
	DocumentEncrypted:   {"That document is protected by a password.", "Save a copy without the password in the program that it came from, and add that."},
	DocumentNoText:      {"There is no text in that document; it may have been scanned.", "Have it recognised (OCR) first, and add the result."},
	DocumentNoPicture:   {"This kind of document has no pages that could be shown as they look.", "Read its text here. Pages of a PDF are shown as pictures."},
	ConversationMissing: {"That conversation is not there.", "Choose one from the list."},
	AuditBroken:         {"The audit record does not verify, so chat is stopped.", "Reading still works. Tell compliance, and run subrosactl audit verify for the first bad entry."},
	AuditUnwritable:     {"The audit record cannot be written, so nothing was sent to the model.", "Free some disk space or check the disk, then restart Subrosa."},
	HistoryRolledBack:   {"The history is older than the record says it was, so chat is stopped.", "Reading still works. If IT put back older files, run subrosactl audit accept-older; otherwise tell compliance."},
	RecordRolledBack:    {"The audit record is older than it was, or not the same one, so chat is stopped.", "Reading still works. If IT put back older files, run subrosactl audit accept-older; otherwise tell compliance."},
	RecordUnwitnessed:   {"Compliance has not witnessed this record for longer than policy allows, so no new chat is started.", "Export the record to a USB stick, have compliance cosign it, and bring the file back with subrosactl audit witness."},
	RecordHead:          {"The desktop keyring cannot say how far the audit record had come, so chat is stopped.", "Reading still works. Unlock the keyring, or ask IT to, then lock and unlock Subrosa."},
	WitnessKeyUnknown:   {"That is not the witness key that this workstation trusts.", "Ask compliance for the witness's verifier key, and name it with --key the first time."},
	WitnessForeign:      {"That file is not a cosigned checkpoint of this workstation's record.", "Choose the .cosigned file that the witness made from this workstation's bundle."},
	DiskFull:            {"The disk is full, so nothing was sent to the model.", "Free some space and send again; reading still works."},
	ModelMissing:        {"That model is not here.", "Choose another, or import it with subrosactl model import FILE.gguf."},
	ModelDamaged:        {"The sealed model is damaged or was changed, so it was not loaded.", "Import it again from its original file."},
	ModelWrongKey:       {"The model is sealed to another workstation.", "Ask IT to seal it for this one, or import the original file here."},
	ModelNotGGUF:        {"That file is not a GGUF model.", "Choose a file that ends in .gguf and was downloaded completely."},
	ModelPart:           {"This model comes in parts, and they are not all there or do not belong together.", "Copy all of its files, named NAME-00001-of-00003.gguf and so on, into one folder, and import the first."},
	ModelTooBig:         {"There is not enough free memory for this model.", "Close other programs, choose a shorter context, or choose a smaller model."},
	ModelUnsupported:    {"The engine cannot run this model.", "It may need a newer Subrosa or more memory; choose another model for now."},
	EngineMissing:       {"The engine or its libraries are missing.", "Reinstall Subrosa, or run make build in a source tree."},
	EngineCrashed:       {"The engine stopped in the middle of the answer; what it had written is kept.", "Send again: the engine restarts by itself. If it keeps stopping, memory may be short: close other programs, or choose a smaller model."},
	ContextFull:         {"This conversation no longer fits into the model's context.", "Summarise the oldest messages, answer without them, start a new conversation, or shorten the message."},
	SummaryFailed:       {"The oldest messages could not be summarised.", "Nothing is lost. Try it again, answer without the oldest messages, or start a new conversation."},
	PolicyDenied:        {"The policy on this workstation does not allow that.", "Ask IT or compliance which rule applies."},
	PolicyExpired:       {"The policy of this workstation has expired, so chat is stopped.", "Reading still works. Ask IT to install the current policy, then lock and unlock."},
	PolicyRefused:       {"The policy of this workstation could not be taken, so chat is stopped.", "Reading still works. Ask IT to look at subrosactl policy show; nothing you did is at fault."},
	RoleDenied:          {"That is not yours to do: it needs a key that another role holds.", "The attempt is on record. Ask compliance or IT, whose key it needs."},
	KeyPassphraseWrong:  {"That passphrase does not open the signing key.", "Check Caps Lock and the keyboard layout, and type it again."},
	RateLimited:         {"More messages came in one minute than the policy allows.", "Wait a minute and send again."},
	GuardrailBlocked:    {"A rule of this workstation stopped that message, so nothing was sent to the model.", "Change what the rule names, or ask compliance about it."},
	AnswerBlocked:       {"A rule of this workstation ended that answer.", "What was shown before is kept. Ask another way, or ask compliance about the rule."},
	AnswerDegenerate:    {"The answer was stopped: it had come to repeat itself or to make no sense.", "What was shown before is kept. Ask another way, or choose another model."},
	ModelPurpose:        {"That model is for finding passages in documents and does not answer.", "It is used by itself when documents are read. Choose another model to answer."},
	ModelNotAllowed:     {"The policy of this workstation does not allow that model.", "Choose another model, or ask IT for a signed one."},
	PackageBad:          {"That model package is damaged, incomplete or not signed by anyone trusted here.", "Nothing was imported. Ask IT for the package again."},
	LockdownFailed:      {"The network block could not be put in place, so Subrosa did not start.", "Ask IT to check that the kernel allows seccomp filters."},
	NetworkOpen:         {"A way out to the network is open, so chat is stopped.", "Reading still works. Run subrosactl doctor and show IT the row that is not blocked."},
	OutcomeUnrecorded:   {"The end of this answer could not be put on record, so chat is stopped.", "The answer is kept. Free some disk space or check the disk, then restart Subrosa."},
	InUse:               {"Another Subrosa is using this data directory.", "Close the other window or command, then try again."},
	ExportRoom:          {"There is not enough room there, so the export was not finished.", "Free some space or use another drive, then export again: it goes on where it stopped."},
	ExportTarget:        {"The export could not be written there; the drive may have been pulled out.", "Plug the drive in again, or choose another place, and export again: it goes on where it stopped."},
	ExportExists:        {"A file of that name is already there, so nothing was written.", "Choose another name, or move the old file away."},
	ExportUnreadable:    {"What was written does not read back as it was written; do not trust that drive.", "Nothing was left that verifies. Export again to another drive."},
	VerifyCancelled:     {"The record was not verified: it was stopped on the way.", "Verify it again when there is time: what was read so far shows nothing about the whole."},
	ExportCancelled:     {"The export was stopped.", "Export again to the same place to go on where it stopped."},
	RecipientInvalid:    {"That is not an age recipient.", "It begins with age1 and has no spaces; ask the auditor for it again."},
	DrivesUnknown:       {"Removable drives cannot be listed on this system.", "Give the folder of the drive by hand."},
	BadInput:            {"That input cannot be used.", "Check it and try again."},
	UnlockWait:          {"Too many wrong passphrases in a row.", "Wait for as long as it says, then try again; closing Subrosa does not shorten it."},
	IdentityWrong:       {"That identity opens no recovery slot of this workstation.", "Run subrosactl keys list to see which recipients have one."},
	IdentityInvalid:     {"That file holds no age identity.", "Choose the file that age-keygen wrote; if it is encrypted, decrypt it with age first."},
	SlotExists:          {"That recipient has a recovery slot already.", "Nothing to do: subrosactl keys list shows it."},
	SlotMissing:         {"There is no slot of that name.", "Run subrosactl keys list for the names."},
	SlotNeeded:          {"The user's own slot cannot be removed.", "Change its passphrase instead, or remove a recovery slot."},
	SlotDamaged:         {"A recovery slot is damaged and would not open.", "Ask IT to remove it and to add the recipient again."},
	TokenFailed:         {"The hardware token did not open its part of the key.", "Plug it in, touch it when it blinks, and check that its age plugin is installed."},
	TokenInvalid:        {"That is not a recipient and an identity of one age plugin.", "Copy both lines from what the plugin's setup printed."},
	PassphraseNeeded:    {"The policy asks for a passphrase, and this workstation's keys have none, so chat is stopped.", "Choose one: in Settings, under Keys, or with subrosactl keys change-passphrase. Reading works meanwhile."},
	TokenNeeded:         {"The policy asks for a hardware token, and this workstation's keys have none, so chat is stopped.", "Reading still works. Ask IT to add the token with subrosactl keys add-token."},
}
