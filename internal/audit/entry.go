package audit

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	entryVersion = 4        // 1 lacked matter, message, history, key, tree and pruned; of 2 see follows; up to 3 all had a Sig
	maxEntry     = 64 << 10 // bytes of one line
)

// Action names what happened. Actions are stable: exports and auditors branch on them.
type Action string

// The actions.
const (
	Setup              Action = "setup"
	Unlock             Action = "unlock"
	UnlockFailed       Action = "unlock_failed"
	Lock               Action = "lock"
	Prompt             Action = "prompt"   // the intent: recorded before inference
	Response           Action = "response" // the outcome
	Summary            Action = "summary"  // what a turn's model is told in place of the oldest messages, in its own words
	ModelImport        Action = "model_import"
	ModelLoad          Action = "model_load"
	ModelUse           Action = "model_use" // chosen for the turns to come
	ModelVerify        Action = "model_verify"
	ConversationRename Action = "conversation_rename"
	ConversationDelete Action = "conversation_delete"
	MessageDelete      Action = "message_delete"
	MatterCreate       Action = "matter_create"
	MatterRename       Action = "matter_rename"
	MatterDelete       Action = "matter_delete"
	ConversationMove   Action = "conversation_move" // to another matter
	Search             Action = "search"
	Attachment         Action = "attachment"
	DocumentAdd        Action = "document_add"
	DocumentRead       Action = "document_read"    // its text was taken out of it
	DocumentVectors    Action = "document_vectors" // a model begins to make vectors of its passages
	DocumentUse        Action = "document_use"     // a turn's model is given it, or passages of it
	DocumentRemove     Action = "document_remove"
	Retention          Action = "retention" // erased because policy said so
	HoldAdd            Action = "hold_add"
	HoldLift           Action = "hold_lift"
	SlotAdd            Action = "slot_add"
	SlotRemove         Action = "slot_remove"
	PassphraseChange   Action = "passphrase_change"
	RootRotate         Action = "root_rotate"
	Recover            Action = "recover" // unlocked through a recovery slot
	HistoryKeyExport   Action = "history_key_export"
	Backup             Action = "backup"
	Restore            Action = "restore"
	PolicyChange       Action = "policy_change"  // another policy is in force
	PolicyRefused      Action = "policy_refused" // a policy file was not taken
	Guardrail          Action = "guardrail"
	Anomaly            Action = "anomaly"
	ClockJump          Action = "clock_jump"
	RoleDenied         Action = "role_denied"
	ConversationExport Action = "conversation_export"
	AuditExport        Action = "audit_export"
	Witness            Action = "witness"          // a cosigned checkpoint was taken back
	AuditKeyRotate     Action = "audit_key_rotate" // the next entry is signed with another key
	AuditPrune         Action = "audit_prune"
	PolicyDenied       Action = "policy_denied"
	SelfTest           Action = "self_test"
	ProgramUpdate      Action = "program_update" // another version of the program than the one before
	Reconcile          Action = "reconcile"
	RecordRepaired     Action = "record_repaired" // a torn tail was cut off
	Pruned             Action = "pruned"          // never written: what Entries says of an entry that retention left out
)

// Sampling holds what the answer was drawn with.
type Sampling struct {
	Temperature   float64 `json:"temperature"`
	TopK          int     `json:"topK"`
	TopP          float64 `json:"topP"`
	MinP          float64 `json:"minP"`
	RepeatPenalty float64 `json:"repeatPenalty"`
	Seed          uint32  `json:"seed"`
	MaxTokens     int     `json:"maxTokens"`
}

// TreeHead is the size of a record and the RFC 6962 root hash over its entries, in base64.
type TreeHead struct {
	Size int64  `json:"size"`
	Root string `json:"root"`
}

// PrunedSet says which entries a pruning leaves as their hash alone.
type PrunedSet struct {
	Before int64  `json:"before"` // all of them have lower numbers
	Count  int64  `json:"count"`
	Set    string `json:"set"` // SHA-256 over their numbers in order, 8 bytes big-endian each, in hex
}

