package app

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"subrosa/internal/audit"
	"subrosa/internal/export"
	"subrosa/internal/fault"
	"subrosa/internal/session"
)

// recordPage is how many entries the record shows at a time.
const recordPage = 50

// RecordQuery is a filter and where to go on. Times are RFC 3339, or empty.
type RecordQuery struct {
	Before       int64  `json:"before"` // below this entry; 0: from the newest
	Action       string `json:"action"`
	Conversation string `json:"conversation"`
	Result       string `json:"result"`
	Since        string `json:"since"`
	Until        string `json:"until"`
}

// EntryView is one entry of the record.
type EntryView struct {
	Seq          int64          `json:"seq"`
	Time         string         `json:"time"`
	Actor        string         `json:"actor"`
	Action       string         `json:"action"`
	Conversation string         `json:"conversation"`
	Result       string         `json:"result"`
	Detail       string         `json:"detail"`
	Redactions   map[string]int `json:"redactions"`
	Line         string         `json:"line"` // as it is on record, laid out to be read
}

// RecordPageView is a stretch of the record, newest first.
type RecordPageView struct {
	Entries []EntryView `json:"entries"`
	Next    int64       `json:"next"` // Before of the next page; 0: nothing older
}

// ProofView shows that an entry stands at its place below a signed root.
type ProofView struct {
	Seq        int64    `json:"seq"`
	Leaf       string   `json:"leaf"`
	Path       []string `json:"path"`
	Size       int64    `json:"size"`
	Root       string   `json:"root"`
	Checkpoint string   `json:"checkpoint"`
	Text       string   `json:"text"` // in the format of c2sp.org/tlog-proof
}

// RecordStateView is how the record stands.
type RecordStateView struct {
	Origin        string     `json:"origin"`
	Size          int64      `json:"size"`
	Root          string     `json:"root"`
	Keys          int        `json:"keys"` // that have signed it, one after the other
	WitnessedSize int64      `json:"witnessedSize"`
	WitnessedAt   string     `json:"witnessedAt"` // empty: never
	Unwitnessed   int        `json:"unwitnessed"` // days
	MayBe         int        `json:"mayBe"`       // days until new chats stop; 0: never
	WitnessFault  string     `json:"witnessFault"`
	KeepMonths    int        `json:"keepMonths"`
	Fault         *FaultView `json:"fault,omitempty"`
}

// VerifiedView is what a whole reading of the record found.
type VerifiedView struct {
	Size         int64    `json:"size"`
	Root         string   `json:"root"`
	Checkpointed int64    `json:"checkpointed"`
	Keys         int      `json:"keys"`
	Findings     []string `json:"findings"`
	TookMs       int64    `json:"tookMs"`
}

// DayView is what happened on one day.
type DayView struct {
	Day     string `json:"day"`
	Prompts int    `json:"prompts"`
	Others  int    `json:"others"`
	Read    int    `json:"read"` // tokens, by the models
	Written int    `json:"written"`
}

// ActivityView is for the charts.
type ActivityView struct {
	Days   []DayView      `json:"days"`
	Masked map[string]int `json:"masked"`
}

// DriveView is a place to carry an export away on.
type DriveView struct {
	Path     string `json:"path"`
	Label    string `json:"label"`
	Device   string `json:"device"`
	Size     int64  `json:"size"`
	Free     int64  `json:"free"`
	ReadOnly bool   `json:"readOnly"`
}

// ExportQuery says what to export and where to.
type ExportQuery struct {
	Dir       string `json:"dir"`
	Recipient string `json:"recipient"` // an age recipient, where policy names none
	Compress  bool   `json:"compress"`  // OCSF and FHIR with gzip
	Since     string `json:"since"`
	Until     string `json:"until"`
	Matter    string `json:"matter"`
}

// ExportedView says what lies on the target.
type ExportedView struct {
	Path    string `json:"path"`
	Entries int64  `json:"entries"`
	Bytes   int64  `json:"bytes"`
	Resumed int    `json:"resumed"`

	Evidence   bool       `json:"evidence"`             // the record does not verify: a copy of its files, and no bundle
	Unrecorded *FaultView `json:"unrecorded,omitempty"` // why the export itself is not on record; nil as a rule
}

// RecordPage returns entries, newest first.
func (a *App) RecordPage(q RecordQuery) (RecordPageView, error) {
	if q.Before == 0 {
		st, err := a.session.RecordStatus()
		if err != nil {
			return RecordPageView{}, err
		}
		q.Before = st.Size
	}
	page, next, err := a.session.RecordPage(filterOf(q), q.Before, recordPage)
	return RecordPageView{Entries: viewsOf(page, entryView), Next: next}, err
}

// RecordState returns how the record stands, and has the status strip say the same.
func (a *App) RecordState() (RecordStateView, error) {
	defer a.emitStatus()
	st, err := a.session.RecordStatus()
	return recordStateView(st), err
}

