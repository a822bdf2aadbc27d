// Command subrosa-verify recomputes an audit log, or an exported bundle, and says what that proves. For integrity and
// order it needs no keys, and it needs no C library.
//
//	subrosa-verify [--json] [--identity FILE] DIRECTORY
//	subrosa-verify --witness-key FILE --state DIR [--out FILE] BUNDLE
//	subrosa-verify --new-witness-key FILE [--name NAME]
//
// DIRECTORY is a data directory's audit folder, or a bundle. --identity is the age identity of the auditor to whom a bundle
// is encrypted. As a witness it remembers in --state, which belongs to the witness alone, the last size and root that it saw
// of each workstation; it refuses a bundle that does not continue them, and cosigns the checkpoint of one that does. The
// cosigned checkpoint is written beside the bundle, to be taken back with `subrosactl audit witness`.
//
// It exits with 0 when what it read is whole, 1 when it is not (or does not continue what the witness saw), and 2 when it
// was called wrongly or could not read.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"subrosa/internal/atomicfile"
	"subrosa/internal/audit"
	"subrosa/internal/export/bundle"
	"subrosa/internal/lockdown"
)

const usage = `usage: subrosa-verify [--json] [--identity FILE] DIRECTORY
       subrosa-verify --witness-key FILE --state DIR [--out FILE] BUNDLE
       subrosa-verify --new-witness-key FILE [--name NAME]`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// call is what the command line asks for.
type call struct {
	json                                bool
	identity, witnessKey, state, cosign string
	newKey, name                        string
	dir                                 string
}

func run(args []string, out, errOut io.Writer) int {
	if err := lockdown.Enforce(); err != nil && !errors.Is(err, lockdown.ErrUnsupported) {
		fmt.Fprintln(errOut, "subrosa-verify:", err)
		return 2
	}
	return judge(args, out, errOut)
}

// judge does what the command line asks for and returns the exit code.
func judge(args []string, out, errOut io.Writer) int {
	c, ok := parse(args, errOut)
	if !ok {
		fmt.Fprintln(errOut, usage)
		return 2
	}
	v, err := c.do()
	var broken *audit.BrokenError
	switch {
	case errors.As(err, &broken):
		v = verdict{FirstBad: &broken.Index, File: broken.File, Reason: broken.Reason}
		where := "the file " + broken.File
		if broken.Index >= 0 {
			where = fmt.Sprintf("the first bad entry is %d", broken.Index)
		}
		v.Sentences = []string{fmt.Sprintf("NOT whole: %s: %s", where, broken.Reason)}
	case errors.Is(err, audit.ErrWitnessed):
		v = verdict{Reason: err.Error(), Sentences: []string{
			"REFUSED: this is not a continuation of what this witness saw of the same workstation: " + err.Error() + ".",
			"The record was put back to an older state, or it was rewritten. Nothing was signed. Keep the bundle, and look into it.",
		}}
	case err != nil:
		fmt.Fprintln(errOut, "subrosa-verify:", err)
		return 2
	}
	return v.say(out, c.json)
}