// Entry is one line of the record. It holds no prompt, no answer and no title: only commitments to them.
type Entry struct {
	Version      int            `json:"v"`    // set by Append
	Seq          int64          `json:"seq"`  // set by Append, from 0
	Prev         []byte         `json:"prev"` // set by Append: see follows; zeros in the first
	Time         time.Time      `json:"time"` // UTC
	Actor        string         `json:"actor"`
	Action       Action         `json:"action"`
	Matter       string         `json:"matter,omitempty"`
	Conversation string         `json:"conversation,omitempty"`
	Turn         string         `json:"turn,omitempty"`
	Message      string         `json:"message,omitempty"`
	Model        string         `json:"model,omitempty"`
	Policy       string         `json:"policy,omitempty"`
	Ruleset      string         `json:"ruleset,omitempty"`
	History      uint64         `json:"history,omitempty"` // the history's generation at that time
	Sampling     Sampling       `json:"sampling,omitzero"`
	Prompt       Commitment     `json:"prompt,omitempty"`
	Response     Commitment     `json:"response,omitempty"`
	Redactions   map[string]int `json:"redactions,omitempty"` // by type
	PromptTokens int            `json:"promptTokens,omitempty"`
	OutputTokens int            `json:"outputTokens,omitempty"`
	Key          string         `json:"key,omitempty"`    // a C2SP verifier key: the next signing key, or a witness's
	Tree         *TreeHead      `json:"tree,omitempty"`   // the head that the entry speaks of
	Pruned       *PrunedSet     `json:"pruned,omitempty"` // of AuditPrune
	Result       string         `json:"result,omitempty"`
	Detail       string         `json:"detail,omitempty"`
	More         bool           `json:"more,omitempty"` // set by Append: it has no Sig; the next entry was written with it
	Sig          []byte         `json:"sig,omitempty"`  // set by Append: Ed25519, see message
}

var errMalformed = errors.New("not an entry as this program writes them")

// ErrPruned means that the line is what retention left of an entry, its hash.
var ErrPruned = errors.New("the entry was pruned; its hash is kept")

// stub stands for a pruned entry in the file.
type stub struct {
	Seq    int64  `json:"seq"`
	Pruned []byte `json:"pruned"` // the entry's leaf hash
}

// Decode reads a line of the record strictly. It answers ErrPruned, with Seq filled in, for what retention left.
func Decode(line []byte) (Entry, error) {
	if s, ok := decodeStub(line); ok {
		return Entry{Seq: s.Seq}, ErrPruned
	}
	return decode(line)
}

// DecodeLeaf reads a line whose leaf hash, which it returns, the caller compares with the tree. What the tree holds is
// canonical: so it does not look whether the line encodes back to itself. Prev and Sig are left out. Else it is as Decode.
func DecodeLeaf(line []byte) (Entry, tlog.Hash, error) {
	if s, ok := decodeStub(line); ok {
		return Entry{Seq: s.Seq}, tlog.Hash(s.Pruned), ErrPruned
	}
	leaf := tlog.RecordHash(line)
	p := parser{rest: string(line), ok: true, brief: true}
	e := p.entry()
	if !p.ok {
		if e, p.ok = parseByDefinition(line); !p.ok {
			return Entry{}, leaf, errMalformed
		}
		e.Prev, e.Sig = nil, nil
	}
	if !e.known() {
		return Entry{}, leaf, errMalformed
	}
	return e, leaf, nil
}

func decodeStub(line []byte) (stub, bool) {
	if !bytes.HasPrefix(line, []byte(`{"seq":`)) {
		return stub{}, false
	}
	var s stub
	if len(line) > 128 || json.Unmarshal(line, &s) != nil || len(s.Pruned) != 32 || s.Seq < 0 {
		return stub{}, false
	}
	again, err := json.Marshal(s)
	return s, err == nil && bytes.Equal(again, line)
}

// decode reads a line strictly: what does not encode back to the same bytes is malformed.
func decode(line []byte) (Entry, error) {
	if len(line) > maxEntry {
		return Entry{}, errMalformed
	}
	e, ok := parse(line)
	if !ok || !e.canonical(line) {
		e, ok = parseByDefinition(line)
		ok = ok && e.canonical(line)
	}
	if !ok || !e.known() {
		return Entry{}, errMalformed
	}
	return e, nil
}

func parseByDefinition(line []byte) (e Entry, ok bool) {
	ok = json.Unmarshal(line, &e) == nil
	return e, ok
}

