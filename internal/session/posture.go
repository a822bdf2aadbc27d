package session

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
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
	Evidence string `json:"evidence"` // what was seen just now
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
		"disk-encryption":  control("Disk encryption", func() (Result, string) { return diskEncryption(s.opts.Home) }),
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
		"retention":        passed("Retention", fmt.Sprintf("the record is kept %d months; conversations %s", o.policy.Retention.RecordMonths, keptFor(o.policy.Retention.ChatDays))),
		"redaction":        redactionControl(o),
		"models-signed":    o.modelsControl(s.opts.Builtin),
		"os-version":       osControl(),
		"app-version":      appControl(version, p.Time),
	}
	for _, id := range PostureControls() {
		c := rows[id]
		c.ID = id
		p.Controls = append(p.Controls, c)
	}
	return p, nil
}

func passed(name, evidence string) Control {
	return Control{Name: name, Result: Pass, Evidence: evidence}
}

func failed(name, evidence string) Control {
	return Control{Name: name, Result: Fail, Evidence: evidence}
}

func given(name string, ok bool, evidence string) Control {
	if ok {
		return passed(name, evidence)
	}
	return failed(name, evidence)
}

func control(name string, ask func() (Result, string)) Control {
	r, evidence := ask()
	return Control{Name: name, Result: r, Evidence: evidence}
}

func keptFor(n int) string {
	if n == 0 {
		return "until somebody deletes them"
	}
	return fmt.Sprintf("%d days", n)
}

func networkControl(network func() *lockdown.Report) Control {
	const name = "No network"
	if network == nil {
		return Control{Name: name, Result: NotApplicable, Evidence: "this process did not probe"}
	}
	r := network()
	return given(name, r.OK(), proofOf(r))
}

// servicesControl shows what became of asking the desktop's services, which would act for whoever asks.
func servicesControl(network func() *lockdown.Report) Control {
	const name = "Desktop's services refused"
	if network == nil {
		return Control{Name: name, Result: NotApplicable, Evidence: "this process did not probe"}
	}
	walls := network().Walls
	switch {
	case walls == nil:
		return Control{Name: name, Result: NotApplicable, Evidence: "this process did not ask them"}
	case !walls.Whole:
		return failed(name, walls.Why+": what takes this program over can ask services of the desktop to act")
	}
	return given(name, walls.Refused(), servicesOf(walls))
}

// windowControl tries from inside what the window must not be able to do.
func windowControl(files *lockdown.Confinement) Control {
	const name = "Window confined to its files"
	if files == nil {
		return Control{Name: name, Result: NotApplicable, Evidence: "this is a command, which reaches what its user does: see the window's own Posture view"}
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
		return failed(name, "this kernel has no Landlock: its files are not restricted")
	case len(open) > 0:
		return failed(name, fmt.Sprintf("Landlock ABI %d; it could %s", landlock, strings.Join(open, ", ")))
	}
	return passed(name, fmt.Sprintf("Landlock ABI %d; all %d attempts from inside were denied", landlock, len(attempts)))
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
		return failed(name, "its probe did not run: "+err.Error())
	}
	var r struct {
		lockdown.Confinement
		Attempts []lockdown.Attempt `json:"attempts"`
	}
	if err := json.Unmarshal(out, &r); err != nil || len(r.Attempts) == 0 {
		return failed(name, "its probe said nothing")
	}
	return confinedControl(name, r.Landlock, r.Attempts)
}

// keyMemoryControl asks the keys in use: whether memory may be locked depends on the limit of the session.
func keyMemoryControl(o *open) Control {
	const name = "Keys locked in memory"
	if runtime.GOOS != "linux" {
		return Control{Name: name, Result: NotApplicable, Evidence: "not done on " + runtime.GOOS}
	}
	if !o.root.Locked() {
		return failed(name, "the limit on locked memory (ulimit -l) is too low: keys may be swapped out")
	}
	return passed(name, "the root, history, manifest and deletion-epoch keys in use lie in locked pages")
}

func keyringControl(ctx context.Context, opts Options) Control {
	const name = "Desktop keyring"
	if err := KeyringAnswers(ctx, opts.Ring); err != nil {
		return failed(name, err.Error())
	}
	return passed(name, "answers")
}

func factorsControl(o *open) Control {
	have := o.factors()
	ok := len(have) >= 2 && !slices.ContainsFunc(o.policy.Unlock.Factors, o.lacks)
	return given("Factors to unlock", ok, fmt.Sprintf("the keys need: %s; policy asks for: %s", words(have), words(o.policy.Unlock.Factors)))
}

