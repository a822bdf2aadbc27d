package policy

import (
	"fmt"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// Document is a policy file's content. Its struct tags are the format: the parser, the published JSON Schema, `subrosactl
// policy explain` and the values' bounds are all read from them.
//
//	yaml    the key
//	doc     one sentence for people
//	min,max bounds of a number, or of a list's or a text's length
//	format  what a text must be: see formats
//	need    "yes" if the key must be there
type Document struct {
	Schema  int    `yaml:"schema" need:"yes" min:"1" max:"1" doc:"Version of this file's format: 1."`
	Serial  int64  `yaml:"version" need:"yes" min:"1" max:"1000000000" doc:"Number of this policy. It must grow with every change: a lower one than was in force is refused."`
	Name    string `yaml:"name" max:"120" doc:"What people call this policy."`
	Issued  Date   `yaml:"issued" doc:"Day on which it was written, YYYY-MM-DD."`
	Expires Date   `yaml:"expires" need:"yes" doc:"Last day on which it may be in force, YYYY-MM-DD. After it chat stops until a newer one is installed."`

	Roles      Roles       `yaml:"roles" doc:"The keys by which a role is known."`
	Unlock     Unlock      `yaml:"unlock" doc:"What is needed to unlock, and when it locks."`
	Clipboard  Clipboard   `yaml:"clipboard" doc:"Copying out of the window."`
	Models     Models      `yaml:"models" doc:"Which models may be imported and loaded."`
	Redaction  Redaction   `yaml:"redaction" doc:"What happens to sensitive values, by type and direction."`
	Guardrails []Guardrail `yaml:"guardrails" max:"500" doc:"Words, patterns and types that a prompt or an answer must not have."`
	Retention  Retention   `yaml:"retention" doc:"How long things are kept."`
	Export     Export      `yaml:"export" doc:"What may leave on removable media, and sealed to whom."`
	Record     Record      `yaml:"record" doc:"The audit record and its witness."`
	Limits     Limits      `yaml:"limits" doc:"Sizes and rates."`
	Templates  []Template  `yaml:"templates" max:"200" doc:"Prompt templates that everybody here sees."`
	Features   Features    `yaml:"features" doc:"Parts of the program that are off."`
}

// Roles holds the public keys of the roles. IT's own key is not here: it is the one that the policy is signed with.
type Roles struct {
	ComplianceKey        string   `yaml:"compliance_key" format:"minisign" doc:"Compliance's minisign public key. Its signature lifts holds."`
	ComplianceRecipients []string `yaml:"compliance_recipients" max:"10" format:"age" doc:"age recipients of compliance: audit bundles are sealed to them."`
	RecoveryRecipients   []string `yaml:"recovery_recipients" max:"10" format:"age" doc:"age recipients of IT: keys get a recovery slot for each."`
}

// Unlock is about keys and locking.
type Unlock struct {
	Factors          []Factor `yaml:"factors" min:"1" max:"3" doc:"What is needed, all of them. The keyring always is; without passphrase it may be enough. Where the keys have less than this, there is no chat."`
	PassphraseScore  int      `yaml:"passphrase_score" min:"0" max:"4" doc:"Least strength of a new passphrase (zxcvbn)."`
	PassphraseLength int      `yaml:"passphrase_length" min:"8" max:"128" doc:"Least length of a new passphrase, characters."`
	IdleMinutes      int      `yaml:"idle_minutes" min:"1" max:"480" doc:"Lock after so many minutes without input."`
	LockOn           []Signal `yaml:"lock_on" max:"3" doc:"Lock when the desktop says so."`
}

// Clipboard is about copying.
type Clipboard struct {
	Copy         bool `yaml:"copy" doc:"Whether answers may be copied."`
	ClearSeconds int  `yaml:"clear_seconds" min:"0" max:"3600" doc:"Clear the clipboard so many seconds after a copy; 0 never does."`
}

// Models says what may be imported and loaded. A model is allowed if it is not denied, and is built in (if Builtin), or
// was sealed here (if LocalImport), or is signed by one of Signers; and, where Allowed is not empty, is listed there.
type Models struct {
	Builtin     bool     `yaml:"builtin" doc:"Whether the small built-in demo model may be used."`
	LocalImport bool     `yaml:"local_import" doc:"Whether the user may import a plain GGUF file that nobody signed."`
	Signers     []Signer `yaml:"signers" max:"20" doc:"Whose signed model packages are taken."`
	Allowed     []string `yaml:"allowed" max:"500" format:"sha256" doc:"If there are any: only GGUF files with these SHA-256 hashes."`
	Denied      []string `yaml:"denied" max:"500" format:"sha256" doc:"Never these."`
}

// Signer is someone who may sign model packages.
type Signer struct {
	Name string `yaml:"name" need:"yes" min:"1" max:"120" doc:"Who that is."`
	Key  string `yaml:"key" need:"yes" format:"minisign" doc:"minisign public key."`
}

// Redaction says what happens to sensitive values.
type Redaction struct {
	Default  Action       `yaml:"default" doc:"What happens to a type that types does not name. Without it: identifiers are masked, names, dates and places are left."`
	Types    []TypeAction `yaml:"types" max:"200" doc:"Action by type and direction."`
	Patterns []Pattern    `yaml:"patterns" max:"200" doc:"The site's own formats, such as record or matter numbers."`
	Keep     []string     `yaml:"keep" max:"2000" doc:"Exact texts that are never masked."`

	UserPseudonyms bool `yaml:"user_pseudonyms" doc:"Whether a user may have the masked values of one prompt pseudonymised instead, so that they stay readable here. Masking instead is always allowed."`
}

// TypeAction is what happens to one type. An empty action is the default.
type TypeAction struct {
	Type   string `yaml:"type" need:"yes" format:"type" doc:"Presidio's name, or a site pattern's, such as US_SSN."`
	Prompt Action `yaml:"prompt" doc:"In what the user sends."`
	Answer Action `yaml:"answer" doc:"In what the model writes."`
}

// Pattern is a site's own kind of sensitive value, with the tests that show what it finds.
type Pattern struct {
	Name    string   `yaml:"name" need:"yes" format:"name" doc:"Its name in reports."`
	Type    string   `yaml:"type" need:"yes" format:"type" doc:"The type it finds, such as MRN."`
	Label   string   `yaml:"label" max:"40" doc:"What stands in its place; the type in brackets if empty."`
	Pattern string   `yaml:"pattern" format:"regexp" max:"1000" doc:"Regular expression (RE2). Either this or words."`
	Words   []string `yaml:"words" max:"5000" doc:"Exact words or phrases."`
	Context []string `yaml:"context" max:"50" doc:"If there are any: one of these words must be near."`
	Finds   []string `yaml:"finds" need:"yes" min:"1" max:"100" doc:"Test: in each of these texts something must be found."`
	Leaves  []string `yaml:"leaves" max:"100" doc:"Test: in none of these texts anything may be found."`
}

// Guardrail is a rule on prompts or answers.
type Guardrail struct {
	Name    string    `yaml:"name" need:"yes" format:"name" doc:"Its name on record."`
	On      Direction `yaml:"on" doc:"Where it looks."`
	Words   []string  `yaml:"words" max:"5000" doc:"Words or phrases, whole, in any case."`
	Pattern string    `yaml:"pattern" format:"regexp" max:"1000" doc:"Regular expression (RE2)."`
	Types   []string  `yaml:"types" max:"100" format:"type" doc:"Types of sensitive values, such as US_SSN."`
	Action  Action    `yaml:"action" need:"yes" doc:"What then happens: allow (lifts the others' word for what it covers), warn or block. To mask, write a redaction pattern."`
	Reason  string    `yaml:"reason" need:"yes" min:"1" max:"300" doc:"One sentence that the user sees."`
	Finds   []string  `yaml:"finds" max:"100" doc:"Test: it must act on each of these texts."`
	Leaves  []string  `yaml:"leaves" max:"100" doc:"Test: it must act on none of these."`
}

// Retention says how long things are kept. A legal hold beats all of it.
type Retention struct {
	Preset       Preset `yaml:"preset" doc:"Sets record_months: standard 12, hipaa 72 (documentation, six years), sox 84 (workpapers, seven years)."`
	RecordMonths int    `yaml:"record_months" min:"12" max:"1200" doc:"Keep the audit record at least so long."`
	ChatDays     int    `yaml:"chat_days" min:"0" max:"36500" doc:"Erase conversations so many days after their last turn; 0 never does."`
	UserErase    bool   `yaml:"user_erase" doc:"Whether users may delete their own messages and conversations."`
}

// Export says what may leave.
type Export struct {
	Conversations bool     `yaml:"conversations" doc:"Whether users may export their own conversations."`
	Formats       []Format `yaml:"formats" max:"10" doc:"In which formats."`
	Plain         bool     `yaml:"plain" doc:"Whether a conversation may be written unencrypted."`
	Recipients    []string `yaml:"recipients" max:"20" format:"age" doc:"age recipients that conversation exports are sealed to."`
	Audit         bool     `yaml:"audit" doc:"Whether audit bundles may be made here (they are sealed to compliance)."`
}

// Record is about the audit record.
type Record struct {
	WitnessKey         string `yaml:"witness_key" max:"200" doc:"C2SP note verifier key of compliance's witness: its cosignatures are taken."`
	MaxUnwitnessedDays int    `yaml:"max_unwitnessed_days" min:"0" max:"3650" doc:"Stop new chats so many days after the last witness; 0 never does."`
}

// Limits are sizes and rates.
type Limits struct {
	PromptBytes      int `yaml:"prompt_bytes" min:"1" max:"16777216" doc:"Longest prompt, bytes."`
	AnswerTokens     int `yaml:"answer_tokens" min:"1" max:"1000000" doc:"Longest answer, tokens."`
	PromptsPerMinute int `yaml:"prompts_per_minute" min:"1" max:"10000" doc:"More prompts than this in a minute are held back and recorded."`
	DocumentBytes    int `yaml:"document_bytes" min:"0" max:"1073741824" doc:"Largest document that may be attached, bytes; 0 allows none."`
}

// Template is a prompt template.
type Template struct {
	Name string `yaml:"name" need:"yes" min:"1" max:"80" doc:"What the user picks."`
	Text string `yaml:"text" need:"yes" min:"1" max:"20000" doc:"What is put into the message field."`
}

// Features turns parts off.
type Features struct {
	Off []Feature `yaml:"off" max:"20" doc:"Parts of the program that are not to be had here."`
}

// Action is what happens to a find.
type Action string

// The actions, from mildest to strictest.
const (
	Allow        Action = "allow"
	Warn         Action = "warn"         // show a notice, send as it is
	Pseudonymise Action = "pseudonymise" // a token in its place, the same for the same value within a conversation
	Mask         Action = "mask"         // a label in its place
	Block        Action = "block"        // nothing is sent; an answer ends
)

// Values lists what an Action can be.
func (Action) Values() []string {
	return []string{string(Allow), string(Warn), string(Pseudonymise), string(Mask), string(Block)}
}

// Direction is where a rule looks.
type Direction string

// The directions.
const (
	OnPrompt Direction = "prompt"
	OnAnswer Direction = "answer"
	OnBoth   Direction = "both"
)

// Values lists what a Direction can be.
func (Direction) Values() []string {
	return []string{string(OnPrompt), string(OnAnswer), string(OnBoth)}
}

// Prompt tells whether prompts are looked at. No direction is both.
func (d Direction) Prompt() bool { return d != OnAnswer }

// Answer tells whether answers are looked at. No direction is both.
func (d Direction) Answer() bool { return d != OnPrompt }

// Factor is something needed to unlock.
type Factor string

// The factors.
const (
	Keyring    Factor = "keyring"    // 32 bytes in the desktop keyring
	Passphrase Factor = "passphrase" // known to the user
	Token      Factor = "token"      // a hardware token, through an age plugin
)

// Values lists what a Factor can be.
func (Factor) Values() []string {
	return []string{string(Keyring), string(Passphrase), string(Token)}
}

// Signal is something the desktop says.
type Signal string

// The signals.
const (
	ScreenLock Signal = "screen_lock"
	Suspend    Signal = "suspend"
	UserSwitch Signal = "user_switch"
)

// Values lists what a Signal can be.
func (Signal) Values() []string {
	return []string{string(ScreenLock), string(Suspend), string(UserSwitch)}
}

// Preset is a named retention.
type Preset string

// The presets.
const (
	Standard Preset = "standard"
	HIPAA    Preset = "hipaa"
	SOX      Preset = "sox"
	Custom   Preset = "custom" // record_months as given
)

// Values lists what a Preset can be.
func (Preset) Values() []string {
	return []string{string(Standard), string(HIPAA), string(SOX), string(Custom)}
}

// months is what a preset sets record_months to, 0 for none.
func (p Preset) months() int {
	switch p {
	case Standard:
		return 12
	case HIPAA:
		return 72
	case SOX:
		return 84
	}
	return 0
}

// Format is a file format of conversation exports.
type Format string

// The formats.
const (
	PDF      Format = "pdf"
	DOCX     Format = "docx"
	Markdown Format = "markdown"
	JSON     Format = "json"
)

// Values lists what a Format can be.
func (Format) Values() []string {
	return []string{string(PDF), string(DOCX), string(Markdown), string(JSON)}
}

// Feature is a part of the program that a policy can turn off.
type Feature string

// The features.
const (
	Documents        Feature = "documents" // attaching files
	Search           Feature = "search"
	Edit             Feature = "edit"       // editing a sent prompt
	Regenerate       Feature = "regenerate" // asking again
	UserTemplates    Feature = "user_templates"
	ModelImport      Feature = "model_import"
	HistoryKeyExport Feature = "history_key_export"
	Backups          Feature = "backup"
	TemporaryChat    Feature = "temporary_chat" // kept nowhere but on record
)

// Values lists what a Feature can be.
func (Feature) Values() []string {
	return []string{
		string(Documents), string(Search), string(Edit), string(Regenerate), string(UserTemplates), string(ModelImport),
		string(HistoryKeyExport), string(Backups), string(TemporaryChat),
	}
}

// Date is a day, written YYYY-MM-DD. The zero Date is written as an empty text.
type Date struct{ time.Time }

const dateLayout = "2006-01-02"

func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.Format(dateLayout)
}

