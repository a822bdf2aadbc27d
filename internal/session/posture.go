package session

import (
	"bytes"
	"context"
	"encoding/json"
	"html/template"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"subrosa/internal/lockdown"
	"subrosa/internal/policy"
)

// Result is what the evidence shows for one control.
type Result string

// The results.
const (
	Pass          Result = "pass"
	Fail          Result = "fail"
	NotApplicable Result = "not applicable" // or it cannot be told here; Evidence says which
)

// Control is a control with its live evidence. ID is the row's in docs/compliance.md.
type Control struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Result   Result `json:"result"`
	Evidence string `json:"evidence"` // what was seen just now, in English
	Said     []Said `json:"-"`        // the same, for other languages
}

// Posture is control evidence of one moment. It is no statement that a law or a standard is met: only people decide that.
type Posture struct {
	Time     time.Time `json:"time"`
	Version  string    `json:"version"`
	Policy   string    `json:"policy"`
	Record   string    `json:"record"` // its origin
	Controls []Control `json:"controls"`
}

// OK tells whether no control failed.
func (p Posture) OK() bool {
	return !slices.ContainsFunc(p.Controls, func(c Control) bool { return c.Result == Fail })
}

// PostureControls lists the IDs of all controls, in order.
func PostureControls() []string {
	return []string{
		"network", "services-refused", "window-confined", "engine-confined", "reader-confined", "disk-encryption", "swap-encryption", "core-dumps", "key-memory", "keyring", "unlock-factors", "idle-lock",
		"recovery", "policy-signed", "roles", "record-verified", "record-witnessed", "retention", "redaction", "models-signed", "os-version", "app-version",
	}
}

const (
	mostIdleMinutes = 15
	mostUpdateAge   = 180 // days
)

// Posture collects the evidence. It verifies the whole record and starts the engine and the reader of documents once, to try their confinement.
func (s *Session) Posture(ctx context.Context, version string) (Posture, error) {
	o, err := s.ready()
	if err != nil {
		return Posture{}, err
	}
	p := Posture{Time: time.Now().UTC(), Version: version, Policy: o.policy.Version, Record: o.origin()}
	rows := map[string]Control{
		"network":          networkControl(s.opts.Network),
		"services-refused": servicesControl(s.opts.Network),
		"window-confined":  windowControl(s.opts.Files),
		"engine-confined":  childControl(ctx, s.opts, "Engine confined", "__confinement-probe"),
		"reader-confined":  childControl(ctx, s.opts, "Reader of documents sealed", "__seal-probe"),
		"disk-encryption":  control("Disk encryption", func() (Result, Said) { return diskEncryption(s.opts.Home) }),
		"swap-encryption":  control("Swap encryption", swapEncryption),
		"core-dumps":       control("No core dumps", coreDumps),
		"key-memory":       keyMemoryControl(o),
		"keyring":          keyringControl(ctx, s.opts),
		"unlock-factors":   factorsControl(o),
		"idle-lock":        idleControl(o.policy),
		"recovery":         s.recoveryControl(),
		"policy-signed":    policyControl(o, p.Time),
		"roles":            rolesControl(o.policy),
		"record-verified":  s.recordControl(ctx),
		"record-witnessed": s.witnessControl(),
		"retention":        retentionControl(o.policy.Retention),
		"redaction":        redactionControl(o),
		"models-signed":    o.modelsControl(s.opts.Builtin),
		"os-version":       osControl(),
		"app-version":      appControl(version, p.Time),
	}
	for _, id := range PostureControls() {
		c := rows[id]
		c.ID, c.Evidence = id, english(c.Said)
		p.Controls = append(p.Controls, c)
	}
	return p, nil
}

func passed(name string, said ...Said) Control { return Control{Name: name, Result: Pass, Said: said} }

func failed(name string, said ...Said) Control { return Control{Name: name, Result: Fail, Said: said} }

func untold(name string, said ...Said) Control {
	return Control{Name: name, Result: NotApplicable, Said: said}
}

func given(name string, ok bool, said ...Said) Control {
	if ok {
		return passed(name, said...)
	}
	return failed(name, said...)
}

func control(name string, ask func() (Result, Said)) Control {
	r, said := ask()
	return Control{Name: name, Result: r, Said: []Said{said}}
}