func (e *Entry) known() bool { return e.Version >= 1 && e.Version <= entryVersion }

// follows reports whether the entry holds what it must of the one before: since version 3 the SHA-256 of what that one's
// signature covers, so that no entry waits for another's signature; in earlier versions the leaf hash of its whole line.
func (e *Entry) follows(leaf, signed tlog.Hash) bool {
	if e.Version < 3 {
		return bytes.Equal(e.Prev, leaf[:])
	}
	return bytes.Equal(e.Prev, signed[:])
}

// draft is an entry that is ready but for its place in the log. Writers make theirs side by side.
type draft struct {
	Entry
	body []byte // of its line, see appendBody
}

// mostMore is how much longer a line can be than that of a draft: its number, its time and its signature.
const mostMore = 256

func (e Entry) draft() (draft, error) {
	e.Version, e.Seq, e.Prev, e.Time, e.More, e.Sig = entryVersion, 0, make([]byte, sha256.Size), e.Time.UTC(), false, nil
	line, err := e.appendJSON(make([]byte, 0, 1024))
	if err == nil && len(line)+mostMore > maxEntry {
		err = fmt.Errorf("larger than %d bytes", maxEntry)
	}
	if err != nil {
		return draft{}, fmt.Errorf("%w: %w", ErrEntry, err)
	}
	if bytes.Contains(line, []byte(`\ufffd`)) { // what JSON cannot carry (half a rune) was replaced: once around
		clean, ok := parseByDefinition(line)
		if line, err = clean.appendJSON(line[:0]); err == nil {
			_, err = decode(line)
		}
		if !ok || err != nil {
			return draft{}, fmt.Errorf("%w: not canonical", ErrEntry)
		}
		e = clean
	}
	return draft{e, line[bytes.Index(line, []byte(`,"actor":`)) : len(line)-1]}, nil
}

// atMost is what the draft takes in the file, with its newline.
func (d *draft) atMost() int { return len(d.body) + 2*mostMore }

// pending is a draft that waits for its place in the log. What it gets there is written by who writes its batch.
type pending struct {
	draft
	in   *batch
	line []byte // without its newline
	leaf tlog.Hash
}

// place gives the draft, whose Seq, Prev and Time are set, its line, and answers the SHA-256 of what a signature of it covers.
// With a key it is signed, else the entry after it will be.
func (p *pending) place(key ed25519.PrivateKey, origin string) (tlog.Hash, error) {
	b := appendDomain(make([]byte, 0, len(origin)+p.atMost()), origin)
	start := len(b)
	b, err := p.appendHead(b)
	if err != nil {
		return tlog.Hash{}, fmt.Errorf("%w: %w", ErrEntry, err)
	}
	b = append(b, p.body...)
	if key == nil {
		b = appendMore(b)
	}
	b = append(b, '}')
	covered := sha256.Sum256(b)
	if key != nil {
		sig := ed25519.Sign(key, b)
		b = append(appendSig(b[:len(b)-1], sig), '}')
	}
	p.line = b[start:]
	p.leaf = tlog.RecordHash(p.line)
	return covered, nil
}

// message is what Sig signs. The leading zero byte keeps it apart from a note's text, which has no control characters.
func (e Entry) message(origin string) ([]byte, error) {
	e.Sig = nil
	return e.appendJSON(appendDomain(make([]byte, 0, 1024), origin))
}

func appendDomain(b []byte, origin string) []byte {
	b = append(b, "\x00subrosa audit entry v1\n"...)
	return append(append(b, origin...), '\n')
}

// signedHash is the SHA-256 of what the entry's signature covers.
func (e Entry) signedHash(origin string) (tlog.Hash, error) {
	msg, err := e.message(origin)
	return sha256.Sum256(msg), err
}

// signedByNext reports whether the entry has, as it may, no signature, and the entry after it, whose Prev covers it, answers
// for it. What names a key is checked by itself.
func (e Entry) signedByNext() bool {
	return e.More && e.Version >= 4 && len(e.Sig) == 0 && e.Action != AuditKeyRotate
}

// signedBy reports whether the entry's signature is good.
func (e Entry) signedBy(v note.Verifier, origin string) bool {
	msg, err := e.message(origin)
	return err == nil && v.Verify(msg, e.Sig)
}
