// Package bundle reads audit bundles: it checks that one is whole, and needs no key of the workstation that made it.
//
// A bundle is a directory:
//
//	manifest          a C2SP signed note, Ed25519, by the record's key: "subrosa-bundle/1", a line of canonical JSON (Manifest)
//	tree/             the record's tree in the clear: checkpoint, key, tile/... (C2SP tlog-tiles); package audit proves it
//	NAME              the files that the manifest lists with their size and SHA-256, and no others
//	NAME.cosigned     what a witness left; not looked at
//
// entries-NNNNNN.jsonl hold the record's own lines, at most 65,536 sequence numbers in each. Where the bundle is for an
// auditor all listed files are age files and end in .age. Verify then checks everything but the entries' content without a
// key, and the entries too with the auditor's identity: each must be the leaf of the tree at its sequence number.
//
// Guarantee: a bundle in which any byte of a file was changed, or a file is missing, cut, added or swapped, is a
// *audit.BrokenError. Not proved: that the bundle is the newest, that the key in it is the workstation's (compare it with one
// that a witness keeps), and that OCSF, FHIR, CSV and report say the same as the entries, beyond that the workstation signed them.
package bundle

import (
	"bytes"
	"encoding/json"
	"path"
	"strings"
	"time"

	"subrosa/internal/audit"
)

const (
	// ManifestFile is the manifest's name in a bundle.
	ManifestFile = "manifest"
	// TreeDir is the tree's directory in a bundle.
	TreeDir = "tree"
	// Encrypted ends the name of a file that is encrypted with age.
	Encrypted = ".age"
	// Compressed ends, in front of Encrypted, the name of a file that is compressed with gzip (RFC 1952).
	Compressed = ".gz"
	// EntriesPrefix begins the names of the files that hold the record's own lines.
	EntriesPrefix = "entries-"

	header       = audit.BundleHeader + "\n"
	cosigned     = ".cosigned"
	mostManifest = 1 << 20 // what a signed note may hold
)

// Manifest says what a bundle is, and of which files it consists.
type Manifest struct {
	Origin     string    `json:"origin"`
	Size       int64     `json:"size"` // entries in the tree
	Root       string    `json:"root"` // base64
	Made       time.Time `json:"made"`
	Program    string    `json:"program"`              // version
	Since      time.Time `json:"since,omitzero"`       // entries from then on
	Until      time.Time `json:"until,omitzero"`       // entries before then
	Matter     string    `json:"matter,omitempty"`     // entries of this matter
	Entries    int64     `json:"entries"`              // in the entries files
	Pruned     int64     `json:"pruned,omitempty"`     // of them, those of which only the hash is left
	Recipients []string  `json:"recipients,omitempty"` // age recipients; none: in the clear
	Unrecorded string    `json:"unrecorded,omitempty"` // why this export has no entry of its own
	Files      []File    `json:"files"`                // in the order in which they were made
}

// File is one file of a bundle.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // hex, of the file as it lies there
}

// Filtered tells whether the bundle leaves entries out on purpose.
func (m Manifest) Filtered() bool { return !m.Since.IsZero() || !m.Until.IsZero() || m.Matter != "" }

// Text is what is signed.
func (m Manifest) Text() ([]byte, error) {
	line, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	return append(append([]byte(header), line...), '\n'), nil
}

// parse is strict: a text that is not written as Text writes it is refused.
func parse(text []byte) (Manifest, bool) {
	var m Manifest
	line, ok := bytes.CutPrefix(text, []byte(header))
	if !ok || json.Unmarshal(line, &m) != nil {
		return m, false
	}
	again, err := m.Text()
	if err != nil || !bytes.Equal(again, text) {
		return m, false
	}
	seen := map[string]bool{}
	for _, f := range m.Files {
		if f.Name != path.Base(f.Name) || strings.HasPrefix(f.Name, ".") || f.Name == ManifestFile || f.Name == TreeDir ||
			strings.HasSuffix(f.Name, cosigned) || strings.ContainsAny(f.Name, `/\`) || seen[f.Name] || f.Size < 0 ||
			strings.HasSuffix(f.Name, Encrypted) != (len(m.Recipients) > 0) {
			return m, false
		}
		seen[f.Name] = true
	}
	return m, true
}