func parse(args []string, errOut io.Writer) (call, bool) {
	var c call
	flags := flag.NewFlagSet("subrosa-verify", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.Usage = func() {}
	flags.BoolVar(&c.json, "json", false, "print JSON")
	flags.StringVar(&c.identity, "identity", "", "age identity of the auditor")
	flags.StringVar(&c.witnessKey, "witness-key", "", "signing key of the witness")
	flags.StringVar(&c.state, "state", "", "what the witness remembers")
	flags.StringVar(&c.cosign, "out", "", "where to write the cosigned checkpoint")
	flags.StringVar(&c.newKey, "new-witness-key", "", "make a witness key")
	flags.StringVar(&c.name, "name", "witness", "name of the new witness key")
	if err := flags.Parse(args); err != nil {
		return c, false
	}
	c.dir = flags.Arg(0)
	if c.newKey != "" {
		return c, flags.NArg() == 0 && c.witnessKey == ""
	}
	return c, flags.NArg() == 1 && (c.witnessKey == "") == (c.state == "") && (c.cosign == "" || c.witnessKey != "")
}

func (c call) do() (verdict, error) {
	if c.newKey != "" {
		return c.makeKey()
	}
	if !bundle.Is(c.dir) {
		if c.witnessKey != "" || c.identity != "" {
			return verdict{}, fmt.Errorf("%s is no bundle: it has no file %s", c.dir, bundle.ManifestFile)
		}
		return c.verifyLog()
	}
	return c.verifyBundle()
}

// makeKey writes the signing key, for the witness alone, and its verifier key, for the workstations.
func (c call) makeKey() (verdict, error) {
	signer, verifier, err := audit.NewWitnessKey(c.name)
	if err != nil {
		return verdict{}, err
	}
	for name, content := range map[string]string{c.newKey: signer, c.newKey + ".pub": verifier} {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return verdict{}, err
		}
		_, err = f.WriteString(content + "\n")
		if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
			return verdict{}, err
		}
	}
	return verdict{OK: true, WitnessKey: verifier, Sentences: []string{
		fmt.Sprintf("The witness's key is in %s: whoever has it can witness, so keep it where you keep keys.", c.newKey),
		fmt.Sprintf("Workstations trust its verifier key, which is in %s.pub: %s", c.newKey, verifier),
	}}, nil
}

func (c call) verifyLog() (verdict, error) {
	r, err := audit.Verify(context.Background(), c.dir, nil)
	if err != nil {
		return verdict{}, err
	}
	v := verdict{
		OK: true, Entries: r.Size, Signed: r.Checkpointed, Root: r.Root, Origin: r.Origin, Key: r.Key, Epochs: r.Epochs, Content: true,
		Findings: &r.Findings,
	}
	v.Sentences = append(v.Sentences,
		fmt.Sprintf("Whole: %d entries in order, each as it was written; the first %d are under the workstation's signed checkpoint.", r.Size, r.Checkpointed))
	if r.Checkpointed < r.Size {
		v.Sentences = append(v.Sentences, fmt.Sprintf("The newest %d are not under it yet: each carries the hash of the one before, and its own signature or that of the entries that it was written with.", r.Size-r.Checkpointed))
	}
	if r.TornBytes > 0 {
		v.Sentences = append(v.Sentences, fmt.Sprintf("%d bytes after the last entry are an unfinished write, which was never acknowledged.", r.TornBytes))
	}
	return v.about(), nil
}

func (c call) verifyBundle() (verdict, error) {
	var o bundle.Options
	if c.identity != "" {
		f, err := os.Open(c.identity)
		if err != nil {
			return verdict{}, err
		}
		o.Identities, err = age.ParseIdentities(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return verdict{}, fmt.Errorf("identity: %w", err)
		}
	}
	r, err := bundle.Verify(c.dir, o)
	if err != nil {
		return verdict{}, err
	}
	m := r.Manifest
	v := verdict{
		OK: true, Entries: m.Entries, Signed: m.Size, Root: m.Root, Origin: m.Origin, Key: r.Tree.Key, Epochs: r.Tree.Epochs,
		Content: r.EntriesChecked, Filtered: m.Filtered(),
	}
	v.Sentences = append(v.Sentences, fmt.Sprintf(
		"Whole: the hash tree of %d entries is the one that the workstation signed, and all %d files of the bundle are the ones that it wrote.", m.Size, len(m.Files)))
	switch {
	case r.EntriesChecked && !m.Filtered():
		v.Findings = &r.Findings
		v.Sentences = append(v.Sentences, fmt.Sprintf("All %d entries are here, in order, each as it was written.", m.Entries))
	case r.EntriesChecked:
		v.Findings = &r.Findings
		v.Sentences = append(v.Sentences, fmt.Sprintf("The %d entries in it are in order, each as it was written and at its place among the %d.", m.Entries, m.Size))
	default:
		v.Sentences = append(v.Sentences, "The entries are encrypted to the auditor: their hashes are proved, their content was not read, so gaps in time and the like are not looked for. Use --identity to check it.")
	}
	if c.witnessKey != "" {
		if err := c.witness(r.Tree, &v); err != nil {
			return verdict{}, err
		}
	}
	return v.about(), nil
}