func idleControl(p policy.Policy) Control {
	return given("Lock when idle", p.Unlock.IdleMinutes <= mostIdleMinutes, fmt.Sprintf("after %d minutes; on %d signals of the desktop", p.Unlock.IdleMinutes, len(p.Unlock.LockOn)))
}

func (s *Session) recoveryControl() Control {
	const name = "Keys can be recovered"
	slots, err := s.Slots()
	if err != nil {
		return failed(name, err.Error())
	}
	n := 0
	for _, slot := range slots {
		if slot.Recipient != "" && slot.Fault == nil {
			n++
		}
	}
	return given(name, n > 0, fmt.Sprintf("%d recovery slots", n))
}

func policyControl(o *open, now time.Time) Control {
	const name = "Policy signed by IT"
	p := o.policy
	switch {
	case o.rule.stopped != nil:
		return failed(name, "none is in force: "+string(o.rule.stopped.Code))
	case p.Source == policy.SourceBuiltin:
		return failed(name, "the built-in policy is in force: nobody installed one")
	case p.Signer == "":
		return failed(name, p.Version+" is not signed")
	case o.rule.refused != nil:
		return failed(name, p.Version+" is in force; another that lies there was refused: "+o.rule.refused.Reason())
	}
	left := int(p.Expires.End().Sub(now).Hours() / 24)
	return given(name, left >= 0, fmt.Sprintf("%s, key %s, %d days left", p.Version, p.Signer, left))
}

func rolesControl(p policy.Policy) Control {
	const name = "Roles told apart by keys"
	if p.Roles.ComplianceKey == "" {
		return failed(name, "the policy names no key of compliance: nobody can lift a hold")
	}
	return passed(name, fmt.Sprintf("%d rights, each with the key that it needs", len(policy.RoleTable())))
}

func (s *Session) recordControl(ctx context.Context) Control {
	const name = "Record verified"
	r, err := s.VerifyRecord(ctx, nil)
	if err != nil {
		return failed(name, err.Error())
	}
	return passed(name, fmt.Sprintf("%d entries recomputed just now, %d of them under the signed checkpoint", r.Size, r.Checkpointed))
}

func (s *Session) witnessControl() Control {
	const name = "Record witnessed"
	st, err := s.RecordStatus()
	if err != nil {
		return failed(name, err.Error())
	}
	if st.MayBe == 0 && st.WitnessedAt.IsZero() {
		return Control{Name: name, Result: NotApplicable, Evidence: "the policy asks for no witness, and none has seen it"}
	}
	evidence := fmt.Sprintf("%d days ago, %d of %d entries", st.Unwitnessed, st.WitnessedSize, st.Size)
	return given(name, st.WitnessFault == "" && !st.WitnessedAt.IsZero() && (st.MayBe == 0 || st.Unwitnessed <= st.MayBe), evidence)
}

func redactionControl(o *open) Control {
	n := len(o.redactor.Types())
	return given("Redaction", n > 0, fmt.Sprintf("%d types are looked for in prompts, ruleset %s", n, o.redactor.Ruleset()))
}

func (o *open) modelsControl(b Builtin) Control {
	const name = "Models signed"
	list, err := o.vault.List()
	if err != nil {
		return failed(name, err.Error())
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
		return failed(name, "without a signature that is trusted now: "+strings.Join(unsigned, ", "))
	}
	return passed(name, fmt.Sprintf("%d signed, and the built-in one, which is part of the program", signed))
}

func osControl() Control {
	const name = "Operating system"
	text, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return Control{Name: name, Result: NotApplicable, Evidence: runtime.GOOS + "/" + runtime.GOARCH + "; its version cannot be told here"}
	}
	label := "unnamed"
	for line := range strings.Lines(string(text)) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME="); ok {
			label = strings.Trim(v, `"`)
		}
	}
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return passed(name, label+", kernel "+strings.TrimSpace(string(kernel)))
}

func appControl(version string, now time.Time) Control {
	const name = "Application version"
	self, err := os.Executable()
	if err != nil {
		return failed(name, err.Error())
	}
	info, err := os.Stat(self)
	if err != nil {
		return failed(name, err.Error())
	}
	age := int(now.Sub(info.ModTime()).Hours() / 24)
	return given(name, version != "dev" && age <= mostUpdateAge, fmt.Sprintf("%s, its file is %d days old", version, age))
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