func retentionControl(p policy.Retention) Control {
	const name = "Retention"
	if p.ChatDays == 0 {
		return passed(name, sentence("retention-open", p.RecordMonths))
	}
	return passed(name, sentence("retention", p.RecordMonths, p.ChatDays))
}

func networkControl(network func() *lockdown.Report) Control {
	const name = "No network"
	if network == nil {
		return untold(name, sentence("not-probed"))
	}
	r := network()
	return given(name, r.OK(), proofOf(r)...)
}

// servicesControl shows what became of asking the desktop's services, which would act for whoever asks.
func servicesControl(network func() *lockdown.Report) Control {
	const name = "Desktop's services refused"
	if network == nil {
		return untold(name, sentence("not-probed"))
	}
	walls := network().Walls
	switch {
	case walls == nil:
		return untold(name, sentence("not-asked"))
	case !walls.Whole:
		return failed(name, sentence("walls-missing", walls.Why))
	}
	return given(name, walls.Refused(), servicesOf(walls)...)
}

// windowControl tries from inside what the window must not be able to do.
func windowControl(files *lockdown.Confinement) Control {
	const name = "Window confined to its files"
	if files == nil {
		return untold(name, sentence("a-command"))
	}
	return confinedControl(name, files.Landlock, lockdown.FilesProbe())
}

func confinedControl(name string, landlock int, attempts []lockdown.Attempt) Control {
	var open []string
	for _, a := range attempts {
		if !a.Denied {
			open = append(open, a.Name)
		}
	}
	switch {
	case landlock == 0:
		return failed(name, sentence("no-landlock"))
	case len(open) > 0:
		return failed(name, sentence("could", landlock, strings.Join(open, ", ")))
	}
	return passed(name, sentence("denied", landlock, len(attempts)))
}

// childControl starts the engine's program, which confines itself as it does for this work and tries from inside what it must
// not be able to do.
func childControl(ctx context.Context, opts Options, name, argument string) Control {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, opts.EnginePath, argument, opts.EngineLib)
	cmd.Env = []string{}
	out, err := cmd.Output()
	if err != nil {
		return failed(name, sentence("probe-failed", err))
	}
	var r struct {
		lockdown.Confinement
		Attempts []lockdown.Attempt `json:"attempts"`
	}
	if err := json.Unmarshal(out, &r); err != nil || len(r.Attempts) == 0 {
		return failed(name, sentence("probe-silent"))
	}
	return confinedControl(name, r.Landlock, r.Attempts)
}

// keyMemoryControl asks the keys in use: whether memory may be locked depends on the limit of the session.
func keyMemoryControl(o *open) Control {
	const name = "Keys locked in memory"
	if runtime.GOOS != "linux" {
		return untold(name, sentence("not-done-on", runtime.GOOS))
	}
	if !o.root.Locked() {
		return failed(name, sentence("memory-limit"))
	}
	return passed(name, sentence("keys-in-memory"))
}

func keyringControl(ctx context.Context, opts Options) Control {
	const name = "Desktop keyring"
	if err := KeyringAnswers(ctx, opts.Ring); err != nil {
		return failed(name, sentence("error", err))
	}
	return passed(name, sentence("keyring-answers"))
}

func factorsControl(o *open) Control {
	have := o.factors()
	ok := len(have) >= 2 && !slices.ContainsFunc(o.policy.Unlock.Factors, o.lacks)
	return given("Factors to unlock", ok, sentence("factors", words(have), words(o.policy.Unlock.Factors)))
}

func idleControl(p policy.Policy) Control {
	return given("Lock when idle", p.Unlock.IdleMinutes <= mostIdleMinutes, sentence("idle", p.Unlock.IdleMinutes, len(p.Unlock.LockOn)))
}

func (s *Session) recoveryControl() Control {
	const name = "Keys can be recovered"
	slots, err := s.Slots()
	if err != nil {
		return failed(name, sentence("error", err))
	}
	n := 0
	for _, slot := range slots {
		if slot.Recipient != "" && slot.Fault == nil {
			n++
		}
	}
	return given(name, n > 0, sentence("recovery", n))
}

func policyControl(o *open, now time.Time) Control {
	const name = "Policy signed by IT"
	p := o.policy
	switch {
	case o.rule.stopped != nil:
		return failed(name, sentence("policy-none", o.rule.stopped.Code))
	case p.Source == policy.SourceBuiltin:
		return failed(name, sentence("policy-builtin"))
	case p.Signer == "":
		return failed(name, sentence("policy-unsigned", p.Version))
	case o.rule.refused != nil:
		return failed(name, sentence("policy-refused", p.Version, o.rule.refused.Reason()))
	}
	left := int(p.Expires.End().Sub(now).Hours() / 24)
	return given(name, left >= 0, sentence("policy-signed", p.Version, p.Signer, left))
}