// RecordActivity counts the last thirty days.
func (a *App) RecordActivity() (ActivityView, error) {
	days, masked, err := a.session.RecordActivity(time.Now())
	return ActivityView{Days: viewsOf(days, func(d session.RecordDay) DayView { return DayView(d) }), Masked: masked}, err
}

// Prove proves that an entry is on record.
func (a *App) Prove(seq int64) (ProofView, error) {
	p, err := a.session.ProveEntry(seq)
	return proofView(p), err
}

// VerifyRecord recomputes the whole record, with "progress" events.
func (a *App) VerifyRecord() (VerifiedView, error) {
	ctx, report, end := a.job("verify")
	defer end()
	start := time.Now()
	r, err := a.session.VerifyRecord(ctx, func(done, total int64) { report("", done, total) })
	return verifiedView(r, time.Since(start)), err
}

// Drives lists the removable drives.
func (a *App) Drives() ([]DriveView, error) {
	list, err := a.session.Drives()
	return viewsOf(list, driveView), err
}

// ExportRecord writes an audit bundle, with "progress" events.
func (a *App) ExportRecord(q ExportQuery) (ExportedView, error) {
	ctx, report, end := a.job("export")
	defer end()
	x := auditExportOf(q)
	x.Progress = func(step export.Step, done, total int64) { report(string(step), done, total) }
	out, err := a.session.ExportAudit(ctx, x)
	return exportedView(out), err
}

// TakeWitness takes back a checkpoint that compliance cosigned, as text.
func (a *App) TakeWitness(cosigned, key string) (RecordStateView, error) {
	if _, err := a.session.TakeWitness([]byte(cosigned), strings.TrimSpace(key)); err != nil {
		return RecordStateView{}, err
	}
	return a.RecordState()
}

func timeOf(s string) time.Time {
	t, _ := time.Parse(time.RFC3339, s) // the page's own date fields; what is no time does not narrow
	return t
}

func filterOf(q RecordQuery) session.RecordFilter {
	return session.RecordFilter{
		Action: audit.Action(q.Action), Conversation: q.Conversation, Result: q.Result, Since: timeOf(q.Since), Until: timeOf(q.Until),
	}
}

func auditExportOf(q ExportQuery) session.AuditExport {
	x := session.AuditExport{Dir: q.Dir, Compress: q.Compress, Since: timeOf(q.Since), Until: timeOf(q.Until), Matter: historyMatter(q.Matter)}
	if r := strings.TrimSpace(q.Recipient); r != "" {
		x.Recipients = []string{r}
	}
	return x
}

func entryView(e audit.Entry) EntryView {
	line, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		line = nil
	}
	return EntryView{
		Seq: e.Seq, Time: e.Time.Format(time.RFC3339), Actor: e.Actor, Action: string(e.Action), Conversation: e.Conversation,
		Result: e.Result, Detail: e.Detail, Redactions: e.Redactions, Line: string(line),
	}
}

func proofView(p audit.Proof) ProofView {
	v := ProofView{Seq: p.Seq, Size: p.Size, Path: []string{}}
	if p.Size == 0 {
		return v
	}
	v.Leaf, v.Root = p.Leaf.String(), p.Root.String()
	for _, h := range p.Path {
		v.Path = append(v.Path, base64.StdEncoding.EncodeToString(h[:]))
	}
	v.Checkpoint, v.Text = string(p.Checkpoint), string(p.C2SP())
	return v
}

func recordStateView(st session.RecordStatus) RecordStateView {
	v := RecordStateView{
		Origin: st.Origin, Size: st.Size, Root: st.Root, Keys: st.Epochs, WitnessedSize: st.WitnessedSize,
		Unwitnessed: st.Unwitnessed, MayBe: st.MayBe, WitnessFault: st.WitnessFault, KeepMonths: st.KeepMonths,
	}
	if !st.WitnessedAt.IsZero() {
		v.WitnessedAt = st.WitnessedAt.Format(time.RFC3339)
	}
	if st.Fault != "" {
		v.Fault = faultView(fault.New(fault.Code(st.Fault), nil))
	}
	return v
}

func verifiedView(r audit.Report, took time.Duration) VerifiedView {
	v := VerifiedView{
		Size: r.Size, Root: r.Root, Checkpointed: r.Checkpointed, Keys: r.Epochs, TookMs: took.Milliseconds(), Findings: []string{},
	}
	for _, f := range r.Findings.Findings {
		v.Findings = append(v.Findings, fmt.Sprintf("Entry %d: %s.", f.Seq, f.Detail))
	}
	return v
}

func exportedView(out session.AuditExported) ExportedView {
	v := ExportedView{Path: out.Path, Entries: out.Entries, Bytes: out.Bytes, Resumed: out.Resumed, Evidence: out.Evidence}
	if out.Unrecorded != nil {
		v.Unrecorded = faultView(out.Unrecorded)
	}
	return v
}

func driveView(d export.Drive) DriveView {
	return DriveView{Path: d.Path, Label: d.Label, Device: d.Device, Size: d.Size, Free: d.Free, ReadOnly: d.ReadOnly}
}