// witness remembers what it was shown, cosigns it, and puts the cosigned checkpoint beside the bundle.
func (c call) witness(t *audit.Tree, v *verdict) error {
	key, err := os.ReadFile(c.witnessKey)
	if err != nil {
		return err
	}
	seen, err := audit.Cosign(c.state, strings.TrimSpace(string(key)), t)
	if err != nil {
		return err
	}
	to := c.cosign
	if to == "" {
		to = filepath.Clean(c.dir) + ".cosigned"
	}
	if err := atomicfile.Write(to, seen.Note); err != nil {
		return err
	}
	v.Cosigned = to
	if seen.First {
		v.Sentences = append(v.Sentences, "This witness had not seen this workstation before. Compare its key, below, with what the workstation shows.")
	} else {
		v.Sentences = append(v.Sentences, fmt.Sprintf("It continues the %d entries that this witness saw before: none of those was changed or dropped.", seen.Was.Size))
	}
	v.Sentences = append(v.Sentences, fmt.Sprintf("Cosigned: %s. Take it back with `subrosactl audit witness %s`.", to, filepath.Base(to)))
	v.witnessed = true
	return nil
}

// verdict is what is printed. The JSON names are stable.
type verdict struct {
	OK         bool            `json:"ok"`
	FirstBad   *int64          `json:"first_bad_entry,omitempty"` // -1: the fault is not in an entry
	File       string          `json:"file,omitempty"`
	Reason     string          `json:"reason,omitempty"`
	Entries    int64           `json:"entries"`
	Signed     int64           `json:"signed"` // how many entries the signed checkpoint covers
	Root       string          `json:"root,omitempty"`
	Origin     string          `json:"origin,omitempty"`
	Key        string          `json:"key,omitempty"` // the workstation's first verifier key
	Epochs     int             `json:"epochs,omitempty"`
	Content    bool            `json:"content_checked"` // false: only hashes were
	Filtered   bool            `json:"filtered,omitempty"`
	Cosigned   string          `json:"cosigned,omitempty"`
	WitnessKey string          `json:"witness_key,omitempty"`
	Findings   *audit.Findings `json:"findings,omitempty"`
	Sentences  []string        `json:"sentences"`

	witnessed bool
}

// about adds what identifies the record, and what was not proved.
func (v verdict) about() verdict {
	v.Sentences = append(v.Sentences, fmt.Sprintf("Root %s, origin %s, key %s.", v.Root, v.Origin, v.Key))
	newest := "that this is the newest copy (compare the size with one you saw before, or witness it)"
	if v.witnessed {
		newest = "that the workstation has not recorded more since"
	}
	if v.Filtered {
		newest += "; that only what was not asked for was left out"
	}
	v.Sentences = append(v.Sentences, "Not proved: "+newest+"; that the key is the workstation's (compare it with a copy kept elsewhere); "+
		"that what was done outside of the program is on record.")
	return v
}

func (v verdict) say(out io.Writer, asJSON bool) int {
	code := 1
	if v.OK {
		code = 0
	}
	if asJSON {
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(v); err != nil {
			return 2
		}
		return code
	}
	for _, s := range v.Sentences {
		fmt.Fprintln(out, s)
	}
	if f := v.Findings; f != nil && len(f.Findings) > 0 {
		fmt.Fprintln(out, "Look at:")
		for _, one := range f.Findings {
			fmt.Fprintf(out, "  entry %d, %s: %s\n", one.Seq, one.Kind, one.Detail)
		}
		if f.More > 0 {
			fmt.Fprintf(out, "  and %d more\n", f.More)
		}
	}
	return code
}