func rolesControl(p policy.Policy) Control {
	const name = "Roles told apart by keys"
	if p.Roles.ComplianceKey == "" {
		return failed(name, sentence("roles-no-key"))
	}
	return passed(name, sentence("roles", len(policy.RoleTable())))
}

func (s *Session) recordControl(ctx context.Context) Control {
	const name = "Record verified"
	r, err := s.VerifyRecord(ctx, nil)
	if err != nil {
		return failed(name, sentence("error", err))
	}
	return passed(name, sentence("record-verified", r.Size, r.Checkpointed))
}

func (s *Session) witnessControl() Control {
	const name = "Record witnessed"
	st, err := s.RecordStatus()
	if err != nil {
		return failed(name, sentence("error", err))
	}
	if st.MayBe == 0 && st.WitnessedAt.IsZero() {
		return untold(name, sentence("no-witness"))
	}
	ok := st.WitnessFault == "" && !st.WitnessedAt.IsZero() && (st.MayBe == 0 || st.Unwitnessed <= st.MayBe)
	return given(name, ok, sentence("witnessed", st.Unwitnessed, st.WitnessedSize, st.Size))
}

func redactionControl(o *open) Control {
	n := len(o.redactor.Types())
	return given("Redaction", n > 0, sentence("redaction", n, o.redactor.Ruleset()))
}

func (o *open) modelsControl(b Builtin) Control {
	const name = "Models signed"
	list, err := o.vault.List()
	if err != nil {
		return failed(name, sentence("error", err))
	}
	signed, unsigned := 0, []string{}
	for _, m := range list {
		switch {
		case m.Signer != "":
			if _, err := o.vault.Kept(m.ID, signersOf(o.policy)); err != nil {
				unsigned = append(unsigned, m.Name)
				continue
			}
			signed++
		case m.ID != b.id():
			unsigned = append(unsigned, m.Name)
		}
	}
	if len(unsigned) > 0 {
		return failed(name, sentence("models-unsigned", strings.Join(unsigned, ", ")))
	}
	return passed(name, append([]Said{sentence("models-signed", signed)}, o.vectors.evidence()...)...)
}

func osControl() Control {
	const name = "Operating system"
	text, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return untold(name, sentence("os-untold", runtime.GOOS+"/"+runtime.GOARCH))
	}
	label := "unnamed"
	for line := range strings.Lines(string(text)) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME="); ok {
			label = strings.Trim(v, `"`)
		}
	}
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return passed(name, sentence("os", label, strings.TrimSpace(string(kernel))))
}

func appControl(version string, now time.Time) Control {
	const name = "Application version"
	self, err := os.Executable()
	if err != nil {
		return failed(name, sentence("error", err))
	}
	info, err := os.Stat(self)
	if err != nil {
		return failed(name, sentence("error", err))
	}
	age := int(now.Sub(info.ModTime()).Hours() / 24)
	return given(name, version != "dev" && age <= mostUpdateAge, sentence("app", version, age))
}

const posturePage = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Control evidence</title>
<style>body{font:15px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}
th,td{border:1px solid #888;padding:.4rem .6rem;text-align:left;vertical-align:top}.fail{background:#fbd7d4}.pass{background:#d8f0d8}</style></head>
<body><h1>Control evidence</h1>
<p>Collected {{.Time.Format "2006-01-02 15:04:05"}} UTC on the workstation of record {{.Record}}, policy {{.Policy}}, version {{.Version}}.
Whether a law or a standard is met is for people to decide: this page shows what was seen.</p>
<table><thead><tr><th>Control</th><th>Result</th><th>Evidence</th></tr></thead><tbody>
{{range .Controls}}<tr class="{{.Result}}"><td>{{.Name}}<br><small>{{.ID}}</small></td><td>{{.Result}}</td><td>{{.Evidence}}</td></tr>
{{end}}</tbody></table></body></html>
`

// HTML returns the evidence as a page that opens in any browser.
func (p Posture) HTML() ([]byte, error) {
	page, err := template.New("posture").Parse(posturePage)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := page.Execute(&b, p); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
