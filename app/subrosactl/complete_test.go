package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"aead.dev/minisign"
	"filippo.io/age"
	"filippo.io/age/plugin"
	"github.com/spf13/cobra"

	"subrosa/internal/audit"
	"subrosa/internal/export/bundle"
	"subrosa/internal/keys"
	"subrosa/internal/lockdown"
	"subrosa/internal/policy"
	"subrosa/internal/session"
	"subrosa/models"
)

// The test binary is also a hardware token's plugin: age starts it as age-plugin-fake.
const fakePlugin = "age-plugin-fake"

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == fakePlugin {
		os.Exit(fakeToken())
	}
	os.Exit(m.Run())
}

func fakeToken() int {
	p, err := plugin.New("fake")
	if err != nil {
		return 2
	}
	p.HandleRecipient(func(data []byte) (age.Recipient, error) { return age.ParseX25519Recipient(string(data)) })
	p.HandleIdentity(func(data []byte) (age.Identity, error) { return age.ParseX25519Identity(string(data)) })
	return p.Main()
}

// bench is a data directory on the real keyring, and what the commands below know of each other.
type bench struct {
	t          *testing.T
	dir, home  string
	passphrase string
	policyDir  string
	now        func() time.Time

	conversation, second, message, attachment, document, matter, hold, model, slot string
	grants                                                                         minisign.PrivateKey
	it                                                                             *age.X25519Identity
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

func (b *bench) write(name, content string) string {
	b.t.Helper()
	if err := os.WriteFile(b.path(name), []byte(content), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return b.path(name)
}

// run executes a command with input as standard input, and returns what it prints.
func (b *bench) run(input string, args ...string) (string, error) {
	b.t.Helper()
	return inProcess(b.write("stdin", input), b.home, func(o *session.Options) { o.PolicyDir, o.Now = b.policyDir, b.now }, args...)
}

// inProcess executes a command as main does, but for the cost of the passphrase and the proof of the network.
func inProcess(stdin, home string, adjust func(*session.Options), args ...string) (string, error) {
	in, err := os.Open(stdin)
	if err != nil {
		return "", err
	}
	defer func() { _ = in.Close() }()
	root, err := filepath.Abs("../..")
	if err != nil {
		return "", err
	}
	var out, errOut bytes.Buffer
	c := &command{in: in, out: &out, err: &errOut, lockdown: &lockdown.Report{Enforced: true}, options: func(home string) (session.Options, error) {
		o, err := session.Installed(home)
		o.Cost = keys.TestCost
		o.EnginePath, o.EngineLib = filepath.Join(root, "build/bin/subrosa-engine"), filepath.Join(root, "build/native/lib")
		adjust(&o)
		return o, err
	}}
	cmd := c.root()
	cmd.SetArgs(append([]string{"--home", home}, args...))
	cmd.SetOut(&out)
	if err = cmd.ExecuteContext(context.Background()); err != nil {
		err = fmt.Errorf("%w\n%s%s", err, out.Bytes(), errOut.Bytes())
	}
	return out.String(), err
}

// unlocked is run for a command that wants the passphrase.
func (b *bench) unlocked(args ...string) (string, error) { return b.run(b.passphrase+"\n", args...) }

// find runs a command with --json and returns the first submatch of pattern in what it prints.
func (b *bench) find(pattern string, args ...string) (string, error) {
	out, err := b.unlocked(append(args, "--json")...)
	if err != nil {
		return "", err
	}
	m := regexp.MustCompile(pattern).FindStringSubmatch(out)
	if m == nil {
		return "", fmt.Errorf("no %s in %s", pattern, out)
	}
	return m[1], nil
}

// entries reads the record from the given one on, as anybody can.
func (b *bench) entries(from int) []audit.Entry {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join(b.home, "audit", "entries"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		b.t.Fatal(err)
	}
	var out []audit.Entry
	for line := range bytes.Lines(text) {
		e, err := audit.Decode(bytes.TrimSuffix(line, []byte("\n")))
		if err != nil && !errors.Is(err, audit.ErrPruned) {
			b.t.Fatalf("%v: %s", err, line)
		}
		if from--; from < 0 {
			out = append(out, e)
		}
	}
	return out
}

func second(_ string, err error) error { return err }

const idOf = `"id": "([0-9a-f]{32})"`

// leaf is a row of the table below: a command, and the entry that it leaves.
type leaf struct {
	path   string
	leaves audit.Action
	silent string // why it leaves none of its own: what it needs an unlock for has that on record
	call   func() error
}

func (b *bench) rows() []leaf {
	const (
		reads   = "reads; the unlock is on record"
		keyless = "reads what lies there, without a key: nobody is asked for, and nothing could sign an entry"
		offline = "on IT's or compliance's own machine: there is no record there"
	)
	do := func(args ...string) func() error { return func() error { return second(b.unlocked(args...)) } }
	bare := func(args ...string) func() error { return func() error { return second(b.run("", args...)) } }
	months := func(n int) func() { return func() { b.now = func() time.Time { return time.Now().AddDate(0, -n, 0) } } }
	return []leaf{
		// Fifteen months ago.
		{"init", audit.Setup, "", func() error { months(15)(); return second(b.run(b.passphrase+"\n"+b.passphrase+"\n", "init")) }},
		{"chat", audit.Response, "", func() (err error) {
			if b.conversation, err = b.find(`"conversation": "([0-9a-f]{32})"`, "chat", "--prompt", "How do I lock it?", "--max-tokens", "8"); err != nil {
				return err
			}
			b.second, err = b.find(`"conversation": "([0-9a-f]{32})"`, "chat", "--prompt", "What is on record?", "--max-tokens", "8")
			return err
		}},
		{"history list", "", reads, do("history", "list")},
		{"history verify", "", reads + "; damage that it finds is an anomaly on record (history.txtar)", do("history", "verify")},
		{"history show", "", reads, func() (err error) {
			b.message, err = b.find(`"content": \[\s*\{\s*"id": "([0-9a-f]{32})"`, "history", "show", b.conversation)
			return err
		}},
		{"history search", audit.Search, "", func() error { return do("history", "search", "lock")() }},
		{"history rename", audit.ConversationRename, "", func() error { return do("history", "rename", b.conversation, "Locks")() }},
		{"history export", audit.ConversationExport, "", func() error {
			return do("history", "export", b.conversation, "--format", "md", "--to", b.path("out.md"))()
		}},
		{"matter create", audit.MatterCreate, "", func() (err error) { b.matter, err = b.find(idOf, "matter", "create", "Ward"); return err }},
		{"matter rename", audit.MatterRename, "", func() error { return do("matter", "rename", b.matter, "Ward 2")() }},
		{"matter retention", audit.MatterRename, "", func() error { return do("matter", "retention", b.matter, "--days", "90")() }},
		{"matter move", audit.ConversationMove, "", func() error { return do("matter", "move", b.matter, b.conversation)() }},
		{"matter list", "", reads, do("matter", "list")},
		{"history pin", "", "the order of the list", func() error { return do("history", "pin", b.conversation)() }},
		{"history choose", "", "which branch is shown", func() error { return do("history", "choose", b.conversation, b.message)() }},
		{"history draft", "", "text that was not sent", func() error { return do("history", "draft", b.conversation, "--set", "x")() }},
		{"template set", "", "a phrase of the user's own, sent only as a prompt", do("template", "set", "Mine", "Write to them")},
		{"template list", "", reads, do("template", "list")},
		{"template remove", "", "as template set", do("template", "remove", "Mine")},
		{"attachment add", audit.Attachment, "", func() (err error) {
			b.attachment, err = b.find(idOf, "attachment", "add", b.conversation, b.write("a.txt", "a document"))
			return err
		}},
		{"attachment list", "", reads, func() error { return do("attachment", "list", b.conversation)() }},
		{"attachment give", audit.Attachment, "", func() error {
			return do("attachment", "give", b.message, b.attachment)()
		}},
		{"attachment read", audit.ConversationExport, "", func() error {
			return do("attachment", "read", b.attachment, "--to", b.path("back.txt"))()
		}},
		{"erase attachment", audit.Attachment, "", func() error { return do("erase", "attachment", b.attachment)() }},
		{"document add", audit.DocumentAdd, "", func() (err error) {
			b.document, err = b.find(idOf, "document", "add", b.write("b.txt", "a document to read"), "--matter", b.matter)
			return err
		}},
		{"document list", "", reads, do("document", "list")},
		{"document show", "", reads, func() error { return do("document", "show", b.document)() }},
		{"document search", audit.Search, "", do("document", "search", "read")},
		{"document remove", audit.DocumentRemove, "", func() error { return do("document", "remove", b.document)() }},
		{"hold add", audit.HoldAdd, "", func() (err error) {
			b.hold, err = b.find(idOf, "hold", "add", "--matter", b.matter, "--reason", "case 1")
			return err
		}},
		{"hold list", "", reads, do("hold", "list")},
		{"model recipient", "", "reads a public key", do("model", "recipient")},
		{"model list", "", reads, func() (err error) { b.model, err = b.find(`"id": "([0-9a-f]{16})"`, "model", "list"); return err }},
		{"model fit", "", reads, func() error { return do("model", "fit", b.model)() }},
		{"model use", audit.ModelUse, "", func() error { return do("model", "use", b.model)() }},
		{"model verify", audit.ModelVerify, "", func() error { return do("model", "verify", b.model)() }},
		{"model lineage", "", "reads the record itself", func() error { return do("model", "lineage", b.model)() }},
		{"model import", audit.ModelImport, "", func() error {
			return do("model", "import", b.write("again.gguf", string(models.Builtin)+strings.Repeat("\x00", 32)))()
		}},
		{"model seal", "", offline, func() error {
			to, err := b.unlocked("model", "recipient")
			if err != nil {
				return err
			}
			return bare("model", "seal", b.path("again.gguf"), "--recipient", strings.TrimSpace(to), "--sign", b.path("it.key"), "--out", b.path("package"))()
		}},
		{"erase message", audit.MessageDelete, "", func() error {
			m, err := b.find(`"content": \[\s*\{\s*"id": "([0-9a-f]{32})"`, "history", "show", b.second)
			if err != nil {
				return err
			}
			return do("erase", "message", m)()
		}},
		{"erase conversation", audit.ConversationDelete, "", func() error { return do("erase", "conversation", b.second)() }},
		{"history delete", audit.ConversationDelete, "", func() error {
			other, err := b.find(`"conversation": "([0-9a-f]{32})"`, "chat", "--prompt", "hello", "--max-tokens", "2")
			if err != nil {
				return err
			}
			return do("history", "delete", other)()
		}},
		{"erase matter", audit.MatterDelete, "", func() error {
			m, err := b.find(idOf, "matter", "create", "Short")
			if err != nil {
				return err
			}
			return do("erase", "matter", m)()
		}},
		{"matter delete", audit.MatterDelete, "", func() error {
			m, err := b.find(idOf, "matter", "create", "Shorter")
			if err != nil {
				return err
			}
			return do("matter", "delete", m)()
		}},

		// Now.
		{"audit status", "", "reads the record itself", func() error { b.now = nil; return do("audit", "status")() }},
		{"audit prune", audit.AuditPrune, "", func() error {
			return do("audit", "prune", "--grant", b.write("prune.grant", b.grant(policy.PruneRecord, "record")))()
		}},
		{"hold lift", audit.HoldLift, "", func() error {
			return do("hold", "lift", b.hold, "--grant", b.write("lift.grant", b.grant(policy.LiftHold, b.hold)))()
		}},
		{"audit verify", "", keyless, bare("audit", "verify")},
		{"audit prove", "", keyless, bare("audit", "prove", "0")},
		{"audit rotate-key", audit.AuditKeyRotate, "", do("audit", "rotate-key")},
		{"audit export", audit.AuditExport, "", do("audit", "export", "--to", b.path("stick"))},
		{"audit witness", audit.Witness, "", func() error {
			file, key, err := b.cosign()
			if err != nil {
				return err
			}
			return do("audit", "witness", file, "--key", key)()
		}},
		{"redact", "", "masks what it is given and keeps nothing", bare("redact")},
		{"redact types", "", "reads what the program is built with", bare("redact", "types")},
		{"redact eval", "", "measures the rules on a file and keeps nothing", func() error {
			return bare("redact", "eval", b.write("cases.jsonl", `{"text":"Mail ann@example.org","spans":[{"start":5,"end":20,"type":"EMAIL_ADDRESS"}]}`+"\n"))()
		}},
		{"drives", "", "reads", bare("drives")},
		{"doctor", "", "tries the ways out, without the record: each start's own self-test is on record", func() error {
			if _, err := b.run("", "doctor"); err != nil && !errors.As(err, new(toldError)) {
				return err
			}
			return nil
		}},
		{"policy init", "", offline, bare("policy", "init", b.path("new.yaml"))},
		{"policy key", "", offline, bare("policy", "key", b.path("new"), "--no-passphrase")},
		{"policy check", "", offline, func() error {
			text, err := os.ReadFile(b.path("new.yaml"))
			if err != nil {
				return err
			}
			b.write("new.yaml", strings.Replace(string(text), "\nversion: 1", "\nversion: 2", 1))
			return bare("policy", "check", b.path("new.yaml"))()
		}},
		{"policy sign", "", offline, bare("policy", "sign", b.path("new.yaml"), "--key", b.path("new.key"))},
		{"policy explain", "", offline, bare("policy", "explain")},
		{"policy schema", "", offline, bare("policy", "schema")},
		{"policy grant", "", "on compliance's own machine; what is done with the grant is on record here", func() error {
			return bare("policy", "grant", "lift_hold", b.hold, "--record", "subrosa/0", "--key", b.path("new.key"))()
		}},
		{"policy show", "", "reads what every entry names", do("policy", "show")},
		{"keys list", "", keyless, bare("keys", "list")},
		{"keys add-recovery", audit.SlotAdd, "", func() (err error) {
			b.slot, err = b.find(`"name": "(recovery-[0-9a-f]{8})"`, "keys", "add-recovery", b.it.Recipient().String())
			return err
		}},
		{"backup", audit.Backup, "", do("backup", "--to", b.path("stick"), "--recipient", b.it.Recipient().String())},
		{"keys change-passphrase", audit.PassphraseChange, "", func() error {
			const next = "purple monkey dishwasher lamp"
			err := second(b.run(b.passphrase+"\n"+next+"\n", "keys", "change-passphrase"))
			b.passphrase = next
			return err
		}},
		{"keys rotate", audit.RootRotate, "", do("keys", "rotate")},
		{"keys export-history-key", audit.HistoryKeyExport, "", bare("keys", "export-history-key", "--identity", b.path("it.txt"))},
		{"keys recover", audit.Recover, "", do("keys", "recover", "--identity", b.path("it.txt"))},
		{"keys add-token", audit.SlotAdd, "", func() error {
			id, err := age.GenerateX25519Identity()
			if err != nil {
				return err
			}
			identity := b.write("token.txt", plugin.EncodeIdentity("fake", []byte(id.String()))+"\n")
			return do("keys", "add-token", plugin.EncodeRecipient("fake", []byte(id.Recipient().String())), "--identity", identity)()
		}},
		{"keys remove", audit.SlotRemove, "", func() error { return errors.Join(do("keys", "remove", "hardware")(), do("keys", "remove", b.slot)()) }},
		{"audit accept-older", audit.Anomaly, "", func() error {
			older, record := b.path("older"), filepath.Join(b.home, "audit")
			if err := os.CopyFS(older, os.DirFS(record)); err != nil {
				return err
			}
			if _, err := b.unlocked("history", "search", "lock"); err != nil {
				return err
			}
			if err := errors.Join(os.RemoveAll(record), os.Rename(older, record)); err != nil {
				return err
			}
			if do("audit", "accept-older")() == nil {
				return errors.New("an older record was accepted without compliance's grant")
			}
			return do("audit", "accept-older", "--grant", b.write("older.grant", b.grant(policy.AcceptOlder, "record")))()
		}},
		{"restore", audit.Restore, "", func() error {
			found, err := filepath.Glob(b.path("stick/*.backup.age"))
			if err != nil || len(found) != 1 {
				return fmt.Errorf("%v, %w", found, err)
			}
			if err := forget(b.home); err != nil { // as on another machine
				return err
			}
			b.home = b.path("restored")
			return do("restore", "--from", found[0], "--identity", b.path("it.txt"))()
		}},

		{"help", "", "cobra's own: prints text", bare("help")},
		{"completion bash", "", "cobra's own: prints text", bare("completion", "bash")},
		{"completion fish", "", "cobra's own: prints text", bare("completion", "fish")},
		{"completion powershell", "", "cobra's own: prints text", bare("completion", "powershell")},
		{"completion zsh", "", "cobra's own: prints text", bare("completion", "zsh")},
	}
}

// grant signs compliance's permission as `policy grant` does.
func (b *bench) grant(right policy.Right, subject string) string {
	b.t.Helper()
	r, err := audit.Verify(context.Background(), filepath.Join(b.home, "audit"), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	g := policy.Grant{Right: right, Subject: subject, Record: r.Origin, Expires: policy.Date{Time: time.Now().AddDate(0, 0, 7).Truncate(24 * time.Hour).UTC()}, Reason: "test"}
	return string(g.Sign(b.grants))
}

// cosign is compliance's witness, looking at the bundle on the stick.
func (b *bench) cosign() (file, verifier string, err error) {
	found, err := filepath.Glob(b.path("stick/subrosa-audit-*"))
	if err != nil || len(found) != 1 {
		return "", "", fmt.Errorf("%v, %w", found, err)
	}
	report, err := bundle.Verify(found[0], bundle.Options{})
	if err != nil {
		return "", "", err
	}
	signer, verifier, err := audit.NewWitnessKey("compliance.test")
	if err != nil {
		return "", "", err
	}
	seen, err := audit.Cosign(b.path("state"), signer, report.Tree)
	return b.write("cosigned", string(seen.Note)), verifier, err
}

// prepare installs a policy that names compliance's key, and puts the fake token's plugin where age looks.
func (b *bench) prepare() {
	b.t.Helper()
	must := func(err error) {
		b.t.Helper()
		if err != nil {
			b.t.Fatal(err)
		}
	}
	var err error
	var public minisign.PublicKey
	public, b.grants, err = minisign.GenerateKey(nil)
	must(err)
	b.it, err = age.GenerateX25519Identity()
	must(err)
	b.write("it.txt", b.it.String()+"\n")
	text, err := b.grants.MarshalText()
	must(err)
	b.write("it.key", string(text))
	file := fmt.Appendf(nil, "schema: 1\nversion: 1\nexpires: 2199-01-01\nroles: {compliance_key: %q}\n", public)
	must(os.Mkdir(b.policyDir, 0o755))
	must(os.Mkdir(b.path("stick"), 0o700))
	for name, content := range map[string][]byte{
		policy.FileName: file, policy.SignatureName: minisign.Sign(b.grants, file), policy.TrustName: []byte(public.String()),
	} {
		must(os.WriteFile(filepath.Join(b.policyDir, name), content, 0o644))
	}
	self, err := os.Executable()
	must(err)
	must(os.Mkdir(b.path("bin"), 0o700))
	must(os.Symlink(self, filepath.Join(b.path("bin"), fakePlugin)))
	b.t.Setenv("PATH", b.path("bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// TestEveryCommandLeavesItsEntry walks the whole command tree on a real keyring. Each command is called; what it does is on
// record when it returns, or its row says why nothing need be. No entry may have a field that docs/formats.md does not
// give its action.
func TestEveryCommandLeavesItsEntry(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: the trusted key must be root's")
	}
	if os.Getenv(onKeyring) == "" {
		onItsOwnKeyring(t)
		return
	}
	dir := t.TempDir()
	b := &bench{t: t, dir: dir, home: filepath.Join(dir, "home"), passphrase: "correct horse battery staple", policyDir: filepath.Join(dir, "etc")}
	b.prepare()
	documented := documentedFields(t)
	tried := map[string]bool{}
	for _, row := range b.rows() {
		if (row.leaves == "") == (row.silent == "") {
			t.Fatalf("%s: an entry, or a reason for none", row.path)
		}
		before := len(b.entries(0))
		if row.path == "restore" || row.path == "audit accept-older" {
			before = 0
		}
		if err := row.call(); err != nil {
			t.Errorf("%s: %v", row.path, err)
			continue
		}
		tried[row.path] = true
		seen := map[audit.Action]bool{}
		for _, e := range b.entries(before) {
			seen[e.Action] = true
			checkFields(t, documented, e)
		}
		if row.leaves != "" && !seen[row.leaves] {
			t.Errorf("%s left no entry %s, but %v", row.path, row.leaves, slices.Collect(maps.Keys(seen)))
		}
		for _, around := range []audit.Action{audit.Unlock, audit.SelfTest, audit.Lock, audit.ClockJump, audit.Pruned} {
			delete(seen, around)
		}
		if row.leaves == "" && len(seen) > 0 {
			t.Errorf("%s is said to leave no entry, and left %v", row.path, slices.Collect(maps.Keys(seen)))
		}
	}
	for path := range commands((&command{}).root()) {
		if !tried[path] {
			t.Errorf("subrosactl %s: say which entry it leaves, or why none", path)
		}
		delete(tried, path)
	}
	if len(tried) > 0 {
		t.Errorf("no commands: %v", slices.Collect(maps.Keys(tried)))
	}
}

// commands yields the path of everything that can be run.
func commands(root *cobra.Command) map[string]bool {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	found := map[string]bool{}
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Runnable() && c.HasParent() {
			found[strings.TrimPrefix(c.CommandPath(), root.Name()+" ")] = true
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
	return found
}

// onItsOwnKeyring runs the test once more on a session bus of its own.
func onItsOwnKeyring(t *testing.T) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(root, "build", "with-keyring.sh"),
		os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=25m", "-test.v")
	cmd.Env = append(os.Environ(), onKeyring+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("on a keyring: %v\n%s", err, out)
	}
}

// everyEntry are the fields that docs/formats.md gives every action.
var everyEntry = []string{"v", "seq", "prev", "time", "actor", "action", "policy", "sig", "more"}

// documentedFields reads the table of actions in docs/formats.md.
func documentedFields(t *testing.T) map[audit.Action][]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/formats.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(text), "| action | when | fields |\n|---|---|---|\n")
	if !ok {
		t.Fatal("no table of actions in docs/formats.md")
	}
	quoted := regexp.MustCompile("`([a-zA-Z_]+)`")
	out := map[audit.Action][]string{}
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 {
			break
		}
		var fields []string
		for _, m := range quoted.FindAllStringSubmatch(regexp.MustCompile(`\([^)]*\)`).ReplaceAllString(cells[3], ""), -1) {
			fields = append(fields, m[1])
		}
		for _, m := range quoted.FindAllStringSubmatch(cells[1], -1) {
			out[audit.Action(m[1])] = fields
		}
	}
	return out
}

func checkFields(t *testing.T, documented map[audit.Action][]string, e audit.Entry) {
	t.Helper()
	line, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(line, &fields); err != nil {
		t.Fatal(err)
	}
	for name := range fields {
		if e.Action != "" && !slices.Contains(everyEntry, name) && !slices.Contains(documented[e.Action], name) {
			t.Errorf("docs/formats.md does not give %s the field %s, as in %s", e.Action, name, line)
		}
	}
}

// TestTheFormatsPageNamesEveryActionAndField compares docs/formats.md with internal/audit.
func TestTheFormatsPageNamesEveryActionAndField(t *testing.T) {
	documented := documentedFields(t)
	f, err := parser.ParseFile(token.NewFileSet(), "../../internal/audit/entry.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := map[audit.Action]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			if id, ok := v.Type.(*ast.Ident); ok && id.Name == "Action" {
				name, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				declared[audit.Action(name)] = true
			}
		}
		return true
	})
	delete(declared, audit.Pruned) // never written
	for a := range declared {
		if _, ok := documented[a]; !ok {
			t.Errorf("docs/formats.md does not have the action %s", a)
		}
	}
	text, err := os.ReadFile("../../docs/formats.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| field | what |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	fields := map[string]bool{}
	entry := reflect.TypeFor[audit.Entry]()
	for i := range entry.NumField() {
		name, _, _ := strings.Cut(entry.Field(i).Tag.Get("json"), ",")
		fields[name] = true
		if !strings.Contains(table, "`"+name+"`") {
			t.Errorf("docs/formats.md does not have the field %s", name)
		}
	}
	for a, names := range documented {
		if !declared[a] {
			t.Errorf("docs/formats.md has an action that is not: %s", a)
		}
		for _, name := range names {
			if !fields[name] {
				t.Errorf("docs/formats.md gives %s a field that is not: %s", a, name)
			}
		}
	}
}
