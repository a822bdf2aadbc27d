package session

import (
	"fmt"
	"strconv"
	"strings"
)

// Said is a part of a control's evidence as every language can word it: which sentence, and the facts in it. The parts
// are set one behind the other.
type Said struct {
	ID    string
	Facts []string
}

func sentence(id string, facts ...any) Said {
	s := Said{ID: id, Facts: make([]string, len(facts))}
	for i, f := range facts {
		s.Facts[i] = fmt.Sprint(f)
	}
	return s
}

// english words evidence.
func english(said []Said) string {
	var b strings.Builder
	for _, s := range said {
		var facts []string
		for i, f := range s.Facts {
			facts = append(facts, "{"+strconv.Itoa(i)+"}", f)
		}
		b.WriteString(strings.NewReplacer(facts...).Replace(sentences[s.ID]))
	}
	return b.String()
}

// sentences are the English words of evidence; {0}, {1} and so on stand for its facts. The window has the others.
var sentences = map[string]string{
	"error":              "{0}",
	"not-probed":         "this process did not probe",
	"not-asked":          "this process did not ask them",
	"ways-out":           "network: {0} ways out blocked, {1} open, {2} without a control",
	"desktop":            "; the desktop: ",
	"services":           "{0} services and sockets refused, {1} open, {2} not there",
	"services-broken":    ", {0} that are needed do not answer",
	"no-walls":           ", and no walls ({0})",
	"page-ways":          "; the page: {0} refused, {1} open, {2} without a sign; {3} processes under the filter",
	"open":               "; open: {0}",
	"walls-missing":      "{0}: what takes this program over can ask services of the desktop to act",
	"a-command":          "this is a command, which reaches what its user does: see the window's own Posture view",
	"no-landlock":        "this kernel has no Landlock: its files are not restricted",
	"could":              "Landlock ABI {0}; it could {1}",
	"denied":             "Landlock ABI {0}; all {1} attempts from inside were denied",
	"probe-failed":       "its probe did not run: {0}",
	"probe-silent":       "its probe said nothing",
	"disk-no-device":     "the data directory is on a file system without a block device of its own: it cannot be told from here",
	"device-unseen":      "its block device cannot be looked at from here",
	"device-encrypted":   "{0} is encrypted (dm-crypt)",
	"devices-below":      "every device below {0} is encrypted (dm-crypt)",
	"device-plain":       "{0} is not encrypted by this system; encryption in the drive itself cannot be seen from here",
	"swap-untold":        "it cannot be told from here",
	"swap-none":          "there is no swap",
	"swap":               "{0} swap devices, all encrypted or in memory",
	"core-dumps":         "this process: limit {0} bytes, dumpable {1}",
	"system-untold":      "it cannot be told on this system yet",
	"not-done-on":        "not done on {0}",
	"memory-limit":       "the limit on locked memory (ulimit -l) is too low: keys may be swapped out",
	"keys-in-memory":     "the root, history, manifest and deletion-epoch keys in use lie in locked pages",
	"keyring-answers":    "answers",
	"factors":            "the keys need: {0}; policy asks for: {1}",
	"idle":               "after {0} minutes; on {1} signals of the desktop",
	"recovery":           "{0} recovery slots",
	"policy-none":        "none is in force: {0}",
	"policy-builtin":     "the built-in policy is in force: nobody installed one",
	"policy-unsigned":    "{0} is not signed",
	"policy-refused":     "{0} is in force; another that lies there was refused: {1}",
	"policy-signed":      "{0}, key {1}, {2} days left",
	"roles-no-key":       "the policy names no key of compliance: nobody can lift a hold",
	"roles":              "{0} rights, each with the key that it needs",
	"record-verified":    "{0} entries recomputed just now, {1} of them under the signed checkpoint",
	"no-witness":         "the policy asks for no witness, and none has seen it",
	"witnessed":          "{0} days ago, {1} of {2} entries",
	"retention":          "the record is kept {0} months; conversations {1} days",
	"retention-open":     "the record is kept {0} months; conversations until somebody deletes them",
	"redaction":          "{0} types are looked for in prompts, ruleset {1}",
	"models-unsigned":    "without a signature that is trusted now: {0}",
	"models-finding":     "; {0} is for finding passages",
	"models-finding-not": "; {0}, for finding passages, is not used: {1}",
	"models-signed":      "{0} signed, and the built-in one, which is part of the program",
	"os-untold":          "{0}; its version cannot be told here",
	"os":                 "{0}, kernel {1}",
	"app":                "{0}, its file is {1} days old",
}