// MarshalText writes the day.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalYAML reads a day.
func (d *Date) UnmarshalYAML(n *yaml.Node) error {
	t, err := time.Parse(dateLayout, n.Value)
	if err != nil || n.Kind != yaml.ScalarNode {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: not a day as YYYY-MM-DD", n.Line)}}
	}
	*d = Date{t}
	return nil
}

// End is the first instant after the day, UTC.
func (d Date) End() time.Time { return d.AddDate(0, 0, 1) }

// ActionOn returns what happens to a type in a direction; "" is what is built in for the type.
func (r Redaction) ActionOn(typ string, answer bool) Action {
	for _, t := range r.Types {
		if t.Type != typ {
			continue
		}
		if a := t.Prompt; !answer && a != "" {
			return a
		}
		if a := t.Answer; answer && a != "" {
			return a
		}
	}
	return r.Default
}

// Has tells whether a part of the program is to be had.
func (f Features) Has(part Feature) bool { return !slices.Contains(f.Off, part) }

// Needs tells whether a factor is needed to unlock.
func (u Unlock) Needs(f Factor) bool { return slices.Contains(u.Factors, f) }

// Locks tells whether a signal of the desktop locks.
func (u Unlock) Locks(on Signal) bool { return slices.Contains(u.LockOn, on) }

// Allows tells whether a conversation may be exported in a format.
func (e Export) Allows(f Format) bool { return e.Conversations && slices.Contains(e.Formats, f) }

func defaults() Document {
	return Document{
		Schema: 1,
		Unlock: Unlock{
			Factors: []Factor{Keyring, Passphrase}, PassphraseScore: 3, PassphraseLength: 10, IdleMinutes: 10,
			LockOn: []Signal{ScreenLock, Suspend, UserSwitch},
		},
		Clipboard: Clipboard{Copy: true, ClearSeconds: 60},
		Models:    Models{Builtin: true, LocalImport: true},
		Retention: Retention{Preset: Standard, RecordMonths: 12, UserErase: true},
		Export:    Export{Conversations: true, Formats: []Format{PDF, DOCX, Markdown, JSON}, Plain: true, Audit: true},
		Limits:    Limits{PromptBytes: 256 << 10, AnswerTokens: 4096, PromptsPerMinute: 30, DocumentBytes: 64 << 20},
	}
}
